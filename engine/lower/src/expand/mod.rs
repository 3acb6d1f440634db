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
mod paste;
mod sole;
mod template;
mod tokens;
mod transcribe;

use std::sync::OnceLock;

use toecap_ir::{Expander, MacroDefKind, MacroInput, MacroRules, SourceText};

use fragments::Edition;
use matcher::Matcher;
pub(crate) use paste::Paste;
pub(crate) use sole::sole_call;
use template::Node;
use tokens::{Buffer, Delim, Docs, TokKind};
use transcribe::{Transcriber, crate_name, transcribe};

/// A macro definition. Of its rules only those that a call comes to are read.
pub(crate) struct Definition {
    tokens: Buffer,
    rules: Vec<Rule>,
    /// How `$crate` is spelled.
    krate: String,
    local_inner_macros: bool,
}

impl Definition {
    /// None when its delimiters do not pair up.
    pub(crate) fn new(written: &MacroRules<'_>) -> Option<Self> {
        let tokens = Buffer::new(written.source, written.rules, Docs::Dropped)?;
        let rules = all_rules(&tokens, written.kind);
        let krate = crate_name(written.crate_number);
        Some(Self { tokens, rules, krate, local_inner_macros: written.local_inner_macros })
    }
}

impl Expander for Definition {
    fn expand(&self, call: &MacroInput<'_>) -> Option<SourceText> {
        let input = Buffer::new(call.source, call.args, Docs::Attributes)?;
        for edition in [Edition::E2021, Edition::E2024] {
            for rule in &self.rules {
                let Some(matcher) = rule.matcher(&self.tokens) else { continue };
                let Some(matches) = matching::matches(&self.tokens, matcher, &input, edition) else { continue };
                let right = rule.template(&self.tokens, matcher)?;
                let cx = Transcriber {
                    rules: &self.tokens,
                    input: &input,
                    vars: &matcher.vars,
                    matches: &matches,
                    renamed: hygiene::clashes(&self.tokens, &right.bound, &input),
                    krate: &self.krate,
                    local_inner_macros: self.local_inner_macros,
                };
                return transcribe(&cx, &right.nodes, call.call);
            }
        }
        None
    }
}

/// Both sides of a rule: ranges of tokens, outer delimiters excluded, and what they mean once that has been asked for.
#[derive(Debug)]
struct Rule {
    left: (usize, usize),
    right: (usize, usize),
    matcher: OnceLock<Option<Matcher>>,
    template: OnceLock<Option<Template>>,
}

/// The right side of a rule.
#[derive(Debug)]
struct Template {
    nodes: Vec<Node>,
    /// Names that it binds: a token of each.
    bound: Vec<usize>,
}

impl Rule {
    fn new(left: (usize, usize), right: (usize, usize)) -> Self {
        Self { left, right, matcher: OnceLock::new(), template: OnceLock::new() }
    }

    fn matcher(&self, tokens: &Buffer) -> Option<&Matcher> {
        self.matcher.get_or_init(|| Matcher::parse(tokens, self.left.0, self.left.1)).as_ref()
    }

    fn template(&self, tokens: &Buffer, matcher: &Matcher) -> Option<&Template> {
        let read = || {
            let (lo, hi) = self.right;
            let nodes = template::parse(tokens, &matcher.vars, lo, hi)?;
            Some(Template { nodes, bound: hygiene::bound(tokens, lo, hi) })
        };
        self.template.get_or_init(read).as_ref()
    }
}

/// `(..) => {..};` any number of times, or `(..) {..}` alone.
fn all_rules(rules: &Buffer, kind: MacroDefKind) -> Vec<Rule> {
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
        found.push(Rule::new(left, right));
        at = right.1 + 1;
        if matches!(rules.operator(at), ";" | ",") {
            at += 1;
        }
    }
    found
}

/// What is in the brackets at `at`.
fn group(rules: &Buffer, at: usize) -> Option<(usize, usize)> {
    match rules.kind(at)? {
        TokKind::Open(Delim::Bracket(_)) => Some((at + 1, rules.tokens[at].pair as usize)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
