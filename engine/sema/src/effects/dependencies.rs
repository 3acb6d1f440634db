//! The functions of dependencies that async code leads to, found in rounds: those that the workspace calls, those that they
//! call, and so on.
//!
//! ```text
//! async fn f() { fs_err::read("x") }      fs_err::read is looked at, for it may (and does) block
//! ```

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use toecap_ir::BodySource;

use super::exec::Executor;
use super::solve::MAX_STEPS_IN_DEPENDENCIES;
use crate::bodies::quietly;
use crate::{Analysis, BodyOwner, Container, CrateId, CrateOrigin, FnId, TypedBody};

/// Bodies of one crate that are looked at. A crate with more of them that async code leads to is a framework, and what is
/// called of it is nearer.
const BODIES_PER_CRATE: usize = 600;

/// The functions of dependencies that were looked at.
#[derive(Debug, Default)]
pub struct Dependencies {
    /// Typed when they are asked for, if not before.
    bodies: FxHashMap<FnId, OnceLock<Option<Arc<TypedBody>>>>,
    per_crate: FxHashMap<CrateId, usize>,
    seen: FxHashSet<FnId>,
    rounds: usize,
    left_out: usize,
    /// What is known of functions, whether they are looked at or not.
    known: FxHashMap<FnId, Known>,
    /// The functions that those call that were looked at, and functions of the workspace that lead to them.
    called: FxHashMap<FnId, Arc<[FnId]>>,
}

/// What an earlier look at a function of a dependency said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Known {
    /// It is not worth another.
    Dull,
    /// It has no body that could be typed.
    Empty,
    /// It has one.
    Typed,
}

/// [`Dependencies`] as they are kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct KeptDependencies {
    left_out: usize,
    members: Vec<FnId>,
    known: Vec<(FnId, Known)>,
    called: Vec<(FnId, Vec<FnId>)>,
}

impl KeptDependencies {
    /// Forgets functions that are not there any more.
    pub(crate) fn forget_gone(&mut self) {
        self.members.retain(|f| !f.is_gone());
        self.known.retain(|(f, _)| !f.is_gone());
        self.called.retain(|(f, called)| !f.is_gone() && !called.iter().any(|f| f.is_gone()));
    }
}

impl Dependencies {
    /// How many.
    pub fn looked_at(&self) -> usize {
        self.bodies.len()
    }
    /// How many more there were when the budget of their crate ended.
    pub fn left_out(&self) -> usize {
        self.left_out
    }
    /// Was it looked at, and is its body not there yet?
    pub(super) fn is_untyped(&self, f: FnId) -> bool {
        self.bodies.get(&f).is_some_and(|body| body.get().is_none())
    }

    /// What is known of functions, and what they call.
    pub(super) fn found_out(&self) -> impl Iterator<Item = (FnId, Known, &[FnId])> {
        self.known.iter().filter_map(|(f, known)| {
            let called = self.called.get(f).map(|called| &**called);
            // Functions without a body call nothing.
            Some((*f, *known, if *known == Known::Typed { called? } else { &[] }))
        })
    }

    pub(crate) fn body(&self, f: FnId, make: impl FnOnce() -> Option<TypedBody>) -> Option<Arc<TypedBody>> {
        self.bodies.get(&f)?.get_or_init(|| make().map(Arc::new)).clone()
    }

    /// `f` was looked at.
    fn has(&mut self, f: FnId, body: Option<Arc<TypedBody>>) {
        self.seen.insert(f);
        self.known.insert(f, if body.is_some() { Known::Typed } else { Known::Empty });
        if body.is_some() {
            self.bodies.insert(f, OnceLock::from(body));
        }
    }

    /// With nothing looked at, and what was known before.
    pub(crate) fn again(&self) -> Dependencies {
        Dependencies { known: self.known.clone(), called: self.called.clone(), ..Dependencies::default() }
    }

    /// The functions of which it would be said differently whether they are looked into.
    pub(crate) fn differences(&self, other: &Dependencies) -> Vec<FnId> {
        let mine = self.bodies.keys().filter(|f| !other.bodies.contains_key(f));
        mine.chain(other.bodies.keys().filter(|f| !self.bodies.contains_key(f))).copied().collect()
    }

    pub(crate) fn kept(&self) -> KeptDependencies {
        let mut kept = KeptDependencies {
            left_out: self.left_out,
            members: self.bodies.keys().copied().collect(),
            known: self.known.iter().map(|(f, known)| (*f, *known)).collect(),
            called: self.called.iter().map(|(f, called)| (*f, called.to_vec())).collect(),
        };
        kept.members.sort_unstable();
        kept.known.sort_unstable_by_key(|(f, _)| *f);
        kept.called.sort_unstable();
        kept
    }

    pub(crate) fn revived(kept: KeptDependencies) -> Self {
        Dependencies {
            left_out: kept.left_out,
            bodies: kept.members.into_iter().map(|f| (f, OnceLock::new())).collect(),
            known: kept.known.into_iter().collect(),
            called: kept.called.into_iter().map(|(f, called)| (f, called.into())).collect(),
            ..Dependencies::default()
        }
    }
}

impl Analysis<'_> {
    /// Finds the functions of dependencies that async code leads to. Rounds, so that what is looked at does not depend on
    /// who comes first. `in_regions`: what the async code of all bodies calls.
    pub(crate) fn find_dependencies(&mut self, in_regions: &[Arc<[FnId]>]) {
        let again = self.dependencies().again();
        *self.dependencies_mut() = again;
        self.remember();
        let mut wanted = self.called_dependencies(in_regions);
        while let Some(new) = self.look_at(&wanted) {
            wanted = self.next_dependencies(&new);
        }
    }

    /// Reads the bodies of functions of dependencies, whoever calls them, and of what they call, so that their summaries and
    /// profiles can be asked for.
    pub fn look_into(&mut self, functions: &[FnId]) {
        let is_foreign = |f: &FnId| self.world().input(f.krate).origin == CrateOrigin::Dependency;
        let wanted: Vec<FnId> = functions.iter().copied().filter(is_foreign).collect();
        for f in &wanted {
            let body = self.type_dependency(*f).map(Arc::new);
            self.dependencies_mut().has(*f, body);
        }
        let mut wanted = self.next_dependencies(&wanted);
        self.dependencies_mut().rounds = 1;
        while let Some(new) = self.look_at(&wanted) {
            wanted = self.next_dependencies(&new);
        }
    }

    /// The functions of dependencies that async code of the workspace calls, itself or through functions of the workspace.
    fn called_dependencies(&mut self, in_regions: &[Arc<[FnId]>]) -> Vec<FnId> {
        let mut open: Vec<FnId> = in_regions.iter().flat_map(|called| called.iter().copied()).collect();
        let mut seen: FxHashSet<FnId> = open.iter().copied().collect();
        let mut at = 0;
        while let Some(f) = open.get(at).copied() {
            at += 1;
            if !self.has_body(BodyOwner::Fn(f)) {
                continue;
            }
            let called = match self.dependencies().called.get(&f) {
                Some(known) => known.clone(),
                None => {
                    let body = self.unwatched_body(BodyOwner::Fn(f));
                    let called: Arc<[FnId]> = body.map(|body| self.called_in(&body)).unwrap_or_default().into();
                    self.dependencies_mut().called.insert(f, called.clone());
                    called
                }
            };
            open.extend(called.iter().filter(|f| seen.insert(**f)));
        }
        sorted(open)
    }

    /// The functions that the async code of a body calls.
    pub(crate) fn called_by_regions(&self, body: &TypedBody) -> Vec<FnId> {
        let calls = || {
            if body.in_test || self.is_single_task(body) {
                return Vec::new();
            }
            let executor = Executor::new(self, body);
            let mut calls = Vec::new();
            for region in executor.regions() {
                executor.executed(region.root, &mut |call| calls.push(call));
            }
            calls.extend(executor.started());
            self.called_by(body, &calls)
        };
        sorted(quietly(|| self.watched(body.owner, calls)).unwrap_or_default())
    }

    fn called_in(&self, body: &TypedBody) -> Vec<FnId> {
        let calls = || {
            let mut calls = Vec::new();
            Executor::new(self, body).executed(body.types.body.root, &mut |call| calls.push(call));
            self.called_by(body, &calls)
        };
        sorted(quietly(|| self.watched(body.owner, calls)).unwrap_or_default())
    }

    /// What a body calls is to be found out anew. True when it is not what it was.
    pub(crate) fn call_again(&mut self, f: FnId) -> bool {
        if !self.world().is_own(f.krate) {
            return false;
        }
        let Some(before) = self.dependencies_mut().called.remove(&f) else { return false };
        let body = self.unwatched_body(BodyOwner::Fn(f));
        let now: Arc<[FnId]> = body.map(|body| self.called_in(&body)).unwrap_or_default().into();
        let differs = *before != *now;
        self.dependencies_mut().called.insert(f, now);
        differs
    }

    /// The functions that these call.
    fn next_dependencies(&mut self, looked_at: &[FnId]) -> Vec<FnId> {
        let new = looked_at.par_iter().filter(|f| !self.dependencies().called.contains_key(f));
        let new = new.map(|f| (*f, self.dependency_body(*f).map(|body| self.called_in(&body)).unwrap_or_default()));
        let new: Vec<(FnId, Vec<FnId>)> = new.collect();
        let called = &mut self.dependencies_mut().called;
        called.extend(new.into_iter().map(|(f, all)| (f, Arc::from(all))));
        sorted(looked_at.iter().filter_map(|f| called.get(f)).flat_map(|all| all.iter().copied()).collect())
    }

    /// Makes a round. Returns those of `wanted` that have a body; none when there is nothing more to do.
    fn look_at(&mut self, wanted: &[FnId]) -> Option<Vec<FnId>> {
        if self.dependencies().rounds >= MAX_STEPS_IN_DEPENDENCIES {
            return None;
        }
        self.recall(wanted);
        let known = |f: &FnId| self.dependencies().known.get(f).copied();
        let eligible: Vec<(FnId, bool)> = wanted
            .par_iter()
            .filter(|f| self.world().input(f.krate).origin == CrateOrigin::Dependency)
            .filter(|f| !self.dependencies().seen.contains(f))
            .map(|f| (*f, known(f).map_or_else(|| self.is_worth_a_look(*f), |known| known != Known::Dull)))
            .collect();
        let dull: Vec<FnId> = eligible.iter().filter(|(_, worth)| !worth).map(|(f, _)| *f).collect();
        self.dependencies_mut().known.extend(dull.iter().map(|f| (*f, Known::Dull)));
        let eligible = eligible.into_iter().filter(|(_, worth)| *worth).map(|(f, _)| f).collect();
        let eligible = self.dependencies_mut().within_budget(eligible);
        if eligible.is_empty() {
            return None;
        }
        let new: Vec<FnId> = eligible.iter().copied().filter(|f| !self.dependencies().known.contains_key(f)).collect();
        let typed: Vec<Option<Arc<TypedBody>>> =
            new.par_iter().map(|f| self.type_dependency(*f).map(Arc::new)).collect();
        let dependencies = self.dependencies_mut();
        dependencies.rounds += 1;
        dependencies.seen.extend(wanted);
        new.into_iter().zip(typed).for_each(|(f, body)| dependencies.has(f, body));
        let with_body = |f: &FnId| dependencies.known.get(f) == Some(&Known::Typed);
        let looked_at: Vec<FnId> = eligible.into_iter().filter(with_body).collect();
        for f in &looked_at {
            dependencies.bodies.entry(*f).or_default();
        }
        Some(looked_at)
    }

    /// Takes what earlier runs know of these.
    fn recall(&mut self, wanted: &[FnId]) {
        let unknown = wanted.iter().filter(|f| !self.dependencies().known.contains_key(f));
        let recalled: Vec<_> = unknown.filter_map(|f| Some((*f, self.recalled(*f)?))).collect();
        let dependencies = self.dependencies_mut();
        for (f, (known, called)) in recalled {
            dependencies.known.insert(f, known);
            if known == Known::Typed {
                dependencies.called.insert(f, called);
            }
        }
    }

    pub(crate) fn type_dependency(&self, f: FnId) -> Option<TypedBody> {
        quietly(|| self.world().type_body(BodyOwner::Fn(f))).unwrap_or_default()
    }

    /// A dependency's function with a body that calls something.
    fn is_worth_a_look(&self, f: FnId) -> bool {
        let world = self.world();
        // An earlier run may know of it though its crate cannot be read any more.
        let is_there = || world.krate(f.krate).is_some_and(|defs| (f.index as usize) < defs.fns.len());
        if self.facts().is_complete(f.krate)
            || !is_there()
            || world.func(f).in_test
            || reads_settings(world.func(f).name.as_str())
            || self.is_plain_impl(f)
        {
            return false;
        }
        let BodySource::Skipped(span) = world.fn_item(f).body else { return false };
        let text = world.source_of_fn(f).get(span.lo() as usize..span.hi() as usize);
        // Getters and the like call nothing.
        let body = text.and_then(|t| t.split_once('{'));
        body.is_some_and(|(_, body)| body.contains(['(', '!']))
    }

    /// `Clone`, `PartialEq`, `Debug` … wait for nobody.
    fn is_plain_impl(&self, f: FnId) -> bool {
        const PLAIN: [&str; 12] = [
            "Clone",
            "PartialEq",
            "Eq",
            "PartialOrd",
            "Ord",
            "Hash",
            "Debug",
            "Display",
            "Deref",
            "DerefMut",
            "Borrow",
            "AsRef",
        ];
        let world = self.world();
        let Container::Impl(imp) = world.func(f).container else { return false };
        world.impl_header(imp).trait_ref.is_some_and(|(tr, _)| {
            world.input(tr.krate).origin == CrateOrigin::Std && PLAIN.contains(&world.tr(tr).name.as_str())
        })
    }
}

impl Dependencies {
    /// The first functions of every crate, until its budget ends.
    fn within_budget(&mut self, wanted: Vec<FnId>) -> Vec<FnId> {
        let mut kept = Vec::with_capacity(wanted.len());
        for f in wanted {
            let used = self.per_crate.entry(f.krate).or_default();
            if *used < BODIES_PER_CRATE {
                *used += 1;
                kept.push(f);
            } else {
                self.left_out += 1;
                self.seen.insert(f);
            }
        }
        kept
    }
}

/// `Resolver::from_config`, `load_settings`, `from_env`: what is done when a program starts, or nearly so.
fn reads_settings(name: &str) -> bool {
    ["config", "settings", "from_env", "dotenv"].iter().any(|word| name.contains(word))
}

fn sorted(mut functions: Vec<FnId>) -> Vec<FnId> {
    functions.sort_unstable();
    functions.dedup();
    functions
}
