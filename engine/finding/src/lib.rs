//! What lints report: values only, no formats and no I/O.

use toecap_ir::Location;

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

/// How loudly a lint speaks.
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

/// How sure the analysis is, apart from how bad it would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// A step was assumed.
    Medium,
    /// Every step was seen.
    High,
}

/// One thing worth telling.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which lint.
    pub lint: &'static Lint,
    /// The smallest guilty token.
    pub primary: Location,
    /// What is wrong: rustc's style, lower case, no full stop; makes sense alone on one line.
    pub message: String,
    /// What to write at the primary place; may be empty.
    pub label: String,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// The chain and what else should be known, in order.
    pub notes: Vec<Note>,
    /// What to write instead.
    pub help: Vec<String>,
    /// Edits.
    pub fixes: Vec<Fix>,
    /// How sure.
    pub confidence: Confidence,
    /// Lies in a test, bench, example or build script, or under `cfg(test)`.
    pub in_test: bool,
}

/// A secondary place.
#[derive(Debug, Clone)]
pub struct Label {
    /// Where.
    pub at: Location,
    /// What.
    pub text: String,
}

/// A note, perhaps with a place.
#[derive(Debug, Clone)]
pub struct Note {
    /// What.
    pub text: String,
    /// Where; may be in a file outside the workspace.
    pub at: Option<Location>,
}

/// An edit.
#[derive(Debug, Clone)]
pub struct Fix {
    /// What it does, as an imperative.
    pub title: String,
    /// All of them or none.
    pub edits: Vec<Edit>,
    /// Whether a machine may apply it.
    pub applicability: Applicability,
}

/// Replace a range by a text.
#[derive(Debug, Clone)]
pub struct Edit {
    /// What goes.
    pub at: Location,
    /// What comes.
    pub text: String,
}

/// rustc's applicability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    /// Right and keeps the meaning that was intended.
    MachineApplicable,
    /// A person should look.
    MaybeIncorrect,
    /// Shown only.
    DisplayOnly,
}
