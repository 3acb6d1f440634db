//! What runs beside something.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::FnId;
use crate::effects::threads::Calls;
use crate::walk::reached;

/// Who runs whom on its own thread.
pub(super) struct Company<'a> {
    calls: &'a Calls<'a>,
    /// What functions drive themselves, without being async: whoever calls these has lent its thread already.
    entered: FxHashMap<FnId, &'a [FnId]>,
    /// Functions that nobody uses.
    unused: Vec<FnId>,
}

impl<'a> Company<'a> {
    pub(super) fn new(calls: &'a Calls<'a>, unused: Vec<FnId>) -> Self {
        let driving = calls.parts.iter().filter(|part| !part.entered.is_empty());
        let entered = driving.filter_map(|part| Some((part.owner?, &*part.entered))).collect();
        Self { calls, entered, unused }
    }

    /// The functions that nothing leads to of what is `beside` others.
    pub(super) fn without(&self, beside: Vec<FnId>) -> FxHashSet<FnId> {
        self.apart_from(beside, |f| self.run_by(f))
    }

    /// The same, also of what runs on other threads.
    pub(super) fn without_any(&self, again: Vec<FnId>) -> FxHashSet<FnId> {
        let filling = self.calls.parts.iter().filter(|part| !part.once.is_empty());
        let once: FxHashMap<FnId, &[FnId]> = filling.filter_map(|part| Some((part.owner?, &*part.once))).collect();
        let is_once = &|by: FnId, f: FnId| once.get(&by).is_some_and(|once| once.binary_search(&f).is_ok());
        self.apart_from(again, |f| self.calls.from(f).filter(move |called| !is_once(f, *called)))
    }

    fn apart_from<I: Iterator<Item = FnId>>(&self, beside: Vec<FnId>, runs: impl Fn(FnId) -> I) -> FxHashSet<FnId> {
        let mut harmed = reached(beside, &runs);
        // What nobody uses proves nothing about what it shares with code that is used.
        let mut open = self.unused.clone();
        while let Some(f) = open.pop() {
            if harmed.insert(f) {
                let is_alike = |called: &FnId| {
                    let mut callers = self.calls.callers(*called);
                    !self.calls.by_consts.contains(called) && callers.all(|by| by == *called || harmed.contains(&by))
                };
                open.extend(runs(f).filter(is_alike));
            }
        }
        self.calls.functions().filter(|f| !harmed.contains(f)).collect()
    }

    fn run_by(&self, f: FnId) -> impl Iterator<Item = FnId> {
        let entered = self.entered.get(&f);
        self.calls.from(f).filter(move |f| entered.is_none_or(|entered| entered.binary_search(f).is_err()))
    }
}
