//! What runs once for each round of a loop, and which loops have few rounds.
//!
//! ```text
//! for x in xs { f(x) }            `f(x)`, for each of `xs`
//! xs.iter().map(|x| f(x))         the same
//! for i in 0..3 { f(i) }          few rounds
//! ```

use toecap_ir::{Expr, ExprId, Literal};

use crate::effects::exec::{Executor, call_args};
use crate::{Callee, PathDef, TyKind};

/// The parts of a loop.
pub(super) struct Rounds {
    /// What runs before it.
    pub(super) once: Vec<ExprId>,
    /// What runs in each round.
    pub(super) each: Vec<ExprId>,
    /// It can be seen that there are few.
    pub(super) are_few: bool,
    /// They are calls of a closure.
    pub(super) are_of_closure: bool,
}

impl Rounds {
    fn of(once: Vec<ExprId>, each: Vec<ExprId>, are_few: bool) -> Self {
        Self { once, each, are_few, are_of_closure: false }
    }
}

impl Executor<'_> {
    /// The parts of a loop; of a method of an iterator that runs a closure for every element as well.
    pub(super) fn rounds(&self, expr: ExprId) -> Option<Rounds> {
        let types = &self.body.types;
        match &types.body[expr] {
            Expr::For { iter, body, .. } => Some(Rounds::of(vec![*iter], vec![*body], self.is_small(*iter))),
            Expr::While { cond, body, .. } => Some(Rounds::of(vec![], vec![*cond, *body], false)),
            Expr::Loop { body, .. } => Some(Rounds::of(vec![], vec![*body], false)),
            Expr::MethodCall(call) => {
                let Some(Callee::Fn(callee)) = types.callees.get(&expr) else { return None };
                if !self.analysis.is_of_iterator(callee) {
                    return None;
                }
                let each: Vec<ExprId> =
                    call_args(&types.body[expr]).iter().filter_map(|arg| self.closure_written_at(*arg)).collect();
                let mut once = vec![call.receiver];
                once.extend(call.args.iter().filter(|arg| self.closure_written_at(**arg).is_none()));
                let are_few = self.is_small(call.receiver);
                (!each.is_empty()).then(|| Rounds { are_of_closure: true, ..Rounds::of(once, each, are_few) })
            }
            _ => None,
        }
    }

    fn closure_written_at(&self, expr: ExprId) -> Option<ExprId> {
        match &self.body.types.body[expr] {
            Expr::Closure(closure) if !closure.is_async => Some(closure.body),
            _ => None,
        }
    }

    /// A loop over a few elements: an array whose length is written, a range between small constants, `.take(3)`.
    pub(crate) fn is_small(&self, iter: ExprId) -> bool {
        let few = self.cpu_limits().few;
        let types = &self.body.types;
        let is_short_array = || {
            let ty = types.expr_tys.get(iter.index()).map(|ty| ty.peel_refs());
            let Some(TyKind::Array(_, len)) = ty.map(crate::Ty::kind) else { return false };
            matches!(len.kind(), TyKind::Const(Some(len)) if *len <= few)
        };
        match &types.body[iter] {
            // What is written out is short, and what it is written for is often less than arithmetic.
            Expr::Array(parts) => (parts.len() as u64) < few * 4,
            Expr::Range { start, end: Some(end), .. } => {
                start.is_none_or(|start| self.is_small_number(start)) && self.is_small_number(*end)
            }
            Expr::MethodCall(call) => {
                let takes_few =
                    call.name.as_str() == "take" && call.args.first().is_some_and(|n| self.is_small_number(*n));
                takes_few || self.keeps_count(iter) && self.is_small(call.receiver) || is_short_array()
            }
            Expr::Ref { expr, .. } => self.is_small(*expr),
            _ => is_short_array(),
        }
    }

    /// `.iter()`, `.enumerate()`, `.map(..)`: no more elements than before.
    fn keeps_count(&self, call: ExprId) -> bool {
        let Expr::MethodCall(method) = &self.body.types.body[call] else { return false };
        const KEEP: [&str; 12] = [
            "map",
            "filter",
            "filter_map",
            "inspect",
            "zip",
            "take",
            "skip",
            "take_while",
            "skip_while",
            "step_by",
            "map_while",
            "scan",
        ];
        method.args.is_empty() || KEEP.contains(&method.name.as_str())
    }

    /// A small literal, or a constant that is one.
    fn is_small_number(&self, expr: ExprId) -> bool {
        let few = self.cpu_limits().few;
        let types = &self.body.types;
        let is_small = |expr: &Expr| matches!(expr, Expr::Lit(Literal::Int { value: Some(v), .. }) if *v <= few);
        match (&types.body[expr], types.paths.get(&expr)) {
            (Expr::Path(_), Some(PathDef::Const(id))) => self.value_of_const(*id).is_some_and(|value| is_small(&value)),
            (other, _) => is_small(other),
        }
    }
}
