//! The start of a server: what a function does before it begins to serve is done once for a server, and nobody is served yet.
//!
//! ```text
//! pub async fn serve(config: Config) -> io::Result<()> {
//!     let certs = fs::read(&config.certs)?;              // start-up, whoever calls `serve`
//!     let listener = TcpListener::bind(config.addr).await?;
//!     loop {
//!         let (stream, _) = listener.accept().await?;
//!         let banner = fs::read("banner")?;              // somebody waits
//!     }
//! }
//! ```

use rustc_hash::FxHashSet;
use toecap_ir::{Expr, ExprId};
use toecap_knowledge::{PointKind, SpawnKind};

use super::call_args;
use crate::flow::{FlowGraph, FlowStep, NodeId, RegionId, Regions, Subject, build, reached};
use crate::memo::Memo;
use crate::walk::each_child;
use crate::watch::{Asked, read};
use crate::{Analysis, BodyOwner, Callee, FnCallee, FnId, TypedBody};

/// How deep functions that serve, or take connections, are looked for.
const MAX_CALLS: usize = 4;
/// How the knowledge names what a listener gives.
pub(super) const CONNECTION: &str = "a connection";

impl Analysis<'_> {
    /// What a region evaluates only before it begins to serve: where it awaits a server, or takes connections in a loop, or
    /// starts a task that does.
    pub(super) fn before_serving(&self, body: &TypedBody, root: ExprId) -> FxHashSet<ExprId> {
        let regions = self.regions(body);
        let id = regions.iter().find(|(_, r)| r.root == root).map_or(RegionId(0), |(id, _)| id);
        let server = Server { analysis: self, body, regions: &regions };
        let serving = server.serving_in(id, 0);
        if serving.is_empty() {
            return FxHashSet::default();
        }
        let subject = Subject { body, regions: &regions, edition: self.edition_of(body), suspends: &|_| true };
        let before = before(&build(subject, id), &serving);
        let exprs = body.types.body.exprs.ids();
        exprs.filter(|expr| server.outermost(*expr, id).is_some_and(|at| before.contains(&at))).collect()
    }

    /// Does an `async fn` of the workspace serve before it is done?
    fn serves_clients(&self, f: FnId, depth: usize) -> bool {
        self.asked_of(f, depth, &self.serves_clients, |body| {
            let regions = self.regions(body);
            !Server { analysis: self, body, regions: &regions }.serving_in(RegionId(0), depth).is_empty()
        })
    }

    /// Does a call take a connection from a listener, itself or in a function of the workspace?
    fn takes_connection(&self, callee: &FnCallee, depth: usize) -> bool {
        if let Some(facts) = self.facts().of_callee(callee) {
            return facts.take().is_some_and(|take| take.what.as_ref() == CONNECTION);
        }
        let takes = |callee: &Callee| match callee {
            Callee::Fn(callee) => self.takes_connection(callee, depth + 1),
            Callee::Ctor(..) | Callee::Value(_) => false,
        };
        let any = |body: &TypedBody| body.types.callees.values().any(takes);
        self.may_run(callee).into_iter().any(|f| self.asked_of(f, depth, &self.takes_connection, any))
    }

    /// An answer about a function of the workspace, which no one knows of others, nor of those too deep in calls.
    fn asked_of(
        &self,
        f: FnId,
        depth: usize,
        known: &Memo<(FnId, usize), bool>,
        answer: impl FnOnce(&TypedBody) -> bool,
    ) -> bool {
        if depth >= MAX_CALLS || !self.world().is_own(f.krate) {
            return false;
        }
        let owner = BodyOwner::Fn(f);
        read(Asked::Body(owner));
        let ask = || self.watched(owner, || self.unwatched_body(owner).is_some_and(|body| answer(&body)));
        known.get_or((f, depth), ask)
    }
}

/// A body in which serving is looked for.
pub(super) struct Server<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) body: &'a TypedBody,
    pub(super) regions: &'a Regions,
}

impl Server<'_> {
    /// The calls and loops of a region with which it begins to serve.
    fn serving_in(&self, id: RegionId, depth: usize) -> Vec<ExprId> {
        let exprs = self.body.types.body.exprs.ids();
        exprs.filter(|expr| self.regions.region_of(*expr) == id && self.serves(*expr, depth)).collect()
    }

    /// Those that are over when the server has stopped: a task goes on.
    pub(super) fn served_in(&self, id: RegionId) -> Vec<ExprId> {
        let mut serving = self.serving_in(id, 0);
        serving.retain(|expr| match self.body.types.callees.get(expr) {
            Some(Callee::Fn(callee)) => {
                self.analysis.facts().of_callee(callee).is_none_or(|facts| facts.spawn().is_none())
            }
            _ => true,
        });
        serving
    }

    fn serves(&self, expr: ExprId, depth: usize) -> bool {
        let types = &self.body.types;
        match &types.body[expr] {
            Expr::Loop { .. } | Expr::While { .. } => self.accepts_in(expr, depth),
            Expr::Call { .. } | Expr::MethodCall(_) => match types.callees.get(&expr) {
                Some(Callee::Fn(callee)) => self.call_serves(expr, callee, depth),
                _ => false,
            },
            _ => false,
        }
    }

    fn call_serves(&self, call: ExprId, callee: &FnCallee, depth: usize) -> bool {
        if let Some(facts) = self.analysis.facts().of_callee(callee) {
            let starts_task = facts.spawn().is_some_and(|s| s.kind == SpawnKind::AsyncTask);
            let is_server = facts.point().is_some_and(|p| p.kind == PointKind::Server);
            return is_server
                || starts_task
                    && call_args(&self.body.types.body[call]).iter().any(|arg| self.task_serves(*arg, depth));
        }
        self.analysis
            .runs(callee)
            .is_some_and(|f| self.analysis.is_async_like(f) && self.analysis.serves_clients(f, depth + 1))
    }

    /// Does a future that becomes a task serve?
    fn task_serves(&self, future: ExprId, depth: usize) -> bool {
        let is_async = |expr: &Expr| matches!(expr, Expr::Block(block) if block.is_async());
        match &self.body.types.body[future] {
            block if is_async(block) => {
                self.regions.opened(future).is_some_and(|id| !self.serving_in(id, depth).is_empty())
            }
            _ => self.serves(future, depth),
        }
    }

    /// Is a connection taken in a loop, by its own task?
    fn accepts_in(&self, expr: ExprId, depth: usize) -> bool {
        let types = &self.body.types;
        let here = match &types.body[expr] {
            Expr::Closure(_) => return false,
            Expr::Block(block) if block.is_async() => return false,
            Expr::Call { .. } | Expr::MethodCall(_) => match types.callees.get(&expr) {
                Some(Callee::Fn(callee)) => self.analysis.takes_connection(callee, depth),
                _ => false,
            },
            _ => false,
        };
        let mut found = here;
        each_child(&types.body, expr, &mut |child| found = found || self.accepts_in(child, depth));
        found
    }

    /// What of a region runs an expression: itself, or what is around the closures that it is in.
    pub(super) fn outermost(&self, expr: ExprId, id: RegionId) -> Option<ExprId> {
        let mut at = expr;
        while self.regions.region_of(at) != id {
            at = self.regions.get(self.regions.region_of(at)).creator()?;
            matches!(self.body.types.body[at], Expr::Closure(_)).then_some(())?;
        }
        Some(at)
    }
}

/// What is evaluated on ways to where serving begins, and on none that comes from there.
fn before(graph: &FlowGraph, serving: &[ExprId]) -> FxHashSet<ExprId> {
    let entry = |expr: &ExprId| graph.entries.get(expr).copied().or_else(|| graph.evaluated(*expr));
    let begins: Vec<NodeId> = serving.iter().filter_map(entry).collect();
    let after = reached(begins.clone(), |at| &graph.node(at).next);
    let previous = graph.previous();
    let leading = reached(begins, |at| &previous[at.0 as usize]);
    let steps = graph.iter().filter(|(id, _)| leading.contains(id) && !after.contains(id));
    let evaluated = steps.filter_map(|(_, node)| match node.step {
        FlowStep::Eval(expr) => Some(expr),
        _ => None,
    });
    evaluated.collect()
}
