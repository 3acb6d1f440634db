//! `async fn f(path: &Path) { if path.exists() { .. } }`

use toecap_finding::{Group, Level, Lint, Topic};
use toecap_sema::{Analysis, TypedBody, Work};

pub(crate) static LINT: Lint = Lint {
    name: "brief_blocking_in_async",
    topic: Topic::Blocking,
    group: Group::Pedantic,
    default_level: Level::Allow,
    summary: "a look at one directory entry (`exists`, `metadata`, `create_dir`) on a thread of the executor",
    page: include_str!("brief_blocking_in_async.md"),
    quiet_in_tests: true,
};

/// Is it a look at one directory entry, and not written where the crate otherwise awaits the same: `std::fs::metadata` beside
/// `tokio::fs::read`?
pub(super) fn is_its(analysis: &Analysis<'_>, body: &TypedBody, work: &Work) -> bool {
    let is_of = |krate: &str| work.steps.last().is_some_and(|step| step.callee.starts_with(krate));
    let is_function = is_of("std::fs::") || is_of("fs_err::");
    work.is_brief() && (is_of("std::path::") || is_function && !analysis.works_on_files_async(body))
}
