//! One file a format over the one report.

mod excerpt;
mod human;
mod json;
mod message;
mod paint;
mod places;
mod short;
mod summary;

use std::io::{self, Write};
use std::path::Path;

pub use places::{line_column, shown};
pub use summary::{phases, seconds, summary};

use crate::session::Report;

/// What findings look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With the source, labels and notes.
    Human,
    /// One line each.
    Short,
    /// The lines of `cargo check --message-format json`; `ansi`: `rendered` has colours.
    Json {
        /// Colours in `rendered`.
        ansi: bool,
    },
}

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// Which format.
    pub format: Format,
    /// Escape sequences for colours (in `Human` and `Short`).
    pub color: bool,
    /// Paths below it are printed relative to it.
    pub cwd: &'a Path,
    /// Whether the run counts as a success, for `build-finished`.
    pub success: bool,
}

/// Prints findings and troubles, one write and flush for each.
///
/// # Errors
/// When `out` does not take them.
pub fn render(report: &Report, style: &Style<'_>, out: &mut dyn Write) -> io::Result<()> {
    let messages = message::messages(report);
    match style.format {
        Format::Human => human::write(report, &messages, style, out),
        Format::Short => short::write(report, &messages, style, out),
        Format::Json { ansi } => json::write(report, &messages, style, ansi, out),
    }
}

#[cfg(test)]
mod tests;
