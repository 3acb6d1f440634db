//! `fixtures/cases/<lint>/*.rs`: every marked line is reported, and nothing else is, by any lint.

#![allow(clippy::panic, reason = "tests")]

mod harness;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use harness::{Found, Packages, Source, analyse, by_file, check, fixtures, mismatches, rust_files};

/// All cases, analysed in one run.
struct Cases {
    sources: Vec<Source>,
    found: BTreeMap<PathBuf, Vec<Found>>,
}

fn cases() -> &'static Cases {
    static CASES: OnceLock<Cases> = OnceLock::new();
    CASES.get_or_init(|| {
        let mut sources = Vec::new();
        for path in rust_files(&fixtures().join("cases")) {
            let folder = path.parent().and_then(|p| p.file_name()).and_then(|n| n.to_str()).expect("a folder");
            sources.push(Source::read(folder, &path));
        }
        let packages = Packages::new(&sources);
        let found = by_file(&analyse(&packages.manifest()));
        Cases { sources, found }
    })
}

fn check_lint(lint: &str) {
    let cases = cases();
    let dir = fixtures().join("cases").join(lint);
    let sources: Vec<&Source> = cases.sources.iter().filter(|s| s.path.starts_with(&dir)).collect();
    assert!(!sources.is_empty(), "no cases in {}", dir.display());
    let mut all = Vec::new();
    for source in sources {
        let found = cases.found.get(&source.path).map(Vec::as_slice).unwrap_or_default();
        all.extend(mismatches(&source.path, &source.text, found));
    }
    check(&all, lint);
}

macro_rules! lints {
    ($($lint:ident)*) => {
        $(#[test] fn $lint() { check_lint(stringify!($lint)); })*

        #[test]
        fn every_folder_is_tested() {
            let tested = [$(stringify!($lint)),*];
            let dirs = std::fs::read_dir(fixtures().join("cases")).expect("cases are there").flatten();
            let mut names: Vec<String> = dirs.map(|d| d.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            assert_eq!(names, tested);
        }
    };
}

lints! {
    blocking_call_in_async
    brief_blocking_in_async
    broken_cancel_promise
    cancel_unsafe_in_select
    cpu_heavy_in_async
    sync_guard_across_await
    unawaited_future
    write_cut_by_timeout
}

#[test]
fn findings_are_only_in_cases() {
    let cases = cases();
    let elsewhere: Vec<String> = cases
        .found
        .iter()
        .filter(|(path, _)| cases.sources.iter().all(|s| s.path != **path))
        .map(|(path, found)| format!("{}: {found:?}", path.display()))
        .collect();
    check(&elsewhere, "other files");
}
