//! Branches and loops.
//!
//! ```text
//! if let Ok(x) = f() { a } else { b }     f() · ok ⇒ bind x, a | error ⇒ b
//! ```

use toecap_ir::{BinaryOp, Expr, ExprId, MatchArm, Name, PatId, UnaryOp};

use super::build::{Builder, Frame};
use super::graph::{Exit, FlowStep, NodeId, Outcome};

type Paths = (Option<NodeId>, Option<NodeId>);

impl Builder<'_> {
    fn known(&mut self, at: Option<NodeId>, value: ExprId, is: Option<Outcome>) -> Option<NodeId> {
        let before = std::mem::replace(&mut self.current, at);
        if let Some(is) = is {
            self.push(FlowStep::Known { value, is });
        } else {
            // Two paths from one node: each needs a node of its own.
            self.push(FlowStep::Join);
        }
        std::mem::replace(&mut self.current, before)
    }

    /// The paths on which a pattern matches and does not match the value of `from`.
    pub(super) fn refutable(&mut self, pat: PatId, from: ExprId) -> Paths {
        let at = self.current;
        let (yes, no) = self.outcomes.of_pattern(pat);
        let matched = self.known(at, from, yes);
        let other = if self.outcomes.is_irrefutable(pat) { None } else { self.known(at, from, no) };
        (matched, other)
    }

    /// Evaluates a condition: the paths on which it holds and does not hold. `let`s bind on the first one.
    pub(super) fn condition(&mut self, cond: ExprId) -> Paths {
        if self.current.is_none() {
            return (None, None);
        }
        match &self.s.body.types.body[cond] {
            Expr::Unary(UnaryOp::Not, inner) if self.is_negation(*inner) => {
                let (yes, no) = self.condition(*inner);
                (no, yes)
            }
            Expr::Binary { op: BinaryOp::And, lhs, rhs } => {
                let (yes, no) = self.operand(*lhs);
                self.current = yes;
                let (both, not) = self.operand(*rhs);
                self.meet(&[no, not]);
                (both, self.current)
            }
            Expr::Binary { op: BinaryOp::Or, lhs, rhs } => {
                let (yes, no) = self.operand(*lhs);
                self.current = no;
                let (also, neither) = self.operand(*rhs);
                self.meet(&[yes, also]);
                (self.current, neither)
            }
            Expr::Let { pat, expr } => {
                self.expr(*expr);
                let (yes, no) = self.refutable(*pat, *expr);
                self.current = yes;
                self.bind(*pat, Some(*expr));
                (self.current, no)
            }
            _ => {
                self.expr(cond);
                let at = self.current;
                let answer = match &self.s.body.types.body[cond] {
                    Expr::Path(_) => (cond, Some(Outcome::Full), Some(Outcome::Empty)),
                    _ => (cond, None, None),
                };
                let (value, yes, no) = self.outcomes.of_test(cond).unwrap_or(answer);
                (self.known(at, value, yes), self.known(at, value, no))
            }
        }
    }

    /// One side of `&&` or `||`: its temporaries go before the other side is evaluated.
    fn operand(&mut self, side: ExprId) -> Paths {
        let is_inner = matches!(&self.s.body.types.body[side], Expr::Binary { op: BinaryOp::And | BinaryOp::Or, .. });
        if is_inner || self.has_let(side) {
            return self.condition(side);
        }
        self.open_scope(true);
        let (yes, no) = self.condition(side);
        let Some(temps) = self.open.pop() else { return (yes, no) };
        self.current = yes;
        self.end(temps);
        let yes = std::mem::replace(&mut self.current, no);
        self.end(temps);
        (yes, self.current)
    }

    fn has_let(&self, cond: ExprId) -> bool {
        match &self.s.body.types.body[cond] {
            Expr::Let { .. } => true,
            Expr::Binary { op: BinaryOp::And, lhs, rhs } => self.has_let(*lhs) || self.has_let(*rhs),
            _ => false,
        }
    }

    pub(super) fn if_expr(&mut self, expr: ExprId, cond: ExprId, then: ExprId, otherwise: Option<ExprId>) {
        let has_let = self.has_let(cond);
        // Before 2024 the temporaries of `if let` live as long as those of the statement around it.
        let own_temps = !has_let || self.s.edition >= 2024;
        let depth = self.open.len();
        if own_temps {
            self.open_scope(true);
        }
        self.open_scope(false);
        let (yes, no) = self.condition(cond);
        // On the path where it does not hold: a chain may have bound something before it failed.
        self.current = no;
        let is_chain = has_let && !matches!(self.s.body.types.body[cond], Expr::Let { .. });
        let bindings = if is_chain { None } else { self.open.pop() };
        self.unwind(depth);
        let no = self.current;
        self.open.extend(bindings);
        self.current = yes;
        if !has_let {
            // Nothing of the condition is needed any more.
            self.unwind(depth);
            self.open.truncate(depth);
        }
        self.value(then, expr);
        if has_let {
            self.unwind(depth);
            self.open.truncate(depth);
        }
        let yes = self.current;
        self.current = no;
        if let Some(otherwise) = otherwise {
            self.value(otherwise, expr);
        }
        self.meet(&[yes, self.current]);
        self.evaluated(expr);
    }

    pub(super) fn match_expr(&mut self, expr: ExprId, scrutinee: ExprId, arms: &[MatchArm]) {
        self.expr(scrutinee);
        let start = self.current;
        let mut ends = Vec::new();
        let mut left = (true, true);
        for arm in arms {
            let (matched, _) = self.outcomes.of_pattern(arm.pat);
            let is = matched.or(match left {
                (true, false) => Some(Outcome::Full),
                (false, true) => Some(Outcome::Empty),
                _ => None,
            });
            if arm.guard.is_none() {
                match self.outcomes.exhausts(arm.pat) {
                    Some(Outcome::Full) => left.0 = false,
                    Some(Outcome::Empty) => left.1 = false,
                    None => {}
                }
            }
            self.current = self.known(start, scrutinee, is);
            let bindings = self.open_scope(false);
            self.bind(arm.pat, Some(scrutinee));
            if let Some(guard) = arm.guard {
                let temps = self.open_scope(true);
                let (yes, _) = self.condition(guard);
                self.current = yes;
                self.close(temps);
            }
            let temps = self.open_scope(true);
            self.value(arm.body, expr);
            self.close(temps);
            self.close(bindings);
            ends.push(self.current);
        }
        self.meet(&ends);
        self.evaluated(expr);
    }

    /// Steps of a loop: its first node, to which `continue` and the end of the body go back.
    fn enter_loop(&mut self, expr: ExprId, label: Option<Name>) -> Option<NodeId> {
        let head = self.push(FlowStep::Join)?;
        self.graph.entries.insert(expr, head);
        let depth = self.open.len();
        self.frames.push(Frame { label, is_loop: true, head: Some(head), breaks: Vec::new(), depth, value_of: expr });
        Some(head)
    }

    fn go_back(&mut self, head: NodeId) {
        if let Some(from) = self.current.take() {
            self.link(from, head);
        }
    }

    /// Goes on after a loop: with the `break`s and whatever path leaves it otherwise.
    fn leave_loop(&mut self, expr: ExprId, ended: Option<NodeId>) {
        let mut paths = vec![ended];
        paths.extend(self.frames.pop().into_iter().flat_map(|f| f.breaks).map(Some));
        self.meet(&paths);
        self.evaluated(expr);
    }

    fn body_of_loop(&mut self, body: ExprId) {
        let temps = self.open_scope(true);
        self.expr(body);
        self.close(temps);
    }

    pub(super) fn while_expr(&mut self, expr: ExprId, cond: ExprId, body: ExprId, label: Option<Name>) {
        let Some(head) = self.enter_loop(expr, label) else { return };
        let has_let = self.has_let(cond);
        let depth = self.open.len();
        self.open_scope(true);
        self.open_scope(false);
        let (yes, no) = self.condition(cond);
        self.current = no;
        self.unwind(depth);
        let ended = self.current;
        self.current = yes;
        if !has_let {
            self.unwind(depth);
            self.open.truncate(depth);
        }
        self.body_of_loop(body);
        if has_let {
            self.unwind(depth);
            self.open.truncate(depth);
        }
        self.go_back(head);
        self.leave_loop(expr, ended);
    }

    pub(super) fn loop_expr(&mut self, expr: ExprId, body: ExprId, label: Option<Name>) {
        let Some(head) = self.enter_loop(expr, label) else { return };
        self.body_of_loop(body);
        self.go_back(head);
        self.leave_loop(expr, None);
    }

    pub(super) fn for_expr(&mut self, expr: ExprId, pat: PatId, iter: ExprId, body: ExprId, label: Option<Name>) {
        // The iterator and the temporaries of the head live to the end of the loop.
        let temps = self.open_scope(true);
        self.expr(iter);
        if let Some(head) = self.enter_loop(expr, label) {
            let bindings = self.open_scope(false);
            self.bind(pat, None);
            self.body_of_loop(body);
            self.close(bindings);
            self.go_back(head);
            self.leave_loop(expr, Some(head));
        }
        self.close(temps);
    }

    pub(super) fn break_expr(&mut self, label: Option<Name>, value: Option<ExprId>) {
        let found = self.frames.iter().rposition(|f| match label {
            Some(label) => f.label == Some(label),
            None => f.is_loop,
        });
        if let (Some(value), Some(at)) = (value, found) {
            let into = self.frames[at].value_of;
            self.value(value, into);
        }
        let Some(at) = found else {
            self.current = None;
            return;
        };
        self.unwind(self.frames[at].depth);
        if let Some(from) = self.current.take() {
            // A path of its own, so that what leads here stays apart from what follows the loop.
            let node = self.detached(FlowStep::Join);
            self.link(from, node);
            self.frames[at].breaks.push(node);
        }
    }

    pub(super) fn continue_expr(&mut self, label: Option<Name>) {
        let found = self.frames.iter().rposition(|f| f.is_loop && (label.is_none() || f.label == label));
        let Some(at) = found else {
            self.current = None;
            return;
        };
        self.unwind(self.frames[at].depth);
        match self.frames[at].head {
            Some(head) => self.go_back(head),
            None => self.current = None,
        }
    }

    pub(super) fn question_mark(&mut self, expr: ExprId, inner: ExprId) {
        self.value(inner, expr);
        let at = self.current;
        self.push(FlowStep::Known { value: inner, is: Outcome::Empty });
        self.unwind(0);
        self.push(FlowStep::Exit(Exit::Error));
        self.current = at;
        self.push(FlowStep::Known { value: inner, is: Outcome::Full });
        self.evaluated(expr);
    }
}
