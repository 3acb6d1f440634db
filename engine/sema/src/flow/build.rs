//! Builds the graph of a region: expressions and statements.
//!
//! ```text
//! f(a, b())      b() is evaluated, a is moved, b()'s value is taken, f's result exists
//! ```
//! Places of temporaries follow the reference ("Temporary scopes"), by edition.

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{BinaryOp, Block, BlockKind, Expr, ExprId, Name, PatId, Stmt, UnaryOp};

use super::graph::{Exit, FlowGraph, FlowStep, Node, NodeId, Outcome};
use super::outcome::Outcomes;
use super::{CodeRegion, CodeRegionKind, RegionId, Regions};
use crate::{Callee, LocalId, PathDef, Ty, TyKind, TypedBody};

/// What a graph is made from.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) body: &'a TypedBody,
    pub(crate) regions: &'a Regions,
    pub(crate) edition: u16,
    /// Whether awaiting there can suspend at all.
    pub(crate) suspends: &'a dyn Fn(ExprId) -> bool,
}

/// The graph of one region.
pub(crate) fn build(subject: Subject<'_>, id: RegionId) -> FlowGraph {
    let region = subject.regions.get(id);
    let mut builder = Builder {
        s: subject,
        graph: FlowGraph::default(),
        current: None,
        open: Vec::new(),
        extended: FxHashMap::default(),
        frames: Vec::new(),
        outcomes: Outcomes::new(subject.body),
        next_scope: 0,
    };
    builder.region(id, region);
    builder.graph
}

/// An open scope.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) id: u32,
    pub(super) is_temps: bool,
}

/// Where `break` and `continue` go.
pub(super) struct Frame {
    pub(super) label: Option<Name>,
    pub(super) is_loop: bool,
    /// What runs again.
    pub(super) head: Option<NodeId>,
    pub(super) breaks: Vec<NodeId>,
    /// Number of scopes that stay open.
    pub(super) depth: usize,
    pub(super) value_of: ExprId,
}

pub(super) struct Builder<'a> {
    pub(super) s: Subject<'a>,
    pub(super) graph: FlowGraph,
    /// None: what follows cannot be reached.
    pub(super) current: Option<NodeId>,
    pub(super) open: Vec<Scope>,
    /// Temporaries whose life is extended, and to which scope.
    extended: FxHashMap<ExprId, u32>,
    pub(super) frames: Vec<Frame>,
    pub(super) outcomes: Outcomes<'a>,
    next_scope: u32,
}

impl<'a> Builder<'a> {
    fn region(&mut self, id: RegionId, region: CodeRegion) {
        self.start();
        let scope = self.open_scope(false);
        let captures_by_value = match region.kind {
            CodeRegionKind::AsyncBlock { expr } => matches!(
                &self.s.body.types.body[expr],
                Expr::Block(b) if matches!(b.kind, BlockKind::Async { by_move: true })
            ),
            _ => false,
        };
        if captures_by_value {
            self.graph.captured = self.s.regions.captures(self.s.body, id);
            for local in self.graph.captured.clone() {
                self.graph.local_scopes.insert(local, scope);
            }
        }
        if let CodeRegionKind::Fn { .. } = region.kind {
            for pat in self.s.body.types.body.params.clone() {
                self.bind(pat, None);
            }
        }
        let temps = self.open_scope(true);
        let root = region.root;
        match &self.s.body.types.body[root] {
            Expr::Block(block) => {
                let tail = self.block(block, root);
                self.close(temps);
                self.close(scope);
                self.push(FlowStep::Exit(Exit::Value(tail)));
            }
            _ => {
                self.value(root, root);
                self.close(temps);
                self.close(scope);
                self.push(FlowStep::Exit(Exit::Value(Some(root))));
            }
        }
    }

    fn start(&mut self) {
        self.graph.nodes.push(Node { step: FlowStep::Join, next: Vec::new() });
        self.current = Some(NodeId(0));
    }

    // ---- nodes

    /// Appends a step to the current path.
    pub(super) fn push(&mut self, step: FlowStep) -> Option<NodeId> {
        let before = self.current?;
        let id = self.detached(step);
        self.link(before, id);
        self.current = match step {
            FlowStep::Exit(_) => None,
            _ => Some(id),
        };
        Some(id)
    }

    pub(super) fn detached(&mut self, step: FlowStep) -> NodeId {
        let id = NodeId(self.graph.nodes.len() as u32);
        self.graph.nodes.push(Node { step, next: Vec::new() });
        id
    }

    pub(super) fn link(&mut self, from: NodeId, to: NodeId) {
        let next = &mut self.graph.nodes[from.0 as usize].next;
        if !next.contains(&to) {
            next.push(to);
        }
    }

    /// Goes on where several paths meet.
    pub(super) fn meet(&mut self, paths: &[Option<NodeId>]) {
        let paths: Vec<NodeId> = paths.iter().flatten().copied().collect();
        self.current = match paths.as_slice() {
            [] => None,
            [only] => Some(*only),
            many => {
                let join = self.detached(FlowStep::Join);
                many.iter().for_each(|from| self.link(*from, join));
                Some(join)
            }
        };
    }

    // ---- scopes

    pub(super) fn open_scope(&mut self, is_temps: bool) -> u32 {
        let id = self.next_scope;
        self.next_scope += 1;
        self.open.push(Scope { id, is_temps });
        id
    }

    /// Ends the innermost scope, which is `id`.
    pub(super) fn close(&mut self, id: u32) {
        debug_assert_eq!(self.open.last().map(|s| s.id), Some(id));
        if let Some(scope) = self.open.pop() {
            self.end(scope);
        }
    }

    pub(super) fn end(&mut self, scope: Scope) {
        self.push(if scope.is_temps { FlowStep::EndTemps(scope.id) } else { FlowStep::EndScope(scope.id) });
    }

    /// Ends every scope above `depth` on this path; they stay open for the others.
    pub(super) fn unwind(&mut self, depth: usize) {
        for at in (depth..self.open.len()).rev() {
            self.end(self.open[at]);
        }
    }

    fn innermost(&self, is_temps: bool) -> u32 {
        self.open.iter().rev().find(|s| s.is_temps == is_temps).map_or(0, |s| s.id)
    }

    // ---- values

    pub(super) fn ty(&self, expr: ExprId) -> Ty {
        self.s.body.types.expr_tys.get(expr.index()).copied().unwrap_or(Ty::unknown())
    }

    pub(super) fn is_place(&self, expr: ExprId) -> bool {
        match &self.s.body.types.body[expr] {
            Expr::Path(_) => {
                matches!(self.s.body.types.paths.get(&expr), Some(PathDef::Local(_) | PathDef::Const(_)))
            }
            Expr::Field { .. } | Expr::Index { .. } | Expr::Unary(UnaryOp::Deref, _) => true,
            _ => false,
        }
    }

    /// The value of `expr` exists from here on.
    pub(super) fn evaluated(&mut self, expr: ExprId) {
        if !self.is_place(expr) {
            let scope = self.extended.get(&expr).copied().unwrap_or_else(|| self.innermost(true));
            self.graph.temp_scopes.insert(expr, scope);
        }
        self.push(FlowStep::Eval(expr));
        if self.s.body.is_never(expr) && matches!(self.s.body.types.body[expr], Expr::Call { .. } | Expr::MethodCall(_))
        {
            self.current = None;
        }
    }

    /// The value of `child` goes into `parent`.
    pub(super) fn take(&mut self, child: ExprId, parent: ExprId) {
        if let Some(local) = self.moved_local(child) {
            self.push(FlowStep::Move { local, to: child });
        }
        self.push(FlowStep::Consume { child, parent });
    }

    fn moved_local(&self, expr: ExprId) -> Option<LocalId> {
        match &self.s.body.types.body[expr] {
            Expr::Path(_) => match self.s.body.types.paths.get(&expr) {
                Some(PathDef::Local(local)) => Some(*local),
                _ => None,
            },
            Expr::Field { base, .. } if !matches!(self.ty(*base).kind(), TyKind::Ref(..)) => self.moved_local(*base),
            _ => None,
        }
    }

    /// Evaluates and takes by value.
    pub(super) fn value(&mut self, expr: ExprId, parent: ExprId) {
        self.expr(expr);
        if expr != parent {
            self.take(expr, parent);
        }
    }

    /// Evaluates all, then takes all.
    fn values(&mut self, exprs: &[ExprId], parent: ExprId) {
        exprs.iter().for_each(|e| self.expr(*e));
        exprs.iter().for_each(|e| self.take(*e, parent));
    }

    /// Evaluates an expression; its value, if it is not a place, is a temporary until somebody takes it.
    pub(super) fn expr(&mut self, expr: ExprId) {
        if self.current.is_none() {
            return;
        }
        let body = &self.s.body.types.body;
        match &body[expr] {
            Expr::Opaque | Expr::Lit(_) | Expr::Path(_) | Expr::Underscore => self.evaluated(expr),
            Expr::Block(block) => self.block_expr(expr, block),
            Expr::Call { callee, args } => {
                self.expr(*callee);
                self.values(args, expr);
                self.evaluated(expr);
            }
            Expr::MethodCall(call) => {
                self.expr(call.receiver);
                call.args.iter().for_each(|a| self.expr(*a));
                if self.takes_receiver(expr, call.receiver) {
                    self.take(call.receiver, expr);
                }
                call.args.iter().for_each(|a| self.take(*a, expr));
                self.evaluated(expr);
                if matches!(call.name.as_str(), "unwrap" | "expect") && call.args.len() < 2 {
                    self.push(FlowStep::Known { value: call.receiver, is: Outcome::Full });
                }
            }
            Expr::Field { base, .. } => {
                self.expr(*base);
                self.evaluated(expr);
            }
            Expr::Index { base, index } => {
                self.expr(*base);
                self.value(*index, expr);
                self.evaluated(expr);
            }
            Expr::Unary(UnaryOp::Deref, inner) | Expr::Ref { expr: inner, .. } => {
                self.expr(*inner);
                self.evaluated(expr);
            }
            Expr::Binary { op: BinaryOp::And | BinaryOp::Or, .. } | Expr::Let { .. } => {
                let (yes, no) = self.condition(expr);
                self.meet(&[yes, no]);
                self.evaluated(expr);
            }
            Expr::Unary(UnaryOp::Not, inner) if self.is_negation(*inner) => {
                let (yes, no) = self.condition(expr);
                self.meet(&[yes, no]);
                self.evaluated(expr);
            }
            Expr::Unary(_, inner) | Expr::Cast { expr: inner, .. } => {
                self.value(*inner, expr);
                self.evaluated(expr);
            }
            Expr::Binary { op, lhs, rhs } => self.binary(expr, *op, *lhs, *rhs),
            Expr::Assign { place, value } => {
                self.expr(*value);
                self.expr(*place);
                self.take(*value, expr);
                self.push(FlowStep::Assign { place: *place, value: *value });
                self.evaluated(expr);
            }
            Expr::Await { expr: inner, .. } => self.await_expr(expr, *inner),
            Expr::Try(inner) => self.question_mark(expr, *inner),
            Expr::If { cond, then, otherwise } => self.if_expr(expr, *cond, *then, *otherwise),
            Expr::Match { scrutinee, arms } => self.match_expr(expr, *scrutinee, arms),
            Expr::While { cond, body, label } => self.while_expr(expr, *cond, *body, *label),
            Expr::Loop { body, label } => self.loop_expr(expr, *body, *label),
            Expr::For { pat, iter, body, label } => self.for_expr(expr, *pat, *iter, *body, *label),
            Expr::Break { label, value } => self.break_expr(*label, *value),
            Expr::Continue { label } => self.continue_expr(*label),
            Expr::Return(value) => {
                if let Some(value) = value {
                    self.value(*value, expr);
                }
                self.unwind(0);
                self.push(FlowStep::Exit(Exit::Value(*value)));
            }
            Expr::Yield(value) => {
                if let Some(value) = value {
                    self.value(*value, expr);
                }
                self.suspend(expr);
                self.evaluated(expr);
            }
            Expr::Closure(closure) => self.capture(expr, closure.by_move),
            Expr::Record(record) => {
                let fields: Vec<ExprId> = record.fields.iter().map(|f| f.value).collect();
                record.spread.iter().for_each(|s| self.expr(*s));
                self.values(&fields, expr);
                self.evaluated(expr);
            }
            Expr::Tuple(parts) | Expr::Array(parts) => {
                self.values(parts, expr);
                self.evaluated(expr);
            }
            Expr::Repeat { value, count } => {
                self.values(&[*value, *count], expr);
                self.evaluated(expr);
            }
            Expr::Range { start, end, .. } => {
                let ends: Vec<ExprId> = start.iter().chain(end).copied().collect();
                self.values(&ends, expr);
                self.evaluated(expr);
            }
            Expr::MacroCall(call) => self.macro_call(expr, call),
            Expr::Expanded(expansion) => {
                let scope = self.open_scope(false);
                let tail = self.stmts(&expansion.stmts, expansion.tail, expr);
                self.close(scope);
                if tail.is_some() || self.current.is_some() {
                    self.evaluated(expr);
                }
            }
        }
    }

    /// `!` of a condition, and not of a number.
    pub(super) fn is_negation(&self, operand: ExprId) -> bool {
        self.ty(operand) == Ty::bool()
    }

    /// Does the method take its receiver by value?
    fn takes_receiver(&self, call: ExprId, receiver: ExprId) -> bool {
        match self.s.body.types.callees.get(&call) {
            Some(Callee::Fn(callee)) => match callee.receiver {
                Some(ty) => ty == self.ty(receiver) && !matches!(ty.kind(), TyKind::Ref(..)),
                None => true,
            },
            _ => true,
        }
    }

    fn binary(&mut self, expr: ExprId, op: BinaryOp, lhs: ExprId, rhs: ExprId) {
        use BinaryOp as Op;
        match op {
            Op::AddAssign
            | Op::SubAssign
            | Op::MulAssign
            | Op::DivAssign
            | Op::RemAssign
            | Op::BitAndAssign
            | Op::BitOrAssign
            | Op::BitXorAssign
            | Op::ShlAssign
            | Op::ShrAssign => {
                self.value(rhs, expr);
                self.expr(lhs);
            }
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge => {
                self.expr(lhs);
                self.expr(rhs);
            }
            _ => self.values(&[lhs, rhs], expr),
        }
        self.evaluated(expr);
    }

    fn await_expr(&mut self, expr: ExprId, inner: ExprId) {
        self.value(inner, expr);
        if (self.s.suspends)(expr) {
            self.suspend(expr);
        }
        self.evaluated(expr);
    }

    pub(super) fn suspend(&mut self, expr: ExprId) {
        if let Some(node) = self.push(FlowStep::Suspend(expr)) {
            self.graph.entries.insert(expr, node);
        }
    }

    /// A closure or async block takes what it captures.
    pub(super) fn capture(&mut self, expr: ExprId, by_move: bool) {
        if by_move && let Some(region) = self.s.regions.opened(expr) {
            for local in self.s.regions.captures(self.s.body, region) {
                self.push(FlowStep::Move { local, to: expr });
            }
        }
        self.evaluated(expr);
    }

    // ---- blocks

    fn block_expr(&mut self, expr: ExprId, block: &Block) {
        if let BlockKind::Async { by_move } = block.kind {
            return self.capture(expr, by_move);
        }
        if block.label.is_some() || matches!(block.kind, BlockKind::Try) {
            let depth = self.open.len();
            self.frames.push(Frame {
                label: block.label,
                is_loop: false,
                head: None,
                breaks: Vec::new(),
                depth,
                value_of: expr,
            });
            self.block(block, expr);
            let frame = self.frames.pop();
            let mut paths: Vec<Option<NodeId>> = vec![self.current];
            paths.extend(frame.into_iter().flat_map(|f| f.breaks).map(Some));
            self.meet(&paths);
        } else {
            self.block(block, expr);
        }
        self.evaluated(expr);
    }

    /// The statements of a block in a scope of their own; its tail, which has been taken as the value of `parent`.
    fn block(&mut self, block: &Block, parent: ExprId) -> Option<ExprId> {
        let scope = self.open_scope(false);
        let tail = self.stmts(&block.stmts, block.tail, parent);
        self.close(scope);
        tail
    }

    pub(super) fn stmts(&mut self, stmts: &[Stmt], tail: Option<ExprId>, parent: ExprId) -> Option<ExprId> {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
        let tail = tail?;
        if self.s.edition >= 2024 {
            let temps = self.open_scope(true);
            self.value(tail, parent);
            self.close(temps);
        } else {
            // They outlive the block's variables.
            self.value(tail, parent);
        }
        Some(tail)
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Expr { expr: evaluated, .. } | Stmt::Let { init: Some(evaluated), .. }
                if self.s.body.types.inactive.contains(evaluated) => {}
            Stmt::Expr { expr, .. } => {
                // `let`s of an expanded macro call bind around the call.
                if let Expr::Expanded(expansion) = &self.s.body.types.body[*expr] {
                    expansion.stmts.iter().for_each(|stmt| self.stmt(stmt));
                    if let Some(tail) = expansion.tail {
                        self.statement_expr(tail);
                    }
                    return;
                }
                self.statement_expr(*expr);
            }
            Stmt::Let { pat, init, otherwise, .. } => {
                let Some(init) = init else { return self.bind(*pat, None) };
                self.let_stmt(*pat, *init, *otherwise);
            }
        }
    }

    fn statement_expr(&mut self, expr: ExprId) {
        let temps = self.open_scope(true);
        self.expr(expr);
        self.close(temps);
    }

    fn let_stmt(&mut self, pat: PatId, init: ExprId, otherwise: Option<ExprId>) {
        let temps = self.open_scope(true);
        let mut extended = FxHashSet::default();
        extend(self.s.body, init, &mut extended);
        if binds_by_ref(self.s.body, pat) {
            extended.insert(init);
        }
        let scope = self.innermost(false);
        for expr in extended {
            self.extended.insert(expr, scope);
        }
        self.expr(init);
        let Some(otherwise) = otherwise else {
            self.bind(pat, Some(init));
            return self.close(temps);
        };
        let (yes, no) = self.refutable(pat, init);
        self.current = no;
        self.unwind(self.open.len() - 1);
        self.expr(otherwise);
        self.current = yes;
        self.bind(pat, Some(init));
        self.close(temps);
    }

    /// The variables of a pattern exist from here on.
    pub(super) fn bind(&mut self, pat: PatId, from: Option<ExprId>) {
        let scope = self.innermost(false);
        let mut locals = Vec::new();
        bound_locals(self.s.body, pat, &mut locals);
        for local in locals {
            self.graph.local_scopes.entry(local).or_insert(scope);
        }
        if let Some(from) = from
            && let Some(local) = self.moved_local(from)
            && self.binds_whole(pat)
        {
            self.push(FlowStep::Move { local, to: from });
        }
        self.push(FlowStep::Bind { pat, from });
    }

    fn binds_whole(&self, pat: PatId) -> bool {
        match &self.s.body.types.body[pat] {
            toecap_ir::Pat::Bind { by_ref, .. } => !by_ref && self.s.body.types.bindings.contains_key(&pat),
            toecap_ir::Pat::Typed(inner, _) => self.binds_whole(*inner),
            _ => false,
        }
    }
}

/// The variables that a pattern binds.
pub(crate) fn bound_locals(body: &TypedBody, pat: PatId, out: &mut Vec<LocalId>) {
    use toecap_ir::Pat;
    if let Some(local) = body.types.bindings.get(&pat) {
        out.push(*local);
    }
    match &body.types.body[pat] {
        Pat::Bind { sub: Some(inner), .. } | Pat::Ref(inner, _) | Pat::Typed(inner, _) => {
            bound_locals(body, *inner, out);
        }
        Pat::Or(pats) | Pat::Tuple(pats) | Pat::TupleStruct { pats, .. } | Pat::Slice(pats) => {
            pats.iter().for_each(|p| bound_locals(body, *p, out));
        }
        Pat::Record { fields, .. } => fields.iter().for_each(|(_, p)| bound_locals(body, *p, out)),
        _ => {}
    }
}

fn binds_by_ref(body: &TypedBody, pat: PatId) -> bool {
    use toecap_ir::Pat;
    match &body.types.body[pat] {
        Pat::Bind { by_ref, .. } => *by_ref,
        Pat::Tuple(pats) | Pat::TupleStruct { pats, .. } | Pat::Slice(pats) => {
            pats.iter().any(|p| binds_by_ref(body, *p))
        }
        Pat::Record { fields, .. } => fields.iter().any(|(_, p)| binds_by_ref(body, *p)),
        _ => false,
    }
}

/// The operands of `&` whose temporaries live as long as the variable: `let x = &f();`, `let x = (&f(), 1);`.
fn extend(body: &TypedBody, expr: ExprId, out: &mut FxHashSet<ExprId>) {
    let tree = &body.types.body;
    match &tree[expr] {
        Expr::Ref { expr: inner, .. } => {
            let mut at = *inner;
            while let Expr::Field { base, .. } | Expr::Index { base, .. } | Expr::Unary(UnaryOp::Deref, base) =
                &tree[at]
            {
                at = *base;
            }
            out.insert(at);
            extend(body, at, out);
        }
        Expr::Tuple(parts) | Expr::Array(parts) => parts.iter().for_each(|p| extend(body, *p, out)),
        Expr::Record(record) => record.fields.iter().for_each(|f| extend(body, f.value, out)),
        Expr::Cast { expr: inner, .. } => extend(body, *inner, out),
        Expr::Block(block) if matches!(block.kind, BlockKind::Plain | BlockKind::Unsafe) => {
            block.tail.iter().for_each(|t| extend(body, *t, out));
        }
        _ => {}
    }
}
