//! A run that differs from an earlier one in what some files say: what that may make different is looked at, the rest is known.
//!
//! ```text
//! src/net.rs says something else     its bodies, those that ask for what changed in them, and findings that point there
//! ```
//! When declarations changed, so does whatever mentions their names; where that cannot be followed, everything is analysed.

use std::collections::BTreeSet;
use std::path::Path;

use rustc_hash::FxHashMap;
use toecap_ir::FileId;
use toecap_sema::{Analysis, CrateId, Input, Kept, KeptBodies, KeptCrates, KeptDeclared, KeptRun, Resumed};

use super::SourceTable;
use super::engine::{Outcome, analysed, outcome_of, syntax};
use super::replay::{Before, touches};

/// What is kept of the bodies of the run `name`, which read `inputs`.
pub(super) fn keep(name: &str, inputs: u64, kept: &Kept, sources: &SourceTable) {
    let cache = sources.cache();
    if let Ok(bytes) = postcard::to_allocvec(&(inputs, &kept.crates, &kept.bodies)) {
        cache.keep(&of_bodies(name), &bytes);
    }
    if let Some(bytes) = kept.declared.as_ref().and_then(|declared| postcard::to_allocvec(declared).ok()) {
        cache.keep(&of_declared(name), &bytes);
    }
}

/// What is found now that some files say something else than when `before` was found; none when that cannot be followed.
pub(super) fn resume(
    name: &str,
    input: Input,
    sources: &SourceTable,
    before: Before,
) -> Option<(Outcome, Option<Kept>)> {
    let bytes = sources.cache().found(&of_bodies(name))?;
    let ((of, mut crates), rest) = postcard::take_from_bytes::<(u64, KeptCrates)>(&bytes).ok()?;
    let Before { outcome: mut before, inputs, changed, ids } = before;
    let number = |file: FileId| ids.get(file.0 as usize).copied();
    // Another run may have kept one of the two since.
    if of != inputs || !crates.renumber(&number) || decides_cfg(&input, &changed, sources) {
        return None;
    }
    let is_changed = |file: FileId| changed.contains(&file);
    let also = before.findings.iter_mut().filter_map(|(body, f)| touches(f, &changed).then_some(*body)).collect();
    let run = KeptRun {
        crates,
        bodies: &|| {
            let mut bodies = postcard::from_bytes::<KeptBodies>(rest).ok()?;
            bodies.renumber(&number).then_some(bodies)
        },
        declared: &|| postcard::from_bytes::<KeptDeclared>(&sources.cache().found(&of_declared(name))?).ok(),
        text: &|file| sources.text(file),
    };
    let resumed = Analysis::resume(input, sources, syntax(), run, &is_changed, also)?;
    let mut outcome = outcome_of(&resumed.analysis);
    let stale: BTreeSet<usize> = resumed.analysis.looked_at().iter().copied().collect();
    let known =
        before.findings.into_iter().filter_map(|(body, finding)| Some(((*resumed.numbers.get(body)?)?, finding)));
    outcome.findings.extend(known.filter(|(body, _)| !stale.contains(body)));
    outcome.findings.sort_by_key(|(body, _)| *body);
    (outcome.members, outcome.roots) = (before.members, before.roots);
    let left = members_again(&resumed, &mut outcome.members);
    left.iter().for_each(|file| sources.leave_out(*file));
    let known: BTreeSet<FileId> = before.files.iter().map(|file| file.file).collect();
    let is_new = |file: FileId| is_changed(file) || !known.contains(&file);
    outcome.files =
        before.files.into_iter().filter(|file| !is_changed(file.file) && !left.contains(&file.file)).collect();
    outcome.files.extend(analysed(sources, &is_new));
    outcome.files.sort_by_key(|file| file.file);
    (outcome.unresolved, outcome.dependency_files) = (before.unresolved, before.dependency_files);
    outcome.macros_given_up = before.macros_given_up;
    let mut analysis = resumed.analysis;
    Some((outcome, analysis.keep()))
}

/// Which files belong to the crates that declare something else; returns those that belong to none any more.
fn members_again(resumed: &Resumed<'_>, members: &mut FxHashMap<FileId, Vec<usize>>) -> BTreeSet<FileId> {
    let of: Vec<usize> = resumed.redeclared.iter().map(|krate| krate.0 as usize).collect();
    for crates in members.values_mut() {
        crates.retain(|krate| !of.contains(krate));
    }
    for krate in &of {
        let defs = resumed.analysis.world().krate(CrateId(*krate as u32));
        for file in defs.into_iter().flat_map(|defs| &defs.files) {
            let crates = members.entry(file.file).or_default();
            if !crates.contains(krate) {
                crates.push(*krate);
                crates.sort_unstable();
            }
        }
    }
    let left = members.iter().filter(|(_, crates)| crates.is_empty()).map(|(file, _)| *file).collect();
    members.retain(|_, crates| !crates.is_empty());
    left
}

/// Is one of the files a build script, which may decide what code there is?
fn decides_cfg(input: &Input, changed: &[FileId], sources: &SourceTable) -> bool {
    let scripts: BTreeSet<&Path> = input.crates.iter().filter_map(|krate| krate.build_script.as_deref()).collect();
    !scripts.is_empty() && changed.iter().any(|file| sources.path(*file).is_none_or(|path| scripts.contains(&*path)))
}

fn of_bodies(name: &str) -> String {
    format!("bodies {name}")
}

fn of_declared(name: &str) -> String {
    format!("declared {name}")
}
