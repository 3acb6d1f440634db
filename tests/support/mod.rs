//! Small packages on disk, and the program run on them.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A manifest without dependencies.
pub const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

/// One future that is never polled: a finding at level `deny`.
pub const UNPOLLED: &str = "async fn ping() {}\npub async fn run() {\n    ping();\n}\n";

/// A folder that is gone afterwards.
pub struct Dir {
    dir: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Dir {
    pub fn new(files: &[(&str, &str)]) -> Dir {
        let dir = Dir { dir: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            dir.write(path, text);
        }
        dir
    }

    /// A package with this library.
    pub fn lib(text: &str) -> Dir {
        Dir::new(&[("Cargo.toml", MANIFEST), ("src/lib.rs", text)])
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(path)
    }

    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// The program in this folder; arguments are apart by white space.
    pub fn run(&self, args: &str) -> Run {
        finish(program(self.dir.path()).args(args.split_whitespace()))
    }

    /// The same with text on standard input.
    pub fn run_with_input(&self, args: &str, input: &str) -> Run {
        let file = self.path("input.tmp");
        std::fs::write(&file, input).unwrap();
        let mut command = program(self.dir.path());
        finish(command.args(args.split_whitespace()).stdin(std::fs::File::open(file).unwrap()))
    }

    /// The same with one more environment variable.
    pub fn run_with_env(&self, args: &str, env: (&str, &str)) -> Run {
        finish(program(self.dir.path()).args(args.split_whitespace()).env(env.0, env.1))
    }
}

/// `toecap` in a folder, undisturbed by the environment of the tests.
pub fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_toecap"));
    command.current_dir(dir).stdin(Stdio::null()).env("CARGO_NET_OFFLINE", "true");
    // All tests share one, and so meet in it: it must not make a difference.
    command.env("TOECAP_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CARGO_TERM_COLOR", "RUSTFLAGS"] {
        command.env_remove(name);
    }
    command
}

pub fn finish(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    /// Asserts the exit code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Run {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }
    /// Asserts that standard output has `text`.
    #[track_caller]
    pub fn says(self, text: &str) -> Run {
        assert!(self.stdout.contains(text), "no `{text}` in\n{}\n{}", self.stdout, self.stderr);
        self
    }
    /// Asserts that standard error has `text`.
    #[track_caller]
    pub fn complains(self, text: &str) -> Run {
        assert!(self.stderr.contains(text), "no `{text}` in\n{}", self.stderr);
        self
    }
    /// Asserts that nothing was found.
    #[track_caller]
    pub fn finds_nothing(self) -> Run {
        assert_eq!((self.code, self.stdout.as_str()), (0, ""), "{}", self.stderr);
        self
    }
}
