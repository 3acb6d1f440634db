//! The parser as later stages see it: [`toecap_ir::Syntax`].
//!
//! ```text
//! text of an expansion `let x = f(); x.await`     two statements in the body of the call
//! ```
//! Nothing here calls back into the caller, so that a tree is always gone before the next one is made on the same thread.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser as _};
use toecap_ir::{
    Body, Container, Expander, Expr, FileIr, FnBodies, Fragment, ItemId, MacroDefKind, MacroRules, Pat, PatId,
    SoleCall, SourceText, Span, Syntax, TypeRef,
};

use crate::expand::{Definition, Paste, sole_call};
use crate::file::{is_heavy, is_too_deep, parse, with_stack};
use crate::prepare::{Bodies, Prepared, prepare};
use crate::recover;
use crate::tokens::{self, Places, Tokens};
use crate::tree::{BodyLowerer, Lowerer, Stmts};

/// Expands macros and lowers text with syn.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parser;

impl Syntax for Parser {
    fn macro_rules(&self, definition: &MacroRules<'_>) -> Option<Box<dyn Expander>> {
        match definition.kind {
            MacroDefKind::Paste => Some(Box::new(Paste)),
            _ => Some(Box::new(Definition::new(definition)?)),
        }
    }

    fn lower_items(&self, text: &SourceText, container: Container, bodies: FnBodies) -> FileIr {
        let bodies = match bodies {
            FnBodies::Lowered => Bodies::Keep,
            FnBodies::Skipped => Bodies::Blank,
        };
        on_text(text, &text.text, bodies, |prepared| match container {
            Container::Module => parse(text, prepared),
            Container::Impl | Container::Trait => members(text, prepared, container),
        })
        .unwrap_or_default()
    }

    fn lower_stmts(&self, text: &SourceText, body: &mut Body) -> Fragment {
        let lowered = on_text(text, &text.text, Bodies::Keep, |prepared| {
            let Tokens { stream, places } = prepared.read()?;
            let parsed = parse_stmts(stream)?;
            let mut cx = Lowerer::new(text, &prepared.text, 0, places);
            let Stmts { items, stmts, tail } = BodyLowerer { cx: &mut cx, body, depth: 0 }.stmts(&parsed);
            let file = cx.into_file();
            Some(Fragment { file, items: items.into(), stmts: stmts.into(), tail })
        });
        lowered.flatten().unwrap_or_else(|| {
            let tail = Some(body.alloc_expr(Expr::Opaque, whole(text)));
            Fragment { tail, ..Fragment::default() }
        })
    }

    fn sole_call(&self, text: &SourceText) -> Option<SoleCall> {
        sole_call(&text.text)
    }

    fn lower_pat(&self, text: &SourceText, body: &mut Body) -> PatId {
        let lowered = on_text(text, &text.text, Bodies::Keep, |prepared| {
            let Tokens { stream, places } = prepared.read()?;
            let parsed = syn::Pat::parse_multi_with_leading_vert.parse2(stream).ok()?;
            let mut cx = Lowerer::new(text, &prepared.text, 0, places);
            Some(BodyLowerer { cx: &mut cx, body, depth: 0 }.pat(&parsed))
        });
        lowered.flatten().unwrap_or_else(|| body.alloc_pat(Pat::Opaque, whole(text)))
    }

    fn lower_type(&self, text: &SourceText) -> TypeRef {
        let lowered = on_text(text, &text.text, Bodies::Keep, |prepared| {
            let Tokens { stream, places } = prepared.read()?;
            let parsed = syn::parse2(stream).ok()?;
            Some(Lowerer::new(text, &prepared.text, 0, places).ty(&parsed))
        });
        lowered.flatten().unwrap_or(TypeRef::Opaque)
    }

    fn lower_skipped_body(&self, text: &SourceText, function: Span) -> FileIr {
        let Some(slice) = text.text.get(function.range()) else { return FileIr::default() };
        let lowered = on_text(text, slice, Bodies::Keep, |prepared| {
            let Tokens { stream, places } = prepared.read()?;
            let mut cx = Lowerer::new(text, &prepared.text, function.lo(), places);
            let root = match syn::parse2::<syn::ImplItem>(stream.clone()) {
                Ok(member) => cx.impl_member(&member),
                Err(_) => cx.trait_member(&syn::parse2(stream).ok()?),
            };
            cx.file.root = root.into_iter().collect();
            Some(cx.into_file())
        });
        lowered.flatten().unwrap_or_default()
    }
}

/// Prepares a text, or a slice of it, and runs `work` on it; none when it is too deep or the parser fails.
fn on_text<T: Send>(
    source: &SourceText,
    text: &str,
    bodies: Bodies,
    work: impl FnOnce(Prepared) -> T + Send,
) -> Option<T> {
    if source.text.len() > (i32::MAX as usize) / 2 {
        return None;
    }
    let prepared = prepare(text, bodies);
    if is_too_deep(&prepared) {
        return None;
    }
    with_stack(is_heavy(&prepared), || work(prepared))
}

/// Place of a text that cannot be read.
fn whole(text: &SourceText) -> Span {
    text.origin.as_ref().map_or_else(|| Span::new(0, text.text.len() as u32), |origin| origin.call.expanded())
}

/// Items of an impl or a trait, one by one, so that one that is strange does not hide the others.
fn members(source: &SourceText, prepared: Prepared, container: Container) -> FileIr {
    let tokens = prepared.read();
    let Prepared { text, cancel_docs, skipped, .. } = prepared;
    let parsed = tokens.and_then(|tokens| parse_members(tokens, container));
    let whole = parsed.is_some();
    let (list, places) = parsed.unwrap_or_default();
    let mut cx = Lowerer::new(source, &text, 0, places);
    cx.cancel_docs = cancel_docs;
    cx.skipped = skipped;
    let mut root = list.lower(&mut cx);
    if !whole {
        for (lo, hi) in recover::item_ranges(&text) {
            match tokens::read(&text[lo..hi]).and_then(|tokens| parse_members(tokens, container)) {
                Some((list, places)) => root.extend(cx.shifted(lo, places, |cx| list.lower(cx))),
                None => root.push(cx.opaque_item(lo as u32, hi as u32)),
            }
        }
    }
    cx.file.root = root.into();
    cx.into_file()
}

/// Members of an impl and of a trait.
#[derive(Default)]
struct Members {
    of_impl: Vec<syn::ImplItem>,
    of_trait: Vec<syn::TraitItem>,
}

impl Members {
    fn lower(&self, cx: &mut Lowerer<'_>) -> Vec<ItemId> {
        let mut found: Vec<ItemId> = self.of_impl.iter().filter_map(|member| cx.impl_member(member)).collect();
        found.extend(self.of_trait.iter().filter_map(|member| cx.trait_member(member)));
        found
    }
}

fn parse_members(tokens: Tokens, container: Container) -> Option<(Members, Places)> {
    let mut members = Members::default();
    match container {
        Container::Trait => members.of_trait = all.parse2(tokens.stream).ok()?,
        _ => members.of_impl = all.parse2(tokens.stream).ok()?,
    }
    Some((members, tokens.places))
}

fn all<T: syn::parse::Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let mut found = Vec::new();
    while !input.is_empty() {
        found.push(input.parse()?);
    }
    Ok(found)
}

/// Statements; else, as in `{ a } - 1`, one expression.
fn parse_stmts(tokens: TokenStream) -> Option<Vec<syn::Stmt>> {
    if let Ok(stmts) = syn::Block::parse_within.parse2(tokens.clone()) {
        return Some(stmts);
    }
    let expr = syn::parse2(tokens).ok()?;
    Some(vec![syn::Stmt::Expr(expr, None)])
}
