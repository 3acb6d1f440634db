//! Answers for a workspace that stands in another folder now: a clone, another work tree, the next container of a build.
//!
//! ```text
//! /home/me/app: cargo metadata --manifest-path /home/me/app/Cargo.toml     ▶ asked, kept
//! /builds/7/app: …                                                          ▶ the same, with /builds/7/app in it
//! ```
//! What the answer depends on must hold in the new folder as it did in the old one. Above it there must be no manifests, settings or
//! toolchain files that were not above the old one too, for these count for everything below.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::inputs::{ABOVE, Input};

/// Where an answer was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The folder that cargo or rustc ran in.
    dir: PathBuf,
    /// This folder or one above it, which may stand elsewhere: nothing that may change lies outside of it.
    base: PathBuf,
}

/// From one folder to another.
pub(super) struct Move<'p> {
    old: &'p str,
    new: &'p str,
}

impl Origin {
    /// None when the answer is good for this folder only.
    pub(super) fn new(dir: &Path, base: &Path) -> Option<Origin> {
        let is_movable = dir.starts_with(base) && plain(base).is_some();
        is_movable.then(|| Origin { dir: dir.to_owned(), base: base.to_owned() })
    }

    /// What is different for `dir`; none when that is no such folder.
    pub(super) fn to<'p>(&'p self, dir: &'p Path) -> Option<Move<'p>> {
        let inner = self.dir.strip_prefix(&self.base).ok()?;
        let new = dir.ancestors().nth(inner.components().count())?;
        (dir == new.join(inner)).then_some(())?;
        Some(Move { old: plain(&self.base)?, new: plain(new)? })
    }
}

impl Move<'_> {
    /// What the answer depends on there; none when something above the old folder mattered that is not above the new one.
    pub(super) fn inputs(&self, inputs: &[Input]) -> Option<Vec<Input>> {
        let (old, new) = (Path::new(self.old), Path::new(self.new));
        let mut moved = Vec::with_capacity(inputs.len());
        for input in inputs {
            let path = input.path();
            if let Ok(inside) = path.strip_prefix(old) {
                moved.push(input.at(new.join(inside)));
            } else if above(old, path).is_none_or(|folder| new.starts_with(folder)) || input.is_absent() {
                moved.push(input.clone());
            } else {
                return None;
            }
        }
        let others = new.ancestors().skip(1).filter(|folder| !old.starts_with(folder));
        moved.extend(others.flat_map(|folder| ABOVE.map(|name| Input::absent(folder.join(name)))));
        Some(moved)
    }

    /// The same text with the new folder where it names the old one.
    pub(super) fn text(&self, text: &str) -> String {
        let (mut moved, mut done) = (String::with_capacity(text.len()), 0);
        for (at, _) in text.match_indices(self.old) {
            let end = at + self.old.len();
            let begins = !text[..at].ends_with(is_of_name);
            if begins && !text[end..].starts_with(is_of_name) {
                moved.push_str(&text[done..at]);
                moved.push_str(self.new);
                done = end;
            }
        }
        moved.push_str(&text[done..]);
        moved
    }
}

/// The folder above `base` in which everything below looks for `path`.
fn above<'p>(base: &'p Path, path: &Path) -> Option<&'p Path> {
    base.ancestors().skip(1).find(|folder| ABOVE.iter().any(|name| folder.join(name) == path))
}

/// A path that is written the same way in JSON, in URLs and in messages, and is not a part of many others.
fn plain(path: &Path) -> Option<&str> {
    let text = path.to_str()?;
    let is_plain = path.components().count() > 2
        && path.file_name().is_some()
        && text.starts_with('/')
        && text.chars().all(|c| is_of_name(c) || c == '/');
    is_plain.then_some(text)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_folder_is_replaced_where_it_is_named_and_nowhere_else() {
        let origin = Origin::new(Path::new("/work/app/crates/a"), Path::new("/work/app")).unwrap();
        let there = origin.to(Path::new("/new/place/crates/a")).unwrap();
        let text = r#"{"a":"/work/app/src","b":"path+file:///work/app#1.0","c":"/work/app2","d":"/x/work/app","e":"/work/app"}"#;
        let wanted = r#"{"a":"/new/place/src","b":"path+file:///new/place#1.0","c":"/work/app2","d":"/x/work/app","e":"/new/place"}"#;
        assert_eq!(there.text(text), wanted);
    }

    #[test]
    fn a_folder_of_another_shape_or_spelling_is_no_move() {
        let origin = Origin::new(Path::new("/work/app/crates/a"), Path::new("/work/app")).unwrap();
        assert!(origin.to(Path::new("/work/b")).is_none());
        assert!(origin.to(Path::new("/with space/app/crates/a")).is_none());
        assert!(Origin::new(Path::new("/work/app"), Path::new("/elsewhere/app")).is_none());
        assert!(Origin::new(Path::new("/app"), Path::new("/app")).is_none());
    }
}
