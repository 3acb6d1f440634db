//! What an earlier run found on exactly these inputs, so that nothing is analysed twice.
//!
//! ```text
//! same tool, same crates, targets, features and cfg        ─▶ the name of what was kept
//! same files where a file was asked for, and none where
//! there was none                                           ─▶ it holds: findings before levels and comments
//! ```
//! Levels, suppressions and formats are applied afresh to what is replayed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use toecap_finding::{Confidence, Finding, Fix, Label, Note};
use toecap_ir::{FileId, Location, Problem};
use toecap_project::Stamp;
use toecap_sema::{CrateInput, Input};

use super::SourceTable;
use super::engine::{Outcome, lints};

/// A file that was asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeptFile {
    pub(super) path: PathBuf,
    /// None: there was none, or it comes with the tool.
    pub(super) stamp: Option<Stamp>,
    pub(super) is_bundled: bool,
    pub(super) is_analysed: bool,
}

/// Everything that a run found out, with files by their positions.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    files: Vec<KeptFile>,
    exists: Vec<(PathBuf, bool)>,
    findings: Vec<KeptFinding>,
    problems: Vec<(FileId, Problem)>,
    members: Vec<(FileId, Vec<usize>)>,
    roots: Vec<(usize, FileId)>,
    out_of_budget: usize,
    dependency_files: usize,
    unresolved: Vec<(String, Option<String>)>,
    followed: (usize, usize),
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
            "{name} {origin:?} {kind:?} {root:?} {edition} {atoms:?} {features:?} {deps:?} {version:?} {out_dir:?} {build_script:?}"
        );
    }
    text
}

/// What an earlier run on the same inputs found; none when there was none or anything is different.
pub(super) fn replay(name: &str, sources: &SourceTable) -> Option<Outcome> {
    let kept: Kept = postcard::from_bytes(&sources.cache().found(name)?).ok()?;
    let holds = kept.files.iter().all(|file| sources.holds(file));
    if !holds || !kept.exists.iter().all(|(path, exists)| path.is_file() == *exists) {
        return None;
    }
    let ids: Vec<FileId> = kept.files.iter().map(|file| sources.revive(file)).collect();
    let id = |file: FileId| ids.get(file.0 as usize).copied();
    let Kept { out_of_budget, dependency_files, followed, .. } = kept;
    let unresolved = kept.unresolved;
    let mut outcome = Outcome { out_of_budget, dependency_files, followed, unresolved, ..Outcome::default() };
    for finding in kept.findings {
        let mut finding = finding.revive()?;
        let mut known = true;
        each_location(&mut finding, &mut |at| match id(at.file) {
            Some(file) => at.file = file,
            None => known = false,
        });
        each_location(&mut finding, &mut |at| sources.read_again(at.file));
        outcome.findings.push(known.then_some(finding)?);
    }
    for (file, problem) in kept.problems {
        outcome.problems.push((id(file)?, problem));
    }
    for (file, crates) in kept.members {
        outcome.members.insert(id(file)?, crates);
    }
    for (krate, file) in kept.roots {
        outcome.roots.insert(krate, id(file)?);
    }
    Some(outcome)
}

/// Keeps what a run that began at `start` found, if all that it read can be told apart from anything else.
pub(super) fn keep(name: &str, outcome: &Outcome, sources: &SourceTable, start: SystemTime) {
    let Some(files) = sources.kept_files(start) else { return };
    let kept = Kept {
        files,
        exists: sources.asked_for(),
        findings: outcome.findings.iter().map(KeptFinding::new).collect(),
        problems: outcome.problems.clone(),
        members: outcome.members.iter().map(|(f, k)| (*f, k.clone())).collect::<BTreeMap<_, _>>().into_iter().collect(),
        roots: outcome.roots.iter().map(|(k, f)| (*k, *f)).collect::<BTreeMap<_, _>>().into_iter().collect(),
        out_of_budget: outcome.out_of_budget,
        dependency_files: outcome.dependency_files,
        unresolved: outcome.unresolved.clone(),
        followed: outcome.followed,
    };
    if let Ok(bytes) = postcard::to_allocvec(&kept) {
        sources.cache().keep(name, &bytes);
    }
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
