//! `notify(user);` where `notify` is an `async fn`

use toecap_finding::{Applicability, Edit, Finding, Fix, Group, Level, Lint, Note, Topic};
use toecap_ir::Span;
use toecap_sema::{Analysis, Discarded, How, TypedBody};

use crate::report::finding;

pub(crate) static LINT: Lint = Lint {
    name: "unawaited_future",
    topic: Topic::Correctness,
    group: Group::Correctness,
    default_level: Level::Deny,
    summary: "a future that is made and dropped without being polled: its body never runs",
    page: include_str!("unawaited_future.md"),
    quiet_in_tests: false,
};

pub(crate) fn check(analysis: &Analysis<'_>, body: &TypedBody) -> Vec<Finding> {
    analysis.discarded_futures(body).iter().map(|d| report(body, d)).collect()
}

fn report(body: &TypedBody, discarded: &Discarded) -> Finding {
    let what = match &discarded.made_by {
        Some(name) => format!("the future that `{name}` makes"),
        None => "this future".to_owned(),
    };
    let message = match discarded.how {
        How::Statement | How::Underscore | How::Unread | How::Overwritten => {
            format!("{what} is never polled, so its body never runs")
        }
        How::Wrapped => format!("{what} ends up in a value that is dropped, so its body never runs"),
        How::Closure => format!("{what} is the result of a closure that nobody polls, so its body never runs"),
    };
    let label = match discarded.how {
        How::Statement => "dropped at the end of this statement",
        How::Underscore => "`let _` drops it at once",
        How::Unread => "bound to a variable that is never used",
        How::Overwritten => "dropped when the variable gets another value",
        How::Wrapped => "dropped together with the value around it",
        How::Closure => "returned by the closure and dropped",
    };
    let mut found = finding(&LINT, body, discarded.at, message, label.to_owned());
    if let Some(ty) = &discarded.ty {
        found.notes.push(Note { text: format!("its type is `{ty}`"), at: None });
    }
    match discarded.how {
        How::Statement | How::Underscore | How::Unread | How::Overwritten if discarded.can_await => {
            found.help.push("await it: add `.await`".to_owned());
            if !discarded.whole.is_expanded() {
                let end = Span::empty(discarded.whole.hi());
                found.fixes.push(Fix {
                    title: "await the future".to_owned(),
                    edits: vec![Edit { at: body.at(end), text: ".await".to_owned() }],
                    applicability: if discarded.how == How::Statement && discarded.output_is_unit {
                        Applicability::MachineApplicable
                    } else {
                        Applicability::MaybeIncorrect
                    },
                });
            }
        }
        How::Wrapped => {
            found
                .help
                .push("take the future out and await it, as in `if let Some(x) = value { f(x).await; }`".to_owned());
        }
        How::Closure => found.help.push("call a function that awaits (or blocks on) the future inside".to_owned()),
        _ => found.help.push("await it in async code, or hand it to an executor".to_owned()),
    }
    found
}
