//! Options that several commands have, and the words that they take.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Levels")]
pub(super) struct LevelArgs {
    /// Say nothing of a lint or group
    #[arg(short = 'A', long, value_name = "NAME", value_delimiter = ',')]
    allow: Vec<String>,
    /// Report it as a warning
    #[arg(short = 'W', long, value_name = "NAME", value_delimiter = ',')]
    warn: Vec<String>,
    /// Report it as an error
    #[arg(short = 'D', long, value_name = "NAME", value_delimiter = ',')]
    deny: Vec<String>,
    /// Report it as an error that nothing in the source can silence
    #[arg(short = 'F', long, value_name = "NAME", value_delimiter = ',')]
    forbid: Vec<String>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Package selection")]
pub(super) struct PackageArgs {
    /// Package to analyse
    #[arg(short, long = "package", value_name = "SPEC")]
    pub(super) packages: Vec<String>,
    /// All packages of the workspace
    #[arg(long, visible_alias = "all")]
    pub(super) workspace: bool,
    /// Packages to leave out
    #[arg(long, value_name = "SPEC")]
    pub(super) exclude: Vec<String>,
    /// Path of a `Cargo.toml`
    #[arg(long, value_name = "PATH")]
    pub(super) manifest_path: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Target selection (all when none is given)")]
pub(super) struct TargetArgs {
    /// The library
    #[arg(long)]
    pub(super) lib: bool,
    /// All binaries
    #[arg(long)]
    pub(super) bins: bool,
    /// One binary
    #[arg(long, value_name = "NAME")]
    pub(super) bin: Vec<String>,
    /// All tests
    #[arg(long)]
    pub(super) tests: bool,
    /// One test
    #[arg(long, value_name = "NAME")]
    pub(super) test: Vec<String>,
    /// All benches
    #[arg(long)]
    pub(super) benches: bool,
    /// One bench
    #[arg(long, value_name = "NAME")]
    pub(super) bench: Vec<String>,
    /// All examples
    #[arg(long)]
    pub(super) examples: bool,
    /// One example
    #[arg(long, value_name = "NAME")]
    pub(super) example: Vec<String>,
    /// All of them
    #[arg(long)]
    pub(super) all_targets: bool,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Features and platform")]
pub(super) struct FeatureArgs {
    /// Features that are on, apart by commas or spaces
    #[arg(long, value_name = "FEATURES")]
    pub(super) features: Vec<String>,
    /// All features are on
    #[arg(long)]
    pub(super) all_features: bool,
    /// The default feature is off
    #[arg(long)]
    pub(super) no_default_features: bool,
    /// Platform that the code is for [default: the host]
    #[arg(long, value_name = "TRIPLE")]
    pub(super) target: Option<String>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// How findings are printed
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) message_format: MessageFormat,
    /// When to use colours
    #[arg(long, value_name = "WHEN")]
    pub(super) color: Option<ColorWhen>,
    /// Findings only, no last line
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say more of how the run went
    #[arg(short, long, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Say how long each step took
    #[arg(long)]
    pub(super) timings: bool,
    /// End with 0 whatever is found
    #[arg(long)]
    pub(super) exit_zero: bool,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Running")]
pub(super) struct RunArgs {
    /// Number of threads [default: one for each processor]
    #[arg(short = 'j', long, visible_alias = "jobs", value_name = "N")]
    pub(super) threads: Option<usize>,
    /// File that standard input (`-`) stands in for
    #[arg(long, value_name = "PATH")]
    pub(super) stdin_filename: Option<PathBuf>,
    /// cargo may not use the network
    #[arg(long)]
    pub(super) offline: bool,
    /// As `--offline`
    #[arg(long)]
    pub(super) frozen: bool,
    /// Settings, instead of those beside the manifests and in them
    #[arg(long, value_name = "PATH")]
    pub(super) config_file: Option<PathBuf>,
    /// No settings at all
    #[arg(long, conflicts_with = "config_file")]
    pub(super) no_config: bool,
    #[command(flatten)]
    pub(super) cache: CacheArgs,
    /// Taken for cargo's sake: nothing is ever written
    #[arg(long, hide = true)]
    locked: bool,
    /// Taken for cargo's sake: nothing is built
    #[arg(long, hide = true, value_name = "PATH")]
    target_dir: Option<PathBuf>,
    /// Taken for cargo's sake: the rest is always analysed
    #[arg(long, hide = true)]
    keep_going: bool,
    /// Taken for cargo's sake
    #[arg(long, hide = true, value_name = "KEY=VALUE|PATH")]
    config: Vec<String>,
    /// Taken for cargo's sake: nothing is built
    #[arg(long, hide = true, value_name = "NAME")]
    profile: Option<String>,
    /// Taken for cargo's sake: nothing is built
    #[arg(long, hide = true)]
    release: bool,
}

/// Where what earlier runs found out is kept.
#[derive(Debug, Clone, Args)]
pub(super) struct CacheArgs {
    /// Folder of the cache [default: `toecap` in the user's cache folder; or `TOECAP_CACHE_DIR`]
    #[arg(long, value_name = "DIR")]
    pub(super) cache_dir: Option<PathBuf>,
    /// Neither read nor write a cache
    #[arg(long, conflicts_with = "cache_dir")]
    pub(super) no_cache: bool,
}

/// What to do with the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CacheAction {
    /// Print where it is
    Dir,
    /// Print how large it is
    Size,
    /// Delete it
    Clean,
    /// Delete what other versions have left, and what was not used for longest when it is too large
    Prune,
}

/// `--message-format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MessageFormat {
    /// With the source, the chain and help
    Human,
    /// One line each
    Short,
    /// The lines of `cargo check --message-format json`
    Json,
    /// The same, with colours in `rendered`
    JsonDiagnosticRenderedAnsi,
}

/// `--message-format` of `facts`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FactsFormat {
    /// For people, with lines and columns
    Human,
    /// One JSON object a line
    Json,
}

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
