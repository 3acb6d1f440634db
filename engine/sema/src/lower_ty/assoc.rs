//! Associated types of what a path leads to: `T::Item`, `Self::Error::Kind`.

use toecap_ir::{self as ir, GenericArgs, GenericParamKind, Name, Path, TypeRef};

use super::Lowerer;
use crate::{Bound, GenericsOwner, Param, ParamKind, Subst, Ty, TyKind, intern_args};

impl Lowerer<'_> {
    /// `base::A::B` for the segments from `from` on.
    pub(super) fn assoc_path(&mut self, base: Ty, path: &Path, from: usize, is_self: bool) -> Ty {
        let mut ty = base;
        for (i, segment) in path.segments.iter().enumerate().skip(from) {
            ty = self.assoc_with(ty, segment, is_self && i == from);
        }
        ty
    }

    pub(super) fn qualified_path(&mut self, path: &Path, base: &TypeRef, position: usize) -> Ty {
        let base = self.ty(base);
        if position == 0 {
            return self.assoc_path(base, path, 0, false);
        }
        let trait_path = Path {
            global: path.global,
            qself: None,
            segments: path.segments[..position.min(path.segments.len())].into(),
            span: path.span,
        };
        let Some(bound) = self.trait_path(&trait_path, base) else { return Ty::unknown() };
        let Some(segment) = path.segments.get(position) else { return Ty::unknown() };
        let ty = self.world.projection(base, &bound, segment.name);
        let ty = self.with_own_args(ty, segment.args.as_deref());
        self.assoc_path(ty, path, position + 1, false)
    }

    /// `base::Name<args>`
    fn assoc_with(&mut self, base: Ty, segment: &ir::Segment, is_self: bool) -> Ty {
        let ty = self.assoc(base, segment.name, is_self);
        if is_self
            && !matches!(ty.kind(), TyKind::Projection(..))
            && let Some(alias) = self.generics.and_then(|g| self.world.self_alias(g, segment.name))
        {
            // The impl that this is in says what it is.
            let generics = self.world.alias(alias).generics;
            let args = self.written_args(segment.args.as_deref());
            let args = self.fill(generics, args, self.in_body);
            return Subst::one(generics, intern_args(&args)).apply(ty);
        }
        self.with_own_args(ty, segment.args.as_deref())
    }

    /// An associated type with parameters of its own, which follow the arguments of the trait.
    fn with_own_args(&mut self, ty: Ty, written: Option<&GenericArgs>) -> Ty {
        let TyKind::Projection(base, tr, args, name) = *ty.kind() else { return ty };
        let Some(generics) = self.world.own_generics(tr, name) else { return ty };
        let own = self.written_args(written);
        let own = self.fill(generics, own, self.in_body);
        let args: Vec<Ty> = args.iter().copied().chain(own).collect();
        Ty::new(TyKind::Projection(base, tr, intern_args(&args), name))
    }

    /// `base::name` where `name` is an associated type.
    pub fn assoc(&mut self, base: Ty, name: Name, is_self: bool) -> Ty {
        let world = self.world;
        if is_self
            && let Some(generics) = self.generics
            && let Some(found) = world.self_assoc(generics, base, name)
        {
            return found;
        }
        match *base.kind() {
            TyKind::Param(param) => match self.param_bound_with(param, name) {
                Some(bound) => match bound.assoc_ty(name) {
                    Some(ty) => ty,
                    None => Ty::new(TyKind::Projection(base, bound.tr, bound.args, name)),
                },
                None => Ty::unknown(),
            },
            TyKind::Projection(inner, tr, args, of) => {
                for bound in world.assoc_bounds(tr, of, inner, args) {
                    if let Some(found) = world.super_bound_with(base, &bound, name, 0) {
                        return match found.assoc_ty(name) {
                            Some(ty) => ty,
                            None => Ty::new(TyKind::Projection(base, found.tr, found.args, name)),
                        };
                    }
                }
                for predicate in self.generics.map(|g| world.all_predicates(g)).unwrap_or_default() {
                    if predicate.ty == base
                        && let Some(found) = world.super_bound_with(base, &predicate.bound, name, 0)
                    {
                        return Ty::new(TyKind::Projection(base, found.tr, found.args, name));
                    }
                }
                Ty::unknown()
            }
            _ => Ty::unknown(),
        }
    }

    /// The bound of a parameter that has the associated type `name`: found without lowering all predicates, because
    /// predicates mention `T::Item` themselves.
    fn param_bound_with(&mut self, param: Param, name: Name) -> Option<Bound> {
        let world = self.world;
        let subject = Ty::new(TyKind::Param(param));
        let owner = world.generics(param.generics);
        if owner.params.get(param.index as usize).is_some_and(|p| p.kind == ParamKind::SelfType)
            && let GenericsOwner::Trait(tr) = owner.owner
        {
            let bound = world.identity_bound(tr);
            if let Some(found) = world.super_bound_with(subject, &bound, name, 0) {
                return Some(found);
            }
        }
        let param_name = owner.params.get(param.index as usize)?.name;
        let mut at = self.generics.or(Some(param.generics));
        while let Some(generics) = at {
            let written = world.written_generics(generics);
            let mut bounds: Vec<&ir::Bound> = Vec::new();
            if let Some(written) = written {
                if generics == param.generics
                    && let Some(p) = written.params.iter().find(|p| p.name == param_name)
                    && let GenericParamKind::Type { bounds: own, .. } = &p.kind
                {
                    bounds.extend(own);
                }
                for predicate in &written.wheres {
                    if matches!(&predicate.ty, TypeRef::Path(p) if p.as_ident() == Some(param_name)) {
                        bounds.extend(&predicate.bounds);
                    }
                }
            }
            let mut inner = Lowerer::of(world, generics);
            inner.depth = self.depth + 4;
            for bound in bounds {
                let Some(tr) = inner.resolve_trait(&bound.path) else { continue };
                if !world.has_assoc(tr, name, 0) {
                    continue;
                }
                let bound = inner.bound(bound, subject)?;
                return world.super_bound_with(subject, &bound, name, 0);
            }
            at = world.generics(generics).parent;
        }
        None
    }
}
