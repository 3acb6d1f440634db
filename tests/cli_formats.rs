//! What findings look like, for people and for programs.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::process::Command;

use serde_json::Value;
use support::{Dir, MANIFEST, UNPOLLED};

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of<'v>(lines: &'v [Value], reason: &str) -> Vec<&'v Value> {
    lines.iter().filter(|line| line["reason"] == reason).collect()
}

#[test]
fn the_human_form_has_the_shape_that_tools_parse() {
    let run = Dir::lib(UNPOLLED).run("").ends_with(1);
    let mut lines = run.stdout.lines();
    let header = lines.next().unwrap();
    assert!(header.starts_with("error: the future that "), "{header}");
    assert_eq!(lines.next().unwrap().trim(), "--> src/lib.rs:3:5");
    assert_eq!(lines.nth(1).unwrap(), "3 |     ping();");
    let last = run.stdout.lines().rev().find(|line| !line.is_empty()).unwrap();
    assert_eq!(last.trim(), "= note: `toecap::unawaited_future`, on by default; see `toecap explain unawaited_future`");
    assert!(run.stderr.starts_with("toecap: 1 error in "), "{}", run.stderr);
}

#[test]
fn paths_are_relative_to_the_current_folder() {
    let dir = Dir::new(&[("app/Cargo.toml", MANIFEST), ("app/src/lib.rs", UNPOLLED), ("other/x", "")]);
    dir.run("--manifest-path app/Cargo.toml --message-format short").says("app/src/lib.rs:3:5: error: ");
    let mut elsewhere = support::program(&dir.path("other"));
    let run = support::finish(elsewhere.args(["--message-format", "short", "../app"]));
    let expected = dir.path("app/src/lib.rs").display().to_string();
    assert!(run.stdout.contains(&format!("{expected}:3:5: ")), "{}\n{}", run.stdout, run.stderr);
}

#[test]
fn tabs_and_wide_characters_keep_columns_in_characters() {
    let dir = Dir::lib("async fn ping(_: &str) {}\npub async fn run() {\n\tlet _é = \"日本\"; ping(\"→\");\n}\n");
    dir.run("--message-format short").says("src/lib.rs:3:17: error: ");
    let lines = lines(&dir.run("--message-format json").stdout);
    let span = &lines[0]["message"]["spans"][0];
    assert_eq!(span["column_start"], 17);
    assert_eq!(span["text"][0]["text"], "\tlet _é = \"日本\"; ping(\"→\");");
    assert_eq!(span["text"][0]["highlight_start"], 17);
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let dir = Dir::lib(UNPOLLED);
    let has_color = |run: support::Run| run.stdout.contains('\u{1b}');
    assert!(!has_color(dir.run("")));
    assert!(has_color(dir.run("--color always")));
    assert!(has_color(dir.run_with_env("", ("CLICOLOR_FORCE", "1"))));
    assert!(has_color(dir.run_with_env("", ("FORCE_COLOR", "1"))));
    assert!(!has_color(dir.run_with_env("--color never", ("FORCE_COLOR", "1"))));
    assert!(!has_color(dir.run_with_env("", ("NO_COLOR", "1"))));
    let rendered = |format: &str| {
        let run = dir.run(&format!("--message-format {format}"));
        lines(&run.stdout)[0]["message"]["rendered"].as_str().unwrap().to_owned()
    };
    assert!(rendered("json-diagnostic-rendered-ansi").contains('\u{1b}'));
    assert!(!rendered("json").contains('\u{1b}'));
}

#[test]
fn json_lines_are_those_of_cargo() {
    let dir = Dir::new(&[
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", UNPOLLED),
        ("src/main.rs", "fn main() {}\n"),
        ("examples/e.rs", "fn main() {}\n"),
        ("build.rs", "fn main() {}\n"),
    ]);
    let ours = lines(&dir.run("--message-format json").ends_with(1).stdout);
    let cargo = Command::new(std::env::var("CARGO").unwrap_or("cargo".into()))
        .args(["check", "--offline", "--message-format", "json", "--lib", "--bins", "--examples", "-q"])
        .current_dir(dir.path(""))
        .env("CARGO_TARGET_DIR", dir.path("built"))
        .output()
        .unwrap();
    let theirs = lines(&String::from_utf8(cargo.stdout).unwrap());

    let described = |lines: &[Value], reason: &str| {
        let keys = ["package_id", "manifest_path", "target", "features"];
        let mut found: Vec<String> =
            of(lines, reason).iter().map(|l| keys.map(|k| l[k].to_string()).join(" ")).collect();
        found.sort();
        found
    };
    assert_eq!(described(&ours, "compiler-artifact"), described(&theirs, "compiler-artifact"));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let pairs = [(of(&ours, "compiler-artifact")[0], of(&theirs, "compiler-artifact")[0])];
    for (our, their) in pairs {
        assert_eq!(keys(our), keys(their));
        assert_eq!(our["fresh"], false);
    }
    // rustc warns of the same future.
    let (our, their) = (of(&ours, "compiler-message")[0], of(&theirs, "compiler-message")[0]);
    assert_eq!(keys(our), keys(their));
    assert_eq!(keys(&our["message"]), keys(&their["message"]));
    assert_eq!(keys(&our["message"]["spans"][0]), keys(&their["message"]["spans"][0]));
    assert_eq!(our["message"]["spans"][0]["file_name"], their["message"]["spans"][0]["file_name"]);
    assert_eq!(our["message"]["spans"][0]["byte_start"], their["message"]["spans"][0]["byte_start"]);
    assert_eq!(our["message"]["code"]["code"], "toecap::unawaited_future");
    assert_eq!(ours.last().unwrap(), &serde_json::json!({"reason": "build-finished", "success": false}));
}

#[test]
fn fixes_are_suggestions() {
    let lines = lines(&Dir::lib(UNPOLLED).run("--message-format json").stdout);
    let children = lines[0]["message"]["children"].as_array().unwrap();
    let fix = children.iter().find(|c| c["spans"][0]["suggested_replacement"].is_string()).unwrap();
    assert_eq!(fix["level"], "help");
    assert_eq!(fix["spans"][0]["suggested_replacement"], ".await");
    assert_eq!(fix["spans"][0]["suggestion_applicability"], "MachineApplicable");
    assert_eq!(fix["spans"][0]["column_start"], 11);
}

#[test]
fn nothing_but_json_is_on_standard_output() {
    let run =
        Dir::new(&[("Cargo.toml", MANIFEST), ("src/lib.rs", "mod gone;")]).run("--message-format json --timings -v");
    let lines = lines(&run.ends_with(1).stdout);
    assert_eq!(lines[0]["message"]["level"], "error");
    assert_eq!(lines[0]["target"]["name"], "app");
    assert!(lines[0]["package_id"].as_str().unwrap().ends_with("#app@0.1.0"), "{}", lines[0]["package_id"]);
}
