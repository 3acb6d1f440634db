//! Literals.

use syn::Lit;
use toecap_ir::{Literal, Name};

pub(crate) fn literal(lit: &Lit) -> Option<Literal> {
    let suffix = |text: &str| (!text.is_empty()).then(|| Name::new(text));
    Some(match lit {
        Lit::Str(lit) => Literal::Str(lit.value().into()),
        Lit::ByteStr(lit) => Literal::ByteStr(lit.value().len() as u32),
        Lit::CStr(_) => Literal::CStr,
        Lit::Byte(_) => Literal::Byte,
        Lit::Char(_) => Literal::Char,
        Lit::Int(lit) => Literal::Int { value: lit.base10_parse().ok(), suffix: suffix(lit.suffix()) },
        Lit::Float(lit) => Literal::Float { suffix: suffix(lit.suffix()) },
        Lit::Bool(lit) => Literal::Bool(lit.value),
        _ => return None,
    })
}
