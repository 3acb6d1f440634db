//! What the cache on the disk is worth nothing without: a sum of the sources that write and read it.
//!
//! ```text
//! TOECAP_IR_FINGERPRINT     of the IR, of what lowers to it, of what stores it, and of what they depend on
//! TOECAP_FINGERPRINT        of all that findings depend on
//! ```
//! So nobody has to think of a version number, and a cache of yesterday's lowering is never read.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What decides what is in a lowered file.
const LOWERING: [&str; 4] = ["engine/ir/src", "engine/lower/src", "engine/project/src", "Cargo.lock"];
/// What decides what is found.
const ALL: [&str; 4] = ["engine", "lints", "src", "Cargo.lock"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    ALL.iter().for_each(|source| println!("cargo::rerun-if-changed={source}"));
    println!("cargo::rustc-env=TOECAP_IR_FINGERPRINT={}", sum(&LOWERING)?);
    println!("cargo::rustc-env=TOECAP_FINGERPRINT={}", sum(&ALL)?);
    Ok(())
}

fn sum(sources: &[&str]) -> io::Result<u64> {
    let mut sum = DefaultHasher::new();
    env::var("CARGO_PKG_VERSION").unwrap_or_default().hash(&mut sum);
    for source in sources {
        for file in files(Path::new(source))? {
            file.hash(&mut sum);
            fs::read(&file)?.hash(&mut sum);
        }
    }
    Ok(sum.finish())
}

/// A file, or all below a folder, sorted; nothing where the crates are not side by side.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop().filter(|folder| folder.is_dir()) {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}
