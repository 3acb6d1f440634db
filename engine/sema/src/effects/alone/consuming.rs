//! Methods of somebody else's traits that take their value with them: they run at most once for each value that is made.
//!
//! ```text
//! impl Runnable for Job { async fn run(self, storage: Storage) { .. } }
//! options.run_with_storage(Job(options)).await        who calls `run` is not here, but there is one job
//! ```

use rustc_hash::FxHashMap;
use toecap_ir::Expr;

use super::AlonePart;
use crate::effects::turns::Turns;
use crate::{AdtId, Analysis, Callee, Container, FnId, PathDef};

/// Who makes values that are consumed: the maker, the method, and whether values are made over and over.
pub(super) struct Made {
    pub(super) by: FnId,
    pub(super) consumer: FnId,
    pub(super) again: bool,
}

impl Turns<'_> {
    /// The types of the workspace of which the body makes values that cannot be copied, and whether it does so more often than it runs.
    pub(super) fn made(&self) -> Vec<(AdtId, bool)> {
        let (world, types) = (self.analysis.world(), &self.body.types);
        let mut made: FxHashMap<AdtId, bool> = FxHashMap::default();
        for expr in types.body.exprs.ids() {
            let adt = match &types.body[expr] {
                Expr::Record(_) => types.expr_tys.get(expr.index()).and_then(|ty| ty.as_adt()).map(|(adt, _)| adt),
                Expr::Call { .. } => match types.callees.get(&expr) {
                    Some(Callee::Ctor(adt, _)) => Some(*adt),
                    _ => None,
                },
                Expr::Path(_) => match types.paths.get(&expr) {
                    Some(PathDef::Ctor(adt, _)) => Some(*adt),
                    _ => None,
                },
                _ => None,
            };
            if let Some(adt) = adt.filter(|adt| world.is_own(adt.krate) && self.analysis.is_unique(*adt)) {
                *made.entry(adt).or_default() |= self.runs_again(expr);
            }
        }
        let mut made: Vec<(AdtId, bool)> = made.into_iter().collect();
        made.sort_unstable();
        made
    }
}

impl Analysis<'_> {
    /// The type whose values a method of somebody else's trait consumes, where these cannot be copied.
    pub(super) fn consumed_by(&self, f: FnId) -> Option<AdtId> {
        let world = self.world();
        let Container::Impl(imp) = world.func(f).container else { return None };
        let header = world.impl_header(imp);
        let (tr, _) = header.trait_ref.as_ref()?;
        let (adt, _) = header.self_ty.as_adt()?;
        let takes_it = world.fn_sig(f).receiver == Some(header.self_ty);
        let is_its = !world.is_own(tr.krate) && world.is_own(adt.krate);
        (takes_it && is_its && self.is_unique(adt)).then_some(adt)
    }

    /// Are all its values made where the program says so: nobody copies one, or makes one from a message or of nothing?
    fn is_unique(&self, adt: AdtId) -> bool {
        const MAKING: [&str; 4] = ["Clone", "Default", "Deserialize", "Decode"];
        !MAKING.iter().any(|name| self.derives(adt, name)) && self.world().clone_fn(adt).is_none()
    }
}

/// Who makes what is consumed, of all bodies.
pub(super) fn made_of(parts: &[std::sync::Arc<AlonePart>]) -> Vec<Made> {
    let mut consumers: FxHashMap<AdtId, Vec<FnId>> = FxHashMap::default();
    for part in parts {
        if let (Some(owner), Some(adt)) = (part.owner, part.consumes) {
            consumers.entry(adt).or_default().push(owner);
        }
    }
    let mut made = Vec::new();
    for part in parts {
        let Some(by) = part.owner else { continue };
        for (adt, again) in &part.makes {
            let all = consumers.get(adt).into_iter().flatten();
            made.extend(all.map(|consumer| Made { by, consumer: *consumer, again: *again }));
        }
    }
    made
}
