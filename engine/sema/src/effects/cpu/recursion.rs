//! Functions that call themselves twice for slightly smaller numbers.
//!
//! ```text
//! fib(n - 1) + fib(n - 2)                                          twice as long with every step
//! hanoi(n - 1, a, c, b); step(a, c); hanoi(n - 1, b, a, c);        likewise
//! self.left.size(depth - 1) + self.right.size(depth - 1)           no: the tree is as large as it is
//! if n > 9 { f(n - 1) } else { f(n - 2) }                          no: one of the two
//! ```

use std::sync::Arc;

use toecap_ir::{BinaryOp, Expr, ExprId, Span, Stmt, sym};

use crate::effects::call_args;
use crate::effects::summary::{Step, StepKind, Work, callee_span};
use crate::walk::each_child;
use crate::{Analysis, BodyOwner, Callee, FnId, PathDef, TypedBody};

/// Methods that keep what was computed: a function that calls one of them may well not compute it again.
const KEEPS: [&str; 9] =
    ["insert", "entry", "or_insert", "or_insert_with", "set", "put", "get_mut", "get_or_init", "get_or_insert_with"];

impl Analysis<'_> {
    /// Does the function call itself twice on one way through it?
    pub(super) fn exponential(&self, body: &TypedBody, root: ExprId) -> Option<Arc<Work>> {
        let BodyOwner::Fn(own) = body.owner else { return None };
        if root != body.types.body.root || self.is_async_like(own) {
            return None;
        }
        let calls = SelfCalls { body, own, first: None };
        let (count, first) = calls.count()?;
        if count < 2 || self.keeps_results(body, own) {
            return None;
        }
        let steps =
            vec![Step { at: body.at(first), callee: "itself twice for each call".to_owned(), kind: StepKind::Own }];
        let what = "calls itself twice for slightly smaller numbers, so that its time doubles with every step";
        Some(Arc::new(Work::computed(steps, what)))
    }

    /// `memo.insert(n, result)`, `table[n] = result`, `#[cached]`
    fn keeps_results(&self, body: &TypedBody, own: FnId) -> bool {
        let attrs = &self.world().item_of_fn(own).attrs;
        let tree = &body.types.body;
        attrs.has("cached")
            || attrs.has("memoize")
            || tree.exprs.iter().any(|(_, expr)| match expr {
                Expr::MethodCall(call) => KEEPS.contains(&call.name.as_str()),
                Expr::Assign { place, .. } => matches!(tree[*place], Expr::Index { .. }),
                _ => false,
            })
    }
}

struct SelfCalls<'a> {
    body: &'a TypedBody,
    own: FnId,
    first: Option<Span>,
}

impl SelfCalls<'_> {
    /// The most calls on one way through the function, and the first of them.
    fn count(mut self) -> Option<(usize, Span)> {
        let count = self.on_a_way(self.body.types.body.root);
        Some((count, self.first?))
    }

    fn on_a_way(&mut self, expr: ExprId) -> usize {
        let tree = &self.body.types.body;
        match &tree[expr] {
            Expr::Closure(_) => 0,
            Expr::Block(block) if block.is_async() => 0,
            Expr::Block(block) => self.in_stmts(&block.stmts, block.tail),
            Expr::Expanded(expansion) => self.in_stmts(&expansion.stmts, expansion.tail),
            Expr::If { cond, then, otherwise } => {
                let cond = self.on_a_way(*cond);
                let then = self.on_a_way(*then);
                cond + then.max(otherwise.map_or(0, |otherwise| self.on_a_way(otherwise)))
            }
            Expr::Match { scrutinee, arms } => {
                let scrutinee = self.on_a_way(*scrutinee);
                scrutinee + arms.iter().map(|arm| self.on_a_way(arm.body)).max().unwrap_or(0)
            }
            Expr::Binary { op: BinaryOp::And | BinaryOp::Or, lhs, rhs } => self.on_a_way(*lhs).max(self.on_a_way(*rhs)),
            _ => {
                let mut count = 0;
                each_child(tree, expr, &mut |child| count += self.on_a_way(child));
                if self.is_smaller_call(expr) {
                    self.first = self.first.or(Some(callee_span(tree, expr)));
                    count += 1;
                }
                count
            }
        }
    }

    /// What may have returned is not followed by the rest.
    fn in_stmts(&mut self, stmts: &[Stmt], tail: Option<ExprId>) -> usize {
        let exprs = stmts.iter().map(|stmt| match stmt {
            Stmt::Let { init, .. } => *init,
            Stmt::Expr { expr, .. } => Some(*expr),
        });
        let exprs: Vec<ExprId> = exprs.chain([tail]).flatten().collect();
        let counts: Vec<(usize, bool)> =
            exprs.into_iter().map(|expr| (self.on_a_way(expr), self.may_return(expr))).collect();
        counts.into_iter().rev().fold(0, |rest, (count, returns)| if returns { rest.max(count) } else { rest + count })
    }

    fn may_return(&self, expr: ExprId) -> bool {
        let tree = &self.body.types.body;
        match &tree[expr] {
            Expr::Closure(_) => return false,
            Expr::Return(_) => return true,
            _ => {}
        }
        let mut found = false;
        each_child(tree, expr, &mut |child| found = found || self.may_return(child));
        found
    }

    /// A call of the function itself with one parameter less a number and the others as they are, in any order.
    fn is_smaller_call(&self, expr: ExprId) -> bool {
        let types = &self.body.types;
        let tree = &types.body;
        let Some(Callee::Fn(callee)) = types.callees.get(&expr) else { return false };
        if callee.runs != Some(self.own) {
            return false;
        }
        if let Expr::MethodCall(method) = &tree[expr]
            && !self.is_given(method.receiver)
        {
            return false;
        }
        let is_smaller = |arg: ExprId| {
            matches!(&tree[arg], Expr::Binary { op: BinaryOp::Sub, lhs, rhs }
                if self.is_given(*lhs) && matches!(tree[*rhs], Expr::Lit(_)))
        };
        let args = call_args(&tree[expr]);
        args.iter().any(|arg| is_smaller(*arg)) && args.iter().all(|arg| is_smaller(*arg) || self.is_given(*arg))
    }

    /// A parameter, or a constant.
    fn is_given(&self, expr: ExprId) -> bool {
        let types = &self.body.types;
        match &types.body[expr] {
            Expr::Lit(_) => true,
            Expr::Ref { expr, .. } => self.is_given(*expr),
            Expr::Path(_) => match types.paths.get(&expr) {
                Some(PathDef::Local(local)) => {
                    let data = &types.locals[local.0 as usize];
                    data.name == sym::SELF_VALUE || data.pat.is_some_and(|pat| types.body.params.contains(&pat))
                }
                Some(PathDef::Const(_)) => true,
                _ => false,
            },
            _ => false,
        }
    }
}
