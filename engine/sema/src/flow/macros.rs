//! Macro calls with a grammar of their own.
//!
//! ```text
//! select! { a = f() => x, b = g() => y }     f() · g() · suspension · (bind a, x | bind b, y)
//! ```

use toecap_ir::{Expr, ExprId, MacroArgs, MacroCall, Name, Select};

use super::build::Builder;
use super::graph::{Exit, FlowStep, Outcome};
use crate::{MacroKind, PathDef};

impl Builder<'_> {
    pub(super) fn macro_call(&mut self, expr: ExprId, call: &MacroCall) {
        let kind = self.s.body.types.macros.get(&expr).copied().unwrap_or(MacroKind::Opaque);
        match (&call.parsed, kind) {
            (MacroArgs::Select(select), _) => self.select(expr, select),
            (MacroArgs::Block(_), MacroKind::Stream) => self.capture(expr, false),
            (MacroArgs::Block(block), _) => {
                self.stmts(&block.stmts, block.tail, expr);
                self.evaluated(expr);
            }
            (MacroArgs::Exprs(args), MacroKind::Join | MacroKind::TryJoin) => {
                let temps = self.open_scope(true);
                args.iter().for_each(|a| self.value(a.value, expr));
                self.close(temps);
                self.suspend(expr);
                self.evaluated(expr);
            }
            (MacroArgs::Exprs(args), MacroKind::Pin) => {
                for arg in args {
                    self.expr(arg.value);
                    if !self.is_place(arg.value) {
                        self.take(arg.value, expr);
                    }
                }
                self.evaluated(expr);
            }
            (MacroArgs::Exprs(args), MacroKind::Ready) if args.len() == 1 => self.ready(expr, args[0].value),
            (MacroArgs::Exprs(args), _) => {
                let takes = call.path.last_name().is_some_and(|n| matches!(n.as_str(), "vec" | "dbg" | "Ok" | "Err"));
                args.iter().for_each(|a| self.expr(a.value));
                if takes {
                    args.iter().for_each(|a| self.take(a.value, expr));
                }
                self.evaluated(expr);
                self.leave_if_diverging(kind);
            }
            (MacroArgs::Repeat(value, count), _) => {
                self.value(*value, expr);
                self.value(*count, expr);
                self.evaluated(expr);
            }
            (MacroArgs::Matches { value, pat, guard }, _) => {
                self.expr(*value);
                let scope = self.open_scope(false);
                self.bind(*pat, None);
                guard.iter().for_each(|g| self.expr(*g));
                self.close(scope);
                self.evaluated(expr);
            }
            (MacroArgs::Opaque(names), _) => {
                self.take_named(expr, names);
                self.evaluated(expr);
                self.leave_if_diverging(kind);
            }
            (MacroArgs::NoValues, _) => {
                self.evaluated(expr);
                self.leave_if_diverging(kind);
            }
        }
    }

    /// `ready!(poll)`: returns `Pending`, or is what is ready.
    fn ready(&mut self, expr: ExprId, poll: ExprId) {
        self.value(poll, expr);
        let at = self.current;
        self.push(FlowStep::Known { value: poll, is: Outcome::Empty });
        self.unwind(0);
        self.push(FlowStep::Exit(Exit::Pending(poll)));
        self.current = at;
        self.push(FlowStep::Known { value: poll, is: Outcome::Full });
        self.evaluated(expr);
    }

    fn leave_if_diverging(&mut self, kind: MacroKind) {
        if kind == MacroKind::Diverges {
            self.unwind(0);
            self.push(FlowStep::Exit(Exit::Error));
        }
    }

    /// Nobody knows what the macro does with the variables that it mentions: it may well take them.
    fn take_named(&mut self, expr: ExprId, names: &[Name]) {
        let locals = &self.s.body.types.locals;
        for (i, local) in locals.iter().enumerate() {
            if names.contains(&local.name) {
                self.push(FlowStep::Move { local: crate::LocalId(i as u32), to: expr });
            }
        }
    }

    fn select(&mut self, expr: ExprId, select: &Select) {
        if let Some(entry) = self.push(FlowStep::Join) {
            self.graph.entries.insert(expr, entry);
        }
        let temps = self.open_scope(true);
        for arm in &select.arms {
            arm.guard.iter().for_each(|g| self.expr(*g));
            self.expr(arm.future);
            // futures' `select!` polls variables in place.
            if !self.is_variable(arm.future) {
                self.take(arm.future, expr);
            }
        }
        self.close(temps);
        let entry = self.graph.entries.get(&expr).copied();
        self.suspend(expr);
        if let Some(entry) = entry {
            self.graph.entries.insert(expr, entry);
        }
        let start = self.current;
        let mut ends = Vec::new();
        for (i, arm) in select.arms.iter().enumerate() {
            self.branch(expr, i, start);
            let scope = self.open_scope(false);
            self.bind(arm.pat, None);
            self.value(arm.handler, expr);
            self.close(scope);
            ends.push(self.current);
        }
        for (i, fallback) in select.fallbacks.iter().enumerate() {
            self.branch(expr, select.arms.len() + i, start);
            self.value(fallback.handler, expr);
            ends.push(self.current);
        }
        self.meet(&ends);
        self.evaluated(expr);
    }

    fn branch(&mut self, select: ExprId, index: usize, start: Option<super::NodeId>) {
        self.current = start;
        if let Some(node) = self.push(FlowStep::Join) {
            self.graph.select_starts.insert((select, index), node);
        }
    }

    fn is_variable(&self, expr: ExprId) -> bool {
        matches!(self.s.body.types.body[expr], Expr::Path(_))
            && matches!(self.s.body.types.paths.get(&expr), Some(PathDef::Local(_)))
    }
}
