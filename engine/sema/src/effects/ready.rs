//! Waits that are over before they begin, because somebody asked first.
//!
//! ```text
//! if worker.is_finished() { worker.join() }
//! while poll(Duration::ZERO)? { read()? }
//! watcher.watch(path, RecursiveMode::NonRecursive)?       and this one does not walk a tree
//! db.execute("BEGIN", [])?                                reads and writes nothing yet
//! ```

use toecap_ir::{BinaryOp, Body, Expr, ExprId, Literal};

use super::call_args;
use crate::TypedBody;
use crate::walk::each_child;

/// What waits, and the question whose yes says that it will not.
const QUESTIONS: [(&str, &str); 3] = [
    ("std::thread::JoinHandle::join", "is_finished"),
    ("std::thread::ScopedJoinHandle::join", "is_finished"),
    ("crossterm::event::read", "poll"),
];

/// Does the call of `leaf` stand where the answer to its question was yes?
pub(super) fn is_known_ready(body: &TypedBody, call: ExprId, leaf: &str) -> bool {
    if leaf == "notify::Watcher::watch" {
        let is_flat = |arg: &ExprId| match &body.types.body[*arg] {
            Expr::Path(path) => path.last_name().is_some_and(|name| name.as_str() == "NonRecursive"),
            _ => false,
        };
        return call_args(&body.types.body[call]).iter().any(is_flat);
    }
    if matches!(leaf, "rusqlite::Connection::execute" | "rusqlite::Connection::execute_batch") {
        let arg = call_args(&body.types.body[call]).first();
        return matches!(arg.map(|arg| &body.types.body[*arg]), Some(Expr::Lit(Literal::Str(sql))) if touches_no_file(sql));
    }
    let Some((_, question)) = QUESTIONS.iter().find(|(waits, _)| *waits == leaf) else { return false };
    let tree = &body.types.body;
    let wanted = Wanted { tree, call, question, of: root_name(tree, call) };
    wanted.asked_on_the_way(tree.root)
}

/// A statement of SQLite that takes no lock, or gives one back: locks are taken by the first statement after `BEGIN`.
fn touches_no_file(sql: &str) -> bool {
    let sql = sql.trim_end_matches(';');
    let mut words = sql.split_whitespace().map(str::to_ascii_uppercase);
    match words.next().as_deref() {
        Some("BEGIN") => words.all(|word| matches!(word.as_str(), "DEFERRED" | "TRANSACTION")),
        Some("ROLLBACK" | "SAVEPOINT") => !sql.contains(';'),
        _ => false,
    }
}

struct Wanted<'a> {
    tree: &'a Body,
    call: ExprId,
    question: &'a str,
    /// The name of the variable that is asked: it may be unwrapped into another of the same name in between.
    of: Option<String>,
}

impl Wanted<'_> {
    fn asked_on_the_way(&self, expr: ExprId) -> bool {
        let guarded = match &self.tree[expr] {
            Expr::If { cond, then, .. } => Some((*cond, *then)),
            Expr::While { cond, body, .. } => Some((*cond, *body)),
            _ => None,
        };
        if guarded.is_some_and(|(cond, then)| self.asks(cond) && self.is_in(then)) {
            return true;
        }
        let mut asked = false;
        each_child(self.tree, expr, &mut |child| asked = asked || self.asked_on_the_way(child));
        asked
    }

    fn is_in(&self, expr: ExprId) -> bool {
        let mut found = expr == self.call;
        each_child(self.tree, expr, &mut |child| found = found || self.is_in(child));
        found
    }

    /// Is the condition true only when the answer is yes?
    fn asks(&self, cond: ExprId) -> bool {
        match &self.tree[cond] {
            Expr::Binary { op: BinaryOp::And, lhs, rhs } => self.asks(*lhs) || self.asks(*rhs),
            Expr::Try(inner) => self.asks(*inner),
            Expr::MethodCall(call) if call.name.as_str() == self.question => root_name(self.tree, cond) == self.of,
            Expr::MethodCall(call) => {
                let keeps = matches!(call.name.as_str(), "unwrap" | "expect" | "unwrap_or_default")
                    || call.name.as_str() == "unwrap_or" && is_false(self.tree, call.args.first());
                keeps && self.asks(call.receiver)
            }
            Expr::Call { callee, .. } => match &self.tree[*callee] {
                Expr::Path(path) => path.last_name().is_some_and(|n| n.as_str() == self.question),
                _ => false,
            },
            _ => false,
        }
    }
}

fn is_false(tree: &Body, arg: Option<&ExprId>) -> bool {
    arg.is_some_and(|arg| matches!(&tree[*arg], Expr::Lit(Literal::Bool(false))))
}

/// The last name of what a method is called on: `worker` of `self.worker.join()`.
fn root_name(tree: &Body, call: ExprId) -> Option<String> {
    let Expr::MethodCall(method) = &tree[call] else { return None };
    let mut at = method.receiver;
    loop {
        at = match &tree[at] {
            Expr::MethodCall(inner) => inner.receiver,
            Expr::Ref { expr, .. } | Expr::Try(expr) => *expr,
            Expr::Field { name, .. } => return Some(name.as_str().to_owned()),
            Expr::Path(path) => return path.last_name().map(|n| n.as_str().to_owned()),
            _ => return None,
        };
    }
}
