//! Which impl or bound makes a type implement a trait, and what its associated types are.

use super::Infer;
use super::answers::Answer;
use super::method::is_abstract;
use super::table::VarKind;
use crate::{
    Args, Bound, GenericsId, ImplId, ImplSource, Param, ParamKind, Predicate, Prim, Subst, TraitId, Ty, TyKind,
    intern_args,
};

const MAX_DEPTH: u32 = 16;

/// Why a type implements a trait.
pub(super) enum Selected {
    /// An impl with what its parameters became; false when it is the only one that may apply, but its where clauses are
    /// not all known to hold.
    Impl(ImplId, Subst, bool),
    /// A bound of the environment, an `impl Trait` or a trait object.
    Bound,
    /// The compiler says so.
    Builtin,
    /// It does not.
    No,
    /// Not known (yet).
    Maybe,
}

impl Infer<'_> {
    /// What is promised of a parameter, associated type, `impl Trait` or trait object, supertraits included.
    pub(super) fn bounds_of(&mut self, ty: Ty) -> Vec<Bound> {
        let mut out: Vec<Bound> = Vec::new();
        match *ty.kind() {
            TyKind::Param(_) | TyKind::Projection(..) => {
                for predicate in &self.env {
                    if predicate.ty == ty || self.same_projection(predicate.ty, ty) {
                        out.push(predicate.bound.clone());
                    }
                }
                if let TyKind::Projection(inner, tr, args, name) = *ty.kind() {
                    out.extend(self.world.assoc_bounds(tr, name, inner, args));
                }
            }
            TyKind::Opaque(owner, index, args) => out = self.world.opaque_bounds(owner, index, args),
            TyKind::Dyn(bounds) => out = bounds.to_vec(),
            // `where &'a T: IntoIterator`
            _ => {
                let ty = self.table.resolve(ty);
                out.extend(self.env.iter().filter(|p| p.ty == ty).map(|p| p.bound.clone()));
            }
        }
        let mut at = 0;
        while at < out.len() && out.len() < 60 {
            let bound = out[at].clone();
            let subst = self.world.bound_subst(&bound, ty);
            for s in self.world.supers(bound.tr) {
                let mut inner = subst.apply_bound(s);
                if out.iter().any(|o| o.tr == inner.tr && o.args == inner.args) {
                    continue;
                }
                for (name, assoc) in &bound.assoc {
                    if self.world.tr(inner.tr).assocs.contains_key(name) && inner.assoc_ty(*name).is_none() {
                        inner.assoc.push((*name, *assoc));
                    }
                }
                out.push(inner);
            }
            at += 1;
        }
        out
    }

    fn same_projection(&self, a: Ty, b: Ty) -> bool {
        let (TyKind::Projection(x, t, _, n), TyKind::Projection(y, u, _, m)) = (a.kind(), b.kind()) else {
            return false;
        };
        if t != u || n != m {
            return false;
        }
        let (x, y) = (self.table.shallow(*x), self.table.shallow(*y));
        x == y || self.same_projection(x, y)
    }

    /// Does `ty` implement `tr<args>`? Unifies `args` with what is found.
    pub(super) fn select(&mut self, tr: TraitId, ty: Ty, args: Args) -> Selected {
        if self.depth == 0 {
            self.refuel();
        } else if self.fuel == 0 {
            self.out_of_fuel += 1;
            self.answers.cut();
            return Selected::Maybe;
        } else {
            self.fuel -= 1;
            self.fuel_left = self.fuel_left.saturating_sub(1);
        }
        let ty = self.norm(ty);
        match ty.kind() {
            TyKind::Unknown => return Selected::Maybe,
            TyKind::Var(v) if self.table.kind(*v) == VarKind::Any => return Selected::Maybe,
            _ => {}
        }
        if self.world.is_marker(tr) && Some(tr) != self.lang.sized {
            return Selected::Builtin;
        }
        if Some(tr) == self.lang.sized {
            let unsized_ = matches!(ty.kind(), TyKind::Prim(Prim::Str) | TyKind::Slice(_) | TyKind::Dyn(_));
            return if unsized_ { Selected::No } else { Selected::Builtin };
        }
        if self.has_bounds(ty) {
            for bound in self.bounds_of(ty) {
                if bound.tr != tr {
                    continue;
                }
                let before = self.snapshot();
                let bound = self.open_bound(&bound);
                if self.unify_args(bound.args, args) {
                    return Selected::Bound;
                }
                self.rollback(before);
            }
        }
        if let Some(selected) = self.select_builtin(tr, ty, args).or_else(|| self.select_alias(tr, ty, args)) {
            return selected;
        }
        if matches!(ty.kind(), TyKind::Projection(..)) && !self.is_rigid(ty) {
            return Selected::Maybe;
        }
        if self.depth > 0 && args.is_empty() && self.is_number(ty) {
            return self.select_of_number(tr, ty);
        }
        self.select_cached(tr, ty, args)
    }

    /// May there be bounds on the type?
    pub(super) fn has_bounds(&self, ty: Ty) -> bool {
        let is_open = || !self.env.is_empty() && ty.has_vars();
        ty.has_params() || is_abstract(ty) || is_open() && self.table.resolve(ty).has_params()
    }

    /// Is it known of an associated type that nothing more can be known of it than its bounds? Else it is one that could
    /// not be found out.
    pub(super) fn is_rigid(&self, ty: Ty) -> bool {
        match *self.table.shallow(ty).kind() {
            TyKind::Param(_) | TyKind::Opaque(..) | TyKind::Dyn(_) => true,
            TyKind::Projection(base, ..) => self.is_rigid(base),
            _ => {
                let ty = self.table.resolve(ty);
                ty.has_params() && self.env.iter().any(|p| p.ty == ty)
            }
        }
    }

    /// An associated type of a type that is known, which could not be found out.
    pub(super) fn is_lost(&self, ty: Ty) -> bool {
        let ty = self.table.shallow(ty);
        matches!(ty.kind(), TyKind::Projection(..)) && !self.is_rigid(ty)
    }

    fn open_bound(&mut self, bound: &Bound) -> Bound {
        bound.map(&mut |t| self.table.open_holes(t))
    }

    fn select_builtin(&mut self, tr: TraitId, ty: Ty, args: Args) -> Option<Selected> {
        let is_future = Some(tr) == self.lang.future || Some(tr) == self.lang.into_future;
        if matches!(ty.kind(), TyKind::Future(..)) && is_future {
            return Some(Selected::Builtin);
        }
        let is_code =
            matches!(ty.kind(), TyKind::Closure(_) | TyKind::FnDef(..) | TyKind::FnPtr(..) | TyKind::Ctor(..));
        if is_code && (self.lang.is_fn_trait(tr) || self.lang.is_async_fn_trait(tr)) {
            let (params, _) = self.callable(ty)?;
            if let Some(wanted) = args.first() {
                if matches!(self.norm(*wanted).kind(), TyKind::Tuple(others) if others.len() != params.len()) {
                    return Some(Selected::No);
                }
                let own = Ty::tuple(&params);
                self.unify(own, *wanted);
            }
            return Some(Selected::Builtin);
        }
        let is_copy = Some(tr) == self.lang.clone || Some(tr) == self.lang.copy;
        if is_copy && (is_code || matches!(ty.kind(), TyKind::Tuple(_))) {
            return Some(Selected::Builtin);
        }
        None
    }

    pub(super) fn select_cached(&mut self, tr: TraitId, ty: Ty, args: Args) -> Selected {
        let question = self.question(tr, ty, args);
        if self.answers.meets(question) {
            return Selected::Maybe;
        }
        if let Some(answer) = self.known_answer(question) {
            match answer {
                Answer::No => return Selected::No,
                Answer::Maybe => return Selected::Maybe,
                Answer::Impl(imp, sure) => {
                    if let Some(subst) = self.match_header(imp, ty, args) {
                        return Selected::Impl(imp, subst, sure);
                    }
                }
            }
        }
        if self.depth > MAX_DEPTH && !question.holds_for_run() {
            self.answers.cut();
            return Selected::Maybe;
        }
        let Some(started) = self.start(question, false) else { return Selected::Maybe };
        let selected = self.select_impl(tr, ty, args);
        let is_final = self.is_final(&started);
        let answer = match &selected {
            Selected::No => Answer::No,
            Selected::Impl(imp, _, sure) => Answer::Impl(*imp, *sure),
            Selected::Bound | Selected::Builtin | Selected::Maybe => Answer::Maybe,
        };
        // Of who asks first, nothing may be seen by others.
        let is_known = is_final || matches!(answer, Answer::Impl(_, true)) && !question.holds_for_run();
        if is_known {
            self.remember(question, answer);
        }
        self.resume(started, is_known);
        selected
    }

    fn select_impl(&mut self, tr: TraitId, ty: Ty, args: Args) -> Selected {
        let outside = match ty.kind() {
            TyKind::Var(_) => self.table.fallback(ty),
            _ => ty,
        };
        let candidates = self.candidates(tr, outside, args);
        let selected = self.select_of(&candidates, tr, ty, args);
        if !matches!(selected, Selected::No) || !self.is_number(ty) {
            return selected;
        }
        // `list.get(0)`: of all integers only `usize` is an index.
        let numbers = Prim::ALL.into_iter().filter(|p| p.is_int() || p.is_float());
        let others: Vec<ImplId> = numbers.flat_map(|prim| self.candidates(tr, Ty::prim(prim), args)).collect();
        self.select_of(&others, tr, ty, args)
    }

    /// Impls filed under the outside of `ty`.
    fn candidates(&mut self, tr: TraitId, ty: Ty, args: Args) -> Vec<ImplId> {
        let args: Vec<Ty> = args.iter().map(|t| self.table.resolve(*t)).collect();
        let found = self.world.trait_impls(tr, self.table.resolve(ty), intern_args(&args), self.module.krate);
        if found.depends_on_asker {
            self.answers.depend_on_asker();
        }
        found.impls
    }

    /// The one of `candidates` that applies.
    fn select_of(&mut self, candidates: &[ImplId], tr: TraitId, ty: Ty, args: Args) -> Selected {
        let fitting: Vec<ImplId> = match candidates {
            [_] => candidates.to_vec(), // Found out where it is tried.
            many => many.iter().copied().filter(|imp| self.header_fits(*imp, tr, ty, args)).collect(),
        };
        let mut fitting = if fitting.len() < 2 { fitting } else { self.applying(&fitting, tr, ty, args) };
        if fitting.len() > 1 && fitting.iter().any(|imp| !self.world.imp(*imp).doubtful) {
            fitting.retain(|imp| !self.world.imp(*imp).doubtful);
        }
        let chosen = match fitting.as_slice() {
            [] => return Selected::No,
            [only] => *only,
            many => {
                // Of a blanket impl and one for the type itself, only the latter can be meant here.
                let own: Vec<ImplId> = many.iter().copied().filter(|i| !self.is_blanket(*i)).collect();
                match own.as_slice() {
                    [only] => *only,
                    _ => return Selected::Maybe,
                }
            }
        };
        let before = self.snapshot();
        match self.try_impl(chosen, tr, ty, args) {
            Some((subst, sure)) => Selected::Impl(chosen, subst, sure),
            None => {
                self.rollback(before);
                Selected::No
            }
        }
    }

    /// Could the impl apply, as far as its header says?
    fn header_fits(&mut self, imp: ImplId, tr: TraitId, ty: Ty, args: Args) -> bool {
        let before = self.snapshot();
        let fits = self.unify_header(imp, tr, ty, args).is_some();
        self.rollback(before);
        fits
    }

    /// Unifies an impl's header with `ty: tr<args>`.
    fn unify_header(&mut self, imp: ImplId, tr: TraitId, ty: Ty, args: Args) -> Option<Subst> {
        let world = self.world;
        let header = world.impl_header(imp);
        let (own_tr, own_args) = header.trait_ref?;
        let differ = |(own, other): (&Ty, &Ty)| self.never_unify(*own, *other);
        if own_tr != tr || differ((&header.self_ty, &ty)) || own_args.iter().zip(args).any(differ) {
            return None;
        }
        let subst = self.fresh_subst(world.imp(imp).generics);
        if !self.unify(subst.apply(header.self_ty), ty) {
            return None;
        }
        for (a, b) in own_args.iter().zip(args) {
            // `impl From<!> for T` is for `!` alone, though `!` goes everywhere.
            let is_never = matches!(a.kind(), TyKind::Never) && !matches!(self.norm(*b).kind(), TyKind::Never);
            if is_never || !self.unify(subst.apply(*a), *b) {
                return None;
            }
        }
        Some(subst)
    }

    /// Impls whose where clauses hold: the sure ones, or those that might where there are none or not all is known yet.
    fn applying(&mut self, candidates: &[ImplId], tr: TraitId, ty: Ty, args: Args) -> Vec<ImplId> {
        let (mut sure, mut maybe) = (Vec::new(), Vec::new());
        for imp in candidates {
            let before = self.snapshot();
            match self.try_impl(*imp, tr, ty, args) {
                Some((_, true)) => sure.push(*imp),
                Some((_, false)) => maybe.push(*imp),
                None => {}
            }
            self.rollback(before);
            if sure.len() > 8 {
                break;
            }
        }
        // What is not inferred yet may still be what the others are for: `HashMap::from([(k, v)])`, where `From<T> for T` holds as well.
        let is_open = args.iter().chain([&ty]).any(|t| self.table.resolve(*t).has_vars());
        if sure.is_empty() || is_open && !maybe.is_empty() {
            sure.extend(maybe);
        }
        sure
    }

    pub(super) fn is_blanket(&self, imp: ImplId) -> bool {
        self.world.shape(self.world.impl_header(imp).self_ty).is_none()
    }

    /// Fresh variables for the parameters of an item.
    pub(super) fn fresh_subst(&mut self, generics: GenericsId) -> Subst {
        let args: Vec<Ty> =
            self.world.generics(generics).params.iter().map(|_| self.table.fresh(VarKind::Any)).collect();
        Subst::one(generics, intern_args(&args))
    }

    /// Unifies an impl's header with `ty: trait<args>`.
    fn match_header(&mut self, imp: ImplId, ty: Ty, args: Args) -> Option<Subst> {
        let world = self.world;
        let header = world.impl_header(imp);
        let generics = world.imp(imp).generics;
        let subst = self.fresh_subst(generics);
        if !self.unify(subst.apply(header.self_ty), ty) {
            return None;
        }
        if let Some((_, own)) = header.trait_ref {
            for (a, b) in own.iter().zip(args) {
                if !self.unify(subst.apply(*a), *b) {
                    return None;
                }
            }
        }
        let is_known = subst.of(generics).is_some_and(|own| own.iter().all(|t| !self.table.resolve(*t).has_vars()));
        if is_known {
            return Some(subst);
        }
        self.depth += 1;
        for predicate in world.predicates(generics) {
            if predicate.bound.assoc.is_empty() {
                continue;
            }
            self.learn_assoc(&Predicate { ty: subst.apply(predicate.ty), bound: subst.apply_bound(&predicate.bound) });
        }
        self.depth -= 1;
        Some(subst)
    }

    /// Unifies the associated types that a bound names with what they are; false when they differ.
    fn learn_assoc(&mut self, predicate: &Predicate) -> bool {
        for (name, wanted) in &predicate.bound.assoc {
            let projection = self.world.projection(predicate.ty, &strip_assoc(&predicate.bound), *name);
            let found = self.norm(projection);
            if !matches!(found.kind(), TyKind::Projection(..)) && !self.unify(found, *wanted) {
                return false;
            }
        }
        true
    }

    fn try_impl(&mut self, imp: ImplId, tr: TraitId, ty: Ty, args: Args) -> Option<(Subst, bool)> {
        let subst = self.unify_header(imp, tr, ty, args)?;
        self.depth += 1;
        let sure = self.impl_predicates_hold(imp, tr, &subst);
        self.depth -= 1;
        sure.map(|sure| (subst, sure))
    }

    /// Is a parameter of the impl, which must be sized, no such type? `impl<S: Store> Store for Box<S>` is not for `Box<dyn Store>`.
    fn lacks_size(&self, generics: GenericsId, subst: &Subst) -> bool {
        let is_unsized = |ty: &Ty| {
            matches!(self.table.shallow(*ty).kind(), TyKind::Prim(Prim::Str) | TyKind::Slice(_) | TyKind::Dyn(_))
        };
        let own = subst.of(generics).unwrap_or_default();
        (0..).zip(own).any(|(index, ty)| is_unsized(ty) && !self.world.may_be_unsized(Param { generics, index }))
    }

    /// None when a where clause of the impl does not hold, else whether all surely do.
    fn impl_predicates_hold(&mut self, imp: ImplId, tr: TraitId, subst: &Subst) -> Option<bool> {
        let world = self.world;
        let data = world.imp(imp);
        if matches!(data.source, ImplSource::Item(_)) && self.lacks_size(data.generics, subst) {
            return None;
        }
        let mut sure = true;
        // What is said of associated types can be judged only when the types themselves fit.
        let (of_assocs, of_types): (Vec<&Predicate>, Vec<&Predicate>) =
            world.predicates(data.generics).iter().partition(|p| matches!(p.ty.kind(), TyKind::Projection(..)));
        for predicate in of_types.into_iter().chain(of_assocs) {
            let ty = subst.apply(predicate.ty);
            let bound = subst.apply_bound(&predicate.bound);
            match self.select(bound.tr, ty, bound.args) {
                Selected::No => return None,
                Selected::Maybe | Selected::Impl(_, _, false) => sure = false,
                Selected::Impl(..) | Selected::Bound | Selected::Builtin => {}
            }
            if !self.learn_assoc(&Predicate { ty, bound }) {
                return None;
            }
        }
        if matches!(data.source, ImplSource::Derive(..)) {
            for (index, param) in (0..).zip(&world.generics(data.generics).params) {
                if matches!(param.kind, ParamKind::Const(_)) {
                    continue;
                }
                let Some(ty) = subst.get(Param { generics: data.generics, index }) else { continue };
                match self.select(tr, ty, &[]) {
                    Selected::No => return None,
                    Selected::Maybe | Selected::Impl(_, _, false) => sure = false,
                    Selected::Impl(..) | Selected::Bound | Selected::Builtin => {}
                }
            }
        }
        Some(sure)
    }
}

pub(super) fn strip_assoc(bound: &Bound) -> Bound {
    Bound { tr: bound.tr, args: bound.args, assoc: Vec::new() }
}
