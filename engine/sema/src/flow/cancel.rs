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
use super::ending::is_ending;
use super::place::{is_param, outlives_call};
use super::touch::{goes_into_future, uses};
use super::unseen::{is_own_file, removes};
use super::{Aliases, Base, Exit, FlowGraph, FlowStep, NodeId, Outcome, Place, Regions, Way, bound_locals};
use crate::effects::call_args;
use crate::{Analysis, BodyOwner, Container, LocalId, PathDef, TyKind, TypedBody};

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
    /// The variable that gets this value, where no `let` says so: that of a branch of a `select!`.
    pub(crate) named: Option<LocalId>,
    /// Nobody looks at whether it was cut.
    pub(crate) unseen: bool,
    /// It was writing.
    pub(crate) writes: bool,
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
        is_file: is_own_file(analysis, cut),
        recorded: false,
        returned: Vec::new(),
        values: FxHashMap::default(),
        changed: FxHashSet::default(),
        mentions: FxHashMap::default(),
    }
    .run()
}

pub(super) struct Walk<'a, 'b> {
    analysis: &'a Analysis<'b>,
    pub(super) cut: &'a Cut<'a>,
    /// A file, which stays as it is when it is closed.
    is_file: bool,
    /// The function wrote down somewhere that it happened.
    recorded: bool,
    /// The values that paths returned with; none: `()`.
    returned: Vec<Option<ExprId>>,
    /// What became the value of a block, `if` or `match` on some path.
    pub(super) values: FxHashMap<ExprId, Vec<ExprId>>,
    /// Variables that got a value since.
    pub(super) changed: FxHashSet<LocalId>,
    /// How often variables were named since.
    pub(super) mentions: FxHashMap<LocalId, u32>,
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
                // Nothing that is returned can tell of what nobody has looked at.
                let is_unseen_write = cut.unseen && cut.writes && cut.works_on == WorksOn::Source;
                let unsaid = |value: &Option<ExprId>| unsaid(value) || is_unseen_write && !self.is_failure(*value, 0);
                let left = match self.is_file {
                    true => self.returned.iter().any(|value| !self.is_failure(*value, 0)),
                    false => {
                        (!self.recorded || self.cut.unseen)
                            && self.outlives_call()
                            && self.returned.iter().any(unsaid)
                            && self.callers_may_go_on()
                    }
                };
                if left { AfterCancel::LeftToCaller } else { AfterCancel::Ended }
            }
        }
    }

    /// Is it still there when the function has returned?
    fn outlives_call(&self) -> bool {
        let Cut { place, unseen, .. } = self.cut;
        // What is found out about one of many is noted elsewhere.
        if place.is_element() && !unseen {
            return false;
        }
        self.is_behind_handle()
    }

    /// Does the function name it by a reference, or by one of its handles, so that whoever lent or shared it still has it?
    fn is_behind_handle(&self) -> bool {
        let Cut { body, place, .. } = self.cut;
        let is_shared = |local: LocalId| {
            let lang = self.analysis.world().lang();
            let data = &body.types.locals[local.0 as usize];
            let is_param = data.pat.is_some_and(|pat| body.types.body.params.contains(&pat));
            is_param && data.ty.as_adt().is_some_and(|(adt, _)| lang.is_shared(adt))
        };
        outlives_call(body, place.base)
            || matches!(place.base, Base::Local(local) if is_shared(local) || self.is_lent_to(local))
    }

    /// `fn finish(self)` of a `struct Entry<'a> { archive: &'a mut Archive }`: whose `self.archive` is has it still.
    fn is_lent_to(&self, base: LocalId) -> bool {
        let world = self.analysis.world();
        let mut ty = self.cut.body.types.locals[base.0 as usize].ty;
        let lends = |field: &toecap_ir::Name| {
            let (adt, _) = ty.as_adt()?;
            let (_, inner) = world.field_tys(adt, 0).iter().find(|(name, _)| name == field)?;
            ty = *inner;
            Some(matches!(ty.kind(), TyKind::Ref(_, toecap_ir::Mutability::Mut)))
        };
        is_param(self.cut.body, base) && self.cut.place.fields.iter().map_while(lends).any(|lends| lends)
    }

    /// A private function that gets the connection from its callers is a part of theirs: they may be about to end it.
    fn callers_may_go_on(&self) -> bool {
        let (BodyOwner::Fn(f), Base::Local(local)) = (self.cut.body.owner, self.cut.place.base) else { return true };
        let world = self.analysis.world();
        let is_self = self.cut.body.types.locals[local.0 as usize].name == toecap_ir::sym::SELF_VALUE;
        // Who calls a method of somebody else's trait is not here.
        let is_of_others = match world.func(f).container {
            Container::Impl(imp) => world.impl_header(imp).trait_ref.is_some_and(|(tr, _)| !world.is_own(tr.krate)),
            Container::Trait(_) | Container::Module => false,
        };
        is_self
            || is_of_others
            || !matches!(world.item_of_fn(f).vis, toecap_ir::Visibility::Inherited)
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
                if cut.aliases.binds_next(&bound, cut.place) {
                    return Fate::Over;
                }
                self.changed.extend(bound);
                Fate::On
            }
            FlowStep::EndScope(scope) => match cut.place.base {
                Base::Local(local) if cut.graph.local_scopes.get(&local) == Some(&scope) => {
                    // What is behind a reference goes on without it.
                    if self.is_file || self.is_behind_handle() { Fate::On } else { Fate::Over }
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
            Expr::Call { .. } | Expr::MethodCall(_) if self.is_file => Fate::On,
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
        let Cut { body, aliases, place, .. } = self.cut;
        if !self.is_file && goes_into_future(self.analysis, body, aliases, expr, place) {
            return Fate::Reused(expr);
        }
        let has_receiver = match &types.body[expr] {
            Expr::MethodCall(_) => true,
            Expr::Call { .. } => false,
            Expr::Block(block) if block.is_async() => {
                return match self.first_use_in(expr) {
                    Some(at) => Fate::Reused(at),
                    None => Fate::On,
                };
            }
            _ => return Fate::On,
        };
        if self.is_file {
            return if removes(self.analysis, self.cut.body, expr) { Fate::Over } else { Fate::On };
        }
        let receiver = match &types.body[expr] {
            Expr::MethodCall(call) => Some(call.receiver),
            _ => None,
        };
        for (i, operand) in receiver.iter().chain(call_args(&types.body[expr])).enumerate() {
            let Some(place) = self.analysis.source_of(body, aliases, *operand) else { continue };
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
            if uses(self.analysis, self.cut, expr, position, &place) {
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
}
