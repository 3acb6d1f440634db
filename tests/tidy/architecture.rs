//! Who may depend on whom, and what a crate may mention.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};

use super::{check, committed_with, read};

/// The crates of the workspace that a crate may depend on. The root package and xtask join everything.
const EDGES: [(&str, &[&str]); 8] = [
    ("engine/finding", &["toecap-ir"]),
    ("engine/ir", &[]),
    ("engine/knowledge", &[]),
    ("engine/lower", &["toecap-ir"]),
    ("engine/project", &["toecap-ir"]),
    ("engine/sema", &["toecap-ir", "toecap-knowledge"]),
    // `lower` for the build script alone, which lowers the table once.
    ("engine/stdlib", &["toecap-ir", "toecap-lower"]),
    // `ir` and `knowledge` for plain data: spans, places, kinds.
    ("lints", &["toecap-finding", "toecap-ir", "toecap-knowledge", "toecap-sema"]),
];

/// Crates whose types must not leave `lower`.
const SYNTAX: [&str; 3] = ["proc-macro2", "quote", "syn"];

/// The dependencies in a manifest, of all kinds and platforms.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = platforms.filter_map(Value::as_table).chain([manifest]);
    let lists = tables.flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()));
    lists.flat_map(Table::keys).cloned().collect()
}

/// Manifests of the workspace, by folder.
fn manifests() -> BTreeMap<String, Table> {
    let root: Table = read("Cargo.toml").parse().expect("Cargo.toml is TOML");
    let members = root["workspace"]["members"].as_array().expect("members").clone();
    let mut manifests = BTreeMap::from([(String::new(), root)]);
    for member in members.iter().filter_map(Value::as_str) {
        let manifest = read(Path::new(member).join("Cargo.toml")).parse().expect("a manifest is TOML");
        manifests.insert(member.to_owned(), manifest);
    }
    manifests
}

#[test]
fn only_lower_depends_on_syntax() {
    for (folder, manifest) in manifests() {
        let dependencies = dependencies(&manifest);
        let syntax: Vec<&str> = SYNTAX.into_iter().filter(|name| dependencies.contains(*name)).collect();
        let expected: &[&str] = if folder == "engine/lower" { &SYNTAX } else { &[] };
        assert_eq!(syntax, expected, "{folder}/Cargo.toml");
    }
}

#[test]
fn crates_depend_on_what_they_may() {
    let edges = BTreeMap::from(EDGES);
    let mut complaints = Vec::new();
    for (folder, manifest) in manifests().iter().filter(|(folder, _)| !["", "xtask"].contains(&folder.as_str())) {
        let Some(allowed) = edges.get(folder.as_str()) else {
            complaints.push(format!("{folder}: not in the list of crate edges"));
            continue;
        };
        for name in dependencies(manifest).iter().filter(|name| name.starts_with("toecap")) {
            if !allowed.contains(&name.as_str()) {
                complaints.push(format!("{folder} depends on {name}"));
            }
        }
    }
    check(&complaints);
}

/// A stolen job could clear the spans of a live tree.
#[test]
fn lower_knows_no_threads() {
    check(&mentions("engine/lower/", &["rayon"]));
    assert!(!read("engine/lower/Cargo.toml").contains("rayon"));
}

/// Only `project` reads the disk or runs programs.
#[test]
fn the_engine_and_the_lints_do_no_io() {
    let io = ["std::fs", "std::process", "std::net", "std::env", "{fs", "{process", "println!"];
    for folder in [
        "engine/finding/src",
        "engine/ir/src",
        "engine/knowledge/src",
        "engine/lower/src",
        "engine/sema/src",
        "engine/stdlib/src",
        "lints",
    ] {
        check(&mentions(folder, &io));
    }
}

/// Formats and the editor are for the root package.
#[test]
fn lints_know_no_formats() {
    for (folder, manifest) in manifests().iter().filter(|(folder, _)| folder.as_str() == "lints") {
        let others: Vec<String> = dependencies(manifest).into_iter().filter(|d| !d.starts_with("toecap")).collect();
        assert_eq!(others, Vec::<String>::new(), "{folder}");
    }
}

#[test]
fn every_member_has_the_oldest_rust_that_works() {
    for (folder, manifest) in manifests() {
        let package = &manifest["package"];
        assert_eq!(package["rust-version"]["workspace"].as_bool(), Some(true), "{folder}/Cargo.toml");
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{folder}/Cargo.toml: [lints]");
    }
    let root: Table = read("Cargo.toml").parse().expect("Cargo.toml is TOML");
    let version = root["workspace"]["package"]["rust-version"].as_str().unwrap_or_default();
    assert!(version.starts_with("1."), "rust-version is `{version}`");
}

/// Lines of non-test code below `folder` that mention any of `words`.
fn mentions(folder: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in committed_with("rs") {
        let name = path.to_str().expect("a path in UTF-8");
        if !name.starts_with(folder)
            || name.ends_with("/tests.rs")
            || name.contains("/examples/")
            || name.contains("/tests/")
        {
            continue;
        }
        let text = read(&path);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (line, number) in code.lines().zip(1..) {
            let line = without_texts(line);
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                found.push(format!("{name}:{number}: `{word}`"));
            }
        }
    }
    found
}

/// A line without comments and the insides of string literals that end on it.
fn without_texts(line: &str) -> String {
    let code = if line.trim_start().starts_with("//") { "" } else { line };
    code.split('"').step_by(2).collect::<Vec<_>>().join("\"").split("//").next().unwrap_or_default().to_owned()
}
