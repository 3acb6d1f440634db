//! Texts that are one macro call, as macros that take their input apart token by token make at nearly every step:
//!
//! ```text
//! $crate::munch!(@key [a] : 1, b : 2);        nothing to parse, and nothing but another call to expand
//! ```

use toecap_ir::{Delimiter, Name, SoleCall};

use super::grammar::is_reserved;
use crate::docs;
use crate::lexer::{Kind, Lexer, Token};
use crate::tree::made_up_name;

/// The call that `text` is; none also where that is not plain to see.
pub(crate) fn sole_call(text: &str) -> Option<SoleCall> {
    let mut tokens = Lexer::new(text).filter(|token| !is_remark(*token, text));
    let path = path(&mut tokens, text)?;
    let opening = tokens.next()?;
    let delimiter = match opening.kind {
        Kind::Open(b'(') => Delimiter::Paren,
        Kind::Open(b'[') => Delimiter::Bracket,
        Kind::Open(_) => Delimiter::Brace,
        _ => return None,
    };
    let mut open = 1_u32;
    let closing = tokens.find(|token| {
        match token.kind {
            Kind::Open(_) => open += 1,
            Kind::Close(_) => open -= 1,
            _ => {}
        }
        open == 0
    })?;
    match (tokens.next(), tokens.next()) {
        (None, _) | (Some(Token { kind: Kind::Punct(b';'), .. }), None) => {}
        _ => return None,
    }
    Some(SoleCall { path, args: (opening.hi, closing.lo), delimiter })
}

/// `a::b!`
fn path(tokens: &mut impl Iterator<Item = Token>, text: &str) -> Option<Vec<Name>> {
    let mut path = Vec::new();
    loop {
        let word = tokens.next().filter(|token| token.kind == Kind::Ident)?.text(text);
        if is_reserved(word) || !word.is_ascii() || word.starts_with("r#") {
            return None;
        }
        path.push(made_up_name(word).unwrap_or_else(|| Name::new(word)));
        match tokens.next()?.kind {
            Kind::Punct(b'!') => break,
            Kind::Punct(b':') => tokens.next().filter(|token| token.kind == Kind::Punct(b':'))?,
            _ => return None,
        };
    }
    // The parser takes these for items.
    let declares = path.last().is_some_and(|name| matches!(name.as_str(), "thread_local" | "lazy_static"));
    (!declares).then_some(path)
}

/// Markers of fragments are for other macros, and documentation is an attribute.
fn is_remark(token: Token, text: &str) -> bool {
    token.is_comment() && docs::of_comment(token.text(text)).is_none()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn calls_and_nothing_else() {
        let text = "__toecap_crate_7::munch ! (@key [a] /*<$expr(*/(b)) ;";
        let call = sole_call(text).unwrap();
        assert_eq!(call.path, [Name::new("$crate:7"), Name::new("munch")]);
        assert_eq!(&text[call.args.0 as usize..call.args.1 as usize], "@key [a] /*<$expr(*/(b)");
        for text in ["m! {}", "m![a, m!(b)]", "/*<$expr*/ m!(x) /*<$>*/", "self::m!(;)"] {
            assert!(sole_call(text).is_some(), "{text}");
        }
        for text in [
            "",
            "m",
            "m!",
            "m!(a).b()",
            "m!(a); m!(b);",
            "m!(a);;",
            "m!(a) + 1",
            "return !(a)",
            "!m!(a)",
            "m!(",
            "m! x (a)",
            "/// Doc.\nm!(a)",
            "thread_local!(static A: u8 = 1;)",
            "let a = m!(b);",
            "m!(a)?",
        ] {
            assert!(sole_call(text).is_none(), "{text}");
        }
    }
}
