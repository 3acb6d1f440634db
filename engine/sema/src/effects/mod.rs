//! What functions do to the thread that runs them.
//!
//! - [`forward`]: conversions that lead to implementations of the workspace.
//! - [`hands`], [`held`]: what becomes of closures that are passed on, and of those that a future or stream keeps.
//! - [`index`]: facts about libraries, resolved to definitions (data).
//! - [`exec`]: which calls a piece of code makes itself, and which run elsewhere (transfer).
//! - [`cpu`], [`device`], [`ready`]: what counts as a long computation, and as a wait.
//! - [`summary`]: what a function does in the end, with a witness (lattice).
//! - [`targets`]: what all implementations of a method do.
//! - [`solve`]: summaries of functions that call one another, recursion included.
//! - [`dependencies`]: the functions of dependencies that async code leads to.
//! - [`remembered`]: what earlier runs know of them.
//! - [`certain`]: what a function does on every call, not for some arguments only.
//! - [`cancel`]: what is lost when a future is dropped before its end.
//! - [`kernel`]: files that are in memory.
//! - [`once`]: files that are read once.
//! - [`process`]: processes that nobody needs to wait for.
//! - [`discarded`], [`lazy`]: futures that nobody polls, and whether that matters.
//! - [`shipped`]: what is there for tests and debugging only.
//! - [`drops`]: what is dropped where its scope ends.
//! - [`own_limits`]: functions that drop the future that they are given.
//! - [`polled`]: who polls a future that is passed on.
//! - [`polling`]: functions that run where something is polled.
//! - [`profile`]: all of it and more about one function, for whoever asks.
//! - [`streams`]: functions that wait for what they are given.
//! - [`sent`]: messages that nobody misses.
//! - [`startup`]: what runs before a program does several things at once.
//! - [`constructors`]: what a library does where its users set up an object.
//! - [`listening`]: what belongs to the opening of a listener.
//! - [`chosen`]: waits that the code chose, for its other branch hands the same work over.
//! - [`races`]: where futures are dropped before their end, and what becomes of what they worked on.

mod alone;
mod cancel;
mod certain;
mod chosen;
mod constructors;
mod contexts;
mod cpu;
mod deadline;
mod dependencies;
mod device;
mod discarded;
mod drops;
mod exec;
mod failing;
mod forward;
mod hands;
mod held;
mod index;
mod iterated;
mod kernel;
mod lazy;
mod leaving;
mod left;
mod listening;
mod once;
mod outside;
mod own_limits;
mod parts;
mod polled;
mod polling;
mod process;
mod profile;
mod pushed;
mod raced;
mod races;
mod ready;
mod remembered;
mod rounds;
mod sent;
mod serving;
mod shipped;
mod solve;
mod startup;
mod stops;
mod streams;
mod summary;
mod targets;
mod threads;
mod turns;
mod unread;
mod worked_on;

pub(crate) use alone::kept::KeptAlone;
pub(crate) use alone::{Alone, AlonePart};
pub(crate) use cancel::Outcome as CancelOutcome;
pub use cancel::{Belief, BrokenPromise, CancelReason, CancelVerdict, FnVerdict, Promise, VerdictSource};
pub(crate) use cpu::FloatWork;
pub use cpu::{CpuLimits, HeavyLoop};
pub use dependencies::Dependencies;
pub(crate) use dependencies::KeptDependencies;
pub use discarded::{Discarded, How};
pub use drops::Dropped;
pub(crate) use drops::Drops;
pub(crate) use exec::call_args;
pub use exec::{Executed, Executor, Fate, Region, RegionKind};
pub(crate) use forward::Conversions;
pub(crate) use index::KeptFacts;
pub use index::{FactIndex, Lookup};
pub use polled::Polled;
pub use profile::{Caller, Effect, Handle, Lock, Profile, Runner, Runners, Spawned, Wait};
pub use races::{CutBy, CutOperation};
pub use remembered::KnownFns;
pub(crate) use remembered::Remembered;
pub use startup::Startup;
pub use streams::OverStream;
pub(crate) use summary::callee_span;
pub use summary::{CpuWork, Step, StepKind, Summary, Work, call_span};
