//! Literals that need not be lexed again: those that proc-macro2 prints as they are written.

use proc_macro2::Literal;

/// The literal that is written `repr`; none where proc-macro2 has to read it.
pub(super) fn plain(repr: &str) -> Option<Literal> {
    match repr.as_bytes() {
        [b'"', .., b'"'] => Some(Literal::string(&unescaped(&repr[1..repr.len() - 1])?)),
        [b'\'', byte @ (b' '..=b'~'), b'\''] => is_itself(*byte).then(|| Literal::character(char::from(*byte))),
        [b'b', b'\'', byte @ (b' '..=b'~'), b'\''] => is_itself(*byte).then(|| Literal::byte_character(*byte)),
        [b'b', b'"', inner @ .., b'"'] => {
            let plain = inner.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'));
            plain.then(|| Literal::byte_string(inner))
        }
        [b'0'..=b'9', ..] => integer(repr),
        _ => None,
    }
}

/// In single quotes.
fn is_itself(byte: u8) -> bool {
    !matches!(byte, b'\'' | b'\\')
}

/// What is in a string; none where there is more than plain characters and the escapes that are printed for them.
fn unescaped(inner: &str) -> Option<std::borrow::Cow<'_, str>> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    let Some(first) = inner.bytes().position(|byte| !is_plain(byte)) else { return Some(inner.into()) };
    let mut out = String::with_capacity(inner.len());
    out.push_str(&inner[..first]);
    let mut bytes = inner.as_bytes()[first..].iter();
    while let Some(byte) = bytes.next() {
        out.push(match (byte, is_plain(*byte)) {
            (byte, true) => char::from(*byte),
            (b'\\', _) => match bytes.next()? {
                b'n' => '\n',
                b't' => '\t',
                b'r' => '\r',
                byte @ (b'"' | b'\\') => char::from(*byte),
                _ => return None,
            },
            _ => return None,
        });
    }
    Some(out.into())
}

/// An integer, with a suffix or without.
fn integer(repr: &str) -> Option<Literal> {
    let digits = repr.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, suffix) = repr.split_at(digits);
    if digits.len() > 8 || digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    let value: u32 = digits.parse().ok()?;
    Some(match suffix {
        "" => Literal::u32_unsuffixed(value),
        "u8" => Literal::u8_suffixed(value.try_into().ok()?),
        "u16" => Literal::u16_suffixed(value.try_into().ok()?),
        "u32" => Literal::u32_suffixed(value),
        "u64" => Literal::u64_suffixed(value.into()),
        "usize" => Literal::usize_suffixed(value as usize),
        "i32" => Literal::i32_suffixed(value.try_into().ok()?),
        "i64" => Literal::i64_suffixed(value.into()),
        _ => return None,
    })
}
