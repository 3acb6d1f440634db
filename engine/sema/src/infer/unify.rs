//! Unification, normalisation and coercion.

use std::mem::discriminant;

use rustc_hash::FxHashMap;
use toecap_ir::Mutability;

use super::table::{Snapshot, VarKind};
use super::{Infer, Obligation};
use crate::{Args, Ty, TyKind};

/// Associated types that are others' stop here.
const MAX_STEPS: u32 = 40;

impl Infer<'_> {
    pub(super) fn fresh(&mut self) -> Ty {
        self.table.fresh(VarKind::Any)
    }
    pub(super) fn snapshot(&self) -> Snapshot {
        self.table.snapshot(self.pending.len())
    }
    pub(super) fn rollback(&mut self, to: Snapshot) {
        self.table.rollback(to);
        self.pending.truncate(to.pending);
    }

    /// Follows variables and associated types at the outside.
    pub(super) fn norm(&mut self, ty: Ty) -> Ty {
        let mut ty = self.table.shallow(ty);
        let mut steps = 0;
        while let TyKind::Projection(base, tr, args, name) = *ty.kind() {
            steps += 1;
            if steps > MAX_STEPS || self.depth > 20 {
                self.answers.cut();
                break;
            }
            if self.depth == 0 {
                self.refuel();
            }
            self.depth += 1;
            let found = self.project(base, tr, args, name);
            self.depth -= 1;
            match found {
                Some(found) => {
                    let found = self.table.shallow(found);
                    if found == ty {
                        break;
                    }
                    ty = found;
                }
                None => {
                    // `<<X as A>::B as C>::D` is known by what `<X as A>::B` is.
                    if matches!(self.table.shallow(base).kind(), TyKind::Projection(..)) {
                        let inner = self.norm(base);
                        ty = Ty::new(TyKind::Projection(inner, tr, args, name));
                    }
                    break;
                }
            }
        }
        ty
    }

    /// Follows variables and associated types everywhere.
    pub(super) fn deep(&mut self, ty: Ty) -> Ty {
        if !ty.has_vars() && !ty.has_projections() {
            return ty;
        }
        self.deep_at(ty, 0, &mut FxHashMap::default())
    }
    fn deep_at(&mut self, ty: Ty, depth: u32, done: &mut FxHashMap<Ty, Ty>) -> Ty {
        if depth > 10 {
            return Ty::unknown();
        }
        let ty = self.norm(ty);
        if !ty.has_vars() && !ty.has_projections() {
            return ty;
        }
        match ty.kind() {
            TyKind::Projection(..) | TyKind::Var(_) => ty,
            _ => {
                if let Some(known) = done.get(&ty) {
                    return *known;
                }
                let found = ty.map(&mut |t| self.deep_at(t, depth + 1, done));
                done.insert(ty, found);
                found
            }
        }
    }

    pub(super) fn unify(&mut self, a: Ty, b: Ty) -> bool {
        if a == b {
            return true;
        }
        if self.unify_depth > 60 {
            self.answers.cut();
            return false;
        }
        self.unify_depth += 1;
        let result = self.unify_inner(a, b);
        self.unify_depth -= 1;
        result
    }

    fn unify_inner(&mut self, a: Ty, b: Ty) -> bool {
        let (a, b) = (self.norm(a), self.norm(b));
        if a == b {
            return true;
        }
        use TyKind as K;
        match (a.kind(), b.kind()) {
            (K::Var(x), K::Var(_)) if self.table.kind(*x) == VarKind::Any => self.table.bind(*x, b),
            (K::Var(_), K::Var(y)) => self.table.bind(*y, a),
            (K::Var(x), _) => self.table.bind(*x, b),
            (_, K::Var(y)) => self.table.bind(*y, a),
            (K::Unknown | K::Hole | K::Never, _) | (_, K::Unknown | K::Hole | K::Never) => true,
            (K::Adt(x, p), K::Adt(y, q)) => x == y && self.unify_args(p, q),
            (K::Ref(x, m), K::Ref(y, n)) => m == n && self.unify(*x, *y),
            (K::Ptr(x, m), K::Ptr(y, n)) => m == n && self.unify(*x, *y),
            (K::Slice(x), K::Slice(y)) => self.unify(*x, *y),
            (K::Array(x, n), K::Array(y, m)) => self.unify(*x, *y) && self.unify(*n, *m),
            (K::Future(x, _), K::Future(y, _)) => self.unify(*x, *y),
            (K::Tuple(x), K::Tuple(y)) => x.len() == y.len() && self.unify_args(x, y),
            (K::Dyn(x), K::Dyn(y)) => {
                let (Some(x), Some(y)) = (x.first(), y.first()) else { return false };
                if x.tr != y.tr || !self.unify_args(x.args, y.args) {
                    return false;
                }
                for (name, ty) in &x.assoc {
                    if let Some(other) = y.assoc_ty(*name) {
                        self.unify(*ty, other);
                    }
                }
                true
            }
            (K::Opaque(x, i, p), K::Opaque(y, j, q)) => x == y && i == j && self.unify_args(p, q),
            (K::FnPtr(p, r), K::FnPtr(q, s)) => p.len() == q.len() && self.unify_args(p, q) && self.unify(*r, *s),
            (K::FnDef(f, p), K::FnDef(g, q)) => f == g && self.unify_args(p, q),
            (K::Projection(x, t, p, n), K::Projection(y, u, q, m)) if t == u && n == m => {
                self.unify(*x, *y);
                self.unify_args(p, q);
                true
            }
            (K::Projection(base, ..), _) | (_, K::Projection(base, ..)) => {
                matches!(self.table.shallow(*base).kind(), K::Var(_) | K::Unknown)
            }
            (K::Const(x), K::Const(y)) => x.is_none() || y.is_none(),
            (K::Const(None), _) | (_, K::Const(None)) => true,
            _ => false,
        }
    }

    /// Is it clear from the outside that a type, whatever its parameters become, cannot be unified with `ty`?
    pub(super) fn never_unify(&self, pattern: Ty, ty: Ty) -> bool {
        let ty = self.table.shallow(ty);
        match (pattern.kind(), ty.kind()) {
            (TyKind::Ref(a, m), TyKind::Ref(b, n)) => m != n || self.never_unify(*a, *b),
            (TyKind::Adt(a, _), TyKind::Adt(b, _)) => a != b,
            (TyKind::Prim(a), TyKind::Prim(b)) => a != b,
            (_, TyKind::Param(_)) => is_rigid(pattern),
            (a, b) => is_rigid(pattern) && is_rigid(ty) && discriminant(a) != discriminant(b),
        }
    }

    pub(super) fn unify_args(&mut self, a: Args, b: Args) -> bool {
        let mut fits = true;
        for (x, y) in a.iter().zip(b) {
            fits &= self.unify(*x, *y);
        }
        fits
    }

    /// Unifies, or leaves everything as it was.
    pub(super) fn try_unify(&mut self, a: Ty, b: Ty) -> bool {
        let before = self.snapshot();
        if self.unify(a, b) {
            return true;
        }
        self.rollback(before);
        false
    }

    /// A value of type `from` goes where `to` is wanted: unifies, else through deref and unsizing.
    pub(super) fn coerce(&mut self, from: Ty, to: Ty) {
        let (from, to) = (self.norm(from), self.norm(to));
        if self.try_unify(from, to) {
            return;
        }
        match (*from.kind(), *to.kind()) {
            (TyKind::Ref(a, _), TyKind::Ref(b, _)) => self.coerce_refs(a, b),
            (TyKind::Ref(a, _), TyKind::Ptr(b, _)) | (TyKind::Ptr(a, Mutability::Mut), TyKind::Ptr(b, _)) => {
                self.try_unify(a, b);
            }
            (TyKind::Adt(x, p), TyKind::Adt(y, q)) if x == y && self.is_pointer(x) => {
                if let (Some(a), Some(b)) = (p.first(), q.first()) {
                    if self.lang.pin == Some(x) { self.coerce(*a, *b) } else { self.unsize(*a, *b) }
                }
            }
            (TyKind::Closure(_) | TyKind::FnDef(..) | TyKind::Ctor(..), TyKind::FnPtr(params, ret)) => {
                if let Some((own, own_ret)) = self.callable(from) {
                    for (a, b) in own.iter().zip(params) {
                        self.try_unify(*a, *b);
                    }
                    self.try_unify(own_ret, ret);
                }
            }
            _ => {}
        }
    }

    fn coerce_refs(&mut self, a: Ty, b: Ty) {
        if self.try_unify(a, b) {
            return;
        }
        if matches!(self.norm(b).kind(), TyKind::Dyn(_)) {
            self.unsize(a, b);
            return;
        }
        for step in self.autoderef(a).into_iter().skip(1) {
            if self.try_unify(step, b) {
                return;
            }
        }
        let (a, b) = (self.norm(a), self.norm(b));
        if let (TyKind::Array(x, _), TyKind::Slice(y)) = (a.kind(), b.kind()) {
            self.try_unify(*x, *y);
        }
    }

    /// `T` where `dyn Trait` is wanted: what the trait says of `T` is learnt.
    fn unsize(&mut self, a: Ty, b: Ty) {
        let (a, b) = (self.norm(a), self.norm(b));
        match (a.kind(), b.kind()) {
            (_, TyKind::Dyn(bounds)) => {
                for bound in *bounds {
                    self.pending.push(Obligation::new(a, bound.clone()));
                }
                self.select_pending();
            }
            (TyKind::Array(x, _), TyKind::Slice(y)) => {
                self.try_unify(*x, *y);
            }
            _ => {}
        }
    }

    fn is_pointer(&self, adt: crate::AdtId) -> bool {
        [self.lang.boxed, self.lang.arc, self.lang.rc, self.lang.pin].contains(&Some(adt))
    }

    /// The common type of two branches.
    pub(super) fn join(&mut self, a: Ty, b: Ty) -> Ty {
        let (left, right) = (self.table.shallow(a), self.table.shallow(b));
        if matches!(right.kind(), TyKind::Never) {
            return a;
        }
        if matches!(left.kind(), TyKind::Never | TyKind::Unknown) {
            return b;
        }
        if right.is_unknown() {
            return a;
        }

        if let (TyKind::Ref(x, _), TyKind::Ref(y, _)) = (*left.kind(), *right.kind())
            && self.derefs_to(x, y)
        {
            return b;
        }
        self.coerce(b, a);
        a
    }

    /// Does `&from` become `&to` through `Deref`, as in `[&String::new(), "x"]`?
    fn derefs_to(&mut self, from: Ty, to: Ty) -> bool {
        let (from, to) = (self.norm(from), self.norm(to));
        let may_be = match (from.kind(), to.kind()) {
            (TyKind::Adt(x, _), TyKind::Adt(y, _)) => x != y,
            (TyKind::Adt(..), TyKind::Prim(_) | TyKind::Slice(_)) => true,
            _ => false,
        };
        may_be && self.autoderef(from).contains(&to)
    }

    /// Without outer references.
    pub(super) fn strip(&mut self, ty: Ty) -> Ty {
        let mut ty = self.norm(ty);
        while let TyKind::Ref(inner, _) = ty.kind() {
            ty = self.norm(*inner);
        }
        ty
    }

    /// Looks through references for a pattern, with the binding mode that this means.
    pub(super) fn peel(&mut self, ty: Ty, mode: Option<Mutability>) -> (Ty, Option<Mutability>) {
        let mut ty = self.norm(ty);
        let mut mode = mode;
        while let TyKind::Ref(inner, m) = *ty.kind() {
            mode = Some(if mode == Some(Mutability::Shared) { Mutability::Shared } else { m });
            ty = self.norm(inner);
        }
        (ty, mode)
    }
}

/// A type that is unified with nothing but types of its kind.
fn is_rigid(ty: Ty) -> bool {
    use TyKind as K;
    matches!(
        ty.kind(),
        K::Prim(_)
            | K::Adt(..)
            | K::Ref(..)
            | K::Ptr(..)
            | K::Tuple(_)
            | K::Slice(_)
            | K::Array(..)
            | K::Dyn(_)
            | K::FnPtr(..)
    )
}
