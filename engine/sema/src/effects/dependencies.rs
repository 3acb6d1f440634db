//! The functions of dependencies that async code leads to, found in rounds: those that the workspace calls, those that they
//! call, and so on.
//!
//! ```text
//! async fn f() { fs_err::read("x") }      fs_err::read is looked at, for it may (and does) block
//! ```

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
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
    bodies: FxHashMap<FnId, Arc<TypedBody>>,
    per_crate: FxHashMap<CrateId, usize>,
    seen: FxHashSet<FnId>,
    rounds: usize,
    left_out: usize,
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
    pub(crate) fn body(&self, f: FnId) -> Option<Arc<TypedBody>> {
        self.bodies.get(&f).cloned()
    }

    /// The next rounds are counted from here.
    pub(crate) fn begin_again(&mut self) {
        self.rounds = 1;
    }

    /// Adds a round: what was wanted, and the bodies that there are. Returns those that the budget allows.
    pub(crate) fn add(&mut self, wanted: &[FnId], bodies: Vec<Arc<TypedBody>>) -> Vec<Arc<TypedBody>> {
        self.rounds += 1;
        self.seen.extend(wanted);
        for body in &bodies {
            if let BodyOwner::Fn(f) = body.owner {
                self.bodies.insert(f, body.clone());
            }
        }
        bodies
    }
}

impl Analysis<'_> {
    /// The functions of dependencies that async code of the workspace calls, itself or through functions of the workspace.
    pub(crate) fn called_dependencies(&self) -> Vec<FnId> {
        let from_regions: Vec<Vec<FnId>> =
            self.bodies().par_iter().map(|body| quietly(|| self.called_by_regions(body)).unwrap_or_default()).collect();
        let mut open: Vec<FnId> = from_regions.into_iter().flatten().collect();
        let mut seen: FxHashSet<FnId> = open.iter().copied().collect();
        let mut at = 0;
        while let Some(f) = open.get(at).copied() {
            at += 1;
            if let Some(body) = self.body(BodyOwner::Fn(f)) {
                let called = self.called_in(&body);
                open.extend(called.into_iter().filter(|f| seen.insert(*f)));
            }
        }
        sorted(open)
    }

    fn called_by_regions(&self, body: &TypedBody) -> Vec<FnId> {
        if body.in_test || self.is_single_task(body) {
            return Vec::new();
        }
        let executor = Executor::new(self, body);
        let mut calls = Vec::new();
        for region in executor.regions() {
            executor.executed(region.root, &mut |call| calls.push(call));
        }
        self.called_by(body, &calls)
    }

    fn called_in(&self, body: &TypedBody) -> Vec<FnId> {
        let calls = || {
            let mut calls = Vec::new();
            Executor::new(self, body).executed(body.types.body.root, &mut |call| calls.push(call));
            self.called_by(body, &calls)
        };
        quietly(calls).unwrap_or_default()
    }

    /// The functions that these call and that were not looked at before.
    pub(crate) fn next_dependencies(&self, bodies: &[Arc<TypedBody>]) -> Vec<FnId> {
        let called: Vec<Vec<FnId>> = bodies.par_iter().map(|body| self.called_in(body)).collect();
        sorted(called.into_iter().flatten().collect())
    }

    /// The bodies of a round, typed; none when there is nothing more to do.
    pub(crate) fn type_dependencies(&mut self, wanted: &[FnId]) -> Option<Vec<Arc<TypedBody>>> {
        if self.dependencies().rounds >= MAX_STEPS_IN_DEPENDENCIES {
            return None;
        }
        let eligible: Vec<FnId> = wanted
            .par_iter()
            .copied()
            .filter(|f| !self.dependencies().seen.contains(f) && self.is_worth_a_look(*f))
            .collect();
        let eligible = self.dependencies_mut().within_budget(eligible);
        if eligible.is_empty() {
            return None;
        }
        let world = self.world();
        let typed = eligible.par_iter().filter_map(|f| {
            let body = quietly(|| world.type_body(BodyOwner::Fn(*f))).unwrap_or_default();
            body.map(Arc::new)
        });
        Some(typed.collect())
    }

    /// Those of these functions that were not looked at, and their bodies, whatever the data say of their crates.
    pub(crate) fn bodies_of_dependencies(&self, functions: &[FnId]) -> (Vec<FnId>, Vec<Arc<TypedBody>>) {
        let world = self.world();
        let is_new =
            |f: &FnId| world.input(f.krate).origin == CrateOrigin::Dependency && self.dependencies().body(*f).is_none();
        let wanted: Vec<FnId> = functions.iter().copied().filter(is_new).collect();
        let typed = |f: &FnId| quietly(|| world.type_body(BodyOwner::Fn(*f))).unwrap_or_default().map(Arc::new);
        let bodies = wanted.iter().filter_map(typed).collect();
        (wanted, bodies)
    }

    /// A dependency's function with a body that calls something.
    fn is_worth_a_look(&self, f: FnId) -> bool {
        let world = self.world();
        if world.input(f.krate).origin != CrateOrigin::Dependency
            || self.facts().is_complete(f.krate)
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
