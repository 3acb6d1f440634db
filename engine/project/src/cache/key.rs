//! What lowered files are found by: everything that they were made from.

use serde::{Deserialize, Serialize};
use toecap_ir::{Container, FnBodies, SourceText, Span};
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

/// What a lowered file was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    content: u128,
    /// What became of it, and the length.
    how: u64,
}

impl Key {
    /// A file, with or without bodies.
    pub fn of_file(text: &str, signatures_only: bool) -> Key {
        Key { content: xxh3_128(text.as_bytes()), how: (text.len() as u64) << 8 | u64::from(signatures_only) }
    }

    /// Items that a macro call stands for.
    pub fn of_items(text: &SourceText, container: Container, bodies: FnBodies) -> Key {
        let container = match container {
            Container::Module => 2,
            Container::Impl => 3,
            Container::Trait => 4,
        };
        let bodies = match bodies {
            FnBodies::Lowered => 0,
            FnBodies::Skipped => 1,
        };
        Key::of_text(text, Span::new(0, text.text.len() as u32), container << 1 | bodies)
    }

    /// The body of a function, a range of `text`.
    pub fn of_body(text: &SourceText, function: Span) -> Key {
        Key::of_text(text, function, 5 << 1)
    }

    fn of_text(text: &SourceText, range: Span, how: u64) -> Key {
        let mut hash = Xxh3::new();
        hash.update(text.text.get(range.range()).unwrap_or_default().as_bytes());
        hash.update(&range.lo().to_le_bytes());
        if let Some(origin) = &text.origin {
            let mut places = Vec::with_capacity(13 * (origin.tokens.len() + 1));
            let mut place = |at: u32, span: Span| {
                places.extend_from_slice(&at.to_le_bytes());
                places.extend_from_slice(&span.lo().to_le_bytes());
                places.extend_from_slice(&span.hi().to_le_bytes());
                places.push(u8::from(span.is_expanded()));
            };
            place(0, origin.call);
            origin.tokens.iter().for_each(|(at, span)| place(*at, *span));
            hash.update(&places);
        }
        let has_origin = u64::from(text.origin.is_some());
        Key { content: hash.digest128(), how: u64::from(range.len()) << 8 | has_origin << 4 | how }
    }
}

/// A sum that tells apart what was written from what was not.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use toecap_ir::Origin;

    #[test]
    fn everything_that_matters_makes_a_difference() {
        let text = |origin: Option<(u32, u32)>| SourceText {
            text: Arc::from("fn f() {}"),
            origin: origin.map(|(token, call)| {
                Arc::new(Origin { tokens: vec![(0, Span::new(token, 9))], call: Span::new(call, 9) })
            }),
        };
        let items = |origin, container, bodies| Key::of_items(&text(origin), container, bodies);
        let keys = [
            Key::of_file("fn f() {}", false),
            Key::of_file("fn f() {}", true),
            Key::of_file("fn g() {}", true),
            items(None, Container::Module, FnBodies::Skipped),
            items(None, Container::Module, FnBodies::Lowered),
            items(None, Container::Impl, FnBodies::Lowered),
            items(None, Container::Trait, FnBodies::Lowered),
            items(Some((1, 2)), Container::Module, FnBodies::Lowered),
            items(Some((2, 2)), Container::Module, FnBodies::Lowered),
            items(Some((1, 1)), Container::Module, FnBodies::Lowered),
            Key::of_body(&text(None), Span::new(0, 9)),
            Key::of_body(&text(Some((1, 2))), Span::new(0, 9)),
            Key::of_body(&text(None), Span::new(3, 9)),
        ];
        let distinct: std::collections::BTreeSet<Key> = keys.into_iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
