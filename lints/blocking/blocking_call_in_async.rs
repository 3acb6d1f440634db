//! `async fn f() { std::fs::read("x") }`

use std::cell::LazyCell;

use toecap_finding::{Finding, Group, Level, Lint, Topic};
use toecap_knowledge::BlockKind;
use toecap_sema::{Analysis, Dropped, Executor, TypedBody, Work};

use super::brief_blocking_in_async;
use crate::report::{chain_notes, finding, label, short_path, with_tests};

pub(crate) static LINT: Lint = Lint {
    name: "blocking_call_in_async",
    topic: Topic::Blocking,
    group: Group::Suspicious,
    default_level: Level::Warn,
    summary: "a call that waits (file, socket, sleep, process, channel) on a thread of the executor",
    page: include_str!("blocking_call_in_async.md"),
    quiet_in_tests: true,
};

pub(crate) fn check(analysis: &Analysis<'_>, body: &TypedBody) -> Vec<Finding> {
    let executor = Executor::new(analysis, body);
    let regions = executor.regions();
    let started = executor.started();
    let mut findings = Vec::new();
    if regions.is_empty() && started.is_empty() || analysis.is_single_task(body) {
        return findings;
    }
    for call in &started {
        let Some(callee) = call.callee(body) else { continue };
        let Some(work) = analysis.effect_of(body, call, callee).blocks else { continue };
        findings.push(report(&LINT, body, analysis.callee_span(body, call.expr), &work, true));
    }
    for region in regions.iter().copied() {
        let startup = LazyCell::new(|| analysis.startup(body, region));
        let mut calls = Vec::new();
        executor.executed(region.root, &mut |call| calls.push(call));
        for call in calls {
            let Some(callee) = call.callee(body) else { continue };
            let Some(work) = analysis.effect_of(body, &call, callee).blocks else { continue };
            let at = analysis.callee_span(body, call.expr);
            let is_early = match work.blocking().map(|b| b.kind) {
                Some(BlockKind::Sleep) => startup.covers_sleep(call.expr),
                Some(BlockKind::Io) => {
                    startup.covers_files(call.expr, work.steps.len() == 1) || analysis.is_bounded(body, call.expr)
                }
                Some(BlockKind::User) => analysis.asks_the_only_user(&executor, &call) || startup.covers(call.expr),
                Some(kind) if kind == BlockKind::Process || joins_thread(&work) => {
                    startup.covers(call.expr) || analysis.is_bounded(body, call.expr)
                }
                _ => startup.covers(call.expr),
            };
            if is_early {
                continue;
            }
            let is_async = body.types.futures.contains_key(&call.expr);
            let is_brief =
                brief_blocking_in_async::is_its(&work) || work.is_short() && executor.runs_on_failure(call.expr);
            let lint = if is_brief { &brief_blocking_in_async::LINT } else { &LINT };
            findings.push(report(lint, body, at, &work, is_async));
        }
        for dropped in analysis.dropped_in(body, region.root) {
            let Some(work) = analysis.work_of_drop(body, &dropped) else { continue };
            if !startup.covers(dropped.scope) {
                findings.push(report_drop(body, &dropped, &work));
            }
        }
    }
    with_tests(analysis, body, findings)
}

/// A thread ends like a process.
fn joins_thread(work: &Work) -> bool {
    work.steps.last().is_some_and(|step| step.callee == "std::thread::JoinHandle::join")
}

fn report_drop(body: &TypedBody, dropped: &Dropped, work: &Work) -> Finding {
    let leaf = work.steps.last().map(|s| s.callee.as_str()).unwrap_or_default();
    let name = &dropped.name;
    let message = format!("dropping `{name}` blocks a thread of the executor: it leads to `{leaf}`");
    let mut found = finding(&LINT, body, dropped.at, message, "its `Drop` blocks".to_owned());
    label(&mut found, body.at(dropped.end), format!("`{name}` is dropped here"));
    chain_notes(&mut found, &work.steps);
    found.help.push(format!(
        "drop it where blocking is fine: `tokio::task::spawn_blocking(move || drop({name})).await`; or give its type an async \
         way to close"
    ));
    found
}

fn report(lint: &'static Lint, body: &TypedBody, at: toecap_ir::Span, work: &Work, is_async: bool) -> Finding {
    let leaf = work.steps.last().map(|s| s.callee.as_str()).unwrap_or_default();
    let called = work.steps.first().map(|s| short_path(&s.callee)).unwrap_or_default();
    let blocking = work.blocking();
    let (message, label) = if work.steps.len() > 1 {
        (
            format!("call of `{called}` blocks a thread of the executor: it leads to `{leaf}`"),
            format!("this leads to `{leaf}`, which blocks"),
        )
    } else {
        (format!("`{leaf}` blocks a thread of the executor"), "every other task on this thread stops".to_owned())
    };
    let mut found = finding(lint, body, at, message, label);
    chain_notes(&mut found, &work.steps);
    if let Some(blocking) = blocking {
        if !blocking.why.is_empty() {
            found.notes.push(toecap_finding::Note { text: format!("`{leaf}`: {}", blocking.why), at: None });
        }
        found.help.push(match is_async {
            true => format!(
                "`{called}` is async and blocks all the same: tell its authors, or await it on a runtime of its own \
                 (`spawn_blocking(move || handle.block_on({called}(..)))`)"
            ),
            false => help(work, blocking.kind, &blocking.alternative),
        });
    }
    found
}

fn help(work: &Work, kind: BlockKind, alternative: &str) -> String {
    if work.steps.len() > 1 {
        let first = work.steps.first().map(|s| short_path(&s.callee)).unwrap_or_default();
        return format!("run `{first}` on a blocking thread: `tokio::task::spawn_blocking(move || {first}(..)).await`");
    }
    match (alternative.is_empty(), kind) {
        (false, _) => format!("use {}", code(alternative)),
        (true, _) => "run it on a blocking thread: `tokio::task::spawn_blocking(move || ..).await`".to_owned(),
    }
}

fn code(alternative: &str) -> String {
    if alternative.contains('`') || alternative.contains(' ') {
        alternative.to_owned()
    } else {
        format!("`{alternative}`")
    }
}
