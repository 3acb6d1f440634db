//! Which lock a call takes.
//!
//! ```text
//! self.state.lock().unwrap()      self.state
//! let state = self.state.clone(); state.write().await     self.state
//! ```

use toecap_ir::{Expr, ExprId};

use super::super::exec::call_args;
use super::Lock;
use crate::flow::{Aliases, Base, Place, Regions};
use crate::{Analysis, Callee, FnCallee, Ty, TyKind, TypedBody};

const MAX_HOPS: usize = 4;

impl Analysis<'_> {
    /// The lock that a call (or the await of what it makes) takes: a guard comes out where none went in.
    pub(super) fn lock_of(&self, body: &TypedBody, regions: &Regions, call: ExprId, callee: &FnCallee) -> Option<Lock> {
        let types = &body.types;
        let ty = |expr: ExprId| types.expr_tys.get(expr.index()).copied().unwrap_or(Ty::unknown());
        let runs = self.runs(callee).unwrap_or(callee.f);
        if self.world().is_own(runs.krate) {
            return None;
        }
        let (on, args) = match &types.body[call] {
            Expr::MethodCall(method) => (method.receiver, &*method.args),
            other => call_args(other).split_first().map(|(first, rest)| (*first, rest))?,
        };
        let had_one = std::iter::once(on).chain(args.iter().copied());
        if had_one.into_iter().any(|expr| self.lock_guard_in(ty(expr).peel_refs()).is_some()) {
            return None;
        }
        let awaited = regions.parent(call).filter(|p| matches!(types.body[*p], Expr::Await { .. }));
        let output = match ty(call).kind() {
            TyKind::Future(output, _) => Some(*output),
            _ => None,
        };
        let made = [Some(ty(call)), output, awaited.map(ty)];
        let guard = made.into_iter().flatten().find_map(|ty| self.lock_guard_in(ty))?;
        Some(Lock { place: self.source_place(body, on, 0), guard })
    }

    /// The place that a variable was made from, through references and clones of `Arc` and `Rc`.
    fn source_place(&self, body: &TypedBody, expr: ExprId, hops: usize) -> Option<Place> {
        let aliases = Aliases::new(self.world(), body);
        let place = aliases.place(body, expr)?;
        let Base::Local(local) = place.base else { return Some(place) };
        let Some(init) = aliases.value(local).filter(|_| hops < MAX_HOPS) else { return Some(place) };
        let shared = match &body.types.body[init] {
            Expr::MethodCall(call) if call.name.as_str() == "clone" => Some(call.receiver),
            Expr::Call { args, .. } if args.len() == 1 && self.is_clone(body, init) => Some(args[0]),
            _ => None,
        };
        let is_shared = body.types.locals.get(local.0 as usize).is_some_and(|data| self.is_shared(data.ty));
        match shared.filter(|_| is_shared).and_then(|source| self.source_place(body, source, hops + 1)) {
            Some(mut outer) => {
                outer.fields.extend(&place.fields);
                Some(outer)
            }
            None => Some(place),
        }
    }

    /// `Arc::clone(&x)`
    fn is_clone(&self, body: &TypedBody, call: ExprId) -> bool {
        matches!(body.types.callees.get(&call), Some(Callee::Fn(callee)) if self.world().func(callee.f).name.as_str() == "clone")
    }

    fn is_shared(&self, ty: Ty) -> bool {
        let lang = self.world().lang();
        ty.as_adt().is_some_and(|(adt, _)| lang.is_shared(adt))
    }

    /// `self.state`, `CACHE`
    pub fn place_text(&self, body: &TypedBody, place: &Place) -> Option<String> {
        match place.base {
            Base::Local(_) => place.text(body),
            Base::Static(id) => {
                let name = self.world().constant(id).name.to_string();
                Some(place.fields.iter().fold(name, |text, field| format!("{text}.{field}")))
            }
        }
    }
}
