//! Code that knows that no executor runs it, because it asked.
//!
//! ```text
//! match Handle::try_current() {
//!     Ok(runtime) => runtime.spawn_blocking(work).await?,
//!     Err(_) => work(),
//! }
//! if Handle::try_current().is_ok() {
//!     return sleep(delay).await;
//! }
//! std::thread::sleep(delay);
//! ```

use toecap_ir::{Expr, ExprId, Pat, PatId, Stmt, UnaryOp};

use super::exec::Executor;
use crate::flow::Regions;
use crate::{Callee, TypedBody};

/// What asks, and fails outside.
const ASKS: (&str, &str) = ("tokio", "try_current");

impl Executor<'_> {
    /// Does the call stand where the answer was that there is no executor?
    pub(super) fn is_outside(&self, call: ExprId) -> bool {
        let asks = |callee: &Callee| match callee {
            Callee::Fn(callee) => {
                let world = self.analysis.world();
                (world.input(callee.f.krate).name.as_str(), world.func(callee.f).name.as_str()) == ASKS
            }
            Callee::Ctor(..) | Callee::Value(_) => false,
        };
        let asked: Vec<ExprId> =
            self.body.types.callees.iter().filter(|(_, callee)| asks(callee)).map(|(call, _)| *call).collect();
        !asked.is_empty() && Outside { body: self.body, regions: self.code_regions(), asked: &asked }.holds_at(call)
    }
}

struct Outside<'a> {
    body: &'a TypedBody,
    regions: &'a Regions,
    /// The calls that ask.
    asked: &'a [ExprId],
}

impl Outside<'_> {
    fn holds_at(&self, call: ExprId) -> bool {
        let tree = &self.body.types.body;
        let mut at = call;
        while let Some(parent) = self.regions.parent(at) {
            let holds = match &tree[parent] {
                Expr::If { cond, then, .. } if *then == at => self.says(*cond, false),
                Expr::If { cond, otherwise: Some(otherwise), .. } if *otherwise == at => self.says(*cond, true),
                Expr::Match { scrutinee, arms } if self.asked.contains(scrutinee) => {
                    arms.iter().any(|arm| arm.body == at && self.is(arm.pat, "Err"))
                }
                Expr::Block(block) => {
                    block.stmts.iter().take_while(|stmt| !is_of(stmt, at)).any(|stmt| self.leaves(stmt))
                        || block.stmts.iter().any(|stmt| self.is_else_of(stmt, at))
                }
                _ => false,
            };
            if holds {
                return true;
            }
            at = parent;
        }
        false
    }

    /// `let Ok(runtime) = Handle::try_current() else { .. };`
    fn is_else_of(&self, stmt: &Stmt, expr: ExprId) -> bool {
        matches!(stmt, Stmt::Let { init: Some(init), otherwise, .. } if *otherwise == Some(expr) && self.asked.contains(init))
    }

    /// Does the condition hold only where the answer is this?
    fn says(&self, cond: ExprId, there_is_one: bool) -> bool {
        match &self.body.types.body[cond] {
            Expr::MethodCall(call) => {
                self.asked.contains(&call.receiver)
                    && call.name.as_str() == if there_is_one { "is_ok" } else { "is_err" }
            }
            Expr::Let { pat, expr } => {
                self.asked.contains(expr) && self.is(*pat, if there_is_one { "Ok" } else { "Err" })
            }
            Expr::Unary(UnaryOp::Not, inner) => self.says(*inner, !there_is_one),
            _ => false,
        }
    }

    /// `if Handle::try_current().is_ok() { .. return }`
    fn leaves(&self, stmt: &Stmt) -> bool {
        matches!(stmt, Stmt::Expr { expr, .. } if self.leaves_in(*expr))
    }

    fn leaves_in(&self, expr: ExprId) -> bool {
        let tree = &self.body.types.body;
        match &tree[expr] {
            Expr::If { cond, then, otherwise: None } => self.says(*cond, true) && self.returns(*then),
            Expr::Block(block) if !block.is_async() => {
                block.stmts.iter().any(|stmt| self.leaves(stmt)) || block.tail.is_some_and(|tail| self.leaves_in(tail))
            }
            _ => false,
        }
    }

    fn returns(&self, expr: ExprId) -> bool {
        match &self.body.types.body[expr] {
            Expr::Return(_) => true,
            Expr::Block(block) => {
                let last = || match block.stmts.last() {
                    Some(Stmt::Expr { expr, .. }) => Some(*expr),
                    _ => None,
                };
                block.tail.or_else(last).is_some_and(|last| self.returns(last))
            }
            _ => false,
        }
    }

    fn is(&self, pat: PatId, variant: &str) -> bool {
        matches!(&self.body.types.body[pat], Pat::TupleStruct { path, .. } if path.last_name().is_some_and(|n| n.as_str() == variant))
    }
}

/// Is the statement made of this expression?
fn is_of(stmt: &Stmt, expr: ExprId) -> bool {
    match stmt {
        Stmt::Let { init, otherwise, .. } => *init == Some(expr) || *otherwise == Some(expr),
        Stmt::Expr { expr: own, .. } => *own == expr,
    }
}
