//! Lines, columns and the names of files.

use std::path::Path;

use toecap_ir::{FileId, Span};

use crate::session::Files;

/// A place as people count: 1-based, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineColumn {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Where byte `at` is. Places beyond the end are at the end.
pub fn line_column(files: &Files, file: FileId, at: u32) -> LineColumn {
    let line = line_number(files, file, at);
    let (start, text) = line_text(files, file, line);
    let before = text.get(..(at.saturating_sub(start) as usize).min(text.len())).unwrap_or(text);
    LineColumn { line, column: before.chars().count() + 1 }
}

/// The 1-based line of byte `at`.
pub(super) fn line_number(files: &Files, file: FileId, at: u32) -> usize {
    let starts = files.line_starts(file);
    starts.partition_point(|start| *start <= at).max(1)
}

/// Offset and text of a 1-based line, without its end and without a byte order mark.
pub(super) fn line_text(files: &Files, file: FileId, line: usize) -> (u32, &str) {
    let (starts, text) = (files.line_starts(file), files.text(file));
    let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(text.len() as u32);
    let end = starts.get(line).map_or(text.len(), |next| *next as usize);
    let line = text.get(start as usize..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
    match line.strip_prefix('\u{feff}') {
        Some(rest) => (start + 3, rest),
        None => (start, line),
    }
}

/// `span` cut to what there is of the file, on borders of characters.
pub(super) fn within(text: &str, span: Span) -> Span {
    let floor = |at: u32| {
        let mut at = (at as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at as u32
    };
    Span::new(floor(span.lo()), floor(span.hi()).max(floor(span.lo())))
}

/// `path` relative to `base` when it is below it, with `/` on every system.
pub fn shown(path: &Path, base: &Path) -> String {
    let path = path.strip_prefix(base).unwrap_or(path);
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace('\\', "/") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::ReadFile;

    fn files(text: &str) -> Files {
        Files::new(vec![ReadFile { id: FileId(0), path: "a.rs".into(), text: Ok(text.into()), is_analysed: true }])
    }

    #[test]
    fn columns_are_characters() {
        let files = files("\u{feff}ab\r\n\té→x\n");
        let at = |byte| {
            let place = line_column(&files, FileId(0), byte);
            (place.line, place.column)
        };
        assert_eq!(at(3), (1, 1));
        assert_eq!(at(4), (1, 2));
        assert_eq!(at(7), (2, 1));
        assert_eq!(at(13), (2, 4));
        assert_eq!(at(999), (3, 1));
        assert_eq!(line_text(&files, FileId(0), 2), (7, "\té→x"));
        assert_eq!(line_text(&files, FileId(0), 9), (15, ""));
    }

    #[test]
    fn spans_are_cut_to_the_text() {
        assert_eq!(within("aé", Span::new(1, 2)), Span::new(1, 1));
        assert_eq!(within("aé", Span::new(2, 90)), Span::new(1, 3));
        assert_eq!(within("", Span::new(5, 9)), Span::new(0, 0));
    }
}
