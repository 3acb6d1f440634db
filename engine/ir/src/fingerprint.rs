//! Sums of IR: with all that is in it, or without places and bodies, so that they tell whether what a file declares is as it was.
//!
//! ```text
//! fn f(n: u8) -> u8 { n + 1 }        the same declarations,
//! // one more line
//! fn f(n: u8) -> u8 { n + 2 }        another body at another place
//! ```

mod writer;

use std::cell::Cell;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::{Body, BodySource, Expr, FileIr, FnItem, Item, ItemId, ItemKind, SourceText, Span};
use writer::Writer;

/// What a file, or an expansion, declares: its items without their bodies and places. `text` is what was lowered.
pub fn declarations(ir: &FileIr, text: &str) -> u128 {
    let mut writer = Writer::default();
    SUMMING.set(true);
    let done = (&ir.items, &ir.root, &ir.attrs).serialize(&mut writer);
    SUMMING.set(false);
    writer.needs_text |= done.is_err();
    for (id, body) in ir.bodies.iter().filter(|(_, body)| body.head().has_items) {
        for (parent, items) in blocks_with_items(&body.get()) {
            writer.needs_text |= (id, parent, items).serialize(&mut writer).is_err();
        }
    }
    for (_, item) in ir.items.iter() {
        if let ItemKind::MacroDef(def) = &item.kind {
            let rules = text.get(def.rules.0 as usize..def.rules.1 as usize).unwrap_or_default();
            writer.out.extend_from_slice(rules.as_bytes());
            writer.out.push(def.kind as u8);
        }
    }
    if writer.needs_text {
        writer.out.extend_from_slice(text.as_bytes());
    }
    xxh3_128(&writer.out)
}

thread_local! {
    static SUMMING: Cell<bool> = const { Cell::new(false) };
}

/// Is what is written now written for its sum, and so without what is only how it is stored?
pub(crate) fn is_summing() -> bool {
    SUMMING.get()
}

/// The blocks of a body that declare items, in order: which of them each is in, and the items.
fn blocks_with_items(body: &Body) -> Vec<(Option<usize>, &[ItemId])> {
    let mut blocks: Vec<(Span, &[ItemId])> = body
        .exprs
        .iter()
        .filter_map(|(id, expr)| match expr {
            Expr::Block(block) if !block.items.is_empty() => Some((body.span(id), &*block.items)),
            _ => None,
        })
        .collect();
    blocks.sort_by_key(|(span, _)| (span.lo(), std::cmp::Reverse(span.hi())));
    let mut open: Vec<(Span, usize)> = Vec::new();
    let mut found = Vec::with_capacity(blocks.len());
    for (number, (span, items)) in blocks.into_iter().enumerate() {
        open.retain(|(outer, _)| outer.contains(span));
        found.push((open.last().map(|(_, parent)| *parent), items));
        open.push((span, number));
    }
    found
}

/// A body with all of its places.
pub fn body_sum(body: &Body) -> u128 {
    let mut writer = Writer { places: true, ..Writer::default() };
    // It ends early for what cannot be written, which IR has none of.
    let _ = body.serialize(&mut writer);
    xxh3_128(&writer.out)
}

/// What one item declares, without the items and the body in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemSum {
    /// The same for the same declaration, wherever it stands.
    pub sum: u64,
    /// All words in it, sorted; names of parameters left out.
    pub words: Vec<u32>,
}

/// Sums up an item of a file that was lowered from `source`.
pub fn item_sum(item: &Item, source: &SourceText) -> ItemSum {
    let text = &*source.text;
    let mut writer = Writer { words: Some(Vec::new()), ..Writer::default() };
    let w = &mut writer;
    SUMMING.set(true);
    let mut done = (&item.name, &item.vis, &item.attrs, kind_number(&item.kind)).serialize(&mut *w);
    done = done.and_then(|()| match &item.kind {
        ItemKind::Fn(function) => {
            let FnItem { generics, receiver, params, param_names, param_attrs, ret, flags, body, sig_span: _ } =
                &**function;
            let has_body = !matches!(body, BodySource::None);
            (generics, receiver, params, param_attrs, ret, flags, has_body).serialize(&mut *w)?;
            let words = w.words.take();
            let done = param_names.serialize(&mut *w);
            w.words = words;
            done
        }
        ItemKind::Struct(adt) | ItemKind::Union(adt) | ItemKind::Enum(adt) => adt.serialize(&mut *w),
        ItemKind::Trait(item) | ItemKind::TraitAlias(item) => (&item.generics, &item.supers).serialize(&mut *w),
        ItemKind::Impl(item) => (&item.generics, &item.trait_ref, item.negative, &item.self_ty).serialize(&mut *w),
        ItemKind::TypeAlias(alias) => alias.serialize(&mut *w),
        ItemKind::Const { ty, .. } | ItemKind::Static { ty, .. } => ty.serialize(&mut *w),
        ItemKind::MacroDef(def) => {
            text.get(def.rules.0 as usize..def.rules.1 as usize).unwrap_or_default().serialize(&mut *w)
        }
        _ => Ok(()),
    });
    SUMMING.set(false);
    if done.is_err() || writer.needs_text {
        let span = match &item.kind {
            ItemKind::Fn(function) => function.sig_span,
            _ => item.span,
        };
        // Places in what a macro made are those of what it was made from.
        let said = if source.origin.is_none() { text.get(span.range()).unwrap_or(text) } else { text };
        let _ = said.serialize(&mut writer);
    }
    let mut words = writer.words.unwrap_or_default();
    words.sort_unstable();
    words.dedup();
    ItemSum { sum: xxh3_64(&writer.out), words }
}

/// A field of a type, or a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSum {
    /// The same for the same declaration.
    pub sum: u64,
    /// Of its name; none where it has only a number.
    pub name: Option<u32>,
    /// The words of its type, sorted.
    pub words: Vec<u32>,
}

/// Sums up a type without its fields and variants, and each of those; none for another item.
pub fn adt_parts(item: &Item) -> Option<(u64, Vec<PartSum>)> {
    let (ItemKind::Struct(adt) | ItemKind::Union(adt) | ItemKind::Enum(adt)) = &item.kind else { return None };
    let is_enum = matches!(item.kind, ItemKind::Enum(_));
    let mut frame = Writer::default();
    (&item.name, &item.vis, &item.attrs, kind_number(&item.kind), &adt.generics).serialize(&mut frame).ok()?;
    let mut parts = Vec::new();
    for variant in &adt.variants {
        let mut own = Writer::default();
        let of = if is_enum { &mut own } else { &mut frame };
        (&variant.name, &variant.attrs, variant.kind).serialize(&mut *of).ok()?;
        if is_enum {
            let name = Some(crate::word(variant.name.as_str()));
            parts.push(PartSum { sum: xxh3_64(&own.out), name, words: Vec::new() });
        }
        for field in &variant.fields {
            let mut writer = Writer { words: Some(Vec::new()), ..Writer::default() };
            field.ty.serialize(&mut writer).ok()?;
            let mut words = writer.words.take().unwrap_or_default();
            (&variant.name, &field.name, &field.vis, &field.attrs).serialize(&mut writer).ok()?;
            if writer.needs_text {
                return None;
            }
            words.sort_unstable();
            words.dedup();
            let text = field.name.as_str();
            let is_number = text.is_empty() || text.starts_with(|first: char| first.is_ascii_digit());
            let name = (!is_number).then(|| crate::word(text));
            parts.push(PartSum { sum: xxh3_64(&writer.out), name, words });
        }
    }
    Some((xxh3_64(&frame.out), parts))
}

fn kind_number(kind: &ItemKind) -> u8 {
    match kind {
        ItemKind::Fn(_) => 0,
        ItemKind::Struct(_) => 1,
        ItemKind::Union(_) => 2,
        ItemKind::Enum(_) => 3,
        ItemKind::Trait(_) => 4,
        ItemKind::TraitAlias(_) => 5,
        ItemKind::Impl(_) => 6,
        ItemKind::TypeAlias(_) => 7,
        ItemKind::Const { .. } => 8,
        ItemKind::Static { .. } => 9,
        ItemKind::MacroDef(_) => 10,
        _ => 11,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attrs, BodySource, FnFlags, FnItem, Generics, Item, LazyFn, Name, Visibility};

    #[test]
    fn the_place_of_a_function_is_no_declaration_and_its_signature_is() {
        let function = |lo: u32, is_async: bool| {
            let mut ir = file("f", lo);
            let flags = FnFlags { is_async, ..FnFlags::default() };
            let id = ir.root[0];
            ir.items[id].kind = ItemKind::Fn(LazyFn::new(FnItem {
                generics: Generics::default(),
                receiver: None,
                params: Box::default(),
                param_names: Box::default(),
                param_attrs: Box::default(),
                ret: None,
                flags,
                body: BodySource::None,
                sig_span: Span::new(lo, lo + 5),
            }));
            declarations(&ir, "")
        };
        assert_eq!(function(0, true), function(4, true));
        assert_ne!(function(0, true), function(0, false));
    }

    fn file(name: &str, lo: u32) -> FileIr {
        let mut ir = FileIr::default();
        let span = Span::new(lo, lo + 9);
        let (name, attrs) = (Name::new(name), Attrs::default());
        let kind = ItemKind::Mod { items: None };
        let item = Item { name, name_span: span, span, vis: Visibility::Public, attrs, kind };
        ir.root = [ir.items.alloc(item)].into();
        ir
    }

    #[test]
    fn an_item_is_summed_up_with_its_words() {
        let ir = |name, lo| {
            let mut ir = file(name, lo);
            ir.items[ir.root[0]].vis = Visibility::In([Name::new("inner")].into());
            item_sum(&ir.items[ir.root[0]], &SourceText::file("".into()))
        };
        assert_eq!(ir("a", 0), ir("a", 7));
        assert_ne!(ir("a", 0).sum, ir("b", 0).sum);
        let mut both = [crate::word("a"), crate::word("inner")].to_vec();
        both.sort_unstable();
        assert_eq!(ir("a", 0).words, both);
    }

    #[test]
    fn places_are_no_declarations_and_names_are() {
        assert_eq!(declarations(&file("a", 0), ""), declarations(&file("a", 7), "other text"));
        assert_ne!(declarations(&file("a", 0), ""), declarations(&file("b", 0), ""));
        let mut with_attribute = file("a", 0);
        with_attribute.attrs.cancel_docs = Some("it is safe".into());
        assert_ne!(declarations(&file("a", 0), ""), declarations(&with_attribute, ""));
    }
}
