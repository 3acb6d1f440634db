//! Control flow of bodies: who executes what, in which order, what is alive meanwhile, and what follows a cancellation.
//!
//! ```text
//! let job = queue.lock().unwrap().pop();          // the guard ends with the statement
//! if let Some(job) = queue.lock().unwrap().pop() {
//!     run(job).await;                             // this one is alive here
//! }
//! ```
//!
//! [`Regions`] says who executes an expression; a [`FlowGraph`] holds the steps of one region in order of evaluation, and
//! the other modules ask it.

mod anyway;
mod buffer;
mod build;
mod callers;
mod cancel;
mod control;
mod ending;
mod graph;
mod guard;
mod live;
mod macros;
mod outcome;
mod place;
mod region;
mod said;
mod suspend;
mod touch;
mod unseen;

pub use cancel::{AfterCancel, WorksOn};
pub use graph::{Exit, FlowGraph, FlowStep, NodeId, Outcome, Way};
pub use live::{Held, HeldValue};
pub use place::{Aliases, Base, Place};
pub use region::{CodeRegion, CodeRegionKind, RegionId, Regions};

pub(crate) use build::{Subject, bound_locals, build};
pub(crate) use cancel::{Cut, after_cancel};
pub(crate) use live::suspension_span;
pub(crate) use unseen::{is_discarded, is_failure_expected, is_given_back, is_winner_unseen};
