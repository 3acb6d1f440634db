//! The pipeline. `run` reads from top to bottom as what the tool does.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rayon::{ThreadPool, ThreadPoolBuilder};
use toecap_project::{
    Cache, Project, ProjectError, ReadError, Request, discover_with, prefetch_list, read_stdin, source_guess,
};
use toecap_sema::{CrateOrigin, Input, Sources as _};

use super::crates::CrateGraph;
use super::engine::{Analysed, Keep, Outcome, analyse, lints, syntax};
use super::replay::Recalled;
use super::settings::Settings;
use super::settle::Settle;
use super::trouble::{self, Raw};
use super::{Files, Levels, Phase, ReadFile, Report, SettingsError, SourceTable, Stats, replay, resume};

/// Types may be nested deeply; untouched stack costs nothing.
const STACK_BYTES: usize = 256 << 20;

/// What to do.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What to look at.
    pub request: Request,
    /// How loud lints are.
    pub levels: Levels,
    /// Number of threads; none: one for each processor.
    pub threads: Option<usize>,
    /// What to do with standard input, when it is asked for.
    pub stdin: Stdin,
    /// Where earlier runs left what they found out; none: nothing is read from there, nor written.
    pub cache_dir: Option<PathBuf>,
    /// The process ends after this run, and with it goes what the run has in memory: giving it back first takes a tenth of the time.
    pub is_last: bool,
    /// What nobody looks at takes little room, also where there is not much code.
    pub saves_memory: bool,
}

/// Standard input as a source file.
#[derive(Debug, Clone, Default)]
pub struct Stdin {
    /// The file that it stands in for.
    pub filename: Option<PathBuf>,
}

/// Why there is no report at all.
#[derive(Debug)]
pub enum SessionError {
    /// Nothing to analyse.
    Project(ProjectError),
    /// Settings that are not understood.
    Settings(SettingsError),
    /// No threads.
    Threads(String),
}

/// Runs the whole pipeline.
///
/// # Errors
/// When the request names something that is not there, or no thread can be started. Everything else is part of the report.
pub fn run(options: &Options) -> Result<Report, SessionError> {
    let mut clock = Clock::start();
    let sources = source_table(options);
    let ahead = if replay::is_likely(&options.request, &sources) { Ahead::Nothing } else { Ahead::Sources };
    let (pool, project) = discover_project(options, &sources, ahead)?;
    clock.lap("discover, parse ahead");

    let settings = Settings::of(&project, lints()).map_err(SessionError::Settings)?;
    let CrateGraph { input, targets } = pool.install(|| CrateGraph::new(&project, &sources));
    let input = Input { knowledge: settings.knowledge.clone(), cpu: settings.cpu, ..input };
    let roots: Vec<PathBuf> = workspace_roots(&input);
    let (mut outcome, how) = pool.install(|| look(input, &project, &sources, &mut clock, options.is_last));
    replay::read_again(&mut outcome, &sources);
    replay::expect(&options.request, &sources);
    clock.lap(how);

    let read = sources.read_files();
    let files = Files::new(read.clone());
    let found = std::mem::take(&mut outcome.findings).into_iter().map(|(_, finding)| finding).collect();
    let analysed = std::mem::take(&mut outcome.files);
    let mut stats = count(&read, &analysed, &outcome);
    let suppressions = analysed.into_iter().map(|file| (file.file, file.suppressions)).collect();
    let problems = std::mem::take(&mut outcome.problems);
    let settle = Settle {
        project: &project,
        levels: &|path| settings.levels(path, &options.levels),
        files: &files,
        outcome: &outcome,
        targets: &targets,
        suppressions: &suppressions,
    };
    let findings = settle.findings(found);
    let complaints = settle.complaints(lints());
    let missing: Vec<PathBuf> = roots.iter().filter(|root| !sources.exists(root)).cloned().collect();
    stats.unreadable += missing.len();
    let mut troubles = settings.troubles(&outcome.unresolved);
    troubles.extend(trouble::collect(Raw { problems, complaints, missing }, &read, &files, &sources, &project.root));
    clock.lap("settle");
    pool.install(|| sources.save());
    let traces = sources.traces(clock.begun);
    clock.lap("write the cache");

    let stats = Stats { crates: roots.len(), elapsed: clock.total(), ..stats };
    let notes = project.notes.clone();
    let mut given_up = outcome.out_of_budget;
    given_up.sort_unstable();
    Ok(Report { project, files, findings, troubles, notes, given_up, stats, phases: clock.phases, traces })
}

/// Finds out what there is to read, and reads it; tells `lap` of every step that is done.
pub(super) fn read_everything(
    options: &Options,
    sources: &SourceTable,
    lap: &mut dyn FnMut(&'static str),
) -> Result<(ThreadPool, Project), SessionError> {
    let (pool, project) = discover_project(options, sources, Ahead::Sources)?;
    lap("discover, parse ahead");
    pool.install(|| sources.prefetch(&prefetch_list(&project)));
    lap("parse the rest");
    Ok((pool, project))
}

/// What is parsed while cargo is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ahead {
    /// What will probably be needed.
    Sources,
    /// An earlier run probably knows it all.
    Nothing,
}

fn discover_project(
    options: &Options,
    sources: &SourceTable,
    ahead: Ahead,
) -> Result<(ThreadPool, Project), SessionError> {
    let pool = thread_pool(options.threads)?;
    let (request, stdin) = with_stdin(options, sources);
    let mut project = match ahead {
        Ahead::Sources => discover_and_read_ahead(&request, &pool, sources)?,
        Ahead::Nothing => discover_with(&request, &sources.remembering()).map_err(SessionError::Project)?,
    };
    project.loose.files.extend(stdin.filter(|_| project.loose.stdin));
    Ok((pool, project))
}

/// What is found in the crates of `input`, now or in an earlier run; and what was done for it.
fn look(
    input: Input,
    project: &Project,
    sources: &SourceTable,
    clock: &mut Clock,
    is_last: bool,
) -> (Outcome, &'static str) {
    let begun = clock.begun;
    let mut everything = |keep: Keep, input: Input| {
        sources.prefetch(&prefetch_list(project));
        sources.prefetch_std();
        clock.lap("parse the rest");
        analyse(input, sources, syntax(), keep, is_last, &mut |step| clock.lap(step))
    };
    if !sources.cache().is_on() {
        return (everything(Keep::Outcome, input).0, "gather");
    }
    let name = replay::name(&input);
    let resumed = match replay::recall(&name, sources, begun) {
        Recalled::All(outcome) => return (*outcome, "recall"),
        Recalled::But(before) => {
            let again = Input { crates: input.crates.clone(), knowledge: input.knowledge.clone(), cpu: input.cpu };
            resume::resume(&name, again, sources, *before)
        }
        Recalled::Nothing => None,
    };
    let how = if resumed.is_some() { "analyse what changed" } else { "gather, keep" };
    let (outcome, kept) = resumed.unwrap_or_else(|| {
        sources.want_nothing();
        everything(Keep::Bodies, input)
    });
    if let (Some(inputs), Some(kept)) = (replay::keep(&name, &outcome, sources, begun), kept) {
        resume::keep(&name, inputs, &kept, sources);
    }
    (outcome, how)
}

/// A table that knows what earlier runs have lowered.
pub(super) fn source_table(options: &Options) -> SourceTable {
    let cache = options.cache_dir.clone().map(|dir| Cache::at(dir, cache_fingerprint()));
    let sources = SourceTable::new(cache.unwrap_or_default());
    if options.saves_memory {
        sources.assume_large();
    }
    sources
}

/// What the cache can be read by: the sources that write it, summed up by the build script.
pub fn cache_fingerprint() -> u64 {
    env!("TOECAP_IR_FINGERPRINT").parse().unwrap_or_default()
}

pub(super) fn workspace_roots(input: &Input) -> Vec<PathBuf> {
    let ours = input.crates.iter().filter(|krate| krate.origin == CrateOrigin::Workspace);
    ours.map(|krate| krate.root.clone()).collect()
}

/// Parses what will probably be needed while cargo is asked what is.
fn discover_and_read_ahead(
    request: &Request,
    pool: &ThreadPool,
    sources: &SourceTable,
) -> Result<Project, SessionError> {
    let discovered = std::thread::scope(|scope| {
        let asking = scope.spawn(|| discover_with(request, &sources.remembering()));
        pool.install(|| {
            sources.prefetch(&source_guess(request));
            // An earlier run may have found out already what it is for.
            if !sources.cache().is_on() {
                sources.prefetch_std();
            }
        });
        asking.join()
    });
    match discovered {
        Ok(project) => project.map_err(SessionError::Project),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn thread_pool(threads: Option<usize>) -> Result<ThreadPool, SessionError> {
    let builder = ThreadPoolBuilder::new().stack_size(STACK_BYTES).num_threads(threads.unwrap_or(0));
    builder.build().map_err(|e| SessionError::Threads(e.to_string()))
}

/// The request with standard input in the place of the file that it stands in for, and what that file is.
fn with_stdin(options: &Options, sources: &SourceTable) -> (Request, Option<PathBuf>) {
    let mut request = options.request.clone();
    let Some(stdin) = request.paths.iter_mut().find(|path| path.as_os_str() == "-") else { return (request, None) };
    let name = options.stdin.filename.clone().unwrap_or_else(|| "<stdin>".into());
    let path = request.cwd.join(name);
    // What is on the disk belongs to a package, and is looked for there.
    if path.is_file() {
        stdin.clone_from(&path);
    }
    let text = read_stdin().map(Arc::from).map_err(|error| ReadError { path: path.clone(), ..error });
    sources.overlay(&path, text);
    (request, Some(path))
}

fn count(read: &[ReadFile], analysed: &[Analysed], outcome: &Outcome) -> Stats {
    let (followed, not_followed) = outcome.followed;
    let Outcome { macros_given_up, dependency_files, .. } = *outcome;
    Stats {
        macros_given_up,
        dependency_files,
        followed,
        not_followed,
        files: analysed.len(),
        lines: analysed.iter().map(|file| file.lines).sum(),
        bytes: analysed.iter().map(|file| file.bytes).sum(),
        unreadable: read.iter().filter(|file| file.is_analysed && file.text.is_err()).count(),
        ..Stats::default()
    }
}

/// Times the steps.
struct Clock {
    /// By the clock that files are dated by.
    begun: SystemTime,
    start: Instant,
    last: Instant,
    phases: Vec<Phase>,
}

impl Clock {
    fn start() -> Clock {
        let now = Instant::now();
        Clock { begun: SystemTime::now(), start: now, last: now, phases: Vec::new() }
    }
    fn lap(&mut self, name: &'static str) {
        let now = Instant::now();
        self.phases.push(Phase { name, elapsed: now - self.last });
        self.last = now;
    }
    fn total(&self) -> Duration {
        self.start.elapsed()
    }
}

impl SessionError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            SessionError::Project(error) => error.help(),
            SessionError::Settings(_) => Some("`--no-config` runs without settings".to_owned()),
            SessionError::Threads(_) => Some("ask for fewer with `--threads`".to_owned()),
        }
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SessionError::Project(error) => error.fmt(f),
            SessionError::Settings(error) => error.fmt(f),
            SessionError::Threads(reason) => write!(f, "couldn't start threads: {reason}"),
        }
    }
}

impl std::error::Error for SessionError {}
