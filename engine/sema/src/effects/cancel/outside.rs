//! Which places outlive a future.
//!
//! ```text
//! async fn f(&mut self, n: u32, rx: Receiver<u8>)      self.* does; n, rx and locals end with the future
//! ```

use toecap_ir::Name;

use crate::flow::{Base, Place};
use crate::{Analysis, Subst, Ty, TyKind, TypedBody};

impl Analysis<'_> {
    /// Is the place behind a reference or a shared pointer, or a static: is it still there when the code that names it is
    /// dropped?
    pub(in crate::effects) fn outlives(&self, body: &TypedBody, place: &Place) -> bool {
        match place.base {
            Base::Static(_) => true,
            Base::Local(local) => {
                let Some(data) = body.types.locals.get(local.0 as usize) else { return false };
                self.leads_outside(data.ty, &place.fields) == Some(true)
            }
        }
    }

    /// Does the path of fields from a value of this type go through something that is shared or borrowed? None: it goes
    /// through a type that nobody knows.
    pub(super) fn leads_outside(&self, ty: Ty, fields: &[Name]) -> Option<bool> {
        let mut ty = ty;
        for name in fields {
            if self.points_outside(ty) {
                return Some(true);
            }
            ty = self.field_ty(ty, *name)?;
        }
        match ty.kind() {
            TyKind::Param(_) | TyKind::Unknown | TyKind::Projection(..) | TyKind::Opaque(..) => None,
            _ => Some(self.points_outside(ty)),
        }
    }

    /// The type of a field of a field.
    pub(in crate::effects) fn place_ty(&self, ty: Ty, fields: &[Name]) -> Option<Ty> {
        fields.iter().try_fold(ty, |ty, name| self.field_ty(ty.peel_refs(), *name))
    }

    fn points_outside(&self, ty: Ty) -> bool {
        let lang = self.world().lang();
        match ty.kind() {
            TyKind::Ref(..) | TyKind::Ptr(..) => true,
            TyKind::Adt(adt, _) if lang.is_shared(*adt) => true,
            TyKind::Adt(adt, args) if [lang.pin, lang.option, lang.boxed].contains(&Some(*adt)) => {
                args.first().is_some_and(|inner| self.points_outside(*inner))
            }
            _ => false,
        }
    }

    pub(super) fn field_ty(&self, ty: Ty, name: Name) -> Option<Ty> {
        match ty.kind() {
            TyKind::Tuple(parts) => parts.get(name.as_str().parse::<usize>().ok()?).copied(),
            TyKind::Adt(adt, args) => {
                let lang = self.world().lang();
                if [lang.pin, lang.boxed].contains(&Some(*adt)) {
                    return self.field_ty(args.first()?.peel_refs(), name);
                }
                let (_, ty) = self.world().field_tys(*adt, 0).iter().find(|(n, _)| *n == name)?;
                Some(Subst::one(self.world().adt(*adt).generics, args).apply(*ty))
            }
            _ => None,
        }
    }
}
