//! The façade for lints: everything that is known of a run.

mod known;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{FileId, Problem, Syntax};

use crate::bodies::{Bodies, Panicked, internal_error, quietly};
use crate::effects::{
    Alone, CancelOutcome, Conversions, Dependencies, Drops, Executor, FactIndex, FloatWork, Lookup, Profile,
    Remembered, Summary,
};
use crate::flow::Regions;
use crate::kept::Parts;
use crate::memo::Memo;
use crate::watch::{Asked, read, watch};
use crate::{
    BodyOwner, Container, CrateDefs, CrateId, CrateOrigin, FnCallee, FnId, ImplId, Input, Sources, TraitId, TypedBody,
    World,
};

/// Names, types and effects of a workspace.
pub struct Analysis<'w> {
    world: World<'w>,
    bodies: Bodies,
    facts: FactIndex,
    pub(crate) summaries: Memo<FnId, Arc<Summary>>,
    pub(crate) profiles: Memo<FnId, Arc<Profile>>,
    pub(crate) outcomes: Memo<FnId, Arc<CancelOutcome>>,
    /// Does a function take a connection from a listener? By how deep in calls it is asked.
    pub(crate) takes_connection: Memo<(FnId, usize), bool>,
    /// Does an `async fn` serve before it is done? By how deep in calls it is asked.
    pub(crate) serves_clients: Memo<(FnId, usize), bool>,
    concurrent: FxHashSet<CrateId>,
    dependencies: Dependencies,
    remembered: Remembered,
    /// Impls of the workspace's own traits, those in test code left out.
    own_impls: FxHashMap<TraitId, Vec<ImplId>>,
    conversions: Conversions,
    /// Computed when somebody asks.
    alone: OnceLock<Alone>,
    drops: Drops,
    pub(crate) float_work: Memo<(FnId, u32), FloatWork>,
    /// Is a library there for the binaries of its own package only?
    pub(crate) programs: Memo<CrateId, bool>,
    /// Does some program of the workspace use a library?
    pub(crate) parts_of_programs: Memo<CrateId, bool>,
    /// Code that made the analysis panic.
    failed: Mutex<Vec<(FileId, Problem)>>,
    /// What is known of the bodies beside their types, by number.
    parts: Parts,
    /// Most of it is known from an earlier run.
    is_resumed: bool,
    /// The bodies that call each function of the workspace, by number.
    callers: OnceLock<FxHashMap<FnId, Vec<usize>>>,
}

impl<'w> Analysis<'w> {
    /// Analyses the workspace crates of `input`. What it takes to go on from there in another run is noted if anybody
    /// `may_keep` it ([`Analysis::keep`]). `lap` is told of every step that is done.
    pub fn new(
        input: Input,
        sources: &'w dyn Sources,
        syntax: &'w dyn Syntax,
        may_keep: bool,
        lap: &mut dyn FnMut(&'static str),
    ) -> Self {
        let world = World::new(input, sources, syntax);
        let bodies = Bodies::new(world.workspace_owners(), sources.is_large());
        let mut analysis = Self::blank(world, bodies);
        analysis.parts.notes_questions = may_keep;
        let all: Vec<usize> = (0..analysis.bodies.owners().len()).collect();
        lap("names");
        analysis.type_all(&all);
        lap("types");
        analysis.world.load_named();
        analysis.facts = FactIndex::new(&analysis.world);
        analysis.own_impls = own_impls(&analysis.world);
        analysis.conversions = Conversions::new(&analysis.world);
        analysis.find_concurrency(&all);
        analysis.find_calls(&all);
        let in_regions = analysis.parts.in_regions();
        analysis.find_dependencies(&in_regions);
        lap("effects");
        analysis
    }

    /// Without anything that takes a look.
    pub(crate) fn blank(world: World<'w>, bodies: Bodies) -> Self {
        let parts = Parts::new(bodies.owners().len());
        Self {
            world,
            bodies,
            facts: FactIndex::default(),
            summaries: Memo::default(),
            profiles: Memo::default(),
            outcomes: Memo::default(),
            takes_connection: Memo::default(),
            serves_clients: Memo::default(),
            concurrent: FxHashSet::default(),
            dependencies: Dependencies::default(),
            remembered: Remembered::default(),
            own_impls: FxHashMap::default(),
            conversions: Conversions::default(),
            alone: OnceLock::new(),
            failed: Mutex::default(),
            parts,
            is_resumed: false,
            callers: OnceLock::new(),
            drops: Drops::default(),
            float_work: Memo::default(),
            programs: Memo::default(),
            parts_of_programs: Memo::default(),
        }
    }

    /// Types these bodies, in parallel.
    pub(crate) fn type_all(&self, numbers: &[usize]) {
        numbers.par_iter().for_each(|number| {
            self.numbered(*number);
        });
    }

    /// Finds out of these bodies whether they do several things at once, and of all crates.
    pub(crate) fn find_concurrency(&mut self, numbers: &[usize]) {
        let found: Vec<(usize, bool)> = numbers
            .par_iter()
            .map(|number| {
                let body = self.numbered(*number);
                (*number, body.is_some_and(|body| Executor::new(self, &body).is_concurrent()))
            })
            .collect();
        found.into_iter().for_each(|(number, is)| self.parts.of_mut(number).is_concurrent = is);
        self.concurrent = self.concurrent_crates();
    }

    /// Finds out what the async code of these bodies calls. Returns those of which it is not what it was.
    pub(crate) fn find_calls(&mut self, numbers: &[usize]) -> bool {
        let called: Vec<_> = numbers
            .par_iter()
            .map(|number| {
                let body = self.numbered(*number);
                let called = body.as_ref().map(|body| self.called_by_regions(body)).unwrap_or_default();
                let given_up = body
                    .filter(|body| body.types.out_of_fuel > 0)
                    .map(|body| self.world.owner_name(body.owner).into_boxed_str());
                (*number, Arc::<[FnId]>::from(called), given_up)
            })
            .collect();
        let mut differs = false;
        for (number, called, given_up) in called {
            let part = self.parts.of_mut(number);
            differs |= part.in_regions != called;
            part.in_regions = called;
            part.given_up = given_up;
        }
        differs
    }

    /// A body by its number, typed now if it is not yet.
    pub(crate) fn numbered(&self, number: usize) -> Option<Arc<TypedBody>> {
        let owner = self.bodies.owners()[number];
        self.bodies.get(number, || {
            self.world.type_quietly(owner).unwrap_or_else(|problem| {
                self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
                None
            })
        })
    }

    /// What `work` gives; whatever it asks, it asks for `owner`.
    pub(crate) fn watched<T>(&self, owner: BodyOwner, work: impl FnOnce() -> T) -> T {
        if !self.parts.notes_questions {
            return work();
        }
        let (done, asked) = watch(work);
        self.parts.asks(owner, &asked);
        done
    }

    /// Does code of the crate start tasks, or run several futures at once?
    pub fn is_concurrent(&self, krate: CrateId) -> bool {
        read(Asked::Concurrent(krate));
        self.concurrent.contains(&krate)
    }

    /// Definitions.
    pub fn world(&self) -> &World<'w> {
        &self.world
    }
    /// Facts about libraries.
    pub fn facts(&self) -> Lookup<'_> {
        Lookup::new(&self.facts, &self.world)
    }
    /// The bodies of the workspace, in order of crates and definitions.
    pub fn bodies(&self) -> impl Iterator<Item = Arc<TypedBody>> {
        (0..self.bodies.owners().len()).filter_map(|number| self.numbered(number))
    }
    /// One body of the workspace.
    pub fn body(&self, owner: BodyOwner) -> Option<Arc<TypedBody>> {
        let number = self.bodies.number(owner)?;
        read(Asked::Body(owner));
        self.numbered(number)
    }
    pub(crate) fn has_body(&self, owner: BodyOwner) -> bool {
        self.bodies.number(owner).is_some()
    }
    /// [`Analysis::body`] for who answers for its change itself.
    pub(crate) fn unwatched_body(&self, owner: BodyOwner) -> Option<Arc<TypedBody>> {
        self.numbered(self.bodies.number(owner)?)
    }
    /// A function's body that calls are followed into: the workspace's, or a dependency's that async code leads to.
    pub fn followed_body(&self, f: FnId) -> Option<Arc<TypedBody>> {
        self.body(BodyOwner::Fn(f)).or_else(|| {
            read(Asked::Followed(f));
            self.dependency_body(f)
        })
    }
    pub(crate) fn dependency_body(&self, f: FnId) -> Option<Arc<TypedBody>> {
        self.dependencies.body(f, || self.type_dependency(f))
    }
    pub(crate) fn remembered(&self) -> &Remembered {
        &self.remembered
    }
    pub(crate) fn remembered_mut(&mut self) -> &mut Remembered {
        &mut self.remembered
    }
    pub(crate) fn dependencies_mut(&mut self) -> &mut Dependencies {
        &mut self.dependencies
    }
    /// The functions of dependencies that were looked at.
    pub fn dependencies(&self) -> &Dependencies {
        &self.dependencies
    }
    /// Runs `f` on every body that is to be looked at, in parallel; results by the number of the body, in order.
    pub fn per_body<T: Send>(&self, f: impl Fn(&TypedBody) -> Vec<T> + Sync) -> Vec<(usize, T)> {
        let look = |number: &usize| {
            let Some(body) = self.numbered(*number) else { return Vec::new() };
            let found = quietly(|| self.watched(body.owner, || f(&body))).unwrap_or_else(|Panicked| {
                let problem = (body.file, internal_error(body.types.body.span(body.types.body.root)));
                self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
                Vec::new()
            });
            found.into_iter().map(|found| (*number, found)).collect()
        };
        let found: Vec<Vec<(usize, T)>> = self.parts.stale().par_iter().map(look).collect();
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
        if self.is_resumed {
            problems = self.parts.problems_before().cloned().collect();
        }
        problems.extend(self.failed.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        problems.sort_by(|a, b| (a.0, a.1.span, &a.1.message).cmp(&(b.0, b.1.span, &b.1.message)));
        problems.dedup();
        problems
    }
    /// The names of the bodies whose analysis ran out of its budget.
    pub fn out_of_budget(&self) -> Vec<Box<str>> {
        (0..self.bodies.owners().len()).filter_map(|number| self.parts.of(number).given_up.clone()).collect()
    }
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }
    pub(crate) fn parts_mut(&mut self) -> &mut Parts {
        &mut self.parts
    }
    pub(crate) fn owners(&self) -> &[BodyOwner] {
        self.bodies.owners()
    }
    pub(crate) fn number_of(&self, owner: BodyOwner) -> Option<usize> {
        self.bodies.number(owner)
    }
    /// Did anything make the analysis panic?
    pub(crate) fn has_failed(&self) -> bool {
        !self.failed.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
    /// Macro calls between items that were not expanded, because their crate had too much of that already.
    pub fn macros_given_up(&self) -> usize {
        self.world.loaded().map(|krate| krate.macros_given_up).sum()
    }
    pub(crate) fn conversions(&self) -> &Conversions {
        &self.conversions
    }
    /// The functions that run while nothing else does.
    pub(crate) fn alone(&self) -> &Alone {
        self.alone.get_or_init(|| Alone::new(self))
    }
    /// What is known of values that do something when they are dropped.
    pub(crate) fn drops(&self) -> &Drops {
        &self.drops
    }
    /// The method that runs for a method of a workspace trait that has one implementation.
    pub(crate) fn only_implementation(&self, f: FnId) -> Option<FnId> {
        let Container::Trait(tr) = self.world.func(f).container else { return None };
        let [only] = self.own_impls.get(&tr)?.as_slice() else { return None };
        Some(self.world.imp(*only).fns.get(&self.world.func(f).name).copied().unwrap_or(f))
    }
    /// The implementations that the workspace has of a trait of its own, tests aside.
    pub(crate) fn own_impls_of(&self, tr: TraitId) -> &[ImplId] {
        self.own_impls.get(&tr).map_or(&[], Vec::as_slice)
    }
    /// The functions that a call may run: the one, or all that the workspace has for a trait of its own.
    pub(crate) fn may_run(&self, callee: &FnCallee) -> Vec<FnId> {
        if let Some(f) = self.runs(callee) {
            return vec![f];
        }
        let data = self.world.func(callee.f);
        let impls = match data.container {
            Container::Trait(tr) => self.own_impls_of(tr),
            _ => &[],
        };
        let own = impls.iter().filter_map(|imp| self.world.imp(*imp).fns.get(&data.name).copied());
        std::iter::once(callee.f).chain(own).collect()
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
        owner.krate()
    }
}

fn own_impls(world: &World<'_>) -> FxHashMap<TraitId, Vec<ImplId>> {
    let mut found: FxHashMap<TraitId, Vec<ImplId>> = FxHashMap::default();
    let crates = world.loaded().filter(|k| k.origin == CrateOrigin::Workspace);
    for (tr, imp) in crates.flat_map(|krate| own_impls_in(world, krate)) {
        found.entry(tr).or_default().push(imp);
    }
    found
}

/// What was known, with what these crates have now, and no others in them.
pub(crate) fn own_impls_again(
    world: &World<'_>,
    mut known: Vec<(TraitId, Vec<ImplId>)>,
    crates: &[CrateId],
) -> Vec<(TraitId, Vec<ImplId>)> {
    known.iter_mut().for_each(|(_, impls)| impls.retain(|imp| !crates.contains(&imp.krate)));
    let mut found: FxHashMap<TraitId, Vec<ImplId>> = known.into_iter().filter(|(tr, _)| !tr.is_gone()).collect();
    for (tr, imp) in crates.iter().filter_map(|id| world.krate(*id)).flat_map(|krate| own_impls_in(world, krate)) {
        found.entry(tr).or_default().push(imp);
    }
    found.retain(|_, impls| !impls.is_empty());
    found.values_mut().for_each(|impls| impls.sort_unstable());
    found.into_iter().collect()
}

fn own_impls_in(world: &World<'_>, krate: &CrateDefs) -> Vec<(TraitId, ImplId)> {
    let mut found = Vec::new();
    for (index, data) in krate.impls.iter().enumerate() {
        let imp = ImplId { krate: krate.id, index: index as u32 };
        if world.module(data.module).in_test {
            continue;
        }
        if let Some((tr, _)) = world.impl_header(imp).trait_ref
            && world.is_own(tr.krate)
        {
            found.push((tr, imp));
        }
    }
    found
}
