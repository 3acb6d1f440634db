//! A flat lexer that never fails, for what must be known of a file before or without parsing it.
//!
//! ```text
//! let s = r#"}"#; // toecap: allow
//! ```
//! is `Ident Ident Punct Str Punct LineComment`: braces in strings and comments are never delimiters.

mod block;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Identifier, keyword or raw identifier.
    Ident,
    /// `'a`
    Lifetime,
    /// Any literal except `true` and `false`.
    Literal(LiteralKind),
    /// `(`, `[`, `{`
    Open(u8),
    /// `)`, `]`, `}`
    Close(u8),
    /// One character of an operator.
    Punct(u8),
    /// `// ..` without its line end.
    LineComment,
    /// `/* .. */`
    BlockComment,
    /// A character that starts no token.
    Other,
}

/// What a literal token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiteralKind {
    /// String of any kind.
    Str,
    /// Character or byte.
    Char,
    /// Integer or float.
    Number,
}

/// A token: its kind and its byte range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub lo: u32,
    /// One past the last byte.
    pub hi: u32,
}

impl Token {
    /// The token as `text`, from which it was read, has it.
    pub(crate) fn text(self, text: &str) -> &str {
        text.get(self.lo as usize..self.hi as usize).unwrap_or("")
    }

    /// True for comments of any kind.
    pub fn is_comment(self) -> bool {
        matches!(self.kind, Kind::LineComment | Kind::BlockComment)
    }
}

/// The tokens of a text, comments included, white space left out.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0 }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn skip_while(&mut self, test: impl Fn(u8) -> bool) {
        let rest = self.rest();
        self.at += rest.iter().position(|byte| !test(*byte)).unwrap_or(rest.len());
    }

    fn ident(&mut self) {
        self.skip_while(is_ident_continue);
    }

    /// From behind the opening quote to behind the closing one.
    fn quoted(&mut self, quote: u8) {
        while let Some(ahead) = memchr::memchr2(quote, b'\\', self.rest()) {
            self.at += ahead;
            if self.peek(0) == quote {
                self.at += 1;
                return;
            }
            self.at += 2;
        }
        self.at = self.bytes.len();
    }

    /// `r"..."`, `r#"..."#` from the first `#` or quote on; false when it is no raw string.
    fn raw_string(&mut self) -> bool {
        let hashes = self.bytes[self.at..].iter().take_while(|b| **b == b'#').count();
        if self.peek(hashes) != b'"' {
            return false;
        }
        self.at += hashes + 1;
        while let Some(ahead) = memchr::memchr(b'"', self.rest()) {
            self.at += ahead + 1;
            if self.rest().iter().take(hashes).filter(|b| **b == b'#').count() == hashes {
                self.at += hashes;
                return true;
            }
        }
        self.at = self.bytes.len();
        true
    }

    fn block_comment(&mut self) {
        let mut depth = 0_u32;
        while self.at < self.bytes.len() {
            match (self.bytes[self.at], self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    fn number(&mut self) {
        let radix = self.bytes[self.at] == b'0' && matches!(self.peek(1), b'x' | b'o' | b'b');
        self.skip_while(is_ident_continue);
        if radix {
            return;
        }
        if self.peek(0) == b'.' && self.peek(1) != b'.' && !is_ident_start(self.peek(1)) {
            self.at += 1;
            self.skip_while(is_ident_continue);
        }
        let exponent = self.at.checked_sub(1).is_some_and(|last| matches!(self.bytes[last], b'e' | b'E'));
        if exponent && matches!(self.peek(0), b'+' | b'-') && self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.skip_while(is_ident_continue);
        }
    }

    /// After a quote: a character or a lifetime.
    fn quote(&mut self) -> Kind {
        let first = self.peek(1);
        if first == b'\\' {
            self.at += 1;
            self.quoted(b'\'');
            return self.suffixed(LiteralKind::Char);
        }
        let width = char_width(first);
        if self.peek(1 + width) == b'\'' && first != b'\'' {
            self.at += 2 + width;
            return self.suffixed(LiteralKind::Char);
        }
        self.at += 1;
        if is_ident_start(first) {
            if first == b'r' && self.peek(1) == b'#' && is_ident_start(self.peek(2)) {
                self.at += 2;
            }
            self.ident();
            return Kind::Lifetime;
        }
        Kind::Other
    }

    fn suffixed(&mut self, kind: LiteralKind) -> Kind {
        if is_ident_start(self.peek(0)) {
            self.ident();
        }
        Kind::Literal(kind)
    }

    /// A word, which may turn out to be the prefix of a literal.
    fn word(&mut self) -> Kind {
        let start = self.at;
        self.ident();
        let next = self.peek(0);
        if !matches!(next, b'"' | b'\'' | b'#') {
            return Kind::Ident;
        }
        match (&self.bytes[start..self.at], next) {
            (b"b" | b"c", b'"') => {
                self.at += 1;
                self.quoted(b'"');
                self.suffixed(LiteralKind::Str)
            }
            (b"b", b'\'') => {
                self.at += 1;
                self.quoted(b'\'');
                self.suffixed(LiteralKind::Char)
            }
            (b"r" | b"br" | b"cr", b'"' | b'#') => {
                if self.raw_string() {
                    return self.suffixed(LiteralKind::Str);
                }
                if self.bytes[start] == b'r' && self.at == start + 1 && is_ident_start(self.peek(1)) {
                    self.at += 1;
                    self.ident();
                }
                Kind::Ident
            }
            _ => Kind::Ident,
        }
    }

    fn token(&mut self) -> Kind {
        let byte = self.bytes[self.at];
        match byte {
            b'/' if self.peek(1) == b'/' => {
                self.at += memchr::memchr(b'\n', self.rest()).unwrap_or(self.rest().len());
                Kind::LineComment
            }
            b'/' if self.peek(1) == b'*' => {
                self.block_comment();
                Kind::BlockComment
            }
            b'"' => {
                self.at += 1;
                self.quoted(b'"');
                self.suffixed(LiteralKind::Str)
            }
            b'\'' => self.quote(),
            b'0'..=b'9' => {
                self.number();
                Kind::Literal(LiteralKind::Number)
            }
            b'(' | b'[' | b'{' => {
                self.at += 1;
                Kind::Open(byte)
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                Kind::Close(byte)
            }
            _ if is_ident_start(byte) => self.word(),
            _ if byte.is_ascii_punctuation() => {
                self.at += 1;
                Kind::Punct(byte)
            }
            _ => {
                self.at += 1;
                Kind::Other
            }
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_while(|b| CLASSES[b as usize] & SPACE != 0);
        if self.at >= self.bytes.len() {
            return None;
        }
        let lo = self.at as u32;
        let kind = self.token();
        self.at = self.at.min(self.bytes.len());
        Some(Token { kind, lo, hi: self.at as u32 })
    }
}

/// The bracket that closes `open`.
pub(crate) fn closer(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

pub(crate) fn is_ident_start(byte: u8) -> bool {
    CLASSES[byte as usize] & IDENT_START != 0
}

pub(crate) fn is_ident_continue(byte: u8) -> bool {
    CLASSES[byte as usize] & IDENT_CONTINUE != 0
}

const IDENT_START: u8 = 1;
const IDENT_CONTINUE: u8 = 2;
const SPACE: u8 = 4;
/// Brackets, and what may hide one.
const NESTS: u8 = 8;

/// What each byte may be: nearly every one that is lexed is asked about.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let is_start = (byte as u8).is_ascii_alphabetic() || byte == b'_' as usize || byte >= 0x80;
        if is_start {
            classes[byte] |= IDENT_START;
        }
        if is_start || (byte as u8).is_ascii_digit() {
            classes[byte] |= IDENT_CONTINUE;
        }
        if matches!(byte as u8, b' ' | b'\n' | b'\t' | b'\r' | 0x0b | 0x0c) {
            classes[byte] |= SPACE;
        }
        if matches!(byte as u8, b'(' | b'[' | b'{' | b')' | b']' | b'}' | b'"' | b'\'' | b'/') {
            classes[byte] |= NESTS;
        }
        byte += 1;
    }
    classes
};

fn char_width(first: u8) -> usize {
    match first {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lex(text: &str) -> Vec<(Kind, &str)> {
        Lexer::new(text).map(|t| (t.kind, &text[t.lo as usize..t.hi as usize])).collect()
    }

    #[test]
    fn quotes_are_characters_or_lifetimes() {
        let texts: Vec<_> = lex(r"'a' 'a '\'' 'é' b'\\' 'static: '_").into_iter().map(|t| t.1).collect();
        assert_eq!(texts, ["'a'", "'a", r"'\''", "'é'", r"b'\\'", "'static", ":", "'_"]);
    }

    #[test]
    fn raw_strings_and_identifiers() {
        let tokens = lex(r####"r"\" r#"a"b"# br##"x"#y"## r#type c"x" "a\"b""####);
        let texts: Vec<_> = tokens.iter().map(|t| t.1).collect();
        assert_eq!(texts, [r#"r"\""#, r##"r#"a"b"#"##, r###"br##"x"#y"##"###, "r#type", "c\"x\"", r#""a\"b""#]);
        assert_eq!(tokens[3].0, Kind::Ident);
    }

    #[test]
    fn numbers_end_before_ranges_and_methods() {
        let texts: Vec<_> = lex("0..1 1.max(2) 1.5e-3f64 0x1e+2 1e5 x.0.1").into_iter().map(|t| t.1).collect();
        let expected =
            ["0", ".", ".", "1", "1", ".", "max", "(", "2", ")", "1.5e-3f64", "0x1e", "+", "2", "1e5", "x", ".", "0.1"];
        assert_eq!(texts, expected);
    }

    #[test]
    fn comments_nest() {
        assert_eq!(lex("/* a /* b */ c */ x // y\nz").len(), 4);
    }
}
