//! Macro calls, and the grammar of their arguments by the macro's last name.
//!
//! ```text
//! tokio::select! { v = rx.recv() => use_it(v), else => return }    MacroArgs::Select
//! println!("{x}")                                                  MacroArgs::Exprs([literal, x])
//! ```

mod args;
mod format;
mod json;
mod select;
mod statements;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser as _;
use syn::{Macro, MacroDelimiter, Token};
use toecap_ir::{Delimiter, MacroArgs, MacroCall, Name, TypeMacro};

use crate::tree::{BodyLowerer, Lowerer};

impl Lowerer<'_> {
    /// A macro call with arguments that are already understood.
    pub(crate) fn macro_call(&mut self, mac: &Macro, parsed: MacroArgs) -> MacroCall {
        let path = self.path(None, &mac.path);
        let delimiters = mac.delimiter.span();
        let (open, close) = (delimiters.open(), delimiters.close());
        let args = (self.hi(open), self.lo(close));
        let span = path.span.to(self.span(close));
        let delimiter = match mac.delimiter {
            MacroDelimiter::Paren(_) => Delimiter::Paren,
            MacroDelimiter::Brace(_) => Delimiter::Brace,
            MacroDelimiter::Bracket(_) => Delimiter::Bracket,
        };
        MacroCall { path, span, args, delimiter, parsed }
    }

    /// A macro call where a type stands.
    pub(crate) fn type_macro(&mut self, mac: &Macro) -> TypeMacro {
        let MacroCall { path, span, args: (lo, hi), delimiter, parsed: _ } = self.macro_call(mac, MacroArgs::NoValues);
        TypeMacro { path, span, delimiter, args: self.slice(lo, hi).into() }
    }
}

impl BodyLowerer<'_, '_> {
    /// A macro call in a body.
    pub(crate) fn macro_expr(&mut self, mac: &Macro) -> MacroCall {
        self.body.has_macros = true;
        let name = mac.path.segments.last().map(|segment| self.cx.name(&segment.ident));
        let parsed = name.and_then(|name| self.macro_args(name.as_str(), mac));
        let parsed = parsed.unwrap_or_else(|| MacroArgs::Opaque(self.identifiers(&mac.tokens)));
        self.cx.macro_call(mac, parsed)
    }

    fn macro_args(&mut self, name: &str, mac: &Macro) -> Option<MacroArgs> {
        let tokens = mac.tokens.clone();
        match name {
            "select" | "select_biased" => self.select(tokens, name == "select_biased"),
            "stream" | "try_stream" => self.statements(tokens),
            "pin" | "pin_mut" => self.pin(tokens),
            "matches" | "assert_matches" | "debug_assert_matches" => self.matches(tokens),
            "vec" => self.repeat(tokens.clone()).or_else(|| self.arguments(name, tokens)),
            "concat" | "stringify" | "env" | "option_env" | "include" | "include_str" | "include_bytes" | "line"
            | "file" | "column" | "module_path" | "cfg" | "compile_error" | "offset_of" | "size_of" | "size_of_val"
            | "type_name" | "concat_idents" | "concat_bytes" | "assert_impl_all" | "assert_obj_safe"
            | "const_format_args" | "global_asm" | "register_class" => Some(MacroArgs::NoValues),
            "json" => self.json(tokens),
            "quote" | "quote_spanned" | "parse_quote" | "asm" | "html" | "rsx" | "view" | "cfg_if" | "thread_local"
            | "lazy_static" => None,
            _ => self.arguments(name, tokens),
        }
    }

    fn repeat(&mut self, tokens: TokenStream) -> Option<MacroArgs> {
        let parser = |input: syn::parse::ParseStream<'_>| {
            let value: syn::Expr = input.parse()?;
            input.parse::<Token![;]>()?;
            Ok((value, input.parse::<syn::Expr>()?))
        };
        let (value, count) = parser.parse2(tokens).ok()?;
        Some(MacroArgs::Repeat(self.expr(&value).id, self.expr(&count).id))
    }

    fn matches(&mut self, tokens: TokenStream) -> Option<MacroArgs> {
        let parser = |input: syn::parse::ParseStream<'_>| {
            let value: syn::Expr = input.parse()?;
            input.parse::<Token![,]>()?;
            let pat = syn::Pat::parse_multi_with_leading_vert(input)?;
            let guard = if input.peek(Token![if]) {
                input.parse::<Token![if]>()?;
                Some(input.parse::<syn::Expr>()?)
            } else {
                None
            };
            // `assert_matches!(value, pattern, "message {}", args)`
            input.parse::<TokenStream>()?;
            Ok((value, pat, guard))
        };
        let (value, pat, guard) = parser.parse2(tokens).ok()?;
        let value = self.expr(&value).id;
        let pat = self.pat(&pat);
        Some(MacroArgs::Matches { value, pat, guard: guard.map(|guard| self.expr(&guard).id) })
    }

    /// All identifiers among the tokens.
    fn identifiers(&self, tokens: &TokenStream) -> Box<[Name]> {
        let mut names = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut stack = vec![tokens.clone().into_iter()];
        while let Some(iter) = stack.last_mut() {
            match iter.next() {
                None => {
                    stack.pop();
                }
                Some(TokenTree::Group(group)) => stack.push(group.stream().into_iter()),
                Some(TokenTree::Ident(ident)) => {
                    let name = self.cx.name(&ident);
                    if seen.insert(name) {
                        names.push(name);
                    }
                }
                Some(_) => {}
            }
        }
        names.into()
    }
}
