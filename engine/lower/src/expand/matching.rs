//! Whether the tokens of a call match the left side of a rule, and what the metavariables then are.
//!
//! ```text
//! ($($x:expr),* $(,)?) against `1, 2,`      after `2`, the comma may end the list or go on with it: both are followed
//! ```
//! This is the compiler's own procedure: all readings are followed token by token, and a fragment is only parsed when it
//! is the one way to go on. There is no going back, so the time is linear.

use std::rc::Rc;

use super::fragments::{Edition, FragmentKind};
use super::matcher::{Matcher, Repeat, Step};
use super::tokens::Buffer;

/// Most steps that one rule may take.
const MAX_STEPS: u32 = 4_000_000;
/// Most readings that are followed at a time.
const MAX_READINGS: usize = 1_000;

/// What a metavariable is: a range of the call's tokens, or one match an iteration.
#[derive(Debug, Clone)]
pub(super) enum Match {
    One(usize, usize),
    Many(Vec<Match>),
}

/// One way to read the tokens so far.
#[derive(Debug, Clone)]
struct Reading {
    step: usize,
    matches: Rc<Vec<Match>>,
}

impl Reading {
    fn push(&mut self, index: usize, depth: usize, found: Match) {
        let matches = Rc::make_mut(&mut self.matches);
        if depth == 0 {
            if index == matches.len() {
                matches.push(found);
            }
            return;
        }
        let Some(mut at) = matches.get_mut(index) else { return };
        for _ in 1..depth {
            let Match::Many(inner) = at else { return };
            let Some(last) = inner.last_mut() else { return };
            at = last;
        }
        if let Match::Many(inner) = at {
            inner.push(found);
        }
    }
}

/// One match a metavariable; none when the rule does not fit.
pub(super) fn matches(rules: &Buffer, matcher: &Matcher, input: &Buffer, edition: Edition) -> Option<Vec<Match>> {
    let start = Reading { step: 0, matches: Rc::default() };
    let mut front = Front {
        rules,
        matcher,
        input,
        edition,
        at: 0,
        fuel: MAX_STEPS,
        current: vec![start],
        next: Vec::new(),
        fragments: Vec::new(),
        ended: None,
    };
    loop {
        front.advance()?;
        if front.at >= input.len() {
            let ended = front.ended.take()?;
            return Some(Rc::try_unwrap(ended.matches).unwrap_or_else(|shared| (*shared).clone()));
        }
        if !front.next.is_empty() {
            // The compiler rejects a call where a fragment fits as well.
            std::mem::swap(&mut front.current, &mut front.next);
            front.fragments.clear();
            front.at += input.width(front.at);
            continue;
        }
        let (mut reading, kind, index, depth) = front.fragments.pop()?;
        if !front.fragments.is_empty() {
            return None;
        }
        let end = kind.end(input, front.at)?;
        reading.push(index, depth, Match::One(front.at, end));
        reading.step += 1;
        front.current.push(reading);
        front.at = end;
    }
}

/// What can be done at one token.
struct Front<'f> {
    rules: &'f Buffer,
    matcher: &'f Matcher,
    input: &'f Buffer,
    edition: Edition,
    at: usize,
    /// Steps that are left.
    fuel: u32,
    /// Readings up to this token; none after [`Front::advance`].
    current: Vec<Reading>,
    /// Readings that take this token.
    next: Vec<Reading>,
    /// Readings that take a fragment from here on.
    fragments: Vec<(Reading, FragmentKind, usize, usize)>,
    ended: Option<Reading>,
}

impl Front<'_> {
    fn advance(&mut self) -> Option<()> {
        while let Some(mut reading) = self.current.pop() {
            self.fuel = self.fuel.checked_sub(1)?;
            if self.current.len() > MAX_READINGS {
                return None;
            }
            match self.matcher.steps[reading.step] {
                Step::Token(token) => {
                    if self.rules.same(token, self.input, self.at) {
                        reading.step += 1;
                        self.next.push(reading);
                    }
                }
                Step::Sequence { repeat, after, first_var, vars, depth } => {
                    for index in first_var..first_var + vars {
                        reading.push(index, depth, Match::Many(Vec::new()));
                    }
                    if repeat != Repeat::Some {
                        self.current.push(Reading { step: after, matches: reading.matches.clone() });
                    }
                    reading.step += 1;
                    self.current.push(reading);
                }
                Step::Again { repeat, first } => {
                    self.current.push(Reading { step: reading.step + 1, matches: reading.matches.clone() });
                    if repeat != Repeat::Optional {
                        reading.step = first;
                        self.current.push(reading);
                    }
                }
                Step::Separator { token } => {
                    self.current.push(Reading { step: reading.step + 2, matches: reading.matches.clone() });
                    if self.rules.same(token, self.input, self.at) {
                        reading.step += 1;
                        self.next.push(reading);
                    }
                }
                Step::AfterSeparator { first } => {
                    reading.step = first;
                    self.current.push(reading);
                }
                Step::Var { index, kind, depth } => {
                    if kind.may_start(self.input, self.at, self.edition) {
                        self.fragments.push((reading, kind, index, depth));
                    }
                }
                Step::End => {
                    // Kept only where it counts, as a shared reading is copied when it grows.
                    if self.at >= self.input.len() {
                        self.ended = Some(reading);
                    }
                }
            }
        }
        Some(())
    }
}
