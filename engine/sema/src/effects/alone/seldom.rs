//! What a program does a bounded number of times: nothing that leads to it goes on for as long as the program runs.
//!
//! ```text
//! async fn main() { tokio::spawn(poll(source)); serve(router).await }
//! async fn poll(source: PathBuf) {
//!     let seen = std::fs::read(&source);                     // once, whenever that is
//!     loop { ticks.tick().await; std::fs::read(&source); }   // over and over
//! }
//! ```

use toecap_ir::{Expr, ExprId};

use crate::effects::exec::{Executor, Fate};
use crate::effects::rounds::Rounds;
use crate::effects::turns::Turns;
use crate::walk::each_child;
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, FnId, MacroKind, Ty, TyKind, TypedBody};

impl Turns<'_> {
    /// May the code run more often than the body itself, for as long as the program runs: in a loop that waits, or serves, or in a
    /// closure that is called nobody knows how often?
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

    /// A loop that waits in its rounds lasts, unless it joins what was started before or goes through what is there; one that has a thread
    /// to itself may.
    fn goes_on(&self, at: ExprId) -> bool {
        let known = self.lasting.borrow().get(&at).copied();
        known.unwrap_or_else(|| {
            let executor = Executor::new(self.analysis, self.body);
            let tree = &self.body.types.body;
            let goes_on = match &tree[at] {
                _ if self.takes_orders(at) || self.is_sync(self.regions.region_of(at)) => true,
                _ if !executor.suspends(at) => false,
                Expr::While { cond, body, .. } if self.joins(*cond) => self.adds_more(*body),
                // `while let Some(folder) = folders.pop()`
                Expr::While { cond, .. } => !matches!(tree[*cond], Expr::Let { .. }) || executor.suspends(*cond),
                _ => true,
            };
            self.lasting.borrow_mut().insert(at, goes_on);
            goes_on
        })
    }

    /// `while let Some(done) = tasks.join_next().await`, `futures.next().await` of a `FuturesUnordered`.
    fn joins(&self, expr: ExprId) -> bool {
        let types = &self.body.types;
        let mut found = matches!(&types.body[expr], Expr::MethodCall(call) if types
            .expr_tys
            .get(call.receiver.index())
            .is_some_and(|ty| self.analysis.ends_by_itself(*ty, 0)));
        each_child(&types.body, expr, &mut |child| found = found || self.joins(child));
        found
    }

    /// `futures.push(next(done))`: what is joined never ends.
    fn adds_more(&self, expr: ExprId) -> bool {
        const ADDING: [&str; 4] = ["push", "push_back", "push_front", "spawn"];
        let types = &self.body.types;
        let mut found = matches!(&types.body[expr], Expr::MethodCall(call) if ADDING.contains(&call.name.as_str()) && self.joins(expr));
        each_child(&types.body, expr, &mut |child| found = found || self.adds_more(child));
        found
    }

    /// Does code wait for what others tell it, or race futures: `for day in days { select! { .. } }`?
    fn takes_orders(&self, expr: ExprId) -> bool {
        let types = &self.body.types;
        let takes = match &types.body[expr] {
            Expr::Closure(_) => return false,
            Expr::Block(block) if block.is_async() => return false,
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

    /// Is a closure, or a function that is named, called once or for what is there: by `Option::map`, by an iterator, as the start of a
    /// task or thread?
    pub(in crate::effects) fn is_called_once(&self, code: ExprId) -> bool {
        let types = &self.body.types;
        if matches!(types.body[code], Expr::Closure(_))
            && let Some(call) = self.call_of(code)
        {
            return !self.runs_again(call);
        }
        // `let work = move || ..; thread::spawn(work)`
        let given = match self.regions.parent(code).map(|parent| &types.body[parent]) {
            Some(Expr::Block(_)) => self.only_use(code).filter(|used| !self.runs_again(*used)),
            _ => Some(code),
        };
        given.is_some_and(|given| self.is_given_to_be_called_once(given))
    }

    fn is_given_to_be_called_once(&self, code: ExprId) -> bool {
        let Some((call, callee, position)) = self.argument_of(code) else { return false };
        let runs = callee.runs.unwrap_or(callee.f);
        let is_of_std = self.analysis.world().input(runs.krate).origin == CrateOrigin::Std;
        self.analysis.asks_for_one_call(runs, position)
            || self.makes_lazy_value(call)
            || is_of_std && Executor::new(self.analysis, self.body).fate(callee, position) == Fate::Here
    }

    /// `static CONFIG: Lazy<Config> = Lazy::new(|| load())`
    fn makes_lazy_value(&self, call: ExprId) -> bool {
        const LAZY: [&str; 3] = ["Lazy", "LazyLock", "LazyCell"];
        let world = self.analysis.world();
        let made = self.body.types.expr_tys.get(call.index()).and_then(|ty| ty.as_adt());
        made.is_some_and(|(adt, _)| !world.is_own(adt.krate) && LAZY.contains(&world.adt(adt).name.as_str()))
    }
}

impl Analysis<'_> {
    /// Does the program do this a bounded number of times? Whoever runs beside it is late as often, which matters where it ends by itself.
    pub fn is_bounded(&self, body: &TypedBody, code: ExprId) -> bool {
        let is_seldom = matches!(body.owner, BodyOwner::Fn(f) if self.alone().is_seldom(f));
        is_seldom && !Turns::new(self, body).runs_again(code) || Executor::new(self, body).is_done_once(code)
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

    /// A set of tasks, or a stream of what is there: `JoinSet`, `FuturesUnordered`, `stream::iter(paths)` and what is made of that.
    fn ends_by_itself(&self, ty: Ty, depth: usize) -> bool {
        const ENDING: [(&str, &str); 5] = [
            ("tokio", "JoinSet"),
            ("tokio_util", "JoinMap"),
            ("futures_util", "FuturesUnordered"),
            ("futures_util", "FuturesOrdered"),
            ("futures_util", "Iter"),
        ];
        let world = self.world();
        let Some((adt, args)) = ty.peel_refs().as_adt() else { return false };
        let names = (world.input(adt.krate).name.as_str(), world.adt(adt).name.as_str());
        ENDING.contains(&names) || depth < 8 && args.iter().any(|arg| self.ends_by_itself(*arg, depth + 1))
    }
}
