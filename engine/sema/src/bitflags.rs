//! What `bitflags!` makes of its structs: the same type in every version, without going through the macro's internals.
//!
//! ```text
//! bitflags! { pub struct Flags: u8 { const A = 1; } }      pub struct Flags(u8); impl Flags { pub const A: Self; .. }
//! ```

/// Methods of every type; `B` stands for the integer.
const METHODS: &str = "
    pub const fn empty() -> Self { loop {} } pub const fn all() -> Self { loop {} }
    pub const fn bits(&self) -> B { loop {} } pub const fn from_bits(bits: B) -> ::core::option::Option<Self> { loop {} }
    pub const fn from_bits_truncate(bits: B) -> Self { loop {} } pub const fn from_bits_retain(bits: B) -> Self { loop {} }
    pub fn from_name(name: &str) -> ::core::option::Option<Self> { loop {} }
    pub const fn is_empty(&self) -> bool { loop {} } pub const fn is_all(&self) -> bool { loop {} }
    pub const fn intersects(&self, other: Self) -> bool { loop {} } pub const fn contains(&self, other: Self) -> bool { loop {} }
    pub fn insert(&mut self, other: Self) {} pub fn remove(&mut self, other: Self) {} pub fn toggle(&mut self, other: Self) {}
    pub fn set(&mut self, other: Self, value: bool) {}
    pub const fn intersection(self, other: Self) -> Self { loop {} } pub const fn union(self, other: Self) -> Self { loop {} }
    pub const fn difference(self, other: Self) -> Self { loop {} }
    pub const fn symmetric_difference(self, other: Self) -> Self { loop {} }
    pub const fn complement(self) -> Self { loop {} }";

const OPERATORS: [(&str, &str); 4] = [("BitOr", "bitor"), ("BitAnd", "bitand"), ("BitXor", "bitxor"), ("Sub", "sub")];

/// The items as text.
pub(crate) fn items(args: &str) -> String {
    let args = without_comments(args);
    let mut out = String::new();
    let mut rest = args.as_str();
    while let Some(open) = rest.find('{') {
        let (head, body) = rest.split_at(open);
        let Some(close) = matching_brace(body) else { break };
        rest = &body[close + 1..];
        let Some((before, bits)) = head.rsplit_once(':') else { continue };
        let before = before.trim();
        let name = before.rsplit(|c: char| c.is_whitespace()).next().unwrap_or_default();
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        one(before, name, bits.trim(), &body[1..close], &mut out);
    }
    out
}

/// `before` is all up to the name: attributes, visibility and `struct` (or `impl`, for a type that there is already).
fn one(before: &str, name: &str, bits: &str, body: &str, out: &mut String) {
    let is_impl = before.split_whitespace().rev().nth(1) == Some("impl");
    if !is_impl {
        out.push_str(&format!("{before}({bits});\n"));
    }
    let consts: String = body
        .split("const ")
        .skip(1)
        .filter_map(|part| part.split_once('='))
        .map(|(flag, _)| flag.trim())
        .filter(|flag| flag.chars().all(|c| c.is_alphanumeric() || c == '_') && *flag != "_")
        .map(|flag| format!("pub const {flag}: Self = loop {{}};\n"))
        .collect();
    out.push_str(&format!(
        "impl {name} {{\n{consts}{}\n}}\n",
        METHODS.replace("-> B", &format!("-> {bits}")).replace(": B)", &format!(": {bits})"))
    ));
    for (operator, method) in OPERATORS {
        out.push_str(&format!(
            "impl ::core::ops::{operator} for {name} {{ type Output = Self; fn {method}(self, other: Self) -> Self {{ loop {{}} }} }}\n"
        ));
    }
    out.push_str(&format!(
        "impl ::core::ops::Not for {name} {{ type Output = Self; fn not(self) -> Self {{ loop {{}} }} }}\n"
    ));
}

fn matching_brace(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at),
            '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("//").into_iter().chain(rest.find("/*")).min() {
        out.push_str(&rest[..at]);
        let end = match rest[at..].strip_prefix("/*") {
            Some(inside) => inside.find("*/").map(|end| at + end + 4),
            None => rest[at..].find('\n').map(|end| at + end),
        };
        let Some(end) = end else { return out };
        rest = &rest[end..];
    }
    out + rest
}
