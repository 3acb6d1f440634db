//! What build scripts left behind: their `OUT_DIR` and the `cfg` they set.
//!
//! ```text
//! target/debug/build/my-api-3f2a9c0d1e4b5a67/output      cargo:rustc-cfg=has_io_uring
//! target/debug/build/my-api-3f2a9c0d1e4b5a67/out/api.rs  include!(concat!(env!("OUT_DIR"), "/api.rs"));
//! ```

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::Xxh3;

use crate::cfg::parse_atom;
use crate::system::System;
use crate::{CfgAtom, Package, TargetKind};

/// Fills in `out_dir` and `build_cfg` of packages with a build script. Versions of one package cannot be told apart
/// here, so where there are several nothing is filled in.
pub(crate) fn find_build_output(packages: &mut [Package], target_dir: &Path, system: &dyn System) {
    let mut scripts: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (number, package) in packages.iter().enumerate() {
        if package.targets.iter().any(|t| t.kind == TargetKind::BuildScript) {
            scripts.entry(package.name.as_str()).or_default().push(number);
        }
    }
    scripts.retain(|_, numbers| numbers.len() == 1);
    if scripts.is_empty() {
        return;
    }
    let mut newest: FxHashMap<usize, (SystemTime, PathBuf)> = FxHashMap::default();
    system.saw(target_dir);
    for folder in build_folders(target_dir) {
        system.saw(&folder);
        for entry in std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok) {
            let name = entry.file_name();
            let Some((package, _hash)) = name.to_str().and_then(|n| n.rsplit_once('-')) else { continue };
            let Some(&number) = scripts.get(package).and_then(|numbers| numbers.first()) else { continue };
            let output = entry.path().join("output");
            system.saw(&output);
            let Some(time) = written(&output) else { continue };
            if newest.get(&number).is_none_or(|(other, _)| *other < time) {
                newest.insert(number, (time, entry.path()));
            }
        }
    }
    for (number, (_, folder)) in newest {
        system.saw(&folder);
        packages[number].out_dir = Some(folder.join("out")).filter(|out| out.is_dir());
        packages[number].build_cfg = printed_cfg(&std::fs::read_to_string(folder.join("output")).unwrap_or_default());
    }
}

/// Where more was generated, it is not for Rust.
const MAX_GENERATED: u64 = 4 << 20;

/// A sum of the Rust code below an `OUT_DIR`; none where that is too much to read.
pub fn generated(out_dir: &Path) -> Option<u64> {
    let (mut folders, mut files, mut left) = (vec![out_dir.to_owned()], Vec::new(), MAX_GENERATED);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).ok()? {
            let path = entry.ok()?.path();
            let about = std::fs::metadata(&path).ok()?;
            // Looking takes time, too.
            left = left.checked_sub(1024)?;
            if about.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                left = left.checked_sub(about.len())?;
                files.push(path);
            }
        }
    }
    files.sort();
    let mut sum = Xxh3::new();
    for path in files {
        let text = std::fs::read(&path).ok()?;
        sum.update(path.strip_prefix(out_dir).ok()?.as_os_str().as_encoded_bytes());
        sum.update(&(text.len() as u64).to_le_bytes());
        sum.update(&text);
    }
    Some(sum.digest())
}

fn written(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

/// `debug/build`, `release/build`, and those of `--target`.
fn build_folders(target_dir: &Path) -> Vec<PathBuf> {
    let mut bases = vec![target_dir.to_owned()];
    let entries = std::fs::read_dir(target_dir).into_iter().flatten().filter_map(Result::ok);
    bases.extend(entries.filter(|e| e.file_name().to_string_lossy().contains('-')).map(|e| e.path()));
    bases.iter().flat_map(|base| ["debug", "release"].map(|profile| base.join(profile).join("build"))).collect()
}

fn printed_cfg(output: &str) -> Vec<CfgAtom> {
    let printed = output.lines().filter_map(|line| {
        let line = line.strip_prefix("cargo::").or_else(|| line.strip_prefix("cargo:"))?;
        parse_atom(line.strip_prefix("rustc-cfg=")?)
    });
    printed.collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn cfg_lines_are_read_in_both_spellings() {
        let atoms = printed_cfg("cargo:rustc-cfg=a\ncargo::rustc-cfg=b=\"c\"\nnoise\ncargo:rustc-link-lib=z\n");
        let texts: Vec<_> = atoms.iter().map(|a| (a.key.as_str(), a.value.map(|v| v.as_str()))).collect();
        assert_eq!(texts, [("a", None), ("b", Some("c"))]);
    }

    #[test]
    fn what_is_generated_counts_and_not_where() {
        let write = |files: &[(&str, &str)]| {
            let dir = tempfile::tempdir().unwrap();
            for (path, text) in files {
                let path = dir.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            generated(dir.path())
        };
        let first = write(&[("a.rs", "fn a() {}"), ("c/b.rs", "fn b() {}"), ("lib.o", "1")]);
        assert!(first.is_some());
        assert_eq!(first, write(&[("c/b.rs", "fn b() {}"), ("a.rs", "fn a() {}"), ("lib.o", "22")]));
        assert_ne!(first, write(&[("a.rs", "fn a() {}"), ("c/b.rs", "fn c() {}"), ("lib.o", "1")]));
        assert_ne!(first, write(&[("a.rs", "fn a() {}"), ("b.rs", "fn b() {}"), ("lib.o", "1")]));
        assert_eq!(write(&[("a.rs", &" ".repeat(5 << 20))]), None);
    }
}
