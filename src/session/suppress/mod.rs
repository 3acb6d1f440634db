//! What the source itself silences: comments and attributes.
//!
//! ```text
//! // toecap: allow(blocking_call_in_async) -- runs once, before the server accepts
//! let config = std::fs::read_to_string(path)?;
//!
//! #[allow(clippy::await_holding_lock)]          also silences `sync_guard_across_await`
//! ```

mod attributes;
mod comments;
mod nodes;
mod selectors;
mod trivia;

use std::ops::Range;

use serde::{Deserialize, Serialize};
use toecap_finding::{Lint, Selector};
use toecap_ir::{FileIr, Span};

use attributes::Reach;
use comments::Place;
use nodes::Nodes;

/// The suppressions of one file.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Suppressions {
    rules: Vec<Rule>,
    /// From `#![allow(..)]` at the top: for a crate root they hold in the whole crate.
    #[serde(with = "selectors")]
    of_file: Vec<Selector>,
    /// Comments that say something that is not understood.
    pub complaints: Vec<Complaint>,
}

/// A suppression that does not do what its author thinks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// The comment or attribute.
    pub span: Span,
    /// What is wrong.
    pub message: String,
}

/// One silenced range.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Rule {
    #[serde(with = "selectors")]
    selectors: Vec<Selector>,
    range: Range<u32>,
    /// The comment, where findings there are expected.
    expectation: Option<Span>,
    #[serde(skip)]
    used: std::cell::Cell<bool>,
}

impl Suppressions {
    /// Reads them off a file.
    pub fn of(ir: &FileIr, text: &str, lints: &[&'static Lint]) -> Suppressions {
        let directives = comments::directives(ir);
        let attributes = attributes::find(text);
        let mut suppressions = Suppressions::default();
        if directives.is_empty() && attributes.is_empty() {
            return suppressions;
        }
        let nodes = Nodes::of(ir, text);
        for directive in directives {
            suppressions.comment(directive, ir, text, &nodes, lints);
        }
        for attribute in attributes {
            suppressions.attribute(&attribute, text, &nodes, lints);
        }
        suppressions
    }

    fn comment(
        &mut self,
        directive: Result<comments::Directive, Complaint>,
        ir: &FileIr,
        text: &str,
        nodes: &Nodes,
        lints: &[&'static Lint],
    ) {
        let directive = match directive {
            Ok(directive) => directive,
            Err(complaint) => return self.complaints.push(complaint),
        };
        let mut selectors = Vec::new();
        for name in &directive.lints {
            match Selector::parse(name, lints) {
                Ok(selector) => selectors.push(selector),
                Err(error) => self.complain(directive.span, error.to_string()),
            }
        }
        let range = match directive.place {
            Place::File if ir.root.iter().any(|id| ir.items[*id].span.lo() < directive.span.lo()) => {
                let message = "`allow-file` counts only above the first item of the file";
                return self.complain(directive.span, message.to_owned());
            }
            Place::File => 0..u32::MAX,
            Place::Line => trivia::line_around(text, directive.span.lo()),
            Place::Next => nodes.after(text, directive.span.hi()),
        };
        let expectation = directive.is_expectation.then_some(directive.span);
        self.rules.push(Rule { selectors, range, expectation, used: false.into() });
    }

    fn attribute(&mut self, attribute: &attributes::LintAttribute, text: &str, nodes: &Nodes, lints: &[&'static Lint]) {
        let mut selectors = Vec::new();
        for name in &attribute.lints {
            match Selector::parse(name, lints) {
                Ok(selector) => selectors.push(selector),
                Err(error) => self.complain(attribute.span, error.to_string()),
            }
        }
        let range = match attribute.reach {
            Reach::Next => nodes.after(text, attribute.span.hi()),
            Reach::Around => match nodes.around(attribute.span) {
                Some(range) => range,
                None => {
                    self.of_file.extend(selectors);
                    return;
                }
            },
        };
        self.rules.push(Rule { selectors, range, expectation: None, used: false.into() });
    }

    fn complain(&mut self, span: Span, message: String) {
        self.complaints.push(Complaint { span, message });
    }

    /// May something be said about the file's comments?
    pub fn may_complain(&self) -> bool {
        !self.complaints.is_empty() || self.rules.iter().any(|rule| rule.expectation.is_some())
    }

    /// True when a finding of `lint` at `span` is not wanted.
    pub fn silence(&self, lint: &Lint, span: Span) -> bool {
        let mut silenced = self.silences_file(lint);
        for rule in &self.rules {
            let touches = rule.range.start <= span.lo() && span.lo() < rule.range.end;
            if touches && matches(&rule.selectors, lint) {
                rule.used.set(true);
                silenced = true;
            }
        }
        silenced
    }

    /// True when the attributes at the top of the file silence `lint`.
    pub fn silences_file(&self, lint: &Lint) -> bool {
        matches(&self.of_file, lint)
    }

    /// `expect` comments that silenced nothing, judged by the lints that `ran`.
    pub fn unfulfilled(&self, ran: impl Fn(&Lint) -> bool, lints: &[&'static Lint]) -> Vec<Complaint> {
        let unused = self.rules.iter().filter(|rule| !rule.used.get());
        let meant = unused.filter(|rule| lints.iter().any(|lint| ran(lint) && matches(&rule.selectors, lint)));
        let message = || "nothing is found here, so this expectation is not fulfilled".to_owned();
        meant.filter_map(|rule| Some(Complaint { span: rule.expectation?, message: message() })).collect()
    }
}

fn matches(selectors: &[Selector], lint: &Lint) -> bool {
    selectors.iter().any(|s| s.matches(lint, toecap_finding::Level::Warn))
}

#[cfg(test)]
mod tests;
