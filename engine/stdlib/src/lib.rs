//! What core, alloc and std declare, carried with the tool, so that nothing needs to be installed.
//!
//! ```text
//! find("alloc/src/vec/mod.rs")     signatures of `Vec`, in the IR: `pub fn push(&mut self, value: T) {}`
//! ```
//! `cargo xtask std` makes the table from Rust's own sources: no bodies, comments or private items, std's own macros
//! expanded. The build script lowers it; at run time a file is decoded when something asks for it.
//!
//! The table is derived from the Rust standard library, copyright The Rust Project contributors, MIT OR Apache-2.0.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use toecap_ir::{FileIr, Name, Shelf};

/// The folder that the files of the table seem to be in.
pub const ROOT: &str = "<std>";

/// The crates of the table, each after those that it depends on.
pub const CRATES: [&str; 3] = ["core", "alloc", "std"];

/// One file of the table.
#[derive(Debug)]
pub struct StdFile {
    /// `core/src/lib.rs`
    pub path: &'static str,
    ir: (usize, usize),
    text: (usize, usize),
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

static IRS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/std.ir"));
static TEXTS: &str = include_str!(concat!(env!("OUT_DIR"), "/std.txt"));

/// [`IRS`] and its names.
fn shelf() -> &'static Arc<Shelf> {
    static SHELF: OnceLock<Arc<Shelf>> = OnceLock::new();
    SHELF.get_or_init(|| {
        let names = include_str!(concat!(env!("OUT_DIR"), "/names.txt")).split('\n').map(Name::new).collect();
        Arc::new(Shelf::new(names, IRS.into()))
    })
}

/// All files, sorted by path.
pub fn files() -> &'static [StdFile] {
    &FILES
}

/// The file at `path`, as `core/src/lib.rs`.
pub fn find(path: &str) -> Option<&'static StdFile> {
    FILES.binary_search_by(|file| file.path.cmp(path)).ok().map(|at| &FILES[at])
}

/// The file at a path below [`ROOT`]; none for all other paths.
pub fn find_below_root(path: &Path) -> Option<&'static StdFile> {
    let path = path.strip_prefix(ROOT).ok()?.to_str()?;
    if path.contains('\\') { find(&path.replace('\\', "/")) } else { find(path) }
}

/// Is this a path below [`ROOT`]?
pub fn is_below_root(path: &Path) -> bool {
    path.starts_with(ROOT)
}

impl StdFile {
    /// Decodes its declarations; bodies are [`toecap_ir::BodySource::Skipped`].
    pub fn decode(&self) -> FileIr {
        shelf().read(self.ir.0..self.ir.1).unwrap_or_default()
    }
    /// Its text; empty where the file has no macros, since only they are read again.
    pub fn text(&self) -> &'static str {
        TEXTS.get(self.text.0..self.text.1).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_decodes_without_problems() {
        assert!(FILES.is_sorted_by_key(|file| file.path));
        for file in files() {
            let ir = file.decode();
            assert!(!ir.root.is_empty(), "{}", file.path);
            assert!(ir.problems.is_empty(), "{}: {:?}", file.path, ir.problems);
        }
    }

    #[test]
    fn files_are_found_by_virtual_path() {
        for krate in CRATES {
            assert!(find_below_root(&Path::new(ROOT).join(krate).join("src/lib.rs")).is_some());
        }
        assert!(find_below_root(Path::new("core/src/lib.rs")).is_none());
        assert!(HEAD.contains("MIT OR Apache-2.0"));
    }
}
