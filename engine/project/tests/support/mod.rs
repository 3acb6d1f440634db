//! Small trees on disk and machines that lack something.
#![expect(dead_code, reason = "each test file uses a part")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::TempDir;
use toecap_project::{Call, CallOutput, Package, Project, RealSystem, Request, System, TargetKind, discover_with};

/// A folder with these files.
pub struct Tree {
    dir: TempDir,
}

impl Tree {
    pub fn new(files: &[(&str, &str)]) -> Tree {
        let tree = Tree { dir: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    pub fn path(&self, path: &str) -> PathBuf {
        // macOS has its temporary folder behind a link.
        self.dir.path().canonicalize().unwrap().join(path)
    }
    pub fn request(&self, dir: &str) -> Request {
        Request { offline: true, ..Request::new(self.path(dir)) }
    }
    pub fn with_cargo(&self, dir: &str) -> Project {
        discover_with(&self.request(dir), &RealSystem).unwrap()
    }
    pub fn without_cargo(&self, dir: &str) -> Project {
        discover_with(&self.request(dir), &Bare).unwrap()
    }
    pub fn relative(&self, path: &Path) -> String {
        path.strip_prefix(self.path("")).unwrap().to_string_lossy().replace('\\', "/")
    }
    /// `kind name root`, sorted.
    pub fn targets(&self, project: &Project) -> Vec<String> {
        let targets = project.selected.iter().filter_map(|&at| project.target(at));
        let mut lines: Vec<_> =
            targets.map(|(_, t)| format!("{} {} {}", t.kind.as_str(), t.name, self.relative(&t.src_path))).collect();
        lines.sort();
        lines
    }
}

pub fn package<'a>(project: &'a Project, name: &str) -> &'a Package {
    project.packages.iter().find(|p| p.name == name).unwrap()
}

/// `extern name = package [ndb]`
pub fn edges(project: &Project, name: &str) -> Vec<String> {
    let edges = package(project, name).dependencies.iter().map(|d| {
        let flags = [(d.normal, 'n'), (d.dev, 'd'), (d.build, 'b')];
        let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, c)| *c).collect();
        format!("{} = {} [{flags}]", d.name, project.packages[d.package].name)
    });
    edges.collect()
}

pub fn member_names(project: &Project) -> Vec<&str> {
    let mut names: Vec<_> = project.members().map(|m| project.packages[m].name.as_str()).collect();
    names.sort_unstable();
    names
}

pub fn kinds(project: &Project) -> Vec<TargetKind> {
    project.selected.iter().filter_map(|&at| Some(project.target(at)?.1.kind)).collect()
}

/// No cargo, no rustc, no home.
pub struct Bare;

impl System for Bare {
    fn run(&self, call: &Call) -> io::Result<CallOutput> {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("no program `{}`", call.program.display())))
    }
    fn var(&self, _: &str) -> Option<OsString> {
        None
    }
}

/// Answers every call with a function and keeps a record.
pub struct Scripted<F> {
    answer: F,
    pub calls: Mutex<Vec<Call>>,
}

impl<F: Fn(&Call) -> io::Result<CallOutput> + Sync> Scripted<F> {
    pub fn new(answer: F) -> Scripted<F> {
        Scripted { answer, calls: Mutex::default() }
    }
    /// Arguments of the calls of cargo, joined, and the stand-in toolchain.
    pub fn cargo_calls(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        let calls = calls.iter().filter(|c| c.program.ends_with("cargo"));
        calls
            .map(|c| {
                let toolchain = c.env.iter().find(|(k, _)| *k == "RUSTUP_TOOLCHAIN").map(|(_, v)| v.to_string_lossy());
                let args: Vec<_> = c.args.iter().map(|a| a.to_string_lossy()).filter(|a| a.starts_with("--")).collect();
                format!("{}{}", toolchain.map(|t| format!("+{t} ")).unwrap_or_default(), args.join(" "))
            })
            .collect()
    }
}

impl<F: Fn(&Call) -> io::Result<CallOutput> + Sync> System for Scripted<F> {
    fn run(&self, call: &Call) -> io::Result<CallOutput> {
        self.calls.lock().unwrap().push(call.clone());
        (self.answer)(call)
    }
    fn var(&self, _: &str) -> Option<OsString> {
        None
    }
}

pub fn failure(stderr: &str) -> io::Result<CallOutput> {
    Ok(CallOutput { success: false, stdout: Vec::new(), stderr: stderr.to_owned() })
}
