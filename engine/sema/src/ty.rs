//! Types: interned, so that copying is free and equality is a comparison of pointers.

use std::hash::{Hash, Hasher};
use std::sync::{Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;
use toecap_ir::{Mutability, Name, sym};

use crate::interner::Interner;

use crate::{AdtId, FnId, GenericsId, TraitId};

/// A type. Lifetimes are erased.
#[derive(Clone, Copy)]
pub struct Ty(&'static TyData);

struct TyData {
    kind: TyKind,
    flags: Flags,
}

/// Arguments in order of the parameters, parents first.
pub type Args = &'static [Ty];

/// What a type is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TyKind {
    /// Nobody knows. Every lint stays silent about it.
    Unknown,
    /// `!`
    Never,
    /// `u8`, `str`, …
    Prim(Prim),
    /// A struct, enum or union.
    Adt(AdtId, Args),
    /// `&T`, `&mut T`
    Ref(Ty, Mutability),
    /// `*const T`, `*mut T`
    Ptr(Ty, Mutability),
    /// `(A, B)`
    Tuple(Args),
    /// `[T]`
    Slice(Ty),
    /// `[T; N]`; the length is a [`TyKind::Const`] or a parameter.
    Array(Ty, Ty),
    /// A type or const parameter.
    Param(Param),
    /// `dyn A + B`
    Dyn(&'static [Bound]),
    /// `impl A` in the return type number `.1` of a function, with the arguments of all its parameters.
    Opaque(OpaqueOwner, u32, Args),
    /// `<.0 as .1<.2>>::name<.4>`
    Projection(Ty, TraitId, Args, Name),
    /// A function item.
    FnDef(FnId, Args),
    /// The constructor of variant `.1`.
    Ctor(AdtId, u32, Args),
    /// `fn(A) -> B`
    FnPtr(Args, Ty),
    /// A closure of the body that is being looked at: its number.
    Closure(u32),
    /// What an `async fn` (then its id) or async block makes: a future of this output.
    Future(Ty, FutureOrigin),
    /// An inference variable of the body that is being looked at.
    Var(u32),
    /// `_` in a signature or path: becomes a fresh variable.
    Hole,
    /// A const argument; its value when it is a literal.
    Const(Option<u64>),
}

/// Where an anonymous future comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FutureOrigin {
    /// A call of this `async fn`.
    Fn(FnId),
    /// An async block or async closure.
    Block,
}

/// Who has the `impl Trait`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OpaqueOwner {
    /// In a function's return type.
    Fn(FnId),
    /// `type A = impl T;` of an impl, by its generics and name.
    Alias(GenericsId, Name),
}

/// A generic parameter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Param {
    /// Whose.
    pub generics: GenericsId,
    /// Which.
    pub index: u32,
}

/// `Trait<args, Assoc = Ty>` said of some type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Bound {
    /// The trait.
    pub tr: TraitId,
    /// Arguments without `Self`.
    pub args: Args,
    /// `Item = T`
    pub assoc: Vec<(Name, Ty)>,
}

/// `ty: bound`
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Predicate {
    /// The bounded type.
    pub ty: Ty,
    /// The bound.
    pub bound: Bound,
}

/// Primitive types.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names are the types")]
pub enum Prim {
    Bool,
    Char,
    Str,
    I8,
    I16,
    I32,
    I64,
    I128,
    Isize,
    U8,
    U16,
    U32,
    U64,
    U128,
    Usize,
    F16,
    F32,
    F64,
    F128,
}

const PRIMS: [(Name, Prim); 19] = [
    (sym::BOOL, Prim::Bool),
    (sym::CHAR, Prim::Char),
    (sym::STR, Prim::Str),
    (sym::I8, Prim::I8),
    (sym::I16, Prim::I16),
    (sym::I32, Prim::I32),
    (sym::I64, Prim::I64),
    (sym::I128, Prim::I128),
    (sym::ISIZE, Prim::Isize),
    (sym::U8, Prim::U8),
    (sym::U16, Prim::U16),
    (sym::U32, Prim::U32),
    (sym::U64, Prim::U64),
    (sym::U128, Prim::U128),
    (sym::USIZE, Prim::Usize),
    (sym::F16, Prim::F16),
    (sym::F32, Prim::F32),
    (sym::F64, Prim::F64),
    (sym::F128, Prim::F128),
];

impl Prim {
    /// All of them.
    pub const ALL: [Prim; 19] = {
        let mut all = [Prim::Bool; 19];
        let mut at = 0;
        while at < all.len() {
            all[at] = PRIMS[at].1;
            at += 1;
        }
        all
    };
    /// The primitive type of this name.
    pub fn from_name(name: Name) -> Option<Prim> {
        PRIMS.iter().find(|(n, _)| *n == name).map(|(_, p)| *p)
    }
    /// Its name.
    pub fn name(self) -> Name {
        PRIMS[self as usize].0
    }
    /// An integer type?
    pub fn is_int(self) -> bool {
        (Prim::I8..=Prim::Usize).contains(&self)
    }
    /// A floating-point type?
    pub fn is_float(self) -> bool {
        self >= Prim::F16
    }
}

#[derive(Clone, Copy, Default)]
struct Flags(u8);
const HAS_VAR: u8 = 1;
const HAS_PARAM: u8 = 2;
const HAS_UNKNOWN: u8 = 4;
const HAS_HOLE: u8 = 8;
const HAS_PROJECTION: u8 = 16;
const HAS_OPAQUE: u8 = 32;
const HAS_CLOSURE: u8 = 64;

impl PartialEq for Ty {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
impl Eq for Ty {}
impl Hash for Ty {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).hash(state);
    }
}
impl std::fmt::Debug for Ty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.kind.fmt(f)
    }
}

impl Ty {
    /// Interns `kind`.
    pub fn new(kind: TyKind) -> Ty {
        static TABLE: Interner<Ty> = Interner::new();
        let make = || Ty(Box::leak(Box::new(TyData { kind, flags: flags_of(&kind) })));
        TABLE.intern(&kind, |ty| ty.0.kind == kind, make)
    }
    /// What it is.
    pub fn kind(self) -> &'static TyKind {
        &self.0.kind
    }
    fn has(self, flag: u8) -> bool {
        self.0.flags.0 & flag != 0
    }
    /// Mentions an inference variable.
    pub fn has_vars(self) -> bool {
        self.has(HAS_VAR)
    }
    /// Mentions a generic parameter.
    pub fn has_params(self) -> bool {
        self.has(HAS_PARAM)
    }
    /// Mentions something unknown.
    pub fn has_unknown(self) -> bool {
        self.has(HAS_UNKNOWN)
    }
    /// Mentions `_`.
    pub fn has_holes(self) -> bool {
        self.has(HAS_HOLE)
    }
    /// Mentions an associated type that is not known yet.
    pub fn has_projections(self) -> bool {
        self.has(HAS_PROJECTION)
    }
    /// Mentions an `impl Trait`.
    pub fn has_opaque(self) -> bool {
        self.has(HAS_OPAQUE)
    }
    /// Mentions a closure, which means something in one body only.
    pub fn has_closures(self) -> bool {
        self.has(HAS_CLOSURE)
    }
    /// Nothing in it depends on the body that is being looked at.
    pub fn is_ground(self) -> bool {
        !self.has(HAS_VAR | HAS_HOLE | HAS_CLOSURE | HAS_UNKNOWN)
    }
    /// The unknown type.
    pub fn unknown() -> Ty {
        static TY: OnceLock<Ty> = OnceLock::new();
        *TY.get_or_init(|| Ty::new(TyKind::Unknown))
    }
    /// `()`
    pub fn unit() -> Ty {
        static TY: OnceLock<Ty> = OnceLock::new();
        *TY.get_or_init(|| Ty::new(TyKind::Tuple(&[])))
    }
    /// `!`
    pub fn never() -> Ty {
        static TY: OnceLock<Ty> = OnceLock::new();
        *TY.get_or_init(|| Ty::new(TyKind::Never))
    }
    /// A primitive type.
    pub fn prim(prim: Prim) -> Ty {
        static TYS: OnceLock<[Ty; Prim::ALL.len()]> = OnceLock::new();
        TYS.get_or_init(|| Prim::ALL.map(|prim| Ty::new(TyKind::Prim(prim))))[prim as usize]
    }
    /// An inference variable.
    pub(crate) fn var(number: u32) -> Ty {
        static FIRST: OnceLock<Vec<Ty>> = OnceLock::new();
        let first = FIRST.get_or_init(|| (0..1_000).map(|number| Ty::new(TyKind::Var(number))).collect());
        first.get(number as usize).copied().unwrap_or_else(|| Ty::new(TyKind::Var(number)))
    }
    /// `bool`
    pub fn bool() -> Ty {
        Ty::prim(Prim::Bool)
    }
    /// `&T`, `&mut T`
    pub fn reference(self, mutability: Mutability) -> Ty {
        Ty::new(TyKind::Ref(self, mutability))
    }
    /// `[self; len]`; none: of a length that is not known.
    pub fn array(self, len: Option<u64>) -> Ty {
        Ty::new(TyKind::Array(self, Ty::new(TyKind::Const(len))))
    }
    /// A tuple.
    pub fn tuple(parts: &[Ty]) -> Ty {
        Ty::new(TyKind::Tuple(intern_args(parts)))
    }
    /// A struct, enum or union.
    pub fn adt(adt: AdtId, args: &[Ty]) -> Ty {
        Ty::new(TyKind::Adt(adt, intern_args(args)))
    }
    /// Unknown?
    pub fn is_unknown(self) -> bool {
        matches!(self.kind(), TyKind::Unknown)
    }
    /// `u8`
    pub(crate) fn is_byte(self) -> bool {
        matches!(self.kind(), TyKind::Prim(Prim::U8))
    }
    /// Without outer references.
    pub fn peel_refs(self) -> Ty {
        let mut ty = self;
        while let TyKind::Ref(inner, _) = ty.kind() {
            ty = *inner;
        }
        ty
    }
    /// The struct, enum or union and its arguments.
    pub fn as_adt(self) -> Option<(AdtId, Args)> {
        match self.kind() {
            TyKind::Adt(adt, args) => Some((*adt, args)),
            _ => None,
        }
    }
    /// Every direct part, replaced by `f` of it.
    pub fn map(self, f: &mut dyn FnMut(Ty) -> Ty) -> Ty {
        match *self.kind() {
            TyKind::Adt(adt, args) if !args.is_empty() => Ty::new(TyKind::Adt(adt, map_args(args, f))),
            TyKind::Ref(inner, m) => Ty::new(TyKind::Ref(f(inner), m)),
            TyKind::Ptr(inner, m) => Ty::new(TyKind::Ptr(f(inner), m)),
            TyKind::Tuple(parts) if !parts.is_empty() => Ty::new(TyKind::Tuple(map_args(parts, f))),
            TyKind::Slice(inner) => Ty::new(TyKind::Slice(f(inner))),
            TyKind::Array(inner, len) => Ty::new(TyKind::Array(f(inner), f(len))),
            TyKind::Dyn(bounds) => {
                let bounds: Vec<Bound> = bounds.iter().map(|b| b.map(f)).collect();
                Ty::new(TyKind::Dyn(intern_bounds(bounds)))
            }
            TyKind::Opaque(owner, index, args) => Ty::new(TyKind::Opaque(owner, index, map_args(args, f))),
            TyKind::Projection(base, tr, args, name) => {
                Ty::new(TyKind::Projection(f(base), tr, map_args(args, f), name))
            }
            TyKind::FnDef(id, args) => Ty::new(TyKind::FnDef(id, map_args(args, f))),
            TyKind::Ctor(adt, variant, args) => Ty::new(TyKind::Ctor(adt, variant, map_args(args, f))),
            TyKind::FnPtr(params, ret) => Ty::new(TyKind::FnPtr(map_args(params, f), f(ret))),
            TyKind::Future(output, origin) => Ty::new(TyKind::Future(f(output), origin)),
            _ => self,
        }
    }
    /// Calls `f` with every direct part.
    pub fn each(self, f: &mut dyn FnMut(Ty)) {
        each_part(self.kind(), f);
    }
}

impl Bound {
    /// Every type in it, replaced.
    pub fn map(&self, f: &mut dyn FnMut(Ty) -> Ty) -> Bound {
        Bound {
            tr: self.tr,
            args: map_args(self.args, f),
            assoc: self.assoc.iter().map(|(name, ty)| (*name, f(*ty))).collect(),
        }
    }
    /// The type that the bound gives to an associated type.
    pub fn assoc_ty(&self, name: Name) -> Option<Ty> {
        self.assoc.iter().find(|(n, _)| *n == name).map(|(_, ty)| *ty)
    }
}

/// Interned arguments.
pub fn intern_args(args: &[Ty]) -> Args {
    static TABLE: Interner<Args> = Interner::new();
    if args.is_empty() {
        return &[];
    }
    TABLE.intern(args, |found| *found == args, || Box::leak(args.to_vec().into_boxed_slice()))
}

/// Interned bounds of a trait object.
pub fn intern_bounds(bounds: Vec<Bound>) -> &'static [Bound] {
    static TABLE: OnceLock<Mutex<FxHashMap<Vec<Bound>, &'static [Bound]>>> = OnceLock::new();
    let mut table = TABLE.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = table.get(&bounds) {
        return found;
    }
    let leaked: &'static [Bound] = Box::leak(bounds.clone().into_boxed_slice());
    table.insert(bounds, leaked);
    leaked
}

fn map_args(args: Args, f: &mut dyn FnMut(Ty) -> Ty) -> Args {
    let mut changed: Option<Vec<Ty>> = None;
    for (i, ty) in args.iter().enumerate() {
        let new = f(*ty);
        if let Some(v) = &mut changed {
            v.push(new);
        } else if new != *ty {
            let mut v = Vec::with_capacity(args.len());
            v.extend_from_slice(&args[..i]);
            v.push(new);
            changed = Some(v);
        }
    }
    match changed {
        Some(v) => intern_args(&v),
        None => args,
    }
}

fn flags_of(kind: &TyKind) -> Flags {
    let mut flags = match kind {
        TyKind::Var(_) => HAS_VAR,
        TyKind::Param(_) => HAS_PARAM,
        TyKind::Unknown => HAS_UNKNOWN,
        TyKind::Hole => HAS_HOLE,
        TyKind::Projection(..) => HAS_PROJECTION,
        TyKind::Opaque(..) => HAS_OPAQUE,
        TyKind::Closure(_) => HAS_CLOSURE,
        _ => 0,
    };
    each_part(kind, &mut |ty| flags |= ty.0.flags.0);
    Flags(flags)
}

fn each_part(kind: &TyKind, f: &mut dyn FnMut(Ty)) {
    match kind {
        TyKind::Adt(_, args)
        | TyKind::Tuple(args)
        | TyKind::Opaque(_, _, args)
        | TyKind::FnDef(_, args)
        | TyKind::Ctor(_, _, args) => args.iter().for_each(|t| f(*t)),
        TyKind::Ref(inner, _) | TyKind::Ptr(inner, _) | TyKind::Slice(inner) | TyKind::Future(inner, _) => f(*inner),
        TyKind::Array(inner, len) => {
            f(*inner);
            f(*len);
        }
        TyKind::Dyn(bounds) => {
            for bound in *bounds {
                bound.args.iter().for_each(|t| f(*t));
                bound.assoc.iter().for_each(|(_, t)| f(*t));
            }
        }
        TyKind::Projection(base, _, args, _) => {
            f(*base);
            args.iter().for_each(|t| f(*t));
        }
        TyKind::FnPtr(params, ret) => {
            params.iter().for_each(|t| f(*t));
            f(*ret);
        }
        TyKind::Unknown
        | TyKind::Never
        | TyKind::Prim(_)
        | TyKind::Param(_)
        | TyKind::Closure(_)
        | TyKind::Var(_)
        | TyKind::Hole
        | TyKind::Const(_) => {}
    }
}

/// Types for generic parameters: for each of a chain of generics the arguments of its own parameters.
#[derive(Clone, Debug, Default)]
pub struct Subst {
    /// Two are enough for a method of an impl.
    first: [Option<(GenericsId, Args)>; 2],
    rest: Vec<(GenericsId, Args)>,
}

impl Subst {
    /// Replaces nothing.
    pub fn empty() -> Self {
        Self::default()
    }
    /// The parameters of `generics` become `args`.
    pub fn one(generics: GenericsId, args: Args) -> Self {
        Self { first: [Some((generics, args)), None], rest: Vec::new() }
    }
    /// Adds another item's parameters.
    pub fn push(&mut self, generics: GenericsId, args: Args) {
        match self.first.iter_mut().find(|part| part.is_none()) {
            Some(part) => *part = Some((generics, args)),
            None => self.rest.push((generics, args)),
        }
    }
    /// The arguments of `generics`, if it has any here.
    pub fn of(&self, generics: GenericsId) -> Option<Args> {
        self.first.iter().flatten().chain(&self.rest).find(|(g, _)| *g == generics).map(|(_, args)| *args)
    }
    /// The type of a parameter.
    pub fn get(&self, param: Param) -> Option<Ty> {
        self.of(param.generics)?.get(param.index as usize).copied()
    }
    /// `ty` with the parameters replaced; others stay.
    pub fn apply(&self, ty: Ty) -> Ty {
        if !ty.has_params() || self.first[0].is_none() {
            return ty;
        }
        if let TyKind::Param(param) = ty.kind() {
            return self.get(*param).unwrap_or(ty);
        }
        ty.map(&mut |t| self.apply(t))
    }
    /// `bound` with the parameters replaced.
    pub fn apply_bound(&self, bound: &Bound) -> Bound {
        bound.map(&mut |t| self.apply(t))
    }
    /// Arguments with the parameters replaced.
    pub fn apply_args(&self, args: Args) -> Args {
        map_args(args, &mut |t| self.apply(t))
    }
}

/// `f` of every argument.
pub fn map_args_with(args: Args, mut f: impl FnMut(Ty) -> Ty) -> Args {
    map_args(args, &mut f)
}
