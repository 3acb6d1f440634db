//! Variables of a definition that a call happens to use the names of.
//!
//! ```text
//! macro_rules! add { ($x:expr) => {{ let sum = 1; sum + $x }} }
//! add!(sum)          let sum' = 1; sum' + sum
//! ```
//! Only then are they renamed, so that names in messages are nearly always those that are written.

use rustc_hash::FxHashSet;

use super::grammar::is_reserved;
use super::tokens::{Buffer, Delim, TokKind};
use crate::tree::LOCAL_PREFIX;

/// Longest pattern that is looked at, in tokens.
const MAX_PATTERN: usize = 200;

/// Names that the right side `lo..hi` of a rule binds: a token of each.
pub(super) fn bound(rules: &Buffer, lo: usize, hi: usize) -> Vec<usize> {
    let mut bound = Vec::new();
    for at in lo..hi {
        match (rules.kind(at), rules.operator(at)) {
            (Some(TokKind::Ident), "let") => bind(rules, at + 1, hi, &mut bound),
            (Some(TokKind::Ident), "for") if is_loop(rules, at + 1, hi) => bind(rules, at + 1, hi, &mut bound),
            (Some(TokKind::Punct(..)), "=>") => bind(rules, arm_start(rules, lo, at), at, &mut bound),
            _ => {}
        }
    }
    bound.sort_unstable_by_key(|at| rules.text(*at));
    bound.dedup_by_key(|at| rules.text(*at));
    bound
}

/// Those of `bound` that the call mentions, with what they are called instead.
pub(super) fn clashes<'r>(rules: &'r Buffer, bound: &[usize], input: &Buffer) -> Vec<(&'r str, String)> {
    if bound.is_empty() {
        return Vec::new();
    }
    let idents = (0..input.len()).filter(|at| input.kind(*at) == Some(TokKind::Ident));
    let idents: FxHashSet<&str> = idents.map(|at| input.text(at)).collect();
    let mentioned = |name: &str| idents.contains(name);
    let clashing = bound.iter().map(|at| rules.text(*at)).filter(|name| mentioned(name));
    clashing
        .map(|name| {
            let mut other = format!("{LOCAL_PREFIX}{name}");
            while mentioned(&other) {
                other.insert_str(0, LOCAL_PREFIX);
            }
            (name, other)
        })
        .collect()
}

/// True where a name of the definition means the variable and not a field.
pub(super) fn is_variable(rules: &Buffer, at: usize) -> bool {
    let after_dot = at > 0 && rules.operator(at - 1) == "." && (at < 2 || !rules.is_punct(at - 2, b'.'));
    !after_dot && rules.operator(at + 1) != ":"
}

/// True behind the `for` of `for pat in iter`, false behind that of `impl A for B` and `for<'a>`.
fn is_loop(rules: &Buffer, lo: usize, hi: usize) -> bool {
    let mut at = lo;
    while at < hi.min(lo + MAX_PATTERN) && !rules.is_ident(at, "in") && !rules.is_group(at, b'{') {
        let Some(end) = rules.tree_end(at) else { return false };
        at = end;
    }
    rules.is_ident(at, "in")
}

/// Names in the pattern that starts at `lo`.
fn bind(rules: &Buffer, lo: usize, hi: usize, bound: &mut Vec<usize>) {
    let mut depth = 0_u32;
    for at in lo..hi.min(lo + MAX_PATTERN) {
        match rules.kind(at) {
            Some(TokKind::Open(_)) => depth += 1,
            Some(TokKind::Close(_)) if depth == 0 => return,
            Some(TokKind::Close(_)) => depth -= 1,
            Some(TokKind::Punct(..)) if depth == 0 && matches!(rules.operator(at), "=" | ";" | ":" | "=>") => return,
            Some(TokKind::Ident) => {
                let name = rules.text(at);
                if depth == 0 && matches!(name, "in" | "if") {
                    return;
                }
                if is_binding(rules, at, name) {
                    bound.push(at);
                }
            }
            _ => {}
        }
    }
}

fn is_binding(rules: &Buffer, at: usize, name: &str) -> bool {
    let is_lower = name.starts_with(|c: char| c.is_lowercase() || c == '_') && name != "_";
    let before = at.checked_sub(1).map_or("", |before| rules.operator(before));
    let is_call = matches!(rules.kind(at + 1), Some(TokKind::Open(Delim::Bracket(b'(' | b'{'))));
    is_lower
        && !is_call
        && !is_reserved(name)
        && !matches!(name, "self" | "crate" | "super")
        && !matches!(before, "$" | ":")
        && !matches!(rules.operator(at + 1), "::" | "!" | ":")
}

/// Where the pattern in front of `=>` starts.
fn arm_start(rules: &Buffer, lo: usize, arrow: usize) -> usize {
    let mut at = arrow;
    while at > lo && arrow - at < MAX_PATTERN {
        let before = at - 1;
        match rules.kind(before) {
            Some(TokKind::Close(Delim::Bracket(b'{'))) | Some(TokKind::Open(_)) => {
                // `S { a } =>` belongs to the pattern, `{ .. } pat =>` does not.
                if at != arrow || matches!(rules.kind(before), Some(TokKind::Open(_))) {
                    return at;
                }
                at = rules.tokens[before].pair as usize;
            }
            Some(TokKind::Close(_)) => at = rules.tokens[before].pair as usize,
            Some(TokKind::Punct(b',' | b';', _)) => return at,
            _ => at = before,
        }
    }
    at
}
