//! Expansion of `macro_rules!` and `macro` definitions, from text to text.
//!
//! ```text
//! macro_rules! twice { ($x:expr) => { $x * 2 }; }
//! twice!(1 + n)          ( 1 + n ) * 2, where `1 + n` has the places of the call and `* 2` the place of all of it
//! ```
//! There is no parser here and no tree: a rule fits when its tokens do, and what a fragment takes is found by its extent.
//! Names mean what they mean where the call is, except for `$crate` and for variables of the definition that the call
//! happens to mention.

mod fragments;
mod grammar;
mod hygiene;
mod matcher;
mod matching;
mod output;
mod template;
mod tokens;
mod transcribe;

use toecap_ir::{MacroDefKind, MacroInput, MacroRules, SourceText};

use fragments::Edition;
use matcher::Matcher;
use tokens::{Buffer, Delim, Docs, TokKind};
use transcribe::{Transcriber, crate_name, transcribe};

/// What a call expands to; none when no rule fits or there would be too much.
pub(crate) fn expand(definition: &MacroRules<'_>, call: &MacroInput<'_>) -> Option<SourceText> {
    let rules = Buffer::new(definition.source, definition.rules, Docs::Dropped)?;
    let input = Buffer::new(call.source, call.args, Docs::Attributes)?;
    let all = all_rules(&rules, definition.kind);
    for edition in [Edition::E2021, Edition::E2024] {
        for rule in &all {
            let Some(matcher) = Matcher::parse(&rules, rule.left.0, rule.left.1) else { continue };
            let Some(matches) = matching::matches(&rules, &matcher, &input, edition) else { continue };
            let nodes = template::parse(&rules, &matcher.vars, rule.right.0, rule.right.1)?;
            let cx = Transcriber {
                rules: &rules,
                input: &input,
                vars: &matcher.vars,
                matches: &matches,
                renamed: hygiene::clashes(&rules, rule.right.0, rule.right.1, &input),
                krate: crate_name(definition.crate_number),
                local_inner_macros: definition.local_inner_macros,
            };
            return transcribe(&cx, &nodes, call.call);
        }
    }
    None
}

/// Ranges of tokens, outer delimiters excluded.
#[derive(Debug, Clone, Copy)]
struct Rule {
    left: (usize, usize),
    right: (usize, usize),
}

/// `(..) => {..};` any number of times, or `(..) {..}` alone.
fn all_rules(rules: &Buffer<'_>, kind: MacroDefKind) -> Vec<Rule> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(left) = group(rules, at) {
        at = left.1 + 1;
        if kind != MacroDefKind::DeclShort {
            if rules.operator(at) != "=>" {
                break;
            }
            at += 2;
        }
        let Some(right) = group(rules, at) else { break };
        found.push(Rule { left, right });
        at = right.1 + 1;
        if matches!(rules.operator(at), ";" | ",") {
            at += 1;
        }
    }
    found
}

/// What is in the brackets at `at`.
fn group(rules: &Buffer<'_>, at: usize) -> Option<(usize, usize)> {
    match rules.kind(at)? {
        TokKind::Open(Delim::Bracket(_)) => Some((at + 1, rules.tokens[at].pair as usize)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
