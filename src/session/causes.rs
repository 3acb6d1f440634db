//! Findings by what causes them: what a function of the workspace does is told once, with all the places that lead to it.
//!
//! ```text
//! src/net.rs:18  log(..)  ─┐
//! src/net.rs:40  log(..)  ─┼─▶ `log` opens a file at src/log.rs:7: one message with three places
//! src/api.rs:9   note(..) ─┘
//! ```

use rustc_hash::FxHashMap;
use toecap_finding::{Level, Topic};
use toecap_ir::Location;

use super::report::{Report, Settled};

/// What is printed as one message.
#[derive(Debug)]
pub struct Cause<'r> {
    /// The finding whose place is first.
    pub first: &'r Settled,
    /// The places of the others, in order of path and place.
    pub others: Vec<Location>,
}

/// What findings have in common that have one cause.
type Key = (&'static str, Level, Location);

impl Report {
    /// The findings by their causes, in the order of the first place of each.
    pub fn causes(&self) -> Vec<Cause<'_>> {
        let mut causes: Vec<Cause<'_>> = Vec::new();
        let mut known: FxHashMap<Key, usize> = FxHashMap::default();
        for settled in &self.findings {
            let key = self.cause_of(settled);
            match key.and_then(|key| known.get(&key)) {
                Some(at) => causes[*at].others.push(settled.finding.primary),
                None => {
                    known.extend(key.map(|key| (key, causes.len())));
                    causes.push(Cause { first: settled, others: Vec::new() });
                }
            }
        }
        causes
    }

    /// The last place in the workspace on the way from a blocking call to what blocks; none where the finding stands alone.
    fn cause_of(&self, settled: &Settled) -> Option<Key> {
        let finding = &settled.finding;
        let stands_alone =
            finding.lint.topic != Topic::Blocking || !finding.labels.is_empty() || !finding.fixes.is_empty();
        let mut places = finding.notes.iter().filter_map(|note| note.at);
        let last = places.rfind(|at| self.files.is_analysed(at.file)).filter(|_| !stands_alone)?;
        Some((finding.lint.name, settled.level, last))
    }
}
