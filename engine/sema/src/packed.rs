//! What is known of a body that nobody looks at now, in a fifth of the room.
//!
//! ```text
//! types of expressions    8 bytes each      ▶   a number of a byte, and every type of the body once
//! callees                 64 bytes each     ▶   about 8
//! ```

use std::hash::Hash;
use std::slice::Iter;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use toecap_ir::{ExprId, FileIr, Id, LazyBody, Name};

use crate::{
    AdtId, Args, BodyTree, BodyTypes, ByNode, Callee, ClosureTy, ConstId, CrateId, FnCallee, FnId, Local, LocalId,
    MacroKind, PathDef, Ty,
};

/// All of [`BodyTypes`].
#[derive(Debug)]
pub(crate) struct Packed {
    body: LazyBody,
    bytes: Box<[u8]>,
    tys: Box<[Ty]>,
    args: Box<[Args]>,
    names: Box<[Name]>,
    rest: Option<Box<Rest>>,
}

/// What most bodies have none of.
#[derive(Debug, Clone)]
struct Rest {
    expansions: Vec<Arc<FileIr>>,
    closures: Vec<ClosureTy>,
    macros: ByNode<ExprId, MacroKind>,
    inactive: FxHashSet<ExprId>,
}

impl Packed {
    /// Packs what is known of a body; none when the body cannot be stored.
    pub(crate) fn new(types: &BodyTypes) -> Option<Self> {
        let mut to = Packer::default();
        to.tys(&types.expr_tys);
        to.tys(&types.pat_tys);
        to.nodes(&types.callees, Packer::callee);
        to.nodes(&types.paths, |to, def| to.path_def(*def));
        to.nodes(&types.bindings, |to, local| to.number(local.0));
        to.nodes(&types.futures, |to, ty| to.ty(*ty));
        to.number(types.locals.len() as u32);
        for local in &types.locals {
            to.maybe(local.pat, |to, pat| to.number(pat.raw()));
            to.ty(local.ty);
        }
        to.number(types.out_of_fuel);
        let BodyTypes { expansions, closures, macros, inactive, .. } = types;
        let has_rest =
            !expansions.is_empty() || !closures.is_empty() || macros.keys().next().is_some() || !inactive.is_empty();
        let rest = has_rest.then(|| {
            let (expansions, closures) = (expansions.clone(), closures.clone());
            Box::new(Rest { expansions, closures, macros: macros.clone(), inactive: inactive.clone() })
        });
        Some(Self {
            body: types.body.put_away()?,
            bytes: to.bytes.into(),
            tys: to.tys.all.into(),
            args: to.args.all.into(),
            names: types.locals.iter().map(|local| local.name).collect(),
            rest,
        })
    }

    /// What was packed. The body is decoded at the first look.
    pub(crate) fn unpack(&self) -> BodyTypes {
        let mut from = Unpacker { packed: self, bytes: self.bytes.iter() };
        let (expr_tys, pat_tys) = (from.tys(), from.tys());
        let callees = from.nodes(Unpacker::callee);
        let paths = from.nodes(Unpacker::path_def);
        let bindings = from.nodes(|from| LocalId(from.number()));
        let futures = from.nodes(Unpacker::ty);
        let count = from.number() as usize;
        let local =
            |name: &Name| Local { name: *name, pat: from.maybe(|from| Id::from_raw(from.number())), ty: from.ty() };
        let locals = self.names.iter().take(count).map(local).collect();
        let out_of_fuel = from.number();
        let rest = self.rest.as_deref().cloned().unwrap_or_else(Rest::nothing);
        BodyTypes {
            body: BodyTree::stored(self.body.clone()),
            expansions: rest.expansions,
            expr_tys,
            pat_tys,
            callees,
            paths,
            bindings,
            locals,
            closures: rest.closures,
            macros: rest.macros,
            futures,
            inactive: rest.inactive,
            out_of_fuel,
        }
    }
}

impl Rest {
    fn nothing() -> Self {
        let (expansions, closures) = (Vec::new(), Vec::new());
        Self { expansions, closures, macros: ByNode::sorted(Vec::new()), inactive: FxHashSet::default() }
    }
}

/// Values, each once.
struct Table<T> {
    all: Vec<T>,
    numbers: FxHashMap<T, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: FxHashMap::default() }
    }
}

impl<T: Copy + Eq + Hash> Table<T> {
    fn number(&mut self, value: T) -> u32 {
        *self.numbers.entry(value).or_insert_with(|| {
            self.all.push(value);
            self.all.len() as u32 - 1
        })
    }
}

#[derive(Default)]
struct Packer {
    bytes: Vec<u8>,
    tys: Table<Ty>,
    args: Table<Args>,
}

impl Packer {
    /// Seven bits a byte, the lowest first.
    fn number(&mut self, mut number: u32) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
    fn ty(&mut self, ty: Ty) {
        let number = self.tys.number(ty);
        self.number(number);
    }
    fn tys(&mut self, tys: &[Ty]) {
        self.number(tys.len() as u32);
        tys.iter().for_each(|ty| self.ty(*ty));
    }
    fn id(&mut self, krate: CrateId, index: u32) {
        self.number(krate.0);
        self.number(index);
    }
    fn maybe<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        self.number(u32::from(value.is_some()));
        if let Some(value) = value {
            put(self, value);
        }
    }
    fn nodes<N, V>(&mut self, nodes: &ByNode<Id<N>, V>, mut put: impl FnMut(&mut Self, &V)) {
        self.number(nodes.keys().count() as u32);
        let mut before = 0;
        for (node, value) in nodes.iter() {
            self.number(node.raw() - before);
            before = node.raw();
            put(self, value);
        }
    }
    fn callee(&mut self, callee: &Callee) {
        match callee {
            Callee::Ctor(adt, variant) => {
                self.number(0);
                self.id(adt.krate, adt.index);
                self.number(*variant);
            }
            Callee::Value(ty) => {
                self.number(1);
                self.ty(*ty);
            }
            Callee::Fn(FnCallee { f, args, runs, self_ty, receiver, sure }) => {
                self.number(2 + u32::from(*sure));
                self.id(f.krate, f.index);
                let args = self.args.number(args);
                self.number(args);
                self.maybe(*runs, |to, f| to.id(f.krate, f.index));
                self.maybe(*self_ty, Self::ty);
                self.maybe(*receiver, Self::ty);
            }
        }
    }
    fn path_def(&mut self, def: PathDef) {
        match def {
            PathDef::Local(local) => {
                self.number(0);
                self.number(local.0);
            }
            PathDef::Fn(f) => {
                self.number(1);
                self.id(f.krate, f.index);
            }
            PathDef::Const(id) => {
                self.number(2);
                self.id(id.krate, id.index);
            }
            PathDef::Ctor(adt, variant) => {
                self.number(3);
                self.id(adt.krate, adt.index);
                self.number(variant);
            }
        }
    }
}

struct Unpacker<'p> {
    packed: &'p Packed,
    bytes: Iter<'p, u8>,
}

impl Unpacker<'_> {
    fn number(&mut self) -> u32 {
        let (mut number, mut shift) = (0, 0);
        for byte in self.bytes.by_ref() {
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
        number
    }
    fn ty(&mut self) -> Ty {
        self.packed.tys[self.number() as usize]
    }
    fn tys(&mut self) -> Vec<Ty> {
        (0..self.number()).map(|_| self.ty()).collect()
    }
    fn krate(&mut self) -> CrateId {
        CrateId(self.number())
    }
    fn f(&mut self) -> FnId {
        FnId { krate: self.krate(), index: self.number() }
    }
    fn adt(&mut self) -> AdtId {
        AdtId { krate: self.krate(), index: self.number() }
    }
    fn maybe<T>(&mut self, take: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.number() == 1).then(|| take(self))
    }
    fn nodes<N, V>(&mut self, mut take: impl FnMut(&mut Self) -> V) -> ByNode<Id<N>, V> {
        let count = self.number();
        let mut node = 0;
        let one = |_| {
            node += self.number();
            (Id::from_raw(node), take(self))
        };
        ByNode::sorted((0..count).map(one).collect())
    }
    fn callee(&mut self) -> Callee {
        match self.number() {
            0 => Callee::Ctor(self.adt(), self.number()),
            1 => Callee::Value(self.ty()),
            sure => Callee::Fn(FnCallee {
                f: self.f(),
                args: self.packed.args[self.number() as usize],
                runs: self.maybe(Self::f),
                self_ty: self.maybe(Self::ty),
                receiver: self.maybe(Self::ty),
                sure: sure == 3,
            }),
        }
    }
    fn path_def(&mut self) -> PathDef {
        match self.number() {
            0 => PathDef::Local(LocalId(self.number())),
            1 => PathDef::Fn(self.f()),
            2 => PathDef::Const(ConstId { krate: self.krate(), index: self.number() }),
            _ => PathDef::Ctor(self.adt(), self.number()),
        }
    }
}
