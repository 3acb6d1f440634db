//! Unification variables of one body.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Args, Prim, Ty, TyKind, intern_args};

/// What a variable may become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum VarKind {
    Any,
    /// An integer literal.
    Int,
    /// A float literal.
    Float,
}

/// A point to go back to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Snapshot {
    trail: usize,
    vars: usize,
    pub pending: usize,
}

/// Variables and what they are bound to.
#[derive(Default)]
pub(crate) struct Table {
    vars: Vec<(Option<Ty>, VarKind)>,
    trail: Vec<u32>,
}

impl Table {
    pub fn fresh(&mut self, kind: VarKind) -> Ty {
        self.vars.push((None, kind));
        Ty::var(self.vars.len() as u32 - 1)
    }
    pub fn kind(&self, var: u32) -> VarKind {
        self.vars.get(var as usize).map_or(VarKind::Any, |v| v.1)
    }
    pub fn bindings(&self) -> usize {
        self.trail.len()
    }
    pub fn snapshot(&self, pending: usize) -> Snapshot {
        Snapshot { trail: self.trail.len(), vars: self.vars.len(), pending }
    }
    pub fn rollback(&mut self, to: Snapshot) {
        while self.trail.len() > to.trail {
            if let Some(var) = self.trail.pop() {
                self.vars[var as usize].0 = None;
            }
        }
        // Their numbers are given again, so that what is tried and given up makes the same types every time.
        self.vars.truncate(to.vars);
    }
    /// Follows bound variables at the outside.
    pub fn shallow(&self, ty: Ty) -> Ty {
        let mut ty = ty;
        while let TyKind::Var(var) = ty.kind() {
            match self.vars.get(*var as usize).and_then(|v| v.0) {
                Some(bound) => ty = bound,
                None => break,
            }
        }
        ty
    }
    /// Follows bound variables everywhere.
    pub fn resolve(&self, ty: Ty) -> Ty {
        if !ty.has_vars() {
            return ty;
        }
        self.resolve_depth(ty, 0, &mut FxHashMap::default())
    }
    /// Types share their parts, so that a type of a few hundred nodes can be a tree of millions: each node is done once.
    fn resolve_depth(&self, ty: Ty, depth: u32, done: &mut FxHashMap<Ty, Ty>) -> Ty {
        let ty = self.shallow(ty);
        if !ty.has_vars() || matches!(ty.kind(), TyKind::Var(_)) {
            return ty;
        }
        if depth > 40 {
            return Ty::unknown();
        }
        if let Some(known) = done.get(&ty) {
            return *known;
        }
        let resolved = ty.map(&mut |t| self.resolve_depth(t, depth + 1, done));
        done.insert(ty, resolved);
        resolved
    }
    /// An unbound variable of kind Any?
    pub fn is_open(&self, ty: Ty) -> bool {
        matches!(self.shallow(ty).kind(), TyKind::Var(v) if self.kind(*v) == VarKind::Any)
    }
    /// Every `_` becomes a fresh variable.
    pub fn open_holes(&mut self, ty: Ty) -> Ty {
        if !ty.has_holes() {
            return ty;
        }
        if matches!(ty.kind(), TyKind::Hole) {
            return self.fresh(VarKind::Any);
        }
        ty.map(&mut |t| self.open_holes(t))
    }
    pub fn open_args(&mut self, args: Args) -> Args {
        let open: Vec<Ty> = args.iter().map(|t| self.open_holes(*t)).collect();
        intern_args(&open)
    }

    /// Binds `var` to `ty`; false when their kinds exclude each other.
    pub fn bind(&mut self, var: u32, ty: Ty) -> bool {
        let fits = match (self.kind(var), ty.kind()) {
            (VarKind::Any, _) | (_, TyKind::Unknown) => true,
            (kind, TyKind::Var(other)) => {
                if self.kind(*other) == VarKind::Any {
                    self.set(*other, Ty::var(var));
                    return true;
                }
                self.kind(*other) == kind
            }
            (VarKind::Int, TyKind::Prim(p)) => p.is_int(),
            (VarKind::Float, TyKind::Prim(p)) => p.is_float(),
            _ => false,
        };
        if !fits {
            return false;
        }
        // Unknown teaches nothing, and a type that holds itself is nobody's intention.
        if !ty.is_unknown() && !self.occurs(var, ty, 0, &mut FxHashSet::default()) {
            self.set(var, ty);
        }
        true
    }
    fn set(&mut self, var: u32, ty: Ty) {
        if let Some(slot) = self.vars.get_mut(var as usize) {
            slot.0 = Some(ty);
            self.trail.push(var);
        }
    }
    fn occurs(&self, var: u32, ty: Ty, depth: u32, done: &mut FxHashSet<Ty>) -> bool {
        if !ty.has_vars() {
            return false;
        }
        if depth > 40 {
            return true;
        }
        let ty = self.shallow(ty);
        if let TyKind::Var(other) = ty.kind() {
            return *other == var;
        }
        if !done.insert(ty) {
            return false;
        }
        let mut found = false;
        ty.each(&mut |t| found = found || self.occurs(var, t, depth + 1, done));
        found
    }
    /// The type that an unbound literal falls back to.
    pub fn fallback(&self, ty: Ty) -> Ty {
        match ty.kind() {
            TyKind::Var(v) => match self.kind(*v) {
                VarKind::Int => Ty::prim(Prim::I32),
                VarKind::Float => Ty::prim(Prim::F64),
                VarKind::Any => Ty::unknown(),
            },
            _ => ty,
        }
    }
    /// The final form of a type: no variables.
    pub fn finish(&self, ty: Ty) -> Ty {
        let ty = self.resolve(ty);
        if !ty.has_vars() && !ty.has_holes() {
            return ty;
        }
        self.close(ty, &mut FxHashMap::default())
    }
    fn close(&self, ty: Ty, done: &mut FxHashMap<Ty, Ty>) -> Ty {
        match ty.kind() {
            TyKind::Var(_) => self.fallback(ty),
            TyKind::Hole => Ty::unknown(),
            _ if ty.has_vars() || ty.has_holes() => {
                if let Some(known) = done.get(&ty) {
                    return *known;
                }
                let closed = ty.map(&mut |t| self.close(t, done));
                done.insert(ty, closed);
                closed
            }
            _ => ty,
        }
    }
}
