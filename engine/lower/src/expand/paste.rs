//! The procedural macro `paste!`: names in `[< >]` are put together.
//!
//! ```text
//! paste! { fn [<get_ $name:snake>]() {} }        fn get_user_id() {}
//! paste! { #[doc = "As `" $name "`."] .. }       #[doc = "As `UserId`."] ..
//! ```

use toecap_ir::{Expander, MacroInput, SourceText};

use super::output::{Output, Side};
use super::tokens::{Buffer, Delim, Docs, TokKind};

/// What `paste!` makes of its input.
pub(crate) struct Paste;

impl Expander for Paste {
    fn expand(&self, call: &MacroInput<'_>) -> Option<SourceText> {
        let input = Buffer::new(call.source, call.args, Docs::Attributes)?;
        let mut out = Output::new(call.call);
        let mut at = 0;
        while at < input.len() {
            if let Some((lo, hi)) = pasted(&input, at)
                && let Some(name) = name_of(&input, lo, hi)
            {
                out.lone(&name, None)?;
                at = hi + 2;
                continue;
            }
            if let Some((start, close)) = attribute_value(&input, at)
                && let Some(text) = text_of(&input, start, close)
            {
                out.lone(&text, None)?;
                at = close;
                continue;
            }
            let token = input.tokens[at];
            match token.kind {
                // What is pasted is never part of a larger fragment.
                TokKind::Open(Delim::Fragment(..)) | TokKind::Close(Delim::Fragment(..)) => {}
                _ => {
                    let span = input.source.resolve(token.lo, token.hi);
                    out.token(input.text(at), Some(span), Side::Call, token.lo, token.hi)?;
                }
            }
            at += 1;
        }
        Some(out.finish())
    }
}

/// The tokens between `[<` and `>]`.
fn pasted(input: &Buffer, at: usize) -> Option<(usize, usize)> {
    let TokKind::Open(Delim::Bracket(b'[')) = input.kind(at)? else { return None };
    let close = input.tokens[at].pair as usize;
    let is_pasted = input.is_punct(at + 1, b'<') && close > at + 2 && input.is_punct(close - 1, b'>');
    is_pasted.then_some((at + 2, close - 1))
}

/// What follows the `=` of `#[name = ..]` at `at`, where that is several tokens.
fn attribute_value(input: &Buffer, at: usize) -> Option<(usize, usize)> {
    let start = at.checked_sub(4)?;
    let TokKind::Open(Delim::Bracket(b'[')) = input.kind(start + 1)? else { return None };
    let is_value = input.is_punct(start, b'#') && input.is_punct(start + 3, b'=');
    let close = input.tokens[start + 1].pair as usize;
    (is_value && close > at + 1).then_some((at, close))
}

/// The literal that the parts of an attribute's value make.
fn text_of(input: &Buffer, lo: usize, hi: usize) -> Option<String> {
    let mut text = String::from("\"");
    let mut at = lo;
    while at < hi {
        if let Some((start, end)) = pasted(input, at) {
            text.push_str(&name_of(input, start, end)?);
            at = end + 2;
            continue;
        }
        match input.kind(at)? {
            TokKind::Open(Delim::Fragment(..)) | TokKind::Close(Delim::Fragment(..)) => {}
            TokKind::Ident => text.push_str(input.text(at)),
            TokKind::Literal(_) => {
                let part = input.text(at);
                match part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
                    Some(inner) => text.push_str(inner),
                    // A raw string has another meaning between these quotes.
                    None if part.contains('"') => return None,
                    None => text.push_str(part),
                }
            }
            _ => return None,
        }
        at += 1;
    }
    Some(text + "\"")
}

/// The name that the parts make; none where it is not known how.
fn name_of(input: &Buffer, lo: usize, hi: usize) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut at = lo;
    while at < hi {
        match input.kind(at)? {
            TokKind::Open(Delim::Fragment(..)) | TokKind::Close(Delim::Fragment(..)) => {}
            TokKind::Punct(b':', _) => {
                let last = parts.pop()?;
                parts.push(changed(last, input.text(at + 1))?);
                at += 1;
            }
            TokKind::Ident | TokKind::Literal(_) => {
                parts.push(input.text(at).trim_matches('"').trim_start_matches("r#").replace('-', "_"));
            }
            _ => return None,
        }
        at += 1;
    }
    let name = parts.concat();
    (!name.is_empty()).then_some(name)
}

/// `:snake`, `:upper`, …
fn changed(part: String, how: &str) -> Option<String> {
    Some(match how {
        "lower" => part.to_lowercase(),
        "upper" => part.to_uppercase(),
        "snake" => snake(&part),
        "camel" | "upper_camel" => camel(&part),
        "lower_camel" => {
            let camel = camel(&part);
            let mut chars = camel.chars();
            chars.next().map(|first| first.to_lowercase().chain(chars).collect())?
        }
        "upper_snake" => snake(&part).to_uppercase(),
        _ => return None,
    })
}

fn snake(part: &str) -> String {
    let (mut out, mut before) = (String::new(), '_');
    for c in part.chars() {
        if c.is_uppercase() && before != '_' {
            out.push('_');
        }
        out.extend(c.to_lowercase());
        before = c;
    }
    out
}

fn camel(part: &str) -> String {
    let (mut out, mut before) = (String::new(), '_');
    for c in part.chars() {
        match c {
            '_' => {}
            _ if before == '_' => out.extend(c.to_uppercase()),
            _ => out.extend(
                c.to_lowercase().filter(|_| before.is_uppercase()).chain((!before.is_uppercase()).then_some(c)),
            ),
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use toecap_ir::{Delimiter, Span};

    use super::*;

    fn pasted(text: &str) -> String {
        let source = SourceText::file(text.into());
        let call = Span::new(0, text.len() as u32);
        let input = MacroInput { source: &source, args: (0, text.len() as u32), delimiter: Delimiter::Brace, call };
        Paste.expand(&input).expect("balanced").text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_put_together() {
        assert_eq!(
            pasted("fn [<get_ name>]() {}"),
            "fn get_name () {}".replace(" ()", "()").replace("get_name", "get_name ")
        );
        assert!(pasted("[<A UserId:snake 3>]").starts_with("Auser_id3"));
        assert!(pasted("[<user_id:camel:lower \"_x\">]").starts_with("userid_x"));
        let made = pasted(
            "fn [<get_ HttpPort:snake>](x: [u8; 2]) { [< Add : lower >]::run([<T as U>::V], x[0], [<a \"b\">]) }",
        );
        let packed = |text: &str| text.replace(' ', "");
        assert_eq!(packed(&made), packed("fn get_http_port(x: [u8; 2]) { add::run([<T as U>::V], x[0], ab) }"));
        let made = pasted("struct [<set_value:camel>]; const [<a:upper _B>]: u8 = 1;");
        assert_eq!(packed(&made), packed("struct SetValue; const A_B: u8 = 1;"));
        assert!(pasted("[<user_id:upper>] [u8; 3] a[i < b]").contains("USER_ID [u8; 3] a[i < b]"));
    }

    #[test]
    fn values_of_attributes_are_put_together() {
        let made = pasted(
            "#[doc = \"As `\" UserId \"` of \" [<a b>] 3 \".\"] #[doc = \"x\"] struct A; const B: [u8; 1] = [1 + 2];",
        );
        assert!(made.contains("\"As `UserId` of ab3.\" ]"), "{made}");
        assert!(made.contains("= \"x\"]") && made.contains("[1 + 2]"), "{made}");
    }
}
