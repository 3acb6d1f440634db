//! Start-up code and one-shot commands: what the first task of a program does, one thing after another, while nothing that it
//! started runs beside it.
//!
//! ```text
//! #[tokio::main]
//! async fn main() { run(args()).await }
//! async fn run(args: Args) {
//!     let config = load(&args.config);            // nobody waits for it: main calls run, and nobody else does
//!     tokio::spawn(collect(config.metrics));
//!     let page = load(&config.page);              // somebody does
//!     deploy(page).await                          // one command: what it does itself, before it starts something, delays nobody
//! }
//! ```

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{Expr, ExprId, sym};
use toecap_knowledge::{Facts, PointKind, SpawnKind};

use super::exec::{Executor, Fate, Region, RegionKind};
use super::rounds::Rounds;
use super::serving::Server;
use super::turns::{MAX_CALLS, Turns};
use super::{Alone, call_args};
use crate::flow::{FlowStep, NodeId, RegionId, Subject, build};
use crate::walk::{each_child, reached};
use crate::{Analysis, BodyOwner, Callee, FnCallee, FnId, TargetKind, TypedBody};

/// What code of the first task does while it is alone.
#[derive(Debug, Default)]
pub struct Startup {
    calls: FxHashSet<ExprId>,
    before_tasks: FxHashSet<ExprId>,
    files: FxHashSet<ExprId>,
    /// Code of constructors in a library that works on files without waiting for them elsewhere.
    helpers: FxHashSet<ExprId>,
    /// Nothing ever runs beside the function.
    is_undisturbed: bool,
}

impl Startup {
    /// Does this call, loop or block run while nobody waits for it?
    pub fn covers(&self, expr: ExprId) -> bool {
        self.is_undisturbed || self.calls.contains(&expr)
    }

    /// The same for a call that works on files: also where users of a library set up an object, and where `main` has started
    /// tasks that other threads run. What a constructor does by itself, and not by a function that it calls, is meant to be
    /// async where the rest of the library is.
    pub fn covers_files(&self, expr: ExprId, is_direct: bool) -> bool {
        self.covers(expr) || self.files.contains(&expr) || !is_direct && self.helpers.contains(&expr)
    }

    /// The same for a call that does nothing but sleep: in async code that is meant for a timer, unless nothing else was started.
    pub fn covers_sleep(&self, expr: ExprId) -> bool {
        self.is_undisturbed || self.before_tasks.contains(&expr)
    }
}

impl Analysis<'_> {
    /// What nobody waits for in `main` and in functions that run in turn only (`Alone::begins`): what is in no loop that serves.
    /// In `main`, and where the executor has one thread, also what runs before the code itself starts something, on every path
    /// that leads there: elsewhere the first task has a thread of its own. And what any function does before it begins to serve.
    pub fn startup(&self, body: &TypedBody, region: Region) -> Startup {
        if matches!(body.owner, BodyOwner::Fn(f) if self.alone().is_undisturbed(f)) {
            return Startup { is_undisturbed: true, ..Startup::default() };
        }
        if region.kind == RegionKind::Held {
            return self.startup_of_held(body, region).unwrap_or_default();
        }
        let mut startup = self.first_of_program(body, region).unwrap_or_default();
        startup.files.extend(self.told(body, region));
        let server = Server::new(self, body);
        let (early, out) = server.around_serving(region.root);
        startup.calls.extend(early);
        startup.files.extend(out);
        let constructing = self.constructing(body, region);
        match self.alone().has_async_files(body.owner.krate()) {
            true => startup.helpers = constructing,
            false => startup.files.extend(constructing),
        }
        startup
    }

    /// A closure that a future or stream holds waits where that is made, as far as anybody can see.
    fn startup_of_held(&self, body: &TypedBody, region: Region) -> Option<Startup> {
        let (taker, around) = self.taker_of_held(body, region.root)?;
        let outer = self.startup(body, around);
        if !outer.calls.contains(&taker) && !outer.before_tasks.contains(&taker) {
            return None;
        }
        let (mut inside, mut open) = (FxHashSet::default(), vec![region.root]);
        while let Some(expr) = open.pop() {
            inside.insert(expr);
            each_child(&body.types.body, expr, &mut |child| open.push(child));
        }
        let covered =
            |early: &FxHashSet<ExprId>| if early.contains(&taker) { inside.clone() } else { FxHashSet::default() };
        let (calls, before_tasks) = (covered(&outer.calls), covered(&outer.before_tasks));
        Some(Startup { calls, before_tasks, ..Startup::default() })
    }

    fn first_of_program(&self, body: &TypedBody, region: Region) -> Option<Startup> {
        let BodyOwner::Fn(f) = body.owner else { return None };
        let alone = self.alone();
        if !alone.begins(f) {
            return None;
        }
        let mut code = StartCode::new(self, body, alone);
        let id = code.id_of(region)?;
        // In `main` only, an async block that is not spawned is taken for one that `main` waits for.
        let is_polled = match self.is_main(f) {
            true => region.kind != RegionKind::AsyncBlock || !code.is_spawned(region.root),
            false => code.runs_early(id, 0),
        };
        is_polled.then(|| {
            let calls = code.alone_in(id);
            code.has_own_thread = !alone.has_one_thread(f.krate);
            let is_entry = self.is_main(f) || self.world().item_of_fn(f).attrs.has("main");
            let files = if is_entry { code.alone_in(id) } else { FxHashSet::default() };
            code.has_own_thread = false;
            Startup { calls, before_tasks: code.alone_in(id), files, ..Startup::default() }
        })
    }

    /// What the first task does where the executor has other threads for all others: whoever tells it what to do waits, and nobody else.
    fn told(&self, body: &TypedBody, region: Region) -> FxHashSet<ExprId> {
        let BodyOwner::Fn(f) = body.owner else { return FxHashSet::default() };
        let alone = self.alone();
        if !alone.is_told(f) || alone.has_one_thread(f.krate) {
            return FxHashSet::default();
        }
        StartCode { is_told: true, has_own_thread: true, ..StartCode::new(self, body, alone) }
            .in_turn(region)
            .unwrap_or_default()
    }

    pub(super) fn is_main(&self, f: FnId) -> bool {
        let data = self.world().func(f);
        data.name == sym::MAIN && self.world().module(data.module).parent.is_none()
    }

    /// Tests, examples and the like call what they like, and prove nothing about the program.
    pub(super) fn counts_as_caller(&self, body: &TypedBody) -> bool {
        let kind = self.world().input(self.crate_of(body.owner)).kind;
        let is_main = matches!(body.owner, BodyOwner::Fn(f) if self.is_main(f));
        !body.in_test && (is_main || matches!(kind, TargetKind::Lib | TargetKind::Bin))
    }

    /// Does the call itself leave a task behind?
    pub(super) fn leaves_task(&self, callee: &FnCallee) -> bool {
        self.facts().of_callee(callee).is_some_and(starts_task)
    }

    /// Does a function of the first task block only while it is alone?
    fn waits_alone(&self, f: FnId, depth: usize) -> bool {
        let Some(body) = self.body(BodyOwner::Fn(f)).filter(|_| depth < MAX_CALLS) else { return false };
        let alone = self.alone();
        if !alone.begins(f) {
            return false;
        }
        let code = StartCode::new(self, &body, alone);
        let calls = code.alone_in(RegionId(0));
        let mut waits = true;
        Executor::new(self, &body).executed(body.types.body.root, &mut |call| {
            if let Some(Callee::Fn(callee)) = body.types.callees.get(&call.expr)
                && waits
                && !calls.contains(&call.expr)
            {
                let effect = self.effect_of(&body, &call, callee);
                let inner = self.runs(callee).filter(|_| code.is_early(call.expr, 0));
                waits = effect.blocks.is_none() && effect.burns.is_none()
                    || inner.is_some_and(|inner| self.waits_alone(inner, depth + 1));
            }
        });
        waits
    }
}

/// The body of a function of the first task.
pub(super) struct StartCode<'a> {
    turns: Turns<'a>,
    alone: &'a Alone,
    edition: u16,
    /// The executor's other threads run what the code starts.
    has_own_thread: bool,
    /// What it does in loops that are told what to do counts as well.
    is_told: bool,
    orders: std::cell::RefCell<FxHashMap<RegionId, Arc<Order>>>,
}

/// What of a region is early: true for what itself starts the first task.
#[derive(Default)]
struct Order {
    early: FxHashMap<ExprId, bool>,
}

impl<'a> StartCode<'a> {
    fn new(analysis: &'a Analysis<'a>, body: &'a TypedBody, alone: &'a Alone) -> Self {
        let (turns, edition) = (Turns::new(analysis, body), analysis.edition_of(body));
        let is_own_future = |f| {
            let is_entry = analysis.is_main(f) || analysis.world().item_of_fn(f).attrs.has("main");
            !is_entry && analysis.is_async_like(f)
        };
        let has_own_thread =
            matches!(body.owner, BodyOwner::Fn(f) if is_own_future(f)) && !alone.has_one_thread(body.owner.krate());
        Self { turns, alone, edition, has_own_thread, is_told: false, orders: std::cell::RefCell::default() }
    }

    pub(super) fn of_constructor(analysis: &'a Analysis<'a>, body: &'a TypedBody, alone: &'a Alone) -> Self {
        Self { has_own_thread: true, ..Self::new(analysis, body, alone) }
    }

    fn id_of(&self, region: Region) -> Option<RegionId> {
        match region.kind {
            RegionKind::AsyncBlock => self.turns.regions.opened(region.root),
            _ => Some(RegionId(0)),
        }
    }

    /// What of a region is done in turn with the function.
    pub(super) fn in_turn(&self, region: Region) -> Option<FxHashSet<ExprId>> {
        let id = self.id_of(region)?;
        self.runs_early(id, 0).then(|| self.alone_in(id))
    }

    /// What of a region, and of what it runs itself, runs while nobody waits for it.
    fn alone_in(&self, id: RegionId) -> FxHashSet<ExprId> {
        let types = &self.turns.body.types;
        let quiet = |call: ExprId| match types.callees.get(&call) {
            Some(Callee::Fn(callee)) => {
                self.turns.analysis.runs(callee).is_some_and(|f| self.turns.analysis.waits_alone(f, 0))
            }
            _ => false,
        };
        let is_inside = |expr: ExprId| self.turns.regions.is_within(self.turns.regions.region_of(expr), id);
        let exprs = types.body.exprs.ids().filter(|expr| is_inside(*expr) && self.is_early(*expr, 0));
        exprs.filter(|expr| !self.starts(*expr) || quiet(*expr)).collect()
    }

    /// Runs before anything else does, or is what starts it.
    fn is_early(&self, expr: ExprId, depth: usize) -> bool {
        let id = self.turns.regions.region_of(expr);
        let most = if self.is_told { Rounds::Told } else { Rounds::Own };
        self.turns.rounds_around(expr) <= most
            && (self.has_own_thread || self.order(id).early.contains_key(&expr))
            && self.runs_early(id, depth)
    }

    /// Is what itself starts the first task.
    fn starts(&self, expr: ExprId) -> bool {
        let id = self.turns.regions.region_of(expr);
        !self.has_own_thread && self.order(id).early.get(&expr) == Some(&true)
    }

    fn runs_early(&self, id: RegionId, depth: usize) -> bool {
        if id == RegionId(0) || depth > MAX_CALLS {
            return id == RegionId(0);
        }
        let Some(creator) = self.turns.regions.get(id).creator() else { return false };
        let by = match &self.turns.body.types.body[creator] {
            Expr::Closure(closure) if !closure.is_async => {
                self.called_by(creator).or_else(|| self.turns.call_of(creator))
            }
            Expr::Block(_) => self.turns.is_polled_here(creator).then_some(creator),
            _ => None,
        };
        by.is_some_and(|by| self.is_early(by, depth + 1))
    }

    /// The call that runs a closure before it returns.
    fn called_by(&self, closure: ExprId) -> Option<ExprId> {
        let (call, callee, position) = self.turns.argument_of(closure)?;
        let fate = Executor::new(self.turns.analysis, self.turns.body).fate(callee, position);
        (fate == Fate::Here).then_some(call)
    }

    fn order(&self, id: RegionId) -> Arc<Order> {
        if let Some(found) = self.orders.borrow().get(&id) {
            return found.clone();
        }
        let body = self.turns.body;
        let graph =
            build(Subject { body, regions: &self.turns.regions, edition: self.edition, suspends: &|_| true }, id);
        let mut starts = Vec::new();
        self.first_tasks(self.turns.regions.get(id).root, &mut starts);
        let mut at: FxHashSet<NodeId> = FxHashSet::default();
        let mut open = Vec::new();
        for start in &starts {
            // What is called starts a task at its end; loops that serve begin with it.
            match graph.evaluated(*start).or(graph.entries.get(start).copied()) {
                Some(node) if body.types.callees.contains_key(start) => {
                    at.insert(node);
                    open.extend(&graph.node(node).next);
                }
                node => open.extend(node),
            }
        }
        let late = reached(open, |at| graph.node(at).next.iter().copied());
        let early = graph.iter().filter(|(id, _)| !late.contains(id));
        let early = early.filter_map(|(id, node)| match node.step {
            FlowStep::Eval(expr) => Some((expr, at.contains(&id))),
            _ => None,
        });
        let order = Arc::new(Order { early: early.collect() });
        self.orders.borrow_mut().insert(id, order.clone());
        order
    }

    fn is_spawned(&self, block: ExprId) -> bool {
        let types = &self.turns.body.types;
        types.callees.iter().any(|(call, callee)| {
            let Callee::Fn(callee) = callee else { return false };
            let facts = self.turns.analysis.facts().of_callee(callee);
            let spawns = facts.and_then(|f| f.spawn()).is_some_and(|s| s.kind == SpawnKind::AsyncTask);
            spawns && call_args(&types.body[*call]).contains(&block)
        })
    }

    fn first_tasks(&self, expr: ExprId, starts: &mut Vec<ExprId>) {
        let types = &self.turns.body.types;
        let starts_here = match &types.body[expr] {
            Expr::Call { .. } | Expr::MethodCall(_) => match types.callees.get(&expr) {
                Some(Callee::Fn(callee)) => self.starts_task(callee),
                _ => false,
            },
            _ => self.turns.serves(expr),
        };
        if starts_here {
            starts.push(expr);
        }
        each_child(&types.body, expr, &mut |child| self.first_tasks(child, starts));
    }

    fn starts_task(&self, callee: &FnCallee) -> bool {
        if let Some(facts) = self.turns.analysis.facts().of_callee(callee) {
            return facts.spawn().is_some_and(|s| s.kind == SpawnKind::AsyncTask) || facts.point().is_some();
        }
        if self.turns.analysis.runs(callee).is_some_and(|f| self.alone.spawns(f)) {
            return true;
        }
        let name = self.turns.analysis.world().func(callee.f).name;
        matches!(name.as_str(), "serve" | "listen" | "run" | "accept")
    }
}

/// Does a call with these facts itself leave a task behind?
pub(super) fn starts_task(facts: &Facts) -> bool {
    facts.spawn().is_some_and(|s| s.kind == SpawnKind::AsyncTask)
        || facts.point().is_some_and(|p| p.kind == PointKind::Server)
}
