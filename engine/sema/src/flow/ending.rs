//! Calls that give a place up for good.
//!
//! ```text
//! stream.shutdown().await     nothing is sent over it afterwards
//! pool.discard(connection)
//! ```

use toecap_ir::ExprId;

use crate::{Analysis, Callee, TypedBody};

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
