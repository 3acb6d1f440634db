//! Attributes, read from their text.
//!
//! ```text
//! #[cfg(feature = "net")]                 Attrs.cfg
//! #[cfg_attr(test, derive(Debug), ignore)]   two attributes with the condition `test`
//! ```

use syn::{AttrStyle, Attribute};
use toecap_ir::{Attr, Attrs, CfgExpr, Name};

use super::Lowerer;
use crate::docs;
use crate::lexer::{Kind, Lexer, LiteralKind, Token};

/// Attributes as they are collected.
#[derive(Default)]
struct Collected {
    cfg: Vec<CfgExpr>,
    list: Vec<Attr>,
}

impl Lowerer<'_> {
    /// Attributes of anything, without its documentation.
    pub(crate) fn attrs(&self, attrs: &[Attribute]) -> Attrs {
        if attrs.is_empty() {
            return Attrs::default();
        }
        let mut collected = Collected::default();
        for attr in attrs {
            let lo = self.hi(attr.bracket_token.span.open());
            let hi = self.lo(attr.bracket_token.span.close());
            let tokens: Vec<Token> = Lexer::new(self.slice(lo, hi)).filter(|t| !t.is_comment()).collect();
            let whole = (self.lo(attr.pound_token.span), hi + 1);
            self.meta(Meta { tokens: &tokens, base: lo, whole, condition: None }, &mut collected, 0);
        }
        let cfg = join(collected.cfg).map(Box::new);
        Attrs { cfg, list: collected.list.into(), cancel_docs: None }
    }

    /// The conjunction of the `#[cfg]`s alone.
    pub(crate) fn cfg(&self, attrs: &[Attribute]) -> Option<Box<CfgExpr>> {
        if attrs.is_empty() { None } else { self.attrs(attrs).cfg }
    }

    fn meta(&self, meta: Meta<'_>, out: &mut Collected, depth: u32) {
        let mut path = Vec::new();
        let mut at = 0;
        while let Some(token) = meta.tokens.get(at) {
            match token.kind {
                Kind::Ident => path.push(Name::new(self.token_text(meta, *token))),
                Kind::Punct(b':') => {}
                _ => break,
            }
            at += 1;
        }
        let Some(last) = path.last().copied() else { return };
        let rest = &meta.tokens[at..];
        let inner = match rest.split_first() {
            Some((first, inner)) if matches!(first.kind, Kind::Open(_)) => inner.split_last().map(|(_, inner)| inner),
            _ => None,
        };
        let single = path.len() == 1;
        match (last.as_str(), inner) {
            ("doc", _) if single => {}
            ("cfg", Some(inner)) if single => {
                let cfg = self.predicate(meta, inner, 0);
                out.cfg.push(match meta.condition {
                    Some(condition) => CfgExpr::Any([CfgExpr::Not(Box::new(condition.clone())), cfg].into()),
                    None => cfg,
                });
            }
            ("cfg_attr", Some(inner)) if single && depth < 16 => {
                let mut parts = split_commas(inner);
                let Some(first) = parts.next() else { return };
                let mut condition = self.predicate(meta, first, 0);
                if let Some(outer) = meta.condition {
                    condition = CfgExpr::All([outer.clone(), condition].into());
                }
                for part in parts.filter(|part| !part.is_empty()) {
                    let whole = (meta.base + part[0].lo, meta.base + part[part.len() - 1].hi);
                    self.meta(Meta { tokens: part, whole, condition: Some(&condition), ..meta }, out, depth + 1);
                }
            }
            ("unsafe", Some(inner)) if single && depth < 16 => {
                self.meta(Meta { tokens: inner, ..meta }, out, depth + 1);
            }
            _ => out.list.push(Attr {
                path: path.into(),
                condition: meta.condition.cloned().map(Box::new),
                text: self.meta_text(meta, rest, inner),
                span: self.range(meta.whole.0, meta.whole.1),
            }),
        }
    }

    fn meta_text(&self, meta: Meta<'_>, rest: &[Token], inner: Option<&[Token]>) -> Box<str> {
        let (tokens, is_value) = match (inner, rest) {
            (Some(inner), _) => (inner, false),
            (None, [equals, value @ ..]) if equals.kind == Kind::Punct(b'=') => (value, true),
            _ => (rest, false),
        };
        let ([first, ..], [.., last]) = (tokens, tokens) else { return "".into() };
        let text = self.slice(meta.base + first.lo, meta.base + last.hi);
        match first.kind {
            Kind::Literal(LiteralKind::Str) if is_value && tokens.len() == 1 => {
                syn::parse_str::<syn::LitStr>(text).map_or_else(|_| text.into(), |lit| lit.value().into())
            }
            _ => text.into(),
        }
    }

    fn token_text(&self, meta: Meta<'_>, token: Token) -> &str {
        self.slice(meta.base + token.lo, meta.base + token.hi)
    }

    /// A `cfg` predicate.
    fn predicate(&self, meta: Meta<'_>, tokens: &[Token], depth: u32) -> CfgExpr {
        let tokens = match tokens {
            [rest @ .., comma] if comma.kind == Kind::Punct(b',') => rest,
            tokens => tokens,
        };
        let [word, rest @ ..] = tokens else { return CfgExpr::Unknown };
        if word.kind != Kind::Ident || depth > 64 {
            return CfgExpr::Unknown;
        }
        let name = self.token_text(meta, *word);
        match rest {
            [] if name == "true" || name == "false" => CfgExpr::Const(name == "true"),
            [] => CfgExpr::Flag(Name::new(name)),
            [equals, value] if equals.kind == Kind::Punct(b'=') => {
                let value = syn::parse_str::<syn::LitStr>(self.token_text(meta, *value));
                value.map_or(CfgExpr::Unknown, |v| CfgExpr::KeyValue(Name::new(name), Name::new(&v.value())))
            }
            [open, inner @ .., _close] if open.kind == Kind::Open(b'(') => {
                let parts = split_commas(inner).filter(|part| !part.is_empty());
                let mut parts: Vec<CfgExpr> = parts.map(|part| self.predicate(meta, part, depth + 1)).collect();
                match (name, parts.len()) {
                    ("all", _) => CfgExpr::All(parts.into()),
                    ("any", _) => CfgExpr::Any(parts.into()),
                    ("not", 1) => CfgExpr::Not(Box::new(parts.remove(0))),
                    _ => CfgExpr::Unknown,
                }
            }
            _ => CfgExpr::Unknown,
        }
    }
}

/// One `path`, `path(..)` or `path = ..`.
#[derive(Clone, Copy)]
struct Meta<'m> {
    tokens: &'m [Token],
    /// What the tokens' offsets count from.
    base: u32,
    /// What a finding may point at.
    whole: (u32, u32),
    condition: Option<&'m CfgExpr>,
}

fn join(mut cfg: Vec<CfgExpr>) -> Option<CfgExpr> {
    match cfg.len() {
        0 | 1 => cfg.pop(),
        _ => Some(CfgExpr::All(cfg.into())),
    }
}

/// Tokens between commas outside brackets.
fn split_commas(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut depth = 0_i32;
    tokens.split(move |token| {
        match token.kind {
            Kind::Open(_) => depth += 1,
            Kind::Close(_) => depth -= 1,
            _ => {}
        }
        depth == 0 && token.kind == Kind::Punct(b',')
    })
}

/// Outer attributes alone.
pub(crate) fn is_outer(attr: &Attribute) -> bool {
    matches!(attr.style, AttrStyle::Outer)
}

/// The section on cancel safety of documentation that is written (or was expanded) as attributes.
pub(crate) fn cancel_docs(attrs: &[Attribute]) -> Option<Box<str>> {
    let values: Vec<String> = attrs.iter().filter_map(doc_value).collect();
    if values.is_empty() { None } else { docs::of_values(values.iter().map(String::as_str)) }
}

fn doc_value(attr: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(meta) = &attr.meta else { return None };
    match &meta.value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(value), .. }) if meta.path.is_ident("doc") => {
            Some(value.value())
        }
        _ => None,
    }
}
