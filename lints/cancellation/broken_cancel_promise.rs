//! `/// # Cancel safety: this method is cancel safe` over `{ let job = rx.recv().await; run(&job).await }`

use toecap_finding::{Finding, Group, Level, Lint, Note, Topic};
use toecap_sema::{Analysis, BrokenPromise, CancelReason, TypedBody};

use crate::report::{call_name, chain_notes, finding, label, short_path};

pub(crate) static LINT: Lint = Lint {
    name: "broken_cancel_promise",
    topic: Topic::Cancellation,
    group: Group::Suspicious,
    default_level: Level::Warn,
    summary: "documentation that promises cancel safety, over code that loses data",
    page: include_str!("broken_cancel_promise.md"),
    quiet_in_tests: true,
};

pub(crate) fn check(analysis: &Analysis<'_>, body: &TypedBody) -> Vec<Finding> {
    analysis.broken_promise(body).and_then(|broken| report(analysis, body, &broken)).into_iter().collect()
}

fn report(analysis: &Analysis<'_>, body: &TypedBody, broken: &BrokenPromise) -> Option<Finding> {
    let reason = broken.cancel.reason.as_deref()?;
    let name = short_path(&analysis.world().fn_name(broken.of));
    let message =
        format!("`{name}` is documented as cancel safe, but dropping its future half-way loses {}", reason.lost);
    let mut found = finding(&LINT, body, broken.at, message, "this promise is not kept".to_owned());
    if let Some(method) = broken.by_trait {
        let promising = short_path(&analysis.world().fn_name(method));
        found.notes.push(Note { text: format!("the promise is `{promising}`'s, for all that implement it"), at: None });
    }
    where_it_is_lost(&mut found, reason);
    chain_notes(&mut found, &reason.steps);
    found.help.push(
        "keep what was taken in a place that outlives the future (a field, a buffer of the caller's) until nothing is awaited \
         any more; or document what is lost"
            .to_owned(),
    );
    Some(found)
}

fn where_it_is_lost(found: &mut Finding, reason: &CancelReason) {
    if let Some(first) = reason.steps.first() {
        let text = match (reason.held_at, reason.writes) {
            (Some(_), _) => format!("`{}` takes it here", call_name(Some(first))),
            (None, true) => "a drop cuts this in two".to_owned(),
            (None, false) => "a drop cuts this half-way".to_owned(),
        };
        label(found, first.at, text);
    }
    if let Some(held_at) = reason.held_at {
        label(found, held_at, "it is lost when the future is dropped here");
    }
}
