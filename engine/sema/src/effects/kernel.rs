//! Files of the kernel, and those that are gone after a reboot: what is there is in memory, and so are its directories.
//!
//! ```text
//! File::open("/proc/cpuinfo")
//! fs::read_to_string(format!("/sys/class/net/{name}/mtu"))
//! let dir = Path::new("/sys/block"); dir.join(name).exists()
//! ```

use toecap_ir::{Expr, ExprId, Literal, MacroArgs, Stmt};

use super::call_args;
use super::exec::Executor;
use crate::flow::bound_locals;
use crate::{LocalId, PathDef, TypedBody};

/// How far a path is followed.
const MAX_STEPS: u32 = 32;

/// Folders without a disk.
const FOLDERS: [&str; 4] = ["/proc", "/sys", "/run", "/dev/shm"];
/// Devices that are opened at once, and read when somebody has typed something.
const DEVICES: [&str; 2] = ["/dev/tty", "/dev/null"];

/// Does a call that works on files get a path that begins with one of the kernel's?
pub(super) fn is_kernel_file(executor: &Executor<'_>, call: ExprId) -> bool {
    let body = executor.body;
    let receiver = match &body.types.body[call] {
        Expr::MethodCall(method) => Some(&method.receiver),
        _ => None,
    };
    let mut given = receiver.into_iter().chain(call_args(&body.types.body[call]));
    given.any(|expr| opens_device(executor, *expr) || begins_in_kernel(executor, *expr, 0))
}

fn opens_device(executor: &Executor<'_>, arg: ExprId) -> bool {
    let body = executor.body;
    let is_device = |expr: &Expr| matches!(expr, Expr::Lit(Literal::Str(path)) if DEVICES.contains(&path.as_ref()));
    match body.types.paths.get(&arg) {
        Some(PathDef::Const(id)) => executor.value_of_const(*id).is_some_and(|value| is_device(&value)),
        _ => is_device(&body.types.body[arg]),
    }
}

fn is_in_kernel(expr: &Expr) -> bool {
    let Expr::Lit(Literal::Str(path)) = expr else { return false };
    let below = FOLDERS.iter().find_map(|folder| path.strip_prefix(folder));
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn begins_in_kernel(executor: &Executor<'_>, expr: ExprId, steps: u32) -> bool {
    if steps > MAX_STEPS {
        return false;
    }
    let body = executor.body;
    let follow = |next: ExprId| begins_in_kernel(executor, next, steps + 1);
    match &body.types.body[expr] {
        literal @ Expr::Lit(_) => is_in_kernel(literal),
        Expr::Ref { expr, .. } | Expr::Try(expr) | Expr::Await { expr, .. } => follow(*expr),
        Expr::MethodCall(call) => follow(call.receiver),
        Expr::Call { args, .. } => args.first().is_some_and(|first| follow(*first)),
        Expr::MacroCall(call) => match &call.parsed {
            MacroArgs::Exprs(args) => args.first().is_some_and(|first| follow(first.value)),
            _ => false,
        },
        Expr::Path(_) => match body.types.paths.get(&expr) {
            Some(PathDef::Const(id)) => executor.value_of_const(*id).is_some_and(|value| is_in_kernel(&value)),
            _ => body.local(expr).and_then(|local| value_of(body, local)).is_some_and(follow),
        },
        Expr::Match { arms, .. } => arms.iter().any(|arm| follow(arm.body)),
        _ => false,
    }
}

/// What a variable is bound to, or is part of.
fn value_of(body: &TypedBody, local: LocalId) -> Option<ExprId> {
    let tree = &body.types.body;
    let binds = |pat| {
        let mut bound = Vec::new();
        bound_locals(body, pat, &mut bound);
        bound.contains(&local)
    };
    let in_statement = |stmt: &Stmt| match stmt {
        Stmt::Let { pat, init: Some(init), .. } if binds(*pat) => Some(*init),
        _ => None,
    };
    tree.exprs.iter().find_map(|(_, expr)| match expr {
        Expr::Block(block) => block.stmts.iter().find_map(in_statement),
        Expr::Let { pat, expr } if binds(*pat) => Some(*expr),
        Expr::For { pat, iter, .. } if binds(*pat) => Some(*iter),
        Expr::Match { scrutinee, arms } if arms.iter().any(|arm| binds(arm.pat)) => Some(*scrutinee),
        _ => None,
    })
}
