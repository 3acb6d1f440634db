//! The verdict of async code: the worst of what it awaits, and of what it holds where it waits.
//!
//! ```text
//! let mut all = Vec::new();
//! while let Some(x) = rx.recv().await {       // safe in itself, but `all` holds what was received before
//!     all.push(x);
//! }
//! ```

use std::sync::Arc;

use rustc_hash::FxHashMap;
use toecap_ir::{Expr, ExprId, MacroArgs, Mutability};
use toecap_knowledge::{TakeKind, Verdict};

use super::carry::Carry;
use super::future::{collect_awaits, collect_awaits_of};
use super::moves::Moved;
use super::state::{Holder, State};
use super::{CancelVerdict, Trail};
use crate::flow::{Aliases, Exit, FlowGraph, FlowStep, NodeId, RegionId, Subject, Way, build, suspension_span};
use crate::walk::each_child;
use crate::{Analysis, LocalId, TyKind, TypedBody};

impl<'a> Analysis<'a> {
    /// What dropping async code loses, and what it has moved when it is done. `root` is the body of an `async fn`, or an
    /// async block.
    pub(super) fn code_outcome(
        &self,
        body: &TypedBody,
        root: ExprId,
        trail: &mut Trail,
    ) -> (Option<CancelVerdict>, Vec<Moved>) {
        let regions = self.regions(body);
        let region = regions.opened(root).unwrap_or(RegionId(0));
        let suspends = |at: ExprId| self.may_suspend(body, at);
        let subject = Subject { body, regions: &regions, edition: self.edition_of(body), suspends: &suspends };
        let graph = build(subject, region);
        let aliases = Aliases::new(self.world(), body);
        let (awaited, is_vague) = self.awaited_verdict(body, root, &aliases, trail);
        let mut carry = Carry::new(self, body, &regions, &graph, &aliases, trail);
        if region == RegionId(0) {
            carry = carry.with_given_values();
        }
        let before = carry.run();
        let held = Held { carry: &carry, graph: &graph, before: &before };
        let joined = self.join_outside(body, awaited, held.verdict()).join(self.torn_state(&carry));
        // What is known to be unsafe stays so whatever the rest does.
        let is_unknown = joined.verdict < Verdict::Unsafe && is_vague;
        let verdict = if is_unknown { None } else { Some(joined) };
        (verdict, held.handed_out())
    }

    /// What dropping the code of an async region loses at each place where it waits, itself or in what it waits for. Places that
    /// are not in the map lose nothing; none is for what nobody knows.
    pub(in crate::effects) fn lost_where_it_waits(
        &self,
        body: &TypedBody,
        region: RegionId,
    ) -> FxHashMap<ExprId, Option<CancelVerdict>> {
        let trail = &mut Trail::default();
        let regions = self.regions(body);
        let suspends = |at: ExprId| self.may_suspend(body, at);
        let subject = Subject { body, regions: &regions, edition: self.edition_of(body), suspends: &suspends };
        let graph = build(subject, region);
        let aliases = Aliases::new(self.world(), body);
        let mut lost: FxHashMap<ExprId, Option<CancelVerdict>> = FxHashMap::default();
        for at in regions.suspensions(region) {
            let mut awaited = Vec::new();
            collect_awaits_of(body, *at, &mut awaited);
            let verdicts = awaited.iter().map(|future| self.verdict_of_awaited(body, &aliases, *future, trail));
            lost.insert(*at, verdicts.collect::<Option<Vec<_>>>().map(|all| worst(all.into_iter())));
        }
        let mut carry = Carry::new(self, body, &regions, &graph, &aliases, trail);
        if region == RegionId(0) {
            carry = carry.with_given_values();
        }
        let before = carry.run();
        for (at, held) in (Held { carry: &carry, graph: &graph, before: &before }).at_each() {
            let known = lost.remove(&at).flatten();
            // What is certainly lost is, whatever else nobody knows.
            lost.insert(at, Some(known.unwrap_or(CancelVerdict::safe()).join(held)));
        }
        lost
    }

    /// What a function that is not async has moved when it returns.
    pub(super) fn moved_by_code(&self, body: &TypedBody, root: ExprId, trail: &mut Trail) -> Vec<Moved> {
        let regions = self.regions(body);
        let region = regions.opened(root).unwrap_or(RegionId(0));
        let suspends = |_: ExprId| true;
        let subject = Subject { body, regions: &regions, edition: self.edition_of(body), suspends: &suspends };
        let graph = build(subject, region);
        let aliases = Aliases::new(self.world(), body);
        let carry = Carry::new(self, body, &regions, &graph, &aliases, trail);
        if carry.effects.is_empty() {
            return Vec::new();
        }
        let before = carry.run();
        Held { carry: &carry, graph: &graph, before: &before }.handed_out()
    }

    /// The join of the futures that code awaits; and whether there is one that nobody knows.
    fn awaited_verdict(
        &self,
        body: &TypedBody,
        root: ExprId,
        aliases: &Aliases,
        trail: &mut Trail,
    ) -> (CancelVerdict, bool) {
        let mut awaits = Vec::new();
        match &body.types.body[root] {
            Expr::Block(_) => each_child(&body.types.body, root, &mut |child| collect_awaits(body, child, &mut awaits)),
            _ => collect_awaits(body, root, &mut awaits),
        }
        let mut joined = CancelVerdict::safe();
        let mut is_vague = false;
        for awaited in awaits {
            match self.verdict_of_awaited(body, aliases, awaited, trail) {
                Some(found) => joined = self.join_outside(body, joined, found),
                None => is_vague = true,
            }
        }
        (joined, is_vague)
    }
}

impl Analysis<'_> {
    /// The worse one; of equals what is lost for somebody else, for it is still there afterwards, then the first.
    fn join_outside(&self, body: &TypedBody, first: CancelVerdict, second: CancelVerdict) -> CancelVerdict {
        let is_outside = |verdict: &CancelVerdict| {
            let place = verdict.reason.as_ref().and_then(|reason| reason.place.as_ref());
            place.is_some_and(|place| self.outlives(body, place))
        };
        match first.verdict == second.verdict && !is_outside(&first) && is_outside(&second) {
            true => second,
            false => first.join(second),
        }
    }
}

/// The worst one, of equals the first.
fn worst(verdicts: impl Iterator<Item = CancelVerdict>) -> CancelVerdict {
    verdicts.fold(CancelVerdict::safe(), CancelVerdict::join)
}

/// What is held where.
struct Held<'a, 'w> {
    carry: &'a Carry<'a, 'w>,
    graph: &'a FlowGraph,
    before: &'a [Option<State>],
}

impl Held<'_, '_> {
    /// The worst of what is lost where the code waits.
    fn verdict(&self) -> CancelVerdict {
        worst(self.at_each().into_iter().map(|(_, lost)| lost))
    }

    /// What is lost where the code waits with something in hand.
    fn at_each(&self) -> Vec<(ExprId, CancelVerdict)> {
        let mut found = Vec::new();
        for (id, node) in self.graph.iter() {
            let (FlowStep::Suspend(at), Some(state)) = (&node.step, &self.before[id.0 as usize]) else { continue };
            for (effect, holders) in state {
                let Some(verdict) = self.lost_at(id, *at, *effect, holders.iter().copied()) else { continue };
                let waits = self.carry.body.at(suspension_span(self.carry.body, *at));
                let reason = self.carry.effects[*effect].moved.reason(Some(waits));
                found.push((*at, CancelVerdict { verdict, reason: Some(Arc::new(reason)) }));
            }
        }
        found
    }

    fn lost_at(
        &self,
        node: NodeId,
        at: ExprId,
        effect: usize,
        holders: impl Iterator<Item = Holder>,
    ) -> Option<Verdict> {
        let effect = &self.carry.effects[effect];
        if effect.moved.kind == TakeKind::View {
            return None;
        }
        // Copies of what was viewed are where they belong.
        let is_viewed = effect.moved.kind == TakeKind::Consume;
        let mut found = None;
        let fresh = self.carry.moved_to(effect);
        let holders = holders.flat_map(|h| if h == Holder::Fresh { fresh.clone() } else { vec![h] });
        for holder in holders {
            let verdict = match holder {
                Holder::Value(value) if !self.carry.acts_on_drop(self.carry.ty(value)) => Verdict::Unsafe,
                Holder::Local(local) if self.is_missed(local, node, at) => Verdict::Unsafe,
                Holder::Kept(_) if !is_viewed => Verdict::Partial,
                Holder::Peer if self.goes_on_writing(at, &effect.moved) => Verdict::Unsafe,
                _ => continue,
            };
            let verdict = if effect.is_own { verdict.min(Verdict::Partial) } else { verdict };
            found = found.max(Some(verdict));
        }
        found
    }

    /// Does the code wait there to write more into the same place?
    fn goes_on_writing(&self, at: ExprId, moved: &Moved) -> bool {
        self.carry.effects_at(at).iter().any(|number| {
            let next = &self.carry.effects[*number].moved;
            next.kind == TakeKind::Into && next.from.overlaps(&moved.from)
        })
    }

    /// Is what the variable holds needed by what the code waits for, or afterwards?
    fn is_missed(&self, local: LocalId, node: NodeId, at: ExprId) -> bool {
        let data = &self.carry.body.types.locals[local.0 as usize];
        if self.carry.acts_on_drop(data.ty) {
            return false;
        }
        let mut mentions = Vec::new();
        self.mentions(at, local, &mut mentions);
        if mentions.iter().any(|m| !self.is_overwritten(*m)) {
            return true;
        }
        self.graph.leads(node, |_, step| match step {
            FlowStep::Eval(expr) if self.is_mention(expr, local) => {
                if self.is_overwritten(expr) {
                    Way::Over
                } else {
                    Way::Found
                }
            }
            FlowStep::Bind { pat, .. } if self.carry.body.types.bindings.get(&pat) == Some(&local) => Way::Over,
            _ => Way::On,
        })
    }

    /// Names the variable, or makes a closure or async block that does.
    fn is_mention(&self, expr: ExprId, local: LocalId) -> bool {
        match &self.carry.body.types.body[expr] {
            Expr::Path(_) => self.carry.local_of(expr) == Some(local),
            Expr::Closure(_) | Expr::MacroCall(_) => self.mentions_inside(expr, local),
            Expr::Block(block) if block.is_async() => self.mentions_inside(expr, local),
            _ => false,
        }
    }

    fn mentions_inside(&self, expr: ExprId, local: LocalId) -> bool {
        // Macro calls that are understood have steps of their own.
        if let Expr::MacroCall(call) = &self.carry.body.types.body[expr]
            && !matches!(call.parsed, MacroArgs::Opaque(_))
        {
            return false;
        }
        if let Expr::MacroCall(call) = &self.carry.body.types.body[expr]
            && let MacroArgs::Opaque(names) = &call.parsed
        {
            return names.contains(&self.carry.body.types.locals[local.0 as usize].name);
        }
        let mut found = Vec::new();
        self.mentions(expr, local, &mut found);
        !found.is_empty()
    }

    fn mentions(&self, expr: ExprId, local: LocalId, out: &mut Vec<ExprId>) {
        if self.carry.local_of(expr) == Some(local) {
            out.push(expr);
        }
        // Branches of a `select!` run afterwards.
        if let Expr::MacroCall(call) = &self.carry.body.types.body[expr]
            && let MacroArgs::Select(select) = &call.parsed
        {
            return select.arms.iter().for_each(|arm| self.mentions(arm.future, local, out));
        }
        each_child(&self.carry.body.types.body, expr, &mut |child| self.mentions(child, local, out));
    }

    /// `&mut buf` as the buffer of a read: what was in it is not needed. `buf.clear()` likewise.
    fn is_overwritten(&self, mention: ExprId) -> bool {
        let tree = &self.carry.body.types.body;
        let Some(parent) = self.carry.regions.parent(mention) else { return false };
        match &tree[parent] {
            Expr::MethodCall(call) => {
                call.receiver == mention && matches!(call.name.as_str(), "clear" | "len" | "is_empty" | "capacity")
            }
            Expr::Ref { mutability: Mutability::Mut, .. } => {
                let ty = self.carry.ty(mention);
                let lang = self.carry.analysis.world().lang();
                let is_whole = matches!(ty.kind(), TyKind::Array(..) | TyKind::Slice(_))
                    || ty.as_adt().is_some_and(|(adt, _)| lang.vec == Some(adt) || lang.string == Some(adt));
                let call = self.carry.regions.parent(parent);
                let fills = |e: ExprId| {
                    let at =
                        self.carry.regions.parent(e).filter(|p| matches!(tree[*p], Expr::Await { .. })).unwrap_or(e);
                    self.carry.effects_at(at).iter().any(|n| self.carry.effects[*n].moved.kind == TakeKind::Fill)
                };
                is_whole && call.is_some_and(fills)
            }
            // `next = rx.recv().await`: nobody reads what `next` was.
            Expr::Assign { place, .. } => *place == mention,
            _ => false,
        }
    }

    /// What the code has moved when it returns, and whoever gets its value has now.
    fn handed_out(&self) -> Vec<Moved> {
        let mut numbers: Vec<usize> = Vec::new();
        for (id, node) in self.graph.iter() {
            let (FlowStep::Exit(Exit::Value(_)), Some(state)) = (&node.step, &self.before[id.0 as usize]) else {
                continue;
            };
            for (effect, holders) in state {
                let moved = &self.carry.effects[*effect].moved;
                // What was given is handed back.
                let is_taken = matches!(moved.kind, TakeKind::Out | TakeKind::Fill) && !moved.steps.is_empty();
                if is_taken && holders.iter().any(|h| matches!(h, Holder::Value(_))) && !numbers.contains(effect) {
                    numbers.push(*effect);
                }
            }
        }
        numbers.sort_unstable();
        numbers.into_iter().map(|n| self.carry.effects[n].moved.clone()).collect()
    }
}
