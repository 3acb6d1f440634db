//! One line a place: `src/main.rs:4:18: warning: … [toecap::blocking_call_in_async]`

use std::io::{self, Write};
use std::path::Path;

use codespan_reporting::diagnostic::Severity as Header;

use super::Style;
use super::message::Message;
use super::paint::{Paint, severity};
use super::places::{line_column, shown};
use crate::session::{Place, Report, Severity};

pub(super) fn write(
    report: &Report,
    messages: &[Message<'_>],
    style: &Style<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut lines: Vec<(&Message<'_>, Place)> = Vec::new();
    for message in messages {
        lines.push((message, message.place));
        lines.extend(message.others.iter().map(|at| (message, Place::At(*at))));
    }
    lines.sort_by_key(|(message, place)| (path_of(report, message, *place), place.offset()));
    for (message, place) in lines {
        let mut line = Paint::new(style.color);
        let path = shown(path_of(report, message, place), style.cwd);
        match place {
            Place::At(at) => {
                let place = line_column(&report.files, at.file, at.span.lo());
                write!(line, "{path}:{}:{}: ", place.line, place.column)?;
            }
            Place::Byte { line: row, column, .. } => write!(line, "{path}:{row}:{column}: ")?,
            Place::File => write!(line, "{path}: ")?,
        }
        let header = match message.severity {
            Severity::Error => Header::Error,
            Severity::Warning => Header::Warning,
            Severity::Note => Header::Note,
        };
        line.styled(severity(header), message.severity.as_str())?;
        write!(line, ": {}", message.text.replace('\n', " "))?;
        if let Some(lint) = message.lint {
            write!(line, " [{}]", lint.code())?;
        }
        writeln!(line)?;
        out.write_all(line.into_string().as_bytes())?;
        out.flush()?;
    }
    Ok(())
}

fn path_of<'r>(report: &'r Report, message: &Message<'r>, place: Place) -> &'r Path {
    match place {
        Place::At(at) => report.files.path(at.file),
        Place::Byte { .. } | Place::File => message.path,
    }
}
