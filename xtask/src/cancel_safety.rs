//! `cargo xtask cancel-safety DIR..`: for every function whose documentation has a section "Cancel safety", what its
//! implementation says, with its own row of the data hidden; and once more with all rows about these crates hidden.
//!
//! ```text
//! documented  computed     from code alone
//! safe        safe         safe             agree
//! not safe    unsafe       unknown          agree
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use toecap::session::{Inspection, Options, inspect};
use toecap_knowledge::Verdict;
use toecap_project::Request;
use toecap_sema::{Belief, CancelVerdict, FnId};

/// One section.
struct Row {
    krate: String,
    path: String,
    documented: Option<Verdict>,
    computed: Option<CancelVerdict>,
    from_code: Option<CancelVerdict>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Score {
    agree: usize,
    unknown: usize,
    disagree: usize,
}

pub(crate) fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let (flags, dirs): (Vec<String>, Vec<String>) = args.partition(|arg| arg.starts_with('-'));
    if dirs.is_empty() || flags.iter().any(|flag| flag != "--all") {
        bail!("usage: cargo xtask cancel-safety [--all] DIR..");
    }
    if !flags.is_empty() {
        return dirs.iter().try_for_each(|dir| list(&std::path::absolute(dir)?));
    }
    let mut rows = Vec::new();
    for dir in &dirs {
        rows.extend(sections(&std::path::absolute(dir)?).with_context(|| format!("couldn't analyse `{dir}`"))?);
    }
    rows.sort_by(|a, b| (&a.krate, &a.path).cmp(&(&b.krate, &b.path)));
    rows.dedup_by(|a, b| a.krate == b.krate && a.path == b.path);
    print(&rows);
    Ok(())
}

fn sections(dir: &Path) -> anyhow::Result<Vec<Row>> {
    Ok(inspect(&options(dir), rows_of)?)
}

fn options(dir: &Path) -> Options {
    let mut request = Request::new(dir);
    request.workspace = true;
    request.offline = true;
    request.features.all_features = true;
    Options { request, ..Options::default() }
}

/// Every function with a verdict, documented or not, with its witness.
fn list(dir: &Path) -> anyhow::Result<()> {
    let lines = |inspection: &Inspection<'_>| {
        let analysis = inspection.analysis;
        let owners = analysis.bodies().filter_map(|body| match body.owner {
            toecap_sema::BodyOwner::Fn(f) => Some(f),
            toecap_sema::BodyOwner::Const(_) => None,
        });
        let verdicts = owners.filter(|f| makes_future(analysis, *f)).map(|f| {
            let verdict = analysis.implementation_verdict(f, Belief::All);
            let steps = verdict.iter().filter_map(|v| v.reason.as_ref()).flat_map(|r| &r.steps);
            let steps: Vec<&str> = steps.map(|s| s.callee.as_str()).collect();
            format!("{}: {}; {}", analysis.world().fn_name(f), text(verdict.as_ref()), steps.join(" -> "))
        });
        verdicts.collect::<Vec<String>>()
    };
    let lines = inspect(&options(dir), lines)?;
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// An `async fn`, one that returns a future, or a `poll` function.
fn makes_future(analysis: &toecap_sema::Analysis<'_>, f: FnId) -> bool {
    analysis.is_async_like(f) || analysis.implementation_verdict(f, Belief::All).is_some()
}

fn rows_of(inspection: &Inspection<'_>) -> Vec<Row> {
    let analysis = inspection.analysis;
    let world = analysis.world();
    let row = |(f, promise): (FnId, Option<toecap_sema::Promise>)| Row {
        krate: world.input(f.krate).name.to_string(),
        path: world.fn_name(f),
        documented: promise.map(|p| p.verdict),
        computed: analysis.implementation_verdict(f, Belief::All),
        from_code: analysis.implementation_verdict(f, Belief::Code),
    };
    analysis.documented_cancel_safety().into_iter().map(row).collect()
}

fn print(rows: &[Row]) {
    println!("| function | documented | computed | from code alone | |");
    println!("| --- | --- | --- | --- | --- |");
    let mut scores: BTreeMap<&str, (Score, Score)> = BTreeMap::new();
    for row in rows {
        let says = match row.documented {
            Some(Verdict::Unsafe) => "not safe",
            Some(verdict) => verdict.as_str(),
            None => "it depends",
        };
        let score = scores.entry(&row.krate).or_default();
        let outcome = count(&mut score.0, row.documented, row.computed.as_ref());
        count(&mut score.1, row.documented, row.from_code.as_ref());
        let (computed, from_code) = (text(row.computed.as_ref()), text(row.from_code.as_ref()));
        println!("| `{}` | {says} | {computed} | {from_code} | {outcome} |", row.path);
    }
    println!("\n| crate | agree | unknown | disagree | from code alone: agree | unknown | disagree |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (krate, (own, code)) in &scores {
        println!(
            "| {krate} | {} | {} | {} | {} | {} | {} |",
            own.agree, own.unknown, own.disagree, code.agree, code.unknown, code.disagree
        );
    }
}

fn count(score: &mut Score, documented: Option<Verdict>, computed: Option<&CancelVerdict>) -> &'static str {
    // Losing one's place in a queue, or the count of what was done, is what the sections of safe functions talk about.
    let documented = documented.map(|d| d <= Verdict::LosesPlace);
    let computed = computed.map(|c| c.verdict <= Verdict::LosesPlace);
    let (slot, word) = match (documented, computed) {
        (Some(documented), Some(computed)) if documented == computed => (&mut score.agree, "agree"),
        (Some(_), Some(_)) => (&mut score.disagree, "**disagree**"),
        _ => (&mut score.unknown, "unknown"),
    };
    *slot += 1;
    word
}

fn text(verdict: Option<&CancelVerdict>) -> String {
    let Some(verdict) = verdict else { return "unknown".to_owned() };
    match &verdict.reason {
        Some(reason) if verdict.verdict > Verdict::LosesPlace => format!("{}: {}", verdict.verdict, reason.lost),
        _ => verdict.verdict.to_string(),
    }
}
