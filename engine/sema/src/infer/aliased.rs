//! Trait aliases, as unstable Rust and `trait_set!` have them.
//!
//! ```text
//! trait Network = NodeProvider + Send;     // what is both is a Network
//! ```

use super::Infer;
use super::traits::Selected;
use crate::{Args, Bound, TraitId, Ty};

impl Infer<'_> {
    /// Does a type implement all that an alias stands for? None for a trait that is none.
    pub(super) fn select_alias(&mut self, tr: TraitId, ty: Ty, args: Args) -> Option<Selected> {
        let world = self.world;
        if !world.tr(tr).is_alias {
            return None;
        }
        let subst = world.bound_subst(&Bound { tr, args, assoc: Vec::new() }, ty);
        let mut answer = Selected::Builtin;
        self.depth += 1;
        for part in world.supers(tr) {
            let part = subst.apply_bound(part);
            match self.select(part.tr, ty, part.args) {
                Selected::No => {
                    answer = Selected::No;
                    break;
                }
                Selected::Maybe | Selected::Impl(_, _, false) => answer = Selected::Maybe,
                Selected::Impl(..) | Selected::Bound | Selected::Builtin => {}
            }
        }
        self.depth -= 1;
        Some(answer)
    }
}
