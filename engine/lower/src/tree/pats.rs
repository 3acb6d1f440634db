//! Patterns.

use syn::spanned::Spanned as _;
use syn::{Member, Pat as SynPat};
use toecap_ir::{Name, Pat, PatId, Span};

use super::literals::literal;
use super::types::mutability;
use super::{BodyLowerer, MAX_DEPTH};

impl BodyLowerer<'_, '_> {
    pub(crate) fn pat(&mut self, pat: &SynPat) -> PatId {
        if self.depth >= MAX_DEPTH {
            return self.body.alloc_pat(Pat::Opaque, Span::empty(0));
        }
        self.depth += 1;
        let (pat, span) = self.pat_inner(pat);
        self.depth -= 1;
        self.body.alloc_pat(pat, span)
    }

    fn pats<'p>(&mut self, pats: impl IntoIterator<Item = &'p SynPat>) -> Box<[PatId]> {
        pats.into_iter().map(|pat| self.pat(pat)).collect()
    }

    /// A delimited place.
    pub(crate) fn delimited(&self, span: &proc_macro2::extra::DelimSpan) -> Span {
        self.cx.span(span.open()).to(self.cx.span(span.close()))
    }

    fn pat_inner(&mut self, pat: &SynPat) -> (Pat, Span) {
        match pat {
            SynPat::Ident(pat) => self.pat_ident(pat),
            SynPat::Wild(pat) => (Pat::Wild, self.cx.token(pat.underscore_token.span, 1)),
            SynPat::Rest(pat) => (Pat::Rest, self.cx.token(pat.dot2_token.spans[0], 2)),
            SynPat::Path(pat) => {
                let path = self.cx.path(pat.qself.as_ref(), &pat.path);
                let span = path.span;
                (Pat::Path(Box::new(path)), span)
            }
            SynPat::Lit(pat) => {
                let span = self.cx.span(pat.lit.span());
                (literal(&pat.lit).map_or(Pat::Opaque, Pat::Lit), span)
            }
            SynPat::Range(pat) => (Pat::Range, self.cx.span(pat.span())),
            SynPat::Or(pat) => {
                let pats = self.pats(&pat.cases);
                let span = self.hull(&pats);
                (Pat::Or(pats), span)
            }
            SynPat::Tuple(pat) => (Pat::Tuple(self.pats(&pat.elems)), self.delimited(&pat.paren_token.span)),
            SynPat::Slice(pat) => (Pat::Slice(self.pats(&pat.elems)), self.delimited(&pat.bracket_token.span)),
            SynPat::TupleStruct(pat) => {
                let path = Box::new(self.cx.path(pat.qself.as_ref(), &pat.path));
                let span = path.span.to(self.cx.span(pat.paren_token.span.close()));
                (Pat::TupleStruct { path, pats: self.pats(&pat.elems) }, span)
            }
            SynPat::Struct(pat) => {
                let path = Box::new(self.cx.path(pat.qself.as_ref(), &pat.path));
                let span = path.span.to(self.cx.span(pat.brace_token.span.close()));
                let fields = pat.fields.iter().map(|field| (self.member(&field.member).0, self.pat(&field.pat)));
                (Pat::Record { path, fields: fields.collect() }, span)
            }
            SynPat::Reference(pat) => {
                let inner = self.pat(&pat.pat);
                let span = self.cx.token(pat.and_token.span, 1).to(self.body.pat_span(inner));
                (Pat::Ref(inner, mutability(pat.mutability.is_some())), span)
            }
            SynPat::Type(pat) => {
                let inner = self.pat(&pat.pat);
                let span = self.body.pat_span(inner).to(self.cx.span(pat.ty.span()));
                (Pat::Typed(inner, Box::new(self.cx.ty(&pat.ty))), span)
            }
            SynPat::Macro(pat) => {
                let call = self.macro_expr(&pat.mac);
                let span = call.span;
                (Pat::MacroCall(Box::new(call)), span)
            }
            SynPat::Paren(pat) => self.pat_inner(&pat.pat),
            SynPat::Guard(pat) => self.pat_inner(&pat.pat),
            other => (Pat::Opaque, self.cx.span(other.span())),
        }
    }

    fn pat_ident(&mut self, pat: &syn::PatIdent) -> (Pat, Span) {
        let (name, ident) = self.cx.ident(&pat.ident);
        let start = match (&pat.by_ref, &pat.mutability) {
            (Some(by_ref), _) => Some(by_ref.span),
            (None, Some(mutable)) => Some(mutable.span),
            (None, None) => None,
        };
        let mut span = start.map_or(ident, |start| self.cx.token(start, 3).to(ident));
        let sub = pat.subpat.as_ref().map(|(_, sub)| self.pat(sub));
        if let Some(sub) = sub {
            span = span.to(self.body.pat_span(sub));
        }
        (Pat::Bind { name, by_ref: pat.by_ref.is_some(), mutable: pat.mutability.is_some(), sub }, span)
    }

    fn hull(&self, pats: &[PatId]) -> Span {
        match pats {
            [] => Span::empty(0),
            [first, .., last] => self.body.pat_span(*first).to(self.body.pat_span(*last)),
            [only] => self.body.pat_span(*only),
        }
    }

    pub(crate) fn member(&self, member: &Member) -> (Name, Span) {
        match member {
            Member::Named(ident) => self.cx.ident(ident),
            Member::Unnamed(index) => (Name::tuple_field(index.index as usize), self.cx.span(index.span)),
        }
    }
}
