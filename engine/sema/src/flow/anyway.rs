//! What code does whether an operation was cut or not: it says nothing of the cut.
//!
//! ```text
//! let is_cut = timeout(D, self.stream.write_all(b)).await.is_err();
//! self.sent = n;                          anyway
//! if is_cut { self.is_torn = true; }      not
//! ```

use super::cancel::Cut;
use super::{Exit, FlowStep, NodeId, Way};

/// Does every way on from a cut lead through a node, failures apart?
pub(super) fn happens_anyway(cut: &Cut<'_>, wanted: NodeId) -> bool {
    !cut.graph.leads(cut.start, |id, step| match step {
        _ if id == wanted => Way::Over,
        _ if id == cut.start => Way::Found,
        FlowStep::Exit(Exit::Value(_)) => Way::Found,
        _ => Way::On,
    })
}
