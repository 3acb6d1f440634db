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
use super::engine::{Outcome, analyse, lints, syntax};
use super::settings::Settings;
use super::settle::{Settle, suppressions};
use super::trouble::{self, Raw};
use super::{Files, Levels, Phase, ReadFile, Report, SettingsError, SourceTable, Stats, replay};

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
    let sources = SourceTable::new(cache(options));
    let (pool, project) = read_everything(options, &sources, &mut |step| clock.lap(step))?;

    let settings = Settings::of(&project, lints()).map_err(SessionError::Settings)?;
    let CrateGraph { input, targets } = pool.install(|| CrateGraph::new(&project, &sources));
    let input = Input { knowledge: settings.knowledge.clone(), cpu: settings.cpu, ..input };
    let roots: Vec<PathBuf> = workspace_roots(&input);
    let mut outcome = pool.install(|| analyse_or_replay(input, &sources, &clock));
    clock.lap("analyse");

    let read = sources.read_files();
    let files = Files::new(read.clone());
    let suppressions = pool.install(|| suppressions(&read, &sources, lints()));
    let found = std::mem::take(&mut outcome.findings);
    let problems = std::mem::take(&mut outcome.problems);
    let settle = Settle {
        project: &project,
        levels: &|path| settings.levels(path, &options.levels),
        files: &files,
        outcome: &outcome,
        targets: &targets,
        suppressions,
    };
    let findings = settle.findings(found);
    let complaints = settle.complaints(lints());
    let missing: Vec<PathBuf> = roots.iter().filter(|root| !sources.exists(root)).cloned().collect();
    let mut stats = count(&read, &sources, &outcome);
    stats.unreadable += missing.len();
    let mut troubles = settings.troubles(&outcome.unresolved);
    troubles.extend(trouble::collect(Raw { problems, complaints, missing }, &read, &files, &sources, &project.root));
    clock.lap("settle");
    pool.install(|| sources.save());
    clock.lap("write the cache");

    let stats = Stats { crates: roots.len(), elapsed: clock.total(), ..stats };
    let notes = project.notes.clone();
    Ok(Report { project, files, findings, troubles, notes, stats, phases: clock.phases })
}

/// Finds out what there is to read, and reads it; tells `lap` of every step that is done.
pub(super) fn read_everything(
    options: &Options,
    sources: &SourceTable,
    lap: &mut dyn FnMut(&'static str),
) -> Result<(ThreadPool, Project), SessionError> {
    let pool = thread_pool(options.threads)?;
    let (request, stdin) = with_stdin(options, sources);
    let mut project = discover_and_read_ahead(&request, &pool, sources)?;
    project.loose.files.extend(stdin.filter(|_| project.loose.stdin));
    lap("discover, parse ahead");
    pool.install(|| sources.prefetch(&prefetch_list(&project)));
    lap("parse the rest");
    Ok((pool, project))
}

/// What is found in the crates of `input`, now or in an earlier run.
fn analyse_or_replay(input: Input, sources: &SourceTable, clock: &Clock) -> Outcome {
    if !sources.cache().is_on() {
        return analyse_now(input, sources);
    }
    let name = replay::name(&input);
    if let Some(outcome) = replay::replay(&name, sources) {
        return outcome;
    }
    sources.prefetch_std();
    let outcome = analyse_now(input, sources);
    replay::keep(&name, &outcome, sources, clock.begun);
    outcome
}

fn analyse_now(input: Input, sources: &SourceTable) -> Outcome {
    let mut outcome = analyse(input, sources, syntax());
    let read = sources.read_files();
    outcome.dependency_files = read.iter().filter(|file| file.text.is_ok() && !file.is_analysed).count();
    outcome
}

/// What earlier runs have lowered.
pub(super) fn cache(options: &Options) -> Cache {
    options.cache_dir.clone().map(|dir| Cache::at(dir, cache_fingerprint())).unwrap_or_default()
}

/// What the cache can be read by: the sources that write it, summed up by the build script.
pub fn cache_fingerprint() -> u64 {
    env!("TOECAP_IR_FINGERPRINT").parse().unwrap_or_default()
}

fn workspace_roots(input: &Input) -> Vec<PathBuf> {
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

fn count(read: &[ReadFile], sources: &SourceTable, outcome: &Outcome) -> Stats {
    let (followed, not_followed) = outcome.followed;
    let Outcome { out_of_budget, dependency_files, .. } = *outcome;
    let mut stats = Stats { out_of_budget, dependency_files, followed, not_followed, ..Stats::default() };
    for file in read {
        match &file.text {
            Ok(text) if file.is_analysed => {
                stats.files += 1;
                stats.bytes += text.len();
                stats.lines += sources.whole(file.id).map_or(0, |ir| ir.lines as usize);
            }
            Err(_) if file.is_analysed => stats.unreadable += 1,
            _ => {}
        }
    }
    stats
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
