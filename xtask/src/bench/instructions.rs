//! `cargo xtask bench instructions DIR [--record]`: instructions for each byte of source, which repeat where times do not.
//!
//! ```text
//! 149_812 bytes, 131_000_000 instructions: 874.4 for each byte (recorded: 871.0)
//! ```
//! Callgrind counts a run on one thread that knows the dependencies and nothing of the workspace. What cargo does is not
//! counted. More than 3 % above the number in `benches/instructions.txt` is a failure.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use super::process::{self, seconds, toecap};
use super::workspace;

const TOLERANCE: f64 = 1.03;

pub(super) fn run(args: &[String]) -> anyhow::Result<()> {
    let (record, dirs): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| *arg == "--record");
    let [package] = dirs[..] else { bail!("name the folder of one package") };
    if !Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success()) {
        println!("nothing measured: there is no valgrind here");
        return Ok(());
    }
    process::build()?;
    let package = PathBuf::from(package);
    let (bytes, count) = measure(&package)?;
    let ratio = count as f64 / bytes as f64;
    let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let recorded = recorded(&name)?;
    let before = recorded.map_or("nothing recorded".to_owned(), |known| format!("recorded: {known:.1}"));
    println!("{name}: {bytes} bytes, {count} instructions: {ratio:.1} for each byte ({before})");
    if !record.is_empty() {
        return keep(&name, ratio);
    }
    if let Some(known) = recorded {
        ensure!(ratio <= known * TOLERANCE, "more than {known:.1} by {:.1} %", 100.0 * (ratio / known - 1.0));
    }
    Ok(())
}

/// Bytes of source, and instructions.
fn measure(package: &Path) -> anyhow::Result<(u64, u64)> {
    let cache = tempfile::tempdir()?;
    seconds(toecap().args(["-q", "-j1", "--cache-dir"]).arg(cache.path()), package)?;
    let copy = workspace::copy(package)?;
    let mut files = Vec::new();
    workspace::rust_files(copy.path(), &mut files)?;
    let program = toecap();
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program.get_program());
    command.args(["-q", "-j1", "--cache-dir"]).arg(cache.path()).current_dir(copy.path());
    let output = command.output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    let count = told.lines().find_map(|line| line.split_once("Collected :")).context("callgrind counted nothing")?;
    Ok((files.iter().map(|(_, len)| len).sum(), count.1.trim().parse()?))
}

fn file() -> PathBuf {
    crate::root().join("benches/instructions.txt")
}

/// `NAME NUMBER` on a line.
fn recorded(name: &str) -> anyhow::Result<Option<f64>> {
    let text = std::fs::read_to_string(file()).unwrap_or_default();
    let found = text.lines().filter_map(|line| line.split_once(' ')).find(|(known, _)| *known == name);
    Ok(found.map(|(_, number)| number.trim().parse()).transpose()?)
}

fn keep(name: &str, ratio: f64) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file()).unwrap_or_default();
    let others = text.lines().filter(|line| line.split_once(' ').is_none_or(|(known, _)| known != name));
    let mut lines: Vec<String> = others.map(str::to_owned).collect();
    lines.push(format!("{name} {ratio:.1}"));
    Ok(std::fs::write(file(), lines.join("\n") + "\n")?)
}
