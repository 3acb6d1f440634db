//! `// toecap: allow(lint, group) -- reason`

use toecap_ir::{FileIr, Span};

use super::Complaint;

/// What one comment says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directive {
    /// The comment.
    pub(super) span: Span,
    pub(super) lints: Vec<String>,
    pub(super) place: Place,
    /// `expect`: it is odd when nothing is found.
    pub(super) is_expectation: bool,
}

/// Where it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On its own line: the node that follows.
    Next,
    /// Behind code: that line.
    Line,
    /// `allow-file`
    File,
}

const USAGE: &str = "expected `toecap: allow(LINT, ..) -- reason`, `expect(..)` or `allow-file(..)`";

/// All directives of a file, in order.
pub(super) fn directives(ir: &FileIr) -> Vec<Result<Directive, Complaint>> {
    let texts = ir.comments.iter().filter_map(|c| Some((c, c.text.strip_prefix("toecap:")?)));
    // `toecap::lint` is prose.
    let texts = texts.filter(|(_, text)| !text.starts_with(':'));
    texts.map(|(comment, text)| parse(text, comment.span, comment.own_line)).collect()
}

fn parse(text: &str, span: Span, own_line: bool) -> Result<Directive, Complaint> {
    let complaint = || Complaint { span, message: USAGE.to_owned() };
    let (verb, rest) = text.split_once('(').ok_or_else(complaint)?;
    let (list, _reason) = rest.split_once(')').ok_or_else(complaint)?;
    let place = if own_line { Place::Next } else { Place::Line };
    let (place, is_expectation) = match verb.trim() {
        "allow" => (place, false),
        "expect" => (place, true),
        "allow-file" => (Place::File, false),
        _ => return Err(complaint()),
    };
    let lints: Vec<String> = list.split(',').map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
    if lints.is_empty() {
        return Err(complaint());
    }
    Ok(Directive { span, lints, place, is_expectation })
}
