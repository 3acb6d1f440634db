//! What cargo says of a workspace and what we read from its manifests ourselves must be the same.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Tree, edges, member_names, package};
use toecap_project::{
    Project, RealSystem, Request, Resolution, TargetKind, discover_with, prefetch_list, source_guess,
};

fn workspace() -> Tree {
    Tree::new(&[
        (
            "Cargo.toml",
            r#"
[workspace]
members = ["crates/*", "tool"]
exclude = ["crates/old"]
resolver = "2"
[workspace.package]
version = "1.2.3"
edition = "2021"
[workspace.dependencies]
net = { package = "my-net", path = "crates/net", default-features = false, features = ["tls"] }
[workspace.metadata.toecap]
deny = ["all"]
"#,
        ),
        (
            "crates/app/Cargo.toml",
            r#"
[package]
name = "app"
version.workspace = true
edition = { workspace = true }
[package.metadata.toecap]
level = 3
[dependencies]
net.workspace = true
[dev-dependencies]
checks = { path = "../checks" }
[build-dependencies]
generate = { path = "../../outside", package = "gen-erate" }
[target.'cfg(target_os = "toaster")'.dependencies]
checks = { path = "../checks" }
[features]
default = ["fast"]
fast = ["net/quick"]
slow = []
[[bin]]
name = "app-admin"
path = "src/admin.rs"
required-features = ["slow"]
"#,
        ),
        ("crates/app/src/lib.rs", ""),
        ("crates/app/src/main.rs", ""),
        ("crates/app/src/admin.rs", ""),
        ("crates/app/src/bin/one.rs", ""),
        ("crates/app/src/bin/two/main.rs", ""),
        ("crates/app/src/bin/two/part.rs", ""),
        ("crates/app/tests/api.rs", ""),
        ("crates/app/tests/big/main.rs", ""),
        ("crates/app/tests/common/mod.rs", ""),
        ("crates/app/benches/speed.rs", ""),
        ("crates/app/examples/hello.rs", ""),
        ("crates/app/build.rs", "fn main() {}"),
        (
            "crates/net/Cargo.toml",
            "[package]\nname = \"my-net\"\nversion = \"0.1.0\"\n[lib]\nname = \"netlib\"\npath = \"lib.rs\"\n\
             [features]\ndefault = [\"no\"]\nno = []\ntls = [\"quiet\"]\nquiet = []\nquick = []\n",
        ),
        ("crates/net/lib.rs", ""),
        (
            "crates/checks/Cargo.toml",
            "[package]\nname = \"checks\"\nversion = \"0.0.1\"\nedition = \"2018\"\n[lib]\nproc-macro = true\n",
        ),
        ("crates/checks/src/lib.rs", ""),
        ("crates/old/Cargo.toml", "[package]\nname = \"old\"\n"),
        ("crates/old/src/lib.rs", ""),
        (
            "outside/Cargo.toml",
            "[package]\nname = \"gen-erate\"\nversion = \"2.0.0\"\nedition = \"2024\"\nautobins = false\n",
        ),
        ("outside/src/lib.rs", ""),
        ("outside/src/main.rs", ""),
        (
            "tool/Cargo.toml",
            "[package]\nname = \"tool\"\nversion = \"0.1.0\"\nedition = \"2015\"\n[[bin]]\nname = \"tool\"\n",
        ),
        ("tool/src/main.rs", ""),
        ("tool/src/bin/not_found_in_2015.rs", ""),
    ])
}

fn both(tree: &Tree) -> [Project; 2] {
    let projects = [tree.with_cargo(""), tree.without_cargo("")];
    assert_eq!(projects[0].workspaces[0].resolution, Resolution::Full, "{:?}", projects[0].notes);
    assert_eq!(projects[1].workspaces[0].resolution, Resolution::Manifests);
    projects
}

#[test]
fn members_come_from_globs_and_path_dependencies() {
    for project in both(&workspace()) {
        assert_eq!(member_names(&project), ["app", "checks", "gen-erate", "my-net", "tool"]);
    }
}

#[test]
fn targets_follow_cargos_discovery() {
    let tree = workspace();
    for project in both(&tree) {
        assert_eq!(
            tree.targets(&project),
            [
                "bench speed crates/app/benches/speed.rs",
                "bin app crates/app/src/main.rs",
                "bin one crates/app/src/bin/one.rs",
                "bin tool tool/src/main.rs",
                "bin two crates/app/src/bin/two/main.rs",
                "custom-build build-script-build crates/app/build.rs",
                "example hello crates/app/examples/hello.rs",
                "lib app crates/app/src/lib.rs",
                "lib gen_erate outside/src/lib.rs",
                "lib netlib crates/net/lib.rs",
                "proc-macro checks crates/checks/src/lib.rs",
                "test api crates/app/tests/api.rs",
                "test big crates/app/tests/big/main.rs",
            ]
        );
        let note = project.notes.iter().find(|n| n.message.contains("whose features are off")).unwrap();
        assert_eq!(note.message, "left out 1 target whose features are off: `slow`");
    }
}

#[test]
fn packages_have_inherited_fields_and_united_features() {
    let tree = workspace();
    for project in both(&tree) {
        let app = package(&project, "app");
        assert_eq!((app.version.as_str(), app.edition), ("1.2.3", 2021));
        assert_eq!(app.features, ["default", "fast"]);
        assert_eq!(app.config.as_ref().unwrap()["level"], 3);
        assert_eq!(project.workspaces[0].config.as_ref().unwrap()["deny"][0], "all");
        let net = package(&project, "my-net");
        // As a member it also gets its own defaults.
        assert_eq!(
            (net.edition, net.features.as_slice()),
            (2015, ["default", "no", "quick", "quiet", "tls"].map(String::from).as_slice())
        );
        assert_eq!(net.lib().unwrap().crate_name, "netlib");
        assert_eq!(package(&project, "checks").lib().unwrap().kind, TargetKind::ProcMacro);
        assert_eq!(package(&project, "checks").edition, 2018);
        assert_eq!(project.root, tree.path(""));
    }
}

#[test]
fn dependencies_have_the_names_that_code_uses() {
    for project in both(&workspace()) {
        assert_eq!(edges(&project, "app"), ["checks = checks [d]", "generate = gen-erate [b]", "net = my-net [n]"]);
    }
}

#[test]
fn package_ids_are_cargos() {
    let [cargo, own] = both(&workspace());
    for package in &cargo.packages {
        assert!(own.packages.iter().any(|p| p.id == package.id), "{}", package.id);
    }
}

#[test]
fn dependencies_are_called_by_the_name_of_their_library() {
    let tree = Tree::new(&[
        ("Cargo.toml", "[package]\nname = \"a\"\nversion = \"0.1.0\"\n[dependencies]\nmy-net = { path = \"net\" }\n"),
        ("src/lib.rs", ""),
        ("net/Cargo.toml", "[package]\nname = \"my-net\"\nversion = \"0.1.0\"\n[lib]\nname = \"netlib\"\n"),
        ("net/src/lib.rs", ""),
    ]);
    for project in both(&tree) {
        assert_eq!(edges(&project, "a"), ["netlib = my-net [n]"]);
        // Without `[workspace]` a path dependency is no member.
        assert_eq!(member_names(&project), ["a"]);
    }
}

#[test]
fn optional_dependencies_come_with_features() {
    let tree = Tree::new(&[
        (
            "Cargo.toml",
            "[package]\nname = \"a\"\nversion = \"0.1.0\"\n[features]\ndefault = [\"x\"]\nx = [\"dep:b\", \"c?/more\"]\n\
             [dependencies]\nb = { path = \"b\", optional = true }\nc = { path = \"c\", optional = true }\nd = { path = \"d\", optional = true }\n",
        ),
        ("src/lib.rs", ""),
        ("b/Cargo.toml", "[package]\nname = \"b\"\nversion = \"0.1.0\"\n"),
        ("b/src/lib.rs", ""),
        ("c/Cargo.toml", "[package]\nname = \"c\"\nversion = \"0.1.0\"\n[features]\nmore = []\n"),
        ("c/src/lib.rs", ""),
        ("d/Cargo.toml", "[package]\nname = \"d\"\nversion = \"0.1.0\"\n"),
        ("d/src/lib.rs", ""),
    ]);
    let own = tree.without_cargo("");
    assert_eq!(edges(&own, "a"), ["b = b [n]"]);
    let mut request = tree.request("");
    request.features.features = vec!["c,d".into()];
    for project in [discover_with(&request, &RealSystem).unwrap(), discover_with(&request, &support::Bare).unwrap()] {
        assert_eq!(edges(&project, "a"), ["b = b [n]", "c = c [n]", "d = d [n]"]);
        assert_eq!(package(&project, "c").features, ["more"]);
        assert_eq!(package(&project, "a").features, ["c", "d", "default", "x"]);
    }
    request.features.no_default_features = true;
    request.features.features.clear();
    assert_eq!(edges(&discover_with(&request, &support::Bare).unwrap(), "a"), [] as [&str; 0]);
}

#[test]
fn nothing_is_written_to_the_workspace() {
    let tree = workspace();
    tree.with_cargo("");
    assert!(!tree.path("Cargo.lock").exists());
}

#[test]
fn the_guess_is_what_is_read() {
    let tree = workspace();
    tree.write("crates/app/src/deep/er.rs", "fn the_largest() {}");
    tree.write("crates/app/src/nested/Cargo.toml", "");
    tree.write("crates/app/src/nested/src/lib.rs", "");
    for path in ["tcp/mod.rs", "udp.rs", "udp/packet.rs", "data/old.rs"] {
        tree.write(&format!("crates/net/{path}"), "");
    }
    let request: Request = tree.request("");
    let list = prefetch_list(&discover_with(&request, &RealSystem).unwrap());
    assert_eq!(list, source_guess(&request));
    assert_eq!(tree.relative(&list[0].path), "crates/app/src/deep/er.rs");
    let names: Vec<_> = list.iter().map(|e| tree.relative(&e.path)).collect();
    assert!(names.contains(&"crates/app/tests/common/mod.rs".to_owned()));
    for path in ["lib.rs", "tcp/mod.rs", "udp.rs", "udp/packet.rs"] {
        assert!(names.contains(&format!("crates/net/{path}")), "{path}");
    }
    assert!(!names.iter().any(|n| n.contains("nested") || n.contains("old")), "{names:?}");
}

#[test]
fn projects_survive_being_written_down() {
    let project = workspace().with_cargo("");
    let text = serde_json::to_string(&project).unwrap();
    let again: Project = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
}

#[test]
fn build_output_is_found() {
    let tree = workspace();
    tree.write("target/debug/build/app-0123456789abcdef/output", "cargo:rustc-cfg=has_it\n");
    tree.write("target/debug/build/app-0123456789abcdef/out/api.rs", "");
    let project = tree.without_cargo("");
    let app = package(&project, "app");
    assert_eq!(tree.relative(app.out_dir.as_ref().unwrap()), "target/debug/build/app-0123456789abcdef/out");
    assert_eq!(app.build_cfg[0].key, "has_it");
}
