//! What the user asked for, in cargo's words.

use std::path::PathBuf;

use crate::SettingsSource;

/// What to look at. `Request::new(cwd)` is `cargo toecap` without arguments.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `--manifest-path`
    pub manifest_path: Option<PathBuf>,
    /// The current folder, absolute; other paths may be relative to it.
    pub cwd: PathBuf,
    /// Files and folders on the command line; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// `-p`: package id specifications in all of cargo's forms.
    pub packages: Vec<String>,
    /// `--workspace`
    pub workspace: bool,
    /// `--exclude`
    pub exclude: Vec<String>,
    /// Which features are on.
    pub features: FeatureSelection,
    /// Which targets are wanted.
    pub targets: TargetSelection,
    /// `--offline`: cargo may not use the network.
    pub offline: bool,
    /// `--target`: a triple, instead of the host's.
    pub target: Option<String>,
    /// Where the settings of the tool are.
    pub settings: SettingsSource,
}

impl Request {
    /// Everything in the workspace around `cwd`.
    pub fn new(cwd: impl Into<PathBuf>) -> Request {
        Request { cwd: cwd.into(), ..Request::default() }
    }
}

/// Which features are on.
#[derive(Debug, Clone, Default)]
pub struct FeatureSelection {
    /// `--features`, split at commas and spaces; `package/feature` is allowed.
    pub features: Vec<String>,
    /// `--all-features`
    pub all_features: bool,
    /// `--no-default-features`
    pub no_default_features: bool,
}

/// Which targets are wanted; nothing set means everything.
#[derive(Debug, Clone, Default)]
pub struct TargetSelection {
    /// `--lib`
    pub lib: bool,
    /// `--bins`, `--bin NAME`
    pub bins: Named,
    /// `--tests`, `--test NAME`
    pub tests: Named,
    /// `--benches`, `--bench NAME`
    pub benches: Named,
    /// `--examples`, `--example NAME`
    pub examples: Named,
    /// `--all-targets`
    pub all_targets: bool,
}

/// All targets of a kind, or some by name.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// All of them.
    pub all: bool,
    /// These; `*` and `?` match as in cargo.
    pub names: Vec<String>,
}

impl Named {
    pub(crate) fn is_empty(&self) -> bool {
        !self.all && self.names.is_empty()
    }
}

impl TargetSelection {
    pub(crate) fn is_everything(&self) -> bool {
        let named = [&self.bins, &self.tests, &self.benches, &self.examples];
        self.all_targets || (!self.lib && named.iter().all(|n| n.is_empty()))
    }
}
