//! Calls of which nobody knows what implementation runs: what the futures of all implementations lose.
//!
//! ```text
//! trait Transport { async fn recv(&mut self) -> Frame; }     implemented for Tcp and Pipe, and both lose bytes
//! select! { frame = transport.recv() => .., _ = tick => .. }  loses them, whichever it is
//! ```

use std::sync::Arc;

use toecap_ir::ExprId;
use toecap_knowledge::Verdict;

use super::future::receiver_or_first;
use super::{CancelReason, CancelVerdict, Trail};
use crate::flow::Aliases;
use crate::{Analysis, FnCallee, TypedBody};

impl Analysis<'_> {
    /// The verdict of a method that the workspace implements several times, when all of them lose data; the shortest way to it.
    pub(super) fn verdict_of_all(
        &self,
        body: &TypedBody,
        call: ExprId,
        callee: &FnCallee,
        trail: &mut Trail,
    ) -> Option<CancelVerdict> {
        let on = receiver_or_first(body, call).and_then(|on| Aliases::new(self.world(), body).place(body, on))?;
        let mut shortest: Option<Arc<CancelReason>> = None;
        for f in self.targets(callee) {
            let found = self.verdict_of_fn(body, call, f, trail)?;
            let reason = found.reason.filter(|_| found.verdict == Verdict::Unsafe)?;
            // What goes with the future is nobody's loss.
            reason.place.as_ref().filter(|place| on.contains(place))?;
            if shortest.as_ref().is_none_or(|known| reason.steps.len() < known.steps.len()) {
                shortest = Some(reason);
            }
        }
        // They work on fields of their own.
        let reason = CancelReason { place: Some(on), ..(*shortest?).clone() };
        Some(CancelVerdict { verdict: Verdict::Unsafe, reason: Some(Arc::new(reason)) })
    }
}
