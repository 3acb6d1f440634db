//! `cargo xtask std`: the table of the standard library that toecap carries.
//!
//! It reads the sources of core, alloc and std, keeps what a signature needs, and writes one compressed file.
//!
//! ```text
//! /// Appends …                                       (docs, attributes, bodies, private items and comments go,
//! #[stable(feature = "rust1", since = "1.0.0")]        std's own macros are expanded, cfg is simplified)
//! pub fn push(&mut self, value: T) { .. }             pub fn push(&mut self,value:T){}
//! ```

mod attrs;
mod cfg;
mod expand;
mod items;
mod prune;
mod tree;
mod walk;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use toecap_lower::{LowerOptions, lower_file};

use walk::{Files, Walk};

/// Where the table is checked in.
const TABLE: &str = "engine/stdlib/std.table";

/// Runs the chore.
pub(crate) fn run(mut args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let (mut sources, mut text) = (None, None);
    while let Some(arg) = args.next() {
        let value = args.next().with_context(|| format!("`{arg}` needs a folder"))?;
        match arg.as_str() {
            "--sources" => sources = Some(PathBuf::from(value)),
            "--text" => text = Some(PathBuf::from(value)),
            _ => bail!("no such option: `{arg}`"),
        }
    }
    let library = match sources {
        Some(library) => library,
        None => PathBuf::from(rustc(&["--print", "sysroot"])?).join("lib/rustlib/src/rust/library"),
    };
    ensure!(
        library.join("core/src/lib.rs").is_file(),
        "no sources of the standard library in `{}`: `rustup component add rust-src` gets them",
        library.display()
    );
    let mut walk = Walk { library: &library, files: Files::new(), macros: expand::Macros::default() };
    for krate in ["core", "alloc", "std"] {
        walk.krate(krate)?;
    }
    let files = prune::prune(&walk.files);
    report(&files, &walk.macros.missed);
    if let Some(folder) = text {
        write_text(&files, &folder)?;
    }
    let packed = pack(&files, &rustc(&["--version"])?);
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(TABLE);
    std::fs::write(&table, &packed).with_context(|| format!("couldn't write `{}`", table.display()))?;
    println!("{TABLE}: {} bytes", packed.len());
    Ok(())
}

fn rustc(args: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("rustc").args(args).output().context("couldn't run `rustc`")?;
    ensure!(output.status.success(), "`rustc {}` failed", args.join(" "));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn report(files: &BTreeMap<String, String>, missed: &[String]) {
    for (path, text) in files {
        for problem in lower_file(text, LowerOptions { signatures_only: true }).problems {
            let at = problem.span.lo() as usize;
            let near: String = text[at.min(text.len())..].chars().take(80).collect();
            println!("{path}: {}: {near}", problem.message);
        }
    }
    let bytes: usize = files.values().map(String::len).sum();
    println!("{} files, {bytes} bytes of text, {} macro calls not expanded", files.len(), missed.len());
    missed.iter().for_each(|call| println!("  {call}"));
}

fn write_text(files: &BTreeMap<String, String>, folder: &Path) -> anyhow::Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// A line for people, then paths and texts, compressed.
fn pack(files: &BTreeMap<String, String>, version: &str) -> Vec<u8> {
    let plain: Vec<String> = files.iter().map(|(path, text)| format!("{path}\0{text}")).collect();
    let plain = plain.join("\0");
    let version = version.strip_prefix("rustc ").unwrap_or(version);
    let head = format!("toecap std table 1; Rust {version}; {} files; MIT OR Apache-2.0\n", files.len());
    let mut packed = head.into_bytes();
    packed.extend(miniz_oxide::deflate::compress_to_vec_zlib(plain.as_bytes(), 10));
    packed
}
