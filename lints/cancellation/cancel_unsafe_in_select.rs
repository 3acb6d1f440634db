//! `loop { select! { _ = reader.read_line(&mut line) => .., _ = tick.tick() => .. } }`

use toecap_finding::{Confidence, Finding, Group, Level, Lint, Note, Topic};
use toecap_sema::flow::{AfterCancel, WorksOn};
use toecap_sema::{Analysis, CutBy, CutOperation, TypedBody, call_span};

use super::write_cut_by_timeout::is_write_under_timeout;
use crate::report::{call_name, chain_notes, finding, label};

pub(crate) static LINT: Lint = Lint {
    name: "cancel_unsafe_in_select",
    topic: Topic::Cancellation,
    group: Group::Suspicious,
    default_level: Level::Warn,
    summary: "a future that loses a race and takes data with it",
    page: include_str!("cancel_unsafe_in_select.md"),
    quiet_in_tests: false,
};

pub(crate) fn check(analysis: &Analysis<'_>, body: &TypedBody) -> Vec<Finding> {
    let cuts = analysis.cut_operations(body);
    cuts.iter().filter(|cut| !is_write_under_timeout(cut)).map(|cut| report(body, cut)).collect()
}

fn report(body: &TypedBody, cut: &CutOperation) -> Finding {
    let name = call_name(cut.reason.steps.first());
    let when = match cut.by {
        CutBy::Timer | CutBy::Timeout => "when the timer fires first",
        CutBy::Race => "when another branch wins",
        CutBy::OnePoll => "when it is not ready at once",
        CutBy::Token => "when the token is cancelled",
    };
    let place = cut.place.as_deref().map_or("the same source".to_owned(), |p| format!("`{p}`"));
    let message = match cut.reason.writes {
        _ if cut.works_on == WorksOn::Buffer => {
            format!("`{name}` may stop half-way {when}, and {place} is used as if it were filled")
        }
        true => format!("`{name}` may be cut in two {when}: {}", cut.reason.lost),
        false => format!("`{name}` loses data {when}: {}", cut.reason.lost),
    };
    let mut found = finding(&LINT, body, cut.at, message, "this future is dropped half-way".to_owned());
    let cutter = match cut.by {
        CutBy::Timer | CutBy::Timeout => "the timer",
        CutBy::Race => "the branch that may win",
        CutBy::OnePoll | CutBy::Token => "it is dropped here",
    };
    label(&mut found, body.at(cut.cutter), cutter);
    match cut.after {
        AfterCancel::Reused(at) if cut.works_on == WorksOn::Buffer => {
            label(&mut found, body.at(call_span(body, at)), "nobody knows how much of it is there");
        }
        AfterCancel::Reused(at) => {
            let span = call_span(body, at);
            if span != cut.at {
                label(&mut found, body.at(span), format!("{place} is used again"));
            } else {
                found.notes.push(Note {
                    text: format!("the next round starts from nothing: {place} is used again"),
                    at: None,
                });
            }
        }
        _ => {
            found.confidence = Confidence::Medium;
            let text = format!("the function returns as if {place} were where it was before");
            found.notes.push(Note { text, at: None });
        }
    }
    chain_notes(&mut found, &cut.reason.steps);
    found.help.push(help(cut));
    found
}

fn help(cut: &CutOperation) -> String {
    if cut.works_on == WorksOn::Buffer {
        return "return an error or start anew when the other branch wins; or count what has come with `read()`, which loses nothing"
            .to_owned();
    }
    if cut.reason.writes {
        let place = cut.place.as_deref().map_or("the connection".to_owned(), |p| format!("`{p}`"));
        return format!(
            "when the other branch wins, close {place} (`shutdown().await`), drop it or return an error; or write in a task of its own"
        );
    }
    let leaf = cut.reason.steps.last().map(|s| s.callee.as_str()).unwrap_or_default();
    let name = leaf.rsplit("::").next().unwrap_or_default();
    match name {
        "read_line" => {
            "keep a `Lines` outside of the loop (`reader.lines()`) and race its `next_line()`, which loses nothing"
                .to_owned()
        }
        "send" if leaf.contains("mpsc") && leaf.starts_with("tokio") => {
            "race `reserve()` instead, and send with the permit in the branch's body".to_owned()
        }
        _ => "make the future once, outside of the loop, pin it and race `&mut future`; or run it in a task of its own"
            .to_owned(),
    }
}
