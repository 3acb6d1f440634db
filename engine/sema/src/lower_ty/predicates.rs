//! What generics promise: bounds of parameters, `where` clauses, `impl Trait` in parameter types.

use toecap_ir::{self as ir, GenericArg, GenericArgs, GenericParamKind, TypeRef};

use super::Lowerer;
use crate::query::{Key, query};
use crate::{Bound, GenericsId, GenericsOwner, Param, ParamKind, Predicate, Ty, TyKind, World};

impl World<'_> {
    /// What the generics of one item promise, without those around it.
    pub fn predicates(&self, generics: GenericsId) -> &[Predicate] {
        let data = self.generics(generics);
        query(&data.predicates, Key::Predicates(generics), || self.lower_predicates(generics).into())
            .map_or(&[], |v| &**v)
    }

    /// What the generics of an item and those around it promise.
    pub fn all_predicates(&self, generics: GenericsId) -> Vec<Predicate> {
        self.generics_chain(generics).iter().flat_map(|g| self.predicates(*g).iter().cloned()).collect()
    }

    /// What `Self` implements in the methods of a trait, or of `impl<T> Trait for T`: others may be implemented by more than one impl
    /// as far as anybody can tell there. With associated types, the impl says more.
    pub(crate) fn implied_by(&self, generics: GenericsId) -> Option<Predicate> {
        match self.generics(generics).owner {
            GenericsOwner::Trait(tr) => {
                let ty = self.own_args(generics).first().copied().unwrap_or(Ty::unknown());
                Some(Predicate { ty, bound: self.identity_bound(tr) })
            }
            GenericsOwner::Impl(imp) => {
                let header = self.impl_header(imp);
                let (tr, args) = header.trait_ref?;
                let is_for_all = matches!(header.self_ty.kind(), TyKind::Param(_)) && self.tr(tr).assocs.is_empty();
                is_for_all.then(|| Predicate { ty: header.self_ty, bound: Bound { tr, args, assoc: Vec::new() } })
            }
            _ => None,
        }
    }

    fn lower_predicates(&self, generics: GenericsId) -> Vec<Predicate> {
        let data = self.generics(generics);
        let mut out = Vec::new();
        let mut lowerer = Lowerer::of(self, generics);
        if let Some(written) = self.written_generics(generics) {
            for (index, param) in data.params.iter().enumerate() {
                let ParamKind::Type(at) = param.kind else { continue };
                let GenericParamKind::Type { bounds, .. } = &written.params[at as usize].kind else { continue };
                let subject = Ty::new(TyKind::Param(Param { generics, index: index as u32 }));
                bounds.iter().for_each(|b| bound_predicates(&mut lowerer, b, subject, &mut out));
            }
            for predicate in &written.wheres {
                let subject = lowerer.ty(&predicate.ty);
                predicate.bounds.iter().for_each(|b| bound_predicates(&mut lowerer, b, subject, &mut out));
            }
        }
        if let GenericsOwner::Fn(id) = data.owner {
            let mut next = 0;
            for ty in &self.fn_item(id).params {
                self.impl_trait_predicates(&mut lowerer, generics, ty, &mut next, &mut out);
            }
        }
        out
    }

    /// Predicates of the `impl Trait`s in a parameter type.
    fn impl_trait_predicates(
        &self,
        lowerer: &mut Lowerer<'_>,
        generics: GenericsId,
        ty: &TypeRef,
        next: &mut u32,
        out: &mut Vec<Predicate>,
    ) {
        match ty {
            TypeRef::ImplTrait(bounds) => {
                let wanted = ParamKind::ImplTrait(*next);
                *next += 1;
                let index = self.generics(generics).params.iter().position(|p| p.kind == wanted);
                let subject = match index {
                    Some(index) => Ty::new(TyKind::Param(Param { generics, index: index as u32 })),
                    None => Ty::unknown(),
                };
                for bound in bounds {
                    lowerer.impl_params = Some((generics, *next));
                    bound_predicates(lowerer, bound, subject, out);
                    lowerer.impl_params = None;
                    for segment in &bound.path.segments {
                        self.impl_trait_args(lowerer, generics, segment.args.as_deref(), next, out);
                    }
                }
            }
            TypeRef::Path(path) => {
                for segment in &path.segments {
                    self.impl_trait_args(lowerer, generics, segment.args.as_deref(), next, out);
                }
            }
            TypeRef::Ref(inner, _) | TypeRef::Ptr(inner, _) | TypeRef::Slice(inner) | TypeRef::Array(inner, _) => {
                self.impl_trait_predicates(lowerer, generics, inner, next, out);
            }
            TypeRef::Tuple(parts) => {
                parts.iter().for_each(|t| self.impl_trait_predicates(lowerer, generics, t, next, out));
            }
            _ => {}
        }
    }

    fn impl_trait_args(
        &self,
        lowerer: &mut Lowerer<'_>,
        generics: GenericsId,
        args: Option<&GenericArgs>,
        next: &mut u32,
        out: &mut Vec<Predicate>,
    ) {
        let Some(args) = args else { return };
        for arg in &args.args {
            if let GenericArg::Type(ty) = arg {
                self.impl_trait_predicates(lowerer, generics, ty, next, out);
            }
        }
        for assoc in &args.assoc {
            if let Some(ty) = &assoc.ty {
                self.impl_trait_predicates(lowerer, generics, ty, next, out);
            }
        }
    }
}

fn bound_predicates(lowerer: &mut Lowerer<'_>, bound: &ir::Bound, subject: Ty, out: &mut Vec<Predicate>) {
    let Some(lowered) = lowerer.bound(bound, subject) else { return };
    out.push(Predicate { ty: subject, bound: lowered.clone() });
    // `Iterator<Item: Display>`
    let assoc_bounds = bound.path.segments.last().and_then(|s| s.args.as_deref()).map(|a| &a.assoc);
    for assoc in assoc_bounds.into_iter().flatten() {
        if assoc.bounds.is_empty() {
            continue;
        }
        let projection = lowerer.world.projection(subject, &lowered, assoc.name);
        if !projection.is_unknown() {
            assoc.bounds.iter().for_each(|b| bound_predicates(lowerer, b, projection, out));
        }
    }
}
