//! All that a body of a dependency can depend on.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHashSet;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::stored::Place;
use crate::{Analysis, CrateId, CrateInput, CrateOrigin, FnId};

/// The crates that a crate can have heard of, in order, itself and the standard library among them.
#[derive(Debug)]
pub(crate) struct Heard {
    crates: Vec<CrateId>,
    /// Of what they are, who knows whom, and the rows that apply.
    pub(super) sum: u128,
}

impl Heard {
    /// Functions by the places of their crates; none when there is no such crate.
    pub(super) fn functions(&self, places: &[Place]) -> Option<Vec<FnId>> {
        let function = |(at, index): &Place| Some(FnId { krate: *self.crates.get(*at as usize)?, index: *index });
        places.iter().map(function).collect()
    }

    pub(super) fn places(&self, functions: &[FnId]) -> Option<Vec<Place>> {
        let place = |f: &FnId| Some((self.crates.binary_search(&f.krate).ok()? as u32, f.index));
        functions.iter().map(place).collect()
    }
}

impl Analysis<'_> {
    /// None where one of the crates may change without anybody noticing, or belongs to the workspace.
    pub(super) fn heard_by(&self, krate: CrateId) -> Option<Heard> {
        let world = self.world();
        let mut crates: Vec<CrateId> = world.crate_ids().filter(|id| world.is_std(*id)).collect();
        let (mut open, mut seen) = (vec![krate], FxHashSet::from_iter([krate]));
        while let Some(id) = open.pop() {
            if world.input(id).origin != CrateOrigin::Dependency || self.own_sum(id).is_none() {
                return None;
            }
            crates.push(id);
            let deps = world.input(id).deps.iter().map(|(_, dep)| CrateId(*dep as u32));
            open.extend(deps.filter(|dep| seen.insert(*dep)));
        }
        crates.sort_unstable();
        let mut sum = Xxh3::new();
        crates.binary_search(&krate).hash(&mut sum);
        format!("{:?}", world.cpu_limits()).hash(&mut sum);
        for id in &crates {
            let input = world.input(*id);
            (input.name.as_str(), self.own_sum(*id), input.deps.len()).hash(&mut sum);
            for (name, dep) in &input.deps {
                (name.as_str(), crates.binary_search(&CrateId(*dep as u32)).ok()).hash(&mut sum);
            }
        }
        sum.write_u64(self.rows_of_others(&crates));
        Some(Heard { crates, sum: sum.digest128() })
    }

    fn own_sum(&self, id: CrateId) -> Option<u128> {
        let input = self.world().input(id);
        *self.remembered().sums.get(id.0 as usize)?.get_or_init(|| match input.origin {
            // Comes with the tool; cfg is that of all others.
            CrateOrigin::Std => Some(0),
            CrateOrigin::Dependency => Some(sum_of(input, self.world().sources().generated(input)?)),
            CrateOrigin::Workspace => None,
        })
    }

    /// A sum of what rows of one crate say of definitions of another, where both definitions are in these: whether they
    /// apply depends on whether code of the workspace can name the first.
    fn rows_of_others(&self, crates: &[CrateId]) -> u64 {
        let all = self.remembered().of_others.get_or_init(|| {
            let name = |id: CrateId| self.world().input(id).name.as_str();
            let rows = self.facts().of_others(self.world()).into_iter().map(|(def, of, entry)| {
                let of_name = of.map(|(id, index)| (name(id), index));
                let mut sum = Xxh3::new();
                (name(def.0), def.1, of_name, entry).hash(&mut sum);
                (def.0, of.map(|(id, _)| id), sum.finish())
            });
            rows.collect()
        });
        let is_in = |id: CrateId| crates.binary_search(&id).is_ok();
        let rows = all.iter().filter(|(def, of, _)| is_in(*def) && of.is_none_or(is_in));
        rows.fold(0, |sum, (_, _, row)| sum.wrapping_add(xxh3_64(&row.to_le_bytes())))
    }
}

/// Of what a crate is, dependencies aside.
fn sum_of(krate: &CrateInput, generated: u64) -> u128 {
    // All of it, so that nobody forgets what is new. The sources are not in `out_dir`, but what they say is in `generated`.
    let CrateInput {
        name,
        origin: _,
        kind,
        is_proc_macro,
        root,
        edition,
        cfg,
        deps: _,
        version,
        may_be_published: _,
        lacks_program: _,
        out_dir,
        build_script,
    } = krate;
    let mut sum = Xxh3::new();
    (name.as_str(), kind, is_proc_macro, root, edition, version, out_dir.is_some(), build_script, generated)
        .hash(&mut sum);
    let in_any_order = |sums: &mut dyn Iterator<Item = u64>| sums.fold(0, u64::wrapping_add);
    sum.write_u64(in_any_order(&mut cfg.atoms.iter().map(|(key, value)| {
        let mut sum = Xxh3::new();
        (key.as_str(), value.map(|value| value.as_str())).hash(&mut sum);
        sum.finish()
    })));
    let features = cfg.features.iter().flatten().map(|feature| xxh3_64(feature.as_str().as_bytes()));
    (cfg.features.is_some(), in_any_order(&mut features.into_iter())).hash(&mut sum);
    sum.digest128()
}
