//! The functions of start-up code ([`super::startup`]), from what every body has to say of it.
//!
//! ```text
//! main calls run, and nobody else does; run is taken for no value; then run is start-up code, as far as main calls it early
//! ```

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use toecap_ir::{Expr, ExprId};

use crate::watch::{Asked, read, watch};
use crate::{Analysis, BodyOwner, Callee, FnId, PathDef, TypedBody};

/// The functions that only start-up code calls, and those that leave a task running.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    /// `main`, and what is called by it and by others of these, always before the first task.
    begin: FxHashSet<FnId>,
    /// Functions that spawn, or call one that does.
    spawning: FxHashSet<FnId>,
    /// What it took to know.
    asked: Vec<Asked>,
}

/// What one body has to say of that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlonePart {
    owner: Option<FnId>,
    calls: Vec<FnId>,
    /// Functions that are named and not called.
    taken: Vec<FnId>,
    spawns: bool,
    is_main: bool,
}

/// [`Alone`] as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct KeptAlone {
    begin: Vec<FnId>,
    spawning: Vec<FnId>,
    asked: Vec<Asked>,
}

impl Alone {
    /// Looks at all code of the workspace that is no test.
    pub(crate) fn new(analysis: &Analysis<'_>) -> Self {
        let parts = analysis.alone_parts();
        let (mut alone, asked) = watch(|| Self::of(analysis, &parts));
        alone.asked = asked;
        alone
    }

    fn of(analysis: &Analysis<'_>, parts: &[Arc<AlonePart>]) -> Self {
        let mut callers: FxHashMap<FnId, Vec<Option<FnId>>> = FxHashMap::default();
        let mut taken: FxHashSet<FnId> = FxHashSet::default();
        let mut open = Vec::new();
        let mut spawning = Vec::new();
        for part in parts {
            for callee in &part.calls {
                callers.entry(*callee).or_default().push(part.owner);
            }
            spawning.extend(part.owner.filter(|_| part.spawns));
            taken.extend(&part.taken);
            open.extend(part.owner.filter(|_| part.is_main));
        }
        let mut alone = Self::default();
        while let Some(f) = spawning.pop() {
            if alone.spawning.insert(f) {
                spawning.extend(callers.get(&f).into_iter().flatten().copied().flatten());
            }
        }
        let mut early: FxHashMap<FnId, usize> = FxHashMap::default();
        while let Some(f) = open.pop() {
            if !alone.begin.insert(f) {
                continue;
            }
            for callee in analysis.called_early(f, &alone) {
                let count = early.entry(callee).or_default();
                *count += 1;
                if callers.get(&callee).is_some_and(|all| all.len() == *count)
                    && !taken.contains(&callee)
                    && analysis.callers_are_known(callee)
                {
                    open.push(callee);
                }
            }
        }
        alone
    }

    /// Does only start-up code call it?
    pub(super) fn begins(&self, f: FnId) -> bool {
        read(Asked::Begins(f));
        self.begin.contains(&f)
    }

    /// Does it leave a task running?
    pub(super) fn spawns(&self, f: FnId) -> bool {
        read(Asked::Spawns(f));
        self.spawning.contains(&f)
    }

    pub(crate) fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// What may be asked of it and has another answer in `other`.
    pub(crate) fn differences(&self, other: &Self) -> Vec<Asked> {
        let begins = self.begin.symmetric_difference(&other.begin).map(|f| Asked::Begins(*f));
        begins.chain(self.spawning.symmetric_difference(&other.spawning).map(|f| Asked::Spawns(*f))).collect()
    }

    pub(crate) fn kept(&self) -> KeptAlone {
        let sorted = |set: &FxHashSet<FnId>| {
            let mut all: Vec<FnId> = set.iter().copied().collect();
            all.sort_unstable();
            all
        };
        KeptAlone { begin: sorted(&self.begin), spawning: sorted(&self.spawning), asked: self.asked.clone() }
    }

    pub(crate) fn revived(kept: KeptAlone) -> Self {
        let KeptAlone { begin, spawning, asked } = kept;
        Self { begin: begin.into_iter().collect(), spawning: spawning.into_iter().collect(), asked }
    }
}

impl Analysis<'_> {
    /// What a body has to say of start-up code.
    pub(crate) fn alone_part(&self, body: &TypedBody) -> AlonePart {
        if !self.counts_as_caller(body) {
            return AlonePart::default();
        }
        let owner = match body.owner {
            BodyOwner::Fn(f) => Some(f),
            BodyOwner::Const(_) => None,
        };
        let mut part = AlonePart { owner, is_main: owner.is_some_and(|f| self.is_main(f)), ..AlonePart::default() };
        for callee in body.types.callees.values() {
            let Callee::Fn(callee) = callee else { continue };
            part.calls.extend(self.may_run(callee));
            part.spawns |= self.leaves_task(callee);
        }
        let called: FxHashSet<ExprId> = body.types.callees.keys().filter_map(|call| called_path(body, *call)).collect();
        part.taken.extend(body.types.paths.iter().filter_map(|(expr, def)| match def {
            PathDef::Fn(f) if !called.contains(expr) => Some(*f),
            _ => None,
        }));
        part.calls.sort_unstable();
        part.taken.sort_unstable();
        part.taken.dedup();
        part
    }
}

/// The path that names what a call calls.
fn called_path(body: &TypedBody, call: ExprId) -> Option<ExprId> {
    match &body.types.body[call] {
        Expr::Call { callee, .. } => Some(*callee),
        _ => None,
    }
}
