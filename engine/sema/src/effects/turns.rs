//! What code of a body runs in turn: it is done before the code around it goes on, and nobody waits for it in every round of a loop.
//!
//! ```text
//! load(&args).await;                               // in turn
//! tracked("load", load(&args)).await;              // in turn if `tracked` awaits what it gets
//! tokio::spawn(load(&args));                       // not
//! while let Some(m) = inbox.recv().await { load(m).await }    // not: who sent the next message waits
//! ```

use std::cell::{OnceCell, RefCell};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use toecap_ir::{Expr, ExprId};
use toecap_knowledge::{PointKind, SpawnKind};

use super::call_args;
use super::rounds::Rounds;
use crate::flow::{Aliases, RegionId, Regions};
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, FnCallee, FnId, MacroKind, PathDef, Ty, TyKind, TypedBody};

/// How deep calls and regions are followed.
pub(super) const MAX_CALLS: usize = 8;

/// Functions that make another future of one.
pub(super) const PASSES: [&str; 7] =
    ["instrument", "in_current_span", "boxed", "boxed_local", "pin", "fuse", "catch_unwind"];

/// What must be so in other bodies for code to run in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Need {
    /// A function runs its parameter in turn: awaits the future, calls the closure.
    Runs(FnId, u32),
    /// Who calls this body, and gets a future in a value from it, starts no task.
    Quiet,
    /// Whoever calls the function gives it no future of the workspace as this parameter: nothing runs beside the others.
    Foreign(FnId, u32),
}

/// How a body comes to call a function of the workspace.
pub(super) enum Turn {
    /// It is done before the code around goes on, where these needs are met.
    Waited(Vec<Need>),
    /// Code that is not async drives it: whoever calls that has lent its thread already.
    Entered,
    /// It is done in every round of a loop that is told by others of the program what to do, and else in turn.
    Told,
    /// Nobody knows, or somebody waits for it in every round of a loop.
    Aside,
}

/// Where a future goes that is made somewhere.
enum Polled {
    /// Awaited; or it is the future of the function itself.
    Here,
    /// Given to `block_on`.
    Driven,
    /// Raced with nothing else of the workspace, if these needs are met.
    Raced(Vec<Need>),
    /// To a function of the workspace.
    Passed(FnId, u32),
    /// It is what a closure returns.
    OfClosure,
    /// Out of the function, in a `Some` or `Ok`.
    Returned,
    /// Nobody knows.
    Lost,
}

/// The regions of a body, and who runs them.
pub(super) struct Turns<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) body: &'a TypedBody,
    pub(super) regions: Regions,
    /// What loops do: each is asked about for every expression in it.
    pub(super) rounds: RefCell<FxHashMap<ExprId, Rounds>>,
    /// The loops that last, likewise.
    pub(super) lasting: RefCell<FxHashMap<ExprId, bool>>,
    aliases: OnceCell<Aliases>,
}

impl<'a> Turns<'a> {
    pub(super) fn new(analysis: &'a Analysis<'a>, body: &'a TypedBody) -> Self {
        Self {
            analysis,
            body,
            regions: analysis.regions(body),
            rounds: RefCell::default(),
            lasting: RefCell::default(),
            aliases: OnceCell::new(),
        }
    }

    /// What the variables of the body stand for.
    pub(super) fn aliases(&self) -> &Aliases {
        self.aliases.get_or_init(|| Aliases::new(self.analysis.world(), self.body))
    }

    /// The calls of functions of the workspace, those by `.await` among them.
    pub(super) fn calls(&self, awaited: &[(ExprId, FnId)]) -> Vec<(FnId, Turn)> {
        let types = &self.body.types;
        let mut calls = Vec::new();
        for (call, callee) in types.callees.iter() {
            let Callee::Fn(callee) = callee else { continue };
            for runs in self.analysis.may_run(callee) {
                if self.analysis.world().is_own(runs.krate) {
                    // `#[tokio::main] async fn run()` is done when it returns.
                    let world = self.analysis.world();
                    let is_future = self.analysis.is_future_ty(world.fn_sig(runs).ret, 0);
                    let is_entry = !is_future && world.fn_item(runs).flags.is_async;
                    let turn = match is_entry && self.is_sync(self.regions.region_of(*call)) {
                        true => Turn::Entered,
                        false => self.turn(*call, is_future),
                    };
                    calls.push((runs, turn));
                }
            }
        }
        calls.extend(awaited.iter().map(|(at, f)| (*f, self.turn(*at, false))));
        calls
    }

    /// Where values of the workspace are awaited that are no futures, and what makes the future: `client.get(url).await`.
    pub(super) fn awaited_values(&self) -> Vec<(ExprId, FnId)> {
        let (world, types) = (self.analysis.world(), &self.body.types);
        let awaited = types.body.exprs.ids().filter_map(|expr| {
            let Expr::Await { expr: value, .. } = &types.body[expr] else { return None };
            let (adt, _) = types.expr_tys.get(value.index())?.as_adt()?;
            Some((expr, world.is_own(adt.krate).then(|| world.awaiting_fn(adt))??))
        });
        awaited.collect()
    }

    /// The parameters that the body runs in turn, each with what that takes.
    pub(super) fn params(&self) -> Vec<(u32, Vec<Need>)> {
        let types = &self.body.types;
        let params = types.body.params.iter().enumerate();
        let run = params.filter_map(|(position, pat)| {
            let local = *types.bindings.get(pat)?;
            if !may_be_run(types.locals[local.0 as usize].ty) {
                return None;
            }
            let local = PathDef::Local(local);
            let mut needs = Vec::new();
            for (used, _) in types.paths.iter().filter(|(_, def)| **def == local) {
                let parent = self.regions.parent(*used)?;
                let turn = match &types.body[parent] {
                    Expr::Call { callee, .. } if callee == used => {
                        self.turn(parent, types.futures.contains_key(&parent))
                    }
                    _ => self.turn(*used, true),
                };
                match turn {
                    Turn::Waited(more) => needs.extend(more),
                    Turn::Entered => {}
                    Turn::Told | Turn::Aside => return None,
                }
            }
            Some((position as u32, needs))
        });
        run.collect()
    }

    /// What it takes that a call, whose result is a future or not, runs in turn.
    fn turn(&self, expr: ExprId, is_future: bool) -> Turn {
        let turn = || self.turn_of(expr, is_future).unwrap_or(Turn::Aside);
        match self.rounds_around(expr) {
            Rounds::Own => turn(),
            Rounds::Told => match turn() {
                Turn::Waited(needs) if needs.is_empty() => Turn::Told,
                _ => Turn::Aside,
            },
            Rounds::Served => Turn::Aside,
        }
    }

    fn turn_of(&self, expr: ExprId, is_future: bool) -> Option<Turn> {
        let (mut at, mut is_future, mut needs) = (expr, is_future, Vec::new());
        for _ in 0..MAX_CALLS {
            let mut of_closure = false;
            if is_future {
                match self.polled(at) {
                    Polled::Here => {}
                    Polled::Driven if needs.is_empty() && self.is_sync(self.regions.region_of(at)) => {
                        return Some(Turn::Entered);
                    }
                    Polled::Driven => {}
                    Polled::Raced(more) => needs.extend(more),
                    Polled::Passed(f, position) => needs.push(Need::Runs(f, position)),
                    Polled::Returned => needs.push(Need::Quiet),
                    Polled::OfClosure => of_closure = true,
                    Polled::Lost => return None,
                }
            }
            let region = self.regions.region_of(at);
            if region == RegionId(0) {
                return Some(Turn::Waited(needs));
            }
            at = self.regions.get(region).creator()?;
            match &self.body.types.body[at] {
                Expr::Closure(closure) => {
                    is_future = false;
                    if let Some(call) = self.call_of(at).filter(|_| !of_closure && !closure.is_async) {
                        if self.is_served(call) {
                            return None;
                        }
                        at = call;
                        continue;
                    }
                    if of_closure || closure.is_async || !self.is_called_outside(at) {
                        let (f, position) = self.passed_to(at)?;
                        needs.push(Need::Runs(f, position));
                    }
                }
                Expr::Block(_) => is_future = true,
                _ => return None,
            }
        }
        None
    }

    /// Awaited, or given to `block_on`, where it is made; or returned as the function's future.
    pub(super) fn is_polled_here(&self, future: ExprId) -> bool {
        match self.polled(future) {
            Polled::Here | Polled::Driven => true,
            Polled::Raced(needs) => needs.is_empty(),
            _ => false,
        }
    }

    fn polled(&self, future: ExprId) -> Polled {
        let types = &self.body.types;
        let (mut future, mut is_wrapped) = (future, false);
        for _ in 0..MAX_CALLS {
            let Some(parent) = self.regions.parent(future) else {
                return match (self.is_result(future), is_wrapped) {
                    (true, _) => Polled::Here,
                    (false, true) => Polled::Returned,
                    (false, false) => Polled::Lost,
                };
            };
            match &types.body[parent] {
                Expr::Await { .. } => return Polled::Here,
                Expr::Call { .. } | Expr::MethodCall(_) => match types.callees.get(&parent) {
                    Some(Callee::Fn(callee)) => match self.given_to(parent, callee, future) {
                        Some(polled) => return polled,
                        None => future = parent,
                    },
                    Some(Callee::Ctor(..)) => {
                        is_wrapped = true;
                        future = parent;
                    }
                    _ => return Polled::Lost,
                },
                Expr::Block(_) if self.regions.region_of(parent) != self.regions.region_of(future) => {
                    return Polled::Lost;
                }
                Expr::Block(block) if block.tail == Some(future) => future = parent,
                Expr::Block(_) => match self.only_use(future) {
                    Some(used) => future = used,
                    None => return Polled::Lost,
                },
                Expr::If { .. } | Expr::Match { .. } => future = parent,
                Expr::Closure(closure) if !closure.is_async && !is_wrapped => return Polled::OfClosure,
                Expr::MacroCall(_) if self.pins(parent) => future = parent,
                Expr::MacroCall(_) => {
                    let is_select = types.macros.get(&parent) == Some(&MacroKind::Select);
                    let alone = is_select.then(|| self.raced_alone(parent, future)).flatten();
                    return alone.map_or(Polled::Lost, Polled::Raced);
                }
                _ => return Polled::Lost,
            }
        }
        Polled::Lost
    }

    /// What a call does with a future that it is given; none where it makes another future of it.
    fn given_to(&self, call: ExprId, callee: &FnCallee, future: ExprId) -> Option<Polled> {
        let facts = self.analysis.facts().of_callee(callee);
        if let Some(spawn) = facts.and_then(|facts| facts.spawn()) {
            return match spawn.kind {
                SpawnKind::Entry => Some(Polled::Driven),
                SpawnKind::AsyncTask if self.is_awaited_at_once(call) => None,
                _ => Some(Polled::Lost),
            };
        }
        let runs_nothing_beside = match facts.and_then(|facts| facts.point()).map(|point| point.kind) {
            // It cuts the future.
            Some(PointKind::Timeout | PointKind::Token) => true,
            Some(PointKind::Race) => self.races_only_foreign(call, future),
            _ => PASSES.contains(&self.analysis.world().func(callee.f).name.as_str()),
        };
        if runs_nothing_beside {
            return None;
        }
        let Some((f, position)) = self.passed_to(future) else { return Some(Polled::Lost) };
        // An async function of ours that awaits it is a future like it.
        match self.analysis.is_async_like(f) && !self.is_polled_here(call) {
            true => Some(Polled::Lost),
            false => Some(Polled::Passed(f, position)),
        }
    }

    /// The function of the workspace that a value is an argument of, and the position.
    fn passed_to(&self, value: ExprId) -> Option<(FnId, u32)> {
        let (_, callee, position) = self.argument_of(value)?;
        let f = self.analysis.runs(callee)?;
        self.analysis.world().is_own(f.krate).then_some((f, position as u32))
    }

    /// The call that a value is an argument of, what that calls, and the position without the receiver.
    pub(super) fn argument_of(&self, value: ExprId) -> Option<(ExprId, &'a FnCallee, usize)> {
        let types = &self.body.types;
        let call = self.regions.parent(value)?;
        let position = call_args(&types.body[call]).iter().position(|arg| *arg == value)?;
        match types.callees.get(&call) {
            Some(Callee::Fn(callee)) => Some((call, callee, position)),
            _ => None,
        }
    }

    /// The one call of a closure that has a name: `let clean_up = || ..; clean_up()`.
    pub(super) fn call_of(&self, closure: ExprId) -> Option<ExprId> {
        let types = &self.body.types;
        let number = types.closures.iter().position(|data| data.expr == closure)?;
        let is_its = |callee: &Callee| matches!(callee, Callee::Value(ty) if matches!(ty.peel_refs().kind(), TyKind::Closure(n) if *n as usize == number));
        let mut calls = types.callees.iter().filter(|(_, callee)| is_its(callee)).map(|(call, _)| *call);
        calls.next().filter(|call| calls.next().is_none() && self.passed_to(closure).is_none() && *call != closure)
    }

    /// Does std, or a dependency, call the closure before what it is passed to returns?
    fn is_called_outside(&self, closure: ExprId) -> bool {
        let types = &self.body.types;
        let Some(call) = self.regions.parent(closure) else { return false };
        let Some(Callee::Fn(callee)) = types.callees.get(&call) else { return false };
        let runs = callee.runs.unwrap_or(callee.f);
        let position = || call_args(&types.body[call]).iter().position(|arg| *arg == closure);
        let is_known = || self.analysis.facts().of_callee(callee).is_some_and(|facts| facts.spawn().is_some());
        match self.analysis.world().input(runs.krate).origin {
            CrateOrigin::Std => !is_known(),
            CrateOrigin::Dependency => {
                !is_known() && position().is_some_and(|arg| self.analysis.returns_what_it_calls(runs, arg))
            }
            CrateOrigin::Workspace => false,
        }
    }

    /// Code that no executor polls.
    pub(super) fn is_sync(&self, region: RegionId) -> bool {
        match self.regions.get(region).creator().map(|by| &self.body.types.body[by]) {
            Some(Expr::Closure(closure)) => !closure.is_async,
            Some(_) => false,
            None => match self.body.owner {
                BodyOwner::Fn(f) => !self.analysis.world().fn_item(f).flags.is_async,
                BodyOwner::Const(_) => true,
            },
        }
    }

    /// The function's own future, made without `async fn`.
    fn is_result(&self, expr: ExprId) -> bool {
        let BodyOwner::Fn(f) = self.body.owner else { return false };
        self.regions.region_of(expr) == RegionId(0)
            && !self.analysis.world().fn_item(f).flags.is_async
            && self.analysis.is_future_ty(self.analysis.world().fn_sig(f).ret, 0)
    }
}

/// Could a value of this type be called, or polled?
fn may_be_run(ty: Ty) -> bool {
    !matches!(ty.peel_refs().kind(), TyKind::Prim(_) | TyKind::Slice(_) | TyKind::Array(..) | TyKind::Never)
}
