//! What procedural macros add to a crate: found by the macro's definition, made from the template of it.

use std::sync::Arc;

use toecap_ir::{
    Attr, Attrs, BodySource, CfgTruth, FileIr, FnBodies, Item, ItemId, ItemKind, Name, Origin, SourceText,
};
use toecap_knowledge::{MacroKind, has_template, macro_templates};

use super::{Collector, MAX_EXPANDED_BYTES, MAX_EXPANSION_DEPTH, Textual};
use crate::names::Names;
use crate::written::{Filled, Written, fill};
use crate::{AdtId, CrateId, Def, DefFile, ImplSource, ItemLoc, Ns};

/// An attribute or derive that may be a macro with a template.
pub(super) struct Call {
    module: u32,
    loc: ItemLoc,
    kind: MacroKind,
    path: Vec<Name>,
    global: bool,
    /// What stands in the brackets of an attribute.
    args: Box<str>,
    /// The type that a derive is for.
    adt: Option<AdtId>,
    in_test: bool,
    doubtful: bool,
}

impl Collector<'_> {
    /// Notes the attribute macros at an item.
    pub(super) fn note_attributes(&mut self, module: u32, loc: ItemLoc, attrs: &Attrs, in_test: bool) {
        for attr in &attrs.list {
            let Some(last) = attr.path.last() else { continue };
            if has_template(MacroKind::Attribute, last.as_str()) && self.applies(attr) {
                let path = attr.path.to_vec();
                let args = attr.text.clone();
                let (kind, doubtful) = (MacroKind::Attribute, self.doubtful);
                let call = Call { module, loc, kind, path, global: false, args, adt: None, in_test, doubtful };
                self.calls.push(call);
            }
        }
    }

    /// Notes one name in a `#[derive(..)]`; false when no macro of that name has a template.
    pub(super) fn note_derive(&mut self, module: u32, adt: AdtId, path: &str, in_test: bool) -> bool {
        let last = path.rsplit("::").next().unwrap_or(path).trim();
        // `use thiserror::Error as ThisError;`
        let mut names = self.with_renames(module, Name::new(last)).into_iter();
        if !names.any(|name| has_template(MacroKind::Derive, name.as_str())) {
            return false;
        }
        let global = path.trim_start().starts_with("::");
        let path = path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(Name::new).collect();
        let (kind, doubtful) = (MacroKind::Derive, self.doubtful);
        let loc = self.defs.adts[adt.index as usize].loc;
        let call = Call { module, loc, kind, path, global, args: "".into(), adt: Some(adt), in_test, doubtful };
        self.calls.push(call);
        true
    }

    pub(super) fn applies(&self, attr: &Attr) -> bool {
        attr.condition.as_deref().is_none_or(|cfg| self.world.cfg_truth(self.id(), cfg) != CfgTruth::False)
    }

    /// Writes what the noted macros write, and what those of the result write. True when there was anything to do.
    pub(super) fn finish_calls(&mut self) -> bool {
        let mut found = false;
        loop {
            let calls = std::mem::take(&mut self.calls);
            if calls.is_empty() {
                return found;
            }
            found = true;
            for call in calls {
                self.doubtful = call.doubtful;
                self.finish_call(&call);
            }
        }
    }

    fn finish_call(&mut self, call: &Call) {
        let templates = self.templates(call);
        if templates.is_empty() {
            // A macro of that name that nothing is known of.
            self.push_usual(call);
            return;
        }
        let from = &self.defs.files[call.loc.file as usize];
        if from.depth >= MAX_EXPANSION_DEPTH || self.expanded_bytes > MAX_EXPANDED_BYTES {
            self.defs.macros_given_up += 1;
            return;
        }
        let ir = from.ir.clone();
        let item = &ir.items[call.loc.item];
        let is_active = |attrs: &Attrs| self.truth(attrs) != CfgTruth::False;
        let named = self.named_item(call);
        let named = named.as_ref().map(|(ir, id)| &ir.items[*id]);
        let written = Written { file: &ir, item, args: &call.args, named, is_active: &is_active };
        let filled: Vec<Filled> = templates.iter().filter_map(|template| fill(template, &written)).collect();
        if filled.iter().all(|filled| filled.text.trim().is_empty() && filled.hidden.is_empty()) {
            // Nothing out of the ordinary.
            self.push_usual(call);
            return;
        }
        for Filled { text, hidden } in filled {
            self.expanded_bytes += text.len();
            for name in hidden {
                self.hide(call, item, name);
            }
            self.collect_written(call, item, text);
        }
    }

    /// A derive that implements the trait of its name.
    fn push_usual(&mut self, call: &Call) {
        if let Some(adt) = call.adt {
            let path: Vec<&str> = call.path.iter().map(|name| name.as_str()).collect();
            let start = if call.global { "::" } else { "" };
            self.push_derive(call.module, adt, &(start.to_owned() + &path.join("::")));
        }
    }

    fn templates(&self, call: &Call) -> Vec<&'static str> {
        let names = Names::building(self.world, &self.defs);
        let in_macro_use =
            |krate: &CrateId| names.public_path(*krate, &call.path, Ns::Macros).filter(|_| call.path.len() == 1);
        let found = names
            .resolve(self.module_id(call.module), &call.path, call.global, Ns::Macros)
            .or_else(|| self.macro_use.iter().find_map(in_macro_use));
        let Some(Def::ProcMacro(krate, name)) = found else { return Vec::new() };
        macro_templates(self.world.input(krate).name.as_str(), call.kind, name.as_str())
    }

    /// The type of this crate that the first argument of an attribute names.
    fn named_item(&self, call: &Call) -> Option<(Arc<FileIr>, ItemId)> {
        let first = call.args.split(',').next()?.trim();
        let path: Vec<Name> = first.split("::").map(Name::new).collect();
        let names = Names::building(self.world, &self.defs);
        match names.resolve(self.module_id(call.module), &path, false, Ns::Types)? {
            Def::Adt(adt) if adt.krate == self.id() => {
                let loc = self.defs.adts.get(adt.index as usize)?.loc;
                Some((self.defs.files[loc.file as usize].ir.clone(), loc.item))
            }
            _ => None,
        }
    }

    fn collect_written(&mut self, call: &Call, item: &Item, text: String) {
        let from = &self.defs.files[call.loc.file as usize];
        let at = from.source.origin.as_ref().map_or(item.name_span, |origin| origin.call);
        let origin = Origin { tokens: Vec::new(), call: at };
        let source = SourceText { text: text.into(), origin: Some(Arc::new(origin)) };
        let (file, depth, folder) = (from.file, from.depth + 1, from.folder.clone());
        let container = toecap_ir::Container::Module;
        let syntax = self.world.syntax();
        let ir = self.world.sources().items(file, &source, container, FnBodies::Skipped, syntax);
        let ir = Arc::new(without_bodies(&ir));
        let root = ir.root.clone();
        self.defs.files.push(DefFile { file, ir, source, depth, folder });
        let index = self.defs.files.len() as u32 - 1;
        self.items(call.module, index, &root, &mut Textual::default(), call.in_test);
    }

    /// `name` is from now on what the macro wrote.
    fn hide(&mut self, call: &Call, item: &Item, name: Name) {
        match &item.kind {
            ItemKind::Impl(_) => {
                let is_it = |source: &ImplSource| matches!(source, ImplSource::Item(loc) if *loc == call.loc);
                if let Some(imp) = self.defs.impls.iter_mut().find(|imp| is_it(&imp.source)) {
                    imp.fns.remove(&name);
                }
            }
            _ => {
                let items = &mut self.defs.modules[call.module as usize].items;
                items.remove(&(name, Ns::Values));
                // Of a type, what the language makes of it is nothing.
                if matches!(item.kind, ItemKind::ForeignMod(_)) {
                    items.remove(&(name, Ns::Types));
                }
            }
        }
    }
}

/// Nobody wrote the bodies.
fn without_bodies(ir: &FileIr) -> FileIr {
    let mut ir = ir.clone();
    for id in ir.items.ids() {
        if let ItemKind::Fn(function) = &mut ir.items[id].kind {
            function.body = BodySource::None;
        }
    }
    ir
}
