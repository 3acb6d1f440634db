//! The places where a function waits.

use serde::Serialize;
use toecap_sema::TypedBody;

use super::facts::{Cancel, Place, Places, verdict};

/// A place where a function waits.
#[derive(Debug, Serialize)]
pub(super) struct WaitFacts {
    #[serde(flatten)]
    pub(super) at: Place,
    /// What it waits for.
    pub(super) of: String,
    /// It may give the thread back there.
    pub(super) suspends: bool,
    /// What dropping the future there loses.
    pub(super) cancel: Cancel,
}

pub(super) fn waits(places: &Places<'_>, body: &TypedBody) -> Vec<WaitFacts> {
    let found = places.inspection.analysis.waits(body).into_iter();
    let facts = found.map(|wait| WaitFacts {
        at: places.of(body.at(wait.at)),
        of: wait.of,
        suspends: wait.suspends,
        cancel: verdict(places, wait.loses),
    });
    facts.collect()
}
