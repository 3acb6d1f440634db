//! The values in a JSON literal.
//!
//! ```text
//! json!({ "name": user.name, key: [1, null, count()], (f()): {} })    user.name, key, 1, count(), f()
//! ```

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, Token};
use toecap_ir::{MacroArg, MacroArgs};

use crate::tree::BodyLowerer;

/// How deep literals are looked into, which is as deep as serde_json reads.
const MAX_DEPTH: u32 = 128;

impl BodyLowerer<'_, '_> {
    /// What `json!` of serde_json takes by reference: all keys and values that are no literals of JSON alone.
    pub(super) fn json(&mut self, tokens: TokenStream) -> Option<MacroArgs> {
        let mut values = Vec::new();
        (|input: ParseStream<'_>| {
            value(input, &mut values, 0)?;
            input.is_empty().then_some(()).ok_or_else(|| input.error("one value"))
        })
        .parse2(tokens)
        .ok()?;
        let args = values.iter().map(|value| MacroArg { name: None, value: self.expr(value).id, implicit: false });
        Some(MacroArgs::Exprs(args.collect()))
    }
}

/// One value, up to the comma behind it.
fn value(input: ParseStream<'_>, found: &mut Vec<Expr>, depth: u32) -> syn::Result<()> {
    if depth > MAX_DEPTH {
        return Err(input.error("too deep"));
    }
    let is_last = |ahead: ParseStream<'_>| ahead.is_empty() || ahead.peek(Token![,]);
    let ahead = input.fork();
    match ahead.parse::<TokenTree>()? {
        TokenTree::Group(group) if is_last(&ahead) && group.delimiter() == Delimiter::Bracket => {
            input.parse::<TokenTree>()?;
            let elements = |input: ParseStream<'_>| listed(input, found, |input, found| value(input, found, depth + 1));
            return elements.parse2(group.stream());
        }
        TokenTree::Group(group) if is_last(&ahead) && group.delimiter() == Delimiter::Brace => {
            input.parse::<TokenTree>()?;
            let entries = |input: ParseStream<'_>| listed(input, found, |input, found| entry(input, found, depth + 1));
            return entries.parse2(group.stream());
        }
        TokenTree::Ident(word) if is_last(&ahead) && word == "null" => {
            input.call(Ident::parse_any)?;
        }
        _ => found.push(input.parse()?),
    }
    Ok(())
}

fn listed(
    input: ParseStream<'_>,
    found: &mut Vec<Expr>,
    one: impl Fn(ParseStream<'_>, &mut Vec<Expr>) -> syn::Result<()>,
) -> syn::Result<()> {
    while !input.is_empty() {
        one(input, found)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// `"key": value`
fn entry(input: ParseStream<'_>, found: &mut Vec<Expr>, depth: u32) -> syn::Result<()> {
    let mut key = TokenStream::new();
    while !input.peek(Token![:]) || input.peek(Token![::]) {
        let count = if input.peek(Token![::]) { 2 } else { 1 };
        for _ in 0..count {
            key.extend([input.parse::<TokenTree>()?]);
        }
    }
    input.parse::<Token![:]>()?;
    match syn::parse2(key)? {
        Expr::Lit(_) => {}
        key => found.push(key),
    }
    value(input, found, depth)
}
