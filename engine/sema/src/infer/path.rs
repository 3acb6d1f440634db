//! Paths in value position: variables, functions, constructors, associated items.

use toecap_ir::{ExprId, GenericArgs, Name, Path, TypeRef, sym};

use super::traits::Selected;
use super::{Infer, PathDef};
use crate::lower_ty::Lowerer;
use crate::{AdtId, Args, Bound, Def, FnId, Ns, Subst, TraitId, Ty, TyKind, intern_args};

/// What a path in value position means.
pub(super) enum Value {
    Local(Ty),
    Fn {
        f: FnId,
        subst: Subst,
        of: Option<(TraitId, Ty)>,
    },
    Ctor(AdtId, u32, Args),
    /// A const or static.
    Const(Ty),
    Unknown,
}

impl<'a> Infer<'a> {
    pub(super) fn lowerer(&self) -> Lowerer<'a> {
        let mut lowerer = Lowerer::new(self.world, self.module, self.generics);
        lowerer.self_ty = self.self_ty;
        lowerer.in_body = true;
        lowerer.names.share_aliases(&self.names);
        lowerer
    }

    /// A type written in the body; `_` becomes a variable.
    pub(super) fn written_ty(&mut self, ty: &TypeRef) -> Ty {
        let ty = self.lowerer().ty(ty);
        self.table.open_holes(ty)
    }

    pub(super) fn value_path(&mut self, expr: ExprId, path: &Path) -> Value {
        if let Some(name) = path.as_ident() {
            if let Some(local) = self.local_named(name) {
                self.paths.insert(expr, PathDef::Local(local));
                return Value::Local(self.locals[local.0 as usize].ty);
            }
            if name == sym::SELF_TYPE
                && let Some((adt, args)) = self.self_ty.and_then(Ty::as_adt)
            {
                return Value::Ctor(adt, 0, args);
            }
        }
        if let Some(qself) = &path.qself {
            return self.qualified_value(path, &qself.ty, qself.position as usize);
        }
        let names: Vec<Name> = path.names().collect();
        let count = names.len();
        let Some(first) = names.first().copied() else { return Value::Unknown };
        let is_param = self.generics.is_some_and(|g| self.world.param_named(g, first).is_some());
        if count >= 2 && !path.global && (first == sym::SELF_TYPE || is_param) {
            return self.value_of_prefix_ty(path);
        }
        match self.names.resolve_prefix(self.module, &names, path.global, Ns::Values) {
            Some((Def::Fn(f), used)) if used == count => {
                self.paths.insert(expr, PathDef::Fn(f));
                return Value::Fn { f, subst: Subst::empty(), of: None };
            }
            Some((Def::Const(id), used)) if used == count => {
                self.paths.insert(expr, PathDef::Const(id));
                return Value::Const(self.world.const_ty(id));
            }
            Some((Def::Adt(adt), used)) if used == count => {
                let args = self.ctor_args(adt, path.segments[count - 1].args.as_deref());
                return Value::Ctor(adt, 0, args);
            }
            Some((Def::Variant(adt, variant), used)) if used == count => {
                // `Option::<T>::None` and `None::<T>`
                let own = path.segments[count - 1].args.as_deref();
                let args = own.or_else(|| path.segments.get(count.wrapping_sub(2)).and_then(|s| s.args.as_deref()));
                let args = self.ctor_args(adt, args);
                return Value::Ctor(adt, variant, args);
            }
            _ => {}
        }
        if count < 2 {
            return Value::Unknown;
        }
        match self.names.resolve_prefix(self.module, &names[..count - 1], path.global, Ns::Types) {
            Some((Def::Trait(tr), used)) if used == count - 1 => {
                let subject = self.fresh();
                let args = path.segments[count - 2].args.as_deref();
                match self.lowerer().trait_args(tr, args, subject) {
                    Some(bound) => self.trait_value(&bound, subject, names[count - 1]),
                    None => Value::Unknown,
                }
            }
            Some(_) => self.value_of_prefix_ty(path),
            None => Value::Unknown,
        }
    }

    /// `Type::name` where the type is all but the last segment.
    fn value_of_prefix_ty(&mut self, path: &Path) -> Value {
        let count = path.segments.len();
        let prefix =
            Path { global: path.global, qself: None, segments: path.segments[..count - 1].into(), span: path.span };
        let mut lowerer = self.lowerer();
        lowerer.leads_to_value = true;
        let ty = lowerer.ty(&TypeRef::Path(Box::new(prefix)));
        let ty = self.table.open_holes(ty);
        self.assoc_value(ty, path.segments[count - 1].name)
    }

    fn qualified_value(&mut self, path: &Path, base: &TypeRef, position: usize) -> Value {
        let base = self.written_ty(base);
        let Some(last) = path.segments.last() else { return Value::Unknown };
        if position == 0 {
            let mut ty = base;
            for segment in &path.segments[..path.segments.len() - 1] {
                let assoc = self.lowerer().assoc(ty, segment.name, false);
                ty = self.table.open_holes(assoc);
            }
            return self.assoc_value(ty, last.name);
        }
        let trait_path = Path {
            global: path.global,
            qself: None,
            segments: path.segments[..position.min(path.segments.len())].into(),
            span: path.span,
        };
        let Some(bound) = self.lowerer().trait_path(&trait_path, base) else { return Value::Unknown };
        if path.segments.len() == position + 1 {
            return self.trait_value(&bound, base, last.name);
        }
        let Some(segment) = path.segments.get(position) else { return Value::Unknown };
        let ty = self.world.projection(base, &bound, segment.name);
        let ty = self.table.open_holes(ty);
        self.assoc_value(ty, last.name)
    }

    fn ctor_args(&mut self, adt: AdtId, written: Option<&GenericArgs>) -> Args {
        let generics = self.world.adt(adt).generics;
        let args = self.lowerer().segment_args(generics, written);
        self.table.open_args(args)
    }

    /// `<subject as bound>::name`
    fn trait_value(&mut self, bound: &Bound, subject: Ty, name: Name) -> Value {
        let world = self.world;
        let data = world.tr(bound.tr);
        if let Some(f) = data.fns.get(&name) {
            let subst = self.open_bound_subst(bound, subject);
            return Value::Fn { f: *f, subst, of: Some((bound.tr, subject)) };
        }
        if let Some(id) = data.consts.get(&name) {
            let subst = self.open_bound_subst(bound, subject);
            return Value::Const(subst.apply(world.const_ty(*id)));
        }
        let subst = world.bound_subst(bound, subject);
        for sup in world.supers(bound.tr) {
            let found = self.trait_value(&subst.apply_bound(sup), subject, name);
            if !matches!(found, Value::Unknown) {
                return found;
            }
        }
        Value::Unknown
    }

    /// `ty::name`
    pub(super) fn assoc_value(&mut self, ty: Ty, name: Name) -> Value {
        let world = self.world;
        let ty = self.norm(ty);
        if ty.is_unknown() {
            return Value::Unknown;
        }
        if let Some((adt, args)) = ty.as_adt()
            && let Some(variant) = self.variant_named(adt, name)
        {
            return Value::Ctor(adt, variant, args);
        }
        if let Some(found) = self.inherent_value(ty, name) {
            return found;
        }
        if super::method::is_abstract(ty) {
            for bound in self.bounds_of(ty) {
                let data = world.tr(bound.tr);
                if data.fns.contains_key(&name) || data.consts.contains_key(&name) {
                    return self.trait_value(&bound, ty, name);
                }
            }
        }
        let traits = self.traits_with(name);
        // `<_>::default()`: what it is for is learnt from what it is used for.
        let is_meant = traits.len() == 1 && matches!(ty.kind(), TyKind::Var(_));
        let (mut likely, mut plausible) = (None, None);
        for tr in traits {
            let count = world.generics(world.tr(tr).generics).params.len();
            let args: Vec<Ty> = (1..count).map(|_| self.fresh()).collect();
            let args = intern_args(&args);
            if is_meant {
                return self.trait_value(&Bound { tr, args, assoc: Vec::new() }, ty, name);
            }
            // After the arguments, which are kept.
            let before = self.snapshot();
            match self.select(tr, ty, args) {
                Selected::No => {}
                Selected::Maybe => {
                    if plausible.is_none() && self.plausible(tr, ty) {
                        plausible = Some((tr, args));
                    }
                }
                Selected::Impl(_, _, false) => {
                    likely.get_or_insert((tr, args));
                }
                Selected::Impl(..) | Selected::Bound | Selected::Builtin => {
                    let bound = Bound { tr, args, assoc: Vec::new() };
                    return self.trait_value(&bound, ty, name);
                }
            }
            self.rollback(before);
        }
        if let Some((tr, args)) = likely {
            self.select(tr, ty, args);
        }
        match likely.or(plausible) {
            Some((tr, args)) => self.trait_value(&Bound { tr, args, assoc: Vec::new() }, ty, name),
            None => Value::Unknown,
        }
    }

    fn inherent_value(&mut self, ty: Ty, name: Name) -> Option<Value> {
        let world = self.world;
        let outside = self.table.fallback(ty);
        let impls = world.inherent_impls(outside);
        let with: Vec<crate::ImplId> = impls
            .iter()
            .copied()
            .filter(|i| world.imp(*i).fns.get(&name).is_some_and(|f| self.is_visible(*f)))
            .collect();
        for imp in &with {
            let before = self.snapshot();
            let subst = self.fresh_subst(world.imp(*imp).generics);
            let own = subst.apply(world.impl_header(*imp).self_ty);
            if self.unify(own, ty)
                && (with.len() == 1 || self.impl_applies(*imp, &subst) && !self.hangs_on_length(*imp, ty))
            {
                let f = *world.imp(*imp).fns.get(&name)?;
                return Some(Value::Fn { f, subst, of: None });
            }
            self.rollback(before);
        }
        for imp in impls {
            let Some(id) = world.imp(imp).consts.get(&name) else { continue };
            let before = self.snapshot();
            let subst = self.fresh_subst(world.imp(imp).generics);
            let own = subst.apply(world.impl_header(imp).self_ty);
            if self.unify(own, ty) {
                return Some(Value::Const(subst.apply(world.const_ty(*id))));
            }
            self.rollback(before);
        }
        None
    }

    /// The value of a path that is not called.
    pub(super) fn path_expr(&mut self, expr: ExprId, path: &Path) -> Ty {
        match self.value_path(expr, path) {
            Value::Local(ty) | Value::Const(ty) => ty,
            Value::Fn { f, subst, of } => {
                let turbofish = path.segments.last().and_then(|s| s.args.as_deref());
                let subst = self.instantiate(f, subst, turbofish);
                let mut args = Vec::new();
                for generics in self.world.generics_chain(self.world.func(f).generics) {
                    args.extend_from_slice(subst.of(generics).unwrap_or_default());
                }
                let _ = of;
                self.paths.insert(expr, PathDef::Fn(f));
                Ty::new(TyKind::FnDef(f, intern_args(&args)))
            }
            Value::Ctor(adt, variant, args) => {
                self.paths.insert(expr, PathDef::Ctor(adt, variant));
                let kind = self.world.adt(adt).variants.get(variant as usize).map(|v| v.kind);
                if kind == Some(toecap_ir::VariantKind::Tuple) {
                    Ty::new(TyKind::Ctor(adt, variant, args))
                } else {
                    Ty::new(TyKind::Adt(adt, args))
                }
            }
            Value::Unknown => Ty::unknown(),
        }
    }
}
