//! Sums of IR: with all that is in it, or without places and bodies, so that they tell whether what a file declares is as it was.
//!
//! ```text
//! fn f(n: u8) -> u8 { n + 1 }        the same declarations,
//! // one more line
//! fn f(n: u8) -> u8 { n + 2 }        another body at another place
//! ```

use std::cell::Cell;
use std::fmt;

use serde::ser::{self, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::{Body, Expr, FileIr, ItemId, ItemKind, Span};

/// What a file, or an expansion, declares: its items without their bodies and places. `text` is what was lowered.
pub fn declarations(ir: &FileIr, text: &str) -> u128 {
    let mut writer = Writer { out: Vec::new(), places: false, needs_text: false };
    SUMMING.set(true);
    let done = (&ir.items, &ir.root, &ir.attrs).serialize(&mut writer);
    SUMMING.set(false);
    writer.needs_text |= done.is_err();
    for (id, body) in ir.bodies.iter() {
        for (parent, items) in blocks_with_items(body) {
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
    let mut writer = Writer { out: Vec::new(), places: true, needs_text: false };
    // It ends early for what cannot be written, which IR has none of.
    let _ = body.serialize(&mut writer);
    xxh3_128(&writer.out)
}

/// Writes values in a form that only says whether two are the same.
struct Writer {
    out: Vec<u8>,
    /// Spans count.
    places: bool,
    /// Something in it is understood by looking at the text.
    needs_text: bool,
}

/// There are none, but the interface asks for a type.
#[derive(Debug)]
struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not written")
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Failed
    }
}

/// The parts of something; `None` where it does not count.
struct Parts<'w>(Option<&'w mut Writer>);

type Written = Result<(), Failed>;

macro_rules! numbers {
    ($($method:ident $ty:ty),* $(,)?) => {$(
        fn $method(self, value: $ty) -> Written {
            self.out.extend_from_slice(&value.to_le_bytes());
            Ok(())
        }
    )*};
}

impl<'w> ser::Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Parts<'w>;
    type SerializeTuple = Parts<'w>;
    type SerializeTupleStruct = Parts<'w>;
    type SerializeTupleVariant = Parts<'w>;
    type SerializeMap = Parts<'w>;
    type SerializeStruct = Parts<'w>;
    type SerializeStructVariant = Parts<'w>;

    numbers! {
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_u128 u128,
        serialize_f32 f32, serialize_f64 f64,
    }
    fn serialize_bool(self, value: bool) -> Written {
        self.serialize_u8(value.into())
    }
    fn serialize_char(self, value: char) -> Written {
        self.serialize_u32(value.into())
    }
    fn serialize_str(self, text: &str) -> Written {
        self.serialize_bytes(text.as_bytes())
    }
    fn serialize_bytes(self, bytes: &[u8]) -> Written {
        self.out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        self.out.extend_from_slice(bytes);
        Ok(())
    }
    fn serialize_none(self) -> Written {
        self.serialize_u8(0)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        self.out.push(1);
        value.serialize(self)
    }
    fn serialize_unit(self) -> Written {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, variant: u32, _: &'static str) -> Written {
        self.serialize_u32(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        of: &'static str,
        variant: u32,
        name: &'static str,
        value: &T,
    ) -> Written {
        self.out.extend_from_slice(&variant.to_le_bytes());
        match (of, name) {
            _ if self.places => {}
            // What a call stands for is summed up by itself, and so is the text of a definition.
            ("ItemKind", "MacroCall" | "MacroDef") => return Ok(()),
            ("BodySource", "Skipped") => return Ok(()),
            ("TypeRef", "Macro") => {
                self.needs_text = true;
                return Ok(());
            }
            _ => {}
        }
        value.serialize(self)
    }
    fn serialize_seq(self, len: Option<usize>) -> Result<Parts<'w>, Failed> {
        self.out.extend_from_slice(&(len.unwrap_or_default() as u32).to_le_bytes());
        Ok(Parts(Some(self)))
    }
    fn serialize_tuple(self, _: usize) -> Result<Parts<'w>, Failed> {
        Ok(Parts(Some(self)))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'w>, Failed> {
        Ok(Parts(Some(self)))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Parts<'w>, Failed> {
        self.out.extend_from_slice(&variant.to_le_bytes());
        Ok(Parts(Some(self)))
    }
    fn serialize_map(self, len: Option<usize>) -> Result<Parts<'w>, Failed> {
        self.serialize_seq(len)
    }
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'w>, Failed> {
        let counts = self.places || name != "Span";
        Ok(Parts(counts.then_some(self)))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Parts<'w>, Failed> {
        self.out.extend_from_slice(&variant.to_le_bytes());
        Ok(Parts(Some(self)))
    }
}

impl Parts<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        match &mut self.0 {
            Some(writer) => value.serialize(&mut **writer),
            None => Ok(()),
        }
    }
}

macro_rules! parts {
    ($($interface:ident $method:ident),* $(,)?) => {$(
        impl ser::$interface for Parts<'_> {
            type Ok = ();
            type Error = Failed;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                self.part(value)
            }
            fn end(self) -> Written {
                Ok(())
            }
        }
    )*};
}

parts! {
    SerializeSeq serialize_element, SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field,
}

macro_rules! fields {
    ($($interface:ident),* $(,)?) => {$(
        impl ser::$interface for Parts<'_> {
            type Ok = ();
            type Error = Failed;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Written {
                self.part(value)
            }
            fn end(self) -> Written {
                Ok(())
            }
        }
    )*};
}

fields! { SerializeStruct, SerializeStructVariant }

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Failed;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.part(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.part(value)
    }
    fn end(self) -> Written {
        Ok(())
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
    fn places_are_no_declarations_and_names_are() {
        assert_eq!(declarations(&file("a", 0), ""), declarations(&file("a", 7), "other text"));
        assert_ne!(declarations(&file("a", 0), ""), declarations(&file("b", 0), ""));
        let mut with_attribute = file("a", 0);
        with_attribute.attrs.cancel_docs = Some("it is safe".into());
        assert_ne!(declarations(&file("a", 0), ""), declarations(&with_attribute, ""));
    }
}
