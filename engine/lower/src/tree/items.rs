//! Items of modules and blocks.

use std::sync::Arc;

use syn::spanned::Spanned as _;
use syn::{Attribute, Fields, Item as Syn};
use toecap_ir::{
    Adt, Attrs, Body, BodySource, Field, FnFlags, FnItem, ImplItem, Item, ItemId, ItemKind, LazyAlias, LazyFn,
    LazyImpl, MacroArgs, MacroDef, MacroDefKind, Name, Receiver, Span, TraitItem, TypeAlias, TypeRef, Variant,
    VariantKind, Visibility, sym,
};

use super::types::mutability;
use super::{BodyLowerer, Lowerer};

/// What every item has, before its kind is known.
pub(crate) struct Head<'s> {
    pub(crate) name: Name,
    pub(crate) name_span: Span,
    /// First token behind attributes and visibility.
    pub(crate) start: proc_macro2::Span,
    /// Last token.
    pub(crate) end: proc_macro2::Span,
    pub(crate) vis: &'s syn::Visibility,
    pub(crate) attrs: &'s [Attribute],
}

impl Lowerer<'_> {
    pub(crate) fn items(&mut self, items: &[Syn]) -> Box<[ItemId]> {
        items.iter().filter_map(|item| self.item(item)).collect()
    }

    /// Finishes an item. Its span starts at its first attribute.
    pub(crate) fn alloc_item(&mut self, head: Head<'_>, kind: ItemKind) -> ItemId {
        let outer = head.attrs.iter().find(|attr| super::attrs::is_outer(attr));
        let start = match (outer, head.vis) {
            (Some(attr), _) => attr.pound_token.span,
            (None, syn::Visibility::Public(token)) => token.span,
            (None, syn::Visibility::Restricted(vis)) => vis.pub_token.span,
            (None, syn::Visibility::Inherited) => head.start,
        };
        let (lo, hi) = (self.lo(start), self.hi(head.end));
        let mut attrs = self.attrs(head.attrs);
        attrs.cancel_docs =
            self.cancel_docs.of_item(lo, self.lo(head.start)).or_else(|| super::attrs::cancel_docs(head.attrs));
        let vis = self.visibility(head.vis);
        let span = self.range(lo, hi);
        self.file.items.alloc(Item { name: head.name, name_span: head.name_span, span, vis, attrs, kind })
    }

    fn visibility(&self, vis: &syn::Visibility) -> Visibility {
        match vis {
            syn::Visibility::Public(_) => Visibility::Public,
            syn::Visibility::Inherited => Visibility::Inherited,
            syn::Visibility::Restricted(vis) => {
                Visibility::In(vis.path.segments.iter().map(|segment| self.name(&segment.ident)).collect())
            }
        }
    }

    /// Lowers one item; none for what means nothing.
    pub(crate) fn item(&mut self, item: &Syn) -> Option<ItemId> {
        let none = &syn::Visibility::Inherited;
        Some(match item {
            Syn::Fn(item) => {
                let kind = self.function(&item.sig, Some(&item.block), false);
                let end = item.block.brace_token.span.close();
                self.signature_item(&item.sig, end, &item.vis, &item.attrs, kind)
            }
            Syn::Use(item) => {
                let kind = ItemKind::Use(self.imports(item));
                let head = self.unnamed(item.use_token.span, item.semi_token.span, &item.vis, &item.attrs);
                self.alloc_item(head, kind)
            }
            Syn::Mod(item) => self.module(item),
            Syn::Struct(item) => {
                let kind = ItemKind::Struct(self.adt(&item.ident, &item.generics, &item.fields));
                let end = match (&item.semi_token, &item.fields) {
                    (Some(semi), _) => semi.span,
                    (None, Fields::Named(fields)) => fields.brace_token.span.close(),
                    (None, _) => item.ident.span(),
                };
                let head = self.head(&item.ident, item.struct_token.span, end, &item.vis, &item.attrs);
                self.alloc_item(head, kind)
            }
            Syn::Union(item) => {
                let fields = Fields::Named(item.fields.clone());
                let kind = ItemKind::Union(self.adt(&item.ident, &item.generics, &fields));
                let end = item.fields.brace_token.span.close();
                let head = self.head(&item.ident, item.union_token.span, end, &item.vis, &item.attrs);
                self.alloc_item(head, kind)
            }
            Syn::Enum(item) => {
                let variants = item.variants.iter().map(|v| self.variant(&v.ident, &v.attrs, &v.fields)).collect();
                let kind = ItemKind::Enum(Box::new(Adt { generics: self.generics(&item.generics), variants }));
                let end = item.brace_token.span.close();
                let head = self.head(&item.ident, item.enum_token.span, end, &item.vis, &item.attrs);
                self.alloc_item(head, kind)
            }
            Syn::Trait(item) => {
                let items = item.items.iter().filter_map(|member| self.trait_member(member)).collect();
                let kind = ItemKind::Trait(Box::new(TraitItem {
                    generics: self.generics(&item.generics),
                    supers: self.bounds(item.supertraits.iter()),
                    items,
                }));
                let start = item.unsafety.map(|t| t.span).or(item.modifiers.auto_token.map(|t| t.span));
                let start = start.unwrap_or(item.trait_token.span);
                let head = self.head(&item.ident, start, item.brace_token.span.close(), &item.vis, &item.attrs);
                self.alloc_item(head, kind)
            }
            Syn::TraitAlias(item) => {
                let kind = ItemKind::TraitAlias(Box::new(TraitItem {
                    generics: self.generics(&item.generics),
                    supers: self.bounds(item.bounds.iter()),
                    items: Box::default(),
                }));
                let head = self.head(&item.ident, item.trait_token.span, item.semi_token.span, &item.vis, &item.attrs);
                self.alloc_item(head, kind)
            }
            Syn::Impl(item) => self.implementation(item),
            Syn::Type(item) => {
                let kind = ItemKind::TypeAlias(LazyAlias::new(TypeAlias {
                    generics: self.generics(&item.generics),
                    bounds: Box::default(),
                    ty: Some(self.ty(&item.ty)),
                }));
                let head = self.head(&item.ident, item.type_token.span, item.semi_token.span, &item.vis, &item.attrs);
                self.alloc_item(head, kind)
            }
            Syn::Const(item) => {
                let kind = ItemKind::Const { ty: self.ty(&item.ty), body: self.initialiser(&item.expr) };
                let head = self.head(&item.ident, item.const_token.span, item.semi_token.span, &item.vis, &item.attrs);
                self.alloc_item(head, kind)
            }
            Syn::Static(item) => {
                let kind = ItemKind::Static { ty: self.ty(&item.ty), body: self.initialiser(&item.expr) };
                let head = self.head(&item.ident, item.static_token.span, item.semi_token.span, &item.vis, &item.attrs);
                self.alloc_item(head, kind)
            }
            Syn::ExternCrate(item) => {
                let kind = ItemKind::ExternCrate { krate: self.name(&item.ident) };
                let name = item.rename.as_ref().map_or(&item.ident, |(_, rename)| rename);
                let mut head = self.head(name, item.extern_token.span, item.semi_token.span, &item.vis, &item.attrs);
                if name == "_" {
                    head.name = sym::UNDERSCORE;
                }
                self.alloc_item(head, kind)
            }
            Syn::ForeignMod(item) => {
                let kind = ItemKind::ForeignMod(item.items.iter().filter_map(|i| self.foreign_member(i)).collect());
                let start = item.unsafety.map_or(item.abi.extern_token.span, |t| t.span);
                let head = self.unnamed(start, item.brace_token.span.close(), none, &item.attrs);
                self.alloc_item(head, kind)
            }
            Syn::Macro(item) => self.macro_item(item.ident.as_ref(), &item.mac, item.semi_token, &item.attrs),
            Syn::Verbatim(tokens) => return self.verbatim(tokens.clone()),
            other => {
                let head = self.unnamed(other.span(), other.span(), none, &[]);
                self.alloc_item(head, ItemKind::Opaque)
            }
        })
    }

    pub(crate) fn head<'s>(
        &self,
        ident: &proc_macro2::Ident,
        start: proc_macro2::Span,
        end: proc_macro2::Span,
        vis: &'s syn::Visibility,
        attrs: &'s [Attribute],
    ) -> Head<'s> {
        let (name, name_span) = self.ident(ident);
        Head { name, name_span, start, end, vis, attrs }
    }

    /// The head of an item without a name; its name's place is its first token.
    pub(crate) fn unnamed<'s>(
        &self,
        start: proc_macro2::Span,
        end: proc_macro2::Span,
        vis: &'s syn::Visibility,
        attrs: &'s [Attribute],
    ) -> Head<'s> {
        Head { name: sym::EMPTY, name_span: self.span(start), start, end, vis, attrs }
    }

    fn module(&mut self, item: &syn::ItemMod) -> ItemId {
        let items = item.content.as_ref().map(|(_, items)| self.items(items));
        let end = match (&item.content, &item.semi) {
            (Some((brace, _)), _) => brace.span.close(),
            (None, Some(semi)) => semi.span,
            (None, None) => item.ident.span(),
        };
        let start = item.unsafety.map_or(item.mod_token.span, |t| t.span);
        let head = self.head(&item.ident, start, end, &item.vis, &item.attrs);
        self.alloc_item(head, ItemKind::Mod { items })
    }

    fn implementation(&mut self, item: &syn::ItemImpl) -> ItemId {
        let items = item.items.iter().filter_map(|member| self.impl_member(member)).collect();
        let kind = ItemKind::Impl(LazyImpl::new(ImplItem {
            generics: self.generics(&item.generics),
            trait_ref: item.trait_.as_ref().map(|(path, _)| self.path(None, path)),
            negative: item.modifiers.polarity.is_some(),
            self_ty: self.ty(&item.self_ty),
            items,
        }));
        let first = item.modifiers.defaultness.map(|t| t.span).or(item.unsafety.map(|t| t.span));
        let start = first.unwrap_or(item.impl_token.span);
        let mut head = self.unnamed(start, item.brace_token.span.close(), &syn::Visibility::Inherited, &item.attrs);
        head.name_span = self.token(item.impl_token.span, 4);
        self.alloc_item(head, kind)
    }

    /// `macro_rules!` definitions and macro calls.
    pub(crate) fn macro_item(
        &mut self,
        ident: Option<&proc_macro2::Ident>,
        mac: &syn::Macro,
        semi: Option<syn::Token![;]>,
        attrs: &[Attribute],
    ) -> ItemId {
        let none = &syn::Visibility::Inherited;
        let start = match (&mac.path.leading_colon, mac.path.segments.first()) {
            (Some(colons), _) => colons.spans[0],
            (None, Some(first)) => first.ident.span(),
            (None, None) => mac.bang_token.span,
        };
        let end = semi.map_or_else(|| mac.delimiter.span().close(), |semi| semi.span);
        match ident {
            Some(ident) if mac.path.is_ident("macro_rules") => {
                let rules = (self.hi(mac.delimiter.span().open()), self.lo(mac.delimiter.span().close()));
                let head = self.head(ident, start, end, none, attrs);
                self.alloc_item(head, ItemKind::MacroDef(MacroDef { kind: MacroDefKind::Rules, rules }))
            }
            _ => {
                let call = self.macro_call(mac, MacroArgs::Opaque(Box::default()));
                let head = self.unnamed(start, end, none, attrs);
                self.alloc_item(head, ItemKind::MacroCall(Box::new(call)))
            }
        }
    }

    fn initialiser(&mut self, expr: &syn::Expr) -> BodySource {
        let mut body = std::mem::take(&mut self.spare);
        body.root = BodyLowerer { cx: self, body: &mut body, depth: 0 }.expr(expr).id;
        self.alloc_body(body)
    }

    pub(crate) fn optional_initialiser(&mut self, expr: Option<&syn::Expr>) -> BodySource {
        expr.map_or(BodySource::None, |expr| self.initialiser(expr))
    }

    fn adt(&mut self, ident: &proc_macro2::Ident, generics: &syn::Generics, fields: &Fields) -> Box<Adt> {
        let variant = self.variant(ident, &[], fields);
        Box::new(Adt { generics: self.generics(generics), variants: [variant].into() })
    }

    fn variant(&mut self, ident: &proc_macro2::Ident, attrs: &[Attribute], fields: &Fields) -> Variant {
        let (name, span) = self.ident(ident);
        let kind = match fields {
            Fields::Named(_) => VariantKind::Record,
            Fields::Unnamed(_) => VariantKind::Tuple,
            Fields::Unit => VariantKind::Unit,
        };
        let fields = fields.iter().enumerate().map(|(index, field)| Field {
            name: field.ident.as_ref().map_or_else(|| Name::tuple_field(index), |ident| self.name(ident)),
            vis: self.visibility(&field.vis),
            attrs: self.attrs(&field.attrs),
            ty: self.ty(&field.ty),
        });
        let fields = fields.collect();
        Variant { name, span, attrs: self.attrs(attrs), kind, fields }
    }

    pub(crate) fn signature_item(
        &mut self,
        sig: &syn::Signature,
        end: proc_macro2::Span,
        vis: &syn::Visibility,
        attrs: &[Attribute],
        kind: ItemKind,
    ) -> ItemId {
        let start = signature_start(sig);
        let head = self.head(&sig.ident, start, end, vis, attrs);
        self.alloc_item(head, kind)
    }

    pub(crate) fn function(&mut self, sig: &syn::Signature, block: Option<&syn::Block>, is_foreign: bool) -> ItemKind {
        let generics = self.generics(&sig.generics);
        let mut receiver = None;
        let mut params = Vec::with_capacity(sig.inputs.len());
        let mut param_names = Vec::with_capacity(sig.inputs.len());
        let mut param_attrs = Vec::new();
        for input in &sig.inputs {
            match input {
                syn::FnArg::Receiver(input) => receiver = Some(self.receiver(input)),
                syn::FnArg::Typed(input) => {
                    if !input.attrs.is_empty() {
                        param_attrs.resize_with(params.len() + 1, Attrs::default);
                        param_attrs[params.len()] = self.attrs(&input.attrs);
                    }
                    params.push(self.ty(&input.ty));
                    param_names.push(match &*input.pat {
                        syn::Pat::Ident(pat) if pat.subpat.is_none() => self.name(&pat.ident),
                        _ => sym::UNDERSCORE,
                    });
                }
            }
        }
        if !param_attrs.is_empty() {
            param_attrs.resize_with(params.len(), Attrs::default);
        }
        let flags = FnFlags {
            is_async: sig.asyncness.is_some(),
            is_const: sig.constness.is_some(),
            is_unsafe: matches!(sig.safety, syn::Safety::Unsafe(_)),
            is_foreign,
            is_variadic: sig.variadic.is_some(),
        };
        let ret = self.return_type(&sig.output);
        let close = sig.paren_token.span.close();
        let sig_end = match (&sig.output, block) {
            (syn::ReturnType::Type(_, ty), _) => ty.span(),
            (syn::ReturnType::Default, _) => close,
        };
        let sig_span = self.range(self.lo(sig.fn_token.span), self.hi(sig_end));
        let body = block.map_or(BodySource::None, |block| self.function_body(sig, block));
        ItemKind::Fn(LazyFn::new(FnItem {
            generics,
            receiver,
            params: params.into(),
            param_names: param_names.into(),
            param_attrs: param_attrs.into(),
            ret,
            flags,
            body,
            sig_span,
        }))
    }

    fn receiver(&mut self, receiver: &syn::Receiver) -> Receiver {
        let span = self.token(receiver.self_token.span, 4);
        let segment = toecap_ir::Segment { name: sym::SELF_TYPE, span, args: None };
        let path = toecap_ir::Path { global: false, qself: None, segments: [segment].into(), span };
        let this = TypeRef::Path(Box::new(path));
        let ty = match &receiver.kind {
            syn::ReceiverKind::Value => this,
            syn::ReceiverKind::Reference(_, _, mutable) => TypeRef::Ref(Box::new(this), mutability(mutable.is_some())),
            syn::ReceiverKind::Typed(_, ty) => self.ty(ty),
            _ => TypeRef::Opaque,
        };
        Receiver { ty, span }
    }

    fn function_body(&mut self, sig: &syn::Signature, block: &syn::Block) -> BodySource {
        let open = self.lo(block.brace_token.span.open());
        if let Ok(index) = self.skipped.binary_search_by_key(&open, |span| span.lo()) {
            return BodySource::Skipped(Span::new(self.lo(signature_start(sig)), self.skipped[index].hi()));
        }
        let mut body = std::mem::take(&mut self.spare);
        let mut cx = BodyLowerer { cx: self, body: &mut body, depth: 0 };
        let params = sig.inputs.iter().filter_map(|input| match input {
            syn::FnArg::Receiver(_) => None,
            syn::FnArg::Typed(input) => Some(cx.pat(&input.pat)),
        });
        let params = params.collect();
        let root = cx.block(block, toecap_ir::BlockKind::Plain, None, None).id;
        body.params = params;
        body.root = root;
        self.alloc_body(body)
    }

    fn alloc_body(&mut self, mut body: Body) -> BodySource {
        let done = self.file.bodies.alloc(Arc::new(body.take_exact()));
        self.spare = body;
        BodySource::Lowered(done)
    }
}

/// The first token of a function behind attributes and visibility.
fn signature_start(sig: &syn::Signature) -> proc_macro2::Span {
    let first = [sig.constness.map(|t| t.span), sig.asyncness.map(|t| t.span)];
    let safety = match &sig.safety {
        syn::Safety::Safe(token) => Some(token.span),
        syn::Safety::Unsafe(token) => Some(token.span),
        syn::Safety::Default => None,
    };
    let abi = sig.abi.as_ref().map(|abi| abi.extern_token.span);
    first.into_iter().flatten().next().or(safety).or(abi).unwrap_or(sig.fn_token.span)
}
