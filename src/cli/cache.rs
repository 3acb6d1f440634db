//! `toecap cache dir|size|clean|prune`, and where the cache of a run is.

use std::io;
use std::path::{Path, PathBuf};

use toecap_project::{CacheSize, MAX_CACHE_BYTES, RealSystem, cache_size, clean_cache, prune_cache, user_cache_dir};

use super::options::{CacheAction, CacheArgs};
use super::{Exit, color, output};
use crate::session::cache_fingerprint;

pub(super) fn cache(action: CacheAction, dir: Option<&Path>) -> Exit {
    let err_color = color::wanted(None, &io::stderr());
    let Some(dir) = dir.map(Path::to_owned).or_else(|| user_cache_dir(&RealSystem)) else {
        return output::fail("there is no folder for a cache", Some("name one with `--cache-dir`"), err_color);
    };
    let deleted = match action {
        CacheAction::Dir => return output::print(&format!("{}\n", dir.display())),
        CacheAction::Size => return output::print(&format!("{}\n", text(cache_size(&dir)))),
        CacheAction::Clean => clean_cache(&dir),
        CacheAction::Prune => prune_cache(&dir, cache_fingerprint(), MAX_CACHE_BYTES),
    };
    match deleted {
        Ok(size) => output::print(&format!("deleted {}\n", text(size))),
        Err(error) => output::fail(&format!("couldn't clear `{}`: {error}", dir.display()), None, err_color),
    }
}

impl CacheArgs {
    /// The cache of a run; none when it shall have none, or there is no place for one.
    pub(super) fn dir(&self) -> Option<PathBuf> {
        if self.no_cache {
            return None;
        }
        self.cache_dir.clone().or_else(|| user_cache_dir(&RealSystem))
    }
}

fn text(size: CacheSize) -> String {
    let files = if size.files == 1 { "1 file".to_owned() } else { format!("{} files", size.files) };
    format!("{files}, {:.1} MB", size.bytes as f64 / 1e6)
}
