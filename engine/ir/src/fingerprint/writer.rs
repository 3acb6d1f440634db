//! IR as bytes that say whether two are the same, and nothing else.

use std::fmt;

use serde::ser::{self, Serialize};

use crate::words;

/// Writes values in a form that only says whether two are the same.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) out: Vec<u8>,
    /// The words of what is written, where they are wanted.
    pub(super) words: Option<Vec<u32>>,
    /// Spans count.
    pub(super) places: bool,
    /// Something in it is understood by looking at the text.
    pub(super) needs_text: bool,
}

/// There are none, but the interface asks for a type.
#[derive(Debug)]
pub(super) struct Failed;

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
pub(super) struct Parts<'w>(Option<&'w mut Writer>);

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
        if let Some(found) = &mut self.words {
            found.extend(words(text));
        }
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
        of: &'static str,
        variant: u32,
        name: &'static str,
        len: usize,
    ) -> Result<Parts<'w>, Failed> {
        self.serialize_tuple_variant(of, variant, name, len)
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
