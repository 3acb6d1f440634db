//! Messages that are not lost where sending them is cut.

use toecap_ir::{Expr, ExprId};

use super::cancel::CancelReason;
use super::exec::call_args;
use crate::flow::{Aliases, bound_locals};
use crate::{Ty, TypedBody};

/// A function that sends a message of its own over a channel: who gives it a deadline gives the request up, not the message.
pub(super) fn is_request(reason: &CancelReason) -> bool {
    let leaf = reason.steps.last().map_or("", |step| step.callee.as_str());
    reason.steps.len() > 1 && leaf.contains("::mpsc::") && leaf.ends_with("::send")
}

/// `tx.send(message.clone())`: whoever is cut still has the message. `tx.send(())`: there is none.
pub(super) fn is_sent_for_nothing(
    body: &TypedBody,
    aliases: &Aliases,
    operation: ExprId,
    reason: &CancelReason,
) -> bool {
    let is_nothing = |arg: &ExprId| body.types.expr_tys[arg.index()] == Ty::unit();
    let args = call_args(&body.types.body[operation]);
    let is_alone = reason.steps.len() == 1 && reason.held_at.is_none() && !reason.writes && !args.is_empty();
    is_alone && (args.iter().all(|arg| is_copy(body, aliases, *arg)) || args.iter().all(is_nothing))
}

/// `message.clone()`, or a variable that got such a copy: `while let Some(next) = queue.front().cloned()`
fn is_copy(body: &TypedBody, aliases: &Aliases, expr: ExprId) -> bool {
    let tree = &body.types.body;
    match &tree[expr] {
        Expr::MethodCall(call) => matches!(call.name.as_str(), "clone" | "cloned"),
        Expr::Path(_) => {
            let Some(local) = body.local(expr) else { return false };
            let binds = |pat| {
                let mut bound = Vec::new();
                bound_locals(body, pat, &mut bound);
                bound.contains(&local)
            };
            let copies = |value: ExprId| matches!(tree[value], Expr::MethodCall(_)) && is_copy(body, aliases, value);
            aliases.value(local).is_some_and(copies)
                || tree.exprs.iter().any(|(_, expr)| match expr {
                    Expr::Let { pat, expr } => copies(*expr) && binds(*pat),
                    _ => false,
                })
        }
        _ => false,
    }
}

/// `select! { _ = tx.send(message) => {} default => {} }` sends if there is room, and means it.
pub(super) fn is_send(reason: &CancelReason) -> bool {
    reason.steps.len() == 1 && is_message(reason)
}

/// A message that some function sends: a test that races it with something else is about what then becomes of it.
pub(super) fn is_message(reason: &CancelReason) -> bool {
    let leaf = reason.steps.last().map_or("", |step| step.callee.as_str());
    !reason.writes && leaf.ends_with("::send")
}
