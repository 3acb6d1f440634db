//! Variables that get a future which nobody takes out again.
//!
//! ```text
//! let (_first, _second) = (notify(1), 2);
//! let told; told = notify(user);                    // never read
//! let mut told = notify(1); told = notify(2);       // the first one is gone
//! ```

use toecap_ir::{Expr, ExprId, Pat, PatId, Stmt};

use super::discarded::How;
use crate::walk::each_child;
use crate::{Analysis, LocalId, TypedBody};

impl Analysis<'_> {
    /// What `let pat = init` loses, and how.
    pub(super) fn lost_by_let(&self, body: &TypedBody, pat: PatId, init: ExprId) -> Vec<(ExprId, How)> {
        let tree = &body.types.body;
        if let (Pat::Tuple(pats), Expr::Tuple(parts)) = (&tree[pat], &tree[init])
            && pats.len() == parts.len()
            && !pats.iter().any(|pat| matches!(tree[*pat], Pat::Rest))
        {
            let pairs = pats.iter().zip(parts);
            return pairs.flat_map(|(pat, part)| self.lost_by_let(body, *pat, *part)).collect();
        }
        match self.let_how(body, pat) {
            Some(how) => vec![(init, how)],
            None => self.pushed_in_vain(body, pat).into_iter().map(|pushed| (pushed, How::Wrapped)).collect(),
        }
    }

    /// How `let pat = future` loses the future, if it does.
    fn let_how(&self, body: &TypedBody, pat: PatId) -> Option<How> {
        match &body.types.body[pat] {
            Pat::Wild => Some(How::Underscore),
            Pat::Typed(inner, _) => self.let_how(body, *inner),
            Pat::Bind { by_ref: false, sub: None, .. } => {
                let local = *body.types.bindings.get(&pat)?;
                self.is_never_read(body, local).then_some(How::Unread)
            }
            Pat::TupleStruct { path, pats } => {
                let is_wrapper = path.last_name().is_some_and(|name| matches!(name.as_str(), "Some" | "Ok"));
                let [inner] = &**pats else { return None };
                (is_wrapper && self.let_how(body, *inner).is_some()).then_some(How::Wrapped)
            }
            _ => None,
        }
    }

    /// What the first of these statements loses by `x = f();`, where `x` is never read or overwritten by one of the others.
    pub(super) fn lost_by_assignment(&self, body: &TypedBody, stmts: &[Stmt]) -> Option<(ExprId, How)> {
        let Some(Stmt::Expr { expr, .. }) = stmts.first() else { return None };
        let Expr::Assign { place, value } = body.types.body[*expr] else { return None };
        let local = body.local(place)?;
        if self.is_never_read(body, local) {
            return Some((value, How::Unread));
        }
        self.overwritten(body, stmts)
    }

    /// The future that the first of these statements stores in a variable, when another one stores something there before anything
    /// mentions it.
    pub(super) fn overwritten(&self, body: &TypedBody, stmts: &[Stmt]) -> Option<(ExprId, How)> {
        let (first, rest) = stmts.split_first()?;
        let (local, value) = stored(body, first)?;
        if !self.holds_future(body, local) {
            return None;
        }
        let next = rest.iter().find(|stmt| is_named_in(body, stmt, local))?;
        let (_, new) = stored(body, next).filter(|(other, _)| *other == local)?;
        (!is_named(body, new, local)).then_some((value, How::Overwritten))
    }

    fn holds_future(&self, body: &TypedBody, local: LocalId) -> bool {
        self.is_future_ty(body.types.locals[local.0 as usize].ty, 0)
    }

    fn is_never_read(&self, body: &TypedBody, local: LocalId) -> bool {
        // A test that binds a future to `_name` is about what its drop does.
        let meant = body.in_test && body.types.locals[local.0 as usize].name.as_str().starts_with('_');
        !meant && !self.is_read(body, local)
    }

    /// Is the variable mentioned anywhere, macros that were not understood included? Where a future is stored in it, or by
    /// `let _ = told;`, it is not read.
    fn is_read(&self, body: &TypedBody, local: LocalId) -> bool {
        let types = &body.types;
        let mentions = body.mentions(local);
        if !mentions.is_empty() {
            let is_future = self.holds_future(body, local);
            let is_passive = |path: &ExprId| {
                let mut all = types.body.exprs.ids();
                all.any(|at| is_counted(body, at, *path) || is_future && leaves_alone(body, at, *path))
            };
            if !mentions.iter().all(is_passive) {
                return true;
            }
        }
        let name = types.locals[local.0 as usize].name;
        types.body.exprs.iter().any(|(id, e)| match e {
            Expr::Path(path) => {
                path.as_ident() == Some(name)
                    && !types.paths.contains_key(&id)
                    && types.locals.iter().filter(|l| l.name == name).count() == 1
            }
            _ => body.may_hide(id, name),
        })
    }
}

/// `saves.len()`, `told.is_some()`: how many futures there are says nothing about them.
fn is_counted(body: &TypedBody, expr: ExprId, path: ExprId) -> bool {
    const COUNTING: [&str; 4] = ["is_empty", "is_none", "is_some", "len"];
    let Expr::MethodCall(call) = &body.types.body[expr] else { return false };
    call.receiver == path && call.args.is_empty() && COUNTING.contains(&call.name.as_str())
}

/// Is it the place in `place = value`, or what `let _ = place;` does nothing with?
fn leaves_alone(body: &TypedBody, expr: ExprId, path: ExprId) -> bool {
    let tree = &body.types.body;
    let stmts = match &tree[expr] {
        Expr::Assign { place, value } => {
            return *place == path || *value == path && matches!(tree[*place], Expr::Underscore);
        }
        Expr::Block(block) => &block.stmts,
        Expr::Expanded(expansion) => &expansion.stmts,
        _ => return false,
    };
    stmts.iter().any(|stmt| match stmt {
        Stmt::Let { pat, init: Some(init), .. } => *init == path && matches!(tree[*pat], Pat::Wild),
        _ => false,
    })
}

/// `let x = value;`, `x = value;`
fn stored(body: &TypedBody, stmt: &Stmt) -> Option<(LocalId, ExprId)> {
    match stmt {
        Stmt::Let { pat, init: Some(init), cfg: None, .. } => Some((body.variable(*pat)?, *init)),
        Stmt::Expr { expr, cfg: None, .. } => match body.types.body[*expr] {
            Expr::Assign { place, value } => Some((body.local(place)?, value)),
            _ => None,
        },
        _ => None,
    }
}

fn is_named_in(body: &TypedBody, stmt: &Stmt, local: LocalId) -> bool {
    let exprs = match stmt {
        Stmt::Let { init, otherwise, .. } => [*init, *otherwise],
        Stmt::Expr { expr, .. } => [Some(*expr), None],
    };
    exprs.into_iter().flatten().any(|expr| is_named(body, expr, local))
}

fn is_named(body: &TypedBody, expr: ExprId, local: LocalId) -> bool {
    let types = &body.types;
    let name = types.locals[local.0 as usize].name;
    let is_it = match &types.body[expr] {
        Expr::Path(path) => {
            body.local(expr) == Some(local) || path.as_ident() == Some(name) && !types.paths.contains_key(&expr)
        }
        _ => body.may_hide(expr, name),
    };
    let mut found = is_it;
    each_child(&types.body, expr, &mut |child| found = found || is_named(body, child, local));
    found
}
