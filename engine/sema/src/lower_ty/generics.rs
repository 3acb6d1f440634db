//! What the generics of items are: their parameters, arguments, bounds on `Self`.

use toecap_ir::{self as ir, GenericParamKind, ItemKind, Name, TypeRef, sym};

use super::{Lowerer, MAX_DEPTH};
use crate::query::{Key, query};
use crate::{
    Args, Bound, GenericsId, GenericsOwner, OpaqueOwner, Param, ParamKind, Subst, TraitId, Ty, TyKind, World,
    intern_args,
};

impl<'w> World<'w> {
    /// The type that `Self` means in an item with these generics.
    pub fn self_ty_of(&self, generics: GenericsId) -> Option<Ty> {
        let mut at = Some(generics);
        while let Some(id) = at {
            let data = self.generics(id);
            match data.owner {
                GenericsOwner::Adt(adt) => return Some(Ty::new(TyKind::Adt(adt, self.identity_args(id)))),
                GenericsOwner::Trait(_) => {
                    return Some(Ty::new(TyKind::Param(Param { generics: id, index: 0 })));
                }
                GenericsOwner::Impl(imp) => return Some(self.impl_self_ty(imp)),
                GenericsOwner::Fn(_) | GenericsOwner::Alias(_) | GenericsOwner::Assoc(_) => {}
            }
            at = data.parent;
        }
        None
    }

    /// The parameters of an item as arguments of its own, parents first.
    pub fn identity_args(&self, generics: GenericsId) -> Args {
        let mut args = Vec::new();
        for id in self.generics_chain(generics) {
            args.extend(self.own_args(id).iter().copied());
        }
        intern_args(&args)
    }

    /// The own parameters of an item as arguments.
    pub fn own_args(&self, generics: GenericsId) -> Args {
        let count = self.generics(generics).params.len() as u32;
        let args: Vec<Ty> = (0..count).map(|index| Ty::new(TyKind::Param(Param { generics, index }))).collect();
        intern_args(&args)
    }

    /// Splits arguments of a whole chain of generics into a substitution.
    pub fn subst_of(&self, generics: GenericsId, args: Args) -> Subst {
        let mut subst = Subst::empty();
        let mut rest = args;
        for id in self.generics_chain(generics) {
            let count = self.generics(id).params.len().min(rest.len());
            let (own, others) = rest.split_at(count);
            subst.push(id, own);
            rest = others;
        }
        subst
    }

    pub(crate) fn param_named(&self, generics: GenericsId, name: Name) -> Option<Param> {
        let mut at = Some(generics);
        while let Some(id) = at {
            let data = self.generics(id);
            if let Some(index) = data.params.iter().position(|p| p.name == name && name != sym::EMPTY) {
                return Some(Param { generics: id, index: index as u32 });
            }
            at = data.parent;
        }
        None
    }

    /// The default of parameter number `index`, with the parameters before it in it.
    pub(crate) fn param_default(&self, generics: GenericsId, index: u32) -> Option<Ty> {
        let data = self.generics(generics);
        let (ParamKind::Type(written) | ParamKind::Const(written)) = data.params.get(index as usize)?.kind else {
            return None;
        };
        let param = self.written_generics(generics)?.params.get(written as usize)?;
        let mut lowerer = Lowerer::of(self, generics);
        lowerer.depth = MAX_DEPTH / 2;
        Some(match &param.kind {
            GenericParamKind::Type { default, .. } => lowerer.ty(default.as_ref()?),
            GenericParamKind::Const { default, .. } => lowerer.length(default.as_ref()?),
        })
    }

    /// A trait without methods that every type may have: it never decides anything here.
    pub(crate) fn is_marker(&self, tr: TraitId) -> bool {
        let data = self.tr(tr);
        data.fns.is_empty()
            && data.assocs.is_empty()
            && matches!(
                data.name.as_str(),
                "Send"
                    | "Sync"
                    | "Unpin"
                    | "UnwindSafe"
                    | "RefUnwindSafe"
                    | "Sized"
                    | "MaybeSendSync"
                    | "Freeze"
                    | "MetaSized"
                    | "PointeeSized"
                    | "Destruct"
                    | "Tuple"
            )
    }

    /// `Trait<own params>`
    pub(crate) fn identity_bound(&self, tr: TraitId) -> Bound {
        let args = self.own_args(self.tr(tr).generics);
        Bound { tr, args: intern_args(args.get(1..).unwrap_or_default()), assoc: Vec::new() }
    }

    /// The substitution that a bound on `subject` means for the trait's parameters.
    pub fn bound_subst(&self, bound: &Bound, subject: Ty) -> Subst {
        let mut args = vec![subject];
        args.extend_from_slice(bound.args);
        Subst::one(self.tr(bound.tr).generics, intern_args(&args))
    }

    /// Supertraits as bounds on `Self`.
    pub fn supers(&self, tr: TraitId) -> &[Bound] {
        let data = self.tr(tr);
        query(&data.supers, Key::Supers(tr), || {
            let Some(item) = self.trait_item(tr) else { return Vec::new() };
            let subject = Ty::new(TyKind::Param(Param { generics: data.generics, index: 0 }));
            let mut lowerer = Lowerer::of(self, data.generics);
            let mut found: Vec<Bound> = item.supers.iter().filter_map(|b| lowerer.bound(b, subject)).collect();
            for predicate in &item.generics.wheres {
                if is_self_path(&predicate.ty) {
                    found.extend(predicate.bounds.iter().filter_map(|b| lowerer.bound(b, subject)));
                }
            }
            found
        })
        .map_or(&[], |v| v)
    }

    pub(crate) fn trait_item(&self, tr: TraitId) -> Option<&ir::TraitItem> {
        let defs = self.defs(tr.krate);
        match &defs.item(self.tr(tr).loc).kind {
            ItemKind::Trait(item) | ItemKind::TraitAlias(item) => Some(item),
            _ => None,
        }
    }

    /// Supertraits without their arguments.
    pub(crate) fn super_ids(&self, tr: TraitId) -> &[TraitId] {
        let data = self.tr(tr);
        query(&data.super_ids, Key::SuperIds(tr), || {
            let Some(item) = self.trait_item(tr) else { return Vec::new() };
            let lowerer = Lowerer::new(self, data.module, Some(data.generics));
            let wheres = item.generics.wheres.iter().filter(|p| is_self_path(&p.ty)).flat_map(|p| p.bounds.iter());
            item.supers.iter().chain(wheres).filter_map(|b| lowerer.resolve_trait(&b.path)).collect()
        })
        .map_or(&[], |v| v.as_slice())
    }

    /// The right-hand side of an alias, with its parameters in it.
    pub(crate) fn alias_ty(&self, alias: crate::AliasId) -> Ty {
        let data = self.alias(alias);
        query(&data.ty, Key::Alias(alias), || {
            let defs = self.defs(alias.krate);
            let ItemKind::TypeAlias(item) = &defs.item(data.loc).kind else { return Ty::unknown() };
            let Some(ty) = &item.ty else { return Ty::unknown() };
            let mut lowerer = Lowerer::of(self, data.generics);
            lowerer.opaques = Some((OpaqueOwner::Alias(data.generics, data.name), Vec::new()));
            let ty = lowerer.ty(ty);
            if let Some((_, bounds)) = lowerer.opaques {
                let _ = data.opaques.set(bounds);
            }
            ty
        })
        .copied()
        .unwrap_or(Ty::unknown())
    }

    /// The bounds of an `impl Trait` type.
    pub fn opaque_bounds(&self, owner: OpaqueOwner, index: u32, args: Args) -> Vec<Bound> {
        let (bounds, generics) = match owner {
            OpaqueOwner::Fn(f) => (self.fn_sig(f).opaques.get(index as usize), self.func(f).generics),
            OpaqueOwner::Alias(generics, _) => {
                let GenericsOwner::Alias(alias) = self.generics(generics).owner else { return Vec::new() };
                (self.alias(alias).opaques.get().and_then(|o| o.get(index as usize)), generics)
            }
        };
        let Some(bounds) = bounds else { return Vec::new() };
        let subst = self.subst_of(generics, args);
        bounds.iter().map(|b| subst.apply_bound(b)).collect()
    }
}

fn is_self_path(ty: &TypeRef) -> bool {
    matches!(ty, TypeRef::Path(p) if p.as_ident() == Some(sym::SELF_TYPE))
}
