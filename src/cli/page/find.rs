//! Which functions a question means.

use std::collections::BTreeMap;
use std::path::Path;

use toecap_ir::similar;
use toecap_sema::{BodyOwner, CrateId, CrateOrigin, FnId, Reachable, TargetKind};

use super::Unknown;
use crate::session::{Files, Inspection};

/// The functions of the workspace that have a body, one for each place.
pub(super) fn all(inspection: &Inspection<'_>) -> Vec<FnId> {
    let mut seen = std::collections::BTreeSet::new();
    let bodies = inspection.analysis.bodies().filter(|body| !body.in_test);
    let functions = bodies.filter_map(|body| match body.owner {
        BodyOwner::Fn(f) => {
            let span = inspection.analysis.world().item_of_fn(f).name_span;
            seen.insert((body.file, span.lo())).then_some((body.file, span.lo(), f))
        }
        BodyOwner::Const(_) => None,
    });
    let mut functions: Vec<_> = functions.collect();
    functions.sort_unstable();
    functions.into_iter().map(|(.., f)| f).collect()
}

/// Functions of libraries that give a future and that users of the library can name.
pub(super) fn public_futures(inspection: &Inspection<'_>) -> Vec<FnId> {
    let world = inspection.analysis.world();
    let mut reachable: BTreeMap<CrateId, Reachable> = BTreeMap::new();
    let mut is_public = |f: &FnId| {
        world.input(f.krate).kind == TargetKind::Lib
            && reachable.entry(f.krate).or_insert_with(|| Reachable::new(world, f.krate)).has(world, *f)
            && inspection.analysis.makes_future(*f)
    };
    all(inspection).into_iter().filter(|f| is_public(f)).collect()
}

/// A function that is asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) f: FnId,
    /// The line of its file that was named.
    pub(super) line: Option<usize>,
}

impl From<FnId> for Asked {
    fn from(f: FnId) -> Self {
        Self { f, line: None }
    }
}

/// The functions that `name` means: a path's end, a type's or module's functions, or those around a line; else a function of a
/// dependency.
pub(super) fn named(inspection: &Inspection<'_>, files: &Files, name: &str, cwd: &Path) -> Result<Vec<Asked>, Unknown> {
    if let Some((file, line)) = place(name) {
        let f = at_line(inspection, files, &cwd.join(file), line, name)?;
        return Ok(vec![Asked { f, line: Some(line) }]);
    }
    of_workspace(inspection, name).map(|found| found.into_iter().map(Asked::from).collect()).or_else(|unknown| {
        let world = inspection.analysis.world();
        let found = inspection.analysis.function_named(name);
        let found = found.filter(|f| world.input(f.krate).origin == CrateOrigin::Dependency);
        found.map(|f| vec![f.into()]).ok_or(unknown)
    })
}

fn of_workspace(inspection: &Inspection<'_>, name: &str) -> Result<Vec<FnId>, Unknown> {
    let world = inspection.analysis.world();
    let functions = all(inspection);
    let wanted = plain(name);
    let names = |f: FnId| [world.fn_name(f), world.fn_path(f)];
    let ends = |path: &str, end: &str| path == end || path.strip_suffix(end).is_some_and(|rest| rest.ends_with("::"));
    let exact: Vec<FnId> =
        functions.iter().copied().filter(|f| names(*f).iter().any(|path| ends(path, &wanted))).collect();
    if !exact.is_empty() {
        return Ok(exact);
    }
    let is_inside = |path: &String| path.rsplit_once("::").is_some_and(|(around, _)| ends(around, &wanted));
    let inside: Vec<FnId> = functions.iter().copied().filter(|f| names(*f).iter().any(is_inside)).collect();
    if !inside.is_empty() {
        return Ok(inside);
    }
    let paths: Vec<String> = functions.iter().map(|f| world.fn_name(*f)).collect();
    let last = wanted.rsplit("::").next().unwrap_or(&wanted);
    let lasts = paths.iter().filter_map(|path| path.rsplit("::").next());
    let near = similar(last, lasts).map(str::to_owned);
    let near: Vec<&String> =
        paths.iter().filter(|path| near.as_deref().is_some_and(|near| ends(path, near))).take(3).collect();
    let near: Vec<String> = near.into_iter().map(|path| format!("`{path}`")).collect();
    let help = match near.is_empty() {
        true => "`toecap facts` prints all functions of the workspace that have an effect".to_owned(),
        false => format!("did you mean {}?", near.join(" or ")),
    };
    Err(Unknown {
        message: format!("no function, type or module of the workspace is called `{name}`"),
        help: Some(help),
    })
}

/// `<T as Trait>::method` is `T::method`.
fn plain(name: &str) -> String {
    let parts = name.strip_prefix('<').and_then(|rest| rest.split_once(">::"));
    match parts {
        Some((ty, method)) => format!("{}::{method}", ty.split(" as ").next().unwrap_or(ty)),
        None => name.to_owned(),
    }
}

/// `src/db.rs:12`, `src/db.rs:12:5`
fn place(name: &str) -> Option<(&str, usize)> {
    let (rest, last) = name.rsplit_once(':')?;
    let last: usize = last.parse().ok()?;
    match rest.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?))) {
        Some(found) => Some(found),
        None => Some((rest, last)),
    }
}

/// The innermost function around a line.
fn at_line(inspection: &Inspection<'_>, files: &Files, path: &Path, line: usize, name: &str) -> Result<FnId, Unknown> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let world = inspection.analysis.world();
    let read = inspection.sources.read_files();
    let Some(file) = read.iter().find(|file| file.path == path && file.is_analysed) else {
        let message = format!("`{name}` is in no file of the workspace");
        return Err(Unknown { message, help: None });
    };
    let starts = files.line_starts(file.id);
    let line_of = |at: u32| starts.partition_point(|start| *start <= at);
    let around = all(inspection).into_iter().filter(|f| {
        let is_here = inspection.analysis.body(BodyOwner::Fn(*f)).is_some_and(|body| body.file == file.id);
        let span = world.item_of_fn(*f).span;
        is_here && line_of(span.lo()) <= line && line <= line_of(span.hi().saturating_sub(1))
    });
    match around.min_by_key(|f| world.item_of_fn(*f).span.len()) {
        Some(f) => Ok(f),
        None => Err(Unknown { message: format!("no function is at `{name}`"), help: None }),
    }
}
