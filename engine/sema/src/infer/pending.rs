//! Predicates that calls leave behind: what they teach, once their types are known.

use super::traits::{Selected, strip_assoc};
use super::{Infer, Obligation};
use crate::{Bound, Predicate, Ty, TyKind};

/// So often is a predicate asked, whether more is known by then or not.
const TRIES: u8 = 6;

/// Work for one body.
const STEPS: u32 = 60_000;

impl Infer<'_> {
    /// Learns what the pending obligations teach, until they teach nothing new.
    pub(super) fn select_pending(&mut self) {
        for _ in 0..3 {
            let pending = std::mem::take(&mut self.pending);
            if pending.is_empty() {
                return;
            }
            let mut changed = false;
            let mut left: Vec<Obligation> = Vec::new();
            for mut obligation in pending {
                if self.table.is_open(obligation.predicate.ty) {
                    left.push(obligation);
                    continue;
                }
                if obligation.tries >= TRIES {
                    let Predicate { ty, bound } = &obligation.predicate;
                    let question = self.question(bound.tr, *ty, bound.args);
                    if obligation.asked.replace(question) == Some(question) {
                        left.push(obligation);
                        continue;
                    }
                }
                let bindings = self.table.bindings();
                let done = self.step(&obligation.predicate);
                changed |= done || self.table.bindings() != bindings;
                let nested = std::mem::take(&mut self.pending);
                if obligation.depth < 3 {
                    changed |= !nested.is_empty();
                    left.extend(nested.into_iter().map(|o| Obligation { depth: obligation.depth + 1, ..o }));
                }
                obligation.tries += 1;
                // `list.extend(words.map(|word| ..))`: what it is extended with may be known later only.
                let waits = |bound: &Bound| bound.args.iter().any(|arg| self.table.is_open(*arg));
                if !done
                    && (obligation.tries < TRIES || obligation.tries < 2 * TRIES && waits(&obligation.predicate.bound))
                {
                    left.push(obligation);
                }
            }
            let excess = left.len().saturating_sub(80);
            left.drain(..excess);
            self.pending = left;
            if !changed {
                return;
            }
        }
    }

    /// True when nothing more can be learnt from the predicate.
    fn step(&mut self, predicate: &Predicate) -> bool {
        self.steps += 1;
        if self.steps > STEPS {
            self.out_of_fuel += 1;
            return true;
        }
        let ty = self.norm(predicate.ty);
        if ty.is_unknown() {
            return true;
        }
        let bound = &predicate.bound;
        let mut done = true;
        match self.select(bound.tr, ty, bound.args) {
            Selected::Maybe => done = false,
            Selected::No => return true,
            Selected::Impl(imp, subst, _) => {
                let is_open = |ty: &Ty| self.table.resolve(*ty).has_vars();
                let teaches =
                    !bound.assoc.is_empty() || !bound.args.is_empty() && bound.args.iter().chain([&ty]).any(is_open);
                if teaches {
                    for inner in self.world.predicates(self.world.imp(imp).generics) {
                        let inner_bound = subst.apply_bound(&inner.bound);
                        if self.pending.len() < 80 && !(inner_bound.args.is_empty() && inner_bound.assoc.is_empty()) {
                            self.pending.push(Obligation::new(subst.apply(inner.ty), inner_bound));
                        }
                    }
                }
            }
            Selected::Bound | Selected::Builtin => {}
        }
        for (name, wanted) in &bound.assoc {
            let projection = if self.lang.is_fn_trait(bound.tr) || self.lang.is_async_fn_trait(bound.tr) {
                Ty::new(TyKind::Projection(ty, bound.tr, bound.args, *name))
            } else {
                self.world.projection(ty, &strip_assoc(bound), *name)
            };
            let found = self.norm(projection);
            if matches!(found.kind(), TyKind::Projection(..)) {
                done = false;
                continue;
            }
            self.try_unify(found, *wanted);
        }
        done
    }
}
