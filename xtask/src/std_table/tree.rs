//! Token trees over the flat lexer, and printing them with no more white space than they need.
//!
//! ```text
//! fn  f ( a : & 'a  u8 )  /* c */ -> u8        fn f(a:&'a u8)->u8
//! ```

use toecap_lower::lexer::{Kind, Lexer, Token};

/// A token, or what stands between two brackets.
#[derive(Debug, Clone)]
pub(super) struct Tree<'a> {
    pub(super) kind: TreeKind<'a>,
    pub(super) lo: u32,
    pub(super) hi: u32,
}

/// What a [`Tree`] is.
#[derive(Debug, Clone)]
pub(super) enum TreeKind<'a> {
    /// Identifier or keyword.
    Ident(&'a str),
    /// One character of an operator.
    Punct(u8),
    /// Literal or lifetime.
    Other(&'a str),
    /// The opening bracket and what it holds.
    Group(u8, Vec<Tree<'a>>),
}

impl<'a> Tree<'a> {
    pub(super) fn ident(&self) -> Option<&'a str> {
        match self.kind {
            TreeKind::Ident(text) => Some(text),
            _ => None,
        }
    }
    pub(super) fn is_ident(&self, text: &str) -> bool {
        self.ident() == Some(text)
    }
    pub(super) fn is_punct(&self, byte: u8) -> bool {
        matches!(self.kind, TreeKind::Punct(b) if b == byte)
    }
    /// What a group of this bracket holds.
    pub(super) fn group(&self, bracket: u8) -> Option<&[Tree<'a>]> {
        match &self.kind {
            TreeKind::Group(open, inner) if *open == bracket => Some(inner),
            _ => None,
        }
    }
}

/// The trees of a text; comments and documentation are left out.
pub(super) fn trees(text: &str) -> Vec<Tree<'_>> {
    let mut open: Vec<(u8, u32, Vec<Tree<'_>>)> = Vec::new();
    let mut level = Vec::new();
    for token in Lexer::new(text).filter(|t| !t.is_comment()) {
        let Token { kind, lo, hi } = token;
        let slice = &text[lo as usize..hi as usize];
        let kind = match kind {
            Kind::Ident => TreeKind::Ident(slice),
            Kind::Punct(byte) => TreeKind::Punct(byte),
            Kind::Open(bracket) => {
                open.push((bracket, lo, std::mem::take(&mut level)));
                continue;
            }
            Kind::Close(_) => {
                let Some((bracket, start, outer)) = open.pop() else { continue };
                let inner = std::mem::replace(&mut level, outer);
                level.push(Tree { kind: TreeKind::Group(bracket, inner), lo: start, hi });
                continue;
            }
            _ => TreeKind::Other(slice),
        };
        level.push(Tree { kind, lo, hi });
    }
    level
}

/// Calls `f` with every identifier, nested ones included.
pub(super) fn each_ident<'a>(trees: &[Tree<'a>], f: &mut impl FnMut(&'a str)) {
    for tree in trees {
        match &tree.kind {
            TreeKind::Ident(text) => f(text),
            TreeKind::Group(_, inner) => each_ident(inner, f),
            _ => {}
        }
    }
}

/// Text under construction.
#[derive(Debug, Default)]
pub(super) struct Printer {
    pub(super) text: String,
    /// Where the last token ended in its own text.
    last_hi: Option<u32>,
}

impl Printer {
    pub(super) fn trees(&mut self, trees: &[Tree<'_>]) {
        trees.iter().for_each(|tree| self.tree(tree));
    }

    pub(super) fn tree(&mut self, tree: &Tree<'_>) {
        match &tree.kind {
            TreeKind::Ident(text) | TreeKind::Other(text) => self.token(text, Some(tree.lo)),
            TreeKind::Punct(byte) => self.token(char::from(*byte).encode_utf8(&mut [0; 4]), Some(tree.lo)),
            TreeKind::Group(open, inner) => {
                let (open, close) = brackets(*open);
                self.token(open, Some(tree.lo));
                self.trees(inner);
                self.token(close, None);
            }
        }
        self.last_hi = Some(tree.hi);
    }

    /// Something that was not written in the sources.
    pub(super) fn word(&mut self, text: &str) {
        self.token(text, None);
        self.last_hi = None;
    }

    fn token(&mut self, text: &str, lo: Option<u32>) {
        let joined = lo.is_some() && lo == self.last_hi;
        if self.needs_space(text, joined) {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    fn needs_space(&self, next: &str, joined: bool) -> bool {
        let (Some(last), Some(first)) = (self.text.chars().next_back(), next.chars().next()) else { return false };
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if is_word(last) {
            return is_word(first) || matches!(first, '"' | '\'' | '#');
        }
        let is_quote = matches!(last, '"' | '\'');
        let is_operator = |c: char| c.is_ascii_punctuation() && !"()[]{},;\"'_".contains(c);
        is_quote && is_word(first) || is_operator(last) && is_operator(first) && !joined
    }
}

fn brackets(open: u8) -> (&'static str, &'static str) {
    match open {
        b'(' => ("(", ")"),
        b'[' => ("[", "]"),
        _ => ("{", "}"),
    }
}
