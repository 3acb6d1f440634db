//! What declarations that changed may matter to: whatever mentions their names, and what is declared with those.
//!
//! ```text
//! struct Limit { max: u32, .. }          changed
//! fn limit() -> Limit                    mentions it, and may be something else for whoever mentions `limit` or `max`
//! fn f() { g(limit()) }                  is looked at again
//! ```
//! A body is made of what it mentions, of what declarations of those mention, and so on, for types come from nowhere else. Where
//! that is not so (a glob, a macro that makes items, the attributes of a module), this gives up.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{Name, word, words};

use super::KeptCrate;
use super::declared::{Declared, Imported, KeptDeclared, Unit, Within, declared, module_at, offered_by};
use super::differences::{defined, differing, imports_that_differ, plain_difference, renumber};
use crate::names::Names;
use crate::renumber::Renumbering;
use crate::{BodyOwner, CrateId, Def, Ns, World};

/// What follows from declarations that changed.
pub(super) struct Followed {
    /// Of all crates, as they are now.
    pub(super) declared: KeptDeclared,
    pub(super) renumbering: Arc<Renumbering>,
    /// The crates in which an impl may be something else.
    pub(super) with_impls: FxHashSet<CrateId>,
    names: Mentioned,
}

/// Names that may mean, or give, something else.
#[derive(Default)]
struct Mentioned {
    /// Of declarations, for declarations.
    types: FxHashSet<u32>,
    /// Those of them that may stand for something else than before, and not only for the same thing that has changed.
    meanings: FxHashSet<u32>,
    /// Macros whose rules mention a name that may mean something else: a type that one makes is another then.
    hiding: FxHashSet<u32>,
    /// For bodies alone.
    values: FxHashSet<u32>,
    /// Those of them that can be imported.
    imported: FxHashSet<u32>,
}

/// Follows what the crates `redeclared` declare now and did not before, or the other way round; none when that cannot be done.
pub(super) fn follow(
    world: &World<'_>,
    crates: &[KeptCrate],
    redeclared: &[CrateId],
    kept: KeptDeclared,
) -> Option<Followed> {
    let is_of_that_run =
        |(krate, known): (&KeptCrate, &Declared)| krate.id == known.id && krate.declarations == known.declarations;
    if crates.len() != kept.crates.len() || !crates.iter().zip(&kept.crates).all(is_of_that_run) {
        return None;
    }
    let mut now = KeptDeclared { crates: Vec::with_capacity(kept.crates.len()) };
    let mut names = Mentioned::default();
    let (mut changed, mut numbers) = (Vec::new(), Renumbering::default());
    for before in &kept.crates {
        if !redeclared.contains(&before.id) {
            now.crates.push(before.clone());
            continue;
        }
        let krate = declared(world, world.krate(before.id)?);
        renumber(before, &krate, &mut numbers)?;
        names.changes(before, &krate)?;
        changed.extend(imports_that_differ(before, &krate).map(|import| (before.id, import.clone())));
        now.crates.push(krate);
    }
    let own: FxHashSet<u32> = kept.crates.iter().chain(&now.crates).flat_map(defined).collect();
    let imports = kept.crates.iter().chain(&now.crates).flat_map(|krate| &krate.imports);
    let taken = own.iter().copied().chain(imports.filter_map(|import| Some(word(import.name.as_deref()?)))).collect();
    for before in kept.crates.iter().filter(|krate| redeclared.contains(&krate.id)) {
        let after = now.crates.iter().find(|krate| krate.id == before.id)?;
        names.types_that_differ(&before.adts, &after.adts, &taken);
    }
    names.imports(world, changed)?;
    let with_impls = names.spread(&now, &own, &kept, redeclared)?;
    Some(Followed { declared: now, renumbering: Arc::new(numbers), with_impls, names })
}

impl Followed {
    /// Does a text mention what may be something else?
    pub(super) fn is_said_in(&self, text: &str) -> bool {
        words(text).any(|word| self.names.has(word))
    }
    /// Does what is declared of a body, or around it?
    pub(super) fn is_declared_of(&self, owner: BodyOwner) -> bool {
        self.unit_of(owner).is_none_or(|(krate, unit)| self.names.says(krate, unit))
    }

    fn unit_of(&self, owner: BodyOwner) -> Option<(&Declared, &Unit)> {
        let krate = self.declared.crates.binary_search_by_key(&owner.krate(), |krate| krate.id).ok()?;
        let krate = &self.declared.crates[krate];
        let unit = match owner {
            BodyOwner::Fn(f) => krate.fns.get(f.index as usize),
            BodyOwner::Const(c) => krate.consts.get(c.index as usize),
        };
        Some((krate, unit?))
    }
}

impl Mentioned {
    /// Adds the names of what is in one of them only; none when a change cannot be followed by names.
    fn changes(&mut self, before: &Declared, now: &Declared) -> Option<()> {
        if before.attrs != now.attrs || differing(&before.macros, &now.macros).next().is_some() {
            return None;
        }
        self.modules(before, now)?;
        let keys = |units: &[Unit]| units.iter().map(|unit| unit.key).collect::<FxHashSet<u64>>();
        let (old, new) = (keys(&before.traits), keys(&now.traits));
        for unit in differing(&before.traits, &now.traits) {
            // What is in both is still the same trait.
            self.give(unit, !old.contains(&unit.key) || !new.contains(&unit.key));
        }
        let makes_macros =
            |unit: &Unit| words("proc_macro proc_macro_derive proc_macro_attribute").any(|w| unit.words.contains(&w));
        if differing(&before.fns, &now.fns).any(makes_macros) {
            return None;
        }
        let others = [(&before.fns, &now.fns), (&before.consts, &now.consts), (&before.others, &now.others)];
        for (before, now) in others {
            differing(before, now).for_each(|unit| self.give(unit, true));
        }
        Some(())
    }

    /// Types: in place of one that is in both and has other fields, those who have it see no difference while these are plain.
    fn types_that_differ(&mut self, before: &[Unit], now: &[Unit], taken: &FxHashSet<u32>) {
        let by_key = |units: &'_ [Unit]| {
            let mut found: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
            units.iter().enumerate().for_each(|(at, unit)| found.entry(unit.key).or_default().push(at));
            found
        };
        let (old, new) = (by_key(before), by_key(now));
        for unit in differing(before, now) {
            match (old.get(&unit.key).map(Vec::as_slice), new.get(&unit.key).map(Vec::as_slice)) {
                (Some([one]), Some([other])) => match plain_difference(&before[*one], &now[*other], taken) {
                    Some(names) => {
                        self.values.extend(names);
                        self.values.extend(&unit.types);
                    }
                    None => self.give(unit, false),
                },
                _ => self.give(unit, true),
            }
        }
    }

    fn modules(&mut self, before: &Declared, now: &Declared) -> Option<()> {
        let sums =
            |krate: &Declared| krate.modules.iter().map(|m| (m.key, (m.sum, m.name))).collect::<FxHashMap<_, _>>();
        let (old, new) = (sums(before), sums(now));
        for (key, (sum, name)) in old.iter().chain(&new) {
            let is_in_both = old.contains_key(key) && new.contains_key(key);
            if is_in_both && [&old, &new].iter().any(|all| all.get(key).is_none_or(|other| other.0 != *sum)) {
                return None;
            }
            if !is_in_both {
                self.types.insert(*name);
                self.meanings.insert(*name);
            }
        }
        Some(())
    }

    fn give(&mut self, unit: &Unit, is_another: bool) {
        self.types.extend(&unit.types);
        self.values.extend(&unit.values);
        if unit.is_importable {
            self.imported.extend(&unit.values);
        }
        if is_another {
            self.meanings.extend(&unit.types);
        }
    }

    /// Imports that are new, or are gone. What such a one stood for can be told now, or is gone itself; else none.
    fn imports(&mut self, world: &World<'_>, mut open: Vec<(CrateId, Imported)>) -> Option<()> {
        while !open.is_empty() {
            let count = open.len();
            let mut left = Vec::new();
            for (krate, import) in open {
                if !self.import(world, krate, &import)? && !self.lost(&import) {
                    left.push((krate, import));
                }
            }
            if left.len() == count {
                return None;
            }
            open = left;
        }
        Some(())
    }

    /// Of a trait it brings all of its methods. False when it leads nowhere.
    fn import(&mut self, world: &World<'_>, krate: CrateId, import: &Imported) -> Option<bool> {
        let name = word(import.name.as_deref()?);
        let module = module_at(world.krate(krate)?, import.module)?;
        let path: Vec<Name> = import.path.iter().map(|name| Name::new(name)).collect();
        let names = Names::new(world);
        let found =
            [Ns::Types, Ns::Values, Ns::Macros].map(|ns| names.resolve_import(module, &path, import.global, ns));
        if let Some(Def::Trait(tr)) = found[0] {
            self.values.extend(offered_by(world, tr));
        }
        let leads_somewhere = found.iter().any(Option::is_some);
        if leads_somewhere {
            self.give_name(name);
        }
        Some(leads_somewhere)
    }

    /// What it led to is known to be gone: true then, and its name is.
    fn lost(&mut self, import: &Imported) -> bool {
        let is_gone = import.path.iter().map(|name| word(name)).any(|word| self.meanings.contains(&word))
            || import.path.last().is_some_and(|last| self.imported.contains(&word(last)));
        if let Some(name) = import.name.as_deref().filter(|_| is_gone) {
            self.give_name(word(name));
        }
        is_gone
    }

    fn give_name(&mut self, name: u32) {
        for names in [&mut self.types, &mut self.values, &mut self.imported, &mut self.meanings] {
            names.insert(name);
        }
    }

    /// Adds the names of all that mentions one, over and over; returns the crates whose impls may be something else.
    fn spread(
        &mut self,
        now: &KeptDeclared,
        own: &FxHashSet<u32>,
        kept: &KeptDeclared,
        redeclared: &[CrateId],
    ) -> Option<FxHashSet<CrateId>> {
        let mut with_impls: FxHashSet<CrateId> = redeclared.iter().copied().collect();
        for before in kept.crates.iter().filter(|krate| redeclared.contains(&krate.id)) {
            let after = now.crates.iter().find(|krate| krate.id == before.id)?;
            for unit in differing(&before.impls, &after.impls) {
                self.give_impl(unit, own)?;
            }
        }
        loop {
            let size = self.sizes();
            for krate in &now.crates {
                self.spread_in(krate, own, &mut with_impls)?;
            }
            if size == self.sizes() {
                return Some(with_impls);
            }
        }
    }

    fn sizes(&self) -> [usize; 5] {
        [&self.types, &self.values, &self.imported, &self.meanings, &self.hiding].map(FxHashSet::len)
    }

    fn spread_in(&mut self, krate: &Declared, own: &FxHashSet<u32>, with_impls: &mut FxHashSet<CrateId>) -> Option<()> {
        // What such a macro makes may be something else, whatever its definition says.
        if krate.called.iter().any(|word| self.meanings.contains(word)) {
            return None;
        }
        for unit in &krate.impls {
            if unit.words.iter().any(|word| self.may_mean_another(word)) {
                self.give_impl(unit, own)?;
                with_impls.insert(krate.id);
            }
        }
        for unit in krate.adts.iter().chain(&krate.traits).chain(&krate.fns).chain(&krate.consts) {
            if self.says(krate, unit) {
                self.give(unit, false);
            }
        }
        for unit in &krate.others {
            if self.says(krate, unit) {
                self.give(unit, true);
            }
        }
        for import in &krate.imports {
            self.spread_by_import(import)?;
        }
        for unit in &krate.macros {
            if unit.words.iter().any(|word| self.has(*word)) {
                self.types.extend(&unit.types);
                self.values.extend(&unit.types);
                self.imported.extend(&unit.types);
            }
            if unit.words.iter().any(|word| self.may_mean_another(word)) {
                self.hiding.extend(&unit.types);
            }
        }
        Some(())
    }

    /// An import of something, which gives it another name or its own.
    fn spread_by_import(&mut self, import: &Imported) -> Option<()> {
        let is_another = import.path.iter().any(|name| self.meanings.contains(&word(name)));
        let (Some(name), Some(last)) = (&import.name, import.path.last()) else {
            return (!is_another).then_some(());
        };
        let (name, last) = (word(name), word(last));
        if is_another {
            self.give_name(name);
        }
        if self.types.contains(&last) {
            self.types.insert(name);
        }
        if self.imported.contains(&last) {
            self.values.insert(name);
            self.imported.insert(name);
        }
        Some(())
    }

    /// An impl that is new, gone, or of or for something else: one of what it is about is the workspace's own.
    fn give_impl(&mut self, unit: &Unit, own: &FxHashSet<u32>) -> Option<()> {
        let names = || unit.types.iter().chain(&unit.words).filter(|name| own.contains(name));
        names().next()?;
        self.types.extend(names());
        self.values.extend(&unit.values);
        Some(())
    }

    fn may_mean_another(&self, word: &u32) -> bool {
        self.meanings.contains(word) || self.hiding.contains(word)
    }

    fn has(&self, word: u32) -> bool {
        self.types.contains(&word) || self.values.contains(&word)
    }

    /// Does what a unit declares, or what it is in, mention one?
    fn says(&self, krate: &Declared, unit: &Unit) -> bool {
        let around = unit.within.and_then(|(within, index)| match within {
            Within::Impl => krate.impls.get(index as usize),
            Within::Trait => krate.traits.get(index as usize),
        });
        [Some(unit), around].into_iter().flatten().any(|unit| unit.words.iter().any(|word| self.types.contains(word)))
    }
}
