//! Single-task programs, and other questions of lints about who waits for whom.

use toecap_ir::{ExprId, Span, Visibility};

use super::exec::{Executed, Executor};
use super::summary::{Summary, callee_span};
use crate::walk::reached;
use crate::{Analysis, Container, CrateId, FnCallee, FnId, TargetKind, TypedBody};

impl Analysis<'_> {
    /// What one call of a body does.
    pub fn effect_of(&self, body: &TypedBody, call: &Executed, callee: &FnCallee) -> Summary {
        self.call_effect(body, call, callee, &|f| self.summary(f))
    }

    /// The name of what a call calls.
    pub fn callee_span(&self, body: &TypedBody, call: ExprId) -> Span {
        callee_span(&body.types.body, call)
    }

    /// `fn call(&mut self, request) -> Self::Future` of a service: a server calls it between two requests, in its own task, before the
    /// future that it makes is polled.
    pub(super) fn serves_request(&self, f: FnId) -> bool {
        let world = self.world();
        let Container::Impl(imp) = world.func(f).container else { return false };
        if world.func(f).name.as_str() != "call" {
            return false;
        }
        let Some((tr, _)) = world.impl_header(imp).trait_ref else { return false };
        let path = world.trait_path(tr);
        let of_server = ["tower_service::", "hyper::service::", "actix_service::"].iter().any(|c| path.starts_with(c));
        of_server && path.ends_with("::Service")
    }

    /// Does a question to who sits at the terminal delay nobody else? Its program serves no others, and it is asked once, not
    /// between awaits of a loop: `let name = Text::new("Name?").prompt()?`.
    pub fn asks_the_only_user(&self, executor: &Executor<'_>, call: &Executed) -> bool {
        let krate = self.crate_of(executor.body.owner);
        !call.loops.iter().any(|l| executor.gives_way(*l)) && !self.alone().serves(krate)
    }

    /// Code of a binary (or example, test) in which nothing runs beside the one task: nobody waits for it.
    pub fn is_single_task(&self, body: &TypedBody) -> bool {
        let krate = self.crate_of(body.owner);
        let input = self.world().input(krate);
        if input.kind == TargetKind::Lib && !self.is_program(krate) {
            return false;
        }
        // Concurrency in a library of the workspace that the program uses counts as the program's.
        !self.is_concurrent(krate)
            && !input.deps.iter().any(|(_, dep)| {
                let dep = CrateId(*dep as u32);
                self.world().is_own(dep) && self.is_concurrent(dep)
            })
    }

    /// Nobody outside of the workspace can call it: it is private, or its crate is a program, or there for programs only.
    pub(super) fn callers_are_known(&self, f: FnId) -> bool {
        self.is_closed(f, &|krate| self.is_program(krate) || self.is_for_programs(krate))
    }

    /// The same, or its library is one that a program of the workspace uses: how that calls it is how it is called, whoever else
    /// may get the library.
    pub(super) fn callers_are_shown(&self, f: FnId) -> bool {
        self.is_closed(f, &|krate| self.is_in_program(krate))
    }

    /// The same of what is in a crate, whoever calls it.
    pub(super) fn is_in_program(&self, krate: CrateId) -> bool {
        self.world().input(krate).kind != TargetKind::Lib || self.is_program(krate) || self.is_part_of_program(krate)
    }

    /// Does its package alone call it?
    pub(super) fn is_of_program(&self, f: FnId) -> bool {
        self.is_closed(f, &|krate| self.is_program(krate))
    }

    fn is_closed(&self, f: FnId, is_for_own: &dyn Fn(CrateId) -> bool) -> bool {
        let world = self.world();
        let tr = match world.func(f).container {
            Container::Impl(imp) => world.impl_header(imp).trait_ref.as_ref().map(|(tr, _)| *tr),
            Container::Trait(tr) => Some(tr),
            Container::Module => None,
        };
        let is_program = |krate| world.input(krate).kind != TargetKind::Lib || is_for_own(krate);
        match tr {
            // Whoever knows the trait may call it.
            Some(tr) => world.is_own(tr.krate) && is_program(tr.krate),
            None => is_program(f.krate) || !self.is_public(f),
        }
    }

    pub(super) fn is_public(&self, f: FnId) -> bool {
        matches!(self.world().item_of_fn(f).vis, Visibility::Public)
    }

    /// A library that is there for the binaries of its own package only.
    pub(super) fn is_program(&self, lib: CrateId) -> bool {
        self.programs.get_or(lib, || self.is_for_binaries(lib))
    }

    fn is_for_binaries(&self, lib: CrateId) -> bool {
        let world = self.world();
        let Some(folder) = world.input(lib).root.parent() else { return false };
        let users: Vec<_> = world
            .crate_ids()
            .filter(|user| world.uses(*user, lib))
            .map(|id| world.input(id))
            .filter(|user| matches!(user.kind, TargetKind::Lib | TargetKind::Bin))
            .collect();
        !users.is_empty() && users.iter().all(|u| u.kind == TargetKind::Bin && u.root.starts_with(folder))
    }

    /// A library that is there for programs of the workspace: it cannot be published, and some program uses it.
    pub(super) fn is_for_programs(&self, lib: CrateId) -> bool {
        !self.world().input(lib).may_be_published && self.is_part_of_program(lib)
    }

    /// A library that some program of the workspace uses.
    pub(super) fn is_part_of_program(&self, lib: CrateId) -> bool {
        self.parts_of_programs.get_or(lib, || self.is_used_by_program(lib))
    }

    fn is_used_by_program(&self, lib: CrateId) -> bool {
        let world = self.world();
        let own: Vec<_> = world.crate_ids().filter(|id| world.is_own(*id)).collect();
        let is_linked = |id: &CrateId| matches!(world.input(*id).kind, TargetKind::Lib | TargetKind::Bin);
        let users =
            reached(vec![lib], |used| own.iter().copied().filter(is_linked).filter(move |id| world.uses(*id, used)));
        users.iter().any(|id| world.input(*id).kind == TargetKind::Bin || world.input(*id).lacks_program)
    }
}
