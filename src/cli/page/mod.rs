//! Pages about functions: what they do to the thread that runs them, with the calls that show it.
//!
//! ```text
//! app::Db::put
//!   blocks    io: `std::fs::write`
//!               src/db.rs:12:9   save
//!   cancel    unsafe: a partial write
//! ```

mod calls;
mod facts;
mod find;
mod human;
mod waits;

use std::path::Path;

use super::options::FactsFormat;
use crate::session::{Files, Inspection};
use facts::FnFacts;
use find::Asked;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) format: FactsFormat,
    pub(super) color: bool,
}

/// Nothing is called so.
pub(super) struct Unknown {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// The pages of what was asked for; without a question one line for each function with an effect.
pub(super) fn pages(inspection: &Inspection<'_>, what: &[String], cwd: &Path, style: Style) -> Result<String, Unknown> {
    let files = Files::new(inspection.sources.texts());
    let mut wanted = Vec::new();
    let mut rows = String::new();
    for name in what {
        match (find::named(inspection, &files, name, cwd), toecap_knowledge::fact(name)) {
            (Ok(found), _) => wanted.extend(found),
            (Err(_), Some(facts)) => rows.push_str(&library(name, facts, style.format)),
            (Err(unknown), None) => return Err(unknown),
        }
    }
    let is_table = what.is_empty() || wanted.len() > 8;
    if what.is_empty() {
        wanted = find::all(inspection).into_iter().map(Asked::from).collect();
    }
    let runners = inspection.analysis.runners();
    let known = |asked| FnFacts::new(inspection, &files, &runners, asked);
    let facts = wanted.into_iter().map(known).filter(|facts| !what.is_empty() || facts.does_something());
    let text = match (style.format, is_table) {
        (FactsFormat::Json, _) => facts.map(|facts| facts.json()).collect(),
        (FactsFormat::Human, true) => human::table(&facts.collect::<Vec<_>>(), style.color),
        (FactsFormat::Human, false) => {
            facts.map(|facts| human::page(&facts, style.color)).collect::<Vec<_>>().join("\n")
        }
    };
    Ok(rows + &text)
}

/// What the knowledge data says of an API, with the source.
fn library(name: &str, facts: &toecap_knowledge::Facts, format: FactsFormat) -> String {
    let rows = facts.with_sources().map(|(fact, source)| (fact.topic().as_str(), fact.text(), source));
    match format {
        FactsFormat::Json => rows
            .map(|(topic, text, source)| {
                let row = serde_json::json!({ "function": name, "topic": topic, "what": text, "source": source });
                format!("{row}\n")
            })
            .collect(),
        FactsFormat::Human => {
            let lines = rows.map(|(topic, text, source)| format!("  {topic:<10} {text}\n             {source}\n"));
            format!("{name}\n{}", lines.collect::<String>())
        }
    }
}

/// A section "Cancel safety" for every public function that gives a future.
pub(super) fn cancel_safety(inspection: &Inspection<'_>, style: Style) -> String {
    let files = Files::new(inspection.sources.texts());
    let runners = inspection.analysis.runners();
    let wanted = find::public_futures(inspection).into_iter();
    let facts = wanted.map(|f| FnFacts::new(inspection, &files, &runners, f.into()));
    match style.format {
        FactsFormat::Json => facts.map(|facts| facts.json()).collect(),
        FactsFormat::Human => facts.map(|facts| human::section(&facts)).collect::<Vec<_>>().join("\n"),
    }
}
