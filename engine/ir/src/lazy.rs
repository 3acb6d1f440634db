//! Functions of stored files, decoded when somebody asks: most are only ever known by their names.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::fingerprint::is_summing;
use crate::numbered::{Shelf, reading};
use crate::{BodySource, FnItem, Span};

/// A function, or where it is stored.
#[derive(Debug, Clone)]
pub struct LazyFn {
    value: OnceLock<Box<FnItem>>,
    stored: Option<Stored>,
}

/// What can be known of a stored function without decoding it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FnHead {
    /// It has type or const parameters, written as such or as `impl Trait`.
    pub is_generic: bool,
    /// Where its body is.
    pub body: BodySource,
}

#[derive(Debug, Clone)]
struct Stored {
    shelf: Arc<Shelf>,
    lo: u32,
    hi: u32,
    head: FnHead,
}

/// As it is stored. The range of the bytes is how it is skipped.
#[derive(Serialize, Deserialize)]
struct Encoded<'a> {
    head: FnHead,
    item: &'a [u8],
}

impl LazyFn {
    /// A function that is there.
    pub fn new(item: FnItem) -> Self {
        Self { value: OnceLock::from(Box::new(item)), stored: None }
    }

    /// What collecting a crate needs of it.
    pub fn head(&self) -> FnHead {
        match (self.value.get(), &self.stored) {
            (None, Some(stored)) => stored.head,
            _ => FnHead::of(self),
        }
    }

    fn decoded(&self) -> Box<FnItem> {
        let found = self.stored.as_ref().and_then(|at| at.shelf.read(at.lo as usize..at.hi as usize));
        Box::new(found.unwrap_or_else(nothing_known))
    }
}

impl FnHead {
    fn of(item: &FnItem) -> Self {
        let is_generic = !item.generics.params.is_empty() || item.params.iter().any(|ty| ty.impl_traits() > 0);
        Self { is_generic, body: item.body }
    }
}

impl Deref for LazyFn {
    type Target = FnItem;
    fn deref(&self) -> &FnItem {
        self.value.get_or_init(|| self.decoded())
    }
}

impl DerefMut for LazyFn {
    fn deref_mut(&mut self) -> &mut FnItem {
        let value = self.value.take().unwrap_or_else(|| self.decoded());
        self.stored = None;
        self.value = OnceLock::from(value);
        self.value.get_mut().unwrap_or_else(|| unreachable!("it was put there"))
    }
}

impl Serialize for LazyFn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if is_summing() {
            return (**self).serialize(serializer);
        }
        let item = postcard::to_allocvec(&**self).map_err(ser::Error::custom)?;
        Encoded { head: self.head(), item: &item }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LazyFn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Encoded { head, item } = Encoded::deserialize(deserializer)?;
        if let Some(shelf) = reading()
            && let Some(range) = shelf.range_of(item)
        {
            let stored = Stored { shelf, lo: range.start as u32, hi: range.end as u32, head };
            return Ok(Self { value: OnceLock::new(), stored: Some(stored) });
        }
        postcard::from_bytes(item).map(Self::new).map_err(de::Error::custom)
    }
}

/// In the place of a function that was stored by something else than this program.
fn nothing_known() -> FnItem {
    FnItem {
        generics: crate::Generics::default(),
        receiver: None,
        params: Box::default(),
        param_names: Box::default(),
        param_attrs: Box::default(),
        ret: Some(crate::TypeRef::Opaque),
        flags: crate::FnFlags::default(),
        body: BodySource::None,
        sig_span: Span::empty(0),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::{Name, TypeRef, write_numbered};

    fn item() -> FnItem {
        FnItem {
            params: [TypeRef::ImplTrait(Box::default()), TypeRef::Never].into(),
            param_names: [Name::new("a"), Name::new("b")].into(),
            body: BodySource::Skipped(Span::new(3, 9)),
            ..nothing_known()
        }
    }

    #[test]
    fn a_stored_function_is_decoded_when_it_is_asked_for() {
        let mut names = Vec::new();
        let bytes = write_numbered(&mut names, || postcard::to_allocvec(&LazyFn::new(item()))).unwrap();
        let len = bytes.len();
        let shelf = Arc::new(Shelf::new(names.into(), bytes.into()));
        let mut found: LazyFn = shelf.read(0..len).unwrap();
        assert!(found.value.get().is_none());
        assert_eq!(found.head(), FnHead { is_generic: true, body: BodySource::Skipped(Span::new(3, 9)) });
        assert_eq!(found.param_names, item().param_names);
        found.body = BodySource::None;
        assert_eq!(found.head(), FnHead { is_generic: true, body: BodySource::None });
        assert_eq!(found.clone().param_names, item().param_names);
    }

    #[test]
    fn what_is_read_from_elsewhere_is_decoded_at_once() {
        let bytes = postcard::to_allocvec(&LazyFn::new(item())).unwrap();
        let found: LazyFn = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(found.value.get().unwrap().param_names, item().param_names);
    }
}
