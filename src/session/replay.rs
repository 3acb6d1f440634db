//! What an earlier run found on exactly these inputs, so that nothing is analysed twice.
//!
//! ```text
//! same tool, same crates, targets, features and cfg        ─▶ the name of what was kept
//! same files where a file was asked for, and none where
//! there was none                                           ─▶ it holds: findings before levels and comments
//! ```
//! Levels, suppressions and formats are applied afresh to what is replayed. Where only some files of the workspace say something
//! else, [`super::resume`] goes on from there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{Hash as _, Hasher as _};
use std::path::PathBuf;
use std::time::SystemTime;

use rayon::prelude::*;
use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use toecap_finding::{Confidence, Finding, Fix, Label, Note};
use toecap_ir::{FileId, Location, Problem};
use toecap_project::{Request, Stamp};
use toecap_sema::{CrateInput, Input};

use super::SourceTable;
use super::engine::{Analysed, Outcome, lints};

/// A file that was asked for.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct KeptFile {
    pub(super) path: PathBuf,
    /// None: there was none, or it does not matter.
    pub(super) stamp: Option<Stamp>,
    /// It comes with the tool, or was only read ahead.
    pub(super) never_changes: bool,
    pub(super) is_analysed: bool,
}

/// Whether a file is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// It is.
    Yes,
    /// It is, but that took reading it.
    Read,
    /// It says something else.
    No,
}

/// Everything that a run found out, with files by their positions.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    files: Vec<KeptFile>,
    exists: Vec<(PathBuf, bool)>,
    findings: Vec<(usize, KeptFinding)>,
    problems: Vec<(FileId, Problem)>,
    members: Vec<(FileId, Vec<usize>)>,
    roots: Vec<(usize, FileId)>,
    analysed: Vec<Analysed>,
    out_of_budget: Vec<Box<str>>,
    macros_given_up: usize,
    dependency_files: usize,
    unresolved: Vec<(String, Option<String>)>,
    followed: (usize, usize),
}

/// What is known of a run from an earlier one.
pub(super) enum Recalled {
    /// All of it.
    All(Box<Outcome>),
    /// All but for what some files of the workspace make different.
    But(Box<Before>),
    /// Nothing.
    Nothing,
}

/// A [`Finding`] with its lint by name.
#[derive(Debug, Serialize, Deserialize)]
struct KeptFinding {
    lint: String,
    primary: Location,
    message: String,
    label: String,
    labels: Vec<Label>,
    notes: Vec<Note>,
    help: Vec<String>,
    fixes: Vec<Fix>,
    confidence: Confidence,
    in_test: bool,
}

/// The name under which a run on `input` is kept.
pub(super) fn name(input: &Input) -> String {
    let mut text = env!("TOECAP_FINGERPRINT").to_owned();
    let _ = writeln!(text, "{:?}", input.cpu);
    for entry in input.knowledge.users_entries() {
        let _ = writeln!(text, "{entry:?}");
    }
    for krate in &input.crates {
        let CrateInput {
            name,
            origin,
            kind,
            is_proc_macro: _,
            root,
            edition,
            cfg,
            deps,
            version,
            may_be_published,
            lacks_program,
            out_dir,
            build_script,
        } = krate;
        let mut atoms: Vec<String> = cfg.atoms.iter().map(|(key, value)| format!("{key:?}={value:?}")).collect();
        atoms.sort();
        let mut features: Option<Vec<&str>> =
            cfg.features.as_ref().map(|all| all.iter().map(|name| name.as_str()).collect());
        features.iter_mut().for_each(|all| all.sort_unstable());
        let _ = writeln!(
            text,
            "{name} {origin:?} {kind:?} {root:?} {edition} {atoms:?} {features:?} {deps:?} {version:?} {may_be_published} {lacks_program} {out_dir:?} {build_script:?}"
        );
    }
    text
}

/// Will there probably be something to recall? Only a guess: it costs time to be wrong.
pub(super) fn is_likely(request: &Request, sources: &SourceTable) -> bool {
    sources.cache().found(&of_request(request)).is_some()
}

/// From now on there will.
pub(super) fn expect(request: &Request, sources: &SourceTable) {
    if sources.cache().is_on() && !is_likely(request, sources) {
        sources.cache().keep(&of_request(request), b"");
    }
}

fn of_request(request: &Request) -> String {
    format!("request {} {request:?}", env!("TOECAP_FINGERPRINT"))
}

/// What an earlier run on the same inputs found, or on inputs that differ in nothing but what some files say.
pub(super) fn recall(name: &str, sources: &SourceTable, start: SystemTime) -> Recalled {
    let record = sources.cache().found(name).and_then(|bytes| postcard::from_bytes::<Record>(&bytes).ok());
    let Some(mut record) = record else { return Recalled::Nothing };
    if !record.exists.iter().all(|(path, exists)| path.is_file() == *exists) {
        return Recalled::Nothing;
    }
    let holds: Vec<Holds> = record.files.par_iter().map(|file| sources.holds(file)).collect();
    let mut changed = Vec::new();
    for (file, holds) in record.files.iter().zip(&holds) {
        if *holds == Holds::No {
            if !file.is_analysed || file.stamp.is_none() || sources.is_overlaid() {
                return Recalled::Nothing;
            }
            changed.push(sources.revive(file, false));
        } else {
            sources.revive(file, true);
        }
    }
    record.exists.iter().for_each(|(path, exists)| sources.knows_of(path, *exists));
    let ids: Vec<FileId> = record.files.iter().map(|file| sources.revive(file, false)).collect();
    if changed.is_empty() && holds.contains(&Holds::Read) {
        // Next time its age will do.
        record.files.iter_mut().for_each(|file| file.stamp = sources.stamp_again(file, start));
        record.keep(name, sources);
    }
    let inputs = record.inputs();
    let Some(outcome) = record.outcome(&ids) else { return Recalled::Nothing };
    if !changed.is_empty() {
        return Recalled::But(Box::new(Before { outcome, inputs, changed, ids }));
    }
    Recalled::All(Box::new(outcome))
}

/// Makes sure that all that is shown of an outcome, or asked about it, is there.
pub(super) fn read_again(outcome: &mut Outcome, sources: &SourceTable) {
    for (_, finding) in &mut outcome.findings {
        each_location(finding, &mut |at| sources.read_again(at.file));
    }
    for file in outcome.files.iter().filter(|file| file.suppressions.may_complain()) {
        sources.read_again(file.file);
    }
    outcome.problems.iter().for_each(|(file, _)| sources.lower_again(*file));
}

/// Has the finding a place in one of these files?
pub(super) fn touches(finding: &mut Finding, files: &[FileId]) -> bool {
    let mut touches = false;
    each_location(finding, &mut |at| touches |= files.contains(&at.file));
    touches
}

/// A run that differs from this one.
pub(super) struct Before {
    pub(super) outcome: Outcome,
    /// What it read.
    pub(super) inputs: u64,
    /// The files that say something else.
    pub(super) changed: Vec<FileId>,
    /// What files are numbered now, by their numbers then.
    pub(super) ids: Vec<FileId>,
}

impl Record {
    /// What was read, in the order of its numbers.
    fn inputs(&self) -> u64 {
        let mut sum = FxHasher::default();
        for file in &self.files {
            (&file.path, file.stamp.map(|stamp| stamp.sum())).hash(&mut sum);
        }
        sum.finish()
    }

    fn keep(&self, name: &str, sources: &SourceTable) {
        if let Ok(bytes) = postcard::to_allocvec(self) {
            sources.cache().keep(name, &bytes);
        }
    }

    fn outcome(self, ids: &[FileId]) -> Option<Outcome> {
        let id = |file: FileId| ids.get(file.0 as usize).copied();
        let Record { out_of_budget, macros_given_up, dependency_files, followed, unresolved, .. } = self;
        let mut outcome =
            Outcome { out_of_budget, macros_given_up, dependency_files, followed, unresolved, ..Outcome::default() };
        for (body, finding) in self.findings {
            let mut finding = finding.revive()?;
            let mut known = true;
            each_location(&mut finding, &mut |at| match id(at.file) {
                Some(file) => at.file = file,
                None => known = false,
            });
            outcome.findings.push((body, known.then_some(finding)?));
        }
        for (file, problem) in self.problems {
            outcome.problems.push((id(file)?, problem));
        }
        for (file, crates) in self.members {
            outcome.members.insert(id(file)?, crates);
        }
        for (krate, file) in self.roots {
            outcome.roots.insert(krate, id(file)?);
        }
        for file in self.analysed {
            outcome.files.push(Analysed { file: id(file.file)?, ..file });
        }
        Some(outcome)
    }
}

/// Keeps what a run that began at `start` found, if all that it read can be told apart from anything else. Returns what that was.
pub(super) fn keep(name: &str, outcome: &Outcome, sources: &SourceTable, start: SystemTime) -> Option<u64> {
    let files = sources.kept_files(start)?;
    let record = Record {
        files,
        exists: sources.asked_for(),
        findings: outcome.findings.iter().map(|(body, finding)| (*body, KeptFinding::new(finding))).collect(),
        problems: outcome.problems.clone(),
        members: outcome.members.iter().map(|(f, k)| (*f, k.clone())).collect::<BTreeMap<_, _>>().into_iter().collect(),
        roots: outcome.roots.iter().map(|(k, f)| (*k, *f)).collect::<BTreeMap<_, _>>().into_iter().collect(),
        analysed: outcome.files.clone(),
        out_of_budget: outcome.out_of_budget.clone(),
        macros_given_up: outcome.macros_given_up,
        dependency_files: outcome.dependency_files,
        unresolved: outcome.unresolved.clone(),
        followed: outcome.followed,
    };
    record.keep(name, sources);
    Some(record.inputs())
}

impl KeptFinding {
    fn new(finding: &Finding) -> KeptFinding {
        let Finding { lint, primary, message, label, labels, notes, help, fixes, confidence, in_test } =
            finding.clone();
        let lint = lint.name.to_owned();
        KeptFinding { lint, primary, message, label, labels, notes, help, fixes, confidence, in_test }
    }

    fn revive(self) -> Option<Finding> {
        let KeptFinding { lint, primary, message, label, labels, notes, help, fixes, confidence, in_test } = self;
        let lint = lints().iter().copied().find(|known| known.name == lint)?;
        Some(Finding { lint, primary, message, label, labels, notes, help, fixes, confidence, in_test })
    }
}

fn each_location(finding: &mut Finding, f: &mut dyn FnMut(&mut Location)) {
    f(&mut finding.primary);
    finding.labels.iter_mut().for_each(|label| f(&mut label.at));
    finding.notes.iter_mut().filter_map(|note| note.at.as_mut()).for_each(&mut *f);
    finding.fixes.iter_mut().flat_map(|fix| &mut fix.edits).for_each(|edit| f(&mut edit.at));
}
