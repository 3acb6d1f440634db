//! Selectors as they are kept: by name.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
use toecap_finding::Selector;

use super::super::engine::lints;

pub(super) fn serialize<S: Serializer>(selectors: &[Selector], serializer: S) -> Result<S::Ok, S::Error> {
    let names: Vec<&str> = selectors.iter().map(name).collect();
    names.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Selector>, D::Error> {
    let names: Vec<String> = Vec::deserialize(deserializer)?;
    names
        .iter()
        .map(|name| Selector::parse(name, lints()).map_err(|error| D::Error::custom(error.to_string())))
        .collect()
}

fn name(selector: &Selector) -> &'static str {
    match selector {
        Selector::Lint(lint) => lint.name,
        Selector::Kind(Some(group), _) => group.as_str(),
        Selector::Kind(None, Some(topic)) => topic.as_str(),
        // Nothing is selected by neither.
        Selector::Kind(None, None) | Selector::All => "all",
        Selector::Warnings => "warnings",
    }
}
