//! Comma-separated arguments, with what formatting and tracing macros allow beyond expressions.
//!
//! ```text
//! write!(out, "{name} {}", value)
//! tracing::info!(target: "net", user.id = %id, ?peer, { count }, "read {n} bytes");
//! ```

use proc_macro2::{Delimiter, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, Token, token};
use toecap_ir::{MacroArg, MacroArgs, Name};

use super::format::{captures, format_position};
use crate::tree::BodyLowerer;

struct Arg {
    name: Option<Ident>,
    value: Expr,
}

impl BodyLowerer<'_, '_> {
    pub(super) fn arguments(&mut self, macro_name: &str, tokens: TokenStream) -> Option<MacroArgs> {
        let grammar = if is_tracing(macro_name) { Grammar::Tracing } else { Grammar::Plain };
        let parsed = (|input: ParseStream<'_>| grammar.parse(input)).parse2(tokens).ok()?;
        let mut args: Vec<MacroArg> = Vec::with_capacity(parsed.len());
        for arg in &parsed {
            let name = arg.name.as_ref().map(|name| self.cx.name(name));
            args.push(MacroArg { name, value: self.expr(&arg.value).id, implicit: false });
        }
        if let Some(position) = format_position(macro_name) {
            self.implicit(&parsed, position, &mut args);
        }
        Some(MacroArgs::Exprs(args.into()))
    }

    /// Appends what the first format string at `position` or later captures.
    fn implicit(&mut self, parsed: &[Arg], position: usize, args: &mut Vec<MacroArg>) {
        let strings = parsed.iter().filter(|arg| arg.name.is_none()).enumerate().skip(position);
        let literal = strings.filter_map(|(_, arg)| match &arg.value {
            Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(lit), .. }) => Some(lit.span()),
            _ => None,
        });
        let Some(literal) = literal.into_iter().next() else { return };
        let (lo, hi) = (self.cx.lo(literal), self.cx.hi(literal));
        let explicit: Vec<Name> = args.iter().filter_map(|arg| arg.name).collect();
        let mut seen = Vec::new();
        for (start, end) in captures(self.cx.slice(lo, hi)) {
            let (start, end) = (lo + start, lo + end);
            let name = Name::new(self.cx.slice(start, end));
            if explicit.contains(&name) || seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let value = self.captured(name, start, end);
            args.push(MacroArg { name: None, value, implicit: true });
        }
    }
}

fn is_tracing(name: &str) -> bool {
    let level = name.strip_suffix("_span").unwrap_or(name);
    matches!(level, "trace" | "debug" | "info" | "warn" | "error" | "event" | "span" | "log" | "enabled")
        || name.ends_with("_event")
}

#[derive(Clone, Copy, PartialEq)]
enum Grammar {
    Plain,
    Tracing,
}

impl Grammar {
    fn parse(self, input: ParseStream<'_>) -> syn::Result<Vec<Arg>> {
        let mut args = Vec::new();
        if input.cursor().ident().is_some_and(|(word, _)| word == "biased") && input.peek2(Token![;]) {
            input.parse::<Ident>()?;
            input.parse::<Token![;]>()?;
        }
        while !input.is_empty() {
            self.argument(input, &mut args)?;
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            } else if self == Grammar::Tracing && input.peek(Token![;]) {
                input.parse::<Token![;]>()?;
            } else if !input.is_empty() {
                return Err(input.error("expected `,`"));
            }
        }
        Ok(args)
    }

    fn argument(self, input: ParseStream<'_>, args: &mut Vec<Arg>) -> syn::Result<()> {
        if self == Grammar::Tracing {
            if input.peek(token::Brace)
                && let Some((inner, _, next)) = input.cursor().group(Delimiter::Brace)
                && (next.eof() || next.punct().is_some_and(|(punct, _)| punct.as_char() == ','))
                && let Ok(fields) = (|input: ParseStream<'_>| self.parse(input)).parse2(inner.token_stream())
            {
                input.parse::<proc_macro2::TokenTree>()?;
                args.extend(fields);
                return Ok(());
            }
            if let Some(name) = key(input)? {
                args.push(Arg { name: Some(name), value: field_value(input)? });
                return Ok(());
            }
            args.push(Arg { name: None, value: field_value(input)? });
            return Ok(());
        }
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>])
        {
            let name = input.call(Ident::parse_any)?;
            input.parse::<Token![=]>()?;
            args.push(Arg { name: Some(name), value: input.parse()? });
            return Ok(());
        }
        args.push(Arg { name: None, value: input.parse()? });
        Ok(())
    }
}

/// `target:`, `a.b =`, `"text" =`, `key:? =`, of which the first word is the name.
fn key(input: ParseStream<'_>) -> syn::Result<Option<Ident>> {
    let ahead = input.fork();
    let name = if ahead.peek(syn::LitStr) {
        let literal: syn::LitStr = ahead.parse()?;
        Ident::new("_", literal.span())
    } else if ahead.peek(Ident::peek_any) {
        ahead.call(Ident::parse_any)?
    } else {
        return Ok(None);
    };
    while ahead.peek(Token![.]) && !ahead.peek(Token![..]) && ahead.peek2(Ident::peek_any) {
        ahead.parse::<Token![.]>()?;
        ahead.call(Ident::parse_any)?;
    }
    if ahead.peek(Token![:]) && !ahead.peek(Token![::]) {
        ahead.parse::<Token![:]>()?;
        // `target: value` is a key by itself; log's `key:sigil = value` has a sigil or word first.
        let sigil = ahead.fork();
        let word = sigil.peek(Token![?]) || sigil.peek(Token![%]) || sigil.peek(Ident);
        if word {
            sigil.parse::<proc_macro2::TokenTree>()?;
            if sigil.peek(Token![=]) && !sigil.peek(Token![==]) {
                sigil.parse::<Token![=]>()?;
                advance(input, &sigil);
                return Ok(Some(name));
            }
        }
        advance(input, &ahead);
        return Ok(Some(name));
    }
    if ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>]) {
        ahead.parse::<Token![=]>()?;
        advance(input, &ahead);
        return Ok(Some(name));
    }
    Ok(None)
}

fn advance(input: ParseStream<'_>, to: ParseStream<'_>) {
    syn::parse::discouraged::Speculative::advance_to(input, to);
}

/// `%x`, `?x` or an expression.
fn field_value(input: ParseStream<'_>) -> syn::Result<Expr> {
    if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
    }
    input.parse()
}
