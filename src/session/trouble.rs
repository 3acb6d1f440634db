//! What could not be analysed, and comments that do not do what their author thinks.

use std::path::{Path, PathBuf};

use toecap_ir::{FileId, FileIr, ItemKind, Location, Problem};
use toecap_project::{ReadError, ReadErrorKind};

use super::suppress::Complaint;
use super::{Files, ReadFile, SourceTable};

/// Something about the run itself, with a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// How bad.
    pub severity: Severity,
    /// rustc's style.
    pub message: String,
    /// The file.
    pub path: PathBuf,
    /// Where in it.
    pub place: Place,
    /// What to do about it.
    pub help: Option<String>,
}

/// How bad a [`Trouble`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// rustc would stop here too.
    Error,
    /// It may be meant so.
    Warning,
    /// Good to know.
    Note,
}

/// A place in a file that may have no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A range of a file that was read.
    At(Location),
    /// A byte of a file that is no text.
    Byte {
        /// 0-based.
        offset: usize,
        /// 1-based.
        line: usize,
        /// 1-based, in characters.
        column: usize,
    },
    /// All of it.
    File,
}

impl Place {
    /// Of its first byte.
    pub fn offset(&self) -> usize {
        match self {
            Place::At(at) => at.span.lo() as usize,
            Place::Byte { offset, .. } => *offset,
            Place::File => 0,
        }
    }
}

/// What troubles are made of.
#[derive(Debug, Default)]
pub(super) struct Raw {
    /// What could not be understood.
    pub(super) problems: Vec<(FileId, Problem)>,
    /// Odd comments.
    pub(super) complaints: Vec<(FileId, Complaint)>,
    /// Crate roots that are not there.
    pub(super) missing: Vec<PathBuf>,
}

/// All troubles of a run.
pub(super) fn collect(raw: Raw, read: &[ReadFile], files: &Files, sources: &SourceTable, root: &Path) -> Vec<Trouble> {
    let Raw { problems, complaints, missing } = raw;
    let unread = read.iter().filter(|file| file.is_analysed);
    let mut troubles: Vec<Trouble> =
        unread.filter_map(|f| Some(unreadable(&f.path, f.text.as_ref().err()?, root))).collect();
    troubles.extend(missing.into_iter().map(|path| {
        let error = ReadError { path: path.clone(), kind: ReadErrorKind::NotFound };
        unreadable(&path, &error, root)
    }));
    troubles.extend(problems.into_iter().map(|(file, problem)| not_understood(file, problem, files, sources, root)));
    troubles.extend(complaints.into_iter().map(|(file, complaint)| Trouble {
        severity: Severity::Note,
        message: complaint.message,
        path: files.path(file).to_owned(),
        place: Place::At(Location { file, span: complaint.span }),
        help: None,
    }));
    troubles.sort_by(|a, b| (&a.path, a.offset(), &a.message).cmp(&(&b.path, b.offset(), &b.message)));
    troubles.dedup();
    troubles
}

impl Trouble {
    fn offset(&self) -> usize {
        match self.place {
            Place::At(at) => at.span.lo() as usize,
            Place::Byte { offset, .. } => offset,
            Place::File => 0,
        }
    }
}

fn unreadable(path: &Path, error: &ReadError, root: &Path) -> Trouble {
    let place = match error.kind {
        ReadErrorKind::NotUtf8 { offset, line, .. } => Place::Byte { offset, line, column: column(path, offset) },
        _ => Place::File,
    };
    let severity = match error.kind {
        // rustc reads these; we chose not to.
        ReadErrorKind::TooLarge(_) => Severity::Warning,
        _ => Severity::Error,
    };
    let (message, help) = (without_root(&error.to_string(), root), Some(error.help().to_owned()));
    Trouble { severity, message, path: path.to_owned(), place, help }
}

/// 1-based, in characters.
fn column(path: &Path, offset: usize) -> usize {
    let bytes = std::fs::read(path).unwrap_or_default();
    let before = &bytes[..offset.min(bytes.len())];
    let line = before.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line).chars().count() + 1
}

fn not_understood(file: FileId, problem: Problem, files: &Files, sources: &SourceTable, root: &Path) -> Trouble {
    let ir = sources.whole(file);
    // Whether a conditional module exists is for its condition, which may be unknown, to say.
    let is_conditional = ir.is_some_and(|ir| is_conditional_module(&ir, &problem));
    Trouble {
        severity: if is_conditional { Severity::Warning } else { Severity::Error },
        message: without_root(&problem.message, root),
        path: files.path(file).to_owned(),
        place: Place::At(Location { file, span: problem.span }),
        help: None,
    }
}

/// A message with paths relative to the root of the project.
fn without_root(message: &str, root: &Path) -> String {
    message.replace(&format!("`{}{}", root.display(), std::path::MAIN_SEPARATOR), "`")
}

fn is_conditional_module(ir: &FileIr, problem: &Problem) -> bool {
    ir.items.iter().any(|(_, item)| {
        let is_file = matches!(item.kind, ItemKind::Mod { items: None });
        is_file && item.attrs.cfg.is_some() && item.span.contains(problem.span)
    })
}
