//! What running a function does to the thread: blocks it, or burns it; with the chain of calls that shows it.

use std::sync::Arc;

use toecap_ir::{Expr, ExprId, Location, UnaryOp};
use toecap_knowledge::{BlockKind, Cost, EndingKind, Entry};

use super::contexts::HeavyLoops;
use super::exec::{Executed, Executor, Fate};
use crate::flow::Aliases;
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, FnCallee, FnId, Prim, TyKind, TypedBody};

/// How deep calls are followed.
const MAX_HOPS: usize = 12;

/// What a function does in the end.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Waits for the outside world on every call that gets there.
    pub blocks: Option<Arc<Work>>,
    /// Computes for milliseconds or more.
    pub burns: Option<Arc<Work>>,
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
}

/// One call of a witness.
#[derive(Debug, Clone)]
pub struct Step {
    /// The call's place (or the loop's).
    pub at: Location,
    /// What is called: its path.
    pub callee: String,
}

/// What is known of the loops of a function.
#[derive(Debug, Clone, Default)]
pub struct CpuWork {
    /// Nesting of loops of unknown size that do arithmetic, calls included.
    pub depth: u8,
    /// Holds a loop that iterates floating-point arithmetic until something converges, with its place.
    pub converges: Option<Location>,
}

impl<'a> Analysis<'a> {
    /// The summary of a function. Functions without a body to look at do nothing that is known.
    pub fn summary(&self, f: FnId) -> Arc<Summary> {
        let mut stack = Vec::new();
        self.summary_at(f, &mut stack).0
    }

    /// Also returns how far up the stack a recursion reached (`usize::MAX`: not at all).
    fn summary_at(&self, f: FnId, stack: &mut Vec<FnId>) -> (Arc<Summary>, usize) {
        if let Some(found) = self.cached_summary(f) {
            return (found, usize::MAX);
        }
        if let Some(at) = stack.iter().position(|s| *s == f) {
            return (Arc::default(), at);
        }
        let followed = self.world().input(f.krate).origin == CrateOrigin::Workspace && stack.len() < MAX_HOPS;
        let Some(body) = self.body(BodyOwner::Fn(f)).filter(|_| followed) else { return (Arc::default(), usize::MAX) };
        stack.push(f);
        let executor = Executor::new(self, &body);
        let (summary, low) = self.summarise(&executor, &body, body.types.body.root, stack);
        stack.pop();
        let summary = Arc::new(summary);
        // What a recursive function was seen to do half-way is not the last word, except for the outermost.
        if low >= stack.len() {
            self.cache_summary(f, summary.clone());
            return (summary, usize::MAX);
        }
        (summary, low)
    }

    fn summarise(
        &self,
        executor: &Executor<'_>,
        body: &TypedBody,
        root: ExprId,
        stack: &mut Vec<FnId>,
    ) -> (Summary, usize) {
        let mut summary = Summary::default();
        let mut low = usize::MAX;
        let mut calls = Vec::new();
        executor.executed(root, &mut |call| calls.push(call));
        self.own_loops(executor, body, root, &mut summary.cpu);
        summary.burns = self.own_computation(executor, body, root);
        for call in &calls {
            let Some(Callee::Fn(callee)) = body.types.callees.get(&call.expr) else { continue };
            let effect = self.call_effect(body, call, callee, stack, &mut low);
            keep_shorter(&mut summary.blocks, effect.blocks);
            keep_shorter(&mut summary.burns, effect.burns);
            let depth = effect.cpu.depth + call.loops.len().min(4) as u8;
            if effect.cpu.depth > 0 {
                summary.cpu.depth = summary.cpu.depth.max(depth);
            }
            if effect.cpu.converges.is_some() {
                summary.cpu.converges = summary.cpu.converges.or(effect.cpu.converges);
            }
        }
        (summary, low)
    }

    /// The heavy loops that the code has itself.
    fn own_computation(&self, executor: &Executor<'_>, body: &TypedBody, root: ExprId) -> Option<Arc<Work>> {
        let mut loops = HeavyLoops { analysis: self, executor, body, root, found: Vec::new() };
        loops.visit(root, &mut Vec::new());
        let (outer, _) = loops.found.first()?;
        let at = body.at(loop_span(body, *outer));
        let steps = vec![Step { at, callee: "a loop around floating-point arithmetic in a loop".to_owned() }];
        let what = "runs floating-point arithmetic in a loop inside of a loop over data of unknown size".to_owned();
        Some(Arc::new(Work { steps, facts: None, what }))
    }

    /// Floating-point arithmetic of its own or of the functions that it calls.
    pub(crate) fn has_float_work(&self, body: &TypedBody, expr: ExprId) -> bool {
        let mut weight = FloatWork::default();
        self.float_work(body, expr, &mut weight, 0);
        !weight.calls_io && weight.arithmetic >= 2
    }

    /// What one call does.
    pub(crate) fn call_effect(
        &self,
        body: &TypedBody,
        call: &Executed,
        callee: &FnCallee,
        stack: &mut Vec<FnId>,
        low: &mut usize,
    ) -> Summary {
        if !callee.sure {
            return Summary::default();
        }
        let world = self.world();
        let step = Step { at: body.at(callee_span(&body.types.body, call.expr)), callee: world.fn_path(callee.f) };
        let runs = self.runs(callee);
        // What an implementation of ours does is known better than what the trait promises.
        let own = runs.filter(|f| *f != callee.f && world.input(f.krate).origin == CrateOrigin::Workspace);
        if own.is_none()
            && let Some(entry) = self.facts().entry_of(callee)
        {
            if entry.facts.ending().is_some_and(|e| e.kind == EndingKind::Drop) {
                return self.drop_effect(body, call, step, stack, low);
            }
            return self.leaf_effect(body, call.expr, callee, entry, step);
        }
        let mut effect = match runs {
            Some(f) if !self.is_async_like(f) => self.followed(f, call, &step, stack, low),
            _ => Summary::default(),
        };
        if effect.blocks.is_none() {
            self.passed_functions(body, call, callee, &step, stack, low, &mut effect);
        }
        effect
    }

    /// What a call of `f` does by what `f` does.
    fn followed(&self, f: FnId, call: &Executed, step: &Step, stack: &mut Vec<FnId>, low: &mut usize) -> Summary {
        let (inner, reached) = self.summary_at(f, stack);
        *low = (*low).min(reached);
        let prefix = |work: &Option<Arc<Work>>| {
            work.as_ref().map(|work| {
                let mut steps = vec![step.clone()];
                steps.extend(work.steps.iter().cloned());
                Arc::new(Work { steps, facts: work.facts, what: work.what.clone() })
            })
        };
        let mut effect = Summary { blocks: prefix(&inner.blocks), burns: prefix(&inner.burns), cpu: inner.cpu.clone() };
        if effect.burns.is_none()
            && !call.loops.is_empty()
            && let Some(at) = inner.cpu.converges
        {
            let last = Step { at, callee: "a loop that runs until it converges".to_owned() };
            let what = "iterates floating-point arithmetic until it converges, for every element of a collection";
            effect.burns = Some(Arc::new(Work { steps: vec![step.clone(), last], facts: None, what: what.to_owned() }));
        }
        effect
    }

    /// `drop(x)` runs the `Drop` of x's type.
    fn drop_effect(
        &self,
        body: &TypedBody,
        call: &Executed,
        step: Step,
        stack: &mut Vec<FnId>,
        low: &mut usize,
    ) -> Summary {
        let dropped = super::call_args(&body.types.body[call.expr]).first();
        let ty = dropped.and_then(|e| body.types.expr_tys.get(e.index())).copied();
        match ty.and_then(crate::Ty::as_adt).and_then(|(adt, _)| self.world().drop_fn(adt)) {
            Some(f) => self.followed(f, call, &step, stack, low),
            None => Summary::default(),
        }
    }

    /// Functions that are passed by name and called by the callee: `paths.iter().map(std::fs::read)`.
    #[expect(clippy::too_many_arguments, reason = "the state of the search comes along")]
    fn passed_functions(
        &self,
        body: &TypedBody,
        call: &Executed,
        callee: &FnCallee,
        step: &Step,
        stack: &mut Vec<FnId>,
        low: &mut usize,
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
                    let last = Step { at, callee: String::new() };
                    let mut inner = self.leaf_effect(body, *arg, &passed, entry, last);
                    for work in [&mut inner.blocks, &mut inner.burns].into_iter().flatten() {
                        let mut steps = vec![step.clone()];
                        steps.extend(work.steps.iter().cloned());
                        *work = Arc::new(Work { steps, facts: work.facts, what: work.what.clone() });
                    }
                    inner
                }
                None => self.followed(*f, call, step, stack, low),
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
        step.callee = entry.text.to_string();
        let Some(blocking) = entry.facts.blocking() else { return summary };
        let work = || Some(Arc::new(Work { steps: vec![step.clone()], facts: Some(entry), what: String::new() }));
        if blocking.kind == BlockKind::Cpu {
            if matches!(blocking.cost, Cost::CpuHeavy | Cost::AlwaysBlocks) && !self.is_small_input(body, expr) {
                summary.burns = work();
            }
        } else if blocking.cost == Cost::AlwaysBlocks
            && self.waits_for_device(callee)
            && !self.is_set_nonblocking(body, expr)
        {
            summary.blocks = work();
        }
        summary
    }

    /// All arguments are literals.
    fn is_small_input(&self, body: &TypedBody, expr: ExprId) -> bool {
        let args = super::call_args(&body.types.body[expr]);
        !args.is_empty() && args.iter().all(|a| is_literal(&body.types.body, *a))
    }

    /// Methods of `Read`, `Write` and their like block for files, sockets and pipes; what they do for other types, and for
    /// types that are not known, is not known.
    fn waits_for_device(&self, callee: &FnCallee) -> bool {
        let world = self.world();
        let crate::Container::Trait(tr) = world.func(callee.f).container else { return true };
        let path = world.trait_path(tr);
        if !path.starts_with("std::io::") && !path.starts_with("std::net::") {
            return true;
        }
        let Some(ty) = callee.self_ty.or(callee.receiver) else { return false };
        if path.starts_with("std::net::") {
            // Addresses that are numbers already need no name service.
            return self.is_host_name(ty);
        }
        self.is_device_ty(ty, 0)
    }

    fn is_host_name(&self, ty: crate::Ty) -> bool {
        match ty.peel_refs().kind() {
            TyKind::Prim(Prim::Str) => true,
            TyKind::Adt(adt, _) => self.world().adt(*adt).name.as_str() == "String",
            TyKind::Tuple(parts) => parts.first().is_some_and(|t| self.is_host_name(*t)),
            _ => false,
        }
    }

    /// A file, socket, pipe or terminal, or something around one.
    fn is_device_ty(&self, ty: crate::Ty, depth: u32) -> bool {
        let Some((adt, args)) = ty.peel_refs().as_adt() else { return false };
        if self.world().input(adt.krate).origin == CrateOrigin::Std {
            let path = self.world().adt_path(adt);
            let devices =
                ["std::fs::", "std::net::", "std::os::", "std::process::", "std::io::stdio::", "std::io::pipe::"];
            if devices.iter().any(|d| path.starts_with(d)) {
                return true;
            }
        }
        depth < 4 && args.iter().any(|t| self.is_device_ty(*t, depth + 1))
    }

    /// `socket.set_nonblocking(true)` in the same body.
    fn is_set_nonblocking(&self, body: &TypedBody, call: ExprId) -> bool {
        let types = &body.types;
        let Expr::MethodCall(method) = &types.body[call] else { return false };
        let aliases = Aliases::new(body);
        let Some(place) = aliases.place(body, method.receiver) else { return false };
        types.callees.keys().any(|other| match &types.body[*other] {
            Expr::MethodCall(m) if m.name.as_str() == "set_nonblocking" => {
                aliases.place(body, m.receiver).is_some_and(|p| p.overlaps(&place))
            }
            _ => false,
        })
    }

    /// The receiver or the implementing type reads and writes memory only.
    pub fn is_in_memory(&self, callee: &FnCallee) -> bool {
        let Some(ty) = callee.self_ty.or(callee.receiver) else { return false };
        self.is_memory_ty(ty, 0)
    }

    /// Does the type read and write memory only?
    pub fn is_memory_ty(&self, ty: crate::Ty, depth: u32) -> bool {
        match ty.peel_refs().kind() {
            TyKind::Slice(_) | TyKind::Array(_) => true,
            TyKind::Adt(adt, args) => {
                self.facts().of_type(*adt).is_some_and(|f| f.memory().is_some())
                    || depth < 3 && {
                        // `BufReader<&[u8]>`, `Box<Cursor<..>>`
                        let name = self.world().adt(*adt).name;
                        matches!(name.as_str(), "BufReader" | "BufWriter" | "Box" | "Pin" | "Take" | "Chain")
                            && args.first().is_some_and(|t| self.is_memory_ty(*t, depth + 1))
                    }
            }
            _ => false,
        }
    }

    /// An `async fn`, or a function that only makes a future: calling it does nothing yet.
    pub fn is_async_like(&self, f: FnId) -> bool {
        let item = self.world().fn_item(f);
        item.flags.is_async || matches!(self.world().fn_sig(f).ret.kind(), TyKind::Future(..))
    }

    /// Loops of the code itself.
    fn own_loops(&self, executor: &Executor<'_>, body: &TypedBody, root: ExprId, cpu: &mut CpuWork) {
        let mut deepest = 0;
        let mut converges = None;
        self.loops_in(executor, body, root, 0, &mut |expr, depth| {
            deepest = deepest.max(depth);
            if converges.is_none() && self.is_convergence(executor, body, expr) {
                converges = Some(body.at(loop_span(body, expr)));
            }
        });
        cpu.depth = cpu.depth.max(deepest);
        cpu.converges = cpu.converges.or(converges);
    }

    fn loops_in(
        &self,
        executor: &Executor<'_>,
        body: &TypedBody,
        expr: ExprId,
        depth: u8,
        found: &mut dyn FnMut(ExprId, u8),
    ) {
        let tree = &body.types.body;
        let inner = match &tree[expr] {
            Expr::Closure(_) => return,
            Expr::Block(b) if matches!(b.kind, toecap_ir::BlockKind::Async { .. }) && depth > 0 => return,
            Expr::For { iter, .. } if executor.is_small(*iter) => depth,
            Expr::For { .. } | Expr::While { .. } | Expr::Loop { .. } => {
                if executor.suspends(expr) {
                    depth
                } else {
                    found(expr, depth + 1);
                    depth + 1
                }
            }
            _ => depth,
        };
        crate::walk::each_child(tree, expr, &mut |child| self.loops_in(executor, body, child, inner, found));
    }

    /// A loop of floating-point arithmetic that ends when a value is close enough, or after many rounds.
    pub(crate) fn is_convergence(&self, executor: &Executor<'_>, body: &TypedBody, expr: ExprId) -> bool {
        let tree = &body.types.body;
        if executor.suspends(expr) {
            return false;
        }
        let bounded = match &tree[expr] {
            // `for x in data` is work in proportion to the data, not iteration towards a limit.
            Expr::For { iter, .. } => match &tree[*iter] {
                Expr::Range { .. } => true,
                _ => return false,
            },
            Expr::While { .. } | Expr::Loop { .. } => false,
            _ => return false,
        };
        let mut weight = FloatWork::default();
        self.float_work(body, expr, &mut weight, 0);
        let leaves = weight.breaks || matches!(tree[expr], Expr::While { .. });
        if weight.calls_io {
            return false;
        }
        weight.arithmetic >= 4 && weight.compares && leaves
            || bounded && weight.arithmetic >= 4 && weight.transcendental > 0
    }

    fn float_work(&self, body: &TypedBody, expr: ExprId, weight: &mut FloatWork, hops: u32) {
        let types = &body.types;
        let is_float = |e: ExprId| {
            matches!(types.expr_tys.get(e.index()).map(|t| t.peel_refs()).map(crate::Ty::kind),
                Some(TyKind::Prim(p)) if p.is_float())
        };
        match &types.body[expr] {
            Expr::Closure(_) => {}
            Expr::Binary { op, lhs, rhs } => {
                use toecap_ir::BinaryOp as Op;
                if is_float(*lhs) || is_float(*rhs) {
                    match op {
                        Op::Lt | Op::Le | Op::Gt | Op::Ge => weight.compares = true,
                        Op::And | Op::Or | Op::Eq | Op::Ne => {}
                        _ => weight.arithmetic += 1,
                    }
                }
            }
            Expr::Unary(UnaryOp::Neg, inner) if is_float(*inner) => weight.arithmetic += 1,
            Expr::Break { .. } | Expr::Return(_) => weight.breaks = true,
            Expr::Call { .. } | Expr::MethodCall(_) => {
                if let Some(Callee::Fn(callee)) = types.callees.get(&expr) {
                    self.float_call(callee, weight, hops);
                }
            }
            _ => {}
        }
        crate::walk::each_child(&types.body, expr, &mut |child| self.float_work(body, child, weight, hops));
    }

    fn float_call(&self, callee: &FnCallee, weight: &mut FloatWork, hops: u32) {
        let world = self.world();
        let runs = callee.runs.unwrap_or(callee.f);
        if self.facts().of_callee(callee).is_some_and(|f| f.blocking().is_some_and(|b| b.kind != BlockKind::Cpu)) {
            weight.calls_io = true;
        }
        let on_float =
            matches!(callee.receiver.map(|t| *t.peel_refs().kind()), Some(TyKind::Prim(Prim::F32 | Prim::F64)));
        if on_float {
            let name = world.func(callee.f).name;
            if matches!(
                name.as_str(),
                "exp"
                    | "exp2"
                    | "ln"
                    | "log"
                    | "log2"
                    | "log10"
                    | "sqrt"
                    | "cbrt"
                    | "powf"
                    | "powi"
                    | "sin"
                    | "cos"
                    | "tan"
                    | "asin"
                    | "acos"
                    | "atan"
                    | "atan2"
                    | "sinh"
                    | "cosh"
                    | "tanh"
                    | "exp_m1"
                    | "ln_1p"
                    | "hypot"
            ) {
                weight.transcendental += 1;
                weight.arithmetic += 2;
            }
            if name == "abs" {
                weight.arithmetic += 1;
            }
        }
        if hops < 3
            && world.input(runs.krate).origin == CrateOrigin::Workspace
            && let Some(inner) = self.body(BodyOwner::Fn(runs))
        {
            let mut own = FloatWork::default();
            self.float_work(&inner, inner.types.body.root, &mut own, hops + 1);
            weight.arithmetic += own.arithmetic;
            weight.transcendental += own.transcendental;
            weight.calls_io |= own.calls_io;
        }
    }
}

#[derive(Default)]
struct FloatWork {
    arithmetic: u32,
    transcendental: u32,
    compares: bool,
    breaks: bool,
    calls_io: bool,
}

fn is_literal(body: &toecap_ir::Body, expr: ExprId) -> bool {
    match &body[expr] {
        Expr::Lit(_) => true,
        Expr::Ref { expr, .. } => is_literal(body, *expr),
        _ => false,
    }
}

fn keep_shorter(best: &mut Option<Arc<Work>>, new: Option<Arc<Work>>) {
    let Some(new) = new else { return };
    if best.as_ref().is_none_or(|b| new.steps.len() < b.steps.len()) {
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
        _ => body.span(call),
    }
}

/// The name of what a call of `body` calls, or all of another expression.
pub fn call_span(body: &TypedBody, expr: ExprId) -> toecap_ir::Span {
    callee_span(&body.types.body, expr)
}

/// The keyword of a loop.
pub(crate) fn loop_span(body: &TypedBody, expr: ExprId) -> toecap_ir::Span {
    let whole = body.types.body.span(expr);
    let length = match &body.types.body[expr] {
        Expr::For { .. } => 3,
        Expr::While { .. } => 5,
        _ => 4,
    };
    let lo = whole.lo();
    let word = toecap_ir::Span::new(lo, (lo + length).min(whole.hi()));
    if whole.is_expanded() { word.expanded() } else { word }
}
