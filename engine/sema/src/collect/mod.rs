//! Collects what a crate defines: follows `mod` declarations, evaluates cfg, expands macros in item position.
//!
//! ```text
//! cfg_net! { pub mod net; }      // expanded, then `net.rs` is read
//! #[cfg(test)] mod tests;        // collected and marked as test code
//! ```

mod builtin;
mod functions;
mod index;
mod macros;
mod made;
mod members;
mod modules;
mod shrink;
mod types;
mod written;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{Attrs, CfgExpr, CfgTruth, Item, ItemId, ItemKind, Name, ParamHead, SourceText, Visibility, sym};

use crate::memo::Memo;
use crate::{
    Container, CrateDefs, CrateId, CrateOrigin, Def, DefFile, GenericsData, GenericsId, GenericsOwner, ImplData,
    ImplId, ImplSource, ItemLoc, MacroId, ModuleData, ModuleId, ModulePlace, Ns, ParamData, ParamKind, Rows,
    SourceFile, TargetKind, TraitId, Vis, World,
};

/// Expansions in expansions stop here.
const MAX_EXPANSION_DEPTH: u32 = 64;
/// Total text that macros in item position may produce in one crate, in bytes.
const MAX_EXPANDED_BYTES: usize = 48 << 20;
/// Of that, what expansions this deep in expansions may produce: a macro that recurses without end is deep and large.
const DEEP: (u32, usize) = (9, 2 << 20);
/// How often unresolved macro calls are tried again.
const MACRO_ROUNDS: usize = 8;

pub(crate) use made::Made;

type Textual = Arc<FxHashMap<Name, MacroId>>;

/// Where a macro call between items stands.
#[derive(Clone, Copy)]
struct Site {
    module: u32,
    loc: ItemLoc,
    into: Into,
    in_test: bool,
}

/// A call whose macro is not known yet.
struct Pending {
    site: Site,
    textual: Textual,
    doubtful: bool,
}

/// Where expanded items go.
#[derive(Clone, Copy)]
enum Into {
    Module,
    Impl(ImplId),
    Trait(TraitId),
}

impl Into {
    fn container(self) -> toecap_ir::Container {
        match self {
            Into::Module => toecap_ir::Container::Module,
            Into::Impl(_) => toecap_ir::Container::Impl,
            Into::Trait(_) => toecap_ir::Container::Trait,
        }
    }
}

struct Collector<'w> {
    world: &'w World<'w>,
    defs: CrateDefs,
    pending: Vec<Pending>,
    expanded_bytes: usize,
    deep_bytes: usize,
    /// What is being collected is there only if a build script sets a flag.
    doubtful: bool,
    doubtful_names: FxHashSet<(u32, Name, Ns)>,
    doubtful_fns: FxHashSet<u32>,
    /// Files that `include!` is reading, of which none is read inside of itself.
    including: Vec<PathBuf>,
    /// Crates of `#[macro_use] extern crate`.
    macro_use: Vec<CrateId>,
    /// Macros that may have a template.
    calls: Vec<written::Call>,
    /// Bodies that may hold calls that make items.
    bodies: Vec<made::Calls>,
    makers: made::Makers,
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
            is_proc_macro: input.is_proc_macro,
            target: input.kind,
            files: Vec::new(),
            modules: Rows::default(),
            fns: Rows::default(),
            adts: Rows::default(),
            traits: Vec::new(),
            impls: Rows::default(),
            aliases: Rows::default(),
            assocs: Vec::new(),
            consts: Rows::default(),
            macros: Vec::new(),
            generics: Rows::default(),
            macro_exports: FxHashMap::default(),
            block_modules: FxHashMap::default(),
            made: FxHashMap::default(),
            problems: Vec::new(),
            macros_given_up: 0,
            declared: OnceLock::new(),
            impls_by_name: crate::ImplNames::default(),
            scope_cache: Memo::default(),
        },
        pending: Vec::new(),
        expanded_bytes: 0,
        deep_bytes: 0,
        doubtful: false,
        doubtful_names: FxHashSet::default(),
        doubtful_fns: FxHashSet::default(),
        including: Vec::new(),
        macro_use: Vec::new(),
        calls: Vec::new(),
        bodies: Vec::new(),
        makers: made::Makers::default(),
    };
    collector.root(&input.root.clone(), root);
    collector.finish_pending();
    collector.finish_bodies();
    collector.index_impls();
    collector.defs.shrink();
    Some(collector.defs)
}

impl<'w> Collector<'w> {
    fn id(&self) -> CrateId {
        self.defs.id
    }

    fn root(&mut self, path: &std::path::Path, source: SourceFile) {
        let target = self.defs.target;
        let in_test = !matches!(target, TargetKind::Lib | TargetKind::Bin);
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
            traits: OnceLock::new(),
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
            let is_usual = !self.doubtful && self.doubtful_names.contains(&(module, name, ns));
            if !is_usual && (in_test || data.in_test || !self.defs_in_test(*old)) {
                return;
            }
        }
        match self.doubtful {
            true => self.doubtful_names.insert((module, name, ns)),
            false => self.doubtful_names.remove(&(module, name, ns)),
        };
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
        let outer = self.doubtful;
        self.doubtful |= self.is_doubtful(&item.attrs);
        self.active_item(module, ItemLoc { file, item: id }, item, textual, in_test);
        self.doubtful = outer;
    }

    fn is_doubtful(&self, attrs: &Attrs) -> bool {
        attrs.cfg.as_deref().is_some_and(|cfg| self.world.is_doubtful(self.id(), cfg))
    }

    fn active_item(&mut self, module: u32, loc: ItemLoc, item: &Item, textual: &mut Textual, in_test: bool) {
        let file = loc.file;
        let vis = self.vis(module, &item.vis);
        let name = item.name;
        self.note_attributes(module, loc, &item.attrs, in_test);
        match &item.kind {
            ItemKind::Mod { items } => self.module(module, loc, items.as_deref(), vis, textual, in_test),
            ItemKind::Use(imports) => imports.iter().for_each(|import| self.import(module, import, vis)),
            ItemKind::ExternCrate { krate } => self.extern_crate(module, name, *krate, vis),
            ItemKind::Fn(f) => {
                let parent = self.defs.modules[module as usize].generics;
                let id = self.function(module, loc, f, Container::Module, parent, textual, in_test);
                self.declare(module, name, Ns::Values, Def::Fn(id), vis, in_test);
                self.proc_macros(loc, item);
            }
            ItemKind::Struct(adt) | ItemKind::Union(adt) => self.adt(module, loc, adt, false, vis, in_test),
            ItemKind::Enum(adt) => self.adt(module, loc, adt, true, vis, in_test),
            ItemKind::Trait(t) | ItemKind::TraitAlias(t) => self.trait_(module, loc, t, vis, textual, in_test),
            ItemKind::Impl(i) => self.impl_(module, loc, &i.head(), textual, in_test),
            ItemKind::TypeAlias(alias) => {
                let id = self.alias(module, loc, alias, None);
                self.declare(module, name, Ns::Types, Def::Alias(id), vis, in_test);
            }
            ItemKind::Const { body, .. } => self.constant(module, loc, false, *body, textual, vis, in_test),
            ItemKind::Static { body, .. } => self.constant(module, loc, true, *body, textual, vis, in_test),
            ItemKind::ForeignMod(items) => self.items(module, file, items, textual, in_test),
            ItemKind::MacroDef(_) => self.macro_def(module, loc, vis, textual),
            ItemKind::MacroCall(call) => {
                self.item_macro_or_later(Site { module, loc, into: Into::Module, in_test }, call, textual);
            }
            ItemKind::Opaque => {}
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
        let (params, predicates) = (params.into(), OnceLock::new());
        self.defs.generics.push(GenericsData { parent, owner, module, loc, params, predicates });
        id
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
            doubtful: self.doubtful,
            self_ty: OnceLock::new(),
            header: OnceLock::new(),
        });
        id
    }
}

fn written_params(params: &[ParamHead]) -> Vec<ParamData> {
    let kind = |param: &ParamHead, at| if param.is_const { ParamKind::Const(at) } else { ParamKind::Type(at) };
    params.iter().zip(0..).map(|(param, at)| ParamData { name: param.name, kind: kind(param, at) }).collect()
}

/// `cfg(test)`, or a feature that is there for tests, must hold for the predicate to hold: `any(test, feature = "test-util")`.
fn needs_test(cfg: &CfgExpr) -> bool {
    cfg.needs(&|cfg| match cfg {
        CfgExpr::Flag(flag) => *flag == sym::TEST,
        CfgExpr::KeyValue(key, feature) if key.as_str() == "feature" => {
            let mut words = feature.as_str().split(['-', '_']);
            words.any(|word| {
                matches!(
                    word,
                    "test"
                        | "tests"
                        | "testing"
                        | "testsuite"
                        | "testutil"
                        | "testutils"
                        | "bench"
                        | "fuzz"
                        | "fuzzing"
                        | "mock"
                        | "mocks"
                )
            })
        }
        _ => false,
    })
}
