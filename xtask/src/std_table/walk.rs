//! From the crate roots of the standard library to everything that the table may keep, file by file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use toecap_ir::{InlineModule, SourceText, module_candidates};

use super::attrs::{Attributes, Visibility, visibility};
use super::cfg::{Cfg, arms};
use super::expand::{Macros, Scope};
use super::items::{self, Place};
use super::tree::{Printer, Tree, TreeKind, trees};

/// Internals whose signatures mean nothing to users.
const LEFT_OUT: &[&str] = &[
    "alloc/src/bstr",
    "alloc/src/collections/btree/",
    "alloc/src/raw_vec",
    "alloc/src/testing/",
    "alloc/src/wtf8",
    "core/src/bstr",
    "core/src/core_arch",
    "core/src/core_simd",
    "core/src/contracts",
    "core/src/wtf8",
    "core/src/marker/variance",
    "core/src/num/niche_types",
    "core/src/fmt/num_buffer",
    "core/src/intrinsics/fallback",
    "core/src/intrinsics/simd",
    "core/src/keyword_docs",
    "core/src/num/bignum",
    "core/src/num/dec2flt/",
    "core/src/num/flt2dec/",
    "core/src/num/imp/",
    "core/src/num/libm",
    "core/src/primitive_docs",
    "core/src/slice/sort/",
    "core/src/unicode/",
    "core/src/profiling",
    "std/src/backtrace/",
    "std/src/bstr",
    "std/src/keyword_docs",
    "std/src/os/fortanix_sgx",
    "std/src/os/xous",
    "std/src/os/uefi",
    "std/src/os/solid",
    "std/src/os/motor",
    "std/src/os/hermit",
    "std/src/rt",
    "std/src/sys/",
    "std/src/test_helpers",
];

/// But these are needed.
const KEPT: &[&str] = &[
    "alloc/src/collections/btree/map",
    "alloc/src/collections/btree/set",
    "alloc/src/collections/btree/mod",
    "core/src/num/dec2flt/mod",
    "core/src/unicode/mod",
];

/// What stands in for the platforms' internals: public aliases lead here.
const STAND_INS: &[(&str, &str)] = &[(
    "std/src/sys/mod.rs",
    "pub mod io { pub type RawOsError = i32; }
     pub use RawOsError as _;
     unsafe impl crate::alloc::GlobalAlloc for crate::alloc::System {}",
)];

/// All files of the table by path, as `core/src/lib.rs`.
pub(super) type Files = BTreeMap<String, Vec<Node>>;

/// A part of a file.
#[derive(Debug)]
pub(super) enum Node {
    Item(Item),
    /// What stands before its `{`, and what it holds.
    Inline(String, Vec<Node>),
    /// The declaration, and the file.
    File(String, String),
}

/// An item.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) text: String,
    pub(super) role: Role,
    pub(super) mentions: Vec<String>,
}

/// When an item is kept.
#[derive(Debug)]
pub(super) enum Role {
    /// Always.
    Root,
    /// When something that is kept mentions this name.
    Named(String),
    /// When all private names among these are kept.
    Impl(Vec<String>),
    /// When the file mentions a name that it brings: these, with a cfg.
    Import(String),
}

/// Walks the crates below `library`.
pub(super) struct Walk<'s> {
    pub(super) library: &'s Path,
    pub(super) files: Files,
    pub(super) macros: Macros,
}

/// Where items are.
#[derive(Clone)]
pub(super) struct At<'s> {
    pub(super) krate: &'static str,
    pub(super) file: &'s str,
    pub(super) owns_dir: bool,
    pub(super) inline: Vec<(String, Option<String>)>,
    pub(super) source: SourceText,
    /// What holds around.
    pub(super) cfg: Cfg,
    pub(super) depth: u32,
}

impl Walk<'_> {
    pub(super) fn krate(&mut self, krate: &'static str) -> anyhow::Result<()> {
        let root = format!("{krate}/src/lib.rs");
        let mut scope = self.macros.exported();
        self.file(krate, &root, true, &mut scope)
    }

    fn file(&mut self, krate: &'static str, path: &str, owns_dir: bool, scope: &mut Scope) -> anyhow::Result<()> {
        let text = match STAND_INS.iter().find(|(stood_in, _)| *stood_in == path) {
            Some((_, text)) => (*text).to_owned(),
            None => {
                let path = self.library.join(path);
                std::fs::read_to_string(&path).with_context(|| format!("couldn't read `{}`", path.display()))?
            }
        };
        let text: Arc<str> = text.into();
        let all = trees(&text);
        let (attrs, len) = Attributes::inner(&all);
        let source = SourceText::file(text.clone().into());
        let cfg = attrs.exists();
        let at = At { krate, file: path, owns_dir, inline: Vec::new(), source, cfg: Cfg::Const(true), depth: 0 };
        let mut nodes = Vec::new();
        if cfg != Cfg::Const(true) {
            let text = format!("#![cfg({})]", cfg.text());
            nodes.push(Node::Item(Item { text, role: Role::Root, mentions: Vec::new() }));
        }
        self.items(&all[len..], &at, scope, &mut nodes)?;
        self.files.insert(path.to_owned(), nodes);
        Ok(())
    }

    /// All items of one module.
    pub(super) fn items(
        &mut self,
        mut trees: &[Tree<'_>],
        at: &At<'_>,
        scope: &mut Scope,
        out: &mut Vec<Node>,
    ) -> anyhow::Result<()> {
        while !trees.is_empty() {
            let (item, rest) = trees.split_at(items::item_len(trees));
            trees = rest;
            self.item(item, at, scope, out)?;
        }
        Ok(())
    }

    fn item(&mut self, item: &[Tree<'_>], at: &At<'_>, scope: &mut Scope, out: &mut Vec<Node>) -> anyhow::Result<()> {
        let (attrs, start) = Attributes::outer(item);
        let (vis, len) = visibility(&item[start..]);
        let body = &item[start + len..];
        let cfg = Cfg::all([at.cfg.clone(), attrs.exists()]);
        if cfg == Cfg::Const(false) || body.is_empty() {
            return Ok(());
        }
        let word = items::keyword(body);
        match word {
            "mod" => return self.module(body, &attrs, vis, cfg, at, scope, out),
            "macro_rules" => {
                self.macros.define(body, at, scope, attrs.is_exported);
                if !attrs.is_exported {
                    return Ok(());
                }
            }
            "" => {
                let at = At { cfg, ..at.clone() };
                return self.macro_call(body, &at, scope, out);
            }
            "fn" if vis != Visibility::Public || at.file.contains("/intrinsics/") && !attrs.is_stable => return Ok(()),
            "static" if vis != Visibility::Public => return Ok(()),
            "extern" => return Ok(()),
            "crate" if !names_known_crate(body) => return Ok(()),
            "impl" if is_negative(body) || is_superfluous(body) => return Ok(()),
            "macro" => self.macros.define(body, at, scope, false),
            _ => {}
        }
        let mut printer = Printer::default();
        let prefix = format!("{}{}", cfg.attribute(), attrs.kept);
        printer.word(&prefix);
        match vis {
            Visibility::Public => printer.word("pub"),
            Visibility::Restricted => printer.word("pub(crate)"),
            Visibility::Inherited => {}
        }
        self.print(word, body, attrs.is_unstable, at, scope, &mut printer);
        let role = role(word, body, vis, &attrs, &prefix);
        let mentions = items::mentions(&printer.text);
        out.push(Node::Item(Item { text: printer.text, role, mentions }));
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own about the module")]
    fn module(
        &mut self,
        body: &[Tree<'_>],
        attrs: &Attributes,
        vis: Visibility,
        cfg: Cfg,
        at: &At<'_>,
        scope: &mut Scope,
        out: &mut Vec<Node>,
    ) -> anyhow::Result<()> {
        let Some(name) = body.iter().filter_map(Tree::ident).find(|w| *w != "mod" && *w != "unsafe") else {
            return Ok(());
        };
        let vis = match vis {
            Visibility::Public => "pub ",
            Visibility::Restricted => "pub(crate) ",
            Visibility::Inherited => "",
        };
        let path = attrs.path.as_ref().map(|path| format!("#[path=\"{path}\"]")).unwrap_or_default();
        let head = format!("{}{}{path}{vis}mod {name}", cfg.attribute(), attrs.kept);
        let mut inner_scope = scope.clone();
        if let Some(inner) = body.last().and_then(|t| t.group(b'{')) {
            let mut inner_at = At { cfg: Cfg::Const(true), ..at.clone() };
            inner_at.inline.push((name.to_owned(), attrs.path.clone()));
            let (inner_attrs, len) = Attributes::inner(inner);
            let mut nodes = Vec::new();
            if !inner_attrs.is_dead() {
                self.items(&inner[len..], &inner_at, &mut inner_scope, &mut nodes)?;
            }
            out.push(Node::Inline(head, nodes));
        } else {
            let Some(file) = self.module_file(name, attrs.path.as_deref(), at) else { return Ok(()) };
            let owns_dir = attrs.path.is_some() || file.ends_with("/mod.rs");
            if !self.files.contains_key(&file) {
                self.file(at.krate, &file, owns_dir, &mut inner_scope)?;
            }
            out.push(Node::File(head, file));
        }
        if attrs.kept.contains("macro_use") {
            *scope = inner_scope;
        }
        Ok(())
    }

    fn module_file(&self, name: &str, path: Option<&str>, at: &At<'_>) -> Option<String> {
        let inline: Vec<InlineModule<'_>> =
            at.inline.iter().map(|(name, path)| InlineModule { name, path_attr: path.as_deref() }).collect();
        let candidates = module_candidates(Path::new(at.file), at.owns_dir, &inline, name, path);
        let candidates = candidates.into_iter().map(|c| c.to_string_lossy().replace('\\', "/"));
        let stands_in = |file: &str| STAND_INS.iter().any(|(path, _)| *path == file);
        let is_in = |file: &String| {
            let left_out =
                LEFT_OUT.iter().any(|out| file.starts_with(out)) && !KEPT.iter().any(|kept| file.starts_with(kept));
            file.starts_with(&format!("{}/", at.krate)) && !left_out && self.library.join(file).is_file()
                || stands_in(file)
        };
        candidates.into_iter().find(is_in)
    }

    fn macro_call(
        &mut self,
        body: &[Tree<'_>],
        at: &At<'_>,
        scope: &mut Scope,
        out: &mut Vec<Node>,
    ) -> anyhow::Result<()> {
        let Some((name, group)) = items::macro_call(body) else { return Ok(()) };
        match (name, &group.kind) {
            ("cfg_select" | "cfg_if", TreeKind::Group(_, args)) => {
                for (cfg, items) in arms(args) {
                    let cfg = Cfg::all([at.cfg.clone(), cfg]);
                    self.items(items, &At { cfg, ..at.clone() }, scope, out)?;
                }
                Ok(())
            }
            ("thread_local" | "global_asm" | "compile_error" | "static_assert" | "include" | "local_pointer", _) => {
                Ok(())
            }
            _ => match self.macros.expand(name, group, at, scope) {
                Some(text) => {
                    let expanded = trees(&text.text);
                    let at = At { source: text.clone(), depth: at.depth + 1, ..at.clone() };
                    self.items(&expanded, &at, scope, out)
                }
                None => Ok(()),
            },
        }
    }

    fn print(
        &mut self,
        word: &str,
        body: &[Tree<'_>],
        is_unstable: bool,
        at: &At<'_>,
        scope: &Scope,
        out: &mut Printer,
    ) {
        match word {
            "fn" => items::function(body, out),
            "const" | "static" => items::constant(body, out),
            "struct" | "union" => items::record(body, out),
            "enum" => items::enumeration(body, out),
            "impl" | "trait" => {
                let [head @ .., last] = body else { return };
                let Some(members) = last.group(b'{') else { return items::head(body, out) };
                items::head(head, out);
                let place = match (word, is_trait_impl(head)) {
                    ("trait", _) if is_unstable => Place::UnstableTrait,
                    ("trait", _) => Place::StableTrait,
                    (_, true) => Place::TraitImpl,
                    (_, false) => Place::Inherent,
                };
                let mut expand = |name: &str, group: &Tree<'_>, source: &SourceText| {
                    self.macros.expand(name, group, &At { source: source.clone(), ..at.clone() }, scope)
                };
                out.word("{");
                items::members(members, place, &at.source, &mut expand, out);
                out.word("}");
            }
            "type" => items::head(body, out),
            _ => out.trees(body),
        }
    }
}

fn names_known_crate(body: &[Tree<'_>]) -> bool {
    body.get(2).and_then(Tree::ident).is_some_and(|name| matches!(name, "core" | "alloc" | "std" | "self"))
}

/// Where `for` stands in `impl Trait for Type`.
fn for_position(head: &[Tree<'_>]) -> Option<usize> {
    head.iter().enumerate().position(|(at, t)| t.is_ident("for") && !head.get(at + 1).is_some_and(|n| n.is_punct(b'<')))
}

fn is_trait_impl(head: &[Tree<'_>]) -> bool {
    for_position(head).is_some()
}

fn is_negative(body: &[Tree<'_>]) -> bool {
    let end = for_position(body).unwrap_or(0);
    body[..end].iter().any(|t| t.is_punct(b'!'))
}

/// Thousands of impls of operators on numbers that no program depends on, and those for types that are not stable.
fn is_superfluous(body: &[Tree<'_>]) -> bool {
    let [head @ .., _] = body else { return false };
    let Some(position) = for_position(head) else { return false };
    let (tr, ty) = head.split_at(position);
    let mut words = Vec::new();
    super::tree::each_ident(ty, &mut |word| words.push(word));
    let own = words.last().copied().unwrap_or_default();
    let is_reference = head.iter().any(|t| t.is_punct(b'&'));
    let is_shift = tr.iter().any(|t| matches!(t.ident(), Some("Shl" | "Shr" | "ShlAssign" | "ShrAssign")));
    let by = tr.iter().rev().find_map(Tree::ident).unwrap_or_default();
    let is_odd_shift = is_shift && !(by == own || matches!(by, "u8" | "i32" | "u32" | "usize"));
    let is_wrapper = words.iter().any(|word| matches!(*word, "Wrapping" | "Saturating"));
    words.iter().any(|word| matches!(*word, "f16" | "f128"))
        || is_shift && (is_reference || is_odd_shift)
        || is_wrapper && is_reference
}

fn role(word: &str, body: &[Tree<'_>], vis: Visibility, attrs: &Attributes, prefix: &str) -> Role {
    match word {
        "impl" => {
            let [head @ .., _] = body else { return Role::Root };
            let start = impl_generics(head);
            let end = head.iter().position(|t| t.is_ident("where")).unwrap_or(head.len());
            let mut needs = Vec::new();
            super::tree::each_ident(&head[start..end.max(start)], &mut |word| needs.push(word.to_owned()));
            Role::Impl(needs)
        }
        "use" if vis != Visibility::Public => Role::Import(prefix.to_owned()),
        "use" | "crate" => Role::Root,
        "macro_rules" | "macro" if attrs.is_exported || vis == Visibility::Public => Role::Root,
        _ if vis == Visibility::Public => Role::Root,
        _ => {
            let skipped = [word, "const", "unsafe", "auto", "mut"];
            let name = body.iter().filter_map(Tree::ident).find(|w| !skipped.contains(w));
            Role::Named(name.unwrap_or_default().to_owned())
        }
    }
}

/// Where the generics of an impl end.
fn impl_generics(head: &[Tree<'_>]) -> usize {
    let Some(start) = head.iter().position(|t| t.is_ident("impl")) else { return 0 };
    if !head.get(start + 1).is_some_and(|t| t.is_punct(b'<')) {
        return start + 1;
    }
    let mut angles = 0_i32;
    for (at, tree) in head.iter().enumerate().skip(start + 1) {
        if tree.is_punct(b'<') {
            angles += 1;
        } else if tree.is_punct(b'>') && !head[at - 1].is_punct(b'-') {
            angles -= 1;
            if angles == 0 {
                return at + 1;
            }
        }
    }
    head.len()
}
