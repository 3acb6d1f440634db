//! Whatever changes between two runs: the second finds what a run without a cache does.
//!
//! A workspace of three crates and a stand-in for tokio is changed at random, step by step: what bodies do, which functions there
//! are, types, traits, impls, imports, macros, files, features, settings. More steps, and other ones: `TOECAP_STEPS=500
//! TOECAP_SEED=7`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod code;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use std::time::{Duration, SystemTime};

use code::{Code, Dice, TOKIO, manifest};
use support::Dir;

/// A package that a registry delivered: what its functions do depends on how many of them are looked at, and is kept.
const CHAIN: &str = "
pub fn c0() { c1(); let _ = 1; }
pub fn c1() { if std::env::args().count() > 2 { c0() } c2(); }
pub fn c2() { c3(); c4(); }
pub fn c3() { c4(); }
pub fn c4() { c5(); }
pub fn c5() { c6(); }
pub fn c6() { c7(); c3(); }
pub fn c7() { c8(); }
pub fn c8() { let _ = std::fs::read(\"c8\"); }
";

/// Files are dated so that their age says something, and each write makes another.
fn write(dir: &Dir, path: &str, text: &str, step: u64) {
    dir.write(path, text);
    let then = SystemTime::now() - Duration::from_secs(1_000_000 - step);
    std::fs::File::options().append(true).open(dir.path(path)).unwrap().set_modified(then).unwrap();
}

fn workspace(files: &[(String, String)]) -> Dir {
    let dir = Dir::new(&[]);
    write(
        &dir,
        "Cargo.toml",
        "[workspace]\nmembers = [\"low\", \"mid\", \"app\"]\nexclude = [\"tokio\", \"registry\"]\nresolver = \"2\"\n",
        0,
    );
    write(&dir, "tokio/Cargo.toml", "[package]\nname = \"tokio\"\nversion = \"1.40.0\"\nedition = \"2021\"\n", 0);
    write(&dir, "tokio/src/lib.rs", TOKIO, 0);
    let chain = "registry/src/index/chain-0.1.0";
    let about = "[package]\nname = \"chain\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    write(&dir, &format!("{chain}/Cargo.toml"), about, 0);
    write(&dir, &format!("{chain}/src/lib.rs"), CHAIN, 0);
    write(&dir, "low/Cargo.toml", &manifest("low", ""), 0);
    write(&dir, "mid/Cargo.toml", &manifest("mid", "low = { path = \"../low\" }\n"), 0);
    files.iter().for_each(|(path, text)| write(&dir, path, text, 0));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let made =
        std::process::Command::new(cargo).args(["generate-lockfile", "--offline"]).current_dir(dir.path("")).output();
    assert!(made.unwrap().status.success());
    old(&dir.path("Cargo.lock"));
    dir
}

fn old(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(1_000_000);
    std::fs::File::options().append(true).open(path).unwrap().set_modified(then).unwrap();
}

/// The findings that are in one of them only, each with its first line.
fn differences(expected: &str, found: &str) -> String {
    let shown = |line: &str| line.split("\"rendered\":\"").last().unwrap_or_default().replace("\\n", "\n");
    let lacking = |all: &str, of: &str, sign: &str| -> String {
        let lacking = of.lines().filter(|line| !all.lines().any(|other| other == *line));
        lacking.map(|line| format!("{sign} {}\n", shown(line))).collect()
    };
    lacking(found, expected, "-") + &lacking(expected, found, "+")
}

/// Makes `steps` random changes. Returns how often only what changed was looked at.
fn run(seed: u64, steps: u64) -> usize {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut code = Code::new(&mut dice);
    let mut files = code.files();
    let dir = workspace(&files);
    let mut resumed = 0;
    for step in 1..=steps {
        let expected = dir.run("--message-format json -q --no-cache");
        let found = dir.run("--message-format json --timings --cache-dir .cache");
        let what = format!("seed {seed}, step {step}, {}\n{}", dir.path("").display(), found.stderr);
        let differences = differences(&expected.stdout, &found.stdout);
        assert!(differences.is_empty(), "{what}\n{differences}");
        assert_eq!((found.code, found.stdout == expected.stdout), (expected.code, true), "{what}");
        // The first keeps what it shows, and the second shows it again.
        for again in 0..dice.below(3) {
            let shown = dir.run("--message-format json -q --cache-dir .cache");
            assert_eq!((shown.code, shown.stdout == expected.stdout), (expected.code, true), "{what}, again {again}");
        }
        resumed += usize::from(found.stderr.contains("analyse what changed"));
        for _ in 0..=dice.below(3) {
            code.change(&mut dice);
        }
        let now = code.files();
        if code.extra_file {
            write(&dir, "mid/src/more.rs", "pub async fn more() {\n    let _ = std::fs::read(\"more\");\n}\n", step);
        } else if dir.path("mid/src/more.rs").exists() {
            std::fs::remove_file(dir.path("mid/src/more.rs")).unwrap();
        }
        for ((path, text), _) in now.iter().zip(&files).filter(|(now, before)| now != before) {
            write(&dir, path, text, step);
        }
        files = now;
    }
    resumed
}

#[test]
fn random_changes_are_followed() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let steps = number("TOECAP_STEPS").unwrap_or(40);
    let resumed = run(number("TOECAP_SEED").unwrap_or(3), steps);
    assert!(resumed as u64 > steps / 3, "only {resumed} of {steps} runs went on from the one before");
}

/// What each change turns `// here` in the library `low` into, and what is found then in `app`.
const DECLARED: [(&str, &str); 7] = [
    ("pub async fn call(_: u32) {}\n", "unpolled"),
    ("pub fn call(_: u32) { std::fs::read(\"x\").ok(); }\n", "blocks"),
    ("pub fn call(_: u8) {}\npub struct Held(u32);\n", ""),
    ("pub use self::inner::call;\nmod inner { pub fn call(_: u32) { std::fs::read(\"x\").ok(); } }\n", "blocks"),
    ("impl Load for Disk { fn load(&self) { std::fs::read(\"x\").ok(); } }\n", "blocks"),
    ("impl Disk { pub fn load(&self) {} }\nimpl Load for Disk { fn load(&self) { std::fs::read(\"x\").ok(); } }\n", ""),
    ("impl std::ops::Deref for Disk { type Target = Other; fn deref(&self) -> &Other { loop {} } }\n", "blocks"),
];

#[test]
fn declarations_are_followed_by_names() {
    let low = "pub trait Load { fn load(&self) {} }\npub struct Disk;\npub fn disk() -> Disk { Disk }\npub struct Other;\n\
               impl Other { pub fn load(&self) { std::fs::read(\"y\").ok(); } }\n";
    let app = "#[tokio::main]\nasync fn main() {\n    tokio::spawn(run());\n}\nuse low::Load as _;\n\
               async fn run() {\n    loop {\n        low::call(1);\n        low::disk().load();\n        tokio::task::yield_now().await;\n    }\n}\nfn apart() {\n    apart();\n}\n";
    let files = |more: &str| -> Vec<(String, String)> {
        let of = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let depends = manifest("app", "low = { path = \"../low\" }\n");
        vec![
            of("low/src/lib.rs", &(low.to_owned() + more)),
            of("mid/src/lib.rs", ""),
            of("app/src/main.rs", app),
            of("app/Cargo.toml", &depends),
        ]
    };
    let dir = workspace(&files(""));
    dir.run("-q --cache-dir .cache");
    for ((more, found), step) in DECLARED.iter().zip(1..) {
        write(&dir, "low/src/lib.rs", &(low.to_owned() + more), step);
        let expected = dir.run("--message-format short -q --no-cache");
        let run = dir.run("--message-format short --timings --cache-dir .cache");
        assert_eq!((run.code, &run.stdout), (expected.code, &expected.stdout), "{more}");
        assert!(run.stderr.contains("analyse what changed"), "{more}: {}", run.stderr);
        let names = [("unpolled", "unawaited_future"), ("blocks", "blocking_call_in_async")];
        for (word, lint) in names {
            assert_eq!(run.stdout.contains(lint), *found == word, "{more}: {}", run.stdout);
        }
    }
}
