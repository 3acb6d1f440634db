//! What running a function does to the thread: blocks it, or burns it; with the chain of calls that shows it.

use std::sync::Arc;

use toecap_ir::{Expr, ExprId, Literal, Location};
use toecap_knowledge::{BlockKind, Blocking, Cost, EndingKind, Entry};

use super::exec::{Executed, Executor, Fate};
use super::kernel::is_kernel_file;
use super::process::starts_daemons;
use super::ready::is_known_ready;
use super::streams::OverStream;
use crate::{Analysis, CrateOrigin, FnCallee, FnId, TyKind, TypedBody};

/// The summaries of functions as far as they are known.
pub(crate) type Known<'k> = &'k dyn Fn(FnId) -> Arc<Summary>;

/// What a function does in the end.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Waits for the outside world on every call that gets there.
    pub blocks: Option<Arc<Work>>,
    /// Computes for milliseconds or more.
    pub burns: Option<Arc<Work>>,
    /// Calls that wait where the caller's types do.
    pub streams: Vec<OverStream>,
    /// The shape of its loops, for callers that call it in loops of theirs.
    pub cpu: CpuWork,
}

/// A witness: the calls from a function to the one that does it.
#[derive(Debug, Clone)]
pub struct Work {
    /// The calls, outermost first; the last one is the leaf.
    pub steps: Vec<Step>,
    /// What it is, for a leaf from the knowledge data.
    pub facts: Option<&'static Entry>,
    /// For computed work: what it computes.
    pub what: String,
    /// Leads through the body of a dependency's function.
    pub(super) through_dependency: bool,
}

/// One call of a witness.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The call's place (or the loop's).
    pub at: Location,
    /// What is called: its path; or what the code does itself, as a phrase.
    pub callee: String,
    /// Which of the two.
    pub kind: StepKind,
}

/// What a [`Step`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// A call.
    Call,
    /// A computation of the code's own.
    Own,
}

impl Work {
    pub(super) fn computed(steps: Vec<Step>, what: &str) -> Self {
        Self { steps, facts: None, what: what.to_owned(), through_dependency: false }
    }

    /// What the knowledge data say of how it blocks.
    pub fn blocking(&self) -> Option<&'static Blocking> {
        self.facts.and_then(|entry| entry.facts.blocking())
    }

    /// Over in microseconds.
    pub fn is_brief(&self) -> bool {
        self.blocking().is_some_and(|b| b.cost == Cost::BrieflyBlocks)
    }

    /// Waits for the disk once, for one file or folder; or less.
    pub fn is_short(&self) -> bool {
        self.is_brief() || self.blocking().is_some_and(|b| b.cost == Cost::ShortlyBlocks)
    }

    fn is_on_files(&self) -> bool {
        self.blocking().is_some_and(|b| b.kind == BlockKind::Io)
    }

    /// The same for who calls it.
    pub(super) fn called_at(&self, step: &Step) -> Self {
        let mut steps = Vec::with_capacity(self.steps.len() + 1);
        steps.push(step.clone());
        steps.extend(self.steps.iter().cloned());
        Self { steps, facts: self.facts, what: self.what.clone(), through_dependency: self.through_dependency }
    }
}

/// What is known of the loops of a function.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CpuWork {
    /// How deep the function's own loops of unknown size are around floating-point arithmetic, and the innermost of them.
    pub deepest: Option<(usize, Location)>,
    /// Holds a loop that iterates floating-point arithmetic until something converges: how many calls away, and its place.
    pub converges: Option<(u8, Location)>,
}

impl<'a> Analysis<'a> {
    /// What one call does.
    pub(crate) fn call_effect(
        &self,
        body: &TypedBody,
        call: &Executed,
        callee: &FnCallee,
        known: Known<'_>,
    ) -> Summary {
        let mut effect = self.raw_effect(body, call, callee, known);
        effect.blocks.take_if(|work| {
            let executor = Executor::new(self, body);
            self.opens_listener_beside(body, call.expr, work)
                || self.is_handed_over_otherwise(body, call.expr)
                || executor.is_outside(call.expr)
                || work.is_on_files() && (is_kernel_file(&executor, call.expr) || executor.is_done_once(call.expr))
        });
        effect
    }

    /// The same, wherever the call stands.
    fn raw_effect(&self, body: &TypedBody, call: &Executed, callee: &FnCallee, known: Known<'_>) -> Summary {
        let forwarded = self.forwarded(body, call.expr, callee);
        if !callee.sure && forwarded.is_none() {
            return Summary::default();
        }
        let world = self.world();
        let runs = forwarded.or_else(|| self.runs(callee));
        let callee_path = world.fn_name(runs.unwrap_or(callee.f));
        let step =
            Step { at: body.at(callee_span(&body.types.body, call.expr)), callee: callee_path, kind: StepKind::Call };
        // What an implementation of ours does is known better than what the trait promises.
        let own = runs.filter(|f| *f != callee.f && world.is_own(f.krate));
        if own.is_none()
            && let Some(entry) = self.facts().entry_of(callee)
        {
            if entry.facts.ending().is_some_and(|e| e.kind == EndingKind::Drop) {
                return self.drop_effect(body, call, step, known);
            }
            if self.only_makes_iterator(body, call.expr, callee) {
                return Summary::default();
            }
            return self.leaf_effect(body, call.expr, callee, entry, step);
        }
        if own.is_none()
            && let Some(source) = self.taken_by_method(body, call.expr, callee)
        {
            if let Some(entry) = self.facts().entry_of(&source) {
                return self.leaf_effect(body, call.expr, &source, entry, step);
            }
            if let Some(next) = source.runs {
                let step = Step { callee: world.fn_name(next), ..step };
                return self.called(body, call, (&source, next), &step, known);
            }
        }
        let mut effect = match runs {
            Some(f) if !self.is_async_like(f) || call.polled.is_some() && self.is_async_of_dependency(f) => {
                self.called(body, call, (callee, f), &step, known)
            }
            Some(_) => Summary::default(),
            None => self.agreed(callee, call, &step, known),
        };
        if effect.blocks.is_none() {
            self.passed_functions(body, call, callee, &step, known, &mut effect);
        }
        effect
    }

    /// What a call that runs `f` does, with the types that it has here.
    fn called(
        &self,
        body: &TypedBody,
        call: &Executed,
        (callee, f): (&FnCallee, FnId),
        step: &Step,
        known: Known<'_>,
    ) -> Summary {
        let mut effect = self.followed(f, call, step, known);
        // A computation of the callee's own, over a handful of rounds.
        effect.burns.take_if(|work| work.facts.is_none() && work.steps.len() == 2 && self.is_for_few(body, call.expr));
        let streams = std::mem::take(&mut effect.streams);
        self.effect_over_streams(body, call, (callee, f), step, &streams, &mut effect);
        effect
    }

    /// What a call of `f` does by what `f` does.
    pub(super) fn followed(&self, f: FnId, call: &Executed, step: &Step, known: Known<'_>) -> Summary {
        let inner = known(f);
        let is_foreign = !self.world().is_own(f.krate);
        let prefix = |work: &Option<Arc<Work>>| {
            let work = work.as_ref()?;
            let through_dependency = is_foreign || work.through_dependency;
            Some(Arc::new(Work { through_dependency, ..work.called_at(step) }))
        };
        // What depends on its types, the caller asks for.
        let streams = inner.streams.clone();
        let mut effect =
            Summary { blocks: prefix(&inner.blocks), burns: prefix(&inner.burns), streams, cpu: inner.cpu.clone() };
        if effect.burns.is_none() {
            effect.burns = self.computation_of_call(&inner.cpu, call.loops.len(), step);
        }
        effect
    }

    /// `drop(x)` runs the `Drop` of x's type.
    fn drop_effect(&self, body: &TypedBody, call: &Executed, step: Step, known: Known<'_>) -> Summary {
        let dropped = super::call_args(&body.types.body[call.expr]).first();
        let ty = dropped.and_then(|e| body.types.expr_tys.get(e.index())).copied();
        match ty.and_then(crate::Ty::as_adt).and_then(|(adt, _)| self.world().drop_fn(adt)) {
            Some(f) => self.followed(f, call, &step, known),
            None => Summary::default(),
        }
    }

    /// Functions that are passed by name and called by the callee: `paths.iter().map(std::fs::read)`.
    fn passed_functions(
        &self,
        body: &TypedBody,
        call: &Executed,
        callee: &FnCallee,
        step: &Step,
        known: Known<'_>,
        effect: &mut Summary,
    ) {
        for (i, arg) in super::call_args(&body.types.body[call.expr]).iter().enumerate() {
            let Some(TyKind::FnDef(f, args)) = body.types.expr_tys.get(arg.index()).map(|t| t.kind()) else { continue };
            if !matches!(Executor::new(self, body).fate(callee, i), Fate::Here) || self.is_async_like(*f) {
                continue;
            }
            let passed = FnCallee { f: *f, args, runs: Some(*f), self_ty: None, receiver: None, sure: callee.sure };
            let inner = match self.facts().entry_of(&passed) {
                Some(entry) => {
                    let at = body.at(body.types.body.span(*arg));
                    let last = Step { at, callee: String::new(), kind: StepKind::Call };
                    let mut inner = self.leaf_effect(body, *arg, &passed, entry, last);
                    for work in [&mut inner.blocks, &mut inner.burns].into_iter().flatten() {
                        *work = Arc::new(work.called_at(step));
                    }
                    inner
                }
                None => self.followed(*f, call, step, known),
            };
            keep_shorter(&mut effect.blocks, inner.blocks);
            keep_shorter(&mut effect.burns, inner.burns);
        }
    }

    /// The function whose body runs: the callee, the impl's method, or that of the only implementation that the workspace
    /// has of a trait of its own.
    pub(crate) fn runs(&self, callee: &FnCallee) -> Option<FnId> {
        callee.runs.or_else(|| self.only_implementation(callee.f))
    }

    fn leaf_effect(
        &self,
        body: &TypedBody,
        expr: ExprId,
        callee: &FnCallee,
        entry: &'static Entry,
        mut step: Step,
    ) -> Summary {
        let mut summary = Summary::default();
        step.callee = readable(&entry.text);
        let Some(blocking) = entry.facts.blocking() else { return summary };
        let work = || Some(Arc::new(Work { facts: Some(entry), ..Work::computed(vec![step.clone()], "") }));
        if blocking.kind == BlockKind::Cpu {
            let is_heavy = matches!(blocking.cost, Cost::CpuHeavy | Cost::AlwaysBlocks)
                || blocking.heavy_from.is_some_and(|level| is_last_at_least(&body.types.body, expr, level));
            if is_heavy && !self.is_small_input(body, expr) {
                summary.burns = work();
            }
        } else if !self.waits_for(callee, entry) {
            summary.streams.extend(self.call_over_stream(body, expr, callee, entry, &step));
        } else {
            let returns_at_once = self.is_set_nonblocking(body, expr)
                || blocking.kind == BlockKind::Process && starts_daemons(&body.types.body)
                || is_known_ready(body, expr, &entry.text);
            summary.blocks = if returns_at_once { None } else { work() };
        }
        summary
    }

    /// An `async fn` of a dependency: nobody looks at its body but for those who have it polled.
    pub(super) fn is_async_of_dependency(&self, f: FnId) -> bool {
        self.world().input(f.krate).origin == CrateOrigin::Dependency && self.world().fn_item(f).flags.is_async
    }

    /// All arguments are small numbers: `fibonacci(10)`.
    fn is_for_few(&self, body: &TypedBody, expr: ExprId) -> bool {
        let few = self.world().cpu_limits().few;
        let args = super::call_args(&body.types.body[expr]);
        let is_few = |arg: &ExprId| match body.types.body[*arg] {
            Expr::Lit(Literal::Int { value: Some(value), .. }) => value <= few,
            _ => false,
        };
        !args.is_empty() && args.iter().all(is_few)
    }

    /// All arguments are literals.
    fn is_small_input(&self, body: &TypedBody, expr: ExprId) -> bool {
        let args = super::call_args(&body.types.body[expr]);
        !args.is_empty() && args.iter().all(|a| is_literal(&body.types.body, *a))
    }

    /// An `async fn`, or a function that only makes a future: calling it does nothing yet.
    pub fn is_async_like(&self, f: FnId) -> bool {
        let item = self.world().fn_item(f);
        item.flags.is_async || matches!(self.world().fn_sig(f).ret.kind(), TyKind::Future(..))
    }
}

/// `<std::fs::File as std::io::Read>::read` is `std::fs::File::read` to people.
pub(super) fn readable(path: &str) -> String {
    let parts = path.strip_prefix('<').and_then(|rest| rest.split_once(" as "));
    match parts.and_then(|(ty, rest)| Some((ty, rest.split_once(">::")?.1))) {
        Some((ty, name)) => format!("{ty}::{name}"),
        None => path.to_owned(),
    }
}

/// `encode_all(input, 19)`
fn is_last_at_least(body: &toecap_ir::Body, call: ExprId, least: u64) -> bool {
    super::call_args(&body[call])
        .last()
        .is_some_and(|arg| matches!(body[*arg], Expr::Lit(Literal::Int { value: Some(value), .. }) if value >= least))
}

fn is_literal(body: &toecap_ir::Body, expr: ExprId) -> bool {
    match &body[expr] {
        Expr::Lit(_) => true,
        Expr::Ref { expr, .. } => is_literal(body, *expr),
        _ => false,
    }
}

/// What waits for long, or may, says more of a function than one small file; then the shorter chain does.
pub(super) fn keep_shorter(best: &mut Option<Arc<Work>>, new: Option<Arc<Work>>) {
    let Some(new) = new else { return };
    let rank = |work: &Work| (work.is_short(), work.steps.len());
    if best.as_ref().is_none_or(|b| rank(&new) < rank(b)) {
        *best = Some(new);
    }
}

/// The name of what a call calls: the smallest guilty token.
pub(crate) fn callee_span(body: &toecap_ir::Body, call: ExprId) -> toecap_ir::Span {
    match &body[call] {
        Expr::MethodCall(m) => m.name_span,
        Expr::Call { callee, .. } => match &body[*callee] {
            Expr::Path(path) => path.segments.last().map_or(body.span(*callee), |s| s.span),
            _ => body.span(*callee),
        },
        Expr::For { iter, .. } => callee_span(body, *iter),
        _ => body.span(call),
    }
}

/// The name of what a call of `body` calls, or all of another expression.
pub fn call_span(body: &TypedBody, expr: ExprId) -> toecap_ir::Span {
    callee_span(&body.types.body, expr)
}
