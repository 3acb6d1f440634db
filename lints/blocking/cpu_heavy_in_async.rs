//! `async fn login(..) { bcrypt::verify(..) }`

use std::cell::LazyCell;

use toecap_finding::{Finding, Group, Level, Lint, Note, Topic};
use toecap_sema::{Analysis, Executor, TypedBody, Work};

use crate::report::{chain_notes, finding, short_path, with_tests};

pub(crate) static LINT: Lint = Lint {
    name: "cpu_heavy_in_async",
    topic: Topic::Blocking,
    group: Group::Perf,
    default_level: Level::Warn,
    summary: "computing for milliseconds or more between two awaits",
    page: include_str!("cpu_heavy_in_async.md"),
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
        let Some(work) = analysis.effect_of(body, call, callee).burns else { continue };
        findings.push(report(body, analysis.callee_span(body, call.expr), &work));
    }
    for region in regions.iter().copied() {
        let startup = LazyCell::new(|| analysis.startup(body, region));
        let mut calls = Vec::new();
        executor.executed(region.root, &mut |call| calls.push(call));
        for mut call in calls {
            // A loop that suspends gives the thread back in every round.
            call.loops.retain(|l| !executor.gives_way(*l));
            let Some(callee) = call.callee(body) else { continue };
            let Some(work) = analysis.effect_of(body, &call, callee).burns else { continue };
            let at = analysis.callee_span(body, call.expr);
            // A key, a password: it takes as long as that takes. How long a loop takes nobody knows.
            let is_early = startup.covers(call.expr) || work.facts.is_some() && analysis.is_bounded(body, call.expr);
            if is_early {
                continue;
            }
            findings.push(report(body, at, &work));
        }
        for heavy in analysis.heavy_loops(body, region) {
            if startup.covers(heavy.outer) {
                continue;
            }
            let (does, inner) = match heavy.converges {
                true => (
                    "iterates floating-point arithmetic until it converges, for every element,".to_owned(),
                    "the loop that converges",
                ),
                false => (
                    format!("runs floating-point arithmetic in loops {} deep", in_words(heavy.depth)),
                    "the innermost loop",
                ),
            };
            let message = format!("this loop {does} on a thread of the executor");
            let mut found =
                finding(&LINT, body, heavy.outer_at, message, "nothing else runs on this thread meanwhile".to_owned());
            crate::report::label(&mut found, body.at(heavy.inner_at), inner);
            found.help.push(HELP.to_owned());
            findings.push(found);
        }
    }
    with_tests(analysis, body, findings)
}

fn in_words(depth: usize) -> String {
    const WORDS: [&str; 4] = ["two", "three", "four", "five"];
    depth.checked_sub(2).and_then(|n| WORDS.get(n)).map_or_else(|| depth.to_string(), |word| (*word).to_owned())
}

const HELP: &str = "compute on a blocking thread (`tokio::task::spawn_blocking(move || ..).await`) or a pool such as rayon's, and await the result";

fn report(body: &TypedBody, at: toecap_ir::Span, work: &Work) -> Finding {
    let leaf = work.steps.last().map(|s| s.callee.as_str()).unwrap_or_default();
    let called = work.steps.first().map(|s| short_path(&s.callee)).unwrap_or_default();
    let message = match work.facts {
        Some(_) if work.steps.len() > 1 => {
            format!("call of `{called}` computes for long on a thread of the executor: it leads to `{leaf}`")
        }
        Some(_) => format!("`{leaf}` computes for long on a thread of the executor"),
        None => format!("call of `{called}` computes for long on a thread of the executor"),
    };
    let mut found = finding(&LINT, body, at, message, "nothing else runs on this thread meanwhile".to_owned());
    if !work.what.is_empty() {
        found.notes.push(Note { text: format!("it {}", work.what), at: None });
    }
    chain_notes(&mut found, &work.steps);
    match work.blocking() {
        Some(blocking) => {
            if !blocking.why.is_empty() {
                found.notes.push(Note { text: format!("`{leaf}`: {}", blocking.why), at: None });
            }
            found.help.push(HELP.to_owned());
        }
        None => found.help.push(HELP.to_owned()),
    }
    found
}
