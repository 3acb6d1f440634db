//! From what is kept of an earlier run, and the files that are different, to an analysis of what may be different.

use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{FileId, Syntax};

use super::parts::{Before, Part};
use super::{Kept, KeptCrate, declared, sum_of};
use crate::bodies::Bodies;
use crate::effects::{Alone, Conversions, Dependencies, FactIndex};
use crate::watch::Asked;
use crate::{Analysis, BodyOwner, FnId, Input, Sources, World};

/// Who asked for what.
struct Askers {
    of: FxHashMap<Asked, Vec<BodyOwner>>,
}

/// What is different from the earlier run, and all that may be different for it.
#[derive(Default)]
struct Changes {
    changed: FxHashSet<Asked>,
    affected: FxHashSet<BodyOwner>,
}

impl<'w> Analysis<'w> {
    /// Looks again at what may be different when nothing is but the files that `is_changed` names, and those only in bodies;
    /// and at the bodies of `also`. None when that is not so.
    pub fn resume(
        input: Input,
        sources: &'w dyn Sources,
        syntax: &'w dyn Syntax,
        kept: Kept,
        is_changed: &dyn Fn(FileId) -> bool,
        also: Vec<usize>,
    ) -> Option<Self> {
        let world = World::new(input, sources, syntax);
        let Kept { crates, bodies, asked, facts, own_impls, conversions, dependencies, alone } = kept;
        let loaded: Vec<&KeptCrate> = crates.iter().filter(|k| k.files.iter().any(|file| is_changed(*file))).collect();
        let mut owners = Vec::new();
        for krate in &loaded {
            if declared(world.krate(krate.id)?) != krate.declarations {
                return None;
            }
            owners.extend(world.owners(krate.id));
        }
        let of_loaded = |owner: BodyOwner| loaded.iter().any(|krate| krate.id == owner.krate());
        let mut sums: Vec<(FileId, u128)> = bodies.iter().map(|body| (body.file, body.sum)).collect();
        let (mut changes, mut moved) = (Changes::default(), also);
        let mut at = owners.iter();
        for (number, body) in bodies.iter().enumerate().filter(|(_, body)| of_loaded(body.owner)) {
            // In this order both were made.
            if at.next() != Some(&body.owner) {
                return None;
            }
            if !is_changed(body.file) {
                continue;
            }
            moved.push(number);
            let sum = sum_of(&world, body.owner)?;
            if sum != sums[number] {
                changes.changed.insert(Asked::Body(body.owner));
                sums[number] = sum;
            }
        }
        let crates = remembered(&crates, &world, is_changed);
        let facts = FactIndex::revived(&world, facts)?;
        let mut analysis = Analysis::blank(world, Bodies::new(bodies.iter().map(|body| body.owner).collect()));
        let askers = Askers::new(bodies.iter().map(|b| (b.owner, &b.asked[..])), &asked);
        let mut of_bodies = Vec::with_capacity(bodies.len());
        for (number, body) in bodies.into_iter().enumerate() {
            of_bodies.push(body.asked);
            *analysis.parts_mut().of_mut(number) = Part {
                is_concurrent: body.is_concurrent,
                out_of_fuel: body.out_of_fuel,
                in_regions: body.in_regions,
                calls: OnceLock::from(body.calls),
                alone: OnceLock::from(body.alone),
            };
        }
        let before = Before { sums, crates, of_bodies, of_dependencies: asked.into_iter().collect() };
        analysis.parts_mut().set_before(before);
        analysis.revive(facts, own_impls, Conversions::revived(conversions), Dependencies::revived(dependencies));
        let alone = alone.map(Alone::revived);
        analysis.find_stale(changes, moved, &askers, alone);
        (!analysis.facts().lacks(analysis.world())).then_some(analysis)
    }

    /// Follows changes to all that they matter to, until nothing more comes of it.
    fn find_stale(&mut self, mut changes: Changes, moved: Vec<usize>, askers: &Askers, alone: Option<Alone>) {
        let bodies: Vec<usize> = changes.bodies().filter_map(|owner| self.number_of(owner)).collect();
        let before = self.concurrent_crates();
        self.type_all(&bodies);
        self.find_concurrency(&bodies);
        let now = self.concurrent_crates();
        changes.changed.extend(before.symmetric_difference(&now).map(|krate| Asked::Concurrent(*krate)));
        bodies.iter().for_each(|number| self.callers_may_differ(*number, &mut changes));
        let mut alone = alone.map(Arc::new);
        loop {
            let new = changes.follow(askers);
            if new.is_empty() {
                break;
            }
            for owner in &new {
                let number = self.number_of(*owner);
                self.parts_mut().forget(number, *owner);
            }
            self.calls_may_differ(&new, &mut changes);
            alone = self.start_may_differ(&new, &mut changes, alone);
        }
        if let Some(alone) = alone.and_then(Arc::into_inner) {
            self.set_alone(alone);
        }
        let affected = changes.affected.iter().filter_map(|owner| self.number_of(*owner));
        let mut stale: Vec<usize> = affected.chain(moved).collect();
        stale.sort_unstable();
        stale.dedup();
        self.type_all(&stale);
        self.parts_mut().set_stale(stale);
    }

    /// A body that says something else may call others, who then have other callers.
    fn callers_may_differ(&mut self, number: usize, changes: &mut Changes) {
        let calls = self.numbered(number).cloned().map(|body| self.calls_in(&body)).unwrap_or_default();
        let before = std::mem::replace(&mut self.parts_mut().of_mut(number).calls, OnceLock::from(calls.clone()));
        let before: FxHashSet<FnId> = before.into_inner().unwrap_or_default().iter().copied().collect();
        let now: FxHashSet<FnId> = calls.iter().copied().collect();
        changes.changed.extend(before.symmetric_difference(&now).map(|f| Asked::Callers(*f)));
    }

    /// What these call may lead into other functions of dependencies.
    fn calls_may_differ(&mut self, new: &[BodyOwner], changes: &mut Changes) {
        let numbers: Vec<usize> = new.iter().filter_map(|owner| self.number_of(*owner)).collect();
        let mut differs = self.find_calls(&numbers);
        for owner in new {
            if let BodyOwner::Fn(f) = owner {
                differs |= self.call_again(*f);
            }
        }
        if differs {
            let before = std::mem::take(self.dependencies_mut());
            *self.dependencies_mut() = before.again();
            let in_regions = self.parts().in_regions();
            self.find_dependencies(&in_regions);
            let differences = self.dependencies().differences(&before);
            changes.changed.extend(differences.into_iter().map(Asked::Followed));
        }
    }

    /// What these call may make start-up code of other functions.
    fn start_may_differ(
        &mut self,
        new: &[BodyOwner],
        changes: &mut Changes,
        alone: Option<Arc<Alone>>,
    ) -> Option<Arc<Alone>> {
        let mut differs = false;
        let numbers: Vec<usize> = new.iter().filter_map(|owner| self.number_of(*owner)).collect();
        for number in numbers {
            let part = self.numbered(number).cloned().map(|body| self.alone_part(&body)).unwrap_or_default();
            differs |= self.parts().of(number).alone.get().is_none_or(|before| **before != part);
            self.parts_mut().of_mut(number).alone = OnceLock::from(Arc::new(part));
        }
        let before = alone?;
        let asked = before.asked().iter();
        differs |= asked.clone().any(|asked| changes.changed.contains(asked))
            || asked.clone().any(|asked| matches!(asked, Asked::Body(owner) if changes.affected.contains(owner)));
        if !differs {
            return Some(before);
        }
        let now = Alone::new(self);
        changes.changed.extend(now.differences(&before));
        Some(Arc::new(now))
    }
}

/// The crates of which all is as it was.
fn remembered(
    crates: &[KeptCrate],
    world: &World<'_>,
    is_changed: &dyn Fn(FileId) -> bool,
) -> FxHashMap<crate::CrateId, KeptCrate> {
    let kept = crates.iter().map(|krate| {
        let mut krate = krate.clone();
        if krate.files.iter().any(|file| is_changed(*file))
            && let Some(defs) = world.krate(krate.id)
        {
            krate.problems.clone_from(&defs.problems);
        }
        (krate.id, krate)
    });
    kept.collect()
}

impl Askers {
    fn new<'k>(
        bodies: impl Iterator<Item = (BodyOwner, &'k [Asked])>,
        dependencies: &'k [(crate::FnId, Vec<Asked>)],
    ) -> Askers {
        let mut of: FxHashMap<Asked, Vec<BodyOwner>> = FxHashMap::default();
        let dependencies = dependencies.iter().map(|(f, asked)| (BodyOwner::Fn(*f), &asked[..]));
        for (owner, asked) in bodies.chain(dependencies) {
            asked.iter().for_each(|asked| of.entry(*asked).or_default().push(owner));
        }
        Askers { of }
    }
}

impl Changes {
    /// The bodies that say something else.
    fn bodies(&self) -> impl Iterator<Item = BodyOwner> {
        self.changed.iter().filter_map(|changed| match changed {
            Asked::Body(owner) => Some(*owner),
            _ => None,
        })
    }

    /// Adds all that the changes matter to; returns what is new, in order.
    fn follow(&mut self, askers: &Askers) -> Vec<BodyOwner> {
        let mut new: Vec<BodyOwner> = self.bodies().filter(|owner| !self.affected.contains(owner)).collect();
        let mut open: Vec<Asked> = self.changed.iter().copied().collect();
        let mut seen: FxHashSet<BodyOwner> = new.iter().copied().collect();
        while let Some(asked) = open.pop() {
            for asker in askers.of.get(&asked).into_iter().flatten() {
                if !self.affected.contains(asker) && seen.insert(*asker) {
                    new.push(*asker);
                    open.push(Asked::Body(*asker));
                }
            }
        }
        self.affected.extend(&new);
        new.sort_unstable();
        new
    }
}
