//! What one body has to say of start-up code.

use std::ops::Deref;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::effects::turns::Need;
use crate::{AdtId, CrateId, FnId};

/// What one body has to say of that: of functions of the workspace alone, for nobody asks about others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlonePart {
    pub(in crate::effects) owner: Option<FnId>,
    pub(in crate::effects) calls: Box<[FnId]>,
    /// Most bodies have nothing of it.
    pub(in crate::effects) rest: Option<Box<AloneRest>>,
}

/// The rest of an [`AlonePart`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AloneRest {
    /// Of the calls those that are not in turn.
    pub(in crate::effects) aside: Box<[FnId]>,
    /// Those that are in turn but for the loop around them, which is told what to do.
    pub(in crate::effects) told: Box<[FnId]>,
    /// Those that only code calls which is not async, and drives them itself.
    pub(in crate::effects) entered: Box<[FnId]>,
    /// Those that are only called on threads that were made for them.
    pub(in crate::effects) threaded: Box<[FnId]>,
    /// Functions that are called, or named, where they may run more often than the body does.
    pub(in crate::effects) again: Box<[FnId]>,
    /// Those that are only called where a cell is filled that stays full.
    pub(in crate::effects) once: Box<[FnId]>,
    /// The types of which it makes values, and whether more often than it runs.
    pub(in crate::effects) makes: Box<[(AdtId, bool)]>,
    /// The type whose values it consumes, for somebody who is not in the workspace.
    pub(in crate::effects) consumes: Option<AdtId>,
    /// Those that are called in turn if other bodies do what it takes.
    pub(in crate::effects) perhaps: Box<[(FnId, Vec<Need>)]>,
    /// The parameters that are run in turn, and what that takes.
    pub(in crate::effects) params: Box<[(u32, Vec<Need>)]>,
    /// The parameters of others for which the body gives a future of the workspace.
    pub(in crate::effects) given: Box<[(FnId, u32)]>,
    /// Functions that are named and not called.
    pub(in crate::effects) taken: Box<[FnId]>,
    /// Functions that go into a value, which the program calls where it gets to it, unless it serves: then it may be a handler.
    pub(in crate::effects) stored: Box<[FnId]>,
    pub(in crate::effects) spawns: bool,
    /// It gives a future to somebody who may start a task with it.
    pub(in crate::effects) hands_over: bool,
    /// The crate, where the body serves.
    pub(in crate::effects) serves: Option<CrateId>,
    /// The crate, where the body joins or races futures.
    pub(in crate::effects) races: Option<CrateId>,
    /// What a test calls or names of the workspace; nothing else is known of tests.
    pub(in crate::effects) tested: Box<[FnId]>,
    /// The crate, where the body works on files without waiting for them: `tokio::fs::read(path).await`.
    pub(in crate::effects) async_files: Option<CrateId>,
    /// The crate, where the body makes an executor with one thread.
    pub(in crate::effects) one_thread: Option<CrateId>,
    /// The crate, where it makes one with more.
    pub(in crate::effects) more_threads: Option<CrateId>,
}

impl Deref for AlonePart {
    type Target = AloneRest;
    fn deref(&self) -> &AloneRest {
        static NOTHING: LazyLock<AloneRest> = LazyLock::new(AloneRest::default);
        self.rest.as_deref().unwrap_or(&NOTHING)
    }
}

impl AlonePart {
    pub(super) fn perhaps(&self) -> impl Iterator<Item = (FnId, FnId, &[Need])> {
        let owner = self.owner;
        self.perhaps.iter().filter_map(move |(f, needs)| Some((owner?, *f, needs.as_slice())))
    }
}
