//! Variables that a format string captures.
//!
//! ```text
//! println!("{name:>width$} {}", x)     captures `name` and `width`
//! ```

use toecap_ir::{Expr, ExprId, Name, Path, Segment};

use crate::lexer::{is_ident_continue, is_ident_start};
use crate::tree::BodyLowerer;

/// Which positional argument at the earliest is the format string of a macro; none for macros without one.
pub(super) fn format_position(macro_name: &str) -> Option<usize> {
    Some(match macro_name {
        "format" | "format_args" | "print" | "println" | "eprint" | "eprintln" | "panic" | "todo" | "unimplemented"
        | "unreachable" | "anyhow" | "bail" | "eyre" | "format_err" | "format_compact" | "trace" | "debug" | "info"
        | "warn" | "error" | "event" | "log" | "format_ident" => 0,
        "write" | "writeln" | "assert" | "debug_assert" | "ensure" => 1,
        "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => 2,
        _ => return None,
    })
}

/// Byte ranges of captured names in the source text of a string literal, quotes included.
pub(super) fn captures(literal: &str) -> Vec<(u32, u32)> {
    let bytes = literal.as_bytes();
    let raw = bytes.first() == Some(&b'r');
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if !raw && bytes.get(at + 1) == Some(&b'u') => {
                at += bytes[at..].iter().position(|b| *b == b'}').unwrap_or(1) + 1;
            }
            b'\\' if !raw => at += 2,
            b'{' if bytes.get(at + 1) == Some(&b'{') => at += 2,
            b'{' => {
                let end = bytes[at..].iter().position(|b| *b == b'}').map_or(bytes.len(), |i| at + i);
                placeholder(bytes, at + 1, end, &mut found);
                at = end + 1;
            }
            _ => at += 1,
        }
    }
    found
}

/// `name:spec`, where `width$` and `.precision$` in the spec are captured too.
fn placeholder(bytes: &[u8], lo: usize, hi: usize, found: &mut Vec<(u32, u32)>) {
    let colon = bytes[lo..hi].iter().position(|b| *b == b':').map_or(hi, |i| lo + i);
    let name = trimmed(bytes, lo, colon);
    if is_name(&bytes[name.0..name.1]) {
        found.push((name.0 as u32, name.1 as u32));
    }
    let mut at = colon;
    while let Some(dollar) = bytes[at..hi].iter().position(|b| *b == b'$').map(|i| at + i) {
        let start = bytes[at..dollar].iter().rposition(|b| !is_ident_continue(*b)).map_or(at, |i| at + i + 1);
        // A fill character may be glued to nothing else: `{:>width$}` has `>` in between, `{:0w$}` a flag.
        let start = if bytes.get(start) == Some(&b'0') { start + 1 } else { start };
        if is_name(&bytes[start..dollar]) {
            found.push((start as u32, dollar as u32));
        }
        at = dollar + 1;
    }
}

fn trimmed(bytes: &[u8], mut lo: usize, mut hi: usize) -> (usize, usize) {
    while lo < hi && bytes[lo].is_ascii_whitespace() {
        lo += 1;
    }
    while hi > lo && bytes[hi - 1].is_ascii_whitespace() {
        hi -= 1;
    }
    (lo, hi)
}

fn is_name(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|b| is_ident_start(*b)) && bytes.iter().all(|b| is_ident_continue(*b))
}

impl BodyLowerer<'_, '_> {
    /// The variable that a format string names at a range of the text.
    pub(super) fn captured(&mut self, name: Name, lo: u32, hi: u32) -> ExprId {
        let span = self.cx.range(lo, hi);
        let segment = Segment { name, span, args: None };
        let path = Path { global: false, qself: None, segments: [segment].into(), span };
        self.alloc(Expr::Path(Box::new(path)), span).id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(literal: &str) -> Vec<&str> {
        captures(literal).into_iter().map(|(lo, hi)| &literal[lo as usize..hi as usize]).collect()
    }

    #[test]
    fn names_widths_and_precisions_are_captured() {
        assert_eq!(
            names(r#""{a} {} {0} {b:?} {{no}} \u{41} {c:>w$.p$} {d:0n$}""#),
            ["a", "b", "c", "w", "p", "d", "n"]
        );
        assert_eq!(names(r##"r#"\u{x}"#"##), ["x"]);
        assert_eq!(names("\"{unclosed\""), Vec::<&str>::new());
    }
}
