//! Values that are certainly dropped where their scope ends, and whose `Drop` waits.
//!
//! ```text
//! async fn f() {
//!     let _guard = LockFile::new(path);       impl Drop for LockFile { fn drop(&mut self) { fs::remove_file(..) } }
//!     g().await;
//! }                                           the file is removed here, on a thread of the executor
//! ```
//!
//! A value that may be somewhere else by then (moved, captured, lent to somebody who may empty it) is not looked at, and of a
//! `Drop` counts what it does for every value, or for every one that still has what it was made with (`if let Some(x) =
//! self.x.take()`).

use std::sync::Arc;

use rustc_hash::FxHashMap;
use toecap_ir::{Expr, ExprId, Mutability, PatId, Span, Stmt};
use toecap_knowledge::Entry;

use super::certain::Certain;
use super::exec::{Executed, Executor};
use super::summary::{Known, Step, StepKind, Work, readable};
use crate::flow::{FlowStep, RegionId, Regions, Subject, build};
use crate::memo::Memo;
use crate::{Analysis, BodyOwner, Callee, FnId, LocalId, PathDef, Ty, TyKind, TypedBody};

/// How deep values are looked for in values.
const MAX_DEPTH: usize = 4;

/// A variable that is dropped where its scope ends.
#[derive(Debug, Clone)]
pub struct Dropped {
    /// Its binding.
    pub at: Span,
    /// The end of its scope.
    pub end: Span,
    /// Its name.
    pub name: String,
    /// The block that it is declared in.
    pub scope: ExprId,
    /// Somebody may have emptied it by then.
    is_lent: bool,
    what: DropOf,
}

/// What dropping a value of a type runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DropOf {
    /// This `Drop::drop`.
    Fn(FnId),
    /// Code that a row is about.
    Row(&'static Entry),
}

/// What was found for a type that is so deep inside of another one.
pub(crate) type Drops = Memo<(Ty, usize), Option<DropOf>>;

impl Analysis<'_> {
    /// The variables of a region's own code that are dropped where their scope ends, and do something then.
    pub fn dropped_in(&self, body: &TypedBody, root: ExprId) -> Vec<Dropped> {
        let mut wanted: Vec<(LocalId, DropOf)> = Vec::new();
        for (index, local) in body.types.locals.iter().enumerate() {
            if let Some(what) = self.dropped_with(local.ty, 0) {
                wanted.push((LocalId(index as u32), what));
            }
        }
        if wanted.is_empty() {
            return Vec::new();
        }
        let regions = self.regions(body);
        let Some(region) = regions.at(root) else { return Vec::new() };
        let suspends = |_: ExprId| true;
        let subject = Subject { body, regions: &regions, edition: self.edition_of(body), suspends: &suspends };
        let graph = build(subject, region);
        wanted.retain(|(local, _)| {
            let scope = graph.local_scopes.get(local);
            let steps = || graph.iter().map(|(_, node)| node.step);
            let ends = steps().any(|step| matches!(step, FlowStep::EndScope(end) if Some(&end) == scope));
            let moves = steps().any(|step| match step {
                FlowStep::Move { local: moved, to } => moved == *local && !self.leaves_it(body, to),
                _ => false,
            });
            ends && !moves && !is_captured(body, &regions, region, *local)
        });
        wanted.into_iter().filter_map(|(local, what)| self.dropped(body, &regions, region, local, what)).collect()
    }

    fn dropped(
        &self,
        body: &TypedBody,
        regions: &Regions,
        region: RegionId,
        local: LocalId,
        what: DropOf,
    ) -> Option<Dropped> {
        let data = &body.types.locals[local.0 as usize];
        let pat = data.pat?;
        let tree = &body.types.body;
        let is_parameter = tree.params.contains(&pat);
        let (scope, init) = match is_parameter {
            true => (tree.root, None),
            false => declared(body, pat)?,
        };
        // A value that is made by waiting is reported where it is made.
        let is_here = is_parameter || scope == regions.get(region).root || regions.region_of(scope) == region;
        // Nobody waits for what a program does last.
        let is_last = scope == tree.root && matches!(body.owner, BodyOwner::Fn(f) if self.is_main(f));
        if !is_here || is_last || init.is_some_and(|init| self.waits_itself(body, init)) {
            return None;
        }
        let whole = tree.span(scope);
        let end = Span::new(whole.hi().saturating_sub(1), whole.hi());
        let end = if whole.is_expanded() { end.expanded() } else { end };
        Some(Dropped {
            at: tree.pat_span(pat),
            end,
            name: data.name.to_string(),
            scope,
            is_lent: self.is_lent(body, local),
            what,
        })
    }

    /// A field that is moved out of a variable, and is not what its drop waits for.
    fn leaves_it(&self, body: &TypedBody, moved: ExprId) -> bool {
        let ty = body.types.expr_tys.get(moved.index()).copied().unwrap_or(Ty::unknown());
        matches!(body.types.body[moved], Expr::Field { .. }) && !ty.is_unknown() && self.dropped_with(ty, 0).is_none()
    }

    /// Does an expression call something that waits?
    fn waits_itself(&self, body: &TypedBody, expr: ExprId) -> bool {
        let mut calls = Vec::new();
        Executor::new(self, body).executed(expr, &mut |call| calls.push(call.expr));
        calls.iter().any(|call| match body.types.callees.get(call) {
            Some(Callee::Fn(callee)) => self.facts().of_callee(callee).is_some_and(|facts| facts.blocking().is_some()),
            _ => false,
        })
    }

    /// What dropping a value of a type runs that a row or an `impl Drop` of the workspace is about. What may be in it, or not,
    /// does not count.
    fn dropped_with(&self, ty: Ty, depth: usize) -> Option<DropOf> {
        if !matches!(ty.kind(), TyKind::Adt(..) | TyKind::Tuple(_)) || depth > MAX_DEPTH {
            return None;
        }
        // What is far down is looked for from there, so that the answer does not depend on where one began.
        let key = (ty, depth);
        self.drops().get_or(key, || self.dropped_with_parts(ty, depth))
    }

    fn dropped_with_parts(&self, ty: Ty, depth: usize) -> Option<DropOf> {
        let world = self.world();
        match ty.kind() {
            TyKind::Adt(adt, args) => {
                if world.is_own(adt.krate)
                    && let Some(f) = world.drop_fn(*adt)
                {
                    return Some(DropOf::Fn(f));
                }
                if let Some(entry) = self.facts().entry_of_type(*adt)
                    && entry.facts.blocking().is_some_and(|b| b.cost.waits_always())
                {
                    return Some(DropOf::Row(entry));
                }
                if world.lang().boxed == Some(*adt) {
                    return self.dropped_with(*args.first()?, depth + 1);
                }
                if !world.is_own(adt.krate) {
                    return None;
                }
                let data = world.adt(*adt);
                if data.variants.len() != 1 {
                    return None;
                }
                let subst = world.subst_of(data.generics, args);
                let mut fields = world.field_tys(*adt, 0).iter();
                fields.find_map(|(_, ty)| self.dropped_with(subst.apply(*ty), depth + 1))
            }
            TyKind::Tuple(parts) => parts.iter().find_map(|part| self.dropped_with(*part, depth + 1)),
            _ => None,
        }
    }

    /// Is it lent, so that somebody may take out what its `Drop` would wait for?
    fn is_lent(&self, body: &TypedBody, local: LocalId) -> bool {
        let types = &body.types;
        let is_it = |expr: ExprId| types.paths.get(&expr) == Some(&PathDef::Local(local));
        let root_is_it = |mut expr: ExprId| {
            while let Expr::Field { base: inner, .. } = &types.body[expr] {
                expr = *inner;
            }
            is_it(expr)
        };
        types.body.exprs.iter().any(|(id, expr)| match expr {
            Expr::Ref { expr, mutability: Mutability::Mut, .. } => root_is_it(*expr),
            Expr::Assign { place, .. } => root_is_it(*place),
            Expr::MethodCall(call) if root_is_it(call.receiver) => match types.callees.get(&id) {
                Some(Callee::Fn(callee)) => {
                    !callee.receiver.is_some_and(|ty| matches!(ty.kind(), TyKind::Ref(_, Mutability::Shared)))
                }
                _ => true,
            },
            _ => false,
        })
    }

    /// What a drop does.
    pub(super) fn effect_of_drop(&self, body: &TypedBody, dropped: &Dropped, known: Known<'_>) -> Option<Arc<Work>> {
        let step = |callee: String| Step { at: body.at(dropped.end), callee, kind: StepKind::Call };
        match dropped.what {
            DropOf::Row(entry) => {
                let steps = vec![step(format!("the `Drop` of {}", readable(&entry.text)))];
                Some(Arc::new(Work { facts: Some(entry), ..Work::computed(steps, "") }))
            }
            DropOf::Fn(f) => {
                let inner = self.drop_work(f, !dropped.is_lent, known)?;
                Some(Arc::new(inner.called_at(&step(self.world().fn_name(f)))))
            }
        }
    }

    /// What a drop does, for a lint.
    pub fn work_of_drop(&self, body: &TypedBody, dropped: &Dropped) -> Option<Arc<Work>> {
        self.effect_of_drop(body, dropped, &|f| self.summary(f))
    }

    /// What a `Drop::drop` waits for, whatever the value; with `if_full` also what it does for values that were not emptied.
    fn drop_work(&self, f: FnId, if_full: bool, known: Known<'_>) -> Option<Arc<Work>> {
        let body = self.followed_body(f)?;
        let root = body.types.body.root;
        let mut calls: FxHashMap<ExprId, Executed> = FxHashMap::default();
        Executor::new(self, &body).executed(root, &mut |call| {
            calls.insert(call.expr, call);
        });
        let of_call = |call: ExprId| {
            let Some(Callee::Fn(callee)) = body.types.callees.get(&call) else { return None };
            let effect = self.call_effect(&body, calls.get(&call)?, callee, known);
            effect.blocks.filter(|work| !work.is_brief())
        };
        Certain { analysis: self, body: &body, if_full }.work(root, &of_call)
    }
}

impl Dropped {
    /// The function that runs.
    pub(super) fn runs(&self) -> Option<FnId> {
        match self.what {
            DropOf::Fn(f) => Some(f),
            DropOf::Row(_) => None,
        }
    }
}

/// Is the variable in a closure or async block of the region?
fn is_captured(body: &TypedBody, regions: &Regions, region: RegionId, local: LocalId) -> bool {
    body.types.paths.iter().any(|(expr, def)| *def == PathDef::Local(local) && regions.region_of(*expr) != region)
}

/// The block that declares a variable by a plain `let`, and what it is initialised with.
fn declared(body: &TypedBody, pat: PatId) -> Option<(ExprId, Option<ExprId>)> {
    let tree = &body.types.body;
    tree.exprs.iter().find_map(|(id, expr)| {
        let Expr::Block(block) = expr else { return None };
        block.stmts.iter().find_map(|stmt| match stmt {
            Stmt::Let { pat: bound, init, otherwise: None, .. } if *bound == pat => Some((id, *init)),
            _ => None,
        })
    })
}
