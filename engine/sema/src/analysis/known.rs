//! What is known of all bodies together, now or since an earlier run, and handed from one run to the next.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Analysis;
use crate::effects::{Alone, AlonePart, Conversions, Dependencies, FactIndex, KeptAlone};
use crate::watch::{Asked, read};
use crate::{AdtId, BodyOwner, Callee, CrateId, FnId, ImplId, TraitId, TypedBody};

/// Impls of traits of the workspace, and conversions.
type KeptImpls = (Vec<(TraitId, Vec<ImplId>)>, Vec<(AdtId, String, Vec<ImplId>)>);

impl Analysis<'_> {
    /// Takes what an earlier run found out.
    pub(crate) fn revive(
        &mut self,
        facts: FactIndex,
        own_impls: Vec<(TraitId, Vec<ImplId>)>,
        conversions: Conversions,
        dependencies: Dependencies,
    ) {
        self.facts = facts;
        self.own_impls = own_impls.into_iter().collect();
        self.conversions = conversions;
        self.dependencies = dependencies;
        self.is_resumed = true;
    }
    /// Impls of traits of the workspace, and conversions, as they are kept.
    pub(crate) fn kept_impls(&self) -> KeptImpls {
        let mut own: Vec<(TraitId, Vec<ImplId>)> = self.own_impls.iter().map(|(tr, all)| (*tr, all.clone())).collect();
        own.sort_unstable();
        (own, self.conversions.kept())
    }
    pub(crate) fn kept_alone(&self) -> Option<KeptAlone> {
        self.alone.get().map(Alone::kept)
    }
    pub(crate) fn set_alone(&mut self, alone: Alone) {
        self.alone = OnceLock::from(alone);
    }
    /// What every body has to say of start-up code.
    pub(crate) fn alone_parts(&self) -> Vec<Arc<AlonePart>> {
        let part = |number: usize| {
            let make = || {
                let body = self.numbered(number);
                Arc::new(body.map(|body| self.alone_part(&body)).unwrap_or_default())
            };
            self.parts.of(number).alone.get_or_init(make).clone()
        };
        (0..self.bodies.owners().len()).into_par_iter().map(part).collect()
    }
    /// The functions of the workspace that each body calls.
    pub(crate) fn all_calls(&self) -> Vec<Arc<[FnId]>> {
        let calls = |number: usize| {
            let make = || self.numbered(number).map(|body| self.calls_in(&body)).unwrap_or_default();
            self.parts.of(number).calls.get_or_init(make).clone()
        };
        (0..self.bodies.owners().len()).into_par_iter().map(calls).collect()
    }
    /// The functions of the workspace that a body calls, sorted.
    pub(crate) fn calls_in(&self, body: &TypedBody) -> Arc<[FnId]> {
        let called = body.types.callees.values().filter_map(|callee| match callee {
            Callee::Fn(callee) => self.runs(callee),
            _ => None,
        });
        let mut called: Vec<FnId> = called.filter(|f| self.number_of(BodyOwner::Fn(*f)).is_some()).collect();
        called.sort_unstable();
        called.dedup();
        called.into()
    }
    /// The bodies of the workspace that call `f`, in order.
    pub(crate) fn callers_of(&self, f: FnId) -> Vec<Arc<TypedBody>> {
        read(Asked::Callers(f));
        let callers = self.callers.get_or_init(|| {
            let mut callers: FxHashMap<FnId, Vec<usize>> = FxHashMap::default();
            for (number, called) in self.all_calls().iter().enumerate() {
                called.iter().for_each(|f| callers.entry(*f).or_default().push(number));
            }
            callers
        });
        let owners = callers.get(&f).into_iter().flatten().map(|number| self.bodies.owners()[*number]);
        owners.filter_map(|owner| self.body(owner)).collect()
    }
    pub(crate) fn concurrent_crates(&self) -> FxHashSet<CrateId> {
        let all = self.bodies.owners().iter().enumerate();
        all.filter(|(number, _)| self.parts.of(*number).is_concurrent).map(|(_, owner)| owner.krate()).collect()
    }
    pub(crate) fn is_resumed(&self) -> bool {
        self.is_resumed
    }
    /// The numbers of the bodies that were looked at: all, or those that may be different from an earlier run.
    pub fn looked_at(&self) -> &[usize] {
        self.parts.stale()
    }
}
