//! One file: prepared, parsed, lowered, with recovery from all that can go wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use toecap_ir::{Arena, BodySource, FileIr, ItemKind, Origin, Problem, SourceText, Span};

use crate::LowerOptions;
use crate::lines::line_count;
use crate::prepare::{Bodies, Prepared, prepare};
use crate::recover;
use crate::tokens::{self, Tokens};
use crate::tree::Lowerer;

/// Deepest nesting of delimiters that is analysed.
const MAX_NESTING: u32 = 1_500;
/// Most tokens that may nest in one another.
const MAX_WEIGHT: u32 = 200_000;
/// From here on a stack of the caller's size might not do.
const HEAVY: u32 = 2_000;
const HEAVY_NESTING: u32 = 100;
/// Memory is only touched as far as the nesting needs it.
const HEAVY_STACK: usize = 1 << 30;

/// Lowers the text of one file. A file that cannot be read at all has no items and exactly one problem.
pub fn lower_file(text: &str, options: LowerOptions) -> FileIr {
    lower(text, options, None)
}

/// Lowers what a file declares, for keeping: no bodies, and the start of the file as the place of everything.
pub fn lower_declarations(text: &str) -> FileIr {
    let nowhere = Origin { tokens: vec![(0, Span::empty(0))], call: Span::empty(0) };
    let mut file = lower(text, LowerOptions { signatures_only: true }, Some(Arc::new(nowhere)));
    for id in file.items.ids() {
        match &mut file.items[id].kind {
            ItemKind::Fn(item) if item.body != BodySource::None => item.body = BodySource::Skipped(Span::empty(0)),
            ItemKind::Const { body, .. } | ItemKind::Static { body, .. } => *body = BodySource::None,
            _ => {}
        }
    }
    file.bodies = Arena::new();
    file
}

fn lower(text: &str, options: LowerOptions, origin: Option<Arc<Origin>>) -> FileIr {
    let bodies = if options.signatures_only { Bodies::Blank } else { Bodies::Keep };
    if text.len() > (i32::MAX as usize) / 2 {
        return failed(Problem { span: Span::empty(0), message: "file is too large to analyse".into() });
    }
    let mut prepared = prepare(text, bodies);
    let comments = std::mem::take(&mut prepared.comments);
    let lines = line_count(text);
    let mut file = if is_too_deep(&prepared) {
        let span = Span::new(prepared.deepest, prepared.deepest + 1);
        failed(Problem { span, message: "nesting is too deep to analyse".into() })
    } else {
        let source = SourceText { text: "".into(), origin };
        let heavy = is_heavy(&prepared);
        with_stack(heavy, || parse(&source, prepared)).unwrap_or_else(|| {
            failed(Problem { span: Span::empty(0), message: "the parser failed on this file".into() })
        })
    };
    (file.comments, file.lines) = (comments, lines);
    file
}

/// True when even the largest stack might not do.
pub(crate) fn is_too_deep(prepared: &Prepared) -> bool {
    prepared.depth > MAX_NESTING || prepared.weight > MAX_WEIGHT
}

pub(crate) fn is_heavy(prepared: &Prepared) -> bool {
    prepared.weight > HEAVY || prepared.depth > HEAVY_NESTING
}

/// Runs `work` so that neither panic nor deep nesting gets out; none when it panics.
pub(crate) fn with_stack<T: Send>(heavy: bool, work: impl FnOnce() -> T + Send) -> Option<T> {
    let guarded = || {
        let out = quietly(work);
        // Every tree is gone by now.
        tokens::settle();
        out
    };
    if !heavy {
        return guarded();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(HEAVY_STACK).spawn_scoped(scope, guarded);
        thread.ok().and_then(|thread| thread.join().ok().flatten())
    })
}

/// The result of `work`, or none when it panics.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn failed(problem: Problem) -> FileIr {
    FileIr { problems: vec![problem], ..FileIr::default() }
}

/// Parses and lowers the items of a module.
pub(crate) fn parse(source: &SourceText, prepared: Prepared) -> FileIr {
    let Prepared { text, tokens, cancel_docs, skipped, .. } = prepared;
    let Tokens { stream, places } = match tokens::read_lexed(&text, &tokens) {
        Ok(tokens) => tokens,
        Err(at) => return failed(recover::lex_problem(&text, at)),
    };
    let mut cx = Lowerer::new(source, &text, 0, places);
    cx.cancel_docs = cancel_docs;
    cx.skipped = skipped;
    match syn::parse2::<syn::File>(stream) {
        Ok(file) => {
            let root = cx.items(&file.items);
            cx.file.root = root;
            cx.file.attrs = cx.attrs(&file.attrs);
            cx.file.attrs.cancel_docs = cx.cancel_docs.of_file();
        }
        Err(error) => {
            let span = cx.span(error.span());
            let problem = Problem { span, message: error.to_string().into() };
            recover::item_by_item(&mut cx, problem);
        }
    }
    cx.into_file()
}
