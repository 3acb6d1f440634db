//! From what is kept of an earlier run, and the files that are different, to an analysis of what may be different.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{FileId, Syntax};

use super::changes::{Askers, Changes};
use super::follow::{Followed, follow};
use super::parts::{Before, Part};
use super::{KeptBodies, KeptBody, KeptCrate, KeptCrates, KeptRun, declared_sum, place_of};
use crate::analysis::own_impls_again;
use crate::bodies::Bodies;
use crate::effects::{Alone, Conversions, Dependencies, FactIndex};
use crate::renumber::renumbered;
use crate::watch::Asked;
use crate::{Analysis, BodyOwner, CrateId, FnId, Input, Sources, World};

/// An analysis of what may be different from an earlier run.
pub struct Resumed<'w> {
    /// It.
    pub analysis: Analysis<'w>,
    /// The crates that declare something else.
    pub redeclared: Vec<CrateId>,
    /// The numbers that bodies have now, by those that they had.
    pub numbers: Vec<Option<usize>>,
}

/// The bodies of this run, as far as they are known.
struct Listed {
    bodies: Vec<KeptBody>,
    numbers: Vec<Option<usize>>,
}

impl<'w> Analysis<'w> {
    /// Looks again at what may be different when nothing is but the files that `is_changed` names; and at the bodies of `also`,
    /// by the numbers that they had. None when that cannot be told.
    pub fn resume(
        input: Input,
        sources: &'w dyn Sources,
        syntax: &'w dyn Syntax,
        run: KeptRun<'_>,
        is_changed: &(dyn Fn(FileId) -> bool + Sync),
        also: Vec<usize>,
    ) -> Option<Resumed<'w>> {
        let world = World::new(input, sources, syntax);
        let KeptCrates(crates) = run.crates;
        let loaded: Vec<&KeptCrate> = crates.iter().filter(|k| k.files.iter().any(|file| is_changed(*file))).collect();
        let mut redeclared = Vec::new();
        for krate in &loaded {
            if declared_sum(world.krate(krate.id)?) != krate.declarations {
                redeclared.push(krate.id);
            }
        }
        let mut followed = None;
        let mut kept = if redeclared.is_empty() {
            (run.bodies)()?
        } else {
            let found = follow(&world, &crates, &redeclared, (run.declared)()?)?;
            let kept = renumbered(&found.renumbering, run.bodies)?;
            followed = Some(found);
            kept
        };
        let mut changes = Changes::default();
        let Listed { mut bodies, numbers } =
            listed(&world, std::mem::take(&mut kept.bodies), &redeclared, &mut changes);
        let mut moved: Vec<usize> = also.iter().filter_map(|number| *numbers.get(*number)?).collect();
        check_order(&world, &loaded, &bodies)?;
        let is_loaded = |owner: BodyOwner| loaded.iter().any(|krate| krate.id == owner.krate());
        for (number, body) in bodies.iter_mut().enumerate().filter(|(_, body)| is_loaded(body.owner)) {
            if body.look_again(&world, is_changed, &mut changes)? {
                moved.push(number);
            }
        }
        if let Some(followed) = &followed {
            changes.changed.extend(mentioning(followed, &bodies, run.text));
        }
        let crates = remembered(&crates, &world, is_changed, &redeclared);
        let mut analysis = Analysis::blank(world, Bodies::new(bodies.iter().map(|body| body.owner).collect(), false));
        let asked = std::mem::take(&mut kept.asked);
        let askers = Askers::new(bodies.iter().map(|b| (b.owner, &b.asked[..])), &asked);
        changes.changed.extend(askers.of.keys().filter(|asked| asked.is_gone()));
        let alone = kept.alone.take().map(Alone::revived);
        analysis.revive_kept(kept, followed.as_ref())?;
        let declared = followed.map(|followed| followed.declared);
        let before = Before { crates, of_dependencies: asked.into_iter().collect(), declared, ..Before::default() };
        analysis.revive_bodies(bodies, before)?;
        analysis.find_stale(changes, moved, &askers, alone);
        Some(Resumed { analysis, redeclared, numbers })
    }

    /// Takes what is known of all bodies together; none when that is not true any more.
    fn revive_kept(&mut self, kept: KeptBodies, followed: Option<&Followed>) -> Option<()> {
        let KeptBodies { facts, mut own_impls, conversions, mut dependencies, .. } = kept;
        let facts = FactIndex::revived(self.world(), facts)?;
        let mut conversions = Conversions::revived(conversions);
        if let Some(followed) = followed {
            if !facts.still_holds(self.world()) {
                return None;
            }
            let mut again: Vec<CrateId> = followed.with_impls.iter().copied().collect();
            again.sort_unstable();
            own_impls = own_impls_again(self.world(), own_impls, &again);
            conversions = conversions.again(self.world(), &again);
            dependencies.forget_gone();
        }
        self.revive(facts, own_impls, conversions, Dependencies::revived(dependencies));
        Some(())
    }

    /// Takes what is known of each body.
    fn revive_bodies(&mut self, bodies: Vec<KeptBody>, mut before: Before) -> Option<()> {
        for (number, body) in bodies.into_iter().enumerate() {
            before.of_bodies.push(body.asked);
            before.places.push(body.place?);
            *self.parts_mut().of_mut(number) = Part {
                is_concurrent: body.is_concurrent,
                given_up: body.given_up.clone(),
                in_regions: body.in_regions,
                calls: OnceLock::from(body.calls),
                alone: OnceLock::from(body.alone),
            };
        }
        self.parts_mut().set_before(before);
        Some(())
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
        let calls = self.numbered(number).map(|body| self.calls_in(&body)).unwrap_or_default();
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
        if differs || changes.some_are_gone {
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
        let mut differs = changes.some_are_gone;
        let numbers: Vec<usize> = new.iter().filter_map(|owner| self.number_of(*owner)).collect();
        for number in numbers {
            let part = self.numbered(number).map(|body| self.alone_part(&body)).unwrap_or_default();
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

/// The bodies in the order that they have now; says what is different where some are gone.
fn listed(world: &World<'_>, bodies: Vec<KeptBody>, redeclared: &[CrateId], changes: &mut Changes) -> Listed {
    if redeclared.is_empty() {
        let numbers = (0..bodies.len()).map(Some).collect();
        return Listed { bodies, numbers };
    }
    let mut numbers = vec![None; bodies.len()];
    let mut by_crate: FxHashMap<CrateId, Vec<(usize, KeptBody)>> = FxHashMap::default();
    for (number, body) in bodies.into_iter().enumerate() {
        by_crate.entry(body.owner.krate()).or_default().push((number, body));
    }
    let mut listed = Vec::new();
    for krate in world.workspace_crates() {
        let before = by_crate.remove(&krate).unwrap_or_default();
        if !redeclared.contains(&krate) {
            for (number, body) in before {
                numbers[number] = Some(listed.len());
                listed.push(body);
            }
            continue;
        }
        let mut known: FxHashMap<BodyOwner, (usize, KeptBody)> = FxHashMap::default();
        let mut gone = Vec::new();
        for (number, body) in before {
            if body.owner.is_gone() {
                gone.push(body);
            } else {
                known.insert(body.owner, (number, body));
            }
        }
        for owner in world.owners(krate) {
            let body = known.remove(&owner).map(|(number, body)| {
                numbers[number] = Some(listed.len());
                body
            });
            listed.push(body.unwrap_or_else(|| KeptBody::new(owner)));
        }
        gone.extend(known.into_values().map(|(_, body)| body));
        gone.iter().for_each(|body| changes.is_gone(body));
    }
    Listed { bodies: listed, numbers }
}

/// In this order both were made.
fn check_order(world: &World<'_>, loaded: &[&KeptCrate], bodies: &[KeptBody]) -> Option<()> {
    for krate in loaded {
        let now = world.owners(krate.id);
        let listed = bodies.iter().map(|body| body.owner).filter(|owner| owner.krate() == krate.id);
        if !listed.eq(now) {
            return None;
        }
    }
    Some(())
}

/// A body, and where in its file it is written.
type Said = (BodyOwner, Option<(u32, u32)>);

/// The bodies that mention what may be something else.
fn mentioning(
    followed: &Followed,
    bodies: &[KeptBody],
    text: &(dyn Fn(FileId) -> Option<Arc<str>> + Sync),
) -> Vec<Asked> {
    let mut of_files: FxHashMap<FileId, Vec<Said>> = FxHashMap::default();
    for (owner, place) in bodies.iter().filter_map(|body| Some((body.owner, body.place?))) {
        of_files.entry(place.file).or_default().push((owner, place.range));
    }
    let of_files: Vec<_> = of_files.into_iter().collect();
    let in_file = |(file, bodies): &(FileId, Vec<Said>)| {
        let text = text(*file).unwrap_or_else(|| Arc::from(""));
        let whole = OnceLock::new();
        let says = |range: Option<(u32, u32)>| match range {
            Some((lo, hi)) => text.get(lo as usize..hi as usize).is_none_or(|said| followed.is_said_in(said)),
            // What a macro says is found by its name.
            None => *whole.get_or_init(|| followed.is_said_in(&text)),
        };
        let matter = bodies.iter().filter(|(owner, range)| says(*range) || followed.is_declared_of(*owner));
        matter.map(|(owner, _)| Asked::Body(*owner)).collect::<Vec<Asked>>()
    };
    of_files.par_iter().flat_map_iter(in_file).collect()
}

/// The crates as they are now.
fn remembered(
    crates: &[KeptCrate],
    world: &World<'_>,
    is_changed: &dyn Fn(FileId) -> bool,
    redeclared: &[CrateId],
) -> FxHashMap<CrateId, KeptCrate> {
    let kept = crates.iter().map(|krate| {
        let mut krate = krate.clone();
        if krate.files.iter().any(|file| is_changed(*file))
            && let Some(defs) = world.krate(krate.id)
        {
            if redeclared.contains(&krate.id) {
                krate = KeptCrate::of(defs);
            }
            krate.problems.clone_from(&defs.problems);
        }
        (krate.id, krate)
    });
    kept.collect()
}

impl KeptBody {
    /// Finds out again what it says if that may be something else, or is not known; true then.
    fn look_again(
        &mut self,
        world: &World<'_>,
        is_changed: &dyn Fn(FileId) -> bool,
        changes: &mut Changes,
    ) -> Option<bool> {
        if self.place.is_some_and(|place| !is_changed(place.file)) {
            return Some(false);
        }
        let place = place_of(world, self.owner)?;
        if self.place.is_none_or(|before| before.sum != place.sum) {
            changes.changed.insert(Asked::Body(self.owner));
        }
        self.place = Some(place);
        Some(true)
    }

    /// Of which nothing is known.
    fn new(owner: BodyOwner) -> KeptBody {
        KeptBody {
            owner,
            place: None,
            asked: Vec::new(),
            is_concurrent: false,
            given_up: None,
            in_regions: Arc::default(),
            calls: Arc::default(),
            alone: Arc::default(),
        }
    }
}
