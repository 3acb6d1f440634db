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
use toecap_knowledge::{Facts, PointKind, SpawnKind};

use super::call_args;
use crate::flow::{FlowGraph, FlowStep, NodeId, RegionId, Regions, Subject, build};
use crate::memo::Memo;
use crate::walk::{each_child, reached};
use crate::watch::{Asked, read};
use crate::{Analysis, BodyOwner, Callee, FnCallee, FnId, TypedBody};

/// How deep functions that serve, or take connections, are looked for.
const MAX_CALLS: usize = 4;
/// How the knowledge names what a listener gives.
const CONNECTION: &str = "a connection";

impl Analysis<'_> {
    /// What a region evaluates only before it begins to serve: where it awaits a server, or takes connections in a loop, or
    /// starts a task that does.
    pub(super) fn before_serving(&self, body: &TypedBody, root: ExprId) -> FxHashSet<ExprId> {
        let server = Server::new(self, body);
        let id = server.region_at(root);
        server.before(id, &server.serving_in(id, 0))
    }

    /// Does an `async fn` of the workspace serve before it is done?
    fn serves_clients(&self, f: FnId, depth: usize) -> bool {
        self.asked_of(f, depth, &self.serves_clients, |body| {
            !Server::new(self, body).serving_in(RegionId(0), depth).is_empty()
        })
    }

    /// Does a call take a connection from a listener, itself or in a function of the workspace?
    fn takes_connection(&self, callee: &FnCallee, depth: usize) -> bool {
        if let Some(facts) = self.facts().of_callee(callee) {
            return gives_connection(facts);
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
    pub(super) regions: Regions,
}

impl<'a> Server<'a> {
    pub(super) fn new(analysis: &'a Analysis<'a>, body: &'a TypedBody) -> Self {
        Self { analysis, body, regions: analysis.regions(body) }
    }

    pub(super) fn region_at(&self, root: ExprId) -> RegionId {
        self.regions.at(root).unwrap_or(RegionId(0))
    }

    /// What a region evaluates only before it begins to serve, and what on its way out.
    pub(super) fn around_serving(&self, root: ExprId) -> (FxHashSet<ExprId>, FxHashSet<ExprId>) {
        let id = self.region_at(root);
        let serving = self.serving_in(id, 0);
        (self.before(id, &serving), self.on_the_way_out(id, serving))
    }

    /// What is evaluated on ways to where serving begins, and on none that comes from there.
    fn before(&self, id: RegionId, serving: &[ExprId]) -> FxHashSet<ExprId> {
        if serving.is_empty() {
            return FxHashSet::default();
        }
        let graph = self.graph(id);
        let (leading, after) = around(&graph, &graph.previous(), serving);
        self.evaluated_in(id, &graph, |at| leading.contains(&at) && !after.contains(&at))
    }

    pub(super) fn graph(&self, id: RegionId) -> FlowGraph {
        let (body, regions, edition) = (self.body, &self.regions, self.analysis.edition_of(self.body));
        build(Subject { body, regions, edition, suspends: &|_| true }, id)
    }

    /// What is evaluated in such nodes of a region's graph, in closures that run there as well.
    pub(super) fn evaluated_in(
        &self,
        id: RegionId,
        graph: &FlowGraph,
        is_wanted: impl Fn(NodeId) -> bool,
    ) -> FxHashSet<ExprId> {
        let steps = graph.iter().filter(|(at, _)| is_wanted(*at));
        let evaluated = steps.filter_map(|(_, node)| match node.step {
            FlowStep::Eval(expr) => Some(expr),
            _ => None,
        });
        let evaluated: FxHashSet<ExprId> = evaluated.collect();
        let exprs = self.body.types.body.exprs.ids();
        exprs.filter(|expr| self.outermost(*expr, id).is_some_and(|at| evaluated.contains(&at))).collect()
    }

    /// The calls and loops of a region with which it begins to serve.
    fn serving_in(&self, id: RegionId, depth: usize) -> Vec<ExprId> {
        let exprs = self.body.types.body.exprs.ids();
        exprs.filter(|expr| self.regions.region_of(*expr) == id && self.serves(*expr, depth)).collect()
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
    fn outermost(&self, expr: ExprId, id: RegionId) -> Option<ExprId> {
        let mut at = expr;
        while self.regions.region_of(at) != id {
            at = self.regions.get(self.regions.region_of(at)).creator()?;
            matches!(self.body.types.body[at], Expr::Closure(_)).then_some(())?;
        }
        Some(at)
    }
}

/// The nodes that lead to where these begin, and those that come from there.
pub(super) fn around(
    graph: &FlowGraph,
    previous: &[Vec<NodeId>],
    exprs: &[ExprId],
) -> (FxHashSet<NodeId>, FxHashSet<NodeId>) {
    let begins: Vec<NodeId> = exprs.iter().filter_map(|expr| graph.begun(*expr)).collect();
    let after = reached(begins.clone(), |at| graph.node(at).next.iter().copied());
    (reached(begins, |at| previous[at.0 as usize].iter().copied()), after)
}

/// Does a listener give a connection?
pub(super) fn gives_connection(facts: &Facts) -> bool {
    facts.take().is_some_and(|take| take.what.as_ref() == CONNECTION)
}

/// Does a call with these facts serve, or take a connection to be served?
pub(super) fn serves(facts: &Facts) -> bool {
    facts.point().is_some_and(|p| p.kind == PointKind::Server) || gives_connection(facts)
}
