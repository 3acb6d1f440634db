//! Items of impls, traits and foreign blocks, and items that syn keeps as tokens.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser as _;
use toecap_ir::{BodySource, ItemId, ItemKind, LazyAlias, MacroDef, MacroDefKind, TypeAlias, sym};

use super::Lowerer;

impl Lowerer<'_> {
    pub(crate) fn impl_member(&mut self, item: &syn::ImplItem) -> Option<ItemId> {
        Some(match item {
            syn::ImplItem::Fn(item) => {
                let kind = self.function(&item.sig, Some(&item.block), false);
                self.signature_item(&item.sig, item.block.brace_token.span.close(), &item.vis, &item.attrs, kind)
            }
            syn::ImplItem::Const(item) => {
                let kind = ItemKind::Const { ty: self.ty(&item.ty), body: self.optional_initialiser(Some(&item.expr)) };
                let head = self.head(&item.ident, item.const_token.span, item.semi_token.span, &item.vis, &item.attrs);
                self.alloc_item(head, kind)
            }
            syn::ImplItem::Type(item) => {
                let generics = self.generics(&item.generics);
                let alias = TypeAlias { generics, bounds: Box::default(), ty: Some(self.ty(&item.ty)) };
                let head = self.head(&item.ident, item.type_token.span, item.semi_token.span, &item.vis, &item.attrs);
                self.alloc_item(head, ItemKind::TypeAlias(LazyAlias::new(alias)))
            }
            syn::ImplItem::Macro(item) => self.macro_item(None, &item.mac, item.semi_token, &item.attrs),
            syn::ImplItem::Verbatim(tokens) => return self.verbatim(tokens.clone()),
            _ => return None,
        })
    }

    pub(crate) fn trait_member(&mut self, item: &syn::TraitItem) -> Option<ItemId> {
        let none = &syn::Visibility::Inherited;
        Some(match item {
            syn::TraitItem::Fn(item) => {
                let kind = self.function(&item.sig, item.default.as_ref(), false);
                let end = match (&item.default, item.semi_token) {
                    (Some(block), _) => block.brace_token.span.close(),
                    (None, Some(semi)) => semi.span,
                    (None, None) => item.sig.paren_token.span.close(),
                };
                self.signature_item(&item.sig, end, none, &item.attrs, kind)
            }
            syn::TraitItem::Const(item) => {
                let default = item.default.as_ref().map(|(_, expr)| expr);
                let kind = ItemKind::Const { ty: self.ty(&item.ty), body: self.optional_initialiser(default) };
                let head = self.head(&item.ident, item.const_token.span, item.semi_token.span, none, &item.attrs);
                self.alloc_item(head, kind)
            }
            syn::TraitItem::Type(item) => {
                let kind = ItemKind::TypeAlias(LazyAlias::new(TypeAlias {
                    generics: self.generics(&item.generics),
                    bounds: self.bounds(item.bounds.iter()),
                    ty: item.default.as_ref().map(|(_, ty)| self.ty(ty)),
                }));
                let head = self.head(&item.ident, item.type_token.span, item.semi_token.span, none, &item.attrs);
                self.alloc_item(head, kind)
            }
            syn::TraitItem::Macro(item) => self.macro_item(None, &item.mac, item.semi_token, &item.attrs),
            syn::TraitItem::Verbatim(tokens) => return self.verbatim(tokens.clone()),
            _ => return None,
        })
    }

    pub(crate) fn foreign_member(&mut self, item: &syn::ForeignItem) -> Option<ItemId> {
        Some(match item {
            syn::ForeignItem::Fn(item) => {
                let kind = self.function(&item.sig, None, true);
                self.signature_item(&item.sig, item.semi_token.span, &item.vis, &item.attrs, kind)
            }
            syn::ForeignItem::Static(item) => {
                let kind = ItemKind::Static { ty: self.ty(&item.ty), body: BodySource::None };
                let head = self.head(&item.ident, item.static_token.span, item.semi_token.span, &item.vis, &item.attrs);
                self.alloc_item(head, kind)
            }
            syn::ForeignItem::Type(item) => {
                let alias = TypeAlias { generics: self.generics(&item.generics), bounds: Box::default(), ty: None };
                let head = self.head(&item.ident, item.type_token.span, item.semi_token.span, &item.vis, &item.attrs);
                self.alloc_item(head, ItemKind::TypeAlias(LazyAlias::new(alias)))
            }
            syn::ForeignItem::Macro(item) => self.macro_item(None, &item.mac, item.semi_token, &item.attrs),
            syn::ForeignItem::Verbatim(tokens) => return self.verbatim(tokens.clone()),
            _ => return None,
        })
    }

    /// An item that syn keeps as tokens: `macro` definitions are read, unstable modifiers dropped, the rest is opaque.
    pub(crate) fn verbatim(&mut self, tokens: TokenStream) -> Option<ItemId> {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let (first, last) = (tokens.first()?.span(), tokens.last()?.span());
        if let Some(item) = self.decl_macro(&tokens) {
            return Some(item);
        }
        if let Some(simpler) = without_modifiers(&tokens) {
            match syn::parse2::<syn::Item>(simpler.clone()) {
                Ok(syn::Item::Verbatim(_)) | Err(_) => {}
                Ok(item) => return self.item(&item),
            }
            match syn::parse2::<syn::ImplItem>(simpler.clone()) {
                Ok(syn::ImplItem::Verbatim(_)) | Err(_) => {}
                Ok(item) => return self.impl_member(&item),
            }
            match syn::parse2::<syn::TraitItem>(simpler) {
                Ok(syn::TraitItem::Verbatim(_)) | Err(_) => {}
                Ok(item) => return self.trait_member(&item),
            }
        }
        // A function without a body stands in a foreign block, or comes from a macro that is called in one.
        if let Ok(item) = syn::parse2::<syn::ForeignItemFn>(tokens.iter().cloned().collect()) {
            return self.foreign_member(&syn::ForeignItem::Fn(item));
        }
        let none = &syn::Visibility::Inherited;
        let head = self.unnamed(first, last, none, &[]);
        Some(self.alloc_item(head, ItemKind::Opaque))
    }

    /// `pub macro name { (..) => {..} }` and `pub macro name(..) {..}`.
    fn decl_macro(&mut self, tokens: &[TokenTree]) -> Option<ItemId> {
        let at = tokens
            .windows(2)
            .position(|pair| matches!(pair, [TokenTree::Ident(word), TokenTree::Ident(_)] if word == "macro"))?;
        let before: TokenStream = tokens[..at].iter().cloned().collect();
        let head = |input: syn::parse::ParseStream<'_>| {
            Ok((input.call(syn::Attribute::parse_outer)?, input.parse::<syn::Visibility>()?))
        };
        let (attrs, vis) = head.parse2(before).ok()?;
        let TokenTree::Ident(ident) = &tokens[at + 1] else { return None };
        let def = match &tokens[at + 2..] {
            [TokenTree::Group(rules)] => {
                MacroDef { kind: MacroDefKind::Decl, rules: (self.hi(rules.span_open()), self.lo(rules.span_close())) }
            }
            [TokenTree::Group(params), TokenTree::Group(body)] => MacroDef {
                kind: MacroDefKind::DeclShort,
                rules: (self.lo(params.span_open()), self.hi(body.span_close())),
            },
            _ => return None,
        };
        let end = tokens[tokens.len() - 1].span();
        let head = self.head(ident, tokens[at].span(), end, &vis, &attrs);
        Some(self.alloc_item(head, ItemKind::MacroDef(def)))
    }

    /// An item that only its tokens are known of.
    pub(crate) fn opaque_item(&mut self, lo: u32, hi: u32) -> ItemId {
        let span = self.range(lo, hi);
        self.file.items.alloc(toecap_ir::Item {
            name: sym::EMPTY,
            name_span: span,
            span,
            vis: toecap_ir::Visibility::Inherited,
            attrs: toecap_ir::Attrs::default(),
            kind: ItemKind::Opaque,
        })
    }
}

/// The same item without what only nightly understands: `const impl`, `gen fn`, `impl(..) trait`, an impl's visibility.
fn without_modifiers(tokens: &[TokenTree]) -> Option<TokenStream> {
    let is = |token: Option<&TokenTree>, words: &[&str]| matches!(token, Some(TokenTree::Ident(ident)) if words.iter().any(|word| ident == word));
    let mut kept = Vec::with_capacity(tokens.len());
    let mut changed = false;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1);
        let drops = (is(Some(token), &["const"]) && is(next, &["impl", "trait", "unsafe", "auto"]))
            || (is(Some(token), &["const"]) && at > 0 && is(tokens.get(at - 1), &["impl"]))
            || (is(Some(token), &["gen", "final"]) && is(next, &["fn", "async", "unsafe", "const"]));
        if drops {
            changed = true;
        } else {
            kept.push(token.clone());
        }
        at += 1;
    }
    changed.then(|| kept.into_iter().collect())
}
