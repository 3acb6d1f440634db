//! Code that has a thread to itself, and programs that start no tasks.
//!
//! ```text
//! thread::spawn(move || runtime.block_on(work(jobs)));       nobody else runs where `work` does, if it starts nothing
//! fn main() { block_on(run()) }                              beside `run` runs only what it joins or races itself
//! ```

use rustc_hash::FxHashSet;
use toecap_ir::{Attr, Expr, ExprId};

use super::alone::AlonePart;
use super::exec::{Executor, Fate};
use super::turns::Turns;
use crate::walk::reached;
use crate::{Analysis, Callee, CrateId, FnId, TargetKind};

/// Who calls whom, of all functions of the workspace.
pub(super) struct Calls<'a> {
    pub(super) parts: &'a [std::sync::Arc<AlonePart>],
    /// Each function with what it calls, in order.
    pub(super) of: &'a [(FnId, &'a [FnId])],
    /// Each function with one that calls it, in order.
    pub(super) by: &'a [(FnId, FnId)],
    /// Functions that the value of a const or static calls.
    pub(super) by_consts: &'a FxHashSet<FnId>,
    /// Functions that start a task themselves, or give a future to somebody who may.
    pub(super) starting: &'a FxHashSet<FnId>,
}

impl Calls<'_> {
    /// All functions that are no tests.
    pub(super) fn functions(&self) -> impl Iterator<Item = FnId> {
        self.of.iter().map(|(f, _)| *f)
    }

    /// The functions that one calls.
    pub(super) fn from(&self, f: FnId) -> impl Iterator<Item = FnId> {
        all_of(self.of, f).iter().flat_map(|(_, called)| *called).copied()
    }

    /// The functions that call one.
    pub(super) fn callers(&self, f: FnId) -> impl Iterator<Item = FnId> {
        all_of(self.by, f).iter().map(|(_, by)| *by)
    }

    /// Does something call it that is no test?
    pub(super) fn is_called(&self, f: FnId) -> bool {
        self.by_consts.contains(&f) || self.callers(f).next().is_some()
    }
}

/// The pairs that begin with `f`, of all in order.
fn all_of<T>(pairs: &[(FnId, T)], f: FnId) -> &[(FnId, T)] {
    let from = pairs.partition_point(|(of, _)| *of < f);
    let count = pairs[from..].partition_point(|(of, _)| *of == f);
    &pairs[from..from + count]
}

impl Analysis<'_> {
    /// Functions that nothing runs beside: on threads of their own, or in programs that start no tasks, unless something joins or
    /// races them.
    pub(super) fn undisturbed(&self, calls: &Calls<'_>) -> FxHashSet<FnId> {
        let mut found = self.own_threads(calls);
        found.extend(self.beside_nothing(calls));
        found
    }

    /// The crates, what they use of the workspace, and what uses them, through others as well.
    pub(super) fn programs_of(&self, crates: FxHashSet<CrateId>) -> FxHashSet<CrateId> {
        let world = self.world();
        let own: Vec<CrateId> = world.crate_ids().filter(|id| world.is_own(*id)).collect();
        let crates: Vec<CrateId> = crates.into_iter().filter(|id| world.is_own(*id)).collect();
        let users = reached(crates.clone(), |used| own.iter().copied().filter(move |id| world.uses(*id, used)));
        let used = reached(crates, |user| own.iter().copied().filter(move |id| world.uses(user, *id)));
        users.into_iter().chain(used).collect()
    }

    /// What is only ever called on threads that were made for it, and starts no tasks there.
    fn own_threads(&self, calls: &Calls<'_>) -> FxHashSet<FnId> {
        let mut shared: Vec<FnId> = Vec::new();
        let mut own: Vec<FnId> = Vec::new();
        for part in calls.parts {
            match part.owner {
                Some(_) => shared.extend(&part.taken),
                None => shared.extend(part.calls.iter().chain(&part.taken)),
            }
            own.extend(part.threaded.iter().filter(|f| self.callers_are_shown(**f)));
        }
        if own.is_empty() {
            return FxHashSet::default();
        }
        // All that they lead to may be like them.
        let mut found = reached(own, |f| calls.from(f).filter(|called| self.callers_are_shown(*called)));
        for part in calls.parts {
            let Some(owner) = part.owner.filter(|owner| !found.contains(owner)) else { continue };
            shared.extend(part.calls.iter().filter(|f| **f != owner && part.threaded.binary_search(f).is_err()));
        }
        let starting = calls.starting.iter().copied().collect();
        let starting = reached(starting, |f| calls.callers(f));
        shared.extend(found.iter().filter(|f| starting.contains(f)));
        while let Some(f) = shared.pop() {
            if found.remove(&f) {
                shared.extend(calls.from(f));
            }
        }
        found
    }

    /// Functions of programs that start no tasks: those that nothing leads to which is joined or raced.
    fn beside_nothing(&self, calls: &Calls<'_>) -> FxHashSet<FnId> {
        let racing: FxHashSet<CrateId> = calls.parts.iter().filter_map(|part| part.races).collect();
        let with_tasks = self.programs_of(calls.starting.iter().map(|f| f.krate).collect());
        let is_program = |krate: &CrateId| match self.world().input(*krate).kind {
            TargetKind::Lib => self.is_program(*krate),
            kind => kind == TargetKind::Bin,
        };
        let mut quiet = self.programs_of(racing);
        quiet.retain(|krate| !with_tasks.contains(krate) && is_program(krate));
        if quiet.is_empty() {
            return FxHashSet::default();
        }
        let racing = calls.parts.iter().filter(|part| part.races.is_some());
        let beside = racing.clone().flat_map(|part| may_run_beside(part)).collect();
        let beside = reached(beside, |f| calls.from(f));
        let racing: FxHashSet<FnId> = racing.filter_map(|part| part.owner).collect();
        let all = calls.functions().filter(|f| quiet.contains(&f.krate));
        all.filter(|f| !beside.contains(f) && !racing.contains(f)).collect()
    }
}

impl Turns<'_> {
    /// Is it a part of a value: `Command { run: show }`, `Dispatch(show)`, `[show, hide]`?
    pub(super) fn is_stored(&self, function: ExprId) -> bool {
        let types = &self.body.types;
        let Some(parent) = self.regions.parent(function) else { return false };
        match &types.body[parent] {
            Expr::Record(_) | Expr::Array(_) | Expr::Tuple(_) => true,
            Expr::Call { .. } => matches!(types.callees.get(&parent), Some(Callee::Ctor(..))),
            _ => false,
        }
    }

    /// Is it in a closure that runs on another thread, which was made for it?
    pub(super) fn is_elsewhere(&self, expr: ExprId) -> bool {
        let mut at = expr;
        while let Some(parent) = self.regions.parent(at) {
            if matches!(self.body.types.body[at], Expr::Closure(_))
                && let Some((_, callee, position)) = self.argument_of(at)
                && Executor::new(self.analysis, self.body).fate(callee, position) == Fate::Offloaded
            {
                return true;
            }
            at = parent;
        }
        false
    }
}

/// Are the functions of an impl with this attribute called by nobody but who names them?
pub(super) fn leaves_callable(attr: &Attr) -> bool {
    const KNOWN: [&str; 9] =
        ["allow", "warn", "deny", "expect", "doc", "cfg", "async_trait", "automatically_derived", "deprecated"];
    let is_tool =
        attr.path.first().is_some_and(|tool| matches!(tool.as_str(), "clippy" | "rustfmt" | "diagnostic" | "typetag"));
    is_tool || attr.path.last().is_some_and(|name| KNOWN.contains(&name.as_str()))
}

/// What may run beside something, in a body that joins or races futures.
fn may_run_beside(part: &AlonePart) -> impl Iterator<Item = FnId> {
    part.aside.iter().chain(&part.told).chain(&part.taken).copied().chain(part.perhaps.iter().map(|(f, _)| *f))
}
