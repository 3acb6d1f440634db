//! Leaves out what no name that users can write leads to.
//!
//! ```text
//! pub struct Drain<T> { .. }      stays
//! trait SpecFromIter<T> { .. }    goes: nothing public mentions it; its impls go with it
//! use crate::fmt;                 goes when the file no longer says `fmt`
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Printer, Tree, trees};
use super::walk::{Files, Item, Node, Role};

/// The text of each file.
pub(super) fn prune(files: &Files) -> BTreeMap<String, String> {
    let live = live_names(files);
    let mut kept = BTreeMap::new();
    for (path, nodes) in files {
        let mut text = print(nodes, &live);
        text.truncate(text.trim_end().len());
        kept.insert(path.clone(), text);
    }
    drop_empty(kept)
}

/// Names whose definitions stay.
struct Live {
    private: BTreeSet<String>,
    mentioned: BTreeSet<String>,
}

impl Live {
    fn keeps(&self, item: &Item) -> bool {
        match &item.role {
            Role::Root => true,
            Role::Named(name) => self.mentioned.contains(name),
            Role::Impl(needs) => needs.iter().all(|n| !self.private.contains(n) || self.mentioned.contains(n)),
            Role::Import(_) => false,
        }
    }
}

fn live_names(files: &Files) -> Live {
    let mut all = Vec::new();
    files.values().for_each(|nodes| each_item(nodes, &mut |item| all.push(item)));
    let mut live = Live { private: BTreeSet::new(), mentioned: BTreeSet::new() };
    let mut public = BTreeSet::new();
    for item in &all {
        match &item.role {
            Role::Named(name) => {
                live.private.insert(name.clone());
            }
            Role::Root => public.extend(declared(&item.text)),
            _ => {}
        }
    }
    live.private.retain(|name| !public.contains(name));
    let mut waiting = all;
    loop {
        let before = waiting.len();
        let (kept, rest): (Vec<&Item>, Vec<&Item>) = waiting.into_iter().partition(|item| live.keeps(item));
        kept.iter().for_each(|item| live.mentioned.extend(item.mentions.iter().cloned()));
        waiting = rest;
        if waiting.len() == before {
            return live;
        }
    }
}

/// What a public type or trait is called.
fn declared(text: &str) -> Option<String> {
    let all = trees(text);
    let at = all
        .iter()
        .position(|t| t.ident().is_some_and(|w| matches!(w, "struct" | "enum" | "union" | "trait" | "type")))?;
    all.get(at + 1)?.ident().map(str::to_owned)
}

fn each_item<'n>(nodes: &'n [Node], f: &mut impl FnMut(&'n Item)) {
    for node in nodes {
        match node {
            Node::Item(item) => f(item),
            Node::Inline(_, inner) => each_item(inner, f),
            Node::File(..) => {}
        }
    }
}

/// The items of a module that stay, one on a line.
fn print(nodes: &[Node], live: &Live) -> String {
    let mut words = BTreeSet::new();
    each_item(nodes, &mut |item| {
        if live.keeps(item) {
            words.extend(item.mentions.iter().map(String::as_str));
        }
    });
    let mut text = String::new();
    for node in nodes {
        match node {
            Node::Item(Item { role: Role::Import(prefix), text: import, .. }) => {
                text.push_str(&wanted_imports(import, prefix, &words));
            }
            Node::Item(item) if live.keeps(item) => {
                text.push_str(&item.text);
                text.push('\n');
            }
            Node::Item(_) => {}
            Node::Inline(head, inner) => {
                let inner = print(inner, live);
                if !inner.is_empty() {
                    text.push_str(&format!("{head}{{{}}}\n", inner.trim_end()));
                }
            }
            Node::File(head, file) => text.push_str(&format!("{head};\x01{file}\x01\n")),
        }
    }
    text
}

/// The leaves of a private import that bring a name which the module says.
fn wanted_imports(import: &str, prefix: &str, words: &BTreeSet<&str>) -> String {
    let all = trees(&import[prefix.len()..]);
    let Some(start) = all.iter().position(|t| t.is_ident("use")) else { return String::new() };
    let mut leaves = Vec::new();
    let end = all.len() - usize::from(all.last().is_some_and(|t| t.is_punct(b';')));
    leaves_of(&all[start + 1..end], &mut Vec::new(), &mut leaves);
    let mut text = String::new();
    for (path, name) in leaves {
        if name.is_none_or(|name| words.contains(name.as_str())) {
            text.push_str(&format!("{prefix}use {path};\n"));
        }
    }
    text
}

/// Paths of a `use` tree, each with the name that it brings; none for a glob.
fn leaves_of<'t, 'a>(tree: &'t [Tree<'a>], prefix: &mut Vec<&'t Tree<'a>>, out: &mut Vec<(String, Option<String>)>) {
    if let Some(inner) = tree.last().and_then(|t| t.group(b'{')) {
        let depth = prefix.len();
        prefix.extend(&tree[..tree.len() - 1]);
        for part in inner.split(|t| t.is_punct(b',')).filter(|part| !part.is_empty()) {
            leaves_of(part, prefix, out);
        }
        prefix.truncate(depth);
        return;
    }
    let mut printer = Printer::default();
    prefix.iter().for_each(|t| printer.tree(t));
    printer.trees(tree);
    let mut text = printer.text;
    let mut words: Vec<&str> = prefix.iter().copied().chain(tree).filter_map(Tree::ident).collect();
    let Some(last) = tree.last() else { return };
    if last.is_punct(b'*') {
        return out.push((text, None));
    }
    if last.is_ident("self") && words.len() > 1 {
        words.pop();
        text = format!("{}::{{self}}", text.trim_end_matches("self").trim_end_matches("::"));
    }
    out.push((text, words.last().map(|w| (*w).to_owned())));
}

/// Leaves out files without items, and their declarations, until there are none.
fn drop_empty(mut files: BTreeMap<String, String>) -> BTreeMap<String, String> {
    loop {
        let empty: BTreeSet<String> =
            files.iter().filter(|(_, text)| text.trim().is_empty()).map(|(path, _)| path.clone()).collect();
        if empty.is_empty() {
            break;
        }
        files.retain(|path, _| !empty.contains(path));
        for text in files.values_mut() {
            let lines = text.lines().filter(|line| !declared_file(line).is_some_and(|file| empty.contains(file)));
            *text = lines.collect::<Vec<_>>().join("\n");
        }
    }
    for text in files.values_mut() {
        while let Some((start, rest)) = text.split_once('\x01').map(|(a, b)| (a.len(), b)) {
            let end = start + 1 + rest.find('\x01').map_or(rest.len(), |i| i + 1);
            text.replace_range(start..end, "");
        }
        text.push('\n');
    }
    files
}

fn declared_file(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once('\x01')?;
    let (file, _) = rest.split_once('\x01')?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::super::items;
    use super::*;

    #[test]
    fn imports_are_cut_to_what_is_said() {
        let words = ["Ordering", "io", "c"].into();
        let text = wanted_imports("use crate::{cmp::Ordering, io::{self, Read}, a as c, b::*};", "", &words);
        assert_eq!(text, "use crate::cmp::Ordering;\nuse crate::io::{self};\nuse crate::a as c;\nuse crate::b::*;\n");
        assert_eq!(items::mentions("fn f(a:&u8)"), ["a", "f", "fn", "u8"]);
    }
}
