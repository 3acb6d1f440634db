//! Calls of the standard library that run an implementation of ours.
//!
//! ```text
//! text.parse::<Config>()      <Config as FromStr>::from_str
//! text.into()                 <Config as From<&str>>::from, where a Config is wanted
//! ```

use rustc_hash::FxHashMap;
use toecap_ir::{Expr, ExprId, Name};

use crate::{AdtId, Analysis, CrateDefs, CrateId, CrateOrigin, FnCallee, FnId, ImplId, Ty, TypedBody, World};

/// Conversions that workspace types implement, by type and trait.
#[derive(Debug, Default)]
pub(crate) struct Conversions {
    found: FxHashMap<(AdtId, Name), Vec<ImplId>>,
}

impl Conversions {
    /// Those of all workspace crates.
    pub(crate) fn new(world: &World<'_>) -> Self {
        let mut conversions = Self::default();
        let crates = world.loaded().filter(|k| k.origin == CrateOrigin::Workspace);
        crates.for_each(|krate| conversions.add(world, krate));
        conversions
    }

    /// With what these crates have now, and no others in them.
    pub(crate) fn again(mut self, world: &World<'_>, crates: &[CrateId]) -> Self {
        self.found.retain(|(adt, _), impls| {
            impls.retain(|imp| !crates.contains(&imp.krate));
            !adt.is_gone() && !impls.is_empty()
        });
        crates.iter().filter_map(|krate| world.krate(*krate)).for_each(|krate| self.add(world, krate));
        self.found.values_mut().for_each(|impls| impls.sort_unstable());
        self
    }

    fn add(&mut self, world: &World<'_>, krate: &CrateDefs) {
        for index in 0..krate.impls.len() as u32 {
            let imp = ImplId { krate: krate.id, index };
            let header = world.impl_header(imp);
            let (Some((tr, _)), Some((adt, _))) = (header.trait_ref, header.self_ty.as_adt()) else { continue };
            let name = world.tr(tr).name;
            if world.is_std(tr.krate) && matches!(name.as_str(), "From" | "TryFrom" | "FromStr") {
                self.found.entry((adt, name)).or_default().push(imp);
            }
        }
    }
}

impl Conversions {
    /// As they are kept.
    pub(crate) fn kept(&self) -> Vec<(AdtId, String, Vec<ImplId>)> {
        let mut kept: Vec<_> =
            self.found.iter().map(|((adt, tr), impls)| (*adt, tr.to_string(), impls.clone())).collect();
        kept.sort_unstable();
        kept
    }

    pub(crate) fn revived(kept: Vec<(AdtId, String, Vec<ImplId>)>) -> Self {
        Self { found: kept.into_iter().map(|(adt, tr, impls)| ((adt, Name::new(&tr)), impls)).collect() }
    }
}

impl Analysis<'_> {
    /// The implementation that a call of `parse`, `into` or `try_into` leads to, when one of the workspace is meant.
    pub(super) fn forwarded(&self, body: &TypedBody, call: ExprId, callee: &FnCallee) -> Option<FnId> {
        let world = self.world();
        if !world.is_std(callee.f.krate) {
            return None;
        }
        let Expr::MethodCall(method) = &body.types.body[call] else { return None };
        let made = *body.types.expr_tys.get(call.index())?;
        let (tr, function, target) = match method.name.as_str() {
            "parse" => ("FromStr", "from_str", first_arg(made)?),
            "into" => ("From", "from", made),
            "try_into" => ("TryFrom", "try_from", first_arg(made)?),
            _ => return None,
        };
        let (adt, _) = target.as_adt()?;
        let impls = self.conversions().found.get(&(adt, Name::new(tr)))?;
        let source = *body.types.expr_tys.get(method.receiver.index())?;
        let from = |imp: &&ImplId| {
            let args = world.impl_header(**imp).trait_ref.map(|(_, args)| args).unwrap_or_default();
            args.first().is_none_or(|wanted| *wanted == source)
        };
        let chosen = impls.iter().find(from)?;
        world.imp(*chosen).fns.get(&Name::new(function)).copied()
    }
}

fn first_arg(ty: Ty) -> Option<Ty> {
    ty.as_adt()?.1.first().copied()
}
