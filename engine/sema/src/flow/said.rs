//! What a function says of a cut when it returns.
//!
//! ```text
//! Ok(())                      nothing
//! Err(e)                      that it failed
//! sent.is_ok()                whether it was cut
//! ```

use toecap_ir::{Expr, ExprId, Literal, UnaryOp};

use super::Outcome;
use super::cancel::Walk;
use super::outcome::Outcomes;
use super::place::is_named;
use crate::{Callee, PathDef};

impl Walk<'_, '_> {
    /// Is this outcome of the value impossible after the cut?
    pub(super) fn is_not(&self, value: ExprId, is: Outcome, depth: u32) -> bool {
        self.is_no_result_of(value, is, depth) || self.is_other_answer(value, is, depth)
    }

    /// `let sent = select! { r = tx.send(m) => r.is_ok(), _ = stop.recv() => false }; if sent { .. }` is not run where the other
    /// branch has won.
    fn is_other_answer(&self, value: ExprId, is: Outcome, depth: u32) -> bool {
        let types = &self.cut.body.types;
        if depth > 8 {
            return false;
        }
        match &types.body[value] {
            Expr::Lit(Literal::Bool(answer)) => *answer != (is == Outcome::Full),
            Expr::Path(_) => match types.paths.get(&value) {
                Some(PathDef::Local(local)) => {
                    let init = self.cut.aliases.value(*local);
                    init.is_some_and(|init| self.is_other_answer(init, is, depth + 1))
                }
                _ => false,
            },
            Expr::Unary(UnaryOp::Not, inner) => {
                let other = if is == Outcome::Full { Outcome::Empty } else { Outcome::Full };
                self.is_other_answer(*inner, other, depth + 1)
            }
            Expr::MethodCall(_) => self.is_other_test(value, is, depth),
            Expr::Block(_) | Expr::If { .. } | Expr::Match { .. } | Expr::MacroCall(_) | Expr::Expanded(_) => {
                self.is_other_test(value, is, depth)
                    || self
                        .values
                        .get(&value)
                        .is_some_and(|v| v.iter().all(|v| self.is_other_answer(*v, is, depth + 1)))
            }
            _ => false,
        }
    }

    /// `matches!(result, Ok(Ok(_)))`, `result.is_ok()` of what is no `Ok`.
    fn is_other_test(&self, test: ExprId, is: Outcome, depth: u32) -> bool {
        let Some((tested, yes, no)) = Outcomes::new(self.cut.body).of_test(test) else { return false };
        let tested_is = if is == Outcome::Full { yes } else { no };
        tested_is.is_some_and(|outcome| self.is_no_result_of(tested, outcome, depth + 1))
    }

    fn is_no_result_of(&self, value: ExprId, is: Outcome, depth: u32) -> bool {
        let Some((known, not)) = self.cut.not else { return false };
        if value == known {
            return is == not;
        }
        if depth > 8 {
            return false;
        }
        let types = &self.cut.body.types;
        match &types.body[value] {
            Expr::Path(_) => match types.paths.get(&value) {
                Some(PathDef::Local(local)) if self.cut.named == Some(*local) => is == not,
                Some(PathDef::Local(local)) => {
                    self.cut.aliases.value(*local).is_some_and(|init| self.is_no_result_of(init, is, depth + 1))
                }
                _ => false,
            },
            Expr::Ref { expr, .. } | Expr::Try(expr) => self.is_no_result_of(*expr, is, depth + 1),
            Expr::MethodCall(call) => {
                let keeps = matches!(
                    call.name.as_str(),
                    "ok" | "map"
                        | "map_err"
                        | "and_then"
                        | "as_ref"
                        | "as_mut"
                        | "as_deref"
                        | "inspect"
                        | "inspect_err"
                        | "flatten"
                        | "context"
                        | "with_context"
                        | "wrap_err"
                        | "wrap_err_with"
                        | "transpose"
                        | "cloned"
                        | "ok_or"
                        | "ok_or_else"
                        | "copied"
                );
                keeps && self.is_no_result_of(call.receiver, is, depth + 1)
            }
            _ => false,
        }
    }

    /// Does the value tell the caller nothing of what happened?
    pub(super) fn says_nothing(&self, value: ExprId, depth: u32) -> bool {
        let types = &self.cut.body.types;
        if depth > 16 {
            return false;
        }
        // The callee has returned well, and has said nothing.
        if self.cut.not == Some((value, Outcome::Empty)) {
            return true;
        }
        match &types.body[value] {
            Expr::Tuple(parts) => parts.is_empty(),
            Expr::Record(record) => record.fields.iter().all(|field| self.says_nothing(field.value, depth + 1)),
            // A variable that nothing has happened to since.
            Expr::Path(_) => match types.paths.get(&value) {
                Some(PathDef::Local(local)) => {
                    !self.changed.contains(local) && self.mentions.get(local).is_none_or(|times| *times <= 1)
                }
                _ => false,
            },
            Expr::Call { args, .. } => {
                let is_ok =
                    matches!(types.callees.get(&value), Some(Callee::Ctor(..))) && is_named(self.cut.body, value, "Ok");
                is_ok && args.iter().all(|a| self.says_nothing(*a, depth + 1) || matches!(types.body[*a], Expr::Lit(_)))
            }
            // `timeout(..).await.unwrap_or(Ok(()))`
            Expr::MethodCall(call) if self.cut.not == Some((call.receiver, Outcome::Full)) => {
                match call.name.as_str() {
                    "unwrap_or_default" => true,
                    "unwrap_or" => call.args.iter().all(|a| self.says_nothing(*a, depth + 1)),
                    _ => false,
                }
            }
            Expr::Block(_) | Expr::If { .. } | Expr::Match { .. } | Expr::MacroCall(_) | Expr::Expanded(_) => {
                types.expr_tys[value.index()] == crate::Ty::unit()
                    || self.values.get(&value).is_some_and(|v| v.iter().any(|v| self.says_nothing(*v, depth + 1)))
            }
            Expr::For { .. } | Expr::While { .. } | Expr::Loop { .. } => {
                types.expr_tys[value.index()] == crate::Ty::unit()
            }
            _ => false,
        }
    }

    /// `Err(..)` on every path after the cut.
    pub(super) fn is_failure(&self, value: Option<ExprId>, depth: u32) -> bool {
        let Some(value) = value else { return false };
        let types = &self.cut.body.types;
        match &types.body[value] {
            Expr::Call { .. } => is_named(self.cut.body, value, "Err"),
            Expr::Block(_) | Expr::If { .. } | Expr::Match { .. } | Expr::Expanded(_) if depth < 16 => {
                self.values.get(&value).is_some_and(|v| v.iter().all(|v| self.is_failure(Some(*v), depth + 1)))
            }
            _ => false,
        }
    }
}
