//! From syn's tree to the IR.

mod attrs;
mod blocks;
mod exprs;
mod items;
mod literals;
mod members;
mod paths;
mod pats;
mod types;
mod uses;

pub(crate) use blocks::Stmts;
use proc_macro2::Span as TokenSpan;
pub(crate) use toecap_ir::CRATE_PREFIX;
use toecap_ir::{Body, ExprId, FileIr, Name, SourceText, Span};

use crate::docs::CancelDocs;
use crate::lexer::is_ident_continue;
use crate::tokens::Places;

/// How deep expressions and types may nest in the IR; deeper ones are opaque.
const MAX_DEPTH: u32 = 3_000;
const MAX_TYPE_DEPTH: u32 = 200;

/// What a variable of a macro definition is prefixed with where the call has one of the same name. In the IR it has a prime.
pub(crate) const LOCAL_PREFIX: &str = "__toecap_local_";

/// One text that is being lowered.
pub(crate) struct Lowerer<'a> {
    /// What was parsed: `source`, or a slice of it, with parts blanked.
    text: &'a str,
    /// Where `text` starts in `source`.
    base: u32,
    source: &'a SourceText,
    places: Places,
    pub(crate) file: FileIr,
    pub(crate) cancel_docs: CancelDocs,
    /// Braces of bodies that were blanked.
    pub(crate) skipped: Vec<Span>,
    /// Empty, with room for the next body.
    pub(crate) spare: Body,
    type_depth: u32,
}

/// A body under construction.
pub(crate) struct BodyLowerer<'l, 'a> {
    pub(crate) cx: &'l mut Lowerer<'a>,
    pub(crate) body: &'l mut Body,
    pub(crate) depth: u32,
}

/// An expression and its place, parentheses included.
#[derive(Clone, Copy)]
pub(crate) struct Lowered {
    pub(crate) id: ExprId,
    pub(crate) outer: Span,
}

impl<'a> Lowerer<'a> {
    pub(crate) fn new(source: &'a SourceText, text: &'a str, base: u32, places: Places) -> Self {
        Self {
            text,
            base,
            source,
            file: FileIr::default(),
            places,
            cancel_docs: CancelDocs::default(),
            skipped: Vec::new(),
            spare: Body::default(),
            type_depth: 0,
        }
    }

    /// Offset in the source text of the first character.
    pub(crate) fn lo(&self, span: TokenSpan) -> u32 {
        self.base + self.places.lo(self.text, span)
    }

    /// Offset in the source text behind the last character.
    pub(crate) fn hi(&self, span: TokenSpan) -> u32 {
        self.base + self.places.hi(self.text, span)
    }

    /// The text that was parsed at a range of the source text.
    pub(crate) fn slice(&self, lo: u32, hi: u32) -> &'a str {
        let lo = lo.saturating_sub(self.base) as usize;
        self.text.get(lo..hi.saturating_sub(self.base) as usize).unwrap_or("")
    }

    /// Place of one token.
    pub(crate) fn span(&self, span: TokenSpan) -> Span {
        let lo = self.lo(span);
        self.source.resolve(lo, self.hi(span).max(lo))
    }

    /// Place of one token whose length is known.
    pub(crate) fn token(&self, span: TokenSpan, len: u32) -> Span {
        let lo = self.lo(span);
        self.source.resolve(lo, lo + len)
    }

    /// Place of a range of tokens.
    pub(crate) fn range(&self, lo: u32, hi: u32) -> Span {
        if self.source.origin.is_none() || hi <= lo {
            return self.source.resolve(lo, hi.max(lo));
        }
        self.source.resolve(lo, lo + 1).to(self.source.resolve(hi - 1, hi))
    }

    /// An identifier and its place.
    pub(crate) fn ident(&self, ident: &proc_macro2::Ident) -> (Name, Span) {
        let lo = self.lo(ident.span());
        let rest = self.slice(lo, self.base + self.text.len() as u32);
        let raw = if rest.starts_with("r#") { 2 } else { 0 };
        let len = raw + rest.as_bytes()[raw.min(rest.len())..].iter().take_while(|b| is_ident_continue(**b)).count();
        if len == raw {
            return (Name::new(&ident.to_string()), self.span(ident.span()));
        }
        let text = &rest[..len];
        (made_up_name(text).unwrap_or_else(|| Name::new(text)), self.source.resolve(lo, lo + len as u32))
    }

    /// The name alone.
    pub(crate) fn name(&self, ident: &proc_macro2::Ident) -> Name {
        self.ident(ident).0
    }

    /// The text that was parsed.
    pub(crate) fn whole_text(&self) -> &'a str {
        self.text
    }

    /// Runs `work` on trees that were parsed from the text from `lo` on.
    pub(crate) fn shifted<T>(&mut self, lo: usize, places: Places, work: impl FnOnce(&mut Self) -> T) -> T {
        let (text, base) = (self.text, self.base);
        self.text = &text[lo..];
        self.base += lo as u32;
        let places = std::mem::replace(&mut self.places, places);
        let out = work(self);
        (self.text, self.base, self.places) = (text, base, places);
        out
    }

    pub(crate) fn into_file(mut self) -> FileIr {
        self.file.items.shrink_to_fit();
        self.file.bodies.shrink_to_fit();
        self.file
    }
}

/// What a name stands for that only the text of an expansion has.
pub(crate) fn made_up_name(text: &str) -> Option<Name> {
    if !text.starts_with("__toecap_") {
        return None;
    }
    if let Some(number) = text.strip_prefix(CRATE_PREFIX) {
        return Some(Name::new(&format!("$crate:{number}")));
    }
    let name = text.trim_start_matches(LOCAL_PREFIX);
    let primes = (text.len() - name.len()) / LOCAL_PREFIX.len();
    Some(Name::new(&format!("{name}{}", "'".repeat(primes))))
}
