//! What a `poll` function polls itself.
//!
//! ```text
//! self.inner.poll_next(cx)            an object keeps what it has
//! Pin::new(&mut self.fut).poll(cx)    a future is dropped with whoever owns it
//! ```

use toecap_ir::{Expr, ExprId};
use toecap_knowledge::Verdict;

use super::future::receiver_or_first;
use super::moves::Moved;
use super::poll::{Loss, self_local};
use super::{Outcome, Trail};
use crate::flow::{Aliases, Base, Place, RegionId, Regions};
use crate::{Analysis, BodyOwner, Callee, Container, FnCallee, Ty, TypedBody};

impl<'a> Analysis<'a> {
    /// Calls that are given the context: what they lose, and whether anybody knows.
    pub(super) fn find_vague(
        &self,
        body: &TypedBody,
        regions: &Regions,
        region: RegionId,
        aliases: &Aliases,
        trail: &mut Trail,
        outcome: &mut Outcome,
    ) {
        let mut calls: Vec<ExprId> = (0..body.types.body.exprs.len() as u32)
            .map(ExprId::from_raw)
            .filter(|e| matches!(body.types.body[*e], Expr::Call { .. } | Expr::MethodCall(_)))
            .filter(|e| regions.is_within(regions.region_of(*e), region) && self.passes_context(body, *e))
            .collect();
        calls.sort_unstable();
        for call in calls {
            match body.types.callees.get(&call) {
                Some(Callee::Fn(callee)) => self.polled(body, aliases, call, callee, trail, outcome),
                Some(Callee::Ctor(..)) => {}
                Some(Callee::Value(_)) | None => outcome.is_vague = true,
            }
        }
    }

    fn polled(
        &self,
        body: &TypedBody,
        aliases: &Aliases,
        call: ExprId,
        callee: &FnCallee,
        trail: &mut Trail,
        outcome: &mut Outcome,
    ) {
        if !callee.sure {
            outcome.is_vague = true;
            return;
        }
        if self.facts().of_callee(callee).is_some_and(|f| f.take().is_some()) {
            return;
        }
        let runs = self.runs(callee);
        if let Some(runs) = runs.filter(|f| self.has_code(*f))
            && let Some(inner_body) = self.body(BodyOwner::Fn(runs))
        {
            let inner = self.outcome(runs, trail);
            outcome.is_vague |= inner.is_vague && !self.is_kept(body, aliases, call);
            for place in &inner.polled {
                match self.place_at_call(body, call, &inner_body, place) {
                    Some(place) => outcome.polled.push(place),
                    None => outcome.is_vague = true,
                }
            }
            for loss in &inner.losses {
                let Some(from) = self.place_at_call(body, call, &inner_body, &loss.moved.from) else { continue };
                let held_in = match &loss.held_in {
                    None => None,
                    Some(place) => match self.place_at_call(body, call, &inner_body, place) {
                        Some(place) => Some(place),
                        None => {
                            outcome.is_vague = true;
                            continue;
                        }
                    },
                };
                outcome.losses.push(Loss { moved: Moved { from, ..loss.moved.clone() }, held_in, at: loss.at });
            }
            return;
        }
        // `Future::poll`: the future is dropped with whoever owns it. Objects keep what they have.
        let is_future = matches!(self.world().func(callee.f).container, Container::Trait(tr) if Some(tr) == self.world().lang().future);
        if is_future && !self.is_kept(body, aliases, call) {
            let ty = callee.self_ty.or(callee.receiver).unwrap_or(Ty::unknown());
            match self.verdict_of_ty(peeled(self, ty), trail, 0) {
                Some(known) if known.verdict <= Verdict::LosesPlace => {}
                _ => match polled_place(body, aliases, call) {
                    Some(place) => outcome.polled.push(place),
                    None => outcome.is_vague = true,
                },
            }
        }
    }

    /// Does what is polled outlive the code that polls it?
    fn is_kept(&self, body: &TypedBody, aliases: &Aliases, call: ExprId) -> bool {
        let Some(place) = polled_place(body, aliases, call) else { return false };
        match (self_local(body), place.base) {
            (Some(own), Base::Local(local)) if own == local => match body.owner {
                BodyOwner::Fn(f) if self.is_future_impl(body) => {
                    self.own_type(f).is_some_and(|ty| self.leads_outside(ty, &place.fields) == Some(true))
                }
                _ => true,
            },
            _ => self.outlives(body, &place),
        }
    }
}

/// `F` of `Pin<&mut F>`.
fn peeled(analysis: &Analysis<'_>, ty: Ty) -> Ty {
    match ty.as_adt() {
        Some((adt, args)) if analysis.world().lang().pin == Some(adt) => {
            args.first().map_or(ty, |inner| inner.peel_refs())
        }
        _ => ty.peel_refs(),
    }
}

fn polled_place(body: &TypedBody, aliases: &Aliases, call: ExprId) -> Option<Place> {
    aliases.place(body, receiver_or_first(body, call)?)
}
