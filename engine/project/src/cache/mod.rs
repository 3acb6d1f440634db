//! What earlier runs found out, on the disk: files as they were lowered, and what cargo and rustc answered.
//!
//! ```text
//! tokio-1.47.1/src/net/tcp/stream.rs      its text is hashed; the IR of a text with this hash is in the pack of tokio-1.47.1
//! ```
//! Nothing in the cache is believed because of its name or age: keys are made of content. A cache that is damaged, from
//! another version of the tool, or cannot be written changes nothing but the time that a run takes.

mod answers;
mod frame;
mod inputs;
mod key;
mod moved;
mod pack;
mod places;
mod seen;
mod stamp;
mod store;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::SystemTime;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::system::System;
use seen::Seen;

pub use answers::{Remembering, environment};
pub use key::Key;
pub use pack::Pack;
pub use seen::{Traces, is_delivered};
pub use stamp::{Stamp, age};
pub use store::{CacheSize, MAX_CACHE_BYTES, cache_size, clean_cache, prune_cache, user_cache_dir};

/// The cache of one run. Safe to share between threads, and with other runs.
#[derive(Debug, Default)]
pub struct Cache {
    place: Option<Place>,
    seen: Arc<Seen>,
    /// By folder of sources.
    by_folder: RwLock<FxHashMap<PathBuf, Arc<Pack>>>,
    /// By folder of a package.
    packs: Mutex<FxHashMap<PathBuf, Arc<OnceLock<Arc<Pack>>>>>,
}

#[derive(Debug)]
struct Place {
    dir: PathBuf,
    /// Of the version of the tool.
    fingerprint: u64,
}

impl Cache {
    /// A cache below `dir`, for what the version of the tool that `fingerprint` stands for writes and can read.
    pub fn at(dir: PathBuf, fingerprint: u64) -> Cache {
        Cache { place: Some(Place { dir, fingerprint }), ..Cache::default() }
    }

    /// Where files of the package that `file` belongs to are kept; none without a cache.
    pub fn pack(&self, file: &Path) -> Option<Arc<Pack>> {
        let place = self.place.as_ref()?;
        let folder = file.parent()?;
        if let Some(pack) = self.by_folder.read().unwrap_or_else(PoisonError::into_inner).get(folder) {
            return Some(pack.clone());
        }
        let package = folder.ancestors().find(|dir| dir.join("Cargo.toml").is_file()).unwrap_or(folder);
        let cell =
            self.packs.lock().unwrap_or_else(PoisonError::into_inner).entry(package.to_owned()).or_default().clone();
        let pack = cell.get_or_init(|| Arc::new(Pack::open(place.pack_path(package), place.fingerprint))).clone();
        self.by_folder.write().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned(), pack.clone());
        Some(pack)
    }

    /// `system`, whose cargo and rustc need not be asked twice.
    pub fn remembering<'a>(&self, system: &'a dyn System) -> Remembering<'a> {
        let folder = self.place.as_ref().map(|place| store::folder(&place.dir, place.fingerprint));
        Remembering::new(system, self.seen.clone(), folder.zip(self.place.as_ref().map(|place| place.fingerprint)))
    }

    /// The run looked at `path`, and whether there is anything.
    pub fn saw(&self, path: &Path) {
        self.seen.saw(path);
    }

    /// All that the run looked at, if it was there before `start`, and nothing else had a say.
    pub fn traces(&self, start: SystemTime) -> Option<Traces> {
        self.seen.traces(start)
    }

    /// Is there one?
    pub fn is_on(&self) -> bool {
        self.place.is_some()
    }

    /// What was kept under `name`.
    pub fn found(&self, name: &str) -> Option<Vec<u8>> {
        let place = self.place.as_ref()?;
        let path = place.answer_path(name);
        let bytes = std::fs::read(&path).ok()?;
        let found = frame::content(place.fingerprint, &bytes)?.to_vec();
        if store::is_old(&path) {
            store::touch(&path);
        }
        Some(found)
    }

    /// Keeps `content` under `name`, in the place of what was there.
    pub fn keep(&self, name: &str, content: &[u8]) {
        if let Some(place) = &self.place {
            // Then it has to be found out again.
            let _ = store::replace(&place.answer_path(name), &frame::sealed(place.fingerprint, content));
        }
    }

    /// The packs that were used, to be saved, in order of their paths.
    pub fn packs(&self) -> Vec<Arc<Pack>> {
        let packs = self.packs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut packs: Vec<Arc<Pack>> = packs.values().filter_map(|cell| cell.get().cloned()).collect();
        packs.sort_by(|a, b| a.path().cmp(b.path()));
        packs
    }

    /// Deletes what was not used for longest, when there is too much; looks for that once in a while.
    pub fn shrink(&self) {
        if let Some(place) = &self.place {
            store::shrink_now_and_then(&place.dir, MAX_CACHE_BYTES);
        }
    }
}

impl Place {
    fn answer_path(&self, name: &str) -> PathBuf {
        let name = xxh3_128(name.as_bytes());
        store::folder(&self.dir, self.fingerprint).join(format!("{name:032x}.answer"))
    }

    fn pack_path(&self, package: &Path) -> PathBuf {
        let name = xxh3_64(package.as_os_str().as_encoded_bytes());
        store::folder(&self.dir, self.fingerprint).join(format!("{name:016x}.pack"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn files_of_one_package_share_a_pack() {
        let dir = tempfile::tempdir().unwrap();
        for package in ["a", "b"] {
            std::fs::create_dir_all(dir.path().join(package).join("src/deep")).unwrap();
            std::fs::write(dir.path().join(package).join("Cargo.toml"), "").unwrap();
        }
        let cache = Cache::at(dir.path().join("cache"), 1);
        let pack = |path: &str| cache.pack(&dir.path().join(path)).unwrap();
        assert!(Arc::ptr_eq(&pack("a/src/lib.rs"), &pack("a/src/deep/x.rs")));
        assert!(!Arc::ptr_eq(&pack("a/src/lib.rs"), &pack("b/src/lib.rs")));
        assert_eq!(cache.packs().len(), 2);
        assert!(Cache::default().pack(&dir.path().join("a/src/lib.rs")).is_none());
        assert!(!dir.path().join("cache").exists(), "nothing is written without need");
    }
}
