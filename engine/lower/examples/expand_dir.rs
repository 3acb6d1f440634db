//! Expands every macro call in item position below the given folders, and in what that expands to, by the macros that
//! these folders define, and prints what fails and how fast it went.
//!
//! ```text
//! cargo run --release -p toecap-lower --example expand_dir -- [--verbose] [--signatures] FOLDER..
//! ```
//! Macros are found by their last name, all definitions of that name in turn, so that a call fails when none of them fits.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use toecap_ir::{
    Body, Container, Expr, FileIr, FnBodies, ItemKind, MacroCall, MacroDefKind, MacroInput, MacroRules, Name,
    SourceText, Syntax as _,
};
use toecap_lower::{LowerOptions, Parser, lower_file};

const MAX_DEPTH: u32 = 40;

#[derive(Clone)]
struct Definition {
    source: SourceText,
    rules: (u32, u32),
    kind: MacroDefKind,
    local_inner_macros: bool,
}

struct Totals {
    fn_bodies: FnBodies,
    macros: BTreeMap<&'static str, Vec<Definition>>,
    item_calls: u32,
    body_calls: u32,
    unknown: BTreeMap<&'static str, u32>,
    failed: u32,
    unreadable: u32,
    opaque: u32,
    bytes: usize,
    expanding: Duration,
    lowering: Duration,
}

fn main() {
    let mut files = Vec::new();
    let mut verbose = false;
    let mut options = LowerOptions::default();
    for arg in std::env::args().skip(1) {
        if arg == "--verbose" {
            verbose = true;
        } else if arg == "--signatures" {
            options.signatures_only = true;
        } else {
            collect(Path::new(&arg), &mut files);
        }
    }
    files.sort();
    let mut totals = Totals {
        fn_bodies: if options.signatures_only { FnBodies::Skipped } else { FnBodies::Lowered },
        macros: BTreeMap::new(),
        item_calls: 0,
        body_calls: 0,
        unknown: BTreeMap::new(),
        failed: 0,
        unreadable: 0,
        opaque: 0,
        bytes: 0,
        expanding: Duration::ZERO,
        lowering: Duration::ZERO,
    };
    let mut lowered = Vec::new();
    for path in files {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let file = lower_file(&text, options);
        let source = SourceText::file(text.into());
        totals.define(&file, &source);
        lowered.push((path, file, source));
    }
    for (path, file, source) in &lowered {
        totals.file(path, file, source, Container::Module, 0, verbose);
    }
    let unknown: u32 = totals.unknown.values().sum();
    println!(
        "{} calls in item position, {} in bodies, {} of unknown macros; {} not expanded, {} expansions not readable, {} opaque items; {} bytes, {:.0?} expanding, {:.0?} lowering",
        totals.item_calls,
        totals.body_calls,
        unknown,
        totals.failed,
        totals.unreadable,
        totals.opaque,
        totals.bytes,
        totals.expanding,
        totals.lowering,
    );
}

impl Totals {
    fn define(&mut self, file: &FileIr, source: &SourceText) {
        for (_, item) in file.items.iter() {
            if let ItemKind::MacroDef(def) = &item.kind {
                let definition = Definition {
                    source: source.clone(),
                    rules: def.rules,
                    kind: def.kind,
                    local_inner_macros: item.attrs.named("macro_export").any(|a| a.text.contains("local_inner_macros")),
                };
                self.macros.entry(item.name.as_str()).or_default().push(definition);
            }
        }
    }

    fn file(&mut self, path: &Path, file: &FileIr, source: &SourceText, around: Container, depth: u32, verbose: bool) {
        let mut containers: BTreeMap<u32, Container> = BTreeMap::new();
        for (_, item) in file.items.iter() {
            let (members, container) = match &item.kind {
                ItemKind::Impl(item) => (&item.items, Container::Impl),
                ItemKind::Trait(item) => (&item.items, Container::Trait),
                _ => continue,
            };
            containers.extend(members.iter().map(|id| (id.index() as u32, container)));
        }
        for (id, item) in file.items.iter() {
            let ItemKind::MacroCall(call) = &item.kind else { continue };
            self.item_calls += 1;
            let Some(text) = self.expand(path, source, call, depth, verbose) else { continue };
            let container = containers.get(&(id.index() as u32)).copied().unwrap_or(around);
            let start = Instant::now();
            let expansion = Parser.lower_items(&text, container, self.fn_bodies);
            self.lowering += start.elapsed();
            if let Some(problem) = expansion.problems.first() {
                self.unreadable += 1;
                if verbose {
                    println!(
                        "UNREADABLE {}: {:?}: {}",
                        self.place(path, source, call),
                        problem.message,
                        one_line(&text.text)
                    );
                }
            }
            for (_, item) in expansion.items.iter().filter(|(_, item)| matches!(item.kind, ItemKind::Opaque)) {
                self.opaque += 1;
                if verbose {
                    println!("OPAQUE {}: {:?} {}", self.place(path, source, call), item.span, one_line(&text.text));
                }
            }
            self.define(&expansion, &text);
            self.file(path, &expansion, &text, container, depth + 1, verbose);
        }
        for (_, body) in file.bodies.iter().map(|(id, body)| (id, body.get())) {
            self.body(path, &body, source, depth, verbose);
        }
    }

    fn body(&mut self, path: &Path, body: &Body, source: &SourceText, depth: u32, verbose: bool) {
        for (_, expr) in body.exprs.iter() {
            let Expr::MacroCall(call) = expr else { continue };
            self.body_calls += 1;
            let Some(text) = self.expand(path, source, call, depth, verbose) else { continue };
            let mut inner = Body::default();
            let start = Instant::now();
            let fragment = Parser.lower_stmts(&text, &mut inner);
            self.lowering += start.elapsed();
            if fragment.tail.is_some_and(|tail| matches!(inner[tail], Expr::Opaque)) && inner.exprs.len() == 1 {
                self.unreadable += 1;
                if verbose {
                    println!("UNREADABLE {}: {}", self.place(path, source, call), one_line(&text.text));
                }
            }
            self.define(&fragment.file, &text);
            self.file(path, &fragment.file, &text, Container::Module, depth + 1, verbose);
            self.body(path, &inner, &text, depth + 1, verbose);
        }
    }

    fn expand(
        &mut self,
        path: &Path,
        source: &SourceText,
        call: &MacroCall,
        depth: u32,
        verbose: bool,
    ) -> Option<SourceText> {
        let name = call.path.last_name().map_or("", Name::as_str);
        let local = call.path.segments.len() == 1 || call.path.segments[0].name.as_str().starts_with(['$', 'c', 's']);
        let Some(definitions) = self.macros.get(name).cloned().filter(|_| local) else {
            *self.unknown.entry(name).or_default() += 1;
            return None;
        };
        let outer = source.origin.as_ref().map_or(call.span, |origin| origin.call);
        let input = MacroInput { source, args: call.args, delimiter: call.delimiter, call: outer };
        let start = Instant::now();
        let text = definitions.iter().rev().find_map(|definition| {
            let rules = MacroRules {
                source: &definition.source,
                rules: definition.rules,
                kind: definition.kind,
                crate_number: 1,
                local_inner_macros: definition.local_inner_macros,
            };
            Parser.macro_rules(&rules)?.expand(&input)
        });
        self.expanding += start.elapsed();
        match &text {
            Some(text) => self.bytes += text.text.len(),
            None => {
                self.failed += 1;
                if verbose {
                    let args = &source.text[call.args.0 as usize..call.args.1 as usize];
                    println!("NONE {} {name}!: {}", self.place(path, source, call), one_line(args));
                }
            }
        }
        text.filter(|_| depth < MAX_DEPTH)
    }

    fn place(&self, path: &Path, source: &SourceText, call: &MacroCall) -> String {
        let what = if source.origin.is_some() { " (expanded)" } else { "" };
        format!("{}@{}{what}", path.display(), call.span.lo())
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            collect(&entry.path(), files);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        files.push(path.to_owned());
    }
}
