//! Futures that are raced by reference, and left before their end.
//!
//! ```text
//! loop {
//!     let read = stream.read_exact(&mut head);
//!     pin!(read);
//!     select! { done = &mut read => .., _ = tick.tick() => {} }       after a tick nobody polls `read` again: it ends with the round
//! }
//! ```

use toecap_ir::{Expr, ExprId, Mutability};

use crate::flow::{Aliases, FlowGraph, FlowStep, NodeId, Way};
use crate::{LocalId, TypedBody};

/// A future in a variable that is only lent.
pub(super) struct Lent {
    /// What makes it.
    pub(super) made: ExprId,
    /// The variable that it ends with.
    owner: LocalId,
    /// What it is called by.
    names: Vec<LocalId>,
}

impl Lent {
    /// The future behind `&mut read` and `read.as_mut()`.
    pub(super) fn of(body: &TypedBody, aliases: &Aliases, future: ExprId) -> Option<Self> {
        let types = &body.types;
        let named = match &types.body[future] {
            Expr::Ref { expr, mutability: Mutability::Mut, .. } => *expr,
            Expr::MethodCall(call) if call.name.as_str() == "as_mut" => call.receiver,
            _ => return None,
        };
        let local = body.local(named)?;
        let data = |local: LocalId| &types.locals[local.0 as usize];
        // `pin!(read);` has declared another variable of the name.
        let owner = match data(local).pat {
            Some(_) => local,
            None => {
                let earlier = (0..local.0).rev().map(LocalId);
                earlier.into_iter().find(|l| data(*l).name == data(local).name && data(*l).pat.is_some())?
            }
        };
        let value = aliases.value(owner)?;
        let made = match &types.body[value] {
            Expr::MacroCall(_) => body.pinned(value)?,
            _ => value,
        };
        Some(Self { made, owner, names: vec![local, owner] })
    }

    /// Where it is dropped, on ways from `start` on which nobody polls it again.
    pub(super) fn left(&self, body: &TypedBody, graph: &FlowGraph, start: NodeId) -> Vec<NodeId> {
        let Some(scope) = graph.local_scopes.get(&self.owner) else { return Vec::new() };
        let mut left = Vec::new();
        graph.leads(start, |id, step| match step {
            FlowStep::Eval(expr) if body.local(expr).is_some_and(|local| self.names.contains(&local)) => Way::Over,
            FlowStep::EndScope(ended) if ended == *scope => {
                left.push(id);
                Way::Over
            }
            _ => Way::On,
        });
        left.sort_unstable();
        left
    }
}
