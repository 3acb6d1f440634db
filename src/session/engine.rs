//! The analysis behind one function: what goes in, and what the rest of the run needs of it.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use toecap_finding::{Finding, Lint};
use toecap_ir::{FileId, Problem, Syntax};
use toecap_sema::{Analysis, CrateOrigin, Input, Kept, Sources as _};

use super::SourceTable;
use super::suppress::Suppressions;

/// All lints, by name.
pub fn lints() -> &'static [&'static Lint] {
    &toecap_lints::ALL
}

/// What the analysis found out.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// With the number of the body that each is in.
    pub(super) findings: Vec<(usize, Finding)>,
    /// Places that could not be understood.
    pub(super) problems: Vec<(FileId, Problem)>,
    /// The crates of the workspace that each file is part of, by number.
    pub(super) members: FxHashMap<FileId, Vec<usize>>,
    /// The root file of each of these crates.
    pub(super) roots: FxHashMap<usize, FileId>,
    /// The files of the workspace that could be read.
    pub(super) files: Vec<Analysed>,
    /// Bodies that were too much.
    pub(super) out_of_budget: Vec<Box<str>>,
    /// Macro calls between items that were too much.
    pub(super) macros_given_up: usize,
    /// Files that were read and do not belong to the workspace.
    pub(super) dependency_files: usize,
    /// Paths of users' facts that lead nowhere, with what was probably meant.
    pub(super) unresolved: Vec<(String, Option<String>)>,
    /// Functions of dependencies that were looked at, and those that were left out when their crate's budget ended.
    pub(super) followed: (usize, usize),
}

/// A file of the workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Analysed {
    pub(super) file: FileId,
    pub(super) lines: usize,
    pub(super) bytes: usize,
    pub(super) suppressions: Suppressions,
}

/// What of an analysis is worth keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// What it found.
    Outcome,
    /// What the next analysis may begin with, too.
    Bodies,
}

/// Analyses the workspace crates of `input` on the current thread pool; what that takes may never be given back if `is_last`. Tells
/// `lap` of every step that is done.
pub(super) fn analyse(
    input: Input,
    sources: &SourceTable,
    syntax: &dyn Syntax,
    keep: Keep,
    is_last: bool,
    lap: &mut dyn FnMut(&'static str),
) -> (Outcome, Option<Kept>) {
    let mut analysis = Analysis::new(input, sources, syntax, keep == Keep::Bodies, lap);
    let mut outcome = outcome_of(&analysis);
    lap("lints");
    outcome.unresolved = analysis.facts().unresolved(analysis.world());
    for krate in analysis.world().loaded().filter(|krate| krate.origin == CrateOrigin::Workspace) {
        let number = krate.id.0 as usize;
        for file in &krate.files {
            outcome.roots.entry(number).or_insert(file.file);
            let members = outcome.members.entry(file.file).or_default();
            if members.last() != Some(&number) {
                members.push(number);
            }
        }
    }
    outcome.files = analysed(sources, &|_| true);
    let read = sources.read_files();
    outcome.dependency_files = read.iter().filter(|file| file.text.is_ok() && !file.is_analysed).count();
    let kept = if keep == Keep::Bodies { analysis.keep() } else { None };
    // Where there is much, what is printed has room in its place.
    if is_last && !sources.is_large() {
        std::mem::forget(analysis);
    }
    (outcome, kept)
}

/// What is found in the bodies that are to be looked at.
pub(super) fn outcome_of(analysis: &Analysis<'_>) -> Outcome {
    Outcome {
        findings: toecap_lints::run(analysis),
        problems: analysis.problems(),
        out_of_budget: analysis.out_of_budget(),
        macros_given_up: analysis.macros_given_up(),
        followed: (analysis.dependencies().looked_at(), analysis.dependencies().left_out()),
        ..Outcome::default()
    }
}

/// The files of the workspace that were lowered and that `are_wanted`.
pub(super) fn analysed(sources: &SourceTable, are_wanted: &(dyn Fn(FileId) -> bool + Sync)) -> Vec<Analysed> {
    let read = sources.read_files();
    let wanted = read.par_iter().filter(|file| file.is_analysed && are_wanted(file.id));
    let analysed = wanted.filter_map(|file| {
        let (ir, text) = (sources.whole(file.id)?, file.text.as_deref().ok()?);
        let suppressions = Suppressions::of(&ir, text, lints());
        Some(Analysed { file: file.id, lines: ir.lines as usize, bytes: text.len(), suppressions })
    });
    analysed.collect()
}

/// The services of the parser.
pub(super) fn syntax() -> &'static dyn Syntax {
    &toecap_lower::Parser
}
