//! `async fn f(path: &Path) { if path.exists() { .. } }`

use toecap_finding::{Finding, Group, Level, Lint, Topic};
use toecap_sema::{Analysis, TypedBody, Work};

pub(crate) static LINT: Lint = Lint {
    name: "brief_blocking_in_async",
    topic: Topic::Blocking,
    group: Group::Pedantic,
    default_level: Level::Allow,
    summary: "a look at one directory entry (`path.exists()`, `path.metadata()`) on a thread of the executor",
    page: include_str!("brief_blocking_in_async.md"),
    quiet_in_tests: true,
};

/// Nothing: `blocking_call_in_async` looks at the same calls, and reports those that [`is_its`] is true of for this lint.
pub(crate) fn check(_: &Analysis<'_>, _: &TypedBody) -> Vec<Finding> {
    Vec::new()
}

/// Is it a look at one directory entry, by a method of a path? A function of `std::fs` has a twin in `tokio::fs`, which was forgotten.
pub(super) fn is_its(work: &Work) -> bool {
    work.is_brief() && work.steps.last().is_some_and(|step| step.callee.starts_with("std::path::"))
}
