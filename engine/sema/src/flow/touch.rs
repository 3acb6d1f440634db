//! Whether a function of the workspace uses a part of what it gets.
//!
//! ```text
//! async fn send(&mut self, b: &[u8]) { self.stream.write_all(b).await }     uses self.stream
//! fn count(&mut self) { self.failures += 1 }                                does not
//! ```

use toecap_ir::{BinaryOp, Expr, ExprId};
use toecap_knowledge::{TakeKind, Verdict};

use super::cancel::Cut;
use super::ending::hands_on;
use super::{Aliases, Base, Place};
use crate::effects::call_args;
use crate::{Analysis, BodyOwner, Callee, FnId, TypedBody};

/// Does a function of the workspace await a part of what it gets, take something out of it or count in it?
pub(super) fn touches(
    analysis: &Analysis<'_>,
    body: &TypedBody,
    f: FnId,
    position: Option<usize>,
    fields: &[toecap_ir::Name],
    depth: u32,
) -> bool {
    if depth > 4 {
        return true;
    }
    let has_self = analysis.world().fn_item(f).receiver.is_some();
    let param = match position {
        None => None,
        Some(0) if has_self && fields.is_empty() => Some(0),
        Some(i) => Some(i),
    };
    let local = match param {
        None => body.types.locals.iter().position(|l| l.name == toecap_ir::sym::SELF_VALUE),
        Some(i) => body.types.body.params.get(i).and_then(|p| body.types.bindings.get(p)).map(|l| l.0 as usize),
    };
    let Some(local) = local else { return true };
    let wanted = Place { base: Base::Local(crate::LocalId(local as u32)), fields: fields.to_vec() };
    let aliases = Aliases::new(analysis.world(), body);
    let tree = &body.types.body;
    let counts = |expr: &Expr| match expr {
        Expr::Binary { op: BinaryOp::AddAssign | BinaryOp::SubAssign, lhs, .. } => {
            aliases.place(body, *lhs).is_some_and(|place| wanted.contains(&place))
        }
        _ => false,
    };
    let goes_into_future = |expr| goes_into_future(analysis, body, &aliases, expr, &wanted);
    if tree.exprs.iter().any(|(id, expr)| counts(expr) || goes_into_future(id)) {
        return true;
    }
    for (call, callee) in body.types.callees.iter() {
        let Callee::Fn(callee) = callee else { continue };
        let receiver = match &tree[*call] {
            Expr::MethodCall(m) => Some(m.receiver),
            _ => None,
        };
        let operands = receiver.iter().map(|r| (None, *r));
        let args = call_args(&tree[*call]).iter().enumerate().map(|(i, a)| (Some(i), *a));
        for (position, operand) in operands.chain(args) {
            let Some(place) = analysis.source_of(body, &aliases, operand) else { continue };
            if !place.overlaps(&wanted) {
                continue;
            }
            let takes =
                || analysis.facts().of_callee(callee).and_then(|f| f.take()).is_some_and(|t| t.kind == TakeKind::Out);
            if wanted.contains(&place) && (body.types.futures.contains_key(call) || takes()) {
                return true;
            }
            let runs = analysis.runs(callee).unwrap_or(callee.f);
            if analysis.world().is_own(runs.krate)
                && runs != f
                && let Some(inner) = analysis.body(BodyOwner::Fn(runs))
            {
                let rest = wanted.fields.get(place.fields.len()..).unwrap_or_default();
                if touches(analysis, &inner, runs, position, rest, depth + 1) {
                    return true;
                }
            }
        }
    }
    false
}

/// `ReadFrame { stream, filled: 0 }`: a future that is written by hand works on it when it is polled.
pub(super) fn goes_into_future(
    analysis: &Analysis<'_>,
    body: &TypedBody,
    aliases: &Aliases,
    expr: ExprId,
    wanted: &Place,
) -> bool {
    let types = &body.types;
    let values: Vec<ExprId> = match &types.body[expr] {
        Expr::Record(literal) => literal.fields.iter().map(|field| field.value).collect(),
        Expr::Call { args, .. } if matches!(types.callees.get(&expr), Some(Callee::Ctor(..))) => args.to_vec(),
        _ => return false,
    };
    let is_given = |value: ExprId| aliases.place(body, value).is_some_and(|place| place.overlaps(wanted));
    values.into_iter().any(is_given) && analysis.is_future_ty(types.expr_tys[expr.index()], 0)
}

/// Does a call after a cut use what it gets: wait for it, or change it?
pub(super) fn uses(
    analysis: &Analysis<'_>,
    cut: &Cut<'_>,
    call: ExprId,
    position: Option<usize>,
    place: &Place,
) -> bool {
    let types = &cut.body.types;
    let Some(Callee::Fn(callee)) = types.callees.get(&call) else { return false };
    let runs = analysis.runs(callee).unwrap_or(callee.f);
    let is_own = analysis.world().is_own(runs.krate);
    // A row knows better than what can be seen.
    let loses =
        |facts: &toecap_knowledge::Facts| facts.cancel().is_some_and(|cancel| cancel.verdict > Verdict::LosesPlace);
    if is_own && analysis.facts().of_callee(callee).is_some_and(loses) {
        return true;
    }
    let own_body = if is_own { analysis.body(BodyOwner::Fn(runs)) } else { None };
    if let Some(body) = own_body {
        let rest = cut.place.fields.get(place.fields.len()..).unwrap_or_default();
        return touches(analysis, &body, runs, position, rest, 0);
    }
    // The place itself or a part of it, not something that has it inside.
    if !cut.place.contains(place) {
        return false;
    }
    if types.futures.contains_key(&call) || hands_on(analysis, cut.body, call) {
        return true;
    }
    let io = ["write", "send", "read", "recv", "poll", "start_send", "flush", "try_send", "try_recv", "feed"];
    let name = analysis.world().func(callee.f).name;
    io.iter().any(|word| name.as_str().starts_with(word))
}
