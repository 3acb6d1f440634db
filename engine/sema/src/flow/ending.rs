//! Calls that give a place up for good, or to a closure.
//!
//! ```text
//! stream.shutdown().await     nothing is sent over it afterwards
//! pool.discard(connection)
//! ```

use toecap_ir::{Expr, ExprId, Mutability};

use crate::walk::each_child;
use crate::{Analysis, Callee, TyKind, TypedBody};

/// Does the call end the place that it gets?
pub(super) fn is_ending(analysis: &Analysis<'_>, body: &TypedBody, call: ExprId) -> bool {
    let Some(Callee::Fn(callee)) = body.types.callees.get(&call) else { return false };
    if analysis.facts().of_callee(callee).is_some_and(|f| f.ending().is_some()) {
        return true;
    }
    let name = analysis.world().func(callee.f).name;
    let words = [
        "shutdown",
        "close",
        "abort",
        "disconnect",
        "discard",
        "kill",
        "reset",
        "terminate",
        "reconnect",
        "poison",
        "invalidate",
        "fail",
        "remove",
        "drop",
        "mark_broken",
        "set_closed",
        "goodbye",
        "destroy",
    ];
    words.iter().any(|word| name.as_str().split('_').any(|part| part == *word) || name.as_str() == *word)
}

/// `log.as_mut().map(|log| (log, name))`: a closure gets the place, and does not end it.
pub(super) fn hands_on(analysis: &Analysis<'_>, body: &TypedBody, call: ExprId) -> bool {
    let Expr::MethodCall(method) = &body.types.body[call] else { return false };
    let is_lent = body.types.expr_tys[method.receiver.index()]
        .as_adt()
        .and_then(|(_, args)| args.first())
        .is_some_and(|ty| matches!(ty.kind(), TyKind::Ref(_, Mutability::Mut)));
    let gives = matches!(method.name.as_str(), "map" | "and_then" | "map_or" | "map_or_else");
    let is_closure = |arg: &ExprId| matches!(body.types.body[*arg], Expr::Closure(_));
    is_lent && gives && method.args.iter().any(is_closure) && !ends_in(analysis, body, call)
}

fn ends_in(analysis: &Analysis<'_>, body: &TypedBody, expr: ExprId) -> bool {
    let mut found = is_ending(analysis, body, expr);
    each_child(&body.types.body, expr, &mut |child| found = found || ends_in(analysis, body, child));
    found
}
