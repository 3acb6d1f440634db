//! Numbers that were taken out, and text that is added up.
//!
//! ```text
//! let Some(id) = rx.recv().await else { return };     the number that was received
//! sum += id; text += &line;                           `sum` and `text` have it now
//! let n = job.name.len();                             tells something of a message, and is none
//! ```

use toecap_ir::ExprId;
use toecap_knowledge::TakeKind;

use super::carry::{Carry, Effect};
use super::state::{Holder, State, replace};
use crate::flow::Base;
use crate::{Callee, Prim, Ty, TyKind};

/// The variables of a pattern.
pub(super) struct Bound {
    /// Those that can hold anything that was moved.
    pub(super) all: Vec<Holder>,
    /// And those that are numbers: what they hold is a number that was moved, or a part of what is taken apart.
    pub(super) with_numbers: Vec<Holder>,
    /// The pattern takes nothing apart.
    pub(super) is_whole: bool,
}

/// How variables come to what something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    /// It is moved to them.
    Moved,
    /// They have it as well.
    Copied,
    /// They show a part of it.
    Shown,
}

impl Carry<'_, '_> {
    /// What a value holds is in the variables of a pattern.
    pub(super) fn hand_to(&self, bound: &Bound, old: Holder, state: &mut State, hand: Hand) {
        for (number, holders) in state.iter_mut() {
            if !holders.contains(&old) {
                continue;
            }
            if hand == Hand::Moved {
                holders.remove(&old);
            }
            let has_numbers = self.effects[*number].is_number || hand != Hand::Shown && !bound.is_whole;
            holders.extend(if has_numbers { &bound.with_numbers } else { &bound.all });
        }
        state.retain(|_, holders| !holders.is_empty());
    }

    /// Does a value still hold what its parts held? A number does when a number was moved.
    pub(super) fn keep_value(&self, expr: ExprId, state: &mut State) {
        let ty = self.ty(expr);
        if self.carries(ty) {
            return;
        }
        let is_number = self.is_number(ty);
        for (number, holders) in state.iter_mut() {
            if !(is_number && self.effects[*number].is_number) {
                holders.remove(&Holder::Value(expr));
            }
        }
        state.retain(|_, holders| !holders.is_empty());
    }

    /// `sum += number`, `text += &line`
    pub(super) fn added(&self, expr: ExprId, lhs: ExprId, rhs: ExprId, state: &mut State) {
        let target = self.aliases.place(self.body, lhs);
        let into = match &target {
            Some(place) if !self.analysis.outlives(self.body, place) => match place.base {
                Base::Local(local) => vec![Holder::Local(local)],
                Base::Static(_) => Vec::new(),
            },
            _ => Vec::new(),
        };
        let is_text = self.is_text(self.ty(lhs));
        let shows_text = |holder: &Holder| match holder {
            Holder::Local(local) => self.is_text(self.body.types.locals[local.0 as usize].ty),
            Holder::Value(value) => self.is_text(self.ty(*value)),
            _ => false,
        };
        let shown = self.shown_by(rhs).filter(|holder| is_text && shows_text(holder));
        for (number, holders) in state.iter_mut() {
            if shown.is_some_and(|shown| holders.contains(&shown)) {
                holders.insert(Holder::Value(expr));
            } else if !is_text && !self.effects[*number].is_number {
                holders.remove(&Holder::Value(expr));
            }
        }
        replace(state, Holder::Value(expr), &into);
    }

    /// Does a call of the library copy the text (or bytes) of a variable into what it is lent, or give a view of it?
    /// `all.push_str(&line)`, `String::from_utf8_lossy(&chunk)`
    pub(super) fn copies_text(&self, call: ExprId) -> bool {
        let world = self.analysis.world();
        let Some(Callee::Fn(callee)) = self.body.types.callees.get(&call) else { return false };
        let is_known = world.is_std(callee.f.krate) || self.analysis.facts().of_callee(callee).is_some();
        let grows = || self.lent_mutably(call).iter().any(|operand| self.is_text(self.ty(*operand)));
        let is_view = || {
            let ty = self.ty(call);
            self.is_text(ty) && !self.is_owned_text(ty)
        };
        is_known && (grows() || is_view())
    }

    /// Is what is shown of a variable all of what was taken out: text of a text?
    pub(super) fn shows_text(&self, effect: &Effect, holder: &Holder) -> bool {
        let Holder::Local(local) = holder else { return false };
        effect.moved.kind == TakeKind::Out && self.is_text(self.body.types.locals[local.0 as usize].ty)
    }

    fn is_text(&self, ty: Ty) -> bool {
        let lang = self.analysis.world().lang();
        match ty.peel_refs().kind() {
            TyKind::Prim(prim) => *prim == Prim::Str,
            TyKind::Slice(item) | TyKind::Array(item, _) => item.is_byte(),
            TyKind::Adt(adt, args) if [lang.option, lang.result].contains(&Some(*adt)) => {
                args.first().is_some_and(|ty| self.is_text(*ty))
            }
            TyKind::Adt(..) => self.is_owned_text(ty) || self.is_named(ty, "alloc::borrow::Cow"),
            _ => false,
        }
    }

    fn is_owned_text(&self, ty: Ty) -> bool {
        let lang = self.analysis.world().lang();
        let ty = ty.peel_refs();
        let Some((adt, args)) = ty.as_adt() else { return false };
        lang.string == Some(adt)
            || lang.vec == Some(adt) && args.first().is_some_and(|item| item.is_byte())
            || self.is_named(ty, "bytes::bytes::Bytes")
            || self.is_named(ty, "bytes::bytes_mut::BytesMut")
    }

    fn is_named(&self, ty: Ty, path: &str) -> bool {
        ty.as_adt().is_some_and(|(adt, _)| self.analysis.world().adt_path(adt) == path)
    }
}
