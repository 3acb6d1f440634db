//! Closures that a future or stream keeps and calls when it is polled.
//!
//! ```text
//! stream::iter(paths).map(|path| std::fs::read(path))     Map<Iter<..>, closure>: runs on the executor
//! future::poll_fn(|cx| ..)                                PollFn<closure>
//! every(Duration::from_secs(60), || clean_up())           an `async fn` of the workspace that calls it
//! ```

use toecap_ir::ExprId;

use super::exec::{Executor, Fate, Region, RegionKind, call_args};
use crate::flow::{CodeRegionKind, RegionId};
use crate::{Analysis, Callee, Container, FnCallee, TyKind, TypedBody};

/// How many supertraits are looked through.
const MAX_SUPERS: u32 = 4;

impl Executor<'_> {
    /// Adds the closures written as arguments of `call` that what it gives holds until it is polled.
    pub(super) fn held_closures(&self, call: ExprId, out: &mut Vec<Region>) {
        let types = &self.body.types;
        let Some(Callee::Fn(callee)) = types.callees.get(&call) else { return };
        let Some(made) = types.expr_tys.get(call.index()) else { return };
        for (position, arg) in call_args(&types.body[call]).iter().enumerate() {
            let Some(ty) = types.expr_tys.get(arg.index()).filter(|ty| matches!(ty.kind(), TyKind::Closure(_))) else {
                continue;
            };
            let toecap_ir::Expr::Closure(closure) = &types.body[*arg] else { continue };
            let is_held = match made.kind() {
                TyKind::Adt(_, held) => {
                    held.contains(ty)
                        && self.fate(callee, position) == Fate::Unknown
                        && (types.futures.contains_key(&call) || self.analysis.is_of_stream(callee))
                }
                // An `async fn` of the workspace calls it itself.
                TyKind::Future(..) => self.is_async_of_workspace(callee) && self.fate(callee, position) == Fate::Here,
                _ => false,
            };
            if is_held && !closure.is_async {
                out.push(Region { root: closure.body, kind: RegionKind::Held });
            }
        }
    }

    fn is_async_of_workspace(&self, callee: &FnCallee) -> bool {
        let world = self.analysis.world();
        let runs = callee.runs.unwrap_or(callee.f);
        world.is_own(runs.krate) && world.fn_item(runs).flags.is_async
    }
}

impl Analysis<'_> {
    /// A method of a trait that only futures and streams have.
    fn is_of_stream(&self, callee: &FnCallee) -> bool {
        match self.world().func(callee.f).container {
            Container::Trait(tr) => self.extends_polled(tr, 0),
            Container::Impl(_) | Container::Module => false,
        }
    }

    fn extends_polled(&self, tr: crate::TraitId, depth: u32) -> bool {
        let world = self.world();
        let path = world.trait_path(tr);
        matches!(path.as_str(), "futures_core::stream::Stream" | "core::future::future::Future")
            || depth < MAX_SUPERS && world.super_ids(tr).iter().any(|tr| self.extends_polled(*tr, depth + 1))
    }

    /// The call that took a held closure with this body, and the polled code around it.
    pub(super) fn taker_of_held(&self, body: &TypedBody, root: ExprId) -> Option<(ExprId, Region)> {
        let regions = self.regions(body);
        let own = regions.get(regions.region_of(root));
        let taker = regions.parent(own.creator()?)?;
        let mut around: RegionId = own.parent?;
        loop {
            let region = regions.get(around);
            let kind = match region.kind {
                CodeRegionKind::Fn { is_async: true } => RegionKind::AsyncFn,
                CodeRegionKind::AsyncBlock { .. }
                | CodeRegionKind::Stream { .. }
                | CodeRegionKind::Closure { is_async: true, .. } => RegionKind::AsyncBlock,
                CodeRegionKind::Closure { .. } => {
                    around = region.parent?;
                    continue;
                }
                CodeRegionKind::Fn { .. } => return None,
            };
            return Some((taker, Region { root: region.root, kind }));
        }
    }
}
