//! Traits, impls and what is in them; aliases and constants.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{BodySource, ImplHead, ItemId, ItemKind, LazyAlias, Name, ParamHead, TraitItem, sym};

use super::{Collector, Into, Site, Textual, written_params};
use crate::{
    AliasData, AliasId, AssocData, AssocId, ConstData, ConstId, Container, Def, FnId, GenericsId, GenericsOwner,
    ImplId, ImplSource, ItemLoc, Ns, ParamData, ParamKind, TraitData, TraitId, Vis,
};

impl Collector<'_> {
    pub(super) fn trait_(
        &mut self,
        module: u32,
        loc: ItemLoc,
        item: &TraitItem,
        vis: Vis,
        textual: &Textual,
        in_test: bool,
    ) {
        let id = TraitId { krate: self.id(), index: self.defs.traits.len() as u32 };
        let mut params = vec![ParamData { name: sym::SELF_TYPE, kind: ParamKind::SelfType }];
        params.extend(written_params(&ParamHead::of(&item.generics)));
        let parent = self.defs.modules[module as usize].generics;
        let generics = self.add_generics(parent, GenericsOwner::Trait(id), module, loc, params);
        let name = self.defs.item(loc).name;
        self.defs.traits.push(TraitData {
            name,
            module: self.module_id(module),
            generics,
            loc,
            is_alias: matches!(self.defs.item(loc).kind, ItemKind::TraitAlias(_)),
            fns: FxHashMap::default(),
            assocs: FxHashMap::default(),
            consts: FxHashMap::default(),
            supers: OnceLock::new(),
            super_ids: OnceLock::new(),
        });
        self.declare(module, name, Ns::Types, Def::Trait(id), vis, in_test);
        self.trait_items(module, id, loc.file, &item.items, textual, in_test);
    }

    pub(super) fn trait_items(
        &mut self,
        module: u32,
        id: TraitId,
        file: u32,
        items: &[ItemId],
        textual: &Textual,
        in_test: bool,
    ) {
        let ir = self.defs.files[file as usize].ir.clone();
        let generics = self.defs.traits[id.index as usize].generics;
        for item_id in items {
            let item = &ir.items[*item_id];
            let Some(in_test) = self.active(&item.attrs, in_test) else { continue };
            let loc = ItemLoc { file, item: *item_id };
            match &item.kind {
                ItemKind::Fn(f) => {
                    let f = self.function(module, loc, f, Container::Trait(id), Some(generics), textual, in_test);
                    put_fn(&mut self.defs.traits[id.index as usize].fns, &self.doubtful_fns, item.name, f);
                }
                ItemKind::TypeAlias(alias) => {
                    let assoc = AssocId { krate: self.id(), index: self.defs.assocs.len() as u32 };
                    let params = written_params(&alias.head());
                    let own = self.add_generics(Some(generics), GenericsOwner::Assoc(assoc), module, loc, params);
                    let data = AssocData { name: item.name, tr: id, generics: own, loc, bounds: OnceLock::new() };
                    self.defs.assocs.push(data);
                    self.defs.traits[id.index as usize].assocs.insert(item.name, assoc);
                }
                ItemKind::Const { .. } => {
                    let c = self.push_const(module, loc, false, Some(generics));
                    self.defs.traits[id.index as usize].consts.insert(item.name, c);
                }
                ItemKind::MacroCall(call) => {
                    let mut scope = textual.clone();
                    self.item_macro_or_later(Site { module, loc, into: Into::Trait(id), in_test }, call, &mut scope);
                }
                _ => {}
            }
        }
    }

    pub(super) fn impl_(&mut self, module: u32, loc: ItemLoc, item: &ImplHead, textual: &Textual, in_test: bool) {
        if item.negative {
            return;
        }
        let next = ImplId { krate: self.id(), index: self.defs.impls.len() as u32 };
        let parent = self.defs.modules[module as usize].generics;
        let generics = self.add_generics(parent, GenericsOwner::Impl(next), module, loc, written_params(&item.params));
        let id = self.push_impl(module, generics, ImplSource::Item(loc));
        self.impl_items(module, id, loc.file, &item.items, textual, in_test);
    }

    pub(super) fn impl_items(
        &mut self,
        module: u32,
        id: ImplId,
        file: u32,
        items: &[ItemId],
        textual: &Textual,
        in_test: bool,
    ) {
        let ir = self.defs.files[file as usize].ir.clone();
        let generics = self.defs.impls[id.index as usize].generics;
        for item_id in items {
            let item = &ir.items[*item_id];
            let Some(in_test) = self.active(&item.attrs, in_test) else { continue };
            let loc = ItemLoc { file, item: *item_id };
            match &item.kind {
                ItemKind::Fn(f) => {
                    let f = self.function(module, loc, f, Container::Impl(id), Some(generics), textual, in_test);
                    put_fn(&mut self.defs.impls[id.index as usize].fns, &self.doubtful_fns, item.name, f);
                }
                ItemKind::TypeAlias(alias) => {
                    let alias = self.alias(module, loc, alias, Some(generics));
                    self.defs.impls[id.index as usize].assocs.insert(item.name, alias);
                }
                ItemKind::Const { body, .. } => {
                    let c = self.push_const(module, loc, false, Some(generics));
                    self.defs.impls[id.index as usize].consts.insert(item.name, c);
                    if let BodySource::Lowered(body) = body {
                        self.block_items(module, file, *body, Some(generics), textual, in_test);
                    }
                }
                ItemKind::MacroCall(call) => {
                    let mut scope = textual.clone();
                    self.item_macro_or_later(Site { module, loc, into: Into::Impl(id), in_test }, call, &mut scope);
                }
                _ => {}
            }
        }
    }

    pub(super) fn alias(
        &mut self,
        module: u32,
        loc: ItemLoc,
        alias: &LazyAlias,
        parent: Option<GenericsId>,
    ) -> AliasId {
        let id = AliasId { krate: self.id(), index: self.defs.aliases.len() as u32 };
        let parent = parent.or(self.defs.modules[module as usize].generics);
        let generics = self.add_generics(parent, GenericsOwner::Alias(id), module, loc, written_params(&alias.head()));
        let name = self.defs.item(loc).name;
        self.defs.aliases.push(AliasData {
            name,
            module: self.module_id(module),
            generics,
            loc,
            ty: OnceLock::new(),
            opaques: OnceLock::new(),
        });
        id
    }

    pub(super) fn push_const(
        &mut self,
        module: u32,
        loc: ItemLoc,
        is_static: bool,
        generics: Option<GenericsId>,
    ) -> ConstId {
        let id = ConstId { krate: self.id(), index: self.defs.consts.len() as u32 };
        let name = self.defs.item(loc).name;
        let generics = generics.or(self.defs.modules[module as usize].generics);
        let module = self.module_id(module);
        self.defs.consts.push(ConstData { name, module, generics, loc, is_static, ty: OnceLock::new() });
        id
    }

    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own about the constant")]
    pub(super) fn constant(
        &mut self,
        module: u32,
        loc: ItemLoc,
        is_static: bool,
        body: BodySource,
        textual: &Textual,
        vis: Vis,
        in_test: bool,
    ) {
        let id = self.push_const(module, loc, is_static, None);
        let name = self.defs.item(loc).name;
        self.declare(module, name, Ns::Values, Def::Const(id), vis, in_test);
        if let BodySource::Lowered(body) = body {
            self.block_items(module, loc.file, body, None, textual, in_test);
        }
    }
}

/// Of two functions with one name, the first counts that does not need a build script to set a flag.
fn put_fn(fns: &mut FxHashMap<Name, FnId>, doubtful: &FxHashSet<u32>, name: Name, id: FnId) {
    let known = fns.entry(name).or_insert(id);
    if doubtful.contains(&known.index) && !doubtful.contains(&id.index) {
        *known = id;
    }
}
