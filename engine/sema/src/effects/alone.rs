//! The functions of a program that run in turn ([`super::startup`]), from what every body has to say of it.
//!
//! ```text
//! main awaits run, run awaits load, and a task of a server awaits load as well: run runs in turn, and load does not
//! ```

mod callable;
mod company;
mod consuming;
mod executors;
pub(crate) mod kept;
mod part;
mod seldom;
mod tested;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{Attr, Expr, ExprId};

use self::callable::Unshown;
use self::company::Company;
use self::consuming::{Made, made_of};
use self::executors::{makes_one_thread, makes_threads};
pub(crate) use self::part::{AlonePart, AloneRest};
use super::exec::{Executor, races};
use super::serving::serves;
use super::startup::starts_task;
use super::threads::Calls;
use super::turns::{MAX_CALLS, Need, Turn, Turns};
use crate::watch::{Asked, read, watch};
use crate::{Analysis, BodyOwner, Callee, CrateId, FnId, PathDef, TypedBody};

/// The functions that run in turn in a program's first task, and those that leave a task running.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    /// Functions of programs that nothing leads to but calls in turn.
    begin: FxHashSet<FnId>,
    /// These, and functions of the first task that others of the program tell what to do, round by round.
    told: FxHashSet<FnId>,
    /// Functions that start a task themselves.
    spawning: FxHashSet<FnId>,
    /// Crates of programs that run all tasks on one thread.
    one_thread: FxHashSet<CrateId>,
    /// Crates that work on files without waiting for them.
    async_files: FxHashSet<CrateId>,
    /// Crates of programs that serve, and what these use.
    serving: FxHashSet<CrateId>,
    /// Constructors for users of a library, and what nothing but these calls in turn.
    construct: FxHashSet<FnId>,
    /// Functions that nothing runs beside.
    undisturbed: FxHashSet<FnId>,
    /// Functions that nothing but tests leads to, and that say so.
    tested: FxHashSet<FnId>,
    /// Functions that a program calls a bounded number of times.
    seldom: FxHashSet<FnId>,
    /// What it took to know.
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
        let mut calls: Vec<(FnId, &[FnId])> = Vec::with_capacity(parts.len());
        let mut callers: Vec<(FnId, FnId)> = Vec::with_capacity(parts.iter().map(|part| part.calls.len()).sum());
        let mut params: FxHashMap<(FnId, u32), &[Need]> = FxHashMap::default();
        let mut spawning: FxHashSet<FnId> = FxHashSet::default();
        let mut by_consts: FxHashSet<FnId> = FxHashSet::default();
        let mut beside: Vec<FnId> = Vec::new();
        let given: FxHashSet<(FnId, u32)> = parts.iter().flat_map(|part| part.given.iter().copied()).collect();
        let servers = analysis.programs_of(parts.iter().filter_map(|part| part.serves).collect());
        for part in parts {
            beside.extend(part.stored.iter().filter(|f| servers.contains(&f.krate)));
            let Some(owner) = part.owner else {
                beside.extend(part.calls.iter().chain(&part.taken));
                by_consts.extend(&part.calls);
                continue;
            };
            callers.extend(part.calls.iter().map(|callee| (*callee, owner)));
            calls.push((owner, &part.calls));
            beside.extend(part.aside.iter().chain(&part.taken));
            spawning.extend(part.spawns.then_some(owner));
            params.extend(part.params.iter().map(|(position, needs)| ((owner, *position), needs.as_slice())));
        }
        let made = made_of(parts);
        for Made { by, consumer, .. } in &made {
            callers.push((*consumer, *by));
            calls.push((*by, std::slice::from_ref(consumer)));
            beside.push(*consumer);
        }
        callers.sort_unstable();
        calls.sort_unstable();
        let starting = parts.iter().filter(|part| part.spawns || part.hands_over).filter_map(|part| part.owner);
        let starting = starting.collect();
        let graph = Calls { parts, of: &calls, by: &callers, by_consts: &by_consts, starting: &starting };
        let callers_are_quiet = |f: FnId| graph.is_called(f) && graph.callers(f).all(|by| !spawning.contains(&by));
        for (owner, f, needs) in parts.iter().flat_map(|part| part.perhaps()) {
            let is_met = |need: &Need| match need {
                Need::Quiet => callers_are_quiet(owner),
                Need::Runs(..) | Need::Foreign(..) => runs(*need, &params, &given, 0),
            };
            if !needs.iter().all(is_met) {
                beside.push(f);
            }
        }
        let all_told: Vec<FnId> = parts.iter().flat_map(|part| part.told.iter().copied()).collect();
        let construct = analysis.constructors(&graph, &[&*beside, &*all_told].concat());
        let Unshown { unused, unknown } = analysis.unshown(&graph);
        let lasting = parts.iter().flat_map(|part| part.again.iter().copied());
        let made_again = made.iter().filter(|made| made.again).map(|made| made.consumer);
        let again: Vec<FnId> = lasting.chain(made_again).chain(unknown.iter().copied()).collect();
        beside.extend(unknown);
        let company = Company::new(&graph, unused);
        let told = company.without(beside.clone());
        beside.extend(all_told);
        let begin = company.without(beside);
        let seldom = company.without_any(again);
        let async_files = parts.iter().filter_map(|part| part.async_files).collect();
        let one_thread = analysis.crates_of_one_thread(parts);
        let (undisturbed, tested) = (analysis.undisturbed(&graph), analysis.only_tested(&graph));
        Self {
            tested,
            seldom,
            begin,
            told,
            spawning,
            one_thread,
            async_files,
            serving: servers,
            construct,
            undisturbed,
            asked: Vec::new(),
        }
    }

    /// Is all that calls it `main`, or called by it and so on, in turn?
    pub(super) fn begins(&self, f: FnId) -> bool {
        read(Asked::Begins(f));
        self.begin.contains(&f)
    }

    /// Does it begin, or would it but for loops that are told by others of the program what to do?
    pub(super) fn is_told(&self, f: FnId) -> bool {
        read(Asked::Begins(f));
        self.told.contains(&f)
    }

    /// Is it a constructor for users of a library, or does nothing call it but these, in turn?
    pub(super) fn constructs(&self, f: FnId) -> bool {
        read(Asked::Begins(f));
        self.construct.contains(&f)
    }

    /// Does nothing run beside it, on its thread?
    pub(super) fn is_undisturbed(&self, f: FnId) -> bool {
        read(Asked::Begins(f));
        self.undisturbed.contains(&f)
    }

    /// Does nothing but tests lead to it, and does it say so?
    pub(super) fn is_tested(&self, f: FnId) -> bool {
        read(Asked::Begins(f));
        self.tested.contains(&f)
    }

    /// Does the program call it a bounded number of times?
    pub(super) fn is_seldom(&self, f: FnId) -> bool {
        read(Asked::Begins(f));
        self.seldom.contains(&f)
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

    /// Does a crate work on files without waiting for them? Who asks has asked whether a function of it constructs.
    pub(super) fn has_async_files(&self, krate: CrateId) -> bool {
        self.async_files.contains(&krate)
    }

    /// Does a program that the crate belongs to serve others?
    pub(super) fn serves(&self, krate: CrateId) -> bool {
        read(Asked::Serves(krate));
        self.serving.contains(&krate)
    }

    pub(crate) fn asked(&self) -> &[Asked] {
        &self.asked
    }
}

impl Analysis<'_> {
    /// What a body has to say of start-up code.
    pub(crate) fn alone_part(&self, body: &TypedBody) -> AlonePart {
        if !self.counts_as_caller(body) {
            return self.part_of_test(body);
        }
        let owner = match body.owner {
            BodyOwner::Fn(f) => Some(f),
            BodyOwner::Const(_) => None,
        };
        let turns = Turns::new(self, body);
        let entry = owner.filter(|f| self.is_main(*f)).map(|f| self.world().item_of_fn(f));
        let is_made = |makes: fn(&Attr) -> bool| entry.is_some_and(|item| item.attrs.list.iter().any(makes));
        let one_thread = is_made(makes_one_thread).then(|| body.owner.krate());
        let more_threads = is_made(makes_threads).then(|| body.owner.krate());
        let mut part = AloneRest { params: turns.params().into(), one_thread, more_threads, ..AloneRest::default() };
        let awaited = turns.awaited_values();
        self.called_in_turn(&turns, &awaited, &mut part);
        let is_own = |f: &FnId| self.world().is_own(f.krate);
        let (mut calls, mut threaded, mut shared) = (Vec::new(), Vec::new(), Vec::new());
        let (mut again, mut once, mut often) = (Vec::new(), Vec::new(), Vec::new());
        let executor = Executor::new(self, body);
        let mut is_racing = executor.has_racing_macro();
        for (call, callee) in body.types.callees.iter() {
            let Callee::Fn(callee) = callee else { continue };
            let run: Vec<FnId> = self.may_run(callee).into_iter().filter(is_own).collect();
            if !run.is_empty() && executor.is_done_once(*call) {
                once.extend(&run);
            } else if !run.is_empty() {
                often.extend(&run);
                if turns.runs_again(*call) {
                    again.extend(&run);
                }
            }
            match turns.is_elsewhere(*call) {
                true => threaded.extend(run),
                false => shared.extend(run),
            }
            if let Some(facts) = self.facts().of_callee(callee) {
                part.spawns |= starts_task(facts);
                is_racing |= races(facts);
                if serves(facts) {
                    part.serves = Some(body.owner.krate());
                }
            }
            if self.is_of_async_files(callee) {
                part.async_files = Some(body.owner.krate());
            }
            if self.makes_executor_of_one_thread(callee) {
                part.one_thread = Some(body.owner.krate());
            }
            if self.makes_executor_of_threads(callee) {
                part.more_threads = Some(body.owner.krate());
            }
        }
        for (at, f) in awaited {
            shared.push(f);
            often.push(f);
            if turns.runs_again(at) {
                again.push(f);
            }
        }
        calls.extend(threaded.iter().chain(&shared).copied());
        let called: FxHashSet<ExprId> = body.types.callees.keys().filter_map(|call| called_path(body, *call)).collect();
        let named = body.types.paths.iter().filter_map(|(expr, def)| match def {
            PathDef::Fn(f) if is_own(f) && !called.contains(expr) => Some((*expr, *f)),
            _ => None,
        });
        let (stored, taken): (Vec<_>, Vec<_>) = named.partition(|(expr, _)| turns.is_stored(*expr));
        for (expr, f) in stored.iter().chain(&taken) {
            if !turns.is_called_once(*expr) || turns.runs_again(*expr) {
                again.push(*f);
            }
        }
        let functions = |named: Vec<(ExprId, FnId)>| in_order(named.into_iter().map(|(_, f)| f).collect());
        (part.stored, part.taken) = (functions(stored), functions(taken));
        let calls = in_order(calls.into_iter().chain(part.stored.iter().copied()).collect());
        let shared = in_order(shared);
        part.threaded = in_order(threaded.into_iter().filter(|f| shared.binary_search(f).is_err()).collect());
        let often = in_order(often);
        once.retain(|f| often.binary_search(f).is_err());
        (part.again, part.once) = (in_order(again), in_order(once));
        (part.makes, part.consumes) = (turns.made().into(), owner.and_then(|f| self.consumed_by(f)));
        part.hands_over = turns.hands_over();
        part.races = is_racing.then(|| body.owner.krate());
        let rest = (part != AloneRest::default()).then(|| Box::new(part));
        AlonePart { owner, calls, rest }
    }

    fn called_in_turn(&self, turns: &Turns<'_>, awaited: &[(ExprId, FnId)], part: &mut AloneRest) {
        let (mut aside, mut entered, mut others, mut perhaps) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut told = Vec::new();
        for (f, turn) in turns.calls(awaited) {
            match turn {
                Turn::Aside => aside.push(f),
                Turn::Told => told.push(f),
                Turn::Entered => entered.push(f),
                Turn::Waited(needs) => {
                    others.push(f);
                    if !needs.is_empty() {
                        perhaps.push((f, needs));
                    }
                }
            }
        }
        perhaps.sort_unstable();
        let (aside, others, told) = (in_order(aside), in_order(others), in_order(told));
        let is_only = |f: &FnId| [&aside, &others, &told].iter().all(|list| list.binary_search(f).is_err());
        part.entered = in_order(entered.into_iter().filter(is_only).collect());
        let mut given = turns.given();
        given.sort_unstable();
        given.dedup();
        (part.aside, part.told, part.perhaps, part.given) = (aside, told, perhaps.into(), given.into());
    }
}

/// The functions, each once.
fn in_order(mut functions: Vec<FnId>) -> Box<[FnId]> {
    functions.sort_unstable();
    functions.dedup();
    functions.into()
}

/// The path that names what a call calls.
fn called_path(body: &TypedBody, call: ExprId) -> Option<ExprId> {
    match &body.types.body[call] {
        Expr::Call { callee, .. } => Some(*callee),
        _ => None,
    }
}

/// Does a function run its parameter in turn? Does nobody give it a future of the workspace?
fn runs(need: Need, params: &FxHashMap<(FnId, u32), &[Need]>, given: &FxHashSet<(FnId, u32)>, depth: usize) -> bool {
    match need {
        Need::Quiet => false,
        Need::Foreign(f, position) => !given.contains(&(f, position)),
        Need::Runs(f, position) => {
            depth < MAX_CALLS
                && params
                    .get(&(f, position))
                    .is_some_and(|needs| needs.iter().all(|need| runs(*need, params, given, depth + 1)))
        }
    }
}
