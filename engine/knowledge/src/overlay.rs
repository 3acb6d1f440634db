//! Facts that a user adds, next to the built-in ones.
//!
//! ```toml
//! [[knowledge.fn]]
//! path = "legacy::Db::query"
//! blocks = "io"
//! ```

use std::collections::BTreeMap;

use crate::fact::{BlockKind, Blocking, Cancel, Cost, Fact, OnDrop, Panics, Spawn, SpawnKind};
use crate::row::{RowError, word};
use crate::table::{crate_of, in_std};
use crate::{CrateFacts, Entry, FactPath, Facts, Text, crate_facts, fact};

/// What a user says of one path; what is `None` is not said.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// The public path, spelled as in the data files.
    pub path: String,
    /// A word of [`BlockKind`]; `cpu` means CPU-heavy, the others that it always blocks unless `cost` says otherwise.
    pub blocks: Option<String>,
    /// A word of [`Cost`].
    pub cost: Option<String>,
    /// Whether it panics on a thread of a runtime.
    pub panics_in_runtime: bool,
    /// What to call instead.
    pub instead: Option<String>,
    /// Why it blocks or what is lost, for messages.
    pub why: Option<String>,
    /// A word of [`crate::Verdict`].
    pub cancel: Option<String>,
    /// Whether what it takes runs away from the executor.
    pub offloads: Option<Offloads>,
    /// Where the fact was written, for `toecap facts`.
    pub source: String,
}

/// What a user says of closures and futures given to an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offloads {
    /// Closures may block: they run on a thread made for it.
    Blocking,
    /// Futures run as tasks of an executor.
    Task,
}

/// Facts of users, by crate, while they are gathered.
#[derive(Debug, Default, Clone)]
pub struct Overlay {
    crates: BTreeMap<String, CrateFacts>,
}

impl Overlay {
    /// Adds what a row says and returns its path as it is compared; a later row about the same path and topic wins.
    ///
    /// # Errors
    /// When the path is none, a word is not one of those that may stand there, or the row says nothing.
    pub fn add(&mut self, row: &UserRow) -> Result<String, RowError> {
        let facts = facts_of(row)?;
        let path = FactPath::parse_owned(&in_std(&row.path)).map_err(RowError::Path)?;
        let text = path.to_string();
        let table = self.crates.entry(path.crate_name().to_owned()).or_default();
        let at = match table.entries.binary_search_by(|entry| entry.text.as_ref().cmp(text.as_str())) {
            Ok(at) => at,
            Err(at) => {
                let facts = Facts::default();
                table.entries.insert(at, Entry { text: Text::Owned(text.clone()), path, facts });
                at
            }
        };
        for fact in facts {
            table.entries[at].facts.set(fact, Text::Owned(row.source.clone()));
        }
        Ok(text)
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.crates.is_empty()
    }
}

/// Everything known: users' facts before the built-in ones.
#[derive(Debug, Default, Clone)]
pub struct Knowledge {
    /// Crates of which users know something, merged with what is built in. They are kept as long as the process lives, as the
    /// built-in data is, so that facts can be passed around by reference.
    added: BTreeMap<String, &'static CrateFacts>,
    /// Users' rows alone, in order.
    users: Vec<Entry>,
}

impl Knowledge {
    /// What is built in, and what users add to it.
    pub fn new(overlay: Overlay) -> Knowledge {
        let users = overlay.crates.values().flat_map(|table| &table.entries).cloned();
        Knowledge {
            users: users.collect(),
            added: overlay.crates.into_iter().map(|(name, added)| (name.clone(), merged(&name, added))).collect(),
        }
    }

    /// The facts of a crate by its name (`-` or `_`); `core` and `alloc` are `std`. Where both know a path, users' topics replace
    /// the built-in ones.
    pub fn crate_facts(&self, crate_name: &str) -> &'static CrateFacts {
        let name = if matches!(crate_name, "core" | "alloc") { "std" } else { crate_name };
        let added = self.added.get(name).or_else(|| self.added.get(&name.replace('-', "_")));
        added.copied().unwrap_or_else(|| crate_facts(name))
    }

    /// The facts of a public path.
    pub fn fact(&self, path: &str) -> Option<&'static Facts> {
        let written = in_std(path);
        let added = self.added.get(crate_of(&written)).and_then(|table| table.get(&written));
        added.or_else(|| fact(path))
    }

    /// The crates that users know something of, in order.
    pub fn users_crates(&self) -> impl Iterator<Item = &str> {
        self.added.keys().map(String::as_str)
    }

    /// Users' rows alone, by crate and path.
    pub fn users_entries(&self) -> &[Entry] {
        &self.users
    }
}

fn merged(name: &str, added: CrateFacts) -> &'static CrateFacts {
    let known = crate_facts(name);
    let mut merged = CrateFacts { entries: known.entries.clone(), complete: known.complete };
    for entry in added.entries {
        match merged.entries.binary_search_by(|known| known.text.cmp(&entry.text)) {
            Ok(at) => replace(&mut merged.entries[at].facts, &entry.facts),
            Err(at) => merged.entries.insert(at, entry),
        }
    }
    Box::leak(Box::new(merged))
}

fn replace(facts: &mut Facts, added: &Facts) {
    for (fact, source) in added.with_sources() {
        facts.set(fact.clone(), Text::Owned(source.to_owned()));
    }
}

fn facts_of(row: &UserRow) -> Result<Vec<Fact>, RowError> {
    let mut facts = Vec::new();
    if row.blocks.is_some() || row.cost.is_some() {
        facts.push(Fact::Blocking(blocking(row)?));
    }
    if let Some(verdict) = &row.cancel {
        let lost = row.why.clone().unwrap_or_else(|| "what it was doing".to_owned());
        facts.push(Fact::Cancel(Cancel { verdict: word("cancel", verdict)?, lost: Text::Owned(lost) }));
    }
    if let Some(offloads) = row.offloads {
        facts.push(Fact::Spawn(spawn(offloads)));
    }
    if facts.is_empty() { Err(RowError::Cell { column: "blocks, cancel or offloads" }) } else { Ok(facts) }
}

fn blocking(row: &UserRow) -> Result<Blocking, RowError> {
    let kind = match &row.blocks {
        Some(kind) => word("blocks", kind)?,
        None => return Err(RowError::Cell { column: "blocks" }),
    };
    let cost = match (&row.cost, kind) {
        (Some(cost), _) => word("cost", cost)?,
        (None, BlockKind::Cpu) => Cost::CpuHeavy,
        (None, _) => Cost::AlwaysBlocks,
    };
    Ok(Blocking {
        kind,
        cost,
        panics: if row.panics_in_runtime { Panics::InRuntime } else { Panics::Never },
        heavy_from: None,
        alternative: Text::Owned(row.instead.clone().unwrap_or_default()),
        why: Text::Owned(row.why.clone().unwrap_or_else(|| "configured as blocking".to_owned())),
    })
}

fn spawn(offloads: Offloads) -> Spawn {
    let (kind, blocking_ok_inside) = match offloads {
        Offloads::Blocking => (SpawnKind::BlockingClosure, true),
        Offloads::Task => (SpawnKind::AsyncTask, false),
    };
    let on_drop_text = Text::Borrowed("detach");
    Spawn { kind, blocking_ok_inside, on_drop: OnDrop::Detach, on_drop_text, note: Text::Borrowed("configured") }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::Verdict;

    fn row(path: &str) -> UserRow {
        UserRow { path: path.to_owned(), source: "toecap.toml".to_owned(), ..UserRow::default() }
    }

    #[test]
    fn a_row_of_a_new_crate() {
        let mut overlay = Overlay::default();
        overlay.add(&UserRow { blocks: Some("io".to_owned()), ..row("legacy::Db::query") }).unwrap();
        overlay.add(&UserRow { offloads: Some(Offloads::Blocking), ..row("legacy::off") }).unwrap();
        let knowledge = Knowledge::new(overlay);
        let query = knowledge.fact("legacy::Db::query").unwrap();
        assert_eq!(query.blocking().unwrap().cost, Cost::AlwaysBlocks);
        assert!(knowledge.fact("legacy::off").unwrap().spawn().unwrap().blocking_ok_inside);
        assert_eq!(knowledge.crate_facts("legacy").entries.len(), 2);
        assert_eq!(knowledge.fact("legacy::Db"), None);
    }

    #[test]
    fn a_row_replaces_one_topic_of_a_built_in_path() {
        let mut overlay = Overlay::default();
        overlay.add(&UserRow { cancel: Some("safe".to_owned()), ..row("tokio::task::spawn_blocking") }).unwrap();
        let knowledge = Knowledge::new(overlay);
        let facts = knowledge.fact("tokio::task::spawn_blocking").unwrap();
        assert_eq!(facts.cancel().unwrap().verdict, Verdict::Safe);
        assert!(facts.spawn().is_some(), "the other topics stay");
        let all = knowledge.crate_facts("tokio");
        assert_eq!(all.entries.len(), crate_facts("tokio").entries.len());
        assert!(all.complete, "what else is known of the crate stays");
        assert!(all.entries.iter().any(|entry| &entry.facts == facts));
        assert!(facts.with_sources().any(|(_, source)| source == "toecap.toml"));
    }

    #[test]
    fn refused_rows_say_why() {
        let mut overlay = Overlay::default();
        let error = overlay.add(&UserRow { blocks: Some("disk".to_owned()), ..row("a::b") }).unwrap_err();
        assert!(error.to_string().starts_with("blocks: `disk` is not one of `io`, `net`"), "{error}");
        assert!(overlay.add(&row("a::b")).is_err(), "says nothing");
        let error = overlay.add(&UserRow { cancel: Some("safe".to_owned()), ..row("a b") }).unwrap_err();
        assert!(matches!(error, RowError::Path(_)));
        assert!(overlay.is_empty());
    }
}
