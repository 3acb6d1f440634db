//! What a pass ends with: no variable is left.

use rustc_hash::FxHashMap;
use toecap_ir::{ExprId, LazyBody};

use super::traits::Selected;
use super::{BodyTypes, Callee, ClosureTy, FnCallee, Infer, Local, PendingCallee};
use crate::{BodyTree, ByNode, Container, FnId, Subst, TraitId, Ty, TyKind, intern_args};

impl Infer<'_> {
    pub(super) fn finish(mut self, of_file: &LazyBody) -> BodyTypes {
        let callees = std::mem::take(&mut self.callees);
        let mut resolved = FxHashMap::default();
        for (expr, callee) in callees {
            resolved.insert(expr, self.finish_callee(callee));
        }
        let mut futures = FxHashMap::default();
        let mut expr_tys = Vec::with_capacity(self.expr_tys.len());
        // Nothing more becomes known of a type, and many expressions are of the same.
        let mut finished: FxHashMap<Ty, Ty> = FxHashMap::default();
        let mut known: FxHashMap<Ty, bool> = FxHashMap::default();
        for i in 0..self.expr_tys.len() {
            let ty = self.finish_once(self.expr_tys[i], &mut finished);
            let may_be = !ty.is_unknown()
                && matches!(
                    ty.kind(),
                    TyKind::Future(..)
                        | TyKind::Adt(..)
                        | TyKind::Opaque(..)
                        | TyKind::Param(_)
                        | TyKind::Projection(..)
                        | TyKind::Dyn(_)
                );
            if may_be {
                let is_future = match known.get(&ty) {
                    Some(known) => *known,
                    None => {
                        let is_future = self.is_future(ty);
                        known.insert(ty, is_future);
                        is_future
                    }
                };
                if is_future {
                    futures.insert(ExprId::from_raw(i as u32), ty);
                }
            }
            expr_tys.push(ty);
        }
        let pat_tys = (0..self.pat_tys.len()).map(|i| self.finish_once(self.pat_tys[i], &mut finished)).collect();
        let locals = std::mem::take(&mut self.locals)
            .into_iter()
            .map(|local| Local { ty: self.finish_once(local.ty, &mut finished), ..local })
            .collect();
        // Finishing a type may ask for the signature of a closure.
        let closures = self
            .closures
            .clone()
            .into_iter()
            .map(|c| ClosureTy {
                expr: c.expr,
                params: c.params.iter().map(|t| self.finish_ty(*t)).collect(),
                ret: self.finish_ty(c.ret),
            })
            .collect();
        let lowered = self.body.lowered();
        BodyTypes {
            body: BodyTree::new(self.body.finish(), lowered, of_file),
            expansions: self.expansions.iter().map(|e| e.ir.clone()).collect(),
            expr_tys,
            pat_tys,
            callees: ByNode::new(resolved),
            paths: ByNode::new(self.paths),
            bindings: ByNode::new(self.bindings),
            locals,
            closures,
            macros: ByNode::new(self.macros),
            futures: ByNode::new(futures),
            inactive: self.inactive,
            out_of_fuel: self.out_of_fuel,
        }
    }

    fn finish_once(&mut self, ty: Ty, finished: &mut FxHashMap<Ty, Ty>) -> Ty {
        if !ty.has_vars() && !ty.has_projections() && !ty.has_holes() {
            return ty;
        }
        if let Some(known) = finished.get(&ty) {
            return *known;
        }
        let done = self.finish_ty(ty);
        finished.insert(ty, done);
        done
    }

    fn finish_ty(&mut self, ty: Ty) -> Ty {
        if !ty.has_vars() && !ty.has_projections() && !ty.has_holes() {
            return ty;
        }
        let ty = self.deep(ty);
        self.table.finish(ty)
    }

    fn finish_callee(&mut self, callee: PendingCallee) -> Callee {
        match callee {
            PendingCallee::Ctor(adt, variant) => Callee::Ctor(adt, variant),
            PendingCallee::Value(ty) => {
                let ty = self.finish_ty(ty);
                self.fn_value(ty).unwrap_or(Callee::Value(ty))
            }
            PendingCallee::Fn { f, subst, of, receiver, sure } => {
                let mut args = Vec::new();
                for generics in self.world.generics_chain(self.world.func(f).generics) {
                    match subst.of(generics) {
                        Some(own) => args.extend(own.iter().map(|t| self.finish_ty(*t))),
                        None => args.extend(self.world.generics(generics).params.iter().map(|_| Ty::unknown())),
                    }
                }
                let self_ty = of.map(|(_, ty)| self.finish_ty(ty));
                let (sure, runs) = match of {
                    None => (sure, Some(f)),
                    Some((tr, ty)) => {
                        let selected = self.selected(tr, ty, &subst);
                        (sure || self.surely_means(f, ty, &selected), self.method_that_runs(f, &selected))
                    }
                };
                let receiver = receiver.map(|t| self.finish_ty(t));
                Callee::Fn(FnCallee { f, args: intern_args(&args), runs, self_ty, receiver, sure })
            }
        }
    }

    /// The function that is called through a value: `let new = Vec::new; new()`.
    fn fn_value(&mut self, ty: Ty) -> Option<Callee> {
        let TyKind::FnDef(f, args) = *ty.kind() else { return None };
        let data = self.world.func(f);
        let (mut runs, mut self_ty) = (Some(f), None);
        if let Container::Trait(tr) = data.container {
            self_ty = args.first().copied();
            let subst = self.world.subst_of(data.generics, args);
            runs = self_ty.and_then(|ty| {
                let selected = self.selected(tr, ty, &subst);
                self.method_that_runs(f, &selected)
            });
        }
        Some(Callee::Fn(FnCallee { f, args, runs, self_ty, receiver: None, sure: true }))
    }

    /// Is it known now that `f` of a trait is what was meant? A method that the type has itself would have come first.
    fn surely_means(&mut self, f: FnId, ty: Ty, selected: &Selected) -> bool {
        if self.is_lost(ty) {
            let known = self.norm(ty);
            if self.is_lost(known) || !self.inherent_candidates(&[known], self.world.func(f).name).is_empty() {
                return false;
            }
        }
        matches!(selected, Selected::Impl(_, _, true) | Selected::Bound | Selected::Builtin)
    }

    /// What makes a type implement a trait, as is known now.
    fn selected(&mut self, tr: TraitId, ty: Ty, subst: &Subst) -> Selected {
        let args = subst.of(self.world.tr(tr).generics).and_then(|a| a.get(1..)).unwrap_or_default();
        let before = self.snapshot();
        let selected = self.select(tr, ty, args);
        self.rollback(before);
        selected
    }

    /// The impl's method behind a trait's method, or the trait's default.
    fn method_that_runs(&self, f: FnId, selected: &Selected) -> Option<FnId> {
        match selected {
            Selected::Impl(imp, ..) => match self.world.imp(*imp).fns.get(&self.world.func(f).name) {
                Some(own) => Some(*own),
                None => Some(f),
            },
            Selected::Bound | Selected::Builtin | Selected::No | Selected::Maybe => None,
        }
    }
}
