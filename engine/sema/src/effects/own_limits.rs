//! Functions of the workspace that drop a future which they are given when it takes too long.
//!
//! ```text
//! async fn limited<F: Future>(f: F) -> Option<F::Output> { timeout(LIMIT, f).await.ok() }
//! limited(stream.write_all(b)).await        cut like under `timeout` itself
//! ```

use toecap_ir::{Expr, ExprId, MacroArgs};
use toecap_knowledge::PointKind;

use super::races::CutBy;
use crate::flow::Regions;
use crate::{Analysis, BodyOwner, Callee, FnCallee, FnId, MacroKind, Ty, TyKind, TypedBody};

/// How many such functions may lie within one another.
const MAX_LIMITS: u32 = 3;
/// How deep a future may be wrapped before it is raced.
const MAX_WRAPPERS: usize = 8;

impl Analysis<'_> {
    /// The future that a call of such a function is given, and who cuts it.
    pub(super) fn limited_by_own(&self, body: &TypedBody, call: ExprId) -> Option<(ExprId, CutBy)> {
        let types = &body.types;
        let Callee::Fn(callee) = types.callees.get(&call)? else { return None };
        let is_future = |arg: &ExprId| {
            types.futures.contains_key(arg) || matches!(types.expr_tys[arg.index()].kind(), TyKind::Future(..))
        };
        let args = super::call_args(&types.body[call]);
        let runs = self.own_limit(callee).filter(|_| args.iter().any(is_future))?;
        let has_self = matches!(types.body[call], Expr::Call { .. }) && self.world().fn_item(runs).receiver.is_some();
        let (number, by) = self.limited_param(runs, 0)?;
        let future = *args.get(number + usize::from(has_self))?;
        is_future(&future).then_some((future, by))
    }

    fn own_limit(&self, callee: &FnCallee) -> Option<FnId> {
        let runs = callee.runs.unwrap_or(callee.f);
        let is_own = self.world().is_own(runs.krate);
        (callee.sure && is_own).then_some(runs)
    }

    /// The parameter (without `self`) that a function drops before its end, and when.
    fn limited_param(&self, f: FnId, depth: u32) -> Option<(usize, CutBy)> {
        let signature = self.world().fn_sig(f);
        let params = signature.params.iter().enumerate();
        let numbers: Vec<usize> = params.filter(|(_, ty)| self.is_given_future(f, **ty)).map(|(n, _)| n).collect();
        if numbers.is_empty() || depth >= MAX_LIMITS {
            return None;
        }
        let body = self.body(BodyOwner::Fn(f))?;
        let regions = self.regions(&body);
        numbers.into_iter().find_map(|number| {
            let pat = body.types.body.params.get(number)?;
            let local = *body.types.bindings.get(pat)?;
            let [mention] = body.mentions(local)[..] else { return None };
            Some((number, self.limit_around(&body, &regions, mention, depth)?))
        })
    }

    /// Is a parameter of this type some future, or a pinned one?
    fn is_given_future(&self, f: FnId, ty: Ty) -> bool {
        let world = self.world();
        let lang = world.lang();
        match ty.kind() {
            TyKind::Adt(adt, _) => [lang.pin, lang.boxed].contains(&Some(*adt)),
            TyKind::Param(_) => world
                .all_predicates(world.func(f).generics)
                .iter()
                .any(|predicate| predicate.ty == ty && Some(predicate.bound.tr) == lang.future),
            _ => false,
        }
    }

    /// Who drops the future that is moved into what stands around it.
    fn limit_around(&self, body: &TypedBody, regions: &Regions, future: ExprId, depth: u32) -> Option<CutBy> {
        let types = &body.types;
        let mut at = future;
        for _ in 0..MAX_WRAPPERS {
            let around = regions.parent(at)?;
            match &types.body[around] {
                Expr::MacroCall(call) => {
                    let MacroArgs::Select(select) = &call.parsed else { return None };
                    let is_race = types.macros.get(&around) == Some(&MacroKind::Select);
                    let mut others = select.arms.iter().filter(|arm| arm.future != at).peekable();
                    if !is_race || others.peek().is_none() || !select.arms.iter().any(|arm| arm.future == at) {
                        return None;
                    }
                    let is_timed = others.any(|arm| self.is_deadline(body, arm.future));
                    return Some(if is_timed { CutBy::Timeout } else { CutBy::Race });
                }
                expr @ (Expr::Call { .. } | Expr::MethodCall(_)) => {
                    let Some(Callee::Fn(callee)) = types.callees.get(&around) else { return None };
                    match self.facts().of_callee(callee).and_then(|facts| facts.point()).map(|point| point.kind) {
                        Some(PointKind::Timeout) => return Some(CutBy::Timeout),
                        Some(PointKind::Token) => return Some(CutBy::Token),
                        _ => {}
                    }
                    let position = super::call_args(expr).iter().position(|arg| *arg == at);
                    if let (Some(position), Some(runs)) = (position, self.own_limit(callee)) {
                        return self.limited_param(runs, depth + 1).filter(|(n, _)| *n == position).map(|(_, by)| by);
                    }
                    let name = self.world().func(callee.f).name;
                    if !matches!(name.as_str(), "pin" | "fuse" | "boxed" | "boxed_local" | "into_future" | "new") {
                        return None;
                    }
                }
                _ => return None,
            }
            at = around;
        }
        None
    }
}
