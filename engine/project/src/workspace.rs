//! Which packages belong together: the root manifest and the members it names.
//!
//! ```toml
//! [workspace]
//! members = ["crates/*"]
//! exclude = ["crates/old"]
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::manifest::{Manifest, RawPackage, joined, strings};
use crate::{Note, ProjectError};

/// A workspace as its manifests describe it.
#[derive(Debug)]
pub(crate) struct RawWorkspace {
    pub(crate) root: Manifest,
    pub(crate) members: Vec<RawPackage>,
    pub(crate) notes: Vec<Note>,
}

/// The nearest `Cargo.toml` at or above `dir`.
pub(crate) fn nearest_manifest(dir: &Path) -> Option<PathBuf> {
    dir.ancestors().map(|d| d.join("Cargo.toml")).find(|m| m.is_file())
}

impl RawWorkspace {
    /// Reads the manifest, its root, and all members. Members that cannot be read are noted and left out.
    ///
    /// # Errors
    /// When `manifest` itself or its root cannot be read, or is no package and no workspace.
    pub(crate) fn read(manifest: &Path) -> Result<RawWorkspace, ProjectError> {
        let start = Manifest::read(manifest)?;
        let root = root_of(&start)?.unwrap_or_else(|| start.clone());
        if root.workspace().is_none() && !root.is_package() {
            let message = "it has neither `[package]` nor `[workspace]`".to_owned();
            return Err(ProjectError::BadManifest { path: root.path, place: None, message, cargo: None });
        }
        let mut notes = Vec::new();
        let members = members_of(&root, &mut notes);
        Ok(RawWorkspace { root, members, notes })
    }

    pub(crate) fn target_dir(&self) -> PathBuf {
        self.root.dir().join("target")
    }
}

/// The manifest of the workspace that `start` is in, when that is another.
pub(crate) fn root_of(start: &Manifest) -> Result<Option<Manifest>, ProjectError> {
    if start.workspace().is_some() {
        return Ok(None);
    }
    if let Some(dir) = start.named_root() {
        return Manifest::read(&dir.join("Cargo.toml")).map(Some);
    }
    for dir in start.dir().ancestors().skip(1) {
        let path = dir.join("Cargo.toml");
        if !path.is_file() {
            continue;
        }
        let candidate = Manifest::read(&path)?;
        let Some(workspace) = candidate.workspace() else { continue };
        if is_excluded(dir, &strings(workspace.get("exclude")), start.dir()) {
            continue;
        }
        let is_member = folders(&candidate).iter().any(|f| f == start.dir());
        let named = is_member || members_of(&candidate, &mut Vec::new()).iter().any(|m| m.manifest_path == start.path);
        return Ok(named.then_some(candidate));
    }
    Ok(None)
}

/// All members: the root, those named by glob, and path dependencies below the root.
fn members_of(root: &Manifest, notes: &mut Vec<Note>) -> Vec<RawPackage> {
    let exclude = root.workspace().map(|w| strings(w.get("exclude"))).unwrap_or_default();
    let mut members: BTreeMap<PathBuf, RawPackage> = BTreeMap::new();
    let mut waiting = vec![root.dir().to_owned()];
    waiting.extend(folders(root));
    while let Some(dir) = waiting.pop() {
        if members.contains_key(&dir) {
            continue;
        }
        let path = dir.join("Cargo.toml");
        let manifest = if dir == root.dir() { Ok(root.clone()) } else { Manifest::read(&path) };
        let package = match manifest {
            Ok(manifest) => manifest.raw_package(root),
            Err(error) => {
                let message = format!("left out member `{}`: {}", dir.display(), one_line(&error.to_string()));
                notes.push(Note::new(message, "correct its manifest"));
                continue;
            }
        };
        let Some(package) = package else { continue };
        if root.workspace().is_some() {
            let paths = package.dependencies.iter().filter_map(|d| d.path.clone());
            waiting.extend(paths.filter(|p| p.starts_with(root.dir()) && !is_excluded(root.dir(), &exclude, p)));
        }
        members.insert(dir, package);
    }
    members.into_values().collect()
}

/// Folders that `members` names, without those that `exclude` names.
fn folders(root: &Manifest) -> Vec<PathBuf> {
    let Some(workspace) = root.workspace() else { return Vec::new() };
    let exclude = strings(workspace.get("exclude"));
    let mut folders = Vec::new();
    for member in strings(workspace.get("members")) {
        let path = joined(root.dir(), Path::new(&member));
        let found: Vec<PathBuf> = match glob::glob(&path.to_string_lossy()) {
            Ok(paths) => paths.filter_map(Result::ok).filter(|p| p.join("Cargo.toml").is_file()).collect(),
            Err(_) => Vec::new(),
        };
        // Without a star it is meant as it stands, even when it is missing.
        let is_plain = !member.contains(['*', '?', '[']);
        folders.extend(if found.is_empty() && is_plain { vec![path] } else { found });
    }
    folders.retain(|f| !is_excluded(root.dir(), &exclude, f));
    folders
}

/// Everything that decides which folders the patterns of a manifest match.
pub(crate) fn member_paths(manifest: &Path, f: &mut dyn FnMut(&Path)) {
    let Ok(root) = Manifest::read(manifest) else { return };
    let matching = |pattern: &Path| {
        let found = glob::glob(&pattern.to_string_lossy());
        found.into_iter().flatten().filter_map(Result::ok).collect::<Vec<_>>()
    };
    for member in root.workspace().map(|workspace| strings(workspace.get("members"))).unwrap_or_default() {
        let pattern = joined(root.dir(), Path::new(&member));
        let has_star = |part: &&Path| part.to_string_lossy().contains(['*', '?', '[']);
        let starred: Vec<&Path> = pattern.ancestors().take_while(has_star).collect();
        let above = starred.last().and_then(|last| last.parent()).unwrap_or(&pattern);
        f(above);
        starred.iter().flat_map(|part| matching(part)).for_each(|path| f(&path));
        matching(&pattern).iter().for_each(|folder| f(&folder.join("Cargo.toml")));
    }
}

fn is_excluded(root: &Path, exclude: &[String], dir: &Path) -> bool {
    exclude.iter().any(|e| dir.starts_with(joined(root, Path::new(e))))
}

/// A message of several lines as one.
pub(crate) fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
}
