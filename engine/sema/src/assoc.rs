//! Associated types: where they are declared, what is promised of them, what impls say they are.

use toecap_ir::{ItemKind, Name, TypeRef, sym};

use crate::lower_ty::{Lowerer, MAX_DEPTH};
use crate::query::{Key, query};
use crate::{Args, Bound, GenericsId, GenericsOwner, ImplId, Param, TraitId, Ty, TyKind, World, intern_args};

impl World<'_> {
    /// Does the trait or a supertrait declare this associated type?
    pub(crate) fn has_assoc(&self, tr: TraitId, name: Name, depth: u32) -> bool {
        self.tr(tr).assocs.contains_key(&name)
            || depth < 8 && self.super_ids(tr).iter().any(|s| self.has_assoc(*s, name, depth + 1))
    }

    /// The bound itself or a supertrait of it that declares associated type `name`.
    pub(crate) fn super_bound_with(&self, subject: Ty, bound: &Bound, name: Name, depth: u32) -> Option<Bound> {
        if self.tr(bound.tr).assocs.contains_key(&name) {
            return Some(bound.clone());
        }
        if depth > 8 {
            return None;
        }
        let subst = self.bound_subst(bound, subject);
        self.supers(bound.tr).iter().find_map(|s| {
            if !self.has_assoc(s.tr, name, depth) {
                return None;
            }
            let mut inner = subst.apply_bound(s);
            inner.assoc.extend(bound.assoc.iter().filter(|(n, _)| s.assoc_ty(*n).is_none()).cloned());
            self.super_bound_with(subject, &inner, name, depth + 1)
        })
    }

    /// `<base as bound>::name`, through the supertrait that declares it.
    pub(crate) fn projection(&self, base: Ty, bound: &Bound, name: Name) -> Ty {
        match self.super_bound_with(base, bound, name, 0) {
            Some(found) => match found.assoc_ty(name) {
                Some(ty) => ty,
                None => Ty::new(TyKind::Projection(base, found.tr, found.args, name)),
            },
            None => Ty::unknown(),
        }
    }

    /// `Self::name` in an impl or trait.
    pub(crate) fn self_assoc(&self, generics: GenericsId, base: Ty, name: Name) -> Option<Ty> {
        let mut at = Some(generics);
        while let Some(id) = at {
            let data = self.generics(id);
            match data.owner {
                GenericsOwner::Impl(imp) => {
                    if let Some(ty) = self.impl_assoc(imp, name) {
                        return Some(ty);
                    }
                    let (tr, args) = self.impl_header(imp).trait_ref?;
                    let found = self.super_bound_with(base, &Bound { tr, args, assoc: Vec::new() }, name, 0)?;
                    return Some(Ty::new(TyKind::Projection(base, found.tr, found.args, name)));
                }
                GenericsOwner::Trait(tr) => {
                    let found = self.super_bound_with(base, &self.identity_bound(tr), name, 0)?;
                    return Some(match found.assoc_ty(name) {
                        Some(ty) => ty,
                        None => Ty::new(TyKind::Projection(base, found.tr, found.args, name)),
                    });
                }
                GenericsOwner::Fn(_) | GenericsOwner::Alias(_) | GenericsOwner::Assoc(_) | GenericsOwner::Adt(_) => {}
            }
            at = data.parent;
        }
        None
    }

    /// Parameters of an associated type, when it has any.
    pub(crate) fn own_generics(&self, tr: TraitId, name: Name) -> Option<GenericsId> {
        let generics = self.assoc(*self.tr(tr).assocs.get(&name)?).generics;
        (!self.generics(generics).params.is_empty()).then_some(generics)
    }

    /// The arguments of the trait, and those of the associated type itself.
    pub(crate) fn split_args(&self, tr: TraitId, args: Args) -> (Args, Args) {
        let of_trait = self.generics(self.tr(tr).generics).params.len().saturating_sub(1);
        args.split_at(of_trait.min(args.len()))
    }

    /// The definition of `Self::name` in the impl around.
    pub(crate) fn self_alias(&self, generics: GenericsId, name: Name) -> Option<crate::AliasId> {
        let mut at = Some(generics);
        while let Some(id) = at {
            let data = self.generics(id);
            if let GenericsOwner::Impl(imp) = data.owner {
                return self.imp(imp).assocs.get(&name).copied();
            }
            at = data.parent;
        }
        None
    }

    /// The associated type that an impl defines, with the impl's parameters in it.
    pub(crate) fn impl_assoc(&self, imp: ImplId, name: Name) -> Option<Ty> {
        let alias = *self.imp(imp).assocs.get(&name)?;
        Some(self.alias_ty(alias))
    }

    /// May a parameter stand for a type without a size (`?Sized`)?
    pub(crate) fn may_be_unsized(&self, param: Param) -> bool {
        let data = self.generics(param.generics);
        let Some(name) = data.params.get(param.index as usize).map(|p| p.name) else { return true };
        let Some(written) = self.written_generics(param.generics) else { return true };
        let own = written.params.iter().filter(|p| p.name == name).flat_map(|p| match &p.kind {
            toecap_ir::GenericParamKind::Type { bounds, .. } => bounds.iter(),
            toecap_ir::GenericParamKind::Const { .. } => [].iter(),
        });
        let is_of = |ty: &TypeRef| matches!(ty, TypeRef::Path(path) if path.as_ident() == Some(name));
        let wheres = written.wheres.iter().filter(|p| is_of(&p.ty)).flat_map(|p| p.bounds.iter());
        own.chain(wheres).any(|bound| bound.maybe)
    }

    /// Bounds that a trait puts on its associated type `of`, said of `<inner as tr<args>>::of`.
    pub(crate) fn assoc_bounds(&self, tr: TraitId, of: Name, inner: Ty, args: Args) -> Vec<Bound> {
        let Some(assoc) = self.tr(tr).assocs.get(&of).copied() else { return Vec::new() };
        let data = self.assoc(assoc);
        let bounds = query(&data.bounds, Key::AssocBounds(assoc), || {
            let defs = self.defs(assoc.krate);
            let ItemKind::TypeAlias(item) = &defs.item(data.loc).kind else { return Vec::new() };
            let subject = Ty::new(TyKind::Param(Param { generics: self.tr(tr).generics, index: 0 }));
            let args = self.identity_bound(tr).args.iter().chain(self.own_args(data.generics)).copied();
            let own = Ty::new(TyKind::Projection(subject, tr, intern_args(&args.collect::<Vec<_>>()), of));
            let mut lowerer = Lowerer::of(self, data.generics);
            let mut found: Vec<Bound> = item.bounds.iter().filter_map(|b| lowerer.bound(b, own)).collect();
            // `where Self::Item: Bound` on the trait
            if let Some(item) = self.trait_item(tr) {
                let mut lowerer = Lowerer::of(self, self.tr(tr).generics);
                for predicate in &item.generics.wheres {
                    let is_own = matches!(&predicate.ty, TypeRef::Path(p) if p.segments.len() == 2
                        && p.segments[0].name == sym::SELF_TYPE && p.segments[1].name == of);
                    if is_own {
                        found.extend(predicate.bounds.iter().filter_map(|b| lowerer.bound(b, own)));
                    }
                }
            }
            found
        });
        let Some(bounds) = bounds else { return Vec::new() };
        let (args, own) = self.split_args(tr, args);
        let mut subst = self.bound_subst(&Bound { tr, args, assoc: Vec::new() }, inner);
        subst.push(data.generics, own);
        bounds.iter().map(|b| subst.apply_bound(b)).collect()
    }

    /// The default of an associated type, with the trait's parameters in it.
    pub(crate) fn assoc_default(&self, tr: TraitId, name: Name) -> Option<Ty> {
        let data = self.assoc(*self.tr(tr).assocs.get(&name)?);
        let defs = self.defs(tr.krate);
        let ItemKind::TypeAlias(item) = &defs.item(data.loc).kind else { return None };
        let mut lowerer = Lowerer::of(self, data.generics);
        lowerer.depth = MAX_DEPTH / 2;
        item.ty.as_ref().map(|ty| lowerer.ty(ty))
    }
}
