//! Method lookup: autoderef, inherent impls before traits, bounds, traits in scope.

use toecap_ir::{Mutability, Name, Visibility};

use super::table::VarKind;
use super::traits::Selected;
use super::{Infer, Picked};
use crate::{Bound, FnId, GenericsOwner, ImplId, Subst, TraitId, Ty, TyKind, intern_args};

/// Methods of traits that may be implemented: the first of each kind.
#[derive(Default)]
struct Doubts {
    /// One impl fits, as far as is known.
    likely: Option<(TraitId, FnId, Ty)>,
    /// And one of another trait fits as well.
    has_rival: bool,
    /// There are impls for something like the type.
    plausible: Option<(TraitId, FnId, Ty)>,
}

impl Infer<'_> {
    /// The method that `receiver.name(..)` calls.
    pub(super) fn probe(&mut self, receiver: Ty, name: Name) -> Option<Picked> {
        let steps = self.autoderef(receiver);
        match steps.last() {
            None => return None,
            Some(t) if t.is_unknown() => return None,
            Some(t) if self.table.is_open(*t) && steps.len() == 1 => return None,
            _ => {}
        }
        let inherent = self.inherent_candidates(&steps, name);
        let mut bounds: Vec<(Bound, FnId, Ty)> = Vec::new();
        for step in &steps {
            if is_abstract(*step) {
                for bound in self.bounds_of(*step) {
                    if let Some(f) = self.world.tr(bound.tr).fns.get(&name) {
                        bounds.push((bound, *f, *step));
                    }
                }
            }
        }
        let traits = self.traits_with(name);
        let mut doubts = Doubts::default();
        for step in &steps {
            // Of an associated type that could not be found out, only what its trait says of it is known.
            let is_lost = self.is_lost(*step);
            let mut adjusted = vec![*step, step.reference(Mutability::Shared), step.reference(Mutability::Mut)];
            if let TyKind::Ptr(target, Mutability::Mut) = *step.kind() {
                adjusted.push(Ty::new(TyKind::Ptr(target, Mutability::Shared)));
            }
            for ty in adjusted {
                if let Some(picked) = self.probe_inherent(&inherent, ty) {
                    return Some(picked);
                }
                if let Some(picked) = self.probe_bounds(&bounds, ty) {
                    return Some(picked);
                }
                if doubts.likely.is_none()
                    && !is_lost
                    && let Some(picked) = self.probe_traits(&traits, name, ty, &mut doubts)
                {
                    return Some(picked);
                }
            }
        }
        self.pick_doubtful(doubts, steps.len())
    }

    /// The method of a trait that may be implemented, when nothing is sure; the receiver has so many steps of autoderef.
    fn pick_doubtful(&mut self, doubts: Doubts, steps: usize) -> Option<Picked> {
        let (tr, f, ty) = doubts.likely.or(doubts.plausible).filter(|_| !doubts.has_rival)?;
        let generics = self.world.tr(tr).generics;
        let subst = self.fresh_subst(generics);
        let receiver = self.world.fn_sig(f).receiver?;
        self.unify(subst.apply(receiver), ty);
        let (self_var, args) = subst.of(generics)?.split_first()?;
        let self_ty = self.norm(*self_var);
        // What is not inferred yet is no reason to doubt, what is unknown is. Nor is a doubt one where nothing else has such a
        // method, since the program compiles.
        let resolved = self.table.resolve(self_ty);
        let is_only = steps == 1 && doubts.plausible.is_none() && !resolved.has_unknown();
        let sure = doubts.likely.is_some()
            && (is_only || resolved.has_vars())
            && !matches!(self.select(tr, self_ty, intern_args(args)), Selected::No | Selected::Maybe);
        Some(Picked { f, subst, of: Some((tr, self_ty)), receiver: ty, sure })
    }

    pub(super) fn inherent_candidates(&mut self, steps: &[Ty], name: Name) -> Vec<(ImplId, FnId)> {
        let mut found = Vec::new();
        for step in steps {
            // Of a number of open type, rustc knows no inherent methods either.
            for imp in self.world.inherent_impls(*step) {
                if let Some(f) = self.world.imp(imp).fns.get(&name)
                    && !found.contains(&(imp, *f))
                    && self.is_visible(*f)
                {
                    found.push((imp, *f));
                }
            }
        }
        found
    }

    /// May the method of an inherent impl be called here? Another crate's private one never is.
    pub(super) fn is_visible(&self, f: FnId) -> bool {
        let data = self.world.func(f);
        let item = self.world.defs(f.krate).item(data.loc);
        f.krate == self.module.krate || matches!(item.vis, Visibility::Public)
    }

    fn probe_inherent(&mut self, candidates: &[(ImplId, FnId)], ty: Ty) -> Option<Picked> {
        let world = self.world;
        for (imp, f) in candidates {
            let Some(receiver) = world.fn_sig(*f).receiver else { continue };
            if self.never_unify(receiver, ty) {
                continue;
            }
            let before = self.snapshot();
            let subst = self.fresh_subst(world.imp(*imp).generics);
            let applies = self.unify(subst.apply(receiver), ty)
                && match candidates.len() {
                    1 => !self.lacks_bound(*imp, &subst),
                    _ => self.impl_applies(*imp, &subst),
                };
            if applies && !(candidates.len() > 1 && self.hangs_on_length(*imp, ty)) {
                return Some(Picked { f: *f, subst, of: None, receiver: ty, sure: true });
            }
            self.rollback(before);
        }
        None
    }

    fn probe_bounds(&mut self, candidates: &[(Bound, FnId, Ty)], ty: Ty) -> Option<Picked> {
        for (bound, f, subject) in candidates {
            let Some(receiver) = self.world.fn_sig(*f).receiver else { continue };
            if self.never_unify(receiver, ty) {
                continue;
            }
            let before = self.snapshot();
            let subst = self.open_bound_subst(bound, *subject);
            if self.unify(subst.apply(receiver), ty) {
                // What it is may have a method of its own of that name.
                let sure = !self.is_lost(*subject);
                return Some(Picked { f: *f, subst, of: Some((bound.tr, *subject)), receiver: ty, sure });
            }
            self.rollback(before);
        }
        None
    }

    fn probe_traits(&mut self, traits: &[TraitId], name: Name, ty: Ty, doubts: &mut Doubts) -> Option<Picked> {
        let world = self.world;
        for tr in traits {
            let data = world.tr(*tr);
            let Some(f) = data.fns.get(&name).copied() else { continue };
            let Some(receiver) = world.fn_sig(f).receiver else { continue };
            if self.never_unify(receiver, ty) {
                continue;
            }
            let before = self.snapshot();
            let subst = self.fresh_subst(data.generics);
            let Some((self_var, args)) = subst.of(data.generics).and_then(|a| a.split_first()) else { continue };
            if self.unify(subst.apply(receiver), ty) {
                let self_ty = self.norm(*self_var);
                if !self.table.is_open(self_ty) {
                    match self.select(*tr, self_ty, intern_args(args)) {
                        Selected::No => {}
                        Selected::Maybe => {
                            if doubts.plausible.is_none() && self.plausible(*tr, self_ty) {
                                doubts.plausible = Some((*tr, f, ty));
                            }
                        }
                        Selected::Impl(_, _, false) => {
                            doubts.has_rival |= doubts.likely.is_some();
                            doubts.likely.get_or_insert((*tr, f, ty));
                        }
                        Selected::Impl(..) | Selected::Bound | Selected::Builtin => {
                            return Some(Picked { f, subst, of: Some((*tr, self_ty)), receiver: ty, sure: true });
                        }
                    }
                }
            }
            self.rollback(before);
        }
        None
    }

    /// Traits in scope that have `name`, and the one whose impl or definition this is.
    pub(super) fn traits_with(&mut self, name: Name) -> Vec<TraitId> {
        let mut found = self.world.traits_with(self.module, name);
        let has = |tr: &TraitId| {
            let data = self.world.tr(*tr);
            data.fns.contains_key(&name) || data.consts.contains_key(&name)
        };
        let aliased = self.names.aliased_traits().into_iter().filter(has);
        found.extend(aliased.filter(|tr| !found.contains(tr)).collect::<Vec<_>>());
        let mut at = self.generics;
        while let Some(generics) = at {
            let data = self.world.generics(generics);
            let own = match data.owner {
                GenericsOwner::Impl(imp) => self.world.impl_header(imp).trait_ref.map(|(tr, _)| tr),
                GenericsOwner::Trait(tr) => Some(tr),
                _ => None,
            };
            if let Some(tr) = own
                && self.world.tr(tr).fns.contains_key(&name)
                && !found.contains(&tr)
            {
                found.push(tr);
            }
            at = data.parent;
        }
        found
    }

    /// Could an impl of the trait apply, as far as the outside of the type tells?
    pub(super) fn plausible(&mut self, tr: TraitId, ty: Ty) -> bool {
        let ty = self.table.resolve(ty);
        if matches!(ty.kind(), TyKind::Unknown | TyKind::Closure(_) | TyKind::FnDef(..)) {
            return false;
        }
        !self.world.trait_impls(tr, ty, &[], self.module.krate).impls.is_empty()
    }

    pub(super) fn impl_applies(&mut self, imp: ImplId, subst: &Subst) -> bool {
        let world = self.world;
        for predicate in world.predicates(world.imp(imp).generics) {
            let ty = subst.apply(predicate.ty);
            let bound = subst.apply_bound(&predicate.bound);
            if matches!(self.select(bound.tr, ty, bound.args), Selected::No) {
                return false;
            }
        }
        true
    }

    /// Is the impl for some lengths only (`impl Block<16>`), while it is not known which, or which the one of `ty` is?
    pub(super) fn hangs_on_length(&self, imp: ImplId, ty: Ty) -> bool {
        let is_unknown = |kind: &TyKind| matches!(kind, TyKind::Const(None));
        let own = self.world.impl_header(imp).self_ty;
        mentions(own, &is_unknown)
            || mentions(own, &|kind| matches!(kind, TyKind::Const(_))) && mentions(self.table.resolve(ty), &is_unknown)
    }

    /// Is a parameter of the function around, of which all bounds are known, without one that the impl asks for?
    fn lacks_bound(&mut self, imp: ImplId, subst: &Subst) -> bool {
        let world = self.world;
        world.predicates(world.imp(imp).generics).iter().any(|predicate| {
            let ty = self.table.shallow(subst.apply(predicate.ty));
            matches!(ty.kind(), TyKind::Param(_)) && {
                let bound = subst.apply_bound(&predicate.bound);
                matches!(self.select(bound.tr, ty, bound.args), Selected::No)
            }
        })
    }

    /// The trait's parameters as a bound on `subject` gives them; open where the bound leaves them open.
    pub(super) fn open_bound_subst(&mut self, bound: &Bound, subject: Ty) -> Subst {
        let mut args = vec![subject];
        args.extend(bound.args.iter().map(|t| self.table.open_holes(*t)));
        let generics = self.world.tr(bound.tr).generics;
        while args.len() < self.world.generics(generics).params.len() {
            args.push(self.table.fresh(VarKind::Any));
        }
        Subst::one(generics, intern_args(&args))
    }
}

/// Is a part of the type of such a kind?
fn mentions(ty: Ty, wanted: &dyn Fn(&TyKind) -> bool) -> bool {
    let mut found = wanted(ty.kind());
    ty.each(&mut |part| found = found || mentions(part, wanted));
    found
}

/// A type that is known by its bounds only.
pub(super) fn is_abstract(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::Param(_) | TyKind::Projection(..) | TyKind::Opaque(..) | TyKind::Dyn(_))
}
