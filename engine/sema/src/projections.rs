//! What `pin_project` makes of a type.
//!
//! ```text
//! #[pin_project]                      pub struct __FramedProjection<T> { inner: Pin<&mut T>, read: &mut bool }
//! struct Framed<T> {                  impl<T> Framed<T> {
//!     #[pin] inner: T,          →         pub fn project(self: Pin<&mut Self>) -> __FramedProjection<T>;
//!     read: bool,                         pub fn project_ref(self: Pin<&Self>) -> __FramedProjectionRef<T>;
//! }                                   }
//! ```

use toecap_ir::{
    Adt, Attrs, BodySource, Field, FileIr, FnFlags, FnItem, GenericArg, GenericArgs, Generics, ImplItem, Item, ItemId,
    ItemKind, Mutability, Name, Path, Receiver, Segment, TypeRef, Variant, Visibility, sym,
};

/// The items that `pin_project` adds beside `item`; none when it is not projected.
pub(crate) fn projections(item: &Item) -> Option<FileIr> {
    let (ItemKind::Struct(adt) | ItemKind::Enum(adt)) = &item.kind else { return None };
    let is_pinned = |variant: &Variant| variant.fields.iter().any(|field| field.attrs.has("pin"));
    if !item.attrs.has("pin_project") && !adt.variants.iter().any(is_pinned) {
        return None;
    }
    let mut made = Made { of: item, adt, ir: FileIr::default(), root: Vec::new() };
    let by_mut = made.projection("project", Mutability::Mut);
    let by_ref = made.projection("project_ref", Mutability::Shared);
    made.methods(&[("project", Mutability::Mut, by_mut), ("project_ref", Mutability::Shared, by_ref)]);
    made.ir.root = made.root.into();
    Some(made.ir)
}

struct Made<'a> {
    of: &'a Item,
    adt: &'a Adt,
    ir: FileIr,
    root: Vec<ItemId>,
}

impl Made<'_> {
    /// A type with the fields of the type behind references; its name.
    fn projection(&mut self, method: &str, mutability: Mutability) -> Name {
        let name = chosen_name(&self.of.attrs, method).unwrap_or_else(|| {
            let suffix = if mutability == Mutability::Mut { "" } else { "Ref" };
            Name::new(&format!("__{}Projection{suffix}", self.of.name))
        });
        let is_enum = matches!(self.of.kind, ItemKind::Enum(_));
        let variants = self.adt.variants.iter().map(|variant| Variant {
            name: if is_enum { variant.name } else { name },
            fields: variant.fields.iter().map(|field| projected(field, mutability)).collect(),
            ..variant.clone()
        });
        let adt = Box::new(Adt { generics: self.adt.generics.clone(), variants: variants.collect() });
        let kind = if is_enum { ItemKind::Enum(adt) } else { ItemKind::Struct(adt) };
        let id = self.item(name, kind);
        self.root.push(id);
        name
    }

    fn methods(&mut self, methods: &[(&str, Mutability, Name)]) {
        let items: Vec<ItemId> = methods
            .iter()
            .map(|(name, mutability, projection)| {
                let this = TypeRef::Path(Box::new(self.path(sym::SELF_TYPE, None)));
                let ret = TypeRef::Path(Box::new(self.path(*projection, self.own_args())));
                let receiver = Receiver { ty: pinned(this, *mutability), span: self.of.name_span };
                let method = FnItem {
                    generics: Generics::default(),
                    receiver: Some(receiver),
                    params: Box::default(),
                    param_names: Box::default(),
                    ret: Some(ret),
                    flags: FnFlags::default(),
                    body: BodySource::None,
                    sig_span: self.of.name_span,
                };
                self.item(Name::new(name), ItemKind::Fn(Box::new(method)))
            })
            .collect();
        let of = ImplItem {
            generics: self.adt.generics.clone(),
            trait_ref: None,
            negative: false,
            self_ty: TypeRef::Path(Box::new(self.path(self.of.name, self.own_args()))),
            items: items.into(),
        };
        let id = self.item(sym::EMPTY, ItemKind::Impl(Box::new(of)));
        self.root.push(id);
    }

    fn item(&mut self, name: Name, kind: ItemKind) -> ItemId {
        let (name_span, span) = (self.of.name_span.expanded(), self.of.span.expanded());
        self.ir.items.alloc(Item { name, name_span, span, vis: Visibility::Public, attrs: Attrs::default(), kind })
    }

    /// The type's parameters as arguments.
    fn own_args(&self) -> Option<Box<GenericArgs>> {
        let params = self.adt.generics.params.iter();
        let args: Box<[GenericArg]> =
            params.map(|p| GenericArg::Type(TypeRef::Path(Box::new(self.path(p.name, None))))).collect();
        (!args.is_empty()).then(|| Box::new(GenericArgs { args, ..GenericArgs::default() }))
    }

    fn path(&self, name: Name, args: Option<Box<GenericArgs>>) -> Path {
        let span = self.of.name_span;
        Path { global: false, qself: None, segments: Box::new([Segment { name, span, args }]), span }
    }
}

/// `project = Name` of `#[pin_project(project = Name)]`, or `#[project = Name]`.
fn chosen_name(attrs: &Attrs, method: &str) -> Option<Name> {
    let of_attribute = attrs.named("pin_project").flat_map(|attr| attr.text.split(','));
    let chosen = of_attribute.filter_map(|part| {
        let (key, name) = part.split_once('=')?;
        (key.trim() == method).then_some(name.trim())
    });
    let name = chosen.chain(attrs.named(method).map(|attr| attr.text.trim())).next()?;
    let is_word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_word.then(|| Name::new(name))
}

fn projected(field: &Field, mutability: Mutability) -> Field {
    let ty = if field.attrs.has("pin") {
        pinned(field.ty.clone(), mutability)
    } else {
        TypeRef::Ref(Box::new(field.ty.clone()), mutability)
    };
    let attrs = Attrs { cfg: field.attrs.cfg.clone(), ..Attrs::default() };
    Field { ty, attrs, ..field.clone() }
}

/// `::core::pin::Pin<&mut ty>`
fn pinned(ty: TypeRef, mutability: Mutability) -> TypeRef {
    let args = GenericArgs {
        args: Box::new([GenericArg::Type(TypeRef::Ref(Box::new(ty), mutability))]),
        ..GenericArgs::default()
    };
    let span = toecap_ir::Span::empty(0);
    let segment = |name: &str, args| Segment { name: Name::new(name), span, args };
    let segments = [segment("core", None), segment("pin", None), segment("Pin", Some(Box::new(args)))];
    TypeRef::Path(Box::new(Path { global: true, qself: None, segments: Box::new(segments), span }))
}
