//! What functions of the workspace do with a closure that they get.
//!
//! ```text
//! fn off(f: impl FnOnce()) { spawn_blocking(f); }     f runs where blocking is fine
//! fn on(f: impl FnOnce()) { f() }                     f runs here
//! fn wrapped(f: impl FnOnce(Token)) { let g = move || f(token); spawn_blocking(g); }     f runs where g does
//! ```

use toecap_ir::{Expr, ExprId, Stmt};

use super::exec::{Executor, Fate, call_args};
use crate::walk::each_child;
use crate::{Analysis, BodyOwner, Callee, CrateOrigin, FnCallee, FnId, PathDef, Ty, TyKind};

/// How deep a closure is followed from function to function.
const MAX_HANDS: usize = 6;

impl<'a> Analysis<'a> {
    /// What a workspace function does with the closure that is its parameter number `arg` (without `self`): calls it,
    /// hands it to somebody, or keeps it.
    pub(crate) fn closure_param(&self, f: FnId, arg: usize) -> Fate {
        self.closure_fate(f, arg, &mut Vec::new())
    }

    /// `fn timed<T>(f: impl FnOnce() -> T) -> T`: only by calling its parameter number `arg` can the function come by what it
    /// returns, so its caller waits for that, whoever runs it.
    pub(super) fn returns_what_it_calls(&self, f: FnId, arg: usize) -> bool {
        let world = self.world();
        let (signature, generics) = (world.fn_sig(f), world.func(f).generics);
        let is_own = |ty: &Ty| matches!(ty.kind(), TyKind::Param(param) if param.generics == generics);
        let given = signature.ret;
        let is_generic = is_own(&given) || given.as_adt().is_some_and(|(_, args)| args.iter().any(is_own));
        let Some(param) = signature.params.get(arg).filter(|ty| is_own(ty)) else { return false };
        is_generic
            && world.all_predicates(generics).iter().any(|predicate| {
                let mut outputs = predicate.bound.assoc.iter().map(|(_, ty)| *ty);
                predicate.ty == *param && world.lang().is_fn_trait(predicate.bound.tr) && outputs.any(|ty| ty == given)
            })
    }

    /// Does a function ask for something to call as its parameter number `arg`? `Box::new` takes closures as it takes anything.
    pub(super) fn asks_for_closure(&self, f: FnId, arg: usize) -> bool {
        let world = self.world();
        let Some(param) = world.fn_sig(f).params.get(arg).map(|ty| ty.peel_refs()) else { return true };
        match param.kind() {
            TyKind::Param(_) => world
                .all_predicates(world.func(f).generics)
                .iter()
                .any(|predicate| predicate.ty == param && Some(predicate.bound.tr) != world.lang().sized),
            _ => true,
        }
    }

    fn closure_fate(&self, f: FnId, arg: usize, hands: &mut Vec<FnId>) -> Fate {
        if hands.contains(&f) || hands.len() >= MAX_HANDS {
            return Fate::Unknown;
        }
        let Some(body) = self.body(BodyOwner::Fn(f)) else { return Fate::Unknown };
        let types = &body.types;
        let Some(local) = types.body.params.get(arg).and_then(|p| types.bindings.get(p)) else { return Fate::Unknown };
        hands.push(f);
        let search = ClosureSearch { analysis: self, executor: &Executor::new(self, &body), local: *local };
        let fate = search.fate_in(types.body.root, hands);
        hands.pop();
        fate.unwrap_or(Fate::Unknown)
    }
}

/// Looks for what a body does with a variable that holds a closure.
struct ClosureSearch<'a> {
    analysis: &'a Analysis<'a>,
    executor: &'a Executor<'a>,
    local: crate::LocalId,
}

impl ClosureSearch<'_> {
    fn is_it(&self, expr: ExprId) -> bool {
        self.executor.body.types.paths.get(&expr) == Some(&PathDef::Local(self.local))
    }

    fn fate_in(&self, expr: ExprId, hands: &mut Vec<FnId>) -> Option<Fate> {
        let types = &self.executor.body.types;
        let tree = &types.body;
        match &tree[expr] {
            Expr::Call { callee, .. } if self.is_it(*callee) => return Some(Fate::Here),
            Expr::Call { .. } | Expr::MethodCall(_) => {
                if let Some(Callee::Fn(callee)) = types.callees.get(&expr) {
                    for (i, arg) in call_args(&tree[expr]).iter().enumerate() {
                        if let Some(fate) = self.handed(callee, i, *arg, hands) {
                            return Some(fate);
                        }
                    }
                }
            }
            // A future that is made now and polled by somebody else.
            Expr::Block(block) if block.is_async() => {
                return self.mentions(expr).then_some(Fate::Elsewhere);
            }
            Expr::Block(block) => {
                if let Some(local) = block.stmts.iter().find_map(|stmt| self.wrapped(stmt)) {
                    return ClosureSearch { local, ..*self }.fate_in(types.body.root, hands);
                }
            }
            _ => {}
        }
        // Who chooses between its own thread and one for blocking knows when it may wait.
        let chooses = matches!(tree[expr], Expr::If { .. } | Expr::Match { .. });
        let mut found = None;
        each_child(tree, expr, &mut |child| {
            if chooses && found == Some(Fate::Here) {
                found = self.fate_in(child, hands).filter(|other| *other == Fate::Offloaded).or(found);
            }
            if found.is_none() {
                found = self.fate_in(child, hands);
            }
        });
        found
    }

    /// The variable that a closure around it is bound to: `let task = move || task(token);`
    fn wrapped(&self, stmt: &Stmt) -> Option<crate::LocalId> {
        let Stmt::Let { pat, init: Some(init), .. } = stmt else { return None };
        let types = &self.executor.body.types;
        let mut value = *init;
        while let Expr::Block(block) = &types.body[value]
            && !block.is_async()
        {
            value = block.tail?;
        }
        let is_around = matches!(types.body[value], Expr::Closure(_)) && self.mentions(value);
        types.bindings.get(pat).copied().filter(|_| is_around)
    }

    /// The closure itself, or something around it, is an argument.
    fn handed(&self, callee: &FnCallee, position: usize, arg: ExprId, hands: &mut Vec<FnId>) -> Option<Fate> {
        if !self.mentions(arg) {
            return None;
        }
        let runs = callee.runs.unwrap_or(callee.f);
        let fate = match self.analysis.world().input(runs.krate).origin {
            CrateOrigin::Workspace => self.analysis.closure_fate(runs, position, hands),
            _ => self.executor.fate(callee, position),
        };
        match fate {
            // A constructor such as `Box::new`, or an adapter: look on from its result.
            Fate::Here if self.is_it(arg) && !self.calls_arguments(callee) => Some(Fate::Unknown),
            // What happens inside of a closure that runs here happens here.
            Fate::Here if !self.is_it(arg) => None,
            fate => Some(fate),
        }
    }

    /// A method of an iterator, `Option`, `Result` … that calls what it gets.
    fn calls_arguments(&self, callee: &FnCallee) -> bool {
        let world = self.analysis.world();
        let name = world.func(callee.f).name;
        !matches!(name.as_str(), "new" | "pin" | "from" | "into" | "push" | "insert" | "send" | "Some" | "replace")
    }

    fn mentions(&self, expr: ExprId) -> bool {
        if self.is_it(expr) {
            return true;
        }
        let mut found = false;
        each_child(&self.executor.body.types.body, expr, &mut |child| found = found || self.mentions(child));
        found
    }
}
