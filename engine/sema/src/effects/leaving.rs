//! The way out: what a function does after it has served, or before it ends the process, is done once and delays nobody who stays.
//!
//! ```text
//! loop { select! { conn = listener.accept() => .., _ = stop.cancelled() => break } }
//! fs::remove_file(&socket)?;                              nobody is served any more
//!
//! ctrl_c().await?;
//! fs::write("state", state)?;                             likewise
//! process::exit(0)
//! ```

use rustc_hash::FxHashSet;
use toecap_ir::{Expr, ExprId};

use super::serving::Server;
use crate::flow::{FlowGraph, FlowStep, NodeId, RegionId, Subject, build, reached};
use crate::{Analysis, Callee, TypedBody};

impl Analysis<'_> {
    /// What a region evaluates only after it has served, or on ways that all end the process.
    pub(super) fn on_the_way_out(&self, body: &TypedBody, root: ExprId) -> FxHashSet<ExprId> {
        let regions = self.regions(body);
        let id = regions.iter().find(|(_, r)| r.root == root).map_or(RegionId(0), |(id, _)| id);
        let server = Server { analysis: self, body, regions: &regions };
        let served = server.served_in(id);
        let is_exit = |call: &ExprId| regions.region_of(*call) == id && self.ends_process(body, *call);
        let exits: Vec<ExprId> = body.types.callees.keys().copied().filter(is_exit).collect();
        if served.is_empty() && exits.is_empty() {
            return FxHashSet::default();
        }
        let subject = Subject { body, regions: &regions, edition: self.edition_of(body), suspends: &|_| true };
        let graph = build(subject, id);
        let previous = graph.previous();
        let mut out = after(&graph, &previous, &served);
        out.extend(before_end(&graph, &previous, &exits));
        let exprs = body.types.body.exprs.ids();
        exprs.filter(|expr| server.outermost(*expr, id).is_some_and(|at| out.contains(&at))).collect()
    }

    fn ends_process(&self, body: &TypedBody, call: ExprId) -> bool {
        let Some(Callee::Fn(callee)) = body.types.callees.get(&call) else { return false };
        let world = self.world();
        matches!(world.func(callee.f).name.as_str(), "exit" | "abort")
            && matches!(world.fn_path(callee.f).as_str(), "std::process::exit" | "std::process::abort")
            && matches!(body.types.body[call], Expr::Call { .. })
    }
}

/// What is evaluated after one of these, and leads to none of them.
fn after(graph: &FlowGraph, previous: &[Vec<NodeId>], served: &[ExprId]) -> FxHashSet<ExprId> {
    let begins: Vec<NodeId> =
        served.iter().filter_map(|expr| graph.entries.get(expr).copied().or_else(|| graph.evaluated(*expr))).collect();
    let after = reached(begins.clone(), |at| &graph.node(at).next);
    let leading = reached(begins, |at| &previous[at.0 as usize]);
    evaluated(graph, |at| after.contains(&at) && !leading.contains(&at))
}

/// What is evaluated on ways all of which come to one of these.
fn before_end(graph: &FlowGraph, previous: &[Vec<NodeId>], exits: &[ExprId]) -> FxHashSet<ExprId> {
    let mut open: Vec<NodeId> = exits.iter().filter_map(|exit| graph.evaluated(*exit)).collect();
    let mut doomed: FxHashSet<NodeId> = FxHashSet::default();
    while let Some(at) = open.pop() {
        if doomed.insert(at) {
            let before = previous[at.0 as usize].iter().copied();
            open.extend(before.filter(|at| graph.node(*at).next.iter().all(|next| doomed.contains(next))));
        }
    }
    evaluated(graph, |at| doomed.contains(&at))
}

fn evaluated(graph: &FlowGraph, is_wanted: impl Fn(NodeId) -> bool) -> FxHashSet<ExprId> {
    let steps = graph.iter().filter(|(id, _)| is_wanted(*id));
    let evaluated = steps.filter_map(|(_, node)| match node.step {
        FlowStep::Eval(expr) => Some(expr),
        _ => None,
    });
    evaluated.collect()
}
