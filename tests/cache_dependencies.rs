//! What is known of the functions of dependencies is kept for every workspace that has the same ones, and for no others.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Dir, Run};

/// Packages as a registry delivers them, and workspaces beside it.
fn registry(packages: &[(&str, &str, &str)]) -> Dir {
    let dir = Dir::new(&[]);
    for (name, manifest, lib) in packages {
        let about = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{manifest}");
        dir.write(&format!("registry/src/index/{name}-0.1.0/Cargo.toml"), about);
        dir.write(&format!("registry/src/index/{name}-0.1.0/src/lib.rs"), lib);
    }
    dir
}

fn depends(on: &str) -> String {
    format!("{on} = {{ path = \"../registry/src/index/{on}-0.1.0\" }}\n")
}

fn add(dir: &Dir, workspace: &str, dependencies: &str, lib: &str) {
    let about = format!(
        "[package]\nname = \"{workspace}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n[dependencies]\n{dependencies}"
    );
    dir.write(&format!("{workspace}/Cargo.toml"), about);
    dir.write(&format!("{workspace}/src/lib.rs"), lib);
}

fn run(dir: &Dir, workspace: &str, args: &str) -> Run {
    dir.run(&format!("--message-format json -q {args} --manifest-path {workspace}/Cargo.toml"))
}

/// What is found with what is known from all runs before is what is found without.
#[track_caller]
fn check(dir: &Dir, workspace: &str) -> Run {
    let expected = run(dir, workspace, "--no-cache");
    let found = run(dir, workspace, "--cache-dir .cache");
    assert_eq!((expected.code, &expected.stdout), (found.code, &found.stdout), "{workspace}");
    assert_eq!(expected.stderr, found.stderr, "{workspace}");
    found
}

const BLOCKS: &str = "blocking_call_in_async";

fn calls(path: &str) -> String {
    format!("pub async fn run() {{\n    {path};\n}}\n")
}

/// `chain::c0` leads to `chain::c9` and that to the disk; what is more than five calls away is not looked at.
fn chain() -> Dir {
    let mut lib: String = (0..9).map(|n| format!("pub fn c{n}() {{\n    c{}();\n}}\n", n + 1)).collect();
    lib += "pub fn c9() {\n    let _ = std::fs::read(\"x\");\n}\n";
    lib += "pub fn even(n: u32) {\n    if n > 0 { odd(n - 1) }\n    c9();\n}\npub fn odd(n: u32) {\n    even(n);\n}\n";
    registry(&[("chain", "", &lib)])
}

#[test]
fn bodies_are_looked_at_once_for_all_workspaces() {
    let dir = chain();
    for (workspace, path) in [("one", "chain::c6()"), ("two", "chain::c6()")] {
        add(&dir, workspace, &depends("chain"), &calls(path));
    }
    check(&dir, "one").says(BLOCKS);
    let lib = dir.path("registry/src/index/chain-0.1.0/src/lib.rs");
    let text = std::fs::read_to_string(&lib).unwrap();
    // A registry never does that.
    std::fs::write(&lib, text.replace("std::fs::read", "core::hint::black_box")).unwrap();
    assert!(!run(&dir, "two", "--no-cache").stdout.contains(BLOCKS));
    run(&dir, "two", "--cache-dir .cache").says(BLOCKS).says("c9");
}

#[test]
fn what_a_function_does_depends_on_what_was_looked_at() {
    let starts = [0, 7, 3, 5, 4, 6, 1, 9, 2, 8];
    for order in [starts, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]] {
        let dir = chain();
        for n in order {
            let workspace = format!("from{n}");
            add(&dir, &workspace, &depends("chain"), &calls(&format!("chain::c{n}()")));
            let found = check(&dir, &workspace);
            assert_eq!(found.stdout.contains(BLOCKS), n > 4, "{n}: {}", found.stdout);
        }
        let all = "chain::odd(1);\n    chain::c3();\n    chain::even(2)";
        add(&dir, "both", &depends("chain"), &calls(all));
        check(&dir, "both").says(BLOCKS);
    }
}

#[test]
fn features_cfg_and_rows_are_told_apart() {
    let features = "[features]\nslow = []\n";
    let low = "pub fn load() {\n    #[cfg(feature = \"slow\")]\n    let _ = std::fs::read(\"x\");\n    inner();\n}\n\
        fn inner() {\n    #[cfg(slower)]\n    let _ = std::fs::read(\"y\");\n}\n";
    let dir = registry(&[
        ("low", features, low),
        (
            "mid",
            &format!("[dependencies]\n{}", depends("low").replace("registry/src/index/", "")),
            "pub fn load() {\n    low::load();\n}\n",
        ),
    ]);
    let mid = depends("mid");
    let slow = depends("low").replace(" }", ", features = [\"slow\"] }");
    for (workspace, dependencies, finds) in [("fast", mid.clone(), false), ("slow", mid.clone() + &slow, true)] {
        add(&dir, workspace, &dependencies, &calls("mid::load()"));
        assert_eq!(check(&dir, workspace).stdout.contains(BLOCKS), finds, "{workspace}");
    }
    add(&dir, "flags", &mid, &calls("mid::load()"));
    dir.write("flags/.cargo/config.toml", "[build]\nrustflags = [\"--cfg\", \"slower\"]\n");
    check(&dir, "flags").says(BLOCKS);
    add(&dir, "rows", &mid, &calls("mid::load()"));
    dir.write("rows/toecap.toml", "[[knowledge.fn]]\npath = \"low::load\"\nblocks = \"io\"\n");
    check(&dir, "rows").says(BLOCKS);
    assert!(!check(&dir, "fast").stdout.contains(BLOCKS));
}

#[test]
fn what_may_change_is_looked_at() {
    let dir = Dir::new(&[]);
    let about = "[package]\nname = \"low\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    dir.write("low/Cargo.toml", about);
    add(&dir, "app", "low = { path = \"../low\" }\n", &calls("low::load()"));
    for finds in [true, false, true] {
        let read = if finds { "let _ = std::fs::read(\"x\");" } else { "drop(String::new());" };
        dir.write("low/src/lib.rs", format!("pub fn load() {{\n    {read}\n}}\n"));
        assert_eq!(check(&dir, "app").stdout.contains(BLOCKS), finds);
    }
}

#[test]
fn what_is_damaged_is_nothing() {
    let dir = chain();
    add(&dir, "first", &depends("chain"), &calls("chain::c6()"));
    for damage in 0..3 {
        check(&dir, "first").says(BLOCKS);
        let folders = std::fs::read_dir(dir.path(".cache")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir());
        for file in folders.flat_map(|f| std::fs::read_dir(f).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>()) {
            let mut bytes = std::fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            match damage {
                0 => bytes.truncate(middle),
                1 => bytes[middle] ^= 1,
                _ => bytes.clear(),
            }
            std::fs::write(&file, bytes).unwrap();
        }
        add(&dir, &format!("next{damage}"), &depends("chain"), &calls("chain::c5()"));
        check(&dir, &format!("next{damage}"));
    }
}

#[test]
fn a_package_whose_sources_are_gone_says_nothing() {
    let low = "[lib]\npath = \"src/lib.rs\"\n";
    let on_low = format!("[dependencies]\n{}", depends("low").replace("registry/src/index/", ""));
    let mid: String = (0..4).map(|n| format!("pub fn m{n}() {{\n    m{}();\n}}\n", n + 1)).collect();
    let dir = registry(&[
        ("low", low, "pub fn load() {\n    drop(std::fs::read(\"x\"));\n}\n"),
        ("mid", &on_low, &format!("{mid}pub fn m4() {{\n    low::load();\n}}\n")),
    ]);
    // What `m4` calls is too far away to be looked at, and known by name.
    add(&dir, "far", &depends("mid"), &calls("mid::m0()"));
    check(&dir, "far");
    std::fs::remove_file(dir.path("registry/src/index/low-0.1.0/src/lib.rs")).unwrap();
    add(&dir, "near", &depends("mid"), &calls("mid::m1()"));
    let found = check(&dir, "near");
    assert!(found.code == 0 && !found.stdout.contains(BLOCKS), "{}{}", found.stdout, found.stderr);
}
