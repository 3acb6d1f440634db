//! One lint is one `.rs` and one `.md`, registered, and known to readers.

use std::collections::BTreeSet;
use std::path::Path;

use toecap::session::lints;

use super::{check, committed, read};

/// `topic/name` of all files with this extension below `lints/`.
fn lint_files(extension: &str) -> BTreeSet<String> {
    let files = committed();
    let files = files.iter().filter_map(|path| path.strip_prefix("lints").ok());
    let files = files.filter(|path| path.components().count() == 2);
    let files = files.filter(|path| path.extension().is_some_and(|e| e == extension));
    files.map(|path| path.with_extension("").to_str().expect("a path in UTF-8").replace('\\', "/")).collect()
}

#[test]
fn every_lint_has_code_a_page_and_a_place_in_the_list() {
    let (code, pages) = (lint_files("rs"), lint_files("md"));
    let registered: BTreeSet<String> = lints().iter().map(|l| format!("{}/{}", l.topic, l.name)).collect();
    let mut complaints: Vec<String> = Vec::new();
    complaints.extend(pages.difference(&code).map(|name| format!("lints/{name}.md has no .rs")));
    complaints.extend(code.difference(&pages).map(|name| format!("lints/{name}.rs has no .md")));
    complaints
        .extend(code.difference(&registered).map(|name| format!("lints/{name}.rs is not registered in lints/lib.rs")));
    complaints
        .extend(registered.difference(&code).map(|name| format!("{name} is registered and has no lints/{name}.rs")));
    check(&complaints);
}

#[test]
fn lints_are_listed_by_name() {
    let listed: Vec<&str> = lints().iter().map(|lint| lint.name).collect();
    assert!(listed.is_sorted(), "PASSES in lints/lib.rs: {listed:?}");
}

/// "allow `guard_across_await`" should read well.
#[test]
fn names_are_nouns_of_the_bad_pattern() {
    for lint in lints() {
        assert!(lint.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", lint.name);
        for prefix in ["no_", "avoid_", "prefer_", "missing_no_"] {
            assert!(!lint.name.starts_with(prefix), "{}", lint.name);
        }
        assert!(!lint.summary.is_empty() && !lint.summary.ends_with('.'), "{}: {}", lint.name, lint.summary);
    }
}

#[test]
fn every_lint_has_cases() {
    for lint in lints() {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases").join(lint.name).is_dir(), "{}", lint.name);
    }
}

#[test]
fn readers_find_every_lint() {
    let (readme, changelog) = (read("README.md"), read("CHANGELOG.md"));
    let mut complaints = Vec::new();
    for lint in lints() {
        let row = format!("| [`{0}`](lints/{1}/{0}.md) | {2} |", lint.name, lint.topic, lint.default_level);
        if !readme.contains(&row) {
            complaints.push(format!("README.md has no row `{row}`"));
        }
        if !changelog.contains(&format!("`{}`", lint.name)) {
            complaints.push(format!("CHANGELOG.md does not mention `{}`", lint.name));
        }
    }
    check(&complaints);
}
