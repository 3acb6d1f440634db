//! Cuts that the code does not look at, and files that stay behind half-written.
//!
//! ```text
//! let _ = timeout(D, s.write_all(b)).await;               whatever follows knows nothing of the cut
//! select! { r = s.write_all(b) => r?, _ = tick() => {} }
//! ```

use toecap_ir::{Expr, ExprId, Pat, Select, Stmt};

use super::{Base, Cut, Regions, WorksOn};
use crate::walk::each_child;
use crate::{Analysis, Callee, PathDef, Ty, TypedBody};

/// Is the value of an expression dropped at once? `let _ = value;`, `value.ok();`
pub(crate) fn is_discarded(regions: &Regions, body: &TypedBody, value: ExprId) -> bool {
    let tree = &body.types.body;
    let Some(parent) = regions.parent(value) else { return false };
    match &tree[parent] {
        Expr::MethodCall(call) if call.receiver == value && call.name.as_str() == "ok" => {
            is_discarded(regions, body, parent)
        }
        Expr::Assign { place, .. } => matches!(tree[*place], Expr::Underscore),
        Expr::Block(block) => block.stmts.iter().any(|stmt| match stmt {
            Stmt::Let { pat, init, .. } => *init == Some(value) && matches!(tree[*pat], Pat::Wild),
            Stmt::Expr { expr, semi, .. } => *expr == value && *semi,
        }),
        _ => false,
    }
}

/// A test that cuts a future to see what then happens: `assert!(timeout(D, s.recv()).await.is_err());`
pub(crate) fn is_failure_expected(regions: &Regions, body: &TypedBody, value: ExprId) -> bool {
    let tree = &body.types.body;
    let asks = |value: ExprId| match regions.parent(value).map(|parent| &tree[parent]) {
        Some(Expr::MethodCall(call)) => {
            call.receiver == value && matches!(call.name.as_str(), "is_err" | "unwrap_err" | "expect_err")
        }
        _ => false,
    };
    let Some(Expr::Block(block)) = regions.parent(value).map(|parent| &tree[parent]) else { return asks(value) };
    let bound = block.stmts.iter().find_map(|stmt| match stmt {
        Stmt::Let { pat, init, .. } if *init == Some(value) => body.types.bindings.get(pat),
        _ => None,
    });
    bound.is_some_and(|local| body.types.paths.iter().any(|(used, def)| *def == PathDef::Local(*local) && asks(*used)))
}

/// `Either::Left((event, rest))`: a future that has lost is given back, and the code goes on with it.
pub(crate) fn is_given_back(body: &TypedBody, future: ExprId) -> bool {
    let types = &body.types;
    let ty = types.expr_tys[future.index()];
    types.body.pats.iter().any(|(_, pat)| {
        let Pat::TupleStruct { path, pats } = pat else { return false };
        let is_side = path.last_name().is_some_and(|name| matches!(name.as_str(), "Left" | "Right"));
        let [inner] = &**pats else { return false };
        let Pat::Tuple(parts) = &types.body[*inner] else { return false };
        let rest = parts.last().and_then(|rest| types.bindings.get(rest)).map(|local| &types.locals[local.0 as usize]);
        is_side && rest.is_some_and(|rest| rest.ty == ty && !rest.name.as_str().starts_with('_'))
    })
}

/// Does the code after a `select!` know nothing of which of two branches won: the branch that cuts does nothing, and the one that
/// is cut leaves no note where it was not?
pub(crate) fn is_winner_unseen(body: &TypedBody, select: &Select, cut: usize, winner: ExprId) -> bool {
    let is_empty = match &body.types.body[winner] {
        Expr::Block(block) => block.stmts.is_empty() && block.tail.is_none(),
        Expr::Tuple(parts) => parts.is_empty(),
        _ => false,
    };
    is_empty && select.arms.get(cut).is_some_and(|arm| !assigns(body, arm.handler))
}

fn assigns(body: &TypedBody, expr: ExprId) -> bool {
    let mut found = matches!(body.types.body[expr], Expr::Assign { .. });
    each_child(&body.types.body, expr, &mut |child| found = found || assigns(body, child));
    found
}

/// A file (or the input of a process) of the function's own that was being written: closing it keeps what is there.
pub(super) fn is_own_file(analysis: &Analysis<'_>, cut: &Cut<'_>) -> bool {
    let Base::Local(local) = cut.place.base else { return false };
    let ty = cut.body.types.locals[local.0 as usize].ty;
    cut.unseen && cut.writes && cut.works_on == WorksOn::Source && cut.place.fields.is_empty() && is_file(analysis, ty)
}

fn is_file(analysis: &Analysis<'_>, ty: Ty) -> bool {
    let Some((adt, args)) = ty.as_adt() else { return false };
    match analysis.world().adt(adt).name.as_str() {
        "File" | "ChildStdin" => true,
        "BufWriter" => args.first().is_some_and(|inner| is_file(analysis, *inner)),
        _ => false,
    }
}

/// `fs::remove_file(path)`: a file is not left behind.
pub(super) fn removes(analysis: &Analysis<'_>, body: &TypedBody, call: ExprId) -> bool {
    let Some(Callee::Fn(callee)) = body.types.callees.get(&call) else { return false };
    let name = analysis.world().func(callee.f).name;
    name.as_str().split('_').any(|word| matches!(word, "remove" | "unlink" | "delete" | "discard" | "abort" | "kill"))
}
