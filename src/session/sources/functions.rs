//! What is known of the functions of dependencies, in the cache: one entry for a package with its features, its dependencies, and all
//! else that what they do depends on.

use toecap_project::Cache;
use toecap_sema::{CrateInput, KnownFns};

pub(super) fn found(cache: &Cache, krate: &CrateInput, sum: u128) -> Option<KnownFns> {
    postcard::from_bytes(&cache.found(&name(krate, sum))?).ok()
}

pub(super) fn keep(cache: &Cache, krate: &CrateInput, sum: u128, fns: &KnownFns) {
    if let Ok(bytes) = postcard::to_allocvec(fns) {
        cache.keep(&name(krate, sum), &bytes);
    }
}

fn name(krate: &CrateInput, sum: u128) -> String {
    format!("functions {} {} {sum:032x}", env!("TOECAP_FINGERPRINT"), krate.root.display())
}
