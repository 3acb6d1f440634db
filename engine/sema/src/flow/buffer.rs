//! What code wants of a buffer that it names.
//!
//! ```text
//! parse(&buf)                     what is in it
//! r.read_exact(&mut buf)          nothing: it fills it anew
//! buf.len()                       nothing of what is in it
//! ```

use toecap_ir::{Expr, ExprId, Mutability};
use toecap_knowledge::TakeKind;

use super::cancel::Cut;
use super::place::is_named;
use crate::{Analysis, Callee, TyKind};

/// Why a buffer is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mention {
    /// For what is in it.
    Shown,
    /// To put something else there.
    Overwritten,
    /// For its size; to print it.
    Other,
}

/// Why the expression names the buffer of a cut, if it does.
pub(super) fn mention(analysis: &Analysis<'_>, cut: &Cut<'_>, expr: ExprId) -> Option<Mention> {
    match wanted(analysis, cut, expr)? {
        Mention::Shown if is_in_error(cut, expr) => Some(Mention::Other),
        mention => Some(mention),
    }
}

/// `Err(Failed(buf))`: the caller hears that it failed, and with what.
fn is_in_error(cut: &Cut<'_>, expr: ExprId) -> bool {
    let types = &cut.body.types;
    let mut at = expr;
    for _ in 0..8 {
        let Some(parent) = cut.regions.parent(at) else { return false };
        if matches!(types.callees.get(&parent), Some(Callee::Ctor(..))) && is_named(cut.body, parent, "Err") {
            return true;
        }
        at = parent;
    }
    false
}

fn wanted(analysis: &Analysis<'_>, cut: &Cut<'_>, expr: ExprId) -> Option<Mention> {
    let types = &cut.body.types;
    let tree = &types.body;
    if !matches!(tree[expr], Expr::Path(_) | Expr::Field { .. })
        || !cut.aliases.place(cut.body, expr).is_some_and(|place| cut.place.contains(&place))
    {
        return None;
    }
    let mut at = expr;
    for _ in 0..8 {
        let Some(parent) = cut.regions.parent(at) else { break };
        match &tree[parent] {
            Expr::Ref { .. } | Expr::Field { .. } | Expr::Unary(..) => {}
            Expr::Index { base, .. } if *base == at => {}
            Expr::MethodCall(call) if call.receiver == at => return Some(by_method(call.name.as_str())),
            Expr::Assign { place, .. } if *place == at => return Some(Mention::Overwritten),
            // Whoever prints it wants to see what has come.
            Expr::MacroCall(_) => return Some(Mention::Other),
            Expr::Call { .. } | Expr::MethodCall(_) => {
                let Some(Callee::Fn(callee)) = types.callees.get(&parent) else { break };
                let Some(facts) = analysis.facts().of_callee(callee) else { break };
                let is_lent = matches!(types.expr_tys[at.index()].kind(), TyKind::Ref(_, Mutability::Mut));
                return Some(match facts.take() {
                    Some(take) if take.kind == TakeKind::Fill && is_lent => Mention::Overwritten,
                    _ if facts.ending().is_some() => Mention::Other,
                    _ => Mention::Shown,
                });
            }
            _ => break,
        }
        at = parent;
    }
    Some(Mention::Shown)
}

fn by_method(name: &str) -> Mention {
    match name {
        "clear" | "fill" | "zeroize" => Mention::Overwritten,
        "capacity" | "reserve" | "truncate" | "resize" | "is_empty" | "len" | "shrink_to_fit" | "set_len" => {
            Mention::Other
        }
        _ => Mention::Shown,
    }
}
