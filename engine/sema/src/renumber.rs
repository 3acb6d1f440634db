//! Numbers of definitions that an earlier run has kept, as numbers of this run.
//!
//! ```text
//! fn a() {}  fn b() {}          0 1
//! fn b() {}  fn c() {}          what is read of 0 is gone, of 1 is 0
//! ```

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::CrateId;
use crate::ids::Table;

/// The number of what is not there any more.
pub(crate) const GONE: u32 = u32::MAX;

/// New numbers by old ones, of the tables that are different.
pub(crate) type Renumbering = FxHashMap<(Table, CrateId), Vec<u32>>;

thread_local! {
    static NOW: RefCell<Option<Arc<Renumbering>>> = const { RefCell::new(None) };
}

/// While `work` reads on this thread, numbers become those of this run.
pub(crate) fn renumbered<T>(by: &Arc<Renumbering>, work: impl FnOnce() -> T) -> T {
    let before = NOW.replace(Some(by.clone()));
    let done = work();
    NOW.set(before);
    done
}

/// The number that is meant by one that was kept.
pub(crate) fn now(table: Table, krate: CrateId, index: u32) -> u32 {
    NOW.with_borrow(|now| match now.as_ref().and_then(|by| by.get(&(table, krate))) {
        Some(numbers) => numbers.get(index as usize).copied().unwrap_or(GONE),
        None => index,
    })
}
