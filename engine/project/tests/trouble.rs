//! Machines and trees where something is missing or broken.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::io;
use std::path::PathBuf;

use support::{Bare, Scripted, Tree, failure, kinds, member_names, package};
use toecap_project::{
    Call, CallOutput, ProjectError, RealSystem, Request, Resolution, System, TargetKind, discover_with,
};

const APP: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

fn app() -> Tree {
    Tree::new(&[("Cargo.toml", APP), ("src/lib.rs", ""), ("src/main.rs", "")])
}

fn error(request: &Request, system: &dyn System) -> ProjectError {
    discover_with(request, system).unwrap_err()
}

/// A real cargo, but with this before it.
fn before_cargo(
    first: impl Fn(&Call) -> Option<io::Result<CallOutput>> + Sync,
) -> Scripted<impl Fn(&Call) -> io::Result<CallOutput> + Sync> {
    Scripted::new(move |call| first(call).unwrap_or_else(|| RealSystem.run(call)))
}

#[test]
fn without_cargo_the_manifests_are_read_and_that_is_said_once() {
    let project = app().without_cargo("");
    assert_eq!(kinds(&project), [TargetKind::Lib, TargetKind::Bin]);
    assert_eq!(project.workspaces[0].resolution, Resolution::Manifests);
    let notes: Vec<_> = project.notes.iter().map(|n| n.message.as_str()).collect();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("cargo could not be run"), "{notes:?}");
    assert!(notes[1].starts_with("rustc could not be run"), "{notes:?}");
    assert!(project.cfg.iter().any(|atom| atom.key == std::env::consts::FAMILY));
}

#[test]
fn an_absent_pinned_toolchain_is_stood_in_for() {
    let tree = app();
    let absent = "error: toolchain '1.70.0-x86_64-unknown-linux-gnu' is not installed\nhelp: run `rustup toolchain install` to install it\n";
    let system = before_cargo(|call| {
        let stand_in = call.env.iter().any(|(key, _)| *key == "RUSTUP_TOOLCHAIN");
        (!stand_in).then(|| failure(absent))
    });
    let project = discover_with(&tree.request(""), &Unset(&system)).unwrap();
    assert_eq!(project.workspaces[0].resolution, Resolution::Full, "{:?}", project.notes);
    assert_eq!(project.notes.len(), 1);
    let message = &project.notes[0].message;
    assert!(message.contains("1.70.0") && message.contains("`stable` did instead"), "{message}");
    assert!(system.calls.lock().unwrap().iter().all(|c| c.env.contains(&("RUSTUP_AUTO_INSTALL", "0".into()))));
}

/// Keeps `CARGO` and `RUSTC` of the test's own cargo away.
struct Unset<'a>(&'a dyn System);

impl System for Unset<'_> {
    fn run(&self, call: &Call) -> io::Result<CallOutput> {
        self.0.run(call)
    }
    fn var(&self, _: &str) -> Option<std::ffi::OsString> {
        None
    }
}

#[test]
fn the_network_is_used_only_when_something_must_be_downloaded() {
    let tree = app();
    let asks = |stderr: &'static str, offline: bool| {
        let system = Scripted::new(move |_| failure(stderr));
        let request = Request { offline, ..tree.request("") };
        let project = discover_with(&request, &system).unwrap();
        assert_eq!(project.workspaces[0].resolution, Resolution::Manifests);
        let calls = system.cargo_calls();
        calls.iter().map(|c| (c.contains("--offline"), c.contains("--no-deps"))).collect::<Vec<_>>()
    };
    let download = "error: failed to download `serde v1.0.0`\n\nCaused by:\n  attempting to make an HTTP request, but --offline was specified\n";
    assert_eq!(asks(download, false), [(true, false), (false, false), (true, true)]);
    assert_eq!(asks(download, true), [(true, false), (true, true)]);
    assert_eq!(asks("error: failed to parse lock file\n", false), [(true, false), (true, true)]);
}

#[test]
fn members_are_known_when_dependencies_are_not() {
    let tree = app();
    tree.write("Cargo.toml", &format!("{APP}[dependencies]\nno-such-crate-anywhere = \"1\"\n"));
    let project = tree.with_cargo("");
    assert_eq!(project.workspaces[0].resolution, Resolution::Members);
    assert_eq!(kinds(&project), [TargetKind::Lib, TargetKind::Bin]);
    let message = &project.notes[0].message;
    assert!(message.starts_with("cargo could not resolve the dependencies ("), "{message}");
    assert!(message.ends_with("; 1 dependency without sources here: `no-such-crate-anywhere`"), "{message}");
}

#[test]
fn a_manifest_that_is_not_toml_has_a_place() {
    let tree = app();
    tree.write("Cargo.toml", "[package]\nname = \"app\"\nversion = [\n");
    let bare = error(&tree.request(""), &Bare);
    let ProjectError::BadManifest { place, path, cargo: None, .. } = &bare else { panic!("{bare:?}") };
    assert_eq!((place.unwrap().0, path), (3, &tree.path("Cargo.toml")));
    let real = error(&tree.request(""), &RealSystem);
    let ProjectError::BadManifest { cargo: Some(cargo), .. } = &real else { panic!("{real:?}") };
    assert!(cargo.contains("error"), "{cargo}");
    assert!(real.to_string().contains("Cargo.toml:3:"), "{real}");
    tree.write("Cargo.toml", "[dependencies]\n");
    assert!(error(&tree.request(""), &Bare).to_string().contains("neither `[package]` nor `[workspace]`"));
}

#[test]
fn a_manifest_that_only_cargo_rejects_is_read_anyway() {
    let tree = app();
    tree.write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"3021\"\n");
    let project = tree.with_cargo("");
    assert_eq!(project.workspaces[0].resolution, Resolution::Manifests);
    assert_eq!(kinds(&project), [TargetKind::Lib, TargetKind::Bin]);
    assert!(project.notes[0].message.starts_with("`cargo metadata` failed ("), "{:?}", project.notes);
}

#[test]
fn a_broken_member_leaves_the_others() {
    let tree = Tree::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"good\", \"bad\", \"missing\"]\n"),
        ("good/Cargo.toml", "[package]\nname = \"good\"\n"),
        ("good/src/lib.rs", ""),
        ("bad/Cargo.toml", "[package\n"),
    ]);
    let project = tree.with_cargo("");
    assert_eq!(member_names(&project), ["good"]);
    let about = |name: &str| {
        project
            .notes
            .iter()
            .filter(|n| n.message.contains(&format!("left out member `{}", tree.path(name).display())))
            .count()
    };
    assert_eq!((about("bad"), about("missing")), (1, 1), "{:?}", project.notes);
}

#[test]
fn names_that_match_nothing_are_errors_with_advice() {
    let tree = app();
    let with = |change: &dyn Fn(&mut Request)| {
        let mut request = tree.request("");
        change(&mut request);
        let error = error(&request, &RealSystem);
        (error.to_string(), error.help().unwrap_or_default())
    };
    let (message, help) = with(&|r| r.packages = vec!["appp".into()]);
    assert_eq!(message, "package ID specification `appp` did not match any packages");
    assert_eq!(help, "a package with a similar name exists: `app`");
    let (_, help) = with(&|r| r.packages = vec!["zzzzzz".into()]);
    assert_eq!(help, "workspace members: `app`");
    let (message, help) = with(&|r| r.targets.bins.names = vec!["nope".into()]);
    assert_eq!(message, "no bin target named `nope` in the selected packages");
    assert_eq!(help, "available bin targets: `app`");
    let (message, _) = with(&|r| r.features.features = vec!["nope".into()]);
    assert_eq!(message, "none of the selected packages contains this feature: `nope`");
    let (message, _) = with(&|r| r.manifest_path = Some("no/Cargo.toml".into()));
    assert_eq!(message, "manifest path `no/Cargo.toml` does not exist");
    let (message, _) = with(&|r| r.paths = vec!["src/no.rs".into()]);
    assert!(message.starts_with("couldn't read `src/no.rs`: "), "{message}");
    let empty = Tree::new(&[("below/Cargo.toml", APP)]);
    let named = error(&Request { workspace: true, ..empty.request("") }, &Bare);
    assert!(named.to_string().starts_with("could not find `Cargo.toml` in "), "{named}");
}

#[test]
fn targets_and_packages_are_selected_as_in_cargo() {
    let tree = Tree::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\n"),
        ("one/Cargo.toml", "[package]\nname = \"one\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        ("one/src/lib.rs", ""),
        ("one/tests/t.rs", ""),
        ("two/Cargo.toml", "[package]\nname = \"two\"\nversion = \"0.2.0\"\nedition = \"2021\"\n"),
        ("two/src/main.rs", ""),
        ("two/src/part.rs", ""),
    ]);
    let selected = |dir: &str, change: &dyn Fn(&mut Request)| {
        let mut request = tree.request(dir);
        change(&mut request);
        let project = discover_with(&request, &Bare).unwrap();
        let targets = project.selected.iter().filter_map(|&at| project.target(at));
        targets.map(|(p, t)| format!("{} {}", p.name, t.kind.as_str())).collect::<Vec<_>>()
    };
    let all = ["one lib", "one test", "two bin"];
    assert_eq!(selected("", &|_| {}), all);
    assert_eq!(selected("two/src", &|_| {}), ["two bin"]);
    assert_eq!(selected("two/src", &|r| r.workspace = true), all);
    assert_eq!(selected("", &|r| r.packages = vec!["one@0.1".into()]), ["one lib", "one test"]);
    assert_eq!(
        selected("", &|r| r.packages = vec![format!("path+file://{}#0.2.0", tree.path("two").display())]),
        ["two bin"]
    );
    assert_eq!(selected("", &|r| r.exclude = vec!["one".into()]), ["two bin"]);
    assert_eq!(selected("", &|r| r.targets.lib = true), ["one lib"]);
    assert_eq!(selected("", &|r| r.targets.tests.all = true), ["one test"]);
    assert_eq!(selected("", &|r| r.targets.tests.names = vec!["t*".into()]), ["one test"]);
    assert_eq!(selected("", &|r| r.targets.all_targets = true), all);
    assert_eq!(selected("one", &|r| r.paths = vec!["../two/src/part.rs".into()]), ["two bin"]);
    assert_eq!(selected("", &|r| r.paths = vec!["one/tests".into(), "two/Cargo.toml".into()]), all);
    assert_eq!(selected("", &|r| r.manifest_path = Some("one/Cargo.toml".into())), ["one lib", "one test"]);
}

#[test]
fn only_requested_paths_are_wanted() {
    let tree = app();
    let request = Request { paths: vec!["src".into()], ..tree.request("") };
    let project = discover_with(&request, &Bare).unwrap();
    assert!(project.wants(&tree.path("src/lib.rs")));
    assert!(!project.wants(&tree.path("tests/a.rs")));
}

#[test]
fn a_folder_without_manifest_is_loose() {
    let tree = Tree::new(&[("a.rs", ""), ("sub/b.rs", ""), ("notes.txt", "")]);
    let project = tree.without_cargo("");
    let files: Vec<_> = project.loose.files.iter().map(|f| tree.relative(f)).collect();
    assert_eq!(files, ["a.rs", "sub/b.rs"]);
    assert!(project.workspaces.is_empty() && project.selected.is_empty());
    assert!(!project.notes.iter().any(|n| n.message.starts_with("no Rust sources")));
    let nothing = Tree::new(&[("notes.txt", "")]);
    assert!(nothing.without_cargo("").notes.iter().any(|n| n.message.starts_with("no Rust sources")));
    let one = discover_with(&Request { paths: vec!["sub/b.rs".into()], ..tree.request("") }, &Bare).unwrap();
    assert_eq!(one.loose.files, [tree.path("sub/b.rs")]);
    let stdin = discover_with(&Request { paths: vec!["-".into()], ..tree.request("") }, &Bare).unwrap();
    assert!(stdin.loose.stdin && stdin.loose.files.is_empty());
}

#[test]
fn workspaces_below_a_folder_are_found() {
    let tree = Tree::new(&[
        ("one/Cargo.toml", "[package]\nname = \"one\"\n[dependencies]\nhelp = { path = \"help\" }\n"),
        ("one/src/lib.rs", ""),
        ("one/help/Cargo.toml", "[package]\nname = \"help\"\n"),
        ("one/help/src/lib.rs", ""),
        ("deep/two/Cargo.toml", "[package]\nname = \"two\"\n"),
        ("deep/two/src/main.rs", ""),
        ("scripts/loose.rs", ""),
    ]);
    let project = tree.without_cargo("");
    assert_eq!(member_names(&project), ["one", "two"]);
    assert_eq!(project.workspaces.len(), 2);
    assert_eq!(project.loose.files, [tree.path("scripts/loose.rs")]);
    // Numbers of the second workspace's packages are its own.
    let one = package(&project, "one");
    assert_eq!(project.packages[one.dependencies[0].package].name, "help");
    let below: Vec<PathBuf> = project.workspaces.iter().map(|w| w.root.clone()).collect();
    assert_eq!(below, [tree.path("deep/two"), tree.path("one")]);
}

#[test]
fn the_configured_platform_is_asked_for() {
    let tree = app();
    tree.write(
        ".cargo/config.toml",
        "[build]\ntarget = \"x86_64-pc-windows-msvc\"\nrustflags = [\"--cfg\", \"tokio_unstable\"]\n",
    );
    let project = tree.with_cargo("");
    assert_eq!(project.triple.as_deref(), Some("x86_64-pc-windows-msvc"));
    assert!(project.cfg.iter().any(|a| a.key == "windows"));
    assert!(project.cfg.iter().any(|a| a.key == "tokio_unstable"));
    assert!(!project.cfg.iter().any(|a| a.key == "unix"));
}
