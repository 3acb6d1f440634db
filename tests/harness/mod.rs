//! Fixtures: Rust with marks in comments, analysed as cargo packages with their real dependencies.
//!
//! ```text
//! fixtures/cases/x/a.rs   fixtures/cases/x/b.rs        each a package of a workspace made for the test, with the
//!     └──────────┬───────────────┘                     dependencies and the lock file of fixtures/crates
//!          one run of the pipeline ──▶ findings by file ──▶ held against `//~` marks, in both directions
//! ```
#![allow(dead_code, unused_imports, reason = "each test file uses its part")]

mod marks;
mod packages;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toecap::session::{self, Levels, Options, Report, Severity};
use toecap_finding::Level;
use toecap_project::{Project, Request, Resolution};

pub use marks::{Found, Marks, lint_names, mismatches};
pub use packages::{Packages, Source, fetch};

/// `fixtures/…` of this checkout.
pub fn fixtures() -> PathBuf {
    root().join("fixtures")
}

/// This checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().expect("the checkout exists")
}

/// The Rust files in a folder and below, sorted.
pub fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(dir) = todo.pop() {
        let entries = std::fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
        for entry in entries {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What to run on the workspace of a manifest. Nothing is fetched: see [`fetch`].
pub fn options(manifest: &Path) -> Options {
    let mut request = Request::new(manifest.parent().expect("a file is in a folder"));
    request.manifest_path = Some(manifest.to_owned());
    request.workspace = true;
    request.offline = true;
    let strict = Levels::parse([(Level::Warn, "pedantic")], session::lints()).expect("a group");
    Options { request, levels: strict, ..Options::default() }
}

/// Runs the pipeline on the workspace of a manifest, and insists that its dependencies could be read.
pub fn analyse(manifest: &Path) -> Report {
    let report = session::run(&options(manifest)).unwrap_or_else(|e| panic!("{}: {e}", manifest.display()));
    insist_on_dependencies(&report.project);
    report
}

/// Without dependencies most expectations would fail for a reason that has nothing to do with them.
pub fn insist_on_dependencies(project: &Project) {
    let notes = project.notes.iter().map(ToString::to_string);
    // A fixture may have targets whose features are off.
    let notes: Vec<String> = notes.filter(|note| !note.contains(" whose features are off")).collect();
    let is_full = project.workspaces.iter().all(|w| w.resolution == Resolution::Full);
    assert!(is_full && notes.is_empty(), "the dependencies of the fixtures could not be read:\n{}", notes.join("\n"));
}

/// Findings of a run by file, and what could not be understood there as a finding called `trouble`.
pub fn by_file(report: &Report) -> BTreeMap<PathBuf, Vec<Found>> {
    let mut found: BTreeMap<PathBuf, Vec<Found>> = BTreeMap::new();
    for settled in &report.findings {
        let at = settled.finding.primary;
        let line = report.files.line_starts(at.file).partition_point(|start| *start <= at.span.lo());
        let (lint, message) = (settled.finding.lint.name.to_owned(), settled.finding.message.clone());
        found.entry(report.files.path(at.file).to_owned()).or_default().push(Found { line, lint, message });
    }
    for trouble in report.troubles.iter().filter(|t| t.severity != Severity::Note) {
        let message = trouble.message.clone();
        found.entry(trouble.path.clone()).or_default().push(Found { line: 0, lint: "trouble".to_owned(), message });
    }
    found
}

/// Fails with all mismatches, when there are any.
#[track_caller]
pub fn check(mismatches: &[String], of: &str) {
    assert!(mismatches.is_empty(), "\n{} in {of}:\n  {}\n", mismatches.len(), mismatches.join("\n  "));
}
