//! A lint as data: what it is called, where it belongs and how loud it is.

use std::fmt;

/// The namespace of the lints.
pub const TOOL: &str = "toecap";

/// A lint: a static value with its page.
#[derive(Debug)]
pub struct Lint {
    /// `snake_case`, a noun of the bad pattern.
    pub name: &'static str,
    /// The folder it lives in.
    pub topic: Topic,
    /// Clippy's groups.
    pub group: Group,
    /// Level when nobody says otherwise.
    pub default_level: Level,
    /// One line for `--list`.
    pub summary: &'static str,
    /// The Markdown page.
    pub page: &'static str,
    /// Says nothing in test code by default.
    pub quiet_in_tests: bool,
}

impl Lint {
    /// The name as formats and attributes write it: `toecap::unawaited_future`.
    pub fn code(&self) -> String {
        format!("{TOOL}::{}", self.name)
    }
}

impl PartialEq for Lint {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for Lint {}

/// What kind of harm a lint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Work on the executor's threads.
    Blocking,
    /// What is lost when a future is dropped.
    Cancellation,
    /// Tasks, order and overlap.
    Concurrency,
    /// Code that never does what it says.
    Correctness,
    /// Locks and guards.
    Locks,
}

/// Clippy's groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Wrong on every run that reaches it.
    Correctness,
    /// Most likely wrong.
    Suspicious,
    /// Slow, or makes others slow.
    Perf,
    /// Strict; opt-in.
    Pedantic,
    /// Forbids something that is often right; opt-in.
    Restriction,
    /// Not good enough yet; opt-in.
    Nursery,
}

/// How loudly a lint speaks. A later one is louder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Not at all.
    Allow,
    /// A warning.
    Warn,
    /// An error.
    Deny,
    /// An error that nothing in the source can silence.
    Forbid,
}

impl Level {
    /// As rustc writes it on the command line and in attributes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Allow => "allow",
            Level::Warn => "warn",
            Level::Deny => "deny",
            Level::Forbid => "forbid",
        }
    }
}

impl Group {
    /// All of them, most certain first.
    pub const ALL: [Group; 6] =
        [Group::Correctness, Group::Suspicious, Group::Perf, Group::Pedantic, Group::Restriction, Group::Nursery];

    /// As clippy writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Group::Correctness => "correctness",
            Group::Suspicious => "suspicious",
            Group::Perf => "perf",
            Group::Pedantic => "pedantic",
            Group::Restriction => "restriction",
            Group::Nursery => "nursery",
        }
    }
}

impl Topic {
    /// All of them, by name.
    pub const ALL: [Topic; 5] =
        [Topic::Blocking, Topic::Cancellation, Topic::Concurrency, Topic::Correctness, Topic::Locks];

    /// The name of the folder.
    pub const fn as_str(self) -> &'static str {
        match self {
            Topic::Blocking => "blocking",
            Topic::Cancellation => "cancellation",
            Topic::Concurrency => "concurrency",
            Topic::Correctness => "correctness",
            Topic::Locks => "locks",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
