//! `let guard = mutex.lock().unwrap(); step().await;`

use toecap_finding::{Finding, Group, Level, Lint, Note, Topic};
use toecap_sema::flow::{Held, HeldValue};
use toecap_sema::{Analysis, TypedBody};

use crate::report::{finding, label};

pub(crate) static LINT: Lint = Lint {
    name: "sync_guard_across_await",
    topic: Topic::Locks,
    group: Group::Correctness,
    default_level: Level::Deny,
    summary: "the guard of a blocking lock that is alive while the task waits",
    page: include_str!("sync_guard_across_await.md"),
    quiet_in_tests: true,
};

pub(crate) fn check(analysis: &Analysis<'_>, body: &TypedBody) -> Vec<Finding> {
    analysis.held_across_suspension(body).iter().map(|held| report(analysis, body, held)).collect()
}

fn report(analysis: &Analysis<'_>, body: &TypedBody, held: &Held) -> Finding {
    let world = analysis.world();
    let guard = world.adt(held.guard).name;
    let (message, text) = match held.value {
        HeldValue::Local(local) => (
            format!(
                "`{}` holds a blocking lock (`{guard}`) while the task waits",
                body.types.locals[local.0 as usize].name
            ),
            "the lock is taken here",
        ),
        HeldValue::Temporary(_) => (
            format!("a temporary `{guard}` holds a blocking lock while the task waits"),
            "it lives to the end of the statement or expression around it",
        ),
    };
    let mut found = finding(&LINT, body, held.at, message, text.to_owned());
    for at in &held.across {
        label(&mut found, body.at(*at), "the task waits here");
    }
    let ty = world.short_type(held.ty);
    if ty != guard.as_str() && !ty.starts_with(&format!("{guard}<")) {
        found.notes.push(Note { text: format!("it is inside of a `{ty}`"), at: None });
    }
    if let Some(facts) = analysis.facts().of_type(held.guard).and_then(|f| f.guard()) {
        found.notes.push(Note { text: format!("`{guard}`: {}", facts.why), at: None });
    }
    found.help.push(match held.value {
        HeldValue::Local(_) => "let go of it before: end its scope in a block, or `drop` it".to_owned(),
        HeldValue::Temporary(_) => {
            "bind what you need (cloned or copied) with a `let` of its own first, so that the guard ends there"
                .to_owned()
        }
    });
    found
}
