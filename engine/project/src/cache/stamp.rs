//! How to tell, without reading it, that a file is as it was.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::inputs::CLOCK;

/// The content of a file that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    sum: u128,
    len: u64,
    /// When it was written last; none when that may have been after it was read, and so says nothing.
    written: Option<u64>,
}

impl Stamp {
    /// Of `text`, which was read from `path` at `since` or later.
    pub fn new(path: &Path, text: &str, since: SystemTime) -> Stamp {
        let written = std::fs::metadata(path).and_then(|about| about.modified()).ok();
        let written = written.filter(|written| since.duration_since(*written).is_ok_and(|before| before > CLOCK));
        Stamp { sum: xxh3_128(text.as_bytes()), len: text.len() as u64, written: written.and_then(nanoseconds) }
    }

    /// A sum of the text.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// Is this the text that was read?
    pub fn is_of(&self, text: &str) -> bool {
        self.len == text.len() as u64 && self.sum == xxh3_128(text.as_bytes())
    }

    /// Is it certain, without reading it, that the same text would be read from `path` now?
    pub fn holds_by_age(&self, path: &Path) -> bool {
        let Ok(about) = std::fs::metadata(path) else { return false };
        let written = about.modified().ok().and_then(nanoseconds);
        about.is_file() && about.len() == self.len && self.written.is_some() && self.written == written
    }
}

/// How long a file is and when it was written; none when there is none.
pub fn age(path: &Path) -> Option<(u64, u64)> {
    let about = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some((about.len(), about.modified().ok().and_then(nanoseconds)?))
}

/// Since 1970; none for what is older.
pub(super) fn nanoseconds(time: SystemTime) -> Option<u64> {
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_nanos() as u64)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_time_counts_only_when_it_is_long_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.rs");
        std::fs::write(&path, "one").unwrap();
        let time = std::fs::metadata(&path).unwrap().modified().unwrap();
        let holds = |stamp: &Stamp| {
            stamp.holds_by_age(&path) || std::fs::read_to_string(&path).is_ok_and(|text| stamp.is_of(&text))
        };
        let early = Stamp::new(&path, "one", time);
        let late = Stamp::new(&path, "one", time + Duration::from_secs(60));
        assert!(!early.holds_by_age(&path) && late.holds_by_age(&path));
        assert!(holds(&early) && holds(&late));
        std::fs::write(&path, "two").unwrap();
        std::fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        assert!(!holds(&early), "written after it was read, within the same tick");
        assert!(holds(&late), "somebody has turned the clock back");
        std::fs::write(&path, "three").unwrap();
        assert!(!holds(&late));
        std::fs::remove_file(&path).unwrap();
        assert!(!holds(&late));
    }
}
