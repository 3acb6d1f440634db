//! `toecap.toml`, and the tables of manifests that say the same: found here, understood by who runs.
//!
//! ```text
//! ws/toecap.toml                  for the whole workspace; `.toecap.toml` is as good
//! ws/Cargo.toml                   [workspace.metadata.toecap]
//! ws/crates/db/toecap.toml        for that package, after the workspace's
//! ws/crates/db/Cargo.toml         [package.metadata.toecap]
//! ```

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::manifest::joined;
use crate::system::System;
use crate::{Project, ProjectError, Request, Workspace};

/// The names of the file, in order of preference.
const NAMES: [&str; 2] = ["toecap.toml", ".toecap.toml"];

/// Where settings are read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SettingsSource {
    /// Beside the manifests, and in them.
    #[default]
    Found,
    /// This file alone.
    At(PathBuf),
    /// Nowhere.
    Nowhere,
}

/// Settings as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsFile {
    /// They are about everything below this folder.
    pub dir: PathBuf,
    /// Where they are written.
    pub path: PathBuf,
    /// What is written there.
    pub text: SettingsText,
}

/// The text of settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SettingsText {
    /// A file of its own.
    Toml(String),
    /// A table of a manifest, as JSON.
    Metadata(String),
}

/// All settings of a project, outer folders first, and of one folder the manifest's first.
pub(crate) fn find_settings(
    project: &Project,
    request: &Request,
    system: &dyn System,
) -> Result<Vec<SettingsFile>, ProjectError> {
    match &request.settings {
        SettingsSource::Nowhere => Ok(Vec::new()),
        SettingsSource::At(path) => {
            let path = joined(&request.cwd, path);
            let missing = || ProjectError::BadSettings { path: path.clone(), reason: "there is no such file".into() };
            Ok(vec![SettingsFile { dir: project.root.clone(), ..read(&path, system)?.ok_or_else(missing)? }])
        }
        SettingsSource::Found => {
            let mut found = Vec::new();
            for workspace in &project.workspaces {
                found.extend(of_workspace(project, workspace, system)?);
            }
            if project.workspaces.is_empty() {
                found.extend(of_folder(&project.root, system)?);
            }
            found.sort_by_key(|settings| settings.dir.components().count());
            Ok(found)
        }
    }
}

fn of_workspace(
    project: &Project,
    workspace: &Workspace,
    system: &dyn System,
) -> Result<Vec<SettingsFile>, ProjectError> {
    let mut found: Vec<SettingsFile> = in_manifest(&workspace.root, workspace.config.as_ref()).into_iter().collect();
    let members = workspace.members.iter().map(|number| &project.packages[*number]);
    let (inner, root): (Vec<_>, Vec<_>) = members.partition(|package| package.dir() != workspace.root);
    found.extend(root.into_iter().filter_map(|package| in_manifest(package.dir(), package.config.as_ref())));
    found.extend(of_folder(&workspace.root, system)?);
    for package in inner {
        found.extend(in_manifest(package.dir(), package.config.as_ref()));
        found.extend(of_folder(package.dir(), system)?);
    }
    Ok(found)
}

fn in_manifest(dir: &Path, config: Option<&serde_json::Value>) -> Option<SettingsFile> {
    let text = SettingsText::Metadata(config?.to_string());
    Some(SettingsFile { dir: dir.to_owned(), path: dir.join("Cargo.toml"), text })
}

fn of_folder(dir: &Path, system: &dyn System) -> Result<Option<SettingsFile>, ProjectError> {
    for name in NAMES {
        if let Some(found) = read(&dir.join(name), system)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// None when there is no such file.
fn read(path: &Path, system: &dyn System) -> Result<Option<SettingsFile>, ProjectError> {
    system.saw(path);
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(SettingsFile {
            dir: path.parent().unwrap_or(path).to_owned(),
            path: path.to_owned(),
            text: SettingsText::Toml(text),
        })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ProjectError::BadSettings { path: path.to_owned(), reason: error.to_string() }),
    }
}
