//! Closures: parameter types from what is expected, the result from the body.

use toecap_ir::{Closure, ExprId, sym};

use super::{ClosureTy, Infer};
use crate::{FutureOrigin, Ty, TyKind};

/// What a closure is expected to be.
struct Expected {
    params: Vec<Ty>,
    ret: Option<Ty>,
    is_async: bool,
}

impl Infer<'_> {
    fn closure_expectation(&mut self, expected: Ty, depth: u32) -> Option<Expected> {
        let expected = self.norm(expected);
        match *expected.kind() {
            TyKind::Var(_) => {
                for obligation in self.pending.clone() {
                    let bound = &obligation.predicate.bound;
                    let is_async = self.lang.is_async_fn_trait(bound.tr);
                    if !is_async && !self.lang.is_fn_trait(bound.tr) {
                        continue;
                    }
                    if self.table.shallow(obligation.predicate.ty) != expected {
                        continue;
                    }
                    let params = match bound.args.first().map(|t| self.norm(*t)).map(Ty::kind) {
                        Some(TyKind::Tuple(parts)) => parts.to_vec(),
                        _ => Vec::new(),
                    };
                    return Some(Expected { params, ret: bound.assoc_ty(sym::OUTPUT), is_async });
                }
                None
            }
            TyKind::Adt(_, args) if depth < 3 => self.closure_expectation(*args.first()?, depth + 1),
            TyKind::Ref(inner, _) if depth < 3 => self.closure_expectation(inner, depth + 1),
            _ => {
                let (params, ret) = self.callable(expected)?;
                Some(Expected { params, ret: Some(ret), is_async: false })
            }
        }
    }

    pub(super) fn closure(&mut self, id: ExprId, closure: &Closure, expected: Ty) -> Ty {
        let hint = self.closure_hint.take();
        let wanted =
            self.closure_expectation(expected, 0).or_else(|| hint.and_then(|hint| self.closure_expectation(hint, 0)));
        self.scopes.push(Vec::new());
        let mut params = Vec::new();
        for (i, (pat, written)) in closure.params.iter().enumerate() {
            let ty = match wanted.as_ref().and_then(|w| w.params.get(i)) {
                Some(ty) => *ty,
                None => self.fresh(),
            };
            let ty = match written {
                Some(written) => {
                    let written = self.written_ty(written);
                    self.try_unify(written, ty);
                    written
                }
                None => ty,
            };
            params.push(ty);
            self.pat(*pat, ty, None);
        }
        let ret = match &closure.ret {
            Some(ty) => self.written_ty(ty),
            None => self.fresh(),
        };
        let full = if closure.is_async { Ty::new(TyKind::Future(ret, FutureOrigin::Block)) } else { ret };
        let number = self.closures.len() as u32;
        self.closures.push(ClosureTy { expr: id, params, ret: full });
        if let Some(Expected { ret: Some(wanted_ret), is_async, .. }) = wanted {
            if is_async {
                if closure.is_async {
                    self.try_unify(ret, wanted_ret);
                }
            } else {
                let wanted_ret = self.norm(wanted_ret);
                if !wanted_ret.is_unknown() && !wanted_ret.has_opaque() {
                    self.try_unify(full, wanted_ret);
                }
            }
        }
        self.returns.push(ret);
        let loops = std::mem::take(&mut self.loops);
        let found = self.expr(closure.body, ret);
        self.coerce(found, ret);
        self.loops = loops;
        self.returns.pop();
        self.scopes.pop();
        Ty::new(TyKind::Closure(number))
    }
}
