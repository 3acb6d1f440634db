//! The folder of the cache: where it is, what is in it, what goes when it is too much.
//!
//! ```text
//! ~/.cache/toecap/CACHEDIR.TAG
//! ~/.cache/toecap/5f1e…/9c03….pack      written by the version of the tool that 5f1e… stands for
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use crate::system::{System, home};

/// What a cache shrinks to when a run has written something.
pub const MAX_CACHE_BYTES: u64 = 1 << 30;

/// How exactly it is known when something was last used.
const USE_RESOLUTION: Duration = Duration::from_secs(12 * 60 * 60);
/// How often it is looked for what must go.
const SHRINK_INTERVAL: Duration = Duration::from_secs(10 * 60);
/// Half-written files of runs that were killed.
const MAX_TEMPORARY_AGE: Duration = Duration::from_secs(60 * 60);

const TAG: &str =
    "Signature: 8a477f597d28d172789f06886806bc55\n# Lowered sources, kept by toecap. It can be deleted.\n";

/// What is in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheSize {
    /// Number of files.
    pub files: usize,
    /// Their lengths together.
    pub bytes: u64,
}

/// Where the cache of this user is: `$TOECAP_CACHE_DIR`, else what the system has for such things; none when there is no
/// home.
pub fn user_cache_dir(system: &dyn System) -> Option<PathBuf> {
    if let Some(dir) = system.var("TOECAP_CACHE_DIR") {
        return Some(dir.into());
    }
    let base = if cfg!(target_os = "macos") {
        home(system)?.join("Library/Caches")
    } else if cfg!(windows) {
        system.var("LOCALAPPDATA").map(PathBuf::from)?
    } else {
        let xdg = system.var("XDG_CACHE_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
        xdg.or_else(|| Some(home(system)?.join(".cache")))?
    };
    Some(base.join("toecap"))
}

/// How much is in the cache at `dir`.
pub fn cache_size(dir: &Path) -> CacheSize {
    let files = entries(dir);
    CacheSize { files: files.len(), bytes: files.iter().map(|f| f.len).sum() }
}

/// Deletes everything that a run has put into `dir`, and says how much that was. Other files stay.
///
/// # Errors
/// When something cannot be deleted.
pub fn clean_cache(dir: &Path) -> io::Result<CacheSize> {
    remove(dir, entries(dir))
}

/// Deletes what other versions of the tool have written, and what was not used for longest until at most `limit` bytes are
/// left.
///
/// # Errors
/// When something cannot be deleted.
pub fn prune_cache(dir: &Path, fingerprint: u64, limit: u64) -> io::Result<CacheSize> {
    let own = folder(dir, fingerprint);
    let (kept, mut gone): (Vec<_>, Vec<_>) = entries(dir).into_iter().partition(|f| f.path.starts_with(&own));
    gone.extend(surplus(kept, limit));
    remove(dir, gone)
}

/// Deletes what was not used for longest until at most `limit` bytes are left.
pub(super) fn shrink(dir: &Path, limit: u64) {
    let gone = surplus(entries(dir), limit);
    if !gone.is_empty() {
        // Another run may be at the same.
        let _ = remove(dir, gone);
    }
}

/// [`shrink`], unless that was done a short while ago.
pub(super) fn shrink_now_and_then(dir: &Path, limit: u64) {
    let tag = dir.join("CACHEDIR.TAG");
    if age(&tag).is_none_or(|age| age > SHRINK_INTERVAL) {
        shrink(dir, limit);
        touch(&tag);
    }
}

/// Where a version of the tool keeps its files.
pub(super) fn folder(dir: &Path, fingerprint: u64) -> PathBuf {
    dir.join(format!("{fingerprint:016x}"))
}

/// Puts a file there at once or not at all.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let folder = path.parent().unwrap_or(Path::new(""));
    if !folder.is_dir() {
        fs::create_dir_all(folder)?;
        if let Some(dir) = folder.parent().filter(|dir| !dir.join("CACHEDIR.TAG").is_file()) {
            fs::write(dir.join("CACHEDIR.TAG"), TAG)?;
        }
    }
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
    let done = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    done
}

/// Was the last known use long ago?
pub(super) fn is_old(path: &Path) -> bool {
    age(path).is_some_and(|age| age > USE_RESOLUTION)
}

/// Says that a file was used now.
pub(super) fn touch(path: &Path) {
    let times = fs::FileTimes::new().set_modified(SystemTime::now());
    // Then it goes a little earlier than it might.
    let _ = fs::File::options().append(true).open(path).and_then(|file| file.set_times(times));
}

struct Stored {
    path: PathBuf,
    len: u64,
    used: SystemTime,
}

/// All files that runs have written, in no order.
fn entries(dir: &Path) -> Vec<Stored> {
    let folders = read_dir(dir).filter(|(path, _)| is_folder_name(path));
    let files = folders.flat_map(|(folder, _)| read_dir(&folder).collect::<Vec<_>>());
    files
        .filter(|(path, about)| about.is_file() && is_file_name(path))
        .map(|(path, about)| Stored {
            path,
            len: about.len(),
            used: about.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        })
        .collect()
}

fn read_dir(dir: &Path) -> impl Iterator<Item = (PathBuf, fs::Metadata)> {
    let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
}

/// Nobody else's folder is touched, wherever `--cache-dir` points.
fn is_folder_name(path: &Path) -> bool {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    name.len() == 16 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_file_name(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "pack" || e == "answer" || e == "tmp")
}

/// Of `files`, those that must go.
fn surplus(mut files: Vec<Stored>, limit: u64) -> Vec<Stored> {
    files.sort_by(|a, b| (b.used, &b.path).cmp(&(a.used, &a.path)));
    let mut total = 0;
    files.retain(|file| {
        total += file.len;
        let is_left_over = file.path.extension().is_some_and(|e| e == "tmp")
            && file.used.elapsed().is_ok_and(|age| age > MAX_TEMPORARY_AGE);
        total > limit || is_left_over
    });
    files
}

fn remove(dir: &Path, files: Vec<Stored>) -> io::Result<CacheSize> {
    let mut size = CacheSize::default();
    for file in files {
        match fs::remove_file(&file.path) {
            Ok(()) => size = CacheSize { files: size.files + 1, bytes: size.bytes + file.len },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    for (folder, _) in read_dir(dir).filter(|(path, _)| is_folder_name(path)) {
        // Those that are not empty stay.
        let _ = fs::remove_dir(folder);
    }
    Ok(size)
}

fn age(path: &Path) -> Option<Duration> {
    fs::metadata(path).ok()?.modified().ok()?.elapsed().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// A file of ten bytes, last used `days` ago.
    fn put(dir: &Path, version: u64, name: &str, days: u64) -> PathBuf {
        let path = folder(dir, version).join(name);
        replace(&path, b"0123456789").unwrap();
        let used = SystemTime::now() - Duration::from_secs(days * 86_400);
        let file = fs::File::options().append(true).open(&path).unwrap();
        file.set_times(fs::FileTimes::new().set_modified(used)).unwrap();
        path
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let files = [5, 1, 3].map(|days| put(dir.path(), 1, &format!("{days}.pack"), days));
        shrink(dir.path(), 20);
        assert_eq!(files.map(|f| f.is_file()), [false, true, true]);
        touch(&folder(dir.path(), 1).join("3.pack"));
        shrink(dir.path(), 10);
        assert_eq!(cache_size(dir.path()), CacheSize { files: 1, bytes: 10 });
        assert!(folder(dir.path(), 1).join("3.pack").is_file());
    }

    #[test]
    fn only_our_own_files_are_deleted() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), 1, "a.pack", 0);
        put(dir.path(), 2, "b.pack", 0);
        put(dir.path(), 2, "c.1-2.tmp", 0);
        let others = ["notes.txt", "0000000000000001/precious.txt"].map(|name| dir.path().join(name));
        others.iter().for_each(|path| fs::write(path, "x").unwrap());
        assert_eq!(prune_cache(dir.path(), 1, 1 << 20).unwrap(), CacheSize { files: 2, bytes: 20 });
        assert_eq!(clean_cache(dir.path()).unwrap(), CacheSize { files: 1, bytes: 10 });
        assert!(others.iter().all(|path| path.is_file()));
        assert!(dir.path().join("CACHEDIR.TAG").is_file());
    }
}
