//! Loose mode: sources without a manifest. Walks folders for `*.rs`.
//!
//! Which of the files are crate roots is for the caller to find out: those that no `mod` of another leads to.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use walkdir::{DirEntry, WalkDir};

use crate::Note;

/// Files that belong to no package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LooseFiles {
    /// Absolute, sorted, each once.
    pub files: Vec<PathBuf>,
    /// Standard input was asked for.
    pub stdin: bool,
}

impl LooseFiles {
    /// True when there is nothing.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && !self.stdin
    }
}

/// All `*.rs` files below `root` (or `root` itself), sorted. `keep` is asked for every folder below the root. Folders of build
/// output (with a `CACHEDIR.TAG`) and hidden ones are left out; what could not be walked is told once in `notes`.
pub fn walk_sources(root: &Path, keep: &dyn Fn(&Path) -> bool, notes: &mut Vec<Note>) -> Vec<PathBuf> {
    let real_root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let (mut files, mut loops, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    let walk = WalkDir::new(root).follow_links(true).into_iter();
    for entry in walk.filter_entry(|e| e.depth() == 0 || enters(e, &real_root, keep)) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_rust(entry.path()) => files.push(entry.into_path()),
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let reason = error.io_error().map(ToString::to_string);
                match reason {
                    _ if error.loop_ancestor().is_some() => loops.push(path),
                    // A dangling link (an editor's lock, say) is nobody's source.
                    _ if path.is_symlink() && !is_rust(&path) => {}
                    _ if is_hidden(&path) => {}
                    reason => unreadable.push((path, reason.unwrap_or_default())),
                }
            }
        }
    }
    files.sort();
    loops.sort();
    unreadable.sort();
    if let Some(first) = loops.first() {
        let message = format!("skipped {}: `{}`", counted(loops.len(), "symlink loop"), first.display());
        notes.push(Note { message, help: None });
    }
    if let Some((path, reason)) = unreadable.first() {
        let what = counted(unreadable.len(), "unreadable path");
        let message = format!("skipped {what}: `{}`: {reason}", path.display());
        notes.push(Note::new(message, "make it readable or pass other paths"));
    }
    files
}

/// True when a walk goes on with this entry.
fn enters(entry: &DirEntry, real_root: &Path, keep: &dyn Fn(&Path) -> bool) -> bool {
    if !entry.file_type().is_dir() {
        return true;
    }
    let path = entry.path();
    if is_hidden(path) || path.join("CACHEDIR.TAG").is_file() || !keep(path) {
        return false;
    }
    // What a link leads to inside the same folder is walked anyway.
    !entry.path_is_symlink() || path.canonicalize().is_ok_and(|real| !real.starts_with(real_root))
}

pub(crate) fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "rs")
}

pub(crate) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."))
}

/// `1 file`, `2 files`
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        dir
    }

    fn walked(dir: &Path) -> (Vec<String>, Vec<Note>) {
        let mut notes = Vec::new();
        let files = walk_sources(dir, &|_| true, &mut notes);
        let relative = files.iter().map(|f| f.strip_prefix(dir).unwrap().to_string_lossy().replace('\\', "/"));
        (relative.collect(), notes)
    }

    #[test]
    fn build_output_and_hidden_folders_are_left_out() {
        let dir = tree(&[
            "b.rs",
            "a/c.rs",
            "a/readme.md",
            "target/CACHEDIR.TAG",
            "target/x.rs",
            ".git/y.rs",
            "out/target/z.rs",
        ]);
        let (files, notes) = walked(dir.path());
        assert_eq!(files, ["a/c.rs", "b.rs", "out/target/z.rs"]);
        assert_eq!(notes, []);
    }

    #[cfg(unix)]
    #[test]
    fn symlink_loops_end_and_are_told_once() {
        use std::os::unix::fs::symlink;
        let dir = tree(&["a/m.rs", "b/n.rs"]);
        symlink(dir.path(), dir.path().join("a/up")).unwrap();
        symlink(dir.path().join("a"), dir.path().join("b/again")).unwrap();
        symlink(dir.path().join("self.rs"), dir.path().join("self.rs")).unwrap();
        symlink("nowhere", dir.path().join("dangling")).unwrap();
        let (files, notes) = walked(dir.path());
        assert_eq!(files, ["a/m.rs", "b/n.rs"]);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].message.starts_with("skipped 1 symlink loop: "), "{}", notes[0]);
        assert!(notes[1].message.contains("self.rs"), "{}", notes[1]);
    }
}
