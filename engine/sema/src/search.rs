//! Lookups that are under way, so that cyclic imports end, and end soon.
//!
//! ```text
//! mod a { pub use super::*; }   mod b { pub use super::*; }   pub use a::*; pub use b::*;
//! ```
//! A lookup that meets itself finds nothing there. What is found nowhere on a cycle is settled when the first lookup of the
//! cycle ends (Tarjan's components); until then every miss is remembered, or each way through the cycle would be walked.

use rustc_hash::FxHashMap;
use toecap_ir::Name;

use crate::{ModuleId, Ns};

/// A name that is looked up in a module.
pub(crate) type Key = (ModuleId, Name, Ns);

/// The lookups that are under way, outermost first, and the misses that depend on them.
#[derive(Default)]
pub(crate) struct Search {
    frames: Vec<Frame>,
    /// Misses that hold as long as the frame of this index finds nothing.
    pending: FxHashMap<Key, usize>,
    /// The keys of `pending` in the order of their coming.
    log: Vec<Key>,
    /// A lookup was given up for depth: nothing but the outermost may be settled.
    gave_up: bool,
}

struct Frame {
    key: Key,
    /// The outermost frame that this one's miss depends on.
    low: usize,
    /// Length of the log when it began.
    start: usize,
}

impl Search {
    const DEEPEST: usize = 200;

    /// Begins a lookup; false where it must count as a miss for now.
    pub(crate) fn enter(&mut self, key: Key) -> bool {
        let cycle = self.frames.iter().position(|f| f.key == key);
        if let Some(low) = cycle.or_else(|| self.pending.get(&key).copied()) {
            self.depend_on(low);
            return false;
        }
        if self.frames.len() > Self::DEEPEST {
            self.gave_up = true;
            self.depend_on(0);
            return false;
        }
        self.frames.push(Frame { key, low: usize::MAX, start: self.log.len() });
        true
    }

    /// Ends the innermost lookup. Returns the keys that are now known to mean nothing.
    pub(crate) fn leave(&mut self, found: bool) -> Vec<Key> {
        let Some(frame) = self.frames.pop() else { return Vec::new() };
        let index = self.frames.len();
        if found || index == 0 && self.gave_up {
            self.gave_up &= index > 0;
            self.forget(frame.start);
            return if found { Vec::new() } else { vec![frame.key] };
        }
        if frame.low < index {
            for key in &self.log[frame.start..] {
                if let Some(low) = self.pending.get_mut(key) {
                    *low = frame.low.min(*low);
                }
            }
            self.pending.insert(frame.key, frame.low);
            self.log.push(frame.key);
            self.depend_on(frame.low);
            return Vec::new();
        }
        let mut settled = self.forget(frame.start);
        settled.push(frame.key);
        settled
    }

    /// How many lookups are under way.
    pub(crate) fn depth(&self) -> usize {
        self.frames.len()
    }

    fn depend_on(&mut self, low: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.low = frame.low.min(low);
        }
    }

    fn forget(&mut self, start: usize) -> Vec<Key> {
        let gone = self.log.split_off(start);
        gone.iter().for_each(|key| {
            self.pending.remove(key);
        });
        gone
    }
}
