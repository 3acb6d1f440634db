//! For people: the source with labels, the chain, and what to write instead; in the shape that terminals and editors parse.
//!
//! ```text
//! warning: call of `load` blocks a thread of the executor: it leads to `std::fs::read`
//!  --> src/main.rs:4:18
//! ```

use std::io::{self, Write};
use std::path::Path;

use codespan_reporting::diagnostic::{Diagnostic, Label, LabelStyle, Severity as Header};
use codespan_reporting::term::{Chars, Config, emit_to_write_style};
use toecap_ir::Location;

use super::Style;
use super::excerpt::Excerpt;
use super::message::{Child, ChildKind, Message};
use super::paint::Paint;
use super::places::{line_column, shown};
use crate::session::{Place, Report, Severity};

/// More places with the same cause are counted and not listed.
const MAX_PLACES: usize = 8;

pub(super) fn write(
    report: &Report,
    messages: &[Message<'_>],
    style: &Style<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = |path: &Path| shown(path, style.cwd);
    for message in messages {
        let text = rendered(report, message, style.color, &name)?;
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

/// A message as it is printed, with one line feed at its end. `name` is what the file at a path is called.
pub(super) fn rendered(
    report: &Report,
    message: &Message<'_>,
    color: bool,
    name: &dyn Fn(&Path) -> String,
) -> io::Result<String> {
    let mut parts = vec![Part::primary(message, name)];
    if !message.others.is_empty() {
        parts[0].notes.push(other_places(report, &message.others, name));
    }
    let has_help = message.children.iter().any(|child| child.kind == ChildKind::Help);
    for child in &message.children {
        match child.at {
            Some(at) => parts.push(Part::located(child, at)),
            // The help says the same in words.
            None if child.kind == ChildKind::Fix && has_help => {}
            None => {
                let word = if child.kind == ChildKind::Note { "note" } else { "help" };
                if let Some(last) = parts.last_mut() {
                    last.notes.push(format!("{word}: {}", child.text));
                }
            }
        }
    }
    let mut text = String::new();
    for part in &parts {
        text.push_str(&part.rendered(report, color, name)?);
    }
    Ok(text)
}

/// Where else the same happens.
fn other_places(report: &Report, others: &[Location], name: &dyn Fn(&Path) -> String) -> String {
    let count = others.len();
    let mut text = format!("note: the same in {count} other place{}:", if count == 1 { "" } else { "s" });
    for at in others.iter().take(MAX_PLACES) {
        let place = line_column(&report.files, at.file, at.span.lo());
        text += &format!("\n{}:{}:{}", name(report.files.path(at.file)), place.line, place.column);
    }
    if count > MAX_PLACES {
        text += &format!("\nand {} more, which `--message-format short` lists", count - MAX_PLACES);
    }
    text
}

/// One header with its snippet.
struct Part<'m> {
    header: Header,
    text: &'m str,
    labels: Vec<(LabelStyle, Location, &'m str)>,
    /// In the place of a snippet.
    place: Option<String>,
    notes: Vec<String>,
}

impl<'m> Part<'m> {
    fn primary(message: &'m Message<'_>, name: &dyn Fn(&Path) -> String) -> Part<'m> {
        let mut labels = Vec::new();
        let mut place = None;
        match message.place {
            Place::At(at) => {
                labels.push((LabelStyle::Primary, at, message.label));
                labels.extend(message.labels.iter().map(|(at, text)| (LabelStyle::Secondary, *at, *text)));
            }
            Place::Byte { line, column, .. } => place = Some(format!("{}:{line}:{column}", name(message.path))),
            Place::File => place = Some(name(message.path)),
        }
        let header = match message.severity {
            Severity::Error => Header::Error,
            Severity::Warning => Header::Warning,
            Severity::Note => Header::Note,
        };
        Part { header, text: message.text, labels, place, notes: Vec::new() }
    }

    fn located(child: &'m Child<'_>, at: Location) -> Part<'m> {
        let labels = vec![(LabelStyle::Primary, at, "")];
        Part { header: Header::Note, text: &child.text, labels, place: None, notes: Vec::new() }
    }

    fn rendered(&self, report: &Report, color: bool, name: &dyn Fn(&Path) -> String) -> io::Result<String> {
        let places: Vec<Location> = self.labels.iter().map(|(_, at, _)| *at).collect();
        let (excerpt, marks) = Excerpt::new(&places, &report.files, |file| name(report.files.path(file)));
        let labels = self
            .labels
            .iter()
            .zip(marks)
            .map(|((style, _, text), mark)| Label::new(*style, mark.file, mark.range).with_message(*text));
        let mut notes = self.notes.clone();
        if let Some(place) = &self.place {
            notes.insert(0, place.clone());
        }
        let diagnostic =
            Diagnostic::new(self.header).with_message(self.text).with_labels(labels.collect()).with_notes(notes);
        let mut paint = Paint::new(color);
        emit_to_write_style(&mut paint, &config(), &excerpt, &diagnostic).map_err(io::Error::other)?;
        let mut text = paint.into_string();
        text.truncate(text.trim_end_matches('\n').len());
        text.push('\n');
        if let Some(place) = &self.place {
            // A place without a snippet looks like one with.
            text = text.replacen(&format!("= {place}"), &format!("--> {place}"), 1);
        }
        Ok(text)
    }
}

fn config() -> Config {
    let mut chars = Chars::ascii();
    chars.source_border_left_break = ':';
    Config { chars, ..Config::default() }
}
