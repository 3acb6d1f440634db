//! Places: variables and fields of them.
//!
//! ```text
//! self.stream.write_all(b)        self · stream
//! let s = &mut self.stream;       s is self · stream
//! for s in &mut self.peers {      s is self · peers · one of them
//! ```

use rustc_hash::FxHashMap;
use toecap_ir::{Expr, ExprId, Mutability, Name, Pat, Stmt, UnaryOp, sym};

use crate::{Callee, ConstId, LocalId, PathDef, TyKind, TypedBody, World};

/// What a place starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Base {
    /// A variable, parameter or `self`.
    Local(LocalId),
    /// A static.
    Static(ConstId),
}

/// A variable and fields of it. Elements of collections are not told apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The variable.
    pub base: Base,
    /// `a.b`
    pub fields: Vec<Name>,
}

impl Place {
    /// Is one of the two part of the other?
    pub fn overlaps(&self, other: &Place) -> bool {
        self.base == other.base && self.fields.iter().zip(&other.fields).all(|(a, b)| a == b)
    }
    /// Is `inner` this place or a part of it?
    pub fn contains(&self, inner: &Place) -> bool {
        self.base == inner.base && inner.fields.starts_with(&self.fields)
    }
    /// Is it one of many, or a part of one?
    pub(super) fn is_element(&self) -> bool {
        self.fields.iter().any(|field| field.as_str() == ONE_OF_THEM)
    }
    /// `self.stream`
    pub fn text(&self, body: &TypedBody) -> Option<String> {
        let base = match self.base {
            Base::Local(local) => body.types.locals.get(local.0 as usize)?.name.to_string(),
            Base::Static(_) => return None,
        };
        let part = |text: String, field: &Name| match field.as_str() {
            ONE_OF_THEM => text + ONE_OF_THEM,
            name => format!("{text}.{name}"),
        };
        Some(self.fields.iter().fold(base, part))
    }
}

/// The part of a collection that a loop is at.
const ONE_OF_THEM: &str = "[..]";

/// What variables of a body stand for.
#[derive(Debug, Clone, Default)]
pub struct Aliases {
    /// `let s = &mut self.stream;`
    places: FxHashMap<LocalId, Place>,
    /// `let sent = write(..).await;`
    values: FxHashMap<LocalId, ExprId>,
}

impl Aliases {
    /// Those of a body.
    pub fn new(world: &World<'_>, body: &TypedBody) -> Self {
        let mut aliases = Self::default();
        let mut tests = Vec::new();
        let mut loops = Vec::new();
        let mut chosen = Vec::new();
        for (_, expr) in body.types.body.exprs.iter() {
            let stmts: &[Stmt] = match expr {
                Expr::Block(block) => &block.stmts,
                Expr::Expanded(expansion) => &expansion.stmts,
                // `if let Some(s) = self.stream.as_mut()`
                Expr::Let { pat, expr } => {
                    tests.push((*pat, *expr));
                    continue;
                }
                Expr::Match { scrutinee, arms } => {
                    tests.extend(arms.iter().map(|arm| (arm.pat, *scrutinee)));
                    continue;
                }
                Expr::For { pat, iter, .. } => {
                    loops.push((*pat, *iter));
                    continue;
                }
                _ => continue,
            };
            for stmt in stmts {
                if let Stmt::Let { pat, init: Some(init), .. } = stmt {
                    aliases.learn(world, body, *pat, *init);
                    chosen.extend(matches!(body.types.body[*init], Expr::Match { .. }).then_some((*pat, *init)));
                }
            }
        }
        tests.sort_by_key(|(_, value)| body.types.body.span(*value).lo());
        loops.into_iter().for_each(|(pat, iter)| aliases.learn_element(body, pat, iter));
        tests.into_iter().for_each(|(pat, value)| aliases.learn_inner(body, pat, value));
        chosen.into_iter().for_each(|(pat, init)| aliases.learn(world, body, pat, init));
        aliases
    }

    /// `for s in self.peers.iter_mut()`, `for (name, s) in &mut self.peers`
    fn learn_element(&mut self, body: &TypedBody, pat: toecap_ir::PatId, iter: ExprId) {
        let Some(mut place) = self.place(body, iter) else { return };
        place.fields.push(Name::new(ONE_OF_THEM));
        let mut bound = Vec::new();
        super::bound_locals(body, pat, &mut bound);
        let is_mut =
            |local: &LocalId| matches!(body.types.locals[local.0 as usize].ty.kind(), TyKind::Ref(_, Mutability::Mut));
        if let [local] = bound.into_iter().filter(is_mut).collect::<Vec<_>>()[..] {
            self.places.insert(local, place);
        }
    }

    /// Does the pattern bind a new element of what the place is an element of?
    pub(super) fn binds_next(&self, bound: &[LocalId], place: &Place) -> bool {
        place.is_element() && bound.iter().any(|local| self.places.get(local).is_some_and(|p| p.contains(place)))
    }

    /// `Some(s)` of what borrows a place.
    fn learn_inner(&mut self, body: &TypedBody, pat: toecap_ir::PatId, value: ExprId) {
        // `match (self.peer.as_mut(), is_open) { (Some(s), true) => .. }`
        if let (Pat::Tuple(pats), Expr::Tuple(values)) = (&body.types.body[pat], &body.types.body[value])
            && pats.len() == values.len()
        {
            pats.iter().zip(values).for_each(|(pat, value)| self.learn_inner(body, *pat, *value));
            return;
        }
        if let Pat::TupleStruct { pats, .. } = &body.types.body[pat]
            && let [inner] = &**pats
            && let Some(local) = body.types.bindings.get(inner).copied()
            && matches!(body.types.locals[local.0 as usize].ty.kind(), TyKind::Ref(..))
            && let Some(place) = self.place(body, value)
        {
            self.places.insert(local, place);
        }
    }

    fn learn(&mut self, world: &World<'_>, body: &TypedBody, pat: toecap_ir::PatId, init: ExprId) {
        let Some(local) = body.types.bindings.get(&pat).copied() else {
            // `let Some(s) = self.stream.as_mut() else ..`
            self.learn_inner(body, pat, init);
            self.learn_fields(body, pat, init);
            return;
        };
        self.values.insert(local, init);
        // A guard stands for what it guards.
        let ty = body.types.locals[local.0 as usize].ty;
        let stands_for_other = matches!(ty.kind(), TyKind::Ref(..))
            || is_projection(body, init)
            || ty.as_adt().is_some_and(|(adt, _)| world.lang().pin == Some(adt))
            || ty.as_adt().is_some_and(|(adt, _)| world.adt(adt).name.as_str().ends_with("Guard"))
            // Another handle of the same.
            || ty.as_adt().is_some_and(|(adt, _)| world.lang().is_shared(adt));
        if stands_for_other && let Some(place) = self.place(body, init) {
            self.places.insert(local, place);
        }
    }

    /// `let Reader { inner, buf } = self.project();`
    fn learn_fields(&mut self, body: &TypedBody, pat: toecap_ir::PatId, init: ExprId) {
        let Pat::Record { fields, .. } = &body.types.body[pat] else { return };
        let Some(whole) = self.place(body, init) else { return };
        for (name, inner) in fields {
            if let Some(local) = body.types.bindings.get(inner).copied() {
                let mut place = whole.clone();
                place.fields.push(*name);
                self.places.insert(local, place);
            }
        }
    }

    /// Does the expression name a variable that stands for another place?
    pub fn is_alias(&self, body: &TypedBody, expr: ExprId) -> bool {
        matches!(body.types.paths.get(&expr), Some(PathDef::Local(local)) if self.places.contains_key(local))
    }

    /// The expression that a variable was initialised with.
    pub fn value(&self, local: LocalId) -> Option<ExprId> {
        self.values.get(&local).copied()
    }

    /// The place that an expression is, borrows, or hands out a part of.
    pub fn place(&self, body: &TypedBody, expr: ExprId) -> Option<Place> {
        let types = &body.types;
        match &types.body[expr] {
            Expr::Path(_) => match types.paths.get(&expr)? {
                PathDef::Local(local) => match self.places.get(local) {
                    Some(place) => Some(place.clone()),
                    None => Some(Place { base: Base::Local(*local), fields: Vec::new() }),
                },
                PathDef::Const(id) => Some(Place { base: Base::Static(*id), fields: Vec::new() }),
                _ => None,
            },
            Expr::Field { base, name, .. } => {
                let mut place = self.place(body, *base)?;
                place.fields.push(*name);
                Some(place)
            }
            Expr::Index { base, .. } => self.place(body, *base),
            Expr::Ref { expr: inner, .. }
            | Expr::Unary(UnaryOp::Deref, inner)
            | Expr::Try(inner)
            | Expr::Cast { expr: inner, .. } => self.place(body, *inner),
            Expr::Block(block) if block.stmts.is_empty() => self.place(body, block.tail?),
            Expr::Await { expr: inner, .. } => match &types.body[*inner] {
                // The guard of an asynchronous lock stands for what it guards.
                Expr::MethodCall(call) if matches!(call.name.as_str(), "lock" | "write" | "read") => {
                    self.place(body, call.receiver)
                }
                _ => None,
            },
            Expr::MethodCall(call) => {
                let hands_out = matches!(
                    call.name.as_str(),
                    "as_mut"
                        | "as_ref"
                        | "by_ref"
                        | "get_mut"
                        | "get_ref"
                        | "borrow_mut"
                        | "borrow"
                        | "unwrap"
                        | "expect"
                        | "deref_mut"
                        | "deref"
                        | "as_deref_mut"
                        | "as_mut_slice"
                        | "as_slice"
                        | "lock"
                        | "iter_mut"
                        | "fuse"
                        | "clone"
                        | "compat"
                        | "compat_mut"
                        | "get_pin_mut"
                        | "as_pin_mut"
                        | "project"
                        | "project_ref"
                        | "get_unchecked_mut"
                        | "values_mut"
                        | "first_mut"
                        | "last_mut"
                        | "front_mut"
                        | "back_mut"
                        | "entry"
                        | "or_insert"
                        | "or_insert_with"
                        | "or_default"
                        | "get_or_insert_with"
                        | "ok_or"
                        | "ok_or_else"
                        | "context"
                );
                if hands_out {
                    return self.place(body, call.receiver);
                }
                if !lends_a_part(body, expr) {
                    return None;
                }
                // `self.stream_mut()`: a part of `self` that only this method names.
                let mut place = self.place(body, call.receiver)?;
                place.fields.push(Name::new(&format!("{}()", call.name)));
                Some(place)
            }
            Expr::Call { args, .. } if args.len() == 1 => {
                // `Pin::new(&mut self.stream)`
                match types.callees.get(&expr) {
                    Some(Callee::Fn(_)) if is_pin(body, expr) => self.place(body, args[0]),
                    // `Arc::clone(&self.stream)`
                    Some(Callee::Fn(_)) if is_named(body, expr, "clone") => self.place(body, args[0]),
                    _ => None,
                }
            }
            // `match &mut self.kind { Tcp(s) => s, Unix(s) => s }`: all of it is one place.
            Expr::Match { arms, .. } => {
                let mut places = arms.iter().filter(|arm| !body.is_never(arm.body)).map(|a| self.place(body, a.body));
                let first = places.next()??;
                places.all(|place| place.as_ref() == Some(&first)).then_some(first)
            }
            _ => None,
        }
    }
}

/// Does a call call something of this name by a path?
pub(super) fn is_named(body: &TypedBody, call: ExprId, name: &str) -> bool {
    let Expr::Call { callee, .. } = &body.types.body[call] else { return false };
    matches!(&body.types.body[*callee], Expr::Path(path) if path.last_name().is_some_and(|n| n.as_str() == name))
}

/// A method that takes `&mut self` and returns a `&mut`: what it hands out is borrowed from there.
fn lends_a_part(body: &TypedBody, call: ExprId) -> bool {
    let types = &body.types;
    let is_mut = |ty: crate::Ty| matches!(ty.kind(), TyKind::Ref(_, Mutability::Mut));
    let Some(Callee::Fn(callee)) = types.callees.get(&call) else { return false };
    callee.receiver.is_some_and(is_mut) && types.expr_tys.get(call.index()).is_some_and(|ty| is_mut(*ty))
}

/// `self.project()`
fn is_projection(body: &TypedBody, expr: ExprId) -> bool {
    matches!(&body.types.body[expr], Expr::MethodCall(call) if matches!(call.name.as_str(), "project" | "project_ref"))
}

/// `Pin::new(x)`, `Pin::get_mut(x)`: the same place behind another pointer.
fn is_pin(body: &TypedBody, call: ExprId) -> bool {
    match &body.types.body[call] {
        Expr::Call { callee, .. } => match &body.types.body[*callee] {
            Expr::Path(path) => {
                let names: Vec<Name> = path.names().collect();
                const SAME: [&str; 6] =
                    ["new", "new_unchecked", "get_mut", "get_unchecked_mut", "into_inner", "as_mut"];
                matches!(names.as_slice(), [.., ty, name] if ty.as_str() == "Pin" && SAME.contains(&name.as_str()))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Is the variable `self` or a parameter behind a reference: something that outlives the function?
pub(crate) fn outlives_call(body: &TypedBody, base: Base) -> bool {
    match base {
        Base::Static(_) => true,
        Base::Local(local) => {
            let ty = body.types.locals.get(local.0 as usize).map(|data| data.ty.kind());
            matches!(ty, Some(TyKind::Ref(..))) && is_param(body, local)
        }
    }
}

/// `self`, or a parameter that is a plain variable.
pub(super) fn is_param(body: &TypedBody, local: LocalId) -> bool {
    let is_named = |pat| body.types.body.params.contains(&pat);
    body.types
        .locals
        .get(local.0 as usize)
        .is_some_and(|data| data.name == sym::SELF_VALUE || data.pat.is_some_and(is_named))
}
