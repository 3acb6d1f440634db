//! From packages and targets to the crate graph that the analysis takes.
//!
//! ```text
//! package app: lib `app`, bin `app`, test `api`     three crates of the workspace; the last two know `app`
//! package tokio                                     one crate, read when a name leads there
//! ```

use std::path::PathBuf;

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::Name;
use toecap_project::{Dependency, Package, Project, Publish, Resolution, Target, TargetKind as Cargo, TargetRef};
use toecap_sema::{CfgSet, CrateInput, CrateOrigin, Input, TargetKind};

use super::loose;
use super::sources::SourceTable;

/// The crate graph, and which target each crate is.
#[derive(Debug, Default)]
pub struct CrateGraph {
    /// For the analysis.
    pub input: Input,
    /// As long as the crates of `input`; none for loose files.
    pub targets: Vec<Option<TargetRef>>,
}

impl CrateGraph {
    /// Crates for the selected targets, for the library of every package, and for loose files.
    pub fn new(project: &Project, sources: &SourceTable) -> CrateGraph {
        let mut builder = Builder {
            project,
            graph: CrateGraph::default(),
            libs: FxHashMap::default(),
            test_support: project.test_support(),
            features_known: project.workspaces.iter().all(|w| w.resolution == Resolution::Full),
        };
        builder.libraries();
        builder.others();
        builder.link();
        builder.loose(sources);
        builder.std();
        builder.graph
    }
}

struct Builder<'p> {
    project: &'p Project,
    graph: CrateGraph,
    /// Package number to crate number.
    libs: FxHashMap<usize, usize>,
    features_known: bool,
    /// Packages that are there for tests.
    test_support: FxHashSet<usize>,
}

impl Builder<'_> {
    /// A library comes before what else its package has, selected or not: others may link to it.
    fn libraries(&mut self) {
        let selected: FxHashSet<TargetRef> = self.project.selected.iter().copied().collect();
        for (number, package) in self.project.packages.iter().enumerate() {
            let lib = package.targets.iter().position(|t| matches!(t.kind, Cargo::Lib | Cargo::ProcMacro));
            let Some(target) = lib else { continue };
            let at = TargetRef { package: number, target };
            let origin = match selected.contains(&at) {
                true => CrateOrigin::Workspace,
                false => CrateOrigin::Dependency,
            };
            self.libs.insert(number, self.graph.input.crates.len());
            self.add(at, package, &package.targets[target], origin);
        }
    }

    fn others(&mut self) {
        for &at in &self.project.selected {
            let Some((package, target)) = self.project.target(at) else { continue };
            if !matches!(target.kind, Cargo::Lib | Cargo::ProcMacro) {
                self.add(at, package, target, CrateOrigin::Workspace);
            }
        }
    }

    fn add(&mut self, at: TargetRef, package: &Package, target: &Target, origin: CrateOrigin) {
        self.graph.targets.push(Some(at));
        self.graph.input.crates.push(CrateInput {
            name: Name::new(&target.crate_name),
            origin,
            kind: match kind(target.kind) {
                TargetKind::Lib if self.test_support.contains(&at.package) => TargetKind::TestLib,
                kind => kind,
            },
            is_proc_macro: target.kind == Cargo::ProcMacro,
            root: target.src_path.clone(),
            edition: target.edition,
            cfg: self.cfg(package),
            deps: Vec::new(),
            version: Some(package.version.clone()),
            may_be_published: package.publish == Publish::Possible,
            lacks_program: origin == CrateOrigin::Workspace && self.lacks_program(at.package, package),
            out_dir: package.out_dir.clone(),
            build_script: build_script(package),
        });
    }

    /// Is a program of the package not selected?
    fn lacks_program(&self, number: usize, package: &Package) -> bool {
        let programs = package.targets.iter().enumerate().filter(|(_, target)| target.kind == Cargo::Bin);
        let mut refs = programs.map(|(target, _)| TargetRef { package: number, target });
        refs.any(|at| !self.project.selected.contains(&at))
    }

    fn cfg(&self, package: &Package) -> CfgSet {
        let atoms = self.project.cfg.iter().chain(&package.build_cfg).map(|atom| (atom.key, atom.value));
        let known = self.features_known || package.is_member;
        CfgSet {
            atoms: atoms.collect(),
            features: known.then(|| package.features.iter().map(|f| Name::new(f)).collect()),
        }
    }

    fn link(&mut self) {
        for number in 0..self.graph.input.crates.len() {
            let Some((at, (package, target))) =
                self.graph.targets[number].and_then(|at| Some((at, self.project.target(at)?)))
            else {
                continue;
            };
            let origin = self.graph.input.crates[number].origin;
            let edges = package.dependencies.iter().filter(|d| is_linked(d, target.kind, origin));
            let mut deps: Vec<(Name, usize)> = edges
                .filter_map(|d| Some((Name::new(&d.name), *self.libs.get(&d.package)?)))
                .filter(|(_, linked)| *linked != number)
                .collect();
            let own = self.libs.get(&at.package).filter(|own| **own != number && target.kind != Cargo::BuildScript);
            deps.extend(own.map(|own| (self.graph.input.crates[*own].name, *own)));
            self.graph.input.crates[number].deps = deps;
        }
    }

    fn loose(&mut self, sources: &SourceTable) {
        for root in loose::roots(&self.project.loose.files, sources) {
            let stem = root.file_stem().and_then(|s| s.to_str()).unwrap_or("main").replace(['-', '.', ' '], "_");
            self.graph.targets.push(None);
            self.graph.input.crates.push(CrateInput {
                name: Name::new(&stem),
                origin: CrateOrigin::Workspace,
                kind: TargetKind::Lib,
                is_proc_macro: false,
                root,
                edition: 2021,
                cfg: CfgSet {
                    atoms: self.project.cfg.iter().map(|atom| (atom.key, atom.value)).collect(),
                    features: None,
                },
                deps: Vec::new(),
                version: None,
                may_be_published: true,
                lacks_program: false,
                out_dir: None,
                build_script: None,
            });
        }
    }
}

impl Builder<'_> {
    /// The standard library, from the table that comes with the tool. Every crate can name it.
    fn std(&mut self) {
        let first = self.graph.input.crates.len();
        let atoms: FxHashSet<_> = self.project.cfg.iter().map(|atom| (atom.key, atom.value)).collect();
        for (at, name) in toecap_stdlib::CRATES.into_iter().enumerate() {
            self.graph.targets.push(None);
            self.graph.input.crates.push(CrateInput {
                name: Name::new(name),
                origin: CrateOrigin::Std,
                kind: TargetKind::Lib,
                is_proc_macro: false,
                root: [toecap_stdlib::ROOT, name, "src", "lib.rs"].iter().collect(),
                edition: 2024,
                cfg: CfgSet { atoms: atoms.clone(), features: Some(FxHashSet::default()) },
                deps: (0..at).map(|dep| (Name::new(toecap_stdlib::CRATES[dep]), first + dep)).collect(),
                version: None,
                may_be_published: true,
                lacks_program: false,
                out_dir: None,
                build_script: None,
            });
        }
    }
}

fn is_linked(dependency: &Dependency, kind: Cargo, origin: CrateOrigin) -> bool {
    match (kind, origin) {
        (Cargo::BuildScript, _) => dependency.build,
        // Unit tests of the workspace's own code are read as well.
        (_, CrateOrigin::Workspace) => dependency.normal || dependency.dev,
        _ => dependency.normal,
    }
}

fn build_script(package: &Package) -> Option<PathBuf> {
    let script = package.targets.iter().find(|target| target.kind == Cargo::BuildScript);
    script.filter(|_| package.out_dir.is_none()).map(|target| target.src_path.clone())
}

fn kind(kind: Cargo) -> TargetKind {
    match kind {
        Cargo::Lib | Cargo::ProcMacro => TargetKind::Lib,
        Cargo::Bin => TargetKind::Bin,
        Cargo::Test => TargetKind::Test,
        Cargo::Bench => TargetKind::Bench,
        Cargo::Example => TargetKind::Example,
        Cargo::BuildScript => TargetKind::BuildScript,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use toecap_project::{Request, discover};

    const APP: &str = "[package]\nname = \"my-app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\
        [dependencies]\nrenamed = { package = \"low\", path = \"low\" }\n\
        [build-dependencies]\nlow = { path = \"low\" }\n[workspace]\n";
    const LOW: &str =
        "[package]\nname = \"low\"\nversion = \"1.2.3\"\nedition = \"2018\"\n[features]\ndefault = [\"x\"]\nx = []\n";

    fn graph(packages: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let files = [
            ("Cargo.toml", APP),
            ("src/lib.rs", ""),
            ("src/main.rs", ""),
            ("tests/api.rs", ""),
            ("build.rs", ""),
            ("low/Cargo.toml", LOW),
            ("low/src/lib.rs", ""),
        ];
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut request = Request::new(dir.path());
        request.offline = true;
        request.packages = packages.iter().map(|p| (*p).to_owned()).collect();
        let graph = CrateGraph::new(&discover(&request).unwrap(), &SourceTable::default());
        assert_eq!(graph.input.crates.len(), graph.targets.len());
        let ours = graph.input.crates.iter().filter(|krate| krate.origin != CrateOrigin::Std);
        let crates = ours.map(|krate| {
            let deps: Vec<_> =
                krate.deps.iter().map(|(name, i)| format!("{name}={}", graph.input.crates[*i].name)).collect();
            format!("{} {:?} {:?} {} [{}]", krate.name, krate.kind, krate.origin, krate.edition, deps.join(" "))
        });
        crates.collect()
    }

    #[test]
    fn each_target_knows_its_library_and_its_dependencies() {
        let mut crates = graph(&["my-app"]);
        crates.sort();
        assert_eq!(
            crates,
            [
                "api Test Workspace 2021 [renamed=low my_app=my_app]",
                "build_script_build BuildScript Workspace 2021 [low=low]",
                "low Lib Dependency 2018 []",
                "my_app Bin Workspace 2021 [renamed=low my_app=my_app]",
                "my_app Lib Workspace 2021 [renamed=low]",
            ]
        );
    }

    #[test]
    fn the_standard_library_comes_last() {
        let graph = CrateGraph::new(&Project::default(), &SourceTable::default());
        let names: Vec<String> = graph.input.crates.iter().map(|k| format!("{} {:?}", k.name, k.deps)).collect();
        assert_eq!(names, ["core []", "alloc [(core, 0)]", "std [(core, 0), (alloc, 1)]"]);
    }

    #[test]
    fn members_that_are_not_selected_are_dependencies() {
        let crates = graph(&["low"]);
        assert!(crates.contains(&"low Lib Workspace 2018 []".to_owned()), "{crates:?}");
        assert!(crates.iter().all(|k| !k.starts_with("my_app Bin")), "{crates:?}");
    }
}
