//! Start-up code: what a program does while nothing else runs on its executor.
//!
//! ```text
//! #[tokio::main]
//! async fn main() { run(args()).await }
//! async fn run(args: Args) {
//!     let config = load(&args.config);            // nobody waits for it: main calls run, and nobody else does
//!     tokio::spawn(collect(config.metrics));
//!     let page = load(&config.page);              // somebody does
//! }
//! ```

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{Expr, ExprId, Visibility, sym};
use toecap_knowledge::{PointKind, SpawnKind};

use super::exec::{Executor, Fate, Region, RegionKind};
use super::{Alone, call_args};
use crate::flow::{FlowStep, RegionId, Regions, Subject, build};
use crate::walk::each_child;
use crate::{
    Analysis, BodyOwner, Callee, Container, CrateOrigin, FnCallee, FnId, MacroKind, TargetKind, TyKind, TypedBody,
};

/// What start-up code does while it is alone.
#[derive(Debug)]
pub struct Startup {
    calls: FxHashSet<ExprId>,
}

impl Startup {
    /// Does this call or loop run before anything else does?
    pub fn covers(&self, expr: ExprId) -> bool {
        self.calls.contains(&expr)
    }
}

impl Analysis<'_> {
    /// In `main`, and in functions that only start-up code calls, the calls that run before anything else does: before
    /// the first spawn, serve, `select!` or loop that awaits, on every path that leads to them. None elsewhere.
    pub fn startup(&self, body: &TypedBody, region: Region) -> Option<Startup> {
        let BodyOwner::Fn(f) = body.owner else { return None };
        let alone = self.alone();
        if !alone.begins(f) {
            return None;
        }
        let code = StartCode::new(self, body, alone);
        let id = match region.kind {
            RegionKind::AsyncBlock => code.regions.opened(region.root)?,
            _ => RegionId(0),
        };
        // In `main` only, an async block that is not spawned is taken for one that `main` waits for.
        let is_polled = match self.is_main(f) {
            true => region.kind != RegionKind::AsyncBlock || !code.is_spawned(region.root),
            false => code.runs_early(id, 0),
        };
        is_polled.then(|| Startup { calls: code.alone_in(id) })
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

    /// Nobody outside of the workspace can call it: it is private, or its crate is a program.
    pub(super) fn callers_are_known(&self, f: FnId) -> bool {
        let world = self.world();
        let tr = match world.func(f).container {
            Container::Impl(imp) => world.impl_header(imp).trait_ref.as_ref().map(|(tr, _)| *tr),
            Container::Trait(tr) => Some(tr),
            Container::Module => None,
        };
        let is_program = |krate| world.input(krate).kind != TargetKind::Lib || self.is_program(krate);
        match tr {
            // Whoever knows the trait may call it.
            Some(tr) => world.input(tr.krate).origin == CrateOrigin::Workspace && is_program(tr.krate),
            None => is_program(f.krate) || !matches!(world.item_of_fn(f).vis, Visibility::Public),
        }
    }

    /// Does the call itself leave a task behind?
    pub(super) fn leaves_task(&self, callee: &FnCallee) -> bool {
        self.facts().of_callee(callee).is_some_and(|facts| {
            facts.spawn().is_some_and(|s| s.kind == SpawnKind::AsyncTask)
                || facts.point().is_some_and(|p| p.kind == PointKind::Server)
        })
    }

    /// The functions that a start-up function runs before anything else does; as often as it calls them.
    pub(super) fn called_early(&self, f: FnId, alone: &Alone) -> Vec<FnId> {
        let Some(body) = self.body(BodyOwner::Fn(f)) else { return Vec::new() };
        let code = StartCode::new(self, &body, alone);
        let calls = body.types.callees.iter().filter_map(|(call, callee)| match callee {
            Callee::Fn(callee) => Some(self.may_run(callee).into_iter().map(|f| (*call, f))),
            _ => None,
        });
        let early = calls.flatten().filter(|(call, runs)| {
            if self.world().input(runs.krate).origin != CrateOrigin::Workspace {
                return false;
            }
            // `#[tokio::main] async fn run()` is done when it returns.
            let is_future = matches!(self.world().fn_sig(*runs).ret.kind(), TyKind::Future(..));
            (!is_future || code.is_polled_here(*call)) && code.is_early(*call, 0)
        });
        early.map(|(_, runs)| runs).collect()
    }

    /// Does a function of start-up code block only while it is alone?
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

/// How deep calls and regions are followed.
const MAX_CALLS: usize = 8;

/// The body of a start-up function.
struct StartCode<'a> {
    analysis: &'a Analysis<'a>,
    body: &'a TypedBody,
    alone: &'a Alone,
    regions: Regions,
    edition: u16,
    orders: std::cell::RefCell<FxHashMap<RegionId, Arc<Order>>>,
}

/// What of a region is early: true for what itself starts the first task.
#[derive(Default)]
struct Order {
    early: FxHashMap<ExprId, bool>,
}

impl<'a> StartCode<'a> {
    fn new(analysis: &'a Analysis<'a>, body: &'a TypedBody, alone: &'a Alone) -> Self {
        let (regions, edition) = (analysis.regions(body), analysis.edition_of(body));
        Self { analysis, body, alone, regions, edition, orders: std::cell::RefCell::default() }
    }

    /// The calls of a region that run while nothing else does.
    fn alone_in(&self, id: RegionId) -> FxHashSet<ExprId> {
        let order = self.order(id);
        let types = &self.body.types;
        let quiet = |call: ExprId| match types.callees.get(&call) {
            Some(Callee::Fn(callee)) => self.analysis.runs(callee).is_some_and(|f| self.analysis.waits_alone(f, 0)),
            _ => false,
        };
        order.early.iter().filter(|(expr, starts)| !**starts || quiet(**expr)).map(|(expr, _)| *expr).collect()
    }

    /// Runs before anything else does, or is what starts it.
    fn is_early(&self, expr: ExprId, depth: usize) -> bool {
        let id = self.regions.region_of(expr);
        self.order(id).early.contains_key(&expr) && self.runs_early(id, depth)
    }

    fn runs_early(&self, id: RegionId, depth: usize) -> bool {
        if id == RegionId(0) || depth > MAX_CALLS {
            return id == RegionId(0);
        }
        let Some(creator) = self.regions.get(id).creator() else { return false };
        let by = match &self.body.types.body[creator] {
            Expr::Closure(closure) if !closure.is_async => self.called_by(creator),
            Expr::Block(_) => self.is_polled_here(creator).then_some(creator),
            _ => None,
        };
        by.is_some_and(|by| self.is_early(by, depth + 1))
    }

    /// The call that runs a closure before it returns.
    fn called_by(&self, closure: ExprId) -> Option<ExprId> {
        let types = &self.body.types;
        let call = self.regions.parent(closure)?;
        let position = call_args(&types.body[call]).iter().position(|a| *a == closure)?;
        let Some(Callee::Fn(callee)) = types.callees.get(&call) else { return None };
        let fate = Executor::new(self.analysis, self.body).fate(callee, position);
        (fate == Fate::Here).then_some(call)
    }

    /// Awaited, or given to `block_on`, where it is made.
    fn is_polled_here(&self, future: ExprId) -> bool {
        let types = &self.body.types;
        let mut future = future;
        for _ in 0..MAX_CALLS {
            let Some(parent) = self.regions.parent(future) else { return false };
            match &types.body[parent] {
                Expr::Await { .. } => return true,
                Expr::Call { .. } | Expr::MethodCall(_) => {
                    let Some(Callee::Fn(callee)) = types.callees.get(&parent) else { return false };
                    let spawn = self.analysis.facts().of_callee(callee).and_then(|f| f.spawn());
                    if let Some(spawn) = spawn {
                        return spawn.kind == SpawnKind::Entry;
                    }
                    let name = self.analysis.world().func(callee.f).name;
                    let passes = ["instrument", "in_current_span", "boxed", "boxed_local", "pin", "fuse"];
                    if !passes.contains(&name.as_str()) {
                        return false;
                    }
                    future = parent;
                }
                Expr::Block(block) if block.tail == Some(future) => {
                    if self.regions.region_of(parent) != self.regions.region_of(future) {
                        return false;
                    }
                    future = parent;
                }
                Expr::If { .. } | Expr::Match { .. } => future = parent,
                _ => return false,
            }
        }
        false
    }

    fn order(&self, id: RegionId) -> Arc<Order> {
        if let Some(found) = self.orders.borrow().get(&id) {
            return found.clone();
        }
        let body = self.body;
        let graph = build(Subject { body, regions: &self.regions, edition: self.edition, suspends: &|_| true }, id);
        let mut starts = Vec::new();
        self.first_tasks(self.regions.get(id).root, &mut starts);
        let mut at: FxHashSet<usize> = FxHashSet::default();
        let mut late: Vec<bool> = vec![false; graph.nodes.len()];
        let mut open = Vec::new();
        for start in &starts {
            // What is called starts a task at its end; `select!` and loops do when they begin.
            match graph.evaluated(*start).or(graph.entries.get(start).copied()) {
                Some(node) if body.types.callees.contains_key(start) => {
                    at.insert(node.0 as usize);
                    open.extend(&graph.node(node).next);
                }
                node => open.extend(node),
            }
        }
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut late[id.0 as usize], true) {
                open.extend(&graph.node(id).next);
            }
        }
        let early = graph.iter().filter(|(id, _)| !late[id.0 as usize]);
        let early = early.filter_map(|(id, node)| match node.step {
            FlowStep::Eval(expr) => Some((expr, at.contains(&(id.0 as usize)))),
            _ => None,
        });
        let order = Arc::new(Order { early: early.collect() });
        self.orders.borrow_mut().insert(id, order.clone());
        order
    }

    fn is_spawned(&self, block: ExprId) -> bool {
        let types = &self.body.types;
        types.callees.iter().any(|(call, callee)| {
            let Callee::Fn(callee) = callee else { return false };
            let facts = self.analysis.facts().of_callee(callee);
            let spawns = facts.and_then(|f| f.spawn()).is_some_and(|s| s.kind == SpawnKind::AsyncTask);
            spawns && call_args(&types.body[*call]).contains(&block)
        })
    }

    fn first_tasks(&self, expr: ExprId, starts: &mut Vec<ExprId>) {
        let types = &self.body.types;
        let starts_here = match &types.body[expr] {
            Expr::Call { .. } | Expr::MethodCall(_) => match types.callees.get(&expr) {
                Some(Callee::Fn(callee)) => self.starts_task(callee),
                _ => false,
            },
            Expr::MacroCall(_) => {
                matches!(types.macros.get(&expr), Some(MacroKind::Select | MacroKind::Join | MacroKind::TryJoin))
            }
            Expr::Loop { .. } | Expr::While { .. } | Expr::For { .. } => {
                Executor::new(self.analysis, self.body).suspends(expr)
            }
            _ => false,
        };
        if starts_here {
            starts.push(expr);
        }
        each_child(&types.body, expr, &mut |child| self.first_tasks(child, starts));
    }

    fn starts_task(&self, callee: &FnCallee) -> bool {
        if let Some(facts) = self.analysis.facts().of_callee(callee) {
            return facts.spawn().is_some_and(|s| s.kind == SpawnKind::AsyncTask) || facts.point().is_some();
        }
        if self.analysis.runs(callee).is_some_and(|f| self.alone.spawns(f)) {
            return true;
        }
        let name = self.analysis.world().func(callee.f).name;
        matches!(name.as_str(), "serve" | "listen" | "run" | "accept")
    }
}
