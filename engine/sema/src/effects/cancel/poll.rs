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

use std::cell::LazyCell;

use rustc_hash::FxHashSet;
use toecap_ir::{Expr, ExprId, Location, sym};
use toecap_knowledge::TakeKind;

use super::carry::Carry;
use super::moves::Moved;
use super::owner::CodeOwner;
use super::state::{Holder, State};
use super::{Outcome, Trail};
use crate::effects::call_args;
use crate::flow::{
    Aliases, Base, CodeRegionKind, Exit, FlowGraph, FlowStep, NodeId, Place, RegionId, Regions, Subject, build,
};
use crate::walk::reached;
use crate::{Analysis, BodyOwner, Container, FnId, LocalId, Ty, TyKind, TypedBody};

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
pub(super) fn polls(analysis: &Analysis<'_>, f: FnId) -> bool {
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
        let [cx] = &*sig.params else { return None };
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
        let returned: Vec<ExprId> = graph
            .iter()
            .filter_map(|(_, node)| match node.step {
                FlowStep::Exit(Exit::Pending(value)) => Some(value),
                _ => None,
            })
            .collect();
        for (_, node) in graph.iter() {
            // Before the variables are dropped.
            if let FlowStep::Known { value, is: crate::flow::Outcome::Empty } = node.step
                && returned.contains(&value)
            {
                pending.extend(node.next.iter().map(|next| (*next, value)));
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
        let polls = LazyCell::new(|| self.polls_in(&carry));
        for (node, result) in pending {
            let Some(state) = &before[node.0 as usize] else { continue };
            self.lost_at_pending(&carry, &polls, state, node, result, outcome);
        }
    }

    /// What is held where the function returns `Pending`.
    fn lost_at_pending(
        &self,
        carry: &Carry<'_, '_>,
        polls: &[PolledNode],
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
                    Holder::Local(local) if self.is_dropped_variable(carry, polls, *local, node) => None,
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

    pub(super) fn passes_context(&self, body: &TypedBody, call: ExprId) -> bool {
        call_args(&body.types.body[call])
            .iter()
            .any(|a| body.types.expr_tys.get(a.index()).is_some_and(|t| is_context(self, *t)))
    }

    /// Does a variable that is dropped by returning at `node` hold what a later poll would have needed?
    fn is_dropped_variable(&self, carry: &Carry<'_, '_>, polls: &[PolledNode], local: LocalId, node: NodeId) -> bool {
        let ty = carry.body.types.locals[local.0 as usize].ty;
        if carry.acts_on_drop(ty) || matches!(ty.kind(), TyKind::Ref(..)) {
            return false;
        }
        // Something else was polled with the variable in hand, and on its other path the variable is used.
        polls.iter().any(|poll| poll.after.contains(&node) && poll.bound.contains(&local) && poll.used.contains(&local))
    }

    /// The calls of a region that poll something.
    fn polls_in(&self, carry: &Carry<'_, '_>) -> Vec<PolledNode> {
        let graph = carry.graph;
        let mut binds: Vec<(NodeId, Vec<LocalId>)> = Vec::new();
        for (id, node) in graph.iter() {
            if let FlowStep::Bind { pat, .. } = node.step {
                let mut bound = Vec::new();
                crate::flow::bound_locals(carry.body, pat, &mut bound);
                binds.push((id, bound));
            }
        }
        let previous = graph.previous();
        let polls = graph.iter().filter_map(|(id, node)| match node.step {
            FlowStep::Eval(call) if self.passes_context(carry.body, call) => Some(id),
            _ => None,
        });
        let polled = polls.map(|id| {
            let before = reached(previous[id.0 as usize].clone(), |at| previous[at.0 as usize].iter().copied());
            let bound = binds.iter().filter(|(at, _)| before.contains(at));
            let after = reached(graph.node(id).next.clone(), |at| graph.node(at).next.iter().copied());
            let used = after.iter().filter_map(|at| match graph.node(*at).step {
                FlowStep::Eval(expr) => carry.local_of(expr),
                _ => None,
            });
            PolledNode {
                bound: bound.flat_map(|(_, locals)| locals.iter().copied()).collect(),
                used: used.collect(),
                after,
            }
        });
        polled.collect()
    }

    /// Is the body `Future::poll` of some type?
    pub(super) fn is_future_impl(&self, body: &TypedBody) -> bool {
        let BodyOwner::Fn(f) = body.owner else { return false };
        let Container::Impl(imp) = self.world().func(f).container else { return false };
        let of = self.world().impl_header(imp).trait_ref;
        of.is_some_and(|(tr, _)| Some(tr) == self.world().lang().future)
    }

    /// The type that a method is of.
    pub(super) fn own_type(&self, f: FnId) -> Option<Ty> {
        match self.world().func(f).container {
            Container::Impl(imp) => Some(self.world().impl_header(imp).self_ty),
            _ => None,
        }
    }
}

pub(super) fn self_local(body: &TypedBody) -> Option<LocalId> {
    let first = body.types.locals.first()?;
    (first.name == sym::SELF_VALUE).then_some(LocalId(0))
}

/// The expressions whose value code may have.
fn results_of(body: &TypedBody, expr: ExprId, out: &mut Vec<ExprId>) {
    match &body.types.body[expr] {
        Expr::Block(block) if !block.is_async() => {
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

/// A call that polls something, and what is true around it.
struct PolledNode {
    /// What may follow.
    after: FxHashSet<NodeId>,
    /// The variables that may be bound before it.
    bound: FxHashSet<LocalId>,
    /// Those that are named after it.
    used: FxHashSet<LocalId>,
}
