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
    spawning: Vec<FnId>,
    one_thread: Vec<CrateId>,
    serving: Vec<CrateId>,
    construct: Vec<FnId>,
    undisturbed: Vec<FnId>,
    tested: Vec<FnId>,
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
            spawning: sorted(&self.spawning),
            one_thread: sorted(&self.one_thread),
            serving: sorted(&self.serving),
            construct: sorted(&self.construct),
            undisturbed: sorted(&self.undisturbed),
            tested: sorted(&self.tested),
            asked: self.asked.clone(),
        }
    }

    pub(crate) fn revived(kept: KeptAlone) -> Self {
        let set = |list: Vec<FnId>| list.into_iter().collect();
        Self {
            begin: set(kept.begin),
            spawning: set(kept.spawning),
            one_thread: kept.one_thread.into_iter().collect(),
            serving: kept.serving.into_iter().collect(),
            construct: set(kept.construct),
            undisturbed: set(kept.undisturbed),
            tested: set(kept.tested),
            asked: kept.asked,
        }
    }
}
