//! `cargo xtask bench peers DIR`: a run that knows nothing of the workspace, beside other tools on the same folder.
//!
//! ```text
//! | tool                  | its run | toecap's | ratio |
//! | cargo-async-doctor    | 0.41 s  | 0.62 s   | 1.51 × |
//! ```
//! Those that are in `PATH` take part. Processor time of all that each starts; every one is paired with a run of toecap beside it,
//! and ratios are medians of five. Where a run of clippy from nothing takes minutes, one must do.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use super::process::{self, seconds, toecap};
use super::{median, took, workspace};

const ROUNDS: usize = 5;

/// Fifteen patterns of the kind that lints of async code begin with.
const RULES: [&str; 15] = [
    "std::fs::read($A)",
    "std::fs::write($A, $B)",
    "std::fs::read_to_string($A)",
    "std::thread::sleep($A)",
    "$A.lock().unwrap()",
    "$A.read().unwrap()",
    "$A.write().unwrap()",
    "tokio::spawn($A)",
    "tokio::time::timeout($A, $B).await",
    "$A.send($B).await",
    "let _ = $A;",
    "$A.read_line($B).await",
    "futures::executor::block_on($A)",
    "$A.blocking_recv()",
    "std::process::Command::new($A)",
];

pub(super) fn run(args: &[String]) -> anyhow::Result<()> {
    let [package] = args else { bail!("name the folder of one package") };
    process::build()?;
    let package = PathBuf::from(package);
    let copy = workspace::copy(&package)?;
    let dir = copy.path();
    println!("| tool | its run | toecap's | ratio |\n|---|---|---|---|");
    let cache = tempfile::tempdir()?;
    seconds(toecap().args(["-q", "-j1", "--cache-dir"]).arg(cache.path()), &package)?;
    for (name, program, args) in [
        ("cargo-async-doctor", "cargo-async-doctor", &["async-doctor"][..]),
        ("rust-doctor", "rust-doctor", &["."][..]),
    ] {
        if is_there(program) {
            pairs(name, cache.path(), &package, &mut || seconds(Command::new(program).args(args), dir))?;
        }
    }
    if is_there("ast-grep") {
        let rules = dir.join("rules.yml");
        std::fs::write(&rules, rules_text())?;
        let scan = || seconds(Command::new("ast-grep").args(["scan", "-j1", "--rule"]).arg(&rules), dir);
        pairs("ast-grep, 15 rules", cache.path(), &package, &mut || scan())?;
    }
    clippy(cache.path(), &package, dir)
}

fn clippy(cache: &Path, package: &Path, dir: &Path) -> anyhow::Result<()> {
    let target = tempfile::tempdir()?;
    let clippy = || {
        let mut command = Command::new("cargo");
        command.args(["clippy", "--offline", "--workspace", "--quiet"]).env("CARGO_TARGET_DIR", target.path());
        command
    };
    let Ok(cold) = seconds(&mut clippy(), dir) else { return Ok(()) };
    let ours = cold_run(cache, package)?;
    println!("| `cargo clippy`, nothing built (once) | {} | {} | {:.3} × |", took(cold), took(ours), ours / cold);
    let Some(file) = workspace::largest_file(dir)? else { return Ok(()) };
    pairs("`cargo clippy`, one file touched", cache, package, &mut || {
        workspace::add_line(&file)?;
        seconds(&mut clippy(), dir)
    })
}

/// Prints a line.
fn pairs(
    name: &str,
    cache: &Path,
    package: &Path,
    other: &mut dyn FnMut() -> anyhow::Result<f64>,
) -> anyhow::Result<()> {
    let pair = |_| -> anyhow::Result<(f64, f64)> { Ok((other()?, cold_run(cache, package)?)) };
    let pairs: Vec<(f64, f64)> = (0..ROUNDS).map(pair).collect::<Result<_, _>>()?;
    let (theirs, ours) = pairs.iter().copied().unzip();
    let ratio = median(pairs.iter().map(|(theirs, ours)| ours / theirs).collect());
    println!("| {name} | {} | {} | {ratio:.2} × |", took(median(theirs)), took(median(ours)));
    Ok(())
}

/// Dependencies are known, the workspace is not.
fn cold_run(cache: &Path, package: &Path) -> anyhow::Result<f64> {
    let copy = workspace::copy(package)?;
    seconds(toecap().args(["-q", "-j1", "--cache-dir"]).arg(cache), copy.path())
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn rules_text() -> String {
    let rule = |(number, pattern): (usize, &&str)| {
        format!("id: rule-{number}\nlanguage: rust\nmessage: found\nrule:\n  pattern: '{pattern}'\n")
    };
    RULES.iter().enumerate().map(rule).collect::<Vec<_>>().join("---\n")
}
