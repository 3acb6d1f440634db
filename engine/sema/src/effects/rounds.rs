//! What the loops of a body do round by round.
//!
//! ```text
//! for path in paths { load(path).await }                      goes through what is there
//! while let Some(job) = jobs.recv().await { load(job).await } is told what to do: who sent the next job waits
//! loop { let (stream, _) = listener.accept().await?; .. }     serves others
//! ```

use toecap_ir::{Expr, ExprId};

use super::exec::Executor;
use super::serving::serves;
use super::turns::Turns;
use crate::walk::each_child;
use crate::{Callee, FnCallee, MacroKind};

/// What a loop takes from somebody who waits for it: from other programs, and within the program.
const SERVED: [&str; 4] = ["a connection", "a datagram", "a request", "a stream"];
const TOLD: [&str; 2] = ["a message", "a notification"];

/// What a loop does round by round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rounds {
    /// It goes through what is there.
    Own,
    /// It is told by others of the program what to do, or races futures.
    Told,
    /// It takes connections, or starts tasks.
    Served,
}

impl Turns<'_> {
    /// Is a loop around it in which somebody waits for every round?
    pub(super) fn is_served(&self, expr: ExprId) -> bool {
        self.rounds_around(expr) != Rounds::Own
    }

    /// The most that a loop around it does.
    pub(super) fn rounds_around(&self, expr: ExprId) -> Rounds {
        let (mut at, mut most) = (expr, Rounds::Own);
        while let Some(parent) = self.regions.parent(at) {
            most = most.max(self.rounds(parent));
            at = parent;
        }
        most
    }

    /// A loop that somebody waits for in every round: it takes connections or messages, races futures, or starts tasks.
    pub(super) fn serves(&self, expr: ExprId) -> bool {
        self.rounds(expr) != Rounds::Own
    }

    fn rounds(&self, expr: ExprId) -> Rounds {
        if !matches!(self.body.types.body[expr], Expr::Loop { .. } | Expr::While { .. }) {
            return Rounds::Own;
        }
        let known = self.rounds.borrow().get(&expr).copied();
        known.unwrap_or_else(|| {
            let rounds = self.rounds_in(expr);
            self.rounds.borrow_mut().insert(expr, rounds);
            rounds
        })
    }

    fn rounds_in(&self, expr: ExprId) -> Rounds {
        let types = &self.body.types;
        let mut most = match &types.body[expr] {
            Expr::Closure(_) => return Rounds::Own,
            Expr::MacroCall(_) if types.macros.get(&expr) == Some(&MacroKind::Select) => {
                match Executor::new(self.analysis, self.body).waits_to_stop_only(expr) {
                    true => Rounds::Own,
                    // A server beside it stands still.
                    false if self.starts_server() => Rounds::Served,
                    false => Rounds::Told,
                }
            }
            Expr::Call { .. } | Expr::MethodCall(_) => match types.callees.get(&expr) {
                Some(Callee::Fn(callee)) => self.taken_by(callee),
                _ => Rounds::Own,
            },
            _ => Rounds::Own,
        };
        each_child(&types.body, expr, &mut |child| most = most.max(self.rounds_in(child)));
        most
    }

    fn starts_server(&self) -> bool {
        let facts = self.analysis.facts();
        self.body
            .types
            .callees
            .values()
            .any(|callee| matches!(callee, Callee::Fn(callee) if facts.of_callee(callee).is_some_and(serves)))
    }

    /// What a loop does that calls this.
    fn taken_by(&self, callee: &FnCallee) -> Rounds {
        match self.analysis.leaves_task(callee) {
            true => Rounds::Served,
            false => self.takes(callee),
        }
    }

    /// Whom a loop obeys that calls this.
    pub(super) fn takes(&self, callee: &FnCallee) -> Rounds {
        match self.analysis.facts().of_callee(callee).and_then(|facts| facts.take()) {
            Some(take) if SERVED.contains(&take.what.as_ref()) => Rounds::Served,
            Some(take) if TOLD.contains(&take.what.as_ref()) => Rounds::Told,
            _ => Rounds::Own,
        }
    }
}
