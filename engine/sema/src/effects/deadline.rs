//! Futures that wait for time alone: `sleep(d)`, `&mut sleep`, `async { sleep(d).await }`.

use toecap_ir::{Expr, ExprId, UnaryOp};
use toecap_knowledge::TimerKind;

use crate::{Analysis, Callee, PathDef, Ty, TypedBody};

impl Analysis<'_> {
    /// A wait for time alone: `sleep(d)`, `&mut sleep`.
    pub(super) fn is_deadline(&self, body: &TypedBody, future: ExprId) -> bool {
        let types = &body.types;
        if let Some(Callee::Fn(callee)) = types.callees.get(&future) {
            if let Some(facts) = self.facts().of_callee(callee)
                && let Some(timer) = facts.timer()
            {
                return timer.kind != TimerKind::Tick;
            }
            // An `async fn` that does nothing but sleep.
            return match &types.body[future] {
                Expr::MethodCall(call) if matches!(call.name.as_str(), "fuse" | "boxed" | "as_mut") => {
                    self.is_deadline(body, call.receiver)
                }
                _ => false,
            };
        }
        match &types.body[future] {
            Expr::Ref { expr, .. } | Expr::Unary(UnaryOp::Deref, expr) => self.is_deadline(body, *expr),
            Expr::Path(_) => match types.paths.get(&future) {
                Some(PathDef::Local(local)) => self.is_timer_ty(types.locals[local.0 as usize].ty),
                _ => false,
            },
            Expr::Block(block) if block.is_async() => match block.tail {
                Some(tail) if block.stmts.is_empty() => match &types.body[tail] {
                    Expr::Await { expr, .. } => self.is_deadline(body, *expr),
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        }
    }

    fn is_timer_ty(&self, ty: Ty) -> bool {
        let Some((adt, args)) = ty.peel_refs().as_adt() else { return false };
        if let Some(timer) = self.facts().of_type(adt).and_then(|f| f.timer()) {
            return timer.kind != TimerKind::Tick;
        }
        let name = self.world().adt(adt).name;
        matches!(name.as_str(), "Pin" | "Box" | "Fuse") && args.first().is_some_and(|t| self.is_timer_ty(*t))
    }
}
