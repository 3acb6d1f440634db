//! Arguments, levels, suppressions and exit codes of the program.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Dir, MANIFEST, UNPOLLED, finish, program};

#[test]
fn the_exit_code_says_how_it_went() {
    Dir::lib("pub fn f() {}").run("").finds_nothing().complains("no findings in ");
    let dir = Dir::lib(UNPOLLED);
    dir.run("-W unawaited_future").ends_with(0).complains("1 warning in ");
    dir.run("").ends_with(1).complains("1 error in ");
    dir.run("--exit-zero").ends_with(0).says("never polled");
    dir.run("--no-such-flag").ends_with(2);
}

#[test]
fn levels_follow_the_order_of_the_command_line() {
    let dir = Dir::lib(UNPOLLED);
    dir.run("-W all").ends_with(0).says("warning: ").says("at level `warn`");
    dir.run("-W all -D warnings").ends_with(1).says("error: ");
    dir.run("-W all -- -D warnings").ends_with(1);
    dir.run("-D warnings -W unawaited_future").ends_with(1);
    dir.run("-Dwarnings -A correctness").finds_nothing();
    dir.run("-A all -D toecap::correctness").ends_with(1);
    dir.run("-A all").finds_nothing();
    dir.run("-A all -W unawaited-future").ends_with(0).says("warning: ");
    dir.run("-F unawaited_future -A unawaited_future").ends_with(1).says("at level `forbid`");
    dir.run("check -W all src").ends_with(0).says("warning: ");
}

#[test]
fn unknown_names_are_usage_errors_with_a_proposal() {
    let dir = Dir::lib("");
    dir.run("-D blocking_call_in_asnyc").ends_with(2).complains("did you mean `blocking_call_in_async`?");
    dir.run("-p nonesuch").ends_with(2).complains("workspace members: `app`");
    dir.run("--bin nonesuch").ends_with(2).complains("no bin target named `nonesuch`");
    dir.run("explain blocking_call").ends_with(2).complains("did you mean `blocking_call_in_async`?");
    dir.run("nonesuch.rs").ends_with(2).complains("couldn't read `nonesuch.rs`");
    dir.run("--manifest-path nonesuch/Cargo.toml").ends_with(2).complains("does not exist");
}

#[test]
fn a_place_can_be_silenced() {
    let with = |comment: &str| Dir::lib(&UNPOLLED.replace("    ping();", &format!("    {comment}\n    ping();")));
    with("// toecap: allow(unawaited_future) -- fire and forget").run("").finds_nothing();
    with("// toecap: expect(correctness) -- known").run("").finds_nothing();
    with("#[cfg_attr(any(), allow(toecap::unawaited_future, reason = \"known\"))]").run("").finds_nothing();
    with("// toecap: allow(cpu_heavy_in_async)").run("").ends_with(1);
    with("// toecap: allow(unawaited_future)").run("-F unawaited_future").ends_with(1);
    Dir::lib(&format!("// toecap: allow-file(unawaited_future)\n{UNPOLLED}")).run("").finds_nothing();
    Dir::lib(&UNPOLLED.replace("ping();", "ping(); // toecap: allow(all)")).run("").finds_nothing();
}

#[test]
fn crate_attributes_hold_in_every_module() {
    let dir = Dir::lib("#![cfg_attr(any(), allow(toecap::unawaited_future))]\nmod m;\n");
    dir.write("src/m.rs", UNPOLLED);
    dir.run("").finds_nothing();
    dir.write("src/lib.rs", "mod m;\n");
    dir.run("").ends_with(1);
}

#[test]
fn suppressions_that_do_nothing_are_told() {
    let dir = Dir::lib(
        "// toecap: allow(unawaited_futures)\npub fn f() {}\n// toecap: expect(unawaited_future)\npub fn g() {}\n",
    );
    let run = dir.run("--message-format short").ends_with(0);
    let run =
        run.says("src/lib.rs:1:1: note: unknown lint or group `unawaited_futures`; did you mean `unawaited_future`?");
    run.says("src/lib.rs:3:1: note: nothing is found here").complains("no findings");
}

#[test]
fn what_several_targets_share_is_reported_once() {
    let dir = Dir::new(&[
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", "mod shared;"),
        ("src/main.rs", "mod shared;\nfn main() {}"),
        ("src/shared.rs", UNPOLLED),
    ]);
    let run = dir.run("--message-format short").ends_with(1);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
}

#[test]
fn packages_targets_and_paths_select() {
    let dir = Dir::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"2\"\n"),
        ("a/Cargo.toml", &MANIFEST.replace("app", "a")),
        ("a/src/lib.rs", UNPOLLED),
        ("b/Cargo.toml", &MANIFEST.replace("app", "b")),
        ("b/src/lib.rs", ""),
        ("b/src/bin/tool.rs", &format!("{UNPOLLED}\nfn main() {{}}")),
    ]);
    let places = |args: &str| {
        let run = dir.run(&format!("{args} --message-format short"));
        run.stdout.lines().filter_map(|l| l.split_once(':')).map(|(path, _)| path.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(places(""), ["a/src/lib.rs", "b/src/bin/tool.rs"]);
    assert_eq!(places("--workspace --exclude a"), ["b/src/bin/tool.rs"]);
    assert_eq!(places("-p a"), ["a/src/lib.rs"]);
    assert_eq!(places("--lib"), ["a/src/lib.rs"]);
    assert_eq!(places("--bin tool"), ["b/src/bin/tool.rs"]);
    assert_eq!(places("b/src"), ["b/src/bin/tool.rs"]);
    assert_eq!(places("a/src/lib.rs b/src/lib.rs"), ["a/src/lib.rs"]);
}

#[test]
fn standard_input_is_a_file() {
    let dir = Dir::lib("pub fn f() {}");
    let run = dir.run_with_input("- --message-format short", UNPOLLED).ends_with(1);
    assert!(run.stdout.starts_with("<stdin>:3:5: error: "), "{}", run.stdout);
    let unsaved = dir.run_with_input("- --stdin-filename src/lib.rs --message-format short", UNPOLLED).ends_with(1);
    assert!(unsaved.stdout.starts_with("src/lib.rs:3:5: error: "), "{}", unsaved.stdout);
    dir.run_with_input("- --stdin-filename src/new.rs", "pub fn f() {}").finds_nothing();
}

#[test]
fn lints_are_listed_and_explained() {
    let dir = Dir::new(&[]);
    let listed = dir.run("--list").ends_with(0).says("correctness\n").says("deny");
    assert_eq!(dir.run("list").stdout, listed.stdout);
    dir.run("explain unawaited_future").ends_with(0).says("toecap::unawaited_future (correctness, deny by default)");
    dir.run("--help").ends_with(0).says("Exit codes:");
    dir.run("--version").ends_with(0).says(env!("CARGO_PKG_VERSION"));
}

#[test]
fn cargo_finds_the_same_program() {
    let dir = Dir::lib(UNPOLLED);
    let mut cargo = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-toecap"));
    let run = finish(cargo.current_dir(dir.path("")).args(["toecap", "--message-format", "short"])).ends_with(1);
    run.says("src/lib.rs:3:5: error: ");
    let mut help = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-toecap"));
    finish(help.args(["toecap", "--help"])).ends_with(0).says("Usage: cargo toecap");
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let dir = Dir::lib("");
    let mut root = String::new();
    for i in 0..40 {
        root.push_str(&format!("mod m{i};\n"));
        dir.write(&format!("src/m{i}.rs"), format!("{}{UNPOLLED}", "\n".repeat(i)));
    }
    dir.write("src/lib.rs", root);
    for format in ["human", "json"] {
        let one = dir.run(&format!("-j1 --message-format {format}")).ends_with(1);
        assert!(one.stdout.matches("never polled").count() > 39);
        for _ in 0..3 {
            assert_eq!(dir.run(&format!("-j4 --message-format {format}")).stdout, one.stdout);
        }
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let dir = Dir::lib(UNPOLLED);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = program(&dir.path(""));
    let output =
        command.stdout(writer).stderr(std::process::Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(output.status.code(), Some(1), "{stderr}");
}

/// Only what a name leads to is read.
#[test]
fn files_of_dependencies_are_counted() {
    let dir = Dir::lib("pub fn f() { lent::used::f(); }\n");
    dir.write("Cargo.toml", format!("{}\n[dependencies]\nlent = {{ path = \"lent\" }}\n", MANIFEST));
    let lent = MANIFEST.replace("app", "lent");
    for (path, text) in [
        ("Cargo.toml", lent.as_str()),
        ("src/lib.rs", "pub mod used;\n"),
        ("src/used.rs", "pub fn f() {}\n"),
        ("benches/speed.rs", "fn main() {}\n"),
        ("examples/show.rs", "fn main() {}\n"),
    ] {
        dir.write(&format!("lent/{path}"), text);
    }
    dir.run("-v --no-cache").complains("2 of 4 files of dependencies");
}
