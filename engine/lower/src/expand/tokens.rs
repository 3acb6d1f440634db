//! Tokens of a macro definition or call: flat, with every delimiter knowing its partner.
//!
//! ```text
//! /// Sum.
//! add(1, x >>= 2)      # [ doc = "Sum." ] add ( 1 , x >>= 2 )      `>>=` is three tokens, of which the first knows its length
//! ```
//! What a fragment matched stays one unit in the text of an expansion: it stands behind a marker comment, so that an
//! expansion of the expansion sees it as such and the parser does not mind.

use toecap_ir::SourceText;

use super::fragments::FragmentKind;
use crate::docs::{self, mentions_cancel};
use crate::lexer::{Kind, Lexer, LiteralKind, Token, closer};
use crate::tree::LOCAL_PREFIX;

/// Deepest nesting of delimiters.
const MAX_NESTING: usize = 1_500;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokKind {
    Ident,
    Lifetime,
    Literal(LiteralKind),
    /// One character, and how long the longest operator that starts with it is.
    Punct(u8, u8),
    Open(Delim),
    Close(Delim),
}

/// A pair of delimiters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delim {
    /// The opening bracket.
    Bracket(u8),
    /// Around what a fragment of this kind matched.
    Fragment(FragmentKind, Shell),
}

/// How the parser sees a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shell {
    /// Just its tokens.
    Bare,
    /// In parentheses, which keep operators outside from reaching in.
    Parens,
}

/// A token. Its text is at `lo..hi` of the source, except for words and literals made up for documentation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tok {
    pub(super) kind: TokKind,
    pub(super) lo: u32,
    pub(super) hi: u32,
    /// Index of the other delimiter.
    pub(super) pair: u32,
    /// Which of the made-up texts, plus one.
    made_up: u32,
}

/// Whether documentation comments are attributes (in a call) or nothing (in a definition).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Docs {
    Attributes,
    /// Except where they speak of cancellation, or are arguments of a macro that may match them.
    Dropped,
}

/// All tokens of a range of a text.
#[derive(Debug)]
pub(super) struct Buffer {
    pub(super) source: SourceText,
    pub(super) tokens: Vec<Tok>,
    made_up: Vec<String>,
}

impl Buffer {
    /// None when delimiters do not pair up.
    pub(super) fn new(source: &SourceText, range: (u32, u32), docs: Docs) -> Option<Self> {
        let text = source.text.get(range.0 as usize..range.1 as usize)?;
        let mut reader = Reader {
            out: Self { source: source.clone(), tokens: Vec::with_capacity(text.len() / 4), made_up: Vec::new() },
            open: Vec::new(),
            pending: None,
        };
        for mut token in Lexer::new(text) {
            token.lo += range.0;
            token.hi += range.0;
            if token.is_comment() {
                reader.comment(token, docs)?;
            } else {
                reader.token(token)?;
            }
        }
        if !reader.open.is_empty() {
            return None;
        }
        let mut out = reader.out;
        out.glue();
        Some(out)
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn kind(&self, at: usize) -> Option<TokKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// Text of a token; of a fragment's delimiter nothing.
    pub(super) fn text(&self, at: usize) -> &str {
        let Some(token) = self.tokens.get(at) else { return "" };
        match (token.made_up.checked_sub(1), token.kind) {
            (Some(index), _) => self.made_up.get(index as usize).map_or("", String::as_str),
            (None, TokKind::Open(Delim::Fragment(..)) | TokKind::Close(Delim::Fragment(..))) => "",
            (None, _) => self.source.text.get(token.lo as usize..token.hi as usize).unwrap_or(""),
        }
    }

    /// Does the group that opens at `at` hold the arguments of a macro call?
    pub(super) fn is_macro_args(&self, at: usize) -> bool {
        at >= 2 && self.is_punct(at - 1, b'!') && self.kind(at - 2) == Some(TokKind::Ident)
    }

    /// The operator that starts at a token.
    pub(super) fn operator(&self, at: usize) -> &str {
        let Some(Tok { kind: TokKind::Punct(_, len), lo, made_up: 0, .. }) = self.tokens.get(at) else {
            return self.text(at);
        };
        self.source.text.get(*lo as usize..*lo as usize + usize::from(*len)).unwrap_or("")
    }

    /// How many tokens the operator (or anything else that is not split) at `at` has.
    pub(super) fn width(&self, at: usize) -> usize {
        match self.kind(at) {
            Some(TokKind::Punct(_, len)) => usize::from(len),
            _ => 1,
        }
    }

    /// Behind the token tree at `at`; none at a closing delimiter and at the end.
    pub(super) fn tree_end(&self, at: usize) -> Option<usize> {
        match self.tokens.get(at)?.kind {
            TokKind::Open(_) => Some(self.tokens[at].pair as usize + 1),
            TokKind::Close(_) => None,
            _ => Some(at + self.width(at)),
        }
    }

    pub(super) fn is_ident(&self, at: usize, word: &str) -> bool {
        self.kind(at) == Some(TokKind::Ident) && self.text(at) == word
    }

    pub(super) fn is_punct(&self, at: usize, byte: u8) -> bool {
        matches!(self.kind(at), Some(TokKind::Punct(found, _)) if found == byte)
    }

    /// True for a group in these brackets.
    pub(super) fn is_group(&self, at: usize, bracket: u8) -> bool {
        self.kind(at) == Some(TokKind::Open(Delim::Bracket(bracket)))
    }

    /// True when one matches the other: same operator, same word, same bracket.
    pub(super) fn same(&self, at: usize, other: &Buffer, other_at: usize) -> bool {
        let (Some(a), Some(b)) = (self.kind(at), other.kind(other_at)) else { return false };
        match (a, b) {
            (TokKind::Punct(..), TokKind::Punct(..)) => self.operator(at) == other.operator(other_at),
            (TokKind::Open(Delim::Bracket(a)), TokKind::Open(Delim::Bracket(b)))
            | (TokKind::Close(Delim::Bracket(a)), TokKind::Close(Delim::Bracket(b))) => a == b,
            (TokKind::Ident, TokKind::Ident) => written(self.text(at)) == written(other.text(other_at)),
            (TokKind::Lifetime, TokKind::Lifetime) | (TokKind::Literal(_), TokKind::Literal(_)) => {
                self.text(at) == other.text(other_at)
            }
            _ => false,
        }
    }

    /// Lengths of operators.
    fn glue(&mut self) {
        let text = self.source.text.as_bytes();
        for at in 0..self.tokens.len() {
            let TokKind::Punct(byte, _) = self.tokens[at].kind else { continue };
            let mut chars = [byte, 0, 0];
            let mut hi = self.tokens[at].hi;
            for (ahead, slot) in chars.iter_mut().enumerate().skip(1) {
                match self.tokens.get(at + ahead) {
                    Some(Tok { kind: TokKind::Punct(next, _), lo, made_up: 0, .. })
                        if *lo == hi && text.get(*lo as usize) == Some(next) =>
                    {
                        *slot = *next;
                        hi = lo + 1;
                    }
                    _ => break,
                }
            }
            self.tokens[at].kind = TokKind::Punct(byte, operator_len(chars));
        }
    }
}

/// A word without what keeps variables apart: macros compare the words alone.
fn written(mut word: &str) -> &str {
    while let Some(rest) = word.strip_prefix(LOCAL_PREFIX) {
        word = rest;
    }
    word
}

fn operator_len(chars: [u8; 3]) -> u8 {
    match &chars {
        b"<<=" | b">>=" | b"..." | b"..=" => return 3,
        _ => {}
    }
    match &chars[..2] {
        b"&&" | b"||" | b"<<" | b">>" | b"->" | b"=>" | b"<-" | b"::" | b"==" | b"!=" | b"<=" | b">=" | b"+="
        | b"-=" | b"*=" | b"/=" | b"%=" | b"^=" | b"&=" | b"|=" | b".." => 2,
        _ => 1,
    }
}

struct Reader {
    out: Buffer,
    open: Vec<usize>,
    /// The fragment whose parenthesis comes next.
    pending: Option<FragmentKind>,
}

impl Reader {
    fn push(&mut self, kind: TokKind, token: Token) {
        self.out.tokens.push(Tok { kind, lo: token.lo, hi: token.hi, pair: 0, made_up: 0 });
    }

    fn token(&mut self, token: Token) -> Option<()> {
        let pending = self.pending.take();
        match token.kind {
            Kind::Ident => self.push(TokKind::Ident, token),
            Kind::Lifetime => self.push(TokKind::Lifetime, token),
            Kind::Literal(kind) => self.push(TokKind::Literal(kind), token),
            Kind::Punct(byte) => self.push(TokKind::Punct(byte, 1), token),
            Kind::Open(bracket) => {
                self.open(pending.map_or(Delim::Bracket(bracket), |kind| Delim::Fragment(kind, Shell::Parens)), token)?;
            }
            Kind::Close(bracket) => self.close(token, bracket)?,
            Kind::Other | Kind::LineComment | Kind::BlockComment => return None,
        }
        Some(())
    }

    fn open(&mut self, delim: Delim, token: Token) -> Option<()> {
        if self.open.len() >= MAX_NESTING {
            return None;
        }
        self.open.push(self.out.tokens.len());
        self.push(TokKind::Open(delim), token);
        Some(())
    }

    fn close(&mut self, token: Token, bracket: u8) -> Option<()> {
        let opened = self.open.pop()?;
        let TokKind::Open(delim) = self.out.tokens[opened].kind else { return None };
        let expected = match delim {
            Delim::Bracket(open) => closer(open),
            Delim::Fragment(_, Shell::Parens) => b')',
            Delim::Fragment(_, Shell::Bare) => 0,
        };
        if expected != bracket {
            return None;
        }
        self.out.tokens[opened].pair = self.out.tokens.len() as u32;
        self.push(TokKind::Close(delim), token);
        if let Some(last) = self.out.tokens.last_mut() {
            last.pair = opened as u32;
        }
        Some(())
    }

    fn comment(&mut self, token: Token, docs: Docs) -> Option<()> {
        let source = self.out.source.text.clone();
        let text = token.text(&source);
        if let Some(marker) = text.strip_prefix(MARKER).and_then(|rest| rest.strip_suffix("*/")) {
            return match (marker, marker.strip_suffix('(')) {
                (">", _) => self.close(token, 0),
                (_, Some(kind)) => {
                    self.pending = Some(FragmentKind::of(kind)?);
                    Some(())
                }
                (kind, None) => self.open(Delim::Fragment(FragmentKind::of(kind)?, Shell::Bare), token),
            };
        }
        let Some((inner, content)) = docs::of_comment(text) else { return Some(()) };
        let is_argument = || self.open.iter().any(|at| self.out.is_macro_args(*at));
        if docs == Docs::Attributes || mentions_cancel(content) || is_argument() {
            self.attribute(token, inner, content)?;
        }
        Some(())
    }

    /// `#[doc = "content"]`
    fn attribute(&mut self, token: Token, inner: bool, content: &str) -> Option<()> {
        let literal = format!("{content:?}");
        self.make_up(TokKind::Punct(b'#', 1), token, "#");
        if inner {
            self.make_up(TokKind::Punct(b'!', 1), token, "!");
        }
        self.open(Delim::Bracket(b'['), token)?;
        self.name_last("[");
        self.make_up(TokKind::Ident, token, "doc");
        self.make_up(TokKind::Punct(b'=', 1), token, "=");
        self.make_up(TokKind::Literal(LiteralKind::Str), token, &literal);
        self.close(token, b']')?;
        self.name_last("]");
        Some(())
    }

    fn make_up(&mut self, kind: TokKind, token: Token, text: &str) {
        self.push(kind, token);
        self.name_last(text);
    }

    fn name_last(&mut self, text: &str) {
        self.out.made_up.push(text.to_owned());
        if let Some(last) = self.out.tokens.last_mut() {
            last.made_up = self.out.made_up.len() as u32;
        }
    }
}

/// What a marker comment starts with. `/*<$expr(*/(a + b)` is an expression in a shell, `/*<$path*/a::b/*<$>*/` a bare path.
pub(super) const MARKER: &str = "/*<$";
