//! Loops within loops.

use toecap_ir::{Expr, ExprId};

use super::rounds::Rounds;
use crate::effects::exec::Executor;
use crate::walk::each_child;
use crate::{Analysis, TypedBody};

/// The loops of a piece of code.
pub(super) struct Nest<'a> {
    analysis: &'a Analysis<'a>,
    executor: &'a Executor<'a>,
    body: &'a TypedBody,
    root: ExprId,
    /// Those that take long.
    pub(super) heavy: Vec<Heavy>,
    /// The innermost loop of those that are deepest around arithmetic, and how deep they are.
    pub(super) deepest: Option<(usize, ExprId)>,
    /// The first loop that iterates until something converges.
    pub(super) converges: Option<ExprId>,
}

/// Loops that take long.
pub(super) struct Heavy {
    pub(super) outer: ExprId,
    pub(super) inner: ExprId,
    pub(super) depth: usize,
    pub(super) converges: bool,
}

/// What runs an expression again and again, outermost first.
#[derive(Default)]
struct Around {
    /// Loops, and methods of iterators that run a closure for every element.
    all: Vec<ExprId>,
    /// Loops alone: elements of iterators within iterators are too often few.
    loops: Vec<ExprId>,
}

impl<'a> Nest<'a> {
    pub(super) fn of(
        analysis: &'a Analysis<'a>,
        executor: &'a Executor<'a>,
        body: &'a TypedBody,
        root: ExprId,
    ) -> Self {
        let (heavy, deepest, converges) = Default::default();
        let mut nest = Self { analysis, executor, body, root, heavy, deepest, converges };
        nest.visit(root, &mut Around::default());
        nest
    }

    /// Is there a loop around arithmetic in the expression?
    fn visit(&mut self, expr: ExprId, around: &mut Around) -> bool {
        let tree = &self.body.types.body;
        match &tree[expr] {
            Expr::Closure(_) => return false,
            Expr::Block(b) if b.is_async() && expr != self.root => return false,
            _ => {}
        }
        let Some(rounds) = self.executor.rounds(expr) else {
            let mut found = false;
            each_child(tree, expr, &mut |child| found |= self.visit(child, around));
            return found;
        };
        let mut found = false;
        for part in &rounds.once {
            found |= self.visit(*part, around);
        }
        let counts = !rounds.are_few && !self.executor.gives_way(expr);
        if counts {
            if !rounds.are_of_closure && self.is_heavy(expr, &rounds.each, around) {
                return true;
            }
            around.enter(expr, &rounds);
        }
        let mut has_inner = false;
        for part in &rounds.each {
            has_inner |= self.visit(*part, around);
        }
        if counts {
            around.leave(expr);
            if !has_inner && !rounds.are_of_closure && self.analysis.has_float_work(self.body, &rounds.each) {
                has_inner = true;
                let depth = around.loops.len() + 1;
                if self.deepest.is_none_or(|(deepest, _)| deepest < depth) {
                    self.deepest = Some((depth, expr));
                }
            }
        }
        found || has_inner
    }

    fn is_heavy(&mut self, expr: ExprId, each: &[ExprId], around: &Around) -> bool {
        let converges = self.analysis.is_convergence(self.executor, self.body, expr);
        if converges {
            self.converges = self.converges.or(Some(expr));
        }
        let Some(outer) = around.all.first().copied() else { return false };
        let depth = around.loops.len() + 1;
        let is_deep =
            || depth >= self.analysis.world().cpu_limits().nesting && self.analysis.has_float_work(self.body, each);
        let is_heavy = converges || is_deep();
        if is_heavy {
            let outer = if converges { outer } else { around.loops.first().copied().unwrap_or(outer) };
            self.heavy.push(Heavy { outer, inner: expr, depth, converges });
        }
        is_heavy
    }
}

impl Around {
    fn enter(&mut self, expr: ExprId, rounds: &Rounds) {
        self.all.push(expr);
        if !rounds.are_of_closure {
            self.loops.push(expr);
        }
    }

    fn leave(&mut self, expr: ExprId) {
        self.all.pop();
        if self.loops.last() == Some(&expr) {
            self.loops.pop();
        }
    }
}
