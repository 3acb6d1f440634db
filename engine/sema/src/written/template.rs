//! The language of templates.
//!
//! ```text
//! pub struct @[item]Proxy { @each field if !field:serde.skip { @[field]: Option<@[field.type]>, } }
//! @if item:educe.Clone { impl@[item.generics] Clone for @[item]@[item.args] {} } @else { .. }
//! @[field:builder.name, field pascal]        the first that there is, with a filter
//! ```

/// A piece of a template.
#[derive(Debug)]
pub(super) enum Part {
    /// As it stands.
    Text(String),
    /// `@[a, b filter]`: the first that there is.
    Value(Vec<Source>),
    /// `@each field if .. { .. }`
    Each { what: Each, when: Condition, body: Vec<Part> },
    /// `@if .. { .. } @else { .. }`
    If { when: Condition, then: Vec<Part>, otherwise: Vec<Part> },
    /// `@hide`: the method or function is no longer found under its name.
    Hide,
}

/// What `@each` goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Each {
    Field,
    Variant,
    Method,
    /// Types without a definition, in `extern`.
    Type,
    Param,
    Arg,
    /// Fields of the struct that the first argument names.
    Named,
}

/// `!a and b is 'c' or d`: all of one of them.
#[derive(Debug)]
pub(super) struct Condition(pub Vec<Vec<Test>>);

/// One test of a condition.
#[derive(Debug)]
pub(super) struct Test {
    pub negated: bool,
    pub source: Source,
    /// `is '..'`
    pub equals: Option<String>,
}

/// Where a text comes from.
#[derive(Debug)]
pub(super) struct Source {
    /// `item`, `field`, `arg`, …; a text in quotes keeps the first.
    pub of: String,
    /// `.type`
    pub aspect: Option<String>,
    /// `:attribute.key.key`
    pub meta: Vec<String>,
    /// `pascal`, `ok`, …
    pub filters: Vec<String>,
}

/// Reads a template; none when it is not written right.
pub(super) fn parse(text: &str) -> Option<Vec<Part>> {
    let (parts, rest) = parts(text, 0)?;
    rest.is_empty().then_some(parts)
}

/// Parts up to the brace that closes the block they are in.
fn parts(mut text: &str, depth: u32) -> Option<(Vec<Part>, &str)> {
    let mut out = Vec::new();
    let mut open = 0;
    let mut plain = String::new();
    while let Some(at) = text.find(['@', '{', '}']) {
        plain.push_str(&text[..at]);
        let rest = &text[at..];
        if let Some(after) = rest.strip_prefix('{') {
            open += 1;
            plain.push('{');
            text = after;
        } else if let Some(after) = rest.strip_prefix('}') {
            if open == 0 && depth > 0 {
                push_text(&mut out, plain);
                return Some((out, after));
            }
            open -= 1;
            plain.push('}');
            text = after;
        } else {
            push_text(&mut out, std::mem::take(&mut plain));
            let (part, after) = directive(&rest[1..], depth)?;
            out.push(part);
            text = after;
        }
    }
    plain.push_str(text);
    push_text(&mut out, plain);
    (depth == 0).then_some((out, ""))
}

fn push_text(out: &mut Vec<Part>, text: String) {
    if !text.is_empty() {
        out.push(Part::Text(text));
    }
}

fn directive(text: &str, depth: u32) -> Option<(Part, &str)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (inner, rest) = rest.split_once(']')?;
        let sources: Option<Vec<Source>> = inner.split(',').map(source).collect();
        return Some((Part::Value(sources?), rest));
    }
    if let Some(rest) = text.strip_prefix("hide") {
        return Some((Part::Hide, rest));
    }
    if let Some(rest) = text.strip_prefix("if ") {
        let (when, rest) = rest.split_once('{')?;
        let (then, rest) = parts(rest, depth + 1)?;
        let (otherwise, rest) = match rest.trim_start().strip_prefix("@else") {
            Some(rest) => parts(rest.trim_start().strip_prefix('{')?, depth + 1)?,
            None => (Vec::new(), rest),
        };
        return Some((Part::If { when: condition(when)?, then, otherwise }, rest));
    }
    let rest = text.strip_prefix("each ")?;
    let (head, rest) = rest.split_once('{')?;
    let (what, when) = head.split_once(" if ").unwrap_or((head, ""));
    let what = match what.trim() {
        "field" => Each::Field,
        "variant" => Each::Variant,
        "method" => Each::Method,
        "type" => Each::Type,
        "param" => Each::Param,
        "arg" => Each::Arg,
        "named" => Each::Named,
        _ => return None,
    };
    let (body, rest) = parts(rest, depth + 1)?;
    Some((Part::Each { what, when: condition(when)?, body }, rest))
}

fn condition(text: &str) -> Option<Condition> {
    if text.trim().is_empty() {
        return Some(Condition(vec![Vec::new()]));
    }
    let all = |text: &str| text.split(" and ").map(test).collect::<Option<Vec<Test>>>();
    text.split(" or ").map(all).collect::<Option<Vec<_>>>().map(Condition)
}

fn test(text: &str) -> Option<Test> {
    let text = text.trim();
    let (negated, text) = text.strip_prefix('!').map_or((false, text), |text| (true, text));
    let (text, equals) = match text.split_once(" is ") {
        Some((text, value)) => (text, Some(value.trim().trim_matches('\'').to_owned())),
        None => (text, None),
    };
    Some(Test { negated, source: source(text)?, equals })
}

fn source(text: &str) -> Option<Source> {
    let mut words = text.split_whitespace();
    let head = words.next()?;
    let filters = words.map(str::to_owned).collect();
    if head.starts_with('\'') {
        return Some(Source { of: head.trim_end_matches('\'').to_owned(), aspect: None, meta: Vec::new(), filters });
    }
    let (head, meta) = head.split_once(':').unwrap_or((head, ""));
    let (of, aspect) = head.split_once('.').map_or((head, None), |(of, aspect)| (of, Some(aspect.to_owned())));
    let meta = meta.split('.').filter(|key| !key.is_empty()).map(str::to_owned).collect();
    Some(Source { of: of.to_owned(), aspect, meta, filters })
}
