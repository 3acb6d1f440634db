//! [`Alone`] between two runs.

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::Alone;
use crate::watch::Asked;
use crate::{CrateId, FnId};

/// [`Alone`] as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct KeptAlone {
    begin: Vec<FnId>,
    told: Vec<FnId>,
    spawning: Vec<FnId>,
    one_thread: Vec<CrateId>,
    async_files: Vec<CrateId>,
    serving: Vec<CrateId>,
    construct: Vec<FnId>,
    undisturbed: Vec<FnId>,
    tested: Vec<FnId>,
    seldom: Vec<FnId>,
    asked: Vec<Asked>,
}

impl Alone {
    pub(crate) fn kept(&self) -> KeptAlone {
        fn sorted<T: Ord + Copy>(set: &FxHashSet<T>) -> Vec<T> {
            let mut all: Vec<T> = set.iter().copied().collect();
            all.sort_unstable();
            all
        }
        KeptAlone {
            begin: sorted(&self.begin),
            told: sorted(&self.told),
            spawning: sorted(&self.spawning),
            one_thread: sorted(&self.one_thread),
            async_files: sorted(&self.async_files),
            serving: sorted(&self.serving),
            construct: sorted(&self.construct),
            undisturbed: sorted(&self.undisturbed),
            tested: sorted(&self.tested),
            seldom: sorted(&self.seldom),
            asked: self.asked.clone(),
        }
    }

    pub(crate) fn revived(kept: KeptAlone) -> Self {
        let set = |list: Vec<FnId>| list.into_iter().collect();
        Self {
            begin: set(kept.begin),
            told: set(kept.told),
            spawning: set(kept.spawning),
            one_thread: kept.one_thread.into_iter().collect(),
            async_files: kept.async_files.into_iter().collect(),
            serving: kept.serving.into_iter().collect(),
            construct: set(kept.construct),
            undisturbed: set(kept.undisturbed),
            tested: set(kept.tested),
            seldom: set(kept.seldom),
            asked: kept.asked,
        }
    }

    /// What [`Asked::Begins`] is about.
    fn sets(&self) -> [&FxHashSet<FnId>; 6] {
        [&self.begin, &self.told, &self.construct, &self.undisturbed, &self.tested, &self.seldom]
    }

    /// What may be asked of it and has another answer in `other`.
    pub(crate) fn differences(&self, other: &Self) -> Vec<Asked> {
        let (here, there) = (self.sets(), other.sets());
        let is_other = |f: &&FnId| {
            self.has_one_thread(f.krate) != other.has_one_thread(f.krate)
                || self.has_async_files(f.krate) != other.has_async_files(f.krate)
                || here.iter().zip(there).any(|(here, there)| here.contains(*f) != there.contains(*f))
        };
        let all: FxHashSet<&FnId> = here.into_iter().chain(there).flatten().collect();
        let begins = all.into_iter().filter(is_other).map(|f| Asked::Begins(*f));
        let spawning = self.spawning.symmetric_difference(&other.spawning).map(|f| Asked::Spawns(*f));
        let serving = self.serving.symmetric_difference(&other.serving).map(|krate| Asked::Serves(*krate));
        begins.chain(spawning).chain(serving).collect()
    }
}
