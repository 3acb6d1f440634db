//! State that is changed before a suspension and put right after it.
//!
//! ```text
//! self.in_flight += 1;
//! let answer = self.ask().await;      // dropped here, the count stays too high
//! self.in_flight -= 1;
//! ```

use std::sync::Arc;

use rustc_hash::FxHashSet;
use toecap_ir::{BinaryOp, Expr, ExprId};
use toecap_knowledge::Verdict;

use super::carry::Carry;
use super::{CancelReason, CancelVerdict};
use crate::Analysis;
use crate::effects::summary::{Step, StepKind};
use crate::flow::{FlowStep, NodeId, Place, suspension_span};

/// How a place is changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Up,
    Down,
}

struct Write {
    node: NodeId,
    expr: ExprId,
    place: Place,
    change: Change,
}

impl Analysis<'_> {
    /// Counters that stay wrong.
    pub(super) fn torn_state(&self, carry: &Carry<'_, '_>) -> CancelVerdict {
        let writes = self.counter_writes(carry);
        for first in &writes {
            for second in &writes {
                let undoes = first.change != second.change && first.place == second.place;
                if undoes && let Some(at) = suspension_between(carry, first.node, second.node) {
                    let body = carry.body;
                    let step = Step {
                        at: body.at(body.types.body.span(first.expr)),
                        callee: "a change that is undone later".to_owned(),
                        kind: StepKind::Own,
                    };
                    let name = first.place.text(body).unwrap_or_else(|| "the counter".to_owned());
                    let reason = CancelReason {
                        lost: format!("the change that puts `{name}` right again"),
                        steps: vec![step],
                        writes: false,
                        place: Some(first.place.clone()),
                        held_at: Some(body.at(suspension_span(body, at))),
                    };
                    return CancelVerdict { verdict: Verdict::Unsafe, reason: Some(Arc::new(reason)) };
                }
            }
        }
        CancelVerdict::safe()
    }

    /// `self.n += 1`, `self.n.fetch_add(1, ..)` on what outlives the code.
    fn counter_writes(&self, carry: &Carry<'_, '_>) -> Vec<Write> {
        let mut writes = Vec::new();
        for (node, data) in carry.graph.iter() {
            let FlowStep::Eval(expr) = data.step else { continue };
            let (target, change) = match &carry.body.types.body[expr] {
                Expr::Binary { op: BinaryOp::AddAssign, lhs, .. } => (*lhs, Change::Up),
                Expr::Binary { op: BinaryOp::SubAssign, lhs, .. } => (*lhs, Change::Down),
                Expr::MethodCall(call) => match call.name.as_str() {
                    "fetch_add" => (call.receiver, Change::Up),
                    "fetch_sub" => (call.receiver, Change::Down),
                    _ => continue,
                },
                _ => continue,
            };
            if let Some(place) = carry.aliases.place(carry.body, target)
                && self.outlives(carry.body, &place)
            {
                writes.push(Write { node, expr, place, change });
            }
        }
        writes
    }
}

/// A suspension on a way from one node to another.
fn suspension_between(carry: &Carry<'_, '_>, from: NodeId, to: NodeId) -> Option<ExprId> {
    let mut found = None;
    let mut seen: FxHashSet<(NodeId, Option<ExprId>)> = FxHashSet::default();
    let mut open: Vec<(NodeId, Option<ExprId>)> = carry.graph.node(from).next.iter().map(|n| (*n, None)).collect();
    while let Some((id, waited)) = open.pop() {
        if !seen.insert((id, waited)) || id == from {
            continue;
        }
        if id == to {
            if let Some(at) = waited {
                let lo = |e: ExprId| carry.body.types.body.span(e).lo();
                found = Some(found.map_or(at, |known| if lo(at) < lo(known) { at } else { known }));
            }
            continue;
        }
        let waited = match carry.graph.node(id).step {
            FlowStep::Suspend(at) => waited.or(Some(at)),
            _ => waited,
        };
        open.extend(carry.graph.node(id).next.iter().map(|n| (*n, waited)));
    }
    found
}
