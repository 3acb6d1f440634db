//! Who holds what code has moved, step by step.
//!
//! ```text
//! let Some(job) = rx.recv().await else { return };    // `job` holds the message
//! let run = start(job);                               // now `run` does
//! run.await;                                          // dropped here, the message is gone
//! ```
//!
//! What ends up in a place that outlives the code, or is used up by a call, is nobody's loss any more.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{BinaryOp, Expr, ExprId, Literal, MacroArgs, Mutability, Pat, PatId};
use toecap_knowledge::TakeKind;

use super::moves::{Moved, is_lent_mutably};
use super::numbers::{Bound, Hand};
use super::state::{Holder, State, copy, merge, replace, retain};
use crate::effects::call_args;
use crate::flow::{Aliases, Base, FlowGraph, FlowStep, NodeId, Place, Regions};
use crate::{Analysis, Callee, LocalId, TyKind, TypedBody};

/// Something that the code moves.
pub(super) struct Effect {
    pub(super) moved: Moved,
    /// The await or call that moves it.
    pub(super) at: ExprId,
    /// Not out of something that outlives the code, but of what was moved into it.
    pub(super) is_own: bool,
    /// What it is moved to, or what the rest of it comes from, when that is a place.
    pub(super) with: Option<Place>,
    /// A number was taken out, so numbers that are computed from it stand for it.
    pub(super) is_number: bool,
}

/// One region, looked at.
pub(super) struct Carry<'a, 'w> {
    pub(super) analysis: &'a Analysis<'w>,
    pub(super) body: &'a TypedBody,
    pub(super) regions: &'a Regions,
    pub(super) graph: &'a FlowGraph,
    pub(super) aliases: &'a Aliases,
    pub(super) effects: Vec<Effect>,
    pub(super) at: FxHashMap<ExprId, Vec<usize>>,
    /// Buffers that outlive the code are holders too: their owner may be dropped with it.
    pub(super) keeps_buffers: bool,
    pub(super) kept: RefCell<Vec<Place>>,
    /// Effects of the call itself: what it was given.
    pub(super) given: Vec<(usize, LocalId)>,
    /// What a pattern is bound to that gets its value from no expression: branches of `select!`, elements of loops.
    pub(super) sources: FxHashMap<PatId, ExprId>,
    /// Futures that a `select!` races: they have moved nothing before their branch runs.
    pub(super) raced: FxHashSet<ExprId>,
}

impl Carry<'_, '_> {
    /// Who holds what before every node that can be reached.
    pub(super) fn run(&self) -> Vec<Option<State>> {
        let mut before: Vec<Option<State>> = vec![None; self.graph.nodes.len()];
        if before.is_empty() {
            return before;
        }
        before[0] = Some(self.given.iter().map(|(effect, local)| (*effect, [Holder::Local(*local)].into())).collect());
        let mut work = VecDeque::from([NodeId(0)]);
        while let Some(id) = work.pop_front() {
            let node = self.graph.node(id);
            let mut state = before[id.0 as usize].clone().unwrap_or_default();
            self.apply(&node.step, &mut state);
            for next in &node.next {
                let slot = &mut before[next.0 as usize];
                let changed = match slot {
                    None => {
                        *slot = Some(state.clone());
                        true
                    }
                    Some(known) => merge(known, &state),
                };
                if changed {
                    work.push_back(*next);
                }
            }
        }
        before
    }

    fn apply(&self, step: &FlowStep, state: &mut State) {
        match step {
            FlowStep::Join | FlowStep::Suspend(_) | FlowStep::Exit(_) => {}
            FlowStep::Known { value, is } => {
                self.settle(*value, *is, state);
                if *is == crate::flow::Outcome::Empty {
                    self.holds_nothing(*value, state);
                }
            }
            FlowStep::Consume { child, parent } => {
                if child != parent {
                    replace(state, Holder::Value(*child), &[Holder::Value(*parent)]);
                }
            }
            FlowStep::Move { local, to } => {
                let keeps = matches!(self.body.types.body[*to], Expr::Field { .. }) || self.is_copied(*local);
                copy(state, Holder::Local(*local), &[Holder::Value(*to)], keeps);
            }
            FlowStep::Bind { pat, from } => self.bind(*pat, *from, state),
            FlowStep::Assign { place, value } => self.assign(*place, *value, state),
            FlowStep::EndTemps(scope) | FlowStep::EndScope(scope) => retain(state, |holder| match holder {
                Holder::Local(local) => self.graph.local_scopes.get(local) != Some(scope),
                Holder::Value(expr) => self.graph.temp_scopes.get(expr) != Some(scope),
                _ => true,
            }),
            FlowStep::Eval(expr) => self.evaluated(*expr, state),
        }
    }

    /// On this path it is known whether the last call has moved something.
    fn settle(&self, value: ExprId, is: crate::flow::Outcome, state: &mut State) {
        // `?` on a `Poll` says nothing of whether it is ready.
        let is_tried = self.regions.parent(value).is_some_and(|p| matches!(self.body.types.body[p], Expr::Try(_)));
        let lang = self.analysis.world().lang();
        if is_tried && self.ty(value).as_adt().is_some_and(|(adt, _)| lang.poll == Some(adt)) {
            return;
        }
        let call = self.made_by(value, 0);
        for (number, holders) in state.iter_mut() {
            let effect = &self.effects[*number];
            if Some(effect.at) == call && holders.remove(&Holder::Fresh) && is == crate::flow::Outcome::Full {
                holders.extend(self.moved_to(effect));
            }
        }
        state.retain(|_, holders| !holders.is_empty());
    }

    /// The await or call that a value comes from, unchanged but for its errors.
    fn made_by(&self, value: ExprId, depth: u32) -> Option<ExprId> {
        if self.at.contains_key(&value) {
            return Some(value);
        }
        if depth > 8 {
            return None;
        }
        let inner = match &self.body.types.body[value] {
            Expr::Path(_) => self.aliases.value(self.local_of(value)?)?,
            Expr::Try(inner) | Expr::Ref { expr: inner, .. } => *inner,
            Expr::MethodCall(call) => call.receiver,
            Expr::MacroCall(call) => match &call.parsed {
                MacroArgs::Exprs(args) => args.first()?.value,
                _ => return None,
            },
            _ => return None,
        };
        self.made_by(inner, depth + 1)
    }

    /// Who holds what an effect has moved, when that is not the value of the call.
    pub(super) fn moved_to(&self, effect: &Effect) -> Vec<Holder> {
        match (effect.moved.kind, &effect.with) {
            (TakeKind::Into, _) => vec![Holder::Peer],
            (TakeKind::Fill, Some(place)) if self.analysis.outlives(self.body, place) => {
                if self.keeps_buffers || self.is_slice(place) { vec![self.keep(place)] } else { Vec::new() }
            }
            (TakeKind::Fill, Some(Place { base: Base::Local(local), .. })) => vec![Holder::Local(*local)],
            _ => Vec::new(),
        }
    }

    /// On this path the value is an error, `None` or `Pending`.
    fn holds_nothing(&self, value: ExprId, state: &mut State) {
        let tried = self.regions.parent(value).filter(|p| matches!(self.body.types.body[*p], Expr::Try(_)));
        let local = self.local_of(value);
        for holders in state.values_mut() {
            holders.remove(&Holder::Value(value));
            if let Some(tried) = tried {
                holders.remove(&Holder::Value(tried));
            }
            if let Some(local) = local {
                holders.remove(&Holder::Local(local));
            }
        }
        state.retain(|_, holders| !holders.is_empty());
    }

    fn bind(&self, pat: PatId, from: Option<ExprId>, state: &mut State) {
        let mut locals = Vec::new();
        crate::flow::bound_locals(self.body, pat, &mut locals);
        let types = &self.body.types;
        let ty = |local: &LocalId| types.locals[local.0 as usize].ty;
        let holders = |locals: &[LocalId]| locals.iter().map(|l| Holder::Local(*l)).collect::<Vec<_>>();
        locals.retain(|local| self.carries(ty(local)) || self.is_number(ty(local)));
        let with_numbers = holders(&locals);
        locals.retain(|local| self.carries(ty(local)));
        let bound = Bound {
            all: holders(&locals),
            with_numbers,
            is_whole: matches!(types.body[pat], Pat::Bind { sub: None, .. }),
        };
        let Some(from) = from else {
            let Some(source) = self.sources.get(&pat).copied() else { return };
            self.begin(source, &bound.with_numbers, state);
            if let Some(root) = self.root_local(source) {
                self.hand_to(&bound, Holder::Local(root), state, Hand::Shown);
            }
            return self.hand_to(&bound, Holder::Value(source), state, Hand::Copied);
        };
        self.hand_to(&bound, Holder::Value(from), state, Hand::Moved);
        if let Some(root) = self.root_local(from) {
            self.hand_to(&bound, Holder::Local(root), state, Hand::Shown);
        }
    }

    fn assign(&self, place: ExprId, value: ExprId, state: &mut State) {
        let assigned = self.regions.parent(place).unwrap_or(place);
        let Some(target) = self.aliases.place(self.body, place) else {
            return retain(state, |h| *h != Holder::Value(value) && *h != Holder::Value(assigned));
        };
        let outlives = self.analysis.outlives(self.body, &target);
        let into: Vec<Holder> = match target.base {
            Base::Local(local) if !outlives => vec![Holder::Local(local)],
            _ => Vec::new(),
        };
        // `x = value` drops what `x` held.
        if let (Base::Local(local), true) = (target.base, target.fields.is_empty() && !outlives) {
            retain(state, |h| *h != Holder::Local(local));
        }
        replace(state, Holder::Value(value), &into);
        replace(state, Holder::Value(assigned), &into);
        if outlives {
            self.put_back(&target, state);
        }
    }

    /// Something was put where an effect has taken from.
    fn put_back(&self, target: &Place, state: &mut State) {
        state.retain(|effect, _| {
            let effect = &self.effects[*effect];
            effect.moved.kind != TakeKind::Out || !target.contains(&effect.moved.from)
        });
    }

    fn evaluated(&self, expr: ExprId, state: &mut State) {
        let types = &self.body.types;
        match &types.body[expr] {
            Expr::Call { .. } | Expr::MethodCall(_) => self.called(expr, state),
            Expr::Await { expr: inner, .. } => {
                // The future is done with what it was given.
                retain(state, |h| *h != Holder::Value(expr) && *h != Holder::Value(*inner));
            }
            Expr::Binary { op: BinaryOp::AddAssign, lhs, rhs } => self.added(expr, *lhs, *rhs, state),
            _ if self.acts_on_drop(self.ty(expr)) => retain(state, |h| *h != Holder::Value(expr)),
            _ => self.keep_value(expr, state),
        }
        // A branch of `select!` has done nothing before it wins.
        if types.futures.contains_key(&expr) && !matches!(types.body[expr], Expr::Await { .. }) {
            return;
        }
        let carried = [Holder::Value(expr)];
        let is_carried = self.carries(self.ty(expr)) || self.is_number(self.ty(expr));
        let carried = if is_carried { &carried[..] } else { &[] };
        if !self.raced.contains(&expr) {
            self.begin(expr, carried, state);
        }
    }

    /// The effects of an expression begin.
    fn begin(&self, expr: ExprId, value: &[Holder], state: &mut State) {
        for number in self.effects_at(expr) {
            let effect = &self.effects[*number];
            let holders: Vec<Holder> = match effect.moved.kind {
                TakeKind::Out | TakeKind::View => value.to_vec(),
                TakeKind::Into | TakeKind::Fill => {
                    // What the call did the last time is certain now.
                    let again = state.get(number).is_some_and(|holders| holders.contains(&Holder::Fresh));
                    let last = if again { self.moved_to(effect) } else { Vec::new() };
                    if self.moved_to(effect).is_empty() { Vec::new() } else { [last, vec![Holder::Fresh]].concat() }
                }
                TakeKind::Consume => {
                    self.consumed(&effect.moved.from, *number, state);
                    Vec::new()
                }
            };
            if !holders.is_empty() {
                state.entry(*number).or_default().extend(holders);
            }
        }
    }

    /// What was viewed is taken now: its copies are all that there is.
    fn consumed(&self, from: &Place, number: usize, state: &mut State) {
        let viewed = |effect: &usize| {
            let moved = &self.effects[*effect].moved;
            moved.kind == TakeKind::View && moved.from.overlaps(from)
        };
        let mut copies: BTreeSet<Holder> = BTreeSet::new();
        for (_, holders) in state.iter().filter(|(effect, _)| viewed(effect)) {
            copies.extend(holders);
        }
        if !copies.is_empty() {
            state.entry(number).or_default().extend(copies);
        }
    }

    /// What a call does with what it is given: keeps it in what it is lent, hands it on, or uses it up.
    fn called(&self, call: ExprId, state: &mut State) {
        let types = &self.body.types;
        self.copied_outside(call, state);
        let given = Holder::Value(call);
        let carries = self.carries(self.ty(call)) || self.is_number(self.ty(call));
        if let Expr::MethodCall(method) = &types.body[call] {
            if carries {
                copy(state, Holder::Value(method.receiver), &[given], true);
            }
            // What `truncate(n)` leaves is still there.
            let is_zero = |arg: &ExprId| matches!(types.body[*arg], Expr::Lit(Literal::Int { value: Some(0), .. }));
            let empties = matches!(method.name.as_str(), "clear" | "drain")
                || method.name.as_str() == "truncate" && method.args.first().is_some_and(is_zero);
            if empties && let Some(local) = self.local_of(method.receiver) {
                let into = if method.name.as_str() == "drain" { &[given][..] } else { &[] };
                replace(state, Holder::Local(local), into);
            }
        }
        let shows = self.lends_view(call, state) | self.shows_filled(call, state);
        if !shows && !state.values().any(|holders| holders.contains(&given)) {
            return;
        }
        if types.futures.contains_key(&call) {
            return;
        }
        let is_used_up = match types.callees.get(&call) {
            Some(Callee::Fn(callee)) => self.analysis.facts().of_callee(callee).is_some_and(|f| f.spawn().is_some()),
            _ => false,
        };
        let mut into = Vec::new();
        let mut is_stored = false;
        for operand in self.lent_mutably(call) {
            is_stored = true;
            let Some(place) = self.aliases.place(self.body, operand) else { continue };
            match place.base {
                _ if self.analysis.outlives(self.body, &place) => self.stored_outside(call, &place, state),
                Base::Local(local) => into.push(Holder::Local(local)),
                Base::Static(_) => {}
            }
        }
        if !is_used_up && !is_stored && carries && !self.acts_on_drop(self.ty(call)) {
            into.push(given);
        }
        replace(state, given, &into);
        self.keep_value(call, state);
    }

    /// A copy of what is only viewed is in a place that outlives the code.
    fn stored_outside(&self, call: ExprId, place: &Place, state: &mut State) {
        let viewing: Vec<usize> =
            state.keys().copied().filter(|e| self.effects[*e].moved.kind == TakeKind::View).collect();
        for effect in viewing {
            if let Some(holders) = state.get_mut(&effect)
                && holders.remove(&Holder::Value(call))
            {
                holders.insert(self.keep(place));
            }
        }
    }

    /// Does an argument show what was only viewed: `buf.extend(available)`?
    fn lends_view(&self, call: ExprId, state: &mut State) -> bool {
        let mut found = false;
        for arg in call_args(&self.body.types.body[call]) {
            let Some(local) = self.root_local(*arg) else { continue };
            for (effect, holders) in state.iter_mut() {
                if self.effects[*effect].moved.kind == TakeKind::View && holders.contains(&Holder::Local(local)) {
                    holders.insert(Holder::Value(call));
                    found = true;
                }
            }
        }
        found
    }

    /// The operands that a call may change: its receiver by `&mut self`, arguments `&mut x`.
    pub(super) fn lent_mutably(&self, call: ExprId) -> Vec<ExprId> {
        let types = &self.body.types;
        let mut lent = Vec::new();
        if let (Expr::MethodCall(method), Some(Callee::Fn(callee))) = (&types.body[call], types.callees.get(&call))
            && callee.receiver.is_some_and(|ty| matches!(ty.kind(), TyKind::Ref(_, Mutability::Mut)))
        {
            lent.push(method.receiver);
        }
        let args = call_args(&types.body[call]);
        lent.extend(args.iter().copied().filter(|a| is_lent_mutably(self.body, *a)));
        lent
    }
}
