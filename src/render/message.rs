//! What all formats print: a finding or a trouble, in the shape of a compiler's diagnostic.

use std::path::Path;

use toecap_finding::{Applicability, Edit, Level, Lint};
use toecap_ir::Location;
use toecap_project::TargetRef;

use crate::session::{Cause, Place, Report, Severity, Trouble};

/// One diagnostic.
#[derive(Debug)]
pub(super) struct Message<'r> {
    pub(super) severity: Severity,
    pub(super) text: &'r str,
    pub(super) lint: Option<&'static Lint>,
    pub(super) path: &'r Path,
    pub(super) place: Place,
    /// The other places with the same cause, in order.
    pub(super) others: Vec<Location>,
    /// At the primary places.
    pub(super) label: &'r str,
    /// Elsewhere in the same or another file.
    pub(super) labels: Vec<(Location, &'r str)>,
    pub(super) children: Vec<Child<'r>>,
    pub(super) target: Option<TargetRef>,
}

/// A note or help that belongs to a [`Message`].
#[derive(Debug)]
pub(super) struct Child<'r> {
    pub(super) kind: ChildKind,
    pub(super) text: String,
    pub(super) at: Option<Location>,
    pub(super) edits: &'r [Edit],
    pub(super) applicability: Applicability,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChildKind {
    Note,
    Help,
    /// A help with edits.
    Fix,
}

/// Findings and troubles together, in order of path and place.
pub(super) fn messages(report: &Report) -> Vec<Message<'_>> {
    let troubles = report.troubles.iter().map(of_trouble);
    let mut messages: Vec<Message<'_>> =
        report.causes().into_iter().map(|cause| of_cause(cause, report)).chain(troubles).collect();
    // Stable: findings come before troubles of the same place.
    messages.sort_by(|a, b| (a.path, a.place.offset()).cmp(&(b.path, b.place.offset())));
    messages
}

fn of_cause<'r>(cause: Cause<'r>, report: &'r Report) -> Message<'r> {
    let Cause { first: settled, others } = cause;
    let finding = &settled.finding;
    let notes = finding.notes.iter().map(|note| Child { at: note.at, ..child(ChildKind::Note, note.text.clone()) });
    let help = finding.help.iter().map(|help| child(ChildKind::Help, help.clone()));
    let fixes = finding.fixes.iter().map(|fix| Child {
        edits: &fix.edits,
        applicability: fix.applicability,
        ..child(ChildKind::Fix, fix.title.clone())
    });
    let lint = child(ChildKind::Note, lint_note(finding.lint, settled.level));
    Message {
        severity: if settled.level >= Level::Deny { Severity::Error } else { Severity::Warning },
        text: &finding.message,
        lint: Some(finding.lint),
        path: report.files.path(finding.primary.file),
        place: Place::At(finding.primary),
        others,
        label: &finding.label,
        labels: finding.labels.iter().map(|label| (label.at, label.text.as_str())).collect(),
        children: notes.chain(help).chain(fixes).chain([lint]).collect(),
        target: settled.target,
    }
}

fn of_trouble(trouble: &Trouble) -> Message<'_> {
    Message {
        severity: trouble.severity,
        text: &trouble.message,
        lint: None,
        path: &trouble.path,
        place: trouble.place,
        others: Vec::new(),
        label: "",
        labels: Vec::new(),
        children: trouble.help.iter().map(|help| child(ChildKind::Help, help.clone())).collect(),
        target: None,
    }
}

fn child<'r>(kind: ChildKind, text: String) -> Child<'r> {
    Child { kind, text, at: None, edits: &[], applicability: Applicability::DisplayOnly }
}

/// As rustc names a lint: in the last note.
fn lint_note(lint: &Lint, level: Level) -> String {
    let why = match level == lint.default_level {
        true => "on by default".to_owned(),
        false => format!("at level `{level}`"),
    };
    format!("`{}`, {why}; see `toecap explain {}`", lint.code(), lint.name)
}

impl Severity {
    /// As rustc writes it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}
