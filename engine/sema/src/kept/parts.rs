//! What is known of the bodies of the workspace beside their types, now or since an earlier run.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{FileId, Problem};

use super::{BodyPlace, KeptCrate, KeptDeclared};
use crate::effects::AlonePart;
use crate::watch::Asked;
use crate::{BodyOwner, CrateId, FnId};

/// By the numbers of bodies.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    parts: Vec<Part>,
    /// The bodies that are to be looked at.
    stale: Vec<usize>,
    /// Somebody wants to know what bodies ask for.
    pub(crate) notes_questions: bool,
    asked: Mutex<FxHashMap<BodyOwner, FxHashSet<Asked>>>,
    /// What is as it was in an earlier run.
    before: Before,
}

/// Of one body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    /// It does several things at once.
    pub(crate) is_concurrent: bool,
    /// Its name, where its analysis ended early.
    pub(crate) given_up: Option<Box<str>>,
    /// What its async code calls.
    pub(crate) in_regions: Arc<[FnId]>,
    /// The functions of the workspace that it calls.
    pub(crate) calls: OnceLock<Arc<[FnId]>>,
    /// What it has to say of start-up code.
    pub(crate) alone: OnceLock<Arc<AlonePart>>,
}

/// What bodies asked for, by number, and what functions of dependencies did.
type AllAsked = (Vec<Vec<Asked>>, Vec<(FnId, Vec<Asked>)>);

/// What need not be found out again.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub(super) places: Vec<BodyPlace>,
    pub(super) crates: FxHashMap<CrateId, KeptCrate>,
    /// What bodies asked for, by number, and what functions of dependencies did.
    pub(super) of_bodies: Vec<Vec<Asked>>,
    pub(super) of_dependencies: FxHashMap<FnId, Vec<Asked>>,
    /// What is declared, where that is not what it was.
    pub(super) declared: Option<KeptDeclared>,
}

impl Parts {
    /// Nothing is known of so many bodies.
    pub(crate) fn new(count: usize) -> Self {
        Self {
            parts: vec![Part::default(); count],
            stale: (0..count).collect(),
            notes_questions: true,
            ..Self::default()
        }
    }
    pub(crate) fn of(&self, number: usize) -> &Part {
        &self.parts[number]
    }
    pub(crate) fn of_mut(&mut self, number: usize) -> &mut Part {
        &mut self.parts[number]
    }
    /// What the async code of all bodies calls.
    pub(crate) fn in_regions(&self) -> Vec<Arc<[FnId]>> {
        self.parts.iter().map(|part| part.in_regions.clone()).collect()
    }
    /// The numbers of the bodies that are to be looked at.
    pub(crate) fn stale(&self) -> &[usize] {
        &self.stale
    }
    pub(super) fn set_stale(&mut self, stale: Vec<usize>) {
        self.stale = stale;
    }
    pub(super) fn set_before(&mut self, before: Before) {
        self.before = before;
    }
    /// Where a body is that is known from an earlier run.
    pub(super) fn before(&self, number: usize) -> Option<BodyPlace> {
        self.before.places.get(number).copied()
    }
    pub(super) fn take_declared(&mut self) -> Option<KeptDeclared> {
        self.before.declared.take()
    }
    pub(super) fn crate_before(&self, id: CrateId) -> Option<&KeptCrate> {
        self.before.crates.get(&id)
    }
    /// Problems of crates that were not looked at now.
    pub(crate) fn problems_before(&self) -> impl Iterator<Item = &(FileId, Problem)> {
        self.before.crates.values().flat_map(|krate| &krate.problems)
    }
    /// `owner` asks for all of these.
    pub(crate) fn asks(&self, owner: BodyOwner, asked: &[Asked]) {
        if !asked.is_empty() {
            self.lock().entry(owner).or_default().extend(asked);
        }
    }
    /// What `owner` asked for is found out anew.
    pub(super) fn forget(&mut self, number: Option<usize>, owner: BodyOwner) {
        if let Some(asked) = number.and_then(|number| self.before.of_bodies.get_mut(number)) {
            asked.clear();
        }
        if let BodyOwner::Fn(f) = owner {
            self.before.of_dependencies.remove(&f);
        }
    }
    /// What each body and each function of a dependency asked for, now and before, sorted.
    pub(super) fn take_asked(&mut self, owners: &[BodyOwner]) -> AllAsked {
        let mut new = std::mem::take(&mut *self.lock());
        let mut of_bodies = std::mem::take(&mut self.before.of_bodies);
        of_bodies.resize_with(owners.len(), Vec::new);
        for (owner, asked) in owners.iter().zip(&mut of_bodies) {
            if let Some(new) = new.remove(owner) {
                add(asked, new);
            }
        }
        let mut of_dependencies = std::mem::take(&mut self.before.of_dependencies);
        for (owner, asked) in new {
            if let BodyOwner::Fn(f) = owner {
                add(of_dependencies.entry(f).or_default(), asked);
            }
        }
        let mut of_dependencies: Vec<(FnId, Vec<Asked>)> = of_dependencies.into_iter().collect();
        of_dependencies.sort_unstable();
        (of_bodies, of_dependencies)
    }
    fn lock(&self) -> std::sync::MutexGuard<'_, FxHashMap<BodyOwner, FxHashSet<Asked>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(asked: &mut Vec<Asked>, new: FxHashSet<Asked>) {
    asked.extend(new);
    asked.sort_unstable();
    asked.dedup();
}
