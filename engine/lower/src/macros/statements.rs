//! Macros whose arguments are statements.
//!
//! ```text
//! try_stream! { for await item in input { yield item?; } }
//! pin! { let sleep = tokio::time::sleep(d); }
//! ```

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::parse::Parser as _;
use toecap_ir::{BlockKind, MacroArgs, Span};

use crate::tree::BodyLowerer;

impl BodyLowerer<'_, '_> {
    /// The body of `stream!` and `try_stream!`.
    pub(super) fn statements(&mut self, tokens: TokenStream) -> Option<MacroArgs> {
        let end = tokens.clone().into_iter().last();
        let tokens = without_for_await(tokens, 0);
        let stmts = syn::Block::parse_within.parse2(tokens).ok()?;
        let end = end.map_or(Span::empty(0), |last| Span::empty(self.cx.span(last.span()).hi()));
        Some(MacroArgs::Block(Box::new(self.block_contents(&stmts, BlockKind::Plain, None, end))))
    }

    /// `pin!(future)`, `pin!(a, b)` and `pin! { let a = f(); }`.
    pub(super) fn pin(&mut self, tokens: TokenStream) -> Option<MacroArgs> {
        let is_let = matches!(tokens.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == "let");
        if is_let { self.statements(tokens) } else { self.arguments("pin", tokens) }
    }
}

/// `for await x in s` becomes `for x in s`.
fn without_for_await(tokens: TokenStream, depth: u32) -> TokenStream {
    let mut after_for = false;
    let mut out = Vec::new();
    for token in tokens {
        let is_await = after_for && matches!(&token, TokenTree::Ident(word) if word == "await");
        after_for = matches!(&token, TokenTree::Ident(word) if word == "for");
        match token {
            _ if is_await => {}
            TokenTree::Group(group) if depth < 256 => {
                let mut inner = Group::new(group.delimiter(), without_for_await(group.stream(), depth + 1));
                inner.set_span(group.span());
                out.push(TokenTree::Group(inner));
            }
            token => out.push(token),
        }
    }
    out.into_iter().collect()
}
