//! What the code of a region moves, and to what place.

use toecap_ir::{Expr, ExprId, MacroArgs};
use toecap_knowledge::TakeKind;

use super::Trail;
use super::carry::{Carry, Effect};
use super::moves::{Asker, Moved, is_lent_mutably};
use super::state::Holder;
use crate::effects::call_args;
use crate::flow::{Aliases, Base, FlowGraph, FlowStep, Place, Regions};
use crate::{Analysis, BodyOwner, LocalId, MacroKind, Ty, TyKind, TypedBody};

impl<'a, 'w> Carry<'a, 'w> {
    pub(super) fn new(
        analysis: &'a Analysis<'w>,
        body: &'a TypedBody,
        regions: &'a Regions,
        graph: &'a FlowGraph,
        aliases: &'a Aliases,
        trail: &mut Trail,
    ) -> Self {
        let (effects, at, sources, raced, kept, given) = Default::default();
        let keeps_buffers = false;
        let mut carry =
            Self { analysis, body, regions, graph, aliases, effects, at, keeps_buffers, kept, given, sources, raced };
        for (_, node) in graph.iter() {
            if let FlowStep::Eval(expr) = node.step {
                carry.find(expr, trail);
            }
        }
        carry
    }

    /// Adds what the code is given by value and knows nothing of, so that it can only hand it on: `send(&self, value: T)`.
    pub(super) fn with_given_values(mut self) -> Self {
        let BodyOwner::Fn(f) = self.body.owner else { return self };
        let world = self.analysis.world();
        let predicates = world.all_predicates(world.func(f).generics);
        let is_plain = |bound: &crate::Bound| {
            const PLAIN: [&str; 7] = ["Sized", "Send", "Sync", "Unpin", "Clone", "Copy", "Debug"];
            world.is_std(bound.tr.krate) && PLAIN.contains(&world.tr(bound.tr).name.as_str())
        };
        for pat in self.body.types.body.params.clone() {
            let Some(local) = self.body.types.bindings.get(&pat).copied() else { continue };
            let data = &self.body.types.locals[local.0 as usize];
            if !matches!(data.ty.kind(), TyKind::Param(_))
                || !predicates.iter().filter(|p| p.ty == data.ty).all(|p| is_plain(&p.bound))
            {
                continue;
            }
            let moved = Moved {
                kind: TakeKind::Out,
                lost: format!("`{}` (moved into the future)", data.name),
                steps: Vec::new(),
                from: Place { base: Base::Local(local), fields: Vec::new() },
                with: None,
            };
            self.given.push((self.effects.len(), local));
            let at = self.body.types.body.root;
            self.effects.push(Effect { moved, at, is_own: false, with: None, is_number: false });
        }
        self
    }

    pub(super) fn keeping_buffers(self) -> Self {
        Self { keeps_buffers: true, ..self }
    }

    /// What happens when an expression has been evaluated.
    fn find(&mut self, expr: ExprId, trail: &mut Trail) {
        let types = &self.body.types;
        match &types.body[expr] {
            Expr::Await { expr: inner, .. } => {
                let future = self.analysis.future_behind(self.body, self.aliases, *inner);
                self.add(expr, future, trail);
            }
            Expr::Call { .. } | Expr::MethodCall(_) if !types.futures.contains_key(&expr) => {
                self.add(expr, expr, trail);
            }
            Expr::For { pat, iter, .. } => {
                self.sources.insert(*pat, *iter);
            }
            Expr::MacroCall(call) => {
                if let (MacroArgs::Select(select), Some(MacroKind::Select)) = (&call.parsed, types.macros.get(&expr)) {
                    for arm in &select.arms {
                        let future = self.analysis.future_behind(self.body, self.aliases, arm.future);
                        self.sources.insert(arm.pat, arm.future);
                        self.raced.insert(arm.future);
                        self.add(arm.future, future, trail);
                    }
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, at: ExprId, call: ExprId, trail: &mut Trail) {
        if self.at.contains_key(&at) {
            return;
        }
        let asker = Asker { body: self.body, aliases: self.aliases };
        for moved in self.analysis.moved_by_call(asker, call, trail) {
            let is_own = !self.analysis.outlives(self.body, &moved.from);
            if is_own && !self.is_given(&moved.from) {
                continue;
            }
            let with = moved.with.and_then(|arg| self.place_behind(arg)).map(|place| self.storage(place, moved.kind));
            self.at.entry(at).or_default().push(self.effects.len());
            let is_number = moved.kind == TakeKind::Out && self.is_number(self.given_by(at));
            self.effects.push(Effect { moved, at, is_own, with, is_number });
        }
    }

    /// The type of what an await or call gives, or of what the future of a `select!` branch does.
    fn given_by(&self, at: ExprId) -> Ty {
        self.body.types.futures.get(&at).copied().unwrap_or_else(|| self.ty(at))
    }

    /// Is it a parameter that the code was given by value?
    fn is_given(&self, place: &Place) -> bool {
        let Base::Local(local) = place.base else { return false };
        let data = &self.body.types.locals[local.0 as usize];
        data.name == toecap_ir::sym::SELF_VALUE
            || data.pat.is_some_and(|pat| self.body.types.body.params.contains(&pat))
    }

    /// A place by its number.
    pub(super) fn kept(&self, number: usize) -> Option<Place> {
        self.kept.borrow().get(number).cloned()
    }

    pub(super) fn keep(&self, place: &Place) -> Holder {
        let mut kept = self.kept.borrow_mut();
        let number = kept.iter().position(|known| known == place).unwrap_or_else(|| {
            kept.push(place.clone());
            kept.len() - 1
        });
        Holder::Kept(number)
    }

    /// The place that an argument borrows, or is computed from: `self.buf` for `&mut self.buf[n..]` and `self.buf.chunk()`.
    fn place_behind(&self, arg: ExprId) -> Option<Place> {
        self.aliases.place(self.body, arg).or_else(|| match &self.body.types.body[arg] {
            Expr::MethodCall(call) => self.place_behind(call.receiver),
            Expr::Ref { expr, .. } => self.place_behind(*expr),
            _ => None,
        })
    }

    /// A cursor over a buffer that outlives the code stands for it: `let mut buf = ReadBuf::new(&mut self.data);`
    fn storage(&self, place: Place, kind: TakeKind) -> Place {
        let Base::Local(local) = place.base else { return place };
        let Some(init) = self.aliases.value(local) else { return place };
        let made_from = call_args(&self.body.types.body[init]).iter().find_map(|a| self.place_behind(*a));
        let inner = made_from.or_else(|| if kind == TakeKind::Into { self.filled_from(local) } else { None });
        match inner {
            Some(inner) if self.analysis.outlives(self.body, &inner) => inner,
            _ => place,
        }
    }

    /// The place whose method has filled a variable: `self.buf` in `self.buf.chunks_vectored(&mut slices)`.
    fn filled_from(&self, local: LocalId) -> Option<Place> {
        self.body.types.body.exprs.iter().find_map(|(_, expr)| {
            let Expr::MethodCall(call) = expr else { return None };
            let fills =
                call.args.iter().any(|arg| is_lent_mutably(self.body, *arg) && self.root_local(*arg) == Some(local));
            let place = if fills { self.aliases.place(self.body, call.receiver) } else { None };
            place.filter(|place| self.analysis.outlives(self.body, place))
        })
    }

    /// The effects of an await or call.
    pub(super) fn effects_at(&self, expr: ExprId) -> &[usize] {
        self.at.get(&expr).map_or(&[], Vec::as_slice)
    }
}
