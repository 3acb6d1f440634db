//! Chores of this repository: `cargo xtask NAME`.
//!
//! ```text
//! cargo xtask new-lint TOPIC NAME      code, page and cases of a new lint, and its place in the lists
//! cargo xtask corpus [--fetch] [--unseen] DIR     run the release build on real crates, and hold it against hand-made verdicts
//! cargo xtask cancel-safety DIR..      computed verdicts beside what the documentation says, for docs/cancel-safety.md
//! cargo xtask bench DIR..              processor time of runs, beside parsing alone
//! cargo xtask bench scale [LINES..]    time and memory of made-up workspaces of growing size
//! cargo xtask bench instructions DIR   instructions for each byte of source, held against benches/instructions.txt
//! cargo xtask std [--sources DIR]      rebuild the bundled table of the standard library
//! ```
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

mod bench;
mod cancel_safety;
mod corpus;
mod new_lint;
mod std_table;

use std::path::Path;

use anyhow::bail;

const USAGE: &str = "usage: cargo xtask new-lint TOPIC NAME | corpus [--fetch] DIR | bench DIR..|scale|instructions | cancel-safety DIR.. | std [--sources DIR] [--text DIR]";

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("new-lint") => new_lint::run(args),
        Some("bench") => bench::run(args),
        Some("cancel-safety") => cancel_safety::run(args),
        Some("corpus") => corpus::run(args),
        Some("std") => std_table::run(args),
        Some(other) => bail!("no such chore: `{other}`\n{USAGE}"),
        None => bail!("{USAGE}"),
    }
}

/// The repository.
fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
