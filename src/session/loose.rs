//! Crate roots among files without a manifest: those that no `mod` of another leads to.
//!
//! ```text
//! a.rs: mod b;    b.rs    c.rs      two roots: a.rs, which owns b.rs, and c.rs
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toecap_ir::{FileIr, InlineModule, Item, ItemId, ItemKind, module_candidates};
use toecap_sema::Sources as _;

use super::sources::SourceTable;

/// Roots of `files`, sorted. Every file is a root or can be reached from one.
pub(super) fn roots(files: &[PathBuf], sources: &SourceTable) -> Vec<PathBuf> {
    let known: BTreeSet<&Path> = files.iter().map(PathBuf::as_path).collect();
    let mut claimed = BTreeSet::new();
    for file in &known {
        for owns_dir in [false, true] {
            claimed.extend(modules(file, owns_dir, sources).into_iter().filter(|m| m.path != *file).map(|m| m.path));
        }
    }
    let mut reached = BTreeSet::new();
    let mut roots = Vec::new();
    let unclaimed = known.iter().filter(|file| !claimed.contains(**file));
    // What is claimed by mistake or in a circle is not reached and becomes a root in the second round.
    for file in unclaimed.chain(&known) {
        if !reached.contains(*file) {
            roots.push(file.to_path_buf());
            reach(file, sources, &mut reached);
        }
    }
    roots.sort();
    roots
}

/// Adds `root` and all files that its `mod`s lead to.
fn reach(root: &Path, sources: &SourceTable, reached: &mut BTreeSet<PathBuf>) {
    let mut todo = vec![Module { path: root.to_owned(), owns_dir: true }];
    while let Some(module) = todo.pop() {
        if reached.insert(module.path.clone()) {
            todo.extend(modules(&module.path, module.owns_dir, sources));
        }
    }
}

/// A file that a `mod` leads to.
struct Module {
    path: PathBuf,
    owns_dir: bool,
}

fn modules(file: &Path, owns_dir: bool, sources: &SourceTable) -> Vec<Module> {
    let Some(source) = sources.file(file, false) else { return Vec::new() };
    let mut found = Vec::new();
    let mut search = Search { file, owns_dir, ir: &source.ir, sources, inline: Vec::new(), found: &mut found };
    search.items(&source.ir.root);
    found
}

struct Search<'a> {
    file: &'a Path,
    owns_dir: bool,
    ir: &'a FileIr,
    sources: &'a SourceTable,
    inline: Vec<InlineModule<'a>>,
    found: &'a mut Vec<Module>,
}

impl<'a> Search<'a> {
    fn items(&mut self, items: &'a [ItemId]) {
        for id in items {
            let Some(item) = self.ir.items.get(*id) else { continue };
            match &item.kind {
                ItemKind::Mod { items: Some(items) } if self.inline.len() < 64 => {
                    self.inline.push(InlineModule { name: item.name.as_str(), path_attr: path_attr(item) });
                    self.items(items);
                    self.inline.pop();
                }
                ItemKind::Mod { items: None } => self.declared(item),
                _ => {}
            }
        }
    }

    fn declared(&mut self, item: &Item) {
        let path = path_attr(item);
        let candidates = module_candidates(self.file, self.owns_dir, &self.inline, item.name.as_str(), path);
        let Some(file) = candidates.into_iter().find(|c| self.sources.exists(c)) else { return };
        let owns_dir = path.is_some() || file.file_name().is_some_and(|name| name == "mod.rs");
        self.found.push(Module { path: file, owns_dir });
    }
}

fn path_attr(item: &Item) -> Option<&str> {
    item.attrs.named("path").next().map(|attr| &*attr.text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn roots_of(files: &[(&str, &str)]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            paths.push(path);
        }
        let found = roots(&paths, &SourceTable::default());
        found.iter().map(|p| p.strip_prefix(dir.path()).unwrap().to_string_lossy().replace('\\', "/")).collect()
    }

    #[test]
    fn modules_are_no_roots() {
        let files = [
            ("a.rs", "mod b; mod deep { mod c; }"),
            ("b.rs", "mod d;"),
            ("b/d.rs", ""),
            ("deep/c.rs", ""),
            ("e.rs", ""),
        ];
        assert_eq!(roots_of(&files), ["a.rs", "e.rs"]);
    }

    #[test]
    fn every_file_is_reached() {
        // `a.rs` owns its folder, so it means `b.rs`; `a/b.rs` is then a root of its own.
        assert_eq!(roots_of(&[("a.rs", "mod b;"), ("b.rs", ""), ("a/b.rs", "")]), ["a/b.rs", "a.rs"]);
        let circle = [("a.rs", "#[path = \"b.rs\"] mod b;"), ("b.rs", "#[path = \"a.rs\"] mod a;")];
        assert_eq!(roots_of(&circle), ["a.rs"]);
    }
}
