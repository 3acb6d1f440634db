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

/// Lints that look at one body together.
struct Pass {
    lints: &'static [&'static Lint],
    check: fn(&Analysis<'_>, &TypedBody) -> Vec<Finding>,
}

const PASSES: [Pass; 7] = [
    Pass {
        lints: &[&blocking::blocking_call_in_async::LINT, &blocking::brief_blocking_in_async::LINT],
        check: blocking::blocking_call_in_async::check,
    },
    Pass { lints: &[&cancellation::broken_cancel_promise::LINT], check: cancellation::broken_cancel_promise::check },
    Pass {
        lints: &[&cancellation::cancel_unsafe_in_select::LINT],
        check: cancellation::cancel_unsafe_in_select::check,
    },
    Pass { lints: &[&blocking::cpu_heavy_in_async::LINT], check: blocking::cpu_heavy_in_async::check },
    Pass { lints: &[&locks::sync_guard_across_await::LINT], check: locks::sync_guard_across_await::check },
    Pass { lints: &[&correctness::unawaited_future::LINT], check: correctness::unawaited_future::check },
    Pass { lints: &[&cancellation::write_cut_by_timeout::LINT], check: cancellation::write_cut_by_timeout::check },
];

const COUNT: usize = {
    let (mut count, mut i) = (0, 0);
    while i < PASSES.len() {
        count += PASSES[i].lints.len();
        i += 1;
    }
    count
};

/// All lints, by name.
pub static ALL: [&Lint; COUNT] = {
    let mut all = [PASSES[0].lints[0]; COUNT];
    let (mut next, mut i) = (0, 0);
    while i < PASSES.len() {
        let mut j = 0;
        while j < PASSES[i].lints.len() {
            all[next] = PASSES[i].lints[j];
            (next, j) = (next + 1, j + 1);
        }
        i += 1;
    }
    all
};

/// Runs every lint on every body that is to be looked at; what they find, with the number of the body. The order is that of
/// bodies and lints.
pub fn run(analysis: &Analysis<'_>) -> Vec<(usize, Finding)> {
    analysis.per_body(|body| PASSES.iter().flat_map(|pass| (pass.check)(analysis, body)).collect())
}
