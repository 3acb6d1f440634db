//! What is known of a definition, whenever its crate was loaded.

use std::ops::Deref;

use toecap_knowledge::{Entry, Facts};

use super::FactIndex;
use crate::names::Names;
use crate::{AdtId, CrateId, CrateOrigin, FnCallee, FnId, World};

/// Answers from a [`FactIndex`]. Of a crate that was loaded after it was made, its own rows apply to its own definitions; they are
/// resolved now, so that no answer depends on what else leads to that crate.
#[derive(Clone, Copy)]
pub struct Lookup<'a> {
    index: &'a FactIndex,
    world: &'a World<'a>,
}

impl Deref for Lookup<'_> {
    type Target = FactIndex;

    fn deref(&self) -> &FactIndex {
        self.index
    }
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(index: &'a FactIndex, world: &'a World<'a>) -> Self {
        Self { index, world }
    }

    /// The rows of a crate that was loaded later.
    fn later(&self, id: CrateId) -> Option<&'a FactIndex> {
        if self.index.indexed.contains(&id) {
            return None;
        }
        let rows = self.index.later.get(id.0 as usize)?.get_or_init(|| {
            let mut rows = FactIndex::default();
            rows.add_crate(self.world, &Names::new(self.world), id);
            Box::new(rows)
        });
        Some(rows)
    }

    fn of<T>(&self, id: CrateId, find: impl Fn(&'a FactIndex) -> Option<T>) -> Option<T> {
        self.later(id).and_then(&find).or_else(|| find(self.index))
    }

    /// The row about what a call calls.
    pub fn entry_of(&self, callee: &FnCallee) -> Option<&'static Entry> {
        if let Some(adt) = callee.self_ty.and_then(|t| t.peel_refs().as_adt()).map(|(adt, _)| adt) {
            let row = |index: &FactIndex| index.trait_fns.get(&(callee.f, adt)).copied();
            let of_trait = || self.later(callee.f.krate).and_then(row);
            if let Some(entry) = self.of(adt.krate, row).or_else(of_trait) {
                return Some(entry);
            }
        }
        callee.runs.and_then(|f| self.entry_of_fn(f)).or_else(|| self.entry_of_fn(callee.f))
    }
    fn entry_of_fn(&self, f: FnId) -> Option<&'static Entry> {
        self.of(f.krate, |index| index.fns.get(&f).copied())
    }
    /// Facts about what a call calls.
    pub fn of_callee(&self, callee: &FnCallee) -> Option<&'static Facts> {
        self.entry_of(callee).map(|e| &e.facts)
    }
    /// Facts about a function.
    pub fn of_fn(&self, f: FnId) -> Option<&'static Facts> {
        self.entry_of_fn(f).map(|e| &e.facts)
    }
    /// The row about a type.
    pub fn entry_of_type(&self, adt: AdtId) -> Option<&'static Entry> {
        self.of(adt.krate, |index| index.types.get(&adt).copied())
    }
    /// Facts about a type.
    pub fn of_type(&self, adt: AdtId) -> Option<&'static Facts> {
        self.entry_of_type(adt).map(|e| &e.facts)
    }
    /// Is it a socket that connections are accepted from?
    pub fn is_listener(&self, adt: AdtId) -> bool {
        self.of(adt.krate, |index| index.listeners.contains(&adt).then_some(())).is_some()
    }
    /// Are the facts about this crate the whole story?
    pub fn is_complete(&self, id: CrateId) -> bool {
        let input = self.world.input(id);
        input.origin == CrateOrigin::Dependency && self.world.knowledge().crate_facts(input.name.as_str()).complete
    }
}
