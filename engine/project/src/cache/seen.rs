//! All that a run looked at on the disk, so that the next one need only look whether it is as it was.
//!
//! ```text
//! src/lib.rs                     a file, so long, written then
//! src/net.rs                     nothing there
//! ~/.cargo/registry/src/index…   stands for all packages that were unpacked into it: what a registry delivers never changes
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf, is_separator};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::inputs::CLOCK;
use super::stamp::nanoseconds;

/// Paths that were looked at.
#[derive(Debug)]
pub(super) struct Seen {
    /// None: something else had a say as well.
    paths: Mutex<Option<Paths>>,
}

#[derive(Debug, Clone, Default)]
struct Paths {
    own: FxHashSet<OsString>,
    /// By folder of a registry: packages in it.
    delivered: BTreeMap<OsString, BTreeSet<OsString>>,
}

/// Paths, and what was there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Traces {
    own: Vec<(PathBuf, Option<Trace>)>,
    delivered: Vec<Delivered>,
}

/// As long as nothing came or went in a folder, all packages in it are there.
#[derive(Debug, Serialize, Deserialize)]
struct Delivered {
    folder: (PathBuf, Option<Trace>),
    packages: Vec<(PathBuf, Option<Trace>)>,
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Trace {
    is_dir: bool,
    len: u64,
    /// Nanoseconds.
    written: u64,
}

impl Default for Seen {
    fn default() -> Self {
        Seen { paths: Mutex::new(Some(Paths::default())) }
    }
}

impl Seen {
    pub(super) fn saw(&self, path: &Path) {
        let mut paths = self.lock();
        let Some(paths) = paths.as_mut() else { return };
        let Some((registry, package)) = delivered(path) else {
            if !paths.own.contains(path.as_os_str()) {
                paths.own.insert(path.as_os_str().to_owned());
            }
            return;
        };
        let (registry, package) = (registry.as_os_str(), package.as_os_str());
        if !paths.delivered.contains_key(registry) {
            paths.delivered.insert(registry.to_owned(), BTreeSet::new());
        }
        if let Some(packages) = paths.delivered.get_mut(registry).filter(|packages| !packages.contains(package)) {
            packages.insert(package.to_owned());
        }
    }

    pub(super) fn lost_track(&self) {
        *self.lock() = None;
    }

    /// What was there, if it was there before `start` and is all that mattered.
    pub(super) fn traces(&self, start: SystemTime) -> Option<Traces> {
        let Paths { own, delivered } = self.lock().clone()?;
        let latest = nanoseconds(start.checked_sub(CLOCK)?)?;
        let traced = |path: OsString| {
            let trace = Trace::of(path.as_ref());
            (PathBuf::from(path), trace)
        };
        let is_older = |(_, trace): &(PathBuf, Option<Trace>)| trace.is_none_or(|trace| trace.written < latest);
        let delivered = delivered.into_iter().map(|(folder, packages)| {
            let mut folder = traced(folder);
            // Then packages are asked one by one.
            folder.1 = folder.1.filter(|trace| trace.written < latest);
            Delivered { folder, packages: packages.into_iter().map(traced).collect() }
        });
        let mut own: Vec<OsString> = own.into_iter().collect();
        own.sort_unstable();
        let traces = Traces { own: own.into_iter().map(traced).collect(), delivered: delivered.collect() };
        let mut all = traces.own.iter().chain(traces.delivered.iter().flat_map(|all| &all.packages));
        all.all(is_older).then_some(traces)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Paths>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Traces {
    /// Is everything as it was?
    pub fn hold(&self) -> bool {
        let holds = |(path, trace): &(PathBuf, Option<Trace>)| Trace::of(path) == *trace;
        let are_there = |all: &Delivered| holds(&all.folder) || all.packages.iter().all(holds);
        self.delivered.iter().all(are_there) && self.own.iter().all(holds)
    }
}

impl Trace {
    fn of(path: &Path) -> Option<Trace> {
        let about = std::fs::metadata(path).ok()?;
        let written = about.modified().ok().and_then(nanoseconds).unwrap_or(u64::MAX);
        Some(Trace { is_dir: about.is_dir(), len: about.len(), written })
    }
}

/// Does the file belong to a package that a registry delivered? Then it never changes.
pub fn is_delivered(path: &Path) -> bool {
    delivered(path).is_some()
}

/// The folder of the registry, and in it that of the package, that delivered the file: the innermost ones, where `X` and `p-1` of
/// `registry/src/X/p-1/src/lib.rs` are. Asked for each file of a run.
fn delivered(path: &Path) -> Option<(&Path, &Path)> {
    const START: &str = "registry";
    let text = path.to_str()?;
    let mut end = text.len();
    while let Some(at) = text[..end].rfind(START) {
        if let Some((registry, package)) = packages_at(text, at, START.len()) {
            return Some((Path::new(&text[..registry]), Path::new(&text[..package])));
        }
        end = at;
    }
    None
}

/// Where the folder of a registry, and that of a package in it, end, if they are in what has a name of `len` bytes at `at`.
fn packages_at(text: &str, at: usize, len: usize) -> Option<(usize, usize)> {
    text[..at].ends_with(is_separator).then_some(())?;
    let below = text[at + len..].strip_prefix(is_separator)?.strip_prefix("src")?.strip_prefix(is_separator)?;
    let registry = below.find(is_separator)?;
    let package = &below[registry + 1..];
    let end = package.find(is_separator).unwrap_or(package.len());
    let start = text.len() - below.len();
    (registry > 0 && end > 0).then_some((start + registry, start + registry + 1 + end))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::time::Duration;

    #[test]
    fn whatever_changes_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let [file, none] = ["a.rs", "none.rs"].map(|name| dir.path().join(name));
        std::fs::write(&file, "one").unwrap();
        let later = SystemTime::now() + Duration::from_secs(60);
        let traces = || {
            let seen = Seen::default();
            [&file, &none].iter().for_each(|path| seen.saw(path));
            seen.traces(later).unwrap()
        };
        let before = traces();
        assert!(before.hold());
        std::fs::write(&none, "").unwrap();
        assert!(!before.hold() && traces().hold());
        std::fs::remove_file(&none).unwrap();
        assert!(before.hold());
        std::fs::write(&file, "three").unwrap();
        assert!(!before.hold());
    }

    #[test]
    fn what_is_new_or_unknown_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let seen = Seen::default();
        seen.saw(dir.path());
        assert!(seen.traces(SystemTime::now()).is_none());
        assert!(seen.traces(SystemTime::now() + Duration::from_secs(60)).is_some());
        seen.lost_track();
        seen.saw(dir.path());
        assert!(seen.traces(SystemTime::now() + Duration::from_secs(60)).is_none());
    }

    #[test]
    fn packages_of_a_registry_count_only_when_some_came_or_went() {
        let dir = tempfile::tempdir().unwrap();
        let registry = dir.path().join("registry/src/index-1");
        let file = registry.join("tokio-1.0.0/src/lib.rs");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "").unwrap();
        assert_eq!(delivered(&file), Some((&*registry, &*registry.join("tokio-1.0.0"))));
        assert_eq!(delivered(&registry), None);
        assert_eq!(delivered(Path::new("/w/registry/src.rs")), None);
        let seen = Seen::default();
        seen.saw(&file);
        let traces = seen.traces(SystemTime::now() + Duration::from_secs(60)).unwrap();
        std::fs::write(&file, "nobody changes it").unwrap();
        assert!(traces.hold());
        std::fs::create_dir(registry.join("serde-1.0.0")).unwrap();
        assert!(traces.hold());
        std::fs::remove_dir_all(registry.join("tokio-1.0.0")).unwrap();
        assert!(!traces.hold());
    }
}
