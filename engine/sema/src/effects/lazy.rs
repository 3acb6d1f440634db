//! Which futures do nothing until they are polled, and which are handles of work that goes on by itself.
//!
//! ```text
//! async { .. }, impl Future       lazy
//! JoinHandle, a struct around a oneshot::Receiver     somebody else does the work
//! ```

use toecap_ir::{Expr, ExprId, Pat, Stmt};
use toecap_knowledge::PointKind;

use crate::walk::each_child;
use crate::{Analysis, BodyOwner, Callee, Container, CrateOrigin, FnId, PathDef, Ty, TyKind, TypedBody};

impl Analysis<'_> {
    /// A type that does nothing until it is polled: what the compiler makes, boxes of it, types that have such a future in them, and
    /// those whose authors say that they must be used. Of others nobody knows.
    pub(super) fn is_lazy(&self, ty: Ty) -> bool {
        match ty.kind() {
            TyKind::Future(..) | TyKind::Opaque(..) => true,
            TyKind::Dyn(_) => true,
            TyKind::Adt(adt, args) => {
                let world = self.world();
                let name = world.adt(*adt).name;
                if matches!(name.as_str(), "Pin" | "Box") {
                    return args.first().is_some_and(|t| self.is_lazy(*t));
                }
                let known = match world.input(adt.krate).origin {
                    CrateOrigin::Std => true,
                    CrateOrigin::Workspace => {
                        let is_handle = args.is_empty() && self.is_copied(*adt);
                        !is_handle && (!self.waits_for_others(*adt) || self.poll_sends(*adt))
                    }
                    // `Instrumented<F>` has the future itself.
                    CrateOrigin::Dependency => args.iter().any(|arg| self.is_lazy(*arg) && self.is_future_ty(*arg, 0)),
                };
                // A set of tasks, a handle that aborts: dropping it is what it is for.
                let acts = self
                    .facts()
                    .of_type(*adt)
                    .is_some_and(|f| f.point().is_some_and(|p| p.kind == PointKind::ScopeEnd));
                let is_own = world.is_own(adt.krate);
                if acts || is_own && world.drop_fn(*adt).is_some_and(|drop| !self.may_do_nothing(drop)) {
                    return false;
                }
                known
                    || world.adt_attrs(*adt).has("must_use")
                    || self.facts().of_type(*adt).is_some_and(|f| f.cancel().is_some() || f.timer().is_some())
            }
            _ => false,
        }
    }

    /// The call of an API whose future is known for what it loses when it is dropped.
    pub(super) fn makes_known_future(&self, body: &TypedBody, expr: ExprId) -> bool {
        match body.types.callees.get(&expr) {
            Some(Callee::Fn(callee)) => self.facts().of_callee(callee).is_some_and(|f| f.cancel().is_some()),
            _ => false,
        }
    }

    /// `R::Sleep` of a trait that says no more of it than that it is a future: nothing is done before it is polled, unless the call
    /// was given work to start (a future, a closure) or the name is that of a handle.
    pub(super) fn promises_a_future(&self, body: &TypedBody, expr: ExprId, ty: Ty) -> bool {
        let TyKind::Projection(_, _, _, name) = ty.kind() else { return false };
        let is_handle = ["Handle", "Task"].iter().any(|word| name.as_str().contains(word));
        let is_work = |arg: &ExprId| {
            let ty = body.types.expr_tys.get(arg.index()).map(|ty| ty.kind());
            body.types.futures.contains_key(arg)
                || !matches!(ty, Some(TyKind::Prim(_) | TyKind::Adt(..) | TyKind::Ref(..)))
        };
        !is_handle && !super::call_args(&body.types.body[expr]).iter().any(is_work)
    }

    /// `runtime.spawn(task)`, which is no `async fn`, was given a future, and makes a type of the workspace that does not hold it:
    /// it went on to somebody who polls it.
    pub(super) fn was_passed_on(&self, body: &TypedBody, expr: ExprId, made: Ty) -> bool {
        let types = &body.types;
        let Some(Callee::Fn(callee)) = types.callees.get(&expr) else { return false };
        let is_boxed = |ty: Ty| ty.as_adt().is_some_and(|(adt, _)| self.world().is_std(adt.krate));
        if made.as_adt().is_none() || is_boxed(made) || self.world().fn_item(callee.f).flags.is_async {
            return false;
        }
        let ty_of = |arg: &ExprId| types.expr_tys.get(arg.index()).copied().unwrap_or(Ty::unknown());
        let mut given =
            super::call_args(&types.body[expr]).iter().filter(|arg| types.futures.contains_key(arg)).peekable();
        given.peek().is_some() && given.all(|arg| !holds(made, ty_of(arg)))
    }

    /// `callback(x);` where whoever passed `callback` chose its future: nothing is done before that is polled.
    pub(super) fn is_of_callers_closure(&self, body: &TypedBody, expr: ExprId, ty: Ty) -> bool {
        matches!(ty.kind(), TyKind::Param(_)) && matches!(body.types.callees.get(&expr), Some(Callee::Value(_)))
    }

    /// `#[derive(Clone)] struct Ticket`: of work that is done once, copies can only tell when it is done.
    fn is_copied(&self, adt: crate::AdtId) -> bool {
        self.derives(adt, "Clone")
    }

    /// `#[derive(Clone)]`, `#[derive(serde::Deserialize)]`
    pub(super) fn derives(&self, adt: crate::AdtId, wanted: &str) -> bool {
        let mut derives = self.world().adt_attrs(adt).named("derive");
        derives.any(|attr| attr.text.split(|c: char| !c.is_alphanumeric()).any(|name| name == wanted))
    }

    /// Holds the end of a channel or a handle: somebody else does the work.
    fn waits_for_others(&self, adt: crate::AdtId) -> bool {
        let world = self.world();
        let is_end = |ty: Ty| {
            ty.as_adt().is_some_and(|(adt, _)| {
                self.facts().of_type(adt).is_some_and(|f| f.eager().is_some())
                    || matches!(world.adt(adt).name.as_str(), "Receiver" | "JoinHandle" | "AbortHandle" | "Task")
            })
        };
        (0..world.adt(adt).variants.len() as u32).any(|variant| {
            world
                .field_tys(adt, variant)
                .iter()
                .any(|(_, ty)| is_end(*ty) || ty.as_adt().is_some_and(|(_, args)| args.iter().any(|t| is_end(*t))))
        })
    }

    /// Tells others what to do where it is polled, and not where it is made: `try_send(self.message.take())`.
    fn poll_sends(&self, adt: crate::AdtId) -> bool {
        const SENDS: [&str; 5] = ["send", "try_send", "start_send", "unbounded_send", "send_all"];
        let poll = self.world().poll_fn(adt);
        poll.and_then(|poll| self.body(BodyOwner::Fn(poll))).is_some_and(|body| {
            let is_sending = |e: &Expr| matches!(e, Expr::MethodCall(call) if SENDS.contains(&call.name.as_str()));
            body.types.body.exprs.iter().any(|(_, e)| is_sending(e))
        })
    }

    /// Does a `drop` ask first whether anything was done: `if !self.queued { return; }`, `if let Some(key) = self.key.take() { .. }`?
    fn may_do_nothing(&self, drop: FnId) -> bool {
        let Some(body) = self.body(BodyOwner::Fn(drop)) else { return false };
        let tree = &body.types.body;
        let Expr::Block(block) = &tree[tree.root] else { return false };
        let asks = |expr: ExprId| matches!(tree[expr], Expr::If { .. } | Expr::Match { .. });
        let returns = |expr: ExprId| match &tree[expr] {
            Expr::If { then, otherwise: None, .. } => body.is_never(*then),
            _ => false,
        };
        let is_question = |stmt: &Stmt| matches!(stmt, Stmt::Expr { expr, .. } if asks(*expr));
        let first = block.stmts.first();
        first.is_some_and(|stmt| matches!(stmt, Stmt::Expr { expr, .. } if returns(*expr)))
            || block.stmts.iter().all(is_question) && block.tail.is_none_or(asks)
    }

    /// `done.clone();`: a copy of a future that nobody can have heard of.
    pub(super) fn is_copy(&self, body: &TypedBody, expr: ExprId) -> bool {
        let Some(Callee::Fn(callee)) = body.types.callees.get(&expr) else { return false };
        matches!(self.world().func(callee.f).container, Container::Trait(tr) if Some(tr) == self.world().lang().clone)
    }

    /// `timeout(d, async { notify(user) })`: what the block gives was made in it.
    pub(super) fn runs_block(&self, body: &TypedBody, future: ExprId) -> bool {
        let types = &body.types;
        let is_block = |expr: ExprId| matches!(&types.body[expr], Expr::Block(block) if block.is_async());
        let passed = match types.callees.get(&future) {
            Some(Callee::Fn(callee)) if callee.sure => self.passed_on(body, future, callee),
            _ => None,
        };
        passed.is_some_and(is_block)
    }

    /// Dropping the future unawaited is fine: the work is done by somebody else, or there is none.
    pub(super) fn is_eager(&self, body: &TypedBody, expr: ExprId, ty: Ty) -> bool {
        let is_handle = |ty: Ty| {
            ty.as_adt().is_some_and(|(adt, _)| {
                self.facts().of_type(adt).is_some_and(|f| f.eager().is_some() || f.guard().is_some())
                    || matches!(self.world().adt(adt).name.as_str(), "JoinHandle" | "Task")
            })
        };
        let is_called_over = |ty: Ty| {
            ty.as_adt().is_some_and(|(adt, _)| matches!(self.world().adt(adt).name.as_str(), "Ready" | "Pending"))
        };
        let is_over = |ty: Ty| {
            is_called_over(ty)
                || ty.as_adt().is_some_and(|(adt, _)| self.facts().of_type(adt).is_some_and(|f| f.ready().is_some()))
        };
        let args = ty.as_adt().map(|(_, args)| args).unwrap_or_default();
        // Around a future that is over; `stream.for_each(future::ready)` is not, whether items are ready or not.
        let is_around_over = args.first().is_some_and(|t| is_called_over(*t));
        let callee = match body.types.callees.get(&taken_out(body, expr)) {
            Some(Callee::Fn(callee)) => Some(callee),
            _ => None,
        };
        let facts = callee.and_then(|callee| self.facts().of_callee(callee));
        // `timeout(limit, handle)` is written to wait for what goes on without it.
        let is_timed = facts.and_then(|f| f.point()).is_some_and(|p| p.kind == PointKind::Timeout);
        is_handle(ty)
            || is_over(ty)
            || is_around_over
            || !is_timed && args.iter().any(|t| is_handle(*t))
            || facts.is_some_and(|f| f.eager().is_some() || f.ready().is_some() || f.spawn().is_some())
            || callee.and_then(|callee| self.runs(callee)).is_some_and(|f| self.has_begun(f) || self.is_told(f, ty, 0))
    }

    /// A function of the workspace that has something done and returns a way to wait for it:
    /// `let done = self.next_round(); self.wake_up(); done`
    fn has_begun(&self, f: FnId) -> bool {
        let world = self.world();
        if !world.is_own(f.krate) || world.fn_item(f).flags.is_async {
            return false;
        }
        let Some(body) = self.body(BodyOwner::Fn(f)) else { return false };
        let tree = &body.types.body;
        let Expr::Block(block) = &tree[tree.root] else { return false };
        let Some(PathDef::Local(returned)) = block.tail.and_then(|tail| body.types.paths.get(&tail)) else {
            return false;
        };
        let is_call = |e: ExprId| matches!(tree[e], Expr::Call { .. } | Expr::MethodCall(_));
        let got = block.stmts.iter().position(|stmt| match stmt {
            Stmt::Let { pat, init: Some(init), .. } => is_call(*init) && body.types.bindings.get(pat) == Some(returned),
            _ => false,
        });
        let then = got.map_or(&[][..], |at| &block.stmts[at + 1..]);
        then.iter().any(|stmt| matches!(stmt, Stmt::Expr { expr, semi: true, .. } if is_call(*expr)))
    }
}

/// How deep functions that pass the work on are followed.
const MAX_TOLD: u32 = 3;

impl Analysis<'_> {
    /// A function of the workspace that is not async, tells somebody what to do, and returns a type of its own that tells when it is
    /// done: `fn stop(&self) -> Ticket { self.tell(Stop) }`, `fn tell(&self, what: Control) -> Ticket { self.queue.send(what); Ticket }`.
    fn is_told(&self, f: FnId, ty: Ty, depth: u32) -> bool {
        let world = self.world();
        // `fn send(&self, what: Item) -> impl Future` says less than what it returns.
        let is_hidden = matches!(ty.kind(), TyKind::Opaque(..)) && depth == 0;
        let may_be_lazy = |arg: &Ty| self.is_future_ty(*arg, 0) || !is_hidden && matches!(arg.kind(), TyKind::Param(_));
        let is_ticket =
            |ty: Ty| ty.as_adt().is_some_and(|(adt, args)| world.is_own(adt.krate) && !args.iter().any(may_be_lazy));
        if depth > MAX_TOLD
            || !world.is_own(f.krate)
            || world.fn_item(f).flags.is_async
            || !(is_hidden || is_ticket(ty) && gives(world.fn_sig(f).ret, ty))
        {
            return false;
        }
        let Some(body) = self.body(BodyOwner::Fn(f)) else { return false };
        let root = body.types.body.root;
        let ticket = if is_hidden { body.types.expr_tys[root.index()] } else { ty };
        is_ticket(ticket) && self.tells(&body, root, ticket, depth)
    }

    /// Does code run a call for nothing but what that does, or leave it to a function of the same kind?
    fn tells(&self, body: &TypedBody, expr: ExprId, ty: Ty, depth: u32) -> bool {
        let tree = &body.types.body;
        let is_call = |e: ExprId| matches!(tree[taken_out(body, e)], Expr::Call { .. } | Expr::MethodCall(_));
        let here = match &tree[expr] {
            Expr::Closure(_) => return false,
            Expr::Block(block) if block.is_async() => return false,
            Expr::Block(block) => block.stmts.iter().any(|stmt| match stmt {
                Stmt::Expr { expr, semi, .. } => *semi && is_call(*expr),
                Stmt::Let { pat, init: Some(init), .. } => matches!(tree[*pat], Pat::Wild) && is_call(*init),
                Stmt::Let { init: None, .. } => false,
            }),
            Expr::Call { .. } | Expr::MethodCall(_) => match body.types.callees.get(&expr) {
                Some(Callee::Fn(callee)) => self.runs(callee).is_some_and(|f| self.is_told(f, ty, depth + 1)),
                _ => false,
            },
            _ => false,
        };
        let mut found = here;
        each_child(tree, expr, &mut |child| found = found || self.tells(body, child, ty, depth));
        found
    }
}

/// The call of `call()?`, `call().expect("..")`.
fn taken_out(body: &TypedBody, expr: ExprId) -> ExprId {
    match &body.types.body[expr] {
        Expr::Try(inner) => taken_out(body, *inner),
        Expr::MethodCall(call) if matches!(call.name.as_str(), "unwrap" | "expect") => taken_out(body, call.receiver),
        _ => expr,
    }
}

/// `Ticket` of `Ticket`, `Result<Ticket, _>`, `Option<Ticket>`.
fn gives(ret: Ty, wanted: Ty) -> bool {
    ret == wanted || ret.as_adt().is_some_and(|(_, args)| args.first() == Some(&wanted))
}

/// Is a part of a value of type `whole` of type `part`?
fn holds(whole: Ty, part: Ty) -> bool {
    whole == part
        || match whole.kind() {
            TyKind::Adt(_, args) => args.iter().any(|arg| holds(*arg, part)),
            TyKind::Tuple(parts) => parts.iter().any(|inner| holds(*inner, part)),
            _ => part.is_unknown(),
        }
}
