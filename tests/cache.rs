//! The cache makes runs faster and changes nothing else: whatever is in it, whoever else uses it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use support::{Dir, MANIFEST, Run, UNPOLLED};

const LOW: &str = "[package]\nname = \"low\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"low\",\n]\n\n\
    [[package]]\nname = \"low\"\nversion = \"0.1.0\"\n";

/// A package with a dependency whose macro makes the function that is called.
fn app() -> Dir {
    let manifest = format!("{MANIFEST}[dependencies]\nlow = {{ path = \"low\" }}\n[workspace]\nexclude = [\"low\"]\n");
    let low = "macro_rules! sleepy { ($name:ident) => { pub async fn $name() {} } }\nsleepy!(ping);\n";
    let dir = Dir::new(&[
        ("Cargo.toml", &manifest),
        ("Cargo.lock", LOCK),
        ("src/lib.rs", "mod net;\npub async fn run() {\n    low::ping();\n    net::run().await;\n}\n"),
        ("src/net.rs", UNPOLLED),
        ("low/Cargo.toml", LOW),
        ("low/src/lib.rs", low),
    ]);
    age(&dir.path(""));
    dir
}

/// What was written a moment ago is not kept as the reason for an answer.
fn age(dir: &Path) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            age(&path);
        } else {
            set_age(&path);
        }
    }
    set_age(dir);
}

fn set_age(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(600);
    if let Ok(file) = std::fs::File::open(path) {
        let _ = file.set_times(std::fs::FileTimes::new().set_modified(then));
    }
}

fn cached(dir: &Dir) -> Run {
    dir.run("--message-format short -q --cache-dir .cache")
}

fn uncached(dir: &Dir) -> Run {
    dir.run("--message-format short -q --no-cache")
}

fn files(dir: &Dir) -> Vec<PathBuf> {
    let versions = std::fs::read_dir(dir.path(".cache")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir());
    versions.flat_map(|v| std::fs::read_dir(v).unwrap().map(|e| e.unwrap().path())).collect()
}

#[track_caller]
fn same(a: &Run, b: &Run) {
    assert_eq!((a.code, &a.stdout, &a.stderr), (b.code, &b.stdout, &b.stderr));
}

#[test]
fn a_crate_may_use_more_macros_of_another_than_it_has() {
    let dir = app();
    dir.write(
        "src/lib.rs",
        "#[macro_use]\nextern crate low;\nmod net;\npub async fn run() {\n    net::run().await;\n}\n",
    );
    dir.write(
        "low/src/lib.rs",
        "#[macro_export]\nmacro_rules! one { () => {} }\n#[macro_export]\nmacro_rules! two { () => {} }\n",
    );
    let expected = uncached(&dir).ends_with(1).says("src/net.rs:3");
    same(&expected, &cached(&dir));
    same(&expected, &cached(&dir));
}

#[test]
fn cold_and_warm_find_the_same() {
    let dir = app();
    let expected = uncached(&dir).ends_with(1).says("src/net.rs:3").says("src/lib.rs:3");
    assert!(!dir.path(".cache").exists());
    for _ in 0..3 {
        same(&expected, &cached(&dir));
    }
    assert!(files(&dir).iter().any(|f| f.extension().unwrap() == "pack"));
}

#[test]
fn a_damaged_cache_is_no_cache() {
    let dir = app();
    let expected = uncached(&dir);
    cached(&dir);
    for damage in 0..4 {
        for file in files(&dir) {
            let mut bytes = std::fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            match damage {
                0 => bytes.truncate(middle),
                1 => bytes[middle] ^= 1,
                2 => bytes.clear(),
                _ => bytes = b"something else".to_vec(),
            }
            std::fs::write(&file, bytes).unwrap();
        }
        same(&expected, &cached(&dir));
        same(&expected, &cached(&dir));
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_no_trouble() {
    let dir = app();
    dir.write(".cache", "a file");
    same(&uncached(&dir), &cached(&dir));
}

#[test]
fn concurrent_runs_share_it() {
    let dir = app();
    let expected = uncached(&dir);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6).map(|_| scope.spawn(|| cached(&dir))).collect();
        runs.into_iter().for_each(|run| same(&expected, &run.join().unwrap()));
    });
    same(&expected, &cached(&dir));
    assert!(files(&dir).iter().all(|f| f.extension().unwrap() != "tmp"));
}

#[test]
fn what_changes_is_seen() {
    let dir = app();
    cached(&dir);
    let changes: [(&str, &str); 6] = [
        ("src/net.rs", "pub async fn run() {}\n"),
        ("low/src/lib.rs", "pub fn ping() {}\n"),
        ("tests/api.rs", UNPOLLED),
        ("src/bin/tool.rs", "async fn ping() {}\nfn main() {\n    ping();\n}\n"),
        ("low/Cargo.toml", "[package]\nname = \"low\"\nversion = \"0.2.0\"\nedition = \"2021\"\n"),
        ("Cargo.toml", MANIFEST),
    ];
    for (path, text) in changes {
        dir.write(path, text);
        same(&uncached(&dir), &cached(&dir));
        age(&dir.path(""));
        same(&uncached(&dir), &cached(&dir));
        same(&uncached(&dir), &cached(&dir));
    }
}

#[test]
fn what_appears_around_the_sources_is_seen() {
    let member = |name: &str| MANIFEST.replacen("app", name, 1);
    let dir = Dir::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n"),
        ("Cargo.lock", "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n"),
        ("crates/app/Cargo.toml", &member("app")),
        ("crates/app/src/lib.rs", UNPOLLED),
    ]);
    let changes: [(&str, &str, &str); 6] = [
        ("crates/app/build.rs", "async fn ping() {}\nfn main() {\n    ping();\n}\n", "build.rs:3"),
        ("toecap.toml", "[lints]\nunawaited_future = \"deny\"\n", "error"),
        (".cargo/config.toml", "[build]\nrustflags = [\"--cfg\", \"more\"]\n", "error"),
        ("crates/app/toecap.toml", "[lints]\nunawaited_future = \"warn\"\n", "warning"),
        ("crates/other/src/lib.rs", UNPOLLED, "warning"),
        ("crates/other/Cargo.toml", &member("other"), "other/src/lib.rs:3"),
    ];
    for (path, text, says) in changes {
        age(&dir.path(""));
        let before = cached(&dir);
        same(&before, &cached(&dir));
        dir.write(path, text);
        set_age(&dir.path(path));
        let expected = uncached(&dir).says(says);
        same(&expected, &cached(&dir));
        same(&expected, &cached(&dir));
    }
}

#[test]
fn levels_comments_and_formats_are_not_kept() {
    let dir = app();
    cached(&dir);
    for args in
        ["-A all", "-W unawaited_future", "--message-format json", "--message-format human", "--lib", "src/net.rs"]
    {
        let expected = dir.run(&format!("-q --no-cache {args}"));
        same(&expected, &dir.run(&format!("-q --cache-dir .cache {args}")));
        same(&expected, &dir.run(&format!("-q --cache-dir .cache {args}")));
    }
    dir.write("src/net.rs", format!("// toecap: allow-file(all) -- not here\n{UNPOLLED}"));
    same(&uncached(&dir), &cached(&dir));
}

#[test]
fn counts_are_those_of_the_run_that_is_replayed() {
    let dir = app();
    let counts = |args: &str| -> String {
        let run = dir.run(&format!("-v {args}"));
        // Times are told in numbers with a point, and how many lines a second that was comes last.
        let (text, _) = run.stderr.rsplit_once("of dependencies,").unwrap();
        // What was done for them is another matter.
        let text = text.lines().filter(|line| !line.contains(" ms ") || line.contains(" in all: ")).collect::<String>();
        text.split_whitespace().filter(|word| !word.contains('.')).collect::<Vec<_>>().join(" ")
    };
    let expected = counts("--no-cache");
    assert!(expected.contains("2 files"), "{expected}");
    for _ in 0..3 {
        assert_eq!(expected, counts("--cache-dir .cache"));
    }
}

#[test]
fn a_file_that_appears_is_seen() {
    let dir = app();
    dir.write("src/lib.rs", "#[path = \"gone.rs\"]\nmod net;\n");
    age(&dir.path(""));
    for text in [None, Some(UNPOLLED)] {
        if let Some(text) = text {
            dir.write("src/gone.rs", text);
        }
        same(&uncached(&dir), &cached(&dir));
        same(&uncached(&dir), &cached(&dir));
    }
    std::fs::remove_file(dir.path("src/gone.rs")).unwrap();
    same(&uncached(&dir), &cached(&dir));
}

#[test]
fn the_cache_can_be_looked_at_and_cleared() {
    let dir = app();
    cached(&dir);
    dir.run("cache dir --cache-dir .cache").ends_with(0).says(".cache");
    dir.run("cache prune --cache-dir .cache").ends_with(0).says("deleted 0 files");
    assert!(!files(&dir).is_empty());
    dir.run("cache clean --cache-dir .cache").ends_with(0).says("deleted");
    dir.run("cache size --cache-dir .cache").ends_with(0).says("0 files, 0.0 MB");
    dir.run("--no-cache --cache-dir .cache").ends_with(2);
}
