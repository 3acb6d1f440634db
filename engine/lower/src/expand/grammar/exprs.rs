//! Expressions and statements.

use super::Cursor;
use super::types::{is_open, is_reserved};
use crate::expand::fragments::FragmentKind;
use crate::expand::tokens::{Delim, TokKind};

/// Words of the language that start an expression.
const OPENERS: [&str; 23] = [
    "async", "box", "break", "builtin", "const", "continue", "do", "false", "for", "gen", "if", "let", "loop", "match",
    "move", "return", "static", "true", "try", "unsafe", "use", "while", "yield",
];

const BINARY: [&str; 30] = [
    "!=", "%", "%=", "&", "&&", "&=", "*", "*=", "+", "+=", "-", "-=", "/", "/=", "<", "<-", "<<", "<<=", "<=", "=",
    "==", ">", ">=", ">>", ">>=", "^", "^=", "|", "|=", "||",
];

/// Whether `name {` is a struct literal, as everywhere except in conditions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Braces {
    Struct,
    Block,
}

impl Cursor<'_> {
    pub(in super::super) fn begins_expr(&self) -> bool {
        match self.kind() {
            Some(TokKind::Ident) => {
                let word = self.word();
                word != "_" && (!is_reserved(word) || OPENERS.binary_search(&word).is_ok())
            }
            Some(TokKind::Literal(_) | TokKind::Lifetime | TokKind::Open(Delim::Bracket(_))) => true,
            Some(TokKind::Open(Delim::Fragment(kind, _))) => is_expr_fragment(kind),
            Some(TokKind::Punct(..)) => matches!(
                self.operator(),
                "!" | "-" | "*" | "|" | "||" | "&" | "&&" | ".." | "..." | "..=" | "<" | "<<" | "<-" | "::" | "#"
            ),
            _ => false,
        }
    }

    pub(in super::super) fn expr(&mut self) -> Option<()> {
        self.nested(|cursor| cursor.expr_with(Braces::Struct))
    }

    fn condition(&mut self) -> Option<()> {
        self.nested(|cursor| cursor.expr_with(Braces::Block))
    }

    /// Operands and operators in turn; which binds how does not matter for where it ends.
    fn expr_with(&mut self, braces: Braces) -> Option<()> {
        loop {
            if self.prefixes(braces)? {
                self.primary(braces)?;
                self.postfixes()?;
            }
            let operator = self.operator();
            if matches!(operator, ".." | "..=" | "...") {
                self.at += operator.len();
                if !self.goes_on(braces) {
                    return Some(());
                }
            } else if BINARY.binary_search(&operator).is_ok() {
                // `<-` is `<` and `-`.
                self.at += if operator == "<-" { 1 } else { operator.len() };
            } else {
                return Some(());
            }
        }
    }

    /// True when an optional operand is there.
    fn goes_on(&self, braces: Braces) -> bool {
        self.begins_expr() && (braces == Braces::Struct || self.bracket() != Some(b'{'))
    }

    /// Everything before an operand; false when there need not be one and is none.
    fn prefixes(&mut self, braces: Braces) -> Option<bool> {
        loop {
            self.attributes();
            let operator = self.operator();
            match operator {
                "-" | "!" | "*" => self.at += 1,
                "&" | "&&" => {
                    self.at += operator.len();
                    if self.word() == "raw" && matches!(self.word_ahead(1), "const" | "mut") {
                        self.at += 2;
                    } else {
                        self.eat_word("mut");
                    }
                }
                ".." | "..=" | "..." => {
                    self.at += operator.len();
                    if !self.goes_on(braces) {
                        return Some(false);
                    }
                }
                "|" | "||" => self.closure()?,
                _ => match self.word() {
                    "let" => {
                        self.at += 1;
                        self.pat()?;
                        if !self.eat_operator("=") {
                            return None;
                        }
                    }
                    "return" | "yield" | "break" => {
                        let is_break = self.word() == "break";
                        self.at += 1;
                        if is_break && self.input.operator(self.at + 1) != ":" {
                            self.eat_lifetime();
                        }
                        if !self.goes_on(braces) {
                            return Some(false);
                        }
                    }
                    "continue" => {
                        self.at += 1;
                        self.eat_lifetime();
                        return Some(false);
                    }
                    _ if self.begins_closure() => self.closure()?,
                    _ => return Some(true),
                },
            }
        }
    }

    /// `async move |x|`, `move ||`, `for<'a> |x: &'a T|`, `static ||`.
    fn begins_closure(&self) -> bool {
        let mut ahead = *self;
        if ahead.word() == "for" && ahead.input.operator(ahead.at + 1) == "<" {
            ahead.at += 1;
            if ahead.angles().is_none() {
                return false;
            }
        }
        while ahead.eat_any_word(&["const", "static", "async", "gen", "move", "use"]) {}
        ahead.at > self.at && matches!(ahead.operator(), "|" | "||")
    }

    /// A closure up to its body.
    fn closure(&mut self) -> Option<()> {
        if self.eat_word("for") {
            self.angles()?;
        }
        while self.eat_any_word(&["const", "static", "async", "gen", "move", "use"]) {}
        if !self.eat_operator("||") {
            self.at += 1;
            // `|a||b|` is two closures.
            while !self.eat_char(b'|') {
                self.tree()?;
            }
        }
        self.return_type()
    }

    fn primary(&mut self, braces: Braces) -> Option<()> {
        if self.eat_lifetime() && !self.eat_operator(":") {
            return None;
        }
        match self.kind()? {
            TokKind::Literal(_) => {
                self.at += 1;
                return Some(());
            }
            TokKind::Open(Delim::Bracket(_)) => return self.tree(),
            TokKind::Open(Delim::Fragment(kind, _)) if !matches!(kind, FragmentKind::Path | FragmentKind::Ty) => {
                return if is_expr_fragment(kind) { self.tree() } else { None };
            }
            _ => {}
        }
        match self.word() {
            "if" => self.conditional(),
            "match" => {
                self.at += 1;
                self.condition()?;
                self.block()
            }
            "while" => {
                self.at += 1;
                self.condition()?;
                self.block()
            }
            "for" => {
                self.at += 1;
                self.eat_word("await");
                self.pat()?;
                if !self.eat_word("in") {
                    return None;
                }
                self.condition()?;
                self.block()
            }
            "loop" | "unsafe" | "const" | "static" => {
                self.at += 1;
                self.block()
            }
            "async" | "gen" | "try" if self.is_block_ahead() => {
                while self.eat_any_word(&["async", "gen", "try", "move", "use"]) {}
                self.block()
            }
            "true" | "false" => self.ident(),
            _ => self.path_expr(braces),
        }
    }

    fn is_block_ahead(&self) -> bool {
        let mut ahead = *self;
        while ahead.eat_any_word(&["async", "gen", "try", "move", "use"]) {}
        ahead.bracket() == Some(b'{') || ahead.fragment() == Some(FragmentKind::Block)
    }

    fn conditional(&mut self) -> Option<()> {
        while self.eat_word("if") {
            self.condition()?;
            self.block()?;
            if !self.eat_word("else") {
                return Some(());
            }
            if self.word() != "if" {
                return self.block();
            }
        }
        None
    }

    fn path_expr(&mut self, braces: Braces) -> Option<()> {
        self.expr_path()?;
        if self.operator() == "!" && self.input.kind(self.at + 1).is_some_and(is_open) {
            self.at += 1;
            return self.tree();
        }
        if braces == Braces::Struct {
            self.eat_group(b'{');
        }
        Some(())
    }

    /// A path whose arguments stand behind `::`.
    pub(super) fn expr_path(&mut self) -> Option<()> {
        self.path_start()?;
        while self.eat_operator("::") {
            if matches!(self.operator(), "<" | "<<") { self.angles()? } else { self.ident()? }
        }
        Some(())
    }

    fn postfixes(&mut self) -> Option<()> {
        loop {
            if self.eat_operator("?") || self.eat_group(b'(') || self.eat_group(b'[') {
                continue;
            }
            if self.eat_operator(".") {
                if !matches!(self.kind()?, TokKind::Ident | TokKind::Literal(_) | TokKind::Open(Delim::Fragment(..))) {
                    return None;
                }
                self.tree()?;
                if self.operator() == "::" {
                    self.at += 2;
                    self.angles()?;
                }
                continue;
            }
            if !self.eat_word("as") {
                return Some(());
            }
            self.ty_no_plus()?;
        }
    }

    /// A statement without its semicolon.
    pub(in super::super) fn stmt(&mut self) -> Option<()> {
        if self.fragment() == Some(FragmentKind::Stmt) {
            return self.tree();
        }
        if self.eat_operator(";") {
            return Some(());
        }
        let start = self.at;
        self.attributes();
        if self.word() == "let" {
            return self.local();
        }
        if self.begins_item() {
            self.at = start;
            return self.item();
        }
        self.expr()
    }

    fn local(&mut self) -> Option<()> {
        self.at += 1;
        self.pat()?;
        if self.eat_operator(":") {
            self.ty()?;
        }
        if self.eat_operator("=") {
            self.expr()?;
        }
        if self.eat_word("else") { self.block() } else { Some(()) }
    }
}

fn is_expr_fragment(kind: FragmentKind) -> bool {
    use FragmentKind as K;
    matches!(kind, K::Block | K::Expr | K::Expr2021 | K::Literal | K::Path | K::Stmt | K::Ty)
}

#[cfg(test)]
mod tests {
    #[test]
    fn tables_are_sorted() {
        assert!(super::OPENERS.is_sorted());
        assert!(super::BINARY.is_sorted());
    }
}
