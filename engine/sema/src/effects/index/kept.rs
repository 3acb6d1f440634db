//! What the index keeps for the next run, and whether it still holds.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use toecap_knowledge::Entry;

use super::FactIndex;
use crate::names::Names;
use crate::{AdtId, CrateId, FnId, World};

/// The rows that apply, as they are kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct KeptFacts {
    fns: Vec<(FnId, Row)>,
    trait_fns: Vec<(FnId, AdtId, Row)>,
    types: Vec<(AdtId, Row)>,
    listeners: Vec<AdtId>,
    resolved: Vec<String>,
    indexed: Vec<CrateId>,
}

/// The crate whose facts have the row, and its number there.
type Row = (CrateId, u32);

impl FactIndex {
    /// Do the rows about the workspace's own crates lead where they led, now that these declare something else?
    pub(crate) fn still_holds(&self, world: &World<'_>) -> bool {
        if !world.knowledge().users_entries().is_empty() {
            return false;
        }
        let (mut again, names) = (Self::default(), Names::new(world));
        let mut rows: FxHashSet<*const Entry> = FxHashSet::default();
        for id in world.workspace_crates().into_iter().filter(|id| self.indexed.contains(id)) {
            let facts = world.knowledge().crate_facts(world.input(id).name.as_str());
            again.only = (!world.may_be_named(id)).then_some(id);
            for entry in &facts.entries {
                rows.insert(entry);
                again.add(world, &names, id, entry);
            }
        }
        let is_own = |entry: &&'static Entry| rows.contains(&std::ptr::from_ref(*entry));
        are_same(&self.fns, &again.fns, is_own)
            && are_same(&self.trait_fns, &again.trait_fns, is_own)
            && are_same(&self.types, &again.types, is_own)
            && again.listeners.is_subset(&self.listeners)
            && !self.listeners.iter().any(|adt| adt.is_gone())
    }

    pub(crate) fn kept(&self, world: &World<'_>) -> KeptFacts {
        let mut rows: FxHashMap<*const Entry, Row> = FxHashMap::default();
        let mut indexed: Vec<CrateId> = self.indexed.iter().copied().collect();
        indexed.sort_unstable();
        for krate in &indexed {
            let facts = world.knowledge().crate_facts(world.input(*krate).name.as_str());
            for (number, entry) in facts.entries.iter().enumerate() {
                rows.entry(entry).or_insert((*krate, number as u32));
            }
        }
        let row = |entry: &&'static Entry| rows.get(&std::ptr::from_ref(*entry)).copied();
        let mut kept = KeptFacts {
            fns: self.fns.iter().filter_map(|(f, entry)| Some((*f, row(entry)?))).collect(),
            trait_fns: self.trait_fns.iter().filter_map(|((f, adt), entry)| Some((*f, *adt, row(entry)?))).collect(),
            types: self.types.iter().filter_map(|(adt, entry)| Some((*adt, row(entry)?))).collect(),
            listeners: self.listeners.iter().copied().collect(),
            resolved: self.resolved.iter().map(|path| (*path).to_owned()).collect(),
            indexed,
        };
        kept.fns.sort_unstable();
        kept.trait_fns.sort_unstable();
        kept.types.sort_unstable();
        kept.listeners.sort_unstable();
        kept.resolved.sort_unstable();
        kept
    }

    /// None when the data has not got the rows.
    pub(crate) fn revived(world: &World<'_>, kept: KeptFacts) -> Option<Self> {
        let row = |(krate, number): Row| {
            let facts = world.knowledge().crate_facts(world.input(krate).name.as_str());
            facts.entries.get(number as usize)
        };
        let mut index = Self {
            listeners: kept.listeners.into_iter().collect(),
            indexed: kept.indexed.into_iter().collect(),
            ..Self::blank(world)
        };
        for (f, at) in kept.fns {
            index.fns.insert(f, row(at)?);
        }
        for (f, adt, at) in kept.trait_fns {
            index.trait_fns.insert((f, adt), row(at)?);
        }
        for (adt, at) in kept.types {
            index.types.insert(adt, row(at)?);
        }
        let users = world.knowledge().users_entries().iter().map(|entry| entry.text.as_ref());
        let mut users: FxHashMap<&str, &'static str> = users.map(|text| (text, "")).collect();
        for krate in &index.indexed {
            let facts = world.knowledge().crate_facts(world.input(*krate).name.as_str());
            for entry in &facts.entries {
                if let Some(known) = users.get_mut(entry.text.as_ref()) {
                    *known = entry.text.as_ref();
                }
            }
        }
        index.resolved.extend(kept.resolved.iter().filter_map(|path| users.get(path.as_str()).copied()));
        Some(index)
    }
}

/// Of the rows that are `own`, all that are in one are in the other.
fn are_same<K: Eq + std::hash::Hash>(
    known: &FxHashMap<K, &'static Entry>,
    again: &FxHashMap<K, &'static Entry>,
    is_own: impl Fn(&&'static Entry) -> bool,
) -> bool {
    let known_count = known.values().filter(|entry| is_own(entry)).count();
    known_count == again.len()
        && again.iter().all(|(key, entry)| known.get(key).is_some_and(|other| std::ptr::eq(*other, *entry)))
}
