//! The lints. One lint is one `.rs` with a static value and a function, and one `.md` with its page.
//!
//! A lint asks questions of facts (`toecap_sema`) and makes findings; it does not walk syntax, know formats or read files.

mod report;

mod blocking {
    pub(crate) mod blocking_call_in_async;
    pub(crate) mod brief_blocking_in_async;
    pub(crate) mod cpu_heavy_in_async;
}
mod cancellation {
    pub(crate) mod broken_cancel_promise;
    pub(crate) mod cancel_unsafe_in_select;
    pub(crate) mod write_cut_by_timeout;
}
mod correctness {
    pub(crate) mod unawaited_future;
}
mod locks {
    pub(crate) mod sync_guard_across_await;
}

use toecap_finding::{Finding, Lint};
use toecap_sema::{Analysis, TypedBody};

/// A lint and how it looks at one body.
struct Pass {
    lint: &'static Lint,
    check: fn(&Analysis<'_>, &TypedBody) -> Vec<Finding>,
}

const PASSES: [Pass; 8] = [
    Pass { lint: &blocking::blocking_call_in_async::LINT, check: blocking::blocking_call_in_async::check },
    Pass { lint: &blocking::brief_blocking_in_async::LINT, check: blocking::brief_blocking_in_async::check },
    Pass { lint: &cancellation::broken_cancel_promise::LINT, check: cancellation::broken_cancel_promise::check },
    Pass { lint: &cancellation::cancel_unsafe_in_select::LINT, check: cancellation::cancel_unsafe_in_select::check },
    Pass { lint: &blocking::cpu_heavy_in_async::LINT, check: blocking::cpu_heavy_in_async::check },
    Pass { lint: &locks::sync_guard_across_await::LINT, check: locks::sync_guard_across_await::check },
    Pass { lint: &correctness::unawaited_future::LINT, check: correctness::unawaited_future::check },
    Pass { lint: &cancellation::write_cut_by_timeout::LINT, check: cancellation::write_cut_by_timeout::check },
];

/// All lints, by name.
pub static ALL: [&Lint; PASSES.len()] = {
    let mut all = [PASSES[0].lint; PASSES.len()];
    let mut i = 0;
    while i < PASSES.len() {
        all[i] = PASSES[i].lint;
        i += 1;
    }
    all
};

/// Runs every lint on every body that is to be looked at; what they find, with the number of the body. The order is that of
/// bodies and lints.
pub fn run(analysis: &Analysis<'_>) -> Vec<(usize, Finding)> {
    analysis.per_body(|body| PASSES.iter().flat_map(|pass| (pass.check)(analysis, body)).collect())
}
