//! Code regions: which part of a body executes an expression.
//!
//! ```text
//! async fn f() {                  // region 0
//!     let g = async { a() };      // `a()` runs in region 1, when `g` is polled
//!     x.map(|v| b(v));            // `b(v)` in region 2, when the closure is called
//! }
//! ```

use toecap_ir::{Expr, ExprId, MacroArgs};

use crate::walk::each_child;
use crate::{LocalId, MacroKind, PathDef, TypedBody};

/// Number of a region of a body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RegionId(pub u32);

/// A part of a body that is executed as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeRegion {
    /// What it is.
    pub kind: CodeRegionKind,
    /// What runs: the body's root, the async block, the closure's body, the `stream!` call.
    pub root: ExprId,
    /// The region that creates it; none for the function itself.
    pub parent: Option<RegionId>,
}

/// Kinds of [`CodeRegion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeRegionKind {
    /// The function's own body, or an initialiser.
    Fn {
        /// `async fn`
        is_async: bool,
    },
    /// `async { }`
    AsyncBlock {
        /// The block.
        expr: ExprId,
    },
    /// `|x| ..`, `async |x| ..`
    Closure {
        /// The closure.
        expr: ExprId,
        /// `async`
        is_async: bool,
    },
    /// `stream! { }`
    Stream {
        /// The macro call.
        expr: ExprId,
    },
}

/// The regions of a body.
#[derive(Debug, Clone)]
pub struct Regions {
    regions: Vec<CodeRegion>,
    of: Vec<RegionId>,
    parents: Vec<Option<ExprId>>,
    suspensions: Vec<Vec<ExprId>>,
}

impl Regions {
    /// Divides a body. `is_async_fn` says whether the owner is an `async fn`.
    pub fn new(body: &TypedBody, is_async_fn: bool) -> Self {
        let ir = &body.types.body;
        let count = ir.exprs.len();
        let root = CodeRegion { kind: CodeRegionKind::Fn { is_async: is_async_fn }, root: ir.root, parent: None };
        let mut regions = Self {
            regions: vec![root],
            of: vec![RegionId(0); count],
            parents: vec![None; count],
            suspensions: vec![Vec::new()],
        };
        let mut open = vec![(ir.root, RegionId(0), None)];
        while let Some((expr, region, parent)) = open.pop() {
            if expr.index() >= count {
                continue;
            }
            regions.of[expr.index()] = region;
            regions.parents[expr.index()] = parent;
            if is_suspension(body, expr) {
                regions.suspensions[region.0 as usize].push(expr);
            }
            let inner = regions.opened_by(body, expr, region);
            let from = open.len();
            each_child(ir, expr, &mut |child| open.push((child, inner, Some(expr))));
            // The last one pushed is visited first.
            open[from..].reverse();
        }
        regions
    }

    fn opened_by(&mut self, body: &TypedBody, expr: ExprId, outer: RegionId) -> RegionId {
        let Some((kind, root)) = region_of_expr(body, expr) else { return outer };
        let id = RegionId(self.regions.len() as u32);
        self.regions.push(CodeRegion { kind, root, parent: Some(outer) });
        self.suspensions.push(Vec::new());
        id
    }

    /// The region that evaluates an expression. A closure, async block or `stream!` call itself belongs to the region that
    /// creates it.
    pub fn region_of(&self, expr: ExprId) -> RegionId {
        self.of.get(expr.index()).copied().unwrap_or(RegionId(0))
    }
    /// A region's data.
    pub fn get(&self, id: RegionId) -> CodeRegion {
        self.regions[(id.0 as usize).min(self.regions.len() - 1)]
    }
    /// All regions; outer ones before inner ones.
    pub fn iter(&self) -> impl Iterator<Item = (RegionId, CodeRegion)> + '_ {
        self.regions.iter().enumerate().map(|(i, r)| (RegionId(i as u32), *r))
    }
    /// The region that begins with this expression.
    pub fn at(&self, root: ExprId) -> Option<RegionId> {
        self.iter().find(|(_, region)| region.root == root).map(|(id, _)| id)
    }
    /// The region that an async block, closure or `stream!` call opens.
    pub fn opened(&self, expr: ExprId) -> Option<RegionId> {
        self.iter().find(|(_, region)| region.creator() == Some(expr)).map(|(id, _)| id)
    }
    /// Where a region may be suspended: awaits, `select!`, `join!`, `try_join!` and `yield`, in order of evaluation and
    /// unreachable ones included.
    pub fn suspensions(&self, id: RegionId) -> &[ExprId] {
        self.suspensions.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }
    /// The expression that an expression is a direct part of.
    pub fn parent(&self, expr: ExprId) -> Option<ExprId> {
        self.parents.get(expr.index()).copied().flatten()
    }
    /// True when `inner` is `outer` or inside of it.
    pub fn is_within(&self, inner: RegionId, outer: RegionId) -> bool {
        let mut at = Some(inner);
        while let Some(id) = at {
            if id == outer {
                return true;
            }
            at = self.get(id).parent;
        }
        false
    }
    /// Variables of outer regions that a region names, in order of first use.
    pub fn captures(&self, body: &TypedBody, id: RegionId) -> Vec<LocalId> {
        let mut named: Vec<(ExprId, LocalId)> = body
            .types
            .paths
            .iter()
            .filter_map(|(expr, def)| match def {
                PathDef::Local(local) if self.is_within(self.region_of(*expr), id) => Some((*expr, *local)),
                _ => None,
            })
            .collect();
        named.sort_unstable();
        let mut seen = Vec::new();
        for (_, local) in named {
            if !seen.contains(&local) && !self.declares(body, id, local) {
                seen.push(local);
            }
        }
        seen
    }

    /// Does the binding of a variable lie in the region or one inside of it? Patterns have no parents; those of a region lie in its text.
    pub fn declares(&self, body: &TypedBody, id: RegionId, local: LocalId) -> bool {
        let pat = body.types.locals.get(local.0 as usize).and_then(|data| data.pat);
        match (self.get(id).creator(), pat) {
            (None, _) => true,
            (Some(creator), Some(pat)) => body.types.body.span(creator).contains(body.types.body.pat_span(pat)),
            (Some(_), None) => false,
        }
    }
}

impl CodeRegion {
    /// The closure, async block or `stream!` call that makes it.
    pub fn creator(&self) -> Option<ExprId> {
        match self.kind {
            CodeRegionKind::Fn { .. } => None,
            CodeRegionKind::AsyncBlock { expr }
            | CodeRegionKind::Closure { expr, .. }
            | CodeRegionKind::Stream { expr } => Some(expr),
        }
    }
    /// True when it can be suspended.
    pub fn is_async(&self) -> bool {
        match self.kind {
            CodeRegionKind::Fn { is_async } | CodeRegionKind::Closure { is_async, .. } => is_async,
            CodeRegionKind::AsyncBlock { .. } | CodeRegionKind::Stream { .. } => true,
        }
    }
}

/// The region that an expression opens for its children.
fn region_of_expr(body: &TypedBody, expr: ExprId) -> Option<(CodeRegionKind, ExprId)> {
    match &body.types.body[expr] {
        Expr::Block(block) if block.is_async() => Some((CodeRegionKind::AsyncBlock { expr }, expr)),
        Expr::Closure(closure) => Some((CodeRegionKind::Closure { expr, is_async: closure.is_async }, closure.body)),
        Expr::MacroCall(call) if matches!(call.parsed, MacroArgs::Block(_)) => {
            let is_stream = body.types.macros.get(&expr) == Some(&MacroKind::Stream);
            is_stream.then_some((CodeRegionKind::Stream { expr }, expr))
        }
        _ => None,
    }
}

/// Is there anything in a body where a region of it waits?
pub(super) fn may_be_suspended(body: &TypedBody) -> bool {
    body.types.body.exprs.ids().any(|expr| is_suspension(body, expr))
}

/// An await, a `yield`, or a macro that awaits.
fn is_suspension(body: &TypedBody, expr: ExprId) -> bool {
    match &body.types.body[expr] {
        Expr::Await { .. } | Expr::Yield(_) => true,
        Expr::MacroCall(_) => {
            matches!(body.types.macros.get(&expr), Some(MacroKind::Select | MacroKind::Join | MacroKind::TryJoin))
        }
        _ => false,
    }
}
