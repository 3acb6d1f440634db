//! `toecap facts`: what is known of functions, calls, dependencies.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::Path;

use support::{Dir, Run, finish, program};

#[test]
fn cancel_safety_is_told_of_what_users_can_name() {
    let dir = Dir::lib(
        "mod hidden { pub async fn secret() {} pub async fn shown() {} pub struct S; impl S { pub async fn method() {} } \
         pub struct T; impl T { pub async fn unnamed() {} async fn own() {} } }\n\
         mod globbed { pub async fn starred() {} async fn inner() {} }\n\
         pub mod open { pub async fn direct() {} pub(crate) async fn within() {} }\n\
         pub use hidden::{S, shown};\npub use globbed::*;\nuse hidden::secret as _;\n",
    );
    let answer = dir.run("facts --cancel-safety --message-format json").ends_with(0);
    for name in ["shown", "S::method", "starred", "direct"] {
        assert!(answer.stdout.contains(&format!("::{name}\"")), "{name}: {}", answer.stdout);
    }
    for name in ["secret", "unnamed", "own", "inner", "within"] {
        assert!(!answer.stdout.contains(&format!("::{name}\"")), "{name}: {}", answer.stdout);
    }
}

#[test]
fn facts_tell_what_a_function_does() {
    let dir = Dir::lib(
        "pub fn load() -> usize {\n    std::fs::read(\"x\").map_or(0, |b| b.len())\n}\npub async fn get() -> usize {\n    load()\n}\n",
    );
    let page = dir.run("facts get").ends_with(0).says("blocks     io").says("src/lib.rs:5:5  app::load");
    page.says("src/lib.rs:2:14  std::fs::read").says("cancel     safe");
    dir.run("facts src/lib.rs:2").ends_with(0).says("app::load  src/lib.rs:1:8").says("run by     an executor");
    dir.run("facts").ends_with(0).says("src/lib.rs\n").says("app::get");
    dir.run("facts lod").ends_with(2).complains("did you mean `app::load`?");
    dir.run("facts std::fs::read").ends_with(0).says("io, shortly-blocks");
    dir.run("facts --cancel-safety").ends_with(0).says("/// # Cancel safety");
    let json = dir.run("facts get --message-format json").ends_with(0);
    let line: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&line["effects"][0]["effect"], &line["cancel"]["verdict"]), (&"blocks".into(), &"safe".into()));
}

const WORKER: &str = "\
use std::sync::{Mutex, MutexGuard};
fn open(path: &str) -> usize {
    std::fs::read(path).map_or(0, |bytes| bytes.len())
}
async fn nothing() {}
async fn both(path: &str) -> usize {
    nothing().await; nothing().await;
    let size = open(path); path.len() + size
}
fn guard(m: &Mutex<u8>) -> MutexGuard<'_, u8> {
    m.lock().unwrap()
}
pub async fn run(path: &str, m: &Mutex<u8>) -> usize {
    drop(guard(m));
    both(path).await
}
";

#[test]
fn a_line_tells_of_its_calls() {
    let dir = Dir::lib(WORKER);
    let page = dir.run("facts src/lib.rs:8").ends_with(0).says("app::both  src/lib.rs:6:10");
    let page = page.says("calls      app::open at 8:16, gives usize").says("computed: blocks io");
    page.says("calls      str::len at 8:33, gives usize");
    let calls = dir.run("facts src/lib.rs:7").ends_with(0);
    let calls =
        calls.says("calls      app::nothing at 7:5, gives impl Future<Output = ()>").says("dropped half-way: nothing");
    assert!(!calls.stdout.contains("app::open at"), "{}", calls.stdout);
    dir.run("facts src/lib.rs:3").says("known: blocking: io, shortly-blocks: filesystem syscall");
    let json = dir.run("facts src/lib.rs:8 --message-format json").ends_with(0);
    let line: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&line["calls"][0]["callee"], &line["calls"][0]["effects"][0]["what"]),
        (&"app::open".into(), &"io".into())
    );
    let other: serde_json::Value = serde_json::from_str(&dir.run("facts both --message-format json").stdout).unwrap();
    assert!(other.get("calls").is_none(), "{other}");
}

#[test]
fn what_a_function_gives_and_waits_for_is_told() {
    let dir = Dir::lib(WORKER);
    dir.run("facts guard").ends_with(0).says("returns    MutexGuard<u8> (a guard)");
    dir.run("facts open").ends_with(0).says("returns    usize\n");
    let page = dir.run("facts both").ends_with(0).says("returns    impl Future<Output = usize> (a future)");
    page.says("waits      for app::nothing at 7:15, never for long; nothing is lost").says("at 7:32");
}

/// In a workspace with dependencies.
#[test]
fn calls_are_those_of_the_files_asked_for() {
    let dir = Dir::lib("mod inner;\npub fn outer() {\n    inner::called();\n}\n");
    dir.write("src/inner.rs", "pub fn called() {\n    leaf();\n}\nfn leaf() {}\n");
    let whole = dir.run("facts --calls").ends_with(0).says("src/inner.rs:2:5: app::inner::leaf");
    whole.says("src/lib.rs:3:12: app::inner::called");
    dir.run("facts --calls src").ends_with(0).says("src/inner.rs:2:5").says("src/lib.rs:3:12");
    let one = dir.run("facts --calls src/inner.rs").ends_with(0).says("src/inner.rs:2:5: app::inner::leaf");
    assert!(!one.stdout.contains("src/lib.rs"), "{}", one.stdout);
    dir.run("facts --calls src/none.rs").ends_with(2);
}

fn facts_of(what: &str) -> Run {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/workspaces/dependencies");
    finish(program(&dir).args(["facts"]).args(what.split_whitespace()))
}

#[test]
fn functions_of_dependencies_are_looked_into() {
    let page = facts_of("disk::read").ends_with(0).says("disk::read  ").says("computed   what follows, from its body");
    page.says("blocks     io").says("std::fs::read");
    // Nobody calls it, and it is further from the disk than what the lints follow.
    facts_of("disk::zeroth").ends_with(0).says("effects    none that is known");
    facts_of("disk::Cache::size").ends_with(0).says("returns    Result<usize, Error>").says("locks      self.known");
    // Its crate has a row that says nobody need look inside; who asks is answered.
    facts_of("async_fs::prepare").ends_with(0).says("blocks     io");
    facts_of("disk::nothing").ends_with(2).complains("`disk::nothing`");
}

#[test]
fn data_and_code_are_told_apart() {
    let page = facts_of("tokio::sync::mpsc::Sender::blocking_send").ends_with(0);
    let page = page.says("known      blocking: channel, ").says("computed   what follows, from its body");
    assert!(page.stdout.find("known ") < page.stdout.find("computed "), "{}", page.stdout);
    facts_of("std::fs::read").ends_with(0).says("io, shortly-blocks");
}
