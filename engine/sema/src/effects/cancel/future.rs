//! The verdict of an expression that makes a future.
//!
//! ```text
//! rx.recv()                       what the data says
//! timeout(d, tx.send(m))          that of `tx.send(m)`
//! self.next_frame()               what the code of `next_frame` loses
//! &mut task                       safe: it is not dropped
//! ```

use std::sync::Arc;

use toecap_ir::{Expr, ExprId, MacroArgs, UnaryOp, sym};
use toecap_knowledge::{PointKind, TakeKind, Verdict};

use super::moves::Moved;
use super::owner::CodeOwner;
use super::{Belief, CancelReason, CancelVerdict, Outcome, Promise, Trail};
use crate::effects::call_args;
use crate::effects::summary::{Step, StepKind, callee_span, readable};
use crate::flow::{Aliases, Base, Place};
use crate::walk::each_child;
use crate::{
    Analysis, BodyOwner, Callee, FnCallee, FnId, FutureOrigin, LocalId, MacroKind, PathDef, Ty, TyKind, TypedBody,
};

impl<'a> Analysis<'a> {
    pub(super) fn verdict_of(&self, body: &TypedBody, expr: ExprId, trail: &mut Trail) -> Option<CancelVerdict> {
        let types = &body.types;
        match &types.body[expr] {
            Expr::Block(block) if block.is_async() => {
                return self.code_outcome(body, expr, trail).0;
            }
            Expr::Block(block) => return self.verdict_of(body, block.tail?, trail),
            Expr::Record(_) => return self.verdict_of_literal(body, expr, trail),
            Expr::Call { .. } | Expr::MethodCall(_) => {}
            _ => return None,
        }
        let callee = match types.callees.get(&expr)? {
            Callee::Fn(callee) => callee,
            Callee::Ctor(..) => return self.verdict_of_literal(body, expr, trail),
            Callee::Value(_) => return None,
        };
        if !callee.sure {
            return None;
        }
        if let Some(inner) = self.passed_on(body, expr, callee) {
            return self.verdict_of(body, inner, trail);
        }
        if self.cuts(callee) {
            return None;
        }
        if let Some((inner, _)) = self.limited_by_own(body, expr) {
            return self.verdict_of(body, inner, trail);
        }
        if let Some(known) = self.verdict_by_row(body, expr, callee, trail) {
            return Some(known);
        }
        if let Some(region) = self.poll_closure(body, expr) {
            let outcome = self.poll_outcome(body, region, trail);
            return self.verdict_of_polled(body, &outcome, &CodeOwner { analysis: self, body }, trail);
        }
        if let Some(polled) = self.polled_function(body, expr) {
            return self.outcome(polled, trail).verdict.clone();
        }
        let Some(runs) = self.runs(callee) else {
            let believes = trail.belief == Belief::All;
            let promised = if believes { self.verdict_by_contract(body, expr, callee) } else { None };
            return promised.or_else(|| self.verdict_of_all(body, expr, callee, trail));
        };
        self.verdict_of_fn(body, expr, runs, trail)
    }

    /// The verdict of a call by the code of the function that runs.
    pub(super) fn verdict_of_fn(
        &self,
        body: &TypedBody,
        expr: ExprId,
        runs: FnId,
        trail: &mut Trail,
    ) -> Option<CancelVerdict> {
        if !self.has_code(runs) {
            return None;
        }
        if trail.belief == Belief::All && self.cancel_promise(runs).is_some_and(Promise::is_safe) {
            return Some(CancelVerdict::safe());
        }
        let outcome = self.outcome(runs, trail);
        let inner = outcome.verdict.clone()?;
        let Some(reason) = &inner.reason else { return Some(inner) };
        let step = Step {
            at: body.at(callee_span(&body.types.body, expr)),
            callee: self.world().fn_name(runs),
            kind: StepKind::Call,
        };
        let mut steps = vec![step];
        steps.extend(reason.steps.iter().cloned());
        let made_in = self.body(BodyOwner::Fn(runs))?;
        let place = reason.place.as_ref().and_then(|p| self.place_at_call(body, expr, &made_in, p));
        let reason = CancelReason { steps, place, ..(**reason).clone() };
        Some(CancelVerdict { verdict: inner.verdict, reason: Some(Arc::new(reason)) })
    }

    /// A function of the workspace, whose body may be looked into.
    pub(super) fn has_code(&self, f: FnId) -> bool {
        self.world().is_own(f.krate)
    }

    fn verdict_by_row(
        &self,
        body: &TypedBody,
        expr: ExprId,
        callee: &FnCallee,
        trail: &Trail,
    ) -> Option<CancelVerdict> {
        let entry = self.facts().entry_of(callee)?;
        let facts = &entry.facts;
        let is_own = || self.has_code(callee.f) || self.runs(callee).is_some_and(|f| self.has_code(f));
        if trail.belief == Belief::Code && is_own() {
            return None;
        }
        if let Some(cancel) = facts.cancel() {
            if self.is_in_memory(callee) {
                return Some(CancelVerdict::safe());
            }
            let at = body.at(callee_span(&body.types.body, expr));
            let step = Step { at, callee: readable(&entry.text), kind: StepKind::Call };
            return Some(self.leaf_verdict(body, expr, callee, cancel, step));
        }
        let never_loses = facts.timer().is_some() || facts.ready().is_some();
        never_loses.then(CancelVerdict::safe)
    }

    fn leaf_verdict(
        &self,
        body: &TypedBody,
        expr: ExprId,
        callee: &FnCallee,
        cancel: &toecap_knowledge::Cancel,
        step: Step,
    ) -> CancelVerdict {
        if matches!(cancel.verdict, Verdict::Safe) {
            return CancelVerdict::safe();
        }
        let name = self.world().func(callee.f).name;
        let writes = name.as_str().starts_with("write") || name.as_str() == "send_all";
        let aliases = Aliases::new(self.world(), body);
        let place = receiver_or_first(body, expr).and_then(|on| self.source_of(body, &aliases, on));
        let lost = cancel.lost.to_string();
        let reason = CancelReason { lost, steps: vec![step], writes, place, held_at: None };
        CancelVerdict { verdict: cancel.verdict, reason: Some(Arc::new(reason)) }
    }

    /// Runs a future until something else happens: its verdict is that of the future.
    fn cuts(&self, callee: &FnCallee) -> bool {
        let point = self.facts().of_callee(callee).and_then(|f| f.point());
        point.is_some_and(|p| matches!(p.kind, PointKind::Timeout | PointKind::Token | PointKind::OnePoll))
    }

    /// The future whose verdict a combinator passes on: `f.fuse()`, `timeout(d, f)`, `Box::pin(f)`.
    pub(in crate::effects) fn passed_on(&self, body: &TypedBody, expr: ExprId, callee: &FnCallee) -> Option<ExprId> {
        let types = &body.types;
        let name = self.world().func(callee.f).name;
        let operands: Vec<ExprId> = match &types.body[expr] {
            Expr::MethodCall(call) => std::iter::once(call.receiver).chain(call.args.iter().copied()).collect(),
            other => call_args(other).to_vec(),
        };
        let cuts = self.cuts(callee);
        const ADAPTERS: [&str; 16] = [
            "map",
            "map_ok",
            "map_err",
            "fuse",
            "boxed",
            "boxed_local",
            "instrument",
            "in_current_span",
            "map_into",
            "err_into",
            "inspect",
            "inspect_err",
            "left_future",
            "right_future",
            "into_future",
            "with_subscriber",
        ];
        if !cuts && !ADAPTERS.contains(&name.as_str()) && name.as_str() != "pin" {
            return None;
        }
        operands.into_iter().find(|e| types.futures.contains_key(e))
    }

    /// The future behind an awaited expression, and its verdict when the code that awaits it is dropped with it.
    pub(super) fn verdict_of_awaited(
        &self,
        body: &TypedBody,
        aliases: &Aliases,
        expr: ExprId,
        trail: &mut Trail,
    ) -> Option<CancelVerdict> {
        let inner = self.future_behind(body, aliases, expr);
        if let Some(found) = self.verdict_of(body, inner, trail) {
            return Some(found);
        }
        let ty = body.types.expr_tys.get(expr.index()).copied()?;
        if let Some(place) = aliases.place(body, expr)
            && self.outlives(body, &place)
            && matches!(ty.kind(), TyKind::Ref(..))
        {
            return Some(CancelVerdict::safe());
        }
        self.verdict_of_ty(ty, trail, 0)
    }

    /// The expression that made the future: `f()` for `fut`, `&mut fut`, `pin!(fut)` and `fut.as_mut()`.
    pub(super) fn future_behind(&self, body: &TypedBody, aliases: &Aliases, expr: ExprId) -> ExprId {
        let types = &body.types;
        let mut at = expr;
        for _ in 0..16 {
            at = match &types.body[at] {
                Expr::Ref { expr, .. } | Expr::Unary(UnaryOp::Deref, expr) => *expr,
                Expr::MethodCall(call) if matches!(call.name.as_str(), "as_mut" | "by_ref") => call.receiver,
                Expr::MacroCall(_) => match body.pinned(at) {
                    Some(future) => future,
                    None => return at,
                },
                Expr::Path(_) => match types.paths.get(&at) {
                    Some(PathDef::Local(local)) => match aliases.value(*local) {
                        Some(init) => init,
                        None => return at,
                    },
                    _ => return at,
                },
                _ => return at,
            };
        }
        at
    }

    /// The verdict of dropping a future of this type.
    pub(super) fn verdict_of_ty(&self, ty: Ty, trail: &mut Trail, depth: u32) -> Option<CancelVerdict> {
        if depth > 4 {
            return None;
        }
        let lang = self.world().lang();
        match ty.kind() {
            // Whoever owns it polls it again, or not.
            TyKind::Ref(..) => Some(CancelVerdict::safe()),
            TyKind::Future(_, FutureOrigin::Fn(f)) if self.has_code(*f) => {
                // Places of its parameters mean nothing here.
                self.outcome(*f, trail).verdict.clone().map(without_place)
            }
            TyKind::Adt(adt, args) => {
                if [lang.pin, lang.boxed].contains(&Some(*adt)) {
                    return self.verdict_of_ty(*args.first()?, trail, depth + 1);
                }
                if let Some(facts) = self.facts().of_type(*adt)
                    && (trail.belief == Belief::All || !self.world().is_own(adt.krate))
                    && (facts.timer().is_some() || facts.ready().is_some())
                {
                    return Some(CancelVerdict::safe());
                }
                self.verdict_of_future_type(*adt, ty, trail).map(without_place)
            }
            _ => None,
        }
    }

    /// What a function that is not `async` does whose value is a future, or anything else.
    pub(super) fn maker_outcome(&self, body: &TypedBody, root: ExprId, trail: &mut Trail) -> Outcome {
        let value = tail_of(body, root);
        let BodyOwner::Fn(f) = body.owner else { return Outcome::default() };
        let ret = self.world().fn_sig(f).ret;
        let mut verdict = match value {
            Some(value) => {
                let aliases = Aliases::new(self.world(), body);
                let made = self.future_behind(body, &aliases, value);
                self.verdict_of(body, made, trail)
            }
            None => None,
        };
        if verdict.is_none() {
            let ty = value.and_then(|v| body.types.expr_tys.get(v.index())).copied().unwrap_or(ret);
            let ty = if ty.as_adt().is_some() { ty } else { ret };
            verdict = if matches!(ty.kind(), TyKind::Ref(..)) { None } else { self.verdict_of_ty(ty, trail, 0) };
        }
        let done = self.moved_by_code(body, root, trail);
        // What was taken to make the future is in it.
        let is_future = verdict.is_some();
        if is_future && let Some(taken) = done.first() {
            let verdict = CancelVerdict { verdict: Verdict::Unsafe, reason: Some(Arc::new(taken.reason(None))) };
            return Outcome { verdict: Some(verdict), ..Outcome::default() };
        }
        Outcome { verdict, done, ..Outcome::default() }
    }

    /// What a callee's place is called by its caller.
    pub(crate) fn place_at_call(
        &self,
        body: &TypedBody,
        call: ExprId,
        made_in: &TypedBody,
        place: &Place,
    ) -> Option<Place> {
        let Base::Local(local) = place.base else { return Some(place.clone()) };
        let arg = self.argument_of(body, call, made_in, local)?;
        let mut outer = Aliases::new(self.world(), body).place(body, arg)?;
        outer.fields.extend(&place.fields);
        Some(outer)
    }

    /// The argument (or receiver) of a call that a parameter of the callee stands for.
    pub(super) fn argument_of(
        &self,
        body: &TypedBody,
        call: ExprId,
        callee: &TypedBody,
        local: LocalId,
    ) -> Option<ExprId> {
        let data = callee.types.locals.get(local.0 as usize)?;
        let param = match data.name == sym::SELF_VALUE {
            true => None,
            false => Some(callee.types.body.params.iter().position(|p| Some(*p) == data.pat)?),
        };
        let has_self = callee.types.locals.first().is_some_and(|l| l.name == sym::SELF_VALUE);
        match (&body.types.body[call], param) {
            (Expr::MethodCall(m), None) => Some(m.receiver),
            (Expr::MethodCall(m), Some(i)) => m.args.get(i).copied(),
            (Expr::Call { args, .. }, None) => args.first().copied(),
            (Expr::Call { args, .. }, Some(i)) => args.get(i + usize::from(has_self)).copied(),
            _ => None,
        }
    }
}

fn without_place(verdict: CancelVerdict) -> CancelVerdict {
    let reason = verdict.reason.map(|r| Arc::new(CancelReason { place: None, ..(*r).clone() }));
    CancelVerdict { reason, ..verdict }
}

impl Moved {
    /// Why a future is unsafe that is dropped with it.
    pub(super) fn reason(&self, held_at: Option<toecap_ir::Location>) -> CancelReason {
        CancelReason {
            lost: self.lost.clone(),
            steps: self.steps.clone(),
            writes: self.kind == TakeKind::Into,
            place: Some(self.from.clone()),
            held_at,
        }
    }
}

/// What a call works on: its receiver, or what it is given first.
pub(super) fn receiver_or_first(body: &TypedBody, call: ExprId) -> Option<ExprId> {
    match &body.types.body[call] {
        Expr::MethodCall(method) => Some(method.receiver),
        other => call_args(other).first().copied(),
    }
}

/// The expression whose value a body has.
fn tail_of(body: &TypedBody, root: ExprId) -> Option<ExprId> {
    let mut at = root;
    for _ in 0..16 {
        at = match &body.types.body[at] {
            Expr::Block(block) if !block.is_async() => block.tail?,
            Expr::Expanded(expansion) => expansion.tail?,
            Expr::Return(Some(value)) => *value,
            _ => return Some(at),
        };
    }
    Some(at)
}

/// The futures that code awaits itself, in order; those of `join!` and `select!` included.
pub(super) fn collect_awaits(body: &TypedBody, expr: ExprId, out: &mut Vec<ExprId>) {
    match &body.types.body[expr] {
        Expr::Closure(_) => return,
        Expr::Block(block) if block.is_async() => return,
        _ => collect_awaits_of(body, expr, out),
    }
    each_child(&body.types.body, expr, &mut |child| collect_awaits(body, child, out));
}

/// The futures that one expression awaits itself: an `.await`, a `join!` or a `select!`.
pub(super) fn collect_awaits_of(body: &TypedBody, expr: ExprId, out: &mut Vec<ExprId>) {
    match &body.types.body[expr] {
        Expr::Await { expr: inner, .. } => out.push(*inner),
        Expr::MacroCall(call) => match (&call.parsed, body.types.macros.get(&expr)) {
            (MacroArgs::Exprs(args), Some(MacroKind::Join | MacroKind::TryJoin)) => {
                out.extend(args.iter().map(|a| a.value));
            }
            (MacroArgs::Select(select), Some(MacroKind::Select)) => {
                out.extend(select.arms.iter().map(|a| a.future));
            }
            _ => {}
        },
        _ => {}
    }
}
