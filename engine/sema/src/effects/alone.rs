//! The functions of a program that run in turn ([`super::startup`]), from what every body has to say of it.
//!
//! ```text
//! main awaits run, run awaits load, and a task of a server awaits load as well: run runs in turn, and load does not
//! ```

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use toecap_ir::{Attr, Expr, ExprId, ItemKind};

use super::turns::{MAX_CALLS, Need, Turns};
use crate::watch::{Asked, read, watch};
use crate::{Analysis, BodyOwner, Callee, Container, CrateId, CrateOrigin, FnId, PathDef, TargetKind, TypedBody};

/// The functions that run in turn in a program's first task, and those that leave a task running.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    /// Functions of programs that nothing leads to but calls in turn.
    begin: FxHashSet<FnId>,
    /// Functions that start a task themselves.
    spawning: FxHashSet<FnId>,
    /// Crates of programs that run all tasks on one thread.
    one_thread: FxHashSet<CrateId>,
    /// Constructors for users of a library, and what nothing but these calls in turn.
    construct: FxHashSet<FnId>,
    /// What it took to know.
    asked: Vec<Asked>,
}

/// What one body has to say of that: of functions of the workspace alone, for nobody asks about others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlonePart {
    owner: Option<FnId>,
    calls: Box<[FnId]>,
    /// What most bodies have none of.
    rest: Option<Box<AloneRest>>,
}

/// The rest of an [`AlonePart`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct AloneRest {
    /// Of the calls those that are not in turn.
    aside: Box<[FnId]>,
    /// Those that are called in turn if other bodies do what it takes.
    perhaps: Box<[(FnId, Vec<Need>)]>,
    /// The parameters that are run in turn, and what that takes.
    params: Box<[(u32, Vec<Need>)]>,
    /// Functions that are named and not called.
    taken: Box<[FnId]>,
    spawns: bool,
    /// The crate, where the body makes an executor with one thread.
    one_thread: Option<CrateId>,
}

/// [`Alone`] as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct KeptAlone {
    begin: Vec<FnId>,
    spawning: Vec<FnId>,
    one_thread: Vec<CrateId>,
    construct: Vec<FnId>,
    asked: Vec<Asked>,
}

impl AlonePart {
    fn perhaps(&self) -> impl Iterator<Item = (FnId, FnId, &[Need])> {
        let owner = self.owner;
        let perhaps = self.rest.iter().flat_map(|rest| &rest.perhaps);
        perhaps.filter_map(move |(f, needs)| Some((owner?, *f, needs.as_slice())))
    }
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
        let mut calls: Vec<(FnId, &[FnId])> = Vec::with_capacity(parts.len());
        let mut callers: Vec<(FnId, FnId)> = Vec::with_capacity(parts.iter().map(|part| part.calls.len()).sum());
        let mut params: FxHashMap<(FnId, u32), &[Need]> = FxHashMap::default();
        let mut spawning: FxHashSet<FnId> = FxHashSet::default();
        let mut beside = Vec::new();
        for part in parts {
            let rest = part.rest.as_deref();
            beside.extend(rest.into_iter().flat_map(|rest| &rest.taken));
            let Some(owner) = part.owner else {
                beside.extend(&part.calls);
                continue;
            };
            callers.extend(part.calls.iter().map(|callee| (*callee, owner)));
            calls.push((owner, &part.calls));
            let Some(rest) = rest else { continue };
            beside.extend(&rest.aside);
            spawning.extend(rest.spawns.then_some(owner));
            params.extend(rest.params.iter().map(|(position, needs)| ((owner, *position), needs.as_slice())));
        }
        callers.sort_unstable();
        calls.sort_unstable();
        let callers_of = |f: FnId| all_of(&callers, f).iter().map(|(_, by)| by);
        let is_called = |f: FnId| callers_of(f).next().is_some();
        let callers_are_quiet = |f: FnId| is_called(f) && callers_of(f).all(|by| !spawning.contains(by));
        for (owner, f, needs) in parts.iter().flat_map(|part| part.perhaps()) {
            let is_met = |need: &Need| match need {
                Need::Runs(..) => runs(*need, &params, 0),
                Need::Quiet => callers_are_quiet(owner),
            };
            if !needs.iter().all(is_met) {
                beside.push(f);
            }
        }
        let construct = analysis.constructors(&calls, &callers, &beside);
        // Whom nobody calls, somebody may call by a macro or an attribute.
        let again = analysis.compiled_again(&calls);
        let is_known =
            |f: FnId| again.contains(&f) || (is_called(f) || analysis.is_main(f)) && analysis.runs_for_program_only(f);
        beside.extend(calls.iter().map(|(f, _)| f).filter(|f| !is_known(**f)));
        let mut harmed: FxHashSet<FnId> = FxHashSet::default();
        while let Some(f) = beside.pop() {
            if harmed.insert(f) {
                beside.extend(all_of(&calls, f).iter().flat_map(|(_, called)| *called));
            }
        }
        let begin = calls.iter().map(|(f, _)| *f).filter(|f| !harmed.contains(f)).collect();
        let one_thread = analysis.programs_of(parts.iter().filter_map(|part| part.rest.as_ref()?.one_thread).collect());
        Self { begin, spawning, one_thread, construct, asked: Vec::new() }
    }

    /// Is all that calls it `main`, or called by it and so on, in turn?
    pub(super) fn begins(&self, f: FnId) -> bool {
        read(Asked::Begins(f));
        self.begin.contains(&f)
    }

    /// Is it a constructor for users of a library, or does nothing call it but these, in turn?
    pub(super) fn constructs(&self, f: FnId) -> bool {
        read(Asked::Begins(f));
        self.construct.contains(&f)
    }

    /// Does it start a task itself?
    pub(super) fn spawns(&self, f: FnId) -> bool {
        read(Asked::Spawns(f));
        self.spawning.contains(&f)
    }

    /// Does all of a crate run on one thread? Who asks has asked whether a function of it begins.
    pub(super) fn has_one_thread(&self, krate: CrateId) -> bool {
        self.one_thread.contains(&krate)
    }

    pub(crate) fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// What may be asked of it and has another answer in `other`.
    pub(crate) fn differences(&self, other: &Self) -> Vec<Asked> {
        let is_other = |f: &FnId| {
            self.has_one_thread(f.krate) != other.has_one_thread(f.krate)
                || self.begin.contains(f) != other.begin.contains(f)
                || self.construct.contains(f) != other.construct.contains(f)
        };
        let all: FxHashSet<&FnId> =
            [&self.begin, &other.begin, &self.construct, &other.construct].into_iter().flatten().collect();
        let begins = all.into_iter().filter(|f| is_other(f)).map(|f| Asked::Begins(*f));
        begins.chain(self.spawning.symmetric_difference(&other.spawning).map(|f| Asked::Spawns(*f))).collect()
    }

    pub(crate) fn kept(&self) -> KeptAlone {
        fn sorted<T: Ord + Copy>(set: &FxHashSet<T>) -> Vec<T> {
            let mut all: Vec<T> = set.iter().copied().collect();
            all.sort_unstable();
            all
        }
        let (begin, spawning, construct) = (sorted(&self.begin), sorted(&self.spawning), sorted(&self.construct));
        KeptAlone { begin, spawning, one_thread: sorted(&self.one_thread), construct, asked: self.asked.clone() }
    }

    pub(crate) fn revived(kept: KeptAlone) -> Self {
        let KeptAlone { begin, spawning, one_thread, construct, asked } = kept;
        let (begin, spawning) = (begin.into_iter().collect(), spawning.into_iter().collect());
        let (one_thread, construct) = (one_thread.into_iter().collect(), construct.into_iter().collect());
        Self { begin, spawning, one_thread, construct, asked }
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
        let turns = Turns::new(self, body);
        let entry = owner.filter(|f| self.is_main(*f)).map(|f| self.world().item_of_fn(f));
        let has_one_thread = entry.is_some_and(|item| item.attrs.list.iter().any(makes_one_thread));
        let one_thread = has_one_thread.then(|| body.owner.krate());
        let mut rest = AloneRest { params: turns.params().into(), one_thread, ..AloneRest::default() };
        let is_own = |f: &FnId| self.world().input(f.krate).origin == CrateOrigin::Workspace;
        let (mut calls, mut aside, mut perhaps) = (Vec::new(), Vec::new(), Vec::new());
        for (f, needs) in turns.calls() {
            match needs {
                None => aside.push(f),
                Some(needs) if needs.is_empty() => {}
                Some(needs) => perhaps.push((f, needs)),
            }
        }
        perhaps.sort_unstable();
        for callee in body.types.callees.values() {
            let Callee::Fn(callee) = callee else { continue };
            calls.extend(self.may_run(callee).into_iter().filter(is_own));
            rest.spawns |= self.leaves_task(callee);
            if self.world().func(callee.f).name.as_str() == "new_current_thread" {
                rest.one_thread = Some(body.owner.krate());
            }
        }
        let called: FxHashSet<ExprId> = body.types.callees.keys().filter_map(|call| called_path(body, *call)).collect();
        let taken = body.types.paths.iter().filter_map(|(expr, def)| match def {
            PathDef::Fn(f) if is_own(f) && !called.contains(expr) => Some(*f),
            _ => None,
        });
        (rest.aside, rest.taken, rest.perhaps) = (in_order(aside), in_order(taken.collect()), perhaps.into());
        let rest = (rest != AloneRest::default()).then(|| Box::new(rest));
        AlonePart { owner, calls: in_order(calls), rest }
    }

    /// Functions of a library that a program compiles again, as `mod serve;` in both `lib.rs` and `main.rs` does: the program shows
    /// who calls them.
    fn compiled_again(&self, fns: &[(FnId, &[FnId])]) -> FxHashSet<FnId> {
        let world = self.world();
        let of = |kind: TargetKind| fns.iter().map(|(f, _)| f).filter(move |f| world.input(f.krate).kind == kind);
        let programs: FxHashSet<_> = of(TargetKind::Bin).map(|f| world.place_of_fn(*f)).collect();
        of(TargetKind::Lib).filter(|f| programs.contains(&world.place_of_fn(**f))).copied().collect()
    }

    /// The crates, what they use of the workspace, and what uses them.
    fn programs_of(&self, crates: FxHashSet<CrateId>) -> FxHashSet<CrateId> {
        let world = self.world();
        let uses = |user: CrateId, used: CrateId| world.input(user).deps.iter().any(|(_, dep)| *dep == used.0 as usize);
        let own = world.crate_ids().filter(|id| world.input(*id).origin == CrateOrigin::Workspace);
        own.filter(|id| crates.iter().any(|other| id == other || uses(*id, *other) || uses(*other, *id))).collect()
    }

    /// A function of a program that nobody calls but the program's code: it implements nobody else's trait, and no attribute of
    /// its impl makes it a handler of something.
    fn runs_for_program_only(&self, f: FnId) -> bool {
        let world = self.world();
        let kind = world.input(f.krate).kind;
        let impl_is_known = match world.func(f).container {
            Container::Impl(imp) => world.item_of_impl(imp).is_some_and(|item| {
                let has_trait = matches!(&item.kind, ItemKind::Impl(data) if data.trait_ref.is_some());
                item.attrs.list.iter().all(leaves_callable)
                    && (!has_trait || world.impl_header(imp).trait_ref.is_some())
            }),
            Container::Trait(_) | Container::Module => true,
        };
        (kind == TargetKind::Bin || kind == TargetKind::Lib && self.is_program(f.krate))
            && impl_is_known
            && self.callers_are_known(f)
    }
}

/// The functions, each once.
fn in_order(mut functions: Vec<FnId>) -> Box<[FnId]> {
    functions.sort_unstable();
    functions.dedup();
    functions.into()
}

/// The pairs that begin with `f`, of all in order.
pub(super) fn all_of<T>(pairs: &[(FnId, T)], f: FnId) -> &[(FnId, T)] {
    let from = pairs.partition_point(|(of, _)| *of < f);
    let count = pairs[from..].partition_point(|(of, _)| *of == f);
    &pairs[from..from + count]
}

/// The path that names what a call calls.
fn called_path(body: &TypedBody, call: ExprId) -> Option<ExprId> {
    match &body.types.body[call] {
        Expr::Call { callee, .. } => Some(*callee),
        _ => None,
    }
}

/// Does a function run its parameter in turn?
fn runs(need: Need, params: &FxHashMap<(FnId, u32), &[Need]>, depth: usize) -> bool {
    let Need::Runs(f, position) = need else { return false };
    depth < MAX_CALLS
        && params.get(&(f, position)).is_some_and(|needs| needs.iter().all(|need| runs(*need, params, depth + 1)))
}

/// Does the attribute of `main` make an executor with one thread?
fn makes_one_thread(attr: &Attr) -> bool {
    const CRATES: [&str; 6] = ["actix_web", "actix_rt", "actix", "ntex", "monoio", "compio"];
    let is_entry = attr.path.last().is_some_and(|name| name == "main");
    let from = attr.path.first().filter(|_| attr.path.len() > 1);
    is_entry && (attr.text.contains("current_thread") || from.is_some_and(|name| CRATES.contains(&name.as_str())))
}

/// Are the functions of an impl with this attribute called by nobody but who names them?
fn leaves_callable(attr: &Attr) -> bool {
    const KNOWN: [&str; 9] =
        ["allow", "warn", "deny", "expect", "doc", "cfg", "async_trait", "automatically_derived", "deprecated"];
    let is_tool = attr.path.first().is_some_and(|tool| matches!(tool.as_str(), "clippy" | "rustfmt" | "diagnostic"));
    is_tool || attr.path.last().is_some_and(|name| KNOWN.contains(&name.as_str()))
}
