//! Paths, types, bounds and generics as written.

use serde::{Deserialize, Serialize};

use crate::{Name, Span};

/// A path as written: `::a::B<T>::c`, `<T as Trait>::f`, `Self::X`, `$crate::x`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// Starts with `::`.
    pub global: bool,
    /// `<T>::…` or `<T as Trait>::…`
    pub qself: Option<Box<QSelf>>,
    /// At least one, except where `qself` stands alone. `$crate` from a macro of crate number `n` is the name `$crate:n`.
    pub segments: Box<[Segment]>,
    /// All of it.
    pub span: Span,
}

/// `<ty as a::b>::…`: the first `position` segments of the path name the trait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QSelf {
    /// The type in front of `as`.
    pub ty: TypeRef,
    /// How many segments belong to the trait; 0 for `<T>::f`.
    pub position: u32,
}

/// One segment of a [`Path`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// `r#` dropped.
    pub name: Name,
    /// The identifier alone.
    pub span: Span,
    /// `<…>`, `::<…>` or `(…) -> …`.
    pub args: Option<Box<GenericArgs>>,
}

/// Arguments of a segment. Lifetimes are left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GenericArgs {
    /// Types and constants in order.
    pub args: Box<[GenericArg]>,
    /// `Item = T`, `Item: Bound`
    pub assoc: Box<[AssocArg]>,
    /// `Fn(A, B) -> C`
    pub parenthesized: Option<Box<FnSugar>>,
}

/// A positional generic argument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum GenericArg {
    /// A type, or a path that may turn out to name a constant.
    Type(TypeRef),
    /// `3`, `{ N + 1 }`
    Const(ConstArg),
}

/// A constant in a type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ConstArg {
    /// A literal integer, bool or char as an integer.
    Value(u128),
    /// A path: a const item or const parameter.
    Path(Box<Path>),
    /// `_`
    Infer,
    /// Anything else.
    Opaque,
}

/// `Name = Ty` or `Name: Bounds` among generic arguments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssocArg {
    /// The associated item.
    pub name: Name,
    /// `= Ty`
    pub ty: Option<TypeRef>,
    /// `: Bound + Bound`
    pub bounds: Box<[Bound]>,
}

/// `(A, B) -> C`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FnSugar {
    /// Parameter types.
    pub inputs: Box<[TypeRef]>,
    /// None is `()`.
    pub output: Option<TypeRef>,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TypeRef {
    /// A named type.
    Path(Box<Path>),
    /// `&T`, `&mut T`
    Ref(Box<TypeRef>, Mutability),
    /// `*const T`, `*mut T`
    Ptr(Box<TypeRef>, Mutability),
    /// `[T]`
    Slice(Box<TypeRef>),
    /// `[T; N]`
    Array(Box<TypeRef>, Box<ConstArg>),
    /// `(A, B)`, `()`
    Tuple(Box<[TypeRef]>),
    /// `fn(A) -> B`
    FnPtr(Box<FnSugar>),
    /// `impl A + B`
    ImplTrait(Box<[Bound]>),
    /// `dyn A + B`
    DynTrait(Box<[Bound]>),
    /// `!`
    Never,
    /// `_`
    Infer,
    /// A macro call in type position.
    Macro(Box<crate::TypeMacro>),
    /// Syntax that is not understood.
    Opaque,
}

/// `&` against `&mut`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Mutability {
    /// `&T`
    Shared,
    /// `&mut T`
    Mut,
}

/// A trait bound; lifetimes and `use<..>` are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The trait.
    pub path: Path,
    /// `?Sized`
    pub maybe: bool,
    /// `async Fn()`
    pub is_async: bool,
}

/// Generic parameters and where clauses of an item. Lifetimes are left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Generics {
    /// In order.
    pub params: Box<[GenericParam]>,
    /// `where` clauses.
    pub wheres: Box<[WherePredicate]>,
}

impl Generics {
    /// True when there is neither parameter nor where clause.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty() && self.wheres.is_empty()
    }
}

/// A type or const parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenericParam {
    /// `T`
    pub name: Name,
    /// Type or constant.
    pub kind: GenericParamKind,
}

/// What a parameter stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum GenericParamKind {
    /// `T: Bound = Default`
    Type {
        /// Bounds in place.
        bounds: Box<[Bound]>,
        /// `= Default`
        default: Option<TypeRef>,
    },
    /// `const N: usize = 3`
    Const {
        /// Its type.
        ty: TypeRef,
        /// `= 3`
        default: Option<ConstArg>,
    },
}

/// `T: A + B` in a where clause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WherePredicate {
    /// The bounded type.
    pub ty: TypeRef,
    /// Its bounds.
    pub bounds: Box<[Bound]>,
}

impl TypeRef {
    /// How many `impl Trait` it has, in the bounds of others too.
    pub fn impl_traits(&self) -> u32 {
        match self {
            TypeRef::ImplTrait(bounds) => 1 + bounds.iter().map(|bound| bound.path.impl_traits()).sum::<u32>(),
            TypeRef::Path(path) => path.impl_traits(),
            TypeRef::Ref(inner, _) | TypeRef::Ptr(inner, _) | TypeRef::Slice(inner) | TypeRef::Array(inner, _) => {
                inner.impl_traits()
            }
            TypeRef::Tuple(parts) => parts.iter().map(TypeRef::impl_traits).sum(),
            TypeRef::FnPtr(_)
            | TypeRef::DynTrait(_)
            | TypeRef::Never
            | TypeRef::Infer
            | TypeRef::Macro(_)
            | TypeRef::Opaque => 0,
        }
    }
}

impl Path {
    /// How many `impl Trait` its arguments have.
    fn impl_traits(&self) -> u32 {
        let args = self.segments.iter().filter_map(|segment| segment.args.as_deref());
        args.map(|args| {
            let types = args.args.iter().filter_map(|arg| match arg {
                GenericArg::Type(ty) => Some(ty),
                GenericArg::Const(_) => None,
            });
            types.chain(args.assoc.iter().filter_map(|assoc| assoc.ty.as_ref())).map(TypeRef::impl_traits).sum::<u32>()
        })
        .sum()
    }
    /// The last segment's name, if any.
    pub fn last_name(&self) -> Option<Name> {
        self.segments.last().map(|s| s.name)
    }
    /// The name of a path that is one identifier without arguments.
    pub fn as_ident(&self) -> Option<Name> {
        match &*self.segments {
            [only] if !self.global && self.qself.is_none() && only.args.is_none() => Some(only.name),
            _ => None,
        }
    }
    /// Names of all segments.
    pub fn names(&self) -> impl Iterator<Item = Name> + '_ {
        self.segments.iter().map(|s| s.name)
    }
}
