//! What an operation that may be cut works on.
//!
//! ```text
//! r.read_exact(&mut head)     r, and the buffer `head`
//! copy(&mut a, &mut b)        a, and b as well
//! ```

use toecap_ir::{Expr, ExprId};
use toecap_knowledge::{TakeKind, Verdict};

use super::call_args;
use super::cancel::{CancelReason, is_lent_mutably};
use crate::flow::{Aliases, Base, Place};
use crate::{Analysis, Callee, Ty, TyKind, TypedBody};

impl Analysis<'_> {
    /// The streams that an operation works on besides its first: `b` of `copy(&mut a, &mut b)`.
    pub(super) fn joined_by(
        &self,
        body: &TypedBody,
        aliases: &Aliases,
        operation: ExprId,
        reason: &CancelReason,
    ) -> Vec<Place> {
        let types = &body.types;
        let (Expr::Call { args, .. }, Some(Callee::Fn(callee))) =
            (&types.body[operation], types.callees.get(&operation))
        else {
            return Vec::new();
        };
        let is_known = self.facts().of_callee(callee).is_some_and(|facts| facts.cancel().is_some());
        let is_method = self.world().fn_item(callee.f).receiver.is_some();
        if !is_known || is_method || reason.steps.len() != 1 {
            return Vec::new();
        }
        let lent = args.iter().skip(1).filter(|arg| is_lent_mutably(body, **arg));
        lent.filter_map(|arg| aliases.place(body, *arg)).collect()
    }

    /// The buffer that a read fills which is cut: `buf` of `r.read_exact(&mut buf)`.
    pub(super) fn filled_by(
        &self,
        body: &TypedBody,
        aliases: &Aliases,
        operation: ExprId,
        reason: &CancelReason,
    ) -> Option<Place> {
        let types = &body.types;
        let Some(Callee::Fn(callee)) = types.callees.get(&operation) else { return None };
        let take = self.facts().of_callee(callee).and_then(|f| f.take())?;
        // Tests take what has come.
        let is_meant = body.in_test && self.world().func(callee.f).name.as_str() != "read_exact";
        if take.kind != TakeKind::Fill || reason.steps.len() != 1 || is_meant {
            return None;
        }
        let args = call_args(&types.body[operation]);
        aliases.place(body, *args.iter().rev().find(|arg| is_lent_mutably(body, **arg))?)
    }

    pub(super) fn fills_by_halves(&self, body: &TypedBody, operation: ExprId) -> bool {
        let Some(Callee::Fn(callee)) = body.types.callees.get(&operation) else { return false };
        let facts = self.facts().of_callee(callee);
        facts.and_then(|f| f.take()).is_some_and(|take| take.kind == TakeKind::Fill)
            && facts.and_then(|f| f.cancel()).is_some_and(|cancel| cancel.verdict == Verdict::Partial)
    }

    /// Nobody else sees what is in memory only.
    pub(super) fn is_memory_place(&self, body: &TypedBody, place: &Place) -> bool {
        let Base::Local(local) = place.base else { return false };
        let ty = self.place_ty(body.types.locals[local.0 as usize].ty, &place.fields);
        ty.is_some_and(|ty| self.is_memory_ty(ty, 0) && !self.holds_others(ty))
    }

    /// `Vec<TcpStream>`: its elements are what is written to, or taken out.
    fn holds_others(&self, ty: Ty) -> bool {
        let is_byte = |ty: &Ty| ty.is_byte() || ty.is_unknown();
        match ty.peel_refs().kind() {
            TyKind::Slice(item) | TyKind::Array(item, _) => !is_byte(item),
            TyKind::Adt(adt, args) => {
                let is_queue = || self.world().is_std(adt.krate) && self.world().adt(*adt).name.as_str() == "VecDeque";
                (self.world().lang().vec == Some(*adt) || is_queue()) && args.first().is_some_and(|t| !is_byte(t))
            }
            _ => false,
        }
    }
}

/// `r.read_exact(&mut [0u8; 1])`: one byte comes whole or not at all.
pub(super) fn fills_one(body: &TypedBody, operation: ExprId) -> bool {
    let is_read = matches!(&body.types.body[operation], Expr::MethodCall(call) if call.name.as_str() == "read_exact");
    let is_one = |arg: &ExprId| {
        let ty = body.types.expr_tys.get(arg.index()).map(|ty| ty.peel_refs().kind());
        matches!(ty, Some(TyKind::Array(_, len)) if matches!(len.kind(), TyKind::Const(Some(1))))
    };
    is_read && call_args(&body.types.body[operation]).iter().any(is_one)
}
