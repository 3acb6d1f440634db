//! What a run ends with: everything that any format may want to print.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustc_hash::FxHashMap;
use toecap_finding::{Finding, Level};
use toecap_ir::FileId;
use toecap_project::{Note, Project, ReadError, TargetRef, Traces};

use super::{Severity, Trouble};

/// The end of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// What was looked at.
    pub project: Project,
    /// The files that findings and troubles point into.
    pub files: Files,
    /// In order of path and place.
    pub findings: Vec<Settled>,
    /// What could not be analysed, in order of path and place.
    pub troubles: Vec<Trouble>,
    /// What could not be known, and the way out.
    pub notes: Vec<Note>,
    /// Functions that were given up because they took too long, in order.
    pub given_up: Vec<Box<str>>,
    /// Counts.
    pub stats: Stats,
    /// How long each step took, in order.
    pub phases: Vec<Phase>,
    /// By what one can tell that another run would end the same way; none: by nothing.
    pub traces: Option<Traces>,
}

/// A finding that is going to be printed.
#[derive(Debug, Clone)]
pub struct Settled {
    /// What was found.
    pub finding: Finding,
    /// Never [`Level::Allow`].
    pub level: Level,
    /// The first target that the file is part of; none for loose files.
    pub target: Option<TargetRef>,
}

/// Counts of a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stats {
    /// Files of the workspace that were analysed.
    pub files: usize,
    /// Their lines.
    pub lines: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Files of dependencies that were looked into.
    pub dependency_files: usize,
    /// Targets of the workspace.
    pub crates: usize,
    /// Files of the workspace that could not be read.
    pub unreadable: usize,
    /// Macro calls between items that were not expanded because there was too much already.
    pub macros_given_up: usize,
    /// Functions of dependencies that calls were followed into.
    pub followed: usize,
    /// Those that were not looked at because there were too many in their crate.
    pub not_followed: usize,
    /// From start to end.
    pub elapsed: Duration,
}

/// One step of the run.
#[derive(Debug, Clone, Copy)]
pub struct Phase {
    /// What was done.
    pub name: &'static str,
    /// How long it took.
    pub elapsed: Duration,
}

/// A file as the end of the run sees it.
#[derive(Debug, Clone)]
pub struct ReadFile {
    /// Its number.
    pub id: FileId,
    /// Absolute.
    pub path: PathBuf,
    /// Its text, or why there is none. Empty where it is as it was in an earlier run or never changes, and nothing of it is shown.
    pub text: Result<Arc<str>, ReadError>,
    /// The analysis wanted all of it: it belongs to the workspace.
    pub is_analysed: bool,
}

/// Files by number.
#[derive(Debug, Default)]
pub struct Files {
    by_id: FxHashMap<FileId, Indexed>,
}

#[derive(Debug)]
struct Indexed {
    file: ReadFile,
    line_starts: OnceLock<Vec<u32>>,
}

impl Files {
    /// A table of `files`.
    pub fn new(files: Vec<ReadFile>) -> Files {
        let indexed = files.into_iter().map(|file| (file.id, Indexed { file, line_starts: OnceLock::new() }));
        Files { by_id: indexed.collect() }
    }
    /// Where a file is.
    pub fn path(&self, id: FileId) -> &Path {
        self.by_id.get(&id).map_or(Path::new("<unknown>"), |indexed| &indexed.file.path)
    }
    /// Its text; empty when it could not be read.
    pub fn text(&self, id: FileId) -> &str {
        self.by_id.get(&id).and_then(|indexed| indexed.file.text.as_deref().ok()).unwrap_or_default()
    }
    /// Is it a file of the workspace, and not of a dependency?
    pub fn is_analysed(&self, id: FileId) -> bool {
        self.by_id.get(&id).is_some_and(|indexed| indexed.file.is_analysed)
    }
    /// Where its lines begin; never empty.
    pub fn line_starts(&self, id: FileId) -> &[u32] {
        let Some(indexed) = self.by_id.get(&id) else { return &[0] };
        indexed.line_starts.get_or_init(|| {
            let ends = self.text(id).bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect()
        })
    }
}

impl Report {
    /// Causes and troubles that fail a run.
    pub fn errors(&self) -> usize {
        let findings = self.causes().iter().filter(|cause| cause.first.level >= Level::Deny).count();
        findings + self.troubles.iter().filter(|t| t.severity == Severity::Error).count()
    }
    /// Causes and troubles that do not.
    pub fn warnings(&self) -> usize {
        let findings = self.causes().iter().filter(|cause| cause.first.level == Level::Warn).count();
        findings + self.troubles.iter().filter(|t| t.severity == Severity::Warning).count()
    }
    /// Nothing at all could be read, though there was something to read.
    pub fn read_nothing(&self) -> bool {
        self.stats.files == 0 && self.stats.unreadable > 0
    }
    /// `path` relative to the root of its workspace, as cargo writes it; else as it is.
    pub fn workspace_path(&self, path: &Path) -> PathBuf {
        let roots = self.project.workspaces.iter().map(|w| w.root.as_path()).chain([self.project.root.as_path()]);
        let relative = roots.filter_map(|root| path.strip_prefix(root).ok()).min_by_key(|p| p.components().count());
        relative.unwrap_or(path).to_owned()
    }
}
