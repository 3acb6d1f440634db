//! Types of bodies: a forward pass with unification variables, twice where the first pass leaves receivers open.
//!
//! ```text
//! let mut seen = Vec::new();          // Vec<?0>
//! seen.push(stream.next().await?);    // ?0 = what the stream yields
//! ```

mod aliased;
mod answers;
mod call;
mod closure;
mod deref;
mod expanded;
mod expr;
mod finish;
mod growing;
mod macros;
mod method;
mod numbers;
mod ops;
mod pat;
mod path;
mod pending;
mod project;
mod table;

mod traits;
mod unify;
mod writes;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{Body, BodyId, ExprId, FileIr, LazyBody, Name, PatId, SourceText, sym};

use self::answers::Answers;
pub(crate) use self::answers::{Answer, Question};
use self::growing::Growing;
use self::table::Table;
use crate::collect::Made;
use crate::names::Names;
use crate::{
    AdtId, Args, BodyTree, Bound, ByNode, ConstData, ConstId, FnId, GenericsId, Lang, ModuleId, Predicate, Subst,
    TraitId, Ty, TyKind, World,
};

/// Number of a local variable (or parameter) of a body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LocalId(pub u32);

/// A local variable or parameter.
#[derive(Debug, Clone)]
pub struct Local {
    /// Its name.
    pub name: Name,
    /// The binding; none for `self`.
    pub pat: Option<PatId>,
    /// Its type.
    pub ty: Ty,
}

/// What a path expression names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PathDef {
    /// A variable.
    Local(LocalId),
    /// A function, not called here.
    Fn(FnId),
    /// A const or static.
    Const(ConstId),
    /// A constructor.
    Ctor(AdtId, u32),
}

/// What a call calls.
#[derive(Debug, Clone)]
pub enum Callee {
    /// A function or method.
    Fn(FnCallee),
    /// A constructor.
    Ctor(AdtId, u32),
    /// A closure or function value of this type.
    Value(Ty),
}

/// A called function or method.
#[derive(Debug, Clone)]
pub struct FnCallee {
    /// The declaration that the name means: for a trait method the trait's.
    pub f: FnId,
    /// Arguments of all its generics, outermost first.
    pub args: Args,
    /// The impl's method that runs, when one impl is known to be meant; also trait defaults.
    pub runs: Option<FnId>,
    /// For a trait's method: the type that implements the trait.
    pub self_ty: Option<Ty>,
    /// The receiver after autoderef and autoref, for method calls.
    pub receiver: Option<Ty>,
    /// False when the choice between several traits was a guess that plausibly holds.
    pub sure: bool,
}

/// A closure of a body.
#[derive(Debug, Clone)]
pub struct ClosureTy {
    /// The expression.
    pub expr: ExprId,
    /// Types of its parameters.
    pub params: Vec<Ty>,
    /// What a call gives.
    pub ret: Ty,
}

/// How a macro call was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MacroKind {
    /// `select!`, `select_biased!`
    Select,
    /// `join!`
    Join,
    /// `try_join!`
    TryJoin,
    /// `pin!`, `pin_mut!`
    Pin,
    /// Arguments are evaluated (formatting, `vec!`, `assert!`, tracing …).
    Values,
    /// `panic!` and its relatives, `bail!`: arguments are evaluated, then control leaves.
    Diverges,
    /// `ready!`: returns where its value is pending.
    Ready,
    /// `stream! { .. yield .. }`
    Stream,
    /// Not understood.
    Opaque,
}

/// Types and resolutions of one body. `body` is the body with its macro calls expanded.
#[derive(Debug)]
pub struct BodyTypes {
    /// With expansions.
    pub body: BodyTree,
    /// Files of the expansions, by [`toecap_ir::Expansion::file`].
    pub expansions: Vec<Arc<FileIr>>,
    /// Type of every expression; unknown where it was not reached.
    pub expr_tys: Vec<Ty>,
    /// Type that every pattern is matched against.
    pub pat_tys: Vec<Ty>,
    /// What calls and method calls call.
    pub callees: ByNode<ExprId, Callee>,
    /// What paths name.
    pub paths: ByNode<ExprId, PathDef>,
    /// Variables that patterns bind.
    pub bindings: ByNode<PatId, LocalId>,
    /// Variables.
    pub locals: Vec<Local>,
    /// Closures, by the number in their type.
    pub closures: Vec<ClosureTy>,
    /// How macro calls were understood.
    pub macros: ByNode<ExprId, MacroKind>,
    /// Expressions (calls mostly) whose type is known to be a future.
    pub futures: ByNode<ExprId, Ty>,
    /// What statements evaluate whose `#[cfg(..)]` does not hold.
    pub inactive: FxHashSet<ExprId>,
    /// How often a budget ran out.
    pub out_of_fuel: u32,
}

/// A predicate that is to be learnt from.
#[derive(Debug, Clone)]
struct Obligation {
    predicate: Predicate,
    depth: u8,
    tries: u8,
    /// What was asked last, of one that has often taught nothing.
    asked: Option<Question>,
}

impl Obligation {
    fn new(ty: Ty, bound: Bound) -> Self {
        Self { predicate: Predicate { ty, bound }, depth: 0, tries: 0, asked: None }
    }
}

/// A method that was found.
struct Picked {
    f: FnId,
    subst: Subst,
    of: Option<(TraitId, Ty)>,
    receiver: Ty,
    sure: bool,
}

struct ExpansionFile<'a> {
    ir: Arc<FileIr>,
    source: SourceText,
    depth: u32,
    /// Where its expressions begin in the body.
    start: u32,
    made: Option<&'a Made>,
}

struct Infer<'a> {
    world: &'a World<'a>,
    names: Names<'a>,
    lang: &'a Lang,
    table: Table,
    pending: Vec<Obligation>,
    env: Vec<Predicate>,
    module: ModuleId,
    generics: Option<GenericsId>,
    self_ty: Option<Ty>,
    /// The file of the definition and the body, for the scopes of blocks.
    file: u32,
    body_id: Option<BodyId>,
    body: Growing<'a>,
    expansions: Vec<ExpansionFile<'a>>,
    /// How many calls were expanded, and how much text that made.
    expanded: (usize, usize),
    /// What macro calls of the body make.
    made: Option<&'a Made>,
    /// The expansion that the expression at hand comes from.
    in_expansion: Option<u32>,
    scopes: Vec<Vec<(Name, LocalId)>>,
    locals: Vec<Local>,
    returns: Vec<Ty>,
    loops: Vec<(Option<Name>, Ty)>,
    /// What the `stream!`s around yield.
    yields: Vec<Ty>,
    closures: Vec<ClosureTy>,
    /// A closure type that is wanted though the expected type hides it (`Box<dyn Fn(T)>`).
    closure_hint: Option<Ty>,
    expr_tys: Vec<Ty>,
    pat_tys: Vec<Ty>,
    hints: Vec<Ty>,
    callees: FxHashMap<ExprId, PendingCallee>,
    paths: FxHashMap<ExprId, PathDef>,
    bindings: FxHashMap<PatId, LocalId>,
    macros: FxHashMap<ExprId, MacroKind>,
    open_receivers: u32,
    answers: Answers,
    fuel: u32,
    /// What the outermost questions of the body may take together before they get little.
    fuel_left: u32,
    inactive: FxHashSet<ExprId>,
    out_of_fuel: u32,
    steps: u32,
    depth: u32,
    unify_depth: u32,
    expr_depth: u32,
}

enum PendingCallee {
    Fn { f: FnId, subst: Subst, of: Option<(TraitId, Ty)>, receiver: Option<Ty>, sure: bool },
    Ctor(AdtId, u32),
    Value(Ty),
}

/// Types of the body of a function.
pub(crate) fn infer_fn(
    world: &World<'_>,
    id: FnId,
    file: u32,
    body_id: Option<BodyId>,
    of_file: &LazyBody,
) -> BodyTypes {
    let data = world.func(id);
    let module = data.module;
    let body = of_file.get();
    let mut infer = Infer::new(world, module, Some(data.generics), file, body_id, &body);
    infer.run(&mut |infer| infer.fn_body(id));
    infer.finish(of_file)
}

/// Types of the initialiser of a const or static.
pub(crate) fn infer_const(
    world: &World<'_>,
    data: &ConstData,
    ty: Ty,
    file: u32,
    body_id: Option<BodyId>,
    of_file: &LazyBody,
) -> BodyTypes {
    let body = of_file.get();
    let mut infer = Infer::new(world, data.module, data.generics, file, body_id, &body);
    infer.run(&mut |infer| {
        let root = infer.body.root;
        infer.returns.push(ty);
        let found = infer.expr(root, ty);
        infer.coerce(found, ty);
        infer.returns.pop();
    });
    infer.finish(of_file)
}

impl<'a> Infer<'a> {
    fn new(
        world: &'a World<'a>,
        module: ModuleId,
        generics: Option<GenericsId>,
        file: u32,
        body_id: Option<BodyId>,
        body: &'a Arc<Body>,
    ) -> Self {
        let mut env = Vec::new();
        if let Some(generics) = generics {
            env = world.all_predicates(generics);
            env.extend(world.generics_chain(generics).iter().filter_map(|id| world.implied_by(*id)));
        }
        let made = body_id.and_then(|body| world.krate(module.krate)?.made.get(&(file, body)));
        Self {
            world,
            names: Names::new(world),
            lang: world.lang(),
            table: Table::default(),
            pending: Vec::new(),
            env,
            module,
            generics,
            self_ty: generics.and_then(|g| world.self_ty_of(g)),
            file,
            body_id,
            body: Growing::new(body),
            expansions: Vec::new(),
            expanded: (0, 0),
            made,
            in_expansion: None,
            scopes: Vec::new(),
            locals: Vec::new(),
            returns: Vec::new(),
            loops: Vec::new(),
            yields: Vec::new(),
            closures: Vec::new(),
            closure_hint: None,
            expr_tys: Vec::new(),
            pat_tys: Vec::new(),
            hints: Vec::new(),
            callees: FxHashMap::default(),
            paths: FxHashMap::default(),
            bindings: FxHashMap::default(),
            macros: FxHashMap::default(),
            open_receivers: 0,
            answers: Answers::default(),
            fuel: 0,
            fuel_left: answers::BODY_FUEL,
            inactive: FxHashSet::default(),
            out_of_fuel: 0,
            steps: 0,
            depth: 0,
            unify_depth: 0,
            expr_depth: 0,
        }
    }

    fn run(&mut self, pass: &mut dyn FnMut(&mut Self)) {
        self.start_pass();
        pass(self);
        self.select_pending();
        if self.open_receivers == 0 {
            return;
        }
        // What later statements taught about a binding is known from the start of the second pass.
        let hints: Vec<Ty> = (0..self.pat_tys.len())
            .map(|i| {
                let ty = self.pat_tys[i];
                let ty = self.deep(ty);
                if ty.has_closures() { Ty::unknown() } else { self.close_to_holes(ty) }
            })
            .collect();
        self.start_pass();
        self.hints = hints;
        pass(self);
        self.select_pending();
    }

    fn close_to_holes(&self, ty: Ty) -> Ty {
        match ty.kind() {
            TyKind::Var(_) | TyKind::Unknown => Ty::new(TyKind::Hole),
            _ if ty.has_vars() || ty.has_unknown() => ty.map(&mut |t| self.close_to_holes(t)),
            _ => ty,
        }
    }

    fn start_pass(&mut self) {
        self.table = Table::default();
        self.pending.clear();
        self.answers = Answers::default();
        self.scopes = vec![Vec::new()];
        self.locals.clear();
        self.returns.clear();
        self.loops.clear();
        self.yields.clear();
        self.closures.clear();
        self.expr_tys = vec![Ty::unknown(); self.body.exprs.len()];
        self.pat_tys = vec![Ty::unknown(); self.body.pats.len()];
        self.callees.clear();
        self.paths.clear();
        self.bindings.clear();
        self.macros.clear();
        self.open_receivers = 0;
        self.steps = 0;
        self.in_expansion = None;
    }

    fn fn_body(&mut self, id: FnId) {
        let world = self.world;
        let sig = world.fn_sig(id);
        if let Some(receiver) = sig.receiver {
            self.declare(sym::SELF_VALUE, None, receiver);
        }
        let params = self.body.params.clone();
        for (i, pat) in params.iter().enumerate() {
            let ty = sig.params.get(i).copied().unwrap_or(Ty::unknown());
            self.pat(*pat, ty, None);
        }
        let ret = match *sig.ret.kind() {
            TyKind::Future(output, crate::FutureOrigin::Fn(_)) => output,
            _ => sig.ret,
        };
        let ret = if ret.has_opaque() { self.fresh() } else { ret };
        self.returns.push(ret);
        let root = self.body.root;
        let found = self.expr(root, ret);
        self.coerce(found, ret);
        self.returns.pop();
    }

    fn declare(&mut self, name: Name, pat: Option<PatId>, ty: Ty) -> LocalId {
        let id = LocalId(self.locals.len() as u32);
        self.locals.push(Local { name, pat, ty });
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name, id));
        }
        if let Some(pat) = pat {
            self.bindings.insert(pat, id);
        }
        id
    }

    fn local_named(&self, name: Name) -> Option<LocalId> {
        self.scopes.iter().rev().flat_map(|s| s.iter().rev()).find(|(n, _)| *n == name).map(|(_, id)| *id)
    }
}
