//! Children of expressions, in order of evaluation; and what can be reached in any graph.

use std::hash::Hash;

use rustc_hash::FxHashSet;
use toecap_ir::{Block, Body, Expr, ExprId, MacroArgs, Stmt};

/// Calls `f` with every direct child of `expr`, in order of evaluation. The bodies of closures and async blocks are
/// children like any other; whoever cares who runs them looks at the kind of `expr` first.
pub fn each_child(body: &Body, expr: ExprId, f: &mut dyn FnMut(ExprId)) {
    match &body[expr] {
        Expr::Opaque | Expr::Lit(_) | Expr::Path(_) | Expr::Underscore | Expr::Continue { .. } => {}
        Expr::Block(block) => each_in_block(block, f),
        Expr::Call { callee, args } => {
            f(*callee);
            args.iter().for_each(|a| f(*a));
        }
        Expr::MethodCall(call) => {
            f(call.receiver);
            call.args.iter().for_each(|a| f(*a));
        }
        Expr::Field { base, .. } => f(*base),
        Expr::Index { base, index } => {
            f(*base);
            f(*index);
        }
        Expr::Unary(_, inner)
        | Expr::Ref { expr: inner, .. }
        | Expr::Cast { expr: inner, .. }
        | Expr::Await { expr: inner, .. }
        | Expr::Try(inner)
        | Expr::Let { expr: inner, .. } => f(*inner),
        Expr::Binary { lhs, rhs, .. } => {
            f(*lhs);
            f(*rhs);
        }
        Expr::Assign { place, value } => {
            f(*value);
            f(*place);
        }
        Expr::If { cond, then, otherwise } => {
            f(*cond);
            f(*then);
            otherwise.iter().for_each(|e| f(*e));
        }
        Expr::Match { scrutinee, arms } => {
            f(*scrutinee);
            for arm in arms {
                arm.guard.iter().for_each(|g| f(*g));
                f(arm.body);
            }
        }
        Expr::While { cond, body, .. } => {
            f(*cond);
            f(*body);
        }
        Expr::Loop { body, .. } => f(*body),
        Expr::For { iter, body, .. } => {
            f(*iter);
            f(*body);
        }
        Expr::Break { value, .. } | Expr::Return(value) | Expr::Yield(value) => value.iter().for_each(|v| f(*v)),
        Expr::Closure(closure) => f(closure.body),
        Expr::Record(record) => {
            record.fields.iter().for_each(|field| f(field.value));
            record.spread.iter().for_each(|s| f(*s));
        }
        Expr::Tuple(parts) | Expr::Array(parts) => parts.iter().for_each(|p| f(*p)),
        Expr::Repeat { value, count } => {
            f(*value);
            f(*count);
        }
        Expr::Range { start, end, .. } => {
            start.iter().for_each(|e| f(*e));
            end.iter().for_each(|e| f(*e));
        }
        Expr::MacroCall(call) => each_in_macro(&call.parsed, f),
        Expr::Expanded(expansion) => {
            each_stmt(&expansion.stmts, f);
            expansion.tail.iter().for_each(|t| f(*t));
        }
    }
}

fn each_in_block(block: &Block, f: &mut dyn FnMut(ExprId)) {
    each_stmt(&block.stmts, f);
    block.tail.iter().for_each(|t| f(*t));
}

fn each_stmt(stmts: &[Stmt], f: &mut dyn FnMut(ExprId)) {
    for stmt in stmts {
        match stmt {
            Stmt::Let { init, otherwise, .. } => {
                init.iter().for_each(|e| f(*e));
                otherwise.iter().for_each(|e| f(*e));
            }
            Stmt::Expr { expr, .. } => f(*expr),
        }
    }
}

fn each_in_macro(args: &MacroArgs, f: &mut dyn FnMut(ExprId)) {
    match args {
        MacroArgs::Opaque(_) | MacroArgs::NoValues => {}
        MacroArgs::Exprs(args) => args.iter().for_each(|a| f(a.value)),
        MacroArgs::Repeat(value, count) => {
            f(*value);
            f(*count);
        }
        MacroArgs::Matches { value, guard, .. } => {
            f(*value);
            guard.iter().for_each(|g| f(*g));
        }
        MacroArgs::Select(select) => {
            for arm in &select.arms {
                arm.guard.iter().for_each(|g| f(*g));
                f(arm.future);
            }
            for arm in &select.arms {
                f(arm.handler);
            }
            select.fallbacks.iter().for_each(|b| f(b.handler));
        }
        MacroArgs::Block(block) => each_in_block(block, f),
    }
}

/// Those in `open`, and all that `step` leads to from there.
pub(crate) fn reached<T: Copy + Eq + Hash, I: IntoIterator<Item = T>>(
    mut open: Vec<T>,
    step: impl Fn(T) -> I,
) -> FxHashSet<T> {
    let mut seen = FxHashSet::default();
    while let Some(at) = open.pop() {
        if seen.insert(at) {
            open.extend(step(at));
        }
    }
    seen
}
