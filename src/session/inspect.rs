//! The facts behind the findings, for whoever wants to ask.

use toecap_project::Project;
use toecap_sema::{Analysis, FnId, Input};

use super::crates::CrateGraph;
use super::engine::{lints, syntax};
use super::pipeline::{Options, SessionError, read_everything, source_table};
use super::settings::Settings;
use super::sources::SourceTable;

/// What an inspection may look at.
pub struct Inspection<'a> {
    /// What was looked at.
    pub project: &'a Project,
    /// Names, types and effects.
    pub analysis: &'a Analysis<'a>,
    /// The files.
    pub sources: &'a SourceTable,
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
        let input = Input { knowledge: settings.knowledge, cpu: settings.cpu, ..graph.input };
        let mut analysis = Analysis::new(input, &sources, syntax(), false, &mut |_| {});
        let named: Vec<FnId> = paths.iter().filter_map(|path| analysis.function_named(path)).collect();
        if !named.is_empty() {
            analysis.look_into(&named);
        }
        look(&Inspection { project: &project, analysis: &analysis, sources: &sources })
    });
    pool.install(|| sources.save());
    Ok(found)
}
