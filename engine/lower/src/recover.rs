//! What can be had of a file that does not parse as a whole.
//!
//! ```text
//! fn good() {}
//! fn strange() { some nightly syntax }     one opaque item, one problem
//! fn also_good() {}
//! ```

use toecap_ir::{Problem, Span};

use crate::lexer::{Kind, Lexer, Token};
use crate::tokens::{self, Places, Tokens};
use crate::tree::Lowerer;

/// The problem of a text that has no tokens at `at`, or somewhere behind.
pub(crate) fn lex_problem(text: &str, at: u32) -> Problem {
    let mut open = Vec::new();
    for token in Lexer::new(text) {
        match token.kind {
            Kind::Open(bracket) => open.push((bracket, token)),
            Kind::Close(bracket) => match open.pop() {
                Some((opened, _)) if crate::lexer::closer(opened) == bracket => {}
                Some(_) => {
                    let message = format!("mismatched closing delimiter: `{}`", char::from(bracket));
                    return problem(token, &message);
                }
                None => return problem(token, &format!("unexpected closing delimiter: `{}`", char::from(bracket))),
            },
            _ => {}
        }
    }
    if let Some((_, token)) = open.pop() {
        return problem(token, "this file contains an unclosed delimiter");
    }
    let width = text.get(at as usize..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    Problem { span: Span::new(at, at + width as u32), message: "unknown start of token".into() }
}

fn problem(token: Token, message: &str) -> Problem {
    Problem { span: Span::new(token.lo, token.hi), message: message.into() }
}

/// Lowers the items that parse; the others become opaque. `problem` is what the parser said first.
pub(crate) fn item_by_item(cx: &mut Lowerer<'_>, problem: Problem) {
    let text = cx.whole_text();
    let mut root = Vec::new();
    for (lo, hi) in item_ranges(text) {
        match parse_at(text, lo, hi) {
            Some((Parsed::Items(items), places)) => {
                root.extend(cx.shifted(lo, places, |cx| cx.items(&items)).iter().copied());
            }
            Some((Parsed::Attributes(attrs), places)) => {
                let attrs = cx.shifted(lo, places, |cx| cx.attrs(&attrs));
                cx.file.attrs = attrs;
            }
            None => root.push(cx.opaque_item(lo as u32, hi as u32)),
        }
    }
    cx.file.root = root.into();
    cx.file.problems.push(problem);
}

enum Parsed {
    Items(Vec<syn::Item>),
    Attributes(Vec<syn::Attribute>),
}

fn parse_at(text: &str, lo: usize, hi: usize) -> Option<(Parsed, Places)> {
    let Tokens { stream, places } = tokens::read(text.get(lo..hi)?)?;
    let file: syn::File = syn::parse2(stream).ok()?;
    let parsed = if file.items.is_empty() { Parsed::Attributes(file.attrs) } else { Parsed::Items(file.items) };
    Some((parsed, places))
}

/// Byte ranges of the items: each ends at `;` or `}` outside brackets.
pub(crate) fn item_ranges(text: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut depth = 0_u32;
    let mut start = None;
    let mut tokens = Lexer::new(text).filter(|t| !t.is_comment()).peekable();
    let mut inner_attribute = false;
    let mut before = Kind::Other;
    while let Some(token) = tokens.next() {
        let lo = *start.get_or_insert(token.lo as usize);
        let mut ends = false;
        match token.kind {
            Kind::Open(_) => depth += 1,
            Kind::Close(bracket) => {
                depth = depth.saturating_sub(1);
                // `#![..]` is a unit of its own; `use a::{b};` and `struct S {}` end at different tokens.
                ends = depth == 0 && (bracket == b'}' || inner_attribute);
                ends &= tokens.peek().is_none_or(|next| next.kind != Kind::Punct(b';'));
            }
            Kind::Punct(b';') => ends = depth == 0,
            Kind::Punct(b'!') if depth == 0 && before == Kind::Punct(b'#') => inner_attribute = true,
            _ => {}
        }
        before = token.kind;
        if ends {
            ranges.push((lo, token.hi as usize));
            start = None;
            inner_attribute = false;
        }
    }
    if let Some(lo) = start {
        ranges.push((lo, text.trim_end().len().max(lo)));
    }
    ranges
}
