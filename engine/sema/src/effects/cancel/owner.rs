//! Who owns what a `poll` function works on: what is dropped with a future, and what is left.
//!
//! ```text
//! struct Next<'a, S> { stream: &'a mut S }        nothing: the stream goes on
//! struct ReadU16<R> { src: R, buf: [u8; 2] }      `buf`, and what was read into it; `src` for some R
//! ```

use std::sync::Arc;

use toecap_ir::Mutability;
use toecap_knowledge::{TakeKind, Verdict};

use super::poll::self_local;
use super::{CancelReason, CancelVerdict, Outcome, Trail};
use crate::flow::{Base, Place};
use crate::{AdtId, Analysis, BodyOwner, Ty, TyKind, TypedBody};

/// Who owns what a `poll` function names.
pub(super) trait Owner {
    /// Does the place outlive what is dropped? None: nobody knows.
    fn outlives(&self, place: &Place) -> Option<bool>;
    /// The type of a place.
    fn ty(&self, place: &Place) -> Option<Ty>;
}

/// The code around `poll_fn`, or the object that is polled.
pub(super) struct CodeOwner<'a, 'w> {
    pub(super) analysis: &'a Analysis<'w>,
    pub(super) body: &'a TypedBody,
}

impl Owner for CodeOwner<'_, '_> {
    fn outlives(&self, place: &Place) -> Option<bool> {
        Some(self.analysis.outlives(self.body, place))
    }
    fn ty(&self, place: &Place) -> Option<Ty> {
        let Base::Local(local) = place.base else { return None };
        let ty = self.body.types.locals.get(local.0 as usize)?.ty;
        self.analysis.place_ty(ty.peel_refs(), &place.fields)
    }
}

/// The future that is polled, and dropped.
struct FutureOwner<'a, 'w> {
    analysis: &'a Analysis<'w>,
    ty: Ty,
    body: &'a TypedBody,
}

impl Owner for FutureOwner<'_, '_> {
    fn outlives(&self, place: &Place) -> Option<bool> {
        match place.base {
            Base::Local(local) if Some(local) == self_local(self.body) => {
                self.analysis.leads_outside(self.ty, &place.fields)
            }
            _ => Some(self.analysis.outlives(self.body, place)),
        }
    }
    fn ty(&self, place: &Place) -> Option<Ty> {
        match place.base {
            Base::Local(local) if Some(local) == self_local(self.body) => {
                self.analysis.place_ty(self.ty, &place.fields)
            }
            _ => None,
        }
    }
}

impl Analysis<'_> {
    /// The verdict of polling something that was made for it, and dropping it.
    pub(super) fn verdict_of_polled(
        &self,
        body: &TypedBody,
        outcome: &Outcome,
        owner: &dyn Owner,
        trail: &mut Trail,
    ) -> Option<CancelVerdict> {
        let mut worst = CancelVerdict::safe();
        let mut is_vague = outcome.is_vague;
        for place in &outcome.polled {
            match owner.ty(place).and_then(|ty| self.verdict_of_ty(ty, trail, 1)) {
                Some(found) => worst = worst.join(found),
                None => is_vague = true,
            }
        }
        for loss in &outcome.losses {
            match owner.outlives(&loss.moved.from) {
                Some(true) => {}
                Some(false) => continue,
                None => {
                    is_vague = true;
                    continue;
                }
            }
            // A `&[u8]` is a position of the future's own, whoever owns the bytes.
            let counts_itself = |place: &Place| {
                loss.moved.kind == TakeKind::Into
                    && owner.ty(place).is_some_and(|ty| matches!(ty.kind(), TyKind::Ref(_, Mutability::Shared)))
            };
            let verdict = match loss.held_in.as_ref().map(|place| (place, owner.outlives(place))) {
                Some((place, Some(true))) if counts_itself(place) => Verdict::Unsafe,
                None | Some((_, Some(false))) => Verdict::Unsafe,
                Some((place, _)) if place.base == loss.moved.from.base && !self.is_future_impl(body) => continue,
                Some((_, Some(true))) => Verdict::Partial,
                Some((_, None)) => {
                    is_vague = true;
                    continue;
                }
            };
            let reason = loss.moved.reason(Some(loss.at));
            worst = worst.join(CancelVerdict { verdict, reason: Some(Arc::new(reason)) });
        }
        if is_vague && worst.verdict < Verdict::Unsafe { None } else { Some(worst) }
    }

    /// The verdict of dropping a future of a type of the workspace.
    pub(super) fn verdict_of_future_type(&self, adt: AdtId, ty: Ty, trail: &mut Trail) -> Option<CancelVerdict> {
        let poll = self.world().poll_fn(adt)?;
        if !self.has_code(poll) {
            return None;
        }
        let body = self.body(BodyOwner::Fn(poll))?;
        let outcome = self.outcome(poll, trail);
        self.verdict_of_future(ty, &body, &outcome, trail)
    }

    pub(super) fn verdict_of_future(
        &self,
        ty: Ty,
        body: &TypedBody,
        outcome: &Outcome,
        trail: &mut Trail,
    ) -> Option<CancelVerdict> {
        let owner = FutureOwner { analysis: self, ty, body };
        let found = self.verdict_of_polled(body, outcome, &owner, trail)?;
        let acts_on_drop = ty.as_adt().is_some_and(|(adt, _)| self.world().drop_fn(adt).is_some());
        match found.verdict {
            // Its `Drop` takes it out of where it waits, or puts back what it has.
            Verdict::Safe if acts_on_drop => {
                let reason = CancelReason {
                    lost: "its place among those that wait".to_owned(),
                    steps: Vec::new(),
                    writes: false,
                    place: None,
                    held_at: None,
                };
                Some(CancelVerdict { verdict: Verdict::LosesPlace, reason: Some(Arc::new(reason)) })
            }
            Verdict::Safe | Verdict::LosesPlace => Some(found),
            _ if acts_on_drop => None,
            _ => Some(found),
        }
    }
}
