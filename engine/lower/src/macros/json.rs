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
    let ahead = input.fork();
    let first: TokenTree = ahead.parse()?;
    let is_all = ahead.is_empty() || ahead.peek(Token![,]);
    match first {
        TokenTree::Group(group) if is_all && matches!(group.delimiter(), Delimiter::Bracket | Delimiter::Brace) => {
            input.parse::<TokenTree>()?;
            let has_keys = group.delimiter() == Delimiter::Brace;
            (|input: ParseStream<'_>| values(input, found, has_keys, depth + 1)).parse2(group.stream())
        }
        TokenTree::Ident(word) if is_all && word == "null" => input.call(Ident::parse_any).map(drop),
        _ => input.parse().map(|value| found.push(value)),
    }
}

/// What stands in `[value, value]` or `{ "key": value, .. }`.
fn values(input: ParseStream<'_>, found: &mut Vec<Expr>, has_keys: bool, depth: u32) -> syn::Result<()> {
    while !input.is_empty() {
        if has_keys {
            let key: Expr = input.parse()?;
            input.parse::<Token![:]>()?;
            if !matches!(key, Expr::Lit(_)) {
                found.push(key);
            }
        }
        value(input, found, depth)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}
