//! What macros of well-known names make, without going through their internals.

use toecap_ir::{MacroDefKind, Name};

/// Statics of a type, whose initialisers are functions.
const THREAD_LOCAL: &str = "($($(#[$attr:meta])* $vis:vis static $name:ident: $ty:ty = $init:expr);* $(;)?) => {
    $($(#[$attr])* $vis static $name: ::std::thread::LocalKey<$ty> = { fn __init() -> $ty { $init } loop {} };)*
}";

/// The rules that stand for `name!(..)`, called by a path of `segments`.
pub(super) fn rules(name: Name, segments: usize) -> Option<(&'static str, MacroDefKind)> {
    match name.as_str() {
        "paste" if segments <= 2 => Some(("", MacroDefKind::Paste)),
        "thread_local" => Some((THREAD_LOCAL, MacroDefKind::Rules)),
        _ => None,
    }
}

/// The items that `name!(args)`, called by a path of `segments`, stands for.
pub(super) fn items(name: Name, segments: usize, args: &str) -> Option<String> {
    Some(match name.as_str() {
        // Its fields are seen through a pin, whatever attributes it has.
        "pin_project" if segments <= 2 => format!("#[pin_project]\n{}", with_commas(args)),
        "bitflags" => crate::bitflags::items(args),
        // `trait_set! { trait A = B + C; }`
        "trait_set" => args.to_owned(),
        "compile_error" | "global_asm" => String::new(),
        _ => return None,
    })
}

/// `pin_project!` takes `struct S<'a T>`, which other macros make, for `struct S<'a, T>`.
fn with_commas(args: &str) -> String {
    let (head, body) = args.split_at(args.find('{').unwrap_or(args.len()));
    let mut out = String::with_capacity(args.len());
    let mut rest = head;
    while let Some(at) = rest.find('\'') {
        let (before, lifetime) = rest.split_at(at);
        let end = lifetime[1..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(lifetime.len(), |end| end + 1);
        let (name, after) = lifetime.split_at(end);
        out.push_str(before);
        out.push_str(name);
        if before.trim_end().ends_with(['<', ',']) && after.trim_start().starts_with(|c: char| c.is_alphabetic()) {
            out.push(',');
        }
        rest = after;
    }
    out + rest + body
}
