//! Computations that take long: loops around loops of floating-point arithmetic, and recursion that doubles.
//!
//! ```text
//! for quote in quotes { while error > 1e-9 { .. } }     iterates until it converges, for every element
//! fib(n - 1) + fib(n - 2)                               twice as long with every step
//! ```
//!
//! - [`nest`]: loops within loops (transfer).
//! - [`rounds`]: what runs once for each round of a loop, and which loops have few rounds.
//! - [`float`]: how much arithmetic there is.
//! - [`recursion`]: functions that call themselves twice.

mod float;
mod nest;
mod recursion;
mod rounds;

use std::sync::Arc;

use toecap_ir::{Expr, ExprId, Span};

pub(crate) use self::float::FloatWork;
use self::nest::Nest;
use super::exec::{Executor, Region};
use super::summary::{CpuWork, Step, StepKind, Work, callee_span};
use crate::{Analysis, TypedBody};

/// From when on a computation counts. The defaults are measured: docs/cpu.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuLimits {
    /// Loops of unknown size around floating-point arithmetic count when they are so deep, those of callers included.
    pub nesting: usize,
    /// So many operations make arithmetic of a loop.
    pub arithmetic: u32,
    /// So many operations make a loop one that iterates until something converges.
    pub converging: u32,
    /// A loop of no more rounds, where that can be seen, is as good as none.
    pub few: u64,
}

impl Default for CpuLimits {
    fn default() -> Self {
        Self { nesting: 3, arithmetic: 2, converging: 4, few: 16 }
    }
}

/// A long computation: a loop around a loop.
#[derive(Debug, Clone, Copy)]
pub struct HeavyLoop {
    /// The outer loop.
    pub outer: ExprId,
    /// Its keyword, or the name of the method that runs its closure for every element.
    pub outer_at: Span,
    /// The same of the inner one.
    pub inner_at: Span,
    /// How many loops there are around the arithmetic.
    pub depth: usize,
    /// The inner one iterates until a value is close enough.
    pub converges: bool,
}

impl Analysis<'_> {
    /// Heavy computations of a region's own code: loops of unknown size that do not suspend, around one that iterates
    /// floating-point arithmetic until it converges, or [`CpuLimits::nesting`] deep around any such arithmetic.
    pub fn heavy_loops(&self, body: &TypedBody, region: Region) -> Vec<HeavyLoop> {
        let executor = Executor::new(self, body);
        let nest = Nest::of(self, &executor, body, region.root);
        let found = nest.heavy.iter().map(|heavy| HeavyLoop {
            outer: heavy.outer,
            outer_at: loop_span(body, heavy.outer),
            inner_at: loop_span(body, heavy.inner),
            depth: heavy.depth,
            converges: heavy.converges,
        });
        found.collect()
    }

    /// What the code computes itself, and the loops that make a caller's loops long.
    pub(super) fn own_computation(
        &self,
        executor: &Executor<'_>,
        body: &TypedBody,
        root: ExprId,
    ) -> (Option<Arc<Work>>, CpuWork) {
        let nest = Nest::of(self, executor, body, root);
        let at = |expr: ExprId| body.at(loop_span(body, expr));
        let cpu = CpuWork {
            deepest: nest.deepest.map(|(depth, expr)| (depth, at(expr))),
            converges: nest.converges.map(|expr| (0, at(expr))),
        };
        if let Some(work) = self.exponential(body, root) {
            return (Some(work), cpu);
        }
        let work = nest.heavy.first().map(|heavy| {
            let callee = "a loop around floating-point arithmetic in a loop".to_owned();
            let steps = vec![Step { at: at(heavy.outer), callee, kind: StepKind::Own }];
            let what = "runs floating-point arithmetic in a loop inside of a loop over data of unknown size";
            Arc::new(Work::computed(steps, what))
        });
        (work, cpu)
    }

    /// What a call inside of loops computes whose callee has such loops as well.
    pub(super) fn computation_of_call(&self, inner: &CpuWork, loops: usize, step: &Step) -> Option<Arc<Work>> {
        if loops == 0 {
            return None;
        }
        let work = |at, callee: &str, what: &str| {
            let last = Step { at, callee: callee.to_owned(), kind: StepKind::Own };
            Some(Arc::new(Work::computed(vec![step.clone(), last], what)))
        };
        if let Some((_, at)) = inner.converges {
            let what = "iterates floating-point arithmetic until it converges, for every element of a collection";
            return work(at, "a loop that runs until it converges", what);
        }
        let (depth, at) = inner.deepest?;
        let is_deep = depth + loops >= self.world().cpu_limits().nesting;
        let what = "runs floating-point arithmetic in loops, inside of loops over data of unknown size";
        if is_deep { work(at, "a loop around floating-point arithmetic", what) } else { None }
    }
}

/// The keyword of a loop, or the name of the method that runs a closure for every element.
pub(crate) fn loop_span(body: &TypedBody, expr: ExprId) -> Span {
    let whole = body.types.body.span(expr);
    let length = match &body.types.body[expr] {
        Expr::For { .. } => 3,
        Expr::While { .. } => 5,
        Expr::Loop { .. } => 4,
        _ => return callee_span(&body.types.body, expr),
    };
    let lo = whole.lo();
    let word = Span::new(lo, (lo + length).min(whole.hi()));
    if whole.is_expanded() { word.expanded() } else { word }
}
