//! Where a fragment ends. Nothing is built: only the extent of an expression, type, … in a list of tokens counts, so that
//! brackets are never looked into.
//!
//! ```text
//! a + f(b) , c     the expression ends before the comma
//! ```

mod exprs;
mod items;
mod pats;
mod types;

pub(super) use types::is_reserved;

use super::fragments::FragmentKind;
use super::tokens::{Buffer, Delim, TokKind};

/// How deep `if`s in conditions of `if`s, types in types and the like are followed.
const MAX_DEPTH: u32 = 100;

/// A place among tokens, which moves over what it understands. After a failure it stands anywhere.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'b> {
    input: &'b Buffer,
    pub(super) at: usize,
    depth: u32,
}

impl<'b> Cursor<'b> {
    pub(super) fn new(input: &'b Buffer, at: usize) -> Self {
        Self { input, at, depth: 0 }
    }

    fn kind(&self) -> Option<TokKind> {
        self.input.kind(self.at)
    }

    /// The operator at hand; empty at anything else.
    fn operator(&self) -> &'b str {
        match self.kind() {
            Some(TokKind::Punct(..)) => self.input.operator(self.at),
            _ => "",
        }
    }

    /// The word at hand; empty at anything else.
    fn word(&self) -> &'b str {
        match self.kind() {
            Some(TokKind::Ident) => self.input.text(self.at),
            _ => "",
        }
    }

    fn word_ahead(&self, ahead: usize) -> &'b str {
        Cursor { at: self.at + ahead, ..*self }.word()
    }

    /// What kind of fragment stands here.
    fn fragment(&self) -> Option<FragmentKind> {
        match self.kind()? {
            TokKind::Open(Delim::Fragment(kind, _)) => Some(kind),
            _ => None,
        }
    }

    fn bracket(&self) -> Option<u8> {
        match self.kind()? {
            TokKind::Open(Delim::Bracket(bracket)) => Some(bracket),
            _ => None,
        }
    }

    /// Moves over a token tree.
    fn tree(&mut self) -> Option<()> {
        self.at = self.input.tree_end(self.at)?;
        Some(())
    }

    fn eat_operator(&mut self, operator: &str) -> bool {
        let found = self.operator() == operator;
        if found {
            self.at += operator.len();
        }
        found
    }

    /// Moves over one character, also when it starts a longer operator.
    fn eat_char(&mut self, byte: u8) -> bool {
        let found = self.input.is_punct(self.at, byte);
        self.at += usize::from(found);
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.word() == word;
        self.at += usize::from(found);
        found
    }

    fn eat_any_word(&mut self, words: &[&str]) -> bool {
        let found = words.contains(&self.word());
        self.at += usize::from(found);
        found
    }

    fn eat_lifetime(&mut self) -> bool {
        let found = self.kind() == Some(TokKind::Lifetime);
        self.at += usize::from(found);
        found
    }

    fn eat_group(&mut self, bracket: u8) -> bool {
        let found = self.bracket() == Some(bracket);
        found && self.tree().is_some()
    }

    fn ident(&mut self) -> Option<()> {
        let found = self.kind() == Some(TokKind::Ident);
        self.at += usize::from(found);
        found.then_some(())
    }

    /// Runs `inner` unless that nests too deeply.
    fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let out = inner(self);
        self.depth -= 1;
        out
    }

    /// `#[..]`, any number of them.
    fn attributes(&mut self) {
        loop {
            let start = self.at;
            let hash = self.eat_char(b'#');
            if hash && self.operator() == "!" {
                self.at += 1;
            }
            if !(hash && self.eat_group(b'[')) {
                self.at = start;
                return;
            }
        }
    }

    /// `{ .. }`
    pub(super) fn block(&mut self) -> Option<()> {
        let is_fragment =
            matches!(self.fragment(), Some(FragmentKind::Block | FragmentKind::Stmt | FragmentKind::Expr));
        if is_fragment || self.bracket() == Some(b'{') { self.tree() } else { None }
    }

    /// `path`, `path(..)`, `path = value`, `unsafe(..)`
    pub(super) fn meta(&mut self) -> Option<()> {
        if self.fragment() == Some(FragmentKind::Meta) {
            return self.tree();
        }
        if self.word() == "unsafe" && self.input.is_group(self.at + 1, b'(') {
            self.at += 1;
            return self.tree();
        }
        if self.fragment() == Some(FragmentKind::Path) {
            self.tree()?;
        } else {
            self.eat_operator("::");
            self.ident()?;
            while self.eat_operator("::") {
                self.ident()?;
            }
        }
        if self.bracket().is_some() {
            return self.tree();
        }
        if self.eat_operator("=") { self.expr() } else { Some(()) }
    }

    /// `pub`, `pub(crate)` or nothing.
    pub(super) fn vis(&mut self) {
        if self.fragment() == Some(FragmentKind::Vis) {
            self.at = self.input.tree_end(self.at).unwrap_or(self.at);
            return;
        }
        if !self.eat_word("pub") || self.bracket() != Some(b'(') {
            return;
        }
        let inner = self.at + 1;
        let end = self.input.tree_end(self.at).unwrap_or(self.at);
        let is_restriction = match self.input.text(inner) {
            "in" => true,
            "crate" | "self" | "super" => inner + 2 == end,
            _ => false,
        };
        if is_restriction {
            self.at = end;
        }
    }
}
