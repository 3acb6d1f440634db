//! Start-up code, single-task programs, and other questions of lints about who waits for whom.

use rustc_hash::FxHashSet;
use toecap_ir::{Expr, ExprId, Span, sym};
use toecap_knowledge::SpawnKind;

use super::exec::{Executed, Executor, Region, RegionKind};
use super::summary::{Summary, callee_span};
use crate::flow::{FlowStep, RegionId, Regions, Subject, build};
use crate::walk::each_child;
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, FnCallee, MacroKind, TargetKind, TypedBody};

impl Analysis<'_> {
    /// What one call of a body does.
    pub fn effect_of(&self, body: &TypedBody, call: &Executed, callee: &FnCallee) -> Summary {
        self.call_effect(body, call, callee, &|f| self.summary(f))
    }

    /// The name of what a call calls.
    pub fn callee_span(&self, body: &TypedBody, call: ExprId) -> Span {
        callee_span(&body.types.body, call)
    }

    /// Code of a binary (or example, test) in which nothing runs beside the one task: nobody waits for it.
    pub fn is_single_task(&self, body: &TypedBody) -> bool {
        let krate = self.crate_of(body.owner);
        let input = self.world().input(krate);
        if input.kind == TargetKind::Lib && !self.is_program(krate) {
            return false;
        }
        // Concurrency in a library of the workspace that the program uses counts as the program's.
        !self.is_concurrent(krate)
            && !input.deps.iter().any(|(_, dep)| {
                let dep = crate::CrateId(*dep as u32);
                self.world().input(dep).origin == CrateOrigin::Workspace && self.is_concurrent(dep)
            })
    }

    /// A library that is there for the binaries of its own package only.
    fn is_program(&self, lib: crate::CrateId) -> bool {
        let world = self.world();
        let Some(folder) = world.input(lib).root.parent() else { return false };
        let users: Vec<_> = world
            .crate_ids()
            .map(|id| world.input(id))
            .filter(|user| user.deps.iter().any(|(_, dep)| *dep == lib.0 as usize))
            .filter(|user| matches!(user.kind, TargetKind::Lib | TargetKind::Bin))
            .collect();
        !users.is_empty() && users.iter().all(|u| u.kind == TargetKind::Bin && u.root.starts_with(folder))
    }

    /// In `main`, the calls that run before anything else does: before the first spawn, serve, `select!` or loop that
    /// awaits, on every path that leads to them. None elsewhere.
    pub fn startup(&self, body: &TypedBody, region: Region) -> Option<Startup> {
        let BodyOwner::Fn(f) = body.owner else { return None };
        let data = self.world().func(f);
        let is_root = self.world().module(data.module).parent.is_none();
        if data.name != sym::MAIN || !is_root {
            return None;
        }
        // `fn main() { rt.block_on(async { .. }) }`
        if region.kind == RegionKind::AsyncBlock && self.is_spawned(body, region.root) {
            return None;
        }
        let regions = Regions::new(body, self.world().fn_item(f).flags.is_async);
        let edition = self.world().input(f.krate).edition;
        let id = match region.kind {
            RegionKind::AsyncBlock => regions.opened(region.root)?,
            _ => RegionId(0),
        };
        let graph = build(Subject { body, regions: &regions, edition, suspends: &|_| true }, id);
        let mut starts = Vec::new();
        self.first_tasks(body, region.root, &mut starts);
        let mut late: Vec<bool> = vec![false; graph.nodes.len()];
        let mut open: Vec<_> =
            starts.iter().filter_map(|e| graph.evaluated(*e).or(graph.entries.get(e).copied())).collect();
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut late[id.0 as usize], true) {
                open.extend(&graph.node(id).next);
            }
        }
        let early = graph.iter().filter(|(id, _)| !late[id.0 as usize]);
        let calls = early.filter_map(|(_, node)| match node.step {
            FlowStep::Eval(expr) => Some(expr),
            _ => None,
        });
        Some(Startup { calls: calls.collect() })
    }

    fn is_spawned(&self, body: &TypedBody, block: ExprId) -> bool {
        body.types.callees.iter().any(|(call, callee)| {
            let Callee::Fn(callee) = callee else { return false };
            let spawns =
                self.facts().of_callee(callee).and_then(|f| f.spawn()).is_some_and(|s| s.kind == SpawnKind::AsyncTask);
            spawns && super::call_args(&body.types.body[*call]).contains(&block)
        })
    }

    fn first_tasks(&self, body: &TypedBody, expr: ExprId, starts: &mut Vec<ExprId>) {
        let types = &body.types;
        let starts_here = match &types.body[expr] {
            Expr::Call { .. } | Expr::MethodCall(_) => match types.callees.get(&expr) {
                Some(Callee::Fn(callee)) => self.starts_task(callee),
                _ => false,
            },
            Expr::MacroCall(_) => {
                matches!(types.macros.get(&expr), Some(MacroKind::Select | MacroKind::Join | MacroKind::TryJoin))
            }
            Expr::Loop { .. } | Expr::While { .. } | Expr::For { .. } => Executor::new(self, body).suspends(expr),
            _ => false,
        };
        if starts_here {
            starts.push(expr);
        }
        each_child(&types.body, expr, &mut |child| self.first_tasks(body, child, starts));
    }

    fn starts_task(&self, callee: &FnCallee) -> bool {
        if let Some(facts) = self.facts().of_callee(callee) {
            return facts.spawn().is_some_and(|s| s.kind == SpawnKind::AsyncTask) || facts.point().is_some();
        }
        let name = self.world().func(callee.f).name;
        matches!(name.as_str(), "serve" | "listen" | "run" | "accept")
    }
}

/// What a `main` does while it is alone.
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
