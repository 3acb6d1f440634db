//! Types, bounds and paths.

use super::Cursor;
use crate::expand::fragments::FragmentKind;
use crate::expand::tokens::{Delim, TokKind};

/// Words that are no names.
const RESERVED: [&str; 40] = [
    "as", "async", "await", "box", "break", "const", "continue", "do", "dyn", "else", "enum", "extern", "false", "fn",
    "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "unsafe", "use", "where", "while", "yield",
];

/// Words of [`RESERVED`] that are ordinary names in some edition.
const CONTEXTUAL: [&str; 5] = ["box", "gen", "do", "dyn", "try"];

/// True for words that cannot start a path.
pub(in super::super) fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && (!is_reserved(word) || CONTEXTUAL.contains(&word))
}

impl Cursor<'_> {
    pub(in super::super) fn begins_type(&self) -> bool {
        match self.kind() {
            Some(TokKind::Ident) => {
                let word = self.word();
                !is_reserved(word)
                    || matches!(word, "for" | "impl" | "fn" | "unsafe" | "extern" | "dyn" | "box" | "gen")
            }
            Some(TokKind::Open(Delim::Bracket(bracket))) => bracket != b'{',
            Some(TokKind::Open(Delim::Fragment(kind, _))) => matches!(kind, FragmentKind::Ty | FragmentKind::Path),
            Some(TokKind::Lifetime) => true,
            Some(TokKind::Punct(..)) => {
                matches!(self.operator(), "!" | "*" | "&" | "&&" | "?" | "<" | "<<" | "::")
            }
            _ => false,
        }
    }

    /// A type, which may be a sum of bounds.
    pub(in super::super) fn ty(&mut self) -> Option<()> {
        self.nested(|cursor| cursor.ty_inner(true))
    }

    /// A type that ends before `+`.
    pub(super) fn ty_no_plus(&mut self) -> Option<()> {
        self.nested(|cursor| cursor.ty_inner(false))
    }

    fn ty_inner(&mut self, plus: bool) -> Option<()> {
        if let Some(TokKind::Open(Delim::Fragment(kind, _))) = self.kind() {
            if !matches!(kind, FragmentKind::Ty | FragmentKind::Path) {
                return None;
            }
            if self.input.operator(self.input.tree_end(self.at)?) == "::" {
                return self.type_path();
            }
            self.tree()?;
            return self.more_bounds(plus);
        }
        match self.bracket() {
            Some(b'(') => {
                self.tree()?;
                return self.more_bounds(plus);
            }
            Some(b'[') => return self.tree(),
            _ => {}
        }
        match self.operator() {
            "!" => {
                self.at += 1;
                return Some(());
            }
            "&" | "&&" => return self.reference(),
            "*" => {
                self.at += 1;
                return if self.eat_any_word(&["const", "mut"]) { self.ty_no_plus() } else { None };
            }
            "<" | "<<" | "::" => return self.type_path(),
            "?" => return self.bounds(plus),
            _ => {}
        }
        match self.word() {
            "_" => self.ident(),
            "for" => {
                self.at += 1;
                self.angles()?;
                self.nested(|cursor| cursor.ty_inner(plus))
            }
            "fn" | "unsafe" | "extern" => self.fn_pointer(),
            "impl" => {
                self.at += 1;
                self.bounds(plus)
            }
            "dyn" if self.begins_bound_ahead() => {
                self.at += 1;
                self.bounds(plus)
            }
            _ if self.kind() == Some(TokKind::Lifetime) => self.bounds(plus),
            _ => {
                self.type_path()?;
                if self.operator() == "!" && self.input.kind(self.at + 1).is_some_and(is_open) {
                    self.at += 1;
                    return self.tree();
                }
                self.more_bounds(plus)
            }
        }
    }

    fn reference(&mut self) -> Option<()> {
        self.at += self.operator().len();
        self.eat_lifetime();
        if !self.eat_word("mut") && self.word() == "pin" && matches!(self.word_ahead(1), "const" | "mut") {
            self.at += 2;
        }
        self.ty_no_plus()
    }

    fn fn_pointer(&mut self) -> Option<()> {
        self.eat_word("unsafe");
        if self.eat_word("extern") && matches!(self.kind(), Some(TokKind::Literal(_)) | Some(TokKind::Open(_))) {
            self.literal_or_fragment()?;
        }
        if !self.eat_word("fn") || !self.eat_group(b'(') {
            return None;
        }
        self.return_type()
    }

    /// An ABI, which may have been matched by another macro; a group of parameters is left alone.
    pub(super) fn literal_or_fragment(&mut self) -> Option<()> {
        if self.bracket().is_some() { Some(()) } else { self.tree() }
    }

    /// `-> T`, if there.
    pub(super) fn return_type(&mut self) -> Option<()> {
        if self.eat_operator("->") { self.ty_no_plus() } else { Some(()) }
    }

    fn begins_bound_ahead(&self) -> bool {
        let next = Cursor { at: self.at + 1, ..*self };
        matches!(next.operator(), "?" | "::" | "<" | "~")
            || is_name(next.word())
            || matches!(next.word(), "for" | "async" | "const")
            || next.kind() == Some(TokKind::Lifetime)
            || next.bracket() == Some(b'(')
            || next.fragment().is_some()
    }

    fn more_bounds(&mut self, plus: bool) -> Option<()> {
        if plus && self.eat_operator("+") && !self.ends_bounds() { self.bounds(true) } else { Some(()) }
    }

    fn ends_bounds(&self) -> bool {
        match self.kind() {
            None | Some(TokKind::Close(_)) => true,
            Some(TokKind::Punct(..)) => matches!(self.operator(), ">" | "," | "=" | ";" | ">=" | ">>" | "=>"),
            _ => self.bracket() == Some(b'{') || self.word() == "where",
        }
    }

    /// `A + ?B + 'a + for<'b> Fn(X) -> Y`
    pub(super) fn bounds(&mut self, plus: bool) -> Option<()> {
        loop {
            self.bound()?;
            if !plus || !self.eat_operator("+") || self.ends_bounds() {
                return Some(());
            }
        }
    }

    fn bound(&mut self) -> Option<()> {
        if self.eat_lifetime() || self.eat_group(b'(') {
            return Some(());
        }
        if self.word() == "use" && self.input.operator(self.at + 1) == "<" {
            self.at += 1;
            return self.angles();
        }
        if self.eat_word("for") {
            self.angles()?;
        }
        self.eat_group(b'[');
        while self.eat_char(b'?') || self.eat_char(b'~') || self.eat_any_word(&["const", "async"]) {}
        if self.eat_word("for") {
            self.angles()?;
        }
        self.type_path()
    }

    /// `a::B<T>::C`, `Fn(A) -> B`, `<T as Trait>::X`, with or without `::` before arguments.
    pub(in super::super) fn type_path(&mut self) -> Option<()> {
        self.path_start()?;
        loop {
            if matches!(self.operator(), "<" | "<<" | "<-") {
                self.angles()?;
            } else if self.bracket() == Some(b'(') {
                self.tree()?;
                self.nested(Self::return_type)?;
            }
            if self.operator() != "::" {
                return Some(());
            }
            let before = self.at;
            self.at += 2;
            if !matches!(self.operator(), "<" | "<<") && self.bracket() != Some(b'(') && self.ident().is_none() {
                // `a::*` and `a::{..}` are not ours.
                self.at = before;
                return Some(());
            }
        }
    }

    /// The first segment of a path.
    pub(super) fn path_start(&mut self) -> Option<()> {
        if matches!(self.fragment(), Some(FragmentKind::Path | FragmentKind::Ty)) {
            return self.tree();
        }
        if matches!(self.operator(), "<" | "<<") {
            self.angles()?;
            return if self.eat_operator("::") { self.ident() } else { None };
        }
        self.eat_operator("::");
        if is_name(self.word()) { self.ident() } else { None }
    }

    /// `< .. >`, by counting.
    pub(super) fn angles(&mut self) -> Option<()> {
        let mut depth = 0_u32;
        loop {
            match self.operator() {
                "->" | "=>" => self.at += 2,
                operator if operator.starts_with('<') => {
                    self.at += 1;
                    depth += 1;
                }
                operator if operator.starts_with('>') => {
                    self.at += 1;
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(());
                    }
                }
                ";" => return None,
                "" => self.tree()?,
                _ => self.at += 1,
            }
            if depth == 0 {
                return None;
            }
        }
    }
}

pub(super) fn is_open(kind: TokKind) -> bool {
    matches!(kind, TokKind::Open(Delim::Bracket(_)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn reserved_words_are_sorted() {
        assert!(super::RESERVED.is_sorted());
    }
}
