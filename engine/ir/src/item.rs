//! Items: what stands in a module, an impl, a trait or a block.

use serde::{Deserialize, Serialize};

use crate::{BodyId, Bound, CfgExpr, Generics, Id, LazyAlias, LazyFn, LazyImpl, MacroCall, Name, Path, Span, TypeRef};

/// Index of an [`Item`] in its file.
pub type ItemId = Id<Item>;

/// One item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    /// Empty for impls, uses and macro calls.
    pub name: Name,
    /// The identifier; for an impl its `impl` token.
    pub name_span: Span,
    /// All of it, outer attributes included.
    pub span: Span,
    /// As written.
    pub vis: Visibility,
    /// Outer attributes (and inner ones, for a file or inline module).
    pub attrs: Attrs,
    /// What it is.
    pub kind: ItemKind,
}

/// Visibility as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Visibility {
    /// Nothing written.
    Inherited,
    /// `pub`
    Public,
    /// `pub(crate)`, `pub(super)`, `pub(in a::b)`: the names of the path.
    In(Box<[Name]>),
}

/// The attributes of an item, field, arm or statement.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Attrs {
    /// Conjunction of all `#[cfg(..)]`.
    pub cfg: Option<Box<CfgExpr>>,
    /// All others except doc comments, in order. `cfg_attr` is unfolded into its parts.
    pub list: Box<[Attr]>,
    /// Text of the section `# Cancel safety` (any heading level, any case) of the doc comment, or of a sentence such as "This
    /// method is cancel safe." in one without.
    pub cancel_docs: Option<Box<str>>,
}

/// One attribute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attr {
    /// `tokio::main` is `[tokio, main]`.
    pub path: Box<[Name]>,
    /// From `cfg_attr(condition, ..)`.
    pub condition: Option<Box<CfgExpr>>,
    /// What stands between the delimiters, or after `=`; a string literal's value when it is one. Empty otherwise.
    pub text: Box<str>,
    /// All of it.
    pub span: Span,
}

impl Attrs {
    /// Attributes whose last path segment is `name`, conditional ones included.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Attr> {
        self.list.iter().filter(move |a| a.path.last().is_some_and(|n| *n == name))
    }
    /// True when an attribute's last path segment is `name`.
    pub fn has(&self, name: &str) -> bool {
        self.named(name).next().is_some()
    }
}

/// What an item is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ItemKind {
    /// `mod m;` has no items of its own in this file, `mod m { .. }` does.
    Mod {
        /// Items of an inline module.
        items: Option<Box<[ItemId]>>,
    },
    /// `use …;` flattened into its leaves.
    Use(Box<[Import]>),
    /// `extern crate name as alias;`
    ExternCrate {
        /// The crate; the item's name is what it is called here (`_` for none).
        krate: Name,
    },
    /// A function, method or foreign function.
    Fn(LazyFn),
    /// `struct`
    Struct(Box<Adt>),
    /// `union`; one variant.
    Union(Box<Adt>),
    /// `enum`
    Enum(Box<Adt>),
    /// `trait`
    Trait(Box<TraitItem>),
    /// `trait A = B + C;`
    TraitAlias(Box<TraitItem>),
    /// `impl`
    Impl(LazyImpl),
    /// `type A<T> = B;`, also associated types.
    TypeAlias(LazyAlias),
    /// `const`, also associated ones.
    Const {
        /// Declared type.
        ty: TypeRef,
        /// The initialiser.
        body: BodySource,
    },
    /// `static`
    Static {
        /// Declared type.
        ty: TypeRef,
        /// The initialiser.
        body: BodySource,
    },
    /// `extern "C" { .. }`
    ForeignMod(Box<[ItemId]>),
    /// `macro_rules! name { .. }` or `macro name { .. }`
    MacroDef(MacroDef),
    /// `name! { .. }` in item position.
    MacroCall(Box<MacroCall>),
    /// Syntax that is not understood.
    Opaque,
}

/// One leaf of a `use` tree.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Import {
    /// Starts with `::`.
    pub global: bool,
    /// The full path; a trailing `self` is dropped.
    pub path: Box<[Name]>,
    /// What it brings.
    pub kind: ImportKind,
    /// The leaf.
    pub span: Span,
}

/// What a `use` leaf brings into scope.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum ImportKind {
    /// One name, in all namespaces it has; `_` for `as _`. `only_type` for `a::{self}`.
    Named {
        /// What it is called here.
        alias: Name,
        /// `self` leaf: the module or type alone.
        only_type: bool,
    },
    /// `*`
    Glob,
}

/// A function or method.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FnItem {
    /// Generics of its own.
    pub generics: Generics,
    /// `self` and its type.
    pub receiver: Option<Receiver>,
    /// Types of the parameters after `self`; patterns are in the body.
    pub params: Box<[TypeRef]>,
    /// Names of the parameters that are plain identifiers, else `_`; as long as `params`.
    pub param_names: Box<[Name]>,
    /// Attributes of the parameters; as long as `params`, or empty where none has any.
    pub param_attrs: Box<[Attrs]>,
    /// None is `()`.
    pub ret: Option<TypeRef>,
    /// Qualifiers.
    pub flags: FnFlags,
    /// The body.
    pub body: BodySource,
    /// From `(` of the signature or `fn` to its end: what a label can point at.
    pub sig_span: Span,
}

/// Qualifiers of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FnFlags {
    /// `async fn`
    pub is_async: bool,
    /// `const fn`
    pub is_const: bool,
    /// `unsafe fn`
    pub is_unsafe: bool,
    /// Declared in `extern { }`.
    pub is_foreign: bool,
    /// `, ...`
    pub is_variadic: bool,
}

/// The `self` parameter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receiver {
    /// `self`, `&self`, `&mut self`, `self: T` as the type it has (`Self`, `&Self`, `&mut Self`, `T`).
    pub ty: TypeRef,
    /// The token `self`.
    pub span: Span,
}

/// Where a body is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum BodySource {
    /// There is none.
    None,
    /// Lowered with the file.
    Lowered(BodyId),
    /// Left out; the range of the function, from the first word in front of `fn` to the closing brace, in the text that
    /// was lowered (the file's or an expansion's), so that it can be lowered later.
    Skipped(Span),
}

/// `struct`, `enum` or `union`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Adt {
    /// Generics.
    pub generics: Generics,
    /// One for a struct or union, named like it.
    pub variants: Box<[Variant]>,
}

/// One variant of an enum, or the whole of a struct.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Variant {
    /// Its name.
    pub name: Name,
    /// The identifier.
    pub span: Span,
    /// Attributes.
    pub attrs: Attrs,
    /// Shape.
    pub kind: VariantKind,
    /// Fields; those of a tuple are named `0`, `1`, …
    pub fields: Box<[Field]>,
}

/// Shape of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VariantKind {
    /// `{ a: T }`
    Record,
    /// `(T)`
    Tuple,
    /// nothing
    Unit,
}

/// A field.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Field {
    /// `0`, `1`, … in a tuple.
    pub name: Name,
    /// As written.
    pub vis: Visibility,
    /// Attributes.
    pub attrs: Attrs,
    /// Its type.
    pub ty: TypeRef,
}

/// A trait.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TraitItem {
    /// Generics without `Self`.
    pub generics: Generics,
    /// Supertraits; for an alias what it stands for.
    pub supers: Box<[Bound]>,
    /// Methods, associated types and constants, macro calls.
    pub items: Box<[ItemId]>,
}

/// An impl block.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImplItem {
    /// Generics.
    pub generics: Generics,
    /// None for an inherent impl.
    pub trait_ref: Option<Path>,
    /// `impl !Trait for T`
    pub negative: bool,
    /// `for` what.
    pub self_ty: TypeRef,
    /// Methods, associated types and constants, macro calls.
    pub items: Box<[ItemId]>,
}

/// A type alias or associated type.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TypeAlias {
    /// Generics.
    pub generics: Generics,
    /// `type A: Bound;`
    pub bounds: Box<[Bound]>,
    /// The right-hand side.
    pub ty: Option<TypeRef>,
}

/// A macro definition.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MacroDef {
    /// `macro_rules!` or `macro`.
    pub kind: MacroDefKind,
    /// Range of the rules in the text that was lowered, outer delimiters excluded.
    pub rules: (u32, u32),
}

/// Which kind of macro definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MacroDefKind {
    /// `macro_rules! m { (..) => {..}; }`
    Rules,
    /// `macro m { (..) => {..} }`
    Decl,
    /// `macro m(..) {..}`: the range covers `(..) {..}`.
    DeclShort,
    /// The procedural macro `paste!`, which has no rules.
    Paste,
}

impl FnItem {
    /// The body that was lowered with the file.
    pub fn lowered_body(&self) -> Option<BodyId> {
        match self.body {
            BodySource::Lowered(id) => Some(id),
            BodySource::None | BodySource::Skipped(_) => None,
        }
    }
}
