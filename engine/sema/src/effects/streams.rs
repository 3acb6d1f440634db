//! Functions that read and write what they are given: whether they wait, their callers know.
//!
//! ```text
//! fn parse<R: Read>(mut from: R) -> io::Result<Header> { from.read_exact(..) }
//! parse(File::open(path)?)        waits for a file
//! parse(&bytes[..])               does not
//! ```

use std::sync::Arc;

use toecap_ir::{Expr, ExprId};
use toecap_knowledge::{BlockKind, Cost, Entry};

use super::call_args;
use super::exec::Executed;
use super::summary::{Step, Summary, Work, keep_shorter};
use crate::{Analysis, BodyOwner, Container, FnCallee, FnId, Subst, Ty, TyKind, TypedBody, map_args_with};

/// Calls of one function that are kept.
const MAX_CALLS: usize = 6;

/// A call that waits for some types of the function's parameters.
#[derive(Debug, Clone)]
pub struct OverStream {
    /// What is called, with types of these parameters.
    callee: FnCallee,
    /// The parameter that it is called on (without `self`), where that is a trait object: its type is that of the argument.
    object: Option<usize>,
    /// The calls to it, outermost first.
    steps: Vec<Step>,
}

impl OverStream {
    fn is_like(&self, other: &OverStream) -> bool {
        let key = |call: &OverStream| (call.callee.f, call.callee.self_ty, call.callee.args, call.object);
        key(self) == key(other)
    }

    /// Is it as good as the other one?
    pub(super) fn is_same(&self, other: &OverStream) -> bool {
        self.is_like(other) && self.steps == other.steps
    }
}

/// Adds a call, unless there is a shorter way to it.
pub(super) fn keep_stream(calls: &mut Vec<OverStream>, new: OverStream) {
    match calls.iter().position(|known| known.is_like(&new)) {
        Some(known) if new.steps.len() < calls[known].steps.len() => calls[known] = new,
        Some(_) => {}
        None if calls.len() < MAX_CALLS => calls.push(new),
        None => {}
    }
}

impl Analysis<'_> {
    /// A call of a method of `Read`, `Write` or the like, or of what is generic over such types, that waits for some of them.
    pub(super) fn call_over_stream(
        &self,
        body: &TypedBody,
        call: ExprId,
        callee: &FnCallee,
        entry: &Entry,
        step: &Step,
    ) -> Option<OverStream> {
        let blocking = entry.facts.blocking()?;
        let is_stream = matches!(blocking.kind, BlockKind::Io | BlockKind::Net | BlockKind::Process);
        if !is_stream || !matches!(body.owner, BodyOwner::Fn(_)) || self.is_set_nonblocking(body, call) {
            return None;
        }
        let steps = vec![step.clone()];
        let types = || callee.self_ty.iter().chain(&callee.receiver).chain(callee.args.iter());
        if types().any(|ty| ty.has_params()) {
            return Some(OverStream { callee: callee.clone(), object: None, steps });
        }
        let is_object = types().any(|ty| matches!(ty.peel_refs().kind(), TyKind::Dyn(_)));
        let Expr::MethodCall(method) = &body.types.body[call] else { return None };
        let object = is_object.then(|| self.parameter_behind(body, method.receiver)).flatten()?;
        Some(OverStream { callee: callee.clone(), object: Some(object), steps })
    }

    /// The number of the parameter (without `self`) that an expression is, or lends.
    fn parameter_behind(&self, body: &TypedBody, expr: ExprId) -> Option<usize> {
        let mut at = expr;
        while let Expr::Ref { expr: inner, .. } | Expr::Unary(_, inner) = &body.types.body[at] {
            at = *inner;
        }
        let pat = body.types.locals.get(body.local(at)?.0 as usize)?.pat?;
        body.types.body.params.iter().position(|param| *param == pat)
    }

    /// What a call of `f` waits for when it gets these streams.
    pub(super) fn effect_over_streams(
        &self,
        body: &TypedBody,
        call: &Executed,
        (callee, f): (&FnCallee, FnId),
        step: &Step,
        streams: &[OverStream],
        effect: &mut Summary,
    ) {
        if streams.is_empty() || self.gives_nonblocking(body, call.expr) {
            return;
        }
        let Some(subst) = self.subst_of_call(callee, f) else { return };
        for stream in streams {
            let Some(inner) = self.given_here(body, call.expr, stream, &subst) else { continue };
            let mut steps = vec![step.clone()];
            steps.extend(stream.steps.iter().cloned());
            let is_open = inner.object.is_some()
                || inner.callee.self_ty.iter().chain(inner.callee.args.iter()).any(|ty| ty.has_params());
            if is_open {
                keep_stream(&mut effect.streams, OverStream { steps, ..inner });
            } else if let Some(entry) = self.facts().entry_of(&inner.callee)
                && self.waits_for(&inner.callee, entry)
            {
                let work = Work { facts: Some(entry), ..Work::computed(steps, "") };
                keep_shorter(&mut effect.blocks, Some(Arc::new(work)));
            }
        }
    }

    /// The call with the types that it has for this caller.
    fn given_here(&self, body: &TypedBody, call: ExprId, stream: &OverStream, subst: &Subst) -> Option<OverStream> {
        let mut callee = stream.callee.clone();
        let Some(number) = stream.object else {
            let apply = |ty: Ty| subst.apply(ty);
            callee.self_ty = callee.self_ty.map(apply);
            callee.receiver = callee.receiver.map(apply);
            callee.args = map_args_with(callee.args, apply);
            return Some(OverStream { callee, object: None, steps: Vec::new() });
        };
        let args = call_args(&body.types.body[call]);
        let has_self = matches!(&body.types.body[call], Expr::Call { .. })
            && self.world().fn_item(callee_of(body, call)?).receiver.is_some();
        let mut at = *args.get(number + usize::from(has_self))?;
        if let Expr::Ref { expr, .. } = &body.types.body[at] {
            at = *expr;
        }
        let ty = body.types.expr_tys.get(at.index())?.peel_refs();
        if matches!(ty.kind(), TyKind::Dyn(_)) {
            let object = Some(self.parameter_behind(body, at)?);
            return Some(OverStream { callee, object, steps: Vec::new() });
        }
        callee.self_ty = Some(ty);
        callee.receiver = Some(ty);
        Some(OverStream { callee, object: None, steps: Vec::new() })
    }

    /// The types that the generics of `f`, which a call runs, have there.
    fn subst_of_call(&self, callee: &FnCallee, f: FnId) -> Option<Subst> {
        let world = self.world();
        if f == callee.f {
            return Some(world.subst_of(world.func(f).generics, callee.args));
        }
        // A method of an impl: its generics are those of the type that it is for.
        let Container::Impl(imp) = world.func(f).container else { return None };
        let (pattern, args) = world.impl_header(imp).self_ty.as_adt()?;
        let (adt, actual) = callee.self_ty.or(callee.receiver)?.peel_refs().as_adt()?;
        let generics = world.imp(imp).generics;
        let mut found = world.own_args(generics).to_vec();
        for (arg, actual) in args.iter().zip(actual) {
            if let TyKind::Param(param) = arg.kind()
                && param.generics == generics
                && let Some(slot) = found.get_mut(param.index as usize)
            {
                *slot = *actual;
            }
        }
        (pattern == adt).then(|| Subst::one(generics, crate::intern_args(&found)))
    }

    /// Does the call wait for what it is called on?
    pub(super) fn waits_for(&self, callee: &FnCallee, entry: &Entry) -> bool {
        entry.facts.blocking().is_some_and(|blocking| {
            (blocking.cost.waits_always()
                || blocking.cost == Cost::MayBlock && blocking.kind == BlockKind::Io && self.is_over_device(callee))
                && self.waits_for_device(callee)
                && (blocking.kind != BlockKind::Net || self.waits_for_stream(callee))
        })
    }
}

fn callee_of(body: &TypedBody, call: ExprId) -> Option<FnId> {
    match body.types.callees.get(&call)? {
        crate::Callee::Fn(callee) => Some(callee.f),
        _ => None,
    }
}
