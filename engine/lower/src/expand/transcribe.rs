//! From the right side of a rule and the matches to text.

use toecap_ir::{SourceText, Span};

use super::fragments::FragmentKind;
use super::matcher::Var;
use super::matching::Match;
use super::output::{Output, Side};
use super::template::{Node, Part};
use super::tokens::{Buffer, Delim, MARKER, Shell, TokKind};
use crate::tree::CRATE_PREFIX;

/// Most parts that are written.
const MAX_STEPS: u32 = 2_000_000;

/// What the right side is filled in with.
pub(super) struct Transcriber<'t> {
    pub(super) rules: &'t Buffer,
    pub(super) input: &'t Buffer,
    pub(super) vars: &'t [Var],
    pub(super) matches: &'t [Match],
    /// Variables of the definition that are called otherwise.
    pub(super) renamed: Vec<(&'t str, String)>,
    /// How `$crate` is spelled.
    pub(super) krate: &'t str,
    /// Calls of macros in the definition mean those of its crate.
    pub(super) local_inner_macros: bool,
}

/// Fills in the right side; none when it does not go with the matches, or becomes too long.
pub(super) fn transcribe(cx: &Transcriber<'_>, nodes: &[Node], call: Span) -> Option<SourceText> {
    let mut writer = Writer { cx, out: Output::new(call), rounds: Vec::new(), steps: MAX_STEPS };
    writer.nodes(nodes)?;
    Some(writer.out.finish())
}

/// Spelling of `$crate` in the text of an expansion.
pub(super) fn crate_name(number: u32) -> String {
    format!("{CRATE_PREFIX}{number}")
}

struct Writer<'w> {
    cx: &'w Transcriber<'w>,
    out: Output,
    /// Per repetition, outermost first: which iteration of how many.
    rounds: Vec<(usize, usize)>,
    steps: u32,
}

impl<'w> Writer<'w> {
    fn nodes(&mut self, nodes: &[Node]) -> Option<()> {
        for (at, node) in nodes.iter().enumerate() {
            self.steps = self.steps.checked_sub(1)?;
            match node {
                Node::Tokens(lo, hi) => self.definition(*lo, *hi)?,
                Node::Var(var) => {
                    let next = match nodes.get(at + 1) {
                        Some(Node::Tokens(lo, _)) => self.cx.rules.operator(*lo),
                        _ => "",
                    };
                    self.var(*var, next)?;
                }
                Node::Crate => self.out.lone(self.cx.krate, None)?,
                Node::Repeat { nodes, separator, vars } => self.repeat(nodes, *separator, vars)?,
                Node::Count(var) => {
                    let count = self.current(*var).map_or(0, count);
                    self.out.lone(&count.to_string(), None)?;
                }
                Node::Index(depth) => {
                    let index = self.round(*depth)?.0;
                    self.out.lone(&index.to_string(), None)?;
                }
                Node::Len(depth) => {
                    let len = self.round(*depth)?.1;
                    self.out.lone(&len.to_string(), None)?;
                }
                Node::Concat(parts) => self.concat(parts)?,
                Node::Nothing => {}
            }
        }
        Some(())
    }

    fn round(&self, depth: usize) -> Option<(usize, usize)> {
        self.rounds.get(self.rounds.len().checked_sub(depth + 1)?).copied()
    }

    /// The match of a metavariable in this iteration.
    fn current(&self, var: usize) -> Option<&'w Match> {
        let mut found = self.cx.matches.get(var)?;
        for (round, _) in &self.rounds {
            match found {
                Match::Many(inner) => found = inner.get(*round)?,
                Match::One(..) => break,
            }
        }
        Some(found)
    }

    fn repeat(&mut self, nodes: &[Node], separator: Option<usize>, vars: &[usize]) -> Option<()> {
        let lens = vars.iter().filter_map(|var| match self.current(*var) {
            Some(Match::Many(inner)) => Some(inner.len()),
            _ => None,
        });
        let len = lens.min()?;
        self.rounds.push((0, len));
        for round in 0..len {
            if let Some(last) = self.rounds.last_mut() {
                last.0 = round;
            }
            if round > 0
                && let Some(at) = separator
            {
                self.definition(at, at + self.cx.rules.width(at))?;
            }
            self.nodes(nodes)?;
        }
        self.rounds.pop();
        Some(())
    }

    /// Copies tokens of the definition.
    fn definition(&mut self, lo: usize, hi: usize) -> Option<()> {
        let rules = self.cx.rules;
        for at in lo..hi {
            if self.cx.local_inner_macros && self.calls_macro(at) {
                self.out.lone(self.cx.krate, None)?;
                self.out.lone("::", None)?;
            }
            match self.renamed(at) {
                Some(name) => self.out.lone(name, None)?,
                None => self.copy(rules, at, Side::Definition, None)?,
            }
        }
        Some(())
    }

    fn renamed(&self, at: usize) -> Option<&'w str> {
        let cx = self.cx;
        if cx.renamed.is_empty() || cx.rules.kind(at) != Some(TokKind::Ident) {
            return None;
        }
        let (_, name) = cx.renamed.iter().find(|(name, _)| cx.rules.is_ident(at, name))?;
        super::hygiene::is_variable(cx.rules, at).then_some(name)
    }

    fn calls_macro(&self, at: usize) -> bool {
        let rules = self.cx.rules;
        rules.kind(at) == Some(TokKind::Ident)
            && rules.operator(at + 1) == "!"
            && matches!(rules.kind(at + 2), Some(TokKind::Open(_)))
            && (at == 0 || rules.operator(at - 1) != ":" && !rules.is_punct(at - 1, b'$'))
    }

    fn var(&mut self, var: usize, next: &str) -> Option<()> {
        let Match::One(lo, hi) = *self.current(var)? else { return None };
        let kind = self.cx.vars[var].kind;
        let input = self.cx.input;
        let is_unit =
            input.tree_end(lo) == Some(hi) && matches!(input.kind(lo), Some(TokKind::Open(Delim::Fragment(..))));
        // `x as $t < y`: what follows is no argument of the type.
        let is_compared = kind == FragmentKind::Ty && next.starts_with('<');
        if kind == FragmentKind::Ty && next == "::" {
            return self.qualified(lo, hi);
        }
        if !kind.is_opaque() || is_unit && !is_compared {
            return self.call_tokens(lo, hi);
        }
        let shell = match kind {
            _ if is_compared => Shell::Parens,
            _ if lo == hi => Shell::Bare,
            _ => kind.shell(input, lo, hi),
        };
        self.open_fragment(kind, shell, lo);
        self.call_tokens(lo, hi)?;
        self.close_fragment(shell, hi);
        Some(())
    }

    /// A type in front of `::`.
    fn qualified(&mut self, mut lo: usize, mut hi: usize) -> Option<()> {
        let input = self.cx.input;
        while let Some(TokKind::Open(Delim::Fragment(..))) = input.kind(lo)
            && input.tree_end(lo) == Some(hi)
        {
            (lo, hi) = (lo + 1, hi - 1);
        }
        if hi == lo + 1 && input.kind(lo) == Some(TokKind::Ident) {
            return self.call_tokens(lo, hi);
        }
        self.out.lone("<", self.first_byte(lo))?;
        self.call_tokens(lo, hi)?;
        self.out.lone(">", self.last_byte(hi))
    }

    fn call_tokens(&mut self, lo: usize, hi: usize) -> Option<()> {
        let input = self.cx.input;
        self.steps = self.steps.checked_sub((hi - lo) as u32)?;
        for at in lo..hi {
            match input.kind(at)? {
                TokKind::Open(Delim::Fragment(kind, shell)) => self.open_fragment(kind, shell, at + 1),
                TokKind::Close(Delim::Fragment(_, shell)) => self.close_fragment(shell, at),
                _ => {
                    let token = input.tokens[at];
                    self.copy(input, at, Side::Call, Some(input.source.resolve(token.lo, token.hi)))?;
                }
            }
        }
        Some(())
    }

    fn copy(&mut self, from: &Buffer, at: usize, side: Side, span: Option<Span>) -> Option<()> {
        let token = from.tokens[at];
        self.out.token(from.text(at), span, side, token.lo, token.hi)
    }

    /// The delimiters of a fragment lie at the edges of what is within.
    fn open_fragment(&mut self, kind: FragmentKind, shell: Shell, first: usize) {
        let name = kind.name();
        match shell {
            Shell::Bare => self.out.comment(&format!("{MARKER}{name}*/")),
            Shell::Parens => {
                self.out.comment(&format!("{MARKER}{name}(*/"));
                self.out.lone("(", self.first_byte(first));
            }
        }
    }

    fn close_fragment(&mut self, shell: Shell, end: usize) {
        match shell {
            Shell::Bare => self.out.comment(&format!("{MARKER}>*/")),
            Shell::Parens => {
                self.out.lone(")", self.last_byte(end));
            }
        }
    }

    fn first_byte(&self, at: usize) -> Option<Span> {
        let token = self.cx.input.tokens.get(at)?;
        let span = self.cx.input.source.resolve(token.lo, token.hi);
        Some(if span.is_expanded() { span } else { Span::new(span.lo(), (span.lo() + 1).min(span.hi())) })
    }

    fn last_byte(&self, end: usize) -> Option<Span> {
        let token = self.cx.input.tokens.get(end.checked_sub(1)?)?;
        let span = self.cx.input.source.resolve(token.lo, token.hi);
        Some(if span.is_expanded() { span } else { Span::new(span.hi().saturating_sub(1).max(span.lo()), span.hi()) })
    }

    fn concat(&mut self, parts: &[Part]) -> Option<()> {
        let mut name = String::new();
        for part in parts {
            match part {
                Part::Token(at) => name.push_str(self.cx.rules.text(*at).trim_matches('"')),
                Part::Var(var) => {
                    let Match::One(lo, hi) = *self.current(*var)? else { return None };
                    (lo..hi).for_each(|at| name.push_str(self.cx.input.text(at).trim_matches('"')));
                }
            }
        }
        self.out.lone(&name, None)
    }
}

/// How many leaves a match has.
fn count(found: &Match) -> usize {
    match found {
        Match::One(..) => 1,
        Match::Many(inner) => inner.iter().map(count).sum(),
    }
}
