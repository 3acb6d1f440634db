//! Calls: arguments teach parameters, closures come last.

use std::borrow::Cow;

use toecap_ir::{Expr, ExprId, GenericArgs, MethodCall, Stmt};

use super::path::Value;
use super::{Infer, Obligation, PendingCallee};
use crate::{Bound, FnId, ParamKind, Subst, Ty, TyKind, intern_args};

impl Infer<'_> {
    /// Completes a substitution with the function's own generics and files what they promise.
    pub(super) fn instantiate(&mut self, f: FnId, known: Subst, turbofish: Option<&GenericArgs>) -> Subst {
        let world = self.world;
        let own = world.func(f).generics;
        let mut subst = known;
        let mut written: Vec<Ty> = Vec::new();
        if let Some(turbofish) = turbofish {
            let mut lowerer = self.lowerer();
            let lowered: Vec<Ty> = turbofish
                .args
                .iter()
                .map(|a| match a {
                    toecap_ir::GenericArg::Type(ty) => lowerer.ty(ty),
                    toecap_ir::GenericArg::Const(value) => crate::lower_ty::const_ty(value),
                })
                .collect();
            written = lowered.into_iter().map(|t| self.table.open_holes(t)).collect();
        }
        let mut written = written.into_iter();
        let chain = world.generics_chain(own);
        for generics in &chain {
            if subst.of(*generics).is_some() {
                continue;
            }
            let args: Vec<Ty> = world
                .generics(*generics)
                .params
                .iter()
                .map(|p| {
                    let given = if *generics == own && !matches!(p.kind, ParamKind::ImplTrait(_)) {
                        written.next()
                    } else {
                        None
                    };
                    given.unwrap_or_else(|| self.table.fresh(super::table::VarKind::Any))
                })
                .collect();
            subst.push(*generics, intern_args(&args));
        }
        for generics in &chain {
            for predicate in world.predicates(*generics) {
                if world.is_marker(predicate.bound.tr) {
                    continue;
                }
                let ty = subst.apply(predicate.ty);
                self.pending.push(Obligation::new(ty, subst.apply_bound(&predicate.bound)));
            }
        }
        subst
    }

    /// Infers arguments against parameter types; closures after everything that could teach their parameters.
    pub(super) fn args(&mut self, params: &[Ty], args: &[ExprId]) {
        for closures in [false, true] {
            for (i, arg) in args.iter().enumerate() {
                let is_closure = matches!(self.body.exprs[*arg], Expr::Closure(_));
                if is_closure != closures {
                    continue;
                }
                if closures {
                    self.select_pending();
                }
                let param = params.get(i).copied().unwrap_or(Ty::unknown());
                let found = self.expr(*arg, param);
                self.coerce(found, param);
            }
        }
        self.select_pending();
    }

    /// The arguments without those that a `cfg` takes away.
    fn compiled<'e>(&self, args: &'e [ExprId]) -> Cow<'e, [ExprId]> {
        let is_compiled = |arg: &ExprId| match &self.body.exprs[*arg] {
            Expr::Block(block) => match &*block.stmts {
                [Stmt::Expr { cfg: Some(cfg), span, .. }] if *span == self.body.span(*arg) => self.active(Some(cfg)),
                _ => true,
            },
            _ => true,
        };
        match args.iter().all(is_compiled) {
            true => Cow::Borrowed(args),
            false => args.iter().copied().filter(is_compiled).collect(),
        }
    }

    pub(super) fn call(&mut self, id: ExprId, callee: ExprId, args: &[ExprId], expected: Ty) -> Ty {
        let args = &*self.compiled(args);
        let taken = self.body.take_expr(callee);
        let ret = match &*taken {
            Expr::Path(path) => {
                let turbofish = path.segments.last().and_then(|s| s.args.as_deref());
                match self.value_path(callee, path) {
                    Value::Fn { f, .. } if !self.takes(f, args.len()) => Some(self.call_unknown(args)),
                    Value::Fn { f, subst, of } => Some(self.call_fn(id, f, subst, of, turbofish, args, expected)),
                    Value::Ctor(adt, variant, targs) => {
                        let ty = Ty::new(TyKind::Adt(adt, targs));
                        self.expect(ty, expected);
                        let fields: Vec<Ty> = self.fields(adt, variant, targs).into_iter().map(|(_, t)| t).collect();
                        self.callees.insert(id, PendingCallee::Ctor(adt, variant));
                        self.args(&fields, args);
                        Some(ty)
                    }
                    Value::Local(ty) | Value::Const(ty) => {
                        self.set_ty(callee, ty);
                        Some(self.call_value(id, ty, args))
                    }
                    Value::Unknown => Some(self.call_unknown(args)),
                }
            }
            _ => None,
        };
        self.body.put_expr(callee, taken);
        match ret {
            Some(ret) => ret,
            None => {
                let ty = self.expr(callee, Ty::unknown());
                self.call_value(id, ty, args)
            }
        }
    }

    /// Can the function be called with so many arguments, `self` included? Where not, a procedural macro has made something else of
    /// it.
    fn takes(&self, f: FnId, count: usize) -> bool {
        let sig = self.world.fn_sig(f);
        let params = usize::from(sig.receiver.is_some()) + sig.params.len();
        params == count || {
            let item = self.world.fn_item(f);
            // One of several parameters may be there under some `cfg` only.
            item.flags.is_variadic && count > params || item.param_attrs.iter().any(|attrs| attrs.has("cfg"))
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a call")]
    fn call_fn(
        &mut self,
        id: ExprId,
        f: FnId,
        subst: Subst,
        of: Option<(crate::TraitId, Ty)>,
        turbofish: Option<&GenericArgs>,
        args: &[ExprId],
        expected: Ty,
    ) -> Ty {
        let world = self.world;
        let subst = self.instantiate(f, subst, turbofish);
        let sig = world.fn_sig(f);
        let ret = self.table.open_holes(subst.apply(sig.ret));
        self.expect(ret, expected);
        let params: Vec<Ty> = sig.receiver.iter().chain(&sig.params).map(|t| subst.apply(*t)).collect();
        if let Some((tr, self_ty)) = of
            && let Some(args) = subst.of(world.tr(tr).generics)
        {
            let args = args.get(1..).unwrap_or_default();
            self.pending.push(Obligation::new(self_ty, Bound { tr, args, assoc: Vec::new() }));
        }
        self.callees.insert(id, PendingCallee::Fn { f, subst, of, receiver: None, sure: true });
        // `Box::new(|x| ..)` where a `Box<dyn Fn(X)>` is expected
        self.closure_hint = self.boxed_closure(ret, expected);
        self.args(&params, args);
        self.closure_hint = None;
        ret
    }

    fn boxed_closure(&mut self, ret: Ty, expected: Ty) -> Option<Ty> {
        let (adt, args) = self.norm(ret).as_adt()?;
        let (other, wanted) = self.norm(expected).as_adt()?;
        if adt != other {
            return None;
        }
        let (own, wanted) = (self.norm(*args.first()?), self.norm(*wanted.first()?));
        (matches!(own.kind(), TyKind::Var(_)) && matches!(wanted.kind(), TyKind::Dyn(_))).then_some(wanted)
    }

    /// Calls what nobody knows.
    fn call_unknown(&mut self, args: &[ExprId]) -> Ty {
        for arg in args {
            self.expr(*arg, Ty::unknown());
        }
        Ty::unknown()
    }

    /// Calls a closure or function value.
    fn call_value(&mut self, id: ExprId, ty: Ty, args: &[ExprId]) -> Ty {
        self.select_pending();
        for step in self.autoderef(ty) {
            if let Some((params, ret)) = self.callable(step) {
                self.callees.insert(id, PendingCallee::Value(step));
                self.args(&params, args);
                return ret;
            }
        }
        if self.table.is_open(ty) {
            self.open_receivers += 1;
        }
        self.call_unknown(args)
    }

    /// What the context wants teaches the arguments of the result, where no coercion can come between.
    pub(super) fn expect(&mut self, ret: Ty, expected: Ty) {
        let expected = self.norm(expected);
        if matches!(expected.kind(), TyKind::Unknown | TyKind::Var(_) | TyKind::Never | TyKind::Ref(..))
            || expected.has_opaque()
        {
            return;
        }
        let ret = self.norm(ret);
        match (ret.as_adt(), expected.as_adt()) {
            (Some((a, _)), Some((b, _))) if a == b => {
                let pointer = [self.lang.boxed, self.lang.arc, self.lang.rc, self.lang.pin].contains(&Some(a));
                if !pointer {
                    self.try_unify(ret, expected);
                }
            }
            _ if matches!(ret.kind(), TyKind::Tuple(_) | TyKind::Var(_)) => {
                self.try_unify(ret, expected);
            }
            _ => {}
        }
    }

    pub(super) fn method_call(&mut self, id: ExprId, call: &MethodCall, expected: Ty) -> Ty {
        let world = self.world;
        let receiver = self.expr(call.receiver, Ty::unknown());
        self.select_pending();
        let receiver = self.norm(receiver);
        let Some(picked) = self.probe(receiver, call.name) else {
            let inner = self.strip(receiver);
            if matches!(inner.kind(), TyKind::Var(_) | TyKind::Projection(..)) {
                self.open_receivers += 1;
            }
            // A field that holds a closure is called as `(self.f)(..)`, so there is nothing else to try.
            for arg in &call.args {
                self.expr(*arg, Ty::unknown());
            }
            return Ty::unknown();
        };
        let subst = self.instantiate(picked.f, picked.subst, call.args_generic.as_deref());
        let sig = world.fn_sig(picked.f);
        let ret = self.table.open_holes(subst.apply(sig.ret));
        self.expect(ret, expected);
        let params: Vec<Ty> = sig.params.iter().map(|t| subst.apply(*t)).collect();
        if let Some((tr, self_ty)) = picked.of
            && let Some(args) = subst.of(world.tr(tr).generics).and_then(|args| args.get(1..))
            && args.iter().any(|arg| self.table.resolve(*arg).has_vars() || self.table.resolve(self_ty).has_vars())
        {
            self.pending.push(Obligation::new(self_ty, Bound { tr, args, assoc: Vec::new() }));
        }
        self.callees.insert(
            id,
            PendingCallee::Fn { f: picked.f, subst, of: picked.of, receiver: Some(picked.receiver), sure: picked.sure },
        );
        if self.is_chosen_by_bounds(&params) {
            self.select_pending();
        }
        self.args(&params, &self.compiled(&call.args));
        ret
    }

    /// May what is pending tell a parameter's type, to which the argument is then coerced? `[String]: Join<?S>` holds for `&str` alone.
    fn is_chosen_by_bounds(&self, params: &[Ty]) -> bool {
        let is_open = |ty: &Ty| self.table.is_open(*ty);
        params.iter().any(|param| {
            is_open(param)
                && self.pending.iter().any(|obligation| {
                    let predicate = &obligation.predicate;
                    !is_open(&predicate.ty)
                        && predicate.bound.args.iter().any(|arg| self.table.shallow(*arg) == self.table.shallow(*param))
                })
        })
    }
}
