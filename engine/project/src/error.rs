//! What stops a run before it starts.

use std::fmt;
use std::path::PathBuf;

/// Why there is nothing to analyse. `Display` is the message, [`ProjectError::help`] the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectError {
    /// `--manifest-path` names something that is not a manifest.
    ManifestNotFound {
        /// As given.
        path: PathBuf,
    },
    /// Packages or targets were named where there are none.
    NoManifest {
        /// Where it was looked for, and above.
        dir: PathBuf,
    },
    /// A path of the command line.
    PathNotFound {
        /// As given.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// A manifest that is not TOML, or says nothing of a package or workspace.
    BadManifest {
        /// The file.
        path: PathBuf,
        /// 1-based line and column.
        place: Option<(usize, usize)>,
        /// What is wrong.
        message: String,
        /// What cargo said about it, when it could be asked.
        cargo: Option<String>,
    },
    /// Settings of the tool that cannot be read.
    BadSettings {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// `-p` matches nothing.
    NoSuchPackage {
        /// As given.
        spec: String,
        /// The nearest member.
        similar: Option<String>,
        /// All members.
        members: Vec<String>,
    },
    /// `-p` names a package that is not a member.
    NotAMember {
        /// As given.
        spec: String,
    },
    /// `-p` matches several.
    AmbiguousPackage {
        /// As given.
        spec: String,
        /// Ids.
        candidates: Vec<String>,
    },
    /// `--bin NAME` and the like match nothing.
    NoSuchTarget {
        /// `bin`, `test`, …
        kind: &'static str,
        /// As given; empty for `--lib`.
        name: String,
        /// What there is.
        available: Vec<String>,
    },
    /// `--features` names something that no selected package has.
    NoSuchFeature {
        /// As given.
        feature: String,
        /// The nearest one.
        similar: Option<String>,
        /// The packages that were looked at.
        packages: Vec<String>,
    },
}

impl ProjectError {
    /// Adds what cargo said of the same manifest.
    pub(crate) fn with_cargo(mut self, said: Option<String>) -> ProjectError {
        if let ProjectError::BadManifest { cargo, .. } = &mut self {
            *cargo = said;
        }
        self
    }
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            ProjectError::ManifestNotFound { .. } => Some("pass the path of a `Cargo.toml`".into()),
            ProjectError::NoManifest { .. } => {
                Some("packages and targets need a manifest; pass `--manifest-path`".into())
            }
            ProjectError::PathNotFound { .. } => Some("paths are relative to the current folder".into()),
            ProjectError::BadManifest { .. } => {
                Some("correct the manifest, or pass the source files themselves to analyse them without it".into())
            }
            ProjectError::BadSettings { .. } => Some("`--no-config` runs without settings".into()),
            ProjectError::NoSuchPackage { similar: Some(similar), .. } => {
                Some(format!("a package with a similar name exists: `{similar}`"))
            }
            ProjectError::NoSuchPackage { members, .. } => Some(format!("workspace members: {}", listed(members))),
            ProjectError::NotAMember { .. } => {
                Some("only members are reported on; run in that package's own folder".into())
            }
            ProjectError::AmbiguousPackage { candidates, .. } => {
                Some(format!("be more specific: {}", listed(candidates)))
            }
            ProjectError::NoSuchTarget { kind, available, .. } if available.is_empty() => {
                Some(format!("the selected packages have no {kind} targets"))
            }
            ProjectError::NoSuchTarget { kind, available, .. } => {
                Some(format!("available {kind} targets: {}", listed(available)))
            }
            ProjectError::NoSuchFeature { similar: Some(similar), .. } => {
                Some(format!("a feature with a similar name exists: `{similar}`"))
            }
            ProjectError::NoSuchFeature { packages, .. } => Some(format!("selected packages: {}", listed(packages))),
        }
    }
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProjectError::ManifestNotFound { path } => write!(f, "manifest path `{}` does not exist", path.display()),
            ProjectError::NoManifest { dir } => {
                write!(f, "could not find `Cargo.toml` in `{}` or any parent directory", dir.display())
            }
            ProjectError::PathNotFound { path, reason } => write!(f, "couldn't read `{}`: {reason}", path.display()),
            ProjectError::BadManifest { path, place, message, cargo } => {
                write!(f, "failed to parse manifest: {message}\n  --> {}", path.display())?;
                if let Some((line, column)) = place {
                    write!(f, ":{line}:{column}")?;
                }
                match cargo {
                    Some(cargo) => write!(f, "\n\ncargo says:\n{}", cargo.trim_end()),
                    None => Ok(()),
                }
            }
            ProjectError::BadSettings { path, reason } => {
                write!(f, "couldn't read the settings in `{}`: {reason}", path.display())
            }
            ProjectError::NoSuchPackage { spec, .. } => {
                write!(f, "package ID specification `{spec}` did not match any packages")
            }
            ProjectError::NotAMember { spec } => write!(f, "package `{spec}` is not a member of the workspace"),
            ProjectError::AmbiguousPackage { spec, .. } => {
                write!(f, "package ID specification `{spec}` is ambiguous")
            }
            ProjectError::NoSuchTarget { kind: "lib", .. } => {
                write!(f, "no library targets found in the selected packages")
            }
            ProjectError::NoSuchTarget { kind, name, .. } => {
                write!(f, "no {kind} target named `{name}` in the selected packages")
            }
            ProjectError::NoSuchFeature { feature, .. } => {
                write!(f, "none of the selected packages contains this feature: `{feature}`")
            }
        }
    }
}

impl std::error::Error for ProjectError {}

/// At most twelve, in backticks.
fn listed(names: &[String]) -> String {
    let mut text = names.iter().take(12).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    if names.len() > 12 {
        text.push_str(&format!(" and {} more", names.len() - 12));
    }
    text
}
