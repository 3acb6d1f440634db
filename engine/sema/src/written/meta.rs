//! Arguments of attributes: `primary_key, enum_name = "Id", Clone(bound("T: Clone"))`.

/// The value of `keys` (each inside of the one before) among the arguments `text`; empty for a key without a value.
pub(super) fn value(text: &str, keys: &[String]) -> Option<String> {
    let Some((key, inner)) = keys.split_first() else { return Some(unquoted(text)) };
    for part in split(text) {
        let name = part.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if name != key {
            continue;
        }
        let rest = part[name.len()..].trim_start();
        let value = match (rest.strip_prefix('='), rest.strip_prefix('(')) {
            (Some(value), _) => value.trim(),
            (_, Some(list)) => list.strip_suffix(')').unwrap_or(list).trim(),
            _ => rest,
        };
        if let Some(found) = self::value(value, inner) {
            return Some(found);
        }
    }
    None
}

/// Parts between commas outside brackets and strings.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut quoted, mut escaped) = (0_i32, 0, false, false);
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let last = std::mem::replace(&mut before, c);
        if quoted {
            quoted = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => quoted = true,
            // `Result<A, B>`
            '(' | '[' | '{' | '<' => depth += 1,
            '>' if matches!(last, '-' | '=') => {}
            ')' | ']' | '}' | '>' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, keys: &str) -> Option<String> {
        value(text, &keys.split('.').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn keys_lead_to_values() {
        let text = r#"primary_key, enum_name = "Id", Clone(bound("T: Clone, U: X")), Debug(bound = ""), list(a, b)"#;
        assert_eq!(at(text, "primary_key").as_deref(), Some(""));
        assert_eq!(at(text, "enum_name").as_deref(), Some("Id"));
        assert_eq!(at(text, "Clone.bound").as_deref(), Some("T: Clone, U: X"));
        assert_eq!(at(text, "Debug.bound").as_deref(), Some(""));
        assert_eq!(at(text, "list.b").as_deref(), Some(""));
        assert_eq!(at("into = Result<A, B>, name = x", "name").as_deref(), Some("x"));
        assert_eq!(at("with = |a: A| -> B { a => b }, name = x", "name").as_deref(), Some("x"));
        assert_eq!(at(text, "primary"), None);
        assert_eq!(at(text, "Clone.other"), None);
    }
}
