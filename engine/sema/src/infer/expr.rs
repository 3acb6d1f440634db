//! Expressions and statements.

use toecap_ir::{Block, BlockKind, CfgExpr, CfgTruth, Expr, ExprId, Literal, Mutability, Name, RecordLit, Stmt};

use super::Infer;
use crate::{FutureOrigin, Ty, TyKind};

/// Expressions in expressions deeper than this are not looked at: the stack is finite.
const MAX_DEPTH: u32 = 2_000;

impl Infer<'_> {
    pub(super) fn set_ty(&mut self, expr: ExprId, ty: Ty) {
        if expr.index() >= self.expr_tys.len() {
            self.expr_tys.resize(self.body.exprs.len(), Ty::unknown());
        }
        self.expr_tys[expr.index()] = ty;
    }

    /// The type of an expression where `expected` is wanted (unknown: nothing is).
    pub(super) fn expr(&mut self, id: ExprId, expected: Ty) -> Ty {
        if self.expr_depth > MAX_DEPTH {
            self.out_of_fuel += 1;
            return Ty::unknown();
        }
        self.expr_depth += 1;
        let taken = self.body.take_expr(id);
        let ty = self.expr_inner(id, &taken, expected);
        self.body.put_expr(id, taken);
        self.expr_depth -= 1;
        self.set_ty(id, ty);
        ty
    }

    fn none(&mut self, expr: ExprId) -> Ty {
        self.expr(expr, Ty::unknown())
    }

    fn expr_inner(&mut self, id: ExprId, expr: &Expr, expected: Ty) -> Ty {
        match expr {
            Expr::Opaque | Expr::Underscore => Ty::unknown(),
            Expr::Lit(literal) => self.literal(literal),
            Expr::Path(path) => self.path_expr(id, path),
            Expr::Block(block) => self.block_expr(id, block, expected),
            Expr::Call { callee, args } => self.call(id, *callee, args, expected),
            Expr::MethodCall(call) => self.method_call(id, call, expected),
            Expr::Field { base, name, .. } => {
                let base = self.none(*base);
                self.select_pending();
                self.field(base, *name)
            }
            Expr::Index { base, index } => {
                let base = self.none(*base);
                let index = self.none(*index);
                self.select_pending();
                self.index_ty(base, Some(index))
            }
            Expr::Unary(op, operand) => self.unary(*op, *operand, expected),
            Expr::Binary { op, lhs, rhs } => self.binary(*op, *lhs, *rhs, expected),
            Expr::Assign { place, value } => {
                let place = self.none(*place);
                let value = self.expr(*value, place);
                self.coerce(value, place);
                Ty::unit()
            }
            Expr::Ref { expr, mutability, raw } => self.reference(*expr, *mutability, *raw, expected),
            Expr::Cast { expr, ty } => {
                let ty = self.written_ty(ty);
                self.none(*expr);
                ty
            }
            Expr::Await { expr, .. } => {
                let future = self.none(*expr);
                self.select_pending();
                if self.table.is_open(future) {
                    self.open_receivers += 1;
                }
                self.await_output(future).unwrap_or(Ty::unknown())
            }
            Expr::Try(inner) => {
                let ty = self.none(*inner);
                self.select_pending();
                self.try_output(ty)
            }
            Expr::Let { pat, expr } => {
                let ty = self.none(*expr);
                self.select_pending();
                self.pat(*pat, ty, None);
                Ty::bool()
            }
            Expr::If { cond, then, otherwise } => {
                self.scopes.push(Vec::new());
                self.expr(*cond, Ty::bool());
                let ty = self.expr(*then, expected);
                self.scopes.pop();
                match otherwise {
                    Some(otherwise) => {
                        let other = self.expr(*otherwise, expected);
                        self.join(ty, other)
                    }
                    None => Ty::unit(),
                }
            }
            Expr::Match { scrutinee, arms } => {
                let value = self.none(*scrutinee);
                self.select_pending();
                let mut ty = Ty::never();
                for arm in arms {
                    if !self.active(arm.cfg.as_deref()) {
                        continue;
                    }
                    self.scopes.push(Vec::new());
                    self.pat(arm.pat, value, None);
                    if let Some(guard) = arm.guard {
                        self.expr(guard, Ty::bool());
                    }
                    let arm_ty = self.expr(arm.body, expected);
                    ty = self.join(ty, arm_ty);
                    self.scopes.pop();
                }
                ty
            }
            Expr::While { cond, body, label } => {
                self.scopes.push(Vec::new());
                self.expr(*cond, Ty::bool());
                self.looped(*label, *body);
                self.scopes.pop();
                Ty::unit()
            }
            Expr::Loop { body, label } => {
                let broken = self.looped(*label, *body);
                match self.table.shallow(broken).kind() {
                    TyKind::Var(_) => Ty::never(),
                    _ => broken,
                }
            }
            Expr::For { pat, iter, body, label } => {
                let iter = self.none(*iter);
                self.select_pending();
                let item = self.iter_item(iter);
                self.scopes.push(Vec::new());
                self.pat(*pat, item, None);
                self.looped(*label, *body);
                self.scopes.pop();
                Ty::unit()
            }
            Expr::Break { label, value } => self.break_expr(*label, *value),
            Expr::Continue { .. } => Ty::never(),
            Expr::Return(value) => {
                let wanted = self.returns.last().copied().unwrap_or(Ty::unknown());
                match value {
                    Some(value) => {
                        let found = self.expr(*value, wanted);
                        self.coerce(found, wanted);
                    }
                    None => {
                        self.try_unify(wanted, Ty::unit());
                    }
                }
                Ty::never()
            }
            Expr::Yield(value) => {
                if let Some(value) = value {
                    let item = self.yields.last().copied().unwrap_or(Ty::unknown());
                    let found = self.expr(*value, item);
                    self.coerce(found, item);
                }
                Ty::unit()
            }
            Expr::Closure(closure) => self.closure(id, closure, expected),
            Expr::Record(record) => self.record(record, expected),
            Expr::Tuple(parts) => {
                let wanted = match *self.norm(expected).kind() {
                    TyKind::Tuple(tys) => tys,
                    _ => &[],
                };
                let tys: Vec<Ty> = parts
                    .iter()
                    .enumerate()
                    .map(|(i, part)| self.expr(*part, wanted.get(i).copied().unwrap_or(Ty::unknown())))
                    .collect();
                Ty::tuple(&tys)
            }
            Expr::Array(parts) => {
                let wanted = self.element_of(expected);
                let mut element = self.fresh();
                for part in parts {
                    let ty = self.expr(*part, wanted);
                    element = self.join(element, ty);
                }
                element.array(Some(parts.len() as u64))
            }
            Expr::Repeat { value, count } => {
                let wanted = self.element_of(expected);
                let element = self.expr(*value, wanted);
                self.expr(*count, Ty::prim(crate::Prim::Usize));
                let len = self.length(*count, expected);
                Ty::new(TyKind::Array(element, len))
            }
            Expr::Range { start, end, inclusive } => self.range(*start, *end, *inclusive),
            Expr::MacroCall(call) => self.macro_call(id, call, expected),
            Expr::Expanded(expansion) => self.expanded(expansion, expected),
        }
    }

    pub(super) fn active(&self, cfg: Option<&CfgExpr>) -> bool {
        cfg.is_none_or(|cfg| self.world.cfg_truth(self.module.krate, cfg) != CfgTruth::False)
    }

    /// The length that the count of `[value; count]` means.
    fn length(&mut self, count: ExprId, expected: Ty) -> Ty {
        let known = match &self.body.exprs[count] {
            Expr::Lit(Literal::Int { value, .. }) => *value,
            Expr::Path(path) => match path.as_ident().zip(self.generics) {
                Some((name, generics)) if self.local_named(name).is_none() => {
                    match self.world.param_named(generics, name) {
                        Some(param) => return Ty::new(TyKind::Param(param)),
                        None => None,
                    }
                }
                _ => None,
            },
            _ => None,
        };
        match (known, self.norm(expected).kind()) {
            (None, TyKind::Array(_, len)) if !matches!(self.table.shallow(*len).kind(), TyKind::Var(_)) => *len,
            _ => Ty::new(TyKind::Const(known)),
        }
    }

    fn element_of(&mut self, expected: Ty) -> Ty {
        match *self.norm(expected).kind() {
            TyKind::Array(element, _) | TyKind::Slice(element) => element,
            _ => Ty::unknown(),
        }
    }

    fn reference(&mut self, operand: ExprId, mutability: Mutability, raw: bool, expected: Ty) -> Ty {
        let inner = match *self.norm(expected).kind() {
            TyKind::Ref(inner, _) => inner,
            _ => Ty::unknown(),
        };
        let inner = match self.norm(inner).kind() {
            TyKind::Dyn(_) | TyKind::Prim(crate::Prim::Str) => Ty::unknown(),
            _ => inner,
        };
        let ty = self.expr(operand, inner);
        if raw { Ty::new(TyKind::Ptr(ty, mutability)) } else { ty.reference(mutability) }
    }

    /// Infers a loop body; the type of its `break`s.
    fn looped(&mut self, label: Option<Name>, body: ExprId) -> Ty {
        let broken = self.fresh();
        self.loops.push((label, broken));
        self.expr(body, Ty::unit());
        self.loops.pop();
        broken
    }

    fn break_expr(&mut self, label: Option<Name>, value: Option<ExprId>) -> Ty {
        let target = match label {
            Some(_) => self.loops.iter().rev().find(|(l, _)| *l == label).map(|(_, ty)| *ty),
            None => self.loops.last().map(|(_, ty)| *ty),
        };
        let ty = match value {
            Some(value) => self.expr(value, target.unwrap_or(Ty::unknown())),
            None => Ty::unit(),
        };
        if let Some(target) = target {
            self.try_unify(target, ty);
        }
        Ty::never()
    }

    fn block_expr(&mut self, id: ExprId, block: &Block, expected: Ty) -> Ty {
        match block.kind {
            BlockKind::Async { .. } => {
                let output = self.fresh();
                let wanted = self.norm(expected);
                if let TyKind::Future(ty, _) = *wanted.kind() {
                    self.try_unify(output, ty);
                }
                self.returns.push(output);
                let loops = std::mem::take(&mut self.loops);
                let found = self.block(id, block, output);
                self.coerce(found, output);
                self.loops = loops;
                self.returns.pop();
                Ty::new(TyKind::Future(output, FutureOrigin::Block))
            }
            BlockKind::Try => {
                self.block(id, block, Ty::unknown());
                Ty::unknown()
            }
            BlockKind::Plain | BlockKind::Unsafe | BlockKind::Const => match block.label {
                Some(label) => {
                    let value = self.fresh();
                    self.loops.push((Some(label), value));
                    let ty = self.block(id, block, expected);
                    self.loops.pop();
                    self.join(value, ty)
                }
                None => self.block(id, block, expected),
            },
        }
    }

    pub(super) fn block(&mut self, id: ExprId, block: &Block, expected: Ty) -> Ty {
        let outer = self.module;
        if let Some(scope) = self.scope_of(id, block) {
            self.module = scope;
        }
        let aliases = self.names.aliases();
        self.import_made(&block.items);
        self.scopes.push(Vec::new());
        let ty = self.stmts(&block.stmts, block.tail, expected);
        self.scopes.pop();
        self.names.forget_aliases(aliases);
        self.module = outer;
        ty
    }

    /// Statements and tail in the scope that is open.
    pub(super) fn stmts(&mut self, stmts: &[Stmt], tail: Option<ExprId>, expected: Ty) -> Ty {
        let mut diverges = false;
        let (stmts, value) = self.without_value(stmts, tail);
        for stmt in stmts {
            match stmt {
                Stmt::Let { pat, ty, init, otherwise, cfg, .. } => {
                    if !self.active(cfg.as_deref()) {
                        self.inactive.extend(init);
                        continue;
                    }
                    let written = ty.as_deref().map(|t| self.written_ty(t));
                    let mut value = written.unwrap_or_else(|| self.fresh());
                    if let Some(init) = init {
                        let found = self.expr(*init, value);
                        if written.is_some() {
                            self.coerce(found, value);
                        } else {
                            value = found;
                        }
                        diverges |= self.is_never(found);
                    }
                    if let Some(otherwise) = otherwise {
                        self.expr(*otherwise, Ty::never());
                    }
                    self.select_pending();
                    self.pat(*pat, value, None);
                }
                Stmt::Expr { expr, cfg, .. } => {
                    if self.active(cfg.as_deref()) {
                        let found = self.none(*expr);
                        diverges |= self.is_never(found);
                    } else {
                        self.inactive.insert(*expr);
                    }
                }
            }
        }
        match value {
            Some(value) => self.expr(value, expected),
            None if diverges => Ty::never(),
            None => Ty::unit(),
        }
    }

    /// The statements before the value of a block, and the value. Of several values under conditions, one is left:
    /// `#[cfg(unix)] { a } #[cfg(windows)] { b }`
    fn without_value<'s>(&self, stmts: &'s [Stmt], tail: Option<ExprId>) -> (&'s [Stmt], Option<ExprId>) {
        if tail.is_some() {
            return (stmts, tail);
        }
        let is_active = |stmt: &Stmt| match stmt {
            Stmt::Let { cfg, .. } | Stmt::Expr { cfg, .. } => self.active(cfg.as_deref()),
        };
        let last = stmts.iter().rposition(is_active);
        match last.map(|at| (at, &stmts[at])) {
            Some((at, Stmt::Expr { expr, semi: false, cfg: Some(_), .. })) => (&stmts[..at], Some(*expr)),
            _ => (stmts, None),
        }
    }

    fn is_never(&self, ty: Ty) -> bool {
        matches!(self.table.shallow(ty).kind(), TyKind::Never)
    }

    fn record(&mut self, record: &RecordLit, expected: Ty) -> Ty {
        let Some((ty, adt, variant)) = self.ctor_pat(&record.path) else {
            for field in &record.fields {
                self.none(field.value);
            }
            if let Some(spread) = record.spread {
                self.none(spread);
            }
            return Ty::unknown();
        };
        if let Some(args) = record.path.segments.last().and_then(|s| s.args.as_deref())
            && let Some((_, own)) = ty.as_adt()
        {
            let generics = self.world.adt(adt).generics;
            let written = self.lowerer().segment_args(generics, Some(args));
            for (a, b) in own.iter().zip(written) {
                let written = self.table.open_holes(*b);
                self.try_unify(*a, written);
            }
        }
        let wanted = self.norm(expected);
        if wanted.as_adt().is_some() {
            self.try_unify(ty, wanted);
        }
        let args = ty.as_adt().map(|(_, args)| args).unwrap_or_default();
        let fields = self.fields(adt, variant, args);
        for field in &record.fields {
            if !self.active(field.cfg.as_deref()) {
                continue;
            }
            let declared = fields.iter().find(|(n, _)| *n == field.name).map_or(Ty::unknown(), |(_, t)| *t);
            let found = self.expr(field.value, declared);
            self.coerce(found, declared);
        }
        if let Some(spread) = record.spread {
            self.expr(spread, ty);
        }
        ty
    }

    fn range(&mut self, start: Option<ExprId>, end: Option<ExprId>, inclusive: bool) -> Ty {
        let mut bound = self.fresh();
        for part in [start, end].into_iter().flatten() {
            let ty = self.expr(part, bound);
            bound = self.join(bound, ty);
        }
        let adt = match (start, end, inclusive) {
            (Some(_), Some(_), false) => self.lang.range,
            (Some(_), Some(_), true) => self.lang.range_inclusive,
            (Some(_), None, _) => self.lang.range_from,
            (None, Some(_), false) => self.lang.range_to,
            (None, Some(_), true) => self.lang.range_to_inclusive,
            (None, None, _) => return self.lang.range_full.map_or(Ty::unknown(), |adt| Ty::adt(adt, &[])),
        };
        adt.map_or(Ty::unknown(), |adt| Ty::adt(adt, &[bound]))
    }
}
