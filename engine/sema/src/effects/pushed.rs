//! Collections of futures that are filled and never looked at.
//!
//! ```text
//! let mut all = Vec::new();
//! for user in users { all.push(notify(user)); }       // and nobody joins them
//! ```

use toecap_ir::{Expr, ExprId, PatId};

use super::call_args;
use crate::{Analysis, CrateOrigin, Ty, TyKind, TypedBody};

impl Analysis<'_> {
    /// The futures that go into a collection of std, where nothing is ever done with that but to put more in.
    pub(super) fn pushed_in_vain(&self, body: &TypedBody, pat: PatId) -> Vec<ExprId> {
        let types = &body.types;
        let none = Vec::new;
        let Some(local) = body.variable(pat) else { return none() };
        if body.in_test || !self.is_collection_of_futures(types.locals[local.0 as usize].ty) {
            return none();
        }
        let regions = self.regions(body);
        let mut pushed = Vec::new();
        for used in body.mentions(local) {
            let Some(call) = regions.parent(used) else { return none() };
            let Expr::MethodCall(method) = &types.body[call] else { return none() };
            let fills = matches!(method.name.as_str(), "push" | "push_back" | "push_front" | "insert");
            if method.receiver != used || !fills && !matches!(method.name.as_str(), "reserve" | "len" | "is_empty") {
                return none();
            }
            if fills {
                pushed.extend(call_args(&types.body[call]).last());
            }
        }
        pushed
    }

    fn is_collection_of_futures(&self, ty: Ty) -> bool {
        let Some((adt, args)) = ty.as_adt() else { return false };
        let world = self.world();
        let is_held =
            |ty: &Ty| matches!(ty.kind(), TyKind::Future(..) | TyKind::Opaque(..)) || self.is_future_ty(*ty, 0);
        world.input(adt.krate).origin == CrateOrigin::Std
            && match world.adt(adt).name.as_str() {
                "Vec" | "VecDeque" | "LinkedList" => args.first().is_some_and(is_held),
                "HashMap" | "BTreeMap" => args.get(1).is_some_and(is_held),
                _ => false,
            }
    }
}
