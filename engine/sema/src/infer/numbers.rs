//! Literals whose type is not known yet, and what is asked of it meanwhile.

use super::Infer;
use super::table::VarKind;
use super::traits::Selected;
use crate::{TraitId, Ty, TyKind};

impl Infer<'_> {
    pub(super) fn is_number(&self, ty: Ty) -> bool {
        matches!(ty.kind(), TyKind::Var(v) if self.table.kind(*v) != VarKind::Any)
    }

    /// A literal's type, which a where clause of an impl asks about: that `i32`, which it may become, implements the trait does not make
    /// it one. `impl<T: Copy> Set<T> for Vec<T>` says nothing of what is in `vec![1]`.
    pub(super) fn select_of_number(&mut self, tr: TraitId, ty: Ty) -> Selected {
        let (before, usual) = (self.snapshot(), self.table.fallback(ty));
        let selected = self.select_cached(tr, ty, &[]);
        if self.table.shallow(ty) != usual {
            return selected;
        }
        self.rollback(before);
        match selected {
            Selected::Impl(_, _, true) => Selected::Builtin,
            Selected::No => Selected::No,
            _ => Selected::Maybe,
        }
    }
}
