//! Colours: escape sequences or nothing.

use std::io::{self, Write};

use anstyle::{AnsiColor, Reset, Style};
use codespan_reporting::diagnostic::{LabelStyle, Severity};
use codespan_reporting::term::WriteStyle;

/// Collects text, with escape sequences when `color`.
#[derive(Debug, Default)]
pub(super) struct Paint {
    text: Vec<u8>,
    color: bool,
}

impl Paint {
    pub(super) fn new(color: bool) -> Paint {
        Paint { text: Vec::new(), color }
    }
    /// What was written.
    pub(super) fn into_string(self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
    /// `text` in a style.
    pub(super) fn styled(&mut self, style: Style, text: &str) -> io::Result<()> {
        self.set(style)?;
        self.text.write_all(text.as_bytes())?;
        self.reset()
    }
    fn set(&mut self, style: Style) -> io::Result<()> {
        // Styles add up, and none of these is meant to.
        if self.color { write!(self.text, "{Reset}{style}") } else { Ok(()) }
    }
}

/// The style of `error`, `warning`, …
pub(super) fn severity(severity: Severity) -> Style {
    color(severity).bold()
}

fn color(severity: Severity) -> Style {
    let color = match severity {
        Severity::Bug | Severity::Error => AnsiColor::BrightRed,
        Severity::Warning => AnsiColor::BrightYellow,
        Severity::Note => AnsiColor::BrightGreen,
        Severity::Help => AnsiColor::BrightCyan,
    };
    color.on_default()
}

fn border() -> Style {
    AnsiColor::BrightBlue.on_default().bold()
}

impl Write for Paint {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteStyle for Paint {
    fn set_header(&mut self, level: Severity) -> io::Result<()> {
        self.set(severity(level))
    }
    fn set_header_message(&mut self) -> io::Result<()> {
        self.set(Style::new().bold())
    }
    fn set_line_number(&mut self) -> io::Result<()> {
        self.set(border())
    }
    fn set_note_bullet(&mut self) -> io::Result<()> {
        self.set(border())
    }
    fn set_source_border(&mut self) -> io::Result<()> {
        self.set(border())
    }
    fn set_label(&mut self, level: Severity, style: LabelStyle) -> io::Result<()> {
        self.set(match style {
            LabelStyle::Primary => severity(level),
            LabelStyle::Secondary => border(),
        })
    }
    fn reset(&mut self) -> io::Result<()> {
        if self.color { write!(self.text, "{Reset}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn styles_do_not_add_up() {
        let mut paint = Paint::new(true);
        paint.set_header(Severity::Error).unwrap();
        paint.set_header_message().unwrap();
        assert!(paint.into_string().ends_with("\u{1b}[0m\u{1b}[1m"));
        let mut plain = Paint::new(false);
        plain.set_header(Severity::Error).unwrap();
        plain.reset().unwrap();
        assert_eq!(plain.into_string(), "");
    }
}
