//! Pages for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::facts::{Cancel, EffectFacts, FnFacts, Hop, Place};
use crate::cli::output::{BOLD, painted};

const LABEL: Style = AnsiColor::BrightBlue.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// All of it.
pub(super) fn page(facts: &FnFacts, color: bool) -> String {
    let mut text = format!("{}  {}\n", painted(BOLD, &facts.function, color), painted(DIM, &place(&facts.at), color));
    let mut line = |label: &str, value: &str, hops: &[Hop]| {
        let _ = writeln!(text, "  {} {value}", painted(LABEL, &format!("{label:<10}"), color));
        for hop in hops {
            let _ = writeln!(text, "             {}  {}", painted(DIM, &place(&hop.at), color), hop.callee);
        }
    };
    let kind = match (facts.future, facts.guard) {
        (true, true) => " (a future of a guard)",
        (true, false) => " (a future)",
        (false, true) => " (a guard)",
        (false, false) => "",
    };
    line("returns", &format!("{}{kind}", facts.returns), &[]);
    for known in &facts.known {
        line("known", &format!("{}: {} [{}]", known.topic, known.what, known.source), &[]);
    }
    match facts.computed {
        false => line("computed", "nothing: its body was not read", &[]),
        true if facts.foreign => line("computed", "what follows, from its body", &[]),
        true => {}
    }
    for effect in &facts.effects {
        line(effect.effect, what(effect), &effect.steps);
    }
    if facts.computed && facts.effects.is_empty() {
        line("effects", "none that is known", &[]);
    }
    for held in &facts.held {
        let across: Vec<String> = held.across.iter().map(|at| format!("{}:{}", at.line, at.column)).collect();
        line("holds", &format!("{} ({}) across the awaits at {}", held.name, held.ty, across.join(", ")), &[]);
    }
    for ran in &facts.runners {
        line("run by", ran.by, &ran.steps);
    }
    let is_known = facts.known.iter().any(|row| row.topic == "cancel");
    if let Some(cancel) = facts.cancel.as_ref().filter(|cancel| !(is_known && cancel.verdict == "unknown")) {
        let source = match (cancel.documented, cancel.broken) {
            (_, true) => " (its documentation says otherwise)",
            (true, false) => " (its documentation says so)",
            (false, false) => "",
        };
        line("cancel", &format!("{}{source}", verdict(cancel)), &cancel.steps);
    }
    for wait in &facts.waits {
        let at = format!("{}:{}", wait.at.line, wait.at.column);
        let never = if wait.suspends { "" } else { ", never for long" };
        line("waits", &format!("for {} at {at}{never}; {}", wait.of, lost(&wait.cancel)), &[]);
    }
    for call in &facts.calls {
        let name = call.callee.as_deref().unwrap_or("?");
        let unsure = if call.unsure { " (unsure)" } else { "" };
        let at = format!("{}:{}", call.at.line, call.at.column);
        line("calls", &format!("{name}{unsure} at {at}, gives {}", call.gives), &[]);
        for known in &call.known {
            line("", &format!("known: {}: {}", known.topic, known.what), &[]);
        }
        for effect in &call.effects {
            line("", &format!("computed: {} {}", effect.effect, what(effect)), &effect.steps);
        }
        if let Some(cancel) = &call.cancel {
            line("", &format!("dropped half-way: {}", lost(cancel)), &[]);
        }
    }
    text
}

fn what(effect: &EffectFacts) -> &str {
    if effect.what.is_empty() { "yes" } else { &effect.what }
}

/// What a drop loses, as a sentence.
fn lost(cancel: &Cancel) -> String {
    match (cancel.verdict, &cancel.lost) {
        ("safe", _) => "nothing is lost".to_owned(),
        ("unknown", _) => "what is lost is not known".to_owned(),
        (verdict, Some(lost)) => format!("{verdict}, loses {lost}"),
        (verdict, None) => verdict.to_owned(),
    }
}

/// One line each, by file.
pub(super) fn table(facts: &[FnFacts], color: bool) -> String {
    let mut text = String::new();
    let mut file = "";
    for facts in facts {
        if facts.at.file != file {
            file = &facts.at.file;
            let _ = writeln!(text, "{}", painted(BOLD, file, color));
        }
        let mut words: Vec<String> = Vec::new();
        for effect in &facts.effects {
            let word = match effect.what.as_str() {
                "" => effect.effect.to_owned(),
                _ if effect.effect == "cpu" => "cpu".to_owned(),
                what => format!("{} {what}", effect.effect),
            };
            words.push(word);
        }
        words.extend(facts.held.iter().map(|held| format!("holds {} across an await", held.name)));
        words.extend(facts.cancel.iter().map(|cancel| format!("cancel {}", cancel.verdict)));
        let names: Vec<&str> = facts.function.rsplit("::").take(2).collect();
        let name = names.into_iter().rev().collect::<Vec<_>>().join("::");
        let _ = writeln!(text, "  {:>5}  {}  {}", facts.at.line, painted(LABEL, &name, color), words.join(", "));
    }
    text
}

/// A section for the documentation of a function.
pub(super) fn section(facts: &FnFacts) -> String {
    let Some(cancel) = &facts.cancel else { return String::new() };
    let sentence = match (cancel.verdict, &cancel.lost) {
        ("safe", _) => "This function is cancel safe: dropping its future before it is done loses nothing.".to_owned(),
        ("loses-place", Some(lost)) => format!(
            "This function is cancel safe: when its future is dropped before it is done, only this is lost: {lost}."
        ),
        ("unknown", _) => "Whether this function is cancel safe is not known.".to_owned(),
        (_, Some(lost)) => format!(
            "This function is not cancel safe: when its future is dropped before it is done, this is lost: {lost}."
        ),
        (verdict, None) => format!("This function is not cancel safe ({verdict})."),
    };
    let mut text = format!("// {}  {}\n/// # Cancel safety\n///\n/// {sentence}\n", place(&facts.at), facts.function);
    if cancel.broken {
        text.push_str("// its documentation says otherwise\n");
    }
    if let Some(last) = cancel.steps.last() {
        let _ = writeln!(text, "// because of `{}` at {}", last.callee, place(&last.at));
    }
    text
}

fn verdict(cancel: &Cancel) -> String {
    match &cancel.lost {
        Some(lost) => format!("{}: {lost}", cancel.verdict),
        None => cancel.verdict.to_owned(),
    }
}

fn place(at: &Place) -> String {
    format!("{}:{}:{}", at.file, at.line, at.column)
}
