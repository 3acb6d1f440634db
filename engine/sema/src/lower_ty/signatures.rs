//! Types of functions, fields and constants.

use toecap_ir::{self as ir, ItemKind, Name};

use super::Lowerer;
use crate::query::{Key, query};
use crate::{FnId, FnSig, OpaqueOwner, Ty, TyKind, World};

impl World<'_> {
    /// The signature of a function.
    pub fn fn_sig(&self, id: FnId) -> &FnSig {
        static NONE: std::sync::OnceLock<FnSig> = std::sync::OnceLock::new();
        let data = self.func(id);
        let unknown = || FnSig { receiver: None, params: [].into(), ret: Ty::unknown(), opaques: [].into() };
        query(&data.sig, Key::Sig(id), || self.lower_sig(id)).unwrap_or_else(|| NONE.get_or_init(unknown))
    }

    fn lower_sig(&self, id: FnId) -> FnSig {
        let data = self.func(id);
        let item = self.fn_item(id);
        let mut lowerer = Lowerer::of(self, data.generics);
        let receiver = item.receiver.as_ref().map(|r| lowerer.ty(&r.ty));
        lowerer.impl_params = Some((data.generics, 0));
        let params = item.params.iter().map(|t| lowerer.ty(t)).collect();
        lowerer.impl_params = None;
        lowerer.opaques = Some((OpaqueOwner::Fn(id), Vec::new()));
        let output = item.ret.as_ref().map_or(Ty::unit(), |t| lowerer.ty(t));
        let opaques = lowerer.opaques.take().map(|(_, o)| o).unwrap_or_default();
        let ret = if item.flags.is_async && !runs_itself(&self.defs(id.krate).item(data.loc).attrs) {
            Ty::new(TyKind::Future(output, crate::FutureOrigin::Fn(id)))
        } else {
            output
        };
        FnSig { receiver, params, ret, opaques: opaques.into() }
    }

    /// Names and types of the fields of a variant, with the type's parameters in them.
    pub fn field_tys(&self, adt: crate::AdtId, variant: u32) -> &[(Name, Ty)] {
        let data = self.adt(adt);
        query(&data.field_tys, Key::Fields(adt), || {
            let defs = self.defs(adt.krate);
            let item = match &defs.item(data.loc).kind {
                ItemKind::Struct(a) | ItemKind::Union(a) | ItemKind::Enum(a) => a,
                _ => return Vec::new(),
            };
            let mut lowerer = Lowerer::of(self, data.generics);
            data.variants
                .iter()
                .map(|v| {
                    let fields = &item.variants[v.index as usize].fields;
                    let tuple = v.kind == ir::VariantKind::Tuple;
                    v.fields
                        .iter()
                        .enumerate()
                        .map(|(position, index)| {
                            let field = &fields[*index as usize];
                            let name = if tuple { Name::tuple_field(position) } else { field.name };
                            (name, lowerer.ty(&field.ty))
                        })
                        .collect()
                })
                .collect()
        })
        .and_then(|v: &Vec<Vec<(Name, Ty)>>| v.get(variant as usize))
        .map_or(&[], |v| v.as_slice())
    }

    /// The type of a const or static.
    pub fn const_ty(&self, id: crate::ConstId) -> Ty {
        let data = self.constant(id);
        query(&data.ty, Key::Const(id), || {
            let defs = self.defs(id.krate);
            match &defs.item(data.loc).kind {
                ItemKind::Const { ty, .. } | ItemKind::Static { ty, .. } => {
                    let mut lowerer = match data.generics {
                        Some(generics) => Lowerer::of(self, generics),
                        None => Lowerer::new(self, data.module, None),
                    };
                    lowerer.module = data.module;
                    lowerer.ty(ty)
                }
                _ => Ty::unknown(),
            }
        })
        .copied()
        .unwrap_or(Ty::unknown())
    }
}

/// `#[tokio::main]`, `#[tokio::test]` and their like make an `async fn` one that blocks until it is done.
fn runs_itself(attrs: &ir::Attrs) -> bool {
    attrs.list.iter().any(|attr| matches!(&*attr.path, [_, .., last] if *last == "main" || *last == "test"))
}
