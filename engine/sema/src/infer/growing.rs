//! The body that is being typed: as it was lowered, until a macro call in it becomes what it stands for.

use std::ops::Deref;
use std::sync::Arc;

use toecap_ir::{Body, Expr, ExprId, Pat, PatId};

/// A body that may get more expressions. Most never do, and stay shared.
pub(super) struct Growing<'b> {
    lowered: &'b Arc<Body>,
    grown: Option<Box<Body>>,
}

/// A node that is being looked at while the body may change.
pub(super) enum Taken<'b, T> {
    Lowered(&'b T),
    Grown(T),
}

impl<'b> Growing<'b> {
    pub(super) fn new(lowered: &'b Arc<Body>) -> Self {
        Self { lowered, grown: None }
    }
    /// The body, to be changed.
    pub(super) fn grow(&mut self) -> &mut Body {
        self.grown.get_or_insert_with(|| Box::new(Body::clone(self.lowered)))
    }
    /// Takes an expression out; [`Growing::put_expr`] puts it back.
    pub(super) fn take_expr(&mut self, id: ExprId) -> Taken<'b, Expr> {
        match &mut self.grown {
            None => Taken::Lowered(&self.lowered.exprs[id]),
            Some(body) => Taken::Grown(std::mem::replace(&mut body.exprs[id], Expr::Opaque)),
        }
    }
    /// Puts an expression back where nothing else has come to stand: a macro call may have become what it stands for.
    pub(super) fn put_expr(&mut self, id: ExprId, taken: Taken<'b, Expr>) {
        if let (Some(body), Taken::Grown(expr)) = (&mut self.grown, taken)
            && matches!(body.exprs[id], Expr::Opaque)
        {
            body.exprs[id] = expr;
        }
    }
    /// Takes a pattern out; [`Growing::put_pat`] puts it back.
    pub(super) fn take_pat(&mut self, id: PatId) -> Taken<'b, Pat> {
        match &mut self.grown {
            None => Taken::Lowered(&self.lowered.pats[id]),
            Some(body) => Taken::Grown(std::mem::replace(&mut body.pats[id], Pat::Opaque)),
        }
    }
    pub(super) fn put_pat(&mut self, id: PatId, taken: Taken<'b, Pat>) {
        if let (Some(body), Taken::Grown(pat)) = (&mut self.grown, taken) {
            body.pats[id] = pat;
        }
    }
    /// The body as it was lowered.
    pub(super) fn lowered(&self) -> &'b Arc<Body> {
        self.lowered
    }
    /// What became of the body.
    pub(super) fn finish(self) -> Arc<Body> {
        self.grown.map_or_else(|| self.lowered.clone(), |mut body| Arc::new(body.take_exact()))
    }
}

impl Deref for Growing<'_> {
    type Target = Body;
    fn deref(&self) -> &Body {
        self.grown.as_deref().unwrap_or(self.lowered)
    }
}

impl<T> Deref for Taken<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        match self {
            Taken::Lowered(node) => node,
            Taken::Grown(node) => node,
        }
    }
}
