//! From types as written to types: generics, `Self`, associated types, `impl Trait`, aliases.

use toecap_ir::{
    self as ir, ConstArg, FnSugar, GenericArg, GenericArgs, GenericParamKind, ItemKind, Mutability, Name, Path,
    TypeRef, sym,
};

use crate::names::Names;
use crate::query::{Key, query};
use crate::{
    Args, Bound, Def, FnId, FnSig, GenericsId, GenericsOwner, ModuleId, Ns, OpaqueOwner, Param, ParamKind, Predicate,
    Subst, TraitId, Ty, TyKind, World, intern_args, intern_bounds,
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

    /// `base::A::B` for the segments from `from` on.
    fn assoc_path(&mut self, base: Ty, path: &Path, from: usize, is_self: bool) -> Ty {
        let mut ty = base;
        for (i, segment) in path.segments.iter().enumerate().skip(from) {
            ty = self.assoc_with(ty, segment, is_self && i == from);
        }
        ty
    }

    fn qualified_path(&mut self, path: &Path, base: &TypeRef, position: usize) -> Ty {
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

/// A const argument as a type.
pub(crate) fn const_ty(value: &ConstArg) -> Ty {
    Ty::new(TyKind::Const(match value {
        ConstArg::Value(v) => u64::try_from(*v).ok(),
        ConstArg::Path(_) | ConstArg::Infer | ConstArg::Opaque => None,
    }))
}

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

    /// The signature of a function.
    pub fn fn_sig(&self, id: FnId) -> &FnSig {
        static NONE: std::sync::OnceLock<FnSig> = std::sync::OnceLock::new();
        let data = self.func(id);
        let unknown = || FnSig { receiver: None, params: [].into(), ret: Ty::unknown(), opaques: [].into() };
        query(&data.sig, Key::Sig(id), || self.lower_sig(id)).unwrap_or_else(|| NONE.get_or_init(unknown))
    }

    fn lower_sig(&self, id: FnId) -> FnSig {
        let data = self.func(id);
        let item = self.fn_item(id);
        let mut lowerer = Lowerer::of(self, data.generics);
        let receiver = item.receiver.as_ref().map(|r| lowerer.ty(&r.ty));
        lowerer.impl_params = Some((data.generics, 0));
        let params = item.params.iter().map(|t| lowerer.ty(t)).collect();
        lowerer.impl_params = None;
        lowerer.opaques = Some((OpaqueOwner::Fn(id), Vec::new()));
        let output = item.ret.as_ref().map_or(Ty::unit(), |t| lowerer.ty(t));
        let opaques = lowerer.opaques.take().map(|(_, o)| o).unwrap_or_default();
        let ret = if item.flags.is_async && !runs_itself(&self.defs(id.krate).item(data.loc).attrs) {
            Ty::new(TyKind::Future(output, crate::FutureOrigin::Fn(id)))
        } else {
            output
        };
        FnSig { receiver, params, ret, opaques: opaques.into() }
    }

    /// Names and types of the fields of a variant, with the type's parameters in them.
    pub fn field_tys(&self, adt: crate::AdtId, variant: u32) -> &[(Name, Ty)] {
        let data = self.adt(adt);
        query(&data.field_tys, Key::Fields(adt), || {
            let defs = self.defs(adt.krate);
            let item = match &defs.item(data.loc).kind {
                ItemKind::Struct(a) | ItemKind::Union(a) | ItemKind::Enum(a) => a,
                _ => return Vec::new(),
            };
            let mut lowerer = Lowerer::of(self, data.generics);
            data.variants
                .iter()
                .map(|v| {
                    let fields = &item.variants[v.index as usize].fields;
                    let tuple = v.kind == ir::VariantKind::Tuple;
                    v.fields
                        .iter()
                        .enumerate()
                        .map(|(position, index)| {
                            let field = &fields[*index as usize];
                            let name = if tuple { Name::tuple_field(position) } else { field.name };
                            (name, lowerer.ty(&field.ty))
                        })
                        .collect()
                })
                .collect()
        })
        .and_then(|v: &Vec<Vec<(Name, Ty)>>| v.get(variant as usize))
        .map_or(&[], |v| v.as_slice())
    }

    /// The type of a const or static.
    pub fn const_ty(&self, id: crate::ConstId) -> Ty {
        let data = self.constant(id);
        query(&data.ty, Key::Const(id), || {
            let defs = self.defs(id.krate);
            match &defs.item(data.loc).kind {
                ItemKind::Const { ty, .. } | ItemKind::Static { ty, .. } => {
                    let mut lowerer = match data.generics {
                        Some(generics) => Lowerer::of(self, generics),
                        None => Lowerer::new(self, data.module, None),
                    };
                    lowerer.module = data.module;
                    lowerer.ty(ty)
                }
                _ => Ty::unknown(),
            }
        })
        .copied()
        .unwrap_or(Ty::unknown())
    }

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

/// `#[tokio::main]`, `#[tokio::test]` and their like make an `async fn` one that blocks until it is done.
fn runs_itself(attrs: &ir::Attrs) -> bool {
    attrs.list.iter().any(|attr| matches!(&*attr.path, [_, .., last] if *last == "main" || *last == "test"))
}

fn is_self_path(ty: &TypeRef) -> bool {
    matches!(ty, TypeRef::Path(p) if p.as_ident() == Some(sym::SELF_TYPE))
}

/// `&str`
pub(crate) fn str_ref() -> Ty {
    Ty::prim(crate::Prim::Str).reference(Mutability::Shared)
}
