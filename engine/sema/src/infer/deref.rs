//! What types are when they are dereferenced, awaited or iterated over.

use toecap_ir::sym;

use super::Infer;
use super::traits::Selected;
use crate::{Ty, TyKind};

impl Infer<'_> {
    /// `ty` and what it derefs to, step by step; an array ends as a slice.
    pub(super) fn autoderef(&mut self, ty: Ty) -> Vec<Ty> {
        let mut steps = Vec::new();
        let mut ty = self.norm(ty);
        for _ in 0..10 {
            steps.push(ty);
            let next = match *ty.kind() {
                TyKind::Ref(inner, _) => inner,
                TyKind::Adt(..) | TyKind::Param(_) | TyKind::Opaque(..) | TyKind::Projection(..) => {
                    let Some(deref) = self.lang.deref else { break };
                    let before = self.snapshot();
                    match self.project(ty, deref, &[], sym::TARGET) {
                        Some(target) => target,
                        None => {
                            self.rollback(before);
                            break;
                        }
                    }
                }
                _ => break,
            };
            let next = self.norm(next);
            if next.is_unknown() || steps.contains(&next) {
                break;
            }
            ty = next;
        }
        if let Some(TyKind::Array(element, _)) = steps.last().map(|t| *t.kind()) {
            steps.push(Ty::new(TyKind::Slice(element)));
        }
        steps
    }

    /// What `.await` gives, when the type is known to be awaitable.
    pub(super) fn await_output(&mut self, ty: Ty) -> Option<Ty> {
        let ty = self.norm(ty);
        match *ty.kind() {
            TyKind::Future(output, _) => Some(output),
            TyKind::Unknown | TyKind::Var(_) => None,
            _ => {
                let before = self.snapshot();
                if let Some(future) = self.lang.future
                    && let Some(output) = self.project(ty, future, &[], sym::OUTPUT)
                {
                    return Some(output);
                }
                self.rollback(before);
                let into = self.lang.into_future?;
                self.project(ty, into, &[], sym::OUTPUT)
            }
        }
    }

    /// Is it known that the type is a future (or can be awaited)?
    pub(super) fn is_future(&mut self, ty: Ty) -> bool {
        let ty = self.norm(ty);
        match ty.kind() {
            TyKind::Future(..) => true,
            TyKind::Unknown
            | TyKind::Var(_)
            | TyKind::Never
            | TyKind::Prim(_)
            | TyKind::Tuple(_)
            | TyKind::Closure(_)
            | TyKind::FnDef(..)
            | TyKind::FnPtr(..)
            | TyKind::Ctor(..) => false,
            _ => {
                let Some(into) = self.lang.into_future else { return false };
                let before = self.snapshot();
                let selected = self.select(into, ty, &[]);
                self.rollback(before);
                match selected {
                    Selected::No => false,
                    Selected::Bound | Selected::Builtin | Selected::Impl(_, _, true) => true,
                    Selected::Maybe | Selected::Impl(_, _, false) => self.is_likely_future(ty),
                }
            }
        }
    }

    /// A library's type with an impl of its own is meant to be a future, also where its parts are not all known: `Timeout<?>`.
    /// `Pin<?>` and `Box<?>` may be anything.
    fn is_likely_future(&mut self, ty: Ty) -> bool {
        if ty.as_adt().is_none_or(|(adt, _)| self.world.is_std(adt.krate)) {
            return false;
        }
        [self.lang.future, self.lang.into_future].into_iter().flatten().any(|tr| {
            let before = self.snapshot();
            let selected = self.select(tr, ty, &[]);
            self.rollback(before);
            matches!(selected, Selected::Impl(imp, ..) if !self.is_blanket(imp))
        })
    }

    /// What `for` takes from the type.
    pub(super) fn iter_item(&mut self, ty: Ty) -> Ty {
        let Some(into) = self.lang.into_iterator else { return Ty::unknown() };
        let item = Ty::new(TyKind::Projection(ty, into, &[], sym::ITEM));
        let found = self.norm(item);
        match found.kind() {
            TyKind::Projection(..) if matches!(self.table.shallow(ty).kind(), TyKind::Var(_) | TyKind::Unknown) => {
                Ty::unknown()
            }
            _ => found,
        }
    }
}
