//! What is broken, missing or enormous: a message with the place, and the rest analysed all the same.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Dir, MANIFEST, UNPOLLED};

#[test]
fn without_a_manifest_the_files_are_analysed() {
    let dir = Dir::new(&[("a.rs", UNPOLLED), ("sub/b.rs", "mod c;"), ("sub/c.rs", UNPOLLED)]);
    let run = dir.run("--message-format short").ends_with(1);
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    run.says("a.rs:3:5: error: ").says("sub/c.rs:3:5: error: ");
    dir.run("-p app").ends_with(2).complains("could not find `Cargo.toml`");
    Dir::new(&[]).run("").finds_nothing().complains("no Rust sources to look at");
}

#[test]
fn a_broken_manifest_has_a_place() {
    let dir = Dir::new(&[("Cargo.toml", "[package]\nname = \n"), ("src/lib.rs", "")]);
    dir.run("").ends_with(2).complains("Cargo.toml:2:").complains("help: ");
}

#[test]
fn a_file_that_does_not_parse_leaves_the_others() {
    let dir = Dir::lib("mod broken;\nmod fine;\n");
    dir.write("src/broken.rs", "fn f() {}\n\nfn g( {\n");
    dir.write("src/fine.rs", UNPOLLED);
    let run = dir.run("--message-format short").ends_with(1);
    let line = run.stdout.lines().find(|l| l.starts_with("src/broken.rs:")).unwrap().to_owned();
    assert!(line.contains(": error: "), "{line}");
    run.says("src/fine.rs:3:5: error: ").complains("1 place could not be understood");
    dir.write("src/fine.rs", "");
    dir.run("").ends_with(1).says("--> src/broken.rs:");
}

#[test]
fn a_file_that_is_not_utf8_has_a_place() {
    let dir = Dir::lib("mod latin1;\nmod fine;\n");
    dir.write("src/latin1.rs", b"// one\n// caf\xe9\n");
    dir.write("src/fine.rs", UNPOLLED);
    let run = dir.run("--message-format short").ends_with(1).says("src/latin1.rs:2:7: error: couldn't read");
    run.says("src/fine.rs:3:5").complains("1 could not be read");
    dir.run("").ends_with(1).says("not UTF-8: byte 0xe9").says("  --> ").says("src/latin1.rs:2:7");
    let json = dir.run("--message-format json").ends_with(1);
    json.says("\"file_name\":\"src/latin1.rs\",\"byte_start\":13,\"byte_end\":14,\"line_start\":2");
}

#[test]
fn nothing_readable_is_a_failed_run() {
    let dir = Dir::lib("");
    dir.write("src/lib.rs", b"\xff\xfe\0");
    dir.run("").ends_with(2).says("it is UTF-16, not UTF-8");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_opened_is_told() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = Dir::lib("mod locked;\nmod loops;\nmod fine;\n");
    dir.write("src/fine.rs", UNPOLLED);
    dir.write("src/locked.rs", "");
    std::fs::set_permissions(dir.path("src/locked.rs"), PermissionsExt::from_mode(0o000)).unwrap();
    symlink("loops.rs", dir.path("src/loops.rs")).unwrap();
    let is_root = std::fs::read(dir.path("src/locked.rs")).is_ok();
    let run = dir.run("--message-format short").ends_with(1).says("src/fine.rs:3:5");
    let run = run.says("src/lib.rs:2:").says("file not found for module `loops`");
    if !is_root {
        run.says("src/locked.rs: error: couldn't read").says("permission denied").complains("1 could not be read");
    }
}

#[cfg(unix)]
#[test]
fn a_loop_of_folders_ends() {
    let dir = Dir::new(&[("a/x.rs", UNPOLLED)]);
    std::os::unix::fs::symlink(dir.path(""), dir.path("a/up")).unwrap();
    let run = dir.run("--message-format short").ends_with(1).complains("symlink loop");
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
}

#[test]
fn an_empty_crate_finds_nothing() {
    Dir::lib("").run("").finds_nothing();
    let dir = Dir::new(&[("Cargo.toml", MANIFEST), ("src/lib.rs", "\u{feff}"), ("tests/t.rs", "#!/usr/bin/env x\n")]);
    dir.run("").finds_nothing();
}

#[test]
fn a_missing_module_file_has_the_place_of_its_declaration() {
    let dir = Dir::lib("mod gone;\n\npub mod fine {\n    mod also_gone;\n}\n");
    let run = dir.run("--message-format short").ends_with(1);
    let run = run.says("src/lib.rs:1:").says("file not found for module `gone`: expected it at `src/gone.rs`");
    run.says("src/lib.rs:4:").says("`src/fine/also_gone.rs`");
    // Whether a condition that nobody knows holds is not for us to say.
    Dir::lib("#[cfg(some_day)]\nmod gone;\n").run("").ends_with(0);
}

#[test]
fn fifty_thousand_parentheses_are_one_problem() {
    let deep = format!("fn f() {{ {}1{}; }}\n", "(".repeat(50_000), ")".repeat(50_000));
    let dir = Dir::lib("mod deep;\nmod fine;\n");
    dir.write("src/deep.rs", deep);
    dir.write("src/fine.rs", UNPOLLED);
    let run = dir.run("").ends_with(1).says("src/deep.rs:1:").says("nesting is too deep");
    assert!(run.stdout.len() < 4_000, "{} bytes", run.stdout.len());
    run.says("src/fine.rs:3:5");
}

#[test]
fn twenty_megabytes_are_read() {
    let mut text = String::with_capacity(21 << 20);
    let mut i = 0;
    while text.len() < 20 << 20 {
        text.push_str(&format!("pub const C{i}: &[u8; 64] = b\"{}\";\n", "x".repeat(64)));
        text.push_str(&format!("// {}\n", "generated ".repeat(400)));
        i += 1;
    }
    text.push_str(UNPOLLED);
    let dir = Dir::lib("mod generated;\n");
    dir.write("src/generated.rs", text);
    dir.run("").ends_with(1).says("never polled").says("src/generated.rs:");
}

#[test]
fn one_endless_line_is_cut_in_the_output() {
    let line = format!("pub const T: &str = \"{}\"; ", "é".repeat(300_000));
    let dir = Dir::lib(&format!("{line}{}", UNPOLLED.replace('\n', " ")));
    let run = dir.run("").ends_with(1).says("src/lib.rs:1:300");
    assert!(run.stdout.len() < 4_000, "{} bytes", run.stdout.len());
    let json = dir.run("--message-format json").ends_with(1);
    assert!(json.stdout.len() < 8_000, "{} bytes", json.stdout.len());
}

#[test]
fn a_crate_root_that_is_not_there_is_told() {
    let manifest = format!("{MANIFEST}[[bin]]\nname = \"tool\"\npath = \"src/nowhere.rs\"\n");
    let dir = Dir::new(&[("Cargo.toml", &manifest), ("src/lib.rs", UNPOLLED)]);
    let run = dir.run("--message-format short").ends_with(1).says("src/lib.rs:3:5");
    run.says("src/nowhere.rs: error: couldn't read `src/nowhere.rs`: no such file").complains("1 could not be read");
}

#[test]
fn generated_code_that_is_not_there_yet_is_not_missed() {
    let text = "include!(concat!(env!(\"OUT_DIR\"), \"/generated.rs\"));\ninclude!(\"gone.rs\");\n";
    Dir::lib(text).run("").ends_with(0);
}

#[test]
fn a_file_that_includes_itself_is_read_once() {
    let dir = Dir::new(&[
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", "include!(\"lib.rs\");\nmod inner { include!(\"../a.rs\"); }\nmod fine;\n"),
        ("a.rs", "include!(\"b.rs\");\ninclude!(\"b.rs\");\n"),
        ("b.rs", "include!(\"a.rs\");\ninclude!(\"a.rs\");\npub fn b() {}\n"),
        ("src/fine.rs", UNPOLLED),
    ]);
    dir.run("--message-format short").ends_with(1).says("src/fine.rs:3:5: error: ");
}

#[test]
fn facts_say_what_they_leave_out() {
    let dir = Dir::lib("mod broken;\nmod latin1;\nmod gone;\npub fn fine() -> usize {\n    String::new().len()\n}\n");
    dir.write("src/broken.rs", "fn f() {}\n\nfn g( {\n");
    dir.write("src/latin1.rs", b"// one\n// caf\xe9\n");
    let run =
        dir.run("facts --calls --message-format json").ends_with(0).says("\"callee\":\"alloc::string::String::len\"");
    let run = run.complains("note: src/broken.rs:3: ").complains("note: src/latin1.rs:2: couldn't read");
    run.complains("note: src/lib.rs:3: file not found for module `gone`");
}
