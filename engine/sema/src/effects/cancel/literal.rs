//! Futures that are made by writing their type down.
//!
//! ```text
//! fn read_frame(s: &mut TcpStream) -> ReadFrame<'_> { ReadFrame { stream: s, head: [0; 8], filled: 0 } }
//! select! { frame = read_frame(&mut conn) => .., }        `self.stream` of its `poll` is `conn`
//! ```

use std::sync::Arc;

use toecap_ir::{Expr, ExprId};

use super::{CancelReason, CancelVerdict, Trail};
use crate::flow::{Aliases, Base, Place};
use crate::{Analysis, LocalId, TypedBody};

impl Analysis<'_> {
    /// The verdict of a future that `Type { .. }` or `Type(..)` makes, in places of the code that writes it.
    pub(super) fn verdict_of_literal(
        &self,
        body: &TypedBody,
        expr: ExprId,
        trail: &mut Trail,
    ) -> Option<CancelVerdict> {
        let ty = *body.types.expr_tys.get(expr.index())?;
        let (adt, _) = ty.as_adt().filter(|(adt, _)| self.world().is_own(adt.krate))?;
        let found = self.verdict_of_future_type(adt, ty, trail)?;
        let Some(reason) = &found.reason else { return Some(found) };
        let place = reason.place.as_ref().and_then(|place| self.place_in_literal(body, expr, place));
        let reason = CancelReason { place, ..(**reason).clone() };
        Some(CancelVerdict { verdict: found.verdict, reason: Some(Arc::new(reason)) })
    }

    /// What a field of the future's `self` was given.
    fn place_in_literal(&self, body: &TypedBody, expr: ExprId, place: &Place) -> Option<Place> {
        if place.base != Base::Local(LocalId(0)) {
            return None;
        }
        let (field, rest) = place.fields.split_first()?;
        let value = match &body.types.body[expr] {
            Expr::Record(literal) => literal.fields.iter().find(|f| f.name == *field)?.value,
            Expr::Call { args, .. } => *args.get(field.as_str().parse::<usize>().ok()?)?,
            _ => return None,
        };
        let mut outer = Aliases::new(self.world(), body).place(body, value)?;
        outer.fields.extend(rest);
        Some(outer)
    }
}
