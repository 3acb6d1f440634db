//! The parts of a body that an executor polls.
//!
//! ```text
//! fn serve(paths: Vec<PathBuf>) {
//!     spawn(async move { .. });                          // this one
//!     spawn_blocking(|| block_on(async { .. }));         // not this one
//! }
//! ```

use toecap_ir::{Expr, ExprId, MacroArgs};

use super::exec::{Executor, Fate, Region, RegionKind, call_args};
use crate::walk::each_child;
use crate::{BodyOwner, Callee};

impl Executor<'_> {
    /// The parts of the body that an executor polls, in order. Code that is handed to a blocking pool or thread is left
    /// out, whatever it holds.
    pub fn regions(&self) -> &[Region] {
        self.polled.get_or_init(|| self.all_regions())
    }

    fn all_regions(&self) -> Vec<Region> {
        let mut regions = Vec::new();
        let root = self.body.types.body.root;
        if let BodyOwner::Fn(f) = self.body.owner {
            let item = self.analysis.world().fn_item(f);
            if item.flags.is_async {
                regions.push(Region { root, kind: RegionKind::AsyncFn });
            } else if self.analysis.runs_when_polled(f) {
                regions.push(Region { root, kind: RegionKind::Poll });
            }
        }
        if self.may_have_inner_regions() {
            self.find_regions(root, &mut regions);
        }
        regions
    }

    /// Is anything in the body that [`Executor::find_regions`] looks for?
    fn may_have_inner_regions(&self) -> bool {
        self.body.types.body.exprs.iter().any(|(_, expr)| match expr {
            Expr::Block(block) => block.is_async(),
            Expr::MacroCall(call) => matches!(call.parsed, MacroArgs::Block(_)),
            Expr::Closure(_) => true,
            _ => false,
        })
    }

    fn find_regions(&self, expr: ExprId, out: &mut Vec<Region>) {
        let body = &self.body.types.body;
        match &body[expr] {
            Expr::Block(block) if block.is_async() => {
                out.push(Region { root: expr, kind: RegionKind::AsyncBlock });
            }
            Expr::Closure(closure) if closure.is_async => {
                out.push(Region { root: closure.body, kind: RegionKind::AsyncBlock });
            }
            Expr::MacroCall(_) if self.is_stream(expr) => {
                out.push(Region { root: expr, kind: RegionKind::AsyncBlock });
            }
            Expr::Call { .. } | Expr::MethodCall(_) => self.held_closures(expr, out),
            _ => {}
        }
        each_child(body, expr, &mut |child| {
            let before = out.len();
            self.find_regions(child, out);
            if out.len() > before && self.is_offloaded(expr, child) {
                out.truncate(before);
            }
        });
    }

    /// Is it an argument of a call that runs where blocking is fine?
    fn is_offloaded(&self, call: ExprId, arg: ExprId) -> bool {
        let Some(Callee::Fn(callee)) = self.body.types.callees.get(&call) else { return false };
        let args = call_args(&self.body.types.body[call]);
        let position = args.iter().position(|other| *other == arg);
        position.is_some_and(|position| matches!(self.fate(callee, position), Fate::Offloaded))
    }
}
