//! What a piece of the analysis asks of other bodies, and of the whole program.
//!
//! ```text
//! watch(|| lints(a))      ─▶ what they found, and that it depends on the bodies of b and c and on whether anything spawns
//! ```
//! Whoever answers such a question says so ([`read`]); whoever answers it from memory says of whom the memory is, whose own
//! questions are known too. So a change can be followed to everything that it may matter to.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use crate::{BodyOwner, CrateId, FnId};

/// Something that is asked for and may be different in the next run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Asked {
    /// A body, or anything that is known of a function by its body.
    Body(BodyOwner),
    /// Does code of a crate do several things at once?
    Concurrent(CrateId),
    /// Does a program that the crate belongs to serve others?
    Serves(CrateId),
    /// Is a function of a dependency looked into?
    Followed(FnId),
    /// Does it run in turn in a program's first task?
    Begins(FnId),
    /// Does it start a task itself?
    Spawns(FnId),
    /// Which bodies call it?
    Callers(FnId),
}

impl Asked {
    /// It is about what was there in an earlier run, and is not any more.
    pub(crate) fn is_gone(self) -> bool {
        match self {
            Asked::Body(owner) => owner.is_gone(),
            Asked::Concurrent(_) | Asked::Serves(_) => false,
            Asked::Followed(f) | Asked::Begins(f) | Asked::Spawns(f) | Asked::Callers(f) => f.is_gone(),
        }
    }
}

thread_local! {
    static WATCHED: RefCell<Vec<FxHashSet<Asked>>> = const { RefCell::new(Vec::new()) };
}

/// Says that the answer to `asked` was used by who is watched on this thread.
pub(crate) fn read(asked: Asked) {
    WATCHED.with_borrow_mut(|watched| {
        if let Some(innermost) = watched.last_mut() {
            innermost.insert(asked);
        }
    });
}

/// What `work` gives and what it asked, sorted; what is watched inside of it is left to who watches there.
pub(crate) fn watch<T>(work: impl FnOnce() -> T) -> (T, Vec<Asked>) {
    WATCHED.with_borrow_mut(|watched| watched.push(FxHashSet::default()));
    let done = catch_unwind(AssertUnwindSafe(work));
    let asked = WATCHED.with_borrow_mut(Vec::pop).unwrap_or_default();
    match done {
        Ok(done) => {
            let mut asked: Vec<Asked> = asked.into_iter().collect();
            asked.sort_unstable();
            (done, asked)
        }
        Err(panic) => resume_unwind(panic),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "tests")]
    use super::*;

    fn asked(index: u32) -> Asked {
        Asked::Body(BodyOwner::Fn(FnId { krate: CrateId(0), index }))
    }

    #[test]
    fn everybody_knows_their_own_questions() {
        let ((inner, ()), outer) = watch(|| {
            read(asked(2));
            let ((), inner) = watch(|| read(asked(3)));
            read(asked(1));
            read(asked(2));
            (inner, ())
        });
        assert_eq!((inner, outer), (vec![asked(3)], vec![asked(1), asked(2)]));
        read(asked(4));
        assert_eq!(watch(|| {}).1, Vec::new());
    }

    #[test]
    fn a_panic_leaves_nothing_behind() {
        let ((), outer) = watch(|| {
            let died = catch_unwind(|| watch(|| panic!("on purpose")));
            assert!(died.is_err());
            read(asked(1));
        });
        assert_eq!(outer, vec![asked(1)]);
    }
}
