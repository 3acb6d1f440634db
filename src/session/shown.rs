//! What a run has shown, so that the next one shows it again when nothing is different.
//!
//! ```text
//! same tool, command line, folder, environment ─▶ the name of what was kept
//! same at every path that was looked at        ─▶ it holds: what is printed, to the letter
//! ```
//! Unlike [`super::replay`], which knows findings and lets everything else change, this knows nothing: no manifest is read.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use toecap_project::{Cache, RealSystem, Traces, environment};

use super::pipeline::cache_fingerprint;

/// What a run has shown.
#[derive(Debug, Serialize, Deserialize)]
pub struct Shown {
    /// On standard output.
    pub printed: Vec<u8>,
    /// What could not be known.
    pub notes: Vec<String>,
    /// The last line, before and after the time that it took.
    pub summary: (String, String),
    /// What it ended with.
    pub found_errors: bool,
    /// No file of the workspace could be read.
    pub read_nothing: bool,
}

/// Where what one command line shows is kept.
#[derive(Debug)]
pub struct ShownBefore {
    cache: Cache,
    name: String,
}

impl ShownBefore {
    /// For `command`, which says all that was asked for; below `cache_dir`.
    pub fn new(cache_dir: PathBuf, command: &str) -> ShownBefore {
        let cache = Cache::at(cache_dir, cache_fingerprint());
        let name = format!("shown {} {command} {:?}", env!("TOECAP_FINGERPRINT"), environment(&RealSystem));
        ShownBefore { cache, name }
    }

    /// What a run would show now, if that is known.
    pub fn recall(&self) -> Option<Shown> {
        let (traces, shown): (Traces, Shown) = postcard::from_bytes(&self.cache.found(&self.name)?).ok()?;
        traces.hold().then_some(shown)
    }

    /// Keeps what a run has shown that left these traces.
    pub fn keep(&self, traces: &Traces, shown: &Shown) {
        if let Ok(bytes) = postcard::to_allocvec(&(traces, shown)) {
            self.cache.keep(&self.name, &bytes);
        }
    }
}
