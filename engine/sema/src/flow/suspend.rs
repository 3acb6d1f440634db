//! Which awaits can suspend.
//!
//! ```text
//! ready(1).await                      never
//! async fn answer() -> u8 { 42 }      answer().await never does either
//! ```

use toecap_ir::{Expr, ExprId};

use super::Regions;
use crate::{Analysis, BodyOwner, Callee, FnId, FutureOrigin, TyKind, TypedBody};

const MAX_HOPS: usize = 8;

impl Analysis<'_> {
    /// Can this `.await` (or `select!`, …) suspend? True where nobody knows.
    pub fn may_suspend(&self, body: &TypedBody, suspension: ExprId) -> bool {
        self.suspends_at(body, suspension, &mut Vec::new())
    }

    fn suspends_at(&self, body: &TypedBody, suspension: ExprId, stack: &mut Vec<FnId>) -> bool {
        let Expr::Await { expr: future, .. } = &body.types.body[suspension] else { return true };
        if self.is_over_at_once(body, *future) {
            return false;
        }
        let ty = body.types.expr_tys.get(future.index()).copied().unwrap_or(crate::Ty::unknown());
        match ty.kind() {
            TyKind::Future(_, FutureOrigin::Fn(f)) => self.fn_suspends(*f, stack),
            _ => match &body.types.body[*future] {
                Expr::Block(block) if block.is_async() => self.block_suspends(body, *future, stack),
                _ => true,
            },
        }
    }

    /// `async { .. }.await`
    fn block_suspends(&self, body: &TypedBody, block: ExprId, stack: &mut Vec<FnId>) -> bool {
        let regions = self.regions(body);
        let Some(region) = regions.opened(block) else { return true };
        regions.suspensions(region).iter().any(|s| self.suspends_at(body, *s, stack))
            || body.types.macros.values().any(|k| *k == crate::MacroKind::Opaque)
    }

    /// `ready(1)`: a future that is done when it is polled for the first time, whatever happens.
    pub(crate) fn is_over_at_once(&self, body: &TypedBody, future: ExprId) -> bool {
        let ty = body.types.expr_tys.get(future.index()).copied().unwrap_or(crate::Ty::unknown());
        let is_ready = |facts: Option<&toecap_knowledge::Facts>| facts.is_some_and(|f| f.ready().is_some());
        ty.as_adt().is_some_and(|(adt, _)| is_ready(self.facts().of_type(adt)))
            || matches!(body.types.callees.get(&future), Some(Callee::Fn(callee)) if is_ready(self.facts().of_callee(callee)))
    }

    fn fn_suspends(&self, f: FnId, stack: &mut Vec<FnId>) -> bool {
        if stack.contains(&f) {
            return false;
        }
        // A trait's default says nothing of the implementations.
        if stack.len() >= MAX_HOPS || matches!(self.world().func(f).container, crate::Container::Trait(_)) {
            return true;
        }
        let Some(body) = self.body(BodyOwner::Fn(f)) else { return true };
        if body.types.out_of_fuel > 0 {
            return true;
        }
        stack.push(f);
        let regions = Regions::new(&body, true);
        let suspends = regions.suspensions(super::RegionId(0)).iter().any(|s| self.suspends_at(&body, *s, stack))
            || body.types.macros.values().any(|k| *k == crate::MacroKind::Opaque);
        stack.pop();
        suspends
    }
}
