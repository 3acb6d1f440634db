//! What a program does a bounded number of times: nothing that leads to it goes on for as long as the program runs.
//!
//! ```text
//! async fn main() { tokio::spawn(poll(source)); serve(router).await }
//! async fn poll(source: PathBuf) {
//!     let seen = std::fs::read(&source);                     // once, whenever that is
//!     loop { ticks.tick().await; std::fs::read(&source); }   // over and over
//! }
//! ```

use rustc_hash::FxHashSet;
use toecap_ir::{Expr, ExprId};

use crate::effects::exec::{Executor, Fate, Region, call_args};
use crate::effects::rounds::Rounds;
use crate::effects::turns::Turns;
use crate::walk::each_child;
use crate::{Analysis, BodyOwner, Callee, FnId, MacroKind, TyKind, TypedBody};

impl Turns<'_> {
    /// May the code run more often than the body itself: in a loop that waits, or serves, or in a closure that is called
    /// nobody knows how often?
    pub(in crate::effects) fn runs_again(&self, expr: ExprId) -> bool {
        let mut at = expr;
        while let Some(parent) = self.regions.parent(at) {
            let is_again = match &self.body.types.body[parent] {
                Expr::Loop { .. } | Expr::While { .. } => self.goes_on(parent),
                Expr::For { iter, .. } => *iter != at && self.takes_orders(parent),
                _ => false,
            };
            if is_again || matches!(self.body.types.body[at], Expr::Closure(_)) && !self.is_called_once(at) {
                return true;
            }
            at = parent;
        }
        false
    }

    /// A loop that lasts: it waits in its rounds, or has a thread to itself.
    fn goes_on(&self, at: ExprId) -> bool {
        let known = self.lasting.borrow().get(&at).copied();
        known.unwrap_or_else(|| {
            let waits = || Executor::new(self.analysis, self.body).suspends(at);
            let goes_on = self.is_sync(self.regions.region_of(at)) || waits();
            self.lasting.borrow_mut().insert(at, goes_on);
            goes_on
        })
    }

    /// Does code wait for what others tell it, or race futures: `for day in days { select! { .. } }`?
    fn takes_orders(&self, expr: ExprId) -> bool {
        let types = &self.body.types;
        let takes = match &types.body[expr] {
            Expr::Closure(_) => return false,
            Expr::MacroCall(_) => types.macros.get(&expr) == Some(&MacroKind::Select),
            Expr::Call { .. } | Expr::MethodCall(_) => {
                matches!(types.callees.get(&expr), Some(Callee::Fn(callee)) if self.takes(callee) != Rounds::Own)
            }
            _ => false,
        };
        let mut found = takes;
        each_child(&types.body, expr, &mut |child| found = found || self.takes_orders(child));
        found
    }

    /// Is the closure called once, or for what is there: by `Option::map`, by an iterator, as the start of a task or thread?
    fn is_called_once(&self, closure: ExprId) -> bool {
        let types = &self.body.types;
        if self.call_of(closure).is_some_and(|call| !self.runs_again(call)) {
            return true;
        }
        // `let work = move || ..; thread::spawn(work)`
        let given = match self.regions.parent(closure).map(|parent| &types.body[parent]) {
            Some(Expr::Block(_)) => self.only_use(closure).filter(|used| !self.runs_again(*used)),
            _ => Some(closure),
        };
        let Some(given) = given else { return false };
        let Some(call) = self.regions.parent(given) else { return false };
        let Some(Callee::Fn(callee)) = types.callees.get(&call) else { return false };
        let Some(position) = call_args(&types.body[call]).iter().position(|arg| *arg == given) else { return false };
        let runs = callee.runs.unwrap_or(callee.f);
        let is_of_std = self.analysis.is_of_std(runs);
        self.analysis.asks_for_one_call(runs, position)
            || is_of_std && Executor::new(self.analysis, self.body).fate(callee, position) == Fate::Here
    }
}

impl Analysis<'_> {
    /// What the program does a bounded number of times, whoever runs beside it: others are late once.
    pub(in crate::effects) fn bounded(&self, body: &TypedBody, region: Region) -> FxHashSet<ExprId> {
        let is_seldom = matches!(body.owner, BodyOwner::Fn(f) if self.alone().is_seldom(f));
        let (turns, executor) = (Turns::new(self, body), Executor::new(self, body));
        let (mut found, mut open) = (FxHashSet::default(), vec![region.root]);
        while let Some(expr) = open.pop() {
            if is_seldom && !turns.runs_again(expr) || executor.is_done_once(expr) {
                found.insert(expr);
            }
            each_child(&body.types.body, expr, &mut |child| open.push(child));
        }
        found
    }

    /// `fn spawn(f: impl FnOnce())`: can a function call its parameter number `arg` only once?
    fn asks_for_one_call(&self, f: FnId, arg: usize) -> bool {
        let world = self.world();
        let lang = world.lang();
        let Some(param) = world.fn_sig(f).params.get(arg) else { return false };
        let is_once = |tr| [lang.fn_once, lang.async_fn_once].contains(&Some(tr));
        matches!(param.kind(), TyKind::Param(_))
            && world.all_predicates(world.func(f).generics).iter().any(|p| p.ty == *param && is_once(p.bound.tr))
    }

    fn is_of_std(&self, f: FnId) -> bool {
        self.world().input(f.krate).origin == crate::CrateOrigin::Std
    }
}
