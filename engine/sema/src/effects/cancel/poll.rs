//! `poll` functions, and futures written by hand: suspended where they return `Pending`.
//!
//! ```text
//! fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
//!     while self.filled < 4 {
//!         let n = ready!(self.reader.poll_read(cx, &mut self.buf[self.filled..]))?;   // pending with half of it in `buf`,
//!         self.filled += n;                                                           // a field of the future
//!     }
//!     Poll::Ready(Ok(()))
//! }
//! ```
//!
//! An object that is polled keeps what it has; a future that is dropped takes its own fields with it, and nothing that it
//! borrows. So what is lost is decided by who owns what: [`Loss`]es are in places of the function's parameters, and whoever
//! calls it puts its own in.

use std::sync::Arc;

use toecap_ir::{BlockKind, Expr, ExprId, Location, Mutability, sym};
use toecap_knowledge::{TakeKind, Verdict};

use super::carry::{Carry, Holder, State};
use super::moves::Moved;
use super::{CancelReason, CancelVerdict, Outcome, Trail};
use crate::effects::call_args;
use crate::flow::{
    Aliases, Base, CodeRegionKind, Exit, FlowGraph, FlowStep, NodeId, Place, RegionId, Regions, Subject, build,
};
use crate::{AdtId, Analysis, BodyOwner, Callee, Container, FnCallee, FnId, LocalId, Ty, TyKind, TypedBody};

/// What a `poll` function loses if it is not called again after it returned `Pending`.
#[derive(Debug, Clone)]
pub(in crate::effects) struct Loss {
    pub(super) moved: Moved,
    /// Where it is; none: in a variable of the function, so that it is lost in any case.
    pub(super) held_in: Option<Place>,
    /// Where the function returns.
    pub(super) at: Location,
}

/// A function that takes a `&mut Context` and returns a `Poll`.
pub(super) fn polls(analysis: &Analysis<'_>, _body: &TypedBody, f: FnId) -> bool {
    let sig = analysis.world().fn_sig(f);
    is_poll(analysis, sig.ret) && sig.params.iter().any(|t| is_context(analysis, *t))
}

fn is_context(analysis: &Analysis<'_>, ty: Ty) -> bool {
    ty.peel_refs().as_adt().is_some_and(|(adt, _)| analysis.world().adt_path(adt) == "core::task::wake::Context")
}

fn is_poll(analysis: &Analysis<'_>, ty: Ty) -> bool {
    ty.as_adt().is_some_and(|(adt, _)| analysis.world().lang().poll == Some(adt))
}

impl<'a> Analysis<'a> {
    /// The closure of a call like `poll_fn(|cx| ..)`.
    pub(super) fn poll_closure(&self, body: &TypedBody, call: ExprId) -> Option<RegionId> {
        let [arg] = call_args(&body.types.body[call]) else { return None };
        let Expr::Closure(_) = &body.types.body[*arg] else { return None };
        let closure = body.types.closures.iter().find(|c| c.expr == *arg)?;
        let [cx] = closure.params.as_slice() else { return None };
        if !is_context(self, *cx) {
            return None;
        }
        self.regions(body).opened(*arg)
    }

    /// The function of a call like `poll_fn(proceed)`.
    pub(super) fn polled_function(&self, body: &TypedBody, call: ExprId) -> Option<FnId> {
        let [arg] = call_args(&body.types.body[call]) else { return None };
        let TyKind::FnDef(f, _) = body.types.expr_tys.get(arg.index())?.kind() else { return None };
        let sig = self.world().fn_sig(*f);
        let [cx] = sig.params.as_slice() else { return None };
        (self.has_code(*f) && is_context(self, *cx) && is_poll(self, sig.ret)).then_some(*f)
    }

    /// What a `poll` function, or the closure of `poll_fn`, loses.
    pub(super) fn poll_outcome(&self, body: &TypedBody, region: RegionId, trail: &mut Trail) -> Outcome {
        let regions = self.regions(body);
        let aliases = Aliases::new(self.world(), body);
        let mut outcome = Outcome::default();
        for (id, data) in regions.iter() {
            let returns_poll = match data.kind {
                CodeRegionKind::Closure { expr, is_async: false } => {
                    body.types.closures.iter().any(|c| c.expr == expr && is_poll(self, c.ret))
                }
                _ => false,
            };
            if id == region || (returns_poll && regions.is_within(id, region)) {
                let suspends = |_: ExprId| true;
                let subject = Subject { body, regions: &regions, edition: self.edition_of(body), suspends: &suspends };
                let graph = build(subject, id);
                self.poll_region(body, &regions, &graph, &aliases, data.root, trail, &mut outcome);
            }
        }
        self.find_vague(body, &regions, region, &aliases, trail, &mut outcome);
        let own = self_local(body);
        let is_future = self.is_future_impl(body);
        if !is_future {
            // What an object has taken from a part of itself and keeps in another part, it has still.
            outcome.losses.retain(|loss| {
                let is_own = |place: &Place| own.is_some_and(|own| place.base == Base::Local(own));
                !(is_own(&loss.moved.from) && loss.held_in.as_ref().is_some_and(is_own))
            });
        }
        if let (BodyOwner::Fn(f), RegionId(0)) = (body.owner, region) {
            outcome.verdict = match self.own_type(f) {
                Some(ty) if is_future => self.verdict_of_future(ty, body, &outcome, trail),
                _ => self.verdict_of_polled(body, &outcome, &CodeOwner { analysis: self, body }, trail),
            };
        }
        outcome
    }

    #[expect(clippy::too_many_arguments, reason = "the views of one region")]
    fn poll_region(
        &self,
        body: &TypedBody,
        regions: &Regions,
        graph: &FlowGraph,
        aliases: &Aliases,
        root: ExprId,
        trail: &mut Trail,
        outcome: &mut Outcome,
    ) {
        let carry = Carry::new(self, body, regions, graph, aliases, trail).keeping_buffers();
        let before = carry.run();
        let mut results = Vec::new();
        results_of(body, root, &mut results);
        for (_, node) in graph.iter() {
            if let FlowStep::Exit(Exit::Value(Some(value))) = node.step
                && matches!(regions.parent(value).map(|p| &body.types.body[p]), Some(Expr::Return(_)))
            {
                results_of(body, value, &mut results);
            }
        }
        results.sort_unstable();
        results.dedup();
        let mut pending: Vec<(NodeId, ExprId)> = Vec::new();
        for (id, node) in graph.iter() {
            if let FlowStep::Exit(Exit::Pending(value)) = node.step {
                pending.push((id, value));
            }
        }
        for result in results {
            let Some((site, is_call)) = self.pending_site(body, aliases, result) else {
                if let Some(node) = graph.evaluated(result) {
                    add_done(&carry, before[node.0 as usize].as_ref(), outcome);
                }
                continue;
            };
            if is_call {
                for number in carry.effects_at(site) {
                    add_moved(&carry, *number, outcome);
                }
            }
            pending.extend(graph.evaluated(site).map(|node| (node, result)));
        }
        for (node, result) in pending {
            let Some(state) = &before[node.0 as usize] else { continue };
            self.lost_at_pending(&carry, graph, state, node, result, outcome);
        }
    }

    /// What is held where the function returns `Pending`.
    fn lost_at_pending(
        &self,
        carry: &Carry<'_, '_>,
        graph: &FlowGraph,
        state: &State,
        node: NodeId,
        result: ExprId,
        outcome: &mut Outcome,
    ) {
        let body = carry.body;
        for (effect, holders) in state {
            let effect = &carry.effects[*effect];
            if effect.moved.kind == TakeKind::View || effect.is_own {
                continue;
            }
            for holder in holders {
                let held_in = match holder {
                    Holder::Local(local) if self.is_dropped_variable(carry, graph, *local, node) => None,
                    Holder::Kept(number) => carry.kept(*number),
                    Holder::Peer if effect.with.is_some() => effect.with.clone(),
                    Holder::Peer => {
                        outcome.is_vague = true;
                        continue;
                    }
                    _ => continue,
                };
                let at = body.at(body.types.body.span(result));
                outcome.losses.push(Loss { moved: effect.moved.clone(), held_in, at });
            }
        }
    }

    /// Where `Pending` comes from: the path itself, or the call whose value is returned.
    fn pending_site(&self, body: &TypedBody, aliases: &Aliases, result: ExprId) -> Option<(ExprId, bool)> {
        let types = &body.types;
        match &types.body[result] {
            Expr::Path(path) => match types.paths.get(&result) {
                Some(crate::PathDef::Local(local)) => {
                    let init = aliases.value(*local)?;
                    self.pending_site(body, aliases, init)
                }
                _ => (path.last_name()?.as_str() == "Pending").then_some((result, false)),
            },
            Expr::MethodCall(call) => {
                if self.passes_context(body, result) {
                    return Some((result, true));
                }
                is_poll(self, types.expr_tys[call.receiver.index()])
                    .then(|| self.pending_site(body, aliases, call.receiver))?
            }
            Expr::Call { .. } => self.passes_context(body, result).then_some((result, true)),
            _ => None,
        }
    }

    fn passes_context(&self, body: &TypedBody, call: ExprId) -> bool {
        call_args(&body.types.body[call])
            .iter()
            .any(|a| body.types.expr_tys.get(a.index()).is_some_and(|t| is_context(self, *t)))
    }

    /// Does a variable that is dropped by returning at `node` hold what a later poll would have needed?
    fn is_dropped_variable(&self, carry: &Carry<'_, '_>, graph: &FlowGraph, local: LocalId, node: NodeId) -> bool {
        let ty = carry.body.types.locals[local.0 as usize].ty;
        if carry.acts_on_drop(ty) || matches!(ty.kind(), TyKind::Ref(..)) {
            return false;
        }
        // Something else was polled with the variable in hand, and on its other path the variable is used.
        graph.iter().any(|(id, data)| {
            let FlowStep::Eval(call) = data.step else { return false };
            self.passes_context(carry.body, call)
                && reaches(graph, id, |at| at == node)
                && !declares_after(carry, graph, id, local)
                && reaches(
                    graph,
                    id,
                    |at| matches!(graph.node(at).step, FlowStep::Eval(e) if carry.local_of(e) == Some(local)),
                )
        })
    }

    /// Calls that are given the context: what they lose, and whether anybody knows.
    fn find_vague(
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
            let reason = CancelReason { writes: loss.moved.kind == TakeKind::Into, ..loss.moved.reason(Some(loss.at)) };
            worst = worst.join(CancelVerdict { verdict, reason: Some(Arc::new(reason)) });
        }
        if is_vague && worst.verdict < Verdict::Unsafe { None } else { Some(worst) }
    }

    /// The verdict of dropping a future of a type of the workspace.
    pub(super) fn verdict_of_future_type(&self, adt: AdtId, ty: Ty, trail: &mut Trail) -> Option<CancelVerdict> {
        let future = self.world().lang().future?;
        let imp = self.world().trait_impls(future, ty, &[]).into_iter().find(|imp| {
            let header = self.world().impl_header(*imp);
            header.self_ty.as_adt().map(|(adt, _)| adt) == Some(adt)
                && header.trait_ref.as_ref().is_some_and(|(tr, _)| *tr == future)
        })?;
        let poll = self.world().imp(imp).fns.get(&toecap_ir::Name::new("poll")).copied()?;
        if !self.has_code(poll) {
            return None;
        }
        let body = self.body(BodyOwner::Fn(poll))?;
        let outcome = self.outcome(poll, trail);
        self.verdict_of_future(ty, &body, &outcome, trail)
    }

    fn verdict_of_future(
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

    /// Is the body `Future::poll` of some type?
    fn is_future_impl(&self, body: &TypedBody) -> bool {
        let BodyOwner::Fn(f) = body.owner else { return false };
        let Container::Impl(imp) = self.world().func(f).container else { return false };
        let of = self.world().impl_header(imp).trait_ref;
        of.is_some_and(|(tr, _)| Some(tr) == self.world().lang().future)
    }

    /// The type that a method is of.
    fn own_type(&self, f: FnId) -> Option<Ty> {
        match self.world().func(f).container {
            Container::Impl(imp) => Some(self.world().impl_header(imp).self_ty),
            _ => None,
        }
    }
}

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
    let on = match &body.types.body[call] {
        Expr::MethodCall(method) => Some(method.receiver),
        other => call_args(other).first().copied(),
    };
    aliases.place(body, on?)
}

fn self_local(body: &TypedBody) -> Option<LocalId> {
    let first = body.types.locals.first()?;
    (first.name == sym::SELF_VALUE).then_some(LocalId(0))
}

/// The expressions whose value code may have.
fn results_of(body: &TypedBody, expr: ExprId, out: &mut Vec<ExprId>) {
    match &body.types.body[expr] {
        Expr::Block(block) if !matches!(block.kind, BlockKind::Async { .. }) => {
            block.tail.iter().for_each(|t| results_of(body, *t, out));
        }
        Expr::Expanded(expansion) => expansion.tail.iter().for_each(|t| results_of(body, *t, out)),
        Expr::If { then, otherwise, .. } => {
            results_of(body, *then, out);
            otherwise.iter().for_each(|e| results_of(body, *e, out));
        }
        Expr::Match { arms, .. } => arms.iter().for_each(|arm| results_of(body, arm.body, out)),
        Expr::Return(Some(value)) => results_of(body, *value, out),
        _ => out.push(expr),
    }
}

fn add_done(carry: &Carry<'_, '_>, state: Option<&State>, outcome: &mut Outcome) {
    for (number, holders) in state.into_iter().flatten() {
        if holders.iter().any(|h| !matches!(h, Holder::Peer | Holder::Fresh)) {
            add_moved(carry, *number, outcome);
        }
    }
}

fn add_moved(carry: &Carry<'_, '_>, number: usize, outcome: &mut Outcome) {
    let moved = &carry.effects[number].moved;
    let is_new = !outcome.done.iter().any(|known| known.steps == moved.steps);
    if is_new && matches!(moved.kind, TakeKind::Out | TakeKind::Fill) {
        outcome.done.push(moved.clone());
    }
}

fn reaches(graph: &FlowGraph, from: NodeId, wanted: impl Fn(NodeId) -> bool) -> bool {
    let mut seen = rustc_hash::FxHashSet::default();
    let mut open = graph.node(from).next.clone();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        if wanted(id) {
            return true;
        }
        open.extend(&graph.node(id).next);
    }
    false
}

/// Is the variable only bound after `from`?
fn declares_after(carry: &Carry<'_, '_>, graph: &FlowGraph, from: NodeId, local: LocalId) -> bool {
    !graph.iter().any(|(id, node)| {
        matches!(node.step, FlowStep::Bind { pat, .. } if carry.body.types.bindings.get(&pat) == Some(&local))
            && reaches(graph, id, |at| at == from)
    })
}
