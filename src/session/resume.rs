//! A run that differs from an earlier one in what some files say: what that may make different is looked at, the rest is known.
//!
//! ```text
//! src/net.rs says something else     its bodies, those that ask for what changed in them, and findings that point there
//! ```
//! When more than bodies changed, this gives up and everything is analysed.

use std::collections::BTreeSet;

use toecap_ir::FileId;
use toecap_sema::{Analysis, Input, Kept};

use super::SourceTable;
use super::engine::{Outcome, analysed, outcome_of, syntax};
use super::replay::{Before, touches};

/// What is kept of the bodies of the run `name`, which read `inputs`.
pub(super) fn keep(name: &str, inputs: u64, kept: &Kept, sources: &SourceTable) {
    if let Ok(bytes) = postcard::to_allocvec(&(inputs, kept)) {
        sources.cache().keep(&of_bodies(name), &bytes);
    }
}

/// What is found now that some files say something else than when `before` was found; none when more than bodies changed.
pub(super) fn resume(
    name: &str,
    input: Input,
    sources: &SourceTable,
    before: Before,
) -> Option<(Outcome, Option<Kept>)> {
    let bytes = sources.cache().found(&of_bodies(name))?;
    let (of, mut kept): (u64, Kept) = postcard::from_bytes(&bytes).ok()?;
    let Before { outcome: mut before, inputs, changed, ids } = before;
    // Another run may have kept one of the two since.
    if of != inputs || !kept.renumber(&|file| ids.get(file.0 as usize).copied()) {
        return None;
    }
    let is_changed = |file: FileId| changed.contains(&file);
    let also = before.findings.iter_mut().filter_map(|(body, f)| touches(f, &changed).then_some(*body)).collect();
    let mut analysis = Analysis::resume(input, sources, syntax(), kept, &is_changed, also)?;
    let mut outcome = outcome_of(&analysis);
    if analysis.lacks_facts() {
        return None;
    }
    let stale: BTreeSet<usize> = analysis.looked_at().iter().copied().collect();
    outcome.findings.extend(before.findings.into_iter().filter(|(body, _)| !stale.contains(body)));
    outcome.findings.sort_by_key(|(body, _)| *body);
    outcome.files = before.files.into_iter().filter(|file| !is_changed(file.file)).collect();
    outcome.files.extend(analysed(sources, &is_changed));
    outcome.files.sort_by_key(|file| file.file);
    (outcome.members, outcome.roots) = (before.members, before.roots);
    (outcome.unresolved, outcome.dependency_files) = (before.unresolved, before.dependency_files);
    outcome.macros_given_up = before.macros_given_up;
    Some((outcome, analysis.keep()))
}

fn of_bodies(name: &str) -> String {
    format!("bodies {name}")
}
