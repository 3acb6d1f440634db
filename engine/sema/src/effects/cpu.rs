//! Computations that take long: loops around loops of floating-point arithmetic.
//!
//! ```text
//! for quote in quotes { while error > 1e-9 { .. } }     iterates until it converges, for every element
//! ```

use std::sync::Arc;

use toecap_ir::{BinaryOp, Expr, ExprId, Location, Span, UnaryOp};
use toecap_knowledge::BlockKind;

use super::exec::{Executor, Region};
use super::summary::{CpuWork, Step, StepKind, Work};
use crate::walk::each_child;
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, FnCallee, FnId, Prim, TyKind, TypedBody};

/// A long computation: a loop around a loop.
#[derive(Debug, Clone, Copy)]
pub struct HeavyLoop {
    /// The outer loop.
    pub outer: ExprId,
    /// Its keyword.
    pub outer_at: Span,
    /// The keyword of the inner one.
    pub inner_at: Span,
    /// The inner one iterates until a value is close enough.
    pub converges: bool,
}

impl Analysis<'_> {
    /// Heavy computations of a region's own code: loops of unknown size that do not suspend, around one that iterates
    /// floating-point arithmetic until it converges, or three deep around any such arithmetic. The outer and the inner loop.
    pub fn heavy_loops(&self, body: &TypedBody, region: Region) -> Vec<HeavyLoop> {
        let executor = Executor::new(self, body);
        let mut walk = HeavyLoops { analysis: self, executor: &executor, body, root: region.root, found: Vec::new() };
        walk.visit(region.root, &mut Vec::new());
        let found = walk.found.iter().map(|(outer, inner)| HeavyLoop {
            outer: *outer,
            outer_at: loop_span(body, *outer),
            inner_at: loop_span(body, *inner),
            converges: self.is_convergence(&executor, body, *inner),
        });
        found.collect()
    }

    /// The heavy loops that the code has itself.
    pub(super) fn own_computation(&self, executor: &Executor<'_>, body: &TypedBody, root: ExprId) -> Option<Arc<Work>> {
        if let Some(work) = self.exponential(body, root) {
            return Some(work);
        }
        let mut loops = HeavyLoops { analysis: self, executor, body, root, found: Vec::new() };
        loops.visit(root, &mut Vec::new());
        let (outer, _) = loops.found.first()?;
        let at = body.at(loop_span(body, *outer));
        let steps = vec![Step {
            at,
            callee: "a loop around floating-point arithmetic in a loop".to_owned(),
            kind: StepKind::Own,
        }];
        let what = "runs floating-point arithmetic in a loop inside of a loop over data of unknown size";
        Some(Arc::new(Work::computed(steps, what)))
    }

    /// `fib(n - 1) + fib(n - 2)`: a function that calls itself twice for slightly smaller numbers.
    fn exponential(&self, body: &TypedBody, root: ExprId) -> Option<Arc<Work>> {
        let BodyOwner::Fn(own) = body.owner else { return None };
        let calls = self.smaller_calls(body, root, own);
        let at = *calls.first()?;
        let steps =
            vec![Step { at: body.at(at), callee: "itself twice for each call".to_owned(), kind: StepKind::Own }];
        let what = "calls itself twice for slightly smaller numbers, so that its time doubles with every step";
        Some(Arc::new(Work::computed(steps, what)))
    }

    /// Operands of one operator that both call the function itself with a parameter less a constant; their names.
    fn smaller_calls(&self, body: &TypedBody, expr: ExprId, own: FnId) -> Vec<Span> {
        let tree = &body.types.body;
        if let Expr::Binary { op, lhs, rhs } = &tree[expr]
            && !matches!(op, BinaryOp::And | BinaryOp::Or)
        {
            let both = [self.smaller_call(body, *lhs, own), self.smaller_call(body, *rhs, own)];
            if let [Some(first), Some(second)] = both {
                return vec![first, second];
            }
        }
        let mut found = Vec::new();
        each_child(tree, expr, &mut |child| {
            if found.is_empty() {
                found = self.smaller_calls(body, child, own);
            }
        });
        found
    }

    fn smaller_call(&self, body: &TypedBody, expr: ExprId, own: FnId) -> Option<Span> {
        let tree = &body.types.body;
        if let Some(Callee::Fn(callee)) = body.types.callees.get(&expr)
            && callee.runs == Some(own)
        {
            let shrinks = super::call_args(&tree[expr]).iter().any(|arg| {
                matches!(&tree[*arg], Expr::Binary { op: BinaryOp::Sub, lhs, rhs }
                    if matches!(tree[*lhs], Expr::Path(_)) && matches!(tree[*rhs], Expr::Lit(_)))
            });
            return shrinks.then(|| super::callee_span(tree, expr));
        }
        let mut found = None;
        each_child(tree, expr, &mut |child| found = found.or_else(|| self.smaller_call(body, child, own)));
        found
    }

    /// Floating-point arithmetic of its own or of the functions that it calls.
    pub(crate) fn has_float_work(&self, body: &TypedBody, expr: ExprId) -> bool {
        let mut weight = FloatWork::default();
        self.float_work(body, expr, &mut weight, 0);
        !weight.calls_io && weight.arithmetic >= 2
    }

    /// Loops of the code itself.
    pub(super) fn own_loops(&self, executor: &Executor<'_>, body: &TypedBody, root: ExprId, cpu: &mut CpuWork) {
        let mut deepest = 0;
        let mut converges: Option<Location> = None;
        self.loops_in(executor, body, root, 0, &mut |expr, depth| {
            deepest = deepest.max(depth);
            if converges.is_none() && self.is_convergence(executor, body, expr) {
                converges = Some(body.at(loop_span(body, expr)));
            }
        });
        cpu.depth = cpu.depth.max(deepest);
        cpu.converges = cpu.converges.or(converges.map(|at| (0, at)));
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

struct HeavyLoops<'a> {
    analysis: &'a Analysis<'a>,
    executor: &'a Executor<'a>,
    body: &'a TypedBody,
    root: ExprId,
    found: Vec<(ExprId, ExprId)>,
}

impl HeavyLoops<'_> {
    fn visit(&mut self, expr: ExprId, around: &mut Vec<ExprId>) {
        let tree = &self.body.types.body;
        let mut counts = false;
        match &tree[expr] {
            Expr::Closure(_) => return,
            Expr::Block(b) if matches!(b.kind, toecap_ir::BlockKind::Async { .. }) && expr != self.root => return,
            Expr::For { iter, .. } if self.executor.is_small(*iter) => {}
            Expr::For { .. } | Expr::While { .. } | Expr::Loop { .. } => {
                if let Some(outer) = around.first()
                    && self.is_heavy(expr, around.len())
                {
                    self.found.push((*outer, expr));
                    return;
                }
                counts = !self.executor.suspends(expr);
            }
            _ => {}
        }
        if counts {
            around.push(expr);
        }
        each_child(tree, expr, &mut |child| self.visit(child, around));
        if counts {
            around.pop();
        }
    }

    fn is_heavy(&self, expr: ExprId, around: usize) -> bool {
        self.analysis.is_convergence(self.executor, self.body, expr)
            || around >= 2 && !self.executor.suspends(expr) && self.analysis.has_float_work(self.body, expr)
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

/// The keyword of a loop.
pub(crate) fn loop_span(body: &TypedBody, expr: ExprId) -> Span {
    let whole = body.types.body.span(expr);
    let length = match &body.types.body[expr] {
        Expr::For { .. } => 3,
        Expr::While { .. } => 5,
        _ => 4,
    };
    let lo = whole.lo();
    let word = Span::new(lo, (lo + length).min(whole.hi()));
    if whole.is_expanded() { word.expanded() } else { word }
}
