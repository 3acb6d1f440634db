//! `cargo xtask bench DIR..`: what runs cost, beside parsing the same files with syn and nothing else.
//!
//! ```text
//! package           parse    first run       workspace cold   one file         lowered kept     nothing changed
//! mini-redis-0.4.1  0.02 s   0.45 s  22 x    0.12 s  6.0 x    0.11 s  5.5 x    0.11 s  5.5 x    0.02 s  1.0 x
//! ```
//! Processor time of the process and of what it starts, on one thread; ratios are medians of those of five rounds, in which all
//! kinds take turns. Only on Linux, whose clock for this ticks every 10 ms.

mod instructions;
mod process;
mod scale;
mod workspace;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use process::{parse_only, seconds, toecap};

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
    /// The IR of files is there, what was found is not, and cargo is asked.
    Lowered,
    /// As after no change.
    Unchanged,
}

/// In the order in which a round makes them: each leaves behind what the next one needs.
const KINDS: [(Kind, &str); 6] = [
    (Kind::Parse, "parse"),
    (Kind::First, "first run"),
    (Kind::Cold, "workspace cold"),
    (Kind::OneFile, "one file"),
    (Kind::Lowered, "lowered kept"),
    (Kind::Unchanged, "nothing changed"),
];

/// Builds both programs, runs them on each folder, and prints a table.
pub(super) fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let args: Vec<String> = args.collect();
    match args.first().map(String::as_str) {
        None => bail!("name the folders of packages, `scale`, `generate` or `instructions`"),
        Some("scale") => return scale::run(&args[1..]),
        Some("generate") => return scale::generate(&args[1..]),
        Some("instructions") => return instructions::run(&args[1..]),
        Some(_) => {}
    }
    process::build()?;
    print!("{:<24} {:>8}", "package", KINDS[0].1);
    KINDS[1..].iter().for_each(|(_, name)| print!(" {name:>17}"));
    println!();
    for package in args.iter().map(PathBuf::from) {
        let rounds = measure(&package)?;
        let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let of_kind = |at: usize| median(rounds.iter().map(|round| round[at]).collect());
        print!("{name:<24} {:>6.2} s", of_kind(0));
        for at in 1..KINDS.len() {
            let ratio = median(rounds.iter().map(|round| round[at] / round[0].max(0.01)).collect());
            print!("  {:>6.2} s {ratio:>5.1} x", of_kind(at));
        }
        println!();
    }
    Ok(())
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
    (0..ROUNDS).map(|_| round(package, cache.path(), &mut program)).collect()
}

fn round(package: &Path, cache: &Path, cached: &mut Command) -> anyhow::Result<Vec<f64>> {
    // Another folder every time: what is kept of a workspace is kept by its place, what is kept of its dependencies is not.
    let copy = workspace::copy(package)?;
    let copy = copy.path();
    let mut found = Vec::with_capacity(KINDS.len());
    for (kind, _) in KINDS {
        let once = match kind {
            Kind::Parse => seconds(parse_only().arg("."), copy)?,
            Kind::First => seconds(toecap().args(["-q", "-j1", "--no-cache"]), copy)?,
            Kind::Cold | Kind::Unchanged => seconds(cached, copy)?,
            Kind::OneFile => {
                let file = workspace::largest_file(copy)?.context("a package without Rust files")?;
                writeln!(std::fs::File::options().append(true).open(file)?, "// one more line")?;
                seconds(cached, copy)?
            }
            Kind::Lowered => {
                workspace::forget_answers(cache)?;
                let once = seconds(cached, copy)?;
                // What was written a moment ago is not replayed by its age.
                workspace::let_rest();
                seconds(cached, copy)?;
                once
            }
        };
        found.push(once);
    }
    Ok(found)
}
