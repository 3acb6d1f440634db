//! `select!` of tokio and futures.
//!
//! ```text
//! select! {
//!     biased;
//!     Some(x) = rx.recv(), if open => { work(x) }
//!     _ = &mut timer => break,
//!     else => return,
//! }
//! ```
//! crossbeam's dialect (`recv(r) -> msg => ..`) does not fit and stays opaque.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{Expr, Ident, Pat, Token, token};
use toecap_ir::{FallbackKind, MacroArgs, Select, SelectArm, SelectFallback};

use crate::tree::BodyLowerer;

struct Arm {
    pat: Pat,
    future: Expr,
    guard: Option<Expr>,
    handler: Expr,
    first: proc_macro2::Span,
}

#[derive(Default)]
struct Parsed {
    biased: bool,
    arms: Vec<Arm>,
    fallbacks: Vec<(FallbackKind, Expr)>,
}

impl BodyLowerer<'_, '_> {
    pub(super) fn select(&mut self, tokens: TokenStream, biased: bool) -> Option<MacroArgs> {
        let parsed = parse.parse2(tokens).ok()?;
        let arms = parsed.arms.iter().map(|arm| {
            let start = self.cx.token(arm.first, 1);
            let future = self.expr(&arm.future).id;
            let guard = arm.guard.as_ref().map(|guard| self.expr(guard).id);
            let pat = self.pat(&arm.pat);
            let handler = self.expr(&arm.handler);
            SelectArm { pat, future, guard, handler: handler.id, span: start.to(handler.outer) }
        });
        let arms = arms.collect();
        let fallbacks = parsed.fallbacks.iter();
        let fallbacks = fallbacks.map(|(kind, handler)| SelectFallback { kind: *kind, handler: self.expr(handler).id });
        let fallbacks = fallbacks.collect();
        Some(MacroArgs::Select(Box::new(Select { biased: biased || parsed.biased, arms, fallbacks })))
    }
}

fn parse(input: ParseStream<'_>) -> syn::Result<Parsed> {
    let mut parsed = Parsed::default();
    if is_word(input, "biased") && input.peek2(Token![;]) {
        input.parse::<Ident>()?;
        input.parse::<Token![;]>()?;
        parsed.biased = true;
    }
    while !input.is_empty() {
        if let Some(kind) = fallback(input) {
            input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
            input.parse::<Token![=>]>()?;
            parsed.fallbacks.push((kind, handler(input)?));
        } else {
            parsed.arms.push(arm(input)?);
        }
    }
    Ok(parsed)
}

fn is_word(input: ParseStream<'_>, word: &str) -> bool {
    input.cursor().ident().is_some_and(|(ident, _)| ident == word)
}

fn fallback(input: ParseStream<'_>) -> Option<FallbackKind> {
    if input.peek(Token![else]) {
        return Some(FallbackKind::Else);
    }
    if !input.peek2(Token![=>]) {
        return None;
    }
    if is_word(input, "complete") {
        return Some(FallbackKind::Complete);
    }
    is_word(input, "default").then_some(FallbackKind::Default)
}

fn arm(input: ParseStream<'_>) -> syn::Result<Arm> {
    let first = input.span();
    // futures' shorthand: `name => ..` polls the variable and binds its output to the same name.
    let shorthand = input.peek(Ident) && input.peek2(Token![=>]);
    let (pat, future) = if shorthand {
        let ident: Ident = input.parse()?;
        let path = syn::Path::from(ident.clone());
        let pat = syn::PatIdent { attrs: Vec::new(), by_ref: None, mutability: None, ident, subpat: None };
        (Pat::Ident(pat), Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path }))
    } else {
        let pat = Pat::parse_multi_with_leading_vert(input)?;
        input.parse::<Token![=]>()?;
        (pat, input.parse()?)
    };
    let guard = if input.peek(Token![,]) && input.peek2(Token![if]) {
        input.parse::<Token![,]>()?;
        input.parse::<Token![if]>()?;
        Some(input.parse()?)
    } else {
        None
    };
    input.parse::<Token![=>]>()?;
    Ok(Arm { pat, future, guard, handler: handler(input)?, first })
}

/// A block, after which a comma may miss, or an expression.
fn handler(input: ParseStream<'_>) -> syn::Result<Expr> {
    let handler = if input.peek(token::Brace) {
        Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block: input.parse()? })
    } else {
        Expr::parse_with_earlier_boundary_rule(input)?
    };
    if input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
    } else if !input.is_empty() && !ends_with_brace(&handler) {
        return Err(syn::Error::new(handler.span(), "expected `,`"));
    }
    Ok(handler)
}

fn ends_with_brace(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Block(_)
            | Expr::If(_)
            | Expr::Match(_)
            | Expr::Loop(_)
            | Expr::While(_)
            | Expr::ForLoop(_)
            | Expr::Async(_)
            | Expr::Unsafe(_)
            | Expr::Const(_)
            | Expr::Macro(_)
    )
}
