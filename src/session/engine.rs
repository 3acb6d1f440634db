//! The analysis behind one function: what goes in, and what the rest of the run needs of it.

use rustc_hash::FxHashMap;
use toecap_finding::{Finding, Lint};
use toecap_ir::{FileId, Problem, Syntax};
use toecap_sema::{Analysis, CrateOrigin, Input, Sources};

/// All lints, by name.
pub fn lints() -> &'static [&'static Lint] {
    &toecap_lints::ALL
}

/// What the analysis found out.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) findings: Vec<Finding>,
    /// Places that could not be understood.
    pub(super) problems: Vec<(FileId, Problem)>,
    /// The crates of the workspace that each file is part of, by number.
    pub(super) members: FxHashMap<FileId, Vec<usize>>,
    /// The root file of each of these crates.
    pub(super) roots: FxHashMap<usize, FileId>,
    /// Bodies that were too much.
    pub(super) out_of_budget: usize,
    /// Macro calls between items that were too much.
    pub(super) macros_given_up: usize,
    /// Files that were read and do not belong to the workspace.
    pub(super) dependency_files: usize,
    /// Paths of users' facts that lead nowhere, with what was probably meant.
    pub(super) unresolved: Vec<(String, Option<String>)>,
    /// Functions of dependencies that were looked at, and those that were left out when their crate's budget ended.
    pub(super) followed: (usize, usize),
}

/// Analyses the workspace crates of `input` on the current thread pool; what that takes is never given back if `is_last`.
pub(super) fn analyse(input: Input, sources: &dyn Sources, syntax: &dyn Syntax, is_last: bool) -> Outcome {
    let analysis = Analysis::new(input, sources, syntax);
    let mut outcome = Outcome {
        findings: toecap_lints::run(&analysis),
        problems: analysis.problems(),
        out_of_budget: analysis.out_of_budget(),
        macros_given_up: analysis.macros_given_up(),
        unresolved: analysis.facts().unresolved(analysis.world()),
        followed: (analysis.dependencies().looked_at(), analysis.dependencies().left_out()),
        ..Outcome::default()
    };
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
    if is_last {
        std::mem::forget(analysis);
    }
    outcome
}

/// The services of the parser.
pub(super) fn syntax() -> &'static dyn Syntax {
    &toecap_lower::Parser
}
