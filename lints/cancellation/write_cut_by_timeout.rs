//! `let _ = timeout(limit, stream.write_all(message)).await;`

use toecap_finding::{Confidence, Finding, Group, Level, Lint, Note, Topic};
use toecap_sema::flow::AfterCancel;
use toecap_sema::{Analysis, CutBy, CutOperation, TypedBody, call_span};

use crate::report::{call_name, chain_notes, finding, label};

pub(crate) static LINT: Lint = Lint {
    name: "write_cut_by_timeout",
    topic: Topic::Cancellation,
    group: Group::Suspicious,
    default_level: Level::Warn,
    summary: "a write that a timer may cut in two, on a connection that is used again",
    page: include_str!("write_cut_by_timeout.md"),
    quiet_in_tests: false,
};

pub(crate) fn check(analysis: &Analysis<'_>, body: &TypedBody) -> Vec<Finding> {
    let cuts = analysis.cut_operations(body);
    cuts.iter().filter(|cut| is_write_under_timeout(cut)).map(|cut| report(body, cut)).collect()
}

/// Such a cut is this lint's; every other one is `cancel_unsafe_in_select`'s.
pub(crate) fn is_write_under_timeout(cut: &CutOperation) -> bool {
    cut.by == CutBy::Timeout && cut.reason.writes
}

fn report(body: &TypedBody, cut: &CutOperation) -> Finding {
    let name = call_name(cut.reason.steps.first());
    let place = cut.place.as_deref().map_or("the connection".to_owned(), |p| format!("`{p}`"));
    let message = match cut.after {
        AfterCancel::LeftToCaller => {
            format!("`{name}` may be cut in two by a timer, and the function returns as if {place} were intact")
        }
        _ => format!("`{name}` may be cut in two by a timer, and {place} is used again"),
    };
    let mut found =
        finding(&LINT, body, cut.at, message, "half of it may have been sent when the timer fires".to_owned());
    label(&mut found, body.at(cut.cutter), "the timer");
    if let AfterCancel::Reused(at) = cut.after {
        let span = call_span(body, at);
        if span != cut.at {
            label(&mut found, body.at(span), "what follows starts in the middle of the cut message");
        } else {
            found.notes.push(Note {
                text: "the next round of the loop writes in the middle of the cut message".to_owned(),
                at: None,
            });
        }
    } else {
        found.confidence = Confidence::Medium;
    }
    chain_notes(&mut found, &cut.reason.steps);
    found.notes.push(Note { text: format!("lost when it is dropped: {}", cut.reason.lost), at: None });
    found.help.push(format!(
        "when the timer wins, close {place} (`shutdown().await`), drop it or return an error; or write in a task of its own"
    ));
    found
}
