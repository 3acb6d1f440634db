//! The arguments, in cargo's words where cargo has some.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use toecap_finding::Level;

use super::options::{
    CacheAction, ColorWhen, FactsFormat, FeatureArgs, LevelArgs, OutputArgs, PackageArgs, RunArgs, TargetArgs,
};

const AFTER_HELP: &str = "\
Levels are set in the order of the command line, as in rustc: a later one wins, and nothing lowers `forbid`.
NAME is a lint, a group (correctness, suspicious, perf, ..), a topic (blocking, locks, ..), `all` or `warnings`.

Exit codes:
  0  nothing at level `deny` was found
  1  something at level `deny` was found, or a source file of the workspace could not be read or parsed
     (the rest is analysed all the same)
  2  the run itself failed: wrong usage, no such package or path, a broken manifest, or nothing could be read

Silence one place with `// toecap: allow(LINT) -- reason` on the same line or above a statement, arm or item.";

const FACTS_HELP: &str = "\
Keys of `--message-format json` for functions; a place is `file`, `line` and `column`:
  function    its path; its place follows
  returns     what it gives
  future      true when a call gives a future
  guard       true when what it gives holds a lock
  known       what the data say of it: `topic`, `what`, `source`; absent when they say nothing
  foreign     true for a function of a dependency
  computed    true when its body was read; what follows is from there
  effects     the worst first: `effect` (`blocks`, `may-block`, `cpu`, `panics`, `suspends`, `locks`, `spawns`), `what`
              (the kind, lock or handle) and `steps`, the calls that lead there, each a place and a `callee`
  held        what is alive across awaits: `name`, `ty`, its place and the places of the awaits in `across`
  runners     who runs it: `by`, and the `steps` that lead to it
  cancel      what dropping its future half-way does: `verdict` (`safe`, `loses-place`, `partial`, `unsafe`, `unknown`),
              whether it is `documented` as safe, whether the code is `broken` in that it loses something all the same, what is
              `lost`, and the `steps`; absent when a call gives no future
  waits       where it waits: a place, what it waits for in `of`, whether it `suspends` there, and `cancel` as above
  calls       for `FILE:LINE`, the calls on that line: a place, `callee`, `gives`, `known`, `effects` and `cancel`

Keys of `--calls --message-format json`, absent where there is nothing to say:
  file, s, e  the file below the root, and the bytes of the callee's name (of the token `await`)
  t           `call` or `await`
  kind        `method` or `path`
  name        as written
  callee      the definition that is called, null when it is not known; for a trait's method the trait's
  recv        type of the receiver, before it is dereferenced or borrowed
  ty          type of the call
  fut         true when that can be awaited
  await       true when it is
  unsure      true when another trait in scope might be meant

`?` in a type is a part that is not known.";

/// What is to be done.
#[derive(Debug)]
pub(super) struct Cli {
    pub(super) command: Command,
}

/// The commands.
#[derive(Debug)]
pub(super) enum Command {
    Check(Box<CheckArgs>),
    Explain { lint: String, color: Option<ColorWhen> },
    List { color: Option<ColorWhen> },
    Facts(Box<FactsArgs>),
    Cache { action: CacheAction, cache_dir: Option<PathBuf> },
}

#[derive(Debug, Parser)]
#[command(version, about, after_help = AFTER_HELP, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<SubCommand>,
    #[command(flatten)]
    check: CheckArgs,
    /// Print all lints and exit
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Subcommand)]
enum SubCommand {
    /// Analyse a workspace, folders or files (the default)
    #[command(after_help = AFTER_HELP)]
    Check(Box<CheckArgs>),
    /// Print the page of a lint
    Explain {
        /// Its name
        lint: String,
        /// When to use colours
        #[arg(long, value_name = "WHEN")]
        color: Option<ColorWhen>,
    },
    /// Print all lints, by group
    List {
        /// When to use colours
        #[arg(long, value_name = "WHEN")]
        color: Option<ColorWhen>,
    },
    /// Show or clear what earlier runs have left for later ones
    Cache {
        /// What to do
        action: CacheAction,
        /// Folder of the cache
        #[arg(long, value_name = "DIR")]
        cache_dir: Option<PathBuf>,
    },
    /// Print what is known of the code, without judging it
    #[command(after_help = FACTS_HELP)]
    Facts(Box<FactsArgs>),
}

/// Arguments of `facts`.
#[derive(Debug, Clone, Args)]
pub(super) struct FactsArgs {
    /// A function (`Db::get`, `app::db::Db::get`, `tokio::fs::read`), a type or module, or `FILE:LINE`; with `--calls` files
    /// and folders
    /// [default: every function that does something to its thread]
    pub(super) what: Vec<String>,
    /// Every call and `.await`: what is called, on what, and whether that gives a future
    #[arg(long)]
    pub(super) calls: bool,
    /// Every public function that gives a future, with what dropping it half-way loses, for its documentation
    #[arg(long, conflicts_with = "calls")]
    pub(super) cancel_safety: bool,
    /// When to use colours
    #[arg(long, value_name = "WHEN", help_heading = "Output")]
    pub(super) color: Option<ColorWhen>,
    #[command(flatten)]
    pub(super) packages: PackageArgs,
    #[command(flatten)]
    pub(super) targets: TargetArgs,
    #[command(flatten)]
    pub(super) features: FeatureArgs,
    /// How facts are printed
    #[arg(long, value_name = "FORMAT", default_value = "human", help_heading = "Output")]
    pub(super) message_format: FactsFormat,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// Arguments of `check`.
#[derive(Debug, Clone, Args)]
pub(super) struct CheckArgs {
    /// Files and folders; `-` is standard input [default: the workspace around the current folder]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) levels: LevelArgs,
    #[command(flatten)]
    pub(super) packages: PackageArgs,
    #[command(flatten)]
    pub(super) targets: TargetArgs,
    #[command(flatten)]
    pub(super) features: FeatureArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) run: RunArgs,
    /// Level options in order.
    #[arg(skip)]
    pub(super) ordered_levels: Vec<(Level, String)>,
}

impl Cli {
    /// Reads the arguments, the first of which is the program.
    pub(super) fn from_args(args: impl IntoIterator<Item = OsString>, name: &'static str) -> Result<Cli, clap::Error> {
        let mut command = Arguments::command().name("toecap").bin_name(name);
        let matches = command.try_get_matches_from_mut(clippy_style(args))?;
        let arguments = Arguments::from_arg_matches(&matches).map_err(|e| e.format(&mut command))?;
        let command = match arguments.command {
            Some(SubCommand::Check(mut args)) => {
                args.ordered_levels = matches.subcommand_matches("check").map(ordered_levels).unwrap_or_default();
                Command::Check(args)
            }
            Some(SubCommand::Explain { lint, color }) => Command::Explain { lint, color },
            Some(SubCommand::List { color }) => Command::List { color },
            Some(SubCommand::Facts(args)) => Command::Facts(args),
            Some(SubCommand::Cache { action, cache_dir }) => Command::Cache { action, cache_dir },
            None if arguments.list => Command::List { color: arguments.check.output.color },
            None => {
                let ordered_levels = ordered_levels(&matches);
                Command::Check(Box::new(CheckArgs { ordered_levels, ..arguments.check }))
            }
        };
        Ok(Cli { command })
    }
}

/// Takes `-- -D warnings`, as clippy's users write it, for `-D warnings`.
fn clippy_style(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let is_level = |arg: &OsString| {
        let text = arg.to_string_lossy();
        ["-A", "-W", "-D", "-F", "--allow", "--warn", "--deny", "--forbid"].iter().any(|l| text.starts_with(l))
    };
    if let Some(at) = args.iter().position(|arg| arg == "--")
        && args.get(at + 1).is_some_and(is_level)
    {
        args.remove(at);
    }
    args
}

fn ordered_levels(matches: &ArgMatches) -> Vec<(Level, String)> {
    let kinds = [("allow", Level::Allow), ("warn", Level::Warn), ("deny", Level::Deny), ("forbid", Level::Forbid)];
    let mut found = Vec::new();
    for (id, level) in kinds {
        let (Some(indices), Some(names)) = (matches.indices_of(id), matches.get_many::<String>(id)) else { continue };
        found.extend(indices.zip(names).map(|(index, name)| (index, level, name.clone())));
    }
    found.sort_by_key(|(index, ..)| *index);
    found.into_iter().map(|(_, level, name)| (level, name)).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;
    use crate::cli::options::MessageFormat;

    fn check(line: &str) -> CheckArgs {
        let args = std::iter::once("toecap").chain(line.split_whitespace()).map(OsString::from);
        match Cli::from_args(args, "toecap").unwrap().command {
            Command::Check(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn levels_keep_their_order_in_every_spelling() {
        for line in ["-A a -Db,c --warn=d -A e", "check -A a -Db,c --warn=d -A e", "-- -A a -Db,c --warn=d -A e"] {
            let levels = check(line).ordered_levels;
            let text: Vec<_> = levels.iter().map(|(level, name)| format!("{level} {name}")).collect();
            assert_eq!(text, ["allow a", "deny b", "deny c", "warn d", "allow e"], "{line}");
        }
    }

    #[test]
    fn what_rust_analyzer_sends_is_understood() {
        let args = check(
            "--workspace --message-format=json-diagnostic-rendered-ansi --manifest-path /ws/Cargo.toml --keep-going \
             --all-targets --all-features --target x86_64-unknown-linux-gnu --target-dir /t --config net.offline=true",
        );
        assert!(args.packages.workspace && args.targets.all_targets && args.features.all_features);
        assert_eq!(args.output.message_format, MessageFormat::JsonDiagnosticRenderedAnsi);
        let args = check("-p path+file:///ws/app#0.1.0 --bin app");
        assert_eq!(args.packages.packages, ["path+file:///ws/app#0.1.0"]);
        assert_eq!(args.targets.bin, ["app"]);
    }

    #[test]
    fn the_bare_command_is_check() {
        assert_eq!(check("src lib.rs").paths.len(), 2);
        assert_eq!(check("check src").paths.len(), 1);
        assert_eq!(check("-").paths, [PathBuf::from("-")]);
    }
}
