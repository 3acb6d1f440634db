//! The section `# Cancel safety` of documentation comments, or the sentence that stands for it.
//!
//! ```text
//! /// Reads one frame.
//! ///
//! /// # Cancel safety
//! /// This method is cancel safe.
//! async fn read_frame(&mut self) {}
//! ```

/// Sections found in a file.
#[derive(Debug, Default)]
pub(crate) struct CancelDocs {
    /// Start of the first token of the item behind attributes, and the section's text; ascending.
    items: Vec<(u32, Box<str>)>,
    file_lines: Vec<String>,
    file: Option<Box<str>>,
}

impl CancelDocs {
    /// The section of the item whose range before its name is `from..=to`.
    pub(crate) fn of_item(&self, from: u32, to: u32) -> Option<Box<str>> {
        let first = self.items.partition_point(|(at, _)| *at < from);
        self.items.get(first).filter(|(at, _)| *at <= to).map(|(_, text)| text.clone())
    }

    /// The section of the file's own documentation.
    pub(crate) fn of_file(&self) -> Option<Box<str>> {
        self.file.clone()
    }

    pub(crate) fn outer(&mut self, text: &str, comments: &[(u32, u32)], item: u32) {
        let slice = |range: &(u32, u32)| &text[range.0 as usize..range.1 as usize];
        if !comments.iter().any(|range| mentions_cancel(slice(range))) {
            return;
        }
        let lines: Vec<&str> = comments.iter().flat_map(|range| content(slice(range))).collect();
        if let Some(section) = section(&lines) {
            self.items.push((item, section));
        }
    }

    /// The content of one `//!` or `/*! */`, `level` delimiters deep.
    pub(crate) fn inner(&mut self, content: &str, level: usize) {
        if level == 0 {
            self.file_lines.extend(content.lines().map(str::to_owned));
        }
    }

    pub(crate) fn settle(&mut self) {
        let lines = std::mem::take(&mut self.file_lines);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        self.file = section(&lines);
    }
}

/// The section among the values of `#[doc = ".."]` attributes.
pub(crate) fn of_values<'v>(values: impl Iterator<Item = &'v str> + Clone) -> Option<Box<str>> {
    if !values.clone().any(mentions_cancel) {
        return None;
    }
    section(&values.flat_map(lines).collect::<Vec<_>>())
}

/// Lines of one attribute; an empty text is an empty line.
fn lines(value: &str) -> impl Iterator<Item = &str> {
    value.split('\n')
}

/// True when text may be about cancel safety.
pub(crate) fn mentions_cancel(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'c', b'C', bytes)
        .any(|at| bytes.get(at..at + 6).is_some_and(|word| word.eq_ignore_ascii_case(b"cancel")))
}

/// Content of a documentation comment, and whether it documents what is around it.
pub(crate) fn of_comment(comment: &str) -> Option<(bool, &str)> {
    let (inner, content) = match comment.as_bytes() {
        [b'/', b'/', b'/', b'/', ..] | [b'/', b'*', b'*', b'*', ..] | b"/**/" => return None,
        [b'/', b'/', b'/', ..] | [b'/', b'*', b'*', ..] => (false, &comment[3..]),
        [b'/', b'/', b'!', ..] | [b'/', b'*', b'!', ..] => (true, &comment[3..]),
        _ => return None,
    };
    let content = if comment.starts_with("/*") { content.strip_suffix("*/").unwrap_or(content) } else { content };
    Some((inner, content.trim_end_matches('\r')))
}

/// Lines of one documentation comment without its marks.
fn content(comment: &str) -> impl Iterator<Item = &str> {
    let inner = comment.strip_prefix("///").or_else(|| comment.strip_prefix("/**")).unwrap_or(comment);
    let is_block = comment.starts_with("/*");
    let inner = if is_block { inner.strip_suffix("*/").unwrap_or(inner) } else { inner };
    inner.lines().map(move |line| if is_block { line.trim_start().trim_start_matches('*') } else { line })
}

/// Heading level and title of a Markdown heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let line = line.trim();
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let title = &line[level..];
    (level > 0 && level <= 6 && title.starts_with(' ')).then(|| (level, title.trim().trim_end_matches('#').trim()))
}

fn section(lines: &[&str]) -> Option<Box<str>> {
    let titled = |line: &&str| {
        let (level, title) = heading(line)?;
        let title = title.to_ascii_lowercase().replace(['-', '_'], " ");
        let title = title.trim_end_matches(':').replace("cancellation", "cancel");
        (title == "cancel safety" || title == "cancel safe").then_some(level)
    };
    let Some((start, level)) = lines.iter().enumerate().find_map(|(i, line)| Some((i, titled(line)?))) else {
        return sentence(lines);
    };
    let body = lines[start + 1..].iter().take_while(|line| heading(line).is_none_or(|(l, _)| l > level));
    let text = body.map(|line| line.trim()).collect::<Vec<_>>().join("\n");
    Some(text.trim().into())
}

/// Without a section, the sentence that says it of the item itself: `This operation is cancel-safe.`
fn sentence(lines: &[&str]) -> Option<Box<str>> {
    const WORDS_BEFORE: usize = 5;
    let text = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n");
    let mut sentences = text.split("\n\n").flat_map(|paragraph| paragraph.split_inclusive(['.', '!', ';']));
    let found = sentences.find(|sentence| {
        let sentence = sentence.to_ascii_lowercase().replace(['-', '\n'], " ").replace("cancellation", "cancel");
        let Some((before, _)) = sentence.split_once("cancel safe") else { return false };
        let mut words = before.split_whitespace();
        words.clone().count() <= WORDS_BEFORE && words.next().is_none_or(|word| matches!(word, "this" | "it"))
    })?;
    Some(found.trim().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_sentences() {
        let found = |text: &str| section(&text.lines().collect::<Vec<_>>()).map(String::from);
        let section = "Reads.\n\n# Cancel safety\n\nThis method is cancel safe.\n\n# Errors\nMany.";
        assert_eq!(found(section).as_deref(), Some("This method is cancel safe."));
        let sentence = "Reads a chunk. This operation is\n*not* cancel-safe.\n\nOr is it?";
        assert_eq!(found(sentence).as_deref(), Some("This operation is\n*not* cancel-safe."));
        assert_eq!(found("Cancel safe: nothing is taken.").as_deref(), Some("Cancel safe: nothing is taken."));
        assert_eq!(found("Keeping the entry is what makes deduplication cancel safe."), None);
        assert_eq!(found("Each method says whether it is cancel safe."), None);
    }
}
