//! Waits that were chosen: the code hands the same work over in its other branch, and knows when it need not.
//!
//! ```text
//! match mode {
//!     Mode::Here => read(file, at)?,
//!     Mode::Elsewhere => spawn_blocking(move || read(file, at)).await??,
//! }
//! ```

use toecap_ir::{Expr, ExprId};

use super::exec::{Executor, Fate, call_args};
use crate::flow::Regions;
use crate::walk::each_child;
use crate::{Analysis, Callee, FnId, TyKind, TypedBody};

/// How many closures are followed to where they are called.
const MAX_CLOSURES: u32 = 3;

/// What a call runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Fn(FnId),
    Closure(u32),
}

impl Analysis<'_> {
    /// Does another branch of an `if` or `match` around the call hand a call of the same function to somebody else?
    pub(super) fn is_handed_over_otherwise(&self, body: &TypedBody, call: ExprId) -> bool {
        let choice = Choice { analysis: self, body, regions: &self.regions(body), executor: Executor::new(self, body) };
        choice.is_made(call, 0)
    }
}

struct Choice<'a> {
    analysis: &'a Analysis<'a>,
    body: &'a TypedBody,
    regions: &'a Regions,
    executor: Executor<'a>,
}

impl Choice<'_> {
    fn is_made(&self, call: ExprId, depth: u32) -> bool {
        let Some(target) = self.target(call) else { return false };
        let tree = &self.body.types.body;
        let mut at = call;
        while let Some(parent) = self.regions.parent(at) {
            let others: Vec<ExprId> = match &tree[parent] {
                Expr::If { then, otherwise: Some(otherwise), .. } if at == *then || at == *otherwise => {
                    vec![*then, *otherwise]
                }
                Expr::Match { arms, .. } if arms.iter().any(|arm| arm.body == at) => {
                    arms.iter().map(|arm| arm.body).collect()
                }
                Expr::Closure(_) => return depth < MAX_CLOSURES && self.is_made_by_callers(parent, depth + 1),
                Expr::Block(block) if block.is_async() => return false,
                _ => Vec::new(),
            };
            if others.iter().any(|other| *other != at && self.hands_over(*other, target, false)) {
                return true;
            }
            at = parent;
        }
        false
    }

    /// A closure with a name is chosen where it is called.
    fn is_made_by_callers(&self, closure: ExprId, depth: u32) -> bool {
        let types = &self.body.types;
        let Some(number) = types.closures.iter().position(|data| data.expr == closure) else { return false };
        let target = Target::Closure(number as u32);
        let mut calls = types.callees.keys().filter(|call| self.target(**call) == Some(target));
        calls.any(|call| self.is_made(*call, depth))
    }

    /// Is the function called in a closure that somebody else runs?
    fn hands_over(&self, expr: ExprId, target: Target, is_elsewhere: bool) -> bool {
        if is_elsewhere && self.target(expr) == Some(target) {
            return true;
        }
        let types = &self.body.types;
        let args = call_args(&types.body[expr]);
        let goes_elsewhere = |child: ExprId| {
            matches!(types.body[child], Expr::Closure(_))
                && args.iter().position(|arg| *arg == child).is_some_and(|i| match types.callees.get(&expr) {
                    Some(Callee::Fn(callee)) => self.executor.fate(callee, i) != Fate::Here,
                    Some(_) => false,
                    None => true,
                })
        };
        let mut found = false;
        each_child(&types.body, expr, &mut |child| {
            found = found || self.hands_over(child, target, is_elsewhere || goes_elsewhere(child));
        });
        found
    }

    fn target(&self, call: ExprId) -> Option<Target> {
        match self.body.types.callees.get(&call)? {
            Callee::Fn(callee) => Some(Target::Fn(self.analysis.runs(callee).unwrap_or(callee.f))),
            Callee::Value(ty) => match ty.kind() {
                TyKind::Closure(number) => Some(Target::Closure(*number)),
                _ => None,
            },
            Callee::Ctor(..) => None,
        }
    }
}
