//! Where futures are dropped before their end, and what becomes of what they worked on.
//!
//! ```text
//! select! { _ = s.write_all(b) => .., _ = sleep(d) => .. }     the write, cut by a timer
//! timeout(d, r.read_line(&mut l)).await                        the read, cut by a timer
//! ```

use std::sync::Arc;

use toecap_ir::{Expr, ExprId, FallbackKind, MacroArgs, Select, Span};
use toecap_knowledge::{PointKind, Verdict};

use super::cancel::CancelReason;
use super::exec::{Executor, call_args};
use super::left::Lent;
use super::sent::{is_message, is_request, is_send, is_sent_for_nothing};
use super::summary::callee_span;
use super::worked_on::fills_one;
use crate::flow::{
    AfterCancel, Aliases, Base, CodeRegionKind, Cut, FlowGraph, NodeId, Outcome, Place, RegionId, Regions, WorksOn,
    after_cancel, build, is_discarded, is_failure_expected, is_given_back, is_winner_unseen,
};
use crate::{Analysis, Callee, LocalId, MacroKind, PathDef, Ty, TyKind, TypedBody};

/// An operation that loses data when it is dropped, and is, where what it worked on is used afterwards.
#[derive(Debug, Clone)]
pub struct CutOperation {
    /// The name of the call that made the future, or of the operation in an async block.
    pub at: Span,
    /// Who cuts it.
    pub by: CutBy,
    /// The place of whoever cuts it: the other branch's future, or the name of the call.
    pub cutter: Span,
    /// What is lost, and how the future comes to it.
    pub reason: Arc<CancelReason>,
    /// What becomes of what it worked on.
    pub after: AfterCancel,
    /// What it worked on, as written.
    pub place: Option<String>,
    /// What that is.
    pub works_on: WorksOn,
}

/// Who drops a future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutBy {
    /// A deadline around it: `timeout`.
    Timeout,
    /// A `select!` branch that sleeps.
    Timer,
    /// Another branch of a `select!`, or another future of a race.
    Race,
    /// It is polled once only.
    OnePoll,
    /// A cancellation token.
    Token,
}

/// How the code goes on after a cut.
struct Onward {
    start: NodeId,
    /// What a value is not there.
    not: Option<(ExprId, Outcome)>,
    /// The variable that is this value.
    named: Option<LocalId>,
}

impl From<NodeId> for Onward {
    fn from(start: NodeId) -> Self {
        Self { start, not: None, named: None }
    }
}

struct Scope<'a> {
    body: &'a TypedBody,
    regions: &'a Regions,
    aliases: Aliases,
}

impl Analysis<'_> {
    /// The operations of a body that are cut and matter.
    pub fn cut_operations(&self, body: &TypedBody) -> Vec<CutOperation> {
        let sites = self.cut_sites(body);
        if sites.is_empty() {
            return Vec::new();
        }
        let regions = self.regions(body);
        let edition = self.edition_of(body);
        let suspends = |_: ExprId| true;
        let subject = crate::flow::Subject { body, regions: &regions, edition, suspends: &suspends };
        let scope = Scope { body, regions: &regions, aliases: Aliases::new(self.world(), body) };
        let mut graphs: Vec<(RegionId, FlowGraph)> = Vec::new();
        let mut found = Vec::new();
        for site in sites {
            let region = regions.region_of(site);
            if matches!(regions.get(region).kind, CodeRegionKind::Closure { is_async: false, .. }) {
                continue;
            }
            if !graphs.iter().any(|(id, _)| *id == region) {
                graphs.push((region, build(subject, region)));
            }
            let Some((_, graph)) = graphs.iter().find(|(id, _)| *id == region) else { continue };
            match &body.types.body[site] {
                Expr::MacroCall(call) => {
                    if let MacroArgs::Select(select) = &call.parsed {
                        self.in_select(&scope, graph, site, select, &mut found);
                    }
                }
                _ => self.in_call(&scope, graph, site, &mut found),
            }
        }
        found.sort_by_key(|c| (c.at, c.cutter));
        found
    }

    /// `select!`s, and calls that cut a future.
    fn cut_sites(&self, body: &TypedBody) -> Vec<ExprId> {
        let types = &body.types;
        let selects = types.macros.iter().filter(|(_, kind)| **kind == MacroKind::Select).map(|(e, _)| *e);
        let calls = types.callees.iter().filter(|(call, callee)| match callee {
            Callee::Fn(callee) => {
                self.facts().of_callee(callee).and_then(|f| f.point()).is_some_and(|p| {
                    matches!(p.kind, PointKind::Timeout | PointKind::Token | PointKind::OnePoll | PointKind::Race)
                }) || self.limited_by_own(body, **call).is_some()
            }
            _ => false,
        });
        let mut sites: Vec<ExprId> = selects.chain(calls.map(|(e, _)| *e)).collect();
        sites.sort_unstable();
        sites
    }

    fn in_select(
        &self,
        scope: &Scope<'_>,
        graph: &FlowGraph,
        site: ExprId,
        select: &Select,
        found: &mut Vec<CutOperation>,
    ) {
        for (i, arm) in select.arms.iter().enumerate() {
            let lent = Lent::of(scope.body, &scope.aliases, arm.future);
            let future = lent.as_ref().map_or_else(|| self.moved_in(scope, arm.future), |lent| lent.made);
            let Some((operation, reason)) = self.loses_data(scope, site, future) else { continue };
            let mut worst: Option<CutOperation> = None;
            for (j, other) in select.arms.iter().enumerate() {
                if i == j {
                    continue;
                }
                let Some(start) = graph.select_starts.get(&(site, j)) else { continue };
                let by = if self.is_deadline(scope.body, other.future) { CutBy::Timer } else { CutBy::Race };
                let cutter = self.future_span(scope.body, other.future);
                let unseen = is_winner_unseen(scope.body, select, i, other.handler);
                if let Some(lent) = &lent {
                    for left in lent.left(scope.body, graph, *start) {
                        let cut = self.cut(scope, graph, &left.into(), unseen, operation, &reason, by, cutter);
                        worst = worse(worst, cut.filter(|cut| matches!(cut.after, AfterCancel::Reused(_))));
                    }
                    continue;
                }
                let mut cut = self.cut(scope, graph, &(*start).into(), unseen, operation, &reason, by, cutter);
                // What is lost where everything ends, nobody would have looked at.
                cut.take_if(|cut| {
                    !matches!(cut.after, AfterCancel::Reused(_))
                        && Executor::new(self, scope.body).waits_to_stop(other.future)
                });
                worst = worse(worst, cut);
            }
            for (k, fallback) in select.fallbacks.iter().enumerate() {
                // The others run when no future is left.
                if fallback.kind != FallbackKind::Default || is_send(&reason) || lent.is_some() {
                    continue;
                }
                let Some(start) = graph.select_starts.get(&(site, select.arms.len() + k)) else { continue };
                let at = scope.body.types.body.span(fallback.handler);
                worst = worse(
                    worst,
                    self.cut(scope, graph, &(*start).into(), false, operation, &reason, CutBy::OnePoll, at),
                );
            }
            found.extend(worst);
        }
    }

    fn in_call(&self, scope: &Scope<'_>, graph: &FlowGraph, site: ExprId, found: &mut Vec<CutOperation>) {
        let types = &scope.body.types;
        let Some(Callee::Fn(callee)) = types.callees.get(&site) else { return };
        let point = self.facts().of_callee(callee).and_then(|f| f.point()).map(|point| match point.kind {
            PointKind::Timeout => CutBy::Timeout,
            PointKind::Token => CutBy::Token,
            PointKind::OnePoll => CutBy::OnePoll,
            _ => CutBy::Race,
        });
        let (by, operands) = match (point, &types.body[site]) {
            (None, _) => match self.limited_by_own(scope.body, site) {
                Some((future, by)) => (by, vec![future]),
                None => return,
            },
            (Some(by), Expr::MethodCall(call)) => {
                (by, std::iter::once(call.receiver).chain(call.args.iter().copied()).collect())
            }
            (Some(by), other) => (by, call_args(other).to_vec()),
        };
        // What the caller gets: `timeout(..).await`, or the call's own value.
        let outcome = match scope.regions.parent(site) {
            Some(parent) if matches!(types.body[parent], Expr::Await { .. }) => parent,
            _ => site,
        };
        let tells = types.expr_tys[outcome.index()].as_adt().is_some_and(|(adt, _)| {
            let lang = self.world().lang();
            [lang.option, lang.result].contains(&Some(adt))
        });
        let not = (point.map_or(tells, |by| by != CutBy::Race)).then_some((outcome, Outcome::Full));
        if by == CutBy::Timeout && scope.body.in_test && is_failure_expected(scope.regions, scope.body, outcome) {
            return;
        }
        let onward = match branch_of(scope, graph, site) {
            Some((start, named)) => Onward { start, not, named },
            None => {
                let Some(start) = graph.evaluated(outcome) else { return };
                Onward { start, not, named: None }
            }
        };
        for future in operands {
            if by == CutBy::Race && is_given_back(scope.body, future) {
                continue;
            }
            let future = self.moved_in(scope, future);
            let Some((operation, reason)) = self.loses_data(scope, site, future) else { continue };
            let cutter = callee_span(&types.body, site);
            let unseen = is_discarded(scope.regions, scope.body, outcome);
            found.extend(self.cut(scope, graph, &onward, unseen, operation, &reason, by, cutter));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a cut is what it is")]
    fn cut(
        &self,
        scope: &Scope<'_>,
        graph: &FlowGraph,
        onward: &Onward,
        unseen: bool,
        operation: ExprId,
        reason: &Arc<CancelReason>,
        by: CutBy,
        cutter: Span,
    ) -> Option<CutOperation> {
        let body = scope.body;
        if matches!(by, CutBy::Timeout | CutBy::Timer) && is_request(reason)
            || is_sent_for_nothing(body, &scope.aliases, operation, reason)
            || by == CutBy::Race && body.in_test && is_message(reason)
        {
            return None;
        }
        let buffer = self.filled_by(body, &scope.aliases, operation, reason).map(|place| (place, WorksOn::Buffer));
        let source = reason.place.clone().map(|place| (place, WorksOn::Source));
        let source = source.filter(|_| !self.fills_by_halves(body, operation));
        let joined = self.joined_by(body, &scope.aliases, operation, reason);
        let is_joined = |place: &Place| joined.contains(place);
        let others = joined.iter().map(|place| (place.clone(), WorksOn::Source));
        source.into_iter().chain(buffer).chain(others).find_map(|(place, works_on)| {
            if works_on == WorksOn::Source && self.is_memory_place(body, &place) {
                return None;
            }
            let Scope { regions, aliases, .. } = scope;
            let place = &place;
            let writes = reason.writes;
            let Onward { start, not, named } = *onward;
            let cut =
                Cut { body, regions, graph, aliases, place, works_on, start, not, named, unseen, writes, depth: 0 };
            let after = after_cancel(self, &cut);
            let at = callee_span(&body.types.body, operation);
            let text = place.text(body);
            let found = CutOperation { at, by, cutter, reason: reason.clone(), after, place: text, works_on };
            let counts = match after {
                AfterCancel::Reused(_) => true,
                AfterCancel::LeftToCaller => !is_joined(place),
                AfterCancel::Ended => false,
            };
            counts.then_some(found)
        })
    }

    /// A future that is made first and moved into the call that cuts it: `let sent = stream.write_all(b); timeout(D, sent)`
    fn moved_in(&self, scope: &Scope<'_>, future: ExprId) -> ExprId {
        let types = &scope.body.types;
        let Some(PathDef::Local(local)) = types.paths.get(&future) else { return future };
        let ty = types.locals[local.0 as usize].ty;
        let is_lent = |ty: Ty| matches!(ty.kind(), TyKind::Ref(..));
        let is_pinned = ty.as_adt().is_some_and(|(adt, args)| {
            self.world().lang().pin == Some(adt) && args.first().is_some_and(|inner| is_lent(*inner))
        });
        match scope.aliases.value(*local) {
            Some(made) if !is_lent(ty) && !is_pinned => made,
            _ => future,
        }
    }

    /// The operation behind a future that is made in place, when dropping it half-way loses data.
    fn loses_data(&self, scope: &Scope<'_>, site: ExprId, future: ExprId) -> Option<(ExprId, Arc<CancelReason>)> {
        let body = scope.body;
        let verdict = self.cancel_verdict(body, future)?;
        let reason = verdict.reason?;
        let operation = operation_in(body, future, reason.steps.first()?.at.span);
        if fills_one(body, operation) {
            return None;
        }
        // `read_until` keeps what it has read, in a buffer that looks like all of it.
        let is_half = verdict.verdict == Verdict::Partial && self.fills_by_halves(body, operation);
        let is_lost = verdict.verdict == Verdict::Unsafe || is_half;
        let place = reason.place.as_ref().filter(|_| is_lost);
        let reason = match place.is_some_and(|place| self.ends_with(scope, site, operation, place)) {
            true => Arc::new(CancelReason { place: None, ..(*reason).clone() }),
            false => reason,
        };
        is_lost.then_some((operation, reason))
    }

    /// A connection that an async block opens itself, and works on, is dropped with it.
    fn ends_with(&self, scope: &Scope<'_>, site: ExprId, operation: ExprId, place: &Place) -> bool {
        let Base::Local(local) = place.base else { return false };
        let regions = scope.regions;
        let (around, mut inner) = (regions.region_of(site), Some(regions.region_of(operation)));
        while let Some(region) = inner.filter(|region| *region != around) {
            if regions.declares(scope.body, region, local) {
                return !self.outlives(scope.body, place);
            }
            inner = regions.get(region).parent;
        }
        false
    }

    /// The smallest token for a future.
    fn future_span(&self, body: &TypedBody, future: ExprId) -> Span {
        match &body.types.body[future] {
            Expr::Call { .. } | Expr::MethodCall(_) => callee_span(&body.types.body, future),
            _ => body.types.body.span(future),
        }
    }
}

/// The branch of a `select!` that a call is the future of: where it begins, and the variable that gets the value.
fn branch_of(scope: &Scope<'_>, graph: &FlowGraph, site: ExprId) -> Option<(NodeId, Option<LocalId>)> {
    let select = scope.regions.parent(site)?;
    let Expr::MacroCall(call) = &scope.body.types.body[select] else { return None };
    let MacroArgs::Select(parsed) = &call.parsed else { return None };
    let branch = parsed.arms.iter().position(|arm| arm.future == site)?;
    let named = scope.body.types.bindings.get(&parsed.arms[branch].pat).copied();
    Some((*graph.select_starts.get(&(select, branch))?, named))
}

/// The expression inside a future whose name stands at `at`; the future itself if there is none.
fn operation_in(body: &TypedBody, future: ExprId, at: Span) -> ExprId {
    fn find(body: &TypedBody, expr: ExprId, at: Span) -> Option<ExprId> {
        if matches!(body.types.body[expr], Expr::Call { .. } | Expr::MethodCall(_))
            && callee_span(&body.types.body, expr) == at
        {
            return Some(expr);
        }
        let mut found = None;
        crate::walk::each_child(&body.types.body, expr, &mut |child| {
            if found.is_none() {
                found = find(body, child, at);
            }
        });
        found
    }
    find(body, future, at).unwrap_or(future)
}

/// The one that is worse; a timer is named before other branches.
fn worse(a: Option<CutOperation>, b: Option<CutOperation>) -> Option<CutOperation> {
    let rank = |c: &CutOperation| match (c.after, c.by) {
        (AfterCancel::Reused(_), CutBy::Timer) => 3,
        (AfterCancel::Reused(_), _) => 2,
        (_, CutBy::Timer) => 1,
        _ => 0,
    };
    match (a, b) {
        (Some(a), Some(b)) => Some(if rank(&b) > rank(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}
