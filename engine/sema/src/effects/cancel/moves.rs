//! What a call has moved out of, or into, a place that outlives the future, once it is done.
//!
//! ```text
//! rx.recv().await                 a message, out of rx (data)
//! self.queue.pop_front()          elements, out of self.queue (data)
//! self.next_job().await           a message, out of self.rx: what `next_job` has moved when it is done
//! ```

use toecap_ir::{Expr, ExprId, Mutability};
use toecap_knowledge::TakeKind;

use super::Trail;
use crate::effects::call_args;
use crate::effects::summary::{Step, StepKind, callee_span, readable};
use crate::flow::{Aliases, Place};
use crate::{Analysis, BodyOwner, Callee, Container, FnCallee, TyKind, TypedBody};

/// Something that was moved.
#[derive(Debug, Clone)]
pub(in crate::effects) struct Moved {
    /// In which direction.
    pub(super) kind: TakeKind,
    /// What is lost with it, as a phrase.
    pub(super) lost: String,
    /// The calls that lead to the one that moved it.
    pub(super) steps: Vec<Step>,
    /// Out of what, or into what.
    pub(super) from: Place,
    /// What it was moved into, where that is an argument: the buffer; or what the rest is read from.
    pub(super) with: Option<ExprId>,
}

/// Who asks.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) body: &'a TypedBody,
    pub(super) aliases: &'a Aliases,
}

impl Analysis<'_> {
    /// What a call has moved when it (or the future that it makes) is done.
    pub(super) fn moved_by_call(&self, asker: Asker<'_>, call: ExprId, trail: &mut Trail) -> Vec<Moved> {
        let Asker { body, aliases } = asker;
        let Some(Callee::Fn(callee)) = body.types.callees.get(&call) else { return Vec::new() };
        if !callee.sure {
            return Vec::new();
        }
        if let Some(moved) = self.moved_by_row(asker, call, callee) {
            return vec![moved];
        }
        if self.facts().entry_of(callee).is_some_and(|e| e.facts.take().is_some()) {
            return Vec::new();
        }
        if let Some(inner) = self.passed_on(body, call, callee) {
            return self.moved_by_call(asker, self.future_behind(body, aliases, inner), trail);
        }
        let counted = || self.moved_by_count(asker, call, callee).into_iter().collect();
        let Some(runs) = self.runs(callee).filter(|f| self.has_code(*f) && !trail.open.contains(f)) else {
            return counted();
        };
        let sig = self.world().fn_sig(runs);
        let lends = |ty: &crate::Ty| matches!(ty.kind(), TyKind::Ref(..)) || ty.as_adt().is_some();
        if !sig.receiver.iter().chain(&sig.params).any(lends) {
            return Vec::new();
        }
        let Some(made_in) = self.body(BodyOwner::Fn(runs)) else { return Vec::new() };
        let outcome = self.outcome(runs, trail);
        let step = Step {
            at: body.at(callee_span(&body.types.body, call)),
            callee: self.world().fn_name(runs),
            kind: StepKind::Call,
        };
        if outcome.done.is_empty() {
            return counted();
        }
        let here = outcome.done.iter().filter_map(|inner| {
            let from = self.place_at_call(body, call, &made_in, &inner.from)?;
            let mut steps = vec![step.clone()];
            steps.extend(inner.steps.iter().cloned());
            Some(Moved { kind: TakeKind::Out, lost: inner.lost.clone(), steps, from, with: None })
        });
        here.collect()
    }

    fn moved_by_row(&self, asker: Asker<'_>, call: ExprId, callee: &FnCallee) -> Option<Moved> {
        let Asker { body, aliases } = asker;
        let entry = self.facts().entry_of(callee)?;
        let take = entry.facts.take()?;
        let tree = &body.types.body;
        let args = call_args(&tree[call]);
        let (on, args) = match &tree[call] {
            Expr::MethodCall(method) => (method.receiver, args),
            _ => (*args.first()?, args.get(1..)?),
        };
        // What takes its receiver apart takes nothing out of it.
        let is_method = matches!(&tree[call], Expr::MethodCall(_));
        if is_method && callee.receiver.is_some_and(|ty| !is_lent(self, ty)) {
            return None;
        }
        let from = aliases.place(body, on)?;
        if take.kind != TakeKind::Out && self.is_in_memory(callee) {
            return None;
        }
        let name = self.world().func(callee.f).name;
        let what = match take.kind {
            TakeKind::Into => format!("the rest of what `{name}` has begun to write"),
            _ => format!("{} that `{name}` had taken out", take.what),
        };
        let with = match take.kind {
            TakeKind::Fill => args.iter().rev().copied().find(|a| is_lent_mutably(body, *a)),
            TakeKind::Into => args.last().copied(),
            _ => None,
        };
        // `write_buf(&mut self.queued)` takes what it has written out of a buffer that stays.
        let stays = |arg: ExprId| aliases.place(body, arg).is_some_and(|place| self.outlives(body, &place));
        if take.kind == TakeKind::Into && with.is_some_and(|arg| is_lent_mutably(body, arg) && stays(arg)) {
            return None;
        }
        let at = body.at(callee_span(tree, call));
        let step = Step { at, callee: readable(&entry.text), kind: StepKind::Call };
        Some(Moved { kind: take.kind, lost: what, steps: vec![step], from, with })
    }

    /// The place behind what is read: `stream` of `stream.take(8).collect()`.
    pub(crate) fn source_of(&self, body: &TypedBody, aliases: &Aliases, on: ExprId) -> Option<Place> {
        aliases.place(body, on).or_else(|| {
            let Expr::MethodCall(call) = &body.types.body[on] else { return None };
            let Some(Callee::Fn(callee)) = body.types.callees.get(&on) else { return None };
            let Container::Trait(tr) = self.world().func(callee.f).container else { return None };
            let name = self.world().tr(tr).name;
            let adapts = matches!(name.as_str(), "StreamExt" | "TryStreamExt" | "AsyncReadExt" | "AsyncBufReadExt");
            let is_future = body.types.futures.contains_key(&on);
            if adapts && !is_future { self.source_of(body, aliases, call.receiver) } else { None }
        })
    }
}

/// `&T`, `&mut T`, `Pin<&mut T>`
pub(super) fn is_lent(analysis: &Analysis<'_>, ty: crate::Ty) -> bool {
    match ty.kind() {
        TyKind::Ref(..) => true,
        TyKind::Adt(adt, args) if analysis.world().lang().pin == Some(*adt) => {
            args.first().is_some_and(|t| matches!(t.kind(), TyKind::Ref(..)))
        }
        _ => false,
    }
}

/// An argument `&mut x`, or a variable that is such a reference.
pub(in crate::effects) fn is_lent_mutably(body: &TypedBody, arg: ExprId) -> bool {
    matches!(body.types.expr_tys.get(arg.index()).map(|t| t.kind()), Some(TyKind::Ref(_, Mutability::Mut)))
}
