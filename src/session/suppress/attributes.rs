//! `#[allow(toecap::lint)]`, `#[cfg_attr(any(), allow(toecap::lint, reason = ".."))]`, `#![allow(clippy::await_holding_lock)]`
//!
//! They are read off the text, because attributes may stand before statements, arms and expressions too, and because
//! only few files have any.

use toecap_finding::TOOL;
use toecap_ir::Span;

use super::trivia;

/// Lints of clippy that say the same as one of ours: who silenced those need not do it twice.
const CLIPPY: [(&str, &str); 2] =
    [("await_holding_lock", "sync_guard_across_await"), ("let_underscore_future", "unawaited_future")];

/// rustc's lint of values that are dropped unused. On an item or statement somebody meant that one; for a whole crate or
/// module it is a habit, and says nothing of futures.
const RUSTC: (&str, &str) = ("unused_must_use", "unawaited_future");

/// An attribute that silences lints.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LintAttribute {
    /// From `#` to `]`.
    pub(super) span: Span,
    /// Names of ours.
    pub(super) lints: Vec<String>,
    pub(super) reach: Reach,
}

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// `#[..]`: what follows.
    Next,
    /// `#![..]`: what it stands in.
    Around,
}

/// All of them, in order.
pub(super) fn find(text: &str) -> Vec<LintAttribute> {
    let mentioned =
        text.contains("toecap::") || text.contains(RUSTC.0) || CLIPPY.iter().any(|(theirs, _)| text.contains(theirs));
    if !mentioned {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(length) = trivia::comment(rest).or_else(|| literal_after_word(text, at)) {
            at += length;
            continue;
        }
        let open = if rest.starts_with("#![") { 2 } else { 1 };
        let is_attribute = open == 2 || rest.starts_with("#[");
        if let Some(end) = is_attribute.then(|| trivia::brackets(rest, open)).flatten() {
            let reach = if open == 2 { Reach::Around } else { Reach::Next };
            let lints = silenced(&rest[open + 1..end - 1], reach);
            if !lints.is_empty() {
                found.push(LintAttribute { span: Span::new(at as u32, (at + end) as u32), lints, reach });
            }
            at += end;
            continue;
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    found
}

/// A literal, unless its `r` ends an identifier.
fn literal_after_word(text: &str, at: usize) -> Option<usize> {
    let in_word = text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
    let is_raw = text[at..].starts_with('r');
    if is_raw && in_word && !text[..at].ends_with(['b', 'c']) {
        return None;
    }
    trivia::literal(&text[at..])
}

/// The lints that the inside of an attribute allows or expects, however deep in `cfg_attr`.
fn silenced(inside: &str, reach: Reach) -> Vec<String> {
    let mut lints = Vec::new();
    for verb in ["allow", "expect"] {
        for (at, _) in inside.match_indices(verb) {
            let before = inside[..at].trim_end();
            let is_word = before.is_empty() || before.ends_with([',', ':']);
            let rest = inside[at + verb.len()..].trim_start();
            if !is_word || !rest.starts_with('(') {
                continue;
            }
            let Some(end) = trivia::brackets(rest, 0) else { continue };
            let is_ours = before.ends_with("toecap::");
            lints.extend(rest[1..end - 1].split(',').filter_map(|name| meant(name.trim(), is_ours, reach)));
        }
    }
    lints
}

/// Our name for what an attribute calls `name`; `is_ours`: within `toecap::allow(..)`.
fn meant(name: &str, is_ours: bool, reach: Reach) -> Option<String> {
    if !name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':') || name.is_empty() {
        return None;
    }
    match name.split_once("::") {
        Some((TOOL, ours)) => Some(ours.to_owned()),
        Some(("clippy", theirs)) => CLIPPY.iter().find(|(name, _)| *name == theirs).map(|(_, ours)| (*ours).to_owned()),
        None if is_ours => Some(name.to_owned()),
        None if name == RUSTC.0 && reach == Reach::Next => Some(RUSTC.1.to_owned()),
        _ => None,
    }
}
