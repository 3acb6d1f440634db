//! The steps of a region, in order of evaluation.
//!
//! ```text
//! let n = m.lock().len();     // m · lock() · len() · bind n · end of temporaries
//! send(n).await?;             // n moves · send() · suspension · await · ok | error ⇒ scopes end, exit
//! ```

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{ExprId, PatId};

use crate::LocalId;

/// Number of a node of a [`FlowGraph`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeId(pub u32);

/// Which of its two kinds of variant an `Option`, `Result` or `Poll` is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// `Some`, `Ok`, `Ready`, `true`
    Full,
    /// `None`, `Err`, `Pending`, `false`
    Empty,
}

/// One step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlowStep {
    /// Nothing happens; control flow meets here.
    Join,
    /// An expression has been evaluated: its value exists, or its place is known.
    Eval(ExprId),
    /// A value goes into the expression that it is part of, by value.
    Consume {
        /// The value.
        child: ExprId,
        /// Where it goes.
        parent: ExprId,
    },
    /// A variable is moved (or copied) out of, as the value of `to`.
    Move {
        /// The variable.
        local: LocalId,
        /// A path; a field of it for a partial move; a closure or async block that captures it.
        to: ExprId,
    },
    /// A pattern binds its variables. From nothing: parameters, elements of loops, outputs of `select!` branches.
    Bind {
        /// The pattern.
        pat: PatId,
        /// The value or place that is matched.
        from: Option<ExprId>,
    },
    /// `place = value`; the old value is dropped.
    Assign {
        /// A place, or a destructuring.
        place: ExprId,
        /// The value.
        value: ExprId,
    },
    /// The region may be suspended here.
    Suspend(ExprId),
    /// The temporaries of a scope are dropped.
    EndTemps(u32),
    /// The variables of a scope are dropped.
    EndScope(u32),
    /// On this path an `Option`, `Result` or `bool` is known to be of one kind.
    Known {
        /// The value or place.
        value: ExprId,
        /// Which kind.
        is: Outcome,
    },
    /// The region is left.
    Exit(Exit),
}

/// How a region is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// At its end or by `return`, with this value.
    Value(Option<ExprId>),
    /// By `?`, or by a macro such as `bail!`.
    Error,
    /// By `ready!` of this value, which is pending.
    Pending(ExprId),
}

/// A node: a step and what may come next.
#[derive(Debug, Clone)]
pub struct Node {
    /// What happens.
    pub step: FlowStep,
    /// What may follow.
    pub next: Vec<NodeId>,
}

/// Where a search goes on from a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// To what follows.
    On,
    /// Nowhere.
    Over,
    /// Nowhere: this is what was looked for.
    Found,
}

/// The steps of one region. Code that cannot be reached has no nodes.
#[derive(Debug, Clone, Default)]
pub struct FlowGraph {
    /// Node 0 is the start.
    pub nodes: Vec<Node>,
    /// The scope whose end drops an expression's value, should nothing have taken it before.
    pub temp_scopes: FxHashMap<ExprId, u32>,
    /// The scope that a variable is declared in.
    pub local_scopes: FxHashMap<LocalId, u32>,
    /// Variables that exist when the region starts: what it captures by value.
    pub captured: Vec<LocalId>,
    /// Where the branches of a `select!` start, with the index of the branch; fallbacks follow the branches.
    pub select_starts: FxHashMap<(ExprId, usize), NodeId>,
    /// The first step of loops and macro calls that run again: `select!` and awaits.
    pub entries: FxHashMap<ExprId, NodeId>,
}

impl FlowGraph {
    /// A node's data.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }
    /// All nodes.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(i, n)| (NodeId(i as u32), n))
    }
    /// Does a way lead from `from` to what is looked for? Each node that comes after it is looked at once at most, in no order
    /// that means anything; `from` itself where a loop leads back to it.
    pub fn leads(&self, from: NodeId, mut way: impl FnMut(NodeId, FlowStep) -> Way) -> bool {
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut open = self.node(from).next.clone();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            match way(id, self.node(id).step) {
                Way::On => open.extend(&self.node(id).next),
                Way::Over => {}
                Way::Found => return true,
            }
        }
        false
    }
    /// The nodes right before each node.
    pub(crate) fn previous(&self) -> Vec<Vec<NodeId>> {
        let mut previous: Vec<Vec<NodeId>> = vec![Vec::new(); self.nodes.len()];
        for (id, node) in self.iter() {
            node.next.iter().for_each(|next| previous[next.0 as usize].push(id));
        }
        previous
    }
    /// The node with which the evaluation of an expression begins, as far as it is known, else where it has been evaluated.
    pub fn begun(&self, expr: ExprId) -> Option<NodeId> {
        self.entries.get(&expr).copied().or_else(|| self.evaluated(expr))
    }
    /// The node where an expression has been evaluated.
    pub fn evaluated(&self, expr: ExprId) -> Option<NodeId> {
        self.iter().find(|(_, n)| n.step == FlowStep::Eval(expr)).map(|(id, _)| id)
    }
}
