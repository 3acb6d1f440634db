//! Standard output and standard error, which may be closed at any time.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::Exit;

pub(super) const BOLD: Style = Style::new().bold();

/// `error: …` and what to do about it, on standard error.
pub(super) fn fail(message: &str, help: Option<&str>, color: bool) -> Exit {
    line(AnsiColor::BrightRed, "error", message, color);
    if let Some(help) = help {
        line(AnsiColor::BrightCyan, "help", help, color);
    }
    Exit::Failed
}

/// `note: …` on standard error.
pub(super) fn note(message: &str, color: bool) {
    line(AnsiColor::BrightGreen, "note", message, color);
}

fn line(word_color: AnsiColor, word: &str, message: &str, color: bool) {
    let word = painted(word_color.on_default().bold(), word, color);
    // When nobody listens any more there is nothing to do about it.
    let _ = writeln!(io::stderr(), "{word}: {message}");
}

/// `text` in a style.
pub(super) fn painted(style: Style, text: &str, color: bool) -> String {
    if color { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// Prints all of `text` on standard output.
pub(super) fn print(text: &str) -> Exit {
    match stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Ok(()) => Exit::Clean,
        Err(error) => failed_to_print(&error),
    }
}

/// Standard output; whether it takes escape sequences was decided before.
pub(super) fn stdout() -> impl Write {
    anstream::AutoStream::always(io::stdout())
}

/// A reader that has seen enough (`| head`) is no failure.
pub(super) fn failed_to_print(error: &io::Error) -> Exit {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Exit::Clean,
        _ => fail(&format!("couldn't print: {error}"), None, false),
    }
}
