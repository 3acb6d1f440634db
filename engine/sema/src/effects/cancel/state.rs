//! Who holds what was moved, at one point of the code.

use std::collections::{BTreeMap, BTreeSet};

use toecap_ir::ExprId;

use crate::LocalId;

/// Who holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    /// The value of an expression.
    Value(ExprId),
    /// A variable.
    Local(LocalId),
    /// A place that outlives the code, by its number: a buffer that does not know how much of it is filled.
    Kept(usize),
    /// Whatever it is moved to, if it has been moved at all: a read may have failed, a `poll` may be pending.
    Fresh,
    /// Whoever was written to.
    Peer,
}
/// The holders of each effect, where it has any.
pub(super) type State = BTreeMap<usize, BTreeSet<Holder>>;
pub(super) fn merge(known: &mut State, new: &State) -> bool {
    let mut changed = false;
    for (effect, holders) in new {
        let known = known.entry(*effect).or_default();
        let size = known.len();
        known.extend(holders);
        changed |= known.len() > size;
    }
    changed
}

pub(super) fn replace(state: &mut State, old: Holder, new: &[Holder]) {
    copy(state, old, new, false);
}

pub(super) fn copy(state: &mut State, old: Holder, new: &[Holder], keeps: bool) {
    for holders in state.values_mut() {
        if holders.contains(&old) {
            if !keeps {
                holders.remove(&old);
            }
            holders.extend(new);
        }
    }
    state.retain(|_, holders| !holders.is_empty());
}

pub(super) fn retain(state: &mut State, keep: impl Fn(&Holder) -> bool) {
    for holders in state.values_mut() {
        holders.retain(&keep);
    }
    state.retain(|_, holders| !holders.is_empty());
}
