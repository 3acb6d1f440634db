//! The façade for lints: everything that is known of a run.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{FileId, Problem, Syntax};

use crate::bodies::{Panicked, internal_error, quietly};
use crate::effects::{
    Alone, CancelOutcome, Conversions, Dependencies, Drops, Executor, FactIndex, FloatWork, Profile, Summary,
};
use crate::flow::Regions;
use crate::{BodyOwner, Container, CrateId, CrateOrigin, FnId, ImplId, Input, Sources, TraitId, TypedBody, World};

/// Names, types and effects of a workspace.
pub struct Analysis<'w> {
    world: World<'w>,
    bodies: Vec<Arc<TypedBody>>,
    by_owner: FxHashMap<BodyOwner, usize>,
    facts: FactIndex,
    summaries: RwLock<FxHashMap<FnId, Arc<Summary>>>,
    profiles: RwLock<FxHashMap<FnId, Arc<Profile>>>,
    outcomes: RwLock<FxHashMap<FnId, Arc<CancelOutcome>>>,
    concurrent: FxHashSet<CrateId>,
    dependencies: Dependencies,
    /// Impls of the workspace's own traits, those in test code left out.
    own_impls: FxHashMap<TraitId, Vec<ImplId>>,
    conversions: Conversions,
    /// Computed when somebody asks.
    alone: OnceLock<Alone>,
    drops: OnceLock<Drops>,
    float_work: RwLock<FxHashMap<(FnId, u32), FloatWork>>,
    /// Code that made the analysis panic.
    failed: Mutex<Vec<(FileId, Problem)>>,
}

impl<'w> Analysis<'w> {
    /// Analyses the workspace crates of `input`.
    pub fn new(input: Input, sources: &'w dyn Sources, syntax: &'w dyn Syntax) -> Self {
        let world = World::new(input, sources, syntax);
        let (bodies, failed) = world.type_workspace();
        let by_owner = bodies.iter().enumerate().map(|(i, b)| (b.owner, i)).collect();
        for krate in world.crate_ids() {
            // What users know something of must be there for their paths to lead somewhere.
            if world.knowledge().users_crates().any(|name| name == world.input(krate).name.as_str()) {
                world.krate(krate);
            }
        }
        let facts = FactIndex::new(&world);
        let own_impls = own_impls(&world);
        let conversions = Conversions::new(&world);
        let mut analysis = Self {
            world,
            bodies,
            by_owner,
            facts,
            summaries: RwLock::default(),
            profiles: RwLock::default(),
            outcomes: RwLock::default(),
            concurrent: FxHashSet::default(),
            dependencies: Dependencies::default(),
            own_impls,
            conversions,
            alone: OnceLock::new(),
            drops: OnceLock::new(),
            float_work: RwLock::default(),
            failed: Mutex::new(failed),
        };
        analysis.find_concurrency();
        analysis.find_dependencies();
        analysis
    }

    /// Types the functions of dependencies that async code leads to. Rounds, so that what is looked at does not depend on
    /// who comes first.
    fn find_dependencies(&mut self) {
        let wanted = self.called_dependencies();
        self.follow_dependencies(wanted);
    }

    /// Reads the bodies of functions of dependencies, whoever calls them, and of what they call, so that their summaries and
    /// profiles can be asked for.
    pub fn look_into(&mut self, functions: &[FnId]) {
        let (wanted, bodies) = self.bodies_of_dependencies(functions);
        let new = self.dependencies.add(&wanted, bodies);
        self.facts.extend(&self.world);
        let wanted = self.next_dependencies(&new);
        self.dependencies.begin_again();
        self.follow_dependencies(wanted);
    }

    fn follow_dependencies(&mut self, mut wanted: Vec<FnId>) {
        while let Some(bodies) = self.type_dependencies(&wanted) {
            let new = self.dependencies.add(&wanted, bodies);
            self.facts.extend(&self.world);
            wanted = self.next_dependencies(&new);
        }
    }

    fn find_concurrency(&mut self) {
        let found: Vec<CrateId> = self
            .bodies
            .par_iter()
            .filter(|body| Executor::new(self, body).is_concurrent())
            .map(|body| self.crate_of(body.owner))
            .collect();
        self.concurrent = found.into_iter().collect();
    }

    /// Does code of the crate start tasks, or run several futures at once?
    pub fn is_concurrent(&self, krate: CrateId) -> bool {
        self.concurrent.contains(&krate)
    }

    /// Definitions.
    pub fn world(&self) -> &World<'w> {
        &self.world
    }
    /// Facts about libraries.
    pub fn facts(&self) -> &FactIndex {
        &self.facts
    }
    /// The bodies of the workspace, in order of crates and definitions.
    pub fn bodies(&self) -> &[Arc<TypedBody>] {
        &self.bodies
    }
    /// One body of the workspace.
    pub fn body(&self, owner: BodyOwner) -> Option<Arc<TypedBody>> {
        self.by_owner.get(&owner).map(|i| self.bodies[*i].clone())
    }
    /// A function's body that calls are followed into: the workspace's, or a dependency's that async code leads to.
    pub fn followed_body(&self, f: FnId) -> Option<Arc<TypedBody>> {
        self.body(BodyOwner::Fn(f)).or_else(|| self.dependencies.body(f))
    }
    pub(crate) fn dependencies_mut(&mut self) -> &mut Dependencies {
        &mut self.dependencies
    }
    /// The functions of dependencies that were looked at.
    pub fn dependencies(&self) -> &Dependencies {
        &self.dependencies
    }
    /// Runs `f` on every body, in parallel; results in order of bodies.
    pub fn per_body<T: Send>(&self, f: impl Fn(&TypedBody) -> Vec<T> + Sync) -> Vec<T> {
        let look = |body: &Arc<TypedBody>| {
            quietly(|| f(body)).unwrap_or_else(|Panicked| {
                let problem = (body.file, internal_error(body.types.body.span(body.types.body.root)));
                self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
                Vec::new()
            })
        };
        let found: Vec<Vec<T>> = self.bodies.par_iter().map(look).collect();
        found.into_iter().flatten().collect()
    }
    /// Places of the workspace that could not be understood, up to now.
    pub fn problems(&self) -> Vec<(FileId, Problem)> {
        let mut problems: Vec<(FileId, Problem)> = self
            .world
            .loaded()
            .filter(|k| k.origin == CrateOrigin::Workspace)
            .flat_map(|k| k.problems.iter().cloned())
            .collect();
        problems.extend(self.failed.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        problems.sort_by(|a, b| (a.0, a.1.span, &a.1.message).cmp(&(b.0, b.1.span, &b.1.message)));
        problems.dedup();
        problems
    }
    /// Bodies whose analysis ran out of its budget.
    pub fn out_of_budget(&self) -> usize {
        self.bodies.iter().filter(|b| b.types.out_of_fuel > 0).count()
    }
    pub(crate) fn conversions(&self) -> &Conversions {
        &self.conversions
    }
    /// The functions that run while nothing else does.
    pub(crate) fn alone(&self) -> &Alone {
        self.alone.get_or_init(|| Alone::new(self))
    }
    /// The types of the workspace that do something when they are dropped.
    pub(crate) fn drops(&self) -> &Drops {
        self.drops.get_or_init(|| Drops::new(self))
    }
    /// The method that runs for a method of a workspace trait that has one implementation.
    pub(crate) fn only_implementation(&self, f: FnId) -> Option<FnId> {
        let Container::Trait(tr) = self.world.func(f).container else { return None };
        let [only] = self.own_impls.get(&tr)?.as_slice() else { return None };
        Some(self.world.imp(*only).fns.get(&self.world.func(f).name).copied().unwrap_or(f))
    }
    /// Who executes which part of a body.
    pub(crate) fn regions(&self, body: &TypedBody) -> Regions {
        let is_async = match body.owner {
            BodyOwner::Fn(f) => self.world.fn_item(f).flags.is_async,
            BodyOwner::Const(_) => false,
        };
        Regions::new(body, is_async)
    }
    /// The edition whose rules hold in a body.
    pub(crate) fn edition_of(&self, body: &TypedBody) -> u16 {
        self.world.input(self.crate_of(body.owner)).edition
    }
    /// The crate that a body is in.
    pub fn crate_of(&self, owner: BodyOwner) -> CrateId {
        match owner {
            BodyOwner::Fn(f) => f.krate,
            BodyOwner::Const(c) => c.krate,
        }
    }
    pub(crate) fn cached_profile(&self, f: FnId) -> Option<Arc<Profile>> {
        self.profiles.read().ok()?.get(&f).cloned()
    }
    pub(crate) fn cache_profile(&self, f: FnId, profile: Arc<Profile>) {
        if let Ok(mut profiles) = self.profiles.write() {
            profiles.insert(f, profile);
        }
    }
    pub(crate) fn cached_outcome(&self, f: FnId) -> Option<Arc<CancelOutcome>> {
        self.outcomes.read().ok()?.get(&f).cloned()
    }
    pub(crate) fn cache_outcome(&self, f: FnId, outcome: Arc<CancelOutcome>) {
        if let Ok(mut outcomes) = self.outcomes.write() {
            outcomes.insert(f, outcome);
        }
    }
    pub(crate) fn cached_float_work(&self, f: FnId, hops: u32) -> Option<FloatWork> {
        self.float_work.read().ok()?.get(&(f, hops)).copied()
    }
    pub(crate) fn cache_float_work(&self, f: FnId, hops: u32, work: FloatWork) {
        if let Ok(mut known) = self.float_work.write() {
            known.insert((f, hops), work);
        }
    }
    pub(crate) fn cached_summary(&self, f: FnId) -> Option<Arc<Summary>> {
        self.summaries.read().ok()?.get(&f).cloned()
    }
    pub(crate) fn cache_summary(&self, f: FnId, summary: Arc<Summary>) {
        if let Ok(mut summaries) = self.summaries.write() {
            summaries.insert(f, summary);
        }
    }
}

fn own_impls(world: &World<'_>) -> FxHashMap<TraitId, Vec<ImplId>> {
    let mut found: FxHashMap<TraitId, Vec<ImplId>> = FxHashMap::default();
    for krate in world.loaded().filter(|k| k.origin == CrateOrigin::Workspace) {
        for (index, data) in krate.impls.iter().enumerate() {
            let imp = ImplId { krate: krate.id, index: index as u32 };
            if world.module(data.module).in_test {
                continue;
            }
            if let Some((tr, _)) = world.impl_header(imp).trait_ref
                && world.input(tr.krate).origin == CrateOrigin::Workspace
            {
                found.entry(tr).or_default().push(imp);
            }
        }
    }
    found
}
