//! Cells of a line: `a,"b, ""c""",d`. Lines hold no line breaks inside quotes (a test keeps it so).

use crate::Text;

/// The number of columns.
pub(crate) const WIDTH: usize = 10;

/// Splits one line; `None` unless it has exactly [`WIDTH`] cells.
pub(crate) fn cells(line: &'static str) -> Option<[Text; WIDTH]> {
    let mut cells: [Text; WIDTH] = [const { Text::Borrowed("") }; WIDTH];
    let mut rest = Some(line);
    for cell in &mut cells {
        let (text, next) = cell_of(rest?);
        *cell = text;
        rest = next;
    }
    rest.is_none().then_some(cells)
}

/// The first cell and what follows its comma, if there is one.
fn cell_of(line: &'static str) -> (Text, Option<&'static str>) {
    let Some(quoted) = line.strip_prefix('"') else {
        return match line.split_once(',') {
            Some((cell, rest)) => (Text::Borrowed(cell), Some(rest)),
            None => (Text::Borrowed(line), None),
        };
    };
    let end = closing_quote(quoted);
    let text = &quoted[..end];
    let text = if text.contains('"') { Text::Owned(text.replace("\"\"", "\"")) } else { Text::Borrowed(text) };
    let rest = quoted[end..].strip_prefix('"').unwrap_or_default();
    (text, rest.strip_prefix(','))
}

/// Where the quote that ends the cell is: the first one that is not doubled.
fn closing_quote(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'"' {
            at += 1;
            continue;
        }
        if bytes.get(at + 1) != Some(&b'"') {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn quoted_cells() {
        let cells = cells("p,t,,\"a, b\",\"say \"\"x\"\"\",,,,,end").unwrap();
        assert_eq!(cells[3], "a, b");
        assert_eq!(cells[4], "say \"x\"");
        assert_eq!(cells[9], "end");
    }

    #[test]
    fn wrong_width() {
        assert_eq!(cells("a,b"), None);
        assert_eq!(cells("1,2,3,4,5,6,7,8,9,10,11"), None);
        assert_eq!(cells("\"open,2,3"), None);
    }
}
