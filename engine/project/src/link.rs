//! Resolves packages without cargo: which features are on, and which package a dependency means.
//!
//! ```toml
//! [features]
//! default = ["net"]
//! net = ["dep:tokio", "log?/std"]
//! ```
//!
//! Features of a package are united over all that depend on it, as cargo's first resolver does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::lock::Lockfile;
use crate::manifest::{DependencyKind, Manifest, RawDependency, RawPackage};
use crate::workspace::root_of;
use crate::{Dependency, FeatureSelection, Package, Source};

/// Where dependencies are looked for.
pub(crate) struct Surroundings<'a> {
    pub(crate) lock: Lockfile,
    pub(crate) registries: Vec<PathBuf>,
    /// True when a `[target.'..']` table applies.
    pub(crate) applies: &'a dyn Fn(&str) -> bool,
}

/// A graph as far as it could be resolved; members come first.
pub(crate) struct Linked {
    pub(crate) packages: Vec<Package>,
    /// Dependencies whose sources are not there.
    pub(crate) missing: BTreeSet<String>,
}

/// Resolves `members` and everything they need that is on this disk.
pub(crate) fn link(members: Vec<RawPackage>, features: &FeatureSelection, around: &Surroundings<'_>) -> Linked {
    let count = members.len();
    let mut linker = Linker { around, count, ..Linker::new(around) };
    for member in members {
        linker.add(member);
    }
    for member in 0..count {
        linker.request(member, features);
    }
    linker.settle();
    linker.finish()
}

struct Linker<'a> {
    around: &'a Surroundings<'a>,
    /// The first of `packages` are members.
    count: usize,
    packages: Vec<RawPackage>,
    numbers: FxHashMap<PathBuf, usize>,
    features: Vec<BTreeSet<String>>,
    /// By package: index of the dependency, and the package it leads to.
    active: Vec<BTreeMap<usize, Option<usize>>>,
    /// `log?/std` before `log` is active: package, key, feature.
    weak: BTreeSet<(usize, String, String)>,
    work: Vec<Work>,
    missing: BTreeSet<String>,
}

enum Work {
    Enable(usize, String),
    Activate(usize, usize),
}

impl<'a> Linker<'a> {
    fn new(around: &'a Surroundings<'a>) -> Linker<'a> {
        Linker {
            around,
            count: 0,
            packages: Vec::new(),
            numbers: FxHashMap::default(),
            features: Vec::new(),
            active: Vec::new(),
            weak: BTreeSet::new(),
            work: Vec::new(),
            missing: BTreeSet::new(),
        }
    }

    fn add(&mut self, package: RawPackage) -> usize {
        let number = self.packages.len();
        self.numbers.insert(package.manifest_path.clone(), number);
        for (i, dependency) in package.dependencies.iter().enumerate() {
            let wanted = number < self.count || dependency.kind != DependencyKind::Dev;
            if wanted && !dependency.optional && self.applies(dependency) {
                self.work.push(Work::Activate(number, i));
            }
        }
        self.packages.push(package);
        self.features.push(BTreeSet::new());
        self.active.push(BTreeMap::new());
        number
    }

    fn applies(&self, dependency: &RawDependency) -> bool {
        dependency.platform.as_deref().is_none_or(|platform| (self.around.applies)(platform))
    }

    /// What the command line asks of a member.
    fn request(&mut self, member: usize, selection: &FeatureSelection) {
        let package = &self.packages[member];
        let mut wanted: Vec<String> = Vec::new();
        if selection.all_features {
            wanted.extend(package.features.keys().cloned());
            wanted.extend(package.dependencies.iter().filter(|d| d.optional).map(|d| d.key.clone()));
        }
        if !selection.no_default_features {
            wanted.push("default".into());
        }
        for feature in split_features(&selection.features) {
            match feature.split_once('/') {
                Some((name, feature)) if name == package.name => wanted.push(feature.to_owned()),
                Some((key, _)) if !package.dependencies.iter().any(|d| d.key == key) => {}
                _ => wanted.push(feature.to_owned()),
            }
        }
        for feature in wanted {
            self.apply(member, &feature);
        }
    }

    fn settle(&mut self) {
        while let Some(work) = self.work.pop() {
            match work {
                Work::Enable(package, feature) => self.enable(package, feature),
                Work::Activate(package, dependency) => self.activate(package, dependency),
            }
        }
    }

    fn enable(&mut self, package: usize, feature: String) {
        if self.features[package].contains(&feature) {
            return;
        }
        let values = self.packages[package].features.get(&feature).cloned();
        match values {
            Some(values) => values.iter().for_each(|value| self.apply(package, value)),
            None if self.packages[package].hides(&feature) || !self.activate_key(package, &feature) => return,
            None => {}
        }
        self.features[package].insert(feature);
    }

    /// One value of a feature: `a`, `dep:a`, `a/f`, `a?/f`.
    fn apply(&mut self, package: usize, value: &str) {
        if let Some(key) = value.strip_prefix("dep:") {
            self.activate_key(package, key);
            return;
        }
        let Some((key, feature)) = value.split_once('/') else {
            self.work.push(Work::Enable(package, value.to_owned()));
            return;
        };
        let strong = key.strip_suffix('?').is_none();
        let key = key.strip_suffix('?').unwrap_or(key);
        if strong && self.activate_key(package, key) {
            self.work.push(Work::Enable(package, key.to_owned()));
        }
        self.weak.insert((package, key.to_owned(), feature.to_owned()));
        let reached: Vec<usize> = self.reached(package, key).collect();
        self.work.extend(reached.into_iter().map(|p| Work::Enable(p, feature.to_owned())));
    }

    fn reached(&self, package: usize, key: &str) -> impl Iterator<Item = usize> {
        let dependencies = &self.packages[package].dependencies;
        self.active[package].iter().filter(move |(i, _)| dependencies[**i].key == key).filter_map(|(_, p)| *p)
    }

    /// False when there is no such dependency.
    fn activate_key(&mut self, package: usize, key: &str) -> bool {
        let dependencies = self.packages[package].dependencies.iter().enumerate();
        let found: Vec<usize> = dependencies.filter(|(_, d)| d.key == key && d.optional).map(|(i, _)| i).collect();
        let applying = found.iter().filter(|&&i| self.applies(&self.packages[package].dependencies[i]));
        let work: Vec<_> = applying.map(|&i| Work::Activate(package, i)).collect();
        self.work.extend(work);
        !found.is_empty()
    }

    fn activate(&mut self, package: usize, index: usize) {
        if self.active[package].contains_key(&index) {
            return;
        }
        let dependency = self.packages[package].dependencies[index].clone();
        let reached = self.locate(package, &dependency);
        self.active[package].insert(index, reached);
        let Some(reached) = reached else {
            self.missing.insert(dependency.name);
            return;
        };
        let mut wanted = dependency.features;
        if dependency.default_features {
            wanted.push("default".into());
        }
        let asked = self.weak.iter().filter(|(p, key, _)| *p == package && *key == dependency.key);
        wanted.extend(asked.map(|(_, _, feature)| feature.clone()));
        for feature in wanted {
            self.apply(reached, &feature);
        }
    }

    fn locate(&mut self, from: usize, dependency: &RawDependency) -> Option<usize> {
        if let Some(dir) = &dependency.path {
            return self.load(&dir.join("Cargo.toml"), None);
        }
        let from = (self.packages[from].name.as_str(), self.packages[from].version.as_str());
        let locked = self.around.lock.dependency(from, &dependency.name, &dependency.req)?;
        let (manifest, source, id) = locked.locate(&self.around.registries)?;
        self.load(&manifest, Some((source, id)))
    }

    fn load(&mut self, path: &Path, registry: Option<(Source, String)>) -> Option<usize> {
        if let Some(&number) = self.numbers.get(path) {
            return Some(number);
        }
        let manifest = Manifest::read(path).ok()?;
        let root = match &registry {
            Some(_) => None,
            None => root_of(&manifest).ok().flatten(),
        };
        let mut package = manifest.raw_package(root.as_ref().unwrap_or(&manifest))?;
        if let Some((source, id)) = registry {
            package.source = source;
            package.id = id;
        }
        Some(self.add(package))
    }

    fn finish(self) -> Linked {
        let names: Vec<Option<String>> = self.packages.iter().map(lib_name).collect();
        let parts = self.packages.into_iter().zip(self.features).zip(self.active).enumerate();
        let packages = parts.map(|(number, ((raw, features), active))| Package {
            is_member: number < self.count,
            dependencies: edges(&raw, &active, &names),
            features: features.into_iter().collect(),
            id: raw.id,
            name: raw.name,
            version: raw.version,
            edition: raw.edition,
            manifest_path: raw.manifest_path,
            source: raw.source,
            targets: raw.targets,
            publish: raw.publish,
            config: raw.config,
            out_dir: None,
            build_cfg: Vec::new(),
        });
        Linked { packages: packages.collect(), missing: self.missing }
    }
}

fn lib_name(package: &RawPackage) -> Option<String> {
    use crate::TargetKind::{Lib, ProcMacro};
    let lib = package.targets.iter().find(|t| matches!(t.kind, Lib | ProcMacro))?;
    Some(lib.crate_name.clone())
}

fn edges(package: &RawPackage, active: &BTreeMap<usize, Option<usize>>, names: &[Option<String>]) -> Vec<Dependency> {
    let mut edges: BTreeMap<(String, usize), Dependency> = BTreeMap::new();
    for (&index, &reached) in active {
        let (Some(reached), raw) = (reached, &package.dependencies[index]) else { continue };
        let Some(lib) = &names[reached] else { continue };
        let name = if raw.renamed { raw.key.replace('-', "_") } else { lib.clone() };
        let edge = edges.entry((name.clone(), reached)).or_insert(Dependency {
            name,
            package: reached,
            normal: false,
            dev: false,
            build: false,
        });
        match raw.kind {
            DependencyKind::Normal => edge.normal = true,
            DependencyKind::Dev => edge.dev = true,
            DependencyKind::Build => edge.build = true,
        }
    }
    edges.into_values().collect()
}

/// `--features "a b" --features c,d`
pub(crate) fn split_features(features: &[String]) -> impl Iterator<Item = &str> {
    features.iter().flat_map(|text| text.split([',', ' '])).filter(|f| !f.is_empty())
}
