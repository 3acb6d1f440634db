//! The executors that a program makes: how many threads they have, and what its futures do with files.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use toecap_ir::Attr;

use super::AlonePart;
use crate::{Analysis, CrateId, FnCallee, ModuleId, TargetKind};

impl Analysis<'_> {
    /// The crates of programs that run all tasks on one thread. What a library makes for itself is not what runs `main`.
    pub(super) fn crates_of_one_thread(&self, parts: &[Arc<AlonePart>]) -> FxHashSet<CrateId> {
        let making_one: FxHashSet<CrateId> = parts.iter().filter_map(|part| part.one_thread).collect();
        let making_more: FxHashSet<CrateId> = parts.iter().filter_map(|part| part.more_threads).collect();
        let is_program_of_one = |krate: &CrateId| {
            let is_program = self.world().input(*krate).kind == TargetKind::Bin;
            is_program && making_one.contains(krate) && !making_more.contains(krate)
        };
        let with_threads = self.programs_of(making_more.clone());
        let mut found = self.programs_of(making_one.clone());
        found.retain(|krate| is_program_of_one(krate) || !with_threads.contains(krate));
        found
    }

    /// Does a call make an executor with one thread, or use one of a crate that has no others?
    pub(super) fn makes_executor_of_one_thread(&self, callee: &FnCallee) -> bool {
        const CRATES: [&str; 2] = ["compio_runtime", "monoio"];
        let world = self.world();
        let is_on_it = || self.facts().of_callee(callee).is_some_and(|facts| facts.spawn().is_some());
        world.func(callee.f).name.as_str() == "new_current_thread"
            || CRATES.contains(&world.input(callee.f.krate).name.as_str()) && is_on_it()
    }

    /// `tokio::fs::read`, `async_fs::read`
    pub(super) fn is_of_async_files(&self, callee: &FnCallee) -> bool {
        let world = self.world();
        let krate = callee.f.krate;
        let is_of_files = || {
            let mut module = world.module(world.func(callee.f).module);
            loop {
                match module.parent {
                    Some(_) if module.name == "fs" => return true,
                    Some(index) => module = world.module(ModuleId { krate, index }),
                    None => return world.input(krate).name == "async_fs",
                }
            }
        };
        !world.is_own(krate) && self.is_async_like(callee.f) && is_of_files()
    }

    /// `Runtime::new()`, `Builder::new_multi_thread()` of tokio.
    pub(super) fn makes_executor_of_threads(&self, callee: &FnCallee) -> bool {
        let world = self.world();
        let is_of_tokio = || world.input(callee.f.krate).name == "tokio";
        match world.func(callee.f).name.as_str() {
            "new_multi_thread" => is_of_tokio(),
            "new" => is_of_tokio() && world.fn_path(callee.f).ends_with("::Runtime::new"),
            _ => false,
        }
    }
}

/// Does the attribute of `main` make an executor with a thread for each core?
pub(super) fn makes_threads(attr: &Attr) -> bool {
    matches!(&*attr.path, [krate, name] if krate == "tokio" && name == "main") && !attr.text.contains("current_thread")
}

/// Does the attribute of `main` make an executor with one thread?
pub(super) fn makes_one_thread(attr: &Attr) -> bool {
    const CRATES: [&str; 6] = ["actix_web", "actix_rt", "actix", "ntex", "monoio", "compio"];
    let is_entry = attr.path.last().is_some_and(|name| name == "main");
    let from = attr.path.first().filter(|_| attr.path.len() > 1);
    is_entry && (attr.text.contains("current_thread") || from.is_some_and(|name| CRATES.contains(&name.as_str())))
}
