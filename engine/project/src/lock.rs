//! `Cargo.lock`: left as it was by what we run, and read when cargo does not resolve.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::Source;

/// Puts `Cargo.lock` back: `cargo metadata` writes one where there is none, with versions that happen to be on this disk.
pub(crate) struct LockfileGuard {
    before: Vec<(PathBuf, Option<Before>)>,
}

/// A lock file.
#[derive(PartialEq, Eq)]
struct Before {
    bytes: Vec<u8>,
    written: Option<SystemTime>,
}

impl Before {
    fn read(path: &Path) -> Option<Before> {
        let written = std::fs::metadata(path).and_then(|about| about.modified()).ok();
        Some(Before { bytes: std::fs::read(path).ok()?, written })
    }

    fn put_back(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, &self.bytes)?;
        let file = std::fs::File::options().append(true).open(path)?;
        self.written.map_or(Ok(()), |written| file.set_modified(written))
    }
}

impl LockfileGuard {
    /// Remembers the lock files of the folder and those above it: any may be the workspace's.
    pub(crate) fn new(manifest: &Path) -> LockfileGuard {
        let roots = manifest.ancestors().skip(1).filter(|dir| dir.join("Cargo.toml").is_file());
        let locks = roots.map(|dir| dir.join("Cargo.lock"));
        LockfileGuard { before: locks.map(|path| (path.clone(), Before::read(&path))).collect() }
    }
}

impl Drop for LockfileGuard {
    fn drop(&mut self) {
        for (path, before) in &self.before {
            let now = Before::read(path);
            // A failure leaves what cargo itself would have left.
            let _ = match before {
                None if now.is_some() => std::fs::remove_file(path),
                Some(before) if now.as_ref() != Some(before) => before.put_back(path),
                _ => Ok(()),
            };
        }
    }
}

/// The packages that were chosen.
#[derive(Debug, Default)]
pub(crate) struct Lockfile {
    packages: Vec<LockedPackage>,
    by_name: FxHashMap<String, Vec<usize>>,
}

#[derive(Debug, Deserialize)]
struct LockText {
    #[serde(default)]
    package: Vec<LockedPackage>,
}

/// One `[[package]]`.
#[derive(Debug, Deserialize)]
pub(crate) struct LockedPackage {
    pub(crate) name: String,
    pub(crate) version: String,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Lockfile {
    /// Empty when there is none or it cannot be read.
    pub(crate) fn read(path: &Path) -> Lockfile {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let packages = toml::from_str::<LockText>(&text).map(|t| t.package).unwrap_or_default();
        let mut by_name: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (i, package) in packages.iter().enumerate() {
            by_name.entry(package.name.clone()).or_default().push(i);
        }
        Lockfile { packages, by_name }
    }

    /// The package that `name` with the requirement `req` means in the manifest of `from`.
    pub(crate) fn dependency(&self, from: (&str, &str), name: &str, req: &str) -> Option<&LockedPackage> {
        let dependent = self.named(from.0).find(|p| p.version == from.1)?;
        let listed = dependent.dependencies.iter().filter_map(|text| {
            let mut words = text.split(' ');
            let (listed, version) = (words.next()?, words.next());
            (listed == name).then_some(version)
        });
        let candidates =
            listed.flat_map(|version| self.named(name).filter(move |p| version.is_none_or(|v| v == p.version)));
        let req = semver::VersionReq::parse(req).unwrap_or(semver::VersionReq::STAR);
        let fits = |p: &&LockedPackage| semver::Version::parse(&p.version).is_ok_and(|v| req.matches(&v));
        let mut candidates = candidates.collect::<Vec<_>>();
        if candidates.len() > 1 {
            candidates.retain(fits);
        }
        candidates.first().copied()
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &LockedPackage> {
        self.by_name.get(name).into_iter().flatten().filter_map(|&i| self.packages.get(i))
    }
}

impl LockedPackage {
    /// The unpacked sources and what cargo would call them; registries only.
    pub(crate) fn locate(&self, registries: &[PathBuf]) -> Option<(PathBuf, Source, String)> {
        let url = self.source.as_deref()?;
        let registry = url.strip_prefix("registry+").or_else(|| url.strip_prefix("sparse+"))?;
        let folder = format!("{}-{}", self.name, self.version);
        let manifest = registries.iter().map(|r| r.join(&folder).join("Cargo.toml")).find(|m| m.is_file())?;
        let id = format!("{url}#{}@{}", self.name, self.version);
        Some((manifest, Source::Registry(registry.to_owned()), id))
    }
}

/// `~/.cargo/registry/src/*`
pub(crate) fn registry_folders(cargo_home: Option<PathBuf>) -> Vec<PathBuf> {
    let src = cargo_home.map(|home| home.join("registry").join("src"));
    let entries = src.and_then(|src| std::fs::read_dir(src).ok()).into_iter().flatten().filter_map(Result::ok);
    let mut folders: Vec<_> = entries.map(|e| e.path()).collect();
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const LOCK: &str = r#"
version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["one", "two 1.0.0", "two 2.3.0"]
[[package]]
name = "one"
version = "0.5.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
[[package]]
name = "two"
version = "1.0.0"
[[package]]
name = "two"
version = "2.3.0"
"#;

    #[test]
    fn a_requirement_picks_among_versions() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("Cargo.lock");
        std::fs::write(&path, LOCK).unwrap();
        let lock = Lockfile::read(&path);
        let version = |name, req| lock.dependency(("app", "0.1.0"), name, req).map(|p| p.version.as_str());
        assert_eq!(version("one", "0.5"), Some("0.5.0"));
        assert_eq!(version("two", "2"), Some("2.3.0"));
        assert_eq!(version("two", "^1.0"), Some("1.0.0"));
        assert_eq!(version("three", "1"), None);
        std::fs::write(&path, "<<<<<<< merge").unwrap();
        assert!(Lockfile::read(&path).packages.is_empty());
    }

    #[test]
    fn lock_files_are_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = dir.path().join("Cargo.toml");
        std::fs::write(&manifest, "").unwrap();
        let lock = dir.path().join("Cargo.lock");
        let guard = LockfileGuard::new(&manifest);
        std::fs::write(&lock, "new").unwrap();
        drop(guard);
        assert!(!lock.exists());
        std::fs::write(&lock, "old").unwrap();
        let guard = LockfileGuard::new(&manifest);
        std::fs::write(&lock, "changed").unwrap();
        drop(guard);
        assert_eq!(std::fs::read_to_string(&lock).unwrap(), "old");
    }
}
