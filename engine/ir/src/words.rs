//! Words: whatever could be an identifier, wherever it stands, strings and comments included.
//!
//! ```text
//! call(&format!("{count} of r#type"))      call, format, count, of, r, type
//! ```

use xxhash_rust::xxh3::xxh3_64;

/// The number of a word. Two words may have the same.
pub fn word(text: &str) -> u32 {
    xxh3_64(text.as_bytes()) as u32
}

/// The numbers of all words of a text, in order. Underscores alone are none.
pub fn words(text: &str) -> impl Iterator<Item = u32> {
    let is_in_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    let found = text.as_bytes().split(move |byte| !is_in_word(byte));
    let named = found.filter(|word| word.iter().any(|byte| *byte != b'_') && !word[0].is_ascii_digit());
    named.map(|word| xxh3_64(word) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_everywhere() {
        let found: Vec<u32> = words("let _ = f(\"{count:?}\", r#type, 1u8, größe_2); // of x").collect();
        assert_eq!(found, ["let", "f", "count", "r", "type", "größe_2", "of", "x"].map(word));
    }
}
