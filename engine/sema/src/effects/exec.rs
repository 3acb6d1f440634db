//! Who executes which calls: the regions of a body that an executor polls, and the calls that a piece of code makes
//! itself.
//!
//! ```text
//! async fn f() {
//!     let n = paths.iter().map(|p| std::fs::read(p)).count();     // the closure runs here
//!     spawn_blocking(|| std::fs::read("x")).await;                // this one does not
//! }
//! ```

use std::cell::OnceCell;

use toecap_ir::{Expr, ExprId, MacroArgs};
use toecap_knowledge::{Facts, PointKind, SpawnKind};

use super::cpu::CpuLimits;
use super::polled::{Polled, Polls};
use super::shipped::each_shipped;
use crate::flow::{Aliases, Regions};
use crate::walk::each_child;
use crate::watch::{Asked, read};
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, FnCallee, MacroKind, PathDef, TyKind, TypedBody};

/// A part of a body that runs as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// What runs.
    pub root: ExprId,
    /// Which kind.
    pub kind: RegionKind,
}

/// Kinds of [`Region`] that an executor polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionKind {
    /// The body of an `async fn`.
    AsyncFn,
    /// An async block or the body of an async closure.
    AsyncBlock,
    /// A `poll` function, or the `call` of a service.
    Poll,
    /// A closure that a future or stream holds: `stream.map(|path| std::fs::read(path))`.
    Held,
}

/// A call or loop that code executes itself.
#[derive(Debug, Clone)]
pub struct Executed {
    /// The call; or a loop that calls something in every round.
    pub expr: ExprId,
    /// Loops of unknown size around it, outermost first; for the closure of an iterator the call that drives it.
    pub loops: Vec<ExprId>,
    /// Who polls the future that it makes; asked for `async fn`s of dependencies only.
    pub polled: Option<Polled>,
    /// What a loop calls that nobody has written: `next`.
    unwritten: Option<Box<FnCallee>>,
}

impl Executed {
    /// A call by itself.
    pub fn alone(expr: ExprId) -> Self {
        Self { expr, loops: Vec::new(), polled: None, unwritten: None }
    }

    /// The function that is called, where it is known.
    pub fn callee<'c>(&'c self, body: &'c TypedBody) -> Option<&'c FnCallee> {
        match body.types.callees.get(&self.expr) {
            Some(Callee::Fn(callee)) => Some(callee),
            _ => self.unwritten.as_deref(),
        }
    }
}

/// Walks what a region executes.
pub struct Executor<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) body: &'a TypedBody,
    regions: OnceCell<Regions>,
    pub(super) polled: OnceCell<Vec<Region>>,
}

impl<'a> Executor<'a> {
    /// For one body.
    pub fn new(analysis: &'a Analysis<'a>, body: &'a TypedBody) -> Self {
        Self { analysis, body, regions: OnceCell::new(), polled: OnceCell::new() }
    }

    /// Calls outside of the regions whose futures become tasks: `spawn(dependency::serve())` in a function that is not async.
    pub fn started(&self) -> Vec<Executed> {
        let facts = self.analysis.facts();
        let spawns = |callee: &Callee| match callee {
            Callee::Fn(callee) => facts.of_callee(callee).is_some_and(|facts| facts.spawn().is_some()),
            Callee::Ctor(..) | Callee::Value(_) => false,
        };
        let root = self.body.types.body.root;
        if self.regions().iter().any(|region| region.root == root) || !self.body.types.callees.values().any(spawns) {
            return Vec::new();
        }
        let mut started = Vec::new();
        self.executed(root, &mut |call| started.extend((call.polled == Some(Polled::AsTask)).then_some(call)));
        started
    }

    /// `stream! { .. }`
    pub(super) fn is_stream(&self, expr: ExprId) -> bool {
        self.body.types.macros.get(&expr) == Some(&MacroKind::Stream)
            && matches!(&self.body.types.body[expr], Expr::MacroCall(call) if matches!(call.parsed, MacroArgs::Block(_)))
    }

    /// What happens to a closure that is passed to a function.
    pub(crate) fn fate(&self, callee: &FnCallee, arg: usize) -> Fate {
        let facts = self.analysis.facts();
        if let Some(spawn) = facts.of_callee(callee).and_then(|f| f.spawn()) {
            return match spawn.kind {
                _ if spawn.blocking_ok_inside => Fate::Offloaded,
                SpawnKind::AsyncTask | SpawnKind::Entry => Fate::Elsewhere,
                SpawnKind::BlockingClosure | SpawnKind::Thread | SpawnKind::CpuPool => Fate::Offloaded,
            };
        }
        let runs = callee.runs.unwrap_or(callee.f);
        match self.analysis.world().input(runs.krate).origin {
            CrateOrigin::Std if self.analysis.asks_for_closure(runs, arg) && !self.analysis.is_poll_fn(runs) => {
                Fate::Here
            }
            CrateOrigin::Std => Fate::Unknown,
            CrateOrigin::Workspace => self.analysis.closure_param(runs, arg),
            CrateOrigin::Dependency if self.analysis.returns_what_it_calls(runs, arg) => Fate::Here,
            CrateOrigin::Dependency => Fate::Unknown,
        }
    }

    /// Calls `visit` for every call that running `root` executes itself, in order.
    pub fn executed(&self, root: ExprId, visit: &mut dyn FnMut(Executed)) {
        let mut loops = Vec::new();
        let body = &self.body.types.body;
        // The region's own root may be an async block or closure body.
        match &body[root] {
            Expr::Block(_) | Expr::MacroCall(_) => {
                each_shipped(body, root, &mut |child| self.walk(child, &mut loops, visit))
            }
            _ => self.walk(root, &mut loops, visit),
        }
    }

    fn walk(&self, expr: ExprId, loops: &mut Vec<ExprId>, visit: &mut dyn FnMut(Executed)) {
        let body = &self.body.types.body;
        match &body[expr] {
            Expr::Closure(_) => return,
            Expr::Block(block) if block.is_async() => return,
            Expr::MacroCall(_) if self.is_stream(expr) => return,
            Expr::Loop { body: inner, .. } | Expr::While { body: inner, .. } => {
                if let Expr::While { cond, .. } = &body[expr] {
                    self.walk(*cond, loops, visit);
                }
                loops.push(expr);
                self.walk(*inner, loops, visit);
                loops.pop();
                return;
            }
            Expr::For { iter, body: inner, .. } => {
                self.walk(*iter, loops, visit);
                if let Some(callee) = self.analysis.called_by_loop(self.body, *iter) {
                    let unwritten = Some(Box::new(callee));
                    visit(Executed { expr, loops: loops.clone(), polled: None, unwritten });
                }
                let counts = !self.is_small(*iter);
                if counts {
                    loops.push(expr);
                }
                self.walk(*inner, loops, visit);
                if counts {
                    loops.pop();
                }
                return;
            }
            Expr::Call { .. } | Expr::MethodCall(_) => {
                self.walk_call(expr, loops, visit);
                return;
            }
            _ => {}
        }
        each_shipped(body, expr, &mut |child| self.walk(child, loops, visit));
    }

    fn walk_call(&self, expr: ExprId, loops: &mut Vec<ExprId>, visit: &mut dyn FnMut(Executed)) {
        let types = &self.body.types;
        let callee = types.callees.get(&expr);
        let has_few = || matches!(&types.body[expr], Expr::MethodCall(call) if self.is_small(call.receiver));
        let drives = matches!(callee, Some(Callee::Fn(c)) if self.analysis.is_of_iterator(c)) && !has_few();
        each_child(&types.body, expr, &mut |child| {
            let Some(closure) = self.closure_behind(child) else {
                self.walk(child, loops, visit);
                return;
            };
            let Some(Callee::Fn(callee)) = callee else { return };
            let position = call_args(&types.body[expr]).iter().position(|a| *a == child);
            let Some(position) = position else { return };
            if matches!(self.fate(callee, position), Fate::Here) {
                if drives {
                    loops.push(expr);
                }
                self.walk(closure, loops, visit);
                if drives {
                    loops.pop();
                }
            }
        });
        let polled = callee.and_then(|callee| self.polled(expr, callee));
        visit(Executed { expr, loops: loops.clone(), polled, unwritten: self.pointed_to(expr, callee) });
        // A local closure that is called runs here.
        if let Some(Callee::Value(ty)) = callee
            && let TyKind::Closure(number) = ty.kind()
            && let Some(closure) = types.closures.get(*number as usize)
            && let Expr::Closure(data) = &types.body[closure.expr]
            && !data.is_async
            && loops.len() < 32
            && !types.body.span(closure.expr).contains(types.body.span(expr))
        {
            self.walk(data.body, loops, visit);
        }
    }

    /// `let read: fn(&Path) -> Vec<u8> = load; read(path)` calls `load`.
    fn pointed_to(&self, call: ExprId, callee: Option<&Callee>) -> Option<Box<FnCallee>> {
        let types = &self.body.types;
        let Some(Callee::Value(ty)) = callee else { return None };
        let (TyKind::FnPtr(..), Expr::Call { callee, .. }) = (ty.kind(), &types.body[call]) else { return None };
        let aliases = Aliases::new(self.analysis.world(), self.body);
        match types.paths.get(&aliases.value(self.body.local(*callee)?)?)? {
            PathDef::Fn(f) => {
                Some(Box::new(FnCallee { f: *f, args: &[], runs: Some(*f), self_ty: None, receiver: None, sure: true }))
            }
            _ => None,
        }
    }

    /// Who polls what an `async fn` of a dependency makes.
    fn polled(&self, call: ExprId, callee: &Callee) -> Option<Polled> {
        let Callee::Fn(callee) = callee else { return None };
        let runs = self.analysis.runs(callee)?;
        if !self.analysis.is_async_of_dependency(runs) {
            return None;
        }
        Polls { analysis: self.analysis, body: self.body, regions: self.code_regions() }.of(call)
    }

    /// Who executes which part of the body.
    pub(super) fn code_regions(&self) -> &Regions {
        self.regions.get_or_init(|| self.analysis.regions(self.body))
    }

    /// The body of a sync closure, written in place or bound to a variable.
    fn closure_behind(&self, expr: ExprId) -> Option<ExprId> {
        let types = &self.body.types;
        let number = match types.expr_tys.get(expr.index())?.kind() {
            TyKind::Closure(number) => *number,
            _ => return None,
        };
        let closure = types.closures.get(number as usize)?;
        match &types.body[closure.expr] {
            Expr::Closure(data) if !data.is_async => Some(data.body),
            _ => None,
        }
    }

    /// Does an await, `select!` or the like lie in `expr`, outside of nested closures and async blocks?
    pub fn suspends(&self, expr: ExprId) -> bool {
        self.waits_in(expr, &|_| true)
    }

    /// Does the code give the thread back in `expr`: is there an await of more than what is over at once?
    pub fn gives_way(&self, expr: ExprId) -> bool {
        self.waits_in(expr, &|future| !self.analysis.is_over_at_once(self.body, future))
    }

    fn waits_in(&self, expr: ExprId, counts: &dyn Fn(ExprId) -> bool) -> bool {
        let body = &self.body.types.body;
        match &body[expr] {
            Expr::Await { expr: future, .. } if counts(*future) => return true,
            Expr::Closure(_) => return false,
            Expr::Block(block) if block.is_async() => return false,
            Expr::MacroCall(_) => {
                if matches!(
                    self.body.types.macros.get(&expr),
                    Some(MacroKind::Select | MacroKind::Join | MacroKind::TryJoin)
                ) {
                    return true;
                }
            }
            _ => {}
        }
        let mut found = false;
        each_child(body, expr, &mut |child| found = found || self.waits_in(child, counts));
        found
    }

    pub(super) fn cpu_limits(&self) -> CpuLimits {
        self.analysis.world().cpu_limits()
    }

    /// The initialiser of a constant, when it is a literal.
    pub(super) fn value_of_const(&self, id: crate::ConstId) -> Option<Expr> {
        read(Asked::Body(BodyOwner::Const(id)));
        self.analysis.world().literal_of_const(id)
    }

    /// Does a macro of the body run several futures at once?
    pub(super) fn has_racing_macro(&self) -> bool {
        self.body.types.macros.iter().any(|(expr, kind)| match kind {
            MacroKind::Join | MacroKind::TryJoin => true,
            MacroKind::Select => !self.waits_for_signal_only(*expr),
            _ => false,
        })
    }

    /// Does the body start other tasks, or run several futures at once?
    pub fn is_concurrent(&self) -> bool {
        self.has_racing_macro()
            || self.body.types.callees.values().any(|callee| match callee {
                Callee::Fn(callee) => {
                    self.analysis.facts().of_callee(callee).is_some_and(|facts| {
                        facts.spawn().is_some_and(|s| s.kind == SpawnKind::AsyncTask) || races(facts)
                    })
                }
                Callee::Ctor(..) | Callee::Value(_) => false,
            })
    }
}

/// Does a call with these facts run several futures at once?
pub(super) fn races(facts: &Facts) -> bool {
    const TOGETHER: [PointKind; 4] = [PointKind::Race, PointKind::FailFast, PointKind::Join, PointKind::Server];
    facts.point().is_some_and(|p| TOGETHER.contains(&p.kind))
}

/// What happens to a closure that is passed to a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The callee calls it before it returns (or its result does, lazily, in the caller's hands).
    Here,
    /// It runs on a thread where blocking is fine.
    Offloaded,
    /// It runs as a task, or makes the future of one.
    Elsewhere,
    /// Nobody knows.
    Unknown,
}

/// The arguments of a call without its receiver.
pub(crate) fn call_args(expr: &Expr) -> &[ExprId] {
    match expr {
        Expr::Call { args, .. } => args,
        Expr::MethodCall(call) => &call.args,
        _ => &[],
    }
}
