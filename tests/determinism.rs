//! Same input, same bytes out: whatever the number of threads, and again in the next run.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod harness;
mod support;

use std::path::{Path, PathBuf};

use harness::{Packages, Source, fetch, fixtures, options, rust_files};
use support::{Run, finish, program};
use toecap::session::{Options, run};

const FORMATS: [&str; 3] = ["json", "human", "short"];

/// Runs on one and on four threads, twice each, and compares what comes out.
fn check(manifest: &Path) {
    for format in FORMATS {
        let run = |threads: &str| -> Run {
            let mut program = program(manifest.parent().expect("a file is in a folder"));
            finish(program.args(["--message-format", format, "-q", "-j", threads, "--manifest-path"]).arg(manifest))
        };
        let first = run("1");
        assert!(first.code < 2 && !first.stdout.is_empty(), "{}: {}", manifest.display(), first.stderr);
        for threads in ["1", "4", "4"] {
            let other = run(threads);
            assert_eq!(first.code, other.code, "{}: {format}, -j {threads}", manifest.display());
            assert_eq!(first.stdout, other.stdout, "{}: {format}, -j {threads}", manifest.display());
            assert_eq!(first.stderr, other.stderr, "{}: {format}, -j {threads}", manifest.display());
        }
    }
}

#[test]
fn tour() {
    fetch();
    check(&fixtures().join("tour/Cargo.toml"));
}

#[test]
fn chains() {
    fetch();
    check(&fixtures().join("workspaces/chains/Cargo.toml"));
}

#[test]
fn dependencies() {
    fetch();
    check(&fixtures().join("workspaces/dependencies/Cargo.toml"));
}

/// Bodies are stored and their types packed where there is much code, and that changes nothing.
#[test]
fn what_is_packed_is_what_it_was() {
    let packages = all_fixtures();
    let found = |saves_memory: bool| {
        let report = run(&Options { saves_memory, ..options(&packages.manifest()) }).expect("it runs");
        let findings: Vec<String> = report.findings.iter().map(|finding| format!("{finding:?}")).collect();
        (findings, report.given_up)
    };
    let (all, given_up) = found(false);
    assert!(all.len() > 200, "{} findings", all.len());
    assert_eq!(found(true), (all, given_up));
}

/// Many crates and findings, and so many orders to get wrong.
#[test]
fn all_cases() {
    check(&all_fixtures().manifest());
}

fn all_fixtures() -> Packages {
    let read = |path: &PathBuf| {
        let folder = path.parent().and_then(|p| p.file_name()).and_then(|n| n.to_str()).expect("a folder");
        Source::read(folder, path)
    };
    let sources: Vec<Source> = rust_files(&fixtures().join("cases")).iter().map(read).collect();
    Packages::new(&sources)
}
