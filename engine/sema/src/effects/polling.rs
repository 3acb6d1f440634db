//! Functions that an executor runs though they are not async.
//!
//! ```text
//! fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<..>
//! fn start_send(self: Pin<&mut Self>, item: T) -> Result<..>               by whoever polls what is pinned
//! fn call(&mut self, request: R) -> Self::Future                           by a server, between two requests
//! ```

use crate::{Analysis, Container, FnId, Ty};

impl Analysis<'_> {
    /// Does an executor run the function where it polls something?
    pub(super) fn runs_when_polled(&self, f: FnId) -> bool {
        self.world().fn_item(f).receiver.is_some() && (self.is_poll(f) || self.is_pinned(f) || self.serves_request(f))
    }

    fn is_poll(&self, f: FnId) -> bool {
        let world = self.world();
        let name = world.func(f).name;
        name.as_str().starts_with("poll")
            && world.fn_sig(f).params.iter().any(|t| {
                t.peel_refs().as_adt().is_some_and(|(adt, _)| world.adt_path(adt) == "core::task::wake::Context")
            })
    }

    /// `Sink::start_send(self: Pin<&mut Self>, ..)`: whoever polls what is pinned calls such methods.
    fn is_pinned(&self, f: FnId) -> bool {
        let world = self.world();
        let Container::Impl(imp) = world.func(f).container else { return false };
        let is_pin = |ty: &Ty| ty.as_adt().is_some_and(|(adt, _)| world.lang().pin == Some(adt));
        world.fn_sig(f).receiver.as_ref().is_some_and(is_pin) && world.impl_header(imp).trait_ref.is_some()
    }

    /// `std::future::poll_fn`: what it makes calls the closure, where it is polled.
    pub(super) fn is_poll_fn(&self, f: FnId) -> bool {
        let world = self.world();
        let made = world.fn_sig(f).ret.as_adt().map(|(adt, _)| world.adt_path(adt));
        world.func(f).name.as_str() == "poll_fn" && made.is_some_and(|path| path.starts_with("core::future::"))
    }
}
