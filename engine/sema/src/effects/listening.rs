//! Opening a listener: the stretch of code that does it runs once for a socket, before anybody is served.
//!
//! ```text
//! let _ = fs::remove_file(path);                  // the same stretch: what opening a socket costs anyway
//! let listener = UnixListener::bind(path)?;
//! fs::set_permissions(path, mode)?;               // still
//! let (stream, _) = listener.accept().await?;
//! let page = fs::read("page")?;                   // somebody waits
//! ```

use rustc_hash::FxHashSet;
use toecap_ir::{Expr, ExprId};
use toecap_knowledge::BlockKind;

use super::summary::Work;
use crate::flow::{CodeRegionKind, FlowGraph, FlowStep, Subject, Way, build};
use crate::{Analysis, Callee, FnCallee, Ty, TyKind, TypedBody};

/// How deep a listener may lie in a value.
const MAX_FIELDS: u32 = 2;

impl Analysis<'_> {
    /// Is this work on files or names that a call does in one stretch, without a suspension, with the opening of a listener?
    pub(super) fn opens_listener_beside(&self, body: &TypedBody, call: ExprId, work: &Work) -> bool {
        let kind = work.blocking().map(|b| b.kind);
        if !matches!(kind, Some(BlockKind::Io | BlockKind::Net | BlockKind::Dns))
            || self.is_asked_of_listener(body, call)
        {
            return false;
        }
        let opens: FxHashSet<ExprId> = body
            .types
            .callees
            .iter()
            .filter(|(expr, callee)| match callee {
                Callee::Fn(callee) => self.opens_listener(body, **expr, Some(callee)),
                // `let bind = || UnixListener::bind(path);`
                Callee::Value(_) => self.opens_listener(body, **expr, None),
                Callee::Ctor(..) => false,
            })
            .map(|(expr, _)| *expr)
            .collect();
        if opens.is_empty() {
            return false;
        }
        let (regions, edition) = (self.regions(body), self.edition_of(body));
        let region = regions.region_of(call);
        if matches!(regions.get(region).kind, CodeRegionKind::Closure { is_async: false, .. }) {
            return false;
        }
        let graph = build(Subject { body, regions: &regions, edition, suspends: &|_| true }, region);
        let stretch = Stretch { body, graph: &graph, opens: &opens };
        opens.contains(&call) || stretch.leads_to_opening(call) || opens.iter().any(|open| stretch.leads(*open, call))
    }

    /// Does the call return a listener that it did not get?
    fn opens_listener(&self, body: &TypedBody, call: ExprId, callee: Option<&FnCallee>) -> bool {
        let types = &body.types;
        let made = types.expr_tys.get(call.index()).copied().map(|ty| match ty.kind() {
            TyKind::Future(output, ..) => *output,
            _ => ty,
        });
        made.is_some_and(|ty| self.holds_listener(self.succeeded(ty), MAX_FIELDS))
            && callee
                .and_then(|callee| callee.receiver)
                .is_none_or(|ty| !self.holds_listener(ty.peel_refs(), MAX_FIELDS))
    }

    fn is_asked_of_listener(&self, body: &TypedBody, call: ExprId) -> bool {
        match body.types.callees.get(&call) {
            Some(Callee::Fn(callee)) => callee.receiver.is_some_and(|ty| self.holds_listener(ty.peel_refs(), 0)),
            _ => false,
        }
    }

    /// `T` of `Result<T, _>`, `Option<T>`.
    fn succeeded(&self, ty: Ty) -> Ty {
        match ty.as_adt() {
            Some((adt, args)) if matches!(self.world().adt(adt).name.as_str(), "Result" | "Option") => {
                args.first().map_or(ty, |inner| self.succeeded(*inner))
            }
            _ => ty,
        }
    }

    fn holds_listener(&self, ty: Ty, depth: u32) -> bool {
        let TyKind::Adt(adt, _) = ty.kind() else { return false };
        if self.facts().is_listener(*adt) {
            return true;
        }
        let world = self.world();
        depth > 0
            && (0..world.adt(*adt).variants.len() as u32).any(|variant| {
                world.field_tys(*adt, variant).iter().any(|(_, field)| self.holds_listener(*field, depth - 1))
            })
    }
}

/// A region in which listeners are opened.
struct Stretch<'a> {
    body: &'a TypedBody,
    graph: &'a FlowGraph,
    opens: &'a FxHashSet<ExprId>,
}

impl Stretch<'_> {
    fn leads_to_opening(&self, from: ExprId) -> bool {
        self.reaches(from, &|expr| self.opens.contains(&expr))
    }

    fn leads(&self, from: ExprId, to: ExprId) -> bool {
        self.reaches(from, &|expr| expr == to)
    }

    /// Is one of the calls made after `from` before the code is suspended? The opening itself may be awaited.
    fn reaches(&self, from: ExprId, wanted: &dyn Fn(ExprId) -> bool) -> bool {
        let Some(start) = self.graph.evaluated(from) else { return false };
        self.graph.leads(start, |_, step| match step {
            FlowStep::Eval(expr) if wanted(expr) => Way::Found,
            FlowStep::Suspend(expr) if !self.awaits_opening(expr) => Way::Over,
            _ => Way::On,
        })
    }

    fn awaits_opening(&self, suspended: ExprId) -> bool {
        match &self.body.types.body[suspended] {
            Expr::Await { expr, .. } => self.opens.contains(expr),
            _ => false,
        }
    }
}
