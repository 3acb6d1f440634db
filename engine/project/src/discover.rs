//! From a request to a [`Project`]: where to start, whom to ask, what to note.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::cargo::{Tool, ToolError, reason};
use crate::cfg::{PlatformFacts, host_triple, platform_facts};
use crate::config::CargoConfig;
use crate::link::{Linked, Surroundings, link, split_features};
use crate::lock::{Lockfile, registry_folders};
use crate::loose::{counted, is_hidden, is_rust, walk_sources};
use crate::manifest::{RawPackage, joined};
use crate::metadata::{Answer, Metadata, ask_cargo};
use crate::out_dir::find_build_output;
use crate::select::select;
use crate::settings::find_settings;
use crate::system::{RealSystem, System, cargo_home};
use crate::workspace::{RawWorkspace, nearest_manifest};
use crate::{FeatureSelection, Note, Package, Project, ProjectError, Request, Resolution, SourceEntry, Workspace};

/// More workspaces than these below a folder without a manifest are not looked at.
const MAX_WORKSPACES: usize = 32;

/// Finds out all there is to know before reading sources.
///
/// # Errors
/// When the request names something that does not exist, or a manifest is not TOML. Everything else is a note.
pub fn discover(request: &Request) -> Result<Project, ProjectError> {
    discover_with(request, &RealSystem)
}

/// [`discover`] on a given machine.
///
/// # Errors
/// As [`discover`].
pub fn discover_with(request: &Request, system: &dyn System) -> Result<Project, ProjectError> {
    let start = Start::find(request)?;
    start.tell(request, system);
    let mut project = start.project;
    let mut notes = std::mem::take(&mut project.notes);
    let dir = start.manifests.first().and_then(|m| m.parent()).unwrap_or(&project.root).to_owned();
    let config = CargoConfig::read(system, &dir);
    let wanted = request.target.clone().or_else(|| config.target()).filter(|t| !t.ends_with(".json"));
    let triple = wanted.clone().unwrap_or_else(|| host_triple(system, &dir));
    let mut platform = None;
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| platform_facts(system, &dir, &triple, wanted.as_deref(), &config));
        let mut answers = Vec::new();
        for manifest in &start.manifests {
            if !is_covered(&answers, manifest) {
                let mut cargo = Tool::cargo(system, manifest.parent().unwrap_or(&dir));
                let answer = ask_cargo(&mut cargo, manifest, request, &triple);
                notes.extend(cargo.stand_in.map(|s| stand_in_note(&s.toolchain.to_string_lossy(), &s.reason)));
                answers.push((manifest.as_path(), answer));
            }
        }
        let facts = asking.join().unwrap_or_default();
        let mut loader = Loader { system, request, platform: &facts, project: &mut project, notes: &mut notes };
        for (manifest, answer) in answers {
            loader.load(manifest, answer)?;
        }
        platform = Some(facts);
        Ok(())
    })?;
    let platform = platform.unwrap_or_default();
    notes.extend(platform.note);
    project.cfg = platform.atoms;
    project.triple = wanted;
    if let Some(workspace) = project.workspaces.first() {
        project.root = workspace.root.clone();
    }
    project.settings = find_settings(&project, request, system)?;
    project.selected = select(&project, request, &mut notes)?;
    if project.selected.is_empty() && project.loose.is_empty() {
        let message = format!("no Rust sources to look at in `{}`", project.root.display());
        notes.push(Note { message, help: None });
    }
    notes.dedup();
    project.notes = notes;
    Ok(project)
}

/// The sources that [`discover`] will probably lead to, within milliseconds and without cargo: something to parse while it
/// runs. Empty where nothing can be guessed.
pub fn source_guess(request: &Request) -> Vec<SourceEntry> {
    let Ok(start) = Start::find(request) else { return Vec::new() };
    let mut project = start.project;
    let around = Surroundings { lock: Lockfile::default(), registries: Vec::new(), applies: &|_| false };
    for manifest in &start.manifests {
        let Ok(raw) = RawWorkspace::read(manifest) else { continue };
        if project.workspaces.iter().any(|w| w.root == raw.root.dir()) {
            continue;
        }
        let (root, target_dir) = (raw.root.dir().to_owned(), raw.target_dir());
        let linked = link(raw.members, &request.features, &around);
        let resolution = Resolution::Manifests;
        add_workspace(&mut project, linked.packages, |members| Workspace {
            root,
            target_dir,
            members,
            config: None,
            resolution,
        });
    }
    project.selected = select(&project, request, &mut Vec::new()).unwrap_or_default();
    crate::prefetch_list(&project)
}

/// Where a request leads before anything is asked.
struct Start {
    /// Each once; several may be of one workspace.
    manifests: Vec<PathBuf>,
    /// With loose files, requested paths and notes.
    project: Project,
}

impl Start {
    fn find(request: &Request) -> Result<Start, ProjectError> {
        let cwd = joined(&request.cwd, Path::new(""));
        let mut start = Start { manifests: Vec::new(), project: Project { root: cwd.clone(), ..Project::default() } };
        for path in &request.paths {
            if path.as_os_str() == "-" {
                start.project.loose.stdin = true;
                continue;
            }
            let absolute = joined(&cwd, path);
            std::fs::metadata(&absolute)
                .map_err(|e| ProjectError::PathNotFound { path: path.clone(), reason: e.to_string() })?;
            start.project.requested.push(absolute);
        }
        match &request.manifest_path {
            Some(path) => start.manifests.push(manifest_at(&cwd, path)?),
            None if request.paths.is_empty() && names_packages(request) => {
                start.manifests.extend(nearest_manifest(&cwd))
            }
            None if request.paths.is_empty() => start.look_around(&cwd),
            None => {
                for path in start.project.requested.clone() {
                    start.look_around(&path);
                }
            }
        }
        for path in &mut start.project.requested {
            if path.file_name().is_some_and(|n| n == "Cargo.toml") {
                path.pop();
            }
        }
        if start.manifests.is_empty() && names_packages(request) {
            return Err(ProjectError::NoManifest { dir: cwd });
        }
        start.manifests.sort();
        start.manifests.dedup();
        start.project.loose.files.sort();
        start.project.loose.files.dedup();
        Ok(start)
    }

    /// Says what was looked at.
    fn tell(&self, request: &Request, system: &dyn System) {
        if self.manifests.is_empty() || !self.project.loose.is_empty() || !self.project.notes.is_empty() {
            return system.lost_track();
        }
        let given = request.manifest_path.iter().map(|path| joined(&request.cwd, path));
        for path in given.chain(self.project.requested.iter().cloned()).chain([joined(&request.cwd, Path::new(""))]) {
            if !path.is_dir() {
                system.saw(&path);
            }
            path.ancestors().for_each(|folder| system.saw(&folder.join("Cargo.toml")));
        }
    }

    /// A folder or file of the command line, or the current folder.
    fn look_around(&mut self, path: &Path) {
        let is_dir = path.is_dir();
        let dir = if is_dir { path } else { path.parent().unwrap_or(path) };
        if let Some(manifest) = nearest_manifest(dir) {
            self.manifests.push(manifest);
            return;
        }
        if !is_dir {
            self.project.loose.files.push(path.to_owned());
            return;
        }
        let below = manifests_below(dir);
        if let Some(first) = below.first() {
            let message = format!(
                "no `Cargo.toml` in `{}`: analysed {} below it",
                dir.display(),
                counted(below.len(), "package")
            );
            self.project.notes.push(Note::new(message, format!("pass `--manifest-path {}` for one", first.display())));
        }
        self.manifests.extend(below);
        let keep = |folder: &Path| !folder.join("Cargo.toml").is_file();
        let files = walk_sources(dir, &keep, &mut self.project.notes);
        self.project.loose.files.extend(files);
    }
}

/// True when the request makes no sense without a manifest.
fn names_packages(request: &Request) -> bool {
    !request.packages.is_empty() || request.workspace || !request.targets.is_everything()
}

fn manifest_at(cwd: &Path, given: &Path) -> Result<PathBuf, ProjectError> {
    let path = joined(cwd, given);
    let path = if path.is_dir() { path.join("Cargo.toml") } else { path };
    if path.is_file() && !is_rust(&path) {
        Ok(path)
    } else {
        Err(ProjectError::ManifestNotFound { path: given.to_owned() })
    }
}

/// The outermost manifests in folders below `dir`.
fn manifests_below(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut walk = WalkDir::new(dir).sort_by_file_name().max_depth(5).into_iter();
    while let Some(entry) = walk.next() {
        let Ok(entry) = entry else { continue };
        if !entry.file_type().is_dir() || entry.depth() == 0 {
            continue;
        }
        let manifest = entry.path().join("Cargo.toml");
        let is_package = manifest.is_file();
        if is_hidden(entry.path()) || is_package || entry.path().join("CACHEDIR.TAG").is_file() {
            walk.skip_current_dir();
        }
        if is_package && !is_hidden(entry.path()) {
            found.push(manifest);
        }
        if found.len() == MAX_WORKSPACES {
            break;
        }
    }
    found
}

/// True when an earlier answer already holds the package of `manifest`.
fn is_covered(answers: &[(&Path, Answer)], manifest: &Path) -> bool {
    answers.iter().any(|(_, answer)| match answer {
        Answer::Full(metadata) | Answer::Members(metadata, _) => metadata.has_member_at(manifest),
        Answer::None(_) => false,
    })
}

/// Puts answers into the project.
struct Loader<'a> {
    system: &'a dyn System,
    request: &'a Request,
    platform: &'a PlatformFacts,
    project: &'a mut Project,
    notes: &'a mut Vec<Note>,
}

impl Loader<'_> {
    fn load(&mut self, manifest: &Path, answer: Answer) -> Result<(), ProjectError> {
        match answer {
            Answer::Full(metadata) => self.load_full(metadata),
            Answer::Members(metadata, why) => self.load_members(metadata, &why)?,
            Answer::None(error) => self.load_manifests(manifest, &error)?,
        }
        Ok(())
    }

    fn load_full(&mut self, metadata: Metadata) {
        let (root, target_dir) = (metadata.workspace_root.clone(), metadata.target_directory.clone());
        let config = metadata.config();
        self.add(metadata.into_packages(&self.platform.applies()), root, target_dir, config, Resolution::Full);
    }

    fn load_members(&mut self, metadata: Metadata, why: &str) -> Result<(), ProjectError> {
        let (root, target_dir) = (metadata.workspace_root.clone(), metadata.target_directory.clone());
        let config = metadata.config();
        let linked = self.linked(metadata.into_raw(), &root)?;
        let missing = missing_text(&linked);
        let message = format!("cargo could not resolve the dependencies ({}){missing}", reason(why));
        self.notes.push(Note::new(message, "run `cargo fetch` where there is a network"));
        self.add(linked.packages, root, target_dir, config, Resolution::Members);
        Ok(())
    }

    fn load_manifests(&mut self, manifest: &Path, error: &ToolError) -> Result<(), ProjectError> {
        let said = match error {
            ToolError::Failed(text) => Some(text.clone()),
            ToolError::Missing(_) => None,
        };
        let raw = RawWorkspace::read(manifest).map_err(|bad| bad.with_cargo(said.clone()))?;
        let (root, target_dir, config) = (raw.root.dir().to_owned(), raw.target_dir(), raw.root.workspace_config());
        if self.project.workspaces.iter().any(|w| w.root == root) {
            return Ok(());
        }
        self.notes.extend(raw.notes);
        let linked = self.linked(raw.members, &root)?;
        let missing = missing_text(&linked);
        let (what, help) = match error {
            ToolError::Missing(_) => ("cargo could not be run", "install cargo or set `CARGO`"),
            ToolError::Failed(_) => ("`cargo metadata` failed", "`cargo metadata` says more"),
        };
        let message = format!("{what} ({}): read the manifests instead{missing}", reason(error.text()));
        self.notes.push(Note::new(message, help));
        self.add(linked.packages, root, target_dir, config, Resolution::Manifests);
        Ok(())
    }

    fn linked(&self, members: Vec<RawPackage>, root: &Path) -> Result<Linked, ProjectError> {
        check_features(&self.request.features, &members)?;
        let applies = self.platform.applies();
        let around = Surroundings {
            lock: Lockfile::read(&root.join("Cargo.lock")),
            registries: registry_folders(cargo_home(self.system)),
            applies: &applies,
        };
        Ok(link(members, &self.request.features, &around))
    }

    fn add(
        &mut self,
        mut packages: Vec<Package>,
        root: PathBuf,
        target_dir: PathBuf,
        config: Option<serde_json::Value>,
        resolution: Resolution,
    ) {
        if resolution != Resolution::Full {
            self.system.lost_track();
        }
        find_build_output(&mut packages, &target_dir, self.system);
        add_workspace(self.project, packages, |members| Workspace { root, target_dir, members, config, resolution });
    }
}

/// Numbers of `packages` count from 0 and are moved up.
fn add_workspace(project: &mut Project, mut packages: Vec<Package>, workspace: impl FnOnce(Vec<usize>) -> Workspace) {
    let offset = project.packages.len();
    for dependency in packages.iter_mut().flat_map(|p| &mut p.dependencies) {
        dependency.package += offset;
    }
    let members = packages.iter().enumerate().filter(|(_, p)| p.is_member).map(|(i, _)| i + offset);
    let workspace = workspace(members.collect());
    project.workspaces.push(workspace);
    project.packages.extend(packages);
}

/// cargo rejects features that no member has; so do we when it could not.
fn check_features(selection: &FeatureSelection, members: &[RawPackage]) -> Result<(), ProjectError> {
    for feature in split_features(&selection.features) {
        let known = members.iter().any(|m| match feature.split_once('/') {
            Some((name, inner)) => {
                name != m.name && m.dependencies.iter().any(|d| d.key == name)
                    || (name == m.name && m.has_feature(inner))
            }
            None => m.has_feature(feature),
        });
        if !known {
            let all = members.iter().flat_map(|m| m.features.keys().map(String::as_str));
            let similar = toecap_ir::similar(feature, all).map(String::from);
            let packages = members.iter().map(|m| m.name.clone()).collect();
            return Err(ProjectError::NoSuchFeature { feature: feature.to_owned(), similar, packages });
        }
    }
    Ok(())
}

fn missing_text(linked: &Linked) -> String {
    if linked.missing.is_empty() {
        return String::new();
    }
    let names = linked.missing.iter().take(5).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let rest = if linked.missing.len() > 5 { ", …" } else { "" };
    format!("; {} without sources here: {names}{rest}", counted_dependencies(linked.missing.len()))
}

fn counted_dependencies(count: usize) -> String {
    if count == 1 { "1 dependency".into() } else { format!("{count} dependencies") }
}

fn stand_in_note(toolchain: &str, why: &str) -> Note {
    let message = format!("the toolchain of this folder could not answer ({why}): `{toolchain}` did instead");
    Note::new(message, "install it with `rustup toolchain install`")
}
