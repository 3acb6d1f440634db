//! Two runs held against each other: what is declared in one of them only, and which numbers definitions have now.

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{PartSum, words};

use super::declared::{Declared, Imported, Unit};
use crate::ids::Table;
use crate::renumber::{GONE, Renumbering};

/// The units that are in one of two lists only, by all that they say.
pub(super) fn differing<'u>(before: &'u [Unit], now: &'u [Unit]) -> impl Iterator<Item = &'u Unit> {
    let mut counts: FxHashMap<u64, i32> = FxHashMap::default();
    before.iter().for_each(|unit| *counts.entry(unit.sum).or_default() -= 1);
    now.iter().for_each(|unit| *counts.entry(unit.sum).or_default() += 1);
    before.iter().chain(now).filter(move |unit| counts.get(&unit.sum).is_some_and(|count| *count != 0))
}

/// The names of the fields and variants that are in one of them only; none where more than such with a name and a type that holds
/// nothing is different.
pub(super) fn plain_difference(before: &Unit, now: &Unit, taken: &FxHashSet<u32>) -> Option<Vec<u32>> {
    const PLAIN: &str =
        "bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 String Vec Option Box";
    let plain: FxHashSet<u32> = words(PLAIN).collect();
    let (Some((frame, old)), Some((other, new))) = (&before.parts, &now.parts) else { return None };
    if frame != other {
        return None;
    }
    let lacks = |all: &[PartSum], part: &PartSum| all.iter().all(|other| other.sum != part.sum);
    let differ = old.iter().filter(|part| lacks(new, part)).chain(new.iter().filter(|part| lacks(old, part)));
    let is_plain = |part: &PartSum| part.words.iter().all(|word| plain.contains(word) && !taken.contains(word));
    differ.map(|part| part.name.filter(|_| is_plain(part))).collect()
}

/// Of modules that are in both: what is in a new one is new itself.
pub(super) fn imports_that_differ<'d>(before: &'d Declared, now: &'d Declared) -> impl Iterator<Item = &'d Imported> {
    let modules = |krate: &Declared| krate.modules.iter().map(|module| module.key).collect::<FxHashSet<u64>>();
    let (old_modules, new_modules) = (modules(before), modules(now));
    let old: FxHashSet<&Imported> = before.imports.iter().collect();
    let new: FxHashSet<&Imported> = now.imports.iter().collect();
    let gone = before.imports.iter().filter(move |import| !new.contains(import));
    let differ = gone.chain(now.imports.iter().filter(move |import| !old.contains(import)));
    differ.filter(move |import| old_modules.contains(&import.module) && new_modules.contains(&import.module))
}

/// Names that a crate gives to things of its own.
pub(super) fn defined(krate: &Declared) -> impl Iterator<Item = u32> {
    let units = krate.adts.iter().chain(&krate.traits).chain(&krate.others);
    units.flat_map(|unit| &unit.types).copied()
}

/// Numbers of now by those of before; none when what is in both is in another order.
pub(super) fn renumber(before: &Declared, now: &Declared, all: &mut Renumbering) -> Option<()> {
    let tables: [(Table, &[Unit], &[Unit]); 5] = [
        (Table::FnId, &before.fns, &now.fns),
        (Table::ConstId, &before.consts, &now.consts),
        (Table::AdtId, &before.adts, &now.adts),
        (Table::TraitId, &before.traits, &now.traits),
        (Table::ImplId, &before.impls, &now.impls),
    ];
    for (table, before_units, units) in tables {
        let mut places: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        units.iter().zip(0..).for_each(|(unit, number)| places.entry(unit.key).or_default().push(number));
        let mut counts: FxHashMap<u64, usize> = FxHashMap::default();
        before_units.iter().for_each(|unit| *counts.entry(unit.key).or_default() += 1);
        let mut taken: FxHashMap<u64, usize> = FxHashMap::default();
        let mut last = None;
        let mut numbers = Vec::with_capacity(before_units.len());
        for unit in before_units {
            // Of several with one path it cannot be told which is which when there are more or less than before.
            let those = places.get(&unit.key).filter(|those| Some(&those.len()) == counts.get(&unit.key));
            let turn = taken.entry(unit.key).or_default();
            let number = those.and_then(|those| those.get(*turn)).copied();
            *turn += 1;
            if number.is_some() && number <= last {
                return None;
            }
            last = number.or(last);
            numbers.push(number.unwrap_or(GONE));
        }
        all.insert((table, before.id), numbers);
    }
    Some(())
}
