//! Predicates of the standard library's `#[cfg]`s, without what never differs between the builds that people use.
//!
//! ```text
//! all(not(no_global_oom_handling), unix)             unix
//! all(not(test), target_has_atomic_load_store="8")   target_has_atomic="8"
//! ```

use super::tree::{Tree, TreeKind};

/// A simplified predicate.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cfg {
    /// Known.
    Const(bool),
    /// As written.
    Atom(String),
    /// `not(..)`
    Not(Box<Cfg>),
    /// `all(..)`; at least two.
    All(Vec<Cfg>),
    /// `any(..)`; at least two.
    Any(Vec<Cfg>),
}

impl Cfg {
    /// Reads what stands between the brackets of `cfg(..)`.
    pub(super) fn parse(trees: &[Tree<'_>]) -> Cfg {
        let Some(name) = trees.first().and_then(Tree::ident) else { return Cfg::Const(true) };
        match trees.get(1).map(|t| &t.kind) {
            Some(TreeKind::Group(b'(', inner)) => {
                let parts = inner.split(|t| t.is_punct(b',')).filter(|part| !part.is_empty()).map(Cfg::parse);
                match name {
                    "all" => Cfg::all(parts),
                    "any" => Cfg::any(parts),
                    "not" => Cfg::all(parts).not(),
                    _ => Cfg::Const(true),
                }
            }
            Some(TreeKind::Punct(b'=')) => match trees.get(2).map(|t| &t.kind) {
                Some(TreeKind::Other(value)) => pair(name, value.trim_matches('"')),
                _ => Cfg::Const(true),
            },
            _ => flag(name),
        }
    }

    pub(super) fn not(self) -> Cfg {
        match self {
            Cfg::Const(value) => Cfg::Const(!value),
            Cfg::Not(inner) => *inner,
            other => Cfg::Not(Box::new(other)),
        }
    }

    pub(super) fn all(parts: impl IntoIterator<Item = Cfg>) -> Cfg {
        Self::join(parts, true, Cfg::All)
    }

    pub(super) fn any(parts: impl IntoIterator<Item = Cfg>) -> Cfg {
        Self::join(parts, false, Cfg::Any)
    }

    fn join(parts: impl IntoIterator<Item = Cfg>, neutral: bool, make: fn(Vec<Cfg>) -> Cfg) -> Cfg {
        let mut kept: Vec<Cfg> = Vec::new();
        for part in parts {
            match part {
                Cfg::Const(value) if value == neutral => {}
                Cfg::Const(value) => return Cfg::Const(value),
                other if kept.contains(&other) => {}
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Cfg::Const(neutral),
            1 => kept.remove(0),
            _ => make(kept),
        }
    }

    /// As an attribute; nothing when it always holds.
    pub(super) fn attribute(&self) -> String {
        if *self == Cfg::Const(true) { String::new() } else { format!("#[cfg({})]", self.text()) }
    }

    pub(super) fn text(&self) -> String {
        let list = |parts: &[Cfg]| parts.iter().map(Cfg::text).collect::<Vec<_>>().join(",");
        match self {
            Cfg::Const(value) => value.to_string(),
            Cfg::Atom(text) => text.clone(),
            Cfg::Not(inner) => format!("not({})", inner.text()),
            Cfg::All(parts) => format!("all({})", list(parts)),
            Cfg::Any(parts) => format!("any({})", list(parts)),
        }
    }
}

fn flag(name: &str) -> Cfg {
    match name {
        "true" | "target_thread_local" | "target_has_atomic" | "target_has_atomic_load_store" => Cfg::Const(true),
        "unix" | "windows" | "debug_assertions" => Cfg::Atom(name.to_owned()),
        // `test`, `doc`, `bootstrap`, `miri`, `no_rc`, `no_global_oom_handling`, …
        _ => Cfg::Const(false),
    }
}

fn pair(key: &str, value: &str) -> Cfg {
    match key {
        "target_os" | "target_arch" | "target_env" | "target_family" | "target_vendor" | "target_abi" => {
            Cfg::Atom(format!("{key}=\"{value}\""))
        }
        "target_has_atomic" | "target_has_atomic_load_store" => match value {
            "8" | "16" | "32" | "ptr" => Cfg::Const(true),
            _ => Cfg::Atom(format!("target_has_atomic=\"{value}\"")),
        },
        "target_has_atomic_equal_alignment" => Cfg::Const(true),
        // Signatures are the same whatever the width and order of a word.
        "target_pointer_width" => Cfg::Const(value == "64"),
        "target_endian" => Cfg::Const(value == "little"),
        "panic" => Cfg::Const(value == "unwind"),
        "feature" => Cfg::Const(matches!(value, "backtrace" | "panic-unwind")),
        _ => Cfg::Const(key.starts_with("target_has_reliable")),
    }
}

/// The arms of `cfg_select! { a => { .. } b => { .. } _ => { .. } }` and `cfg_if! { if #[cfg(a)] { .. } else { .. } }`,
/// each with the condition that holds for it alone.
pub(super) fn arms<'t, 'a>(args: &'t [Tree<'a>]) -> Vec<(Cfg, &'t [Tree<'a>])> {
    let mut found = Vec::new();
    let mut before = Cfg::Const(true);
    let mut start = 0;
    for (at, tree) in args.iter().enumerate() {
        let Some(inner) = tree.group(b'{') else { continue };
        let own = match &args[start..at] {
            [head @ .., eq, gt] if eq.is_punct(b'=') && gt.is_punct(b'>') => condition(head),
            head => head.iter().find_map(|t| t.group(b'[')).map_or(Cfg::Const(true), |attr| {
                attr.get(1).and_then(|t| t.group(b'(')).map_or(Cfg::Const(true), Cfg::parse)
            }),
        };
        found.push((Cfg::all([before.clone(), own.clone()]), inner));
        before = Cfg::all([before, own.not()]);
        start = at + 1;
    }
    found
}

fn condition(head: &[Tree<'_>]) -> Cfg {
    let head = match head {
        [comma, rest @ ..] if comma.is_punct(b',') => rest,
        head => head,
    };
    if head.first().is_some_and(|t| t.is_ident("_")) { Cfg::Const(true) } else { Cfg::parse(head) }
}
