//! Token trees for syn out of what [`crate::lexer`] found, so that a text is read once and not twice.
//!
//! ```text
//! fn f() { g(1) }     fn f ( ) { g ( 1 ) }       ten tokens; the span of `g` is 5..6, of the braces 4..10
//! ```
//! A span counts tokens, not bytes: no lines are needed to find a place, and every token of a text has a span ready. Only
//! proc-macro2 makes spans, so they are borrowed from a *ruler*, a text of as many semicolons that it has read before. What
//! the builder does not understand (other alphabets, broken text) is left to proc-macro2, whose spans are lines and columns.

mod literals;

use std::cell::RefCell;
use std::str::FromStr as _;

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span as TokenSpan, TokenStream, TokenTree};

use crate::docs;
use crate::lexer::{Kind, Lexer, Token, closer};
use crate::lines::Lines;

/// A text as syn wants it.
pub(crate) struct Tokens {
    pub(crate) stream: TokenStream,
    pub(crate) places: Places,
}

/// Where the spans of a text point.
#[derive(Debug)]
pub(crate) enum Places {
    /// To lines and columns.
    Lines(Lines),
    /// To tokens: the bytes of each.
    Tokens(Vec<(u32, u32)>),
}

impl Default for Places {
    fn default() -> Self {
        Self::Tokens(Vec::new())
    }
}

impl Places {
    /// Byte offset of the first character of a span.
    pub(crate) fn lo(&self, text: &str, span: TokenSpan) -> u32 {
        let at = span.start();
        match self {
            Self::Lines(lines) => lines.offset(text, at.line, at.column),
            Self::Tokens(tokens) => tokens.get(at.column).map_or(text.len() as u32, |token| token.0),
        }
    }

    /// Byte offset behind the last character of a span.
    pub(crate) fn hi(&self, text: &str, span: TokenSpan) -> u32 {
        let at = span.end();
        match self {
            Self::Lines(lines) => lines.offset(text, at.line, at.column),
            Self::Tokens(tokens) => {
                at.column.checked_sub(1).and_then(|last| tokens.get(last)).map_or(0, |token| token.1)
            }
        }
    }
}

/// The tokens of a text.
pub(crate) fn read(text: &str) -> Option<Tokens> {
    read_lexed(text, &Lexer::new(text).collect::<Vec<_>>()).ok()
}

/// The tokens of a text that was lexed before; else where proc-macro2 gave up.
pub(crate) fn read_lexed(text: &str, lexed: &[Token]) -> Result<Tokens, u32> {
    if let Some(tokens) = RULER.with_borrow_mut(|ruler| build(text, lexed, ruler)) {
        return Ok(tokens);
    }
    let places = Places::Lines(Lines::new(text));
    RULER.with_borrow_mut(|ruler| ruler.read += text.len());
    match TokenStream::from_str(text) {
        Ok(stream) => Ok(Tokens { stream, places }),
        Err(error) => Err(places.lo(text, error.span())),
    }
}

/// Forgets now and then what proc-macro2 keeps of every text that it has read. No tree may be alive.
pub(crate) fn settle() {
    RULER.with_borrow_mut(|ruler| {
        ruler.texts += 1;
        if ruler.texts >= MAX_TEXTS || ruler.read >= MAX_READ {
            *ruler = Ruler::default();
            proc_macro2::extra::invalidate_current_thread_spans();
        }
    });
}

const MAX_TEXTS: u32 = 8192;
/// Bytes that proc-macro2 has read, beside the ruler.
const MAX_READ: usize = 1 << 18;
const SHORTEST_RULER: usize = 4096;

thread_local! {
    static RULER: RefCell<Ruler> = RefCell::default();
}

/// Spans of the tokens number 0, 1, 2, ... of any text.
#[derive(Default)]
struct Ruler {
    spans: Vec<TokenSpan>,
    texts: u32,
    read: usize,
}

impl Ruler {
    fn reach(&mut self, tokens: usize) -> Option<&[TokenSpan]> {
        if self.spans.len() < tokens {
            let text = ";".repeat(tokens.next_power_of_two().max(SHORTEST_RULER));
            self.spans = TokenStream::from_str(&text).ok()?.into_iter().map(|token| token.span()).collect();
        }
        Some(&self.spans)
    }
}

fn build(text: &str, lexed: &[Token], ruler: &mut Ruler) -> Option<Tokens> {
    let literals = literals(text, lexed, &mut ruler.read)?;
    let mut builder = Builder {
        text,
        ruler: ruler.reach(lexed.len() + lexed.iter().filter(|token| token.kind == Kind::Lifetime).count())?,
        literals: literals.into_iter(),
        places: Vec::with_capacity(lexed.len()),
        trees: Vec::with_capacity(lexed.len().min(1024)),
        open: Vec::new(),
    };
    for token in lexed {
        builder.token(*token)?;
    }
    if !builder.open.is_empty() {
        return None;
    }
    Some(Tokens { stream: builder.trees.into_iter().collect(), places: Places::Tokens(builder.places) })
}

/// The literals, in order. What proc-macro2 alone can make, it reads all at once.
fn literals(text: &str, lexed: &[Token], read: &mut usize) -> Option<Vec<Literal>> {
    let mut odd = String::new();
    let mut literals = Vec::new();
    for token in lexed.iter().filter(|token| matches!(token.kind, Kind::Literal(_))) {
        let repr = token.text(text);
        let plain = literals::plain(repr);
        if plain.is_none() {
            odd.push_str(repr);
            odd.push('\n');
        }
        literals.push(plain);
    }
    if odd.is_empty() {
        return literals.into_iter().collect();
    }
    *read += odd.len();
    let mut odd = TokenStream::from_str(&odd).ok()?.into_iter();
    let mut next = || match odd.next()? {
        TokenTree::Literal(literal) => Some(literal),
        _ => None,
    };
    let literals: Option<Vec<Literal>> = literals.into_iter().map(|plain| plain.or_else(&mut next)).collect();
    literals.filter(|_| odd.next().is_none())
}

struct Builder<'a> {
    text: &'a str,
    ruler: &'a [TokenSpan],
    literals: std::vec::IntoIter<Literal>,
    places: Vec<(u32, u32)>,
    /// Of all levels that are open, one behind the other.
    trees: Vec<TokenTree>,
    /// Bracket, its number and the first tree in it.
    open: Vec<(u8, usize, usize)>,
}

impl Builder<'_> {
    fn place(&mut self, lo: u32, hi: u32) -> Option<TokenSpan> {
        let span = *self.ruler.get(self.places.len())?;
        self.places.push((lo, hi));
        Some(span)
    }

    fn push(&mut self, tree: impl Into<TokenTree>, span: TokenSpan) {
        let mut tree = tree.into();
        tree.set_span(span);
        self.trees.push(tree);
    }

    fn next_byte(&self, token: Token) -> u8 {
        self.text.as_bytes().get(token.hi as usize).copied().unwrap_or(0)
    }

    /// None: not understood.
    fn token(&mut self, token: Token) -> Option<()> {
        match token.kind {
            Kind::Ident => self.ident(token),
            Kind::Lifetime => self.lifetime(token),
            Kind::Literal(_) => self.literal(token),
            Kind::Open(bracket) => {
                self.open.push((bracket, self.places.len(), self.trees.len()));
                self.places.push((token.lo, token.hi));
                Some(())
            }
            Kind::Close(bracket) => self.close(token, bracket),
            Kind::Punct(byte) => {
                is_punct(byte).then_some(())?;
                let joint = match self.text.as_bytes().get(token.hi as usize..) {
                    Some([b'/', b'/' | b'*', ..]) => false,
                    Some([next, ..]) => is_punct(*next),
                    _ => false,
                };
                let spacing = if joint { Spacing::Joint } else { Spacing::Alone };
                let span = self.place(token.lo, token.hi)?;
                self.push(Punct::new(char::from(byte), spacing), span);
                Some(())
            }
            Kind::LineComment | Kind::BlockComment => self.comment(token),
            Kind::Other => None,
        }
    }

    fn ident(&mut self, token: Token) -> Option<()> {
        let name = token.text(self.text);
        name.is_ascii().then_some(())?;
        let prefix = matches!(name, "r" | "b" | "br" | "c" | "cr");
        if prefix && matches!(self.next_byte(token), b'"' | b'\'' | b'#') {
            return None;
        }
        let span = self.place(token.lo, token.hi)?;
        let ident = match name.strip_prefix("r#") {
            Some("" | "_" | "super" | "self" | "Self" | "crate") => return None,
            Some(raw) => Ident::new_raw(raw, span),
            None => Ident::new(name, span),
        };
        self.trees.push(ident.into());
        Some(())
    }

    fn lifetime(&mut self, token: Token) -> Option<()> {
        let name = &token.text(self.text)[1..];
        let strange = !name.is_ascii() || name.starts_with("r#") || matches!(self.next_byte(token), b'\'' | b'#');
        (!strange).then_some(())?;
        let quote = self.place(token.lo, token.lo + 1)?;
        self.push(Punct::new('\'', Spacing::Joint), quote);
        let span = self.place(token.lo + 1, token.hi)?;
        self.trees.push(Ident::new(name, span).into());
        Some(())
    }

    fn literal(&mut self, token: Token) -> Option<()> {
        let literal = self.literals.next()?;
        let span = self.place(token.lo, token.hi)?;
        self.push(literal, span);
        Some(())
    }

    fn close(&mut self, token: Token, bracket: u8) -> Option<()> {
        let (opened, number, first) = self.open.pop()?;
        (closer(opened) == bracket).then_some(())?;
        let delimiter = match opened {
            b'(' => Delimiter::Parenthesis,
            b'[' => Delimiter::Bracket,
            _ => Delimiter::Brace,
        };
        let end = self.place(token.lo, token.hi)?;
        let span = self.ruler.get(number)?.join(end)?;
        let group = Group::new(delimiter, self.trees.drain(first..).collect());
        self.push(group, span);
        Some(())
    }

    /// Documentation is an attribute; other comments are nothing.
    fn comment(&mut self, token: Token) -> Option<()> {
        let text = token.text(self.text);
        let is_line = token.kind == Kind::LineComment;
        if !is_line && !text.ends_with("*/") {
            return None;
        }
        let Some((is_inner, doc)) = docs::of_comment(text) else { return Some(()) };
        // In documentation a line ends with a line feed.
        if text.strip_suffix('\r').filter(|_| is_line).unwrap_or(text).contains('\r') {
            return None;
        }
        let span = self.place(token.lo, token.hi)?;
        self.push(Punct::new('#', Spacing::Alone), span);
        if is_inner {
            self.push(Punct::new('!', Spacing::Alone), span);
        }
        let mut inner: [TokenTree; 3] =
            [Ident::new("doc", span).into(), Punct::new('=', Spacing::Alone).into(), Literal::string(doc).into()];
        inner.iter_mut().for_each(|tree| tree.set_span(span));
        self.push(Group::new(Delimiter::Bracket, inner.into_iter().collect()), span);
        Some(())
    }
}

/// True for what operators are made of, for proc-macro2.
fn is_punct(byte: u8) -> bool {
    byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'(' | b')' | b'[' | b'\\' | b']' | b'_' | b'`' | b'{' | b'}')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// Trees with the bytes of every token.
    fn shape(stream: TokenStream, text: &str, places: &Places, out: &mut Vec<String>) {
        for tree in stream {
            let at = (places.lo(text, tree.span()), places.hi(text, tree.span()));
            match tree {
                TokenTree::Group(group) => {
                    let (open, close) = (group.span_open(), group.span_close());
                    let ends = (places.hi(text, open), places.lo(text, close));
                    // Those of documentation are in the middle of one token.
                    let is_doc = group.stream().into_iter().next().is_some_and(|first| first.to_string() == "doc");
                    out.push(format!("{:?} {at:?} {:?}", group.delimiter(), (!is_doc).then_some(ends)));
                    shape(group.stream(), text, places, out);
                    out.push("end".to_owned());
                }
                TokenTree::Punct(punct) => out.push(format!("{:?} {:?} {at:?}", punct.as_char(), punct.spacing())),
                tree => out.push(format!("{tree} {at:?}")),
            }
        }
    }

    fn shapes(tokens: Tokens, text: &str) -> Vec<String> {
        let mut out = Vec::new();
        shape(tokens.stream, text, &tokens.places, &mut out);
        out
    }

    fn built(text: &str) -> Option<Tokens> {
        let lexed: Vec<Token> = Lexer::new(text).collect();
        RULER.with_borrow_mut(|ruler| build(text, &lexed, ruler))
    }

    fn same(text: &str) {
        let own = built(text).unwrap();
        let theirs = Tokens { stream: TokenStream::from_str(text).unwrap(), places: Places::Lines(Lines::new(text)) };
        assert_eq!(shapes(own, text), shapes(theirs, text), "{text}");
    }

    #[test]
    fn trees_are_those_of_proc_macro2() {
        same("fn f<'a>(x: &'a str) -> u8 { x.0.1 += 0x1e_u8; y[..=2] }");
        same("a //c\n+//d\n+/*e*/+ += |'b| 'c: loop {} r#type::r#fn _ __");
        same(
            r####"("é", b"\x00", r#"a"b"#, c"x", 'é', b'\'', 1.5e-3f64, 1., 007, 1_000, 12345678901, "a\
            b")"####,
        );
        same("(\"it's {plain}, or /* not */\", \"\")");
        same(
            r#"("\n\t\r\"\\ \' \0 \x41 \u{e9}", 'a', '"', '\n', b'a', b'"', b"ab", b"\n", 1u8, 01u8, 300u8, 2usize, "\\")"#,
        );
        same("m! { /// doc \"q\"\r\n /** block */ //! inner\n //// none\n /*** none */ /**/ x }");
    }

    #[test]
    fn strange_text_is_left_to_proc_macro2() {
        for text in ["(]", "(", ")", "`", "\\", "'a'b'", "b'", "\"", "r#self", "r#\"", "br#x", "/*", "größe"] {
            assert!(built(text).is_none(), "{text}");
        }
    }

    #[test]
    fn long_texts_and_many_texts() {
        for round in 0..600 {
            let text = format!("[{}]", "a, ".repeat(if round % 100 == 0 { 20_000 } else { 3 }));
            let tokens = read(&text).unwrap();
            let last = tokens.stream.into_iter().last().unwrap().span();
            assert_eq!((tokens.places.lo(&text, last), tokens.places.hi(&text, last)), (0, text.len() as u32));
            settle();
        }
    }
}
