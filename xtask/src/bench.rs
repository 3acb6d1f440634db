//! `cargo xtask bench DIR..`: what runs cost, beside parsing the same files with syn and nothing else.
//!
//! ```text
//! package              parse    no cache          lowered kept      nothing changed
//! lance-index-14.0.2   0.60 s   6.10 s  10.2 x    1.90 s   3.2 x    0.14 s   0.2 x
//! ```
//! Processor time of the process and of what it starts, the median of five runs that take turns. Only on Linux, whose clock
//! for this ticks every 10 ms.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

const ROUNDS: usize = 5;

/// How a run is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Every file is parsed by syn and forgotten.
    Parse,
    /// First run ever.
    NoCache,
    /// As after a change: the IR of files is there, what was found is not, and cargo is asked.
    Lowered,
    /// As after no change.
    Unchanged,
}

const KINDS: [Kind; 4] = [Kind::Parse, Kind::NoCache, Kind::Lowered, Kind::Unchanged];

/// Builds both programs, runs them on each folder, and prints a table.
pub(super) fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let packages: Vec<PathBuf> = args.map(PathBuf::from).collect();
    if packages.is_empty() {
        bail!("name the folders of packages");
    }
    build()?;
    println!("{:<24} {:>8}  {:>17} {:>17} {:>17}", "package", "parse", "no cache", "lowered kept", "nothing changed");
    for package in &packages {
        let medians = measure(package)?;
        let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parse = medians[0].max(0.01);
        print!("{name:<24} {:>6.2} s", medians[0]);
        for seconds in &medians[1..] {
            print!("  {seconds:>6.2} s {:>5.1} x", seconds / parse);
        }
        println!();
    }
    Ok(())
}

fn build() -> anyhow::Result<()> {
    for what in [["--bin", "toecap", "-ptoecap"], ["--example", "parse_only", "-ptoecap-lower"]] {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built =
            Command::new(cargo).args(["build", "--release", "-q"]).args(what).current_dir(super::root()).status()?;
        ensure!(built.success(), "cargo build failed");
    }
    Ok(())
}

/// Medians, in the order of [`KINDS`].
fn measure(package: &Path) -> anyhow::Result<Vec<f64>> {
    let cache = tempfile::tempdir()?;
    once(Kind::Unchanged, package, cache.path())?;
    let mut seconds = vec![Vec::new(); KINDS.len()];
    for _ in 0..ROUNDS {
        for (kind, seconds) in KINDS.into_iter().zip(&mut seconds) {
            if kind == Kind::Lowered {
                forget_answers(cache.path())?;
            }
            seconds.push(once(kind, package, cache.path())?);
        }
    }
    let median = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    Ok(seconds.into_iter().map(median).collect())
}

/// Seconds of one run.
fn once(kind: Kind, package: &Path, cache: &Path) -> anyhow::Result<f64> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| super::root().join("target"), PathBuf::from);
    let release = target.join("release");
    let mut command = match kind {
        Kind::Parse => Command::new(release.join("examples/parse_only")),
        _ => Command::new(release.join("toecap")),
    };
    match kind {
        Kind::Parse => command.arg("."),
        Kind::NoCache => command.args(["-q", "--no-cache"]),
        Kind::Lowered | Kind::Unchanged => command.args(["-q", "--cache-dir"]).arg(cache),
    };
    let before = ticks_of_children()?;
    command.current_dir(package).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    Ok((ticks_of_children()? - before) as f64 / 100.0)
}

fn forget_answers(cache: &Path) -> anyhow::Result<()> {
    for version in std::fs::read_dir(cache)?.filter_map(Result::ok).filter(|entry| entry.path().is_dir()) {
        for file in std::fs::read_dir(version.path())?.filter_map(Result::ok) {
            if file.path().extension().is_some_and(|extension| extension == "answer") {
                std::fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}

/// Processor time, user and system, of all children that have ended.
fn ticks_of_children() -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("only Linux tells the time of children this way")?;
    let fields: Vec<&str> = stat.rsplit_once(')').context("unexpected /proc/self/stat")?.1.split_whitespace().collect();
    let field =
        |at: usize| -> anyhow::Result<u64> { Ok(fields.get(at).context("unexpected /proc/self/stat")?.parse()?) };
    Ok(field(13)? + field(14)?)
}
