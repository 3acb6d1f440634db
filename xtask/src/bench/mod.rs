//! `cargo xtask bench DIR..`: what runs cost, beside parsing the same files with syn and nothing else.
//!
//! ```text
//! | package          | parse  | first run    | cold         | one file     | one body     | stat    | nothing changed |
//! | mini-redis-0.4.1 | 0.02 s | 0.45 s 22 ×  | 0.12 s 6.0 × | 0.02 s 0.2 × | 0.03 s 0.3 × | 2.0 ms  | 5.1 ms 2.5 ×    |
//! ```
//! Processor time, user and system, of the process and of what it starts, on one thread; ratios are medians of those of five
//! rounds, in which all kinds take turns, so that a busy machine disturbs them least: of the first run and the cold one to
//! parsing, of one file and one body to the cold run, of no change to looking at the length of every file. Only on Linux.

mod instructions;
mod peers;
mod process;
mod scale;
mod workspace;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use process::{many_seconds, parse_only, seconds, stat_only, toecap};

const ROUNDS: usize = 5;

/// How a run is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Every file is parsed by syn and forgotten.
    Parse,
    /// First run ever.
    First,
    /// Nothing is known of the workspace, everything of its dependencies.
    Cold,
    /// One file has one more line since the last run.
    OneFile,
    /// One function has one more statement since the last run.
    OneBody,
    /// Every file is looked at, and not read.
    Stat,
    /// As after no change.
    Unchanged,
}

/// In the order in which a round makes them: each leaves behind what the next one needs. With what each is held against.
const KINDS: [(Kind, &str, Option<Kind>); 7] = [
    (Kind::Parse, "parse", None),
    (Kind::First, "first run", Some(Kind::Parse)),
    (Kind::Cold, "cold", Some(Kind::Parse)),
    (Kind::OneFile, "one file", Some(Kind::Cold)),
    (Kind::OneBody, "one body", Some(Kind::Cold)),
    (Kind::Stat, "stat", None),
    (Kind::Unchanged, "nothing changed", Some(Kind::Stat)),
];

/// Builds both programs, runs them on each folder, and prints a table.
pub(super) fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let args: Vec<String> = args.collect();
    match args.first().map(String::as_str) {
        None => bail!("name the folders of packages, `scale`, `generate`, `peers` or `instructions`"),
        Some("scale") => return scale::run(&args[1..]),
        Some("generate") => return scale::generate(&args[1..]),
        Some("peers") => return peers::run(&args[1..]),
        Some("instructions") => return instructions::run(&args[1..]),
        Some(_) => {}
    }
    process::build()?;
    let names: Vec<&str> = KINDS.iter().map(|(_, name, _)| *name).collect();
    println!("| package | {} |\n|---|{}", names.join(" | "), "---|".repeat(KINDS.len()));
    for package in args.iter().map(PathBuf::from) {
        let rounds = measure(&package)?;
        let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("| {name} | {} |", cells(&rounds).join(" | "));
    }
    Ok(())
}

/// What each kind took, and the ratio to what it is held against.
fn cells(rounds: &[Vec<f64>]) -> Vec<String> {
    let of_kind = |at: usize| median(rounds.iter().map(|round| round[at]).collect());
    let cell = |(at, (_, _, against)): (usize, &(Kind, &str, Option<Kind>))| {
        let took = took(of_kind(at));
        let Some(other) = against.and_then(|other| KINDS.iter().position(|(kind, _, _)| *kind == other)) else {
            return took;
        };
        let ratio = median(rounds.iter().map(|round| round[at] / round[other].max(1e-4)).collect());
        format!("{took}, {ratio:.2} ×")
    };
    KINDS.iter().enumerate().map(cell).collect()
}

/// For people.
fn took(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Seconds, in the order of [`KINDS`], of every round.
fn measure(package: &Path) -> anyhow::Result<Vec<Vec<f64>>> {
    let cache = tempfile::tempdir()?;
    let mut program = toecap();
    program.args(["-q", "-j1", "--cache-dir"]).arg(cache.path());
    seconds(&mut program, package)?;
    let changed = workspace::largest_analysed(workspace::copy(package)?.path())?;
    (0..ROUNDS).map(|_| round(package, &changed, &mut program)).collect()
}

/// One of each kind; `changed` is the file that changes.
fn round(package: &Path, changed: &Path, cached: &mut Command) -> anyhow::Result<Vec<f64>> {
    // Another folder every time: what is kept of a workspace is kept by its place, what is kept of its dependencies is not.
    let copy = workspace::copy(package)?;
    let copy = copy.path();
    let changed = copy.join(changed);
    let mut found = Vec::with_capacity(KINDS.len());
    for (kind, _, _) in KINDS {
        let once = match kind {
            Kind::Parse => seconds(parse_only().arg("."), copy)?,
            Kind::First => seconds(toecap().args(["-q", "-j1", "--no-cache"]), copy)?,
            Kind::Cold => seconds(cached, copy)?,
            Kind::OneFile => {
                workspace::add_line(&changed)?;
                seconds(cached, copy)?
            }
            Kind::OneBody => {
                workspace::add_statement(&changed)?;
                seconds(cached, copy)?
            }
            Kind::Stat => many_seconds(stat_only().arg("."), copy)?,
            Kind::Unchanged => {
                // What was written a moment ago is not recalled by its age.
                workspace::let_rest();
                seconds(cached, copy)?;
                many_seconds(cached, copy)?
            }
        };
        found.push(once);
    }
    Ok(found)
}
