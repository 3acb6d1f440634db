//! The left side of a rule, as a list of steps.
//!
//! ```text
//! ($name:ident: $($value:expr),+)      Var(name) Token(:) Sequence(+) Var(value) Separator(,) AfterSeparator End
//! ```

use super::fragments::FragmentKind;
use super::tokens::{Buffer, TokKind};

/// How deep `$( )` nests.
pub(super) const MAX_REPETITIONS: u32 = 32;

/// How often a repetition repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Any,
    Some,
    Optional,
}

/// One step. Indices of tokens are into the definition's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Token(usize),
    /// Start of a repetition, whose metavariables are `first_var..first_var + vars` and which ends before step `after`.
    Sequence {
        repeat: Repeat,
        after: usize,
        first_var: usize,
        vars: usize,
        depth: usize,
    },
    /// End of a repetition without a separator, whose contents start at a step.
    Again {
        repeat: Repeat,
        first: usize,
    },
    /// End of a repetition with a separator; the step behind is for when the separator is there.
    Separator {
        token: usize,
    },
    AfterSeparator {
        first: usize,
    },
    Var {
        index: usize,
        kind: FragmentKind,
        depth: usize,
    },
    End,
}

/// A metavariable.
#[derive(Debug, Clone)]
pub(super) struct Var {
    pub(super) name: String,
    pub(super) kind: FragmentKind,
}

/// The left side of a rule.
#[derive(Debug, Default)]
pub(super) struct Matcher {
    pub(super) steps: Vec<Step>,
    pub(super) vars: Vec<Var>,
}

impl Matcher {
    /// Reads the tokens `lo..hi` of a definition; none when they mean nothing or could match nothing for ever.
    pub(super) fn parse(rules: &Buffer, lo: usize, hi: usize) -> Option<Self> {
        let mut matcher = Self::default();
        matcher.steps(rules, lo, hi, 0)?;
        matcher.steps.push(Step::End);
        Some(matcher)
    }

    /// True when the steps may match no token.
    fn steps(&mut self, rules: &Buffer, lo: usize, hi: usize, depth: usize) -> Option<bool> {
        let mut at = lo;
        let mut may_be_empty = true;
        while at < hi {
            if !rules.is_punct(at, b'$') {
                may_be_empty = false;
                self.steps.push(Step::Token(at));
                at += rules.width(at);
                continue;
            }
            if rules.is_group(at + 1, b'(') {
                let (end, is_empty) = self.repetition(rules, at + 1, depth)?;
                may_be_empty &= is_empty;
                at = end;
                continue;
            }
            if rules.is_punct(at + 2, b':') && rules.kind(at + 3) == Some(TokKind::Ident) {
                let kind = FragmentKind::of(rules.text(at + 3))?;
                may_be_empty &= kind == FragmentKind::Vis;
                self.steps.push(Step::Var { index: self.vars.len(), kind, depth });
                self.vars.push(Var { name: rules.text(at + 1).to_owned(), kind });
                at += 4;
                continue;
            }
            may_be_empty = false;
            self.steps.push(Step::Token(at));
            at += 1;
        }
        Some(may_be_empty)
    }

    /// `(..) sep *`; its end and whether it may match no token.
    fn repetition(&mut self, rules: &Buffer, open: usize, depth: usize) -> Option<(usize, bool)> {
        if depth as u32 >= MAX_REPETITIONS {
            return None;
        }
        let close = rules.tokens[open].pair as usize;
        let tail = Tail::parse(rules, close + 1)?;
        let start = self.steps.len();
        let first_var = self.vars.len();
        self.steps.push(Step::End);
        let is_empty = self.steps(rules, open + 1, close, depth + 1)?;
        if is_empty && tail.separator.is_none() && tail.repeat != Repeat::Optional {
            return None;
        }
        let first = start + 1;
        match tail.separator {
            Some(token) => {
                self.steps.push(Step::Separator { token });
                self.steps.push(Step::AfterSeparator { first });
            }
            None => self.steps.push(Step::Again { repeat: tail.repeat, first }),
        }
        let (after, vars) = (self.steps.len(), self.vars.len() - first_var);
        self.steps[start] = Step::Sequence { repeat: tail.repeat, after, first_var, vars, depth };
        Some((tail.end, is_empty || tail.repeat != Repeat::Some))
    }
}

/// What stands behind the parentheses of a repetition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail {
    pub(super) separator: Option<usize>,
    pub(super) repeat: Repeat,
    pub(super) end: usize,
}

impl Tail {
    pub(super) fn parse(rules: &Buffer, at: usize) -> Option<Self> {
        if let Some(repeat) = repeat(rules, at) {
            return Some(Self { separator: None, repeat, end: at + 1 });
        }
        if matches!(rules.kind(at)?, TokKind::Open(_) | TokKind::Close(_)) {
            return None;
        }
        let operator = at + rules.width(at);
        Some(Self { separator: Some(at), repeat: repeat(rules, operator)?, end: operator + 1 })
    }
}

fn repeat(rules: &Buffer, at: usize) -> Option<Repeat> {
    match rules.operator(at) {
        "*" => Some(Repeat::Any),
        "+" => Some(Repeat::Some),
        "?" => Some(Repeat::Optional),
        _ => None,
    }
}
