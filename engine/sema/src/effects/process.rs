//! Processes that a call need not wait for.
//!
//! ```text
//! command.pre_exec(|| daemon(false, false)); command.spawn()?.wait()?      what was started has left a child behind, and is over
//! ```

use toecap_ir::{Body, Expr, ExprId};

use crate::walk::each_child;

/// What a process calls to go on as its own child.
const LEAVES: [&str; 2] = ["daemon", "fork"];

/// Does the body start processes that leave a child behind? Waiting for them is over at once.
pub(super) fn starts_daemons(tree: &Body) -> bool {
    tree.exprs.iter().any(|(_, expr)| match expr {
        Expr::MethodCall(call) if call.name.as_str() == "pre_exec" => {
            call.args.iter().any(|arg| names(tree, *arg, &LEAVES))
        }
        _ => false,
    })
}

/// Is something of that name in the expression?
fn names(tree: &Body, expr: ExprId, wanted: &[&str]) -> bool {
    let mut found =
        matches!(&tree[expr], Expr::Path(path) if path.last_name().is_some_and(|n| wanted.contains(&n.as_str())));
    each_child(tree, expr, &mut |child| found = found || names(tree, child, wanted));
    found
}
