//! The facts behind the findings, for whoever wants to ask.

use std::path::PathBuf;

use toecap_project::Project;
use toecap_sema::{Analysis, FnId, Input, Sources};

use super::crates::CrateGraph;
use super::engine::{lints, syntax};
use super::pipeline::{Options, SessionError, read_everything, source_table, workspace_roots};
use super::report::Files;
use super::settings::Settings;
use super::sources::SourceTable;
use super::trouble::{self, Place, Raw, Trouble};

/// What an inspection may look at.
pub struct Inspection<'a> {
    /// What was looked at.
    pub project: &'a Project,
    /// Names, types and effects.
    pub analysis: &'a Analysis<'a>,
    /// The files.
    pub sources: &'a SourceTable,
    /// Crate roots that are not there.
    missing: Vec<PathBuf>,
}

impl Inspection<'_> {
    /// What could not be read, understood or known, a line each: of that, nothing is said.
    pub fn shortcomings(&self) -> Vec<String> {
        let read = self.sources.read_files();
        let files = Files::new(read.clone());
        let raw = Raw { problems: self.analysis.problems(), missing: self.missing.clone(), ..Raw::default() };
        let troubles = trouble::collect(raw, &read, &files, self.sources, &self.project.root);
        let line_of = |trouble: &Trouble| match trouble.place {
            Place::At(at) => Some(files.line_starts(at.file).partition_point(|start| *start <= at.span.lo())),
            Place::Byte { line, .. } => Some(line),
            Place::File => None,
        };
        let told = troubles.iter().map(|trouble| {
            let path = trouble.path.strip_prefix(&self.project.root).unwrap_or(&trouble.path).display();
            match line_of(trouble) {
                Some(line) => format!("{path}:{line}: {}", trouble.message),
                None => format!("{path}: {}", trouble.message),
            }
        });
        told.chain(self.project.notes.iter().map(ToString::to_string)).collect()
    }
}

/// Runs the pipeline up to the analysis, and lets `look` ask it.
///
/// # Errors
/// As [`super::run`].
pub fn inspect<T: Send>(options: &Options, look: impl FnOnce(&Inspection<'_>) -> T + Send) -> Result<T, SessionError> {
    inspect_with(options, &[], look)
}

/// [`inspect`], with what is known of the functions of dependencies that have these paths, whoever calls them.
///
/// # Errors
/// As [`super::run`].
pub fn inspect_with<T: Send>(
    options: &Options,
    paths: &[String],
    look: impl FnOnce(&Inspection<'_>) -> T + Send,
) -> Result<T, SessionError> {
    let sources = source_table(options);
    let (pool, project) = read_everything(options, &sources, &mut |_| {})?;
    let settings = Settings::of(&project, lints()).map_err(SessionError::Settings)?;
    let found = pool.install(|| {
        let graph = CrateGraph::new(&project, &sources);
        let missing = workspace_roots(&graph.input).into_iter().filter(|root| !sources.exists(root)).collect();
        let input = Input { knowledge: settings.knowledge, cpu: settings.cpu, ..graph.input };
        let mut analysis = Analysis::new(input, &sources, syntax(), false, &mut |_| {});
        let named: Vec<FnId> = paths.iter().filter_map(|path| analysis.function_named(path)).collect();
        if !named.is_empty() {
            analysis.look_into(&named);
        }
        look(&Inspection { project: &project, analysis: &analysis, sources: &sources, missing })
    });
    pool.install(|| sources.save());
    Ok(found)
}
