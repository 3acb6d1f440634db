//! What the tool knows of the APIs that async code calls, as data.
//!
//! ```text
//! async fn load(rx: &mut tokio::sync::mpsc::Receiver<PathBuf>) -> io::Result<String> {
//!     let path = rx.recv().await;             // cancel: safe, loses nothing
//!     std::fs::read_to_string(path.unwrap())  // blocking: io, always; use `tokio::fs` instead
//! }
//! ```
//!
//! `data/<crate>.csv` holds one row per (path, topic), sorted, each with its source. A path is the *public* path of an item; who
//! analyses code resolves it through the re-exports of the crate to the place of its definition, for which [`crate_facts`] gives the
//! paths already taken apart. Where the sources of a crate cannot be seen, [`fact`] looks a public path up as it is written, with
//! the re-exports of facade crates (topic `alias`) applied.
//!
//! The columns are `path,topic,kind,grade,why,instead,made_by,send,note,source`; which of them a topic uses, and their values, is
//! said at the type of the topic: [`Blocking`], [`Cancel`], [`Point`], [`Guard`], [`Spawn`], [`Timer`], [`Eager`], [`Ending`],
//! [`Ready`], [`InMemory`], [`Take`], [`Complete`] and [`Alias`].
//!
//! `macros/<crate>.tmpl` says what the procedural macros of a crate write, see [`macro_templates`].
//!
//! A crate's file is parsed when something is first asked of that crate, once per process. Users' own rows come in an [`Overlay`],
//! and [`Knowledge`] answers from both.

mod csv;
mod fact;
mod macros;
mod overlay;
mod path;
mod row;
mod spelled;
mod table;
#[cfg(test)]
mod tests;

pub use fact::{
    Alias, BlockKind, Blocking, Cancel, Complete, Cost, Eager, EagerKind, Ending, EndingKind, Fact, Guard, GuardKind,
    GuardLevel, InMemory, OnDrop, Panics, Point, PointKind, Ready, SendKind, Spawn, SpawnKind, Take, TakeKind, Timer,
    TimerKind, Topic, Verdict,
};
pub use macros::{MacroKind, has_template, macro_templates, templates};
pub use overlay::{Knowledge, Offloads, Overlay, UserRow};
pub use path::{FactPath, PathError};
pub use row::RowError;
pub use spelled::Unknown;
pub use table::{CrateFacts, Entry, Facts, crate_facts, crates, fact};

/// Text of a fact: borrowed from the built-in data, owned when it comes from a user's row.
pub type Text = std::borrow::Cow<'static, str>;
