//! The command line: arguments in, one command run, an exit code out.

mod args;
mod cache;
mod calls;
mod check;
mod color;
mod explain;
mod facts;
mod list;
mod options;
mod output;
mod page;
mod selection;

use std::ffi::OsString;
use std::process::ExitCode;

use args::{Cli, Command};
use clap::error::ErrorKind;

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// Nothing at level `deny`.
    Clean,
    /// Something at level `deny`.
    Found,
    /// The run itself failed.
    Failed,
}

/// Runs the program on `args`, the first of which is its path; `name` is what help calls it.
pub fn main(args: impl IntoIterator<Item = OsString>, name: &'static str) -> ExitCode {
    let exit = match Cli::from_args(args, name) {
        Ok(cli) => guarded(&cli),
        Err(error) => {
            // When the terminal is gone there is nobody to tell.
            let _ = error.print();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Clean,
                _ => Exit::Failed,
            }
        }
    };
    ExitCode::from(match exit {
        Exit::Clean => 0,
        Exit::Found => 1,
        Exit::Failed => 2,
    })
}

/// A bug of ours is a failed run, and neither a clean one nor one with findings.
fn guarded(cli: &Cli) -> Exit {
    let outcome = std::panic::catch_unwind(|| dispatch(cli));
    outcome.unwrap_or_else(|_| {
        let help = "please report it with the lines above: https://github.com/toecap/toecap/issues";
        output::fail("internal error: toecap panicked", Some(help), false)
    })
}

fn dispatch(cli: &Cli) -> Exit {
    match &cli.command {
        Command::Check(args) => check::check(args),
        Command::Explain { lint, color } => explain::explain(lint, *color),
        Command::List { color } => list::list(*color),
        Command::Facts(args) => facts::facts(args),
        Command::Cache { action, cache_dir } => cache::cache(*action, cache_dir.as_deref()),
    }
}
