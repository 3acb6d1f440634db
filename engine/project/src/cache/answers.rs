//! What cargo and rustc answered, for as long as all that they looked at is as it was.
//!
//! ```text
//! cargo metadata --offline …     the same question, environment, toolchain, lock file, manifests: the same answer
//! ```
//! Only answers that cannot depend on anything else are kept: nothing that the network had a part in, no failures but those of
//! a toolchain that is not there. Where cargo makes or changes the lock file (which is put back), the answer depends on what is
//! downloaded as well.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::frame::{content, sealed};
use super::inputs::{Input, Inputs, Locks, of_metadata, of_toolchain};
use super::moved::Origin;
use super::seen::Seen;
use super::store::{is_old, replace, touch};
use crate::cargo::blames_toolchain;
use crate::metadata::distilled;
use crate::system::{Call, CallOutput, System};

/// A machine whose cargo and rustc need not be asked twice.
pub struct Remembering<'a> {
    system: &'a dyn System,
    seen: Arc<Seen>,
    /// Folder of the cache, and the fingerprint of its version.
    place: Option<(PathBuf, u64)>,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    inputs: Vec<Input>,
    success: bool,
    stdout: Vec<u8>,
    stderr: String,
    /// None when it is good for one folder only.
    origin: Option<Origin>,
}

impl Answer {
    fn holds(&self) -> bool {
        self.inputs.iter().all(Input::holds)
    }

    /// The answer for another folder.
    fn moved(self, dir: &Path) -> Option<Answer> {
        let origin = self.origin.as_ref()?;
        let there = origin.to(dir)?;
        let inputs = there.inputs(&self.inputs)?;
        let stdout = there.text(std::str::from_utf8(&self.stdout).ok()?).into_bytes();
        Some(Answer { inputs, success: self.success, stdout, stderr: there.text(&self.stderr), origin: None })
    }
}

/// Questions whose answers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Metadata,
    Rustc,
}

impl<'a> Remembering<'a> {
    pub(super) fn new(system: &'a dyn System, seen: Arc<Seen>, place: Option<(PathBuf, u64)>) -> Remembering<'a> {
        Remembering { system, seen, place }
    }

    fn ask(&self, call: &Call, question: Question, place: &Place<'_>, here: u128) -> io::Result<CallOutput> {
        let asked = SystemTime::now();
        let toolchain = of_toolchain(self.system, &call.dir, &call.program);
        let locks = Locks::above(manifest(call).as_deref(), asked);
        let mut output = self.system.run(call).inspect_err(|_| self.lost_track())?;
        if let Some((inputs, stdout)) = self.answer(call, question, &locks, &output)
            && toolchain.iter().chain(&inputs.read).all(|input| input.is_older_than(asked) && input.holds())
        {
            let origin = inputs.base.as_deref().and_then(|base| Origin::new(&call.dir, base));
            let is_movable = origin.is_some();
            let inputs: Vec<Input> = toolchain.into_iter().chain(inputs.read).chain(inputs.put_back).collect();
            self.saw_all(&inputs);
            let (success, stderr) = (output.success, output.stderr.clone());
            let answer = Answer { inputs, success, stdout, stderr, origin };
            place.write(here, &answer);
            if is_movable {
                place.write(self.key(call, false), &here);
            }
            // What later runs are told, and less to read.
            output.stdout = answer.stdout;
        } else {
            self.lost_track();
        }
        Ok(output)
    }

    fn saw_all(&self, inputs: &[Input]) {
        inputs.iter().for_each(|input| input.each_path(&mut |path| self.saw(path)));
    }

    /// What the answer depends on beside the toolchain, and what is worth keeping of it.
    fn answer(&self, call: &Call, question: Question, locks: &Locks, output: &CallOutput) -> Option<(Inputs, Vec<u8>)> {
        if !output.success {
            return blames_toolchain(&output.stderr).then(|| (Inputs::default(), output.stdout.clone()));
        }
        match question {
            Question::Rustc => {
                let base = Some(call.dir.clone());
                Some((Inputs { base, ..Inputs::default() }, output.stdout.clone()))
            }
            Question::Metadata => {
                let distilled = distilled(&output.stdout)?;
                Some((of_metadata(self.system, &call.dir, &distilled, locks)?, distilled.json))
            }
        }
    }

    /// What is asked, by whom, in which environment; and in which folder, if it is `bound` to that. If it is not, by what the
    /// manifest and the lock file beside it say.
    fn key(&self, call: &Call, bound: bool) -> u128 {
        let mut sum = Xxh3::new();
        let mut part = |text: &[u8]| {
            sum.update(&(text.len() as u64).to_le_bytes());
            sum.update(text);
        };
        part(call.program.as_os_str().as_encoded_bytes());
        if bound {
            part(call.dir.as_os_str().as_encoded_bytes());
        } else if let Some(manifest) = manifest(call) {
            part(&std::fs::read(&manifest).unwrap_or_default());
            part(&std::fs::read(manifest.with_file_name("Cargo.lock")).unwrap_or_default());
        }
        for arg in &call.args {
            let inside = Path::new(arg).strip_prefix(&call.dir).ok().filter(|_| !bound);
            part(inside.map_or(arg.as_encoded_bytes(), |inside| inside.as_os_str().as_encoded_bytes()));
        }
        for (name, value) in &call.env {
            part(name.as_bytes());
            part(value.as_encoded_bytes());
        }
        for (name, value) in &environment(self.system) {
            part(name.as_encoded_bytes());
            part(value.as_encoded_bytes());
        }
        sum.digest128()
    }

    /// What is known for this folder, or was answered for another that is the same.
    fn known(&self, call: &Call, place: &Place<'_>, here: u128) -> Option<Answer> {
        if let Some(answer) = place.read::<Answer>(here).filter(Answer::holds) {
            return Some(answer);
        }
        let there: u128 = place.read(self.key(call, false))?;
        let answer = place.read::<Answer>(there)?.moved(&call.dir).filter(Answer::holds)?;
        place.write(here, &answer);
        Some(answer)
    }
}

/// The part of the cache that answers are in.
struct Place<'p> {
    folder: &'p Path,
    /// Of the version that writes there.
    fingerprint: u64,
}

impl Place<'_> {
    fn path(&self, key: u128) -> PathBuf {
        self.folder.join(format!("{key:032x}.answer"))
    }

    fn read<T: DeserializeOwned>(&self, key: u128) -> Option<T> {
        let path = self.path(key);
        let bytes = std::fs::read(&path).ok()?;
        let found = postcard::from_bytes(content(self.fingerprint, &bytes)?).ok()?;
        if is_old(&path) {
            touch(&path);
        }
        Some(found)
    }

    /// What cannot be written is asked again.
    fn write<T: Serialize>(&self, key: u128, what: &T) {
        if let Ok(bytes) = postcard::to_allocvec(what) {
            let _ = replace(&self.path(key), &sealed(self.fingerprint, &bytes));
        }
    }
}

impl System for Remembering<'_> {
    fn run(&self, call: &Call) -> io::Result<CallOutput> {
        let (Some((folder, fingerprint)), Some(question)) = (&self.place, question(call)) else {
            self.lost_track();
            return self.system.run(call);
        };
        let place = Place { folder, fingerprint: *fingerprint };
        let here = self.key(call, true);
        match self.known(call, &place, here) {
            Some(answer) => {
                self.saw_all(&answer.inputs);
                Ok(CallOutput { success: answer.success, stdout: answer.stdout, stderr: answer.stderr })
            }
            None => self.ask(call, question, &place, here),
        }
    }

    fn var(&self, name: &str) -> Option<OsString> {
        self.system.var(name)
    }

    fn vars(&self) -> Vec<(OsString, OsString)> {
        self.system.vars()
    }

    fn saw(&self, path: &Path) {
        self.seen.saw(path);
    }

    fn lost_track(&self) {
        self.seen.lost_track();
    }
}

fn question(call: &Call) -> Option<Question> {
    let has = |arg: &str| call.args.iter().any(|a| a == arg);
    match call.args.first()?.to_str()? {
        "metadata" if has("--offline") && !has("--no-deps") => Some(Question::Metadata),
        "--print" | "-vV" => Some(Question::Rustc),
        _ => None,
    }
}

/// `--manifest-path PATH`
fn manifest(call: &Call) -> Option<PathBuf> {
    let at = call.args.iter().position(|arg| arg == "--manifest-path")?;
    Some(call.dir.join(call.args.get(at + 1)?))
}

/// Variables that may change what cargo, rustc and rustup answer, sorted.
pub fn environment(system: &dyn System) -> Vec<(OsString, OsString)> {
    let mut vars = system.vars();
    vars.retain(|(name, _)| matters(&name.to_string_lossy()));
    vars.sort();
    vars
}

/// Variables that cargo, rustc and rustup look at.
fn matters(name: &str) -> bool {
    name.starts_with("CARGO") || name.starts_with("RUST") || matches!(name, "PATH" | "HOME" | "USERPROFILE")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::lock::LockfileGuard;

    /// A machine whose cargo writes a lock file, and counts.
    struct Machine {
        home: PathBuf,
        root: PathBuf,
        asked: AtomicUsize,
        toolchain: bool,
    }

    impl System for Machine {
        fn run(&self, call: &Call) -> io::Result<CallOutput> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            if !self.toolchain {
                let stderr = "error: toolchain '1.2' is not installed".to_owned();
                return Ok(CallOutput { success: false, stderr, ..CallOutput::default() });
            }
            if std::fs::read(call.dir.join("Cargo.lock")).ok().is_none_or(|lock| lock != LOCK) {
                std::fs::write(call.dir.join("Cargo.lock"), LOCK)?;
            }
            let json = serde_json::json!({
                "packages": [], "workspace_members": [], "resolve": { "nodes": [] },
                "target_directory": call.dir.join("target"), "workspace_root": call.dir,
            });
            Ok(CallOutput { success: true, stdout: json.to_string().into_bytes(), stderr: String::new() })
        }
        fn var(&self, name: &str) -> Option<OsString> {
            (name == "HOME").then(|| self.home.clone().into())
        }
    }

    const LOCK: &[u8] = b"version = 4\n";

    fn age(path: &Path) {
        let then = SystemTime::now() - Duration::from_secs(600);
        std::fs::File::open(path).unwrap().set_modified(then).unwrap();
    }

    /// How often cargo is asked by `times` questions, each after `before`.
    fn asked(lock: Option<&str>, toolchain: bool, times: usize, before: impl Fn(&Path, &Path)) -> usize {
        let dir = tempfile::tempdir().unwrap();
        let (home, root) = (dir.path().join("home"), dir.path().join("app"));
        let crates = home.join(".cargo/registry/cache/index");
        std::fs::create_dir_all(&crates).unwrap();
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(root.join("Cargo.toml"), "[package]\nname = \"app\"\n").unwrap();
        age(&root.join("Cargo.toml"));
        if let Some(lock) = lock {
            std::fs::write(root.join("Cargo.lock"), lock).unwrap();
            age(&root.join("Cargo.lock"));
        }
        let machine = Machine { home, root: root.clone(), asked: AtomicUsize::new(0), toolchain };
        let manifest = root.join("Cargo.toml");
        for _ in 0..times {
            before(&root, &crates);
            age(&crates);
            age(crates.parent().unwrap());
            let _guard = LockfileGuard::new(&manifest);
            let args = ["metadata", "--offline", "--manifest-path", manifest.to_str().unwrap()].map(OsString::from);
            let call = Call { program: "cargo".into(), args: args.into(), dir: root.clone(), env: Vec::new() };
            let remembering = Remembering::new(&machine, Arc::default(), Some((dir.path().join("cache"), 1)));
            assert_eq!(remembering.run(&call).unwrap().success, toolchain);
        }
        machine.asked.load(Ordering::Relaxed)
    }

    #[test]
    fn cargo_is_asked_once_whatever_it_does_to_the_lock_file() {
        for lock in [Some("version = 4\n"), Some("# of an older cargo\nversion = 3\n"), None] {
            assert_eq!(asked(lock, true, 3, |_, _| {}), 1, "{lock:?}");
        }
    }

    #[test]
    fn what_is_downloaded_counts_where_there_is_no_lock_file() {
        let number = AtomicUsize::new(0);
        let download = |_: &Path, crates: &Path| {
            let number = number.fetch_add(1, Ordering::Relaxed);
            std::fs::write(crates.join(format!("new-{number}.crate")), "").unwrap();
        };
        assert_eq!(asked(Some("version = 4\n"), true, 3, download), 1);
        assert_eq!(asked(None, true, 3, download), 3);
        assert_eq!(asked(Some("version = 3\n"), true, 3, download), 3);
    }

    #[test]
    fn a_copy_of_a_workspace_gets_the_same_answer_in_its_own_words() {
        // How often cargo is asked for a workspace and a copy of it, and what it says of the copy; `change` comes between.
        let of_copy = |change: &dyn Fn(&Path)| {
            let dir = tempfile::tempdir().unwrap();
            let (home, place) = (dir.path().join("home"), dir.path().join("cache"));
            let machine = Machine { home, root: dir.path().join("app"), asked: AtomicUsize::new(0), toolchain: true };
            let mut said = String::new();
            for root in [machine.root.clone(), dir.path().join("copies/7")] {
                std::fs::create_dir_all(&root).unwrap();
                for (name, text) in [("Cargo.toml", "[package]\nname = \"app\"\n"), ("Cargo.lock", "version = 4\n")] {
                    std::fs::write(root.join(name), text).unwrap();
                    age(&root.join(name));
                }
                let manifest = root.join("Cargo.toml");
                let args = ["metadata", "--offline", "--manifest-path", manifest.to_str().unwrap()].map(OsString::from);
                if root != machine.root {
                    change(&root);
                }
                let call = Call { program: "cargo".into(), args: args.into(), dir: root, env: Vec::new() };
                let remembering = Remembering::new(&machine, Arc::default(), Some((place.clone(), 1)));
                said = String::from_utf8(remembering.run(&call).unwrap().stdout).unwrap();
                said = said.replace(dir.path().to_str().unwrap(), "");
            }
            (machine.asked.load(Ordering::Relaxed), said)
        };
        let (asked, said) = of_copy(&|_| {});
        assert_eq!(asked, 1);
        assert!(said.contains("\"/copies/7\"") && !said.contains("/app"), "{said}");
        let changes: [&dyn Fn(&Path); 4] = [
            &|root| std::fs::write(root.join("Cargo.toml"), "[package]\nname = \"other\"\n").unwrap(),
            &|root| std::fs::write(root.join("Cargo.lock"), "version = 3\n").unwrap(),
            &|root| std::fs::write(root.with_file_name("rust-toolchain"), "1.2\n").unwrap(),
            &|root| std::fs::write(root.with_file_name("Cargo.toml"), "[workspace]\n").unwrap(),
        ];
        for change in changes {
            assert_eq!(of_copy(change).0, 2);
        }
    }

    #[test]
    fn a_toolchain_that_is_not_there_is_asked_for_once() {
        assert_eq!(asked(None, false, 3, |_, _| {}), 1);
    }
}
