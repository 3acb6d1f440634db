//! What is lost when a future is dropped before its end.
//!
//! ```text
//! async fn send(s: &mut TcpStream, m: &Msg) -> io::Result<()> {   // unsafe: a partial write
//!     s.write_all(&m.header()).await?;
//!     s.write_all(&m.body).await
//! }
//! async fn step(rx: &mut Receiver<Job>) {                         // unsafe: the job that was received
//!     if let Some(job) = rx.recv().await { run(job).await }
//! }
//! ```
//!
//! - [`future`]: the verdict of an expression that makes a future: an API's own, or what the code behind it says.
//! - [`moves`], [`found`]: what a call moves out of, or into, a place that outlives the future (data and recursion).
//! - [`counted`]: the same of calls that nobody knows but that say how much they have moved.
//! - [`carry`], [`state`], [`values`]: who holds what was moved, step by step, and what is still held where the code is suspended (transfer).
//! - [`numbers`]: numbers and text that is added up, which are followed only where they were moved.
//! - [`code`]: the verdict of async code from all this.
//! - [`poll`], [`polled`]: the same for `poll` functions and futures written by hand, which are suspended where they return `Pending`.
//! - [`literal`]: futures that are made by writing their type down.
//! - [`owner`]: what of it is dropped with the future.
//! - [`all`]: what the implementations of a method have in common.
//! - [`torn`]: state that is changed before a suspension and put right after it.
//! - [`outside`]: which places outlive a future.
//! - [`promise`]: what the documentation says.

mod all;
mod carry;
mod code;
mod counted;
mod found;
mod future;
mod literal;
mod moves;
mod numbers;
mod outside;
mod owner;
mod poll;
mod polled;
mod promise;
mod state;
mod torn;
mod values;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use toecap_ir::{ExprId, Location};
use toecap_knowledge::Verdict;

use self::moves::Moved;
pub(super) use self::moves::is_lent_mutably;
use super::summary::Step;
use crate::flow::Place;
use crate::watch::{Asked, read};
use crate::{Analysis, BodyOwner, FnId, TypedBody};

pub use promise::{BrokenPromise, Promise};

/// Calls that are followed into one another.
const MAX_HOPS: usize = 10;

/// What a drop before the end means.
#[derive(Debug, Clone)]
pub struct CancelVerdict {
    /// How bad it is.
    pub verdict: Verdict,
    /// Why, for everything but safe.
    pub reason: Option<Arc<CancelReason>>,
}

/// Why a future is not cancel-safe.
#[derive(Debug, Clone)]
pub struct CancelReason {
    /// What is lost, as a phrase.
    pub lost: String,
    /// The calls from the future's own code to the operation, outermost first.
    pub steps: Vec<Step>,
    /// The operation is a write: the peer sees half a message.
    pub writes: bool,
    /// What it works on, as a place of the body that was asked about.
    pub place: Option<Place>,
    /// Where the code waits with what it has taken already; none where the operation itself is cut.
    pub held_at: Option<Location>,
}

/// Whose word a [`FnVerdict`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerdictSource {
    /// The documentation says so.
    Documented,
    /// The implementation does.
    Computed,
}

/// The verdict of a function that makes a future.
#[derive(Debug, Clone)]
pub struct FnVerdict {
    /// The verdict, and why.
    pub cancel: CancelVerdict,
    /// Who says so.
    pub source: VerdictSource,
}

/// What may be believed while a verdict is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Belief {
    /// What the data and the documentation of every function say.
    #[default]
    All,
    /// The implementation of everything whose source is there; no row, no documentation.
    Code,
}

/// What is known of a function that makes a future, or of a `poll` function.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// Of the future that it makes.
    verdict: Option<CancelVerdict>,
    /// What is lost if it is never polled again after it was pending, in places of its parameters.
    losses: Vec<poll::Loss>,
    /// Futures that it polls and that its owner may own: whoever knows the owner's type knows theirs.
    polled: Vec<Place>,
    /// It polls something that nobody knows.
    is_vague: bool,
    /// What it has moved when it is done.
    done: Vec<Moved>,
}

/// Functions that are being looked at, outermost first.
#[derive(Debug, Default)]
struct Trail {
    open: Vec<FnId>,
    belief: Belief,
    /// The result depends on where one began.
    cut_short: bool,
    /// What was found on the way and cannot be kept: each function is looked at once, where all call all.
    found: FxHashMap<FnId, Found>,
}

#[derive(Debug)]
struct Found {
    /// How many functions were open: with more of them, no more is found.
    depth: usize,
    cut_short: bool,
    outcome: Arc<Outcome>,
}

impl CancelVerdict {
    fn safe() -> Self {
        Self { verdict: Verdict::Safe, reason: None }
    }
    /// The worse one; of equals the first.
    fn join(self, other: Self) -> Self {
        if other.verdict > self.verdict { other } else { self }
    }
}

impl<'a> Analysis<'a> {
    /// The verdict of the future that `expr` makes, when it is known: an API's own, or what the code of the workspace
    /// behind it says. None: nobody knows.
    pub fn cancel_verdict(&self, body: &TypedBody, expr: ExprId) -> Option<CancelVerdict> {
        self.verdict_of(body, expr, &mut Trail::default())
    }

    /// The verdict of a function of the workspace that makes a future. A documented promise is trusted; whether the code
    /// keeps it, [`Analysis::implementation_verdict`] says. None: it makes no future, or nobody knows.
    pub fn fn_cancel_verdict(&self, f: FnId) -> Option<FnVerdict> {
        if let Some(promise) = self.cancel_promise(f).filter(|p| p.is_safe()) {
            let cancel = CancelVerdict { verdict: promise.verdict, reason: None };
            return Some(FnVerdict { cancel, source: VerdictSource::Documented });
        }
        let cancel = self.implementation_verdict(f, Belief::All)?;
        Some(FnVerdict { cancel, source: VerdictSource::Computed })
    }

    /// The verdict of a function's future that its code alone gives, whatever the data and its documentation say of it.
    pub fn implementation_verdict(&self, f: FnId, belief: Belief) -> Option<CancelVerdict> {
        let mut trail = Trail { belief, ..Trail::default() };
        self.outcome(f, &mut trail).verdict.clone()
    }

    /// The functions of the workspace whose documentation has a section "Cancel safety", in order of definition.
    pub fn documented_cancel_safety(&self) -> Vec<(FnId, Option<Promise>)> {
        let mut found = Vec::new();
        for krate in self.world().loaded().filter(|k| k.origin == crate::CrateOrigin::Workspace) {
            for index in 0..krate.fns.len() as u32 {
                let f = FnId { krate: krate.id, index };
                if self.world().item_of_fn(f).attrs.cancel_docs.is_some() {
                    found.push((f, self.cancel_promise(f)));
                }
            }
        }
        found
    }

    /// What is known of a function with a body in the workspace.
    fn outcome(&self, f: FnId, trail: &mut Trail) -> Arc<Outcome> {
        if trail.open.contains(&f) || trail.open.len() >= MAX_HOPS {
            trail.cut_short = true;
            // A recursive call loses what the first one loses.
            let is_recursive = trail.open.contains(&f);
            let verdict = is_recursive.then(CancelVerdict::safe);
            return Arc::new(Outcome { verdict, is_vague: !is_recursive, ..Outcome::default() });
        }
        read(Asked::Body(BodyOwner::Fn(f)));
        let keeps = trail.belief == Belief::All;
        if keeps && let Some(known) = self.outcomes.get(&f) {
            return known;
        }
        let depth = trail.open.len();
        if let Some(found) = trail.found.get(&f).filter(|found| found.depth <= depth) {
            trail.cut_short |= found.cut_short;
            return found.outcome.clone();
        }
        let Some(body) = self.body(BodyOwner::Fn(f)) else {
            return Arc::new(Outcome { is_vague: true, ..Outcome::default() });
        };
        let was_cut_short = std::mem::take(&mut trail.cut_short);
        trail.open.push(f);
        let outcome = Arc::new(self.watched(BodyOwner::Fn(f), || self.outcome_of_body(f, &body, trail)));
        trail.open.pop();
        if keeps && (!trail.cut_short || trail.open.is_empty()) {
            self.outcomes.keep(f, outcome.clone());
        } else {
            let cut_short = trail.cut_short;
            trail.found.insert(f, Found { depth, cut_short, outcome: outcome.clone() });
        }
        trail.cut_short |= was_cut_short;
        outcome
    }

    fn outcome_of_body(&self, f: FnId, body: &TypedBody, trail: &mut Trail) -> Outcome {
        if body.types.out_of_fuel > 0 {
            return Outcome { is_vague: true, ..Outcome::default() };
        }
        let root = body.types.body.root;
        if self.world().fn_item(f).flags.is_async {
            let (verdict, done) = self.code_outcome(body, root, trail);
            return Outcome { verdict, done, ..Outcome::default() };
        }
        if poll::polls(self, f) {
            return self.poll_outcome(body, crate::flow::RegionId(0), trail);
        }
        self.maker_outcome(body, root, trail)
    }
}
