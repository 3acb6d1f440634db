//! What an answer depends on, and whether that is still as it was.
//!
//! ```text
//! Cargo.lock            its content
//! crates/app/tests      which files and folders are in it: each may be a target
//! ~/.cargo/…/Cargo.toml its length and age: it never changes, but may be gone
//! ```

use std::ffi::OsString;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::metadata::Distilled;
use crate::system::{System, cargo_home, rustup_home};
use crate::workspace::{RawWorkspace, member_paths};

/// What was written less than this before a question may have been written after it was read.
pub(super) const CLOCK: Duration = Duration::from_secs(2);

/// What counts for everything below the folder that it is in.
pub(super) const ABOVE: [&str; 5] =
    ["Cargo.toml", ".cargo/config", ".cargo/config.toml", "rust-toolchain", "rust-toolchain.toml"];

/// One thing that an answer depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Input {
    path: PathBuf,
    what: What,
    /// None when it is not there.
    sum: Option<u64>,
}

/// What of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum What {
    /// The bytes of a file.
    Content,
    /// Whether it is a file.
    Exists,
    /// Length and time.
    Stat,
    /// The names in a folder.
    Names,
    /// The members of the workspace of a manifest.
    Members,
}

impl Input {
    fn new(path: PathBuf, what: What) -> Input {
        let sum = what.sum(&path);
        Input { path, what, sum }
    }

    /// A file that must not be there.
    pub(super) fn absent(path: PathBuf) -> Input {
        Input { path, what: What::Content, sum: None }
    }

    pub(super) fn is_absent(&self) -> bool {
        self.sum.is_none()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The same of another path.
    pub(super) fn at(&self, path: PathBuf) -> Input {
        Input { path, ..self.clone() }
    }

    /// Is it as it was?
    pub(super) fn holds(&self) -> bool {
        self.what.sum(&self.path) == self.sum
    }

    /// The files and folders that tell by their age whether it is.
    pub(super) fn each_path(&self, f: &mut dyn FnMut(&Path)) {
        f(&self.path);
        if self.what == What::Members {
            member_paths(&self.path, f);
        }
    }

    /// Was it last written so long before `asked` that the answer must have taken it into account?
    pub(super) fn is_older_than(&self, asked: SystemTime) -> bool {
        let written = std::fs::metadata(&self.path).and_then(|about| about.modified());
        written.map_or(true, |written| asked.duration_since(written).is_ok_and(|before| before > CLOCK))
    }
}

impl What {
    fn sum(self, path: &Path) -> Option<u64> {
        match self {
            What::Content => Some(xxh3_64(&std::fs::read(path).ok()?)),
            What::Exists => path.is_file().then_some(1),
            What::Stat => {
                let about = std::fs::metadata(path).ok()?;
                let time = about.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
                Some(about.len().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ time.as_nanos() as u64)
            }
            What::Names => {
                let entries = std::fs::read_dir(path).ok()?.filter_map(Result::ok);
                let kind = |e: &DirEntry| e.file_type().map_or("?", |t| if t.is_dir() { "/" } else { "" });
                let mut names: Vec<(OsString, &str)> = entries.map(|e| (e.file_name(), kind(&e))).collect();
                names.sort();
                Some(sum_of(names.iter().flat_map(|(name, kind)| [name.as_encoded_bytes(), kind.as_bytes()])))
            }
            What::Members => {
                let members = RawWorkspace::read(path).ok()?.members;
                let root = path.parent()?;
                let manifests = members.iter().map(|m| m.manifest_path.strip_prefix(root).unwrap_or(&m.manifest_path));
                Some(sum_of(manifests.map(|manifest| manifest.as_os_str().as_encoded_bytes())))
            }
        }
    }
}

fn sum_of<'a>(parts: impl Iterator<Item = &'a [u8]>) -> u64 {
    let mut sum = Xxh3::new();
    for part in parts {
        sum.update(&(part.len() as u64).to_le_bytes());
        sum.update(part);
    }
    sum.digest()
}

/// All that an answer depends on.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub(super) read: Vec<Input>,
    /// A lock file as it was before cargo changed it, and as it will be again.
    pub(super) put_back: Option<Input>,
    /// The folder that all packages are in whose sources may change.
    pub(super) base: Option<PathBuf>,
}

/// Lock files before cargo runs.
#[derive(Debug, Default)]
pub(super) struct Locks(Vec<(Input, bool)>);

impl Locks {
    /// In the folder of `manifest` and above: any may be the workspace's.
    pub(super) fn above(manifest: Option<&Path>, now: SystemTime) -> Locks {
        let folders = manifest.into_iter().flat_map(|manifest| manifest.ancestors().skip(1));
        let locks = folders.map(|dir| Input::new(dir.join("Cargo.lock"), What::Content));
        Locks(locks.map(|lock| (lock.clone(), lock.is_older_than(now))).collect())
    }
}

/// What `cargo metadata` reads to answer in `dir`. None when that cannot be told.
pub(super) fn of_metadata(system: &dyn System, dir: &Path, answer: &Distilled, locks: &Locks) -> Option<Inputs> {
    let root = &answer.workspace_root;
    let lock = Input::new(root.join("Cargo.lock"), What::Content);
    let (mut inputs, mut put_back) = (Vec::new(), None);
    match locks.0.iter().find(|(before, _)| before.path == lock.path) {
        Some((before, true)) => {
            if *before != lock || lock.sum.is_none() {
                inputs.extend(of_resolution(system, answer)?);
            }
            put_back = Some(before.clone());
        }
        // Its age tells whether cargo changed it.
        None if lock.sum.is_some() => inputs.push(lock),
        _ => return None,
    }
    inputs.push(Input::new(root.join("Cargo.toml"), What::Content));
    inputs.push(Input::new(root.join("Cargo.toml"), What::Members));
    for ancestor in dir.ancestors().chain(root.ancestors()) {
        let files = ["Cargo.toml", ".cargo/config", ".cargo/config.toml"];
        inputs.extend(files.map(|name| Input::new(ancestor.join(name), What::Content)));
    }
    if let Some(home) = cargo_home(system) {
        inputs.extend(["config", "config.toml"].map(|name| Input::new(home.join(name), What::Content)));
    }
    for manifest in &answer.path_manifests {
        package(manifest, &mut inputs);
    }
    inputs.extend(answer.other_manifests.iter().map(|manifest| Input::new(manifest.clone(), What::Stat)));
    inputs.sort_by(|a, b| (&a.path, a.what as u8).cmp(&(&b.path, b.what as u8)));
    inputs.dedup();
    let base = answer.path_manifests.iter().all(|manifest| manifest.starts_with(root)).then(|| root.clone());
    Some(Inputs { read: inputs, put_back, base })
}

/// What cargo chooses versions from when no lock file says which, without the network: what is downloaded, and what the index
/// says of it. None when some of it is in git.
fn of_resolution(system: &dyn System, answer: &Distilled) -> Option<Vec<Input>> {
    if answer.has_git {
        return None;
    }
    let registry = cargo_home(system)?.join("registry");
    let folders = |folder: &str| {
        let entries = std::fs::read_dir(registry.join(folder)).into_iter().flatten().filter_map(Result::ok);
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let mut inputs =
        vec![Input::new(registry.join("cache"), What::Names), Input::new(registry.join("index"), What::Names)];
    inputs.extend(folders("cache").into_iter().map(|folder| Input::new(folder, What::Names)));
    for index in folders("index") {
        let known = index.join(".cache");
        inputs.extend(answer.registry_names.iter().map(|name| Input::new(known.join(index_path(name)), What::Stat)));
    }
    Some(inputs)
}

/// Where an index has what it knows of a package.
fn index_path(name: &str) -> PathBuf {
    let name = name.to_lowercase();
    let part = |range: std::ops::Range<usize>| name.get(range).unwrap_or_default().to_owned();
    match name.len() {
        0..=2 => PathBuf::from(name.len().to_string()).join(&name),
        3 => PathBuf::from("3").join(part(0..1)).join(&name),
        _ => PathBuf::from(part(0..2)).join(part(2..4)).join(&name),
    }
}

/// The manifest, and where cargo looks for targets that it does not name.
fn package(manifest: &Path, inputs: &mut Vec<Input>) {
    inputs.push(Input::new(manifest.to_owned(), What::Content));
    let Some(dir) = manifest.parent() else { return };
    inputs.extend(["build.rs", "src/lib.rs", "src/main.rs"].map(|file| Input::new(dir.join(file), What::Exists)));
    for folder in ["src/bin", "tests", "examples", "benches"] {
        let folder = dir.join(folder);
        let below = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        let below = below.filter(|e| e.file_type().is_ok_and(|t| !t.is_file()));
        inputs.extend(below.map(|e| Input::new(e.path().join("main.rs"), What::Exists)));
        inputs.push(Input::new(folder, What::Names));
    }
}

/// What decides which cargo and rustc answer in `dir`.
pub(super) fn of_toolchain(system: &dyn System, dir: &Path, program: &Path) -> Vec<Input> {
    let mut inputs = Vec::new();
    for ancestor in dir.ancestors() {
        let files = ["rust-toolchain", "rust-toolchain.toml"];
        inputs.extend(files.map(|name| Input::new(ancestor.join(name), What::Content)));
    }
    let path = system.var("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|_| program.components().count() == 1);
    inputs.extend(folders.map(|folder| Input::new(folder.join(program), What::Stat)));
    inputs.push(Input::new(program.to_owned(), What::Stat));
    if let Some(home) = rustup_home(system) {
        inputs.push(Input::new(home.join("settings.toml"), What::Content));
        let toolchains = home.join("toolchains");
        let installed = std::fs::read_dir(&toolchains).into_iter().flatten().filter_map(Result::ok);
        for toolchain in installed {
            let programs = ["bin/cargo", "bin/rustc", "bin/cargo.exe", "bin/rustc.exe"];
            inputs.extend(programs.map(|program| Input::new(toolchain.path().join(program), What::Stat)));
        }
        inputs.push(Input::new(toolchains, What::Names));
    }
    inputs
}
