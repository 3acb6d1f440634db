//! A finding, with everything that any format may want to say of it.

use serde::{Deserialize, Serialize};
use toecap_ir::Location;

use crate::Lint;

/// How sure the analysis is, apart from how bad it would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Label {
    /// Where.
    pub at: Location,
    /// What.
    pub text: String,
}

/// A note, perhaps with a place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Note {
    /// What.
    pub text: String,
    /// Where; may be in a file outside the workspace.
    pub at: Option<Location>,
}

/// An edit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fix {
    /// What it does, as an imperative.
    pub title: String,
    /// All of them or none.
    pub edits: Vec<Edit>,
    /// Whether a machine may apply it.
    pub applicability: Applicability,
}

/// Replace a range by a text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Edit {
    /// What goes.
    pub at: Location,
    /// What comes.
    pub text: String,
}

/// rustc's applicability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Applicability {
    /// Right and keeps the meaning that was intended.
    MachineApplicable,
    /// A person should look.
    MaybeIncorrect,
    /// Shown only.
    DisplayOnly,
}
