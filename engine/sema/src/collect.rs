//! Collects what a crate defines: follows `mod` declarations, evaluates cfg, expands macros in item position.
//!
//! ```text
//! cfg_net! { pub mod net; }      // expanded, then `net.rs` is read
//! #[cfg(test)] mod tests;        // collected and marked as test code
//! ```

use std::path::PathBuf;
use std::sync::{Arc, OnceLock, RwLock};

use rustc_hash::FxHashMap;
use toecap_ir::{
    Adt, Attrs, BodyId, BodySource, CfgExpr, CfgTruth, Expr, ExprId, FnItem, GenericArg, GenericParamKind, Generics,
    ImplItem, ImportKind, InlineModule, ItemId, ItemKind, MacroCall, MacroInput, MacroRules, Name, Problem, SourceText,
    Span, TraitItem, TypeRef, Variant, VariantKind, Visibility, module_candidates, sym,
};

use crate::names::Names;
use crate::pin_project::projections;
use crate::{
    AdtData, AdtId, AliasData, AliasId, AssocData, AssocId, ConstData, ConstId, Container, CrateDefs, CrateId,
    CrateOrigin, Def, DefFile, Derive, FnData, FnId, GenericsData, GenericsId, GenericsOwner, ImplData, ImplId,
    ImplSource, ImportData, ItemLoc, MacroData, MacroId, ModuleData, ModuleId, ModulePlace, Ns, ParamData, ParamKind,
    Shape, SourceFile, TargetKind, TraitData, TraitId, VariantData, Vis, World,
};

/// Expansions in expansions stop here.
const MAX_EXPANSION_DEPTH: u32 = 64;
/// Total text that macros in item position may produce in one crate, in bytes.
const MAX_EXPANDED_BYTES: usize = 48 << 20;
/// How often unresolved macro calls are tried again.
const MACRO_ROUNDS: usize = 8;

type Textual = Arc<FxHashMap<Name, MacroId>>;

struct Pending {
    module: u32,
    file: u32,
    item: ItemId,
    textual: Textual,
    into: Into,
    in_test: bool,
}

/// Where expanded items go.
#[derive(Clone, Copy)]
enum Into {
    Module,
    Impl(ImplId),
    Trait(TraitId),
}

struct Collector<'w> {
    world: &'w World<'w>,
    defs: CrateDefs,
    pending: Vec<Pending>,
    expanded_bytes: usize,
}

/// Collects crate number `id`; none when its root cannot be read.
pub(crate) fn collect(world: &World<'_>, id: CrateId) -> Option<CrateDefs> {
    let input = world.input(id);
    let root = world.sources().file(&input.root, input.origin != CrateOrigin::Workspace)?;
    let mut collector = Collector {
        world,
        defs: CrateDefs {
            id,
            name: input.name,
            edition: input.edition,
            origin: input.origin,
            target: input.kind,
            files: Vec::new(),
            modules: Vec::new(),
            fns: Vec::new(),
            adts: Vec::new(),
            traits: Vec::new(),
            impls: Vec::new(),
            aliases: Vec::new(),
            assocs: Vec::new(),
            consts: Vec::new(),
            macros: Vec::new(),
            generics: Vec::new(),
            macro_exports: FxHashMap::default(),
            block_modules: FxHashMap::default(),
            problems: Vec::new(),
            impls_by_name: crate::ImplNames::default(),
            scope_cache: RwLock::default(),
        },
        pending: Vec::new(),
        expanded_bytes: 0,
    };
    collector.root(&input.root.clone(), root);
    collector.finish_pending();
    collector.index_impls();
    Some(collector.defs)
}

impl<'w> Collector<'w> {
    fn id(&self) -> CrateId {
        self.defs.id
    }

    fn root(&mut self, path: &std::path::Path, source: SourceFile) {
        let target = self.defs.target;
        let in_test =
            matches!(target, TargetKind::Test | TargetKind::Bench | TargetKind::Example | TargetKind::BuildScript);
        let file = self.add_file(path.to_path_buf(), source);
        let module = self.add_module(ModuleData {
            name: self.defs.name,
            parent: None,
            is_block: false,
            file,
            items: FxHashMap::default(),
            imports: Vec::new(),
            named: FxHashMap::default(),
            globs: Vec::new(),
            textual: Arc::default(),
            in_test,
            generics: None,
            place: ModulePlace { file_path: path.to_path_buf(), is_mod_rs: true, inline: Vec::new() },
            trait_index: OnceLock::new(),
        });
        let ir = self.defs.files[file as usize].ir.clone();
        // `#![cfg(feature = "full")]`
        if self.truth(&ir.attrs) == CfgTruth::False {
            return;
        }
        let mut textual = self.macro_use_crates(&ir);
        self.items(module, file, &ir.root, &mut textual, in_test);
        self.defs.modules[module as usize].textual = textual;
    }

    /// `#[macro_use] extern crate x;` puts all exported macros of `x` into textual scope.
    fn macro_use_crates(&mut self, ir: &toecap_ir::FileIr) -> Textual {
        let mut scope = FxHashMap::default();
        for id in &ir.root {
            let item = &ir.items[*id];
            let ItemKind::ExternCrate { krate } = &item.kind else { continue };
            if !item.attrs.has("macro_use") || self.truth(&item.attrs) == CfgTruth::False {
                continue;
            }
            if let Some(defs) = self.world.extern_crate(self.id(), *krate).and_then(|id| self.world.krate(id)) {
                scope.extend(defs.macro_exports.iter().map(|(name, id)| (*name, *id)));
            }
        }
        Arc::new(scope)
    }

    fn add_file(&mut self, path: PathBuf, source: SourceFile) -> u32 {
        for problem in &source.ir.problems {
            self.defs.problems.push((source.id, problem.clone()));
        }
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        self.defs.files.push(DefFile {
            file: source.id,
            ir: source.ir,
            source: SourceText::file(source.text),
            depth: 0,
            folder,
        });
        self.defs.files.len() as u32 - 1
    }

    fn add_module(&mut self, module: ModuleData) -> u32 {
        self.defs.modules.push(module);
        self.defs.modules.len() as u32 - 1
    }

    fn module_id(&self, module: u32) -> ModuleId {
        ModuleId { krate: self.id(), index: module }
    }

    fn declare(&mut self, module: u32, name: Name, ns: Ns, def: Def, vis: Vis, in_test: bool) {
        if name == sym::UNDERSCORE || name == sym::EMPTY {
            return;
        }
        let data = &self.defs.modules[module as usize];
        if let Some((old, _)) = data.items.get(&(name, ns)) {
            // Of two with one name, that of the real build counts; the other is `#[cfg(test)]`.
            if in_test || data.in_test || !self.defs_in_test(*old) {
                return;
            }
        }
        self.defs.modules[module as usize].items.insert((name, ns), (def, vis));
    }

    fn defs_in_test(&self, def: Def) -> bool {
        match def {
            Def::Fn(id) => self.defs.fns.get(id.index as usize).is_some_and(|f| f.in_test),
            Def::Module(id) => self.defs.modules.get(id.index as usize).is_some_and(|m| m.in_test),
            _ => false,
        }
    }

    fn vis(&self, module: u32, vis: &Visibility) -> Vis {
        let mut own = module;
        while self.defs.modules[own as usize].is_block {
            own = self.defs.modules[own as usize].parent.unwrap_or(0);
        }
        match vis {
            Visibility::Public => Vis::Public,
            Visibility::Inherited => Vis::Within(module),
            Visibility::In(path) => match path.first() {
                Some(&first) if first == sym::SELF_VALUE => Vis::Within(own),
                Some(&first) if first == sym::SUPER && path.len() == 1 => {
                    Vis::Within(self.defs.modules[own as usize].parent.unwrap_or(0))
                }
                _ => Vis::Within(0),
            },
        }
    }

    /// The truth of an item's cfg in this crate.
    fn truth(&self, attrs: &Attrs) -> CfgTruth {
        attrs.cfg.as_deref().map_or(CfgTruth::True, |cfg| self.world.cfg_truth(self.id(), cfg))
    }

    /// None when the item does not exist; else whether it exists in test builds only.
    fn active(&self, attrs: &Attrs, in_test: bool) -> Option<bool> {
        match self.truth(attrs) {
            CfgTruth::False => None,
            CfgTruth::True | CfgTruth::Unknown => Some(in_test || attrs.cfg.as_deref().is_some_and(needs_test)),
        }
    }

    fn items(&mut self, module: u32, file: u32, items: &[ItemId], textual: &mut Textual, in_test: bool) {
        for id in items {
            self.item(module, file, *id, textual, in_test);
        }
    }

    fn item(&mut self, module: u32, file: u32, id: ItemId, textual: &mut Textual, in_test: bool) {
        let ir = self.defs.files[file as usize].ir.clone();
        let item = &ir.items[id];
        let Some(in_test) = self.active(&item.attrs, in_test) else { return };
        let loc = ItemLoc { file, item: id };
        let vis = self.vis(module, &item.vis);
        let name = item.name;
        match &item.kind {
            ItemKind::Mod { items } => self.module(module, loc, items.as_deref(), vis, textual, in_test),
            ItemKind::Use(imports) => imports.iter().for_each(|import| self.import(module, import, vis)),
            ItemKind::ExternCrate { krate } => self.extern_crate(module, name, *krate, vis),
            ItemKind::Fn(f) => {
                let parent = self.defs.modules[module as usize].generics;
                let id = self.function(module, loc, f, Container::Module, parent, textual, in_test);
                self.declare(module, name, Ns::Values, Def::Fn(id), vis, in_test);
            }
            ItemKind::Struct(adt) | ItemKind::Union(adt) => self.adt(module, loc, adt, false, vis, in_test),
            ItemKind::Enum(adt) => self.adt(module, loc, adt, true, vis, in_test),
            ItemKind::Trait(t) | ItemKind::TraitAlias(t) => self.trait_(module, loc, t, vis, textual, in_test),
            ItemKind::Impl(i) => self.impl_(module, loc, i, textual, in_test),
            ItemKind::TypeAlias(alias) => {
                let id = self.alias(module, loc, &alias.generics, None);
                self.declare(module, name, Ns::Types, Def::Alias(id), vis, in_test);
            }
            ItemKind::Const { body, .. } => self.constant(module, loc, false, *body, textual, vis, in_test),
            ItemKind::Static { body, .. } => self.constant(module, loc, true, *body, textual, vis, in_test),
            ItemKind::ForeignMod(items) => self.items(module, file, items, textual, in_test),
            ItemKind::MacroDef(_) => self.macro_def(module, loc, vis, textual),
            ItemKind::MacroCall(call) => {
                if !self.item_macro(module, loc, call, textual, Into::Module, in_test, false) {
                    let textual = textual.clone();
                    self.pending.push(Pending { module, file, item: id, textual, into: Into::Module, in_test });
                }
            }
            ItemKind::Opaque => {}
        }
    }

    fn module(
        &mut self,
        parent: u32,
        loc: ItemLoc,
        inline: Option<&[ItemId]>,
        vis: Vis,
        textual: &mut Textual,
        in_test: bool,
    ) {
        let ir = self.defs.files[loc.file as usize].ir.clone();
        let item = &ir.items[loc.item];
        let path_attr = item
            .attrs
            .named("path")
            .find(|a| a.condition.as_deref().is_none_or(|c| self.world.cfg_truth(self.id(), c) == CfgTruth::True))
            .map(|a| a.text.clone());
        let place = self.defs.modules[parent as usize].place.clone();
        let (file, place) = match inline {
            Some(_) => {
                let mut inner = place;
                inner.inline.push((item.name, path_attr));
                (loc.file, inner)
            }
            None => match self.open_module(&place, item.name, path_attr.as_deref(), loc, item.name_span) {
                Some(found) => found,
                None => return,
            },
        };
        let file_ir = self.defs.files[file as usize].ir.clone();
        let in_test = match inline {
            Some(_) => in_test,
            None => match self.active(&file_ir.attrs, in_test) {
                Some(in_test) => in_test,
                None => return,
            },
        };
        let module = self.add_module(ModuleData {
            name: item.name,
            parent: Some(parent),
            is_block: false,
            file,
            items: FxHashMap::default(),
            imports: Vec::new(),
            named: FxHashMap::default(),
            globs: Vec::new(),
            textual: textual.clone(),
            in_test,
            generics: None,
            place,
            trait_index: OnceLock::new(),
        });
        self.declare(parent, item.name, Ns::Types, Def::Module(self.module_id(module)), vis, in_test);
        let mut inner = textual.clone();
        let items = inline.unwrap_or(&file_ir.root);
        self.items(module, file, items, &mut inner, in_test);
        if item.attrs.has("macro_use") {
            *textual = inner.clone();
        }
        self.defs.modules[module as usize].textual = inner;
    }

    fn open_module(
        &mut self,
        place: &ModulePlace,
        name: Name,
        path_attr: Option<&str>,
        loc: ItemLoc,
        span: Span,
    ) -> Option<(u32, ModulePlace)> {
        let inline: Vec<InlineModule<'_>> = place
            .inline
            .iter()
            .map(|(name, path)| InlineModule { name: name.as_str(), path_attr: path.as_deref() })
            .collect();
        let candidates = module_candidates(&place.file_path, place.is_mod_rs, &inline, name.as_str(), path_attr);
        let signatures_only = self.defs.origin != CrateOrigin::Workspace;
        for path in &candidates {
            if !self.world.sources().exists(path) {
                continue;
            }
            // A file that declares itself as its own module would recurse for ever.
            if self.defs.files.len() > 50_000 {
                return None;
            }
            let Some(source) = self.world.sources().file(path, signatures_only) else { continue };
            let is_mod_rs = path_attr.is_some() || path.file_name().is_some_and(|f| f == "mod.rs");
            let file = self.add_file(path.clone(), source);
            return Some((file, ModulePlace { file_path: path.clone(), is_mod_rs, inline: Vec::new() }));
        }
        if self.defs.files[loc.file as usize].depth == 0 && self.defs.origin == CrateOrigin::Workspace {
            let file = self.defs.files[loc.file as usize].file;
            let wanted = candidates.first().map(|p| p.display().to_string()).unwrap_or_default();
            let message = format!("file not found for module `{name}`: expected it at `{wanted}`").into();
            self.defs.problems.push((file, Problem { span, message }));
        }
        None
    }

    fn import(&mut self, module: u32, import: &toecap_ir::Import, vis: Vis) {
        let (glob, only_type, alias) = match import.kind {
            ImportKind::Named { alias, only_type } => (false, only_type, Some(alias)),
            ImportKind::Glob => (true, false, None),
        };
        let data = ImportData { global: import.global, path: import.path.clone(), vis, only_type, glob };
        self.add_import(module, alias, data);
    }

    fn add_import(&mut self, module: u32, alias: Option<Name>, data: ImportData) {
        let module = &mut self.defs.modules[module as usize];
        let index = module.imports.len() as u32;
        match alias {
            Some(alias) => module.named.entry(alias).or_default().push(index),
            None => module.globs.push(index),
        }
        module.imports.push(data);
    }

    fn extern_crate(&mut self, module: u32, alias: Name, krate: Name, vis: Vis) {
        if alias == sym::UNDERSCORE {
            return;
        }
        let (global, path) = if krate == sym::SELF_VALUE { (false, sym::CRATE) } else { (true, krate) };
        let data = ImportData { global, path: Box::new([path]), vis, only_type: true, glob: false };
        self.add_import(module, Some(alias), data);
    }

    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own about the function")]
    fn function(
        &mut self,
        module: u32,
        loc: ItemLoc,
        item: &FnItem,
        container: Container,
        parent: Option<GenericsId>,
        textual: &Textual,
        in_test: bool,
    ) -> FnId {
        let id = FnId { krate: self.id(), index: self.defs.fns.len() as u32 };
        let mut params = written_params(&item.generics);
        let mut count = 0;
        for ty in &item.params {
            count_impl_traits(ty, &mut count);
        }
        params.extend((0..count).map(|n| ParamData { name: sym::EMPTY, kind: ParamKind::ImplTrait(n) }));
        let generics = self.add_generics(parent, GenericsOwner::Fn(id), module, loc, params);
        let ir = self.defs.files[loc.file as usize].ir.clone();
        let data = &ir.items[loc.item];
        let in_test = in_test || is_test_attr(&data.attrs);
        self.defs.fns.push(FnData {
            name: data.name,
            module: self.module_id(module),
            container,
            generics,
            loc,
            in_test,
            sig: OnceLock::new(),
        });
        if let BodySource::Lowered(body) = item.body {
            self.block_items(module, loc.file, body, Some(generics), textual, in_test);
        }
        id
    }

    /// Scopes for the blocks of a body that declare items.
    fn block_items(
        &mut self,
        module: u32,
        file: u32,
        body: BodyId,
        generics: Option<GenericsId>,
        textual: &Textual,
        in_test: bool,
    ) {
        let ir = self.defs.files[file as usize].ir.clone();
        let data = &ir.bodies[body];
        let mut blocks: Vec<(Span, ExprId)> = data
            .exprs
            .iter()
            .filter(|(_, e)| matches!(e, Expr::Block(b) if !b.items.is_empty()))
            .map(|(id, _)| (data.span(id), id))
            .collect();
        if blocks.is_empty() {
            return;
        }
        // Outer blocks first, so that an inner one finds its parent's scope.
        blocks.sort_by_key(|(span, _)| (span.lo(), std::cmp::Reverse(span.hi())));
        let mut open: Vec<(Span, u32, Textual)> = Vec::new();
        for (span, expr) in blocks {
            open.retain(|(outer, ..)| outer.contains(span));
            let (parent, outer) = open.last().map_or((module, textual.clone()), |(_, m, t)| (*m, t.clone()));
            let place = self.defs.modules[parent as usize].place.clone();
            let block = self.add_module(ModuleData {
                name: sym::EMPTY,
                parent: Some(parent),
                is_block: true,
                file,
                items: FxHashMap::default(),
                imports: Vec::new(),
                named: FxHashMap::default(),
                globs: Vec::new(),
                textual: outer.clone(),
                in_test,
                generics,
                place,
                trait_index: OnceLock::new(),
            });
            self.defs.block_modules.insert((file, body, expr), self.module_id(block));
            let mut inner = outer;
            if let Expr::Block(b) = &data[expr] {
                self.items(block, file, &b.items, &mut inner, in_test);
            }
            self.defs.modules[block as usize].textual = inner.clone();
            open.push((span, block, inner));
        }
    }

    fn add_generics(
        &mut self,
        parent: Option<GenericsId>,
        owner: GenericsOwner,
        module: u32,
        loc: ItemLoc,
        params: Vec<ParamData>,
    ) -> GenericsId {
        let id = GenericsId { krate: self.id(), index: self.defs.generics.len() as u32 };
        let module = self.module_id(module);
        self.defs.generics.push(GenericsData { parent, owner, module, loc, params, predicates: OnceLock::new() });
        id
    }

    fn adt(&mut self, module: u32, loc: ItemLoc, adt: &Adt, is_enum: bool, vis: Vis, in_test: bool) {
        let id = AdtId { krate: self.id(), index: self.defs.adts.len() as u32 };
        let parent = self.defs.modules[module as usize].generics;
        let generics = self.add_generics(parent, GenericsOwner::Adt(id), module, loc, written_params(&adt.generics));
        let variants: Vec<VariantData> = adt
            .variants
            .iter()
            .enumerate()
            .filter(|(_, v)| self.truth(&v.attrs) != CfgTruth::False)
            .map(|(i, v)| self.variant(i as u32, v))
            .collect();
        let ir = self.defs.files[loc.file as usize].ir.clone();
        let item = &ir.items[loc.item];
        let is_ctor = !is_enum && variants.first().is_some_and(|v| v.kind != VariantKind::Record);
        self.defs.adts.push(AdtData {
            name: item.name,
            module: self.module_id(module),
            generics,
            loc,
            is_enum,
            variants,
            field_tys: OnceLock::new(),
        });
        self.declare(module, item.name, Ns::Types, Def::Adt(id), vis, in_test);
        if is_ctor {
            self.declare(module, item.name, Ns::Values, Def::Adt(id), vis, in_test);
        }
        self.derives(module, id, generics, &item.attrs);
        if let Some(made) = projections(item, adt, is_enum) {
            let from = &self.defs.files[loc.file as usize];
            let made = DefFile {
                file: from.file,
                ir: Arc::new(made),
                source: from.source.clone(),
                depth: from.depth + 1,
                folder: from.folder.clone(),
            };
            let root = made.ir.root.clone();
            self.defs.files.push(made);
            let file = self.defs.files.len() as u32 - 1;
            self.items(module, file, &root, &mut Textual::default(), in_test);
        }
    }

    fn variant(&self, index: u32, variant: &Variant) -> VariantData {
        let fields = variant
            .fields
            .iter()
            .enumerate()
            .filter(|(_, f)| self.truth(&f.attrs) != CfgTruth::False)
            .map(|(i, _)| i as u32)
            .collect();
        VariantData { name: variant.name, kind: variant.kind, index, fields }
    }

    fn derives(&mut self, module: u32, adt: AdtId, generics: GenericsId, attrs: &Attrs) {
        let names: Vec<Name> = attrs
            .named("derive")
            .filter(|a| a.condition.as_deref().is_none_or(|c| self.world.cfg_truth(self.id(), c) != CfgTruth::False))
            .flat_map(|a| a.text.split(',').map(|p| p.rsplit("::").next().unwrap_or(p).trim().to_owned()))
            .filter(|n| !n.is_empty())
            .map(|n| Name::new(&n))
            .collect();
        for name in names {
            for &derive in derived_traits(name) {
                self.push_impl(module, generics, ImplSource::Derive(adt, derive));
            }
            if derived_traits(name).is_empty() {
                self.push_impl(module, generics, ImplSource::Derive(adt, Derive::Named(name)));
            }
        }
    }

    fn push_impl(&mut self, module: u32, generics: GenericsId, source: ImplSource) -> ImplId {
        let id = ImplId { krate: self.id(), index: self.defs.impls.len() as u32 };
        self.defs.impls.push(ImplData {
            module: self.module_id(module),
            generics,
            source,
            fns: FxHashMap::default(),
            assocs: FxHashMap::default(),
            consts: FxHashMap::default(),
            header: OnceLock::new(),
        });
        id
    }

    fn trait_(&mut self, module: u32, loc: ItemLoc, item: &TraitItem, vis: Vis, textual: &Textual, in_test: bool) {
        let id = TraitId { krate: self.id(), index: self.defs.traits.len() as u32 };
        let mut params = vec![ParamData { name: sym::SELF_TYPE, kind: ParamKind::SelfType }];
        params.extend(written_params(&item.generics));
        let parent = self.defs.modules[module as usize].generics;
        let generics = self.add_generics(parent, GenericsOwner::Trait(id), module, loc, params);
        let name = self.defs.item(loc).name;
        self.defs.traits.push(TraitData {
            name,
            module: self.module_id(module),
            generics,
            loc,
            fns: FxHashMap::default(),
            assocs: FxHashMap::default(),
            consts: FxHashMap::default(),
            supers: OnceLock::new(),
            super_ids: OnceLock::new(),
        });
        self.declare(module, name, Ns::Types, Def::Trait(id), vis, in_test);
        self.trait_items(module, id, loc.file, &item.items, textual, in_test);
    }

    fn trait_items(&mut self, module: u32, id: TraitId, file: u32, items: &[ItemId], textual: &Textual, in_test: bool) {
        let ir = self.defs.files[file as usize].ir.clone();
        let generics = self.defs.traits[id.index as usize].generics;
        for item_id in items {
            let item = &ir.items[*item_id];
            let Some(in_test) = self.active(&item.attrs, in_test) else { continue };
            let loc = ItemLoc { file, item: *item_id };
            match &item.kind {
                ItemKind::Fn(f) => {
                    let f = self.function(module, loc, f, Container::Trait(id), Some(generics), textual, in_test);
                    self.defs.traits[id.index as usize].fns.entry(item.name).or_insert(f);
                }
                ItemKind::TypeAlias(alias) => {
                    let assoc = AssocId { krate: self.id(), index: self.defs.assocs.len() as u32 };
                    let params = written_params(&alias.generics);
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
                    self.item_macro(module, loc, call, &mut scope, Into::Trait(id), in_test, true);
                }
                _ => {}
            }
        }
    }

    fn impl_(&mut self, module: u32, loc: ItemLoc, item: &ImplItem, textual: &Textual, in_test: bool) {
        if item.negative {
            return;
        }
        let next = ImplId { krate: self.id(), index: self.defs.impls.len() as u32 };
        let parent = self.defs.modules[module as usize].generics;
        let generics =
            self.add_generics(parent, GenericsOwner::Impl(next), module, loc, written_params(&item.generics));
        let id = self.push_impl(module, generics, ImplSource::Item(loc));
        self.impl_items(module, id, loc.file, &item.items, textual, in_test);
    }

    fn impl_items(&mut self, module: u32, id: ImplId, file: u32, items: &[ItemId], textual: &Textual, in_test: bool) {
        let ir = self.defs.files[file as usize].ir.clone();
        let generics = self.defs.impls[id.index as usize].generics;
        for item_id in items {
            let item = &ir.items[*item_id];
            let Some(in_test) = self.active(&item.attrs, in_test) else { continue };
            let loc = ItemLoc { file, item: *item_id };
            match &item.kind {
                ItemKind::Fn(f) => {
                    let f = self.function(module, loc, f, Container::Impl(id), Some(generics), textual, in_test);
                    self.defs.impls[id.index as usize].fns.entry(item.name).or_insert(f);
                }
                ItemKind::TypeAlias(alias) => {
                    let alias = self.alias(module, loc, &alias.generics, Some(generics));
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
                    self.item_macro(module, loc, call, &mut scope, Into::Impl(id), in_test, true);
                }
                _ => {}
            }
        }
    }

    fn alias(&mut self, module: u32, loc: ItemLoc, generics: &Generics, parent: Option<GenericsId>) -> AliasId {
        let id = AliasId { krate: self.id(), index: self.defs.aliases.len() as u32 };
        let parent = parent.or(self.defs.modules[module as usize].generics);
        let generics = self.add_generics(parent, GenericsOwner::Alias(id), module, loc, written_params(generics));
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

    fn push_const(&mut self, module: u32, loc: ItemLoc, is_static: bool, generics: Option<GenericsId>) -> ConstId {
        let id = ConstId { krate: self.id(), index: self.defs.consts.len() as u32 };
        let name = self.defs.item(loc).name;
        let generics = generics.or(self.defs.modules[module as usize].generics);
        let module = self.module_id(module);
        self.defs.consts.push(ConstData { name, module, generics, loc, is_static, ty: OnceLock::new() });
        id
    }

    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own about the constant")]
    fn constant(
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

    fn macro_def(&mut self, module: u32, loc: ItemLoc, vis: Vis, textual: &mut Textual) {
        let id = MacroId { krate: self.id(), index: self.defs.macros.len() as u32 };
        let (name, exported, is_rules) = {
            let item = self.defs.item(loc);
            let is_rules = matches!(&item.kind, ItemKind::MacroDef(def) if def.kind == toecap_ir::MacroDefKind::Rules);
            (item.name, item.attrs.has("macro_export"), is_rules)
        };
        self.defs.macros.push(MacroData { name, module: self.module_id(module), loc });
        if !is_rules {
            self.declare(module, name, Ns::Macros, Def::Macro(id), vis, false);
            return;
        }
        Arc::make_mut(textual).insert(name, id);
        if exported {
            self.defs.macro_exports.insert(name, id);
            self.declare(0, name, Ns::Macros, Def::Macro(id), Vis::Public, false);
        }
        // `pub(crate) use name;` finds it through the textual scope.
        Arc::make_mut(&mut self.defs.modules[module as usize].textual).insert(name, id);
    }

    /// Expands a macro call in item position; false when its macro is not known (yet).
    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own about the call")]
    fn item_macro(
        &mut self,
        module: u32,
        loc: ItemLoc,
        call: &MacroCall,
        textual: &mut Textual,
        into: Into,
        in_test: bool,
        last: bool,
    ) -> bool {
        let depth = self.defs.files[loc.file as usize].depth;
        if depth >= MAX_EXPANSION_DEPTH || self.expanded_bytes > MAX_EXPANDED_BYTES {
            return true;
        }
        if let Some(text) = self.builtin_items(loc, call) {
            self.collect_expansion(module, loc, text, textual, into, in_test);
            return true;
        }
        if self.include(module, loc, call, textual, in_test) {
            return true;
        }
        let names: Vec<Name> = call.path.names().collect();
        let found = {
            let resolver = Names::building(self.world, &self.defs);
            resolver.find_macro(self.module_id(module), Some(textual), &names, call.path.global)
        };
        let Some(found) = found else { return last };
        let Some(text) = self.expand(found, loc, call) else { return true };
        self.collect_expansion(module, loc, text, textual, into, in_test);
        true
    }

    fn expand(&mut self, id: MacroId, loc: ItemLoc, call: &MacroCall) -> Option<SourceText> {
        let source = self.defs.files[loc.file as usize].source.clone();
        let span = self.outer_call(loc, call.span);
        let input = MacroInput { source: &source, args: call.args, delimiter: call.delimiter, call: span };
        let own = id.krate == self.id();
        let text = if own {
            expand_with(self.world, &self.defs, id, &input)
        } else {
            expand_with(self.world, self.world.krate(id.krate)?, id, &input)
        }?;
        self.expanded_bytes += text.text.len();
        Some(text)
    }

    fn outer_call(&self, loc: ItemLoc, span: Span) -> Span {
        match &self.defs.files[loc.file as usize].source.origin {
            Some(origin) => origin.call,
            None => span,
        }
    }

    fn collect_expansion(
        &mut self,
        module: u32,
        loc: ItemLoc,
        text: SourceText,
        textual: &mut Textual,
        into: Into,
        in_test: bool,
    ) {
        let container = match into {
            Into::Module => toecap_ir::Container::Module,
            Into::Impl(_) => toecap_ir::Container::Impl,
            Into::Trait(_) => toecap_ir::Container::Trait,
        };
        let bodies = match self.defs.origin {
            CrateOrigin::Workspace => toecap_ir::FnBodies::Lowered,
            CrateOrigin::Dependency | CrateOrigin::Std => toecap_ir::FnBodies::Skipped,
        };
        let from = &self.defs.files[loc.file as usize];
        let ir = self.world.sources().expansion(from.file, &text, container, bodies, self.world.syntax());
        let expansion = DefFile {
            file: from.file,
            ir: ir.clone(),
            source: text,
            depth: from.depth + 1,
            folder: from.folder.clone(),
        };
        self.defs.files.push(expansion);
        let file = self.defs.files.len() as u32 - 1;
        match into {
            Into::Module => self.items(module, file, &ir.root, textual, in_test),
            Into::Impl(id) => self.impl_items(module, id, file, &ir.root, textual, in_test),
            Into::Trait(id) => self.trait_items(module, id, file, &ir.root, textual, in_test),
        }
    }

    /// Items that std's own macros of these names make, without going through their internals.
    fn builtin_items(&self, loc: ItemLoc, call: &MacroCall) -> Option<SourceText> {
        let name = call.path.last_name()?;
        let source = &self.defs.files[loc.file as usize].source;
        let args = source.text.get(call.args.0 as usize..call.args.1 as usize)?;
        let text = match name.as_str() {
            "thread_local" => statics(args, "::std::thread::LocalKey<", ">"),
            "lazy_static" => statics(args, "", ""),
            "pin_project" if call.path.segments.len() <= 2 => with_commas(args),
            "bitflags" => crate::bitflags::items(args),
            // `trait_set! { trait A = B + C; }`
            "trait_set" => args.to_owned(),
            "cfg_select" | "compile_error" | "global_asm" => String::new(),
            _ => return None,
        };
        let call = self.outer_call(loc, call.span);
        let origin = toecap_ir::Origin { tokens: Vec::new(), call };
        Some(SourceText { text: text.into(), origin: Some(Arc::new(origin)) })
    }

    /// `include!("x.rs")`, `include!(concat!(env!("OUT_DIR"), "/x.rs"))`
    fn include(&mut self, module: u32, loc: ItemLoc, call: &MacroCall, textual: &mut Textual, in_test: bool) -> bool {
        if call.path.last_name().is_none_or(|n| n != "include") {
            return false;
        }
        let from = &self.defs.files[loc.file as usize];
        let Some(args) = from.source.text.get(call.args.0 as usize..call.args.1 as usize) else { return true };
        let input = self.world.input(self.id());
        let Some(path) = include_path(args, &from.folder, input.out_dir.as_deref()) else { return true };
        let signatures_only = self.defs.origin != CrateOrigin::Workspace;
        let Some(source) = self.world.sources().file(&path, signatures_only) else { return true };
        let ir = source.ir.clone();
        let file = self.add_file(path, source);
        self.defs.files[file as usize].depth = 1;
        self.items(module, file, &ir.root, textual, in_test);
        true
    }

    fn finish_pending(&mut self) {
        for round in 0..MACRO_ROUNDS {
            let pending = std::mem::take(&mut self.pending);
            if pending.is_empty() {
                return;
            }
            let before = pending.len();
            for mut p in pending {
                let ir = self.defs.files[p.file as usize].ir.clone();
                let ItemKind::MacroCall(call) = &ir.items[p.item].kind else { continue };
                let loc = ItemLoc { file: p.file, item: p.item };
                let last = round + 1 == MACRO_ROUNDS;
                if !self.item_macro(p.module, loc, call, &mut p.textual, p.into, p.in_test, last) {
                    self.pending.push(p);
                }
            }
            if self.pending.len() == before {
                return;
            }
        }
    }

    fn index_impls(&mut self) {
        let mut index: FxHashMap<(Name, Shape), Vec<ImplId>> = FxHashMap::default();
        for i in 0..self.defs.impls.len() {
            let id = ImplId { krate: self.id(), index: i as u32 };
            let (traits, shapes) = self.impl_keys(&self.defs.impls[i]);
            for tr in &traits {
                for shape in &shapes {
                    index.entry((*tr, *shape)).or_default().push(id);
                }
            }
        }
        self.defs.impls_by_name.by_shape = index;
    }

    /// Under which trait names and shapes an impl can be found: what is written and, where that is an alias made by
    /// `use a::B as C`, what it is renamed from.
    fn impl_keys(&self, data: &ImplData) -> (Vec<Name>, Vec<Shape>) {
        match data.source {
            ImplSource::Derive(adt, derive) => {
                let name = self.defs.adts[adt.index as usize].name;
                let tr = match derive {
                    Derive::Core(path) => Name::new(path.last().copied().unwrap_or_default()),
                    Derive::Named(name) => name,
                };
                (vec![tr], vec![Shape::Named(name)])
            }
            ImplSource::Item(loc) => {
                let ItemKind::Impl(item) = &self.defs.item(loc).kind else { return (Vec::new(), Vec::new()) };
                let module = data.module.index;
                let traits = match &item.trait_ref {
                    None => vec![sym::EMPTY],
                    Some(path) => self.with_renames(module, path.last_name().unwrap_or(sym::EMPTY)),
                };
                let shapes = match self.written_shape(&item.self_ty, &item.generics) {
                    Shape::Named(name) => {
                        if self.is_alias(module, name) {
                            vec![Shape::Any]
                        } else {
                            self.with_renames(module, name).into_iter().map(Shape::Named).collect()
                        }
                    }
                    other => vec![other],
                };
                (traits, shapes)
            }
        }
    }

    fn is_alias(&self, module: u32, name: Name) -> bool {
        let mut at = Some(module);
        while let Some(m) = at {
            let data = &self.defs.modules[m as usize];
            match data.items.get(&(name, Ns::Types)) {
                Some((Def::Alias(_), _)) => return true,
                Some(_) => return false,
                None => {}
            }
            at = data.parent.filter(|_| data.is_block);
        }
        // An alias that is imported: anything of this name that some module of the crate declares as alias.
        self.defs
            .aliases
            .iter()
            .any(|a| a.name == name && self.defs.generics[a.generics.index as usize].parent.is_none())
    }

    fn with_renames(&self, module: u32, name: Name) -> Vec<Name> {
        let mut names = vec![name];
        let mut at = Some(module);
        while let Some(m) = at {
            let data = &self.defs.modules[m as usize];
            for import in data.named.get(&name).into_iter().flatten() {
                if let Some(&last) = data.imports[*import as usize].path.last()
                    && !names.contains(&last)
                {
                    names.push(last);
                }
            }
            at = data.parent.filter(|_| data.is_block);
        }
        names
    }

    fn written_shape(&self, ty: &TypeRef, generics: &Generics) -> Shape {
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

/// Expands the call of a macro that `defs` defines.
pub(crate) fn expand_with(
    world: &World<'_>,
    defs: &CrateDefs,
    id: MacroId,
    input: &MacroInput<'_>,
) -> Option<SourceText> {
    let data = defs.macros.get(id.index as usize)?;
    let item = defs.item(data.loc);
    let ItemKind::MacroDef(def) = &item.kind else { return None };
    let rules = MacroRules {
        source: &defs.files[data.loc.file as usize].source,
        rules: def.rules,
        kind: def.kind,
        crate_number: defs.id.0,
        local_inner_macros: item.attrs.named("macro_export").any(|a| a.text.contains("local_inner_macros")),
    };
    world.syntax().expand(&rules, input)
}

fn written_params(generics: &Generics) -> Vec<ParamData> {
    generics
        .params
        .iter()
        .enumerate()
        .map(|(i, p)| ParamData {
            name: p.name,
            kind: match p.kind {
                GenericParamKind::Type { .. } => ParamKind::Type(i as u32),
                GenericParamKind::Const { .. } => ParamKind::Const(i as u32),
            },
        })
        .collect()
}

/// Counts `impl Trait`s in a parameter type, outermost first.
fn count_impl_traits(ty: &TypeRef, count: &mut u32) {
    match ty {
        TypeRef::ImplTrait(bounds) => {
            *count += 1;
            for bound in bounds {
                bound.path.segments.iter().for_each(|s| count_in_args(s.args.as_deref(), count));
            }
        }
        TypeRef::Path(path) => path.segments.iter().for_each(|s| count_in_args(s.args.as_deref(), count)),
        TypeRef::Ref(inner, _) | TypeRef::Ptr(inner, _) | TypeRef::Slice(inner) | TypeRef::Array(inner, _) => {
            count_impl_traits(inner, count);
        }
        TypeRef::Tuple(parts) => parts.iter().for_each(|t| count_impl_traits(t, count)),
        TypeRef::FnPtr(_)
        | TypeRef::DynTrait(_)
        | TypeRef::Never
        | TypeRef::Infer
        | TypeRef::Macro(_)
        | TypeRef::Opaque => {}
    }
}

fn count_in_args(args: Option<&toecap_ir::GenericArgs>, count: &mut u32) {
    let Some(args) = args else { return };
    for arg in &args.args {
        if let GenericArg::Type(ty) = arg {
            count_impl_traits(ty, count);
        }
    }
    for assoc in &args.assoc {
        if let Some(ty) = &assoc.ty {
            count_impl_traits(ty, count);
        }
    }
}

/// `cfg(test)` must hold for the predicate to hold.
fn needs_test(cfg: &CfgExpr) -> bool {
    match cfg {
        CfgExpr::Flag(flag) => *flag == sym::TEST,
        CfgExpr::All(parts) => parts.iter().any(needs_test),
        CfgExpr::Any(parts) => !parts.is_empty() && parts.iter().all(needs_test),
        CfgExpr::KeyValue(..) | CfgExpr::Not(_) | CfgExpr::Const(_) | CfgExpr::Unknown => false,
    }
}

/// `#[test]`, `#[tokio::test]`, `#[rstest]`, `#[bench]` …
fn is_test_attr(attrs: &Attrs) -> bool {
    attrs.list.iter().any(|a| {
        a.path.last().is_some_and(|n| {
            matches!(n.as_str(), "test" | "bench" | "rstest" | "test_case" | "proptest" | "quickcheck" | "test_log")
                || n.as_str().ends_with("_test")
        })
    })
}

/// The traits that a derive of this name implements; empty when only the derive's own name is known.
fn derived_traits(name: Name) -> &'static [Derive] {
    match name.as_str() {
        "Clone" => &[Derive::Core(&["clone", "Clone"])],
        "Copy" => &[Derive::Core(&["marker", "Copy"])],
        "Debug" => &[Derive::Core(&["fmt", "Debug"])],
        "Default" => &[Derive::Core(&["default", "Default"])],
        "Hash" => &[Derive::Core(&["hash", "Hash"])],
        "PartialEq" => &[Derive::Core(&["cmp", "PartialEq"])],
        "Eq" => &[Derive::Core(&["cmp", "Eq"])],
        "PartialOrd" => &[Derive::Core(&["cmp", "PartialOrd"])],
        "Ord" => &[Derive::Core(&["cmp", "Ord"])],
        "Error" | "Snafu" => &[Derive::Core(&["error", "Error"]), Derive::Core(&["fmt", "Display"])],
        "Display" => &[Derive::Core(&["fmt", "Display"])],
        _ => &[],
    }
}

/// `static [ref] NAME: Ty = init;` lists, as plain statics whose types stand between `before` and `after`.
fn statics(args: &str, before: &str, after: &str) -> String {
    let mut out = String::new();
    let mut rest = args;
    while let Some(at) = find_word(rest, "static") {
        rest = rest[at + "static".len()..].trim_start();
        if let Some(more) = rest.strip_prefix("ref ") {
            rest = more.trim_start();
        }
        let Some(colon) = rest.find(':') else { break };
        let name = rest[..colon].trim();
        rest = &rest[colon + 1..];
        let Some(equals) = top_level_equals(rest) else { break };
        let ty = rest[..equals].trim();
        if name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            out.push_str(&format!("pub static {name}: {before}{ty}{after} = loop {{}};\n"));
        }
        rest = &rest[equals + 1..];
    }
    out
}

/// `pin_project!` takes `struct S<'a T>`, which other macros make, for `struct S<'a, T>`.
fn with_commas(args: &str) -> String {
    let (head, body) = args.split_at(args.find('{').unwrap_or(args.len()));
    let mut out = String::with_capacity(args.len());
    let mut rest = head;
    while let Some(at) = rest.find('\'') {
        let (before, lifetime) = rest.split_at(at);
        let end = lifetime[1..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(lifetime.len(), |end| end + 1);
        let (name, after) = lifetime.split_at(end);
        out.push_str(before);
        out.push_str(name);
        if before.trim_end().ends_with(['<', ',']) && after.trim_start().starts_with(|c: char| c.is_alphabetic()) {
            out.push(',');
        }
        rest = after;
    }
    out + rest + body
}

fn find_word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let boundary = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '\'');
        boundary(text[..at].chars().next_back()) && boundary(text[at + word.len()..].chars().next())
    })
}

fn top_level_equals(text: &str) -> Option<usize> {
    let mut depth = 0i32;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' if previous != '-' => depth -= 1,
            ')' | ']' => depth -= 1,
            '=' if depth <= 0 => return Some(at),
            _ => {}
        }
        previous = c;
    }
    None
}

fn include_path(args: &str, folder: &std::path::Path, out_dir: Option<&std::path::Path>) -> Option<PathBuf> {
    let args = args.trim().trim_end_matches(',');
    if let Some(literal) = args.strip_prefix('"') {
        return Some(folder.join(literal.strip_suffix('"')?));
    }
    let inner = args.strip_prefix("concat!")?.trim().strip_prefix('(')?.strip_suffix(')')?;
    let mut parts = inner.split(',').map(str::trim).filter(|p| !p.is_empty());
    if !parts.next()?.replace(' ', "").starts_with("env!(\"OUT_DIR\")") {
        return None;
    }
    let mut path = out_dir?.to_string_lossy().into_owned();
    for part in parts {
        path.push_str(part.strip_prefix('"')?.strip_suffix('"')?);
    }
    Some(PathBuf::from(path))
}
