//! `fixtures/facts/*.rs`: what the engine knows of types, callees and blocking calls.
//!
//! ```text
//! let n = text.len(); //? type: usize //? calls: alloc::string::String::len
//! ```

#![allow(clippy::panic, reason = "tests")]

mod harness;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use harness::{Packages, Source, check, fixtures, insist_on_dependencies, options, rust_files};
use toecap::session::{Inspection, inspect};
use toecap_ir::{Body, Expr, ExprId, FileId, MacroArgs, Span, Stmt};
use toecap_knowledge::Cost;
use toecap_sema::flow::HeldValue;
use toecap_sema::{Analysis, BodyOwner, Callee, Effect, Executed, FnId, Runners, Step, TypedBody};

/// A `//? key: value`.
#[derive(Debug, PartialEq, Eq)]
struct Fact {
    line: usize,
    key: String,
    value: String,
}

/// What came out, by file.
struct Outcome {
    facts: usize,
    mismatches: Vec<String>,
}

fn outcomes() -> &'static BTreeMap<String, Outcome> {
    static OUTCOMES: OnceLock<BTreeMap<String, Outcome>> = OnceLock::new();
    OUTCOMES.get_or_init(|| {
        let sources: Vec<Source> =
            rust_files(&fixtures().join("facts")).iter().map(|path| Source::read("facts", path)).collect();
        let packages = Packages::new(&sources);
        outcomes_of(&sources, &packages.manifest())
    })
}

/// By the names of the files.
fn outcomes_of(sources: &[Source], manifest: &Path) -> BTreeMap<String, Outcome> {
    let ask = |inspection: &Inspection<'_>| {
        insist_on_dependencies(inspection.project);
        let ids: BTreeMap<PathBuf, FileId> =
            inspection.sources.read_files().into_iter().map(|f| (f.path, f.id)).collect();
        let outcomes = sources.iter().map(|source| {
            let id = ids.get(&source.path).unwrap_or_else(|| panic!("{} was not read", source.path.display()));
            let name = source.path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, hold_against(source, *id, inspection.analysis))
        });
        outcomes.collect()
    };
    inspect(&options(manifest), ask).expect("the facts can be analysed")
}

fn hold_against(source: &Source, file: FileId, analysis: &Analysis<'_>) -> Outcome {
    let facts = facts_of(&source.text);
    let known = Known {
        analysis,
        bodies: bodies_of(analysis, file),
        lines: Lines::of(&source.text),
        source,
        runners: analysis.runners(),
    };
    let mut mismatches = Vec::new();
    for fact in &facts {
        let answer = match fact.key.as_str() {
            "type" => known.type_at(fact.line),
            "calls" => known.callee_at(fact.line),
            "blocks" if known.fn_at(fact.line).is_none() => known.blocks_at(fact.line),
            "blocks" | "cpu" | "locks" | "spawns" | "suspends" | "cancel" | "held-across-await" | "runs" => {
                known.of_fn(fact.line, &fact.key)
            }
            _ => "no such key".to_owned(),
        };
        if answer != fact.value {
            let path = source.path.strip_prefix(harness::root()).unwrap_or(&source.path);
            mismatches.push(format!(
                "{}:{}: {}: expected {} but it is {answer}",
                path.display(),
                fact.line,
                fact.key,
                fact.value
            ));
        }
    }
    Outcome { facts: facts.len(), mismatches }
}

fn facts_of(text: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        for fact in line.split("//?").skip(1) {
            let fact = fact.split("//~").next().unwrap_or_default();
            let (key, value) = fact.split_once(':').unwrap_or_else(|| panic!("line {number}: no key in `{fact}`"));
            facts.push(Fact { line: number, key: key.trim().to_owned(), value: value.trim().to_owned() });
        }
    }
    facts
}

fn bodies_of(analysis: &Analysis<'_>, file: FileId) -> Vec<Arc<TypedBody>> {
    analysis.bodies().filter(|body| body.file == file).collect()
}

/// Where lines start.
struct Lines(Vec<u32>);

impl Lines {
    fn of(text: &str) -> Lines {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Lines(std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect())
    }
    fn starts_on(&self, span: Span, line: usize) -> bool {
        self.line(span.lo()) == line
    }
    fn ends_on(&self, span: Span, line: usize) -> bool {
        self.line(span.hi().saturating_sub(1)) == line
    }
    fn line(&self, at: u32) -> usize {
        self.0.partition_point(|start| *start <= at)
    }
}

/// What is known of one file.
struct Known<'a> {
    analysis: &'a Analysis<'a>,
    bodies: Vec<Arc<TypedBody>>,
    lines: Lines,
    source: &'a Source,
    runners: Runners,
}

impl Known<'_> {
    /// The type of the initialiser of the last `let` that starts on the line, else ends there.
    fn type_at(&self, line: usize) -> String {
        let mut starting = Vec::new();
        let mut ending = Vec::new();
        for body in &self.bodies {
            // What a macro wrote stands at its call, and is not what the line says.
            for (span, init) in lets(&body.types.body).into_iter().filter(|(span, _)| !span.is_expanded()) {
                let ty = body.types.expr_tys[init.index()];
                if self.lines.starts_on(span, line) {
                    starting.push((span.lo(), ty));
                } else if self.lines.ends_on(span, line) {
                    ending.push((span.hi(), ty));
                }
            }
        }
        let last = |mut lets: Vec<(u32, toecap_sema::Ty)>| {
            lets.sort_by_key(|(at, _)| *at);
            lets.pop().map(|(_, ty)| ty)
        };
        match last(starting).or(last(ending)) {
            Some(ty) => self.analysis.world().short_type(ty),
            None => "no `let`".to_owned(),
        }
    }

    fn callee_at(&self, line: usize) -> String {
        let Some((body, call)) = self.last_call(line) else { return "no call".to_owned() };
        let world = self.analysis.world();
        let path = match body.types.callees.get(&call) {
            Some(Callee::Fn(callee)) => world.fn_path(callee.f),
            Some(Callee::Ctor(adt, variant)) => world.ctor_path(*adt, *variant),
            Some(Callee::Value(ty)) => format!("a value: {}", world.short_type(*ty)),
            None => "unknown".to_owned(),
        };
        self.relative(&path)
    }

    fn fn_at(&self, line: usize) -> Option<(&TypedBody, FnId)> {
        let world = self.analysis.world();
        self.bodies.iter().find_map(|body| match body.owner {
            BodyOwner::Fn(f) if self.lines.starts_on(world.item_of_fn(f).name_span, line) => Some((body.as_ref(), f)),
            _ => None,
        })
    }

    fn chain(&self, steps: &[Step]) -> String {
        let names: Vec<String> = steps.iter().map(|s| self.relative(&s.callee).replacen("crate::", "", 1)).collect();
        names.join(" -> ")
    }

    /// What is known of the function whose name is on the line.
    fn of_fn(&self, line: usize, key: &str) -> String {
        let Some((body, f)) = self.fn_at(line) else { return "no function".to_owned() };
        let profile = self.analysis.profile(f);
        let mut words: Vec<String> = match key {
            "cancel" => vec![match self.analysis.fn_cancel_verdict(f).map(|found| found.cancel) {
                Some(found) => match found.reason {
                    Some(reason) => format!("{}, loses {}", found.verdict, reason.lost),
                    None => found.verdict.to_string(),
                },
                None => "unknown".to_owned(),
            }],
            "held-across-await" => {
                let held = self.analysis.scarce_across_suspension(body).into_iter();
                let name = |held: toecap_sema::flow::Held| match held.value {
                    HeldValue::Local(local) => body.types.locals[local.0 as usize].name.to_string(),
                    HeldValue::Temporary(_) => "temporary".to_owned(),
                };
                held.map(name).collect()
            }
            "runs" => self.runners.of(f).iter().map(|caller| caller.runner.as_str().to_owned()).collect(),
            _ => {
                let effects = profile.effects().iter().filter_map(|(effect, work)| match (key, effect) {
                    ("locks", Effect::Locks(lock)) => {
                        let place = lock.place.as_ref().and_then(|place| self.analysis.place_text(body, place));
                        Some(place.unwrap_or_else(|| "?".to_owned()))
                    }
                    ("spawns", Effect::Spawns(kind, handle)) => Some(format!("{kind} ({})", handle.as_str())),
                    ("suspends", Effect::Suspends) => Some(self.chain(&work.steps)),
                    ("cpu", Effect::Burns) => Some(format!("via {}", self.chain(&work.steps))),
                    ("blocks", Effect::Blocks(kind, Cost::MayBlock)) => {
                        Some(format!("may {kind} via {}", self.chain(&work.steps)))
                    }
                    ("blocks", Effect::Blocks(kind, _)) => Some(format!("{kind} via {}", self.chain(&work.steps))),
                    _ => None,
                });
                effects.collect()
            }
        };
        words.sort();
        if words.is_empty() { "no".to_owned() } else { words.join(", ") }
    }

    fn blocks_at(&self, line: usize) -> String {
        let Some((body, call)) = self.last_call(line) else { return "no call".to_owned() };
        let callee = match body.types.callees.get(&call) {
            Some(Callee::Fn(callee)) => callee,
            Some(Callee::Ctor(..) | Callee::Value(_)) => return "no".to_owned(),
            None => return "unknown".to_owned(),
        };
        let effect = self.analysis.effect_of(body, &Executed::alone(call), callee);
        let Some(work) = effect.blocks else { return "no".to_owned() };
        let kind = work.facts.and_then(|entry| entry.facts.blocking()).map_or("?", |b| b.kind.as_str());
        format!("{kind} via {}", self.chain(&work.steps))
    }

    /// The call that ends last on the line.
    fn last_call(&self, line: usize) -> Option<(&TypedBody, ExprId)> {
        let mut found: Option<(u32, &TypedBody, ExprId)> = None;
        for body in &self.bodies {
            for (id, expr) in body.types.body.exprs.iter() {
                let span = body.types.body.span(id);
                let is_call = matches!(expr, Expr::Call { .. } | Expr::MethodCall(_));
                if is_call && self.lines.ends_on(span, line) && found.is_none_or(|(hi, ..)| span.hi() >= hi) {
                    found = Some((span.hi(), body, id));
                }
            }
        }
        found.map(|(_, body, call)| (body, call))
    }

    /// A path with `crate` for the fixture's own name.
    fn relative(&self, path: &str) -> String {
        match path.strip_prefix(&self.source.name) {
            Some(rest) if rest.starts_with("::") => format!("crate{rest}"),
            _ => path.to_owned(),
        }
    }
}

/// All `let`s with an initialiser: their place and the initialiser.
fn lets(body: &Body) -> Vec<(Span, ExprId)> {
    let mut found = Vec::new();
    let mut add = |stmts: &[Stmt]| {
        for stmt in stmts {
            // Those that a macro makes are not on the line that is marked.
            if let Stmt::Let { init: Some(init), span, .. } = stmt
                && !span.is_expanded()
            {
                found.push((*span, *init));
            }
        }
    };
    for (_, expr) in body.exprs.iter() {
        match expr {
            Expr::Block(block) => add(&block.stmts),
            Expr::Expanded(expansion) => add(&expansion.stmts),
            Expr::MacroCall(call) => {
                if let MacroArgs::Block(block) = &call.parsed {
                    add(&block.stmts);
                }
            }
            _ => {}
        }
    }
    found
}

fn check_file(name: &str) {
    let outcome = outcomes().get(name).unwrap_or_else(|| panic!("no fixtures/facts/{name}.rs"));
    assert!(outcome.facts > 0, "no facts in fixtures/facts/{name}.rs");
    check(&outcome.mismatches, &format!("{name}.rs, of {} facts", outcome.facts));
}

macro_rules! files {
    ($($file:ident)*) => {
        $(#[test] fn $file() { check_file(stringify!($file)); })*

        #[test]
        fn every_file_is_tested() {
            let names: Vec<&str> = outcomes().keys().map(String::as_str).collect();
            assert_eq!(names, [$(stringify!($file)),*]);
        }
    };
}

files! {
    associated_types
    async_traits
    blanket_impls
    blocking_summaries
    cancel_code
    cancel_numbers
    cancel_polls
    closures
    const_generics
    cpu
    deref
    dyn_trait
    futures_combinators
    generic_associated_types
    generics
    guards
    impl_trait
    iterators
    learnt_from_conversions
    let_else
    macros_cfg
    macros_in_bodies
    macros_in_types
    macros_nested
    macros_simple
    modules_and_globs
    operators
    patterns
    profiles
    profiles_cancel
    profiles_work
    projections
    question_mark
    renames
    shadowing
    statics
    tokio_io
    tokio_sync
    traits_in_scope
    visibility_and_enums
}

/// Types and methods that procedural macros write, with stand-ins for the crates that define the macros.
#[test]
fn written() {
    let dir = fixtures().join("workspaces/written");
    let files = rust_files(&dir.join("app/src"));
    let sources = files.iter().map(|path| Source { name: "app".to_owned(), ..Source::read("", path) });
    let sources: Vec<Source> = sources.filter(|source| !facts_of(&source.text).is_empty()).collect();
    assert!(sources.len() > 1, "no facts in {}", dir.display());
    for (name, outcome) in outcomes_of(&sources, &dir.join("Cargo.toml")) {
        check(&outcome.mismatches, &format!("written/{name}.rs, of {} facts", outcome.facts));
    }
}

/// Few facts would be easy to satisfy.
#[test]
fn there_are_many_facts() {
    let count = |key: &str| {
        let files = rust_files(&fixtures().join("facts"));
        let text = |path: &Path| std::fs::read_to_string(path).expect("a readable fixture");
        files.iter().flat_map(|path| facts_of(&text(path))).filter(|fact| fact.key == key).count()
    };
    let counts = [count("type"), count("calls"), count("blocks")];
    assert!(counts[0] >= 600 && counts[1] >= 300 && counts[2] >= 55, "{counts:?}");
    let of_functions = ["cpu", "locks", "spawns", "suspends", "held-across-await", "cancel", "runs"].map(count);
    assert!(of_functions.iter().all(|n| *n >= 6) && of_functions.iter().sum::<usize>() >= 120, "{of_functions:?}");
}
