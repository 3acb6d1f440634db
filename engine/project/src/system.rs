//! The way to other programs and the environment, so that tests can stand in for a machine without cargo.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One run of a program.
#[derive(Debug, Clone)]
pub struct Call {
    /// A name to look for in `PATH`, or a path.
    pub program: PathBuf,
    /// Arguments.
    pub args: Vec<OsString>,
    /// Where to run.
    pub dir: PathBuf,
    /// Variables on top of the environment.
    pub env: Vec<(&'static str, OsString)>,
}

/// What a program said.
#[derive(Debug, Clone, Default)]
pub struct CallOutput {
    /// It exited with 0.
    pub success: bool,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

/// The machine around us.
pub trait System: Sync {
    /// Runs a program to its end, with no standard input.
    ///
    /// # Errors
    /// When it cannot be started; `NotFound` when there is no such program.
    fn run(&self, call: &Call) -> io::Result<CallOutput>;
    /// An environment variable.
    fn var(&self, name: &str) -> Option<OsString>;
    /// All environment variables; none for a machine that is made up.
    fn vars(&self) -> Vec<(OsString, OsString)> {
        Vec::new()
    }
    /// Whoever looks at `path`, and whether there is anything, says so.
    fn saw(&self, _path: &Path) {}
    /// Something else had a say.
    fn lost_track(&self) {}
}

/// The real one.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealSystem;

impl System for RealSystem {
    fn run(&self, call: &Call) -> io::Result<CallOutput> {
        let mut command = Command::new(&call.program);
        command.args(&call.args).current_dir(&call.dir).stdin(Stdio::null());
        command.envs(call.env.iter().map(|(key, value)| (key, value)));
        let output = command.output()?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(CallOutput { success: output.status.success(), stdout: output.stdout, stderr })
    }
    fn var(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name).filter(|value| !value.is_empty())
    }
    fn vars(&self) -> Vec<(OsString, OsString)> {
        std::env::vars_os().collect()
    }
}

/// `$HOME`
pub(crate) fn home(system: &dyn System) -> Option<PathBuf> {
    system.var("HOME").or_else(|| system.var("USERPROFILE")).map(PathBuf::from)
}

/// `$CARGO_HOME`, else `~/.cargo`.
pub(crate) fn cargo_home(system: &dyn System) -> Option<PathBuf> {
    system.var("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home(system)?.join(".cargo")))
}

/// `$RUSTUP_HOME`, else `~/.rustup`.
pub(crate) fn rustup_home(system: &dyn System) -> Option<PathBuf> {
    system.var("RUSTUP_HOME").map(PathBuf::from).or_else(|| Some(home(system)?.join(".rustup")))
}
