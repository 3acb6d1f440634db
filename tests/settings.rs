//! `toecap.toml` and its kin: levels, facts of users, and what is wrong with them.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Dir, MANIFEST, UNPOLLED};

/// A wait that only its owner knows of, behind a call.
const LEGACY: &str = "pub mod db {\n    pub struct Db;\n    impl Db {\n        pub fn query(&self) {}\n    }\n    \
    fn private() {}\n    pub fn public() { private() }\n}\npub fn off(f: impl FnOnce()) { f() }\n\
    pub async fn run(db: &db::Db) {\n    db.query();\n    db::public();\n    tick().await;\n}\nasync fn tick() {}\n\
    pub fn start(db: db::Db) -> impl Future<Output = ()> { async move { run(&db).await } }\n";

fn legacy(toml: &str) -> Dir {
    Dir::new(&[("Cargo.toml", MANIFEST), ("src/lib.rs", LEGACY), ("toecap.toml", toml)])
}

#[test]
fn levels_come_from_the_file_the_manifest_and_the_command_line() {
    let dir = Dir::lib(UNPOLLED);
    dir.run("").ends_with(1);
    dir.write("Cargo.toml", format!("{MANIFEST}[package.metadata.toecap.lints]\nall = \"allow\"\n"));
    dir.run("").finds_nothing();
    dir.write("toecap.toml", "[lints]\nunawaited_future = \"warn\"\n");
    dir.run("").ends_with(0).says("warning: ");
    dir.run("-D warnings").ends_with(1);
    dir.run("--no-config").ends_with(1);
    dir.write("ci.toml", "[lints]\ncorrectness = \"allow\"\n");
    dir.run("--config-file ci.toml").finds_nothing();
    dir.run("--config-file nonesuch.toml").ends_with(2).complains("there is no such file");
}

#[test]
fn a_members_file_is_about_that_member() {
    let member = |name: &str| MANIFEST.replace("app", name);
    let dir = Dir::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"3\"\n"),
        ("a/Cargo.toml", &member("a")),
        ("b/Cargo.toml", &member("b")),
        ("a/src/lib.rs", UNPOLLED),
        ("b/src/lib.rs", UNPOLLED),
        (".toecap.toml", "[lints]\nunawaited_future = \"warn\"\n"),
        ("b/toecap.toml", "[lints]\nunawaited_future = \"deny\"\n"),
    ]);
    let run = dir.run("--message-format short").ends_with(1);
    run.says("a/src/lib.rs:3:5: warning").says("b/src/lib.rs:3:5: error");
}

#[test]
fn users_facts_are_followed() {
    let row =
        |path: &str| format!("[[knowledge.fn]]\npath = \"{path}\"\nblocks = \"io\"\nwhy = \"it asks the server\"\n");
    legacy("").run("-W all").finds_nothing();
    for (path, line) in [("app::db::Db::query", 11), ("app::db::public", 12), ("app::db::private", 12)] {
        let dir = legacy(&row(path));
        // The second run is a replay.
        for _ in 0..2 {
            dir.run("--message-format short").says(&format!("src/lib.rs:{line}:"));
        }
        dir.write("toecap.toml", "");
        dir.run("").finds_nothing();
    }
}

#[test]
fn what_users_call_offloading_is() {
    let text = "pub fn off(f: impl FnOnce()) { f() }\npub async fn run() {\n    \
        off(|| { std::thread::sleep(std::time::Duration::from_secs(1)); });\n}\n";
    let dir = Dir::lib(text);
    dir.run("").says("blocking_call_in_async");
    dir.write("toecap.toml", "[[knowledge.fn]]\npath = \"app::off\"\noffloads = true\n");
    dir.run("").finds_nothing();
}

/// A protocol over any stream, whose adapter for async code never waits.
const PROTOCOL: &str = "use std::io::{Read, Write};\npub struct Socket<S>(S);\nimpl<S: Read + Write> Socket<S> {\n    \
    pub fn receive(&mut self) -> usize { 0 }\n}\npub fn greet<S: Read + Write>(stream: S) -> Socket<S> { Socket(stream) }\n\
    pub struct Ready(Vec<u8>);\nimpl Read for Ready {\n    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> { \
    Err(std::io::ErrorKind::WouldBlock.into()) }\n}\nimpl Write for Ready {\n    fn write(&mut self, _: &[u8]) -> \
    std::io::Result<usize> { Ok(0) }\n    fn flush(&mut self) -> std::io::Result<()> { Ok(()) }\n}\n\
    pub async fn adapted() -> usize { greet(Ready(Vec::new())).receive() }\n\
    pub async fn unknown<S: Read + Write>(stream: S) -> usize { greet(stream).receive() }\n\
    pub async fn waits(stream: std::net::TcpStream) -> usize {\n    let mut socket = greet(stream);\n    \
    socket.receive()\n}\n";

#[test]
fn a_protocol_waits_where_its_stream_does() {
    let row = |path: &str| format!("[[knowledge.fn]]\npath = \"app::{path}\"\nblocks = \"net\"\nwhy = \"it reads\"\n");
    let rows = [row("greet"), row("Socket::receive")].concat();
    let dir = Dir::new(&[("Cargo.toml", MANIFEST), ("src/lib.rs", PROTOCOL), ("toecap.toml", &rows)]);
    let run = dir.run("--message-format short");
    run.says("src/lib.rs:18:22: ").says("src/lib.rs:19:12: ").complains("2 warnings");
}

#[test]
fn facts_about_nothing_are_errors_with_a_proposal() {
    let proposal = |path: &str, meant: &str| {
        let dir = legacy(&format!("\n[[knowledge.fn]]\npath = \"{path}\"\nblocks = \"io\"\n"));
        for _ in 0..2 {
            dir.run("").ends_with(1).says("toecap.toml:2:1").says(path).says(meant);
        }
    };
    proposal("app::db::Db::qurey", "did you mean `app::db::Db::query`?");
    proposal("app::bd::Db::query", "did you mean `app::db::Db::query`?");
    proposal("aap::db::Db::query", "did you mean `app::db::Db::query`?");
    proposal("app::db::something_else", "the path begins with a crate");
    proposal("std::fs::raed", "did you mean `std::fs::read`?");
    legacy("[lints]\nunawaited_futur = \"warn\"\n").run("").ends_with(2).complains("did you mean `unawaited_future`?");
    legacy("[knowledge\n").run("").ends_with(2).complains("toecap.toml:1:");
    let unreadable = legacy("");
    std::fs::write(unreadable.path("toecap.toml"), [0xff]).unwrap();
    unreadable.run("").ends_with(2).complains("couldn't read the settings").complains("`--no-config`");
}
