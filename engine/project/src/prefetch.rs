//! Files that will probably be read, so that parsing can start everywhere at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::loose::{is_hidden, is_rust};
use crate::{Project, TargetKind};

/// A source file and its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceEntry {
    /// Absolute.
    pub path: PathBuf,
    /// Bytes.
    pub len: u64,
}

/// All `.rs` files beside and below the roots of the selected targets, and loose files; largest first. Nested packages,
/// build output and what only links lead to are left out: those are read when a `mod` leads there.
pub fn prefetch_list(project: &Project) -> Vec<SourceEntry> {
    let targets = project.selected.iter().filter_map(|&at| project.target(at));
    let roots = targets.map(|(package, target)| (package.dir(), target.src_path.as_path(), target.kind));
    let mut entries = below_roots(roots);
    entries.extend(project.loose.files.iter().filter_map(|f| entry(f)));
    entries.sort_by(|a, b| b.len.cmp(&a.len).then_with(|| a.path.cmp(&b.path)));
    entries.dedup();
    entries
}

/// `roots`: folder of the package, crate root, kind.
pub(crate) fn below_roots<'a>(roots: impl Iterator<Item = (&'a Path, &'a Path, TargetKind)>) -> Vec<SourceEntry> {
    let mut files = BTreeMap::new();
    let (mut folders, mut packages) = (BTreeSet::new(), BTreeSet::new());
    for (package, root, kind) in roots {
        let folder = root.parent().unwrap_or(package);
        if kind != TargetKind::BuildScript && folder != package {
            folders.insert(folder);
            continue;
        }
        files.extend(entry(root).map(|e| (e.path, e.len)));
        if kind != TargetKind::BuildScript && packages.insert(package) {
            files.extend(beside(package).into_iter().map(|e| (e.path, e.len)));
        }
    }
    let mut walked: Option<&Path> = None;
    for folder in folders {
        if walked.is_some_and(|w| folder.starts_with(w)) {
            continue;
        }
        walked = Some(folder);
        files.extend(below(folder).map(|e| (e.path, e.len)));
    }
    files.into_iter().map(|(path, len)| SourceEntry { path, len }).collect()
}

/// What may be modules of a root beside the manifest: the package has other files as well.
fn beside(package: &Path) -> Vec<SourceEntry> {
    let Ok(entries) = std::fs::read_dir(package) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.filter_map(Result::ok).map(|e| e.path()) {
        if is_rust(&path) {
            files.extend(entry(&path));
        } else if !is_hidden(&path) && !is_foreign(&path) && (path.join("mod.rs").is_file() || with_rs(&path).is_file())
        {
            files.extend(below(&path));
        }
    }
    files
}

/// `net.rs` for `net`
fn with_rs(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".rs");
    name.into()
}

fn below(folder: &Path) -> impl Iterator<Item = SourceEntry> {
    let walk = WalkDir::new(folder).into_iter().filter_entry(|entry| {
        let path = entry.path();
        entry.depth() == 0 || !entry.file_type().is_dir() || !(is_hidden(path) || is_foreign(path))
    });
    let files = walk.filter_map(Result::ok).filter(|e| e.file_type().is_file() && is_rust(e.path()));
    files.filter_map(|e| Some(SourceEntry { len: e.metadata().ok()?.len(), path: e.into_path() }))
}

/// A nested package or build output.
fn is_foreign(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file() || folder.join("CACHEDIR.TAG").is_file()
}

fn entry(path: &Path) -> Option<SourceEntry> {
    let about = std::fs::metadata(path).ok().filter(|m| m.is_file())?;
    Some(SourceEntry { path: path.to_owned(), len: about.len() })
}
