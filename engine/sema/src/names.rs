//! Resolution of names to definitions: modules, imports, globs, preludes, extern crates.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use toecap_ir::{Name, sym};

use crate::aliases::Alias;
use crate::search::{Key, Search};
use crate::{CrateDefs, CrateId, Def, MacroId, ModuleData, ModuleId, Ns, Prim, World};

/// Name lookup over the crates of a world, one of which may still be under construction.
pub struct Names<'a> {
    world: &'a World<'a>,
    building: Option<&'a CrateDefs>,
    /// Lookups that are under way.
    search: RefCell<Search>,
    /// Lookups by way of some of a module's globs.
    pub(crate) partly: RefCell<Vec<Key>>,
    /// Imports that macros in the body that is looked at have made.
    pub(crate) aliases: RefCell<Vec<Alias>>,
    /// Answers of the crate that is being collected: its own cache must not keep them.
    unfinished: RefCell<FxHashMap<Key, Option<Def>>>,
}

impl<'a> Names<'a> {
    /// Lookup over finished crates.
    pub fn new(world: &'a World<'a>) -> Self {
        let (search, partly, aliases, unfinished) = Default::default();
        Self { world, building: None, search, partly, aliases, unfinished }
    }
    /// Lookup while `defs` is being collected.
    pub(crate) fn building(world: &'a World<'_>, defs: &'a CrateDefs) -> Self {
        Self { building: Some(defs), ..Self::new(world) }
    }

    fn defs(&self, id: CrateId) -> Option<&'a CrateDefs> {
        match self.building {
            Some(defs) if defs.id == id => Some(defs),
            _ => self.world.krate(id),
        }
    }
    pub(crate) fn module(&self, id: ModuleId) -> Option<&'a ModuleData> {
        self.defs(id.krate)?.modules.get(id.index as usize)
    }
    fn is_building(&self, id: CrateId) -> bool {
        self.building.is_some_and(|defs| defs.id == id)
    }

    fn root(&self, krate: CrateId) -> Option<Def> {
        self.defs(krate)?;
        Some(Def::Module(ModuleId { krate, index: 0 }))
    }

    /// What `name` means in `module`, imports included, seen from `from`.
    pub fn lookup(&self, module: ModuleId, name: Name, ns: Ns, from: ModuleId) -> Option<Def> {
        let defs = self.defs(module.krate)?;
        let data = defs.modules.get(module.index as usize)?;
        if let Some((def, _)) = data.items.get(&(name, ns)) {
            return Some(*def);
        }
        if data.imports.is_empty() && ns != Ns::Macros {
            return None;
        }
        // All that others can use of such a crate was declared when it was collected.
        if module.krate != from.krate && self.world.input(module.krate).is_proc_macro {
            return None;
        }
        let key = (module, name, ns);
        if let Some(known) = self.settled(key) {
            return known;
        }
        if !self.search.borrow_mut().enter(key) {
            return None;
        }
        let found = self.lookup_imports(module, data, name, ns, from);
        let misses = self.search.borrow_mut().leave(found.is_some());
        misses.into_iter().for_each(|miss| self.settle(miss, None));
        if found.is_some() {
            self.settle(key, found);
        }
        found
    }

    fn settled(&self, key: Key) -> Option<Option<Def>> {
        let (module, name, ns) = key;
        if self.is_building(module.krate) {
            return self.unfinished.borrow().get(&key).copied();
        }
        self.defs(module.krate)?.scope_cache.get(&(module.index, name, ns))
    }

    fn settle(&self, key: Key, found: Option<Def>) {
        let (module, name, ns) = key;
        if self.is_building(module.krate) {
            self.unfinished.borrow_mut().insert(key, found);
        } else if let Some(defs) = self.defs(module.krate) {
            defs.scope_cache.keep((module.index, name, ns), found);
        }
    }

    fn lookup_imports(&self, module: ModuleId, data: &ModuleData, name: Name, ns: Ns, from: ModuleId) -> Option<Def> {
        for index in data.named.get(&name).into_iter().flatten() {
            let import = &data.imports[*index as usize];
            if import.only_type && ns != Ns::Types {
                continue;
            }
            if let Some(def) = self.resolve_import(module, &import.path, import.global, ns) {
                return Some(def);
            }
        }
        if ns == Ns::Macros
            && data.is_block
            && let Some(id) = data.textual.get(&name)
        {
            return Some(Def::Macro(*id));
        }
        data.globs.iter().find_map(|index| self.through_glob(module, &data.imports[*index as usize], name, ns, from))
    }

    pub(crate) fn variant(&self, adt: crate::AdtId, name: Name) -> Option<Def> {
        let data = self.defs(adt.krate)?.adts.get(adt.index as usize)?;
        if !data.is_enum {
            return None;
        }
        let index = data.variants.iter().position(|v| v.name == name)?;
        Some(Def::Variant(adt, index as u32))
    }

    pub(crate) fn resolve_import(&self, module: ModuleId, path: &[Name], global: bool, ns: Ns) -> Option<Def> {
        let krate = module.krate;
        let Some(&first) = path.first() else { return if global { None } else { self.root(krate) } };
        if ns == Ns::Macros
            && path.len() == 1
            && !global
            && let Some(id) = self.module(module).and_then(|m| m.textual.get(&first))
        {
            return Some(Def::Macro(*id));
        }
        let edition = self.defs(krate)?.edition;
        if edition < 2018 && !global && !is_keyword(first) {
            return self
                .resolve_in(ModuleId { krate, index: 0 }, path, ns)
                .or_else(|| self.resolve(module, path, true, ns));
        }
        self.resolve(module, path, global, ns)
    }

    /// `path` relative to `module`, without looking outside.
    pub fn resolve_in(&self, module: ModuleId, path: &[Name], ns: Ns) -> Option<Def> {
        let mut at = Def::Module(module);
        for (i, name) in path.iter().enumerate() {
            let ns = if i + 1 == path.len() { ns } else { Ns::Types };
            at = match at {
                Def::Module(m) => self.lookup(m, *name, ns, module)?,
                Def::Adt(adt) => self.variant(adt, *name)?,
                _ => return None,
            };
        }
        Some(at)
    }

    /// The whole of `path` as seen from `module`.
    pub fn resolve(&self, module: ModuleId, path: &[Name], global: bool, ns: Ns) -> Option<Def> {
        let (def, used) = self.resolve_prefix(module, path, global, ns)?;
        (used == path.len()).then_some(def)
    }

    /// The type that `path` names, and how many segments it took; see [`Names::resolve_prefix`].
    pub fn resolve_type(&self, module: ModuleId, path: &[Name], global: bool) -> Option<(Def, usize)> {
        let found = self.resolve_prefix(module, path, global, Ns::Types)?;
        // `use std::str;` leaves the type `str` what it was.
        match (found, path) {
            ((Def::Module(_), 1), [only]) if !global => Some((Def::Prim(Prim::from_name(*only)?), 1)),
            _ => Some(found),
        }
    }

    /// Resolves as many segments as name modules, then one item (and a variant of an enum). Returns how many were used;
    /// what follows are associated items.
    pub fn resolve_prefix(&self, module: ModuleId, path: &[Name], global: bool, ns: Ns) -> Option<(Def, usize)> {
        let last = path.len().checked_sub(1)?;
        if !global && let Some(found) = self.through_alias(path, ns) {
            return Some(found);
        }
        let ns_of = |i: usize| if i == last { ns } else { Ns::Types };
        let krate = module.krate;
        let (mut at, mut used) = if global {
            (self.root(self.world.extern_crate(krate, path[0])?)?, 1)
        } else {
            self.first_segment(module, path, ns_of(0))?
        };
        while used < path.len() {
            at = match at {
                Def::Module(m) => match self.lookup(m, path[used], ns_of(used), module) {
                    Some(def) => def,
                    // `use std::u32;` leaves `u32::from_str_radix` what it was.
                    None if used == 1 && !global => return Some((Def::Prim(Prim::from_name(path[0])?), 1)),
                    None => return None,
                },
                Def::Adt(adt) => match self.variant(adt, path[used]) {
                    Some(variant) => variant,
                    None => return Some((at, used)),
                },
                _ => return Some((at, used)),
            };
            used += 1;
        }
        Some((at, used))
    }

    fn first_segment(&self, module: ModuleId, path: &[Name], ns: Ns) -> Option<(Def, usize)> {
        let first = path[0];
        let krate = module.krate;
        if first == sym::CRATE {
            return Some((self.root(krate)?, 1));
        }
        if first == sym::SELF_VALUE || first == sym::SUPER {
            let mut at = self.enclosing_module(module)?;
            let mut used = usize::from(first == sym::SELF_VALUE);
            while path.get(used) == Some(&sym::SUPER) {
                let parent = self.module(at)?.parent?;
                at = self.enclosing_module(ModuleId { krate, index: parent })?;
                used += 1;
            }
            return Some((Def::Module(at), used));
        }
        if let Some(number) = first.as_str().strip_prefix("$crate:") {
            return Some((self.root(CrateId(number.parse().ok()?))?, 1));
        }
        Some((self.lookup_lexical(module, first, ns)?, 1))
    }

    /// The module that a block lies in, or the module itself.
    fn enclosing_module(&self, module: ModuleId) -> Option<ModuleId> {
        let mut at = module;
        loop {
            let data = self.module(at)?;
            if !data.is_block {
                return Some(at);
            }
            at = ModuleId { krate: module.krate, index: data.parent? };
        }
    }

    /// What a single name means: blocks inside out, the module, extern crates, preludes, primitive types.
    pub fn lookup_lexical(&self, module: ModuleId, name: Name, ns: Ns) -> Option<Def> {
        let mut at = module;
        loop {
            if let Some(def) = self.lookup(at, name, ns, module) {
                return Some(def);
            }
            let data = self.module(at)?;
            if !data.is_block {
                break;
            }
            at = ModuleId { krate: module.krate, index: data.parent? };
        }
        if ns == Ns::Types
            && let Some(def) = self.extern_prelude(module.krate, name)
        {
            return Some(def);
        }
        if let Some(def) = self.std_prelude(module, name, ns) {
            return Some(def);
        }
        if ns == Ns::Types { Prim::from_name(name).map(Def::Prim) } else { None }
    }

    fn extern_prelude(&self, krate: CrateId, name: Name) -> Option<Def> {
        let input = self.world.input(krate);
        if let Some((_, index)) = input.deps.iter().find(|(n, _)| *n == name) {
            return self.root(CrateId(*index as u32));
        }
        let in_std = self.world.is_std(krate);
        if name == sym::STD || name == sym::CORE || name == sym::PROC_MACRO || (in_std && name == sym::ALLOC) {
            return match self.world.std_crate(name) {
                Some(id) if id != krate => self.root(id),
                _ => None,
            };
        }
        // `extern crate x as y;` in the crate root
        let root = self.module(ModuleId { krate, index: 0 })?;
        for index in root.named.get(&name)? {
            let import = &root.imports[*index as usize];
            match &*import.path {
                [only] if import.global => return self.root(self.world.extern_crate(krate, *only)?),
                [only] if *only == sym::CRATE => return self.root(krate),
                _ => {}
            }
        }
        None
    }

    fn std_prelude(&self, module: ModuleId, name: Name, ns: Ns) -> Option<Def> {
        let krate = self.home_of(module)?;
        if self.is_building(krate) && self.search.borrow().depth() > 20 {
            return None;
        }
        self.defs(krate)?;
        if let Some(prelude) = self.prelude_in(krate, module)
            && let Some(def) = self.lookup(prelude, name, ns, module)
        {
            return Some(def);
        }
        if ns == Ns::Macros {
            return self.lookup(ModuleId { krate, index: 0 }, name, ns, module);
        }
        None
    }

    /// The definition of a macro that is called by `path`: textual scope first, then as a path.
    pub fn find_macro(
        &self,
        module: ModuleId,
        textual: Option<&FxHashMap<Name, MacroId>>,
        path: &[Name],
        global: bool,
    ) -> Option<MacroId> {
        if let ([only], false) = (path, global) {
            if let Some(id) = textual.and_then(|t| t.get(only)) {
                return Some(*id);
            }
            let mut at = Some(module);
            while let Some(id) = at {
                let data = self.module(id)?;
                if let Some(found) = data.textual.get(only) {
                    return Some(*found);
                }
                at = data.parent.filter(|_| data.is_block).map(|index| ModuleId { krate: module.krate, index });
            }
        }
        match self.resolve(module, path, global, Ns::Macros)? {
            Def::Macro(id) => Some(id),
            _ => None,
        }
    }

    /// The traits that `module` and the blocks around it bring into scope, without those of the prelude.
    pub fn traits_in_scope(&self, module: ModuleId) -> Vec<crate::TraitId> {
        let mut found = Vec::new();
        let mut seen = Vec::new();
        let mut at = module;
        loop {
            self.module_traits(at, module, &mut found, &mut seen, 0);
            let Some(data) = self.module(at) else { break };
            match data.parent.filter(|_| data.is_block) {
                Some(index) => at = ModuleId { krate: module.krate, index },
                None => break,
            }
        }
        found
    }

    /// The standard library's prelude that counts in `module`.
    pub(crate) fn prelude_of(&self, module: ModuleId) -> Option<ModuleId> {
        self.prelude_in(self.home_of(module)?, module)
    }

    /// The crate of the standard library whose prelude and macros are there without being named.
    fn home_of(&self, module: ModuleId) -> Option<CrateId> {
        let is_below_std = self.world.is_std(module.krate) && self.world.input(module.krate).name != sym::STD;
        self.world.std_crate(if is_below_std { sym::CORE } else { sym::STD })
    }

    fn prelude_in(&self, krate: CrateId, module: ModuleId) -> Option<ModuleId> {
        let root = ModuleId { krate, index: 0 };
        let edition = self.world.input(module.krate).edition;
        let version = if edition >= 2024 { sym::RUST_2024 } else { sym::RUST_2021 };
        match self.resolve_in(root, &[sym::PRELUDE, version], Ns::Types) {
            Some(Def::Module(prelude)) => Some(prelude),
            _ => None,
        }
    }

    /// The traits of a prelude, as `module` sees it.
    pub(crate) fn prelude_traits(&self, prelude: ModuleId, module: ModuleId) -> Vec<crate::TraitId> {
        let (mut found, mut seen) = (Vec::new(), Vec::new());
        self.module_traits(prelude, module, &mut found, &mut seen, 0);
        found
    }

    fn module_traits(
        &self,
        module: ModuleId,
        from: ModuleId,
        found: &mut Vec<crate::TraitId>,
        seen: &mut Vec<ModuleId>,
        depth: u32,
    ) {
        if seen.contains(&module) || depth > 12 {
            return;
        }
        seen.push(module);
        let Some(data) = self.module(module) else { return };
        let mut own: Vec<crate::TraitId> = data
            .items
            .iter()
            .filter_map(|((_, ns), (def, vis))| match def {
                Def::Trait(id) if *ns == Ns::Types && self.vis_allows(module.krate, *vis, from) => Some(*id),
                _ => None,
            })
            .collect();
        own.sort();
        for id in own {
            push_unique(found, id);
        }
        let mut named: Vec<u32> = data.named.values().flatten().copied().collect();
        named.sort_unstable();
        for index in named {
            let import = &data.imports[index as usize];
            if import.only_type && import.path.len() == 1 || !self.vis_allows(module.krate, import.vis, from) {
                continue;
            }
            if let Some(Def::Trait(id)) = self.resolve_import(module, &import.path, import.global, Ns::Types) {
                push_unique(found, id);
            }
        }
        for index in &data.globs {
            let import = &data.imports[*index as usize];
            if !self.vis_allows(module.krate, import.vis, from) {
                continue;
            }
            if let Some(Def::Module(target)) = self.resolve_import(module, &import.path, import.global, Ns::Types) {
                // What a glob brings is what the importing module may see.
                self.module_traits(target, module, found, seen, depth + 1);
            }
        }
    }

    /// What a public path such as `tokio::sync::mpsc::Sender` means to a user of its first crate.
    pub fn public_path(&self, krate: CrateId, rest: &[Name], ns: Ns) -> Option<Def> {
        self.resolve_in(ModuleId { krate, index: 0 }, rest, ns)
    }

    /// The same, private items included.
    pub fn path_from_inside(&self, krate: CrateId, rest: &[Name], ns: Ns) -> Option<Def> {
        let (last, modules) = rest.split_last()?;
        let mut at = ModuleId { krate, index: 0 };
        for (i, name) in modules.iter().enumerate() {
            at = match self.lookup(at, *name, Ns::Types, at)? {
                Def::Module(inner) => inner,
                Def::Adt(adt) if i + 1 == modules.len() => return self.variant(adt, *last),
                _ => return None,
            };
        }
        self.lookup(at, *last, ns, at)
    }
}

pub(crate) fn push_unique<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

fn is_keyword(name: Name) -> bool {
    name == sym::CRATE || name == sym::SELF_VALUE || name == sym::SUPER || name.as_str().starts_with("$crate:")
}
