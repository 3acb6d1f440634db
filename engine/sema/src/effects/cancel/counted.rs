//! Calls that say how much of a buffer they have moved, whoever implements them.
//!
//! ```text
//! while !rest.is_empty() {
//!     let n = half.send(rest).await?;      // a part of it is sent, whatever `half` is
//!     rest = &rest[n..];
//! }
//! link.write_all(&message).await?          // a trait's: bytes that are only lent cannot be sent by anybody else
//! ```

use std::sync::Arc;

use toecap_ir::{BinaryOp, Expr, ExprId, Mutability};
use toecap_knowledge::{TakeKind, Verdict};

use super::future::receiver_or_first;
use super::moves::{Asker, Moved, is_lent};
use super::{CancelReason, CancelVerdict};
use crate::effects::call_args;
use crate::effects::summary::{Step, StepKind, callee_span};
use crate::flow::Aliases;
use crate::{Analysis, Container, FnCallee, LocalId, Prim, Ty, TyKind, TypedBody};

impl Analysis<'_> {
    /// What an awaited call has moved of a buffer of bytes that its caller goes on with where it has stopped.
    pub(super) fn moved_by_count(&self, asker: Asker<'_>, call: ExprId, callee: &FnCallee) -> Option<Moved> {
        let Asker { body, aliases } = asker;
        let types = &body.types;
        if !types.futures.contains_key(&call) {
            return None;
        }
        let on = receiver_or_first(body, call)?;
        if !callee.receiver.map_or_else(|| is_lent(self, types.expr_tys[on.index()]), |ty| is_lent(self, ty)) {
            return None;
        }
        let arg = call_args(&types.body[call]).iter().copied().find(|a| *a != on && self.is_rest(body, *a))?;
        let kind = match bytes_lent(types.expr_tys[arg.index()])? {
            Mutability::Mut => TakeKind::Fill,
            Mutability::Shared => TakeKind::Into,
        };
        let is_awaited = |(_, expr): &(_, &Expr)| matches!(expr, Expr::Await { expr, .. } if *expr == call);
        let (awaited, _) = types.body.exprs.iter().find(is_awaited)?;
        if !self.counts(types.expr_tys[awaited.index()]) {
            return None;
        }
        let name = self.world().func(callee.f).name;
        let lost = match kind {
            TakeKind::Into => format!("the rest of what `{name}` has begun to write"),
            _ => format!("bytes that `{name}` had taken out"),
        };
        let from = aliases.place(body, on)?;
        let at = body.at(callee_span(&types.body, call));
        let step = Step { at, callee: self.world().fn_name(callee.f), kind: StepKind::Call };
        Some(Moved { kind, lost, steps: vec![step], from, with: Some(arg) })
    }

    /// `usize`, or a result of it.
    fn counts(&self, ty: Ty) -> bool {
        match ty.kind() {
            TyKind::Prim(prim) => *prim == Prim::Usize,
            TyKind::Adt(adt, args) if self.world().lang().result == Some(*adt) => {
                args.first().is_some_and(|ty| self.counts(*ty))
            }
            _ => false,
        }
    }

    /// The part of a buffer that is left: `rest`, which is made shorter somewhere, or `&bytes[at..]` with an `at` that grows.
    fn is_rest(&self, body: &TypedBody, arg: ExprId) -> bool {
        if bytes_lent(body.types.expr_tys[arg.index()]).is_none() {
            return false;
        }
        match &body.types.body[arg] {
            Expr::Path(_) => body.local(arg).is_some_and(|rest| is_shortened(body, rest)),
            Expr::Ref { expr, .. } => match &body.types.body[*expr] {
                Expr::Index { index, .. } => start_of(body, *index).is_some_and(|at| grows(body, at)),
                _ => false,
            },
            _ => false,
        }
    }

    /// What the name of a trait's method promises, whoever implements it, where it works on bytes that are only lent to it.
    pub(super) fn verdict_by_contract(
        &self,
        body: &TypedBody,
        call: ExprId,
        callee: &FnCallee,
    ) -> Option<CancelVerdict> {
        let world = self.world();
        let types = &body.types;
        let wanted = match world.func(callee.f).name.as_str() {
            "write_all" => Mutability::Shared,
            "read_exact" => Mutability::Mut,
            _ => return None,
        };
        let is_lent = world.fn_sig(callee.f).params.iter().any(|ty| bytes_lent(*ty) == Some(wanted));
        let is_of_trait = matches!(world.func(callee.f).container, Container::Trait(_));
        if !is_of_trait || !is_lent || !types.futures.contains_key(&call) || self.is_in_memory(callee) {
            return None;
        }
        let writes = wanted == Mutability::Shared;
        let lost = match writes {
            true => "an unknown part of it may be written; a retry begins again",
            false => "the bytes that have been read already",
        };
        let at = body.at(callee_span(&types.body, call));
        let step = Step { at, callee: world.fn_name(callee.f), kind: StepKind::Call };
        let place = receiver_or_first(body, call).and_then(|on| Aliases::new(world, body).place(body, on));
        let reason = CancelReason { lost: lost.to_owned(), steps: vec![step], writes, place, held_at: None };
        Some(CancelVerdict { verdict: Verdict::Unsafe, reason: Some(Arc::new(reason)) })
    }
}

/// `&[u8]`, `&mut [u8]`, `&Vec<u8>`: how it is lent.
fn bytes_lent(ty: Ty) -> Option<Mutability> {
    let TyKind::Ref(inner, mutability) = ty.kind() else { return None };
    let is_bytes = match inner.kind() {
        TyKind::Slice(item) | TyKind::Array(item, _) => item.is_byte(),
        TyKind::Adt(_, args) => args.first().is_some_and(|item| item.is_byte()),
        _ => false,
    };
    is_bytes.then_some(*mutability)
}

/// The variable that a range begins with.
fn start_of(body: &TypedBody, range: ExprId) -> Option<LocalId> {
    match &body.types.body[range] {
        Expr::Range { start: Some(start), .. } => body.local(*start),
        _ => None,
    }
}

/// `at += n`
fn grows(body: &TypedBody, at: LocalId) -> bool {
    body.types.body.exprs.iter().any(|(_, expr)| match expr {
        Expr::Binary { op: BinaryOp::AddAssign, lhs, .. } => body.local(*lhs) == Some(at),
        _ => false,
    })
}

/// `rest = &rest[n..]`, `rest = rest.split_at(n).1`
fn is_shortened(body: &TypedBody, rest: LocalId) -> bool {
    body.types.body.exprs.iter().any(|(_, expr)| match expr {
        Expr::Assign { place, value } => body.local(*place) == Some(rest) && begins_with(body, *value, rest, 0),
        _ => false,
    })
}

/// Is the value a part of what the variable holds?
fn begins_with(body: &TypedBody, value: ExprId, rest: LocalId, depth: u32) -> bool {
    let inner = match &body.types.body[value] {
        Expr::Path(_) => return body.local(value) == Some(rest) && depth > 0,
        Expr::Ref { expr, .. } | Expr::Field { base: expr, .. } | Expr::Index { base: expr, .. } => *expr,
        Expr::MethodCall(call) => call.receiver,
        _ => return false,
    };
    depth < 8 && begins_with(body, inner, rest, depth + 1)
}
