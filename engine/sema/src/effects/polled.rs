//! Who polls a future that a body makes: the code that makes it, or a task.
//!
//! ```text
//! timeout(d, fetch(url)).await;       here, through `timeout`
//! let work = fetch(url);              here, where `work.await` stands in the same code
//! spawn(fetch(url));                  a task
//! queue.push(fetch(url));             nobody knows
//! ```

use toecap_ir::{Expr, ExprId, MacroArgs, Pat, PatId, Stmt};
use toecap_knowledge::SpawnKind;

use super::exec::call_args;
use crate::flow::{RegionId, Regions};
use crate::{Analysis, Callee, LocalId, MacroKind, PathDef, TypedBody};

/// How many expressions and variables a future is followed through.
const MAX_HOPS: usize = 12;

/// Who polls a future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled {
    /// The code that makes it, before it goes on.
    Here,
    /// An executor, beside or after that code.
    AsTask,
}

/// Follows futures to who polls them.
pub(super) struct Polls<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) body: &'a TypedBody,
    pub(super) regions: &'a Regions,
}

impl Polls<'_> {
    /// Who polls the future that a call makes.
    pub(super) fn of(&self, call: ExprId) -> Option<Polled> {
        self.follow(call, self.regions.region_of(call), 0)
    }

    fn follow(&self, future: ExprId, made_in: RegionId, hops: usize) -> Option<Polled> {
        let types = &self.body.types;
        let parent = self.regions.parent(future).filter(|_| hops < MAX_HOPS)?;
        let passed_on = || self.follow(parent, made_in, hops + 1);
        match &types.body[parent] {
            Expr::Await { .. } => Some(self.polled_in(parent, made_in)),
            Expr::Call { .. } | Expr::MethodCall(_) => self.passed_to(parent, future, made_in, hops),
            Expr::MacroCall(call) => match (types.macros.get(&parent)?, &call.parsed) {
                (MacroKind::Join | MacroKind::TryJoin, _) => Some(self.polled_in(parent, made_in)),
                (MacroKind::Select, MacroArgs::Select(select)) => {
                    select.arms.iter().any(|arm| arm.future == future).then(|| self.polled_in(parent, made_in))
                }
                (MacroKind::Pin, _) => passed_on().or_else(|| self.pinned(future, made_in, hops)),
                _ => None,
            },
            Expr::Ref { .. } | Expr::Unary(..) => passed_on(),
            Expr::If { cond, .. } if *cond != future => passed_on(),
            Expr::Match { scrutinee, .. } if *scrutinee != future => passed_on(),
            Expr::Block(block) if !block.is_async() => match block.tail == Some(future) {
                true => passed_on(),
                false => self.bound(&block.stmts, future, made_in, hops),
            },
            Expr::Block(block) => self.bound(&block.stmts, future, made_in, hops),
            Expr::Expanded(expansion) => match expansion.tail == Some(future) {
                true => passed_on(),
                false => self.bound(&expansion.stmts, future, made_in, hops),
            },
            _ => None,
        }
    }

    fn polled_in(&self, at: ExprId, made_in: RegionId) -> Polled {
        match self.regions.region_of(at) == made_in {
            true => Polled::Here,
            false => Polled::AsTask,
        }
    }

    /// An argument of a call: of one that spawns it, or of one that makes a future out of it, which then polls it.
    fn passed_to(&self, call: ExprId, future: ExprId, made_in: RegionId, hops: usize) -> Option<Polled> {
        let types = &self.body.types;
        let Some(Callee::Fn(callee)) = types.callees.get(&call) else { return None };
        if let Some(spawn) = self.analysis.facts().of_callee(callee).and_then(|facts| facts.spawn()) {
            let starts = spawn.kind == SpawnKind::AsyncTask && !spawn.blocking_ok_inside;
            return (starts && call_args(&types.body[call]).contains(&future)).then_some(Polled::AsTask);
        }
        let runs = callee.runs.unwrap_or(callee.f);
        let is_ours = self.analysis.world().is_own(runs.krate);
        (callee.sure && !is_ours && types.futures.contains_key(&call))
            .then(|| self.follow(call, made_in, hops + 1))
            .flatten()
    }

    /// `let work = future;`: what polls the variable.
    fn bound(&self, stmts: &[Stmt], future: ExprId, made_in: RegionId, hops: usize) -> Option<Polled> {
        let pat = stmts.iter().find_map(|stmt| match stmt {
            Stmt::Let { pat, init: Some(init), .. } if *init == future => Some(*pat),
            _ => None,
        })?;
        self.mentions_of(*self.body.types.bindings.get(&self.variable(pat))?, made_in, hops)
    }

    /// `pin!(work);` has declared another variable of the name.
    fn pinned(&self, mention: ExprId, made_in: RegionId, hops: usize) -> Option<Polled> {
        let types = &self.body.types;
        let PathDef::Local(old) = types.paths.get(&mention)? else { return None };
        let name = types.locals[old.0 as usize].name;
        let later = types.locals.iter().enumerate().skip(old.0 as usize + 1);
        let (number, _) = later.into_iter().find(|(_, local)| local.name == name && local.pat.is_none())?;
        self.mentions_of(LocalId(number as u32), made_in, hops)
    }

    fn mentions_of(&self, local: LocalId, made_in: RegionId, hops: usize) -> Option<Polled> {
        let mentions = self.body.mentions(local).into_iter();
        let polled: Vec<Polled> = mentions.filter_map(|at| self.follow(at, made_in, hops + 1)).collect();
        [Polled::Here, Polled::AsTask].into_iter().find(|how| polled.contains(how))
    }

    fn variable(&self, pat: PatId) -> PatId {
        match &self.body.types.body[pat] {
            Pat::Typed(inner, _) => self.variable(*inner),
            _ => pat,
        }
    }
}
