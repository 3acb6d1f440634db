//! Items.

use super::Cursor;
use super::types::is_open;
use crate::expand::fragments::FragmentKind;
use crate::expand::tokens::{Delim, TokKind};

impl Cursor<'_> {
    /// True when an item starts here, attributes excluded.
    pub(super) fn begins_item(&self) -> bool {
        let mut ahead = *self;
        if ahead.fragment() == Some(FragmentKind::Item) {
            return true;
        }
        ahead.vis();
        let next = ahead.word_ahead(1);
        let is_name = ahead.input.kind(ahead.at + 1) == Some(TokKind::Ident);
        match ahead.word() {
            "fn" | "struct" | "enum" | "trait" | "mod" | "use" | "type" | "impl" | "pub" | "extern" => true,
            "union" | "auto" | "macro" | "safe" | "default" | "macro_rules" => {
                is_name || ahead.word() == "macro_rules" && ahead.input.operator(ahead.at + 1) == "!"
            }
            "static" => !matches!(next, "" | "move" | "async"),
            "const" => !matches!(next, "" | "move" | "async") || ahead.word_ahead(2) == "fn",
            "async" => matches!(next, "fn" | "unsafe" | "extern"),
            "unsafe" => matches!(next, "fn" | "impl" | "trait" | "extern" | "auto" | "mod" | "async"),
            _ => false,
        }
    }

    pub(in super::super) fn item(&mut self) -> Option<()> {
        self.attributes();
        if self.fragment() == Some(FragmentKind::Item) {
            return self.tree();
        }
        self.vis();
        self.eat_word("default");
        match (self.word(), self.word_ahead(1)) {
            ("use" | "type" | "static", _) => return self.until_semicolon(),
            ("const", "fn" | "unsafe" | "async" | "extern" | "impl" | "trait" | "auto") => {}
            ("const", _) => return self.until_semicolon(),
            ("extern", "crate") => return self.until_semicolon(),
            ("macro", _) => {
                self.at += 2;
                self.tree()?;
                self.eat_group(b'{');
                return Some(());
            }
            ("mod" | "fn" | "struct" | "enum" | "trait" | "impl" | "extern" | "unsafe" | "async", _) => {}
            ("union" | "auto" | "safe" | "gen", next) if !next.is_empty() => {}
            _ => return self.macro_item(),
        }
        self.until_body()
    }

    /// `path! { .. }`, `path!(..);`, `macro_rules! name { .. }`
    fn macro_item(&mut self) -> Option<()> {
        self.expr_path()?;
        if !self.eat_operator("!") {
            return None;
        }
        if self.kind() == Some(TokKind::Ident) {
            self.at += 1;
        }
        let is_braced = self.bracket() == Some(b'{');
        if !self.kind().is_some_and(is_open) {
            return None;
        }
        self.tree()?;
        if is_braced || self.eat_operator(";") { Some(()) } else { None }
    }

    fn until_semicolon(&mut self) -> Option<()> {
        while !self.eat_operator(";") {
            self.tree()?;
        }
        Some(())
    }

    /// Behind the first `;` or `{ .. }` outside angle brackets.
    fn until_body(&mut self) -> Option<()> {
        let mut angles = 0_i32;
        loop {
            match self.kind()? {
                TokKind::Open(Delim::Bracket(b'{') | Delim::Fragment(FragmentKind::Block, _)) if angles <= 0 => {
                    return self.tree();
                }
                TokKind::Punct(..) => match self.operator() {
                    "->" | "=>" => self.at += 2,
                    ";" if angles <= 0 => {
                        self.at += 1;
                        return Some(());
                    }
                    operator => {
                        angles += i32::from(operator.starts_with('<')) - i32::from(operator.starts_with('>'));
                        self.at += 1;
                    }
                },
                _ => self.tree()?,
            }
        }
    }
}
