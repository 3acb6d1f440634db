//! From types as written to types: generics, `Self`, associated types, `impl Trait`, aliases.

mod assoc;
mod generics;
mod predicates;
mod signatures;

use toecap_ir::{self as ir, ConstArg, FnSugar, GenericArg, GenericArgs, Mutability, Name, Path, TypeRef, sym};

use crate::names::Names;
use crate::{
    Args, Bound, Def, GenericsId, ModuleId, Ns, OpaqueOwner, Param, ParamKind, Subst, TraitId, Ty, TyKind, World,
    intern_args, intern_bounds,
};

pub(crate) const MAX_DEPTH: u32 = 40;

/// Turns written types of one place into types.
pub(crate) struct Lowerer<'a> {
    pub world: &'a World<'a>,
    pub names: Names<'a>,
    pub module: ModuleId,
    pub generics: Option<GenericsId>,
    pub self_ty: Option<Ty>,
    /// In a body, `_` and left-out arguments become holes instead of unknown.
    pub in_body: bool,
    /// The next path leads to a value, as `HashMap::new` does: what it leaves out is open even where it has a default.
    pub leads_to_value: bool,
    /// The function whose parameter types are being lowered, and the next `impl Trait` parameter.
    pub impl_params: Option<(GenericsId, u32)>,
    /// Where `impl Trait` in return position goes.
    pub opaques: Option<(OpaqueOwner, Vec<Vec<Bound>>)>,
    pub depth: u32,
    /// How much text macros have made.
    pub expanded_bytes: usize,
}

impl<'a> Lowerer<'a> {
    pub fn new(world: &'a World<'a>, module: ModuleId, generics: Option<GenericsId>) -> Self {
        Self {
            world,
            names: Names::new(world),
            module,
            generics,
            self_ty: None,
            in_body: false,
            leads_to_value: false,
            impl_params: None,
            opaques: None,
            depth: 0,
            expanded_bytes: 0,
        }
    }

    /// For the item that has `generics`.
    pub fn of(world: &'a World<'a>, generics: GenericsId) -> Self {
        let mut lowerer = Self::new(world, world.generics(generics).module, Some(generics));
        lowerer.self_ty = world.self_ty_of(generics);
        lowerer
    }

    fn unfilled(&self) -> Ty {
        if self.in_body { Ty::new(TyKind::Hole) } else { Ty::unknown() }
    }

    pub fn ty(&mut self, ty: &TypeRef) -> Ty {
        if self.depth > MAX_DEPTH {
            return Ty::unknown();
        }
        self.depth += 1;
        let lowered = self.ty_inner(ty);
        self.depth -= 1;
        lowered
    }

    fn ty_inner(&mut self, ty: &TypeRef) -> Ty {
        match ty {
            TypeRef::Path(path) => self.path(path),
            TypeRef::Ref(inner, m) => self.ty(inner).reference(*m),
            TypeRef::Ptr(inner, m) => Ty::new(TyKind::Ptr(self.ty(inner), *m)),
            TypeRef::Slice(inner) => Ty::new(TyKind::Slice(self.ty(inner))),
            TypeRef::Array(inner, len) => Ty::new(TyKind::Array(self.ty(inner), self.length(len))),
            TypeRef::Tuple(parts) => {
                let parts: Vec<Ty> = parts.iter().map(|t| self.ty(t)).collect();
                Ty::tuple(&parts)
            }
            TypeRef::FnPtr(sugar) => {
                let (params, ret) = self.fn_sugar(sugar);
                Ty::new(TyKind::FnPtr(params, ret))
            }
            TypeRef::ImplTrait(bounds) => self.impl_trait(bounds),
            TypeRef::DynTrait(bounds) => self.dyn_trait(bounds),
            TypeRef::Never => Ty::never(),
            TypeRef::Infer => self.unfilled(),
            TypeRef::Macro(call) => self.macro_ty(call),
            TypeRef::Opaque => Ty::unknown(),
        }
    }

    /// A const parameter stays one.
    fn length(&self, len: &ConstArg) -> Ty {
        if let ConstArg::Path(path) = len
            && let Some(param) = path.as_ident().zip(self.generics).and_then(|(n, g)| self.world.param_named(g, n))
        {
            return Ty::new(TyKind::Param(param));
        }
        const_ty(len)
    }

    fn fn_sugar(&mut self, sugar: &FnSugar) -> (Args, Ty) {
        let impl_params = self.impl_params.take();
        let inputs: Vec<Ty> = sugar.inputs.iter().map(|t| self.ty(t)).collect();
        let output = sugar.output.as_ref().map_or(Ty::unit(), |t| self.ty(t));
        self.impl_params = impl_params;
        (intern_args(&inputs), output)
    }

    fn dyn_trait(&mut self, bounds: &[ir::Bound]) -> Ty {
        let mut found: Vec<Bound> = bounds.iter().filter_map(|b| self.bound(b, Ty::unknown())).collect();
        // The principal trait comes first; auto traits have no methods.
        found.sort_by_key(|b| self.world.is_marker(b.tr));
        if found.is_empty() { Ty::unknown() } else { Ty::new(TyKind::Dyn(intern_bounds(found))) }
    }

    fn impl_trait(&mut self, bounds: &[ir::Bound]) -> Ty {
        if let Some((generics, next)) = &mut self.impl_params {
            let wanted = ParamKind::ImplTrait(*next);
            *next += 1;
            let generics = *generics;
            // The bounds hold further `impl Trait`s that must be counted.
            for bound in bounds {
                let _ = self.bound(bound, Ty::unknown());
            }
            let index = self.world.generics(generics).params.iter().position(|p| p.kind == wanted);
            return match index {
                Some(index) => Ty::new(TyKind::Param(Param { generics, index: index as u32 })),
                None => Ty::unknown(),
            };
        }
        let Some(generics) = self.generics else { return Ty::unknown() };
        let Some((owner, sink)) = &mut self.opaques else { return Ty::unknown() };
        let owner = *owner;
        let index = sink.len() as u32;
        sink.push(Vec::new());
        let args = self.world.identity_args(generics);
        let opaque = Ty::new(TyKind::Opaque(owner, index, args));
        let bounds: Vec<Bound> = bounds.iter().filter_map(|b| self.bound(b, opaque)).collect();
        if let Some((_, sink)) = &mut self.opaques {
            sink[index as usize] = bounds;
        }
        opaque
    }

    /// `Trait<A, Item = B>` said of `subject`; none when the trait is not known or the bound is `?Sized`.
    pub fn bound(&mut self, bound: &ir::Bound, subject: Ty) -> Option<Bound> {
        if bound.maybe {
            return None;
        }
        self.trait_path(&bound.path, subject)
    }

    pub fn resolve_trait(&self, path: &Path) -> Option<TraitId> {
        if path.qself.is_some() {
            return None;
        }
        let names: Vec<Name> = path.names().collect();
        match self.names.resolve(self.module, &names, path.global, Ns::Types)? {
            Def::Trait(id) => Some(id),
            _ => None,
        }
    }

    pub fn trait_path(&mut self, path: &Path, subject: Ty) -> Option<Bound> {
        let tr = self.resolve_trait(path)?;
        self.trait_args(tr, path.segments.last()?.args.as_deref(), subject)
    }

    pub fn trait_args(&mut self, tr: TraitId, written: Option<&GenericArgs>, subject: Ty) -> Option<Bound> {
        if self.depth > MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let mut args = Vec::new();
        let mut assoc = Vec::new();
        if let Some(written) = written {
            if let Some(sugar) = &written.parenthesized {
                let (inputs, output) = self.fn_sugar(sugar);
                args.push(Ty::tuple(inputs));
                assoc.push((sym::OUTPUT, output));
            } else {
                args.extend(written.args.iter().map(|a| self.generic_arg(a)));
                for a in &written.assoc {
                    if let Some(ty) = &a.ty {
                        assoc.push((a.name, self.ty(ty)));
                    }
                }
            }
        }
        let generics = self.world.tr(tr).generics;
        let mut full = vec![subject];
        full.extend(args);
        let full = self.fill(generics, full, self.in_body);
        self.depth -= 1;
        Some(Bound { tr, args: intern_args(full.get(1..).unwrap_or_default()), assoc })
    }

    fn generic_arg(&mut self, arg: &GenericArg) -> Ty {
        match arg {
            GenericArg::Type(ty) => self.ty(ty),
            GenericArg::Const(value) => self.length(value),
        }
    }

    /// Completes `args` of `generics`: with defaults, unless what is left out is `open`.
    fn fill(&mut self, generics: GenericsId, mut args: Vec<Ty>, open: bool) -> Vec<Ty> {
        let world = self.world;
        let data = world.generics(generics);
        args.truncate(data.params.len());
        for (index, param) in data.params.iter().enumerate() {
            let is_const = matches!(param.kind, ParamKind::Const(_));
            if let Some(arg) = args.get_mut(index) {
                // `Ring<SIZE>`: no type, but a constant.
                *arg = if is_const && arg.is_unknown() { Ty::new(TyKind::Const(None)) } else { *arg };
                continue;
            }
            let default = if open { None } else { world.param_default(generics, index as u32) };
            args.push(match default {
                Some(ty) => Subst::one(generics, intern_args(&args)).apply(ty),
                None if is_const && !open => Ty::new(TyKind::Const(None)),
                None => self.unfilled(),
            });
        }
        args
    }

    fn written_args(&mut self, args: Option<&GenericArgs>) -> Vec<Ty> {
        match args {
            Some(args) => args.args.iter().map(|a| self.generic_arg(a)).collect(),
            None => Vec::new(),
        }
    }

    /// The type arguments of a definition as written in a segment of a path to a value, completed.
    pub fn segment_args(&mut self, generics: GenericsId, args: Option<&GenericArgs>) -> Args {
        let args = self.written_args(args);
        let open = self.leaves_open(&args);
        intern_args(&self.fill(generics, args, open))
    }

    /// `Vec::new()` leaves its argument open, `HashMap::<K, V>::new()` takes the default hasher.
    fn leaves_open(&self, written: &[Ty]) -> bool {
        self.in_body && (written.is_empty() || written.iter().any(|t| t.has_holes()))
    }

    fn edition(&self) -> u16 {
        self.world.input(self.module.krate).edition
    }

    fn path(&mut self, path: &Path) -> Ty {
        let leads_to_value = std::mem::take(&mut self.leads_to_value);
        if let Some(qself) = &path.qself {
            return self.qualified_path(path, &qself.ty, qself.position as usize);
        }
        let Some(first) = path.segments.first() else { return Ty::unknown() };
        if !path.global {
            if first.name == sym::SELF_TYPE {
                let base = self.self_ty.unwrap_or(Ty::unknown());
                return self.assoc_path(base, path, 1, true);
            }
            if let Some(param) = self.generics.and_then(|g| self.world.param_named(g, first.name)) {
                return self.assoc_path(Ty::new(TyKind::Param(param)), path, 1, false);
            }
        }
        let names: Vec<Name> = path.names().collect();
        let Some((def, used)) = self.names.resolve_type(self.module, &names, path.global) else {
            return Ty::unknown();
        };
        let args = path.segments[used - 1].args.as_deref();
        let base = match def {
            Def::Prim(prim) => Ty::prim(prim),
            Def::Adt(adt) => {
                let generics = self.world.adt(adt).generics;
                let args = self.written_args(args);
                let open = leads_to_value && self.leaves_open(&args);
                Ty::new(TyKind::Adt(adt, intern_args(&self.fill(generics, args, open))))
            }
            Def::Alias(alias) => {
                let args = self.written_args(args);
                let open = leads_to_value && self.leaves_open(&args);
                self.alias(alias, args, open)
            }
            // `Trait` alone where a type stands: a trait object of editions before 2021.
            Def::Trait(tr) if used == names.len() && self.edition() < 2021 => {
                match self.trait_args(tr, args, Ty::unknown()) {
                    Some(bound) => Ty::new(TyKind::Dyn(intern_bounds(vec![bound]))),
                    None => Ty::unknown(),
                }
            }
            _ => Ty::unknown(),
        };
        self.assoc_path(base, path, used, false)
    }

    /// An alias with arguments; see [`Lowerer::fill`] for `open`.
    pub fn alias(&mut self, alias: crate::AliasId, args: Vec<Ty>, open: bool) -> Ty {
        let generics = self.world.alias(alias).generics;
        let ty = self.world.alias_ty(alias);
        let args = self.fill(generics, args, open);
        Subst::one(generics, intern_args(&args)).apply(ty)
    }
}

/// A const argument as a type.
pub(crate) fn const_ty(value: &ConstArg) -> Ty {
    Ty::new(TyKind::Const(match value {
        ConstArg::Value(v) => u64::try_from(*v).ok(),
        ConstArg::Path(_) | ConstArg::Infer | ConstArg::Opaque => None,
    }))
}

/// `&str`
pub(crate) fn str_ref() -> Ty {
    Ty::prim(crate::Prim::Str).reference(Mutability::Shared)
}
