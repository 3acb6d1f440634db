//! What a function of a dependency does on every call that succeeds. What it does for some arguments only, once, or when
//! something failed says nothing of a call of it, and nobody who reads the caller can know.
//!
//! ```text
//! fn load(p: &Path) -> io::Result<String> {
//!     if p.as_os_str().is_empty() { return Err(..) }      a failure: looked past
//!     CACHE.get_or_init(|| fs::read_to_string(..));       once: not certain
//!     if verbose { fs::write("log", ..)?; }               for some: not certain
//!     fs::read_to_string(p)                               certain
//! }
//! ```

use std::sync::Arc;

use toecap_ir::{BinaryOp, Expr, ExprId, Literal, MacroArgs, Stmt};

use super::summary::{Work, keep_shorter};
use crate::walk::each_child;
use crate::{Analysis, Callee, TypedBody};

/// Functions that call a closure once, or only when something is missing or failed.
const SOMETIMES: [&str; 22] = [
    "get_or_init",
    "get_or_try_init",
    "get_or_insert_with",
    "try_get_or_insert_with",
    "or_insert_with",
    "or_insert_with_key",
    "or_try_insert_with",
    "get_with",
    "try_get_with",
    "call_once",
    "call_once_force",
    "unwrap_or_else",
    "map_err",
    "or_else",
    "map_or_else",
    "ok_or_else",
    "then",
    "inspect_err",
    "force",
    "or_default",
    "is_none_or",
    "is_some_and",
];

/// Looks for work that is certain.
pub(super) struct Certain<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) body: &'a TypedBody,
    /// What is done for an object that still has all its parts counts: `if let Some(file) = self.file.take() { .. }`
    pub(super) if_full: bool,
}

/// The work that a call does, if any.
type OfCall<'w> = &'w dyn Fn(ExprId) -> Option<Arc<Work>>;

impl Certain<'_> {
    /// The shortest witness of work that evaluating `expr` is certain to do.
    pub(super) fn work(&self, expr: ExprId, of_call: OfCall<'_>) -> Option<Arc<Work>> {
        let tree = &self.body.types.body;
        let mut best = None;
        match &tree[expr] {
            Expr::Closure(_) => {}
            Expr::Block(block) if block.is_async() => {}
            Expr::Block(block) => return self.in_stmts(&block.stmts, block.tail, of_call),
            Expr::Expanded(expansion) => return self.in_stmts(&expansion.stmts, expansion.tail, of_call),
            Expr::If { cond, then, otherwise } => {
                keep_shorter(&mut best, self.work(*cond, of_call));
                if self.if_full && self.takes_a_part(*cond) {
                    keep_shorter(&mut best, self.work(*then, of_call));
                }
                if let Some(otherwise) = otherwise {
                    keep_shorter(&mut best, self.in_all(&[*then, *otherwise], of_call));
                }
            }
            Expr::Match { scrutinee, arms } => {
                keep_shorter(&mut best, self.work(*scrutinee, of_call));
                let arms: Vec<ExprId> = arms.iter().map(|arm| arm.body).collect();
                keep_shorter(&mut best, self.in_all(&arms, of_call));
            }
            Expr::Binary { op: BinaryOp::And | BinaryOp::Or, lhs, .. } => return self.work(*lhs, of_call),
            Expr::While { cond, .. } => return self.work(*cond, of_call),
            Expr::MacroCall(call) if matches!(call.parsed, MacroArgs::Exprs(_)) && is_log(&call.path) => {}
            // Whichever branch wins.
            Expr::MacroCall(call) if matches!(call.parsed, MacroArgs::Select(_)) => {}
            Expr::Call { .. } | Expr::MethodCall(_) => {
                each_child(tree, expr, &mut |child| keep_shorter(&mut best, self.in_argument(expr, child, of_call)));
                keep_shorter(&mut best, of_call(expr));
            }
            _ => each_child(tree, expr, &mut |child| keep_shorter(&mut best, self.work(child, of_call))),
        }
        best
    }

    /// `let Some(file) = self.file.take()`
    fn takes_a_part(&self, cond: ExprId) -> bool {
        let tree = &self.body.types.body;
        let Expr::Let { expr, .. } = &tree[cond] else { return false };
        let Expr::MethodCall(call) = &tree[*expr] else { return false };
        call.name.as_str() == "take" && call.args.is_empty() && matches!(tree[call.receiver], Expr::Field { .. })
    }

    fn in_argument(&self, call: ExprId, argument: ExprId, of_call: OfCall<'_>) -> Option<Arc<Work>> {
        match &self.body.types.body[argument] {
            Expr::Closure(closure) if !self.is_sometimes(call) => self.work(closure.body, of_call),
            _ => self.work(argument, of_call),
        }
    }

    /// Does a call run the closure that it gets for some values only?
    fn is_sometimes(&self, call: ExprId) -> bool {
        let Some(Callee::Fn(callee)) = self.body.types.callees.get(&call) else { return true };
        let world = self.analysis.world();
        let of_option = callee
            .receiver
            .and_then(|t| t.peel_refs().as_adt())
            .is_some_and(|(adt, _)| matches!(world.adt(adt).name.as_str(), "Option" | "Entry" | "OnceCell" | "Once"));
        of_option || SOMETIMES.contains(&world.func(callee.f).name.as_str())
    }

    fn in_stmts(&self, stmts: &[Stmt], tail: Option<ExprId>, of_call: OfCall<'_>) -> Option<Arc<Work>> {
        let mut best = None;
        for stmt in stmts {
            let (expr, otherwise) = match stmt {
                Stmt::Let { init, otherwise, .. } => (*init, *otherwise),
                Stmt::Expr { expr, .. } => (Some(*expr), None),
            };
            keep_shorter(&mut best, expr.and_then(|e| self.work(e, of_call)));
            // What follows a `return` on success is done for some only, except when what is done instead is no better.
            let may_succeed = |e: ExprId| {
                self.may_succeed_in(e) && !self.is_trivial_case(e) && !self.blocks_before_it_returns(e, of_call)
            };
            if best.is_none() && (expr.is_some_and(may_succeed) || otherwise.is_some_and(may_succeed)) {
                return None;
            }
        }
        keep_shorter(&mut best, tail.and_then(|tail| self.work(tail, of_call)));
        best
    }

    /// `if items.is_empty() { return Ok(()) }`: when there is nothing to do.
    fn is_trivial_case(&self, expr: ExprId) -> bool {
        let tree = &self.body.types.body;
        let Expr::If { cond, otherwise: None, .. } = &tree[expr] else { return false };
        match &tree[*cond] {
            Expr::MethodCall(call) => call.name.as_str() == "is_empty",
            Expr::Binary { op: BinaryOp::Eq, rhs, .. } => {
                matches!(&tree[*rhs], Expr::Lit(Literal::Int { value: Some(0), .. }))
            }
            _ => false,
        }
    }

    fn blocks_before_it_returns(&self, expr: ExprId, of_call: OfCall<'_>) -> bool {
        match &self.body.types.body[expr] {
            Expr::If { then, otherwise: None, .. } => self.work(*then, of_call).is_some(),
            _ => false,
        }
    }

    /// Work of all branches, those that fail left out.
    fn in_all(&self, branches: &[ExprId], of_call: OfCall<'_>) -> Option<Arc<Work>> {
        let mut best = None;
        for branch in branches.iter().filter(|b| !self.fails(**b)) {
            keep_shorter(&mut best, Some(self.work(*branch, of_call)?));
        }
        best
    }

    /// Is there a `return` in it that is no failure?
    fn may_succeed_in(&self, expr: ExprId) -> bool {
        let tree = &self.body.types.body;
        match &tree[expr] {
            Expr::Closure(_) => return false,
            Expr::Block(block) if block.is_async() => return false,
            Expr::Return(value) => return value.is_none_or(|v| !self.fails(v)),
            _ => {}
        }
        let mut found = false;
        each_child(tree, expr, &mut |child| found = found || self.may_succeed_in(child));
        found
    }

    /// `Err(..)`, `return Err(..)`, `Err(..)?`, `panic!(..)`, `bail!(..)`, or a block that ends so.
    fn fails(&self, expr: ExprId) -> bool {
        let tree = &self.body.types.body;
        let ends = |stmts: &[Stmt], tail: Option<ExprId>| match (tail, stmts.last()) {
            (Some(tail), _) => self.fails(tail),
            (None, Some(Stmt::Expr { expr, .. })) => self.fails(*expr),
            _ => false,
        };
        match &tree[expr] {
            Expr::Call { callee, .. } => match &tree[*callee] {
                Expr::Path(path) => path.segments.last().is_some_and(|s| s.name.as_str() == "Err"),
                _ => false,
            },
            Expr::Return(value) => value.is_some_and(|v| self.fails(v)),
            Expr::Try(inner) => self.fails(*inner),
            Expr::Block(block) => ends(&block.stmts, block.tail),
            Expr::Expanded(expansion) => ends(&expansion.stmts, expansion.tail),
            Expr::MacroCall(call) => call.path.segments.last().is_some_and(|s| {
                matches!(s.name.as_str(), "panic" | "unreachable" | "todo" | "unimplemented" | "bail" | "throw")
            }),
            _ => false,
        }
    }
}

fn is_log(path: &toecap_ir::Path) -> bool {
    path.segments.last().is_some_and(|s| {
        matches!(
            s.name.as_str(),
            "trace"
                | "debug"
                | "info"
                | "warn"
                | "error"
                | "log"
                | "event"
                | "span"
                | "debug_assert"
                | "debug_assert_eq"
        )
    })
}
