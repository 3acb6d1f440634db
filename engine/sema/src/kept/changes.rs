//! Who asked for what, and what follows from a change.

use rustc_hash::{FxHashMap, FxHashSet};

use super::KeptBody;
use crate::BodyOwner;
use crate::watch::Asked;

/// Who asked for what.
pub(super) struct Askers {
    pub(super) of: FxHashMap<Asked, Vec<BodyOwner>>,
}

/// What is different from the earlier run, and all that may be different for it.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) changed: FxHashSet<Asked>,
    pub(super) affected: FxHashSet<BodyOwner>,
    /// Bodies are gone: what was made of all bodies is made again.
    pub(super) some_are_gone: bool,
}

impl Askers {
    pub(super) fn new<'k>(
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
    /// There was such a body.
    pub(super) fn is_gone(&mut self, body: &KeptBody) {
        self.some_are_gone = true;
        self.changed.insert(Asked::Body(body.owner));
        self.changed.extend(body.calls.iter().map(|f| Asked::Callers(*f)));
        if body.is_concurrent {
            self.changed.insert(Asked::Concurrent(body.owner.krate()));
        }
    }

    /// The bodies that say something else.
    pub(super) fn bodies(&self) -> impl Iterator<Item = BodyOwner> {
        self.changed.iter().filter_map(|changed| match changed {
            Asked::Body(owner) => Some(*owner),
            _ => None,
        })
    }

    /// Adds all that the changes matter to; returns what is new, in order.
    pub(super) fn follow(&mut self, askers: &Askers) -> Vec<BodyOwner> {
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
