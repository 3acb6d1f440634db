//! Who runs a function: the contexts that lead to it.
//!
//! ```text
//! async fn serve() { parse() }                            parse: polled by an executor
//! spawn_blocking(|| parse())                              and: the pool for blocking work
//! fn main() { parse() }                                   and: the main thread
//! ```

use std::collections::VecDeque;
use std::collections::hash_map::Entry;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use toecap_ir::{Expr, ExprId, sym};
use toecap_knowledge::SpawnKind;

use super::super::exec::{Executed, Executor, Fate, call_args};
use super::super::summary::{Step, StepKind, callee_span};
use crate::bodies::quietly;
use crate::flow::{CodeRegionKind, RegionId, Regions};
use crate::{Analysis, BodyOwner, Callee, FnCallee, FnId, FutureOrigin, TyKind, TypedBody};

/// Who runs code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Runner {
    /// An executor polls it: it must not block.
    Executor,
    /// A pool for blocking work.
    BlockingPool,
    /// A pool for computing.
    CpuPool,
    /// A thread of its own.
    Thread,
    /// The thread that `main` runs on, outside of any runtime.
    Main,
    /// A test.
    Test,
}

impl Runner {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Runner::Executor => "an executor",
            Runner::BlockingPool => "the blocking pool",
            Runner::CpuPool => "a pool for computing",
            Runner::Thread => "a thread of its own",
            Runner::Main => "main, before any runtime",
            Runner::Test => "tests",
        }
    }
}

/// How a runner comes to a function.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub runner: Runner,
    /// The calls that lead to it, from where the runner begins; none when the function is where it begins.
    pub steps: Vec<Step>,
}

/// Who runs which function of the workspace.
#[derive(Debug, Default)]
pub struct Runners {
    found: FxHashMap<(FnId, Runner), Reached>,
    direct: FxHashMap<FnId, Vec<Step>>,
}

#[derive(Debug, Clone)]
struct Reached {
    /// The call, and the function that it is in (the other end, where it does not begin here).
    from: Option<(Step, Option<FnId>)>,
}

/// A call in a body: what is called, and who runs the place of the call.
struct Call {
    f: FnId,
    step: Step,
    /// None: whoever runs the function around it.
    runner: Option<Runner>,
}

impl Analysis<'_> {
    /// Who runs what, over the whole workspace.
    pub fn runners(&self) -> Runners {
        let calls: Vec<(BodyOwner, bool, Vec<Call>)> = self
            .bodies()
            .collect::<Vec<_>>()
            .par_iter()
            .map(|body| (body.owner, body.in_test, quietly(|| self.calls_of(body)).unwrap_or_default()))
            .collect();
        let mut runners = Runners::default();
        let mut open: VecDeque<(FnId, Runner)> = VecDeque::new();
        let mut by_function: FxHashMap<FnId, Vec<(FnId, Step)>> = FxHashMap::default();
        for (owner, in_test, calls) in calls {
            let around = match owner {
                BodyOwner::Fn(f) => Some(f),
                BodyOwner::Const(_) => None,
            };
            if let Some(f) = around
                && let Some(runner) = self.begins_with(f, in_test)
            {
                runners.found.insert((f, runner), Reached { from: None });
                open.push_back((f, runner));
            }
            for call in calls {
                let runner = if in_test { Some(Runner::Test) } else { call.runner };
                runners.direct.entry(call.f).or_default().push(Step {
                    callee: around.map_or_else(String::new, |f| self.world().fn_name(f)),
                    ..call.step.clone()
                });
                match (runner, around) {
                    (Some(runner), _) => {
                        if let Entry::Vacant(slot) = runners.found.entry((call.f, runner)) {
                            slot.insert(Reached { from: Some((call.step, None)) });
                            open.push_back((call.f, runner));
                        }
                    }
                    (None, Some(around)) => by_function.entry(around).or_default().push((call.f, call.step)),
                    (None, None) => {}
                }
            }
        }
        while let Some((f, runner)) = open.pop_front() {
            for (callee, step) in by_function.get(&f).into_iter().flatten() {
                if let Entry::Vacant(slot) = runners.found.entry((*callee, runner)) {
                    slot.insert(Reached { from: Some((step.clone(), Some(f))) });
                    open.push_back((*callee, runner));
                }
            }
        }
        runners
    }

    /// Who runs a function whoever calls it.
    fn begins_with(&self, f: FnId, in_test: bool) -> Option<Runner> {
        let world = self.world();
        if in_test {
            return Some(Runner::Test);
        }
        if self.makes_future(f) || self.serves_request(f) {
            return Some(Runner::Executor);
        }
        let data = world.func(f);
        let is_poll = data.name.as_str().starts_with("poll") && {
            let body = self.body(BodyOwner::Fn(f))?;
            Executor::new(self, &body).regions().iter().any(|r| r.kind == super::super::RegionKind::Poll)
        };
        if is_poll {
            return Some(Runner::Executor);
        }
        (data.name == sym::MAIN && world.module(data.module).parent.is_none()).then_some(Runner::Main)
    }

    fn calls_of(&self, body: &TypedBody) -> Vec<Call> {
        let regions = self.regions(body);
        let executor = Executor::new(self, body);
        let mut runners: Vec<Option<Option<Runner>>> = vec![None; regions.iter().count()];
        let mut found = Vec::new();
        let mut calls: Vec<(ExprId, &Callee)> =
            body.types.callees.iter().map(|(call, callee)| (*call, callee)).collect();
        calls.sort_by_key(|(call, _)| *call);
        for (call, callee) in calls {
            let Callee::Fn(callee) = callee else { continue };
            if !callee.sure {
                continue;
            }
            let Some(f) = self.called_own(body, call, callee) else { continue };
            let Some(runner) = self.runner_of(body, &executor, &regions, regions.region_of(call), &mut runners) else {
                continue;
            };
            let at = body.at(callee_span(&body.types.body, call));
            let step = Step { at, callee: self.world().fn_name(f), kind: StepKind::Call };
            found.push(Call { f, step, runner });
        }
        found
    }

    /// The function of the workspace that a call runs, conversions and explicit drops included.
    fn called_own(&self, body: &TypedBody, call: ExprId, callee: &FnCallee) -> Option<FnId> {
        let made_by = match body.types.expr_tys.get(call.index())?.kind() {
            TyKind::Future(_, FutureOrigin::Fn(f)) => Some(*f),
            _ => None,
        };
        let direct = self.runs(callee).or(made_by).or(Some(callee.f));
        let own = |f: &FnId| self.body(BodyOwner::Fn(*f)).is_some();
        direct.filter(own).or_else(|| {
            let executed = Executed::alone(call);
            self.called_by(body, &[executed]).into_iter().find(own)
        })
    }

    /// Who runs a region: `Some(None)` is whoever runs the function, `None` is not known.
    fn runner_of(
        &self,
        body: &TypedBody,
        executor: &Executor<'_>,
        regions: &Regions,
        id: RegionId,
        known: &mut Vec<Option<Option<Runner>>>,
    ) -> Option<Option<Runner>> {
        if let Some(found) = known.get(id.0 as usize).copied().flatten() {
            return Some(found);
        }
        let region = regions.get(id);
        let found = match region.kind {
            CodeRegionKind::Fn { is_async: true } => Some(Runner::Executor),
            CodeRegionKind::Fn { .. } => None,
            CodeRegionKind::AsyncBlock { .. } | CodeRegionKind::Stream { .. } => Some(Runner::Executor),
            CodeRegionKind::Closure { is_async: true, .. } => Some(Runner::Executor),
            CodeRegionKind::Closure { expr, .. } => match self.hands_to(body, executor, regions, expr) {
                Some(Hands::Around) => self.runner_of(body, executor, regions, region.parent?, known)?,
                Some(Hands::To(runner)) => Some(runner),
                None => return None,
            },
        };
        if let Some(slot) = known.get_mut(id.0 as usize) {
            *slot = Some(found);
        }
        Some(found)
    }

    /// Who runs a closure.
    fn hands_to(&self, body: &TypedBody, executor: &Executor<'_>, regions: &Regions, closure: ExprId) -> Option<Hands> {
        let types = &body.types;
        let parent = regions.parent(closure)?;
        let Some(Callee::Fn(callee)) = types.callees.get(&parent) else {
            return matches!(types.body[parent], Expr::Block(_)).then_some(Hands::Around);
        };
        let position = call_args(&types.body[parent]).iter().position(|arg| *arg == closure)?;
        match executor.fate(callee, position) {
            Fate::Here => Some(Hands::Around),
            Fate::Elsewhere => Some(Hands::To(Runner::Executor)),
            Fate::Unknown => None,
            Fate::Offloaded => Some(Hands::To(match self.facts().of_callee(callee).and_then(|f| f.spawn()) {
                Some(spawn) if spawn.kind == SpawnKind::Thread => Runner::Thread,
                Some(spawn) if spawn.kind == SpawnKind::CpuPool => Runner::CpuPool,
                _ => Runner::BlockingPool,
            })),
        }
    }
}

enum Hands {
    /// Whoever runs the code around it.
    Around,
    /// Somebody else.
    To(Runner),
}

impl Runners {
    /// Who runs a function, and the shortest way there.
    pub fn of(&self, f: FnId) -> Vec<Caller> {
        let all = [Runner::Executor, Runner::BlockingPool, Runner::CpuPool, Runner::Thread, Runner::Main, Runner::Test];
        let reached = all.into_iter().filter(|runner| self.found.contains_key(&(f, *runner)));
        reached.map(|runner| Caller { runner, steps: self.steps(f, runner) }).collect()
    }

    /// The calls of a function in the workspace: where, and in which function.
    pub fn callers(&self, f: FnId) -> &[Step] {
        self.direct.get(&f).map_or(&[], Vec::as_slice)
    }

    fn steps(&self, f: FnId, runner: Runner) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = Some(f);
        while let Some(f) = at {
            let Some((step, from)) = self.found.get(&(f, runner)).and_then(|reached| reached.from.clone()) else {
                break;
            };
            steps.push(step);
            at = from;
        }
        steps.reverse();
        steps
    }
}
