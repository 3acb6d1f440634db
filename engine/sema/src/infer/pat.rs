//! Patterns: what they bind, and what they teach about the scrutinee.

use toecap_ir::{Mutability, Name, Pat, PatId, Path, TypeRef};

use super::Infer;
use crate::{AdtId, Def, Ns, Ty, TyKind};

impl Infer<'_> {
    /// Matches `pat` against a value of type `ty`, in binding mode `mode` (none: by value).
    pub(super) fn pat(&mut self, pat: PatId, ty: Ty, mode: Option<Mutability>) {
        if pat.index() >= self.pat_tys.len() {
            self.pat_tys.resize(self.body.pats.len(), Ty::unknown());
        }
        self.pat_tys[pat.index()] = ty;
        let taken = self.body.take_pat(pat);
        let expanded = match &*taken {
            Pat::MacroCall(call) => self.expand_pat(call),
            _ => None,
        };
        let Some((inner, file)) = expanded else {
            self.pat_inner(pat, &taken, ty, mode);
            self.body.put_pat(pat, taken);
            return;
        };
        let outer = self.in_expansion.replace(file);
        self.pat(inner, ty, mode);
        self.in_expansion = outer;
        self.body.grow().pats[pat] = Pat::Or(Box::new([inner]));
    }

    fn pat_inner(&mut self, id: PatId, pat: &Pat, ty: Ty, mode: Option<Mutability>) {
        match pat {
            Pat::Bind { name, by_ref, mutable, sub } => {
                self.bind_pat(id, *name, *by_ref, *mutable, *sub, ty, mode);
            }
            Pat::Opaque | Pat::Wild | Pat::Rest | Pat::Range | Pat::MacroCall(_) => {}
            Pat::Lit(literal) => {
                let own = self.literal(literal);
                let value = self.strip(ty);
                let own = self.strip(own);
                self.try_unify(own, value);
            }
            Pat::Path(path) => {
                if let Some((own, ..)) = self.ctor_pat(path) {
                    let value = self.strip(ty);
                    self.try_unify(own, value);
                }
            }
            Pat::Or(cases) => self.or_pat(cases, ty, mode),
            Pat::Typed(inner, written) => {
                let written = self.written_ty(written);
                self.coerce(ty, written);
                self.pat(*inner, written, mode);
            }
            Pat::Ref(inner, m) => {
                let value = self.norm(ty);
                match *value.kind() {
                    TyKind::Ref(target, _) => self.pat(*inner, target, None),
                    TyKind::Var(_) => {
                        let target = self.fresh();
                        self.unify(value, target.reference(*m));
                        self.pat(*inner, target, None);
                    }
                    _ => self.pat(*inner, value, None),
                }
            }
            Pat::Tuple(parts) => {
                let (value, mode) = self.peel(ty, mode);
                let has_rest = parts.iter().any(|p| matches!(self.body.pats[*p], Pat::Rest));
                let tys = match *value.kind() {
                    TyKind::Tuple(tys) => tys.to_vec(),
                    TyKind::Var(_) if !has_rest => {
                        let tys: Vec<Ty> = parts.iter().map(|_| self.fresh()).collect();
                        self.unify(value, Ty::tuple(&tys));
                        tys
                    }
                    _ => Vec::new(),
                };
                self.sub_pats(parts, &tys, mode);
            }
            Pat::TupleStruct { path, pats } => {
                let (value, mode) = self.peel(ty, mode);
                let fields = self.ctor_fields(path, value);
                let tys: Vec<Ty> = fields.into_iter().map(|(_, t)| t).collect();
                self.sub_pats(pats, &tys, mode);
            }
            Pat::Record { path, fields } => {
                let (value, mode) = self.peel(ty, mode);
                let declared = self.ctor_fields(path, value);
                for (name, sub) in fields {
                    let ty = declared.iter().find(|(n, _)| n == name).map_or(Ty::unknown(), |(_, t)| *t);
                    self.pat(*sub, ty, mode);
                }
            }
            Pat::Slice(parts) => self.slice_pat(parts, ty, mode),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a binding")]
    fn bind_pat(
        &mut self,
        id: PatId,
        name: Name,
        by_ref: bool,
        mutable: bool,
        sub: Option<PatId>,
        ty: Ty,
        mode: Option<Mutability>,
    ) {
        if !by_ref && !mutable && sub.is_none() && self.names_constant(name, ty) {
            return;
        }
        let bound = match (by_ref, mode) {
            (true, _) => ty.reference(if mutable { Mutability::Mut } else { Mutability::Shared }),
            (false, Some(m)) => ty.reference(m),
            (false, None) => ty,
        };
        if let Some(hint) = self.hints.get(id.index()).copied()
            && !matches!(hint.kind(), TyKind::Hole | TyKind::Unknown)
            && matches!(self.table.shallow(ty).kind(), TyKind::Var(_))
        {
            let hint = self.table.open_holes(hint);
            self.try_unify(ty, hint);
        }
        if let Some(sub) = sub {
            self.pat(sub, ty, mode);
        }
        self.declare(name, Some(id), bound);
    }

    /// A bare name in a pattern that means a unit variant, unit struct or constant.
    fn names_constant(&mut self, name: Name, ty: Ty) -> bool {
        let starts_upper = name.as_str().starts_with(|c: char| c.is_uppercase());
        if !starts_upper {
            return false;
        }
        match self.names.resolve(self.module, &[name], false, Ns::Values) {
            Some(Def::Variant(adt, _) | Def::Adt(adt)) => {
                let own = self.open_adt(adt);
                let value = self.strip(ty);
                self.try_unify(own, value);
                true
            }
            Some(Def::Const(_)) => true,
            _ => false,
        }
    }

    fn or_pat(&mut self, cases: &[PatId], ty: Ty, mode: Option<Mutability>) {
        for (i, case) in cases.iter().enumerate() {
            if i == 0 {
                self.pat(*case, ty, mode);
                continue;
            }
            // The other cases bind the same variables.
            let first = self.scopes.last().map_or(0, Vec::len);
            self.pat(*case, ty, mode);
            let again: Vec<(Name, super::LocalId)> =
                self.scopes.last_mut().map(|s| s.split_off(first.min(s.len()))).unwrap_or_default();
            for (name, id) in again {
                let Some(original) = self.local_named(name) else { continue };
                let (a, b) = (self.locals[original.0 as usize].ty, self.locals[id.0 as usize].ty);
                self.try_unify(a, b);
                if let Some(pat) = self.locals[id.0 as usize].pat {
                    self.bindings.insert(pat, original);
                }
            }
        }
    }

    fn slice_pat(&mut self, parts: &[PatId], ty: Ty, mode: Option<Mutability>) {
        let (value, mode) = self.peel(ty, mode);
        let element = match *value.kind() {
            TyKind::Slice(e) | TyKind::Array(e, _) => e,
            _ => self.index_ty(value, None),
        };
        for part in parts {
            let is_rest = matches!(&self.body.pats[*part], Pat::Bind { sub: Some(sub), .. }
                if matches!(self.body.pats[*sub], Pat::Rest));
            let ty = if is_rest { Ty::new(TyKind::Slice(element)) } else { element };
            self.pat(*part, ty, mode);
        }
    }

    fn sub_pats(&mut self, pats: &[PatId], tys: &[Ty], mode: Option<Mutability>) {
        let rest = pats.iter().position(|p| matches!(self.body.pats[*p], Pat::Rest));
        for (i, pat) in pats.iter().enumerate() {
            let ty = match rest {
                Some(rest) if i == rest => continue,
                Some(rest) if i > rest => (tys.len() + i).checked_sub(pats.len()).and_then(|at| tys.get(at)).copied(),
                _ => tys.get(i).copied(),
            };
            self.pat(*pat, ty.unwrap_or(Ty::unknown()), mode);
        }
    }

    fn ctor_fields(&mut self, path: &Path, value: Ty) -> Vec<(Name, Ty)> {
        let Some((own, adt, variant)) = self.ctor_pat(path) else { return Vec::new() };
        self.try_unify(own, value);
        match *self.norm(own).kind() {
            TyKind::Adt(_, args) => self.fields(adt, variant, args),
            _ => Vec::new(),
        }
    }

    /// Fields of a variant with arguments put in.
    pub(super) fn fields(&mut self, adt: AdtId, variant: u32, args: crate::Args) -> Vec<(Name, Ty)> {
        let world = self.world;
        let subst = crate::Subst::one(world.adt(adt).generics, args);
        world.field_tys(adt, variant).iter().map(|(name, ty)| (*name, subst.apply(*ty))).collect()
    }

    /// A type with fresh arguments.
    pub(super) fn open_adt(&mut self, adt: AdtId) -> Ty {
        let count = self.world.adt(adt).generics;
        let args: Vec<Ty> = self.world.generics(count).params.iter().map(|_| self.fresh()).collect();
        Ty::adt(adt, &args)
    }

    /// The type, definition and variant that a constructor path means.
    pub(super) fn ctor_pat(&mut self, path: &Path) -> Option<(Ty, AdtId, u32)> {
        let names: Vec<Name> = path.names().collect();
        let first = names.first().copied()?;
        if path.qself.is_none() && !path.global && first == toecap_ir::sym::SELF_TYPE && names.len() < 3 {
            let self_ty = self.self_ty?;
            let own = self_ty.as_adt().map(|(adt, _)| adt);
            match (own, names.get(1)) {
                (Some(adt), None) => return Some((self_ty, adt, 0)),
                (Some(adt), Some(name)) if let Some(variant) = self.variant_named(adt, *name) => {
                    return Some((self_ty, adt, variant));
                }
                _ => return self.assoc_ctor(path),
            }
        }
        let starts_with_type = path.qself.is_some() || first == toecap_ir::sym::SELF_TYPE && !path.global;
        if starts_with_type {
            return self.assoc_ctor(path);
        }
        let found = self
            .names
            .resolve_prefix(self.module, &names, path.global, Ns::Types)
            .or_else(|| self.names.resolve_prefix(self.module, &names, path.global, Ns::Values))?;
        match found {
            (Def::Adt(adt), used) if used == names.len() => {
                let ty = self.open_adt(adt);
                Some((ty, adt, 0))
            }
            (Def::Variant(adt, variant), used) if used == names.len() => {
                let ty = self.open_adt(adt);
                Some((ty, adt, variant))
            }
            (Def::Alias(alias), used) => {
                let mut lowerer = self.lowerer();
                let ty = lowerer.alias(alias, Vec::new(), true);
                let ty = self.table.open_holes(ty);
                let (adt, _) = self.norm(ty).as_adt()?;
                let variant = match names.get(used) {
                    Some(name) => self.variant_named(adt, *name)?,
                    None => 0,
                };
                Some((ty, adt, variant))
            }
            _ => None,
        }
    }

    /// `Self::Message`, `Self::Message::Stop`, `<T as Actor>::Message`: by way of an associated type.
    fn assoc_ctor(&mut self, path: &Path) -> Option<(Ty, AdtId, u32)> {
        let whole = self.written_ty(&TypeRef::Path(Box::new(path.clone())));
        let whole = self.norm(whole);
        if let Some((adt, _)) = whole.as_adt() {
            return Some((whole, adt, 0));
        }
        let (last, of) = path.segments.split_last()?;
        let prefix = Path { segments: of.into(), ..path.clone() };
        let ty = self.written_ty(&TypeRef::Path(Box::new(prefix)));
        let ty = self.norm(ty);
        let (adt, _) = ty.as_adt()?;
        Some((ty, adt, self.variant_named(adt, last.name)?))
    }

    pub(super) fn variant_named(&self, adt: AdtId, name: Name) -> Option<u32> {
        let data = self.world.adt(adt);
        if !data.is_enum {
            return None;
        }
        data.variants.iter().position(|v| v.name == name).map(|i| i as u32)
    }
}
