//! Code that runs where something has failed.
//!
//! ```text
//! fetch(url).await.map_err(|error| note(error, std::fs::metadata(path)))?;
//! match client.get(key).await { Ok(value) => value, Err(_) => std::fs::read(fallback)? }
//! if let Err(error) = serve().await { std::fs::write("error", error)?; }
//! ```

use toecap_ir::{Expr, ExprId, Pat, PatId};

use super::exec::Executor;
use crate::TypedBody;

impl Executor<'_> {
    /// Does the code run only where a `Result` was an error?
    pub fn runs_on_failure(&self, code: ExprId) -> bool {
        let (regions, body) = (self.code_regions(), self.body);
        let tree = &body.types.body;
        let mut at = code;
        while let Some(parent) = regions.parent(at) {
            let fails = match &tree[parent] {
                Expr::Match { arms, .. } => arms.iter().any(|arm| arm.body == at && is_err(body, arm.pat)),
                Expr::If { cond, then, .. } => *then == at && asks_for_err(body, *cond),
                Expr::MethodCall(call) => {
                    matches!(tree[at], Expr::Closure(_))
                        && matches!(call.name.as_str(), "map_err" | "inspect_err" | "or_else" | "unwrap_or_else")
                        && self.is_result(call.receiver)
                }
                _ => false,
            };
            if fails {
                return true;
            }
            at = parent;
        }
        false
    }

    fn is_result(&self, value: ExprId) -> bool {
        let ty = self.body.types.expr_tys.get(value.index());
        ty.and_then(|ty| ty.as_adt()).is_some_and(|(adt, _)| Some(adt) == self.analysis.world().lang().result)
    }
}

fn asks_for_err(body: &TypedBody, cond: ExprId) -> bool {
    match &body.types.body[cond] {
        Expr::Let { pat, .. } => is_err(body, *pat),
        Expr::Binary { lhs, rhs, .. } => asks_for_err(body, *lhs) || asks_for_err(body, *rhs),
        _ => false,
    }
}

/// `Err(_)`
fn is_err(body: &TypedBody, pat: PatId) -> bool {
    matches!(&body.types.body[pat], Pat::TupleStruct { path, .. } if path.last_name().is_some_and(|name| name.as_str() == "Err"))
}
