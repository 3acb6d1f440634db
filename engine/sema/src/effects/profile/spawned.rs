//! What becomes of the handle of something that was spawned.
//!
//! ```text
//! spawn(f());                     dropped
//! let task = spawn(f());          .. task.await: awaited
//! self.tasks.push(spawn(f()));    kept
//! ```

use toecap_ir::{Expr, ExprId, Pat, Span, Stmt};
use toecap_knowledge::{OnDrop, Spawn, SpawnKind};

use super::super::summary::callee_span;
use crate::flow::Regions;
use crate::{Analysis, Callee, LocalId, MacroKind, TypedBody};

/// What becomes of a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handle {
    /// Nobody can wait for the work any more, or learn that it panicked.
    Dropped,
    /// It is put somewhere, or used in another way than waiting.
    Kept,
    /// The caller gets it.
    Returned,
    /// It is waited for.
    Awaited,
    /// There is none: the call waits itself, or a scope does.
    None,
}

impl Handle {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Handle::Dropped => "handle dropped",
            Handle::Kept => "handle kept",
            Handle::Returned => "handle returned",
            Handle::Awaited => "awaited",
            Handle::None => "no handle",
        }
    }
}

/// A call that has something run elsewhere.
#[derive(Debug, Clone)]
pub struct Spawned {
    /// The name of the call.
    pub at: Span,
    /// Who runs it.
    pub kind: SpawnKind,
    /// What becomes of the handle.
    pub handle: Handle,
    /// What dropping the handle does, in words.
    pub on_drop: &'static str,
}

impl Analysis<'_> {
    /// The calls of a body that spawn, wherever they are in it, in order.
    pub fn spawned(&self, body: &TypedBody) -> Vec<Spawned> {
        let regions = self.regions(body);
        let mut found: Vec<Spawned> = Vec::new();
        for (call, callee) in body.types.callees.iter() {
            let Callee::Fn(callee) = callee else { continue };
            let Some(spawn) = self.facts().entry_of(callee).and_then(|entry| entry.facts.spawn()) else { continue };
            found.push(Spawned {
                at: callee_span(&body.types.body, *call),
                kind: spawn.kind,
                handle: self.handle_of(body, &regions, *call, spawn),
                on_drop: spawn.on_drop_text.as_ref(),
            });
        }
        found.sort_by_key(|spawned| spawned.at);
        found
    }

    /// What becomes of the handle that a call gives, whoever made it.
    pub(super) fn fate_of(&self, body: &TypedBody, call: ExprId) -> Handle {
        Uses { analysis: self, body, regions: &self.regions(body) }.of_value(call)
    }

    pub(super) fn handle_of(&self, body: &TypedBody, regions: &Regions, call: ExprId, spawn: &Spawn) -> Handle {
        match spawn.on_drop {
            OnDrop::NoHandle | OnDrop::Awaits | OnDrop::Joined | OnDrop::Inline => Handle::None,
            OnDrop::Detach | OnDrop::Abort | OnDrop::Cancel => Uses { analysis: self, body, regions }.of_value(call),
        }
    }
}

/// Follows a value to where it is used.
struct Uses<'a> {
    analysis: &'a Analysis<'a>,
    body: &'a TypedBody,
    regions: &'a Regions,
}

impl Uses<'_> {
    fn of_value(&self, value: ExprId) -> Handle {
        let types = &self.body.types;
        let Some(parent) = self.regions.parent(value) else { return Handle::Returned };
        match &types.body[parent] {
            // Of the await of an `async fn` that hands out a handle comes the handle.
            Expr::Await { .. } if self.gives_handle(parent) => self.of_value(parent),
            Expr::Await { .. } => Handle::Awaited,
            Expr::Try(_) | Expr::If { .. } | Expr::Match { .. } | Expr::Ref { .. } => self.of_value(parent),
            Expr::Return(_) => Handle::Returned,
            Expr::Assign { place, .. } if matches!(types.body[*place], Expr::Underscore) => Handle::Dropped,
            Expr::MethodCall(call) if call.receiver == value => match call.name.as_str() {
                "unwrap" | "expect" => self.of_value(parent),
                "join" => Handle::Awaited,
                _ => Handle::Kept,
            },
            Expr::Call { .. } if self.is_drop(parent) => Handle::Dropped,
            Expr::MacroCall(_) => match types.macros.get(&parent) {
                Some(MacroKind::Join | MacroKind::TryJoin | MacroKind::Select) => Handle::Awaited,
                _ => Handle::Kept,
            },
            Expr::Block(block) => match block.tail == Some(value) {
                true if block.is_async() => Handle::Returned,
                true => self.of_value(parent),
                false => self.in_stmts(&block.stmts, value),
            },
            Expr::Expanded(expansion) => match expansion.tail == Some(value) {
                true => self.of_value(parent),
                false => self.in_stmts(&expansion.stmts, value),
            },
            _ => Handle::Kept,
        }
    }

    fn gives_handle(&self, expr: ExprId) -> bool {
        let ty = self.body.types.expr_tys.get(expr.index()).copied();
        ty.and_then(crate::Ty::as_adt)
            .is_some_and(|(adt, _)| self.analysis.facts().of_type(adt).is_some_and(|facts| facts.eager().is_some()))
    }

    fn in_stmts(&self, stmts: &[Stmt], value: ExprId) -> Handle {
        for stmt in stmts {
            match stmt {
                Stmt::Expr { expr, .. } if *expr == value => return Handle::Dropped,
                Stmt::Let { pat, init: Some(init), .. } if *init == value => return self.of_pattern(*pat),
                _ => {}
            }
        }
        Handle::Kept
    }

    fn of_pattern(&self, pat: toecap_ir::PatId) -> Handle {
        match &self.body.types.body[pat] {
            Pat::Wild => Handle::Dropped,
            Pat::Typed(inner, _) => self.of_pattern(*inner),
            Pat::Bind { .. } => match self.body.types.bindings.get(&pat) {
                Some(local) => self.of_variable(*local),
                None => Handle::Kept,
            },
            _ => Handle::Kept,
        }
    }

    /// The best that any use of the variable does. One that is never mentioned is dropped at the end of its scope.
    fn of_variable(&self, local: LocalId) -> Handle {
        let types = &self.body.types;
        let name = types.locals[local.0 as usize].name;
        if types.body.exprs.ids().any(|expr| self.body.may_hide(expr, name)) {
            return Handle::Kept;
        }
        let uses: Vec<Handle> = self.body.mentions(local).into_iter().map(|mention| self.of_value(mention)).collect();
        let best = [Handle::Awaited, Handle::Returned, Handle::Kept];
        best.into_iter().find(|handle| uses.contains(handle)).unwrap_or(Handle::Dropped)
    }

    fn is_drop(&self, call: ExprId) -> bool {
        match self.body.types.callees.get(&call) {
            Some(Callee::Fn(callee)) => {
                let facts = self.analysis.facts().of_callee(callee);
                facts.and_then(|f| f.ending()).is_some_and(|e| e.kind == toecap_knowledge::EndingKind::Drop)
            }
            _ => false,
        }
    }
}
