//! What [`crate::discover`] answers with: plain data that can be kept on disk.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toecap_ir::Name;

use crate::{LooseFiles, SettingsFile};

/// Everything that is known before a source file is read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Project {
    /// The first workspace's root, or the folder that loose files were looked for in.
    pub root: PathBuf,
    /// One for each workspace that the request reached; none in loose mode.
    pub workspaces: Vec<Workspace>,
    /// Members and dependencies. Indices into this are package numbers.
    pub packages: Vec<Package>,
    /// The targets that were asked for, in order of package and target.
    pub selected: Vec<TargetRef>,
    /// Files that belong to no package.
    pub loose: LooseFiles,
    /// The paths of the request, absolute; findings elsewhere are not wanted. Empty: all are.
    pub requested: Vec<PathBuf>,
    /// What is known of `cfg` for the platform, without features and `test`.
    pub cfg: Vec<CfgAtom>,
    /// The platform's name when one was asked for or configured.
    pub triple: Option<String>,
    /// Settings of the tool, outer folders first.
    pub settings: Vec<SettingsFile>,
    /// What could not be known, and the way out.
    pub notes: Vec<Note>,
}

/// One workspace (or one package without a workspace).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Workspace {
    /// Where the root manifest is.
    pub root: PathBuf,
    /// Where cargo builds.
    pub target_dir: PathBuf,
    /// Package numbers of the members.
    pub members: Vec<usize>,
    /// `[workspace.metadata.toecap]`
    #[serde(with = "json_text")]
    pub config: Option<serde_json::Value>,
    /// Who answered.
    pub resolution: Resolution,
}

/// Who answered for a workspace, and so how much is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resolution {
    /// `cargo metadata`, dependencies included.
    Full,
    /// `cargo metadata --no-deps`; dependencies from `Cargo.lock` and the sources that are there.
    Members,
    /// The manifests, read by ourselves.
    Manifests,
}

/// Whether a registry may get a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Publish {
    /// It may.
    Possible,
    /// Not as it is: a path that it depends on is given without a version.
    Unversioned,
    /// `publish = false`
    Never,
}

impl Publish {
    pub(crate) fn new(is_allowed: bool, has_unversioned: bool) -> Self {
        match (is_allowed, has_unversioned) {
            (false, _) => Self::Never,
            (true, true) => Self::Unversioned,
            (true, false) => Self::Possible,
        }
    }
}

/// One package.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Package {
    /// Exactly as cargo prints it.
    pub id: String,
    /// As in the manifest.
    pub name: String,
    /// As in the manifest; `0.0.0` when there is none.
    pub version: String,
    /// 2015, 2018, 2021, 2024.
    pub edition: u16,
    /// Its `Cargo.toml`.
    pub manifest_path: PathBuf,
    /// Where it comes from.
    pub source: Source,
    /// It is a member of a workspace of the project.
    pub is_member: bool,
    /// All targets, in cargo's order.
    pub targets: Vec<Target>,
    /// Enabled features, sorted.
    pub features: Vec<String>,
    /// Edges of the graph, sorted by name.
    pub dependencies: Vec<Dependency>,
    /// Whether a registry may get it.
    pub publish: Publish,
    /// `[package.metadata.toecap]`
    #[serde(with = "json_text")]
    pub config: Option<serde_json::Value>,
    /// The newest `OUT_DIR` of its build script, when it has been built.
    pub out_dir: Option<PathBuf>,
    /// `cargo::rustc-cfg` lines that the build script printed then.
    pub build_cfg: Vec<CfgAtom>,
}

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A folder on this disk that may change.
    Path,
    /// A registry (its url): never changes.
    Registry(String),
    /// A git checkout (its url with the commit).
    Git(String),
}

/// One target of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// As cargo calls it.
    pub name: String,
    /// As code calls it: `-` is `_`.
    pub crate_name: String,
    /// What cargo builds.
    pub kind: TargetKind,
    /// `lib`, `rlib`, `cdylib`, `bin`, …
    pub crate_types: Vec<String>,
    /// The crate root.
    pub src_path: PathBuf,
    /// Usually the package's.
    pub edition: u16,
    /// It is built only with these.
    pub required_features: Vec<String>,
}

/// What a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TargetKind {
    /// A library that code can link to or load.
    Lib,
    /// A procedural macro.
    ProcMacro,
    /// A program.
    Bin,
    /// An integration test.
    Test,
    /// A benchmark.
    Bench,
    /// An example.
    Example,
    /// `build.rs`
    BuildScript,
}

impl TargetKind {
    /// As cargo writes it in `kind`, `proc-macro` and `custom-build` included.
    pub fn as_str(self) -> &'static str {
        match self {
            TargetKind::Lib => "lib",
            TargetKind::ProcMacro => "proc-macro",
            TargetKind::Bin => "bin",
            TargetKind::Test => "test",
            TargetKind::Bench => "bench",
            TargetKind::Example => "example",
            TargetKind::BuildScript => "custom-build",
        }
    }
}

/// One edge of the graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// As code calls it, renames applied.
    pub name: String,
    /// Number of the package.
    pub package: usize,
    /// `[dependencies]`
    pub normal: bool,
    /// `[dev-dependencies]`
    pub dev: bool,
    /// `[build-dependencies]`
    pub build: bool,
}

/// A target by numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TargetRef {
    /// Number of the package.
    pub package: usize,
    /// Index into its targets.
    pub target: usize,
}

/// One fact about `cfg`: a flag, or a key with one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CfgAtom {
    /// `unix`, `target_os`
    pub key: Name,
    /// `linux`
    pub value: Option<Name>,
}

/// One line about something that could not be known, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// rustc's style: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Note {
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Note {
        Note { message: message.into(), help: Some(help.into()) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl Project {
    /// Package numbers of all members, workspace by workspace.
    pub fn members(&self) -> impl Iterator<Item = usize> + '_ {
        self.workspaces.iter().flat_map(|w| w.members.iter().copied())
    }
    /// A selected target with its package.
    pub fn target(&self, at: TargetRef) -> Option<(&Package, &Target)> {
        let package = self.packages.get(at.package)?;
        Some((package, package.targets.get(at.target)?))
    }
    /// True when findings in `file` (absolute) are wanted.
    pub fn wants(&self, file: &Path) -> bool {
        self.requested.is_empty() || self.requested.iter().any(|wanted| file.starts_with(wanted))
    }
}

impl Package {
    /// The folder of the manifest.
    pub fn dir(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new(""))
    }
    /// The library or procedural macro that other packages see.
    pub fn lib(&self) -> Option<&Target> {
        self.targets.iter().find(|t| matches!(t.kind, TargetKind::Lib | TargetKind::ProcMacro))
    }
}

/// JSON values as text, so that formats that do not describe themselves can carry them.
mod json_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &Option<serde_json::Value>, to: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(ToString::to_string).serialize(to)
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<serde_json::Value>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| serde_json::from_str(&text).map_err(D::Error::custom)).transpose()
    }
}
