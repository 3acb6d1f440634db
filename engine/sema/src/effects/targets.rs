//! Calls of which nobody knows what implementation runs: what all implementations do.
//!
//! ```text
//! trait Store { fn get(&self) -> Vec<u8>; }       implemented for OnDisk and Remote, and both block
//! async fn f(store: &dyn Store) { store.get() }   blocks, whichever it is
//! ```

use super::exec::Executed;
use super::summary::{Known, Step, Summary, keep_shorter};
use crate::{Analysis, Container, FnCallee, FnId, ImplId, TraitId, Ty, TyKind};

/// A trait with more implementations is not looked at.
const MAX_TARGETS: usize = 8;

impl Analysis<'_> {
    /// What a call of a method does, when every implementation that the workspace has does it; the shortest way to it.
    pub(super) fn agreed(&self, callee: &FnCallee, call: &Executed, step: &Step, known: Known<'_>) -> Summary {
        let mut agreed = Summary::default();
        let targets = self.targets(callee);
        if targets.iter().any(|f| self.is_async_like(*f)) {
            return agreed;
        }
        let effects: Vec<Summary> = targets.into_iter().map(|f| self.followed(f, call, step, known)).collect();
        if effects.iter().all(|effect| effect.blocks.is_some()) {
            effects.iter().for_each(|effect| keep_shorter(&mut agreed.blocks, effect.blocks.clone()));
        }
        if effects.iter().all(|effect| effect.burns.is_some()) {
            effects.iter().for_each(|effect| keep_shorter(&mut agreed.burns, effect.burns.clone()));
        }
        agreed
    }

    /// The methods one of which runs, where the implementing type is not known and the trait is the workspace's own.
    pub(super) fn targets(&self, callee: &FnCallee) -> Vec<FnId> {
        let Container::Trait(tr) = self.world().func(callee.f).container else { return Vec::new() };
        let Some(ty) = callee.self_ty.or(callee.receiver) else { return Vec::new() };
        if !matches!(ty.peel_refs().kind(), TyKind::Dyn(_) | TyKind::Param(_) | TyKind::Opaque(..)) {
            return Vec::new();
        }
        let name = self.world().func(callee.f).name;
        let method = |imp: ImplId| self.world().imp(imp).fns.get(&name).copied();
        self.implementations(tr).into_iter().map(|imp| method(imp).unwrap_or(callee.f)).collect()
    }

    /// Empty when they are too many. What is implemented for `&T` or `Box<T>` passes calls on to the others.
    fn implementations(&self, tr: TraitId) -> Vec<ImplId> {
        let passes_on = |imp: &ImplId| match self.world().impl_header(*imp).self_ty.kind() {
            TyKind::Ref(..) => true,
            TyKind::Adt(adt, args) => {
                let is_inner = |ty: &Ty| matches!(ty.kind(), TyKind::Param(_) | TyKind::Dyn(_));
                self.world().is_std(adt.krate) && args.first().is_some_and(is_inner)
            }
            _ => false,
        };
        let found: Vec<ImplId> = self.own_impls_of(tr).iter().copied().filter(|imp| !passes_on(imp)).collect();
        if found.len() > MAX_TARGETS { Vec::new() } else { found }
    }
}
