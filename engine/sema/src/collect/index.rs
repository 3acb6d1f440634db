//! Under which names impls are found.

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{ImplHead, ItemKind, Name, Shape, sym};

use super::Collector;
use crate::{AliasData, CrateOrigin, Def, Derive, ImplData, ImplId, ImplSource, Ns};

/// Names of what the crate declares.
struct Declared {
    /// Of aliases that are no associated types.
    aliases: FxHashSet<Name>,
    traits: FxHashSet<Name>,
    /// What the modules of a dependency call what they import: `pub use futures_io::AsyncRead as Read`.
    renamed: FxHashMap<Name, Vec<Name>>,
}

impl Collector<'_> {
    pub(super) fn index_impls(&mut self) {
        let mut index: FxHashMap<(Name, Shape), Vec<ImplId>> = FxHashMap::default();
        let is_free = |alias: &&AliasData| self.defs.generics[alias.generics.index as usize].parent.is_none();
        let declared = Declared {
            aliases: self.defs.aliases.iter().filter(is_free).map(|alias| alias.name).collect(),
            traits: self.defs.traits.iter().map(|tr| tr.name).collect(),
            renamed: self.renamed(),
        };
        let all = || self.defs.impls.iter().zip(0..);
        let sure = all().filter(|(data, _)| !data.doubtful);
        for (data, number) in sure.chain(all().filter(|(data, _)| data.doubtful)) {
            let id = ImplId { krate: self.id(), index: number };
            let (traits, shapes) = self.impl_keys(data, &declared);
            for tr in &traits {
                for shape in &shapes {
                    index.entry((*tr, *shape)).or_default().push(id);
                }
            }
        }
        self.defs.impls_by_name.by_shape = index;
    }

    /// Under which trait names and shapes an impl can be found: what is written and, where that is an alias made by
    /// `use a::B as C`, what it is renamed from.
    fn impl_keys(&self, data: &ImplData, declared: &Declared) -> (Vec<Name>, Vec<Shape>) {
        match data.source {
            ImplSource::Derive(adt, derive) => {
                let name = self.defs.adts[adt.index as usize].name;
                let tr = match derive {
                    Derive::Core(path) => Name::new(path.last().copied().unwrap_or_default()),
                    Derive::Named(path) => Name::new(path.as_str().rsplit("::").next().unwrap_or_default()),
                };
                (vec![tr], vec![Shape::Named(name)])
            }
            ImplSource::Item(loc) => {
                let ItemKind::Impl(item) = &self.defs.item(loc).kind else { return (Vec::new(), Vec::new()) };
                let module = data.module.index;
                let head = item.head();
                let ImplHead { trait_name, shape, .. } = *head;
                let traits =
                    trait_name.map_or_else(|| vec![sym::EMPTY], |name| self.trait_names(module, name, declared));
                let shapes = match shape {
                    Shape::Named(name) => {
                        if self.is_alias(module, name, declared) {
                            vec![Shape::Any]
                        } else {
                            self.named_shapes(module, name)
                        }
                    }
                    other => vec![other],
                };
                (traits, shapes)
            }
        }
    }

    /// What a type of this name may look like where it is declared: `LockResult<T>` of std is a `Result`.
    fn named_shapes(&self, module: u32, name: Name) -> Vec<Shape> {
        let names = self.with_renames(module, name);
        let mut shapes: Vec<Shape> = names.iter().copied().map(Shape::Named).collect();
        if self.defs.origin != CrateOrigin::Std {
            for shape in names.iter().flat_map(|name| self.world.std_aliases(*name)) {
                if !shapes.contains(&shape) {
                    shapes.push(shape);
                }
            }
        }
        shapes
    }

    fn is_alias(&self, module: u32, name: Name, declared: &Declared) -> bool {
        let mut at = Some(module);
        while let Some(m) = at {
            let data = &self.defs.modules[m as usize];
            match data.items.get(&(name, Ns::Types)) {
                Some((Def::Alias(_), _)) => return true,
                Some(_) => return false,
                None => {}
            }
            at = data.parent.filter(|_| data.is_block);
        }
        // An alias that is imported: anything of this name that some module of the crate declares as alias.
        declared.aliases.contains(&name)
    }

    /// As an impl writes a trait, and what that may be called where it is declared: `StdError` is what serde calls std's `Error`, and which
    /// of both a name means is asked of each impl that is found.
    fn trait_names(&self, module: u32, name: Name, declared: &Declared) -> Vec<Name> {
        let mut names = self.with_renames(module, name);
        if !names.iter().any(|name| declared.traits.contains(name)) {
            let words = name.as_str().match_indices(|c: char| c.is_ascii_uppercase()).map(|(at, _)| at);
            let words = words.filter(|at| *at > 0).map(|at| Name::new(&name.as_str()[at..]));
            for other in declared.renamed.get(&name).into_iter().flatten().copied().chain(words) {
                // `use http_body::Body as HttpBody` says `Body` twice, and of two impls none would be sure.
                if !names.contains(&other) {
                    names.push(other);
                }
            }
        }
        names
    }

    fn renamed(&self) -> FxHashMap<Name, Vec<Name>> {
        let mut renamed: FxHashMap<Name, Vec<Name>> = FxHashMap::default();
        if self.defs.origin == CrateOrigin::Workspace {
            return renamed;
        }
        for module in &self.defs.modules {
            for (name, imports) in &module.named {
                let paths = imports.iter().filter_map(|import| module.imports[*import as usize].path.last());
                for last in paths.filter(|last| *last != name) {
                    let known = renamed.entry(*name).or_default();
                    if !known.contains(last) {
                        known.push(*last);
                    }
                }
            }
        }
        renamed
    }

    pub(super) fn with_renames(&self, module: u32, name: Name) -> Vec<Name> {
        let mut names = vec![name];
        let mut at = Some(module);
        while let Some(m) = at {
            let data = &self.defs.modules[m as usize];
            for import in data.named.get(&name).into_iter().flatten() {
                if let Some(&last) = data.imports[*import as usize].path.last()
                    && !names.contains(&last)
                {
                    names.push(last);
                }
            }
            at = data.parent.filter(|_| data.is_block);
        }
        names
    }
}
