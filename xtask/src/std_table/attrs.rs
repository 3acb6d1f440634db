//! What an item's attributes and visibility say, of which the table keeps little.

use super::cfg::Cfg;
use super::tree::{Printer, Tree};

/// The attributes in front of an item.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// When it exists; none: always.
    pub(super) cfg: Option<Cfg>,
    /// What is kept of the others, as text.
    pub(super) kept: String,
    /// The value of `#[path = ".."]`.
    pub(super) path: Option<String>,
    pub(super) is_stable: bool,
    pub(super) is_unstable: bool,
    pub(super) is_exported: bool,
}

impl Attributes {
    /// Reads outer attributes; returns how many trees they take.
    pub(super) fn outer(trees: &[Tree<'_>]) -> (Attributes, usize) {
        let mut attrs = Attributes::default();
        let mut at = 0;
        while let [hash, group, ..] = &trees[at..]
            && hash.is_punct(b'#')
            && let Some(inner) = group.group(b'[')
        {
            attrs.one(inner);
            at += 2;
        }
        (attrs, at)
    }

    /// Reads `#![..]`; returns how many trees they take.
    pub(super) fn inner(trees: &[Tree<'_>]) -> (Attributes, usize) {
        let mut attrs = Attributes::default();
        let mut at = 0;
        while let [hash, bang, group, ..] = &trees[at..]
            && hash.is_punct(b'#')
            && bang.is_punct(b'!')
            && let Some(inner) = group.group(b'[')
        {
            attrs.one(inner);
            at += 3;
        }
        (attrs, at)
    }

    pub(super) fn exists(&self) -> Cfg {
        self.cfg.clone().unwrap_or(Cfg::Const(true))
    }

    /// Does it not exist in any build?
    pub(super) fn is_dead(&self) -> bool {
        self.cfg == Some(Cfg::Const(false))
    }

    fn one(&mut self, attr: &[Tree<'_>]) {
        let Some(name) = attr.first().and_then(Tree::ident) else { return };
        let args = attr.get(1).and_then(|t| t.group(b'('));
        match (name, args) {
            ("cfg", Some(args)) => self.cfg = Some(Cfg::all([self.exists(), Cfg::parse(args)])),
            ("cfg_attr", Some(args)) => self.conditional(args),
            ("derive" | "derive_const", Some(args)) => {
                let mut out = Printer::default();
                out.trees(args);
                self.kept.push_str(&format!("#[derive({})]", out.text));
            }
            ("macro_use", _) => self.kept.push_str("#[macro_use]"),
            ("macro_export", _) => {
                self.kept.push_str("#[macro_export]");
                self.is_exported = true;
            }
            ("path", None) => {
                let mut out = Printer::default();
                out.trees(&attr[2..]);
                self.path = Some(out.text.trim_matches('"').to_owned());
            }
            ("stable", _) => self.is_stable = true,
            ("unstable", _) => self.is_unstable = true,
            _ => {}
        }
    }

    fn conditional(&mut self, args: &[Tree<'_>]) {
        let mut parts = args.split(|t| t.is_punct(b','));
        let Some(condition) = parts.next() else { return };
        let holds = Cfg::parse(condition);
        if holds == Cfg::Const(true) {
            parts.for_each(|part| self.one(part));
        }
    }
}

/// Who may see an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    Public,
    Restricted,
    Inherited,
}

/// Reads a visibility; returns how many trees it takes.
pub(super) fn visibility(trees: &[Tree<'_>]) -> (Visibility, usize) {
    match trees {
        [vis, scope, ..] if vis.is_ident("pub") && scope.group(b'(').is_some_and(is_scope) => {
            (Visibility::Restricted, 2)
        }
        [vis, ..] if vis.is_ident("pub") => (Visibility::Public, 1),
        _ => (Visibility::Inherited, 0),
    }
}

/// `(crate)` and not the type of a tuple field, `pub (u8, u8)`.
fn is_scope(inner: &[Tree<'_>]) -> bool {
    inner.first().and_then(Tree::ident).is_some_and(|word| matches!(word, "crate" | "super" | "self" | "in"))
}
