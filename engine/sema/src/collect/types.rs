//! Structs, enums and unions, and what is derived for them.

use std::sync::{Arc, OnceLock};

use toecap_ir::{Adt, Attrs, CfgTruth, Field, Name, ParamHead, Variant, VariantKind};

use super::{Collector, Textual, written_params};
use crate::pin_project::projections;
use crate::{AdtData, AdtId, Def, DefFile, Derive, GenericsOwner, ImplSource, ItemLoc, Ns, VariantData, Vis};

impl Collector<'_> {
    pub(super) fn adt(&mut self, module: u32, loc: ItemLoc, adt: &Adt, is_enum: bool, vis: Vis, in_test: bool) {
        let id = AdtId { krate: self.id(), index: self.defs.adts.len() as u32 };
        let parent = self.defs.modules[module as usize].generics;
        let generics = self.add_generics(
            parent,
            GenericsOwner::Adt(id),
            module,
            loc,
            written_params(&ParamHead::of(&adt.generics)),
        );
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
        self.derives(module, id, &item.attrs, in_test);
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

    pub(super) fn variant(&self, index: u32, variant: &Variant) -> VariantData {
        let fields = variant
            .fields
            .iter()
            .enumerate()
            .filter(|(_, f)| self.truth(&f.attrs) != CfgTruth::False && !self.is_replaced(f, &variant.fields))
            .map(|(i, _)| i as u32)
            .collect();
        VariantData { name: variant.name, kind: variant.kind, index, fields }
    }

    /// Is there another field of the name that needs no build script to set a flag?
    pub(super) fn is_replaced(&self, field: &Field, all: &[Field]) -> bool {
        let is_usual =
            |f: &Field| f.name == field.name && self.truth(&f.attrs) != CfgTruth::False && !self.is_doubtful(&f.attrs);
        self.is_doubtful(&field.attrs) && all.iter().any(is_usual)
    }

    fn derives(&mut self, module: u32, adt: AdtId, attrs: &Attrs, in_test: bool) {
        let derives = attrs.named("derive").filter(|attr| self.applies(attr));
        let paths: Vec<String> =
            derives.flat_map(|attr| attr.text.split(',').map(|path| path.trim().to_owned())).collect();
        for path in paths.iter().filter(|path| !path.is_empty()) {
            if !self.note_derive(module, adt, path, in_test) {
                self.push_derive(module, adt, path);
            }
        }
    }

    /// What a derive without template implements.
    pub(super) fn push_derive(&mut self, module: u32, adt: AdtId, path: &str) {
        let generics = self.defs.adts[adt.index as usize].generics;
        let path: String = path.split_whitespace().collect();
        let known = derived_traits(path.rsplit("::").next().unwrap_or_default());
        for &derive in known {
            self.push_impl(module, generics, ImplSource::Derive(adt, derive));
        }
        if known.is_empty() {
            self.push_impl(module, generics, ImplSource::Derive(adt, Derive::Named(Name::new(&path))));
        }
    }
}

/// The traits that a derive of this name implements; empty when only the derive's own name is known.
fn derived_traits(name: &str) -> &'static [Derive] {
    match name {
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
