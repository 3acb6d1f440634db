//! Summaries of functions that call one another: the least fixpoint over the calls, shortest witnesses first.
//!
//! ```text
//! fn a() { b(); c() }     a: b -> fs::read (not c -> b -> fs::read), whoever of the three is asked first
//! fn b() { fs::read("x"); a() }
//! fn c() { b() }
//! ```
//!
//! The lengths of shortest witnesses have one solution, and of equally short ones the first call's counts: summaries do not
//! depend on where one begins, nor on what other threads found already.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::certain::Certain;
use super::drops::Dropped;
use super::exec::{Executed, Executor};
use super::polled::Polled;
use super::streams::keep_stream;
use super::summary::{CpuWork, Known, Summary, Work, keep_shorter};
use crate::watch::{Asked, read};
use crate::{Analysis, BodyOwner, FnId, TypedBody};

/// The longest witness that is told.
const MAX_STEPS: usize = 12;
/// How often the summary of a function may change. Witnesses get shorter, so few do so more than a dozen times; but which
/// work is left out depends on its witness, and in a recursion such a rule can contradict itself for ever.
const MAX_CHANGES: u32 = 50;
/// Calls inside of dependencies, the leaf's included.
pub(super) const MAX_STEPS_IN_DEPENDENCIES: usize = 5;

/// A function as the fixpoint sees it.
struct Node {
    f: FnId,
    /// None: what it does is known from an earlier run.
    code: Option<Code>,
    callees: Vec<FnId>,
    summary: Arc<Summary>,
}

/// What the body of a function says of what it does.
struct Code {
    body: Arc<TypedBody>,
    is_foreign: bool,
    calls: Vec<Executed>,
    dropped: Vec<Dropped>,
    /// What its own code does, calls aside.
    own: Summary,
}

impl Analysis<'_> {
    /// The summary of a function. Functions without a body to look at do nothing that is known.
    pub fn summary(&self, f: FnId) -> Arc<Summary> {
        read(Asked::Body(BodyOwner::Fn(f)));
        if let Some(found) = self.summaries.get(&f) {
            return found;
        }
        let nodes = self.solve(f);
        for node in &nodes {
            self.summaries.keep(node.f, node.summary.clone());
        }
        match nodes.into_iter().find(|n| n.f == f) {
            Some(node) => node.summary,
            None => Arc::default(),
        }
    }

    /// The functions that a piece of code calls and whose bodies matter.
    pub(super) fn called_by(&self, body: &TypedBody, calls: &[Executed]) -> Vec<FnId> {
        let called = RefCell::new(Vec::new());
        let record = |f: FnId| {
            called.borrow_mut().push(f);
            Arc::<Summary>::default()
        };
        for call in calls {
            if let Some(callee) = call.callee(body) {
                self.call_effect(body, call, callee, &record);
            }
        }
        called.into_inner()
    }

    /// What is not known yet and can be reached from `f`, solved; callees come before their callers where there is no recursion.
    fn solve(&self, f: FnId) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut numbers: FxHashMap<FnId, Option<usize>> = FxHashMap::default();
        let mut open: Vec<(Node, usize)> = self.node(f).map(|n| (n, 0)).into_iter().collect();
        numbers.insert(f, None);
        while let Some((node, next)) = open.last_mut() {
            let Some(callee) = node.callees.get(*next).copied() else {
                if let Some((node, _)) = open.pop() {
                    numbers.insert(node.f, Some(nodes.len()));
                    nodes.push(node);
                }
                continue;
            };
            *next += 1;
            if numbers.contains_key(&callee) || self.summaries.get(&callee).is_some() {
                continue;
            }
            numbers.insert(callee, None);
            open.extend(self.node(callee).map(|n| (n, 0)));
        }
        self.settle(&mut nodes, &numbers);
        nodes
    }

    fn node(&self, f: FnId) -> Option<Node> {
        self.watched(BodyOwner::Fn(f), || self.watched_node(f))
    }

    fn watched_node(&self, f: FnId) -> Option<Node> {
        let (code, callees) = match self.remembered_callees(f) {
            Some(callees) => (None, callees),
            None => self.code_of(f).map(|(code, callees)| (Some(code), callees))?,
        };
        callees.iter().for_each(|callee| read(Asked::Body(BodyOwner::Fn(*callee))));
        Some(Node { f, code, callees, summary: Arc::default() })
    }

    /// What a function of a dependency calls that was looked at, where an earlier run knows.
    fn remembered_callees(&self, f: FnId) -> Option<Vec<FnId>> {
        let callees = self.recalled_callees(f).filter(|_| self.dependencies().is_untyped(f))?;
        read(Asked::Followed(f));
        Some(callees)
    }

    fn code_of(&self, f: FnId) -> Option<(Code, Vec<FnId>)> {
        let body = self.followed_body(f)?;
        let executor = Executor::new(self, &body);
        let root = body.types.body.root;
        let mut calls = Vec::new();
        executor.executed(root, &mut |call| calls.push(call));
        let is_foreign = !self.world().is_own(f.krate);
        if !is_foreign && !calls.is_empty() {
            // Who calls a function that starts a server calls it once for that.
            let early = self.before_serving(&body, root);
            calls.retain(|call| !early.contains(&call.expr));
        }
        let mut gives_way: FxHashMap<toecap_ir::ExprId, bool> = FxHashMap::default();
        for call in &mut calls {
            // Whoever calls this does not wait for the tasks that it starts.
            call.polled.take_if(|polled| *polled == Polled::AsTask);
            // A loop that suspends gives the thread back in every round.
            call.loops.retain(|l| !*gives_way.entry(*l).or_insert_with(|| executor.gives_way(*l)));
        }
        let mut own = Summary::default();
        if !is_foreign {
            (own.burns, own.cpu) = self.own_computation(&executor, &body, root);
        }
        let mut callees = self.called_by(&body, &calls);
        let dropped = if is_foreign { Vec::new() } else { self.dropped_in(&body, root) };
        callees.extend(dropped.iter().filter_map(Dropped::runs));
        if is_foreign {
            self.note_callees(f, &callees);
        }
        Some((Code { body, is_foreign, calls, dropped, own }, callees))
    }

    /// Computes summaries until nothing changes.
    fn settle(&self, nodes: &mut [Node], numbers: &FxHashMap<FnId, Option<usize>>) {
        let mut callers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        for (number, node) in nodes.iter().enumerate() {
            for callee in &node.callees {
                if let Some(Some(callee)) = numbers.get(callee) {
                    callers[*callee].push(number);
                }
            }
        }
        let mut open: BTreeSet<usize> = (0..nodes.len()).collect();
        let mut changes = vec![0; nodes.len()];
        while let Some(number) = open.pop_first() {
            let known = |f: FnId| match numbers.get(&f) {
                Some(Some(number)) => nodes[*number].summary.clone(),
                _ => self.summaries.get(&f).unwrap_or_default(),
            };
            let owner = BodyOwner::Fn(nodes[number].f);
            let mut summary = self.watched(owner, || self.summarise(&nodes[number], &known));
            if changes[number] >= MAX_CHANGES {
                // Nobody knows.
                summary = Summary::default();
            }
            if !summary.is_same(&nodes[number].summary) {
                changes[number] += 1;
                nodes[number].summary = Arc::new(summary);
                open.extend(&callers[number]);
            }
        }
    }

    fn summarise(&self, node: &Node, known: Known<'_>) -> Summary {
        match &node.code {
            Some(code) if !code.is_foreign => self.summary_of_code(code, known),
            Some(code) => self.noted_summary(node, code, known),
            None => self.remembered_summary(node, known),
        }
    }

    /// What a function of a dependency does, for later runs too.
    fn noted_summary(&self, node: &Node, code: &Code, known: Known<'_>) -> Summary {
        let summary = self.summary_of_code(code, known);
        if let Some(sum) = self.sum_of_known(node, known) {
            self.note_result(node.f, sum, &summary);
        }
        summary
    }

    /// What an earlier run knows that a function does; else its body says so.
    fn remembered_summary(&self, node: &Node, known: Known<'_>) -> Summary {
        let recalled = self.sum_of_known(node, known).and_then(|sum| self.recalled_summary(node.f, sum));
        recalled.unwrap_or_else(|| match self.code_of(node.f) {
            Some((code, _)) => self.noted_summary(node, &code, known),
            None => Summary::default(),
        })
    }

    fn sum_of_known(&self, node: &Node, known: Known<'_>) -> Option<u64> {
        let summaries: Vec<Arc<Summary>> = node.callees.iter().map(|callee| known(*callee)).collect();
        self.sum_of_callees(&summaries)
    }

    fn summary_of_code(&self, node: &Code, known: Known<'_>) -> Summary {
        let body = &node.body;
        let mut summary = node.own.clone();
        let mut foreign = FxHashMap::default();
        for call in &node.calls {
            let Some(callee) = call.callee(body) else { continue };
            let mut effect = self.call_effect(body, call, callee, known);
            effect.blocks.take_if(|work| work.is_brief());
            keep_converging(&mut summary.cpu, &effect.cpu);
            if !node.is_foreign {
                effect.streams.drain(..).for_each(|stream| keep_stream(&mut summary.streams, stream));
            }
            let certain = |work: &mut Arc<Work>| node.is_foreign || work.through_dependency;
            let work = (effect.blocks.take_if(certain), effect.burns.take_if(certain));
            if work.0.is_some() || work.1.is_some() {
                foreign.insert(call.expr, work);
            }
            keep_shorter(&mut summary.blocks, within(effect.blocks, MAX_STEPS));
            keep_shorter(&mut summary.burns, within(effect.burns, MAX_STEPS));
        }
        for dropped in &node.dropped {
            keep_shorter(&mut summary.blocks, within(self.effect_of_drop(body, dropped, known), MAX_STEPS));
        }
        if !foreign.is_empty() {
            let limit = if node.is_foreign { MAX_STEPS_IN_DEPENDENCIES } else { MAX_STEPS };
            let certain = Certain { analysis: self, body, if_full: false };
            let root = body.types.body.root;
            let blocks = certain.work(root, &|call| foreign.get(&call).and_then(|(blocks, _)| blocks.clone()));
            let burns = certain.work(root, &|call| foreign.get(&call).and_then(|(_, burns)| burns.clone()));
            keep_shorter(&mut summary.blocks, within(blocks, limit));
            keep_shorter(&mut summary.burns, within(burns, limit));
        }
        summary
    }
}

/// A loop that converges in a callee is one for callers' loops as well.
fn keep_converging(cpu: &mut CpuWork, of_call: &CpuWork) {
    if let Some((hops, at)) = of_call.converges
        && usize::from(hops) < MAX_STEPS
        && cpu.converges.is_none_or(|(best, _)| hops + 1 < best)
    {
        cpu.converges = Some((hops + 1, at));
    }
}

fn within(work: Option<Arc<Work>>, steps: usize) -> Option<Arc<Work>> {
    work.filter(|w| w.steps.len() <= steps)
}

impl Summary {
    fn is_same(&self, other: &Summary) -> bool {
        fn steps(work: &Option<Arc<Work>>) -> Option<&[super::Step]> {
            work.as_ref().map(|w| w.steps.as_slice())
        }
        steps(&self.blocks) == steps(&other.blocks)
            && steps(&self.burns) == steps(&other.burns)
            && self.cpu == other.cpu
            && self.streams.len() == other.streams.len()
            && self.streams.iter().zip(&other.streams).all(|(stream, other)| stream.is_same(other))
    }
}
