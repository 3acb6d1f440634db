//! All that is known of what a function does: computed when somebody asks, for no lint needs it.
//!
//! ```text
//! async fn put(&self, v: V) {                     blocks: no
//!     let mut map = self.map.lock().await;        locks: self.map; suspends here
//!     spawn(flush(self.log.clone()));             spawns: a task (handle dropped)
//!     map.insert(v);
//! }
//! ```
//!
//! - [`own`]: what a body does itself, and whose profiles it takes over (transfer).
//! - [`locked`], [`spawned`]: which lock a call takes, and what becomes of a handle.
//! - [`settle`]: profiles of functions that call one another.
//! - [`callers`]: who runs a function.
//! - [`waits`]: where a body waits, and what is lost there.

mod callers;
mod locked;
mod own;
mod settle;
mod spawned;
mod waits;

use std::sync::Arc;

use toecap_knowledge::{BlockKind, Cost, Panics, SpawnKind};

use super::summary::{Step, Work};
use crate::AdtId;
use crate::flow::Place;

pub use callers::{Caller, Runner, Runners};
pub use spawned::{Handle, Spawned};
pub use waits::Wait;

/// The longest witness that is told.
const MAX_STEPS: usize = 12;

/// What a function does in the end, with a shortest witness of each. Awaited functions count: whoever polls the caller polls
/// them.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    effects: Vec<(Effect, Arc<Work>)>,
}

/// Something that running a function may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Waits for the outside world, or for others, on the thread that runs it.
    Blocks(BlockKind, Cost),
    /// Computes for milliseconds or more.
    Burns,
    /// Gives the thread back until something happens.
    Suspends,
    /// Takes a lock.
    Locks(Lock),
    /// Has something run elsewhere.
    Spawns(SpawnKind, Handle),
    /// Panics where a runtime runs it.
    Panics(Panics),
}

/// A lock that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Which, as a place of the function that is asked about; none when that has no name there.
    pub place: Option<Place>,
    /// The guard that it gives.
    pub guard: AdtId,
}

impl Effect {
    fn rank(&self) -> (u8, u8, u8) {
        match self {
            Effect::Blocks(kind, cost) => (0, *cost as u8, *kind as u8),
            Effect::Burns => (1, 0, 0),
            Effect::Panics(_) => (2, 0, 0),
            Effect::Suspends => (3, 0, 0),
            Effect::Locks(_) => (4, 0, 0),
            Effect::Spawns(kind, handle) => (5, *kind as u8, *handle as u8),
        }
    }
}

impl Profile {
    /// The effects: the worst first, the shortest witness first among equals.
    pub fn effects(&self) -> &[(Effect, Arc<Work>)] {
        &self.effects
    }
    /// Does it suspend anywhere?
    pub fn suspends(&self) -> Option<&Arc<Work>> {
        self.find(|effect| *effect == Effect::Suspends)
    }
    /// How it burns, if it does.
    pub fn burns(&self) -> Option<&Arc<Work>> {
        self.find(|effect| *effect == Effect::Burns)
    }
    fn find(&self, wanted: impl Fn(&Effect) -> bool) -> Option<&Arc<Work>> {
        self.effects.iter().find(|(effect, _)| wanted(effect)).map(|(_, work)| work)
    }

    /// The join: of two witnesses of one effect the shorter one, of equally short ones the first.
    fn add(&mut self, effect: Effect, work: Arc<Work>) {
        if work.steps.len() > MAX_STEPS {
            return;
        }
        match self.effects.iter_mut().find(|(known, _)| *known == effect) {
            Some((_, known)) if known.steps.len() <= work.steps.len() => {}
            Some((_, known)) => *known = work,
            None => self.effects.push((effect, work)),
        }
    }

    fn did(&mut self, effect: Effect, step: Step) {
        self.add(effect, Arc::new(Work::computed(vec![step], "")));
    }

    fn sort(&mut self) {
        self.effects.sort_by(|(a, work), (b, other)| {
            a.rank().cmp(&b.rank()).then_with(|| work.steps.len().cmp(&other.steps.len())).then_with(|| {
                let at = |work: &Work| work.steps.first().map(|step| (step.at.file, step.at.span.lo()));
                at(work).cmp(&at(other))
            })
        });
    }

    fn is_same(&self, other: &Profile) -> bool {
        self.effects.len() == other.effects.len()
            && self
                .effects
                .iter()
                .zip(&other.effects)
                .all(|((a, work), (b, known))| a == b && work.steps == known.steps)
    }
}
