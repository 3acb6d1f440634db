//! Modules, their files and imports.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use toecap_ir::{CfgTruth, ImportKind, InlineModule, ItemId, ItemKind, Name, Problem, Span, module_candidates, sym};

use super::{Collector, Textual};
use crate::names::Names;
use crate::{CrateDefs, CrateOrigin, Def, ImportData, ItemLoc, MacroId, ModuleData, ModulePlace, Ns, Vis};

impl Collector<'_> {
    pub(super) fn module(
        &mut self,
        parent: u32,
        loc: ItemLoc,
        inline: Option<&[ItemId]>,
        vis: Vis,
        textual: &mut Textual,
        in_test: bool,
    ) {
        let input = self.world.input(self.id());
        if inline.is_none() && input.is_proc_macro && input.origin == CrateOrigin::Dependency {
            return;
        }
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
        let in_test = in_test || is_test_support(item.name.as_str());
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
            traits: OnceLock::new(),
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

    pub(super) fn open_module(
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
        let is_wanted = self.defs.files[loc.file as usize].depth == 0 && !self.doubtful;
        if is_wanted && self.defs.origin == CrateOrigin::Workspace {
            let file = self.defs.files[loc.file as usize].file;
            let wanted = candidates.first().map(|p| p.display().to_string()).unwrap_or_default();
            let message = format!("file not found for module `{name}`: expected it at `{wanted}`").into();
            self.defs.problems.push((file, Problem { span, message }));
        }
        None
    }

    pub(super) fn import(&mut self, module: u32, import: &toecap_ir::Import, vis: Vis) {
        let (glob, only_type, alias) = match import.kind {
            ImportKind::Named { alias, only_type } => (false, only_type, Some(alias)),
            ImportKind::Glob => (true, false, None),
        };
        let data = ImportData {
            global: import.global,
            path: import.path.clone(),
            vis,
            only_type,
            glob,
            doubtful: self.doubtful,
        };
        self.add_import(module, alias, data);
    }

    pub(super) fn add_import(&mut self, module: u32, alias: Option<Name>, data: ImportData) {
        let module = &mut self.defs.modules[module as usize];
        let index = module.imports.len() as u32;
        let of_same_name = match alias {
            Some(alias) => module.named.entry(alias).or_default(),
            None => &mut module.globs,
        };
        let doubtful = of_same_name.iter().position(|import| module.imports[*import as usize].doubtful);
        let at = doubtful.filter(|_| !data.doubtful).unwrap_or(of_same_name.len());
        of_same_name.insert(at, index);
        module.imports.push(data);
    }

    pub(super) fn extern_crate(&mut self, module: u32, alias: Name, krate: Name, vis: Vis) {
        if alias == sym::UNDERSCORE {
            return;
        }
        let (global, path) = if krate == sym::SELF_VALUE { (false, sym::CRATE) } else { (true, krate) };
        let data =
            ImportData { global, path: Box::new([path]), vis, only_type: true, glob: false, doubtful: self.doubtful };
        self.add_import(module, Some(alias), data);
    }

    /// The macros that a crate root passes on from elsewhere: `pub use crate::macros::table;`
    fn passed_on(&self, defs: &CrateDefs) -> Vec<(Name, MacroId)> {
        let Some(root) = defs.modules.get(0) else { return Vec::new() };
        let names = Names::new(self.world);
        let is_public =
            |at: &u32| root.imports.get(*at as usize).is_some_and(|import| matches!(import.vis, Vis::Public));
        let public = root.named.iter().filter(|(_, imports)| imports.iter().any(is_public));
        let found = public.filter_map(|(name, _)| match names.public_path(defs.id, &[*name], Ns::Macros)? {
            Def::Macro(id) => Some((*name, id)),
            _ => None,
        });
        found.collect()
    }

    /// `#[macro_use] extern crate x;` puts all exported macros of `x` into textual scope.
    pub(super) fn macro_use_crates(&mut self, ir: &toecap_ir::FileIr) -> Textual {
        let mut scope = FxHashMap::default();
        for id in &ir.root {
            let item = &ir.items[*id];
            let ItemKind::ExternCrate { krate } = &item.kind else { continue };
            if !item.attrs.has("macro_use") || self.truth(&item.attrs) == CfgTruth::False {
                continue;
            }
            if let Some(defs) = self.world.extern_crate(self.id(), *krate).and_then(|id| self.world.krate(id)) {
                self.macro_use.push(defs.id);
                scope.extend(defs.macro_exports.iter().map(|(name, id)| (*name, *id)));
                scope.extend(self.passed_on(defs));
            }
        }
        Arc::new(scope)
    }
}

/// `mod test_utils;`: what tests share, also those of users. Other names that begin so are of programs that run tests (`test_list`).
fn is_test_support(module: &str) -> bool {
    const KINDS: [&str; 10] =
        ["util", "utils", "utilities", "helper", "helpers", "support", "harness", "harnesses", "fixture", "fixtures"];
    let kind = module.strip_prefix("test_").or_else(|| module.strip_prefix("testing_"));
    kind.is_some_and(|kind| KINDS.contains(&kind)) || matches!(module, "testutil" | "testutils")
}
