//! What earlier runs have found out of functions of dependencies: what they call, and what they do by what those do.
//!
//! ```text
//! fs_err::read of fs-err 3.1, the same features and dependencies     calls std::fs::read, blocks: its body is not looked at
//! ```
//! A body of a dependency depends on the crates that its crate can have heard of, and on the rows that apply to those. What is kept is
//! found by a sum of all that ([`Heard`]), so that numbers of definitions mean the same. What a function does also depends on which of
//! the functions that it calls were looked at, which differs from workspace to workspace: it is kept with a sum of what those did, and
//! where they do something else, the body is looked at.

mod heard;
mod stored;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::Summary;
use super::dependencies::Known;
use crate::{Analysis, CrateId, CrateOrigin, FnId};

pub(super) use heard::Heard;
use stored::{StoredFn, StoredSummary};

/// How many different things a function may be known to do.
const MAX_RESULTS: usize = 8;

/// What is known of the functions of one crate, as it is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct KnownFns(Vec<(u32, StoredFn)>);

/// What is known of functions of dependencies from earlier runs, and what this one adds.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    /// By crate; empty when nothing is remembered.
    crates: Vec<OnceLock<Option<Arc<OfCrate>>>>,
    /// What crates are, by number, as far as that never changes.
    sums: Vec<OnceLock<Option<u128>>>,
    /// What rows of one crate say of definitions of another.
    of_others: OnceLock<Vec<(CrateId, Option<CrateId>, u64)>>,
    new: Mutex<FxHashMap<FnId, New>>,
}

/// What is remembered of one crate.
#[derive(Debug)]
pub(super) struct OfCrate {
    heard: Heard,
    fns: FxHashMap<u32, StoredFn>,
}

/// What this run has found out of a function.
#[derive(Debug, Default, Clone)]
struct New {
    /// None: nobody asked.
    callees: Option<Vec<FnId>>,
    results: Vec<(u64, Arc<Summary>)>,
}

impl Remembered {
    /// Of so many crates.
    fn new(crates: usize) -> Self {
        let none = || (0..crates).map(|_| OnceLock::new());
        Self { crates: none().collect(), sums: (0..crates).map(|_| OnceLock::new()).collect(), ..Self::default() }
    }
}

impl Analysis<'_> {
    /// From now on what earlier runs know of dependencies is taken, and what this one finds out is noted.
    pub(crate) fn remember(&mut self) {
        // Rows of users must lead to definitions, which are there when bodies were looked at.
        let is_on = self.parts().notes_questions && self.world().knowledge().users_crates().next().is_none();
        let crates = if is_on { self.world().crate_ids().count() } else { 0 };
        *self.remembered_mut() = Remembered::new(crates);
    }

    fn of_crate(&self, krate: CrateId) -> Option<&Arc<OfCrate>> {
        let cell = self.remembered().crates.get(krate.0 as usize)?;
        cell.get_or_init(|| {
            let heard = self.heard_by(krate)?;
            let KnownFns(fns) =
                self.world().sources().known_fns(self.world().input(krate), heard.sum).unwrap_or_default();
            Some(Arc::new(OfCrate { heard, fns: fns.into_iter().collect() }))
        })
        .as_ref()
    }

    fn stored(&self, f: FnId) -> Option<(&OfCrate, &StoredFn)> {
        if self.world().input(f.krate).origin != CrateOrigin::Dependency {
            return None;
        }
        let krate = self.of_crate(f.krate)?;
        Some((krate, krate.fns.get(&f.index)?))
    }

    /// What a look at a function of a dependency would say, and what it calls.
    pub(super) fn recalled(&self, f: FnId) -> Option<(Known, Arc<[FnId]>)> {
        let (krate, stored) = self.stored(f)?;
        Some((stored.known, krate.heard.functions(&stored.called)?.into()))
    }

    /// The functions whose bodies matter to what `f` does.
    pub(super) fn recalled_callees(&self, f: FnId) -> Option<Vec<FnId>> {
        let (krate, stored) = self.stored(f)?;
        krate.heard.functions(stored.callees.as_ref()?)
    }

    /// What `f` does where its callees do what `sum` stands for.
    pub(super) fn recalled_summary(&self, f: FnId, sum: u64) -> Option<Summary> {
        let (_, stored) = self.stored(f)?;
        let (_, result) = stored.results.iter().find(|(of, _)| *of == sum)?;
        result.read(self.world())
    }

    /// A sum of what these do; none where it cannot be told from something else.
    pub(super) fn sum_of_callees(&self, summaries: &[Arc<Summary>]) -> Option<u64> {
        if self.remembered().crates.is_empty() {
            return None;
        }
        let mut sum = 0u64;
        for summary in summaries {
            sum = sum.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            if summary.blocks.is_some() || summary.burns.is_some() {
                sum = sum.wrapping_add(StoredSummary::of(self.world(), summary)?.sum());
            }
        }
        Some(sum)
    }

    /// `f` calls these.
    pub(super) fn note_callees(&self, f: FnId, callees: &[FnId]) {
        if !self.remembered().crates.is_empty() {
            lock(&self.remembered().new).entry(f).or_default().callees = Some(callees.to_vec());
        }
    }

    /// `f` does this where its callees do what `sum` stands for.
    pub(super) fn note_result(&self, f: FnId, sum: u64, summary: &Summary) {
        let mut new = lock(&self.remembered().new);
        let results = &mut new.entry(f).or_default().results;
        if results.len() < MAX_RESULTS && results.iter().all(|(of, _)| *of != sum) {
            results.push((sum, Arc::new(summary.clone())));
        }
    }

    /// Keeps what is new.
    pub(crate) fn keep_remembered(&self) {
        if self.remembered().crates.is_empty() {
            return;
        }
        let mut new = std::mem::take(&mut *lock(&self.remembered().new));
        let mut by_crate: FxHashMap<CrateId, Vec<(u32, StoredFn)>> = FxHashMap::default();
        for (f, known, called) in self.dependencies().found_out() {
            let is_old = self.stored(f).is_some() && !new.contains_key(&f);
            let Some(krate) = self.of_crate(f.krate).filter(|_| !is_old) else { continue };
            let found = new.remove(&f).unwrap_or_default();
            by_crate
                .entry(f.krate)
                .or_default()
                .extend(self.as_stored(krate, f, known, called, &found).map(|s| (f.index, s)));
        }
        for (id, added) in by_crate {
            let Some(krate) = self.of_crate(id).filter(|_| !added.is_empty()) else { continue };
            let mut fns = krate.fns.clone();
            fns.extend(added);
            let mut fns: Vec<(u32, StoredFn)> = fns.into_iter().collect();
            fns.sort_unstable_by_key(|(index, _)| *index);
            self.world().sources().keep_known_fns(self.world().input(id), krate.heard.sum, &KnownFns(fns));
        }
    }

    fn as_stored(&self, krate: &OfCrate, f: FnId, known: Known, called: &[FnId], new: &New) -> Option<StoredFn> {
        let mut results: Vec<(u64, StoredSummary)> = new
            .results
            .iter()
            .filter_map(|(sum, summary)| Some((*sum, StoredSummary::of(self.world(), summary)?)))
            .collect();
        let before = krate.fns.get(&f.index).map(|before| before.results.as_slice()).unwrap_or_default();
        let others = before.iter().filter(|(sum, _)| new.results.iter().all(|(of, _)| of != sum));
        results.extend(others.take(MAX_RESULTS.saturating_sub(new.results.len())).cloned());
        let callees = match &new.callees {
            Some(callees) => Some(krate.heard.places(callees)?),
            None => None,
        };
        Some(StoredFn { known, called: krate.heard.places(called)?, callees, results })
    }
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
