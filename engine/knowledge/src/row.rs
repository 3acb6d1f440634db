//! One line of a data file to one fact: `tokio::time::sleep,timer,delay,,…` → `Fact::Timer(Timer { kind: Delay, .. })`.

use std::fmt;

use crate::csv::{self, WIDTH};
use crate::fact::{
    Alias, Blocking, Cancel, Complete, Eager, Ending, Fact, Guard, InMemory, OnDrop, Point, Ready, Spawn, Take, Timer,
    Topic,
};
use crate::spelled::Unknown;
use crate::{FactPath, PathError, Text};

/// The first line of every data file.
pub(crate) const HEADER: &str = "path,topic,kind,grade,why,instead,made_by,send,note,source";

/// Why a row says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowError {
    /// Not the right number of cells.
    Width,
    /// The path is none.
    Path(PathError),
    /// A word in a column that it may not hold.
    Word {
        /// The column.
        column: &'static str,
        /// The word and those that would do.
        unknown: Unknown,
    },
    /// A column that must not be empty is, or one that must be empty is not.
    Cell {
        /// The column.
        column: &'static str,
    },
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowError::Width => write!(f, "a row has {WIDTH} cells"),
            RowError::Path(error) => error.fmt(f),
            RowError::Word { column, unknown } => write!(f, "{column}: {unknown}"),
            RowError::Cell { column } => write!(f, "{column}: this row needs it, or must leave it empty"),
        }
    }
}

impl std::error::Error for RowError {}

/// A row: path as written and taken apart, the fact, where it comes from.
pub(crate) struct Row {
    pub(crate) text: Text,
    pub(crate) path: FactPath,
    pub(crate) fact: Fact,
    pub(crate) source: Text,
}

impl Row {
    pub(crate) fn parse(line: &'static str) -> Result<Row, RowError> {
        let [text, topic, kind, grade, why, instead, made_by, send, note, source] =
            csv::cells(line).ok_or(RowError::Width)?;
        let path = match &text {
            Text::Borrowed(text) => FactPath::parse(text),
            Text::Owned(text) => FactPath::parse_owned(text),
        };
        let path = path.map_err(RowError::Path)?;
        let cells = Cells { kind, grade, why, instead, made_by, send, note };
        let fact = fact(word("topic", &topic)?, cells)?;
        if source.is_empty() {
            return Err(RowError::Cell { column: "source" });
        }
        Ok(Row { text, path, fact, source })
    }
}

struct Cells {
    kind: Text,
    grade: Text,
    why: Text,
    instead: Text,
    made_by: Text,
    send: Text,
    note: Text,
}

impl Cells {
    /// Refuses text in columns that the topic does not use, where it would be lost unseen.
    fn only(&self, used: &[&str]) -> Result<(), RowError> {
        let columns = [
            ("kind", &self.kind),
            ("grade", &self.grade),
            ("why", &self.why),
            ("instead", &self.instead),
            ("made_by", &self.made_by),
            ("send", &self.send),
            ("note", &self.note),
        ];
        for (column, text) in columns {
            if !text.is_empty() && !used.contains(&column) {
                return Err(RowError::Cell { column });
            }
        }
        Ok(())
    }
}

fn fact(topic: Topic, cells: Cells) -> Result<Fact, RowError> {
    match topic {
        Topic::Blocking => blocking(cells).map(Fact::Blocking),
        Topic::Cancel => {
            cells.only(&["kind", "why"])?;
            Ok(Fact::Cancel(Cancel { verdict: word("kind", &cells.kind)?, lost: filled("why", cells.why)? }))
        }
        Topic::Point => {
            cells.only(&["kind", "why", "note"])?;
            let dropped = filled("why", cells.why)?;
            Ok(Fact::Point(Point { kind: word("kind", &cells.kind)?, dropped, note: cells.note }))
        }
        Topic::Guard => guard(cells).map(Fact::Guard),
        Topic::Spawn => spawn(cells).map(Fact::Spawn),
        Topic::Timer => {
            cells.only(&["kind", "note"])?;
            Ok(Fact::Timer(Timer { kind: word("kind", &cells.kind)?, note: cells.note }))
        }
        Topic::Eager => {
            cells.only(&["kind", "why"])?;
            Ok(Fact::Eager(Eager { kind: word("kind", &cells.kind)?, why: filled("why", cells.why)? }))
        }
        Topic::Ending => {
            cells.only(&["kind", "why"])?;
            Ok(Fact::Ending(Ending { kind: word("kind", &cells.kind)?, why: filled("why", cells.why)? }))
        }
        Topic::Ready => reason(cells).map(|why| Fact::Ready(Ready { why })),
        Topic::Memory => reason(cells).map(|why| Fact::Memory(InMemory { why })),
        Topic::Take => {
            cells.only(&["kind", "why"])?;
            Ok(Fact::Take(Take { kind: word("kind", &cells.kind)?, what: filled("why", cells.why)? }))
        }
        Topic::Complete => reason(cells).map(|why| Fact::Complete(Complete { why })),
        Topic::Alias => {
            cells.only(&["instead"])?;
            Ok(Fact::Alias(Alias { target: filled("instead", cells.instead)? }))
        }
    }
}

fn blocking(cells: Cells) -> Result<Blocking, RowError> {
    cells.only(&["kind", "grade", "why", "instead", "note"])?;
    let (panics, heavy_from) = match cells.note.strip_prefix("heavy from level ") {
        Some(level) => ("", Some(level.parse().map_err(|_| RowError::Cell { column: "note" })?)),
        None => (cells.note.as_ref(), None),
    };
    Ok(Blocking {
        kind: word("kind", &cells.kind)?,
        cost: word("grade", &cells.grade)?,
        panics: word("note", panics)?,
        heavy_from,
        alternative: cells.instead,
        why: filled("why", cells.why)?,
    })
}

fn guard(cells: Cells) -> Result<Guard, RowError> {
    cells.only(&["kind", "grade", "why", "made_by", "send", "note"])?;
    // `yes (checked, …)` is a yes with its evidence.
    let send = cells.send.split_once(" (").map_or(cells.send.as_ref(), |(send, _)| send);
    Ok(Guard {
        kind: word("kind", &cells.kind)?,
        send: word("send", send)?,
        level: word("grade", &cells.grade)?,
        why: filled("why", cells.why)?,
        made_by: filled("made_by", cells.made_by)?,
    })
}

fn spawn(cells: Cells) -> Result<Spawn, RowError> {
    cells.only(&["kind", "grade", "why", "note"])?;
    let blocking_ok_inside = match cells.grade.as_ref() {
        "yes" => true,
        "no" => false,
        _ => return Err(unknown("grade", &cells.grade, &["yes", "no"])),
    };
    Ok(Spawn {
        kind: word("kind", &cells.kind)?,
        blocking_ok_inside,
        on_drop: on_drop(&cells.why)?,
        on_drop_text: cells.why,
        note: cells.note,
    })
}

fn on_drop(text: &str) -> Result<OnDrop, RowError> {
    const WORDS: &[(&str, OnDrop)] = &[
        ("detach", OnDrop::Detach),
        ("abort", OnDrop::Abort),
        ("cancel", OnDrop::Cancel),
        ("none", OnDrop::NoHandle),
        ("awaits", OnDrop::Awaits),
        ("joined", OnDrop::Joined),
        ("n/a", OnDrop::Inline),
    ];
    let first = text.split([' ', ';']).next().unwrap_or_default();
    for (word, on_drop) in WORDS {
        if *word == first {
            return Ok(*on_drop);
        }
    }
    Err(unknown("why", first, &["detach", "abort", "cancel", "none", "awaits", "joined", "n/a"]))
}

fn reason(cells: Cells) -> Result<Text, RowError> {
    cells.only(&["why"])?;
    filled("why", cells.why)
}

fn filled(column: &'static str, text: Text) -> Result<Text, RowError> {
    if text.is_empty() { Err(RowError::Cell { column }) } else { Ok(text) }
}

pub(crate) fn word<T: std::str::FromStr<Err = Unknown>>(column: &'static str, text: &str) -> Result<T, RowError> {
    text.parse().map_err(|unknown| RowError::Word { column, unknown })
}

fn unknown(column: &'static str, word: &str, expected: &'static [&'static str]) -> RowError {
    RowError::Word { column, unknown: Unknown { word: word.to_owned(), expected } }
}
