//! Macros in item position: definitions, calls and what they expand to.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use toecap_ir::{FileIr, FnBodies, Item, ItemKind, MacroCall, MacroInput, MacroRules, Name, SourceText, Span};

use toecap_knowledge::{MacroKind, macro_templates};

use super::builtin;
use super::{Collector, DEEP, Into, MACRO_ROUNDS, MAX_EXPANDED_BYTES, MAX_EXPANSION_DEPTH, Pending, Site, Textual};
use crate::names::Names;
use crate::{CrateOrigin, Def, DefFile, ItemLoc, ItemMacro, MacroData, MacroId, ModulePlace, Ns, Vis};

impl Collector<'_> {
    pub(super) fn macro_def(&mut self, module: u32, loc: ItemLoc, vis: Vis, textual: &mut Textual) {
        let id = MacroId { krate: self.id(), index: self.defs.macros.len() as u32 };
        let (name, exported, is_rules) = {
            let item = self.defs.item(loc);
            let is_rules = matches!(&item.kind, ItemKind::MacroDef(def) if def.kind == toecap_ir::MacroDefKind::Rules);
            (item.name, item.attrs.has("macro_export"), is_rules)
        };
        self.defs.macros.push(MacroData { name, module: self.module_id(module), loc, read: OnceLock::new() });
        if !is_rules {
            self.declare(module, name, Ns::Macros, Def::Macro(id), vis, false);
            return;
        }
        if self.doubtful && textual.contains_key(&name) {
            // Of two with one name, that of the usual build counts.
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

    /// `#[proc_macro_derive(Name)]`, `#[proc_macro_attribute]`, `#[proc_macro]` on a function of a crate root.
    pub(super) fn proc_macros(&mut self, loc: ItemLoc, item: &Item) {
        for attr in &item.attrs.list {
            let [only] = &*attr.path else { continue };
            if *only == "proc_macro"
                && !macro_templates(self.defs.name.as_str(), MacroKind::Call, item.name.as_str()).is_empty()
            {
                let id = MacroId { krate: self.id(), index: self.defs.macros.len() as u32 };
                let module = self.module_id(0);
                self.defs.macros.push(MacroData { name: item.name, module, loc, read: OnceLock::new() });
                self.declare(0, item.name, Ns::Macros, Def::Macro(id), Vis::Public, false);
                continue;
            }
            let name = match only.as_str() {
                "proc_macro" | "proc_macro_attribute" => item.name,
                "proc_macro_derive" => Name::new(attr.text.split(',').next().unwrap_or_default().trim()),
                _ => continue,
            };
            self.declare(0, name, Ns::Macros, Def::ProcMacro(self.id(), name), Vis::Public, false);
        }
    }

    /// Expands a macro call in item position, or notes it until more names are known.
    pub(super) fn item_macro_or_later(&mut self, site: Site, call: &MacroCall, textual: &mut Textual) {
        if !self.item_macro(site, call, textual, false) {
            self.pending.push(Pending { site, textual: textual.clone(), doubtful: self.doubtful });
        }
    }

    /// Expands a macro call in item position; false when its macro is not known (yet).
    fn item_macro(&mut self, site: Site, call: &MacroCall, textual: &mut Textual, last: bool) -> bool {
        let Site { module, loc, into, in_test } = site;
        let depth = self.defs.files[loc.file as usize].depth;
        if depth >= MAX_EXPANSION_DEPTH
            || self.expanded_bytes > MAX_EXPANDED_BYTES
            || depth >= DEEP.0 && self.deep_bytes > DEEP.1
        {
            self.defs.macros_given_up += 1;
            return true;
        }
        if let Some(text) = self.builtin_items(loc, call) {
            self.collect_expansion(site, text, textual);
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
        if let Some((text, ir)) = self.expand(found, loc, call, into) {
            self.collect_file(site, text, ir, textual);
        }
        true
    }

    fn expand(&mut self, id: MacroId, loc: ItemLoc, call: &MacroCall, into: Into) -> Option<(SourceText, Arc<FileIr>)> {
        let from = &self.defs.files[loc.file as usize];
        let span = self.outer_call(loc, call.span);
        let defs = if id.krate == self.id() { &self.defs } else { self.world.krate(id.krate)? };
        let data = defs.macros.get(id.index as usize)?;
        let (text, ir) = self.world.sources().expansion(
            from.file,
            &ItemMacro {
                rules: defs.macro_rules(data)?,
                call: MacroInput { source: &from.source, args: call.args, delimiter: call.delimiter, call: span },
                container: into.container(),
                bodies: self.bodies(),
                data,
                syntax: self.world.syntax(),
            },
        )?;
        let is_deep = from.depth >= DEEP.0;
        self.expanded_bytes += text.text.len();
        if is_deep {
            self.deep_bytes += text.text.len();
        }
        Some((text, ir))
    }

    /// What becomes of the bodies of this crate's functions.
    fn bodies(&self) -> FnBodies {
        match self.defs.origin {
            CrateOrigin::Workspace => FnBodies::Lowered,
            CrateOrigin::Dependency | CrateOrigin::Std => FnBodies::Skipped,
        }
    }

    pub(super) fn outer_call(&self, loc: ItemLoc, span: Span) -> Span {
        match &self.defs.files[loc.file as usize].source.origin {
            Some(origin) => origin.call,
            None => span,
        }
    }

    /// Collects text that a macro call stands for.
    fn collect_expansion(&mut self, site: Site, text: SourceText, textual: &mut Textual) {
        let file = self.defs.files[site.loc.file as usize].file;
        let ir = self.world.sources().items(file, &text, site.into.container(), self.bodies(), self.world.syntax());
        self.collect_file(site, text, ir, textual);
    }

    fn collect_file(&mut self, site: Site, source: SourceText, ir: Arc<FileIr>, textual: &mut Textual) {
        let Site { module, loc, into, in_test } = site;
        let from = &self.defs.files[loc.file as usize];
        let (depth, folder) = (from.depth + 1, from.folder.clone());
        self.defs.files.push(DefFile { file: from.file, ir: ir.clone(), source, depth, folder });
        let file = self.defs.files.len() as u32 - 1;
        match into {
            Into::Module => self.items(module, file, &ir.root, textual, in_test),
            Into::Impl(id) => self.impl_items(module, id, file, &ir.root, textual, in_test),
            Into::Trait(id) => self.trait_items(module, id, file, &ir.root, textual, in_test),
        }
    }

    /// Items that std's own macros of these names make, without going through their internals; those of `paste!` also where its
    /// crate is not there.
    fn builtin_items(&self, loc: ItemLoc, call: &MacroCall) -> Option<SourceText> {
        let name = call.path.last_name()?;
        let source = &self.defs.files[loc.file as usize].source;
        if let Some((rules, kind)) = builtin::rules(name, call.path.segments.len()) {
            let outer = self.outer_call(loc, call.span);
            let input = MacroInput { source, args: call.args, delimiter: call.delimiter, call: outer };
            let source = &SourceText::file(rules.to_owned().into());
            let rules = (0, rules.len() as u32);
            let rules = MacroRules { source, rules, kind, crate_number: self.id().0, local_inner_macros: false };
            return self.world.syntax().macro_rules(&rules)?.expand(&input);
        }
        let args = source.text.get(call.args.0 as usize..call.args.1 as usize)?;
        let text = builtin::items(name, call.path.segments.len(), args)?;
        // What the user wrote and stands there as it is keeps its place.
        let kept = source.origin.is_none().then(|| text.strip_suffix(args)).flatten();
        let tokens = kept.map(|before| (before.len() as u32, Span::new(call.args.0, call.args.1)));
        let call = self.outer_call(loc, call.span);
        let origin = toecap_ir::Origin { tokens: tokens.into_iter().collect(), call };
        Some(SourceText { text: text.into(), origin: Some(Arc::new(origin)) })
    }

    /// `include!("x.rs")`, `include!(concat!(env!("OUT_DIR"), "/x.rs"))`
    pub(super) fn include(
        &mut self,
        module: u32,
        loc: ItemLoc,
        call: &MacroCall,
        textual: &mut Textual,
        in_test: bool,
    ) -> bool {
        if call.path.last_name().is_none_or(|n| n != "include") {
            return false;
        }
        let from = &self.defs.files[loc.file as usize];
        let Some(args) = from.source.text.get(call.args.0 as usize..call.args.1 as usize) else { return true };
        let input = self.world.input(self.id());
        let Some(path) = include_path(args, &from.folder, input.out_dir.as_deref()) else { return true };
        let depth = from.depth + 1;
        if self.including.contains(&path) {
            self.defs.macros_given_up += 1;
            return true;
        }
        let signatures_only = self.defs.origin != CrateOrigin::Workspace;
        let Some(source) = self.world.sources().file(&path, signatures_only) else { return true };
        let ir = source.ir.clone();
        let file = self.add_file(path.clone(), source);
        self.defs.files[file as usize].depth = depth;
        self.including.push(path.clone());
        // Files of modules that it declares are beside it.
        let place = ModulePlace { file_path: path, is_mod_rs: true, inline: Vec::new() };
        let outer = std::mem::replace(&mut self.defs.modules[module as usize].place, place);
        self.items(module, file, &ir.root, textual, in_test);
        self.defs.modules[module as usize].place = outer;
        self.including.pop();
        true
    }

    pub(super) fn finish_pending(&mut self) {
        for round in 0..MACRO_ROUNDS {
            let wrote = self.finish_calls();
            let pending = std::mem::take(&mut self.pending);
            if pending.is_empty() {
                return;
            }
            let before = pending.len();
            for mut p in pending {
                let ItemLoc { file, item } = p.site.loc;
                let ir = self.defs.files[file as usize].ir.clone();
                let ItemKind::MacroCall(call) = &ir.items[item].kind else { continue };
                let last = round + 1 == MACRO_ROUNDS;
                self.doubtful = p.doubtful;
                if !self.item_macro(p.site, call, &mut p.textual, last) {
                    self.pending.push(p);
                }
            }
            if self.pending.len() == before && !wrote {
                break;
            }
        }
        self.finish_calls();
    }
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
