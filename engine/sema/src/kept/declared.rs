//! What the crates of the workspace declare, unit by unit, so that two runs can be held against each other.
//!
//! ```text
//! impl Load for Disk { fn load(&self) -> Bytes; }      the unit of the impl: words Load, Disk
//!                                                      the unit of the function in it: name load, word Bytes
//! ```

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};
use serde::{Deserialize, Serialize};
use toecap_ir::{ItemKind, Name, PartSum, adt_parts, item_sum, word, words};

use super::declared_sum;
use crate::{
    Container, CrateDefs, CrateId, GenericsId, GenericsOwner, ImplId, ImplSource, ItemLoc, MacroData, MacroId,
    ModuleId, Ns, TraitId, World,
};

/// All of them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct KeptDeclared {
    pub(super) crates: Vec<Declared>,
}

/// By one crate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Declared {
    pub(super) id: CrateId,
    pub(super) declarations: u128,
    /// Attributes of files.
    pub(super) attrs: u64,
    /// By their numbers, as those that follow.
    pub(super) fns: Vec<Unit>,
    pub(super) consts: Vec<Unit>,
    pub(super) adts: Vec<Unit>,
    pub(super) traits: Vec<Unit>,
    pub(super) impls: Vec<Unit>,
    /// Aliases, associated types.
    pub(super) others: Vec<Unit>,
    pub(super) imports: Vec<Imported>,
    pub(super) modules: Vec<Module>,
    /// What macros and their definitions say.
    pub(super) macros: Vec<Unit>,
    /// The words of the paths of macros that are called between items.
    pub(super) called: Vec<u32>,
}

/// One definition.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Unit {
    /// The same in another run for the same definition.
    pub(super) key: u64,
    /// Of all that is declared.
    pub(super) sum: u64,
    /// The names that are given in declarations: of types, traits, constants.
    pub(super) types: Vec<u32>,
    /// Those that only bodies mention: of functions, fields.
    pub(super) values: Vec<u32>,
    /// `use` can name those.
    pub(super) is_importable: bool,
    /// All words of it.
    pub(super) words: Vec<u32>,
    /// Of a type: the sum of what is no field and no variant, and these.
    pub(super) parts: Option<(u64, Vec<PartSum>)>,
    /// The impl or trait that it is in.
    pub(super) within: Option<(Within, u32)>,
}

/// What something is in, beside its module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Within {
    Impl,
    Trait,
}

/// An import of a module.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Imported {
    /// The path of the module.
    pub(super) module: u64,
    /// None: all that is there.
    pub(super) name: Option<String>,
    pub(super) path: Vec<String>,
    pub(super) global: bool,
    vis: Option<u64>,
    only_type: bool,
    doubtful: bool,
}

/// A module that is no block.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Module {
    /// Of its path.
    pub(super) key: u64,
    pub(super) sum: u64,
    pub(super) name: u32,
}

/// Sums up one crate.
pub(super) fn declared(world: &World<'_>, defs: &CrateDefs) -> Declared {
    let paths = module_paths(defs);
    let mut all = Declared {
        id: defs.id,
        declarations: declared_sum(defs),
        attrs: file_attrs(defs),
        fns: Vec::new(),
        consts: Vec::new(),
        adts: Vec::new(),
        traits: Vec::new(),
        impls: Vec::new(),
        others: Vec::new(),
        imports: imports(defs, &paths),
        modules: modules(defs, &paths),
        macros: Vec::new(),
        called: called(defs),
    };
    let path = |module: ModuleId| paths[module.index as usize];
    for adt in &defs.adts {
        let unit = Unit::of(defs, adt.loc, (path(adt.module), 0)).named(adt.name);
        let parts = adt_parts(defs.item(adt.loc));
        all.adts.push(Unit { values: names_in(defs, adt.loc), is_importable: adt.is_enum, parts, ..unit });
    }
    for data in &defs.traits {
        all.traits.push(Unit::of(defs, data.loc, (path(data.module), 1)).named(data.name));
    }
    for index in 0..defs.impls.len() as u32 {
        all.impls.push(of_impl(world, defs, ImplId { krate: defs.id, index }, &paths));
    }
    for data in &defs.fns {
        let (within, container) = match data.container {
            Container::Module => (None, (path(data.module), 0)),
            Container::Impl(i) => (Some((Within::Impl, i.index)), all.impls[i.index as usize].id()),
            Container::Trait(t) => (Some((Within::Trait, t.index)), all.traits[t.index as usize].id()),
        };
        let mut unit = Unit::of(defs, data.loc, (container.0, 2));
        unit.sum = hash(&(unit.sum, container.1, data.in_test));
        unit.values.push(word(data.name.as_str()));
        unit.is_importable = within.is_none();
        unit.within = within;
        all.fns.push(unit);
    }
    for data in &defs.consts {
        let unit = all.in_generics(defs, data.loc, (path(data.module), 3), data.generics);
        all.consts.push(unit.named(data.name));
    }
    for data in &defs.aliases {
        let around = defs.generics[data.generics.index as usize].parent;
        let unit = all.in_generics(defs, data.loc, (path(data.module), 4), around);
        all.others.push(unit.named(data.name));
    }
    for data in &defs.assocs {
        let unit = Unit::of(defs, data.loc, (all.traits[data.tr.index as usize].key, 5)).named(data.name);
        all.others.push(Unit { within: Some((Within::Trait, data.tr.index)), ..unit });
    }
    for data in &defs.macros {
        all.macros.push(Unit::of(defs, data.loc, (path(data.module), 6)).named(data.name));
    }
    all
}

impl Declared {
    /// Of something that may be in an impl or trait.
    fn in_generics(&self, defs: &CrateDefs, loc: ItemLoc, at: (u64, u8), of: Option<GenericsId>) -> Unit {
        let within = of.and_then(|id| match defs.generics[id.index as usize].owner {
            GenericsOwner::Impl(i) => Some(((Within::Impl, i.index), &self.impls[i.index as usize])),
            GenericsOwner::Trait(t) => Some(((Within::Trait, t.index), &self.traits[t.index as usize])),
            _ => None,
        });
        let Some((within, around)) = within else { return Unit::of(defs, loc, at) };
        let unit = Unit::of(defs, loc, (around.key, at.1));
        Unit { sum: hash(&(unit.sum, around.sum)), within: Some(within), ..unit }
    }
}

impl Unit {
    fn named(mut self, name: Name) -> Unit {
        self.types.push(word(name.as_str()));
        self
    }

    fn of(defs: &CrateDefs, loc: ItemLoc, at: (u64, u8)) -> Unit {
        let item = defs.item(loc);
        let sum = item_sum(item, &defs.files[loc.file as usize].source);
        let key = hash(&(at, item.name.as_str()));
        Unit { key, sum: hash(&(key, sum.sum)), words: sum.words, ..Unit::default() }
    }

    /// What it is found by, and what it says.
    fn id(&self) -> (u64, u64) {
        (self.key, self.sum)
    }
}

/// Found by what it is of and for: two that are the same are told apart by their order.
fn of_impl(world: &World<'_>, defs: &CrateDefs, imp: ImplId, paths: &[u64]) -> Unit {
    let data = &defs.impls[imp.index as usize];
    let module = paths[data.module.index as usize];
    let mut unit = match data.source {
        ImplSource::Item(loc) => Unit::of(defs, loc, (module, 7)),
        ImplSource::Derive(adt, derive) => {
            let name = defs.adts[adt.index as usize].name;
            let derive = format!("{derive:?}");
            let sum = hash(&(module, name.as_str(), &derive));
            let words = words(&derive).chain([word(name.as_str())]).collect();
            return Unit { key: sum, sum, words, ..Unit::default() };
        }
    };
    unit.sum = hash(&(unit.sum, data.doubtful));
    unit.key = unit.sum;
    unit.values = data.fns.keys().map(|name| word(name.as_str())).collect();
    let header = world.impl_header(imp);
    if let Some((tr, args)) = &header.trait_ref {
        unit.types.push(word(world.tr(*tr).name.as_str()));
        unit.values.extend(offered_by(world, *tr));
        let adts = args.iter().filter_map(|arg| arg.peel_refs().as_adt());
        unit.types.extend(adts.map(|(adt, _)| word(world.adt(adt).name.as_str())));
    }
    if let Some((adt, _)) = header.self_ty.peel_refs().as_adt() {
        unit.types.push(word(world.adt(adt).name.as_str()));
    }
    unit.types.extend(&unit.words);
    for names in [&mut unit.types, &mut unit.values] {
        names.sort_unstable();
        names.dedup();
    }
    unit
}

/// What code that has a trait in scope can call, and what calls the traits of std that convert.
pub(super) fn offered_by(world: &World<'_>, tr: TraitId) -> Vec<u32> {
    let data = world.tr(tr);
    let mut names: Vec<u32> = data.fns.keys().chain(data.consts.keys()).map(|name| word(name.as_str())).collect();
    names.extend(data.assocs.keys().map(|name| word(name.as_str())));
    let callers: &[&str] = match data.name.as_str() {
        "From" => &["into"],
        "TryFrom" => &["try_into"],
        "FromStr" => &["parse"],
        "FromIterator" | "Extend" => &["collect", "unzip", "partition"],
        "Sum" => &["sum"],
        "Product" => &["product"],
        "Display" => &["to_string"],
        "ToOwned" | "Borrow" => &["into_owned", "to_owned", "get", "contains_key", "remove", "contains"],
        _ => &[],
    };
    names.extend(callers.iter().map(|name| word(name)));
    names
}

/// Variants and fields.
fn names_in(defs: &CrateDefs, loc: ItemLoc) -> Vec<u32> {
    let (ItemKind::Struct(adt) | ItemKind::Union(adt) | ItemKind::Enum(adt)) = &defs.item(loc).kind else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for variant in &adt.variants {
        names.push(word(variant.name.as_str()));
        names.extend(variant.fields.iter().map(|field| word(field.name.as_str())));
    }
    names
}

/// A number for the path of each module; those of blocks have that of what they are in.
fn module_paths(defs: &CrateDefs) -> Vec<u64> {
    let mut paths: Vec<u64> = Vec::with_capacity(defs.modules.len());
    for module in &defs.modules {
        let above = module.parent.and_then(|parent| paths.get(parent as usize).copied()).unwrap_or_default();
        paths.push(hash(&(above, module.name.as_str())));
    }
    paths
}

/// The module that has this path now.
pub(super) fn module_at(defs: &CrateDefs, path: u64) -> Option<ModuleId> {
    let paths = module_paths(defs);
    let mut all = paths.iter().zip(&defs.modules).zip(0..);
    let found = all.find(|((known, module), _)| **known == path && !module.is_block)?;
    Some(ModuleId { krate: defs.id, index: found.1 })
}

fn modules(defs: &CrateDefs, paths: &[u64]) -> Vec<Module> {
    let named = defs.modules.iter().zip(paths).filter(|(module, _)| !module.is_block);
    let of = |(module, key): (&crate::ModuleData, &u64)| {
        let above = module.parent.map(|parent| &defs.modules[parent as usize]);
        let vis = above.and_then(|above| above.items.get(&(module.name, Ns::Types)));
        let mut textual: Vec<(&str, Option<String>)> = module
            .textual
            .iter()
            .map(|(name, id)| (name.as_str(), own_macro(defs, *id).map(|data| data.name.to_string())))
            .collect();
        textual.sort_unstable();
        let vis = vis.map(|(_, vis)| seen_by(*vis, paths));
        Module { key: *key, sum: hash(&(module.in_test, vis, textual)), name: word(module.name.as_str()) }
    };
    named.map(of).collect()
}

/// None for a macro that `#[macro_use] extern crate` brought from another crate.
fn own_macro(defs: &CrateDefs, id: MacroId) -> Option<&MacroData> {
    (id.krate == defs.id).then(|| &defs.macros[id.index as usize])
}

fn seen_by(vis: crate::Vis, paths: &[u64]) -> Option<u64> {
    match vis {
        crate::Vis::Public => None,
        crate::Vis::Within(module) => Some(paths[module as usize]),
    }
}

/// Those of blocks are the business of one body.
fn imports(defs: &CrateDefs, paths: &[u64]) -> Vec<Imported> {
    let mut found = Vec::new();
    for (module, path) in defs.modules.iter().zip(paths).filter(|(module, _)| !module.is_block) {
        let mut names: FxHashMap<u32, Name> = FxHashMap::default();
        for (name, all) in &module.named {
            names.extend(all.iter().map(|index| (*index, *name)));
        }
        for (import, index) in module.imports.iter().zip(0..) {
            found.push(Imported {
                module: *path,
                name: names.get(&index).filter(|_| !import.glob).map(ToString::to_string),
                path: import.path.iter().map(ToString::to_string).collect(),
                global: import.global,
                vis: seen_by(import.vis, paths),
                only_type: import.only_type,
                doubtful: import.doubtful,
            });
        }
    }
    found
}

/// Also of macros that are attributes, and of derived traits.
fn called(defs: &CrateDefs) -> Vec<u32> {
    let items = defs.files.iter().flat_map(|file| file.ir.items.iter());
    let mut called: Vec<u32> = Vec::new();
    for (_, item) in items {
        if let ItemKind::MacroCall(call) = &item.kind {
            called.extend(call.path.segments.iter().map(|segment| word(segment.name.as_str())));
        }
        for attr in &item.attrs.list {
            called.extend(attr.path.iter().map(|name| word(name.as_str())));
            if attr.path.last().is_some_and(|name| *name == "derive") {
                called.extend(words(&attr.text));
            }
        }
    }
    called.sort_unstable();
    called.dedup();
    called
}

fn file_attrs(defs: &CrateDefs) -> u64 {
    let with = defs.files.iter().filter(|file| file.source.origin.is_none());
    let sums = with.map(|file| {
        let attrs = &file.ir.attrs;
        let is_plain = attrs.cfg.is_none() && attrs.list.is_empty() && attrs.cancel_docs.is_none();
        if is_plain { 0 } else { hash(&format!("{attrs:?}")) }
    });
    sums.fold(0, u64::wrapping_add)
}

pub(super) fn hash(what: &impl Hash) -> u64 {
    let mut sum = FxHasher::default();
    what.hash(&mut sum);
    sum.finish()
}
