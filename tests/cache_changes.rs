//! Whatever changes between two runs: the second finds what a run without a cache does.
//!
//! A workspace of three crates and a stand-in for tokio is changed at random, step by step: what bodies do, which functions
//! there are, macros, files, features, settings. More steps, and other ones: `TOECAP_STEPS=500 TOECAP_SEED=7`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod support;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use support::Dir;

const CRATES: [&str; 3] = ["low", "mid", "app"];
const MODULES: usize = 3;

/// What the next step does.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }
    fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }
}

/// A function: what stands in it, by number.
#[derive(Clone)]
struct Function {
    is_async: bool,
    statements: Vec<(usize, usize)>,
}

/// The code of the workspace.
struct Code {
    /// By crate and module.
    modules: Vec<Vec<Vec<Function>>>,
    macro_blocks: bool,
    extra_file: bool,
    feature: bool,
    knows_more: bool,
    /// Lines above everything in a file.
    lead: usize,
}

fn at_random(dice: &mut Dice) -> Function {
    let count = dice.below(3);
    let is_async = dice.one_in(2);
    Function { is_async, statements: (0..count).map(|_| (dice.below(18), dice.below(64))).collect() }
}

impl Code {
    fn new(dice: &mut Dice) -> Code {
        let module = |dice: &mut Dice| (0..4).map(|_| at_random(dice)).collect();
        let krate = |dice: &mut Dice| (0..MODULES).map(|_| module(dice)).collect();
        Code {
            modules: CRATES.iter().map(|_| krate(dice)).collect(),
            macro_blocks: false,
            extra_file: false,
            feature: false,
            knows_more: false,
            lead: 0,
        }
    }

    /// Changes something; most often a statement.
    fn change(&mut self, dice: &mut Dice) {
        let module = &mut self.modules[dice.below(CRATES.len())][dice.below(MODULES)];
        let function = dice.below(module.len());
        match dice.below(24) {
            0 => module.push(at_random(dice)),
            1 if module.len() > 2 => drop(module.pop()),
            2 => module[function].is_async ^= true,
            3 => self.macro_blocks ^= true,
            4 => self.extra_file ^= true,
            5 => self.feature ^= true,
            6 => self.knows_more ^= true,
            7 => self.lead = dice.below(4),
            8..=10 => drop(module[function].statements.pop()),
            _ => {
                let at = dice.below(module[function].statements.len() + 1);
                module[function].statements.insert(at, (dice.below(18), dice.below(64)));
                module[function].statements.truncate(4);
            }
        }
    }

    /// A function that a statement of crate `krate` may mean: of its own crate or of one below.
    fn meant(&self, krate: usize, number: usize) -> (String, bool) {
        let of = krate - number % 2 % (krate + 1);
        let module = number / 2 % MODULES;
        let functions = &self.modules[of][module];
        let at = number / 6 % functions.len();
        let path = if of == krate { "crate" } else { CRATES[of] };
        (format!("{path}::m{module}::f{at}"), functions[at].is_async)
    }

    fn statement(&self, krate: usize, is_async: bool, (kind, number): (usize, usize)) -> String {
        let (path, other_async) = self.meant(krate, number);
        let base = if krate == 0 { "crate" } else { "low" };
        match (kind, other_async, is_async) {
            (0, ..) => "let _ = std::fs::read(\"x\");".to_owned(),
            (1, ..) => format!("{base}::hand(|| {{ let _ = std::fs::read(\"y\"); }});"),
            (2, true, _) => format!("tokio::spawn({path}(n));"),
            (3, true, _) => format!("{path}(n);"),
            (4, true, true) => {
                format!("let guard = {base}::LOCK.lock().unwrap();\n    {path}(n).await;\n    drop(guard);")
            }
            (5, true, true) => format!("let _ = tokio::time::timeout({base}::limit(), {path}(n)).await;"),
            (6, true, true) => format!("let buf = {base}::take();\n    {path}(n).await;\n    {base}::put(buf);"),
            (7, ..) => "for i in 0..n { for j in 0..i { for k in 0..j { let _ = (k as f64).sin(); } } }".to_owned(),
            (8, true, true) => format!("loop {{ tokio::select! {{ _ = {path}(n) => {{}}, _ = {path}(1) => break }} }}"),
            (9, ..) => "let number: low_number::Number = \"1\".parse().unwrap();\n    let _ = number;"
                .replace("low_number", if krate == 0 { "crate" } else { "low" }),
            (10, ..) => format!("let load: &dyn {base}::Load = &{base}::Disk;\n    load.load();"),
            (11, ..) => format!("{base}::made();"),
            (12, false, _) => format!("let all: Vec<u32> = vec![n].into_iter().map({path}).collect();\n    drop(all);"),
            (13, ..) => "tokio::task::spawn_blocking(|| { let _ = std::fs::read(\"z\"); });".to_owned(),
            (_, true, true) => format!("{path}(n).await;"),
            (_, false, _) => format!("{path}(n);"),
            _ => String::new(),
        }
    }

    fn module(&self, krate: usize, module: usize) -> String {
        let mut text = "// above\n".repeat(if module == 0 { self.lead } else { 0 });
        for (at, function) in self.modules[krate][module].iter().enumerate() {
            let word = if function.is_async { "async " } else { "" };
            let _ = writeln!(text, "pub {word}fn f{at}(n: u32) -> u32 {{");
            for statement in &function.statements {
                let _ = writeln!(text, "    {}", self.statement(krate, function.is_async, *statement));
            }
            text.push_str("    n\n}\n");
        }
        text
    }

    fn files(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        for (number, name) in CRATES.iter().enumerate() {
            for module in 0..MODULES {
                files.push((format!("{name}/src/m{module}.rs"), self.module(number, module)));
            }
            files.push((format!("{name}/src/lib.rs"), self.root(number)));
        }
        let main = "#[tokio::main]\nasync fn main() {\n    app::m0::f0(1);\n    start();\n    app::m1::f1(2);\n}\n\
                    fn start() {\n    app::m2::f0(3);\n}\n";
        files.push(("app/src/main.rs".to_owned(), main.to_owned()));
        let feature = if self.feature { "\"extra\"" } else { "" };
        let app = manifest("app", "low = { path = \"../low\" }\nmid = { path = \"../mid\" }\n")
            + &format!("[features]\ndefault = [{feature}]\nextra = []\n");
        files.push(("app/Cargo.toml".to_owned(), app));
        let known = "[[knowledge.fn]]\npath = \"low::put\"\nblocks = \"io\"\n";
        files.push(("toecap.toml".to_owned(), if self.knows_more { known.to_owned() } else { String::new() }));
        files
    }

    fn root(&self, krate: usize) -> String {
        let mut text: String = (0..MODULES).map(|module| format!("pub mod m{module};\n")).collect();
        if krate == 2 {
            text.push_str(
                "#[cfg(feature = \"extra\")]\npub async fn extra() {\n    let _ = std::fs::read(\"extra\");\n}\n",
            );
        }
        if krate == 1 && self.extra_file {
            text.push_str("pub mod more;\n");
        }
        if krate == 0 {
            let made = if self.macro_blocks { "std::fs::read(\"made\").ok();" } else { "" };
            text.push_str(&LOW.replace("MADE", made));
        }
        text
    }
}

const LOW: &str = "
use std::sync::Mutex;
use std::time::Duration;
pub static LOCK: Mutex<u32> = Mutex::new(0);
pub fn limit() -> Duration { Duration::from_secs(1) }
pub fn take() -> Vec<u8> { Vec::new() }
pub fn put(_: Vec<u8>) {}
pub fn hand(f: impl FnOnce() + Send + 'static) { off(f) }
fn off(f: impl FnOnce() + Send + 'static) { f() }
pub trait Load { fn load(&self); }
pub struct Disk;
impl Load for Disk { fn load(&self) { m0::f0(1); } }
pub struct Number;
impl std::str::FromStr for Number {
    type Err = ();
    fn from_str(_: &str) -> Result<Number, ()> { m1::f1(2); Ok(Number) }
}
macro_rules! makes { ($name:ident) => { pub fn $name() { MADE } } }
makes!(made);
";

const TOKIO: &str = "
pub use task::spawn;
pub mod task {
    use std::future::Future;
    pub struct JoinHandle<T>(T);
    impl<T> Future for JoinHandle<T> {
        type Output = T;
        fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<T> { loop {} }
    }
    pub fn spawn<F: Future>(future: F) -> JoinHandle<F::Output> { loop {} }
    pub fn spawn_blocking<F: FnOnce() -> R, R>(f: F) -> JoinHandle<R> { loop {} }
}
pub mod time {
    pub async fn timeout<F: std::future::Future>(limit: std::time::Duration, future: F) -> Result<F::Output, ()> { loop {} }
}
#[macro_export]
macro_rules! select { ($($all:tt)*) => { loop {} } }
";

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n\
         tokio = {{ path = \"../tokio\" }}\n{dependencies}"
    )
}

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
        "[workspace]\nmembers = [\"low\", \"mid\", \"app\"]\nexclude = [\"tokio\"]\nresolver = \"2\"\n",
        0,
    );
    write(&dir, "tokio/Cargo.toml", "[package]\nname = \"tokio\"\nversion = \"1.40.0\"\nedition = \"2021\"\n", 0);
    write(&dir, "tokio/src/lib.rs", TOKIO, 0);
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
    assert!(resumed as u64 > steps / 4, "only {resumed} of {steps} runs went on from the one before");
}
