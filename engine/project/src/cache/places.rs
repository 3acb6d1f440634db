//! The places that the tokens of an expansion have, as bytes: to be summed up and to be kept.
//!
//! ```text
//! 0, place of the call │ start of a token, its place │ …      12 bytes each
//! ```

use std::sync::Arc;

use toecap_ir::{Origin, SourceText, Span};

const LEN: usize = 12;

pub(super) fn places(call: Span, tokens: &[(u32, Span)]) -> Vec<u8> {
    let mut places = Vec::with_capacity(LEN * (tokens.len() + 1));
    let mut place = |at: u32, span: Span| {
        places.extend_from_slice(&at.to_le_bytes());
        places.extend_from_slice(&span.to_bits().to_le_bytes());
    };
    place(0, call);
    tokens.iter().for_each(|(at, span)| place(*at, *span));
    places
}

/// The text whose tokens have these places; none when they are not what [`places`] writes.
pub(super) fn placed(text: &str, places: &[u8]) -> Option<SourceText> {
    let (entries, []) = places.as_chunks::<LEN>() else { return None };
    let mut entries = entries.iter().map(|entry| {
        let [a, b, c, d, span @ ..] = *entry;
        (u32::from_le_bytes([a, b, c, d]), Span::from_bits(u64::from_le_bytes(span)))
    });
    let (_, call) = entries.next()?;
    let tokens = entries.collect();
    Some(SourceText { text: text.into(), origin: Some(Arc::new(Origin { tokens, call })) })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn places_come_back_as_they_were() {
        let tokens = [(0, Span::new(7, 9)), (3, Span::new(1, 20).expanded())];
        let bytes = places(Span::new(1, 20), &tokens);
        let origin = placed("fn f", &bytes).unwrap().origin.unwrap();
        assert_eq!((origin.call, &*origin.tokens), (Span::new(1, 20), &tokens[..]));
        assert!(placed("fn f", &bytes[1..]).is_none() && placed("fn f", &[]).is_none());
    }
}
