//! The built-in data: a table per crate, parsed when first asked for.
//!
//! ```text
//! use futures::future::select;   // `futures` is a facade: `fact` finds the row of `futures_util::future::select`
//! ```

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::fact::{
    Alias, Blocking, Cancel, Complete, Eager, Ending, Fact, Guard, InMemory, Point, Ready, Spawn, Take, Timer,
};
use crate::row::{HEADER, Row, RowError};
use crate::{FactPath, Text};

/// All facts of one crate, sorted by path as it is written.
#[derive(Debug, Default, Clone)]
pub struct CrateFacts {
    /// One entry per path.
    pub entries: Vec<Entry>,
    /// Whether a row of topic `complete` stands for the whole crate.
    pub complete: bool,
}

impl CrateFacts {
    /// The facts of a public path of this crate.
    pub fn get(&self, path: &str) -> Option<&Facts> {
        let at = self.entries.binary_search_by(|entry| entry.text.as_ref().cmp(path)).ok()?;
        Some(&self.entries[at].facts)
    }
}

/// A path and what is known of it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The public path as it is written.
    pub text: Text,
    /// The same, taken apart.
    pub path: FactPath,
    /// One fact per topic.
    pub facts: Facts,
}

/// What is known of one path: at most one fact per topic.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Each with its source.
    rows: Vec<(Fact, Text)>,
}

macro_rules! topics {
    ($($(#[$meta:meta])* $name:ident: $variant:ident($ty:ty)),+ $(,)?) => {
        $($(#[$meta])*
        pub fn $name(&self) -> Option<&$ty> {
            self.all().find_map(|fact| if let Fact::$variant(fact) = fact { Some(fact) } else { None })
        })+
    };
}

impl Facts {
    topics! {
        /// Blocks or burns when called.
        blocking: Blocking(Blocking),
        /// What a drop before the end loses.
        cancel: Cancel(Cancel),
        /// Drops futures of others.
        point: Point(Point),
        /// Is a guard.
        guard: Guard(Guard),
        /// Has work done elsewhere.
        spawn: Spawn(Spawn),
        /// Waits for time only.
        timer: Timer(Timer),
        /// Runs without being polled.
        eager: Eager(Eager),
        /// Gives a place up.
        ending: Ending(Ending),
        /// Never suspends.
        ready: Ready(Ready),
        /// Reads and writes memory only.
        memory: Memory(InMemory),
        /// Moves something once it is done.
        take: Take(Take),
        /// Has no blocking beyond its rows.
        complete: Complete(Complete),
        /// Stands for another path.
        alias: Alias(Alias),
    }

    /// All facts, in the order of their topics' names.
    pub fn all(&self) -> impl Iterator<Item = &Fact> {
        self.rows.iter().map(|(fact, _)| fact)
    }

    /// All facts with where they come from.
    pub fn with_sources(&self) -> impl Iterator<Item = (&Fact, &str)> {
        self.rows.iter().map(|(fact, source)| (fact, source.as_ref()))
    }

    /// Adds a fact, in place of an earlier one of the same topic.
    pub(crate) fn set(&mut self, fact: Fact, source: Text) {
        self.rows.retain(|(known, _)| known.topic() != fact.topic());
        self.rows.push((fact, source));
        self.rows.sort_by_key(|(fact, _)| fact.topic().as_str());
    }
}

pub(crate) struct CrateFile {
    name: &'static str,
    text: &'static str,
    table: OnceLock<CrateFacts>,
}

impl CrateFile {
    const fn new(name: &'static str, text: &'static str) -> CrateFile {
        CrateFile { name, text, table: OnceLock::new() }
    }

    fn lines(&self) -> impl Iterator<Item = &'static str> {
        self.text.strip_prefix(HEADER).unwrap_or_default().lines().filter(|line| !line.is_empty())
    }

    /// Every row, those that do not parse as their error.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Result<Row, RowError>> {
        self.lines().map(Row::parse)
    }

    fn parse(&self) -> CrateFacts {
        let mut table = CrateFacts::default();
        // The tests refuse rows that do not parse; should one slip through, the others still count.
        for row in self.rows().flatten() {
            table.complete |= matches!(row.fact, Fact::Complete(_)) && row.text == self.name;
            match table.entries.last_mut() {
                Some(entry) if entry.text == row.text => entry.facts.rows.push((row.fact, row.source)),
                _ => {
                    let facts = Facts { rows: vec![(row.fact, row.source)] };
                    table.entries.push(Entry { text: row.text, path: row.path, facts });
                }
            }
        }
        table
    }
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));
static NOTHING: CrateFacts = CrateFacts { entries: Vec::new(), complete: false };

/// How many facades may lead to one another.
const ALIASES: usize = 4;

/// The crates that have a file, in order, with `_` for `-`.
pub fn crates() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|file| file.name)
}

/// The facts of a crate by its name (`-` or `_`); `core` and `alloc` are `std`. Nothing for a crate that has no file.
pub fn crate_facts(crate_name: &str) -> &'static CrateFacts {
    let name = match crate_name {
        "core" | "alloc" => Cow::Borrowed("std"),
        name if name.contains('-') => Cow::Owned(name.replace('-', "_")),
        name => Cow::Borrowed(name),
    };
    match FILES.binary_search_by(|file| file.name.cmp(&name)) {
        Ok(at) => FILES[at].table.get_or_init(|| FILES[at].parse()),
        Err(_) => &NOTHING,
    }
}

/// The facts of a public path as it is written in the data (`tokio::select!`, `<std::fs::File as std::io::Read>::read`), facades
/// such as `futures::` and the crates behind `std` seen through.
pub fn fact(path: &str) -> Option<&'static Facts> {
    let mut path = in_std(path);
    for _ in 0..ALIASES {
        let table = crate_facts(crate_of(&path));
        if let Some(facts) = table.get(&path)
            && facts.alias().is_none()
        {
            return Some(facts);
        }
        path = Cow::Owned(through_alias(table, &path)?);
    }
    None
}

pub(crate) fn crate_of(path: &str) -> &str {
    let path = path.strip_prefix('<').unwrap_or(path);
    path.split("::").next().unwrap_or(path)
}

/// `core::` and `alloc::` as `std::`, also behind `<` and ` as `.
pub(crate) fn in_std(path: &str) -> Cow<'_, str> {
    if !path.contains("core::") && !path.contains("alloc::") {
        return Cow::Borrowed(path);
    }
    let mut found = String::with_capacity(path.len());
    for (at, part) in path.split_inclusive(['<', ' ']).enumerate() {
        let begins = at == 0 || found.ends_with('<') || found.ends_with(" as ");
        let rest = part.strip_prefix("core::").or_else(|| part.strip_prefix("alloc::")).filter(|_| begins);
        match rest {
            Some(rest) => {
                found.push_str("std::");
                found.push_str(rest);
            }
            None => found.push_str(part),
        }
    }
    Cow::Owned(found)
}

/// The path with its longest aliased beginning replaced; the type's, for `<a as b>::c`.
fn through_alias(table: &CrateFacts, path: &str) -> Option<String> {
    let (open, path) = if let Some(path) = path.strip_prefix('<') { ("<", path) } else { ("", path) };
    let mut end = path.find(" as ").unwrap_or(path.len());
    loop {
        if let Some(alias) = table.get(&path[..end]).and_then(Facts::alias) {
            return Some(format!("{open}{}{}", alias.target, &path[end..]));
        }
        end = path[..end].rfind("::")?;
    }
}

#[cfg(test)]
pub(crate) fn files() -> &'static [CrateFile] {
    &FILES
}
#[cfg(test)]
impl CrateFile {
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }
    pub(crate) fn text(&self) -> &'static str {
        self.text
    }
}
