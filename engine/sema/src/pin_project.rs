//! What `pin_project!` and `#[pin_project]` add to a type: its fields seen through `Pin<&mut Self>`.
//!
//! ```text
//! pin_project! { struct Timed<F> { #[pin] future: F, left: u32 } }
//!     struct TimedProjection<F> { future: Pin<&mut F>, left: &mut u32 }
//!     impl<F> Timed<F> { fn project(self: Pin<&mut Self>) -> TimedProjection<F>; .. }
//! ```

use toecap_ir::{
    Adt, Attrs, BodySource, Field, FileIr, FnFlags, FnItem, GenericArg, GenericArgs, Generics, ImplItem, Item,
    ItemKind, LazyFn, LazyImpl, Mutability, Name, Path, Receiver, Segment, Span, TypeRef, Variant, Visibility, sym,
};

/// `project(self: Pin<&mut Self>)`, `project_ref(self: Pin<&Self>)` with the usual names of what they return.
const METHODS: [(&str, Mutability, &str); 2] =
    [("project", Mutability::Mut, "Projection"), ("project_ref", Mutability::Shared, "ProjectionRef")];

/// The items that are made for a type with `#[pin]` fields, or with the attribute.
pub(crate) fn projections(item: &Item, adt: &Adt, is_enum: bool) -> Option<FileIr> {
    let mut fields = adt.variants.iter().flat_map(|variant| &variant.fields);
    if !fields.any(|field| field.attrs.has("pin")) && !item.attrs.has("pin_project") {
        return None;
    }
    let span = item.name_span;
    let mut file = FileIr::default();
    let mut root = Vec::new();
    let mut methods = Vec::new();
    for (method, mutability, suffix) in METHODS {
        let name = written_name(item, method).unwrap_or_else(|| Name::new(&format!("__{}{suffix}", item.name)));
        let variants = adt.variants.iter().map(|v| projected(v, if is_enum { v.name } else { name }, mutability));
        let seen = Box::new(Adt { generics: adt.generics.clone(), variants: variants.collect() });
        let kind = if is_enum { ItemKind::Enum(seen) } else { ItemKind::Struct(seen) };
        let vis = Visibility::In([sym::CRATE].into());
        root.push(file.items.alloc(made(name, span, vis, kind)));
        let function = ItemKind::Fn(LazyFn::new(method_item(span, mutability, named(name, &adt.generics, span))));
        methods.push(file.items.alloc(made(Name::new(method), span, item.vis.clone(), function)));
    }
    let own = ItemKind::Impl(LazyImpl::new(ImplItem {
        generics: adt.generics.clone(),
        trait_ref: None,
        negative: false,
        self_ty: named(item.name, &adt.generics, span),
        items: methods.into(),
    }));
    root.push(file.items.alloc(made(sym::EMPTY, span, Visibility::Inherited, own)));
    file.root = root.into();
    Some(file)
}

/// `#[project = Name]`, `#[pin_project(project = Name)]`
fn written_name(item: &Item, method: &str) -> Option<Name> {
    let own = item.attrs.named(method).map(|attr| attr.text.trim_start_matches('=').trim());
    // Not `#[project(!Unpin)]`.
    if let Some(name) = own.into_iter().find(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_')) {
        return Some(Name::new(name));
    }
    let attr = item.attrs.named("pin_project").next()?;
    let mut parts = attr.text.split(',').filter_map(|part| part.split_once('='));
    parts.find(|(key, _)| key.trim() == method).map(|(_, name)| Name::new(name.trim()))
}

fn made(name: Name, span: Span, vis: Visibility, kind: ItemKind) -> Item {
    Item { name, name_span: span, span, vis, attrs: Attrs::default(), kind }
}

/// `self: Pin<&mut Self>`
fn method_item(span: Span, mutability: Mutability, ret: TypeRef) -> FnItem {
    let this = path([sym::SELF_TYPE], None, span);
    FnItem {
        generics: Generics::default(),
        receiver: Some(Receiver { ty: pinned(this, mutability, span), span }),
        params: Box::default(),
        param_names: Box::default(),
        param_attrs: Box::default(),
        ret: Some(ret),
        flags: FnFlags::default(),
        body: BodySource::None,
        sig_span: span,
    }
}

fn projected(variant: &Variant, name: Name, mutability: Mutability) -> Variant {
    let fields = variant.fields.iter().map(|field| Field {
        ty: match field.attrs.has("pin") {
            true => pinned(field.ty.clone(), mutability, variant.span),
            false => TypeRef::Ref(Box::new(field.ty.clone()), mutability),
        },
        attrs: Attrs { list: Box::default(), ..field.attrs.clone() },
        ..field.clone()
    });
    Variant { name, fields: fields.collect(), ..variant.clone() }
}

/// `Pin<&mut ty>`
fn pinned(ty: TypeRef, mutability: Mutability, span: Span) -> TypeRef {
    let args = [GenericArg::Type(TypeRef::Ref(Box::new(ty), mutability))].into();
    path([sym::CORE, Name::new("pin"), Name::new("Pin")], Some(GenericArgs { args, ..GenericArgs::default() }), span)
}

/// The type `name` with the parameters of `generics` as arguments.
fn named(name: Name, generics: &Generics, span: Span) -> TypeRef {
    let args = generics.params.iter().map(|param| GenericArg::Type(path([param.name], None, span))).collect();
    path([name], Some(GenericArgs { args, ..GenericArgs::default() }), span)
}

/// A path of several names starts at a crate.
fn path<const N: usize>(names: [Name; N], mut args: Option<GenericArgs>, span: Span) -> TypeRef {
    let segments = names.iter().enumerate().map(|(at, name)| {
        let args = if at + 1 == N { args.take().map(Box::new) } else { None };
        Segment { name: *name, span, args }
    });
    TypeRef::Path(Box::new(Path { global: N > 1, qself: None, segments: segments.collect(), span }))
}
