//! Whether what the workspace shows of the calls of a function are all of them.

use rustc_hash::FxHashSet;
use toecap_ir::{Attr, ItemKind};

use crate::effects::threads::{Calls, leaves_callable};
use crate::{Analysis, Container, FnId, TargetKind};

/// Functions of which the workspace does not show who calls them.
pub(super) struct Unshown {
    /// Nobody calls them, and nobody else can.
    pub(super) unused: Vec<FnId>,
    /// Somebody may: by a macro or an attribute, or from elsewhere.
    pub(super) unknown: Vec<FnId>,
}

impl Analysis<'_> {
    pub(super) fn unshown(&self, calls: &Calls<'_>) -> Unshown {
        let again = self.compiled_again(calls);
        let tested: FxHashSet<FnId> = calls.parts.iter().flat_map(|part| part.tested.iter().copied()).collect();
        let consuming: FxHashSet<FnId> =
            calls.parts.iter().filter(|part| part.consumes.is_some()).filter_map(|part| part.owner).collect();
        // A program shows who makes what its types' methods consume.
        let makers_are_shown = |f: FnId| consuming.contains(&f) && self.is_in_program(f.krate);
        let is_used = |f: FnId| calls.is_called(f) || self.is_main(f);
        // What tests alone call, of what nobody else can.
        let is_idle = |f: FnId, is_for_nobody: bool| {
            !is_used(f) && (is_for_nobody || self.says_test(f)) && self.has_no_attribute_that_calls(f)
        };
        let is_shown = |f: FnId| {
            // What nobody calls of a library that is not for others is there for the program of its package, where that is not looked
            // at: it calls it once.
            let is_done_once = tested.contains(&f) || self.world().input(f.krate).lacks_program;
            let is_all = is_used(f) && (self.callers_are_shown(f) || makers_are_shown(f))
                || is_done_once && is_idle(f, self.callers_are_known(f));
            again.contains(&f) || is_all && self.is_called_by_name(f)
        };
        let others = calls.functions().filter(|f| !is_shown(*f));
        let (unused, unknown) =
            others.partition(|f| is_idle(*f, self.callers_are_shown(*f)) && self.is_called_by_name(*f));
        Unshown { unused, unknown }
    }

    /// Functions of a library that a program compiles again, as `mod serve;` in both `lib.rs` and `main.rs` does: the program shows
    /// who calls them.
    fn compiled_again(&self, calls: &Calls<'_>) -> FxHashSet<FnId> {
        let world = self.world();
        let of = |kind: TargetKind| calls.functions().filter(move |f| world.input(f.krate).kind == kind);
        let programs: FxHashSet<_> = of(TargetKind::Bin).map(|f| world.place_of_fn(f)).collect();
        of(TargetKind::Lib).filter(|f| programs.contains(&world.place_of_fn(*f))).collect()
    }

    /// `#[get("/")] async fn page()` is called by what the attribute makes.
    fn has_no_attribute_that_calls(&self, f: FnId) -> bool {
        const KNOWN: [&str; 8] =
            ["inline", "must_use", "cold", "track_caller", "instrument", "async_recursion", "doc", "rustfmt"];
        let is_harmless =
            |attr: &Attr| leaves_callable(attr) || attr.path.last().is_some_and(|name| KNOWN.contains(&name.as_str()));
        self.world().item_of_fn(f).attrs.list.iter().all(is_harmless)
    }

    /// A function that is called where its name is and nowhere else: it implements nobody else's trait, and no attribute of its impl
    /// makes it a handler of something.
    fn is_called_by_name(&self, f: FnId) -> bool {
        let world = self.world();
        let kind = world.input(f.krate).kind;
        let impl_is_known = match world.func(f).container {
            Container::Impl(imp) => world.item_of_impl(imp).is_some_and(|item| {
                let has_trait = matches!(&item.kind, ItemKind::Impl(data) if data.trait_ref.is_some());
                item.attrs.list.iter().all(leaves_callable)
                    && (!has_trait || world.impl_header(imp).trait_ref.is_some())
            }),
            Container::Trait(_) | Container::Module => true,
        };
        matches!(kind, TargetKind::Bin | TargetKind::Lib) && impl_is_known
    }
}
