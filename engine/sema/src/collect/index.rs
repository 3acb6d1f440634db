//! Under which names impls are found.

use rustc_hash::FxHashMap;
use toecap_ir::{Generics, ItemKind, Name, TypeRef, sym};

use super::Collector;
use crate::{Def, Derive, ImplData, ImplId, ImplSource, Ns, Shape};

impl Collector<'_> {
    pub(super) fn index_impls(&mut self) {
        let mut index: FxHashMap<(Name, Shape), Vec<ImplId>> = FxHashMap::default();
        let (doubtful, sure): (Vec<_>, Vec<_>) = (0..self.defs.impls.len()).partition(|i| self.defs.impls[*i].doubtful);
        for i in sure.into_iter().chain(doubtful) {
            let id = ImplId { krate: self.id(), index: i as u32 };
            let (traits, shapes) = self.impl_keys(&self.defs.impls[i]);
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
    pub(super) fn impl_keys(&self, data: &ImplData) -> (Vec<Name>, Vec<Shape>) {
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
                let traits = match &item.trait_ref {
                    None => vec![sym::EMPTY],
                    Some(path) => self.trait_names(module, path.last_name().unwrap_or(sym::EMPTY)),
                };
                let shapes = match self.written_shape(&item.self_ty, &item.generics) {
                    Shape::Named(name) => {
                        if self.is_alias(module, name) {
                            vec![Shape::Any]
                        } else {
                            self.with_renames(module, name).into_iter().map(Shape::Named).collect()
                        }
                    }
                    other => vec![other],
                };
                (traits, shapes)
            }
        }
    }

    pub(super) fn is_alias(&self, module: u32, name: Name) -> bool {
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
        self.defs
            .aliases
            .iter()
            .any(|a| a.name == name && self.defs.generics[a.generics.index as usize].parent.is_none())
    }

    /// As an impl writes a trait, and what that may be called where it is declared: `StdError` is what serde calls std's `Error`, and which
    /// of both a name means is asked of each impl that is found.
    fn trait_names(&self, module: u32, name: Name) -> Vec<Name> {
        let mut names = self.with_renames(module, name);
        if !self.defs.traits.iter().any(|tr| names.contains(&tr.name)) {
            let words = name.as_str().match_indices(|c: char| c.is_ascii_uppercase()).map(|(at, _)| at);
            names.extend(words.filter(|at| *at > 0).map(|at| Name::new(&name.as_str()[at..])));
        }
        names
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

    pub(super) fn written_shape(&self, ty: &TypeRef, generics: &Generics) -> Shape {
        match ty {
            TypeRef::Path(path) => {
                let is_param = |name: Name| generics.params.iter().any(|p| p.name == name);
                match path.segments.first() {
                    Some(first) if path.qself.is_none() && !is_param(first.name) => {
                        path.last_name().map_or(Shape::Any, Shape::Named)
                    }
                    _ => Shape::Any,
                }
            }
            TypeRef::Ref(..) => Shape::Ref,
            TypeRef::Ptr(..) => Shape::Ptr,
            TypeRef::Slice(_) => Shape::Slice,
            TypeRef::Array(..) => Shape::Array,
            TypeRef::Tuple(_) => Shape::Tuple,
            TypeRef::FnPtr(_) => Shape::FnPtr,
            TypeRef::DynTrait(bounds) => bounds.first().and_then(|b| b.path.last_name()).map_or(Shape::Any, Shape::Dyn),
            TypeRef::Never => Shape::Never,
            TypeRef::ImplTrait(_) | TypeRef::Infer | TypeRef::Macro(_) | TypeRef::Opaque => Shape::Any,
        }
    }
}
