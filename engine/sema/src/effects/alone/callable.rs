//! Whether what the workspace shows of the calls of a function are all of them.

use toecap_ir::{Attr, ItemKind};

use crate::effects::threads::leaves_callable;
use crate::{Analysis, Container, FnId, TargetKind};

impl Analysis<'_> {
    /// `#[get("/")] async fn page()` is called by what the attribute makes.
    pub(super) fn has_no_attribute_that_calls(&self, f: FnId) -> bool {
        const KNOWN: [&str; 8] =
            ["inline", "must_use", "cold", "track_caller", "instrument", "async_recursion", "doc", "rustfmt"];
        let is_harmless =
            |attr: &Attr| leaves_callable(attr) || attr.path.last().is_some_and(|name| KNOWN.contains(&name.as_str()));
        self.world().item_of_fn(f).attrs.list.iter().all(is_harmless)
    }

    /// A function that is called where its name is and nowhere else: it implements nobody else's trait, and no attribute of its impl
    /// makes it a handler of something.
    pub(super) fn is_called_by_name(&self, f: FnId) -> bool {
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
