//! What tests share and nobody else: functions that say so, and that nothing else leads to.
//!
//! ```text
//! pub async fn init_test_context() -> Context { .. }        all that calls it is in `#[cfg(test)] mod tests`
//! ```
//!
//! That tests alone call it says nothing by itself: it may be for users of a library.

use rustc_hash::FxHashSet;

use super::{AlonePart, AloneRest, in_order};
use crate::effects::threads::Calls;
use crate::{Analysis, BodyOwner, Callee, Container, FnId, ModuleId, PathDef, TypedBody};

impl Analysis<'_> {
    /// Is it a test, or does nothing else need it?
    pub fn is_for_tests(&self, body: &TypedBody) -> bool {
        body.in_test || matches!(body.owner, BodyOwner::Fn(f) if self.says_test(f) && self.alone().is_tested(f))
    }

    /// What a body has to say that proves nothing about the program.
    pub(super) fn part_of_test(&self, body: &TypedBody) -> AlonePart {
        let called = body.types.callees.values().filter_map(|callee| match callee {
            Callee::Fn(callee) => self.runs(callee),
            Callee::Ctor(..) | Callee::Value(_) => None,
        });
        let named = body.types.paths.values().filter_map(|def| match def {
            PathDef::Fn(f) => Some(*f),
            _ => None,
        });
        let tested = in_order(called.chain(named).filter(|f| self.world().is_own(f.krate)).collect());
        let rest = (!tested.is_empty()).then(|| Box::new(AloneRest { tested, ..AloneRest::default() }));
        AlonePart { rest, ..AlonePart::default() }
    }

    /// Functions with such names that nothing but tests leads to.
    pub(super) fn only_tested(&self, calls: &Calls<'_>) -> FxHashSet<FnId> {
        let others = calls.parts.iter().filter(|part| part.owner.is_none()).flat_map(|part| part.calls.iter());
        let named = calls.parts.iter().flat_map(|part| part.taken.iter().chain(&part.stored));
        let kept: FxHashSet<FnId> = others.chain(named).copied().collect();
        let mut open: Vec<FnId> = calls.parts.iter().flat_map(|part| part.tested.iter().copied()).collect();
        open.retain(|f| self.says_test(*f));
        let mut found = FxHashSet::default();
        while let Some(f) = open.pop() {
            let is_tested = calls.callers(f).all(|by| by == f || found.contains(&by));
            if !kept.contains(&f) && is_tested && found.insert(f) {
                open.extend(calls.from(f).filter(|called| self.says_test(*called)));
            }
        }
        found
    }

    /// `init_test_context`, `TestServer::start`, `test::fixture`
    pub(super) fn says_test(&self, f: FnId) -> bool {
        let world = self.world();
        let data = world.func(f);
        let says = |name: &str| name.split('_').any(|word| matches!(word, "test" | "tests" | "testing"));
        let of_type = || match data.container {
            Container::Impl(imp) => world.impl_header(imp).self_ty.as_adt().is_some_and(|(adt, _)| {
                let name = world.adt(adt).name;
                name.as_str().starts_with("Test") || name.as_str().ends_with("Test")
            }),
            Container::Trait(_) | Container::Module => false,
        };
        world.is_own(f.krate) && (says(data.name.as_str()) || of_type() || self.is_in_module(data.module, &says))
    }

    fn is_in_module(&self, module: ModuleId, says: &dyn Fn(&str) -> bool) -> bool {
        let data = self.world().module(module);
        // Users of a library know what `test-client` tests.
        let counts = data.parent.is_some() || !self.world().input(module.krate).may_be_published;
        counts && says(data.name.as_str())
            || data.parent.is_some_and(|index| self.is_in_module(ModuleId { index, ..module }, says))
    }
}
