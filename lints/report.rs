//! Making findings: the words and places that lints have in common.

use toecap_finding::{Confidence, Finding, Label, Lint, Note};
use toecap_ir::{Location, Span};
use toecap_sema::{Analysis, Step, StepKind, TypedBody};

/// A finding without labels, notes and help.
pub(crate) fn finding(lint: &'static Lint, body: &TypedBody, at: Span, message: String, label: String) -> Finding {
    Finding {
        lint,
        primary: body.at(at),
        message,
        label,
        labels: Vec::new(),
        notes: Vec::new(),
        help: Vec::new(),
        fixes: Vec::new(),
        confidence: Confidence::High,
        in_test: body.in_test,
    }
}

/// Findings of a body that may be for tests without being one.
pub(crate) fn with_tests(analysis: &Analysis<'_>, body: &TypedBody, mut findings: Vec<Finding>) -> Vec<Finding> {
    let in_test = !findings.is_empty() && analysis.is_for_tests(body);
    findings.iter_mut().for_each(|found| found.in_test = in_test);
    findings
}

/// One note a step of a chain of calls, the first of which is the finding's own place.
pub(crate) fn chain_notes(finding: &mut Finding, steps: &[Step]) {
    for pair in steps.windows(2) {
        let [outer, inner] = pair else { continue };
        let outer = short_path(&outer.callee);
        let text = match inner.kind {
            StepKind::Call => format!("`{outer}` calls `{}`", inner.callee),
            StepKind::Own => format!("`{outer}` runs {}", inner.callee),
        };
        finding.notes.push(Note { text, at: Some(inner.at) });
    }
}

/// A secondary place.
pub(crate) fn label(finding: &mut Finding, at: Location, text: impl Into<String>) {
    if at.file == finding.primary.file {
        finding.labels.push(Label { at, text: text.into() });
    } else {
        finding.notes.push(Note { text: text.into(), at: Some(at) });
    }
}

/// The last two segments of a path, or the last one of a free function of this crate.
pub(crate) fn short_path(path: &str) -> String {
    let segments: Vec<&str> = path.split("::").collect();
    match segments.as_slice() {
        [.., owner, name] if owner.starts_with(|c: char| c.is_uppercase()) => format!("{owner}::{name}"),
        [.., name] => (*name).to_owned(),
        [] => path.to_owned(),
    }
}

/// What the first call of a chain calls.
pub(crate) fn call_name(first: Option<&Step>) -> String {
    first.map(|s| short_path(&s.callee)).unwrap_or_default()
}
