//! What is lost when a future is dropped before its end.
//!
//! ```text
//! async fn send(s: &mut TcpStream, m: &Msg) -> io::Result<()> {   // unsafe: a partial write
//!     s.write_all(&m.header()).await?;
//!     s.write_all(&m.body).await
//! }
//! ```

use std::sync::Arc;

use toecap_ir::{Expr, ExprId, sym};
use toecap_knowledge::{PointKind, Verdict};

use super::exec::call_args;
use super::summary::{Step, StepKind, callee_span};
use crate::flow::{Aliases, Base, Place};
use crate::walk::each_child;
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, FnCallee, FnId, FutureOrigin, LocalId, TyKind, TypedBody};

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
    /// What it works on, as a place of the body that was asked about.
    pub place: Option<Place>,
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

    /// The verdict of the future that a call of `f` makes, when it is known.
    pub fn cancel_verdict_of_fn(&self, f: FnId) -> Option<CancelVerdict> {
        self.fn_verdict(f, &mut Vec::new())
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
            callee: self.world().fn_name(self.runs(callee).unwrap_or(callee.f)),
            kind: StepKind::Call,
        };
        if let Some(entry) = self.facts().entry_of(callee) {
            let facts = &entry.facts;
            if let Some(cancel) = facts.cancel() {
                if self.is_in_memory(callee) {
                    return Some(CancelVerdict::safe());
                }
                let step = Step { callee: super::summary::readable(&entry.text), ..step() };
                return Some(self.leaf_verdict(body, expr, callee, cancel, step));
            }
            if facts.timer().is_some() || facts.ready().is_some() {
                return Some(CancelVerdict::safe());
            }
        }
        if let Some(inner) = self.passed_on(body, expr, callee) {
            return self.verdict_of(body, inner, stack);
        }
        let runs = self.runs(callee)?;
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
        let made_in = self.body(BodyOwner::Fn(made_by))?;
        let place = reason.place.as_ref().and_then(|p| self.place_at_call(body, expr, &made_in, p));
        Some(CancelVerdict {
            verdict: inner.verdict,
            reason: Some(Arc::new(CancelReason { lost: reason.lost.clone(), steps, writes: reason.writes, place })),
        })
    }

    /// The verdict of an `async fn` of the workspace.
    fn fn_verdict(&self, f: FnId, stack: &mut Vec<FnId>) -> Option<CancelVerdict> {
        if stack.contains(&f) {
            return Some(CancelVerdict::safe());
        }
        if self.is_documented_safe(f) {
            return Some(CancelVerdict::safe());
        }
        let body = self.body(BodyOwner::Fn(f))?;
        stack.push(f);
        let root = body.types.body.root;
        // One that is not `async` only makes a future, at its end.
        let verdict = match self.world().fn_item(f).flags.is_async {
            true => self.verdict_of_code(&body, root, stack),
            false => self.verdict_of(&body, root, stack),
        };
        stack.pop();
        verdict
    }

    /// "# Cancel safety: this method is cancel safe" or `// cancel-safe` on the function.
    fn is_documented_safe(&self, f: FnId) -> bool {
        let item = self.world().item_of_fn(f);
        if let Some(docs) = &item.attrs.cancel_docs {
            let docs = docs.to_ascii_lowercase();
            let promises = ["cancel safe", "cancel-safe", "cancellation safe", "cancellation-safe"];
            let denied =
                promises.iter().any(|p| docs.contains(&format!("not {p}")) || docs.contains(&format!("n't {p}")));
            return !denied && promises.iter().any(|p| docs.contains(p));
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
        let writes = name.as_str().starts_with("write") || name.as_str() == "send_all";
        let on = match &body.types.body[expr] {
            Expr::MethodCall(call) => Some(call.receiver),
            other => call_args(other).first().copied(),
        };
        let place = on.and_then(|on| Aliases::new(self.world(), body).place(body, on));
        CancelVerdict {
            verdict: cancel.verdict,
            reason: Some(Arc::new(CancelReason { lost: cancel.lost.to_string(), steps: vec![step], writes, place })),
        }
    }

    /// The future whose verdict a combinator passes on: `f.fuse()`, `timeout(d, f)`, `Box::pin(f)`.
    pub(super) fn passed_on(&self, body: &TypedBody, expr: ExprId, callee: &FnCallee) -> Option<ExprId> {
        let types = &body.types;
        let name = self.world().func(callee.f).name;
        let operands: Vec<ExprId> = match &types.body[expr] {
            Expr::MethodCall(call) => std::iter::once(call.receiver).chain(call.args.iter().copied()).collect(),
            other => call_args(other).to_vec(),
        };
        let cuts = self
            .facts()
            .of_callee(callee)
            .and_then(|f| f.point())
            .is_some_and(|p| matches!(p.kind, PointKind::Timeout | PointKind::Token | PointKind::OnePoll));
        let adapts = matches!(
            name.as_str(),
            "map"
                | "map_ok"
                | "map_err"
                | "fuse"
                | "boxed"
                | "boxed_local"
                | "instrument"
                | "in_current_span"
                | "map_into"
                | "err_into"
                | "inspect"
                | "inspect_err"
                | "left_future"
                | "right_future"
                | "into_future"
                | "with_subscriber"
                | "pin"
        );
        if !cuts && !adapts {
            return None;
        }
        operands.into_iter().find(|e| types.futures.contains_key(e))
    }

    /// What a callee's place is called by its caller.
    pub(super) fn place_at_call(
        &self,
        body: &TypedBody,
        call: ExprId,
        made_in: &TypedBody,
        place: &Place,
    ) -> Option<Place> {
        let Base::Local(local) = place.base else { return Some(place.clone()) };
        let arg = self.argument_of(body, call, made_in, local)?;
        let mut outer = Aliases::new(self.world(), body).place(body, arg)?;
        outer.fields.extend(&place.fields);
        Some(outer)
    }

    /// The argument (or receiver) of a call that a parameter of the callee stands for.
    fn argument_of(&self, body: &TypedBody, call: ExprId, callee: &TypedBody, local: LocalId) -> Option<ExprId> {
        let data = callee.types.locals.get(local.0 as usize)?;
        let param = match data.name == sym::SELF_VALUE {
            true => None,
            false => Some(callee.types.body.params.iter().position(|p| Some(*p) == data.pat)?),
        };
        let has_self = callee.types.locals.first().is_some_and(|l| l.name == sym::SELF_VALUE);
        match (&body.types.body[call], param) {
            (Expr::MethodCall(m), None) => Some(m.receiver),
            (Expr::MethodCall(m), Some(i)) => m.args.get(i).copied(),
            (Expr::Call { args, .. }, None) => args.first().copied(),
            (Expr::Call { args, .. }, Some(i)) => args.get(i + usize::from(has_self)).copied(),
            _ => None,
        }
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
                (toecap_ir::MacroArgs::Exprs(args), Some(K::Join | K::TryJoin)) => {
                    out.extend(args.iter().map(|a| a.value))
                }
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
