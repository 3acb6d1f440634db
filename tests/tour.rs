//! `fixtures/tour` and `fixtures/workspaces/*`: real packages and workspaces, marked like the cases.

#![allow(clippy::panic, reason = "tests")]

mod harness;

use std::path::Path;

use harness::{analyse, by_file, check, fetch, fixtures, mismatches, rust_files};
use toecap_finding::Finding;

fn check_workspace(dir: &Path) {
    fetch();
    let found = by_file(&analyse(&dir.join("Cargo.toml")));
    let mut all = Vec::new();
    for path in rust_files(dir) {
        let text = std::fs::read_to_string(&path).expect("a readable fixture");
        all.extend(mismatches(&path, &text, found.get(&path).map(Vec::as_slice).unwrap_or_default()));
    }
    check(&all, &dir.display().to_string());
}

#[test]
fn tour() {
    check_workspace(&fixtures().join("tour"));
}

#[test]
fn chains() {
    check_workspace(&fixtures().join("workspaces/chains"));
}

#[test]
fn the_library_of_a_test_suite_may_block() {
    check_workspace(&fixtures().join("workspaces/test-support"));
}

#[test]
fn modules_of_a_library_and_of_its_program() {
    check_workspace(&fixtures().join("workspaces/twice"));
}

#[test]
fn libraries_of_programs_alone() {
    check_workspace(&fixtures().join("workspaces/programs"));
}

#[test]
fn build_flags() {
    check_workspace(&fixtures().join("workspaces/build-flags"));
}

#[test]
fn dependencies() {
    check_workspace(&fixtures().join("workspaces/dependencies"));
}

#[test]
fn written() {
    check_workspace(&fixtures().join("workspaces/written"));
}

/// Every call inside of a dependency is a note with its place in the dependency's file.
#[test]
fn chains_go_on_in_dependencies() {
    fetch();
    let dir = fixtures().join("workspaces/dependencies");
    let report = analyse(&dir.join("Cargo.toml"));
    let of = |name: &str| {
        let found = report.findings.iter().find(|f| f.finding.message.contains(name)).map(|f| &f.finding);
        found.unwrap_or_else(|| panic!("nothing was found about {name}"))
    };
    let texts = |name: &str| -> Vec<String> {
        let steps = of(name).notes.iter().filter_map(|note| Some((note.text.clone(), note.at?)));
        let in_disk = steps.filter(|(_, at)| report.files.path(at.file).starts_with(dir.join("vendored/disk")));
        in_disk.map(|(text, _)| text).collect()
    };
    let expected = ["`second` calls `disk::third`", "`third` calls `disk::fourth`", "`fourth` calls `disk::read`"];
    assert_eq!(texts("`second`")[..3], expected);
    assert_eq!(texts("`second`")[3], "`read` calls `std::fs::read`");
    // The shortest way, not one around the recursion.
    assert_eq!(texts("`ping`")[0], "`ping` calls `disk::pong`");
    assert_eq!(texts("`pong`")[0], "`pong` calls `disk::third`");
}

/// Every call of a chain is a note with its place, and the end of it is the call that blocks.
#[test]
fn chains_are_told_step_by_step() {
    fetch();
    let dir = fixtures().join("workspaces/chains");
    let report = analyse(&dir.join("Cargo.toml"));
    assert!(!report.findings.is_empty(), "nothing was found");
    for settled in &report.findings {
        let finding: &Finding = &settled.finding;
        let steps: Vec<_> = finding.notes.iter().filter(|note| note.at.is_some()).collect();
        assert!(steps.len() >= 3, "{}: {:?}", finding.message, finding.notes);
        let last = steps[steps.len() - 1];
        assert!(last.text.contains("std::fs::"), "{}", last.text);
        let files: Vec<&Path> = steps.iter().filter_map(|s| Some(report.files.path(s.at?.file))).collect();
        assert!(files.iter().any(|f| f.starts_with(dir.join("storage"))), "{files:?}");
    }
}

#[test]
fn every_workspace_is_tested() {
    let dirs = std::fs::read_dir(fixtures().join("workspaces")).expect("workspaces are there").flatten();
    let mut names: Vec<_> = dirs.map(|d| d.file_name()).collect();
    names.sort();
    assert_eq!(names, ["build-flags", "chains", "dependencies", "programs", "test-support", "twice", "written"]);
}
