//! Files that are read once for a program, or for an object that lives long: the first who asks waits for what others have then.
//!
//! ```text
//! static CONFIG: OnceLock<Config> = OnceLock::new();
//! CONFIG.get_or_init(|| load("config.toml"))
//! SHARED.get_or_init(|| async { load("config.toml") }).await
//! ```

use toecap_ir::{Expr, ExprId};

use super::exec::Executor;
use crate::Callee;
use crate::flow::Aliases;

/// Functions of a cell that call a closure while the cell is empty.
const FILLS: [&str; 4] = ["get_or_init", "get_or_try_init", "call_once", "call_once_force"];
/// Cells that are never empty again while others look at them.
const CELLS: [&str; 3] = ["OnceLock", "OnceCell", "Once"];

impl Executor<'_> {
    /// Does the call stand in a closure that fills such a cell?
    pub(super) fn is_done_once(&self, call: ExprId) -> bool {
        let (regions, tree) = (self.code_regions(), &self.body.types.body);
        let mut at = call;
        while let Some(parent) = regions.parent(at) {
            match &tree[at] {
                Expr::Closure(_) if self.fills_cell(parent) => return true,
                _ => at = parent,
            }
        }
        false
    }

    /// One of many cells, each of which is filled once: `cells.entry(key).or_default().get_or_init(..)`.
    fn is_of_map(&self, aliases: &Aliases, cell: ExprId) -> bool {
        const OF_MAP: [&str; 5] = ["or_default", "or_insert", "or_insert_with", "get", "get_mut"];
        match &self.body.types.body[cell] {
            Expr::MethodCall(call) => OF_MAP.contains(&call.name.as_str()) || self.is_of_map(aliases, call.receiver),
            Expr::Ref { expr, .. } | Expr::Try(expr) => self.is_of_map(aliases, *expr),
            Expr::Path(_) => {
                let value = self.body.local(cell).and_then(|local| aliases.value(local));
                value.is_some_and(|value| value != cell && self.is_of_map(aliases, value))
            }
            _ => false,
        }
    }

    fn fills_cell(&self, call: ExprId) -> bool {
        let world = self.analysis.world();
        let Some(Callee::Fn(callee)) = self.body.types.callees.get(&call) else { return false };
        let Some((adt, _)) = callee.receiver.and_then(|ty| ty.peel_refs().as_adt()) else { return false };
        FILLS.contains(&world.func(callee.f).name.as_str())
            && CELLS.contains(&world.adt(adt).name.as_str())
            && !world.is_own(adt.krate)
            && !matches!(&self.body.types.body[call], Expr::MethodCall(call)
                if self.is_of_map(&Aliases::new(world, self.body), call.receiver))
    }
}
