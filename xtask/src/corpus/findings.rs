//! Runs the release build and reads its JSON lines.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Serialize;
use serde_json::Value;

use super::Crate;
use crate::root;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Finding {
    #[serde(rename = "crate")]
    pub(super) krate: String,
    pub(super) version: String,
    /// In the crate.
    pub(super) file: String,
    pub(super) line: u64,
    pub(super) lint: String,
    pub(super) message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { krate, version, file, line, lint, message } = self;
        write!(f, "{krate},{version},{file},{line},{lint}: {message}")
    }
}

/// Builds the program and says where it is.
pub(super) fn build() -> anyhow::Result<PathBuf> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--locked", "--package", "toecap", "--bin", "toecap"])
        .current_dir(root())
        .status()?;
    ensure!(status.success(), "toecap does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release/toecap").with_extension(std::env::consts::EXE_EXTENSION))
}

/// The findings in a crate, in order.
pub(super) fn of(toecap: &Path, krate: &Crate, dir: &Path) -> anyhow::Result<Vec<Finding>> {
    let dir = krate.dir(dir);
    let output = Command::new(toecap)
        .args(["--message-format", "json", "--quiet", "--offline"])
        .current_dir(&dir)
        .output()
        .with_context(|| format!("couldn't run `{}`", toecap.display()))?;
    let complaint = || format!("{} {}: {}", krate.name, krate.version, String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.code().is_some_and(|code| code < 2), complaint());
    let text = String::from_utf8(output.stdout)?;
    let mut findings = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line)?;
        findings.extend(findings_of(&line, krate));
    }
    findings.sort();
    Ok(findings)
}

/// One for each place of a message; none for other lines, and for what is no lint's.
fn findings_of<'a>(line: &'a Value, krate: &'a Crate) -> impl Iterator<Item = Finding> + 'a {
    let message = &line["message"];
    let lint = message["code"]["code"].as_str().and_then(|code| code.strip_prefix("toecap::"));
    let spans = message["spans"].as_array().into_iter().flatten().filter(|span| span["is_primary"] == true);
    spans.filter_map(move |span| {
        Some(Finding {
            krate: krate.name.clone(),
            version: krate.version.clone(),
            file: span["file_name"].as_str()?.to_owned(),
            line: span["line_start"].as_u64()?,
            lint: lint?.to_owned(),
            message: message["message"].as_str()?.to_owned(),
        })
    })
}

/// Writes all findings beside the program.
pub(super) fn save(findings: &[Finding]) -> anyhow::Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let path = target.join("corpus.json");
    std::fs::write(&path, serde_json::to_vec_pretty(findings)?)?;
    Ok(path)
}
