//! `cargo metadata --format-version 1`: the call and the few fields that matter.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cargo::{Tool, ToolError};
use crate::lock::LockfileGuard;
use crate::manifest::{DependencyKind, RawDependency, RawPackage, needs_version};
use crate::{Dependency, Package, Publish, Request, Source, Target, TargetKind};

/// What cargo answered.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Metadata {
    packages: Vec<JsonPackage>,
    pub(crate) workspace_members: Vec<String>,
    #[serde(default)]
    pub(crate) resolve: Option<Resolve>,
    pub(crate) target_directory: PathBuf,
    pub(crate) workspace_root: PathBuf,
    #[serde(default)]
    metadata: Value,
}

#[derive(Debug, Deserialize, Serialize)]
struct JsonPackage {
    name: String,
    version: String,
    id: String,
    source: Option<String>,
    targets: Vec<JsonTarget>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    features: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<JsonDependency>,
    manifest_path: PathBuf,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    metadata: Value,
    edition: String,
    /// Registries; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    publish: Option<Vec<String>>,
    /// [`JsonPackage::has_unversioned`], where `dependencies` have been left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unversioned: bool,
}

#[derive(Debug, Deserialize, Serialize)]
struct JsonTarget {
    kind: Vec<String>,
    crate_types: Vec<String>,
    name: String,
    src_path: PathBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edition: Option<String>,
    #[serde(default, rename = "required-features", skip_serializing_if = "Vec::is_empty")]
    required_features: Vec<String>,
}

#[derive(Debug, Deserialize, Serialize)]
struct JsonDependency {
    name: String,
    #[serde(default)]
    req: String,
    kind: Option<String>,
    rename: Option<String>,
    optional: bool,
    uses_default_features: bool,
    features: Vec<String>,
    target: Option<String>,
    #[serde(default)]
    path: Option<PathBuf>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Node {
    id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deps: Vec<NodeDependency>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    features: Vec<String>,
}

#[derive(Debug, Deserialize, Serialize)]
struct NodeDependency {
    name: String,
    pkg: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dep_kinds: Vec<NodeKind>,
}

#[derive(Debug, Deserialize, Serialize)]
struct NodeKind {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
}

/// How far cargo got.
pub(crate) enum Answer {
    /// Dependencies included.
    Full(Metadata),
    /// Members alone, and why.
    Members(Metadata, String),
    /// Nothing.
    None(ToolError),
}

/// Asks cargo: with dependencies from what is on disk, from the network if that must be, or without them.
pub(crate) fn ask_cargo(cargo: &mut Tool<'_>, manifest: &Path, request: &Request, triple: &str) -> Answer {
    let _guard = LockfileGuard::new(manifest);
    let with_deps = full_args(manifest, request, triple);
    let offline = parsed(cargo.run(&with(&with_deps, "--offline")));
    let mut error = match offline {
        Ok(metadata) => return Answer::Full(metadata),
        Err(error @ ToolError::Missing(_)) => return Answer::None(error),
        Err(error) => error,
    };
    if !request.offline && error.text().contains("offline") {
        match parsed(cargo.run(&with_deps)) {
            Ok(metadata) => return Answer::Full(metadata),
            Err(other) => error = other,
        }
    }
    let mut members = base_args(manifest);
    members.extend(["--no-deps".into(), "--offline".into()]);
    match parsed(cargo.run(&members)) {
        Ok(metadata) => Answer::Members(metadata, error.text().to_owned()),
        Err(_) => Answer::None(error),
    }
}

fn base_args(manifest: &Path) -> Vec<OsString> {
    let fixed = ["metadata", "--format-version", "1", "--manifest-path"];
    fixed.iter().map(OsString::from).chain([manifest.into()]).collect()
}

fn full_args(manifest: &Path, request: &Request, triple: &str) -> Vec<OsString> {
    let mut args = base_args(manifest);
    args.extend(["--filter-platform".into(), triple.into()]);
    for feature in &request.features.features {
        args.extend(["--features".into(), feature.into()]);
    }
    if request.features.all_features {
        args.push("--all-features".into());
    }
    if request.features.no_default_features {
        args.push("--no-default-features".into());
    }
    args
}

fn with(args: &[OsString], last: &str) -> Vec<OsString> {
    args.iter().cloned().chain([last.into()]).collect()
}

fn parsed(answer: Result<Vec<u8>, ToolError>) -> Result<Metadata, ToolError> {
    let text = answer?;
    // Wrappers of cargo may print before the JSON.
    let start = text.iter().position(|&b| b == b'{').unwrap_or(0);
    let json = serde_json::from_slice(&text[start..]);
    json.map_err(|e| ToolError::Failed(format!("cargo's metadata could not be read: {e}")))
}

/// The resolved graph in cargo's own words, without what nobody reads; and what of it is on the disk.
pub(crate) struct Distilled {
    pub(crate) json: Vec<u8>,
    pub(crate) workspace_root: PathBuf,
    /// Manifests of packages that may change at any time.
    pub(crate) path_manifests: Vec<PathBuf>,
    /// Manifests of packages that do not change.
    pub(crate) other_manifests: Vec<PathBuf>,
    /// Names of packages of registries.
    pub(crate) registry_names: Vec<String>,
    /// Something is of a git repository.
    pub(crate) has_git: bool,
}

/// None when dependencies are not resolved, or it is no answer of `cargo metadata`.
pub(crate) fn distilled(stdout: &[u8]) -> Option<Distilled> {
    let mut metadata = parsed(Ok(stdout.to_vec())).ok()?;
    let resolve = metadata.resolve.as_ref()?;
    let used: FxHashSet<&str> = resolve.nodes.iter().map(|node| node.id.as_str()).collect();
    metadata.packages.retain(|package| used.contains(package.id.as_str()));
    metadata.packages.iter_mut().for_each(JsonPackage::distill);
    let (ours, others): (Vec<_>, Vec<_>) =
        metadata.packages.iter().partition(|package| source(package.source.as_deref()) == Source::Path);
    let is_git = |p: &&&JsonPackage| matches!(source(p.source.as_deref()), Source::Git(_));
    let has_git = others.iter().any(|p| is_git(&p));
    let registry_names = others.iter().filter(|p| !is_git(p)).map(|p| p.name.clone()).collect();
    let manifests = |packages: Vec<&JsonPackage>| packages.iter().map(|p| p.manifest_path.clone()).collect();
    Some(Distilled {
        json: serde_json::to_vec(&metadata).ok()?,
        workspace_root: metadata.workspace_root.clone(),
        path_manifests: manifests(ours),
        other_manifests: manifests(others),
        registry_names,
        has_git,
    })
}

/// `[*.metadata.toecap]`
fn own_config(metadata: &Value) -> Option<Value> {
    metadata.get("toecap").cloned()
}

/// `2021` as a number.
pub(crate) fn edition_number(text: &str) -> u16 {
    text.parse().unwrap_or(2015)
}

impl Metadata {
    /// `[workspace.metadata.toecap]`
    pub(crate) fn config(&self) -> Option<Value> {
        own_config(&self.metadata)
    }

    /// True when the package of `manifest` is a member.
    pub(crate) fn has_member_at(&self, manifest: &Path) -> bool {
        self.packages.iter().any(|p| p.manifest_path == manifest && self.workspace_members.contains(&p.id))
    }

    /// The resolved graph. Packages that this platform does not need are left out; `applies` tells of `[target.'..']`.
    pub(crate) fn into_packages(self, applies: &dyn Fn(&str) -> bool) -> Vec<Package> {
        let nodes = self.resolve.map(|r| r.nodes).unwrap_or_default();
        let mut nodes: FxHashMap<String, Node> = nodes.into_iter().map(|n| (n.id.clone(), n)).collect();
        let mut kept: Vec<_> = self.packages.into_iter().filter(|p| nodes.contains_key(&p.id)).collect();
        kept.sort_by(|a, b| a.id.cmp(&b.id));
        let numbers: FxHashMap<String, usize> = kept.iter().enumerate().map(|(i, p)| (p.id.clone(), i)).collect();
        kept.into_iter()
            .map(|json| {
                let node = nodes.remove(&json.id);
                let is_member = self.workspace_members.contains(&json.id);
                json.into_package(node, is_member, &|d| d.edge(&numbers, applies))
            })
            .collect()
    }

    /// The members, unresolved.
    pub(crate) fn into_raw(self) -> Vec<RawPackage> {
        let members = self.packages.into_iter().filter(|p| self.workspace_members.contains(&p.id));
        members.map(JsonPackage::into_raw).collect()
    }
}

impl JsonPackage {
    /// Leaves out what only matters where dependencies are not resolved, and what other tools have in their tables.
    fn distill(&mut self) {
        self.unversioned = self.has_unversioned();
        self.dependencies.clear();
        self.features.clear();
        let own = own_config(&self.metadata);
        self.metadata = own.map_or(Value::Null, |own| serde_json::json!({ "toecap": own }));
    }

    fn publish(&self) -> Publish {
        let is_allowed = self.publish.as_ref().is_none_or(|registries| !registries.is_empty());
        Publish::new(is_allowed, self.has_unversioned())
    }

    fn has_unversioned(&self) -> bool {
        let needs =
            |d: &JsonDependency| needs_version(&d.req, d.path.as_deref(), DependencyKind::from_json(d.kind.as_deref()));
        self.unversioned || self.dependencies.iter().any(needs)
    }

    fn into_package(
        self,
        node: Option<Node>,
        is_member: bool,
        edge: &dyn Fn(&NodeDependency) -> Option<Dependency>,
    ) -> Package {
        let (deps, features) = node.map(|n| (n.deps, n.features)).unwrap_or_default();
        let mut dependencies: Vec<_> = deps.iter().filter_map(edge).collect();
        dependencies.sort_by(|a, b| (&a.name, a.package).cmp(&(&b.name, b.package)));
        Package {
            publish: self.publish(),
            edition: edition_number(&self.edition),
            targets: self.targets.into_iter().filter_map(|t| t.into_target(&self.edition)).collect(),
            id: self.id,
            name: self.name,
            version: self.version,
            manifest_path: self.manifest_path,
            source: source(self.source.as_deref()),
            is_member,
            features,
            dependencies,
            config: own_config(&self.metadata),
            out_dir: None,
            build_cfg: Vec::new(),
        }
    }

    fn into_raw(self) -> RawPackage {
        RawPackage {
            publish: self.publish(),
            edition: edition_number(&self.edition),
            targets: self.targets.into_iter().filter_map(|t| t.into_target(&self.edition)).collect(),
            id: self.id,
            name: self.name,
            version: self.version,
            manifest_path: self.manifest_path,
            source: source(self.source.as_deref()),
            features: self.features,
            dependencies: self.dependencies.into_iter().map(JsonDependency::into_raw).collect(),
            config: own_config(&self.metadata),
        }
    }
}

impl JsonTarget {
    fn into_target(self, package_edition: &str) -> Option<Target> {
        let kind = match self.kind.first()?.as_str() {
            "bin" => TargetKind::Bin,
            "test" => TargetKind::Test,
            "bench" => TargetKind::Bench,
            "example" => TargetKind::Example,
            "custom-build" => TargetKind::BuildScript,
            "proc-macro" => TargetKind::ProcMacro,
            _ => TargetKind::Lib,
        };
        Some(Target {
            crate_name: self.name.replace('-', "_"),
            name: self.name,
            kind,
            crate_types: self.crate_types,
            src_path: self.src_path,
            edition: edition_number(self.edition.as_deref().unwrap_or(package_edition)),
            required_features: self.required_features,
        })
    }
}

impl JsonDependency {
    fn into_raw(self) -> RawDependency {
        RawDependency {
            key: self.rename.clone().unwrap_or_else(|| self.name.clone()),
            name: self.name,
            req: self.req,
            kind: DependencyKind::from_json(self.kind.as_deref()),
            renamed: self.rename.is_some(),
            optional: self.optional,
            default_features: self.uses_default_features,
            features: self.features,
            platform: self.target,
            path: self.path,
        }
    }
}

impl NodeDependency {
    fn edge(&self, numbers: &FxHashMap<String, usize>, applies: &dyn Fn(&str) -> bool) -> Option<Dependency> {
        // Dependencies on programs have no name.
        let package = *numbers.get(&self.pkg).filter(|_| !self.name.is_empty())?;
        // cargo leaves out packages that the platform does not need, but not the single reasons to need one.
        let here = |k: &&NodeKind| k.target.as_deref().is_none_or(applies);
        let has = |kind: Option<&str>| self.dep_kinds.iter().filter(here).any(|k| k.kind.as_deref() == kind);
        Some(Dependency {
            name: self.name.clone(),
            package,
            normal: has(None) || self.dep_kinds.is_empty(),
            dev: has(Some("dev")),
            build: has(Some("build")),
        })
    }
}

/// `registry+https://…`, `git+https://…#commit`, nothing for a path.
fn source(text: Option<&str>) -> Source {
    match text {
        None => Source::Path,
        Some(text) if text.starts_with("git+") => Source::Git(text[4..].to_owned()),
        Some(text) if text.starts_with("path+") => Source::Path,
        Some(text) => Source::Registry(text.strip_prefix("registry+").unwrap_or(text).to_owned()),
    }
}
