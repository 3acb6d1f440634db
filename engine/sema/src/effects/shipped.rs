//! What users run. Statements that are there for tests, or for builds with debug assertions only, delay nobody else.
//!
//! ```text
//! #[cfg(not(test))]
//! let key = derive(passphrase, 200_000);
//! #[cfg(test)]
//! let key = derive(passphrase, 1);
//! ```

use toecap_ir::{Body, CfgExpr, Expr, ExprId, Stmt, sym};

use crate::walk::each_child;

/// Calls `f` with every direct child of `expr` that may run in what users get, in order of evaluation.
pub(super) fn each_shipped(body: &Body, expr: ExprId, f: &mut dyn FnMut(ExprId)) {
    let (stmts, tail) = match &body[expr] {
        Expr::Block(block) => (&block.stmts, block.tail),
        Expr::Expanded(expansion) => (&expansion.stmts, expansion.tail),
        _ => return each_child(body, expr, f),
    };
    for stmt in stmts {
        match stmt {
            Stmt::Let { cfg: Some(cfg), .. } | Stmt::Expr { cfg: Some(cfg), .. } if is_unshipped(cfg) => {}
            Stmt::Let { init, otherwise, .. } => init.iter().chain(otherwise).for_each(|e| f(*e)),
            Stmt::Expr { expr, .. } => f(*expr),
        }
    }
    tail.iter().for_each(|tail| f(*tail));
}

fn is_unshipped(cfg: &CfgExpr) -> bool {
    cfg.needs(&|cfg| matches!(cfg, CfgExpr::Flag(flag) if *flag == sym::TEST || flag.as_str() == "debug_assertions"))
}
