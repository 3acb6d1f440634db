//! What users of a crate can name: public in public modules, or re-exported.

use rustc_hash::FxHashSet;

use crate::defs::Vis;
use crate::names::Names;
use crate::{Container, CrateId, Def, FnId, ModuleId, Ns, World};

/// The items that can be named from outside of a crate.
#[derive(Debug, Default)]
pub struct Reachable(FxHashSet<Def>);

impl Reachable {
    /// Follows the public names of a crate from its root.
    pub fn new(world: &World<'_>, krate: CrateId) -> Self {
        let names = Names::new(world);
        let mut found = Self::default();
        let mut open = vec![ModuleId { krate, index: 0 }];
        let mut seen: FxHashSet<ModuleId> = open.iter().copied().collect();
        while let Some(module) = open.pop() {
            let data = world.module(module);
            let mut defs: Vec<Def> = Vec::new();
            defs.extend(data.items.values().filter(|(_, vis)| *vis == Vis::Public).map(|(def, _)| *def));
            for (name, imports) in &data.named {
                if imports.iter().any(|index| data.imports[*index as usize].vis == Vis::Public) {
                    defs.extend(
                        [Ns::Types, Ns::Values].iter().filter_map(|ns| names.lookup(module, *name, *ns, module)),
                    );
                }
            }
            let globs = data.globs.iter().map(|index| &data.imports[*index as usize]);
            let globs = globs.filter(|import| import.vis == Vis::Public);
            defs.extend(globs.filter_map(|import| names.resolve(module, &import.path, import.global, Ns::Types)));
            for def in defs {
                found.0.insert(def);
                match def {
                    Def::Module(inner) if inner.krate == krate && seen.insert(inner) => open.push(inner),
                    Def::Alias(alias) => {
                        found.0.extend(world.alias_ty(alias).as_adt().map(|(adt, _)| Def::Adt(adt)));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// Can users call the function by its name, as far as its type or trait goes? Methods of trait impls are their trait's.
    pub fn has(&self, world: &World<'_>, f: FnId) -> bool {
        match world.func(f).container {
            Container::Module => self.0.contains(&Def::Fn(f)),
            Container::Trait(tr) => self.0.contains(&Def::Trait(tr)),
            Container::Impl(imp) => {
                let header = world.impl_header(imp);
                let adt = header.self_ty.as_adt().map(|(adt, _)| Def::Adt(adt));
                let is_pub = matches!(world.item_of_fn(f).vis, toecap_ir::Visibility::Public);
                is_pub && header.trait_ref.is_none() && adt.is_some_and(|adt| self.0.contains(&adt))
            }
        }
    }
}
