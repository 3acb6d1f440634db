//! What is lost when a future is dropped before its end.
//!
//! ```text
//! async fn send(s: &mut TcpStream, m: &Msg) -> io::Result<()> {   // unsafe: a partial write
//!     s.write_all(&m.header()).await?;
//!     s.write_all(&m.body).await
//! }
//! ```

use std::sync::Arc;

use toecap_ir::{Expr, ExprId, Location, Name, sym};
use toecap_knowledge::Verdict;

use super::exec::call_args;
use super::summary::{Step, callee_span};
use crate::walk::each_child;
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, FnCallee, FnId, FutureOrigin, PathDef, TyKind, TypedBody};

const MAX_HOPS: usize = 10;

/// What a drop before the end means.
#[derive(Debug, Clone)]
pub struct CancelVerdict {
    /// How bad it is.
    pub verdict: Verdict,
    /// Why, for everything but safe.
    pub reason: Option<Arc<CancelReason>>,
}

/// Why a future is not cancel-safe.
#[derive(Debug, Clone)]
pub struct CancelReason {
    /// What is lost, as a phrase.
    pub lost: String,
    /// The calls from the future's own code to the operation, outermost first.
    pub steps: Vec<Step>,
    /// The operation is a write: the peer sees half a message.
    pub writes: bool,
    /// What it works on, seen from the function: a parameter and fields of it.
    pub place: Option<PlacePath>,
}

/// A parameter of a function (or `self`) and fields of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacePath {
    /// None is `self`.
    pub param: Option<u32>,
    /// `a.b`
    pub fields: Vec<Name>,
}

impl CancelVerdict {
    fn safe() -> Self {
        Self { verdict: Verdict::Safe, reason: None }
    }
}

impl<'a> Analysis<'a> {
    /// The verdict of the future that `expr` makes, when it is known: an API's own, or the join of what an `async fn` or
    /// async block of the workspace awaits. None: nobody knows.
    pub fn cancel_verdict(&self, body: &TypedBody, expr: ExprId) -> Option<CancelVerdict> {
        self.verdict_of(body, expr, &mut Vec::new())
    }

    fn verdict_of(&self, body: &TypedBody, expr: ExprId, stack: &mut Vec<FnId>) -> Option<CancelVerdict> {
        let types = &body.types;
        match &types.body[expr] {
            Expr::Block(block) if matches!(block.kind, toecap_ir::BlockKind::Async { .. }) => {
                return self.verdict_of_code(body, expr, stack);
            }
            Expr::Block(block) => return self.verdict_of(body, block.tail?, stack),
            Expr::Call { .. } | Expr::MethodCall(_) => {}
            Expr::Ref { .. } | Expr::Path(_) => return None,
            _ => return None,
        }
        let Callee::Fn(callee) = types.callees.get(&expr)? else { return None };
        if !callee.sure {
            return None;
        }
        let step = || Step {
            at: body.at(callee_span(&types.body, expr)),
            callee: self.world().fn_path(callee.f),
        };
        if let Some(entry) = self.facts().entry_of(callee) {
            let facts = &entry.facts;
            if let Some(cancel) = facts.cancel() {
                if self.is_in_memory(callee) {
                    return Some(CancelVerdict::safe());
                }
                let step = Step { callee: entry.text.to_string(), ..step() };
                return Some(self.leaf_verdict(body, expr, callee, cancel, step));
            }
            if facts.timer().is_some() || facts.ready().is_some() {
                return Some(CancelVerdict::safe());
            }
        }
        // Adapters that pass their receiver's verdict on.
        let name = self.world().func(callee.f).name;
        if let Expr::MethodCall(call) = &types.body[expr] {
            let adapts = matches!(
                name.as_str(),
                "map" | "map_ok" | "map_err" | "fuse" | "boxed" | "boxed_local" | "instrument" | "in_current_span"
                    | "map_into" | "err_into" | "inspect" | "inspect_err" | "left_future" | "right_future"
                    | "into_future" | "with_subscriber"
            );
            if adapts && types.futures.contains_key(&call.receiver) {
                return self.verdict_of(body, call.receiver, stack);
            }
        }
        let runs = callee.runs?;
        let made_by = match self.world().fn_sig(runs).ret.kind() {
            TyKind::Future(_, FutureOrigin::Fn(f)) => *f,
            _ => return None,
        };
        if self.world().input(made_by.krate).origin != CrateOrigin::Workspace || stack.len() >= MAX_HOPS {
            return None;
        }
        let inner = self.fn_verdict(made_by, stack)?;
        let Some(reason) = &inner.reason else { return Some(inner) };
        let mut steps = vec![step()];
        steps.extend(reason.steps.iter().cloned());
        let place = reason.place.as_ref().and_then(|p| self.place_at_call(body, expr, p));
        Some(CancelVerdict {
            verdict: inner.verdict,
            reason: Some(Arc::new(CancelReason { lost: reason.lost.clone(), steps, writes: reason.writes, place })),
        })
    }

    /// The verdict of an `async fn` of the workspace.
    pub fn fn_verdict(&self, f: FnId, stack: &mut Vec<FnId>) -> Option<CancelVerdict> {
        if stack.contains(&f) {
            return Some(CancelVerdict::safe());
        }
        if self.is_documented_safe(f) {
            return Some(CancelVerdict::safe());
        }
        let body = self.body(BodyOwner::Fn(f))?;
        stack.push(f);
        let verdict = self.verdict_of_code(&body, body.types.body.root, stack);
        stack.pop();
        verdict
    }

    /// "# Cancel safety: this method is cancel safe" or `// cancel-safe` on the function.
    fn is_documented_safe(&self, f: FnId) -> bool {
        let item = self.world().item_of_fn(f);
        if let Some(docs) = &item.attrs.cancel_docs {
            let docs = docs.to_ascii_lowercase();
            return docs.contains("cancel safe") || docs.contains("cancel-safe") || docs.contains("cancellation safe");
        }
        let defs = self.world().defs(f.krate);
        let file = &defs.files[self.world().func(f).loc.file as usize];
        let comments = &file.ir.comments;
        let before = comments.partition_point(|c| c.span.hi() <= item.name_span.lo());
        comments[..before].last().is_some_and(|c| {
            let text = c.text.to_ascii_lowercase();
            (text.starts_with("cancel-safe") || text.starts_with("cancel safe"))
                && file
                    .source
                    .text
                    .get(c.span.hi() as usize..item.name_span.lo() as usize)
                    .is_some_and(|between| !between.contains([';', '}']))
        })
    }

    /// The join of what the code awaits.
    fn verdict_of_code(&self, body: &TypedBody, root: ExprId, stack: &mut Vec<FnId>) -> Option<CancelVerdict> {
        let mut awaits = Vec::new();
        match &body.types.body[root] {
            Expr::Block(_) => each_child(&body.types.body, root, &mut |child| collect_awaits(body, child, &mut awaits)),
            _ => collect_awaits(body, root, &mut awaits),
        }
        let mut joined = CancelVerdict::safe();
        let mut unknown = false;
        for awaited in awaits {
            match self.verdict_of(body, awaited, stack) {
                Some(found) => {
                    if found.verdict > joined.verdict {
                        joined = found;
                    }
                }
                None => unknown = true,
            }
        }
        // What is known to be unsafe stays so whatever the rest does.
        if unknown && joined.verdict < Verdict::Unsafe { None } else { Some(joined) }
    }

    fn leaf_verdict(
        &self,
        body: &TypedBody,
        expr: ExprId,
        callee: &FnCallee,
        cancel: &toecap_knowledge::Cancel,
        step: Step,
    ) -> CancelVerdict {
        if matches!(cancel.verdict, Verdict::Safe) {
            return CancelVerdict::safe();
        }
        let name = self.world().func(callee.f).name;
        let writes = name.as_str().starts_with("write") || matches!(name.as_str(), "send_all" | "copy" | "copy_buf");
        let place = match &body.types.body[expr] {
            Expr::MethodCall(call) => self.param_place(body, call.receiver),
            other => call_args(other).first().and_then(|a| self.param_place(body, *a)),
        };
        CancelVerdict {
            verdict: cancel.verdict,
            reason: Some(Arc::new(CancelReason { lost: cancel.lost.to_string(), steps: vec![step], writes, place })),
        }
    }

    /// An expression as a parameter of the function and fields of it.
    pub fn param_place(&self, body: &TypedBody, expr: ExprId) -> Option<PlacePath> {
        let types = &body.types;
        match &types.body[expr] {
            Expr::Path(_) => match types.paths.get(&expr)? {
                PathDef::Local(local) => {
                    let data = &types.locals[local.0 as usize];
                    if data.name == sym::SELF_VALUE {
                        return Some(PlacePath { param: None, fields: Vec::new() });
                    }
                    let pat = data.pat?;
                    let index = types.body.params.iter().position(|p| *p == pat)?;
                    Some(PlacePath { param: Some(index as u32), fields: Vec::new() })
                }
                _ => None,
            },
            Expr::Field { base, name, .. } => {
                let mut place = self.param_place(body, *base)?;
                place.fields.push(*name);
                Some(place)
            }
            Expr::Ref { expr, .. } | Expr::Unary(toecap_ir::UnaryOp::Deref, expr) | Expr::Try(expr) => {
                self.param_place(body, *expr)
            }
            Expr::MethodCall(call) => self.param_place(body, call.receiver),
            _ => None,
        }
    }

    /// What a callee's place is called by the caller, if the caller's own is a parameter again.
    fn place_at_call(&self, body: &TypedBody, call: ExprId, place: &PlacePath) -> Option<PlacePath> {
        let arg = self.place_arg(body, call, place)?;
        let mut outer = self.param_place(body, arg)?;
        outer.fields.extend(&place.fields);
        Some(outer)
    }

    /// The argument (or receiver) of a call that a place of the callee stands for.
    pub fn place_arg(&self, body: &TypedBody, call: ExprId, place: &PlacePath) -> Option<ExprId> {
        match (&body.types.body[call], place.param) {
            (Expr::MethodCall(m), None) => Some(m.receiver),
            (Expr::MethodCall(m), Some(i)) => m.args.get(i as usize).copied(),
            (Expr::Call { args, .. }, None) => args.first().copied(),
            (Expr::Call { args, .. }, Some(i)) => {
                let Some(Callee::Fn(callee)) = body.types.callees.get(&call) else { return None };
                let has_self = self.world().fn_item(callee.f).receiver.is_some();
                args.get(i as usize + usize::from(has_self)).copied()
            }
            _ => None,
        }
    }

    /// The place of an operation's first step, for messages.
    pub fn first_step(reason: &CancelReason) -> Option<Location> {
        reason.steps.first().map(|s| s.at)
    }
}

/// The futures that code awaits itself, in order; those of `join!` and `select!` included.
fn collect_awaits(body: &TypedBody, expr: ExprId, out: &mut Vec<ExprId>) {
    match &body.types.body[expr] {
        Expr::Closure(_) => return,
        Expr::Block(block) if matches!(block.kind, toecap_ir::BlockKind::Async { .. }) => return,
        Expr::Await { expr: inner, .. } => out.push(*inner),
        Expr::MacroCall(call) => {
            use crate::MacroKind as K;
            match (&call.parsed, body.types.macros.get(&expr)) {
                (toecap_ir::MacroArgs::Exprs(args), Some(K::Join | K::TryJoin)) => out.extend(args.iter().map(|a| a.value)),
                (toecap_ir::MacroArgs::Select(select), Some(K::Select)) => {
                    out.extend(select.arms.iter().map(|a| a.future));
                }
                _ => {}
            }
        }
        _ => {}
    }
    each_child(&body.types.body, expr, &mut |child| collect_awaits(body, child, out));
}
