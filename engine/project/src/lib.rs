//! Finds out what there is to read: packages, targets, editions, features, cfg and source files.
//!
//! This is the only crate that reads the disk or starts cargo. Given
//!
//! ```toml
//! [workspace]
//! members = ["crates/*"]
//! ```
//!
//! [`discover`] answers with the member packages, their targets (`src/lib.rs`, `src/bin/tool.rs`, `tests/api.rs`), the packages
//! they depend on under the names that code uses for them, and one line for everything that could not be known.
//!
//! It asks `cargo metadata` when it can, and reads the manifests itself when it cannot.

mod cache;
mod cargo;
mod cfg;
mod config;
mod discover;
mod downloaded;
mod error;
mod link;
mod lock;
mod loose;
mod manifest;
mod metadata;
mod model;
mod out_dir;
mod prefetch;
mod read;
mod request;
mod select;
mod settings;
mod spec;
mod system;
mod targets;
mod test_support;
mod workspace;

pub use cache::{
    Cache, CacheSize, Key, MAX_CACHE_BYTES, Pack, Remembering, Stamp, Traces, age, cache_size, clean_cache,
    environment, is_delivered, prune_cache, user_cache_dir,
};
pub use discover::{discover, discover_with, source_guess};
pub use error::ProjectError;
pub use loose::{LooseFiles, walk_sources};
pub use model::*;
pub use out_dir::generated;
pub use prefetch::{SourceEntry, prefetch_list};
pub use read::{MAX_SOURCE_BYTES, ReadError, ReadErrorKind, decode_source, read_source, read_stdin};
pub use request::{FeatureSelection, Named, Request, TargetSelection};
pub use settings::{SettingsFile, SettingsSource, SettingsText};
pub use system::{Call, CallOutput, RealSystem, System};
