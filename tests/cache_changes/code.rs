//! The code of the workspace that changes: what each statement and declaration says, by number.

use std::fmt::Write as _;

const CRATES: [&str; 3] = ["low", "mid", "app"];
const MODULES: usize = 3;
/// Kinds of statements.
const KINDS: usize = 36;

/// What the next step does.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: usize) -> usize {
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
pub struct Code {
    /// By crate and module.
    modules: Vec<Vec<Vec<Function>>>,
    macro_blocks: bool,
    pub extra_file: bool,
    feature: bool,
    knows_more: bool,
    /// Lines above everything in a file.
    lead: usize,
    /// What is declared beside the functions, each in one of several ways.
    shape: [usize; SHAPES],
    /// What a module has in scope.
    uses: [[usize; MODULES]; CRATES.len()],
}

fn at_random(dice: &mut Dice) -> Function {
    let count = dice.below(3);
    let is_async = dice.one_in(2);
    Function { is_async, statements: (0..count).map(|_| (dice.below(KINDS), dice.below(64))).collect() }
}

impl Code {
    pub fn new(dice: &mut Dice) -> Code {
        let module = |dice: &mut Dice| (0..4).map(|_| at_random(dice)).collect();
        let krate = |dice: &mut Dice| (0..MODULES).map(|_| module(dice)).collect();
        Code {
            modules: CRATES.iter().map(|_| krate(dice)).collect(),
            macro_blocks: false,
            extra_file: false,
            feature: false,
            knows_more: false,
            lead: 0,
            shape: std::array::from_fn(|_| dice.below(4)),
            uses: std::array::from_fn(|_| std::array::from_fn(|_| dice.below(4))),
        }
    }

    /// Changes something; most often a statement.
    pub fn change(&mut self, dice: &mut Dice) {
        let (krate, number) = (dice.below(CRATES.len()), dice.below(MODULES));
        let module = &mut self.modules[krate][number];
        let function = dice.below(module.len());
        match dice.below(36) {
            24..=31 => self.shape[dice.below(SHAPES)] = dice.below(4),
            32..=34 => self.uses[krate][number] = dice.below(4),
            35 => {
                let other = dice.below(module.len());
                module.swap(function, other);
            }
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
                module[function].statements.insert(at, (dice.below(KINDS), dice.below(64)));
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
            (18, ..) => format!("{base}::Disk.read();"),
            (19, ..) => format!("{base}::holder().inner.read();"),
            (20, ..) => format!("{base}::holder().read();"),
            (21, ..) => format!("{base}::chosen().read();"),
            (22, ..) => format!("{base}::bound({base}::Disk);\n    {base}::bound({base}::chosen());"),
            (23, ..) => {
                let limit = format!("0..{base}::LIMIT");
                format!(
                    "for i in {limit} {{ for j in {limit} {{ for k in {limit} {{ let _ = (k as f64).sin(); }} }} }}"
                )
            }
            (24, ..) => format!("{base}::picked(n);"),
            (25, true, true) => format!("let held = {base}::holder();\n    {path}(n).await;\n    drop(held);"),
            (26, ..) => format!("let other: {base}::Number = {base}::Disk.into();\n    other.read();"),
            (27, ..) => format!("if let {base}::Mode::B = {base}::mode() {{ let _ = std::fs::read(\"b\"); }}"),
            (28, ..) if krate > 0 => {
                "mid::wrap().0.inner.read();".replace("mid", if krate == 1 { "crate" } else { "mid" })
            }
            (29, ..) if krate > 0 => "mid::relayed(n);".replace("mid", if krate == 1 { "crate" } else { "mid" }),
            (30, ..) => "picked(n);\n    Disk.read();".to_owned(),
            (31, ..) => format!("let any: &dyn {base}::Ext = &{base}::Disk;\n    any.read();"),
            (32, _, true) => {
                "let accepting = tokio::net::TcpListener::bind(n).await;\n    let _ = accepting;".to_owned()
            }
            (33, ..) => format!("{base}::relay!({path}(n));"),
            (34, ..) => format!("{base}::made_choice().unwrap().read();"),
            (35, ..) => format!("chain::c{}();", number % 9),
            (_, true, true) => format!("{path}(n).await;"),
            (_, false, _) => format!("{path}(n);"),
            _ => String::new(),
        }
    }

    /// What the crate `low` declares beside its functions.
    fn low(&self) -> String {
        let of = |shape: usize, ways: [&str; 4]| ways[self.shape[shape]].to_owned();
        let reads = "{ let _ = std::fs::read(\"own\"); }";
        let mut text = LOW.replace("MADE", if self.macro_blocks { "std::fs::read(\"made\").ok();" } else { "" });
        text += &of(0, ["", "impl Disk { pub fn read(&self) {} }\n", "impl Disk { pub fn read(&self) READS }\n", ""]);
        text += &of(1, ["impl Ext for Disk {}\n", "impl Ext for Number {}\n", "impl<T> Ext for T {}\n", ""]);
        text += &of(2, ["pub type Chosen = Disk;\n", "pub type Chosen = Number;\n", "pub use Disk as Chosen;\n", ""]);
        text += &of(
            3,
            [
                "pub struct Holder { pub inner: Disk }\n",
                "pub struct Holder { pub inner: Number }\n",
                "pub struct Holder { more: u32, pub inner: Chosen }\n",
                "pub struct Holder { pub inner: Box<Disk> }\n",
            ],
        );
        text += &of(
            4,
            [
                "",
                "impl std::ops::Deref for Holder { type Target = Disk; fn deref(&self) -> &Disk { loop {} } }\n",
                "impl std::ops::Deref for Holder { type Target = Number; fn deref(&self) -> &Number { loop {} } }\n",
                "",
            ],
        );
        text += &of(
            5,
            [
                "",
                "impl Drop for Holder { fn drop(&mut self) { m0::f0(1); } }\n",
                "impl Drop for Holder { fn drop(&mut self) READS }\n",
                "",
            ],
        );
        text += &of(
            6,
            ["pub const LIMIT: u32 = 2;\n", "pub const LIMIT: u32 = 2_000_000;\n", "pub static LIMIT: u32 = 3;\n", ""],
        );
        text += &of(
            7,
            [
                "pub use m0::f0 as picked;\n",
                "pub use m1::f1 as picked;\n",
                "pub use m2::f0 as picked;\n",
                "pub async fn picked(_: u32) {}\n",
            ],
        );
        text += &of(
            8,
            [
                "pub mod prelude { pub use crate::Ext; }\n",
                "pub mod prelude { pub use crate::{Disk, Ext, picked}; }\n",
                "pub mod prelude { pub use crate::*; }\n",
                "pub mod prelude {}\n",
            ],
        );
        text += &of(9, ["pub enum Mode { A }\n", "pub enum Mode { A, B }\n", "pub enum Mode { B(u32) }\n", ""]);
        text += &of(
            10,
            [
                "",
                "impl From<Disk> for Number { fn from(_: Disk) -> Number READS }\n",
                "impl From<Disk> for Number { fn from(_: Disk) -> Number { m1::f0(1); Number } }\n",
                "impl From<Number> for Disk { fn from(_: Number) -> Disk READS }\n",
            ],
        );
        text += &of(
            11,
            [
                "pub trait Ext { fn read(&self) {} }\n",
                "pub trait Ext { fn read(&self) READS }\n",
                "pub trait Ext: Load { fn read(&self) { self.load() } }\n",
                "pub trait Ext { fn other(&self); fn read(&self) { m1::f2(1); } }\n",
            ],
        );
        text.replace("READS", reads)
    }

    /// What the crate `mid` declares beside its functions.
    fn mid(&self) -> String {
        let of = |shape: usize, ways: [&'static str; 4]| ways[self.shape[shape]];
        let wrap = of(
            12,
            [
                "pub struct Wrap(pub low::Holder);\n",
                "pub struct Wrap(pub Inner);\ntype Inner = low::Holder;\n",
                "pub struct Wrap(pub Box<low::Holder>);\n",
                "",
            ],
        );
        let relayed = of(
            13,
            [
                "pub use low::picked as relayed;\n",
                "pub use m0::f0 as relayed;\n",
                "pub use low::*;\n",
                "pub fn relayed(n: u32) { low::picked(n); }\n",
            ],
        );
        format!("{wrap}{relayed}pub fn wrap() -> Wrap {{ loop {{}} }}\n")
    }

    fn module(&self, krate: usize, module: usize) -> String {
        let mut text = "// above\n".repeat(if module == 0 { self.lead } else { 0 });
        let base = if krate == 0 { "crate" } else { "low" };
        let used = ["", "use low::Ext;\n", "use low::prelude::*;\n", "use low::{Disk, Ext as _, picked};\n"];
        text += &used[self.uses[krate][module]].replace("low", base);
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

    pub fn files(&self) -> Vec<(String, String)> {
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
        match krate {
            0 => text + &self.low(),
            1 => text + &self.mid(),
            _ => text,
        }
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
pub fn holder() -> Holder { loop {} }
macro_rules! by_rules { ($($of:tt)*) => { Option<Chosen> } }
pub fn chosen() -> Chosen { loop {} }
pub fn made_choice() -> by_rules!(any) { loop {} }
pub fn mode() -> Mode { loop {} }
pub fn bound<T: Ext>(t: T) { t.read() }
#[macro_export]
macro_rules! relay { ($call:expr) => { $crate::picked(2); $call } }
";
/// How many things [`Code::low`] and [`Code::mid`] declare in one of four ways.
const SHAPES: usize = 14;

pub const TOKIO: &str = "
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
pub mod net {
    pub struct TcpListener;
    impl TcpListener {
        pub async fn bind(_: u32) -> TcpListener { loop {} }
        pub async fn accept(&self) -> u32 { loop {} }
    }
}
#[macro_export]
macro_rules! select { ($($all:tt)*) => { loop {} } }
";

pub fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n\
         tokio = {{ path = \"../tokio\" }}\nchain = {{ path = \"../registry/src/index/chain-0.1.0\" }}\n{dependencies}"
    )
}
