//! Futures inside of a value that does not poll them.
//!
//! ```text
//! users.get(0).map(|u| notify(u))         Option<impl Future>
//! spawn(async { notify(user) }).await     Result<impl Future, JoinError>
//! ```

use toecap_ir::{Expr, ExprId};

use super::How;
use crate::effects::call_args;
use crate::{Analysis, Callee, FnId, Ty, TyKind, TypedBody};

impl Analysis<'_> {
    /// An anonymous future inside a wrapper that does not poll it.
    pub(super) fn wrapped_future(&self, ty: Ty, depth: u32) -> Option<Ty> {
        if depth > 3 {
            return None;
        }
        match ty.kind() {
            TyKind::Adt(adt, args) => {
                let name = self.world().adt(*adt).name;
                let wraps = matches!(
                    name.as_str(),
                    "Option" | "Result" | "Vec" | "JoinHandle" | "Poll" | "VecDeque" | "HashMap" | "BTreeMap"
                );
                if !wraps {
                    return None;
                }
                // Of a map the values, of a `Result` what it fails with as well.
                let holds = if matches!(name.as_str(), "Result" | "HashMap" | "BTreeMap") { 2 } else { 1 };
                args.iter().take(holds).find_map(|inner| match inner.kind() {
                    TyKind::Future(..) => Some(*inner),
                    TyKind::Opaque(..) if self.is_future_ty(*inner, 0) => Some(*inner),
                    // What a task gives was made by it.
                    TyKind::Adt(inside, _) if name == "JoinHandle" && self.world().lang().pin == Some(*inside) => {
                        self.is_lazy(*inner).then_some(*inner)
                    }
                    _ => self.wrapped_future(*inner, depth + 1),
                })
            }
            TyKind::Tuple(parts) => parts.iter().find_map(|t| match t.kind() {
                TyKind::Future(..) => Some(*t),
                _ => None,
            }),
            TyKind::Array(inner, _) => match inner.kind() {
                TyKind::Future(..) => Some(*inner),
                _ => None,
            },
            _ => None,
        }
    }

    /// `spawn(async { notify(user) })`: the task is polled, and gives a future that is not.
    pub(super) fn gives_task_of_future(&self, ty: Ty) -> bool {
        ty.as_adt().is_some_and(|(adt, _)| self.world().adt(adt).name == "JoinHandle")
            && self.wrapped_future(ty, 0).is_some()
    }

    /// `fn start(..) -> Option<impl Future>`: nobody else can have stored what it gives.
    fn declares_a_future(&self, f: FnId) -> bool {
        let given = self.world().fn_sig(f).ret;
        self.wrapped_future(given, 0).is_some_and(|future| matches!(future.kind(), TyKind::Opaque(..)))
    }

    pub(super) fn takes_closure(&self, body: &TypedBody, call: ExprId) -> bool {
        call_args(&body.types.body[call]).iter().any(|a| {
            matches!(body.types.expr_tys.get(a.index()).map(|t| t.kind()), Some(TyKind::Closure(_) | TyKind::FnDef(..)))
        })
    }

    /// Only what this expression makes counts, not what it takes out of a container.
    pub(super) fn wrapped_how(&self, body: &TypedBody, expr: ExprId) -> Option<How> {
        let types = &body.types;
        match &types.body[expr] {
            // `spawn_blocking(|| async { .. }).await`
            Expr::Await { expr: inner, .. } => match self.runs_block(body, *inner) {
                true => Some(How::Closure),
                false => self.wrapped_how(body, *inner).map(|_| How::Closure),
            },
            Expr::Try(inner) => self.wrapped_how(body, *inner),
            Expr::Call { .. } | Expr::MethodCall(_) => {
                let closure = self.takes_closure(body, expr);
                let Some(Callee::Fn(callee)) = types.callees.get(&expr) else { return None };
                let spawns = self.facts().of_callee(callee).is_some_and(|f| f.spawn().is_some());
                if spawns {
                    let runs = |arg: &ExprId| types.futures.contains_key(arg);
                    let runs = closure || call_args(&types.body[expr]).iter().any(runs);
                    return runs.then_some(How::Closure);
                }
                if closure || self.declares_a_future(callee.f) {
                    return Some(How::Wrapped);
                }
                // `.map(f).ok()`, `.collect::<Vec<_>>()`
                match &types.body[expr] {
                    Expr::MethodCall(call) => {
                        let name = call.name;
                        matches!(name.as_str(), "ok" | "err" | "unwrap" | "collect" | "rev" | "flatten" | "expect")
                            .then(|| self.wrapped_how(body, call.receiver))
                            .flatten()
                    }
                    _ => None,
                }
            }
            Expr::MacroCall(_) => Some(How::Wrapped),
            _ => None,
        }
    }
}
