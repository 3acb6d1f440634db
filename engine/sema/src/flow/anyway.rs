//! What code does whether an operation was cut or not: it says nothing of the cut.
//!
//! ```text
//! let is_cut = timeout(D, self.stream.write_all(b)).await.is_err();
//! self.sent = n;                          anyway
//! if is_cut { self.is_torn = true; }      not
//! ```

use rustc_hash::FxHashSet;

use super::cancel::Cut;
use super::{Exit, FlowStep, NodeId};

/// Does every way on from a cut lead through a node, failures apart?
pub(super) fn happens_anyway(cut: &Cut<'_>, wanted: NodeId) -> bool {
    let mut seen: FxHashSet<NodeId> = FxHashSet::from_iter([wanted]);
    let mut open = cut.graph.node(cut.start).next.clone();
    while let Some(id) = open.pop() {
        if id == cut.start || matches!(cut.graph.node(id).step, FlowStep::Exit(Exit::Value(_))) {
            return false;
        }
        if seen.insert(id) {
            open.extend(&cut.graph.node(id).next);
        }
    }
    true
}
