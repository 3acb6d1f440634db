//! Facts about APIs, by definition: the public paths of the knowledge data resolved in the crates of the run.

mod kept;
mod lookup;

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{Name, similar, sym};
use toecap_knowledge::{BlockKind, Entry, FactPath, Facts, Text};

pub(crate) use kept::KeptFacts;
pub use lookup::Lookup;

use super::serving::gives_connection;
use crate::names::Names;
use crate::{AdtId, Analysis, CrateId, CrateOrigin, Def, FnId, ImplId, ModuleId, Ns, Ty, TyKind, World, intern_args};

/// Facts by definition.
#[derive(Default, Debug)]
pub struct FactIndex {
    fns: FxHashMap<FnId, &'static Entry>,
    trait_fns: FxHashMap<(FnId, AdtId), &'static Entry>,
    types: FxHashMap<AdtId, &'static Entry>,
    /// Types that connections are accepted from.
    listeners: FxHashSet<AdtId>,
    /// Paths of users' rows that led somewhere.
    resolved: FxHashSet<&'static str>,
    indexed: FxHashSet<CrateId>,
    /// By crate, of those that are not indexed.
    later: Vec<OnceLock<Box<FactIndex>>>,
    /// What is indexed is about this crate's own definitions: whether anything leads to a crate that nobody names depends on
    /// who else is looked at.
    only: Option<CrateId>,
}

/// A definition: its crate, and its number there.
type Definition = (CrateId, u32);

impl FactIndex {
    /// Resolves the facts about all crates that are loaded. What is loaded later is resolved when somebody asks ([`Lookup`]).
    pub(crate) fn new(world: &World<'_>) -> Self {
        let mut index = Self::blank(world);
        let loaded: Vec<CrateId> = world.loaded().map(|k| k.id).collect();
        let names = Names::new(world);
        for id in loaded {
            index.indexed.insert(id);
            index.add_crate(world, &names, id);
        }
        index
    }

    fn blank(world: &World<'_>) -> Self {
        Self { later: world.crate_ids().map(|_| OnceLock::new()).collect(), ..Self::default() }
    }

    fn add_crate(&mut self, world: &World<'_>, names: &Names<'_>, id: CrateId) {
        let input = world.input(id);
        if input.origin == CrateOrigin::Std && input.name != sym::STD {
            return;
        }
        let facts = world.knowledge().crate_facts(input.name.as_str());
        self.only = (!world.may_be_named(id)).then_some(id);
        for entry in &facts.entries {
            if self.add(world, names, id, entry) {
                self.resolved.insert(entry.text.as_ref());
            }
        }
    }

    /// The paths of users' rows that lead to nothing in any loaded crate, each with what was probably meant.
    pub fn unresolved(&self, world: &World<'_>) -> Vec<(String, Option<String>)> {
        let paths = world.knowledge().users_entries().iter().map(|entry| entry.text.as_ref());
        let lost = paths.filter(|path| !self.resolved.contains(path));
        lost.map(|path| (path.to_owned(), probably_meant(world, path))).collect()
    }

    /// True when the path leads to something that facts can be about.
    fn add(&mut self, world: &World<'_>, names: &Names<'_>, id: CrateId, facts: &'static Entry) -> bool {
        // Where a name leads says nothing of what is there.
        if facts.facts.alias().is_some() {
            return true;
        }
        let resolve = |segments: &[Text], ns: Ns| resolve(world, names, id, segments, ns);
        match &facts.path {
            FactPath::Free { segments } => self.add_fn(resolve(segments, Ns::Values), facts),
            FactPath::Type { segments } => match adt_of(world, resolve(segments, Ns::Types)) {
                Some((adt, is_alias)) => {
                    if !self.counts(adt.krate) {
                        return false;
                    }
                    let known = self.types.entry(adt).or_insert(facts);
                    if !is_alias {
                        *known = facts;
                    }
                    true
                }
                None => self.add_fn(resolve(segments, Ns::Values), facts),
            },
            FactPath::Method { type_path, name } => {
                let name = Name::new(name);
                match resolve(type_path, Ns::Types) {
                    Some(Def::Trait(tr)) => self.add_fn(world.tr(tr).fns.get(&name).map(|f| Def::Fn(*f)), facts),
                    Some(Def::Prim(prim)) => self.add_inherent(world, Ty::prim(prim), name, facts),
                    def => adt_of(world, def).is_some_and(|(adt, _)| {
                        if accepts(name, &facts.facts) && self.counts(adt.krate) {
                            self.listeners.insert(adt);
                        }
                        self.add_method(world, adt, name, facts)
                    }),
                }
            }
            FactPath::TraitMethod { self_ty, trait_path, name } => {
                let Some(Def::Trait(tr)) = resolve(trait_path, Ns::Types) else { return false };
                let Some((adt, _)) = adt_of(world, resolve(self_ty, Ns::Types)) else { return false };
                let Some(f) = world.tr(tr).fns.get(&Name::new(name)) else { return false };
                if !self.counts(f.krate) && !self.counts(adt.krate) {
                    return false;
                }
                self.trait_fns.insert((*f, adt), facts);
                true
            }
            FactPath::Macro { .. } => false,
        }
    }

    fn add_fn(&mut self, def: Option<Def>, facts: &'static Entry) -> bool {
        let Some(Def::Fn(f)) = def.filter(|def| matches!(def, Def::Fn(f) if self.counts(f.krate))) else {
            return false;
        };
        self.fns.insert(f, facts);
        true
    }

    fn counts(&self, krate: CrateId) -> bool {
        self.only.is_none_or(|only| only == krate)
    }

    fn add_method(&mut self, world: &World<'_>, adt: AdtId, name: Name, facts: &'static Entry) -> bool {
        self.add_inherent(world, any_of(world, adt), name, facts)
    }

    fn add_inherent(&mut self, world: &World<'_>, ty: Ty, name: Name, facts: &'static Entry) -> bool {
        let mut found = false;
        for imp in inherent_impls(world, ty) {
            if let Some(f) = world.imp(imp).fns.get(&name).filter(|f| self.counts(f.krate)) {
                self.fns.insert(*f, facts);
                found = true;
            }
        }
        found
    }

    /// What rows of one crate say of definitions of another: the definition, for a method of a trait also the type, and the row.
    pub(super) fn of_others(&self, world: &World<'_>) -> Vec<(Definition, Option<Definition>, &'static str)> {
        let fns = self.fns.iter().map(|(f, entry)| ((f.krate, f.index), None, *entry));
        let types = self.types.iter().map(|(adt, entry)| ((adt.krate, adt.index), None, *entry));
        let trait_fns = self.trait_fns.iter();
        let trait_fns = trait_fns.map(|((f, adt), entry)| ((f.krate, f.index), Some((adt.krate, adt.index)), *entry));
        let all = fns.chain(types).chain(trait_fns).filter(|((krate, _), of, entry)| {
            let is_own = |id: CrateId| match world.is_std(id) {
                true => entry.path.crate_name() == "std",
                false => entry.path.crate_name() == world.input(id).name.as_str(),
            };
            !is_own(*krate) || of.is_some_and(|(id, _)| !is_own(id))
        });
        all.map(|(def, of, entry)| (def, of, entry.text.as_ref())).collect()
    }

    /// How many definitions have facts.
    pub fn len(&self) -> usize {
        self.fns.len() + self.trait_fns.len() + self.types.len()
    }
    /// True when nothing resolved.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Does the method of this name take a connection out of what it is called on?
fn accepts(name: Name, facts: &Facts) -> bool {
    let waits = facts.blocking().is_some_and(|b| b.kind == BlockKind::Net);
    name.as_str() == "accept" && (waits || gives_connection(facts))
}

impl Analysis<'_> {
    /// The function that a path names, spelled as users of its crate spell it or as it is defined: `tokio::fs::read`,
    /// `tokio::fs::read::read`, `mpsc::Sender::send` with its crate in front.
    pub fn function_named(&self, path: &str) -> Option<FnId> {
        let world = self.world();
        let path = FactPath::parse_owned(path).ok()?;
        let names = Names::new(world);
        let krate = path.crate_name().to_owned();
        let mut crates = world.crate_ids().filter(|id| world.input(*id).name.as_str() == krate);
        crates.find_map(|id| {
            let resolve = |segments: &[Text], ns: Ns| {
                resolve(world, &names, id, segments, ns).or_else(|| {
                    let inner: Vec<Name> = segments.get(1..)?.iter().map(|segment| Name::new(segment)).collect();
                    names.path_from_inside(id, &inner, ns)
                })
            };
            match &path {
                FactPath::Free { segments } | FactPath::Type { segments } => match resolve(segments, Ns::Values)? {
                    Def::Fn(f) => Some(f),
                    _ => None,
                },
                FactPath::Method { type_path, name } => {
                    let name = Name::new(name);
                    match resolve(type_path, Ns::Types)? {
                        Def::Trait(tr) => world.tr(tr).fns.get(&name).copied(),
                        def => {
                            let (adt, _) = adt_of(world, Some(def))?;
                            let mut impls = inherent_impls(world, any_of(world, adt));
                            impls.find_map(|imp| world.imp(imp).fns.get(&name).copied())
                        }
                    }
                }
                FactPath::TraitMethod { .. } | FactPath::Macro { .. } => None,
            }
        })
    }
}

/// What a path of the knowledge data leads to; in the workspace private items as well.
fn resolve(world: &World<'_>, names: &Names<'_>, id: CrateId, segments: &[Text], ns: Ns) -> Option<Def> {
    let (first, rest) = segments.split_first()?;
    let krate = if world.is_std(id) { world.std_crate(Name::new(first))? } else { id };
    let rest: Vec<Name> = rest.iter().map(|segment| Name::new(segment)).collect();
    match world.input(krate).origin {
        CrateOrigin::Workspace => names.path_from_inside(krate, &rest, ns),
        CrateOrigin::Dependency | CrateOrigin::Std => names.public_path(krate, &rest, ns),
    }
}

/// The type that a definition is, and whether it is another name for it.
fn adt_of(world: &World<'_>, def: Option<Def>) -> Option<(AdtId, bool)> {
    match def? {
        Def::Adt(adt) => Some((adt, false)),
        Def::Alias(alias) => world.alias_ty(alias).as_adt().map(|(adt, _)| (adt, true)),
        _ => None,
    }
}

/// A type with unknown arguments.
fn any_of(world: &World<'_>, adt: AdtId) -> Ty {
    let count = world.generics(world.adt(adt).generics).params.len();
    Ty::new(TyKind::Adt(adt, intern_args(&vec![Ty::unknown(); count])))
}

fn inherent_impls(world: &World<'_>, ty: Ty) -> impl Iterator<Item = ImplId> {
    let own = ty.as_adt().map(|(adt, _)| adt);
    let impls = world.inherent_impls(ty).into_iter();
    impls.filter(move |imp| world.impl_header(*imp).self_ty.as_adt().map(|(adt, _)| adt) == own)
}

/// A path like one that leads nowhere: the first segment that is not there, spelled as something that is.
fn probably_meant(world: &World<'_>, path: &str) -> Option<String> {
    let names = Names::new(world);
    let segments: Vec<&str> = path.strip_prefix('<').unwrap_or(path).split(" as ").next()?.split("::").collect();
    let (krate, inner) = segments.split_first()?;
    let crates = world.crate_ids().filter(|id| world.input(*id).name.as_str() == krate.replace('-', "_"));
    let mut crates = crates.peekable();
    if crates.peek().is_none() {
        let known: Vec<&str> = world.crate_ids().map(|id| world.input(id).name.as_str()).collect();
        return Some([&[similar(krate, known)?], inner].concat().join("::"));
    }
    crates.find_map(|id| {
        let mut at = Def::Module(ModuleId { krate: id, index: 0 });
        for (i, segment) in inner.iter().enumerate() {
            let members = members(world, at);
            if !members.contains(segment) {
                return Some(
                    [&[*krate], &inner[..i], &[similar(segment, members)?], &inner[i + 1..]].concat().join("::"),
                );
            }
            let texts: Vec<Text> = segments[..i + 2].iter().map(|s| Text::Owned((*s).to_owned())).collect();
            at = resolve(world, &names, id, &texts, Ns::Types)?;
        }
        None
    })
}

/// The names of what is in a module, or of the methods of a type.
fn members<'w>(world: &'w World<'_>, def: Def) -> Vec<&'w str> {
    let mut names: Vec<Name> = match def {
        Def::Module(module) => {
            let data = world.module(module);
            data.items.keys().map(|(name, _)| *name).chain(data.named.keys().copied()).collect()
        }
        Def::Trait(tr) => world.tr(tr).fns.keys().copied().collect(),
        Def::Adt(adt) => {
            let impls = inherent_impls(world, any_of(world, adt));
            impls.flat_map(|imp| world.imp(imp).fns.keys().copied().collect::<Vec<_>>()).collect()
        }
        _ => Vec::new(),
    };
    names.sort_by_key(|name| name.as_str());
    names.dedup();
    names.into_iter().map(|name| name.as_str()).collect()
}
