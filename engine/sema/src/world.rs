//! All crates of the run, loaded when a name leads to them.

use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{CfgExpr, CfgTruth, FnItem, Generics, Item, ItemKind, Name, Shape, Syntax, sym};

use toecap_knowledge::Knowledge;

use crate::collect::collect;
use crate::custom_cfg::{CustomCfg, Reading};
use crate::memo::Memo;
use crate::selection::TraitIndex;
use crate::{
    AdtData, AdtId, AliasData, AliasId, AssocData, AssocId, ConstData, ConstId, Container, CrateDefs, CrateId,
    CrateInput, CrateOrigin, FnData, FnId, GenericsData, GenericsId, ImplData, ImplId, ImplSource, Input, MacroData,
    MacroId, ModuleData, ModuleId, Sources, TraitData, TraitId, Ty, TyKind,
};

/// Aliases in aliases of flags stop here.
const MAX_ALIASES: u32 = 16;

/// The crates and how to get more of them.
pub struct World<'w> {
    input: Input,
    sources: &'w dyn Sources,
    syntax: &'w dyn Syntax,
    crates: Vec<OnceLock<Option<Box<CrateDefs>>>>,
    by_name: FxHashMap<Name, CrateId>,
    custom: Vec<OnceLock<CustomCfg>>,
    /// Those that code of the workspace can name.
    named: FxHashSet<CrateId>,
    pub(crate) lang: OnceLock<crate::Lang>,
    std_aliases: OnceLock<FxHashMap<Name, Vec<AliasId>>>,
    pub(crate) selection_cache: crate::SelectionCache,
    fn_names: Memo<FnId, Arc<str>>,
    /// The traits of a prelude, for a crate of the standard library or for all others.
    pub(crate) prelude_traits: Memo<(ModuleId, Option<CrateId>), Arc<TraitIndex>>,
}

impl<'w> World<'w> {
    /// Nothing is loaded yet.
    pub fn new(input: Input, sources: &'w dyn Sources, syntax: &'w dyn Syntax) -> Self {
        let crates = input.crates.iter().map(|_| OnceLock::new()).collect();
        let custom = input.crates.iter().map(|_| OnceLock::new()).collect();
        let by_name = input
            .crates
            .iter()
            .enumerate()
            .filter(|(_, c)| c.origin == CrateOrigin::Std)
            .map(|(i, c)| (c.name, CrateId(i as u32)))
            .collect();
        let named = named(&input);
        Self {
            input,
            sources,
            syntax,
            crates,
            by_name,
            custom,
            named,
            lang: OnceLock::new(),
            std_aliases: OnceLock::new(),
            selection_cache: crate::SelectionCache::default(),
            fn_names: Memo::default(),
            prelude_traits: Memo::default(),
        }
    }
    /// Is it a crate of the workspace?
    pub(crate) fn is_own(&self, krate: CrateId) -> bool {
        self.input(krate).origin == CrateOrigin::Workspace
    }
    pub(crate) fn sources(&self) -> &'w dyn Sources {
        self.sources
    }
    pub(crate) fn syntax(&self) -> &'w dyn Syntax {
        self.syntax
    }
    /// What was said of a crate.
    pub fn input(&self, id: CrateId) -> &CrateInput {
        &self.input.crates[id.0 as usize]
    }
    /// Facts about APIs, by path.
    pub fn knowledge(&self) -> &Knowledge {
        &self.input.knowledge
    }
    /// From when on a computation is long.
    pub fn cpu_limits(&self) -> crate::CpuLimits {
        self.input.cpu
    }
    /// All crate numbers.
    pub fn crate_ids(&self) -> impl Iterator<Item = CrateId> + use<> {
        (0..self.input.crates.len() as u32).map(CrateId)
    }
    /// The members of the workspace.
    pub fn workspace_crates(&self) -> Vec<CrateId> {
        self.crate_ids().filter(|id| self.is_own(*id)).collect()
    }
    /// The definitions of a crate, collected now if need be; none when its root cannot be read.
    pub fn krate(&self, id: CrateId) -> Option<&CrateDefs> {
        self.crates.get(id.0 as usize)?.get_or_init(|| collect(self, id).map(Box::new)).as_deref()
    }
    /// The crates that are loaded.
    pub fn loaded(&self) -> impl Iterator<Item = &CrateDefs> {
        self.crates.iter().filter_map(|c| c.get()?.as_deref())
    }
    /// What the aliases of std that are called `name` stand for.
    pub(crate) fn std_aliases(&self, name: Name) -> impl Iterator<Item = Shape> {
        let all = self.std_aliases.get_or_init(|| {
            let mut found: FxHashMap<Name, Vec<AliasId>> = FxHashMap::default();
            let crates = [sym::CORE, sym::ALLOC, sym::STD].into_iter().filter_map(|name| self.std_crate(name));
            for id in crates {
                let Some(defs) = self.krate(id) else { continue };
                for (alias, index) in defs.aliases.iter().zip(0..) {
                    if defs.generics[alias.generics.index as usize].parent.is_none() {
                        found.entry(alias.name).or_default().push(AliasId { krate: id, index });
                    }
                }
            }
            found
        });
        all.get(&name).into_iter().flatten().filter_map(|id| {
            let defs = self.krate(id.krate)?;
            let ItemKind::TypeAlias(item) = &defs.item(defs.aliases[id.index as usize].loc).kind else { return None };
            Some(Shape::of(item.ty.as_ref()?, &item.generics)).filter(|shape| *shape != Shape::Any)
        })
    }
    /// std, core or alloc.
    pub fn std_crate(&self, name: Name) -> Option<CrateId> {
        self.by_name.get(&name).copied()
    }
    /// Loads the crates that code of the workspace can name and that something is known of: what is known may be about
    /// definitions of others, whoever leads to those.
    pub(crate) fn load_named(&self) {
        let mut named: Vec<CrateId> = self.named.iter().copied().collect();
        named.sort_unstable();
        let known = |name: Name| !self.knowledge().crate_facts(name.as_str()).entries.is_empty();
        let users = |name: Name| self.knowledge().users_crates().any(|user| user == name.as_str());
        for id in self.crate_ids() {
            let input = self.input(id);
            // What users know something of must be there for their paths to lead somewhere.
            let is_wanted = named.binary_search(&id).is_ok() && known(input.name) || users(input.name);
            if is_wanted && input.origin != CrateOrigin::Std {
                self.krate(id);
            }
        }
    }
    /// Can code of the workspace name it?
    pub(crate) fn may_be_named(&self, id: CrateId) -> bool {
        self.named.contains(&id)
    }
    /// One of std, core and alloc?
    pub fn is_std(&self, id: CrateId) -> bool {
        self.input(id).origin == CrateOrigin::Std
    }
    /// The crate that code of `from` calls `name`.
    pub fn extern_crate(&self, from: CrateId, name: Name) -> Option<CrateId> {
        if let Some((_, index)) = self.input(from).deps.iter().find(|(n, _)| *n == name) {
            return Some(CrateId(*index as u32));
        }
        self.std_crate(name)
    }
    /// What is known of a predicate in a crate.
    pub fn cfg_truth(&self, krate: CrateId, cfg: &CfgExpr) -> CfgTruth {
        self.cfg_truth_if(krate, cfg, CfgTruth::Unknown, 0)
    }
    /// What is known of a predicate if flags that a build script may set are `custom`.
    fn cfg_truth_if(&self, krate: CrateId, cfg: &CfgExpr, custom: CfgTruth, depth: u32) -> CfgTruth {
        let input = self.input(krate);
        cfg.eval(&mut |key, value| {
            if key == sym::FEATURE
                && let Some(value) = value
            {
                return match &input.cfg.features {
                    Some(on) if on.contains(&value) => CfgTruth::True,
                    Some(_) => CfgTruth::False,
                    None => CfgTruth::Unknown,
                };
            }
            if key == sym::TEST && value.is_none() {
                return match input.origin {
                    CrateOrigin::Workspace => CfgTruth::Unknown,
                    CrateOrigin::Dependency | CrateOrigin::Std => CfgTruth::False,
                };
            }
            if input.cfg.atoms.contains(&(key, value)) {
                return CfgTruth::True;
            }
            if key == "debug_assertions" || input.cfg.atoms.is_empty() {
                return CfgTruth::Unknown;
            }
            match self.custom_cfg(krate).map(|found| found.reading(key, value, &input.cfg)) {
                Some(Reading::Alias(_)) if depth > MAX_ALIASES => CfgTruth::Unknown,
                Some(Reading::Alias(meaning)) => self.cfg_truth_if(krate, meaning, custom, depth + 1),
                Some(Reading::Known(truth)) => truth,
                Some(Reading::Perhaps) => custom,
                Some(Reading::Unmentioned) | None => CfgTruth::False,
            }
        })
    }
    /// Does the predicate only hold if a build script sets what it only may set?
    pub(crate) fn is_doubtful(&self, krate: CrateId, cfg: &CfgExpr) -> bool {
        self.input(krate).build_script.is_some() && self.cfg_truth_if(krate, cfg, CfgTruth::False, 0) == CfgTruth::False
    }
    fn custom_cfg(&self, krate: CrateId) -> Option<&CustomCfg> {
        let script = self.input(krate).build_script.as_ref()?;
        Some(self.custom[krate.0 as usize].get_or_init(|| {
            let source = self.sources.file(script, true);
            source.map(|source| CustomCfg::read(&source.text, self.syntax)).unwrap_or_default()
        }))
    }
}

fn named(input: &Input) -> FxHashSet<CrateId> {
    let all = || input.crates.iter().zip(0..).map(|(krate, number)| (krate, CrateId(number)));
    let own = all().filter(|(krate, _)| krate.origin != CrateOrigin::Dependency).map(|(_, id)| id);
    let ours = all().filter(|(krate, _)| krate.origin == CrateOrigin::Workspace);
    own.chain(ours.flat_map(|(krate, _)| krate.deps.iter().map(|(_, dep)| CrateId(*dep as u32)))).collect()
}

/// A loaded definition. Ids are only made by loading, so the crate is there.
macro_rules! tables {
    ($($method:ident: $id:ty => $table:ident: $data:ty),* $(,)?) => {
        impl World<'_> {$(
            #[doc = concat!("The data of a [`", stringify!($id), "`].")]
            pub fn $method(&self, id: $id) -> &$data {
                &self.defs(id.krate).$table[id.index as usize]
            }
        )*}
    };
}

tables! {
    module: ModuleId => modules: ModuleData,
    func: FnId => fns: FnData,
    adt: AdtId => adts: AdtData,
    tr: TraitId => traits: TraitData,
    imp: ImplId => impls: ImplData,
    alias: AliasId => aliases: AliasData,
    assoc: AssocId => assocs: AssocData,
    constant: ConstId => consts: ConstData,
    macro_def: MacroId => macros: MacroData,
    generics: GenericsId => generics: GenericsData,
}

impl World<'_> {
    /// The definitions of a crate that an id was made for.
    pub(crate) fn defs(&self, id: CrateId) -> &CrateDefs {
        match self.krate(id) {
            Some(defs) => defs,
            None => unreachable!("an id of a crate that was never loaded"),
        }
    }
    /// The IR of a function.
    pub fn fn_item(&self, id: FnId) -> &FnItem {
        match &self.item_of_fn(id).kind {
            ItemKind::Fn(f) => f,
            _ => unreachable!("functions are made from function items"),
        }
    }
    /// The item of a function.
    pub fn item_of_fn(&self, id: FnId) -> &Item {
        let defs = self.defs(id.krate);
        defs.item(defs.fns[id.index as usize].loc)
    }
    /// The impl as it is written; none for a derived one.
    pub fn item_of_impl(&self, id: ImplId) -> Option<&Item> {
        match self.imp(id).source {
            ImplSource::Item(loc) => Some(self.defs(id.krate).item(loc)),
            _ => None,
        }
    }
    /// Where a function's name is.
    pub fn place_of_fn(&self, id: FnId) -> toecap_ir::Location {
        let defs = self.defs(id.krate);
        let loc = defs.fns[id.index as usize].loc;
        toecap_ir::Location { file: defs.files[loc.file as usize].file, span: defs.item(loc).name_span }
    }
    /// The text that a function was lowered from: the file's or an expansion's.
    pub(crate) fn source_of_fn(&self, id: FnId) -> &str {
        let defs = self.defs(id.krate);
        &defs.files[defs.fns[id.index as usize].loc.file as usize].source.text
    }
    /// The attributes of a struct, enum or union.
    pub fn adt_attrs(&self, id: AdtId) -> &toecap_ir::Attrs {
        let defs = self.defs(id.krate);
        &defs.item(defs.adts[id.index as usize].loc).attrs
    }
    /// The generics as written.
    pub(crate) fn written_generics(&self, id: GenericsId) -> Option<&Generics> {
        let defs = self.defs(id.krate);
        Some(match &defs.item(defs.generics[id.index as usize].loc).kind {
            ItemKind::Fn(f) => &f.generics,
            ItemKind::Struct(a) | ItemKind::Union(a) | ItemKind::Enum(a) => &a.generics,
            ItemKind::Trait(t) | ItemKind::TraitAlias(t) => &t.generics,
            ItemKind::Impl(i) => &i.generics,
            ItemKind::TypeAlias(a) => &a.generics,
            _ => return None,
        })
    }
    /// Does a crate name another one among its dependencies?
    pub(crate) fn uses(&self, user: CrateId, used: CrateId) -> bool {
        self.input(user).deps.iter().any(|(_, dep)| *dep == used.0 as usize)
    }
    /// Generics from the outermost to `id`.
    pub fn generics_chain(&self, id: GenericsId) -> Vec<GenericsId> {
        let mut chain = Vec::with_capacity(2);
        chain.push(id);
        let mut at = self.generics(id).parent;
        while let Some(parent) = at {
            chain.push(parent);
            at = self.generics(parent).parent;
        }
        chain.reverse();
        chain
    }
    /// The path of a module: `tokio::sync::mpsc`. Blocks are left out.
    pub fn module_path(&self, id: ModuleId) -> String {
        let mut names = Vec::new();
        let mut at = Some(id.index);
        let defs = self.defs(id.krate);
        while let Some(index) = at {
            let module = &defs.modules[index as usize];
            if !module.is_block {
                names.push(module.name.as_str());
            }
            at = module.parent;
        }
        names.reverse();
        names.join("::")
    }
    /// `tokio::net::tcp::stream::TcpStream`
    pub fn adt_path(&self, id: AdtId) -> String {
        let data = self.adt(id);
        format!("{}::{}", self.module_path(data.module), data.name)
    }
    /// `core::option::Option::Some`, `tokio::time::error::Elapsed`
    pub fn ctor_path(&self, id: AdtId, variant: u32) -> String {
        let data = self.adt(id);
        match data.variants.get(variant as usize).filter(|_| data.is_enum) {
            Some(variant) => format!("{}::{}", self.adt_path(id), variant.name),
            None => self.adt_path(id),
        }
    }
    /// `core::iter::traits::iterator::Iterator`
    pub fn trait_path(&self, id: TraitId) -> String {
        let data = self.tr(id);
        format!("{}::{}", self.module_path(data.module), data.name)
    }
    /// What stands before the name of an inherent method: the type's definition without its arguments.
    fn inherent_path(&self, ty: Ty) -> String {
        match ty.kind() {
            TyKind::Adt(adt, _) => self.adt_path(*adt),
            // The principal trait stands first.
            TyKind::Dyn([principal, ..]) => format!("dyn {}", self.trait_path(principal.tr)),
            _ => self.type_name(ty, 0, true),
        }
    }
    /// A function's name for people: like [`World::fn_path`], but an impl's method is named after the type.
    pub fn fn_name(&self, id: FnId) -> String {
        let name = || {
            let data = self.func(id);
            if let Container::Impl(imp) = data.container {
                let self_ty = self.impl_header(imp).self_ty.peel_refs();
                if self_ty.as_adt().is_some() {
                    return format!("{}::{}", self.inherent_path(self_ty), data.name).into();
                }
            }
            self.fn_path(id).into()
        };
        self.fn_names.get_or(id, name).as_ref().to_owned()
    }
    /// The definition path of a function, as rust-analyzer names it: `alloc::vec::Vec::push`,
    /// `core::iter::traits::iterator::Iterator::map` also for an impl's method, `std::fs::read`.
    pub fn fn_path(&self, id: FnId) -> String {
        let data = self.func(id);
        match data.container {
            Container::Module => format!("{}::{}", self.module_path(data.module), data.name),
            Container::Trait(tr) => format!("{}::{}", self.trait_path(tr), data.name),
            Container::Impl(imp) => {
                let header = self.impl_header(imp);
                match header.trait_ref {
                    Some((tr, _)) => format!("{}::{}", self.trait_path(tr), data.name),
                    None => format!("{}::{}", self.inherent_path(header.self_ty.peel_refs()), data.name),
                }
            }
        }
    }
}
