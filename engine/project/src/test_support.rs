//! Libraries of a workspace that are there for its tests.
//!
//! ```text
//! app        bin
//! harness    lib, publish = false, depends on app; tests/api.rs          only tests run what is in it
//! fixtures   lib, publish = false, a [dev-dependencies] entry of app     likewise
//! common     lib, publish = false, a [dependencies] entry of app         no
//! ```

use rustc_hash::FxHashSet;

use crate::{Package, Project, Publish, TargetKind};

impl Project {
    /// The numbers of the packages whose library nothing but tests can run: nobody else gets to see it, no package links to it
    /// otherwise than for tests, and there are tests, of its own or of packages that link to it for them.
    pub fn test_support(&self) -> FxHashSet<usize> {
        let members = || self.packages.iter().enumerate().filter(|(_, package)| package.is_member);
        let mut found: FxHashSet<usize> = members().filter(|(_, p)| is_closed(p)).map(|(number, _)| number).collect();
        loop {
            let programs = members().filter(|(number, _)| !found.contains(number));
            let linked = programs.flat_map(|(_, p)| &p.dependencies).filter(|d| d.normal || d.build);
            let linked: FxHashSet<usize> = linked.map(|d| d.package).filter(|number| found.contains(number)).collect();
            if linked.is_empty() {
                break;
            }
            found.retain(|number| !linked.contains(number));
        }
        let for_tests: FxHashSet<usize> =
            members().flat_map(|(_, p)| &p.dependencies).filter(|d| d.dev).map(|d| d.package).collect();
        let is_member = |number: usize| self.packages[number].is_member;
        let tests_others = |package: &Package| {
            let dependencies = &package.dependencies;
            let has_tests = package.targets.iter().any(|t| t.kind == TargetKind::Test);
            (has_tests || dependencies.iter().any(|d| d.dev))
                && dependencies.iter().any(|d| d.normal && is_member(d.package) && !found.contains(&d.package))
        };
        let of_tests = |number: &usize| for_tests.contains(number) || tests_others(&self.packages[*number]);
        let begin: Vec<usize> = found.iter().copied().filter(of_tests).collect();
        self.with_dependencies(begin, &found)
    }

    /// These, and what they link to, as far as it is `among` the others.
    fn with_dependencies(&self, mut open: Vec<usize>, among: &FxHashSet<usize>) -> FxHashSet<usize> {
        let mut all = FxHashSet::default();
        while let Some(number) = open.pop() {
            if all.insert(number) {
                let linked = self.packages[number].dependencies.iter().filter(|d| d.normal).map(|d| d.package);
                open.extend(linked.filter(|linked| among.contains(linked)));
            }
        }
        all
    }
}

/// A library for Rust code, and no program; no registry gets it.
fn is_closed(package: &Package) -> bool {
    let is_rust = |kind: &String| kind == "lib" || kind == "rlib";
    package.publish == Publish::Never
        && package.lib().is_some_and(|lib| lib.kind == TargetKind::Lib && lib.crate_types.iter().all(is_rust))
        && package.targets.iter().all(|target| target.kind != TargetKind::Bin)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use crate::{Request, discover};

    /// A workspace of these manifests; each package has a library, and a test where it is said.
    fn support(packages: &[(&str, &str, bool)]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: String, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("Cargo.toml".into(), "[workspace]\nmembers = [\"*\"]\nexclude = [\"target\"]\nresolver = \"2\"\n");
        for (name, rest, has_tests) in packages {
            let head = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
            write(format!("{name}/Cargo.toml"), &(head + rest));
            write(format!("{name}/src/lib.rs"), "");
            if *has_tests {
                write(format!("{name}/tests/api.rs"), "");
            }
        }
        let project = discover(&Request { cwd: dir.path().to_owned(), ..Request::default() }).unwrap();
        let mut names: Vec<String> =
            project.test_support().into_iter().map(|number| project.packages[number].name.clone()).collect();
        names.sort();
        names
    }

    const CLOSED: &str = "publish = false\n[dependencies]\n";

    #[test]
    fn a_harness_with_tests_is_for_tests() {
        let harness = format!("{CLOSED}app = {{ path = \"../app\" }}\nbase = {{ path = \"../base\" }}\n");
        assert_eq!(
            support(&[("app", "", false), ("harness", &harness, true), ("base", CLOSED, false)]),
            ["base", "harness"]
        );
        assert_eq!(support(&[("app", "", false), ("harness", &harness, false), ("base", CLOSED, false)]), [""; 0]);
    }

    #[test]
    fn what_only_tests_link_to_is_for_tests() {
        let app = "[dev-dependencies]\nfixtures = { path = \"../fixtures\" }\n";
        assert_eq!(support(&[("app", app, false), ("fixtures", CLOSED, false)]), ["fixtures"]);
        assert_eq!(support(&[("app", app, false), ("fixtures", "", false)]), [""; 0]);
        let both = format!("{app}[dependencies]\nfixtures = {{ path = \"../fixtures\" }}\n");
        assert_eq!(support(&[("app", &both, false), ("fixtures", CLOSED, false)]), [""; 0]);
    }

    #[test]
    fn what_no_rust_code_links_to_and_programs_are_not() {
        let plugin = "publish = false\n[lib]\ncrate-type = [\"cdylib\"]\n[dependencies]\napp = { path = \"../app\" }\n";
        assert_eq!(support(&[("app", "", false), ("plugin", plugin, true)]), [""; 0]);
    }
}
