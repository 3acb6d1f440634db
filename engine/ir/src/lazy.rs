//! Parts of stored files, decoded when somebody asks: most functions and impls are only ever known by their names.

use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::fingerprint::is_summing;
use crate::numbered::{Encoded, Stretch};
use crate::{
    BodySource, FnItem, GenericParamKind, Generics, ImplItem, ItemId, Name, Shape, Span, TypeAlias, TypeRef, sym,
};

/// A function.
pub type LazyFn = Lazy<FnItem>;
/// An impl.
pub type LazyImpl = Lazy<ImplItem>;
/// A type alias or associated type.
pub type LazyAlias = Lazy<TypeAlias>;

/// A part of a file, or where it is stored.
#[derive(Debug, Clone)]
pub struct Lazy<T: Stored> {
    value: OnceLock<Box<T>>,
    stored: Option<Box<At<T::Head>>>,
}

/// What can be stored apart.
pub trait Stored: Serialize + for<'de> Deserialize<'de> {
    /// What collecting a crate needs of it, which can be known without decoding the rest.
    type Head: Debug + Clone + Serialize + for<'de> Deserialize<'de>;
    /// As it is written.
    fn head(&self) -> Self::Head;
    /// In the place of what was stored by something else than this program.
    fn nothing_known() -> Self;
}

/// What can be known of a stored function without decoding it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FnHead {
    /// Its type and const parameters.
    pub params: Box<[ParamHead]>,
    /// How often it says `impl Trait` in its parameters.
    pub impl_traits: u32,
    /// Where its body is.
    pub body: BodySource,
}

/// A type or const parameter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ParamHead {
    /// `T`
    pub name: Name,
    /// `const N: usize`
    pub is_const: bool,
}

/// What can be known of a stored impl without decoding it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImplHead {
    /// Its type and const parameters.
    pub params: Box<[ParamHead]>,
    /// `impl !Trait for T`
    pub negative: bool,
    /// The last name of the trait's path; none for an inherent impl.
    pub trait_name: Option<Name>,
    /// Of what it is.
    pub shape: Shape,
    /// Methods, associated types and constants, macro calls.
    pub items: Box<[ItemId]>,
}

#[derive(Debug, Clone)]
struct At<H> {
    stretch: Stretch,
    head: H,
}

impl<T: Stored> Lazy<T> {
    /// Something that is there.
    pub fn new(item: T) -> Self {
        Self { value: OnceLock::from(Box::new(item)), stored: None }
    }

    /// What collecting a crate needs of it.
    pub fn head(&self) -> Cow<'_, T::Head> {
        match (self.value.get(), &self.stored) {
            (None, Some(stored)) => Cow::Borrowed(&stored.head),
            _ => Cow::Owned(T::head(self)),
        }
    }

    fn decoded(&self) -> Box<T> {
        let found = self.stored.as_ref().and_then(|at| at.stretch.read());
        Box::new(found.unwrap_or_else(T::nothing_known))
    }
}

impl ParamHead {
    /// Those of `generics`, in order.
    pub fn of(generics: &Generics) -> Box<[ParamHead]> {
        let head = |kind: &GenericParamKind| matches!(kind, GenericParamKind::Const { .. });
        generics.params.iter().map(|param| ParamHead { name: param.name, is_const: head(&param.kind) }).collect()
    }
}

impl Stored for FnItem {
    type Head = FnHead;
    fn head(&self) -> FnHead {
        let impl_traits = self.params.iter().map(TypeRef::impl_traits).sum();
        FnHead { params: ParamHead::of(&self.generics), impl_traits, body: self.body }
    }
    fn nothing_known() -> Self {
        FnItem {
            generics: Generics::default(),
            receiver: None,
            params: Box::default(),
            param_names: Box::default(),
            param_attrs: Box::default(),
            ret: Some(TypeRef::Opaque),
            flags: crate::FnFlags::default(),
            body: BodySource::None,
            sig_span: Span::empty(0),
        }
    }
}

impl Stored for ImplItem {
    type Head = ImplHead;
    fn head(&self) -> ImplHead {
        ImplHead {
            params: ParamHead::of(&self.generics),
            negative: self.negative,
            trait_name: self.trait_ref.as_ref().map(|path| path.last_name().unwrap_or(sym::EMPTY)),
            shape: Shape::of(&self.self_ty, &self.generics),
            items: self.items.clone(),
        }
    }
    fn nothing_known() -> Self {
        ImplItem {
            generics: Generics::default(),
            trait_ref: None,
            negative: true,
            self_ty: TypeRef::Opaque,
            items: Box::default(),
        }
    }
}

impl Stored for TypeAlias {
    type Head = Box<[ParamHead]>;
    fn head(&self) -> Box<[ParamHead]> {
        ParamHead::of(&self.generics)
    }
    fn nothing_known() -> Self {
        TypeAlias { generics: Generics::default(), bounds: Box::default(), ty: None }
    }
}

impl<T: Stored> Deref for Lazy<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.value.get_or_init(|| self.decoded())
    }
}

impl<T: Stored> DerefMut for Lazy<T> {
    fn deref_mut(&mut self) -> &mut T {
        let value = self.value.take().unwrap_or_else(|| self.decoded());
        self.stored = None;
        self.value = OnceLock::from(value);
        self.value.get_mut().unwrap_or_else(|| unreachable!("it was put there"))
    }
}

impl<T: Stored> Serialize for Lazy<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if is_summing() {
            return (**self).serialize(serializer);
        }
        let rest = postcard::to_allocvec(&**self).map_err(ser::Error::custom)?;
        Encoded { head: T::head(self), rest: &rest }.serialize(serializer)
    }
}

impl<'de, T: Stored> Deserialize<'de> for Lazy<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Encoded { head, rest } = Encoded::<T::Head>::deserialize(deserializer)?;
        if let Some(stretch) = Stretch::being_read(rest) {
            return Ok(Self { value: OnceLock::new(), stored: Some(Box::new(At { stretch, head })) });
        }
        postcard::from_bytes(rest).map(Self::new).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::sync::Arc;

    use super::*;
    use crate::Shelf;
    use crate::{Name, TypeRef, write_numbered};

    fn item() -> FnItem {
        FnItem {
            params: [TypeRef::ImplTrait(Box::default()), TypeRef::Never].into(),
            param_names: [Name::new("a"), Name::new("b")].into(),
            body: BodySource::Skipped(Span::new(3, 9)),
            ..FnItem::nothing_known()
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
        let head = |body| FnHead { params: Box::default(), impl_traits: 1, body };
        assert_eq!(*found.head(), head(BodySource::Skipped(Span::new(3, 9))));
        assert_eq!(found.param_names, item().param_names);
        found.body = BodySource::None;
        assert_eq!(*found.head(), head(BodySource::None));
        assert_eq!(found.clone().param_names, item().param_names);
    }

    #[test]
    fn what_is_read_from_elsewhere_is_decoded_at_once() {
        let bytes = postcard::to_allocvec(&LazyFn::new(item())).unwrap();
        let found: LazyFn = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(found.value.get().unwrap().param_names, item().param_names);
    }
}
