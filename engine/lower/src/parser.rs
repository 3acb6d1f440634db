//! The parser as later stages see it: [`toecap_ir::Syntax`].
//!
//! ```text
//! text of an expansion `let x = f(); x.await`     two statements in the body of the call
//! ```
//! Nothing here calls back into the caller, so that a tree is always gone before the next one is made on the same thread.

use std::str::FromStr as _;

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser as _};
use toecap_ir::{
    Body, Container, Expander, Expr, FileIr, FnBodies, Fragment, MacroDefKind, MacroRules, Pat, PatId, SourceText,
    Span, Syntax, TypeRef,
};

use crate::expand::{Definition, Paste};
use crate::file::{is_heavy, is_too_deep, parse, with_stack};
use crate::prepare::{Bodies, Prepared, prepare};
use crate::recover;
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
            let parsed = parse_stmts(&prepared.text)?;
            let mut cx = Lowerer::new(text, &prepared.text, 0);
            let Stmts { items, stmts, tail } = BodyLowerer { cx: &mut cx, body, depth: 0 }.stmts(&parsed);
            let file = cx.into_file();
            Some(Fragment { file, items: items.into(), stmts: stmts.into(), tail })
        });
        lowered.flatten().unwrap_or_else(|| {
            let tail = Some(body.alloc_expr(Expr::Opaque, whole(text)));
            Fragment { tail, ..Fragment::default() }
        })
    }

    fn lower_pat(&self, text: &SourceText, body: &mut Body) -> PatId {
        let lowered = on_text(text, &text.text, Bodies::Keep, |prepared| {
            let tokens = TokenStream::from_str(&prepared.text).ok()?;
            let parsed = syn::Pat::parse_multi_with_leading_vert.parse2(tokens).ok()?;
            let mut cx = Lowerer::new(text, &prepared.text, 0);
            Some(BodyLowerer { cx: &mut cx, body, depth: 0 }.pat(&parsed))
        });
        lowered.flatten().unwrap_or_else(|| body.alloc_pat(Pat::Opaque, whole(text)))
    }

    fn lower_type(&self, text: &SourceText) -> TypeRef {
        let lowered = on_text(text, &text.text, Bodies::Keep, |prepared| {
            let parsed = syn::parse2(TokenStream::from_str(&prepared.text).ok()?).ok()?;
            Some(Lowerer::new(text, &prepared.text, 0).ty(&parsed))
        });
        lowered.flatten().unwrap_or(TypeRef::Opaque)
    }

    fn lower_skipped_body(&self, text: &SourceText, function: Span) -> FileIr {
        let Some(slice) = text.text.get(function.range()) else { return FileIr::default() };
        let lowered = on_text(text, slice, Bodies::Keep, |prepared| {
            let tokens = TokenStream::from_str(&prepared.text).ok()?;
            let mut cx = Lowerer::new(text, &prepared.text, function.lo());
            let root = match syn::parse2::<syn::ImplItem>(tokens.clone()) {
                Ok(member) => cx.impl_member(&member),
                Err(_) => cx.trait_member(&syn::parse2(tokens).ok()?),
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
    let Prepared { text, cancel_docs, skipped, .. } = prepared;
    let mut cx = Lowerer::new(source, &text, 0);
    cx.cancel_docs = cancel_docs;
    cx.skipped = skipped;
    let mut root = Vec::new();
    if let Some(found) = member_list(&mut cx, &text, container) {
        root = found;
    } else {
        for (lo, hi) in recover::item_ranges(&text) {
            let found = cx.shifted(lo, |cx| member_list(cx, &text[lo..hi], container));
            root.extend(found.unwrap_or_else(|| vec![cx.opaque_item(lo as u32, hi as u32)]));
        }
    }
    cx.file.root = root.into();
    cx.into_file()
}

fn member_list(cx: &mut Lowerer<'_>, text: &str, container: Container) -> Option<Vec<toecap_ir::ItemId>> {
    let tokens = TokenStream::from_str(text).ok()?;
    if container == Container::Trait {
        let members = all::<syn::TraitItem>.parse2(tokens).ok()?;
        return Some(members.iter().filter_map(|member| cx.trait_member(member)).collect());
    }
    let members = all::<syn::ImplItem>.parse2(tokens).ok()?;
    Some(members.iter().filter_map(|member| cx.impl_member(member)).collect())
}

fn all<T: syn::parse::Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let mut found = Vec::new();
    while !input.is_empty() {
        found.push(input.parse()?);
    }
    Ok(found)
}

/// Statements; else, as in `{ a } - 1`, one expression.
fn parse_stmts(text: &str) -> Option<Vec<syn::Stmt>> {
    let tokens = TokenStream::from_str(text).ok()?;
    if let Ok(stmts) = syn::Block::parse_within.parse2(tokens.clone()) {
        return Some(stmts);
    }
    let expr = syn::parse2(tokens).ok()?;
    Some(vec![syn::Stmt::Expr(expr, None)])
}
