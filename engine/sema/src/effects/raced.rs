//! Futures that race with nothing else of the workspace: what they are cut by only waits.
//!
//! ```text
//! select! { done = run(args) => done, _ = timer => Err(Late) }           run runs in turn
//! async fn until<T>(work: impl Future, stop: impl Future) { select! { .. } }    likewise, if no caller gives a `stop` of its own
//! ```

use toecap_ir::{Expr, ExprId, MacroArgs};

use super::call_args;
use super::exec::Executor;
use super::turns::{Need, PASSES, Turns};
use crate::walk::each_child;
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, FnId, MacroKind, PathDef, TyKind};

/// How deep functions that wait for a signal are followed.
const MAX_SIGNALS: u32 = 3;

impl Analysis<'_> {
    /// An `async fn` of ours that waits for a signal, and has nothing else of ours polled; what it does when the signal has come runs
    /// beside nothing.
    fn waits_for_signal(&self, f: FnId, depth: u32) -> bool {
        let world = self.world();
        if depth > MAX_SIGNALS || !world.fn_item(f).flags.is_async {
            return false;
        }
        let Some(body) = self.body(BodyOwner::Fn(f)) else { return false };
        let mut waits = false;
        let only = body.types.callees.values().all(|callee| {
            let Callee::Fn(callee) = callee else { return true };
            waits |= world.fn_path(callee.f).contains("::signal::");
            if self.leaves_task(callee) {
                return false;
            }
            self.may_run(callee).into_iter().filter(|f| world.is_own(f.krate) && self.is_async_like(*f)).all(|f| {
                let is_wait = self.waits_for_signal(f, depth + 1);
                waits |= is_wait;
                is_wait
            })
        });
        only && waits
    }
}

impl Turns<'_> {
    /// What it takes that of the futures of a `select!` this one alone is of the workspace.
    pub(super) fn raced_alone(&self, select: ExprId, future: ExprId) -> Option<Vec<Need>> {
        if Executor::new(self.analysis, self.body).waits_to_stop_only(select) {
            return Some(Vec::new());
        }
        let Expr::MacroCall(call) = &self.body.types.body[select] else { return None };
        let MacroArgs::Select(select) = &call.parsed else { return None };
        let mut needs = Vec::new();
        for arm in select.arms.iter().filter(|arm| arm.future != future) {
            match self.param_of(arm.future) {
                Some((f, position)) => needs.push(Need::Foreign(f, position)),
                None if self.is_foreign(arm.future) => {}
                None => return None,
            }
        }
        Some(needs)
    }

    /// `select(run(args), ctrl_c())`: of the futures that a call races, this one alone is of the workspace.
    pub(super) fn races_only_foreign(&self, call: ExprId, future: ExprId) -> bool {
        call_args(&self.body.types.body[call]).iter().all(|arg| *arg == future || self.is_foreign(*arg))
    }

    /// `tokio::spawn(run(args)).await`: whoever starts the task waits for it, perhaps beside a signal.
    pub(super) fn is_awaited_at_once(&self, spawn: ExprId) -> bool {
        let Some(parent) = self.regions.parent(spawn) else { return false };
        match &self.body.types.body[parent] {
            Expr::Await { .. } => true,
            Expr::MacroCall(_) => self.raced_alone(parent, spawn).is_some_and(|needs| needs.is_empty()),
            _ => false,
        }
    }

    /// The parameters of functions of the workspace for which the body gives a future of the workspace.
    pub(super) fn given(&self) -> Vec<(FnId, u32)> {
        let types = &self.body.types;
        let mut given = Vec::new();
        for (call, callee) in types.callees.iter() {
            let Callee::Fn(callee) = callee else { continue };
            let Some(f) = self.analysis.runs(callee).filter(|f| self.is_own(*f)) else { continue };
            let futures = call_args(&types.body[*call]).iter().enumerate();
            let futures = futures.filter(|(_, arg)| self.is_future(**arg) && !self.is_foreign(**arg));
            given.extend(futures.map(|(position, _)| (f, position as u32)));
        }
        given
    }

    /// `pin!(future)`
    pub(super) fn pins(&self, expr: ExprId) -> bool {
        self.body.types.macros.get(&expr) == Some(&MacroKind::Pin)
    }

    /// The one place where a variable is used that holds the value.
    pub(super) fn only_use(&self, value: ExprId) -> Option<ExprId> {
        let types = &self.body.types;
        let aliases = self.aliases();
        let uses = types.paths.iter().filter_map(|(used, def)| match def {
            PathDef::Local(local) if aliases.value(*local) == Some(value) => Some(*used),
            _ => None,
        });
        // `pin!(server);` pins it where it is.
        let mut uses = uses.filter(|used| !self.regions.parent(*used).is_some_and(|parent| self.pins(parent)));
        uses.next().filter(|_| uses.next().is_none())
    }

    fn is_future(&self, expr: ExprId) -> bool {
        let types = &self.body.types;
        let Some(ty) = types.expr_tys.get(expr.index()) else { return false };
        match ty.kind() {
            TyKind::Future(..) | TyKind::Opaque(..) => true,
            TyKind::Param(_) => self.analysis.is_future_ty(*ty, 0),
            _ => types.futures.contains_key(&expr),
        }
    }

    /// The future that a function of another crate makes, of nothing of ours; or a wait for a signal.
    fn is_foreign(&self, future: ExprId) -> bool {
        let types = &self.body.types;
        let aliases = self.aliases();
        let made = match types.paths.get(&future) {
            Some(PathDef::Local(local)) => aliases.value(*local).unwrap_or(future),
            _ => future,
        };
        let made = self.body.pinned(made).unwrap_or(made);
        let Some(Callee::Fn(callee)) = types.callees.get(&made) else { return false };
        if self.analysis.runs(callee).is_some_and(|f| self.is_own(f) && self.analysis.waits_for_signal(f, 0)) {
            return true;
        }
        !self.holds_ours(made)
    }

    /// Does anything of ours go into a future: what a function of the workspace gives, a closure, an async block, a task?
    fn holds_ours(&self, expr: ExprId) -> bool {
        let types = &self.body.types;
        let here = match &types.body[expr] {
            Expr::Closure(_) => true,
            Expr::Block(block) => block.is_async(),
            Expr::Call { .. } | Expr::MethodCall(_) => match types.callees.get(&expr) {
                Some(Callee::Fn(callee)) => {
                    self.is_own(callee.runs.unwrap_or(callee.f)) || self.analysis.leaves_task(callee)
                }
                Some(Callee::Ctor(..)) => false,
                Some(Callee::Value(_)) | None => true,
            },
            Expr::Path(_) => self.is_future(expr),
            _ => false,
        };
        let mut found = here;
        each_child(&types.body, expr, &mut |child| found = found || self.holds_ours(child));
        found
    }

    /// Does the body give a future of ours to a function of a dependency, of which nobody knows whether it starts a task with it?
    pub(super) fn hands_over(&self) -> bool {
        let types = &self.body.types;
        let world = self.analysis.world();
        types.callees.iter().any(|(call, callee)| {
            let Callee::Fn(callee) = callee else { return false };
            let runs = callee.runs.unwrap_or(callee.f);
            world.input(runs.krate).origin == CrateOrigin::Dependency
                && self.analysis.facts().of_callee(callee).is_none()
                && !PASSES.contains(&world.func(callee.f).name.as_str())
                && call_args(&types.body[*call]).iter().any(|arg| self.is_future(*arg) && self.holds_ours(*arg))
        })
    }

    fn is_own(&self, f: FnId) -> bool {
        self.analysis.world().is_own(f.krate)
    }

    /// The parameter of the function that a future is.
    fn param_of(&self, future: ExprId) -> Option<(FnId, u32)> {
        let BodyOwner::Fn(f) = self.body.owner else { return None };
        let types = &self.body.types;
        let Some(PathDef::Local(local)) = types.paths.get(&future) else { return None };
        let position = types.body.params.iter().position(|pat| types.bindings.get(pat) == Some(local))?;
        Some((f, position as u32))
    }
}
