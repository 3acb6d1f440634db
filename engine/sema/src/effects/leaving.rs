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

use super::serving::{Server, around};
use crate::Callee;
use crate::flow::{FlowGraph, NodeId, RegionId};

impl Server<'_> {
    /// What a region evaluates only after it has served, or on ways that all end the process.
    pub(super) fn on_the_way_out(&self, id: RegionId, serving: Vec<ExprId>) -> FxHashSet<ExprId> {
        let served: Vec<ExprId> = serving.into_iter().filter(|expr| !self.goes_on(*expr)).collect();
        let is_exit = |call: &ExprId| self.regions.region_of(*call) == id && self.ends_process(*call);
        let exits: Vec<ExprId> = self.body.types.callees.keys().copied().filter(is_exit).collect();
        if served.is_empty() && exits.is_empty() {
            return FxHashSet::default();
        }
        let graph = self.graph(id);
        let previous = graph.previous();
        let (leading, after) = around(&graph, &previous, &served);
        let doomed = before_end(&graph, &previous, &exits);
        self.evaluated_in(id, &graph, |at| after.contains(&at) && !leading.contains(&at) || doomed.contains(&at))
    }

    /// Is it a task, which serves when the code that has started it goes on?
    fn goes_on(&self, serving: ExprId) -> bool {
        let Some(Callee::Fn(callee)) = self.body.types.callees.get(&serving) else { return false };
        self.analysis.facts().of_callee(callee).is_some_and(|facts| facts.spawn().is_some())
    }

    fn ends_process(&self, call: ExprId) -> bool {
        let Some(Callee::Fn(callee)) = self.body.types.callees.get(&call) else { return false };
        let world = self.analysis.world();
        matches!(world.func(callee.f).name.as_str(), "exit" | "abort")
            && matches!(world.fn_path(callee.f).as_str(), "std::process::exit" | "std::process::abort")
            && matches!(self.body.types.body[call], Expr::Call { .. })
    }
}

/// The nodes all of whose ways come to one of these.
fn before_end(graph: &FlowGraph, previous: &[Vec<NodeId>], exits: &[ExprId]) -> FxHashSet<NodeId> {
    let mut open: Vec<NodeId> = exits.iter().filter_map(|exit| graph.evaluated(*exit)).collect();
    let mut doomed: FxHashSet<NodeId> = FxHashSet::default();
    while let Some(at) = open.pop() {
        if doomed.insert(at) {
            let before = previous[at.0 as usize].iter().copied();
            open.extend(before.filter(|at| graph.node(*at).next.iter().all(|next| doomed.contains(next))));
        }
    }
    doomed
}
