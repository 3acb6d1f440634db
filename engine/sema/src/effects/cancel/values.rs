//! Values and variables: what they name, and whether anybody misses them.

use toecap_ir::{Expr, ExprId, Mutability, UnaryOp};
use toecap_knowledge::TakeKind;

use super::carry::Carry;
use super::state::{Holder, State};
use crate::effects::call_args;
use crate::flow::{Base, Place};
use crate::{LocalId, Ty, TyKind};

impl Carry<'_, '_> {
    pub(super) fn ty(&self, expr: ExprId) -> Ty {
        self.body.types.expr_tys.get(expr.index()).copied().unwrap_or(Ty::unknown())
    }

    pub(super) fn is_copied(&self, local: LocalId) -> bool {
        let ty = self.body.types.locals[local.0 as usize].ty;
        matches!(ty.kind(), TyKind::Ref(_, Mutability::Shared) | TyKind::Prim(_))
    }

    pub(super) fn is_slice(&self, place: &Place) -> bool {
        let Base::Local(local) = place.base else { return false };
        let ty = self.body.types.locals[local.0 as usize].ty;
        place.fields.is_empty() && matches!(ty.peel_refs().kind(), TyKind::Slice(_) | TyKind::Array(..))
    }

    pub(super) fn local_of(&self, expr: ExprId) -> Option<LocalId> {
        self.body.local(expr)
    }

    /// The variable that an expression shows a part of: `x` for `x`, `&x[1..]`, `x.field`, `x.iter()`.
    pub(super) fn root_local(&self, expr: ExprId) -> Option<LocalId> {
        match &self.body.types.body[expr] {
            Expr::Path(_) => self.local_of(expr),
            Expr::Ref { expr, .. } | Expr::Unary(UnaryOp::Deref, expr) => self.root_local(*expr),
            Expr::Field { base, .. } | Expr::Index { base, .. } => self.root_local(*base),
            Expr::MethodCall(call) if call.args.is_empty() => self.root_local(call.receiver),
            _ => None,
        }
    }

    /// `kept.extend_from_slice(&chunk[..n])`: what was read into a buffer is copied to a place that outlives the code. A call that
    /// makes a future has copied nothing yet.
    pub(super) fn copied_outside(&self, call: ExprId, state: &mut State) {
        let types = &self.body.types;
        let lent = self.lent_mutably(call);
        let mut places = lent.iter().filter_map(|operand| self.aliases.place(self.body, *operand));
        if types.futures.contains_key(&call) || !places.any(|place| self.analysis.outlives(self.body, &place)) {
            return;
        }
        let args = call_args(&types.body[call]).iter().filter(|arg| !lent.contains(arg));
        let shown: Vec<LocalId> = args.filter_map(|arg| self.root_local(*arg)).collect();
        state.retain(|number, holders| {
            let effect = &self.effects[*number];
            let buffer = effect.with.as_ref().filter(|_| effect.moved.kind == TakeKind::Fill);
            if buffer.is_some_and(|place| matches!(place.base, Base::Local(local) if shown.contains(&local))) {
                holders.retain(|holder| !matches!(holder, Holder::Local(local) if shown.contains(local)));
                holders.remove(&Holder::Fresh);
            }
            !holders.is_empty()
        });
    }

    /// `all.extend_from_slice(&chunk[..n])`, `chunk[..n].to_vec()`: what the call gives, or is lent to change, has what was read
    /// into a buffer of the code's own as well. A call that makes a future has copied nothing yet.
    pub(super) fn shows_filled(&self, call: ExprId, state: &mut State) -> bool {
        let types = &self.body.types;
        if state.is_empty() || types.futures.contains_key(&call) {
            return false;
        }
        let lent = self.lent_mutably(call);
        let receiver = match &types.body[call] {
            Expr::MethodCall(method) => Some(method.receiver).filter(|on| !lent.contains(on)),
            _ => None,
        };
        let shown = receiver.iter().chain(call_args(&types.body[call]));
        let shown: Vec<Holder> = shown.filter_map(|operand| self.shown_by(*operand)).collect();
        let copies_text = self.copies_text(call);
        let mut found = false;
        for (number, holders) in state.iter_mut() {
            let effect = &self.effects[*number];
            let is_there = |holder: &Holder| match holder {
                Holder::Local(_) if effect.moved.kind != TakeKind::Fill => {
                    copies_text && self.shows_text(effect, holder) && holders.contains(holder)
                }
                _ => {
                    holders.contains(holder)
                        || holders.contains(&Holder::Fresh) && self.moved_to(effect).contains(holder)
                }
            };
            if shown.iter().any(is_there) {
                holders.insert(Holder::Value(call));
                found = true;
            }
        }
        found
    }

    /// Who holds what an operand shows: a variable, or a value that is lent as soon as it is there.
    pub(super) fn shown_by(&self, operand: ExprId) -> Option<Holder> {
        match &self.body.types.body[operand] {
            Expr::Ref { expr, .. } if self.root_local(*expr).is_none() => Some(Holder::Value(*expr)),
            _ => self.root_local(operand).map(Holder::Local),
        }
    }

    /// Can a value of the type be what was moved, whatever that was? `()` and flags are not missed, numbers only where one was.
    pub(super) fn carries(&self, ty: Ty) -> bool {
        let lang = self.analysis.world().lang();
        match ty.kind() {
            TyKind::Unknown | TyKind::Never | TyKind::Var(_) => false,
            TyKind::Prim(prim) => *prim == crate::Prim::Str,
            TyKind::Tuple(parts) => parts.iter().any(|t| self.carries(*t)),
            TyKind::Ref(inner, _) => self.carries(*inner),
            TyKind::Adt(adt, args) if [lang.option, lang.result, lang.poll].contains(&Some(*adt)) => {
                args.first().is_some_and(|t| self.carries(*t))
            }
            _ => true,
        }
    }

    /// A number, or a tuple, `Option` or `Result` of such.
    pub(super) fn is_number(&self, ty: Ty) -> bool {
        let lang = self.analysis.world().lang();
        match ty.kind() {
            TyKind::Prim(prim) => !matches!(prim, crate::Prim::Str | crate::Prim::Bool),
            TyKind::Tuple(parts) => parts.iter().any(|part| self.is_number(*part)) && !self.carries(ty),
            TyKind::Adt(adt, args) if [lang.option, lang.result].contains(&Some(*adt)) => {
                args.first().is_some_and(|t| self.is_number(*t))
            }
            _ => false,
        }
    }

    /// Does dropping the value do something about it: puts it back, gives a permit back, asks for it to be sent again?
    /// What can be cloned has nothing to give back but memory.
    pub(super) fn acts_on_drop(&self, ty: Ty) -> bool {
        let world = self.analysis.world();
        let lang = world.lang();
        match ty.kind() {
            TyKind::Adt(adt, args) if [lang.option, lang.result, lang.poll, lang.boxed].contains(&Some(*adt)) => {
                args.first().is_some_and(|t| self.acts_on_drop(*t))
            }
            TyKind::Adt(adt, _) => {
                !world.is_std(adt.krate)
                    && world.drop_fn(*adt).is_some()
                    && lang.clone.is_none_or(|clone| world.trait_impls(clone, ty, &[], clone.krate).impls.is_empty())
            }
            _ => false,
        }
    }
}
