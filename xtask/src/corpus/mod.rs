//! `cargo xtask corpus [--fetch] [--unseen] DIR`: what the release build says of real crates, and how much of it is right.
//!
//! ```text
//! fixtures/corpus/crates.txt ─▶ DIR/<name>-<version> ─▶ findings ─▶ target/corpus.json
//!                      fixtures/corpus/verdicts.csv ─────────┴─▶ right, wrong, not judged; precision a lint
//! ```
//! `--unseen` takes `unseen.txt` and `unseen.csv` instead.

mod fetch;
mod findings;
mod verdicts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use self::findings::Finding;
use self::verdicts::{Score, Verdict, Verdicts};
use crate::root;

/// A crate of the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    name: String,
    version: String,
}

impl Crate {
    fn dir(&self, below: &Path) -> PathBuf {
        below.join(format!("{}-{}", self.name, self.version))
    }
}

pub(crate) fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let (flags, dirs): (Vec<String>, Vec<String>) = args.partition(|arg| arg.starts_with('-'));
    let [dir] = dirs.as_slice() else { bail!("usage: cargo xtask corpus [--fetch] [--unseen] DIR") };
    if let Some(flag) = flags.iter().find(|flag| !matches!(flag.as_str(), "--fetch" | "--unseen")) {
        bail!("no such option: `{flag}`");
    }
    let dir = std::path::absolute(dir)?;
    let (crates, verdicts) = match flags.iter().any(|flag| flag == "--unseen") {
        true => ("fixtures/corpus/unseen.txt", "fixtures/corpus/unseen.csv"),
        false => ("fixtures/corpus/crates.txt", "fixtures/corpus/verdicts.csv"),
    };
    let crates = list(&read(crates)?)?;
    if flags.iter().any(|flag| flag == "--fetch") {
        fetch::fetch(&crates, &dir)?;
    }
    let (found, missing): (Vec<Crate>, Vec<Crate>) =
        crates.into_iter().partition(|krate| krate.dir(&dir).join("Cargo.toml").is_file());
    for krate in &missing {
        println!("not in {}: {} {} (`--fetch` gets it)", dir.display(), krate.name, krate.version);
    }
    ensure!(!found.is_empty(), "none of the crates is in `{}`", dir.display());
    let toecap = findings::build()?;
    let mut all = Vec::new();
    for krate in &found {
        let findings = findings::of(&toecap, krate, &dir)?;
        println!("{:28} {}", format!("{} {}", krate.name, krate.version), counts(&findings));
        all.extend(findings);
    }
    let path = findings::save(&all)?;
    println!("\n{} findings, in {}", all.len(), path.display());
    judge(&all, &found, &Verdicts::parse(&read(verdicts)?)?)
}

/// `name version` a line; `#` starts a comment.
fn list(text: &str) -> anyhow::Result<Vec<Crate>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let crates = lines.map(|line| match line.split_once(' ') {
        Some((name, version)) => Ok(Crate { name: name.to_owned(), version: version.trim().to_owned() }),
        None => bail!("no version in `{line}`"),
    });
    crates.collect()
}

fn counts(findings: &[Finding]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(&finding.lint).or_default() += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|(lint, count)| format!("{lint} {count}")).collect();
    if counts.is_empty() { "-".to_owned() } else { counts.join(", ") }
}

/// Prints how the findings compare with the verdicts.
fn judge(findings: &[Finding], crates: &[Crate], verdicts: &Verdicts) -> anyhow::Result<()> {
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for finding in findings {
        let score = scores.entry(&finding.lint).or_default();
        match verdicts.of(finding) {
            Some(Verdict::Right) => score.right += 1,
            Some(Verdict::Wrong) => score.wrong += 1,
            None => {
                score.open += 1;
                println!("not judged: {finding}");
            }
        }
    }
    for gone in verdicts.unseen(findings, crates) {
        println!("no longer found: {gone}");
    }
    println!("\n{:28} {:>6} {:>6} {:>6}  precision", "lint", "right", "wrong", "open");
    for (lint, score) in &scores {
        println!("{lint:28} {:>6} {:>6} {:>6}  {}", score.right, score.wrong, score.open, score.precision());
    }
    Ok(())
}

fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(root().join(path)).with_context(|| format!("couldn't read `{path}`"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_list_and_the_verdicts_can_be_read() {
        let crates = list(&read("fixtures/corpus/crates.txt").unwrap()).unwrap();
        assert!(!crates.is_empty());
        Verdicts::parse(&read("fixtures/corpus/verdicts.csv").unwrap()).unwrap();
    }
}
