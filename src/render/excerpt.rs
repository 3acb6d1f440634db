//! The few lines of a file that a snippet shows, as files of codespan's.
//!
//! Only these lines are copied, so that a finding in a file of 20 MB costs nothing, and a line that is too long for any
//! terminal is cut to a window around what is marked.

use std::collections::BTreeMap;
use std::ops::Range;

use codespan_reporting::files::{Error, Files as Codespan};
use toecap_ir::{FileId, Location, Span};

use super::places::{line_number, line_text, within};
use crate::session::Files;

/// Longer lines are cut.
const MAX_LINE_CHARS: usize = 200;
/// How much is kept before what is marked.
const CONTEXT_CHARS: usize = 60;
const ELLIPSIS: &str = "…";

/// Lines of some files.
#[derive(Debug, Default)]
pub(super) struct Excerpt {
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    id: FileId,
    name: String,
    text: String,
    /// By 0-based number.
    lines: BTreeMap<usize, Line>,
}

/// A line, perhaps cut.
#[derive(Debug)]
struct Line {
    /// In the text of the excerpt.
    range: Range<usize>,
    /// Where what is shown begins in `range`, after an ellipsis.
    body: usize,
    /// Where that is in the file.
    origin: u32,
    /// How many characters are cut before it.
    cut: usize,
}

/// A range of an [`Excerpt`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Number of the file in the excerpt.
    pub(super) file: usize,
    pub(super) range: Range<usize>,
}

impl Excerpt {
    /// The lines on which `places` begin, and the range of each there. `name` is what a file is called.
    pub(super) fn new(places: &[Location], files: &Files, name: impl Fn(FileId) -> String) -> (Excerpt, Vec<Mark>) {
        let mut excerpt = Excerpt::default();
        let mut marked: BTreeMap<(usize, usize), Vec<Span>> = BTreeMap::new();
        let mut wanted = Vec::new();
        for at in places {
            let file = excerpt.file(at.file, || name(at.file));
            let span = within(files.text(at.file), at.span);
            let line = line_number(files, at.file, span.lo()) - 1;
            marked.entry((file, line)).or_default().push(span);
            wanted.push((file, line, span));
        }
        // codespan shows a single line between two others instead of a gap.
        let between: Vec<_> = marked.keys().filter(|(f, l)| marked.contains_key(&(*f, l + 2))).copied().collect();
        for (file, line) in between {
            marked.entry((file, line + 1)).or_default();
        }
        for ((file, line), spans) in &marked {
            excerpt.files[*file].copy(*line, spans, files);
        }
        let marks = wanted
            .iter()
            .map(|(file, line, span)| Mark { file: *file, range: excerpt.files[*file].range(*line, *span) });
        let marks = marks.collect();
        (excerpt, marks)
    }

    fn file(&mut self, id: FileId, name: impl FnOnce() -> String) -> usize {
        if let Some(known) = self.files.iter().position(|file| file.id == id) {
            return known;
        }
        self.files.push(File { id, name: name(), text: String::new(), lines: BTreeMap::new() });
        self.files.len() - 1
    }

    fn get(&self, file: usize) -> Result<&File, Error> {
        self.files.get(file).ok_or(Error::FileMissing)
    }
}

impl File {
    fn copy(&mut self, number: usize, spans: &[Span], files: &Files) {
        let (start, line) = line_text(files, self.id, number + 1);
        let first = spans.iter().map(|s| s.lo().saturating_sub(start) as usize).min().unwrap_or(0);
        let (from, to) = window(line, first.min(line.len()));
        let begin = self.text.len();
        if from > 0 {
            self.text.push_str(ELLIPSIS);
        }
        let body = self.text.len();
        // Escape sequences in the source are not for the terminal; the length stays.
        self.text.extend(line[from..to].chars().map(|c| if c.is_ascii_control() && c != '\t' { '?' } else { c }));
        if to < line.len() {
            self.text.push_str(ELLIPSIS);
        }
        let end = self.text.len();
        self.text.push('\n');
        let (origin, cut) = (start + from as u32, line[..from].chars().count());
        self.lines.insert(number, Line { range: begin..end, body, origin, cut });
    }

    /// Where `span`, which begins on line `number`, is in the excerpt; cut at the end of the line.
    fn range(&self, number: usize, span: Span) -> Range<usize> {
        let Some(line) = self.lines.get(&number) else { return 0..0 };
        let place = |at: u32| (line.body + at.saturating_sub(line.origin) as usize).min(line.range.end);
        let (mut lo, mut hi) = (place(span.lo()), place(span.hi()));
        while !self.text.is_char_boundary(lo) {
            lo -= 1;
        }
        while !self.text.is_char_boundary(hi) {
            hi -= 1;
        }
        lo..hi.max(lo)
    }
}

/// The part of `line` that is shown when byte `first` of it must be seen.
fn window(line: &str, first: usize) -> (usize, usize) {
    if line.len() <= MAX_LINE_CHARS || line.chars().count() <= MAX_LINE_CHARS {
        return (0, line.len());
    }
    let before = line.get(..first).unwrap_or_default().char_indices().rev();
    let from = before.take(CONTEXT_CHARS).last().map_or(0, |(at, _)| at);
    let to = line[from..].char_indices().nth(MAX_LINE_CHARS).map_or(line.len(), |(at, _)| from + at);
    (from, to)
}

impl<'a> Codespan<'a> for Excerpt {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.get(id)?.name)
    }
    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.get(id)?.text)
    }
    fn line_index(&'a self, id: usize, byte: usize) -> Result<usize, Error> {
        let found = self.get(id)?.lines.iter().find(|(_, line)| byte <= line.range.end);
        found.map(|(number, _)| *number).ok_or(Error::FileMissing)
    }
    fn line_range(&'a self, id: usize, number: usize) -> Result<Range<usize>, Error> {
        let line = self.get(id)?.lines.get(&number).ok_or(Error::LineTooLarge { given: number, max: number })?;
        Ok(line.range.clone())
    }
    fn column_number(&'a self, id: usize, number: usize, byte: usize) -> Result<usize, Error> {
        let file = self.get(id)?;
        let Some(line) = file.lines.get(&number) else { return Ok(1) };
        let before = file.text.get(line.body..byte.max(line.body)).unwrap_or_default();
        Ok(line.cut + before.chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::ReadFile;

    fn cut(text: &str, places: &[(u32, u32)]) -> (Excerpt, Vec<Mark>) {
        let file = ReadFile { id: FileId(0), path: "a.rs".into(), text: Ok(text.into()), is_analysed: true };
        let places: Vec<_> =
            places.iter().map(|(lo, hi)| Location { file: FileId(0), span: Span::new(*lo, *hi) }).collect();
        Excerpt::new(&places, &Files::new(vec![file]), |_| "a.rs".to_owned())
    }

    #[test]
    fn only_marked_lines_are_copied_with_their_numbers() {
        let text = "zero\none\ntwo\nthree\nfour\nfive\n";
        let (excerpt, marks) = cut(text, &[(9, 12), (19, 23)]);
        assert_eq!(excerpt.files[0].text, "two\nthree\nfour\n");
        assert_eq!(marks.iter().map(|m| m.range.clone()).collect::<Vec<_>>(), [0..3, 10..14]);
        assert_eq!(excerpt.line_index(0, 10).ok(), Some(4));
        assert_eq!(excerpt.line_number(0, 4).ok(), Some(5));
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let text = format!("{}bad{}", "é".repeat(5_000), "x".repeat(1_000_000));
        let (excerpt, marks) = cut(&text, &[(10_000, 10_003)]);
        let shown = &excerpt.files[0].text;
        assert!(shown.chars().count() < 210, "{}", shown.chars().count());
        assert_eq!(&shown[marks[0].range.clone()], "bad");
        assert_eq!(excerpt.column_number(0, 0, marks[0].range.start).ok(), Some(5_001));
    }

    #[test]
    fn marks_beyond_the_line_or_file_are_cut() {
        let (excerpt, marks) = cut("one\ntwo\n", &[(0, 7)]);
        assert_eq!(&excerpt.files[0].text[marks[0].range.clone()], "one");
        let (_, marks) = cut("", &[(5, 9)]);
        assert_eq!(marks[0].range, 0..0);
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(cut("a\x1b[31mb\tc", &[(0, 1)]).0.files[0].text, "a?[31mb\tc\n");
    }
}
