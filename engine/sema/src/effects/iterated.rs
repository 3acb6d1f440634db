//! Iterators that wait for every element, however they are wrapped.
//!
//! ```text
//! for entry in walk.filter_map(Result::ok) { .. }      walkdir reads a directory in every round
//! walk.filter_map(Result::ok)                          reads nothing yet
//! for entry in fs::read_dir(path)? { .. }              `read_dir` is what is reported
//! ```

use toecap_ir::{Expr, ExprId, Name};
use toecap_knowledge::BlockKind;

use crate::flow::Aliases;
use crate::{Analysis, Callee, Container, FnCallee, FnId, TraitId, Ty, TypedBody};

impl Analysis<'_> {
    /// What a loop calls in every round, where that is known to wait and was not begun by a call that is known for it itself.
    pub(super) fn called_by_loop(&self, body: &TypedBody, iter: ExprId) -> Option<FnCallee> {
        let source = self.source(*body.types.expr_tys.get(iter.index())?, 0)?;
        (!self.is_begun_here(body, iter, &source)).then_some(source)
    }

    /// `walk.into_iter()` reads nothing yet, where what waits is `next` of what it makes.
    pub(super) fn only_makes_iterator(&self, body: &TypedBody, call: ExprId, callee: &FnCallee) -> bool {
        let world = self.world();
        let is_begin = match world.func(callee.f).container {
            Container::Trait(tr) => Some(tr) == world.lang().into_iterator,
            _ => false,
        };
        let made = || body.types.expr_tys.get(call.index()).and_then(|made| self.source(*made, 0));
        is_begin && !matches!(body.types.body[call], Expr::For { .. }) && made().is_some()
    }

    /// Is it a method of `Iterator`?
    pub(super) fn is_of_iterator(&self, callee: &FnCallee) -> bool {
        let world = self.world();
        match world.func(callee.f).container {
            Container::Trait(tr) => Some(tr) == world.lang().iterator,
            _ => false,
        }
    }

    /// What a method of an iterator calls that takes elements: `next` of the iterator inside.
    pub(super) fn taken_by_method(&self, body: &TypedBody, call: ExprId, callee: &FnCallee) -> Option<FnCallee> {
        if !self.is_of_iterator(callee) || !takes(self.world().func(callee.f).name) {
            return None;
        }
        let Expr::MethodCall(method) = &body.types.body[call] else { return None };
        let source = self.source(callee.self_ty.or(callee.receiver)?, 0)?;
        (!self.is_begun_here(body, method.receiver, &source)).then_some(source)
    }

    /// The iterator that others of std are around, when there is a row about it.
    fn source(&self, ty: Ty, depth: u32) -> Option<FnCallee> {
        let world = self.world();
        let ty = ty.peel_refs();
        let (adt, args) = ty.as_adt()?;
        let method = |tr: Option<TraitId>, name: &str| world.tr(tr?).fns.get(&Name::new(name)).copied();
        let next = method(world.lang().iterator, "next");
        let begin = method(world.lang().into_iterator, "into_iter");
        let known = |f: FnId| {
            let callee = FnCallee { f, args: &[], runs: None, self_ty: Some(ty), receiver: None, sure: true };
            self.is_known_to_wait(&callee).then_some(callee)
        };
        if let Some(found) = [next, begin].into_iter().flatten().find_map(known) {
            return Some(found);
        }
        if world.is_own(adt.krate) {
            let runs = self.own_next(ty)?;
            return Some(FnCallee {
                f: next?,
                args: &[],
                runs: Some(runs),
                self_ty: Some(ty),
                receiver: None,
                sure: true,
            });
        }
        let is_adapter = world.is_std(adt.krate) && world.adt_path(adt).starts_with("core::iter::");
        if !is_adapter || depth > 8 {
            return None;
        }
        args.iter().find_map(|inner| self.source(*inner, depth + 1))
    }

    /// The `next` of an iterator of the workspace.
    fn own_next(&self, ty: Ty) -> Option<FnId> {
        let world = self.world();
        let iterator = world.lang().iterator?;
        let adt = ty.as_adt()?.0;
        let impls = world.trait_impls(iterator, ty, &[], iterator.krate).impls;
        let imp =
            impls.into_iter().find(|imp| world.impl_header(*imp).self_ty.as_adt().map(|(adt, _)| adt) == Some(adt))?;
        world.imp(imp).fns.get(&Name::new("next")).copied()
    }

    fn is_known_to_wait(&self, callee: &FnCallee) -> bool {
        let blocking = self.facts().of_callee(callee).and_then(|facts| facts.blocking());
        blocking.is_some_and(|blocking| blocking.kind != BlockKind::Cpu)
    }

    /// Is the iterator the value of a call that is known to wait, or does such a call of the same body give one of its kind?
    fn is_begun_here(&self, body: &TypedBody, iter: ExprId, source: &FnCallee) -> bool {
        let types = &body.types;
        let gives_one = |(call, callee): (&ExprId, &Callee)| {
            let Callee::Fn(callee) = callee else { return false };
            let ty = types.expr_tys[call.index()];
            let kind = source.self_ty.and_then(Ty::as_adt).map(|(adt, _)| adt);
            let inner = ty.as_adt().and_then(|(_, args)| args.first()).and_then(|ty| ty.as_adt());
            let is_one = inner.is_some_and(|(adt, _)| Some(adt) == kind);
            is_one && self.is_known_to_wait(callee) && !self.only_makes_iterator(body, *call, callee)
        };
        if types.callees.iter().any(gives_one) {
            return true;
        }
        let aliases = Aliases::new(self.world(), body);
        let mut at = iter;
        for _ in 0..24 {
            if let Some(Callee::Fn(callee)) = types.callees.get(&at)
                && self.is_known_to_wait(callee)
                && !self.only_makes_iterator(body, at, callee)
            {
                return true;
            }
            at = match &types.body[at] {
                Expr::MethodCall(call) => call.receiver,
                Expr::Call { args, .. } => match args.first() {
                    Some(arg) => *arg,
                    None => return false,
                },
                Expr::Try(inner) | Expr::Ref { expr: inner, .. } => *inner,
                Expr::Path(_) => match types.paths.get(&at) {
                    Some(crate::PathDef::Local(local)) => match aliases.value(*local) {
                        Some(init) => init,
                        None => return false,
                    },
                    _ => return false,
                },
                _ => return false,
            };
        }
        false
    }
}

/// Does the method of an iterator take an element before it returns?
fn takes(name: Name) -> bool {
    const TAKING: [&str; 33] = [
        "all",
        "any",
        "cmp",
        "collect",
        "count",
        "eq",
        "find",
        "find_map",
        "fold",
        "for_each",
        "is_sorted",
        "last",
        "max",
        "max_by",
        "max_by_key",
        "min",
        "min_by",
        "min_by_key",
        "ne",
        "next",
        "nth",
        "partial_cmp",
        "partition",
        "position",
        "product",
        "reduce",
        "sum",
        "try_fold",
        "try_for_each",
        "unzip",
        "lt",
        "gt",
        "advance_by",
    ];
    TAKING.contains(&name.as_str())
}
