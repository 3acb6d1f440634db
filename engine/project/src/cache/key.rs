//! What lowered files are found by: everything that they were made from.

use std::path::Path;

use serde::{Deserialize, Serialize};
use toecap_ir::{Container, FnBodies, MacroInput, MacroRules, SourceText, Span};
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

use super::places::places;

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

    /// A file of a package that a registry delivered, without bodies, by its age: nobody changes it.
    pub fn of_delivered(path: &Path, len: u64, written: u64) -> Key {
        let mut hash = Xxh3::new();
        hash.update(&written.to_le_bytes());
        hash.update(path.as_os_str().as_encoded_bytes());
        Key { content: hash.digest128(), how: len << 8 | 0x40 }
    }

    /// Items that text which no file holds stands for.
    pub fn of_items(text: &SourceText, container: Container, bodies: FnBodies) -> Key {
        Key::of_text(text, Span::new(0, text.text.len() as u32), items(container, bodies))
    }

    /// What a macro call stands for, its text and the items in it.
    pub fn of_call(rules: &MacroRules<'_>, call: &MacroInput<'_>, container: Container, bodies: FnBodies) -> Key {
        let mut hash = Xxh3::new();
        hash.update(slice(rules.source, rules.rules));
        hash.update(&rules.crate_number.to_le_bytes());
        hash.update(&[rules.kind as u8, u8::from(rules.local_inner_macros)]);
        hash.update(slice(call.source, call.args));
        hash.update(&call.args.0.to_le_bytes());
        let tokens = call.source.origin.as_ref().map_or(&[][..], |origin| {
            let first = origin.tokens.partition_point(|(at, _)| *at <= call.args.0).saturating_sub(1);
            let behind = origin.tokens.partition_point(|(at, _)| *at < call.args.1);
            &origin.tokens[first..behind.max(first)]
        });
        hash.update(&[u8::from(call.source.origin.is_some())]);
        hash.update(&places(call.call, tokens));
        let len = u64::from(call.args.1.saturating_sub(call.args.0));
        Key { content: hash.digest128(), how: len << 8 | 0x20 | items(container, bodies) }
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
            hash.update(&places(origin.call, &origin.tokens));
        }
        let has_origin = u64::from(text.origin.is_some());
        Key { content: hash.digest128(), how: u64::from(range.len()) << 8 | has_origin << 4 | how }
    }
}

/// A range of a text; empty where there is no such range.
fn slice(source: &SourceText, (lo, hi): (u32, u32)) -> &[u8] {
    source.text.get(lo as usize..hi as usize).unwrap_or_default().as_bytes()
}

/// What is asked of items.
fn items(container: Container, bodies: FnBodies) -> u64 {
    let container = match container {
        Container::Module => 2,
        Container::Impl => 3,
        Container::Trait => 4,
    };
    let bodies = match bodies {
        FnBodies::Lowered => 0,
        FnBodies::Skipped => 1,
    };
    container << 1 | bodies
}

/// A sum that tells apart what was written from what was not.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use toecap_ir::{Delimiter, MacroDefKind, Origin};

    #[test]
    fn everything_that_matters_makes_a_difference() {
        let text = |origin: Option<(u32, u32)>| SourceText {
            text: "fn f() {}".into(),
            origin: origin.map(|(token, call)| {
                Arc::new(Origin { tokens: vec![(0, Span::new(token, 9))], call: Span::new(call, 9) })
            }),
        };
        let items = |origin, container, bodies| Key::of_items(&text(origin), container, bodies);
        let keys = [
            Key::of_file("fn f() {}", false),
            Key::of_file("fn f() {}", true),
            Key::of_file("fn g() {}", true),
            Key::of_delivered(Path::new("a/src/lib.rs"), 9, 1),
            Key::of_delivered(Path::new("a/src/b.rs"), 9, 1),
            Key::of_delivered(Path::new("a/src/b.rs"), 9, 2),
            Key::of_delivered(Path::new("a/src/b.rs"), 8, 2),
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
        assert_distinct(&keys);
    }

    fn assert_distinct(keys: &[Key]) {
        let distinct: std::collections::BTreeSet<&Key> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn a_call_is_the_same_only_where_macro_and_arguments_are() {
        let origin = |token| Origin { tokens: vec![(0, Span::new(token, token + 4))], call: Span::new(0, 9) };
        let file = SourceText::file("m!(a); m!(a); m!(b); () => {} () => {}".into());
        let made = |token| SourceText { text: file.text.clone(), origin: Some(Arc::new(origin(token))) };
        let key = |source: &SourceText, args: u32, call: u32, crate_number: u32, rules: u32, len: u32| {
            let rules = (rules, rules + len);
            let local_inner_macros = false;
            let kind = MacroDefKind::Rules;
            let rules = MacroRules { source: &file, rules, kind, crate_number, local_inner_macros };
            let (args, delimiter) = ((args, args + 1), Delimiter::Paren);
            let call = MacroInput { source, args, delimiter, call: Span::new(call, call + 5) };
            Key::of_call(&rules, &call, Container::Module, FnBodies::Skipped)
        };
        let first = key(&file, 3, 0, 1, 21, 8);
        assert_eq!(first, key(&file, 3, 0, 1, 30, 8), "the same rules elsewhere");
        assert_distinct(&[
            first,
            key(&file, 10, 7, 1, 21, 8),
            key(&file, 17, 14, 1, 21, 8),
            key(&file, 3, 1, 1, 21, 8),
            key(&file, 3, 0, 2, 21, 8),
            key(&file, 3, 0, 1, 21, 7),
            key(&made(40), 3, 0, 1, 21, 8),
            key(&made(41), 3, 0, 1, 21, 8),
        ]);
    }
}
