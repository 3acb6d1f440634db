//! From the line and column of a parsed token to its byte offset.

/// Starts of the lines of a text.
#[derive(Debug)]
pub(crate) struct Lines {
    starts: Vec<u32>,
    ascii: bool,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Self {
        let mut starts = Vec::with_capacity(text.len() / 32 + 1);
        starts.push(0);
        starts.extend(text.match_indices('\n').map(|(at, _)| at as u32 + 1));
        Self { starts, ascii: text.is_ascii() }
    }

    /// Byte offset of a one-based line and a column in characters; inside `text` for any numbers.
    pub(crate) fn offset(&self, text: &str, line: usize, column: usize) -> u32 {
        let Some(&start) = line.checked_sub(1).and_then(|l| self.starts.get(l)) else { return text.len() as u32 };
        if self.ascii {
            return (start + column as u32).min(text.len() as u32);
        }
        let rest = &text[start as usize..];
        let plain = rest.as_bytes().get(..column).is_some_and(<[u8]>::is_ascii);
        let width = if plain { column } else { rest.char_indices().nth(column).map_or(rest.len(), |(i, _)| i) };
        start + width as u32
    }
}

/// Number of lines; text behind the last line end counts as one.
pub(crate) fn line_count(text: &str) -> u32 {
    memchr::memchr_iter(b'\n', text.as_bytes()).count() as u32 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "aé b\r\nçx\n";
        let lines = Lines::new(text);
        assert_eq!(line_count(text), 3);
        assert_eq!(&text[lines.offset(text, 1, 3) as usize..][..1], "b");
        assert_eq!(&text[lines.offset(text, 2, 1) as usize..][..1], "x");
        assert_eq!(lines.offset(text, 9, 0) as usize, text.len());
    }
}
