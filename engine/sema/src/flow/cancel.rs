//! What happens to a place after an operation on it was cut.
//!
//! ```text
//! if timeout(D, s.write_all(b)).await.is_err() {   // from here on, where the result is an error:
//!     s.write_all(b).await?;                       // `s` is used again
//! }
//! ```

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{Expr, ExprId};

use super::anyway::happens_anyway;
use super::buffer::{Mention, mention};
use super::callers::a_caller_goes_on;
use super::ending::{hands_on, is_ending};
use super::place::outlives_call;
use super::touch::touches;
use super::{Aliases, Base, Exit, FlowGraph, FlowStep, NodeId, Outcome, Place, Regions, Way, bound_locals};
use crate::effects::call_args;
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, LocalId, PathDef, TyKind, TypedBody};

/// What becomes of the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterCancel {
    /// It is used again, by this call.
    Reused(ExprId),
    /// The function returns as if nothing had happened, and its caller still has the place.
    LeftToCaller,
    /// It is closed, dropped or replaced, or the caller hears of it.
    Ended,
}

/// An operation that was cut.
pub(crate) struct Cut<'a> {
    pub(crate) body: &'a TypedBody,
    pub(crate) regions: &'a Regions,
    pub(crate) graph: &'a FlowGraph,
    pub(crate) aliases: &'a Aliases,
    /// What it worked on.
    pub(crate) place: &'a Place,
    /// What that is.
    pub(crate) works_on: WorksOn,
    /// Where the path after the cut begins.
    pub(crate) start: NodeId,
    /// What a value is not on that path: the result of a `timeout` is no `Ok`.
    pub(crate) not: Option<(ExprId, Outcome)>,
    /// Callers that are looked at already.
    pub(crate) depth: u32,
}

/// What an operation that is cut works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorksOn {
    /// A connection, file, channel: using it again goes on in the middle.
    Source,
    /// A buffer that it fills: nobody knows how much of it.
    Buffer,
}

/// Follows every path after a cut. What is worst wins.
pub(crate) fn after_cancel(analysis: &Analysis<'_>, cut: &Cut<'_>) -> AfterCancel {
    Walk {
        analysis,
        cut,
        recorded: false,
        returned: Vec::new(),
        values: FxHashMap::default(),
        changed: FxHashSet::default(),
        mentions: FxHashMap::default(),
    }
    .run()
}

struct Walk<'a, 'b> {
    analysis: &'a Analysis<'b>,
    cut: &'a Cut<'a>,
    /// The function wrote down somewhere that it happened.
    recorded: bool,
    /// The values that paths returned with; none: `()`.
    returned: Vec<Option<ExprId>>,
    /// What became the value of a block, `if` or `match` on some path.
    values: FxHashMap<ExprId, Vec<ExprId>>,
    /// Variables that got a value since.
    changed: FxHashSet<LocalId>,
    /// How often variables were named since.
    mentions: FxHashMap<LocalId, u32>,
}

/// Where a step leads.
enum Fate {
    On,
    Over,
    Reused(ExprId),
}

impl Walk<'_, '_> {
    fn run(mut self) -> AfterCancel {
        let cut = self.cut;
        let mut reused: Option<ExprId> = None;
        cut.graph.leads(cut.start, |id, _| match self.step(id) {
            Fate::On => Way::On,
            Fate::Over => Way::Over,
            // The first one in the text, so that the order of the walk does not matter.
            Fate::Reused(at) => {
                let lo = |e: ExprId| cut.body.types.body.span(e).lo();
                if reused.is_none_or(|known| lo(at) < lo(known)) {
                    reused = Some(at);
                }
                Way::Over
            }
        });
        match reused {
            Some(at) => AfterCancel::Reused(at),
            None => {
                let unsaid = |value: &Option<ExprId>| value.is_none_or(|v| self.says_nothing(v, 0));
                let left = !self.recorded
                    && outlives_call(self.cut.body, self.cut.place.base)
                    && self.returned.iter().any(unsaid)
                    && self.callers_may_go_on();
                if left { AfterCancel::LeftToCaller } else { AfterCancel::Ended }
            }
        }
    }

    /// A private function that gets the connection from its callers is a part of theirs: they may be about to end it.
    fn callers_may_go_on(&self) -> bool {
        let (BodyOwner::Fn(f), Base::Local(local)) = (self.cut.body.owner, self.cut.place.base) else { return true };
        let is_self = self.cut.body.types.locals[local.0 as usize].name == toecap_ir::sym::SELF_VALUE;
        is_self
            || !matches!(self.analysis.world().item_of_fn(f).vis, toecap_ir::Visibility::Inherited)
            || a_caller_goes_on(self.analysis, self.cut, f)
    }

    fn step(&mut self, id: NodeId) -> Fate {
        let cut = self.cut;
        match cut.graph.node(id).step {
            FlowStep::Known { value, is } if self.is_not(value, is, 0) => Fate::Over,
            FlowStep::Assign { place, .. } => self.assigned(id, place),
            FlowStep::Bind { pat, .. } => {
                let mut bound = Vec::new();
                bound_locals(cut.body, pat, &mut bound);
                self.changed.extend(bound);
                Fate::On
            }
            FlowStep::EndScope(scope) => match cut.place.base {
                Base::Local(local) if cut.graph.local_scopes.get(&local) == Some(&scope) => {
                    // What is behind a reference goes on without it.
                    if outlives_call(cut.body, cut.place.base) { Fate::On } else { Fate::Over }
                }
                _ => Fate::On,
            },
            FlowStep::Consume { child, parent } => {
                self.values.entry(parent).or_default().push(child);
                // A buffer was named before.
                if cut.works_on == WorksOn::Buffer { Fate::On } else { self.consumed(child, parent) }
            }
            FlowStep::Move { local, to } if cut.place.base == Base::Local(local) && !self.is_ref(to) => self.moved(to),
            FlowStep::Eval(expr) => self.mentioned(expr),
            FlowStep::Exit(Exit::Value(value)) => {
                self.returned.push(value);
                Fate::Over
            }
            FlowStep::Exit(Exit::Error | Exit::Pending(_)) => Fate::Over,
            _ => Fate::On,
        }
    }

    fn is_ref(&self, expr: ExprId) -> bool {
        matches!(self.cut.body.types.expr_tys[expr.index()].kind(), TyKind::Ref(..))
    }

    /// Is this outcome of the value impossible after the cut?
    fn is_not(&self, value: ExprId, is: Outcome, depth: u32) -> bool {
        let Some((known, not)) = self.cut.not else { return false };
        if value == known {
            return is == not;
        }
        if depth > 8 {
            return false;
        }
        let types = &self.cut.body.types;
        match &types.body[value] {
            Expr::Path(_) => match types.paths.get(&value) {
                Some(PathDef::Local(local)) => {
                    self.cut.aliases.value(*local).is_some_and(|init| self.is_not(init, is, depth + 1))
                }
                _ => false,
            },
            Expr::Ref { expr, .. } | Expr::Try(expr) => self.is_not(*expr, is, depth + 1),
            Expr::MethodCall(call) => {
                let keeps = matches!(
                    call.name.as_str(),
                    "ok" | "map"
                        | "map_err"
                        | "and_then"
                        | "as_ref"
                        | "as_mut"
                        | "as_deref"
                        | "inspect"
                        | "inspect_err"
                        | "flatten"
                        | "context"
                        | "with_context"
                        | "wrap_err"
                        | "wrap_err_with"
                        | "transpose"
                        | "cloned"
                        | "ok_or"
                        | "ok_or_else"
                        | "copied"
                );
                keeps && self.is_not(call.receiver, is, depth + 1)
            }
            _ => false,
        }
    }

    /// Does the value tell the caller nothing of what happened?
    fn says_nothing(&self, value: ExprId, depth: u32) -> bool {
        let types = &self.cut.body.types;
        if depth > 16 {
            return false;
        }
        // The callee has returned well, and has said nothing.
        if self.cut.not == Some((value, Outcome::Empty)) {
            return true;
        }
        match &types.body[value] {
            Expr::Tuple(parts) => parts.is_empty(),
            Expr::Record(record) => record.fields.iter().all(|field| self.says_nothing(field.value, depth + 1)),
            // A variable that nothing has happened to since.
            Expr::Path(_) => match types.paths.get(&value) {
                Some(PathDef::Local(local)) => {
                    !self.changed.contains(local) && self.mentions.get(local).is_none_or(|times| *times <= 1)
                }
                _ => false,
            },
            Expr::Call { callee, args } => {
                let is_ok = matches!(types.callees.get(&value), Some(Callee::Ctor(..)))
                    && matches!(&types.body[*callee], Expr::Path(p) if p.last_name().is_some_and(|n| n.as_str() == "Ok"));
                is_ok && args.iter().all(|a| self.says_nothing(*a, depth + 1) || matches!(types.body[*a], Expr::Lit(_)))
            }
            Expr::Block(_) | Expr::If { .. } | Expr::Match { .. } | Expr::MacroCall(_) | Expr::Expanded(_) => {
                types.expr_tys[value.index()] == crate::Ty::unit()
                    || self.values.get(&value).is_some_and(|v| v.iter().any(|v| self.says_nothing(*v, depth + 1)))
            }
            Expr::For { .. } | Expr::While { .. } | Expr::Loop { .. } => {
                types.expr_tys[value.index()] == crate::Ty::unit()
            }
            _ => false,
        }
    }

    fn assigned(&mut self, id: NodeId, place: ExprId) -> Fate {
        let Some(target) = self.cut.aliases.place(self.cut.body, place) else { return Fate::On };
        if target.contains(self.cut.place) {
            return Fate::Over;
        }
        if target.base == self.cut.place.base && !happens_anyway(self.cut, id) {
            self.recorded = true;
        }
        if let Base::Local(local) = target.base {
            self.changed.insert(local);
        }
        Fate::On
    }

    /// `drop(stream)`, `return Err(stream)`
    fn consumed(&self, child: ExprId, parent: ExprId) -> Fate {
        let types = &self.cut.body.types;
        if !matches!(types.body[child], Expr::Path(_) | Expr::Field { .. }) || self.is_ref(child) {
            return Fate::On;
        }
        let Some(place) = self.cut.aliases.place(self.cut.body, child) else { return Fate::On };
        // Letting go of a guard or reference ends nothing.
        if !place.contains(self.cut.place) || self.is_copied(child) || self.cut.aliases.is_alias(self.cut.body, child) {
            return Fate::On;
        }
        match types.body[parent] {
            Expr::Call { .. } | Expr::MethodCall(_) if is_ending(self.analysis, self.cut.body, parent) => Fate::Over,
            Expr::Return(_) | Expr::Block(_) => Fate::Over,
            _ => Fate::Reused(child),
        }
    }

    fn is_copied(&self, expr: ExprId) -> bool {
        matches!(self.cut.body.types.expr_tys[expr.index()].kind(), TyKind::Prim(_) | TyKind::Unknown | TyKind::Ptr(..))
    }

    fn moved(&self, to: ExprId) -> Fate {
        match self.cut.body.types.body[to] {
            // What a closure or task does with it is a use.
            Expr::Closure(_) | Expr::Block(_) => Fate::Reused(to),
            Expr::MacroCall(_) => Fate::Over,
            _ => Fate::On,
        }
    }

    fn mentioned(&mut self, expr: ExprId) -> Fate {
        let cut = self.cut;
        if let Some(PathDef::Local(local)) = cut.body.types.paths.get(&expr) {
            *self.mentions.entry(*local).or_default() += 1;
        }
        match cut.works_on {
            WorksOn::Source => self.evaluated(expr),
            WorksOn::Buffer => match mention(self.analysis, cut, expr) {
                Some(Mention::Shown) => Fate::Reused(expr),
                Some(Mention::Overwritten) => Fate::Over,
                Some(Mention::Other) | None => Fate::On,
            },
        }
    }

    fn evaluated(&self, expr: ExprId) -> Fate {
        let types = &self.cut.body.types;
        let has_receiver = match &types.body[expr] {
            Expr::MethodCall(_) => true,
            Expr::Call { .. } => false,
            Expr::Block(block) if matches!(block.kind, toecap_ir::BlockKind::Async { .. }) => {
                return match self.first_use_in(expr) {
                    Some(at) => Fate::Reused(at),
                    None => Fate::On,
                };
            }
            _ => return Fate::On,
        };
        let receiver = match &types.body[expr] {
            Expr::MethodCall(call) => Some(call.receiver),
            _ => None,
        };
        for (i, operand) in receiver.iter().chain(call_args(&types.body[expr])).enumerate() {
            let Some(place) = self.cut.aliases.place(self.cut.body, *operand) else { continue };
            if !place.overlaps(self.cut.place) {
                continue;
            }
            let position = if has_receiver && i == 0 { None } else { Some(i - usize::from(has_receiver)) };
            if is_ending(self.analysis, self.cut.body, expr) {
                if self.cut.aliases.is_alias(self.cut.body, *operand) && !has_receiver {
                    continue;
                }
                if self.cut.place.contains(&place) || place.contains(self.cut.place) {
                    return Fate::Over;
                }
                continue;
            }
            if self.uses(expr, position, &place) {
                return Fate::Reused(expr);
            }
        }
        Fate::On
    }

    /// A use of the place inside an async block that is made on the path.
    fn first_use_in(&self, expr: ExprId) -> Option<ExprId> {
        let mut found = None;
        crate::walk::each_child(&self.cut.body.types.body, expr, &mut |child| {
            if found.is_none() {
                found = match self.evaluated(child) {
                    Fate::Reused(at) => Some(at),
                    _ => self.first_use_in(child),
                };
            }
        });
        found
    }

    /// Does the call use what it gets: wait for it, or change it?
    fn uses(&self, call: ExprId, position: Option<usize>, place: &Place) -> bool {
        let types = &self.cut.body.types;
        let Some(Callee::Fn(callee)) = types.callees.get(&call) else { return false };
        let runs = callee.runs.unwrap_or(callee.f);
        let is_own = self.analysis.world().input(runs.krate).origin == CrateOrigin::Workspace;
        let own_body = if is_own { self.analysis.body(BodyOwner::Fn(runs)) } else { None };
        if let Some(body) = own_body {
            let rest = self.cut.place.fields.get(place.fields.len()..).unwrap_or_default();
            return touches(self.analysis, &body, runs, position, rest, 0);
        }
        // The place itself or a part of it, not something that has it inside.
        if !self.cut.place.contains(place) {
            return false;
        }
        if types.futures.contains_key(&call) || hands_on(self.analysis, self.cut.body, call) {
            return true;
        }
        let io = ["write", "send", "read", "recv", "poll", "start_send", "flush", "try_send", "try_recv", "feed"];
        let name = self.analysis.world().func(callee.f).name;
        io.iter().any(|word| name.as_str().starts_with(word))
    }
}
