//! Profiles of functions that call one another: the least fixpoint over the calls, as in [`super::super::solve`].

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::own::{Edge, Own};
use super::{Effect, Handle, Lock, Profile};
use crate::{Analysis, FnId, TypedBody};

/// `self.a.b.c.d`; recursion over a linked structure would make it longer for ever.
const MAX_FIELDS: usize = 4;

struct Node {
    f: FnId,
    body: Arc<TypedBody>,
    own: Own,
    profile: Arc<Profile>,
}

impl Analysis<'_> {
    /// What a function does. One without a body to look at does nothing that is known.
    pub fn profile(&self, f: FnId) -> Arc<Profile> {
        if let Some(found) = self.profiles.get(&f) {
            return found;
        }
        let nodes = self.solve_profiles(f);
        let mut wanted = None;
        for node in nodes {
            let mut profile = Profile::clone(&node.profile);
            profile.sort();
            let profile = Arc::new(profile);
            if node.f == f {
                wanted = Some(profile.clone());
            }
            self.profiles.keep(node.f, profile);
        }
        wanted.unwrap_or_default()
    }

    /// What can be reached from `f` and is not known yet; callees before callers where there is no recursion.
    fn solve_profiles(&self, f: FnId) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut numbers: FxHashMap<FnId, Option<usize>> = FxHashMap::default();
        let mut open: Vec<(Node, usize)> = self.profile_node(f).map(|node| (node, 0)).into_iter().collect();
        numbers.insert(f, None);
        while let Some((node, next)) = open.last_mut() {
            let Some(callee) = node.own.edges.get(*next).map(|edge| edge.f) else {
                if let Some((node, _)) = open.pop() {
                    numbers.insert(node.f, Some(nodes.len()));
                    nodes.push(node);
                }
                continue;
            };
            *next += 1;
            if numbers.contains_key(&callee) || self.profiles.get(&callee).is_some() {
                continue;
            }
            numbers.insert(callee, None);
            open.extend(self.profile_node(callee).map(|node| (node, 0)));
        }
        self.settle_profiles(&mut nodes, &numbers);
        nodes
    }

    fn profile_node(&self, f: FnId) -> Option<Node> {
        let body = self.followed_body(f)?;
        let own = self.own_profile(f, &body);
        Some(Node { f, body, own, profile: Arc::default() })
    }

    fn settle_profiles(&self, nodes: &mut [Node], numbers: &FxHashMap<FnId, Option<usize>>) {
        let mut callers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        for (number, node) in nodes.iter().enumerate() {
            for edge in &node.own.edges {
                if let Some(Some(callee)) = numbers.get(&edge.f) {
                    callers[*callee].push(number);
                }
            }
        }
        let mut open: BTreeSet<usize> = (0..nodes.len()).collect();
        while let Some(number) = open.pop_first() {
            let node = &nodes[number];
            let mut profile = node.own.profile.clone();
            for edge in &node.own.edges {
                let known = match numbers.get(&edge.f) {
                    Some(Some(number)) => nodes[*number].profile.clone(),
                    _ => self.profiles.get(&edge.f).unwrap_or_default(),
                };
                self.take_over(&node.body, edge, &known, &mut profile);
            }
            if !profile.is_same(&node.profile) {
                nodes[number].profile = Arc::new(profile);
                open.extend(&callers[number]);
            }
        }
    }

    fn take_over(&self, body: &TypedBody, edge: &Edge, callee: &Profile, profile: &mut Profile) {
        for (effect, work) in callee.effects() {
            let effect = match effect {
                Effect::Locks(lock) => Effect::Locks(self.lock_at_call(body, edge, lock)),
                Effect::Spawns(kind, Handle::Returned) => Effect::Spawns(*kind, self.fate_of(body, edge.call)),
                other => other.clone(),
            };
            profile.add(effect, Arc::new(work.called_at(&edge.step)));
        }
    }

    /// The caller's name for a lock of the callee's.
    fn lock_at_call(&self, body: &TypedBody, edge: &Edge, lock: &Lock) -> Lock {
        let callee = self.followed_body(edge.f);
        let place = lock.place.as_ref().zip(callee);
        let place = place.and_then(|(place, callee)| self.place_at_call(body, edge.call, &callee, place));
        let place = place.filter(|place| place.fields.len() <= MAX_FIELDS);
        Lock { place, guard: lock.guard }
    }
}
