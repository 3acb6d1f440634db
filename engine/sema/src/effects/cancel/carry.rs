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
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashMap;
use toecap_ir::{Expr, ExprId, MacroArgs, PatId};
use toecap_knowledge::TakeKind;

use super::Trail;
use super::moves::{Asker, Moved};
use crate::flow::{Aliases, Base, FlowGraph, FlowStep, NodeId, Place, Regions};
use crate::{Analysis, BodyOwner, Callee, LocalId, MacroKind, PathDef, Ty, TyKind, TypedBody};

/// Who holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    /// The value of an expression.
    Value(ExprId),
    /// A variable.
    Local(LocalId),
    /// A place that outlives the code, by its number: a buffer that does not know how much of it is filled.
    Kept(usize),
    /// Whatever it is moved to, if it has been moved at all: a read may have failed, a `poll` may be pending.
    Fresh,
    /// Whoever was written to.
    Peer,
}

/// Something that the code moves.
pub(super) struct Effect {
    pub(super) moved: Moved,
    /// The await or call that moves it.
    at: ExprId,
    /// Not out of something that outlives the code, but of what was moved into it.
    pub(super) is_own: bool,
    /// What it is moved to, or what the rest of it comes from, when that is a place.
    pub(super) with: Option<Place>,
}

/// The holders of each effect, where it has any.
pub(super) type State = BTreeMap<usize, BTreeSet<Holder>>;

/// One region, looked at.
pub(super) struct Carry<'a, 'w> {
    pub(super) analysis: &'a Analysis<'w>,
    pub(super) body: &'a TypedBody,
    pub(super) regions: &'a Regions,
    pub(super) graph: &'a FlowGraph,
    pub(super) aliases: &'a Aliases,
    pub(super) effects: Vec<Effect>,
    at: FxHashMap<ExprId, Vec<usize>>,
    /// Buffers that outlive the code are holders too: their owner may be dropped with it.
    keeps_buffers: bool,
    kept: RefCell<Vec<Place>>,
    /// Effects of the call itself: what it was given.
    given: Vec<(usize, LocalId)>,
    /// What a pattern is bound to that gets its value from no expression: branches of `select!`, elements of loops.
    sources: FxHashMap<PatId, ExprId>,
}

impl<'a, 'w> Carry<'a, 'w> {
    pub(super) fn new(
        analysis: &'a Analysis<'w>,
        body: &'a TypedBody,
        regions: &'a Regions,
        graph: &'a FlowGraph,
        aliases: &'a Aliases,
        trail: &mut Trail,
    ) -> Self {
        let (effects, at, sources, kept, given) = Default::default();
        let keeps_buffers = false;
        let mut carry =
            Self { analysis, body, regions, graph, aliases, effects, at, keeps_buffers, kept, given, sources };
        for (_, node) in graph.iter() {
            if let FlowStep::Eval(expr) = node.step {
                carry.find(expr, trail);
            }
        }
        carry
    }

    /// Adds what the code is given by value and knows nothing of, so that it can only hand it on: `send(&self, value: T)`.
    pub(super) fn with_given_values(mut self) -> Self {
        let BodyOwner::Fn(f) = self.body.owner else { return self };
        let world = self.analysis.world();
        let predicates = world.all_predicates(world.func(f).generics);
        let is_plain = |bound: &crate::Bound| {
            const PLAIN: [&str; 7] = ["Sized", "Send", "Sync", "Unpin", "Clone", "Copy", "Debug"];
            world.is_std(bound.tr.krate) && PLAIN.contains(&world.tr(bound.tr).name.as_str())
        };
        for pat in self.body.types.body.params.clone() {
            let Some(local) = self.body.types.bindings.get(&pat).copied() else { continue };
            let data = &self.body.types.locals[local.0 as usize];
            if !matches!(data.ty.kind(), TyKind::Param(_))
                || !predicates.iter().filter(|p| p.ty == data.ty).all(|p| is_plain(&p.bound))
            {
                continue;
            }
            let moved = Moved {
                kind: TakeKind::Out,
                lost: format!("`{}` (moved into the future)", data.name),
                steps: Vec::new(),
                from: Place { base: Base::Local(local), fields: Vec::new() },
                with: None,
            };
            self.given.push((self.effects.len(), local));
            let at = self.body.types.body.root;
            self.effects.push(Effect { moved, at, is_own: false, with: None });
        }
        self
    }

    pub(super) fn keeping_buffers(self) -> Self {
        Self { keeps_buffers: true, ..self }
    }

    /// What happens when an expression has been evaluated.
    fn find(&mut self, expr: ExprId, trail: &mut Trail) {
        let types = &self.body.types;
        match &types.body[expr] {
            Expr::Await { expr: inner, .. } => {
                let future = self.analysis.future_behind(self.body, self.aliases, *inner);
                self.add(expr, future, trail);
            }
            Expr::Call { .. } | Expr::MethodCall(_) if !types.futures.contains_key(&expr) => {
                self.add(expr, expr, trail);
            }
            Expr::For { pat, iter, .. } => {
                self.sources.insert(*pat, *iter);
            }
            Expr::MacroCall(call) => {
                if let (MacroArgs::Select(select), Some(MacroKind::Select)) = (&call.parsed, types.macros.get(&expr)) {
                    for arm in &select.arms {
                        let future = self.analysis.future_behind(self.body, self.aliases, arm.future);
                        self.sources.insert(arm.pat, arm.future);
                        self.add(arm.future, future, trail);
                    }
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, at: ExprId, call: ExprId, trail: &mut Trail) {
        if self.at.contains_key(&at) {
            return;
        }
        let asker = Asker { body: self.body, aliases: self.aliases };
        for moved in self.analysis.moved_by_call(asker, call, trail) {
            let is_own = !self.analysis.outlives(self.body, &moved.from);
            if is_own && !self.is_given(&moved.from) {
                continue;
            }
            let with = moved.with.and_then(|arg| self.place_behind(arg)).map(|place| self.storage(place, moved.kind));
            self.at.entry(at).or_default().push(self.effects.len());
            self.effects.push(Effect { moved, at, is_own, with });
        }
    }

    /// Is it a parameter that the code was given by value?
    fn is_given(&self, place: &Place) -> bool {
        let Base::Local(local) = place.base else { return false };
        let data = &self.body.types.locals[local.0 as usize];
        data.name == toecap_ir::sym::SELF_VALUE
            || data.pat.is_some_and(|pat| self.body.types.body.params.contains(&pat))
    }

    /// A place by its number.
    pub(super) fn kept(&self, number: usize) -> Option<Place> {
        self.kept.borrow().get(number).cloned()
    }

    fn keep(&self, place: &Place) -> Holder {
        let mut kept = self.kept.borrow_mut();
        let number = kept.iter().position(|known| known == place).unwrap_or_else(|| {
            kept.push(place.clone());
            kept.len() - 1
        });
        Holder::Kept(number)
    }

    /// The place that an argument borrows, or is computed from: `self.buf` for `&mut self.buf[n..]` and `self.buf.chunk()`.
    fn place_behind(&self, arg: ExprId) -> Option<Place> {
        self.aliases.place(self.body, arg).or_else(|| match &self.body.types.body[arg] {
            Expr::MethodCall(call) => self.place_behind(call.receiver),
            Expr::Ref { expr, .. } => self.place_behind(*expr),
            _ => None,
        })
    }

    /// A cursor over a buffer that outlives the code stands for it: `let mut buf = ReadBuf::new(&mut self.data);`
    fn storage(&self, place: Place, kind: TakeKind) -> Place {
        let Base::Local(local) = place.base else { return place };
        let Some(init) = self.aliases.value(local) else { return place };
        let made_from =
            crate::effects::call_args(&self.body.types.body[init]).iter().find_map(|a| self.place_behind(*a));
        let inner = made_from.or_else(|| if kind == TakeKind::Into { self.filled_from(local) } else { None });
        match inner {
            Some(inner) if self.analysis.outlives(self.body, &inner) => inner,
            _ => place,
        }
    }

    /// The place whose method has filled a variable: `self.buf` in `self.buf.chunks_vectored(&mut slices)`.
    fn filled_from(&self, local: LocalId) -> Option<Place> {
        self.body.types.body.exprs.iter().find_map(|(_, expr)| {
            let Expr::MethodCall(call) = expr else { return None };
            let fills = call
                .args
                .iter()
                .any(|arg| super::moves::is_lent_mutably(self.body, *arg) && self.root_local(*arg) == Some(local));
            let place = if fills { self.aliases.place(self.body, call.receiver) } else { None };
            place.filter(|place| self.analysis.outlives(self.body, place))
        })
    }

    /// The effects of an await or call.
    pub(super) fn effects_at(&self, expr: ExprId) -> &[usize] {
        self.at.get(&expr).map_or(&[], Vec::as_slice)
    }

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
        locals.retain(|l| self.carries(types.locals[l.0 as usize].ty));
        let bound: Vec<Holder> = locals.iter().map(|l| Holder::Local(*l)).collect();
        let Some(from) = from else {
            let Some(source) = self.sources.get(&pat).copied() else { return };
            self.begin(source, &bound, state);
            if let Some(root) = self.root_local(source) {
                copy(state, Holder::Local(root), &bound, true);
            }
            return copy(state, Holder::Value(source), &bound, true);
        };
        replace(state, Holder::Value(from), &bound);
        if let Some(root) = self.root_local(from) {
            copy(state, Holder::Local(root), &bound, true);
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
            _ if !self.carries(self.ty(expr)) || self.acts_on_drop(self.ty(expr)) => {
                retain(state, |h| *h != Holder::Value(expr));
            }
            _ => {}
        }
        let carried = [Holder::Value(expr)];
        let carried = if self.carries(self.ty(expr)) { &carried[..] } else { &[] };
        self.begin(expr, carried, state);
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
        let given = Holder::Value(call);
        let carries = self.carries(self.ty(call));
        if let Expr::MethodCall(method) = &types.body[call] {
            if carries {
                copy(state, Holder::Value(method.receiver), &[given], true);
            }
            if matches!(method.name.as_str(), "clear" | "drain" | "truncate")
                && let Some(local) = self.local_of(method.receiver)
            {
                let into = if method.name.as_str() == "drain" { &[given][..] } else { &[] };
                replace(state, Holder::Local(local), into);
            }
        }
        if !state.values().any(|holders| holders.contains(&given)) && !self.lends_view(call, state) {
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
        for arg in crate::effects::call_args(&self.body.types.body[call]) {
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
    fn lent_mutably(&self, call: ExprId) -> Vec<ExprId> {
        let types = &self.body.types;
        let mut lent = Vec::new();
        if let (Expr::MethodCall(method), Some(Callee::Fn(callee))) = (&types.body[call], types.callees.get(&call))
            && callee.receiver.is_some_and(|ty| matches!(ty.kind(), TyKind::Ref(_, toecap_ir::Mutability::Mut)))
        {
            lent.push(method.receiver);
        }
        let args = crate::effects::call_args(&types.body[call]);
        lent.extend(args.iter().copied().filter(|a| super::moves::is_lent_mutably(self.body, *a)));
        lent
    }

    pub(super) fn ty(&self, expr: ExprId) -> Ty {
        self.body.types.expr_tys.get(expr.index()).copied().unwrap_or(Ty::unknown())
    }

    fn is_copied(&self, local: LocalId) -> bool {
        let ty = self.body.types.locals[local.0 as usize].ty;
        matches!(ty.kind(), TyKind::Ref(_, toecap_ir::Mutability::Shared) | TyKind::Prim(_))
    }

    fn is_slice(&self, place: &Place) -> bool {
        let Base::Local(local) = place.base else { return false };
        let ty = self.body.types.locals[local.0 as usize].ty;
        place.fields.is_empty() && matches!(ty.peel_refs().kind(), TyKind::Slice(_) | TyKind::Array(..))
    }

    pub(super) fn local_of(&self, expr: ExprId) -> Option<LocalId> {
        match self.body.types.paths.get(&expr) {
            Some(PathDef::Local(local)) => Some(*local),
            _ => None,
        }
    }

    /// The variable that an expression shows a part of: `x` for `x`, `&x[1..]`, `x.field`, `x.iter()`.
    pub(super) fn root_local(&self, expr: ExprId) -> Option<LocalId> {
        match &self.body.types.body[expr] {
            Expr::Path(_) => self.local_of(expr),
            Expr::Ref { expr, .. } | Expr::Unary(toecap_ir::UnaryOp::Deref, expr) => self.root_local(*expr),
            Expr::Field { base, .. } | Expr::Index { base, .. } => self.root_local(*base),
            Expr::MethodCall(call) if call.args.is_empty() => self.root_local(call.receiver),
            _ => None,
        }
    }

    /// Can a value of the type be what was moved? `()`, numbers and flags are not missed.
    pub(super) fn carries(&self, ty: Ty) -> bool {
        let lang = self.analysis.world().lang();
        match ty.kind() {
            TyKind::Unknown | TyKind::Never | TyKind::Var(_) => false,
            TyKind::Prim(prim) => *prim == crate::Prim::Str,
            TyKind::Tuple(parts) => parts.iter().any(|t| self.carries(*t)),
            TyKind::Ref(inner, _) => self.carries(*inner),
            TyKind::Adt(adt, args) if [lang.option, lang.result, lang.poll].contains(&Some(*adt)) => {
                args.first().is_some_and(|t| self.carries(*t))
            }
            _ => true,
        }
    }

    /// Does dropping the value do something about it: puts it back, gives a permit back, asks for it to be sent again?
    pub(super) fn acts_on_drop(&self, ty: Ty) -> bool {
        let world = self.analysis.world();
        let lang = world.lang();
        match ty.kind() {
            TyKind::Adt(adt, args) if [lang.option, lang.result, lang.poll, lang.boxed].contains(&Some(*adt)) => {
                args.first().is_some_and(|t| self.acts_on_drop(*t))
            }
            TyKind::Adt(adt, _) => !world.is_std(adt.krate) && world.drop_fn(*adt).is_some(),
            _ => false,
        }
    }
}

fn merge(known: &mut State, new: &State) -> bool {
    let mut changed = false;
    for (effect, holders) in new {
        let known = known.entry(*effect).or_default();
        let size = known.len();
        known.extend(holders);
        changed |= known.len() > size;
    }
    changed
}

fn replace(state: &mut State, old: Holder, new: &[Holder]) {
    copy(state, old, new, false);
}

fn copy(state: &mut State, old: Holder, new: &[Holder], keeps: bool) {
    for holders in state.values_mut() {
        if holders.contains(&old) {
            if !keeps {
                holders.remove(&old);
            }
            holders.extend(new);
        }
    }
    state.retain(|_, holders| !holders.is_empty());
}

fn retain(state: &mut State, keep: impl Fn(&Holder) -> bool) {
    for holders in state.values_mut() {
        holders.retain(&keep);
    }
    state.retain(|_, holders| !holders.is_empty());
}
