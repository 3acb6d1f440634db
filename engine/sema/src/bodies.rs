//! The bodies of the workspace and their types.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use toecap_ir::{BodyId, BodySource, Expr, ExprId, FileId, Location, MacroArgs, Name, Pat, PatId, Problem, Span};

use crate::infer::{infer_const, infer_fn};
use crate::packed::Packed;
use crate::{BodyTypes, ConstId, CrateId, FnId, LocalId, MacroKind, PathDef, Ty, World};

/// Whose body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum BodyOwner {
    /// A function's.
    Fn(FnId),
    /// A const's or static's.
    Const(ConstId),
}

/// A body of the workspace (or of a dependency, when a call leads there) with its types.
#[derive(Debug)]
pub struct TypedBody {
    /// Whose.
    pub owner: BodyOwner,
    /// The file that its spans are in.
    pub file: FileId,
    /// Runs only in tests.
    pub in_test: bool,
    /// Types and resolutions.
    pub types: BodyTypes,
}

impl BodyOwner {
    /// The crate that it is in.
    pub fn krate(self) -> CrateId {
        match self {
            BodyOwner::Fn(f) => f.krate,
            BodyOwner::Const(c) => c.krate,
        }
    }
    /// It was there in an earlier run, and is not any more.
    pub(crate) fn is_gone(self) -> bool {
        match self {
            BodyOwner::Fn(f) => f.is_gone(),
            BodyOwner::Const(c) => c.is_gone(),
        }
    }
}

impl TypedBody {
    /// A place in the body's file.
    pub fn at(&self, span: Span) -> Location {
        Location { file: self.file, span }
    }
    /// The variable that an expression names.
    pub(crate) fn local(&self, expr: ExprId) -> Option<LocalId> {
        match self.types.paths.get(&expr) {
            Some(PathDef::Local(local)) => Some(*local),
            _ => None,
        }
    }
    /// `future` of `pin!(future)`.
    pub(crate) fn pinned(&self, expr: ExprId) -> Option<ExprId> {
        match &self.types.body[expr] {
            Expr::MacroCall(call) => match (&call.parsed, self.types.macros.get(&expr)) {
                (MacroArgs::Exprs(args), Some(MacroKind::Pin)) if args.len() == 1 => Some(args[0].value),
                _ => None,
            },
            _ => None,
        }
    }
    /// Where a variable is named, in order.
    pub(crate) fn mentions(&self, local: LocalId) -> Vec<ExprId> {
        let named = self.types.paths.iter().filter(|(_, def)| **def == PathDef::Local(local));
        let mut mentions: Vec<ExprId> = named.map(|(expr, _)| *expr).collect();
        mentions.sort_unstable();
        mentions
    }
    /// Is it code that was not understood, which may name a variable of that name?
    pub(crate) fn may_hide(&self, expr: ExprId, name: Name) -> bool {
        match &self.types.body[expr] {
            Expr::MacroCall(call) => matches!(&call.parsed, MacroArgs::Opaque(names) if names.contains(&name)),
            Expr::Opaque => true,
            _ => false,
        }
    }
    /// The variable that takes the whole value in `let x = ..`, `let x: T = ..`.
    pub(crate) fn variable(&self, pat: PatId) -> Option<LocalId> {
        match &self.types.body[pat] {
            Pat::Typed(inner, _) => self.variable(*inner),
            Pat::Bind { by_ref: false, sub: None, .. } => self.types.bindings.get(&pat).copied(),
            _ => None,
        }
    }
    /// Does an expression never have a value, as `todo!()`?
    pub(crate) fn is_never(&self, expr: ExprId) -> bool {
        self.types.expr_tys.get(expr.index()).is_some_and(|ty| *ty == Ty::never())
    }
}

/// The bodies of the workspace, in order of crates and definitions. Each is typed when it is asked for, if not before.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    owners: Vec<BodyOwner>,
    by_owner: FxHashMap<BodyOwner, usize>,
    typed: Vec<OnceLock<Option<Typed>>>,
    /// They are packed.
    is_large: bool,
    /// Of those that are packed the ones that were looked at last, at the remainders of their numbers.
    recent: Box<[Recent]>,
}

/// A body that is packed and was looked at, and its number.
type Recent = Mutex<Option<(usize, Arc<TypedBody>)>>;

/// A body that was typed.
#[derive(Debug)]
enum Typed {
    Whole(Arc<TypedBody>),
    Packed(Box<(FileId, bool, Packed)>),
}

/// How many bodies that are packed are there all the same, because somebody looked at them.
const RECENT: usize = 1024;

impl Bodies {
    /// Nothing is typed yet. Where the code `is_large`, what nobody looks at is packed.
    pub(crate) fn new(owners: Vec<BodyOwner>, is_large: bool) -> Self {
        let by_owner = owners.iter().enumerate().map(|(i, owner)| (*owner, i)).collect();
        let typed = owners.iter().map(|_| OnceLock::new()).collect();
        let recent = (0..if is_large { RECENT } else { 0 }).map(|_| Recent::default()).collect();
        Self { owners, by_owner, typed, is_large, recent }
    }
    pub(crate) fn owners(&self) -> &[BodyOwner] {
        &self.owners
    }
    /// The number of a body.
    pub(crate) fn number(&self, owner: BodyOwner) -> Option<usize> {
        self.by_owner.get(&owner).copied()
    }
    /// A body by its number; none when there is none to look at.
    pub(crate) fn get(&self, number: usize, make: impl FnOnce() -> Option<TypedBody>) -> Option<Arc<TypedBody>> {
        let typed = self.typed[number].get_or_init(|| Some(self.keep(number, make()?)));
        let (file, in_test, packed) = match typed.as_ref()? {
            Typed::Whole(body) => return Some(body.clone()),
            Typed::Packed(packed) => &**packed,
        };
        let mut recent = self.recent[number % RECENT].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, there)) = recent.as_ref().filter(|(of, _)| *of == number) {
            return Some(there.clone());
        }
        let (owner, file, in_test) = (self.owners[number], *file, *in_test);
        let copy = Arc::new(TypedBody { owner, file, in_test, types: packed.unpack() });
        *recent = Some((number, copy.clone()));
        Some(copy)
    }
    /// What is kept of a body that was typed: all of it where there is room.
    fn keep(&self, number: usize, body: TypedBody) -> Typed {
        let body = Arc::new(body);
        if !self.is_large || body.types.body.is_shared() {
            return Typed::Whole(body);
        }
        let Some(packed) = Packed::new(&body.types) else { return Typed::Whole(body) };
        let packed = Box::new((body.file, body.in_test, packed));
        *self.recent[number % RECENT].lock().unwrap_or_else(PoisonError::into_inner) = Some((number, body));
        Typed::Packed(packed)
    }
}

impl World<'_> {
    /// The name of what has a body, for messages.
    pub(crate) fn owner_name(&self, owner: BodyOwner) -> String {
        match owner {
            BodyOwner::Fn(f) => self.fn_name(f),
            BodyOwner::Const(c) => {
                let data = self.constant(c);
                format!("{}::{}", self.module_path(data.module), data.name)
            }
        }
    }

    /// All functions, consts and statics with a body of a crate, in order of definition.
    pub fn owners(&self, krate: CrateId) -> Vec<BodyOwner> {
        let Some(defs) = self.krate(krate) else { return Vec::new() };
        let fns = (0..defs.fns.len() as u32)
            .map(|index| FnId { krate, index })
            .filter(|id| !matches!(self.fn_item(*id).body, BodySource::None));
        let consts = (0..defs.consts.len() as u32).map(|index| ConstId { krate, index });
        fns.map(BodyOwner::Fn).chain(consts.map(BodyOwner::Const)).collect()
    }

    /// Types of a body; none when there is none to look at.
    pub fn type_body(&self, owner: BodyOwner) -> Option<TypedBody> {
        match owner {
            BodyOwner::Fn(id) => {
                let defs = self.krate(id.krate)?;
                let data = &defs.fns[id.index as usize];
                let file = &defs.files[data.loc.file as usize];
                let types = match self.fn_item(id).body {
                    BodySource::None => return None,
                    BodySource::Lowered(body) => infer_fn(self, id, data.loc.file, Some(body), &file.ir.bodies[body]),
                    BodySource::Skipped(function) => {
                        let lowered = self.sources().skipped_body(file.file, &file.source, function, self.syntax());
                        let (_, body) = lowered.bodies.iter().last()?;
                        infer_fn(self, id, data.loc.file, None, body)
                    }
                };
                Some(TypedBody { owner, file: file.file, in_test: data.in_test, types })
            }
            BodyOwner::Const(id) => {
                let defs = self.krate(id.krate)?;
                let data = &defs.consts[id.index as usize];
                let file = &defs.files[data.loc.file as usize];
                let body = self.const_body(id)?;
                let types =
                    infer_const(self, data, self.const_ty(id), data.loc.file, Some(body), &file.ir.bodies[body]);
                let in_test = defs.modules[data.module.index as usize].in_test;
                Some(TypedBody { owner, file: file.file, in_test, types })
            }
        }
    }

    /// The initialiser of a const or static, when it is a literal.
    pub(crate) fn literal_of_const(&self, id: ConstId) -> Option<Expr> {
        let defs = self.krate(id.krate)?;
        let file = &defs.files[defs.consts[id.index as usize].loc.file as usize];
        let body = &file.ir.bodies[self.const_body(id)?];
        if body.head().exprs > 1 {
            return None;
        }
        let body = body.get();
        matches!(body[body.root], Expr::Lit(_)).then(|| body[body.root].clone())
    }

    fn const_body(&self, id: ConstId) -> Option<BodyId> {
        let defs = self.krate(id.krate)?;
        match &defs.item(defs.consts[id.index as usize].loc).kind {
            toecap_ir::ItemKind::Const { body: BodySource::Lowered(body), .. }
            | toecap_ir::ItemKind::Static { body: BodySource::Lowered(body), .. } => Some(*body),
            _ => None,
        }
    }

    /// Whose bodies there are in the workspace, in order of crates and definitions.
    pub(crate) fn workspace_owners(&self) -> Vec<BodyOwner> {
        let crates = self.workspace_crates();
        crates.par_iter().for_each(|id| {
            self.krate(*id);
        });
        crates.iter().flat_map(|id| self.owners(*id)).collect()
    }

    /// Types of a body; a problem when that makes the analysis panic, so that the others are typed all the same.
    pub(crate) fn type_quietly(&self, owner: BodyOwner) -> Result<Option<TypedBody>, (FileId, Problem)> {
        quietly(|| self.type_body(owner)).map_err(|Panicked| self.failed(owner))
    }

    fn failed(&self, owner: BodyOwner) -> (FileId, Problem) {
        let (krate, loc) = match owner {
            BodyOwner::Fn(id) => (id.krate, self.func(id).loc),
            BodyOwner::Const(id) => (id.krate, self.constant(id).loc),
        };
        let defs = self.defs(krate);
        (defs.files[loc.file as usize].file, internal_error(defs.item(loc).name_span))
    }
}

/// What is said of code that made the analysis panic.
pub(crate) fn internal_error(span: Span) -> Problem {
    Problem { span, message: "internal error: this could not be analysed; please report it with the code".into() }
}

/// The work panicked.
pub(crate) struct Panicked;

/// The result of `work`; a panic of one body must not end the run.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}
