//! `cargo xtask bench scale [LINES..]`: do time and memory grow as the code does?
//!
//! ```text
//!    lines    files  findings       cpu  us/line      peak  kB/1000 lines  2 threads x  one body x
//!   111648      303        30    1.44 s    12.90    240 MB           2154         0.60       0.031
//! ```
//! A workspace of crates that depend on each other, each of modules with a type, impls of a trait of another crate, items made
//! by a macro, and chains of calls from async code down to a read that blocks. What it finds must grow with it, or nothing
//! was measured. The last columns are the time by the clock with two threads, as a part of that with one, and processor time when one
//! body changed since the last run, as a part of that of a run that knows nothing.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

use super::process::{self, Cost, cost, toecap};
use super::workspace;

const SIZES: [usize; 4] = [100_000, 300_000, 1_000_000, 3_000_000];
const MODULES: usize = 100;
/// Groups of items in a module.
const GROUPS: usize = 4;
/// How deep calls go until one blocks.
const DEPTH: usize = 8;
const ROUNDS: usize = 3;

pub(super) fn run(args: &[String]) -> anyhow::Result<()> {
    let sizes: Vec<usize> =
        args.iter().map(|arg| arg.parse()).collect::<Result<_, _>>().context("sizes are numbers")?;
    process::build()?;
    println!(
        "{:>9} {:>8} {:>9} {:>9} {:>8} {:>9} {:>14} {:>12} {:>11}",
        "lines", "files", "findings", "cpu", "us/line", "peak", "kB/1000 lines", "2 threads x", "one body x"
    );
    for wanted in if sizes.is_empty() { SIZES.to_vec() } else { sizes } {
        let dir = tempfile::Builder::new().prefix("scale").tempdir()?;
        let (lines, files) = write(dir.path(), wanted)?;
        let found = findings(dir.path())?;
        ensure!(found > 0, "nothing is found in what was made to be found");
        let (one, two) = (median_of(dir.path(), "-j1")?, median_of(dir.path(), "-j2")?);
        let (per_line, per_thousand) = (one.cpu * 1e6 / lines as f64, one.peak_kb as f64 * 1e3 / lines as f64);
        println!(
            "{lines:>9} {files:>8} {found:>9} {:>7.2} s {per_line:>8.2} {:>6} MB {per_thousand:>14.0} {:>12.2} {:>11.3}",
            one.cpu,
            one.peak_kb / 1000,
            two.wall / one.wall,
            one_body(dir.path())? / one.cpu
        );
    }
    Ok(())
}

/// `cargo xtask bench generate DIR LINES`: the workspace alone.
pub(super) fn generate(args: &[String]) -> anyhow::Result<()> {
    let [dir, lines] = args else { bail!("name a folder and how many lines") };
    let (lines, files) = write(Path::new(dir), lines.parse().context("lines are a number")?)?;
    println!("{lines} lines in {files} files");
    Ok(())
}

/// The run of median processor time.
fn median_of(dir: &Path, threads: &str) -> anyhow::Result<Cost> {
    let costs = (0..ROUNDS).map(|_| cost(toecap().args(["-q", threads, "--no-cache"]), dir));
    let mut costs: Vec<Cost> = costs.collect::<Result<_, _>>()?;
    costs.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
    Ok(costs[ROUNDS / 2])
}

/// Median processor time of runs after a change of one body.
fn one_body(dir: &Path) -> anyhow::Result<f64> {
    let cache = tempfile::tempdir()?;
    let mut program = toecap();
    program.args(["-q", "-j1", "--cache-dir"]).arg(cache.path());
    cost(&mut program, dir)?;
    let mut costs = Vec::new();
    for _ in 0..ROUNDS {
        workspace::add_statement(&dir.join("c0/src/m50.rs"))?;
        costs.push(cost(&mut program, dir)?.cpu);
    }
    Ok(super::median(costs))
}

fn findings(dir: &Path) -> anyhow::Result<usize> {
    let args = ["-q", "--no-cache", "--message-format", "short"];
    let output = toecap().args(args).current_dir(dir).output()?;
    Ok(output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count())
}

/// Writes a workspace of about `wanted` lines; says how many lines and files there are.
fn write(dir: &Path, wanted: usize) -> anyhow::Result<(usize, usize)> {
    let (mut lines, mut files, mut crates) = (0, 0, 0);
    let mut members = String::new();
    while lines < wanted {
        let folder = dir.join(format!("c{crates}"));
        std::fs::create_dir_all(folder.join("src"))?;
        std::fs::write(folder.join("Cargo.toml"), manifest(crates))?;
        let mut root = String::from("#![allow(dead_code)]\n");
        for module in 0..MODULES {
            let _ = writeln!(root, "pub mod m{module};");
            let text = module_text(crates, module);
            lines += text.lines().count();
            files += 1;
            std::fs::write(folder.join(format!("src/m{module}.rs")), text)?;
        }
        root.push_str(CRATE_ITEMS);
        lines += root.lines().count();
        files += 1;
        std::fs::write(folder.join("src/lib.rs"), root)?;
        let _ = write!(members, "\"c{crates}\",");
        crates += 1;
    }
    std::fs::write(dir.join("Cargo.toml"), format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n"))?;
    Ok((lines, files))
}

/// A crate knows the one before it.
fn manifest(number: usize) -> String {
    let head = format!("[package]\nname = \"c{number}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n");
    match number.checked_sub(1) {
        Some(before) => format!("{head}c{before} = {{ path = \"../c{before}\" }}\n"),
        None => head,
    }
}

const CRATE_ITEMS: &str = "
pub trait Load {
    fn load(&self, path: &str) -> Option<String>;
    fn size(&self, path: &str) -> usize {
        self.load(path).map_or(0, |text| text.len())
    }
}
#[macro_export]
macro_rules! getters {
    ($ty:ident: $($name:ident -> $field:ident: $of:ty),*) => {
        impl $ty {
            $(pub fn $name(&self) -> &$of { &self.$field })*
        }
    };
}
";

fn module_text(krate: usize, module: usize) -> String {
    let mut text = String::from("use std::collections::HashMap;\n\nuse crate::Load;\n");
    for group in 0..GROUPS {
        group_text(&mut text, krate, module, group);
    }
    text
}

/// One type and what belongs to it.
fn group_text(text: &mut String, krate: usize, module: usize, group: usize) {
    let mut line = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    line(&format!("\npub struct Store{group} {{\n    name: String,\n    counts: HashMap<String, usize>,\n}}"));
    line(&format!("crate::getters!(Store{group}: name -> name: String, counts -> counts: HashMap<String, usize>);"));
    line(&format!("impl Load for Store{group} {{\n    fn load(&self, path: &str) -> Option<String> {{"));
    line(&format!("        let known = self.counts().get(path).copied().unwrap_or({module});"));
    line(
        "        let words: Vec<String> = path.split('/').map(|part| part.to_owned()).filter(|p| p.len() > known).collect();",
    );
    line("        if words.is_empty() { None } else { Some(words.join(\"/\")) }\n    }\n}");
    line(&format!("impl Store{group} {{\n    pub fn step0(&mut self, path: &str) -> std::io::Result<usize> {{"));
    line("        let text = std::fs::read_to_string(path)?;");
    line("        *self.counts.entry(text).or_insert(0) += 1;\n        Ok(self.counts.len())\n    }");
    for depth in 1..DEPTH {
        line(&format!("    pub fn step{depth}(&mut self, path: &str) -> std::io::Result<usize> {{"));
        line(&format!("        let before = self.step{}(path)?;", depth - 1));
        line("        let total: usize = self.counts.values().copied().filter(|n| *n > before).sum();");
        line("        match total {\n            0 => Ok(before),\n            n => Ok(n + before),\n        }\n    }");
    }
    // Few do, as in real code.
    let blocks = group == 0 && module.is_multiple_of(10);
    let call = if blocks { format!("self.step{}(path)", DEPTH - 1) } else { "self.pure(path)".to_owned() };
    line("    fn pure(&self, path: &str) -> std::io::Result<usize> {\n        Ok(self.size(path))\n    }");
    line("    pub async fn run(&mut self, path: &str) -> std::io::Result<usize> {");
    line(&format!(
        "        let now = {call}?;\n        let next = self.wait(now).await;\n        Ok(next + now)\n    }}"
    ));
    line("    async fn wait(&self, n: usize) -> usize {\n        std::future::ready(n).await\n    }\n}");
    let other = if krate > 0 { format!("c{}::m{module}::", krate - 1) } else { String::new() };
    line(&format!(
        "pub async fn both{group}(a: &mut {other}Store{group}, b: &mut Store{group}) -> std::io::Result<usize> {{"
    ));
    line("    let first = a.run(\"a\").await?;\n    let second = b.run(\"b\").await?;\n    Ok(first + second)\n}");
}
