//! Floating-point arithmetic: how much of it there is in an expression, calls included.

use toecap_ir::{Expr, ExprId, UnaryOp};
use toecap_knowledge::BlockKind;

use crate::effects::exec::Executor;
use crate::watch::{Asked, read};
use crate::{Analysis, BodyOwner, Callee, FnCallee, FnId, Prim, TyKind, TypedBody};

/// How far arithmetic is looked for in the functions that a loop calls.
const MAX_HOPS: u32 = 3;

/// Methods of floating-point numbers that cost tens of nanoseconds.
const TRANSCENDENTAL: [&str; 23] = [
    "exp", "exp2", "ln", "log", "log2", "log10", "sqrt", "cbrt", "powf", "powi", "sin", "cos", "tan", "asin", "acos",
    "atan", "atan2", "sinh", "cosh", "tanh", "exp_m1", "ln_1p", "hypot",
];

/// How much arithmetic there is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FloatWork {
    arithmetic: u32,
    transcendental: u32,
    compares: bool,
    breaks: bool,
    calls_io: bool,
}

impl Analysis<'_> {
    /// Floating-point arithmetic of its own or of the functions that it calls.
    pub(super) fn has_float_work(&self, body: &TypedBody, parts: &[ExprId]) -> bool {
        let mut weight = FloatWork::default();
        parts.iter().for_each(|part| self.float_work(body, *part, &mut weight, 0));
        !weight.calls_io && weight.arithmetic >= self.world().cpu_limits().arithmetic
    }

    /// A loop of floating-point arithmetic that ends when a value is close enough, or after many rounds.
    pub(crate) fn is_convergence(&self, executor: &Executor<'_>, body: &TypedBody, expr: ExprId) -> bool {
        let tree = &body.types.body;
        let bounded = match &tree[expr] {
            // `for x in data` is work in proportion to the data, not iteration towards a limit.
            Expr::For { iter, .. } => match &tree[*iter] {
                Expr::Range { .. } => true,
                _ => return false,
            },
            Expr::While { .. } | Expr::Loop { .. } => false,
            _ => return false,
        };
        if executor.gives_way(expr) {
            return false;
        }
        let enough = self.world().cpu_limits().converging;
        let mut weight = FloatWork::default();
        self.float_work(body, expr, &mut weight, 0);
        let leaves = weight.breaks || matches!(tree[expr], Expr::While { .. });
        if weight.calls_io {
            return false;
        }
        weight.arithmetic >= enough && weight.compares && leaves
            || bounded && weight.arithmetic >= enough && weight.transcendental > 0
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
            if TRANSCENDENTAL.contains(&name.as_str()) {
                weight.transcendental += 1;
                weight.arithmetic += 2;
            }
            if name == "abs" {
                weight.arithmetic += 1;
            }
        }
        if hops < MAX_HOPS && world.is_own(runs.krate) {
            let own = self.float_work_of(runs, hops + 1);
            weight.arithmetic += own.arithmetic;
            weight.transcendental += own.transcendental;
            weight.calls_io |= own.calls_io;
        }
    }

    /// The arithmetic of a function of the workspace that is called `hops` calls away.
    fn float_work_of(&self, f: FnId, hops: u32) -> FloatWork {
        let owner = BodyOwner::Fn(f);
        read(Asked::Body(owner));
        let compute = || {
            let mut own = FloatWork::default();
            if let Some(body) = self.unwatched_body(owner) {
                self.float_work(&body, body.types.body.root, &mut own, hops);
            }
            own
        };
        self.float_work.get_or((f, hops), || self.watched(owner, compute))
    }
}
