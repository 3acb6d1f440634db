//! What a body does itself, and whose profiles it takes over.
//!
//! ```text
//! async fn f() {
//!     helper();                       helper's profile
//!     timeout(d, g()).await;          g's profile: it is polled here
//!     tokio::spawn(h());              not h's: that runs elsewhere
//! }
//! ```

use std::cell::RefCell;
use std::sync::Arc;

use toecap_ir::{Expr, ExprId, MacroArgs, UnaryOp};
use toecap_knowledge::{Cost, Panics, PointKind};

use super::super::exec::{Executed, Executor, call_args};
use super::super::summary::{Step, StepKind, Summary, callee_span, readable};
use super::{Effect, Profile};
use crate::flow::{Aliases, RegionId, Regions, suspension_span};
use crate::{Analysis, Callee, FnCallee, FnId, FutureOrigin, PathDef, Ty, TyKind, TypedBody};

const MAX_HOPS: usize = 6;

/// The profile of a body as far as its own code goes, and the calls that add to it.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) profile: Profile,
    pub(super) edges: Vec<Edge>,
}

/// A call (or poll) of a function whose profile counts.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) f: FnId,
    pub(super) call: ExprId,
    pub(super) step: Step,
}

impl Analysis<'_> {
    /// What the function that has this body does itself.
    pub(super) fn own_profile(&self, f: FnId, body: &TypedBody) -> Own {
        let regions = self.regions(body);
        let aliases = Aliases::new(self.world(), body);
        let executor = Executor::new(self, body);
        let mut walk = Walk { analysis: self, body, regions: &regions, aliases, own: Own::default(), open: Vec::new() };
        let root = body.types.body.root;
        walk.open.push((RegionId(0), root));
        if !self.world().fn_item(f).flags.is_async && self.makes_future(f) {
            walk.returned(root);
        }
        let mut at = 0;
        while let Some((region, root)) = walk.open.get(at).copied() {
            at += 1;
            walk.region(&executor, region, root);
        }
        let mut own = walk.own;
        // What is done through dependencies counts where it is certain; the summary knows.
        let summary = self.summary(f);
        own.summary(&summary);
        own
    }

    /// Does calling the function give a future, whatever its type is?
    pub fn makes_future(&self, f: FnId) -> bool {
        self.is_async_like(f) || self.is_future_ty(self.world().fn_sig(f).ret, 0)
    }

    pub(crate) fn is_future_ty(&self, ty: Ty, depth: u32) -> bool {
        let world = self.world();
        let is_future = |bounds: &[crate::Bound]| bounds.iter().any(|b| Some(b.tr) == world.lang().future);
        match ty.kind() {
            TyKind::Future(..) => true,
            TyKind::Opaque(owner, index, args) => is_future(&world.opaque_bounds(*owner, *index, args)),
            TyKind::Dyn(bounds) => is_future(bounds),
            TyKind::Adt(adt, args) if depth < 3 => {
                [world.lang().pin, world.lang().boxed].contains(&Some(*adt))
                    && args.first().is_some_and(|inner| self.is_future_ty(*inner, depth + 1))
            }
            _ => false,
        }
    }
}

impl Own {
    fn summary(&mut self, summary: &Summary) {
        if let Some(work) = &summary.blocks
            && let Some(blocking) = work.blocking()
        {
            self.profile.add(Effect::Blocks(blocking.kind, blocking.cost), work.clone());
        }
        if let Some(work) = &summary.burns {
            self.profile.add(Effect::Burns, work.clone());
        }
    }
}

struct Walk<'a> {
    analysis: &'a Analysis<'a>,
    body: &'a TypedBody,
    regions: &'a Regions,
    aliases: Aliases,
    own: Own,
    /// Regions that run as part of the function.
    open: Vec<(RegionId, ExprId)>,
}

impl Walk<'_> {
    fn region(&mut self, executor: &Executor<'_>, region: RegionId, root: ExprId) {
        let is_polled = self.regions.get(region).is_async();
        let mut calls = Vec::new();
        executor.executed(root, &mut |call| calls.push(call));
        for call in calls {
            if let Some(callee) = call.callee(self.body) {
                self.call(&call, callee, is_polled);
            }
        }
        for suspension in self.regions.suspensions(region).to_vec() {
            self.suspension(suspension);
        }
    }

    fn call(&mut self, call: &Executed, callee: &FnCallee, is_polled: bool) {
        let (analysis, body) = (self.analysis, self.body);
        let world = analysis.world();
        let called = RefCell::new(Vec::new());
        let known = |f: FnId| {
            if world.is_own(f.krate) {
                called.borrow_mut().push(f);
                return Arc::<Summary>::default();
            }
            analysis.summary(f)
        };
        let mut effect = analysis.call_effect(body, call, callee, &known);
        let certain = |work: &mut Arc<super::Work>| !is_polled && work.through_dependency;
        effect.blocks.take_if(certain);
        effect.burns.take_if(certain);
        self.own.summary(&effect);
        let at = body.at(callee_span(&body.types.body, call.expr));
        for f in called.into_inner() {
            let step = Step { at, callee: world.fn_name(f), kind: StepKind::Call };
            self.own.edges.push(Edge { f, call: call.expr, step });
        }
        if callee.sure {
            self.leaf(call.expr, callee);
        }
    }

    /// What the rows about a callee say beyond what blocks for certain.
    fn leaf(&mut self, call: ExprId, callee: &FnCallee) {
        let (analysis, body) = (self.analysis, self.body);
        let world = analysis.world();
        let own = analysis.runs(callee).filter(|f| world.is_own(f.krate));
        let at = body.at(callee_span(&body.types.body, call));
        let entry = analysis.facts().entry_of(callee).filter(|_| own.is_none());
        let name = entry.map_or_else(|| world.fn_name(callee.f), |entry| readable(&entry.text));
        let step = || Step { at, callee: name.clone(), kind: StepKind::Call };
        if let Some(lock) = analysis.lock_of(body, self.regions, call, callee) {
            self.own.profile.did(Effect::Locks(lock), step());
        }
        let Some(entry) = entry else { return };
        if let Some(spawn) = entry.facts.spawn() {
            let handle = analysis.handle_of(body, self.regions, call, spawn);
            self.own.profile.did(Effect::Spawns(spawn.kind, handle), step());
        }
        let Some(blocking) = entry.facts.blocking() else { return };
        let witness = || Arc::new(super::Work { facts: Some(entry), ..super::Work::computed(vec![step()], "") });
        if blocking.panics != Panics::Never {
            self.own.profile.add(Effect::Panics(blocking.panics), witness());
        }
        if blocking.cost == Cost::MayBlock && blocking.kind != toecap_knowledge::BlockKind::Cpu {
            self.own.profile.add(Effect::Blocks(blocking.kind, blocking.cost), witness());
        }
    }

    fn suspension(&mut self, at: ExprId) {
        let (analysis, body) = (self.analysis, self.body);
        let mut polled = Vec::new();
        match &body.types.body[at] {
            Expr::Await { expr, .. } => polled.push(*expr),
            Expr::MacroCall(call) => match &call.parsed {
                MacroArgs::Exprs(args) => polled.extend(args.iter().map(|arg| arg.value)),
                MacroArgs::Select(select) => polled.extend(select.arms.iter().map(|arm| arm.future)),
                _ => {}
            },
            _ => {}
        }
        let before = (self.own.edges.len(), self.open.len());
        polled.iter().for_each(|future| self.polled(*future, 0));
        let is_followed = (self.own.edges.len(), self.open.len()) != before;
        let is_plain = matches!(body.types.body[at], Expr::Await { .. });
        if analysis.may_suspend(body, at) && !(is_followed && is_plain) {
            let callee = waits_for(analysis, body, at);
            let step = Step { at: body.at(suspension_span(body, at)), callee, kind: StepKind::Call };
            self.own.profile.did(Effect::Suspends, step);
        }
    }

    /// A future that the code at hand polls itself.
    fn polled(&mut self, future: ExprId, hops: usize) {
        if hops > MAX_HOPS {
            return;
        }
        let types = &self.body.types;
        match &types.body[future] {
            Expr::Block(block) if block.is_async() => {
                if let Some(region) = self.regions.opened(future)
                    && !self.open.contains(&(region, future))
                {
                    self.open.push((region, future));
                }
            }
            Expr::Block(block) => block.tail.iter().for_each(|tail| self.polled(*tail, hops + 1)),
            Expr::Ref { expr, .. } | Expr::Unary(UnaryOp::Deref, expr) => self.polled(*expr, hops + 1),
            Expr::Tuple(parts) | Expr::Array(parts) => parts.iter().for_each(|part| self.polled(*part, hops + 1)),
            Expr::Path(_) => {
                if let Some(PathDef::Local(local)) = types.paths.get(&future)
                    && let Some(init) = self.aliases.value(*local)
                    && types.futures.contains_key(&init)
                {
                    self.polled(init, hops + 1);
                }
            }
            Expr::Call { .. } | Expr::MethodCall(_) => self.polled_call(future, hops),
            _ => {}
        }
    }

    fn polled_call(&mut self, future: ExprId, hops: usize) {
        let (analysis, body) = (self.analysis, self.body);
        let types = &body.types;
        let Some(Callee::Fn(callee)) = types.callees.get(&future) else { return };
        if let Some(inner) = analysis.passed_on(body, future, callee) {
            return self.polled(inner, hops + 1);
        }
        let point = analysis.facts().of_callee(callee).and_then(|facts| facts.point());
        if point.is_some_and(|point| matches!(point.kind, PointKind::Race | PointKind::FailFast | PointKind::Join)) {
            call_args(&types.body[future]).iter().for_each(|arg| self.polled(*arg, hops + 1));
            return;
        }
        let runs = analysis.runs(callee).unwrap_or(callee.f);
        let made_by = match types.expr_tys[future.index()].kind() {
            TyKind::Future(_, FutureOrigin::Fn(f)) if *f != callee.f => *f,
            _ => runs,
        };
        let is_own = analysis.world().is_own(made_by.krate);
        if is_own && callee.sure && analysis.makes_future(made_by) && analysis.followed_body(made_by).is_some() {
            let at = body.at(callee_span(&types.body, future));
            let step = Step { at, callee: analysis.world().fn_name(made_by), kind: StepKind::Call };
            self.own.edges.push(Edge { f: made_by, call: future, step });
        }
    }

    /// The future at the end of a function that is not `async` itself.
    fn returned(&mut self, expr: ExprId) {
        match &self.body.types.body[expr] {
            Expr::Block(block) if !block.is_async() => {
                block.tail.iter().for_each(|tail| self.returned(*tail));
            }
            _ => self.polled(expr, 0),
        }
    }
}

/// A name for what is awaited.
pub(super) fn waits_for(analysis: &Analysis<'_>, body: &TypedBody, at: ExprId) -> String {
    let types = &body.types;
    match &types.body[at] {
        Expr::MacroCall(call) => {
            let names: Vec<String> = call.path.names().map(|name| name.to_string()).collect();
            format!("{}!", names.join("::"))
        }
        Expr::Await { expr, .. } => match types.callees.get(expr) {
            Some(Callee::Fn(callee)) => match analysis.facts().entry_of(callee) {
                Some(entry) => readable(&entry.text),
                None => analysis.world().fn_name(callee.f),
            },
            _ => analysis.world().short_type(types.expr_tys[expr.index()]),
        },
        _ => "yield".to_owned(),
    }
}
