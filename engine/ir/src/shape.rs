//! What a type looks like from outside.

use serde::{Deserialize, Serialize};

use crate::{Generics, Name, TypeRef};

/// The outside of a type, without resolving it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Shape {
    /// The last name of a path that is no generic parameter; also primitive types.
    Named(Name),
    /// `&T`, `&mut T`
    Ref,
    /// `*const T`
    Ptr,
    /// `(A, B)`
    Tuple,
    /// `[T]`
    Slice,
    /// `[T; N]`
    Array,
    /// `fn(A) -> B`
    FnPtr,
    /// `dyn A`: the last name of the first bound.
    Dyn(Name),
    /// `!`
    Never,
    /// A generic parameter, or something whose outside shows only when resolved (alias, projection, macro).
    Any,
}

impl Shape {
    /// That of a type as written where `generics` are declared.
    pub fn of(ty: &TypeRef, generics: &Generics) -> Shape {
        match ty {
            TypeRef::Path(path) => {
                let is_param = |name: Name| generics.params.iter().any(|p| p.name == name);
                match path.segments.first() {
                    Some(first) if path.qself.is_none() && !is_param(first.name) => {
                        path.last_name().map_or(Shape::Any, Shape::Named)
                    }
                    _ => Shape::Any,
                }
            }
            TypeRef::Ref(..) => Shape::Ref,
            TypeRef::Ptr(..) => Shape::Ptr,
            TypeRef::Slice(_) => Shape::Slice,
            TypeRef::Array(..) => Shape::Array,
            TypeRef::Tuple(_) => Shape::Tuple,
            TypeRef::FnPtr(_) => Shape::FnPtr,
            TypeRef::DynTrait(bounds) => bounds.first().and_then(|b| b.path.last_name()).map_or(Shape::Any, Shape::Dyn),
            TypeRef::Never => Shape::Never,
            TypeRef::ImplTrait(_) | TypeRef::Infer | TypeRef::Macro(_) | TypeRef::Opaque => Shape::Any,
        }
    }
}
