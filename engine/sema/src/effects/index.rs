//! Facts about APIs, by definition: the public paths of the knowledge data resolved in the crates of the run.

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{Name, sym};
use toecap_knowledge::{Entry, FactPath, Facts, crate_facts};

use crate::names::Names;
use crate::{AdtId, CrateId, CrateOrigin, Def, FnCallee, FnId, Ns, TraitId, Ty, TyKind, World, intern_args};

/// Facts by definition.
#[derive(Default, Debug)]
pub struct FactIndex {
    fns: FxHashMap<FnId, &'static Entry>,
    trait_fns: FxHashMap<(FnId, AdtId), &'static Entry>,
    types: FxHashMap<AdtId, &'static Entry>,
    complete: Vec<CrateId>,
    indexed: FxHashSet<CrateId>,
}

impl FactIndex {
    /// Resolves the facts about all crates that are loaded.
    pub(crate) fn new(world: &World<'_>) -> Self {
        let mut index = Self::default();
        index.extend(world);
        index
    }

    /// Resolves the facts about crates that were loaded since.
    pub(crate) fn extend(&mut self, world: &World<'_>) {
        let loaded: Vec<(CrateId, Name)> = world.loaded().map(|k| (k.id, k.name)).collect();
        let names = Names::new(world);
        for (id, name) in loaded {
            if !self.indexed.insert(id) {
                continue;
            }
            let input = world.input(id);
            if input.origin == CrateOrigin::Std && name != sym::STD {
                continue;
            }
            let facts = crate_facts(name.as_str());
            if facts.complete && input.origin != CrateOrigin::Workspace {
                self.complete.push(id);
            }
            for entry in &facts.entries {
                self.add(world, &names, id, entry);
            }
        }
    }

    fn add(&mut self, world: &World<'_>, names: &Names<'_>, id: CrateId, facts: &'static Entry) {
        let resolve = |segments: &[toecap_knowledge::Text], ns: Ns| {
            let mut path: Vec<Name> = segments.iter().map(|s| Name::new(s)).collect();
            let first = *path.first()?;
            path.remove(0);
            let krate = if world.is_std(id) { world.std_crate(first)? } else { id };
            names.public_path(krate, &path, ns)
        };
        match &facts.path {
            FactPath::Free { segments } => {
                if let Some(Def::Fn(f)) = resolve(segments, Ns::Values) {
                    self.fns.insert(f, facts);
                }
            }
            FactPath::Type { segments } => match resolve(segments, Ns::Types) {
                Some(Def::Adt(adt)) => {
                    self.types.insert(adt, facts);
                }
                Some(Def::Alias(alias)) => {
                    if let Some((adt, _)) = world.alias_ty(alias).as_adt() {
                        self.types.entry(adt).or_insert(facts);
                    }
                }
                _ => {
                    if let Some(Def::Fn(f)) = resolve(segments, Ns::Values) {
                        self.fns.insert(f, facts);
                    }
                }
            },
            FactPath::Method { type_path, name } => {
                let name = Name::new(name);
                match resolve(type_path, Ns::Types) {
                    Some(Def::Trait(tr)) => self.add_trait_fn(world, tr, name, facts),
                    Some(Def::Adt(adt)) => self.add_method(world, adt, name, facts),
                    Some(Def::Alias(alias)) => {
                        if let Some((adt, _)) = world.alias_ty(alias).as_adt() {
                            self.add_method(world, adt, name, facts);
                        }
                    }
                    Some(Def::Prim(prim)) => self.add_inherent(world, Ty::prim(prim), name, facts),
                    _ => {}
                }
            }
            FactPath::TraitMethod { self_ty, trait_path, name } => {
                let Some(Def::Trait(tr)) = resolve(trait_path, Ns::Types) else { return };
                let adt = match resolve(self_ty, Ns::Types) {
                    Some(Def::Adt(adt)) => adt,
                    Some(Def::Alias(alias)) => match world.alias_ty(alias).as_adt() {
                        Some((adt, _)) => adt,
                        None => return,
                    },
                    _ => return,
                };
                if let Some(f) = world.tr(tr).fns.get(&Name::new(name)) {
                    self.trait_fns.insert((*f, adt), facts);
                }
            }
            FactPath::Macro { .. } => {}
        }
    }

    fn add_trait_fn(&mut self, world: &World<'_>, tr: TraitId, name: Name, facts: &'static Entry) {
        if let Some(f) = world.tr(tr).fns.get(&name) {
            self.fns.insert(*f, facts);
        }
    }

    fn add_method(&mut self, world: &World<'_>, adt: AdtId, name: Name, facts: &'static Entry) {
        let count = world.generics(world.adt(adt).generics).params.len();
        let args = vec![Ty::unknown(); count];
        self.add_inherent(world, Ty::new(TyKind::Adt(adt, intern_args(&args))), name, facts);
    }

    fn add_inherent(&mut self, world: &World<'_>, ty: Ty, name: Name, facts: &'static Entry) {
        let own = ty.as_adt().map(|(adt, _)| adt);
        for imp in world.inherent_impls(ty) {
            let Some(f) = world.imp(imp).fns.get(&name) else { continue };
            let target = world.impl_header(imp).self_ty.as_adt().map(|(adt, _)| adt);
            if target == own {
                self.fns.insert(*f, facts);
            }
        }
    }

    /// The row about what a call calls.
    pub fn entry_of(&self, callee: &FnCallee) -> Option<&'static Entry> {
        if let Some(adt) = callee.self_ty.and_then(|t| t.peel_refs().as_adt()).map(|(adt, _)| adt)
            && let Some(entry) = self.trait_fns.get(&(callee.f, adt))
        {
            return Some(entry);
        }
        callee.runs.and_then(|f| self.fns.get(&f)).or_else(|| self.fns.get(&callee.f)).copied()
    }
    /// Facts about what a call calls.
    pub fn of_callee(&self, callee: &FnCallee) -> Option<&'static Facts> {
        self.entry_of(callee).map(|e| &e.facts)
    }
    /// Facts about a function.
    pub fn of_fn(&self, f: FnId) -> Option<&'static Facts> {
        self.fns.get(&f).map(|e| &e.facts)
    }
    /// Facts about a type.
    pub fn of_type(&self, adt: AdtId) -> Option<&'static Facts> {
        self.types.get(&adt).map(|e| &e.facts)
    }
    /// Are the facts about this crate the whole story?
    pub fn is_complete(&self, krate: CrateId) -> bool {
        self.complete.contains(&krate)
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
