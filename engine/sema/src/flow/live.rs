//! What is alive where a region is suspended.
//!
//! ```text
//! let mut list = list.lock().unwrap();
//! list.push(step().await);                // the guard in `list` is alive here
//! ```

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{Expr, ExprId, PatId, Span};

use super::build::{Subject, bound_locals, build};
use super::region::may_be_suspended;
use super::{CodeRegionKind, FlowGraph, FlowStep, NodeId, Outcome};
use crate::effects::callee_span;
use crate::{AdtId, Analysis, Callee, LocalId, PathDef, Ty, TypedBody};

/// Something with a guard in it that is alive at suspension points.
#[derive(Debug, Clone)]
pub struct Held {
    /// A variable or a temporary.
    pub value: HeldValue,
    /// The smallest token for it: the variable's pattern, or the name of the call that made the temporary.
    pub at: Span,
    /// The guard.
    pub guard: AdtId,
    /// Its type, or that of what it is in.
    pub ty: Ty,
    /// Where the task waits meanwhile, in order.
    pub across: Vec<Span>,
}

/// Who holds a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HeldValue {
    /// A variable.
    Local(LocalId),
    /// The value of an expression that has no name.
    Temporary(ExprId),
}

impl Analysis<'_> {
    /// Blocking guards that are alive where the body waits.
    pub fn held_across_suspension(&self, body: &TypedBody) -> Vec<Held> {
        let mut held = self.held_where(body, &|ty| self.blocking_guard_in(ty));
        held.retain(|held| !self.is_waited_for(body, held.guard));
        let all = held.clone();
        held.retain(|held| !is_element_of_held(body, held, &all));
        held
    }

    /// Does the body await a function of the guard's own crate to get it? Then the lock has an async side: `get_async` of scc.
    fn is_waited_for(&self, body: &TypedBody, guard: AdtId) -> bool {
        let types = &body.types;
        types.body.exprs.ids().any(|expr| {
            let Expr::Await { expr: future, .. } = &types.body[expr] else { return false };
            let Some(Callee::Fn(callee)) = types.callees.get(future) else { return false };
            let given = types.expr_tys.get(expr.index()).and_then(|ty| self.blocking_guard_in(*ty));
            callee.f.krate == guard.krate && given == Some(guard)
        })
    }

    /// Guards, permits, pooled objects and dynamic borrows that are alive where the body waits, whether that is meant or not.
    pub fn scarce_across_suspension(&self, body: &TypedBody) -> Vec<Held> {
        self.held_where(body, &|ty| self.scarce_in(ty))
    }

    fn held_where(&self, body: &TypedBody, guard_in: &dyn Fn(Ty) -> Option<AdtId>) -> Vec<Held> {
        if !may_be_suspended(body) {
            return Vec::new();
        }
        let guards = Guards::new(body, guard_in);
        if guards.is_empty() {
            return Vec::new();
        }
        let regions = self.regions(body);
        let edition = self.edition_of(body);
        let suspends = |at: ExprId| self.may_suspend(body, at);
        let subject = Subject { body, regions: &regions, edition, suspends: &suspends };
        let mut held = Vec::new();
        for (id, region) in regions.iter() {
            if regions.suspensions(id).is_empty()
                || matches!(region.kind, CodeRegionKind::Closure { is_async: false, .. })
            {
                continue;
            }
            let graph = build(subject, id);
            held.extend(Liveness { body, guards: &guards, graph: &graph }.run());
        }
        held.sort_by_key(|h| (h.at, h.value));
        held
    }
}

/// `for entry in map.iter() { .. }`: the iterator holds the lock that its elements hold.
fn is_element_of_held(body: &TypedBody, held: &Held, all: &[Held]) -> bool {
    let HeldValue::Local(local) = held.value else { return false };
    let tree = &body.types.body;
    let Some(pat) = body.types.locals.get(local.0 as usize).and_then(|data| data.pat) else { return false };
    let over = tree.exprs.iter().find_map(|(_, expr)| match expr {
        Expr::For { pat: whole, iter, .. } if tree.pat_span(*whole).contains(tree.pat_span(pat)) => Some(*iter),
        _ => None,
    });
    over.is_some_and(|iter| {
        all.iter().any(|h| tree.span(iter).contains(h.at) && held.across.iter().all(|at| h.across.contains(at)))
    })
}

/// Expressions and variables of a body that own a blocking guard.
struct Guards {
    exprs: FxHashMap<ExprId, AdtId>,
    locals: FxHashMap<LocalId, AdtId>,
}

impl Guards {
    fn new(body: &TypedBody, guard_in: &dyn Fn(Ty) -> Option<AdtId>) -> Self {
        let mut known: FxHashMap<Ty, Option<AdtId>> = FxHashMap::default();
        let mut guard_in = |ty: Ty| *known.entry(ty).or_insert_with(|| guard_in(ty));
        let types = &body.types;
        let exprs = types
            .expr_tys
            .iter()
            .enumerate()
            .filter_map(|(i, ty)| Some((ExprId::from_raw(i as u32), guard_in(*ty)?)))
            .collect();
        let locals = types
            .locals
            .iter()
            .enumerate()
            .filter_map(|(i, local)| Some((LocalId(i as u32), guard_in(local.ty)?)))
            .collect();
        Self { exprs, locals }
    }
    fn is_empty(&self) -> bool {
        self.exprs.is_empty() && self.locals.is_empty()
    }
}

type State = FxHashSet<HeldValue>;

struct Liveness<'a> {
    body: &'a TypedBody,
    guards: &'a Guards,
    graph: &'a FlowGraph,
}

impl Liveness<'_> {
    fn run(&self) -> Vec<Held> {
        let count = self.graph.nodes.len();
        let mut before: Vec<Option<State>> = vec![None; count];
        let start: State = self
            .graph
            .captured
            .iter()
            .filter(|l| self.guards.locals.contains_key(l))
            .map(|l| HeldValue::Local(*l))
            .collect();
        before[0] = Some(start);
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
                    Some(known) => {
                        let size = known.len();
                        known.extend(state.iter().copied());
                        known.len() > size
                    }
                };
                if changed {
                    work.push_back(*next);
                }
            }
        }
        self.collect(&before)
    }

    fn collect(&self, before: &[Option<State>]) -> Vec<Held> {
        let mut across: FxHashMap<HeldValue, Vec<ExprId>> = FxHashMap::default();
        for (id, node) in self.graph.iter() {
            let FlowStep::Suspend(at) = node.step else { continue };
            for value in before[id.0 as usize].iter().flatten() {
                across.entry(*value).or_default().push(at);
            }
        }
        across.into_iter().filter_map(|(value, at)| self.held(value, &at)).collect()
    }

    fn held(&self, value: HeldValue, suspensions: &[ExprId]) -> Option<Held> {
        let types = &self.body.types;
        let mut across: Vec<Span> = suspensions.iter().map(|at| suspension_span(self.body, *at)).collect();
        across.sort_unstable();
        across.dedup();
        Some(match value {
            HeldValue::Local(local) => {
                let data = &types.locals[local.0 as usize];
                let at = types.body.pat_span(data.pat?);
                Held { value, at, guard: self.guards.locals[&local], ty: data.ty, across }
            }
            HeldValue::Temporary(expr) => Held {
                value,
                at: callee_span(&types.body, self.maker(expr)),
                guard: self.guards.exprs[&expr],
                ty: types.expr_tys[expr.index()],
                across,
            },
        })
    }

    /// The call that made the guard: `lock()` of `m.lock().unwrap()`.
    fn maker(&self, expr: ExprId) -> ExprId {
        let inner = match &self.body.types.body[expr] {
            Expr::MethodCall(call) => call.receiver,
            Expr::Try(inner) => *inner,
            _ => return expr,
        };
        let is_value = !matches!(self.body.types.body[inner], Expr::Path(_) | Expr::Field { .. });
        if is_value && self.guards.exprs.contains_key(&inner) { self.maker(inner) } else { expr }
    }

    fn apply(&self, step: &FlowStep, state: &mut State) {
        match step {
            FlowStep::Join | FlowStep::Suspend(_) | FlowStep::Exit(_) => {}
            FlowStep::Eval(expr) => {
                if self.guards.exprs.contains_key(expr) && self.graph.temp_scopes.contains_key(expr) {
                    state.insert(HeldValue::Temporary(*expr));
                }
            }
            FlowStep::Consume { child, .. } => {
                state.remove(&HeldValue::Temporary(*child));
            }
            FlowStep::Move { local, to } => {
                // A field that is moved takes the guard along if it holds it.
                let partial = matches!(self.body.types.body[*to], Expr::Field { .. });
                if !partial || self.guards.exprs.contains_key(to) {
                    state.remove(&HeldValue::Local(*local));
                }
            }
            FlowStep::Bind { pat, from } => self.bind(*pat, *from, state),
            FlowStep::Assign { place, value } => {
                let Some(PathDef::Local(local)) = self.body.types.paths.get(place) else { return };
                let held = HeldValue::Local(*local);
                if self.guards.locals.contains_key(local) && !self.is_none(*value) {
                    state.insert(held);
                } else {
                    state.remove(&held);
                }
            }
            FlowStep::EndTemps(scope) | FlowStep::EndScope(scope) => state.retain(|value| match value {
                HeldValue::Local(local) => self.graph.local_scopes.get(local) != Some(scope),
                HeldValue::Temporary(expr) => self.graph.temp_scopes.get(expr) != Some(scope),
            }),
            FlowStep::Known { value, is: Outcome::Empty } => {
                state.remove(&HeldValue::Temporary(*value));
                if let Some(PathDef::Local(local)) = self.body.types.paths.get(value) {
                    state.remove(&HeldValue::Local(*local));
                }
            }
            FlowStep::Known { .. } => {}
        }
    }

    fn is_none(&self, expr: ExprId) -> bool {
        matches!(&self.body.types.body[expr], Expr::Path(path) if path.last_name().is_some_and(|n| n.as_str() == "None"))
    }

    fn bind(&self, pat: PatId, from: Option<ExprId>, state: &mut State) {
        let mut locals = Vec::new();
        bound_locals(self.body, pat, &mut locals);
        let with_guard: Vec<LocalId> = locals.into_iter().filter(|l| self.guards.locals.contains_key(l)).collect();
        // Only what holds something can hand it over.
        let source = from.map(|from| match self.body.types.paths.get(&from) {
            Some(PathDef::Local(local)) => HeldValue::Local(*local),
            _ => HeldValue::Temporary(from),
        });
        for local in &with_guard {
            state.insert(HeldValue::Local(*local));
        }
        if !with_guard.is_empty()
            && let Some(source) = source
        {
            state.remove(&source);
        }
    }
}

/// `await`, or the name of the macro.
pub(crate) fn suspension_span(body: &TypedBody, at: ExprId) -> Span {
    match &body.types.body[at] {
        Expr::Await { await_span, .. } => *await_span,
        Expr::MacroCall(call) => {
            let whole = body.types.body.span(at);
            call.path.segments.last().map_or(whole, |s| s.span)
        }
        _ => body.types.body.span(at),
    }
}
