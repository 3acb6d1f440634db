//! What is worth knowing of a run when the next one differs from it in a few bodies.
//!
//! ```text
//! bodies that say something else ─▶ what asked for them, and what asked for that ─▶ those are looked at again, no others
//! ```
//! As long as all declarations are as they were ([`toecap_ir::declarations`]), numbers of definitions are too, and types of a
//! body depend on that body alone. Everything else that is found out of a body is watched ([`crate::watch`]).

mod changes;
mod declared;
mod differences;
mod follow;
mod parts;
mod resume;

use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use toecap_ir::{BodySource, FileId, ItemKind, Problem, body_sum, declarations};
use xxhash_rust::xxh3::xxh3_128;

use crate::effects::{AlonePart, KeptAlone, KeptDependencies, KeptFacts};
use crate::watch::Asked;
use crate::{AdtId, Analysis, BodyOwner, CrateDefs, CrateId, FnId, ImplId, TraitId, World};

pub use declared::KeptDeclared;
pub use resume::Resumed;

pub(crate) use parts::Parts;

use declared::declared;

/// What is known of a run beside what it found.
#[derive(Debug)]
pub struct Kept {
    /// What tells whether declarations are as they were.
    pub crates: KeptCrates,
    /// The rest.
    pub bodies: KeptBodies,
    /// What was declared; none when it is as it was in the run before.
    pub declared: Option<KeptDeclared>,
}

/// An earlier run, of which is read what is needed.
pub struct KeptRun<'k> {
    /// What tells whether declarations are as they were.
    pub crates: KeptCrates,
    /// Reads the rest.
    pub bodies: &'k dyn Fn() -> Option<KeptBodies>,
    /// Reads what was declared.
    pub declared: &'k dyn Fn() -> Option<KeptDeclared>,
    /// The text of a file.
    pub text: &'k (dyn Fn(FileId) -> Option<Arc<str>> + Sync),
}

/// The crates of the workspace.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct KeptCrates(Vec<KeptCrate>);

/// The bodies of the workspace, and what is known of all of them together.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct KeptBodies {
    bodies: Vec<KeptBody>,
    /// What was asked for functions of dependencies.
    asked: Vec<(FnId, Vec<Asked>)>,
    facts: KeptFacts,
    own_impls: Vec<(TraitId, Vec<ImplId>)>,
    conversions: Vec<(AdtId, String, Vec<ImplId>)>,
    dependencies: KeptDependencies,
    alone: Option<KeptAlone>,
}

/// A crate of the workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptCrate {
    id: CrateId,
    declarations: u128,
    files: Vec<FileId>,
    problems: Vec<(FileId, Problem)>,
}

/// A body of the workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptBody {
    owner: BodyOwner,
    /// None: nothing is known of it.
    place: Option<BodyPlace>,
    asked: Vec<Asked>,
    is_concurrent: bool,
    given_up: Option<Box<str>>,
    in_regions: Arc<[FnId]>,
    calls: Arc<[FnId]>,
    alone: Arc<AlonePart>,
}

/// Where a body is, and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BodyPlace {
    file: FileId,
    /// The function, if it is written in the file.
    range: Option<(u32, u32)>,
    sum: u128,
}

impl KeptCrates {
    /// Gives every file another number; false when one has none.
    pub fn renumber(&mut self, number: &dyn Fn(FileId) -> Option<FileId>) -> bool {
        self.0.iter_mut().all(|krate| {
            let files = krate.files.iter_mut().chain(krate.problems.iter_mut().map(|(file, _)| file));
            renumbered_files(files, number)
        })
    }
}

impl KeptBodies {
    /// Gives every file another number; false when one has none.
    pub fn renumber(&mut self, number: &dyn Fn(FileId) -> Option<FileId>) -> bool {
        renumbered_files(self.bodies.iter_mut().filter_map(|body| Some(&mut body.place.as_mut()?.file)), number)
    }
}

fn renumbered_files<'f>(
    mut files: impl Iterator<Item = &'f mut FileId>,
    number: &dyn Fn(FileId) -> Option<FileId>,
) -> bool {
    files.all(|file| number(*file).map(|new| *file = new).is_some())
}

impl Analysis<'_> {
    /// What the next run may use; none when the analysis failed somewhere.
    pub fn keep(&mut self) -> Option<Kept> {
        if self.has_failed() {
            return None;
        }
        let (alone, calls) = (self.alone_parts(), self.all_calls());
        let owners = self.owners().to_vec();
        let (mut of_bodies, asked) = self.parts_mut().take_asked(&owners);
        let kept_body = |(number, asked): (usize, &mut Vec<Asked>)| {
            let part = self.parts().of(number);
            let place = match self.parts().before(number) {
                Some(before) => before,
                None => place_of(self.world(), owners[number])?,
            };
            Some(KeptBody {
                owner: owners[number],
                place: Some(place),
                asked: std::mem::take(asked),
                is_concurrent: part.is_concurrent,
                given_up: part.given_up.clone(),
                in_regions: part.in_regions.clone(),
                calls: calls[number].clone(),
                alone: alone[number].clone(),
            })
        };
        let bodies: Option<Vec<KeptBody>> = of_bodies.par_iter_mut().enumerate().map(kept_body).collect();
        let (own_impls, conversions) = self.kept_impls();
        let bodies = KeptBodies {
            bodies: bodies?,
            asked,
            facts: self.facts().kept(self.world()),
            own_impls,
            conversions,
            dependencies: self.dependencies().kept(),
            alone: self.kept_alone(),
        };
        self.keep_remembered();
        let declared = if self.is_resumed() { self.parts_mut().take_declared() } else { Some(self.all_declared()) };
        Some(Kept { crates: KeptCrates(self.kept_crates()), bodies, declared })
    }

    fn all_declared(&self) -> KeptDeclared {
        let crates = self.world().workspace_crates();
        let all = crates.par_iter().filter_map(|id| Some(declared(self.world(), self.world().krate(*id)?)));
        KeptDeclared { crates: all.collect() }
    }

    fn kept_crates(&self) -> Vec<KeptCrate> {
        let crates = self.world().workspace_crates();
        let kept = crates.par_iter().filter_map(|id| {
            if let Some(before) = self.parts().crate_before(*id) {
                return Some(before.clone());
            }
            Some(KeptCrate::of(self.world().krate(*id)?))
        });
        kept.collect()
    }
}

impl KeptCrate {
    fn of(defs: &CrateDefs) -> Self {
        let mut files: Vec<FileId> = defs.files.iter().map(|file| file.file).collect();
        files.sort_unstable();
        files.dedup();
        Self { id: defs.id, declarations: declared_sum(defs), files, problems: defs.problems.clone() }
    }
}

/// All that a crate declares, in files and in what macros made.
fn declared_sum(defs: &CrateDefs) -> u128 {
    *defs.declared.get_or_init(|| sum_of_files(defs))
}

fn sum_of_files(defs: &CrateDefs) -> u128 {
    let mut all = Vec::with_capacity(defs.files.len() * 16);
    for file in &defs.files {
        all.extend_from_slice(&declarations(&file.ir, &file.source.text).to_le_bytes());
    }
    // Where blocks are matters to what macros make in them.
    for module in defs.modules.iter().filter(|module| module.is_block) {
        all.extend_from_slice(&module.parent.unwrap_or_default().to_le_bytes());
    }
    xxh3_128(&all)
}

/// Where a body is, and what it says.
fn place_of(world: &World<'_>, owner: BodyOwner) -> Option<BodyPlace> {
    let defs = world.krate(owner.krate())?;
    let loc = match owner {
        BodyOwner::Fn(f) => defs.fns[f.index as usize].loc,
        BodyOwner::Const(c) => defs.consts[c.index as usize].loc,
    };
    let file = &defs.files[loc.file as usize];
    let item = defs.item(loc);
    if file.source.origin.is_none() {
        let sum = xxh3_128(file.source.text.get(item.span.range())?.as_bytes());
        return Some(BodyPlace { file: file.file, range: Some((item.span.lo(), item.span.hi())), sum });
    }
    // Places in what a macro made are those of what it was made from.
    let body = match &item.kind {
        ItemKind::Fn(function) => function.body,
        ItemKind::Const { body, .. } | ItemKind::Static { body, .. } => *body,
        _ => return None,
    };
    let sum = match body {
        BodySource::Lowered(body) => body_sum(&file.ir.bodies[body].get()),
        BodySource::Skipped(_) | BodySource::None => xxh3_128(file.source.text.as_bytes()),
    };
    Some(BodyPlace { file: file.file, range: None, sum })
}
