//! Headers of impls: what they are for, and of which trait.

use std::sync::OnceLock;

use toecap_ir::{self as ir, ItemKind, Name, sym};

use crate::lower_ty::Lowerer;
use crate::names::Names;
use crate::query::{Key, query};
use crate::{Def, Derive, ImplHeader, ImplId, ImplSource, ModuleId, Ns, TraitId, Ty, TyKind, World, intern_args};

impl World<'_> {
    /// The header of an impl.
    pub fn impl_header(&self, imp: ImplId) -> &ImplHeader {
        static NONE: OnceLock<ImplHeader> = OnceLock::new();
        let data = self.imp(imp);
        query(&data.header, Key::Header(imp), || self.lower_header(imp))
            .unwrap_or_else(|| NONE.get_or_init(|| ImplHeader { self_ty: Ty::unknown(), trait_ref: None }))
    }

    /// What `Self` is in an impl. It has a value of its own, since the arguments of the trait may be said by it.
    pub(crate) fn impl_self_ty(&self, imp: ImplId) -> Ty {
        let data = self.imp(imp);
        let lowered = query(&data.self_ty, Key::ImplSelf(imp), || match data.source {
            ImplSource::Item(_) => self
                .impl_item(imp)
                .map_or(Ty::unknown(), |item| Lowerer::new(self, data.module, Some(data.generics)).ty(&item.self_ty)),
            ImplSource::Derive(adt, _) => Ty::new(TyKind::Adt(adt, self.own_args(self.adt(adt).generics))),
        });
        lowered.copied().unwrap_or(Ty::unknown())
    }

    fn impl_item(&self, imp: ImplId) -> Option<&ir::ImplItem> {
        let ImplSource::Item(loc) = self.imp(imp).source else { return None };
        match &self.defs(imp.krate).item(loc).kind {
            ItemKind::Impl(item) => Some(item),
            _ => None,
        }
    }

    fn lower_header(&self, imp: ImplId) -> ImplHeader {
        let data = self.imp(imp);
        let self_ty = self.impl_self_ty(imp);
        let trait_ref = match data.source {
            ImplSource::Item(_) => self.impl_item(imp).and_then(|item| {
                let mut lowerer = Lowerer::new(self, data.module, Some(data.generics));
                lowerer.self_ty = Some(self_ty);
                let bound = lowerer.trait_path(item.trait_ref.as_ref()?, self_ty)?;
                Some((bound.tr, bound.args))
            }),
            ImplSource::Derive(_, derive) => self.derived_trait(data.module, derive).map(|tr| {
                let params = self.generics(self.tr(tr).generics).params.len();
                // `PartialEq<Self>`; other parameters have defaults that mean the same.
                let args: Vec<Ty> = (1..params).map(|_| self_ty).collect();
                (tr, intern_args(&args))
            }),
        };
        ImplHeader { self_ty, trait_ref }
    }

    fn derived_trait(&self, module: ModuleId, derive: Derive) -> Option<TraitId> {
        let names = Names::new(self);
        let found = match derive {
            Derive::Core(path) => {
                let path: Vec<Name> = path.iter().map(|p| Name::new(p)).collect();
                names.public_path(self.std_crate(sym::CORE)?, &path, Ns::Types)?
            }
            Derive::Named(path) => {
                let global = path.as_str().starts_with("::");
                let path: Vec<Name> = path.as_str().trim_start_matches("::").split("::").map(Name::new).collect();
                names.resolve(module, &path, global, Ns::Types)?
            }
        };
        match found {
            Def::Trait(tr) => Some(tr),
            _ => None,
        }
    }
}
