//! A cargo workspace around single files: one package each, so that nothing that is true of one is taken for true of
//! another. All have the dependencies of `fixtures/crates` and its lock file, so nothing is resolved anew.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use super::fixtures;

/// A crate root.
#[derive(Debug, Clone)]
pub struct Source {
    /// Absolute.
    pub path: PathBuf,
    /// The package's and crate's name.
    pub name: String,
    /// What is in it.
    pub text: String,
}

impl Source {
    /// A file, named after its folder and itself: `case_wrapped` for `case` and `…/wrapped.rs`.
    pub fn read(prefix: &str, path: &Path) -> Source {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let stem = path.file_stem().and_then(|s| s.to_str()).expect("a name");
        Source { path: path.to_owned(), name: format!("{prefix}_{stem}"), text }
    }

    /// `// edition: 2024` in the first line; else 2021.
    fn edition(&self) -> &str {
        let first = self.text.lines().next().unwrap_or_default();
        first.strip_prefix("// edition:").map_or("2021", str::trim)
    }

    fn is_binary(&self) -> bool {
        self.text.lines().any(|line| line.starts_with("fn main(") || line.starts_with("async fn main("))
    }

    fn manifest(&self, dependencies: &str) -> String {
        let (name, edition, path) = (&self.name, self.edition(), self.path.to_str().expect("a path in UTF-8"));
        let target = if self.is_binary() { format!("[[bin]]\nname = {name:?}") } else { "[lib]".to_owned() };
        format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = {edition:?}\n\
             autobins = false\nautotests = false\nautoexamples = false\nautobenches = false\n\n\
             {target}\npath = {path:?}\n\n[dependencies]\n{dependencies}"
        )
    }
}

/// The workspace; gone from the disk when it is dropped.
pub struct Packages {
    dir: TempDir,
}

impl Packages {
    /// A workspace with one package for each of `sources`.
    pub fn new(sources: &[Source]) -> Packages {
        fetch();
        let packages = Packages { dir: tempfile::tempdir().expect("a temporary folder") };
        let (crates, lock) = (read("crates/Cargo.toml"), read("crates/Cargo.lock"));
        let dependencies = section(&crates, "[dependencies]\n", "\n[");
        for source in sources {
            packages.write(&format!("{}/Cargo.toml", source.name), &source.manifest(dependencies));
        }
        let names: Vec<&str> = sources.iter().map(|s| s.name.as_str()).collect();
        packages.write("Cargo.toml", &format!("[workspace]\nresolver = \"2\"\nmembers = {names:?}\n"));
        packages.write("Cargo.lock", &lock_of(&lock, &names));
        packages
    }

    /// Its `Cargo.toml`.
    pub fn manifest(&self) -> PathBuf {
        self.dir.path().canonicalize().expect("it exists").join("Cargo.toml")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        let dir = path.parent().expect("a file is in a folder");
        std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&path, text)).expect("a folder to write to");
    }
}

/// The lock file of `fixtures/crates` with other members in the place of its own.
fn lock_of(lock: &str, members: &[&str]) -> String {
    const OWN: &str = "[[package]]\nname = \"fixture-crates\"\n";
    let own = section(lock, OWN, "\n\n");
    let members = members.iter().map(|name| format!("[[package]]\nname = {name:?}\n{own}\n\n"));
    lock.replace(&format!("{OWN}{own}\n\n"), &members.collect::<String>())
}

fn section<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no `{start}` in\n{text}"));
    rest.split_once(end).map_or(rest, |(section, _)| section)
}

fn read(path: &str) -> String {
    let path = fixtures().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Makes sure that the sources of the fixtures' dependencies are on this machine; downloads what is missing.
pub fn fetch() {
    static FETCHED: OnceLock<Result<(), String>> = OnceLock::new();
    let fetched = FETCHED.get_or_init(|| {
        let manifest = fixtures().join("crates/Cargo.toml");
        cargo_fetch(&manifest, &["--offline"]).or_else(|_| cargo_fetch(&manifest, &[]))
    });
    if let Err(why) = fetched {
        panic!(
            "the fixtures use real crates, whose sources are not here and could not be downloaded:\n{why}\n\
             where there is a network, run: cargo fetch --locked --manifest-path fixtures/crates/Cargo.toml"
        );
    }
}

fn cargo_fetch(manifest: &Path, more: &[&str]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["fetch", "--locked", "--quiet", "--manifest-path"]).arg(manifest).args(more);
    let output = command.output().map_err(|e| format!("cargo could not be run: {e}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
