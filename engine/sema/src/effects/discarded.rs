//! Futures that are made and dropped without being polled.
//!
//! ```text
//! notify(user);                     // a statement
//! let _ = notify(user);             // dropped at once
//! users.get(0).map(|u| notify(u));  // Option<impl Future>
//! ```

mod wrapped;

use toecap_ir::{Expr, ExprId, MacroArgs, Pat, Span, Stmt};

use super::summary::callee_span;
use crate::walk::each_child;
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, FnId, MacroKind, Ty, TyKind, TypedBody};

/// A future that nobody polls.
#[derive(Debug, Clone)]
pub struct Discarded {
    /// The smallest guilty token: the name of the call that made it, or `async`.
    pub at: Span,
    /// The expression that makes it.
    pub whole: Span,
    /// How it is dropped.
    pub how: How,
    /// The function that made it.
    pub made_by: Option<String>,
    /// Its type, when the type says more than "a future".
    pub ty: Option<String>,
    /// Awaiting is possible here.
    pub can_await: bool,
    /// Awaiting gives `()`.
    pub output_is_unit: bool,
}

/// How a future is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// `f();`
    Statement,
    /// `let _ = f();`
    Underscore,
    /// `let x = f();` or `x = f();`, and `x` is never read.
    Unread,
    /// `x = f(); x = g();`
    Overwritten,
    /// Inside an `Option`, `Vec` … that is dropped.
    Wrapped,
    /// The result of a closure whose caller does not poll it.
    Closure,
}

impl Analysis<'_> {
    /// Futures that the body makes and nobody polls.
    pub fn discarded_futures(&self, body: &TypedBody) -> Vec<Discarded> {
        let mut found = Vec::new();
        if !self.may_drop_future(body) {
            return found;
        }
        let is_async = match body.owner {
            BodyOwner::Fn(f) => {
                // `fn _assert_send()` that nobody calls is there to be compiled, not to run.
                if self.world().func(f).name.as_str().starts_with('_') && self.callers_of(f).is_empty() {
                    return found;
                }
                self.world().fn_item(f).flags.is_async
            }
            BodyOwner::Const(_) => false,
        };
        self.visit(body, body.types.body.root, is_async, &mut found);
        found
    }

    /// Is there an expression that has a future, or something around one?
    fn may_drop_future(&self, body: &TypedBody) -> bool {
        let types = &body.types;
        if types.futures.keys().next().is_some() {
            return true;
        }
        let mut last = Ty::unknown();
        types.expr_tys.iter().any(|ty| {
            let is_new = std::mem::replace(&mut last, *ty) != *ty;
            is_new && self.wrapped_future(*ty, 0).is_some()
        })
    }

    fn visit(&self, body: &TypedBody, expr: ExprId, in_async: bool, out: &mut Vec<Discarded>) {
        let tree = &body.types.body;
        let mut inner = in_async;
        match &tree[expr] {
            Expr::Block(block) => {
                if block.is_async() {
                    inner = true;
                }
                self.stmts(body, &block.stmts, block.tail, inner, out);
            }
            Expr::Expanded(expansion) => self.stmts(body, &expansion.stmts, expansion.tail, inner, out),
            Expr::MacroCall(call) => {
                if let MacroArgs::Block(block) = &call.parsed {
                    self.stmts(body, &block.stmts, block.tail, true, out);
                }
            }
            Expr::Closure(closure) => inner = closure.is_async,
            // `if let Some(_told) = user.map(notify)`
            Expr::Let { pat, expr } if matches!(tree[*pat], Pat::TupleStruct { .. }) => {
                let lost = self.lost_by_let(body, *pat, *expr);
                lost.into_iter().for_each(|(expr, how)| self.drop_of(body, expr, how, in_async, out));
            }
            _ => {}
        }
        each_child(tree, expr, &mut |child| self.visit(body, child, inner, out));
    }

    fn stmts(&self, body: &TypedBody, stmts: &[Stmt], tail: Option<ExprId>, in_async: bool, out: &mut Vec<Discarded>) {
        let stmts = if tail.is_none() { without_value(body, stmts) } else { stmts };
        let end = stmts.iter().position(|stmt| Self::is_the_end(body, stmt)).unwrap_or(stmts.len());
        for (at, stmt) in stmts[..end].iter().enumerate() {
            let (expr, how) = match stmt {
                Stmt::Expr { expr, semi, .. } => {
                    // `match x { .. }` without `;` in the middle of a block has type `()`.
                    if !*semi && !matches!(body.types.body[*expr], Expr::Call { .. } | Expr::MethodCall(_)) {
                        continue;
                    }
                    (*expr, How::Statement)
                }
                Stmt::Let { pat, init: Some(init), .. } => {
                    let mut lost = self.lost_by_let(body, *pat, *init);
                    if lost.is_empty() {
                        lost.extend(self.overwritten(body, &stmts[at..end]));
                    }
                    lost.into_iter().for_each(|(expr, how)| self.drop_of(body, expr, how, in_async, out));
                    continue;
                }
                Stmt::Let { .. } => continue,
            };
            let stored = self.lost_by_assignment(body, &stmts[at..end]);
            let (expr, how) = stored.unwrap_or((expr, how));
            self.drop_of(body, expr, how, in_async, out);
        }
    }

    /// Does nothing of a block run behind this statement? `let x: T = todo!();`
    fn is_the_end(body: &TypedBody, stmt: &Stmt) -> bool {
        let (Stmt::Expr { expr, cfg: None, .. } | Stmt::Let { init: Some(expr), cfg: None, .. }) = stmt else {
            return false;
        };
        body.is_never(*expr)
    }

    /// The value of `expr` is dropped: reports the futures in it.
    fn drop_of(&self, body: &TypedBody, expr: ExprId, how: How, in_async: bool, out: &mut Vec<Discarded>) {
        let types = &body.types;
        match &types.body[expr] {
            Expr::If { then, otherwise: Some(otherwise), .. } => {
                self.drop_of(body, *then, how, in_async, out);
                self.drop_of(body, *otherwise, how, in_async, out);
                return;
            }
            Expr::Match { arms, .. } => {
                arms.iter().for_each(|arm| self.drop_of(body, arm.body, how, in_async, out));
                return;
            }
            Expr::Block(block) if !block.is_async() => {
                if let Some(tail) = block.tail {
                    self.drop_of(body, tail, how, in_async, out);
                }
                return;
            }
            Expr::Tuple(parts) | Expr::Array(parts) => {
                parts.iter().for_each(|p| self.drop_of(body, *p, How::Wrapped, in_async, out));
                return;
            }
            // A type that is a future itself, or polls what it has, is somebody else's business.
            Expr::Record(record) if !body.in_test && self.is_plain(body, expr) => {
                record.fields.iter().for_each(|f| self.drop_of(body, f.value, How::Wrapped, in_async, out));
                return;
            }
            Expr::Call { args, .. }
                if !body.in_test
                    && matches!(types.callees.get(&expr), Some(Callee::Ctor(..)))
                    && self.is_plain(body, expr) =>
            {
                args.iter().for_each(|a| self.drop_of(body, *a, How::Wrapped, in_async, out));
                return;
            }
            // `_ = f();`
            Expr::Assign { place, value } if matches!(types.body[*place], Expr::Underscore) => {
                self.drop_of(body, *value, How::Underscore, in_async, out);
                return;
            }
            Expr::Expanded(expansion) => {
                if let Some(tail) = expansion.tail {
                    self.drop_of(body, tail, how, in_async, out);
                }
                return;
            }
            // `select! { Some(user) = users.recv() => notify(user), else => notify(0) };`
            Expr::MacroCall(call) if types.macros.get(&expr) == Some(&MacroKind::Select) => {
                if let MacroArgs::Select(select) = &call.parsed {
                    let handlers = select.arms.iter().map(|arm| arm.handler);
                    let handlers = handlers.chain(select.fallbacks.iter().map(|other| other.handler));
                    handlers.for_each(|handler| self.drop_of(body, handler, how, in_async, out));
                    return;
                }
            }
            _ => {}
        }
        let Some(ty) = types.expr_tys.get(expr.index()).copied() else { return };
        if types.futures.contains_key(&expr) && !self.gives_task_of_future(ty) {
            let is_copy = how == How::Statement && self.is_copy(body, expr);
            if (is_copy
                || self.is_lazy(ty)
                || self.makes_known_future(body, expr)
                || self.promises_a_future(body, expr, ty)
                || self.is_of_callers_closure(body, expr, ty))
                && self.is_made_here(body, expr)
                && (is_copy || !self.is_eager(body, expr, ty))
                && !self.was_passed_on(body, expr, ty)
            {
                out.push(self.discarded(body, expr, ty, how, in_async));
            }
            return;
        }
        if let Some(future) = self.wrapped_future(ty, 0)
            && let Some(how) = self.wrapped_how(body, expr)
        {
            let mut found = self.discarded(body, expr, future, how, in_async);
            found.ty = Some(self.world().short_type(ty));
            found.can_await = false;
            out.push(found);
        }
    }

    /// A value that does nothing when it is dropped.
    fn is_plain(&self, body: &TypedBody, expr: ExprId) -> bool {
        let ty = body.types.expr_tys.get(expr.index()).copied().unwrap_or(Ty::unknown());
        let Some((adt, _)) = ty.as_adt() else { return false };
        !body.types.futures.contains_key(&expr) && self.world().drop_fn(adt).is_none()
    }

    fn discarded(&self, body: &TypedBody, expr: ExprId, ty: Ty, how: How, in_async: bool) -> Discarded {
        let types = &body.types;
        let maker = self.maker(body, expr);
        let output_is_unit = matches!(ty.kind(), TyKind::Future(output, _) if *output == Ty::unit());
        let made_by = match types.callees.get(&maker) {
            Some(Callee::Fn(callee)) => Some(self.world().func(callee.f).name.to_string()),
            _ => None,
        };
        let at = match &types.body[maker] {
            Expr::Block(_) => {
                let whole = types.body.span(maker);
                let word = Span::new(whole.lo(), (whole.lo() + 5).min(whole.hi()));
                if whole.is_expanded() { word.expanded() } else { word }
            }
            _ => callee_span(&types.body, maker),
        };
        Discarded {
            at,
            whole: types.body.span(expr),
            how,
            made_by,
            ty: match ty.kind() {
                TyKind::Future(..) => None,
                _ => Some(self.world().short_type(ty)),
            },
            can_await: in_async,
            output_is_unit,
        }
    }

    /// The call that is written for the future: through `Box::pin(..)` the call inside.
    fn maker(&self, body: &TypedBody, expr: ExprId) -> ExprId {
        expr_or_inner(body, expr)
    }

    /// A call (or async block) that makes the future, and not one that hands out a stored one.
    fn is_made_here(&self, body: &TypedBody, expr: ExprId) -> bool {
        let types = &body.types;
        match &types.body[expr] {
            Expr::Block(block) => block.is_async(),
            // `start(user)?`, `outer().await` where the output is a future again
            Expr::Try(inner) | Expr::Await { expr: inner, .. } => self.is_made_here(body, *inner),
            Expr::MethodCall(call) if matches!(call.name.as_str(), "unwrap" | "expect") => {
                self.is_made_here(body, call.receiver)
            }
            Expr::Call { .. } | Expr::MethodCall(_) => match types.callees.get(&expr) {
                Some(Callee::Fn(callee)) => {
                    let name = self.world().func(callee.f).name;
                    let is_std = self.world().input(callee.f.krate).origin == CrateOrigin::Std;
                    // `mem::replace(&mut self.future, next);` and `Option::take` give back what was stored.
                    callee.sure
                        && !self.gives_back(callee.f)
                        && (!is_std
                            || self.takes_closure(body, expr)
                            || matches!(
                                name.as_str(),
                                "pin" | "new" | "call" | "call_once" | "call_mut" | "from" | "clone"
                            ))
                }
                Some(Callee::Value(_)) => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// `fn black_box<T>(value: T) -> T`
    fn gives_back(&self, f: FnId) -> bool {
        let sig = self.world().fn_sig(f);
        matches!(sig.ret.kind(), TyKind::Param(_)) && sig.receiver.is_none() && *sig.params == [sig.ret]
    }
}

/// `Box::pin(f())`: the call of `f`.
fn expr_or_inner(body: &TypedBody, expr: ExprId) -> ExprId {
    let tree = &body.types.body;
    if let Expr::Call { args, .. } = &tree[expr]
        && let [only] = &**args
        && body.types.futures.contains_key(only)
        && matches!(tree[*only], Expr::Call { .. } | Expr::MethodCall(_) | Expr::Block(_))
        && body.types.expr_tys[expr.index()].as_adt().is_some()
    {
        return *only;
    }
    expr
}

/// The statements before the value of a block that is written as `#[cfg(unix)] connect(path)`.
fn without_value<'s>(body: &TypedBody, stmts: &'s [Stmt]) -> &'s [Stmt] {
    let is_active = |stmt: &Stmt| match stmt {
        Stmt::Let { init, .. } => init.is_none_or(|init| !body.types.inactive.contains(&init)),
        Stmt::Expr { expr, .. } => !body.types.inactive.contains(expr),
    };
    match stmts.iter().rposition(is_active) {
        Some(at) if matches!(stmts[at], Stmt::Expr { semi: false, cfg: Some(_), .. }) => &stmts[..at],
        _ => stmts,
    }
}
