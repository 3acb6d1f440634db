//! What is in the files of the repository, whatever they are for.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{check, committed, committed_with, read};

/// Rust files have at most about this many lines: past that, look for the missing noun.
const MAX_LINES: usize = 400;

/// Larger ones, how large they may be, and why. The numbers only go down.
const LARGE: [(&str, usize, &str); 11] = [
    ("engine/ir/src/body.rs", 550, "one enum a kind of node, with its words"),
    ("engine/knowledge/src/fact.rs", 500, "one struct a topic of facts"),
    ("engine/lower/src/expand/tests.rs", 450, "one line a rule of matching"),
    ("engine/lower/src/tree/exprs.rs", 450, "one arm a kind of expression"),
    ("engine/sema/src/flow/build.rs", 650, "one arm a kind of expression"),
    ("engine/sema/src/infer/expr.rs", 450, "one arm a kind of expression"),
    ("engine/sema/src/infer/mod.rs", 450, "what a body's types are, and the pass"),
    ("engine/sema/src/infer/traits.rs", 450, "selection in its order"),
    ("engine/sema/src/names.rs", 500, "lookup in its order"),
    ("engine/sema/src/ty.rs", 550, "one arm a kind of type"),
    ("xtask/src/std_table/walk.rs", 450, "one arm a kind of item"),
];

#[test]
fn rust_files_stay_small() {
    let allowed: BTreeMap<&str, usize> = LARGE.iter().map(|(path, lines, _)| (*path, *lines)).collect();
    let mut complaints = Vec::new();
    for path in committed_with("rs") {
        let name = path.to_str().expect("a path in UTF-8");
        let (lines, limit) = (read(&path).lines().count(), allowed.get(name).copied());
        match limit {
            None if lines > MAX_LINES => complaints.push(format!("{name} has {lines} lines: split it")),
            Some(limit) if lines > limit => {
                complaints.push(format!("{name} has grown to {lines} lines (from {limit}): split it"))
            }
            Some(_) if lines <= MAX_LINES => {
                complaints.push(format!("{name} is small now: take it from the list of large files"))
            }
            _ => {}
        }
    }
    let gone = allowed.keys().filter(|name| !super::root().join(name).is_file());
    complaints.extend(gone.map(|name| format!("{name} is gone: take it from the list of large files")));
    check(&complaints);
}

/// Whoever clones this has another home and perhaps another registry.
#[test]
fn nothing_points_at_a_machine() {
    let mut complaints = Vec::new();
    for (path, text) in texts() {
        for (line, number) in text.lines().zip(1..) {
            if let Some(found) = machine_path(line) {
                complaints.push(format!("{}:{number}: {found}", path.display()));
            }
        }
        if path.file_name().is_some_and(|name| name == "Cargo.lock") {
            let sources = text.lines().filter(|line| line.starts_with("source = "));
            let odd =
                sources.filter(|line| *line != "source = \"registry+https://github.com/rust-lang/crates.io-index\"");
            complaints.extend(odd.map(|line| format!("{}: {line}", path.display())));
        }
        if path.parent().is_some_and(|dir| dir.ends_with(".cargo"))
            && (text.contains("[source") || text.contains("registry"))
        {
            complaints.push(format!("{}: replaces a registry", path.display()));
        }
    }
    check(&complaints);
}

/// A home folder in `line`; `/home/me` is the one of examples.
fn machine_path(line: &str) -> Option<String> {
    for start in ["/home/", "/Users/", "/root/", "C:\\Users\\"] {
        for (at, _) in line.match_indices(start) {
            let user = line[at + start.len()..].split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let is_path = !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '.');
            if is_path && !user.is_empty() && user != "me" {
                return Some(format!("{start}{user}"));
            }
        }
    }
    None
}

/// A test that does not run guards nothing.
#[test]
fn no_test_is_ignored() {
    let attribute = concat!("#[", "ignore");
    let ignoring = texts()
        .into_iter()
        .filter(|(path, text)| path.extension().is_some_and(|e| e == "rs") && text.contains(attribute));
    check(&ignoring.map(|(path, _)| format!("{}: an ignored test", path.display())).collect::<Vec<_>>());
}

/// The workspaces of the fixtures are analysed with the versions that the harness fetches.
#[test]
fn fixtures_agree_on_versions() {
    let all = packages(&read("fixtures/crates/Cargo.lock"));
    let mut complaints = Vec::new();
    for path in committed().iter().filter(|path| path.starts_with("fixtures") && path.ends_with("Cargo.lock")) {
        for package in packages(&read(path)).into_iter().filter(|p| p.contains("checksum")) {
            if !all.contains(&package) {
                complaints.push(format!("{}: not in fixtures/crates/Cargo.lock:\n{package}", path.display()));
            }
        }
    }
    check(&complaints);
}

/// Name, version, source and checksum of the packages of a lock file.
fn packages(lock: &str) -> Vec<String> {
    let blocks = lock.split("[[package]]\n").skip(1);
    blocks.map(|block| block.split("dependencies = [").next().unwrap_or_default().trim().to_owned()).collect()
}

/// Committed text files.
fn texts() -> Vec<(PathBuf, String)> {
    let files = committed().into_iter();
    files.filter_map(|path| Some((path.clone(), std::fs::read_to_string(super::root().join(path)).ok()?))).collect()
}
