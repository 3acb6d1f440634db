//! One pass over a file before it is parsed: what the parser would drop or need not see.
//!
//! ```text
//! /// # Cancel safety
//! /// Safe.                          kept for the item that follows, then blanked
//! fn f() { work() } // toecap: allow(x)   kept as a comment; the body is blanked when only signatures are wanted
//! impl const Default for T {}    the `const` is blanked
//! ```
//! Blanking replaces bytes by spaces, so every offset stays what it was.

use toecap_ir::{Comment, Span};

use crate::docs::{self, CancelDocs};
use crate::lexer::{Kind, Lexer, Token};
use crate::tokens::{self, Tokens};

/// A file ready to be parsed, and what was read off it on the way.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    /// As long as the file.
    pub(crate) text: String,
    /// The tokens of `text`, and the documentation that is left in it.
    pub(crate) tokens: Vec<Token>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) cancel_docs: CancelDocs,
    /// Braces of the bodies that were blanked, in order.
    pub(crate) skipped: Vec<Span>,
    /// Deepest nesting of delimiters, and its place.
    pub(crate) depth: u32,
    pub(crate) deepest: u32,
    /// Most tokens that may nest in one another, parents and operators included.
    pub(crate) weight: u32,
}

impl Prepared {
    /// What the parser gets to see.
    pub(crate) fn read(&self) -> Option<Tokens> {
        tokens::read_lexed(&self.text, &self.tokens).ok()
    }
}

/// Which bodies the parser gets to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    Keep,
    Blank,
}

pub(crate) fn prepare(text: &str, bodies: Bodies) -> Prepared {
    let mut scan = Scan {
        text,
        bodies,
        out: Prepared::default(),
        blanks: Vec::new(),
        levels: Vec::new(),
        top: 0,
        total: 0,
        signature: None,
        implementation: None,
        body: None,
        last: [Token { kind: Kind::Other, lo: 0, hi: 0 }; 2],
        docs: Vec::new(),
        attribute: None,
        closed: false,
    };
    let start = preamble(text);
    if start > 0 {
        scan.blanks.push((0, start as u32));
    }
    let shifted = |token: Token| Token { lo: token.lo + start as u32, hi: token.hi + start as u32, ..token };
    let mut lexer = Lexer::new(&text[start..]);
    while let Some(token) = lexer.next() {
        scan.token(shifted(token));
        if scan.body.is_some() {
            lexer.skip_block(|comment| scan.remark(shifted(comment)));
        }
    }
    scan.finish()
}

/// Length of what stands before the first token of a crate: byte order mark, `#!` line, front matter.
fn preamble(text: &str) -> usize {
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    if text[at..].starts_with("#!") {
        let next = Lexer::new(&text[at + 2..]).find(|t| !t.is_comment());
        if next.is_none_or(|t| t.kind != Kind::Open(b'[')) {
            at += text[at..].find('\n').unwrap_or(text.len() - at);
        }
    }
    let rest = text[at..].trim_start();
    if rest.starts_with("---") {
        let fence = rest.bytes().take_while(|b| *b == b'-').count();
        let body = text.len() - rest.len() + fence;
        let closing = format!("\n{}", &rest[..fence]);
        if let Some(end) = text[body..].find(&closing) {
            at = body + end + closing.len();
        }
    }
    at
}

/// A pending function signature: its body starts at the next `{` outside brackets.
struct Signature {
    level: usize,
    angles: i32,
}

struct Scan<'a> {
    text: &'a str,
    bodies: Bodies,
    out: Prepared,
    blanks: Vec<(u32, u32)>,
    /// Per open delimiter: tokens since the last separator in the level around it, and whether its text is for a macro.
    levels: Vec<(u32, bool)>,
    top: u32,
    total: u32,
    signature: Option<Signature>,
    /// Depth in angle brackets behind `impl`.
    implementation: Option<u32>,
    /// Start and level of the body that is being blanked.
    body: Option<(u32, usize)>,
    /// The two tokens before.
    last: [Token; 2],
    docs: Vec<(u32, u32)>,
    /// Level of the attribute that stands between a doc comment and its item.
    attribute: Option<usize>,
    closed: bool,
}

impl<'a> Scan<'a> {
    fn slice(&self, token: Token) -> &'a str {
        token.text(self.text)
    }

    /// Compares in place: most words are of another length.
    fn is_word<const N: usize>(&self, token: Token, word: &[u8; N]) -> bool {
        (token.hi - token.lo) as usize == N
            && self.text.as_bytes().get(token.lo as usize..).and_then(<[u8]>::first_chunk) == Some(word)
    }

    fn token(&mut self, token: Token) {
        if token.is_comment() {
            if self.comment(token) {
                self.out.tokens.push(token);
            }
            return;
        }
        if !self.docs.is_empty() || self.attribute.is_some() {
            self.end_docs(token);
        }
        self.weigh(token);
        let blanked = self.constness(token);
        match token.kind {
            Kind::Open(bracket) => self.open(token, bracket),
            Kind::Close(_) => self.close(token),
            Kind::Ident if self.bodies == Bodies::Blank => self.word(),
            Kind::Punct(byte) => self.punct(byte),
            _ => {}
        }
        if !blanked {
            self.out.tokens.push(token);
        }
        self.last = [token, self.last[0]];
    }

    fn weigh(&mut self, token: Token) {
        let separates = match token.kind {
            Kind::Punct(b',' | b';') => true,
            Kind::Ident => self.closed && !self.is_word(token, b"else"),
            _ => false,
        };
        self.closed = token.kind == Kind::Close(b'}');
        if separates {
            self.total -= self.top;
            self.top = 0;
        } else {
            self.top += 1;
            self.total += 1;
            self.out.weight = self.out.weight.max(self.total);
        }
    }

    /// Blanks the modifier of `impl const Trait for T` and `impl<T> const Trait for T`, which the parser does not know.
    fn constness(&mut self, token: Token) -> bool {
        let Some(depth) = self.implementation else {
            if token.kind == Kind::Ident && self.is_word(token, b"impl") {
                self.implementation = Some(0);
            }
            return false;
        };
        let arrow = matches!(self.last[0].kind, Kind::Punct(b'-' | b'='));
        self.implementation = match token.kind {
            Kind::Punct(b'<') => Some(depth + 1),
            Kind::Punct(b'>') if !arrow => depth.checked_sub(1),
            _ if depth > 0 => Some(depth),
            _ => None,
        };
        let blanked = depth == 0 && token.kind == Kind::Ident && self.is_word(token, b"const");
        if blanked {
            self.blanks.push((token.lo, token.hi));
        }
        blanked
    }

    fn in_macro(&self) -> bool {
        self.levels.last().is_some_and(|level| level.1)
    }

    fn open(&mut self, token: Token, bracket: u8) {
        let level = self.levels.len();
        if bracket == b'{' && self.signature.as_ref().is_some_and(|s| s.level == level && s.angles <= 0) {
            self.signature = None;
            self.body = Some((token.lo, level));
        }
        let for_macro = self.in_macro() || self.opens_macro();
        self.levels.push((self.top, for_macro));
        self.top = 0;
        if level as u32 + 1 > self.out.depth {
            self.out.depth = level as u32 + 1;
            self.out.deepest = token.lo;
        }
    }

    /// True after `name!`, `macro_rules! name`, `macro name`, `#` and `#!`.
    fn opens_macro(&self) -> bool {
        let [last, before] = self.last;
        match (before.kind, last.kind) {
            (_, Kind::Punct(b'#')) | (Kind::Punct(b'#'), Kind::Punct(b'!')) => true,
            (Kind::Ident, Kind::Punct(b'!')) => true,
            (Kind::Punct(b'!'), Kind::Ident) => true,
            (Kind::Ident, Kind::Ident) => self.is_word(before, b"macro"),
            _ => false,
        }
    }

    fn close(&mut self, token: Token) {
        let Some((top, _)) = self.levels.pop() else { return };
        self.total -= self.top;
        self.top = top;
        let level = self.levels.len();
        if let Some((start, of)) = self.body
            && of == level
        {
            self.body = None;
            self.out.skipped.push(Span::new(start, token.hi));
            self.blanks.push((start + 1, token.lo));
        }
        if self.signature.as_ref().is_some_and(|s| s.level > level) {
            self.signature = None;
        }
    }

    fn word(&mut self) {
        let after_fn = self.last[0].kind == Kind::Ident && self.is_word(self.last[0], b"fn");
        if after_fn && !self.in_macro() {
            self.signature = Some(Signature { level: self.levels.len(), angles: 0 });
        }
    }

    fn punct(&mut self, byte: u8) {
        let level = self.levels.len();
        let arrow = matches!(self.last[0].kind, Kind::Punct(b'-' | b'='));
        let Some(signature) = self.signature.as_mut().filter(|s| s.level == level) else { return };
        match byte {
            b'<' => signature.angles += 1,
            b'>' if !arrow => signature.angles -= 1,
            b';' => self.signature = None,
            _ => {}
        }
    }

    /// True for documentation that stays.
    fn comment(&mut self, token: Token) -> bool {
        let text = self.slice(token);
        let Some((is_inner, content)) = docs::of_comment(text) else {
            self.remark(token);
            return false;
        };
        if self.in_macro() {
            // `$(#[$attr:meta])*` matches documentation, so it must stay where it is text for a macro.
            return true;
        }
        self.blanks.push((token.lo, token.hi));
        if is_inner {
            self.out.cancel_docs.inner(content, self.levels.len());
        } else {
            self.docs.push((token.lo, token.hi));
        }
        false
    }

    /// A comment that is no documentation.
    fn remark(&mut self, token: Token) {
        let text = self.slice(token);
        let inner = text.get(2..).unwrap_or("");
        let inner =
            if token.kind == Kind::BlockComment { inner.strip_suffix("*/").unwrap_or(inner) } else { inner }.trim();
        if !["toecap:", "~", "?", "cancel-safe"].iter().any(|start| inner.starts_with(start)) {
            return;
        }
        let line = &self.text[..token.lo as usize];
        let line = &line[line.rfind('\n').map_or(0, |i| i + 1)..];
        let own_line = line.trim_start_matches('\u{feff}').trim().is_empty();
        let span = Span::new(token.lo, token.hi);
        self.out.comments.push(Comment { span, text: inner.into(), own_line });
    }

    /// A token after documentation: an attribute goes on, anything else is the item.
    fn end_docs(&mut self, token: Token) {
        let level = self.levels.len();
        match self.attribute {
            Some(of) if of < level || matches!(token.kind, Kind::Open(b'[')) => return,
            _ => self.attribute = None,
        }
        if token.kind == Kind::Punct(b'#') {
            self.attribute = Some(level);
            return;
        }
        let docs = std::mem::take(&mut self.docs);
        self.out.cancel_docs.outer(self.text, &docs, token.lo);
    }

    fn finish(mut self) -> Prepared {
        let Prepared { text: out, .. } = &mut self.out;
        out.reserve(self.text.len());
        self.blanks.sort_unstable();
        let mut at = 0;
        for (lo, hi) in self.blanks {
            let (lo, hi) = ((lo as usize).max(at), hi as usize);
            if lo >= hi {
                continue;
            }
            out.push_str(&self.text[at..lo]);
            blank(&self.text[lo..hi], out);
            at = hi;
        }
        out.push_str(&self.text[at..]);
        self.out.cancel_docs.settle();
        self.out
    }
}

/// Spaces in place of `text`, line ends kept.
fn blank(text: &str, out: &mut String) {
    const SPACES: &str = "                                                                ";
    let spaces = |out: &mut String, mut width: usize| {
        while width > 0 {
            let some = width.min(SPACES.len());
            out.push_str(&SPACES[..some]);
            width -= some;
        }
    };
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text.as_bytes()) {
        spaces(out, end - start);
        out.push('\n');
        start = end + 1;
    }
    spaces(out, text.len() - start);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_is_no_remark_in_a_body_that_is_blanked_either() {
        let text = "fn f() { //! toecap: allow(a)\n /// toecap: allow(b)\n // toecap: allow(c)\n /* ~ d */ }";
        for bodies in [Bodies::Keep, Bodies::Blank] {
            let texts: Vec<_> = prepare(text, bodies).comments.iter().map(|comment| comment.text.to_string()).collect();
            assert_eq!(texts, ["toecap: allow(c)", "~ d"]);
        }
    }
}
