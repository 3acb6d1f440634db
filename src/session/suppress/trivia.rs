//! Just enough of Rust's lexical grammar to step over what is not code.

use std::ops::Range;

/// The first place at or after `at` that is neither white space, comment nor outer attribute.
pub(super) fn skip(text: &str, at: u32) -> u32 {
    let mut at = at as usize;
    loop {
        let Some(rest) = text.get(at..) else { return text.len() as u32 };
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            at += blank;
            continue;
        }
        let length = comment(rest).or_else(|| attribute(rest));
        match length {
            Some(length) => at += length,
            None => return at as u32,
        }
    }
}

/// The line that `at` is in, without its end.
pub(super) fn line_around(text: &str, at: u32) -> Range<u32> {
    let at = (at as usize).min(text.len());
    let bytes = text.as_bytes();
    let start = bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    let end = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |i| at + i);
    start as u32..end as u32
}

/// Length of the comment that `text` starts with.
pub(super) fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_u32, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    Some(text.len())
}

/// Length of the string or character literal that `text` starts with.
pub(super) fn literal(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'"' => Some(quoted(bytes, b'"')),
        b'\'' => {
            // A lifetime has no second quote near by.
            let is_char = bytes.get(1) == Some(&b'\\') || text.chars().nth(2) == Some('\'');
            is_char.then(|| quoted(bytes, b'\''))
        }
        b'r' => {
            let hashes = bytes[1..].iter().take_while(|b| **b == b'#').count();
            if bytes.get(1 + hashes) != Some(&b'"') {
                return None;
            }
            let closing = format!("\"{}", "#".repeat(hashes));
            let body = 2 + hashes;
            Some(text[body..].find(&closing).map_or(text.len(), |i| body + i + closing.len()))
        }
        _ => None,
    }
}

fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b if b == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Length of the outer attribute that `text` starts with.
fn attribute(text: &str) -> Option<usize> {
    text.starts_with("#[").then(|| brackets(text, 1)).flatten()
}

/// Where the bracket at `open` ends, one past its partner.
pub(super) fn brackets(text: &str, open: usize) -> Option<usize> {
    let (mut depth, mut at) = (0_u32, open);
    while at < text.len() {
        if let Some(length) = comment(&text[at..]).or_else(|| literal(&text[at..])) {
            at += length;
            continue;
        }
        match text.as_bytes()[at] {
            b'[' | b'(' | b'{' => depth += 1,
            b']' | b')' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += text[at..].chars().next().map_or(1, char::len_utf8);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_code_is_stepped_over() {
        let text = "  // a\n/* b /* c */ */ #[cfg(any(\"]\"))] #[x] fn";
        assert_eq!(&text[skip(text, 0) as usize..], "fn");
        assert_eq!(skip("  ", 0), 2);
        assert_eq!(skip("#[open", 0), 0);
        assert_eq!(skip("", 7), 0);
    }

    #[test]
    fn literals_end_where_rust_says() {
        assert_eq!(literal("\"a\\\"b\" c"), Some(6));
        assert_eq!(literal("r#\"a\"b\"# c"), Some(8));
        assert_eq!(literal("'\\'' x"), Some(4));
        assert_eq!(literal("'é' x"), Some(4));
        assert_eq!(literal("'a, 'b>"), None);
        assert_eq!(literal("r"), None);
    }

    #[test]
    fn lines_end_before_the_line_feed() {
        assert_eq!(line_around("ab\ncd\n", 4), 3..5);
        assert_eq!(line_around("ab", 99), 0..2);
    }
}
