//! Which parts of an item the table keeps, and how they are written.
//!
//! ```text
//! #[stable] #[inline] pub fn get(&self) -> Option<&T> { self.0 }     pub fn get(&self)->Option<&T>{}
//! pub struct File { inner: fs_imp::File }                            pub struct File{}
//! impl const Clone for X { fn clone(&self) -> X { .. } }             impl Clone for X{}
//! ```

use toecap_ir::SourceText;

use super::attrs::{Attributes, Visibility, visibility};
use super::tree::{Printer, Tree, TreeKind, each_ident};

/// Where members stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `impl T`
    Inherent,
    /// `impl Trait for T`: its methods are the trait's.
    TraitImpl,
    /// `trait`
    StableTrait,
    /// Nobody can call its methods, but the language does.
    UnstableTrait,
}

/// Length of the first item of `trees`, attributes included.
pub(super) fn item_len(trees: &[Tree<'_>]) -> usize {
    let mut at = Attributes::outer(trees).1;
    at += visibility(&trees[at..]).1;
    let only_semicolon = ends_at_semicolon(&trees[at..]);
    let mut angles = 0_i32;
    while let Some(tree) = trees.get(at) {
        if tree.is_punct(b';') {
            return at + 1;
        }
        if tree.is_punct(b'<') {
            angles += 1;
        } else if tree.is_punct(b'>') && !trees[at - 1].is_punct(b'-') && !trees[at - 1].is_punct(b'=') {
            angles -= 1;
        }
        if !only_semicolon && angles <= 0 && tree.group(b'{').is_some() {
            return at + 1;
        }
        at += 1;
    }
    trees.len()
}

fn ends_at_semicolon(trees: &[Tree<'_>]) -> bool {
    let word = |i: usize| trees.get(i).and_then(Tree::ident).unwrap_or("");
    match word(0) {
        "use" | "static" | "type" => true,
        "const" => !matches!(word(1), "fn" | "unsafe" | "async" | "extern" | "trait" | "impl" | "auto"),
        "default" => matches!(word(1), "type" | "const"),
        _ => false,
    }
}

/// Prints the head of an item without attributes on its parameters, syntax for const traits, and bounds that always hold;
/// what stands for no size is `?Sized` again.
pub(super) fn head(trees: &[Tree<'_>], out: &mut Printer) {
    let kept = plain(trees);
    let mut at = 0;
    while let Some(tree) = kept.get(at) {
        let next = kept.get(at + 1);
        let after_colon = at > 0 && kept[at - 1].is_punct(b':') && !(at > 1 && kept[at - 2].is_punct(b':'));
        let is_bound = after_colon || at > 0 && kept[at - 1].is_punct(b'+');
        if tree.is_punct(b'+') && next.is_some_and(|t| is_marker(t)) {
            at += 2;
        } else if is_marker(tree) && after_colon {
            at += if next.is_some_and(|t| t.is_punct(b'+')) { 2 } else { 1 };
        } else if is_bound && is_unsized(tree) {
            out.word("?Sized");
            at += 1;
        } else {
            match (tree.group(b'('), tree.group(b'[')) {
                (Some(inner), _) => bracketed("(", inner, ")", out),
                (_, Some(inner)) => bracketed("[", inner, "]", out),
                _ => out.tree(tree),
            }
            at += 1;
        }
    }
}

/// Without attributes on parameters and without syntax for const traits.
fn plain<'t, 'a>(trees: &'t [Tree<'a>]) -> Vec<&'t Tree<'a>> {
    let mut kept = Vec::with_capacity(trees.len());
    let mut at = 0;
    while let Some(tree) = trees.get(at) {
        let next = trees.get(at + 1);
        let is_attribute = tree.is_punct(b'#') && next.is_some_and(|t| t.group(b'[').is_some());
        let is_tilde_const = tree.is_punct(b'~') && next.is_some_and(|t| t.is_ident("const"));
        if is_attribute || is_tilde_const {
            at += 2;
            continue;
        }
        let is_modifier = tree.is_ident("const") && is_const_modifier(&trees[..at], &trees[at + 1..]);
        if !is_const_bound(tree) && !is_modifier {
            kept.push(tree);
        }
        at += 1;
    }
    kept
}

fn bracketed(open: &str, inner: &[Tree<'_>], close: &str, out: &mut Printer) {
    out.word(open);
    head(inner, out);
    out.word(close);
}

/// A bound that every type meets.
fn is_marker(tree: &Tree<'_>) -> bool {
    tree.is_ident("Destruct")
}

/// What the compiler takes `?Sized` for.
fn is_unsized(tree: &Tree<'_>) -> bool {
    matches!(tree.ident(), Some("MetaSized" | "PointeeSized"))
}

/// `[const]`
fn is_const_bound(tree: &Tree<'_>) -> bool {
    matches!(tree.group(b'['), Some([only]) if only.is_ident("const"))
}

/// Is the `const` between these said of a trait, and not of a parameter, a pointer or a function?
fn is_const_modifier(before: &[Tree<'_>], after: &[Tree<'_>]) -> bool {
    let Some(next) = after.first() else { return false };
    if before.last().is_some_and(|t| t.is_punct(b'*')) {
        return false;
    }
    if after.get(1).is_some_and(|t| t.is_punct(b':')) && !after.get(2).is_some_and(|t| t.is_punct(b':')) {
        return false;
    }
    match next.ident() {
        Some("fn" | "async" | "extern") => false,
        Some("unsafe") => after.get(1).is_some_and(|t| t.is_ident("impl") || t.is_ident("trait") || t.is_ident("auto")),
        Some(_) => true,
        None => next.is_punct(b':') || next.is_punct(b'<') || next.group(b'[').is_some() || next.group(b'(').is_some(),
    }
}

/// Prints a function without its body.
pub(super) fn function(trees: &[Tree<'_>], out: &mut Printer) {
    match trees {
        [signature @ .., last] if last.group(b'{').is_some() => {
            head(signature, out);
            out.word("{}");
        }
        signature => head(signature, out),
    }
}

/// Prints `const` and `static` items without their value.
pub(super) fn constant(trees: &[Tree<'_>], out: &mut Printer) {
    match trees.iter().position(|t| t.is_punct(b'=')) {
        Some(equals) => {
            head(&trees[..equals], out);
            out.word("=0;");
        }
        None => head(trees, out),
    }
}

/// What a macro call (its name and arguments, in this text) stands for.
pub(super) type Expand<'e> = dyn FnMut(&str, &Tree<'_>, &SourceText) -> Option<SourceText> + 'e;

/// Prints the members of a trait or impl; `source` is the text that the trees are of.
pub(super) fn members(
    mut trees: &[Tree<'_>],
    place: Place,
    source: &SourceText,
    expand: &mut Expand<'_>,
    out: &mut Printer,
) {
    trees = &trees[Attributes::inner(trees).1..];
    while !trees.is_empty() {
        let (item, rest) = trees.split_at(item_len(trees));
        trees = rest;
        member(item, place, source, expand, out);
    }
}

fn member(item: &[Tree<'_>], place: Place, source: &SourceText, expand: &mut Expand<'_>, out: &mut Printer) {
    let (attrs, start) = Attributes::outer(item);
    let (vis, len) = visibility(&item[start..]);
    let mut body = &item[start + len..];
    if attrs.is_dead() || body.is_empty() {
        return;
    }
    let is_private = place == Place::Inherent && vis != Visibility::Public;
    let is_hidden = is_private || attrs.is_unstable && place != Place::UnstableTrait;
    let word = keyword(body);
    if word == "fn" && (is_hidden || place == Place::TraitImpl) || word == "const" && is_hidden {
        return;
    }
    if word.is_empty() {
        if let Some((name, group)) = macro_call(body)
            && let Some(text) = expand(name, group, source)
        {
            members(&super::tree::trees(&text.text), place, &text, expand, out);
        }
        return;
    }
    out.word(&attrs.exists().attribute());
    if vis == Visibility::Public {
        out.word("pub");
    }
    if body[0].is_ident("default") || body[0].is_ident("final") {
        body = &body[1..];
    }
    match word {
        "fn" => function(body, out),
        "const" => constant(body, out),
        _ => head(body, out),
    }
}

/// Name and arguments of `a::name! { .. }`.
pub(super) fn macro_call<'t, 'a>(body: &'t [Tree<'a>]) -> Option<(&'a str, &'t Tree<'a>)> {
    let bang = body.iter().position(|t| t.is_punct(b'!'))?;
    let group = body.get(bang + 1).filter(|t| matches!(t.kind, TreeKind::Group(..)))?;
    Some((body[bang.checked_sub(1)?].ident()?, group))
}

/// The word that says what an item is; empty for macro calls.
pub(super) fn keyword<'a>(item: &[Tree<'a>]) -> &'a str {
    let mut words = item.iter().map_while(|t| match t.ident() {
        Some(word) => Some(word),
        // `extern "C" fn`
        None if matches!(t.kind, TreeKind::Other(_)) => Some("\"\""),
        None => None,
    });
    let mut is_const = false;
    let found = words.find(|word| match *word {
        "const" => {
            is_const = true;
            false
        }
        "unsafe" | "async" | "safe" | "default" | "final" | "auto" | "extern" | "\"\"" => false,
        _ => true,
    });
    match found {
        // `crate::cfg_select! { .. }`
        Some("crate") if !item.first().is_some_and(|t| t.is_ident("extern")) => "",
        Some(
            word
            @ ("fn" | "impl" | "trait" | "mod" | "use" | "static" | "type" | "struct" | "enum" | "union" | "crate"),
        ) => word,
        Some("macro") if item.get(1).is_some_and(|t| t.ident().is_some()) => "macro",
        Some("macro_rules") => "macro_rules",
        Some(_) if is_const => "const",
        None if is_const => "const",
        None if item.first().is_some_and(|t| t.is_ident("extern") || t.is_ident("unsafe")) => "extern",
        _ => "",
    }
}

/// Prints a struct or union with the fields that everybody can see.
pub(super) fn record(trees: &[Tree<'_>], out: &mut Printer) {
    let Some(at) = fields_position(trees) else { return head(trees, out) };
    head(&trees[..at], out);
    if let Some(fields) = trees[at].group(b'{') {
        out.word("{");
        for field in public_fields(fields) {
            out.word(&field);
            out.word(",");
        }
        return out.word("}");
    }
    let fields = trees[at].group(b'(').unwrap_or_default();
    let rest: Vec<Tree<'_>> = trees[at + 1..].iter().filter(|t| !t.is_punct(b';')).cloned().collect();
    if public_fields(fields).is_empty() {
        head(&rest, out);
        return out.word("{}");
    }
    bracketed("(", fields, ")", out);
    head(&rest, out);
    out.word(";");
}

/// Where the fields are; the brackets of bounds such as `F: Fn(A)` are none.
fn fields_position(trees: &[Tree<'_>]) -> Option<usize> {
    let mut angles = 0_i32;
    for (at, tree) in trees.iter().enumerate() {
        if tree.is_punct(b'<') {
            angles += 1;
        } else if tree.is_punct(b'>') && at > 0 && !trees[at - 1].is_punct(b'-') {
            angles -= 1;
        } else if tree.is_ident("where") {
            return trees.iter().position(|t| t.group(b'{').is_some());
        } else if angles == 0 && (tree.group(b'{').is_some() || tree.group(b'(').is_some()) {
            return Some(at);
        }
    }
    None
}

fn public_fields(fields: &[Tree<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for field in split_commas(fields) {
        let (attrs, start) = Attributes::outer(field);
        if attrs.is_dead() || visibility(&field[start..]).0 != Visibility::Public {
            continue;
        }
        let mut out = Printer::default();
        out.word(&attrs.exists().attribute());
        head(&field[start..], &mut out);
        found.push(out.text);
    }
    found
}

/// Prints an enum without discriminants.
pub(super) fn enumeration(trees: &[Tree<'_>], out: &mut Printer) {
    let [start @ .., last] = trees else { return };
    head(start, out);
    out.word("{");
    for variant in split_commas(last.group(b'{').unwrap_or_default()) {
        let (attrs, start) = Attributes::outer(variant);
        if attrs.is_dead() {
            continue;
        }
        out.word(&attrs.exists().attribute());
        let end = variant.iter().position(|t| t.is_punct(b'=')).unwrap_or(variant.len());
        for tree in &variant[start..end] {
            match (tree.group(b'('), tree.group(b'{')) {
                (Some(fields), _) => bracketed("(", fields, ")", out),
                (_, Some(fields)) => bracketed("{", fields, "}", out),
                _ => out.tree(tree),
            }
        }
        out.word(",");
    }
    out.word("}");
}

/// Parts between commas outside angle brackets.
fn split_commas<'t, 'a>(trees: &'t [Tree<'a>]) -> Vec<&'t [Tree<'a>]> {
    let mut parts = Vec::new();
    let (mut start, mut angles) = (0, 0_i32);
    for (at, tree) in trees.iter().enumerate() {
        if tree.is_punct(b'<') {
            angles += 1;
        } else if tree.is_punct(b'>') && at > 0 && !trees[at - 1].is_punct(b'-') {
            angles -= 1;
        } else if tree.is_punct(b',') && angles <= 0 {
            parts.push(&trees[start..at]);
            start = at + 1;
        }
    }
    parts.push(&trees[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// Identifiers of an item, without duplicates.
pub(super) fn mentions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    each_ident(&super::tree::trees(text), &mut |word| found.push(word.to_owned()));
    found.sort();
    found.dedup();
    found
}
