//! Which impls may apply to a type: the index by name, and answers that were found before.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{Name, Shape, sym};

use crate::infer::{Answer, Question};
use crate::memo::Memo;
use crate::names::{Names, push_unique};
use crate::{Args, CrateId, ImplId, ModuleId, TraitId, Ty, TyKind, World};

/// Of more crates that use a trait's crate none is looked at for impls.
const MAX_USERS: usize = 24;

/// Traits by the names of their methods and constants.
pub(crate) type TraitIndex = FxHashMap<Name, Vec<TraitId>>;

/// The traits that are in scope in a module.
#[derive(Debug)]
pub(crate) struct TraitScope {
    own: TraitIndex,
    prelude: Option<Arc<TraitIndex>>,
}

/// Impls that may be meant.
pub(crate) struct Candidates {
    pub impls: Vec<ImplId>,
    /// Code of another crate may know others.
    pub depends_on_asker: bool,
}

/// Answers that hold in every body.
#[derive(Default)]
pub(crate) struct SelectionCache {
    pub(crate) answers: Memo<Question, Answer>,
    /// The associated type; the inner none when it cannot be known.
    pub(crate) projections: Memo<(Question, Name), Option<Ty>>,
    /// Crates that use one and that another can have heard of.
    users: Memo<(CrateId, CrateId), Arc<[CrateId]>>,
}

impl World<'_> {
    /// The outside of a type as impls are filed; none when any impl might apply.
    pub(crate) fn shape(&self, ty: Ty) -> Option<Shape> {
        Some(match ty.kind() {
            TyKind::Adt(adt, _) => Shape::Named(self.adt(*adt).name),
            TyKind::Prim(prim) => Shape::Named(prim.name()),
            TyKind::Ref(..) => Shape::Ref,
            TyKind::Ptr(..) => Shape::Ptr,
            TyKind::Tuple(_) => Shape::Tuple,
            TyKind::Slice(_) => Shape::Slice,
            TyKind::Array(..) => Shape::Array,
            TyKind::FnPtr(..) => Shape::FnPtr,
            TyKind::Dyn(bounds) => Shape::Dyn(self.tr(bounds.first()?.tr).name),
            TyKind::Never => Shape::Never,
            _ => return None,
        })
    }

    fn crates_of(&self, ty: Ty, depth: u32, out: &mut Vec<CrateId>) {
        let mut push = |id: CrateId| {
            if !out.contains(&id) {
                out.push(id);
            }
        };
        match ty.kind() {
            TyKind::Adt(adt, _) => push(adt.krate),
            TyKind::Dyn(bounds) => bounds.iter().for_each(|b| push(b.tr.krate)),
            _ => {}
        }
        if depth < 3 {
            ty.each(&mut |t| self.crates_of(t, depth + 1, out));
        }
    }

    fn add_std(&self, crates: &mut Vec<CrateId>, force: bool) {
        if !force && !crates.iter().any(|id| self.is_std(*id)) {
            return;
        }
        for name in [sym::CORE, sym::ALLOC, sym::STD] {
            if let Some(id) = self.std_crate(name)
                && !crates.contains(&id)
            {
                crates.push(id);
            }
        }
    }

    fn impls_in(&self, crates: &[CrateId], tr: Name, shape: Option<Shape>) -> Vec<ImplId> {
        let mut out = Vec::new();
        for id in crates {
            let Some(defs) = self.krate(*id) else { continue };
            let index = &defs.impls_by_name.by_shape;
            if let Some(shape) = shape {
                out.extend(index.get(&(tr, shape)).into_iter().flatten());
            }
            out.extend(index.get(&(tr, Shape::Any)).into_iter().flatten());
        }
        out
    }

    /// Inherent impls that may be of `ty`.
    pub(crate) fn inherent_impls(&self, ty: Ty) -> Vec<ImplId> {
        let Some(shape) = self.shape(ty) else { return Vec::new() };
        let mut crates = Vec::new();
        match ty.kind() {
            TyKind::Adt(adt, _) => crates.push(adt.krate),
            TyKind::Dyn(bounds) => crates.extend(bounds.first().map(|b| b.tr.krate)),
            _ => {}
        }
        let builtin = crates.is_empty();
        self.add_std(&mut crates, builtin);
        self.impls_in(&crates, sym::EMPTY, Some(shape))
    }

    /// Impls of `tr` that may be for `ty`, as code of `from` sees it. By the orphan rule they are in the trait's crate or in one of a
    /// type of the header.
    pub(crate) fn trait_impls(&self, tr: TraitId, ty: Ty, args: Args, from: CrateId) -> Candidates {
        let mut crates = vec![tr.krate];
        self.crates_of(ty, 0, &mut crates);
        args.iter().for_each(|t| self.crates_of(*t, 1, &mut crates));
        let may_be_elsewhere = args.iter().any(|t| t.has_vars()) && !self.is_std(tr.krate);
        let depends_on_asker = may_be_elsewhere && crates.iter().all(|id| *id == tr.krate || self.is_std(*id));
        if depends_on_asker {
            // `i64: Encode<?>` is in the crate of every database.
            crates.extend(self.users_of(tr.krate, from).iter().filter(|id| **id != tr.krate));
        }
        self.add_std(&mut crates, false);
        crates.sort();
        Candidates { impls: self.impls_in(&crates, self.tr(tr).name, self.shape(ty)), depends_on_asker }
    }

    /// Crates that `from` can have heard of and that use `krate` themselves. None where there are too many to look at.
    fn users_of(&self, krate: CrateId, from: CrateId) -> Arc<[CrateId]> {
        self.selection_cache.users.get_or((krate, from), || self.find_users(krate, from))
    }

    fn find_users(&self, krate: CrateId, from: CrateId) -> Arc<[CrateId]> {
        let (mut seen, mut open, mut users) = (FxHashSet::from_iter([from]), vec![from], Vec::new());
        while let Some(id) = open.pop() {
            let deps = self.input(id).deps.iter().map(|(_, index)| CrateId(*index as u32));
            if deps.clone().any(|dep| dep == krate) {
                users.push(id);
            }
            open.extend(deps.filter(|dep| seen.insert(*dep)));
        }
        users.sort_unstable();
        users.retain(|id| !self.input(*id).is_proc_macro);
        if users.len() > MAX_USERS {
            users.clear();
        }
        users.into()
    }

    /// The `drop` that a type's own `impl Drop` has.
    pub fn drop_fn(&self, adt: crate::AdtId) -> Option<crate::FnId> {
        self.method_of_impl(adt, self.lang().drop?, "drop")
    }

    /// The `into_future` that awaiting a value of a type runs.
    pub(crate) fn awaiting_fn(&self, adt: crate::AdtId) -> Option<crate::FnId> {
        self.method_of_impl(adt, self.lang().into_future?, "into_future")
    }

    /// The `poll` of a type that is a future by its own `impl Future`.
    pub(crate) fn poll_fn(&self, adt: crate::AdtId) -> Option<crate::FnId> {
        self.method_of_impl(adt, self.lang().future?, "poll")
    }

    /// The `clone` that a type's own `impl Clone` has, unless it is derived.
    pub(crate) fn clone_fn(&self, adt: crate::AdtId) -> Option<crate::FnId> {
        self.method_of_impl(adt, self.lang().clone?, "clone")
    }

    /// A method of the impl that a type's own crate has of a trait.
    fn method_of_impl(&self, adt: crate::AdtId, tr: TraitId, name: &str) -> Option<crate::FnId> {
        let shape = Shape::Named(self.adt(adt).name);
        self.impls_in(&[adt.krate], self.tr(tr).name, Some(shape)).into_iter().find_map(|imp| {
            let header = self.impl_header(imp);
            let of = header.self_ty.as_adt().map(|(adt, _)| adt);
            let is_its = header.trait_ref.as_ref().is_some_and(|(found, _)| *found == tr);
            if of == Some(adt) && is_its { self.imp(imp).fns.get(&Name::new(name)).copied() } else { None }
        })
    }

    /// Traits in scope in a module that have something called `name`.
    pub(crate) fn traits_with(&self, module: ModuleId, name: Name) -> Vec<TraitId> {
        let scope = self.module(module).traits.get_or_init(|| self.traits_of(module));
        let mut found = scope.own.get(&name).cloned().unwrap_or_default();
        if let Some(prelude) = scope.prelude.as_ref().and_then(|prelude| prelude.get(&name)) {
            prelude.iter().for_each(|tr| push_unique(&mut found, *tr));
        }
        found
    }

    fn traits_of(&self, module: ModuleId) -> TraitScope {
        let names = Names::new(self);
        let own = self.by_member(&names.traits_in_scope(module));
        // What is private in the standard library, its own modules see.
        let within = self.is_std(module.krate).then_some(module.krate);
        let of_prelude = |prelude| {
            let index = || Arc::new(self.by_member(&names.prelude_traits(prelude, module)));
            self.prelude_traits.get_or((prelude, within), index)
        };
        TraitScope { own, prelude: names.prelude_of(module).map(of_prelude) }
    }

    fn by_member(&self, traits: &[TraitId]) -> TraitIndex {
        let mut index = TraitIndex::default();
        for tr in traits {
            let data = self.tr(*tr);
            for name in data.fns.keys().chain(data.consts.keys()) {
                index.entry(*name).or_default().push(*tr);
            }
        }
        index
    }
}
