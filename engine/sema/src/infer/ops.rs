//! Literals, operators, fields, indexing, `?`.

use toecap_ir::{BinaryOp, ExprId, Literal, Mutability, Name, UnaryOp, sym};

use super::Infer;
use super::table::VarKind;
use crate::lower_ty::str_ref;
use crate::{Prim, TraitId, Ty, TyKind, intern_args};

impl Infer<'_> {
    pub(super) fn literal(&mut self, literal: &Literal) -> Ty {
        match literal {
            Literal::Int { suffix, .. } => match suffix.and_then(Prim::from_name) {
                Some(prim) => Ty::prim(prim),
                None => self.table.fresh(VarKind::Int),
            },
            Literal::Float { suffix } => match suffix.and_then(Prim::from_name) {
                Some(prim) => Ty::prim(prim),
                None => self.table.fresh(VarKind::Float),
            },
            Literal::Str(_) => str_ref(),
            Literal::ByteStr(len) => Ty::prim(Prim::U8).array(Some(u64::from(*len))).reference(Mutability::Shared),
            Literal::CStr => match self.lang.cstr {
                Some(adt) => Ty::adt(adt, &[]).reference(Mutability::Shared),
                None => Ty::unknown(),
            },
            Literal::Char => Ty::prim(Prim::Char),
            Literal::Byte => Ty::prim(Prim::U8),
            Literal::Bool(_) => Ty::bool(),
        }
    }

    pub(super) fn unary(&mut self, op: UnaryOp, operand: ExprId, expected: Ty) -> Ty {
        match op {
            UnaryOp::Deref => {
                let ty = self.expr(operand, Ty::unknown());
                self.select_pending();
                let ty = self.norm(ty);
                if let TyKind::Ptr(target, _) = *ty.kind() {
                    return target;
                }
                match self.autoderef(ty).get(1) {
                    Some(target) => *target,
                    None => Ty::unknown(),
                }
            }
            UnaryOp::Not | UnaryOp::Neg => {
                let ty = self.expr(operand, expected);
                let ty = self.norm(ty);
                if matches!(ty.kind(), TyKind::Prim(_) | TyKind::Var(_) | TyKind::Unknown) {
                    return ty;
                }
                let stripped = self.strip(ty);
                if matches!(stripped.kind(), TyKind::Prim(_)) {
                    return stripped;
                }
                let tr = if op == UnaryOp::Not { self.lang.not } else { self.lang.neg };
                tr.and_then(|tr| self.project(ty, tr, &[], sym::OUTPUT)).unwrap_or(Ty::unknown())
            }
        }
    }

    fn op_trait(&self, op: BinaryOp) -> Option<TraitId> {
        match op {
            BinaryOp::Add => self.lang.add,
            BinaryOp::Sub => self.lang.sub,
            BinaryOp::Mul => self.lang.mul,
            BinaryOp::Div => self.lang.div,
            BinaryOp::Rem => self.lang.rem,
            BinaryOp::BitAnd => self.lang.bit_and,
            BinaryOp::BitOr => self.lang.bit_or,
            BinaryOp::BitXor => self.lang.bit_xor,
            BinaryOp::Shl => self.lang.shl,
            BinaryOp::Shr => self.lang.shr,
            _ => None,
        }
    }

    pub(super) fn binary(&mut self, op: BinaryOp, lhs: ExprId, rhs: ExprId, expected: Ty) -> Ty {
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            self.expr(lhs, Ty::bool());
            self.expr(rhs, Ty::bool());
            return Ty::bool();
        }
        let is_arithmetic = self.op_trait(op).is_some();
        let hint = if is_arithmetic && matches!(self.norm(expected).kind(), TyKind::Prim(_)) {
            expected
        } else {
            Ty::unknown()
        };
        let left = self.expr(lhs, hint);
        let right = self.expr(rhs, Ty::unknown());
        self.select_pending();
        let (left, right) = (self.norm(left), self.norm(right));
        match op {
            BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                let (a, b) = (self.strip(left), self.strip(right));
                if matches!(a.kind(), TyKind::Var(_)) || matches!(b.kind(), TyKind::Var(_)) {
                    self.try_unify(a, b);
                }
                Ty::bool()
            }
            _ if is_arithmetic => self.arithmetic(op, left, right),
            _ => {
                let stripped = self.strip(right);
                if matches!(left.kind(), TyKind::Prim(_)) || matches!(stripped.kind(), TyKind::Prim(_)) {
                    self.try_unify(left, stripped);
                }
                Ty::unit()
            }
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, left: Ty, right: Ty) -> Ty {
        let shift = matches!(op, BinaryOp::Shl | BinaryOp::Shr);
        let inner = self.strip(left);
        match left.kind() {
            TyKind::Unknown => return Ty::unknown(),
            TyKind::Prim(_) | TyKind::Var(_) => {
                let other = self.strip(right);
                if matches!(other.kind(), TyKind::Prim(_) | TyKind::Var(_)) {
                    if !shift {
                        self.try_unify(left, other);
                    }
                    return left;
                }
                if matches!(left.kind(), TyKind::Var(_)) {
                    // `2.0 * vector`
                    let outside = self.table.fallback(left);
                    if outside.is_unknown() {
                        return Ty::unknown();
                    }
                }
            }
            TyKind::Ref(..) if matches!(inner.kind(), TyKind::Prim(p) if *p != Prim::Str) => {
                let other = self.strip(right);
                if !shift && matches!(other.kind(), TyKind::Var(_)) {
                    self.try_unify(inner, other);
                }
                return inner;
            }
            _ => {}
        }
        let Some(tr) = self.op_trait(op) else { return Ty::unknown() };
        let before = self.snapshot();
        if let Some(ty) = self.project(left, tr, intern_args(&[right]), sym::OUTPUT) {
            return ty;
        }
        self.rollback(before);
        // `text + &String::new()`: where there is one impl, the operand is coerced to what it wants.
        if matches!(right.kind(), TyKind::Ref(..)) {
            let wanted = self.fresh();
            if let Some(ty) = self.project(left, tr, intern_args(&[wanted]), sym::OUTPUT) {
                self.coerce(right, wanted);
                return ty;
            }
            self.rollback(before);
        }
        Ty::unknown()
    }

    /// `base.name`
    pub(super) fn field(&mut self, base: Ty, name: Name) -> Ty {
        for step in self.autoderef(base) {
            match *step.kind() {
                TyKind::Adt(adt, args) if !self.world.adt(adt).is_enum => {
                    let found = self.fields(adt, 0, args).into_iter().find(|(n, _)| *n == name);
                    if let Some((_, ty)) = found {
                        return ty;
                    }
                }
                TyKind::Tuple(parts) => {
                    if let Ok(index) = name.as_str().parse::<usize>() {
                        return parts.get(index).copied().unwrap_or(Ty::unknown());
                    }
                }
                _ => {}
            }
        }
        if self.table.is_open(base) {
            self.open_receivers += 1;
        }
        Ty::unknown()
    }

    /// `base[index]`; without an index the element of something slice-like.
    pub(super) fn index_ty(&mut self, base: Ty, index: Option<Ty>) -> Ty {
        let index = index.map(|t| self.norm(t));
        let is_range = index.and_then(Ty::as_adt).is_some_and(|(adt, _)| {
            [
                self.lang.range,
                self.lang.range_inclusive,
                self.lang.range_from,
                self.lang.range_to,
                self.lang.range_to_inclusive,
                self.lang.range_full,
            ]
            .contains(&Some(adt))
        });
        // `I: SliceIndex<[T]>`, `(Bound, Bound)`
        let is_open =
            index.is_some_and(|t| matches!(t.kind(), TyKind::Param(_) | TyKind::Projection(..) | TyKind::Tuple(_)));
        for step in self.autoderef(base) {
            match *step.kind() {
                TyKind::Slice(element) | TyKind::Array(element, _) if !is_open => {
                    return if is_range { Ty::new(TyKind::Slice(element)) } else { element };
                }
                TyKind::Prim(Prim::Str) if is_range => return step,
                TyKind::Adt(adt, args) if Some(adt) == self.lang.vec && !is_open => {
                    let element = args.first().copied().unwrap_or(Ty::unknown());
                    return if is_range { Ty::new(TyKind::Slice(element)) } else { element };
                }
                TyKind::Adt(..)
                | TyKind::Param(_)
                | TyKind::Projection(..)
                | TyKind::Slice(_)
                | TyKind::Prim(Prim::Str) => {
                    let (Some(tr), Some(index)) = (self.lang.index, index) else { continue };
                    let before = self.snapshot();
                    match self.project(step, tr, intern_args(&[index]), sym::OUTPUT) {
                        Some(ty) => return ty,
                        None => self.rollback(before),
                    }
                }
                _ => {}
            }
        }
        Ty::unknown()
    }

    /// What `?` takes out.
    pub(super) fn try_output(&mut self, ty: Ty) -> Ty {
        let ty = self.norm(ty);
        let Some((adt, args)) = ty.as_adt() else {
            if matches!(ty.kind(), TyKind::Var(_)) {
                self.open_receivers += 1;
            }
            return Ty::unknown();
        };
        let first = args.first().copied().unwrap_or(Ty::unknown());
        if Some(adt) == self.lang.result || Some(adt) == self.lang.option {
            first
        } else if Some(adt) == self.lang.control_flow {
            args.get(1).copied().unwrap_or(Ty::unknown())
        } else if Some(adt) == self.lang.poll {
            let inner = self.norm(first);
            // `Poll<Result<T, E>>` and `Poll<Option<Result<T, E>>>`
            match inner.as_adt() {
                Some((a, inner_args)) if Some(a) == self.lang.option => {
                    let item = self.try_output(inner_args.first().copied().unwrap_or(Ty::unknown()));
                    Ty::adt(adt, &[Ty::adt(a, &[item])])
                }
                _ => {
                    let output = self.try_output(inner);
                    Ty::adt(adt, &[output])
                }
            }
        } else {
            Ty::unknown()
        }
    }
}
