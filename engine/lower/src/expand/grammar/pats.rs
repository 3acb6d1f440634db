//! Patterns.

use super::Cursor;
use super::types::{is_open, is_reserved};
use crate::expand::fragments::FragmentKind;
use crate::expand::tokens::{Delim, TokKind};

impl Cursor<'_> {
    pub(in super::super) fn begins_pat(&self, alternatives: bool) -> bool {
        match self.kind() {
            Some(TokKind::Ident) => {
                let word = self.word();
                !is_reserved(word) || matches!(word, "box" | "const" | "false" | "gen" | "mut" | "ref" | "true" | "do")
            }
            Some(TokKind::Literal(_)) => true,
            Some(TokKind::Open(Delim::Bracket(bracket))) => bracket != b'{',
            Some(TokKind::Open(Delim::Fragment(kind, _))) => self.is_pat_fragment(kind),
            Some(TokKind::Punct(..)) => match self.operator() {
                "&" | "&&" | "-" | ".." | "..." | "..=" | "::" | "<" | "<<" => true,
                "|" => alternatives,
                _ => false,
            },
            _ => false,
        }
    }

    fn is_pat_fragment(&self, kind: FragmentKind) -> bool {
        use FragmentKind as K;
        matches!(kind, K::Pat | K::PatParam | K::Path | K::Literal | K::Expr | K::Expr2021 | K::Block | K::Ty)
    }

    /// `A | B`
    pub(in super::super) fn pat(&mut self) -> Option<()> {
        self.eat_operator("|");
        loop {
            self.pat_no_alternatives()?;
            if !self.eat_operator("|") {
                return Some(());
            }
        }
    }

    pub(in super::super) fn pat_no_alternatives(&mut self) -> Option<()> {
        self.nested(Self::pat_inner)
    }

    /// True when the pattern from here to `hi` has alternatives outside brackets.
    pub(in super::super) fn has_alternatives(mut self, hi: usize) -> bool {
        while self.at < hi {
            if self.operator() == "|" {
                return true;
            }
            if self.tree().is_none() {
                return false;
            }
        }
        false
    }

    fn pat_inner(&mut self) -> Option<()> {
        self.attributes();
        match self.kind()? {
            TokKind::Literal(_) => {
                self.at += 1;
                return self.range_end();
            }
            TokKind::Open(Delim::Bracket(b'(' | b'[')) => return self.tree(),
            TokKind::Open(Delim::Fragment(FragmentKind::Literal | FragmentKind::Expr | FragmentKind::Expr2021, _)) => {
                self.tree()?;
                return self.range_end();
            }
            TokKind::Open(Delim::Fragment(FragmentKind::Pat | FragmentKind::PatParam, _)) => return self.tree(),
            TokKind::Punct(..) => match self.operator() {
                "&" | "&&" => {
                    self.at += self.operator().len();
                    self.eat_word("mut");
                    return self.pat_no_alternatives();
                }
                "-" => {
                    self.at += 1;
                    self.tree()?;
                    return self.range_end();
                }
                ".." | "..=" | "..." => return self.range_end(),
                _ => {}
            },
            _ => {}
        }
        match self.word() {
            "_" | "true" | "false" => self.ident(),
            "const" if self.input.is_group(self.at + 1, b'{') => {
                self.at += 1;
                self.tree()?;
                self.range_end()
            }
            "ref" | "mut" => {
                self.eat_word("ref");
                self.eat_word("mut");
                self.ident()?;
                self.subpattern()
            }
            "box" if Cursor { at: self.at + 1, ..*self }.begins_pat(false) => {
                self.at += 1;
                self.pat_no_alternatives()
            }
            _ => self.path_pat(),
        }
    }

    fn subpattern(&mut self) -> Option<()> {
        if self.eat_operator("@") { self.pat_no_alternatives() } else { Some(()) }
    }

    fn path_pat(&mut self) -> Option<()> {
        self.expr_path()?;
        if self.operator() == "!" && self.input.kind(self.at + 1).is_some_and(is_open) {
            self.at += 1;
            return self.tree();
        }
        if self.eat_group(b'(') || self.eat_group(b'{') {
            return Some(());
        }
        self.subpattern()?;
        self.range_end()
    }

    /// `..`, `..=` or `...` and the other end, if there.
    fn range_end(&mut self) -> Option<()> {
        let operator = self.operator();
        if !matches!(operator, ".." | "..=" | "...") {
            return Some(());
        }
        self.at += operator.len();
        let negative = self.eat_operator("-");
        match self.kind() {
            Some(TokKind::Literal(_)) => self.tree(),
            Some(TokKind::Open(Delim::Fragment(kind, _))) if self.is_pat_fragment(kind) => self.tree(),
            Some(TokKind::Ident) if !is_reserved(self.word()) => self.expr_path(),
            Some(TokKind::Punct(..)) if matches!(self.operator(), "::" | "<") => self.expr_path(),
            _ => (!negative).then_some(()),
        }
    }
}
