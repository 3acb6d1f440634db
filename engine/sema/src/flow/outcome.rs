//! What patterns and tests say of an `Option`, `Result` or `Poll`.
//!
//! ```text
//! Ok(x)           matches: full; does not match: empty
//! Ok(Ok(x))       matches: full; does not match: nobody knows
//! r.is_err()      holds: empty; does not hold: full
//! ```

use toecap_ir::{Expr, ExprId, MacroArgs, Name, Pat, PatId, Path};

use super::graph::Outcome;
use crate::{Callee, TypedBody};

pub(super) struct Outcomes<'a> {
    body: &'a TypedBody,
}

impl<'a> Outcomes<'a> {
    pub(super) fn new(body: &'a TypedBody) -> Self {
        Self { body }
    }

    /// Where the pattern matches, and where it does not.
    pub(super) fn of_pattern(&self, pat: PatId) -> (Option<Outcome>, Option<Outcome>) {
        let is = self.constructor(pat);
        let no = match (is, self.exhausts(pat)) {
            (Some(Outcome::Full), Some(_)) => Some(Outcome::Empty),
            (Some(Outcome::Empty), Some(_)) => Some(Outcome::Full),
            _ => None,
        };
        (is, no)
    }

    /// The kind that the pattern leaves nothing of.
    pub(super) fn exhausts(&self, pat: PatId) -> Option<Outcome> {
        let is = self.constructor(pat)?;
        let all = match &self.body.types.body[pat] {
            Pat::TupleStruct { pats, .. } => pats.iter().all(|p| self.is_irrefutable(*p)),
            Pat::Path(_) | Pat::Bind { .. } => true,
            Pat::Typed(inner, _) | Pat::Ref(inner, _) => return self.exhausts(*inner),
            _ => false,
        };
        all.then_some(is)
    }

    fn constructor(&self, pat: PatId) -> Option<Outcome> {
        match &self.body.types.body[pat] {
            Pat::TupleStruct { path, .. } | Pat::Path(path) => outcome_named(path),
            Pat::Bind { name, sub: None, .. } if !self.body.types.bindings.contains_key(&pat) => named(name.as_str()),
            Pat::Typed(inner, _) | Pat::Ref(inner, _) => self.constructor(*inner),
            Pat::Or(pats) => {
                let first = self.constructor(*pats.first()?)?;
                pats.iter().all(|p| self.constructor(*p) == Some(first)).then_some(first)
            }
            _ => None,
        }
    }

    pub(super) fn is_irrefutable(&self, pat: PatId) -> bool {
        match &self.body.types.body[pat] {
            Pat::Wild | Pat::Rest => true,
            Pat::Bind { sub, .. } => {
                self.body.types.bindings.contains_key(&pat) && sub.is_none_or(|s| self.is_irrefutable(s))
            }
            Pat::Tuple(pats) => pats.iter().all(|p| self.is_irrefutable(*p)),
            Pat::Ref(inner, _) | Pat::Typed(inner, _) => self.is_irrefutable(*inner),
            _ => false,
        }
    }

    /// Is the method one of what the receiver's type derefs to? `guard.is_none()` says nothing of the guard.
    fn is_behind(&self, call: ExprId, receiver: ExprId) -> bool {
        let types = &self.body.types;
        let Some(Callee::Fn(callee)) = types.callees.get(&call) else { return false };
        let named = types.expr_tys.get(receiver.index()).and_then(|ty| ty.peel_refs().as_adt());
        let tested = callee.receiver.and_then(|ty| ty.peel_refs().as_adt());
        matches!((named, tested), (Some((named, _)), Some((tested, _))) if named != tested)
    }

    /// What a boolean expression tests, with what is known where it holds and where not.
    pub(super) fn of_test(&self, cond: ExprId) -> Option<(ExprId, Option<Outcome>, Option<Outcome>)> {
        match &self.body.types.body[cond] {
            Expr::MethodCall(call) if !self.is_behind(cond, call.receiver) => {
                let (yes, no) = match call.name.as_str() {
                    "is_ok" | "is_some" | "is_ready" => (Some(Outcome::Full), Some(Outcome::Empty)),
                    "is_err" | "is_none" | "is_pending" => (Some(Outcome::Empty), Some(Outcome::Full)),
                    "is_ok_and" | "is_some_and" => (Some(Outcome::Full), None),
                    "is_err_and" => (Some(Outcome::Empty), None),
                    "is_none_or" => (None, Some(Outcome::Full)),
                    _ => return None,
                };
                Some((call.receiver, yes, no))
            }
            Expr::MacroCall(call) => match &call.parsed {
                MacroArgs::Matches { value, pat, guard } => {
                    let (yes, no) = self.of_pattern(*pat);
                    Some((*value, yes, if guard.is_none() { no } else { None }))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

fn outcome_named(path: &Path) -> Option<Outcome> {
    let names: Vec<Name> = path.names().collect();
    match names.as_slice() {
        [.., ty, name] if ty.as_str() == "Poll" => match name.as_str() {
            "Ready" => Some(Outcome::Full),
            "Pending" => Some(Outcome::Empty),
            _ => None,
        },
        [.., name] => named(name.as_str()),
        [] => None,
    }
}

fn named(name: &str) -> Option<Outcome> {
    match name {
        "Ok" | "Some" => Some(Outcome::Full),
        "Err" | "None" => Some(Outcome::Empty),
        _ => None,
    }
}
