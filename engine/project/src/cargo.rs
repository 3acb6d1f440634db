//! Runs cargo and rustc, through whatever toolchain there is.
//!
//! A pinned toolchain that is absent must not stop an analysis that needs no compiler: another one answers for it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::system::{Call, CallOutput, System, cargo_home, rustup_home};

/// A program that answers for one folder.
pub(crate) struct Tool<'a> {
    system: &'a dyn System,
    dir: PathBuf,
    programs: Vec<PathBuf>,
    is_cargo: bool,
    /// `RUSTUP_TOOLCHAIN` that stands in for the folder's own.
    pub(crate) stand_in: Option<StandIn>,
}

/// Another toolchain than the one the folder names.
#[derive(Debug, Clone)]
pub(crate) struct StandIn {
    pub(crate) toolchain: OsString,
    /// What was said of the folder's own.
    pub(crate) reason: String,
}

/// Why a tool gave no answer.
#[derive(Debug, Clone)]
pub(crate) enum ToolError {
    /// There is none, or it cannot be started.
    Missing(String),
    /// It exited with an error and said this.
    Failed(String),
}

impl ToolError {
    pub(crate) fn text(&self) -> &str {
        let (ToolError::Missing(text) | ToolError::Failed(text)) = self;
        text
    }
}

impl<'a> Tool<'a> {
    /// `$CARGO`, `cargo`, `~/.cargo/bin/cargo`
    pub(crate) fn cargo(system: &'a dyn System, dir: &Path) -> Tool<'a> {
        Tool::new(system, dir, "cargo", "CARGO")
    }
    /// `$RUSTC`, `rustc`, `~/.cargo/bin/rustc`
    pub(crate) fn rustc(system: &'a dyn System, dir: &Path) -> Tool<'a> {
        Tool::new(system, dir, "rustc", "RUSTC")
    }
    fn new(system: &'a dyn System, dir: &Path, name: &str, variable: &str) -> Tool<'a> {
        let given = system.var(variable).map(PathBuf::from);
        let installed = cargo_home(system).map(|home| home.join("bin").join(name));
        let programs = given.into_iter().chain([PathBuf::from(name)]).chain(installed).collect();
        Tool { system, dir: dir.to_owned(), programs, is_cargo: name == "cargo", stand_in: None }
    }

    /// Standard output of a run that succeeded.
    pub(crate) fn run(&mut self, args: &[OsString]) -> Result<Vec<u8>, ToolError> {
        let chosen = self.stand_in.as_ref().map(|s| s.toolchain.clone());
        let reason = match self.run_as(args, chosen.as_ref()) {
            Err(ToolError::Failed(text)) if self.stand_in.is_none() && blames_toolchain(&text) => text,
            answer => return answer,
        };
        for toolchain in self.stand_ins() {
            let answer = self.run_as(args, Some(&toolchain));
            if matches!(&answer, Err(error) if blames_toolchain(error.text())) {
                continue;
            }
            self.stand_in = Some(StandIn { toolchain, reason: first_line(&reason) });
            return answer;
        }
        Err(ToolError::Failed(reason))
    }

    fn run_as(&mut self, args: &[OsString], toolchain: Option<&OsString>) -> Result<Vec<u8>, ToolError> {
        // A lint tool does not download toolchains.
        let mut env: Vec<(&'static str, OsString)> = vec![
            ("RUSTUP_AUTO_INSTALL", "0".into()),
            ("CARGO_TERM_COLOR", "never".into()),
            ("RUST_BACKTRACE", "0".into()),
        ];
        if let Some(toolchain) = toolchain {
            env.push(("RUSTUP_TOOLCHAIN", toolchain.clone()));
            // The absent toolchain may have been a nightly: accept its manifests.
            if self.is_cargo {
                env.push(("RUSTC_BOOTSTRAP", "1".into()));
            }
        }
        let mut trouble = "there is no such program".to_owned();
        while let Some(program) = self.programs.first() {
            let call = Call { program: program.clone(), args: args.to_vec(), dir: self.dir.clone(), env: env.clone() };
            match self.system.run(&call) {
                Ok(CallOutput { success: true, stdout, .. }) => return Ok(stdout),
                Ok(CallOutput { stderr, .. }) => return Err(ToolError::Failed(stderr)),
                Err(error) => trouble = error.to_string(),
            }
            self.programs.remove(0);
        }
        Err(ToolError::Missing(trouble))
    }

    /// `stable`, then what is installed: stable ones first, newest first.
    fn stand_ins(&self) -> Vec<OsString> {
        let folder = rustup_home(self.system).map(|home| home.join("toolchains"));
        let entries = folder.and_then(|f| std::fs::read_dir(f).ok()).into_iter().flatten().filter_map(Result::ok);
        let mut installed: Vec<_> = entries.map(|e| e.file_name()).collect();
        installed.sort_by_key(|name| {
            let name = name.to_string_lossy();
            let version = name.split('-').next().and_then(|v| semver::Version::parse(v).ok());
            let rank = if name.starts_with("stable") {
                0
            } else if version.is_some() {
                1
            } else {
                2
            };
            (rank, std::cmp::Reverse(version), name.into_owned())
        });
        installed.truncate(6);
        let mut all = vec![OsString::from("stable")];
        all.extend(installed);
        all
    }
}

/// rustup's complaints about a toolchain or component that is not there.
pub(crate) fn blames_toolchain(stderr: &str) -> bool {
    let about = stderr.contains("toolchain") || stderr.contains("rustup");
    about
        && [
            "not installed",
            "not applicable",
            "could not choose",
            "invalid",
            "missing",
            "not a valid",
            "failed to",
            "override",
        ]
        .iter()
        .any(|word| stderr.contains(word))
}

/// The first line and the deepest cause.
pub(crate) fn reason(stderr: &str) -> String {
    let first = first_line(stderr);
    let cause =
        stderr.rsplit_once("Caused by:").and_then(|(_, cause)| cause.lines().map(str::trim).find(|l| !l.is_empty()));
    match cause {
        Some(cause) => format!("{first}: {cause}"),
        None => first,
    }
}

/// The first line that says something, without `error: `.
pub(crate) fn first_line(stderr: &str) -> String {
    let lines = || stderr.lines().map(str::trim).filter(|l| !l.is_empty());
    let error = lines().find(|l| l.starts_with("error"));
    let line = error.or_else(|| lines().next()).unwrap_or("no reason given");
    line.strip_prefix("error: ").unwrap_or(line).trim_end_matches(':').to_owned()
}
