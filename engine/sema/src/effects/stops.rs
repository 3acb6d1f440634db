//! `select!` of one future beside waits for somebody who says stop: nothing runs beside the one.

use toecap_ir::{Expr, ExprId, MacroArgs};

use super::exec::Executor;
use crate::flow::Aliases;
use crate::{Callee, PathDef};

impl Executor<'_> {
    /// A `select!` of one future and a wait for Ctrl-C: nothing runs beside the one.
    pub(super) fn waits_for_signal_only(&self, expr: ExprId) -> bool {
        self.is_one_beside(expr, &|made| self.is_signal(made))
    }

    /// A `select!` of one future and of waits for somebody who says stop.
    pub(super) fn waits_to_stop_only(&self, expr: ExprId) -> bool {
        self.is_one_beside(expr, &|made| self.is_stop(made))
    }

    /// A future that somebody ends who says stop.
    pub(super) fn waits_to_stop(&self, future: ExprId) -> bool {
        let made = match self.body.types.paths.get(&future) {
            Some(PathDef::Local(local)) => {
                Aliases::new(self.analysis.world(), self.body).value(*local).unwrap_or(future)
            }
            _ => future,
        };
        self.is_stop(future) || self.is_stop(made)
    }

    fn is_stop(&self, made: ExprId) -> bool {
        const STOPS: [&str; 4] = [
            "tokio::sync::oneshot::Receiver",
            "tokio::sync::notify::Notified",
            "futures_channel::oneshot::Receiver",
            "tokio_util::sync::cancellation_token::WaitForCancellationFuture",
        ];
        let world = self.analysis.world();
        // `&mut Pin<&mut F>`
        let ty = self.body.types.expr_tys.get(made.index()).map(|ty| ty.peel_refs());
        let ty = ty.and_then(|ty| match ty.as_adt()? {
            (pin, args) if world.lang().pin == Some(pin) => args.first()?.peel_refs().as_adt(),
            plain => Some(plain),
        });
        self.is_signal(made) || ty.is_some_and(|(adt, _)| STOPS.contains(&world.adt_path(adt).as_str()))
    }

    fn is_signal(&self, made: ExprId) -> bool {
        match self.body.types.callees.get(&made) {
            Some(Callee::Fn(callee)) => self.analysis.world().fn_path(callee.f).contains("::signal::"),
            _ => false,
        }
    }

    /// A `select!` all of whose futures are waits, but one.
    fn is_one_beside(&self, expr: ExprId, is_wait: &dyn Fn(ExprId) -> bool) -> bool {
        let types = &self.body.types;
        let Expr::MacroCall(call) = &types.body[expr] else { return false };
        let MacroArgs::Select(select) = &call.parsed else { return false };
        let aliases = Aliases::new(self.analysis.world(), self.body);
        let made = |future: ExprId| match types.paths.get(&future) {
            Some(PathDef::Local(local)) => aliases.value(*local).unwrap_or(future),
            _ => future,
        };
        select.arms.iter().filter(|arm| !is_wait(arm.future) && !is_wait(made(arm.future))).count() <= 1
    }
}
