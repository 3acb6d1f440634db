//! Associated types and what calling a value gives.

use toecap_ir::{Name, sym};

use super::Infer;
use super::traits::Selected;
use crate::{Args, Bound, ImplId, ImplSource, Subst, TraitId, Ty, TyKind};

impl Infer<'_> {
    /// `<base as tr<args>>::name`, when it can be known.
    pub(super) fn project(&mut self, base: Ty, tr: TraitId, args: Args, name: Name) -> Option<Ty> {
        let base = self.norm(base);
        if base.is_unknown() {
            return Some(Ty::unknown());
        }
        let question = self.question(tr, base, args);
        if let Some(known) = self.known_projection(question, name) {
            return known;
        }
        let started = self.start(question, true)?;
        let found = self.project_anew(base, tr, args, name);
        let is_known = self.is_final(&started) && self.remember_projection(question, name, found);
        self.resume(started, is_known);
        found
    }

    fn project_anew(&mut self, base: Ty, tr: TraitId, args: Args, name: Name) -> Option<Ty> {
        if let TyKind::Future(output, _) = *base.kind() {
            if name == sym::OUTPUT {
                return Some(output);
            }
            if name == sym::INTO_FUTURE {
                return Some(base);
            }
        }
        let is_fn = self.lang.is_fn_trait(tr);
        let is_async_fn = self.lang.is_async_fn_trait(tr);
        let is_code =
            matches!(base.kind(), TyKind::Closure(_) | TyKind::FnDef(..) | TyKind::FnPtr(..) | TyKind::Ctor(..));
        if is_code && (is_fn || is_async_fn) {
            let (_, ret) = self.callable(base)?;
            return if is_async_fn { self.await_output(ret) } else { Some(ret) };
        }
        if self.has_bounds(base) {
            for bound in self.bounds_of(base) {
                let fits = bound.tr == tr || is_fn && self.lang.is_fn_trait(bound.tr);
                let Some(ty) = bound.assoc_ty(name).filter(|_| fits) else { continue };
                let before = self.snapshot();
                if self.unify_args(bound.args, args) {
                    return Some(self.table.open_holes(ty));
                }
                self.rollback(before);
            }
        }
        match self.select(tr, base, args) {
            Selected::Impl(imp, subst, _) => self.impl_projection(imp, &subst, base, tr, args, name),
            Selected::Bound | Selected::Builtin | Selected::No | Selected::Maybe => None,
        }
    }

    fn impl_projection(
        &mut self,
        imp: ImplId,
        subst: &Subst,
        base: Ty,
        tr: TraitId,
        args: Args,
        name: Name,
    ) -> Option<Ty> {
        let (of_trait, own) = self.world.split_args(tr, args);
        if let Some(ty) = self.world.impl_assoc(imp, name) {
            let alias = *self.world.imp(imp).assocs.get(&name)?;
            let mut subst = subst.clone();
            subst.push(self.world.alias(alias).generics, own);
            return Some(subst.apply(ty));
        }
        if matches!(self.world.imp(imp).source, ImplSource::Derive(..)) {
            return Some(Ty::unknown());
        }
        let default = self.world.assoc_default(tr, name)?;
        let bound = Bound { tr, args: of_trait, assoc: Vec::new() };
        let mut subst = self.world.bound_subst(&bound, base);
        if let Some(generics) = self.world.own_generics(tr, name) {
            subst.push(generics, own);
        }
        Some(subst.apply(default))
    }

    /// Parameter types and result of something that can be called.
    pub(super) fn callable(&mut self, ty: Ty) -> Option<(Vec<Ty>, Ty)> {
        let world = self.world;
        let ty = self.norm(ty);
        match *ty.kind() {
            TyKind::Closure(index) => {
                // A closure of another body may come in with the type of a constant.
                let closure = self.closures.get(index as usize)?;
                Some((closure.params.clone(), closure.ret))
            }
            TyKind::FnPtr(params, ret) => Some((params.to_vec(), ret)),
            TyKind::FnDef(id, args) => {
                let sig = world.fn_sig(id);
                let subst = world.subst_of(world.func(id).generics, args);
                let params = sig.receiver.iter().chain(&sig.params).map(|t| subst.apply(*t)).collect();
                Some((params, subst.apply(sig.ret)))
            }
            TyKind::Ctor(adt, variant, args) => {
                let subst = Subst::one(world.adt(adt).generics, args);
                let params = world.field_tys(adt, variant).iter().map(|(_, t)| subst.apply(*t)).collect();
                Some((params, Ty::new(TyKind::Adt(adt, args))))
            }
            TyKind::Param(_) | TyKind::Opaque(..) | TyKind::Dyn(_) | TyKind::Projection(..) => {
                for bound in self.bounds_of(ty) {
                    let is_async = self.lang.is_async_fn_trait(bound.tr);
                    if !is_async && !self.lang.is_fn_trait(bound.tr) {
                        continue;
                    }
                    let params = match bound.args.first().map(|t| self.norm(*t)).map(Ty::kind) {
                        Some(TyKind::Tuple(parts)) => parts.to_vec(),
                        _ => Vec::new(),
                    };
                    let ret = bound.assoc_ty(sym::OUTPUT).unwrap_or(Ty::unknown());
                    let ret = if is_async { Ty::new(TyKind::Future(ret, crate::FutureOrigin::Block)) } else { ret };
                    return Some((params, ret));
                }
                None
            }
            _ => None,
        }
    }
}
