//! What macros of well-known names make, without going through their internals.

use toecap_ir::Name;

/// The items that `name!(args)`, called by a path of `segments`, stands for.
pub(super) fn items(name: Name, segments: usize, args: &str) -> Option<String> {
    Some(match name.as_str() {
        "thread_local" => statics(args, "::std::thread::LocalKey<", ">"),
        "lazy_static" => statics(args, "", ""),
        "pin_project" if segments <= 2 => with_commas(args),
        "bitflags" => crate::bitflags::items(args),
        // `trait_set! { trait A = B + C; }`
        "trait_set" => args.to_owned(),
        "compile_error" | "global_asm" => String::new(),
        _ => return None,
    })
}

/// `static [ref] NAME: Ty = init;` lists, as plain statics whose types stand between `before` and `after`.
fn statics(args: &str, before: &str, after: &str) -> String {
    let mut out = String::new();
    let mut rest = args;
    while let Some(at) = find_word(rest, "static") {
        rest = rest[at + "static".len()..].trim_start();
        if let Some(more) = rest.strip_prefix("ref ") {
            rest = more.trim_start();
        }
        let Some(colon) = rest.find(':') else { break };
        let name = rest[..colon].trim();
        rest = &rest[colon + 1..];
        let Some(equals) = top_level_equals(rest) else { break };
        let ty = rest[..equals].trim();
        if name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            out.push_str(&format!("pub static {name}: {before}{ty}{after} = loop {{}};\n"));
        }
        rest = &rest[equals + 1..];
    }
    out
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

fn find_word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let boundary = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '\'');
        boundary(text[..at].chars().next_back()) && boundary(text[at + word.len()..].chars().next())
    })
}

fn top_level_equals(text: &str) -> Option<usize> {
    let mut depth = 0i32;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' if previous != '-' => depth -= 1,
            ')' | ']' => depth -= 1,
            '=' if depth <= 0 => return Some(at),
            _ => {}
        }
        previous = c;
    }
    None
}
