//! `toecap facts --calls`: what the engine knows of every call, one a line.
//!
//! ```text
//! src/main.rs:7:19: mini_redis::client::Client::connect, gives impl Future<…> (future, awaited)
//! {"file":"src/main.rs","s":120,"e":127,"t":"call","kind":"path","name":"connect","callee":"mini_redis::client::Client::connect",…}
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use toecap_ir::{Expr, ExprId, FileId, Span};
use toecap_sema::{Analysis, Callee, TypedBody, World};

use super::options::FactsFormat;
use crate::render::{line_column, shown};
use crate::session::{Files, Inspection};

/// What is known of a call or an `.await`; the keys are explained in `--help`.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    callee: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recv: Option<String>,
    ty: String,
    #[serde(skip_serializing_if = "is_false")]
    fut: bool,
    #[serde(rename = "await", skip_serializing_if = "is_false")]
    awaited: bool,
    #[serde(skip_serializing_if = "is_false")]
    unsure: bool,
}

/// Where a fact is: the order of the output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    path: PathBuf,
    file: FileId,
    lo: u32,
    hi: u32,
    what: &'static str,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The calls and awaits that people wrote in the files and folders that are asked for, in every file when none is. A file may be in
/// several crates; the first that resolves a call is right.
pub(super) fn calls(inspection: &Inspection<'_>) -> BTreeMap<Place, Fact> {
    let read = inspection.sources.read_files().into_iter().map(|file| (file.id, file.path));
    let paths: FxHashMap<FileId, PathBuf> = read.filter(|(_, path)| inspection.project.wants(path)).collect();
    let mut facts: BTreeMap<Place, Fact> = BTreeMap::new();
    for body in inspection.analysis.bodies() {
        let Some(path) = paths.get(&body.file) else { continue };
        for (what, span, fact) in facts_of(inspection.analysis, &body) {
            if span.is_expanded() {
                continue;
            }
            let place = Place { path: path.clone(), file: body.file, lo: span.lo(), hi: span.hi(), what };
            if facts.get(&place).is_none_or(|known| known.callee.is_none()) {
                facts.insert(place, fact);
            }
        }
    }
    facts
}

fn facts_of(analysis: &Analysis<'_>, body: &TypedBody) -> Vec<(&'static str, Span, Fact)> {
    let asked = Asked { world: analysis.world(), body, awaited: awaited(body) };
    let exprs = body.types.body.exprs.iter();
    exprs
        .filter_map(|(id, expr)| match expr {
            Expr::MethodCall(call) => {
                let receiver = body.types.expr_tys[call.receiver.index()];
                let recv = Some(asked.world.full_type(receiver));
                let name = Some(call.name.to_string());
                Some(("call", call.name_span, Fact { kind: Some("method"), name, recv, ..asked.fact(id) }))
            }
            Expr::Call { callee, .. } => {
                let Expr::Path(path) = &body.types.body[*callee] else { return None };
                let last = path.segments.last()?;
                let name = Some(last.name.to_string());
                Some(("call", last.span, Fact { kind: Some("path"), name, ..asked.fact(id) }))
            }
            Expr::Await { expr, await_span } => Some(("await", *await_span, asked.fact(*expr))),
            _ => None,
        })
        .collect()
}

/// One body, and its operands of `.await`.
struct Asked<'a> {
    world: &'a World<'a>,
    body: &'a TypedBody,
    awaited: FxHashSet<ExprId>,
}

impl Asked<'_> {
    /// What is known of an expression as a call.
    fn fact(&self, id: ExprId) -> Fact {
        let types = &self.body.types;
        let (callee, unsure) = match types.callees.get(&id) {
            Some(Callee::Fn(callee)) => (Some(self.world.fn_path(callee.f)), !callee.sure),
            Some(Callee::Ctor(adt, variant)) => (Some(self.world.ctor_path(*adt, *variant)), false),
            Some(Callee::Value(_)) | None => (None, false),
        };
        Fact {
            kind: None,
            name: None,
            callee,
            recv: None,
            ty: self.world.full_type(types.expr_tys[id.index()]),
            fut: types.futures.contains_key(&id),
            awaited: self.awaited.contains(&id),
            unsure,
        }
    }
}

fn awaited(body: &TypedBody) -> FxHashSet<ExprId> {
    let operand = |(_, expr): (ExprId, &Expr)| match expr {
        Expr::Await { expr, .. } => Some(*expr),
        _ => None,
    };
    body.types.body.exprs.iter().filter_map(operand).collect()
}

pub(super) fn text(facts: &BTreeMap<Place, Fact>, inspection: &Inspection<'_>, format: FactsFormat) -> String {
    let files = Files::new(inspection.sources.texts());
    let root = &inspection.project.root;
    let line = |(place, fact)| match format {
        FactsFormat::Human => human(place, fact, &files, root),
        FactsFormat::Json => json(place, fact, root),
    };
    facts.iter().map(line).collect()
}

fn human(place: &Place, fact: &Fact, files: &Files, root: &Path) -> String {
    let at = line_column(files, place.file, place.lo);
    let mut text = format!("{}:{}:{}: ", shown(&place.path, root), at.line, at.column);
    let known = fact.callee.as_deref().unwrap_or("?");
    let _ = match (place.what, &fact.recv) {
        ("await", _) => write!(text, "await of {}", fact.ty),
        (_, Some(recv)) => write!(text, "{known} on {recv}, gives {}", fact.ty),
        (_, None) => write!(text, "{known}, gives {}", fact.ty),
    };
    let remarks = [(fact.fut, "future"), (fact.awaited, "awaited"), (fact.unsure, "unsure")];
    let remarks: Vec<&str> = remarks.into_iter().filter_map(|(holds, remark)| holds.then_some(remark)).collect();
    if !remarks.is_empty() {
        let _ = write!(text, " ({})", remarks.join(", "));
    }
    text.push('\n');
    text
}

fn json(place: &Place, fact: &Fact, root: &Path) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        file: String,
        s: u32,
        e: u32,
        t: &'static str,
        #[serde(flatten)]
        fact: &'a Fact,
    }
    let line = Line { file: shown(&place.path, root), s: place.lo, e: place.hi, t: place.what, fact };
    serde_json::to_string(&line).map(|line| line + "\n").unwrap_or_default()
}
