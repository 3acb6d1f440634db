//! Chores of this repository: `cargo xtask NAME`.
//!
//! ```text
//! cargo xtask std [--sources DIR]     rebuild the bundled table of the standard library
//! ```
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

mod std_table;

use anyhow::bail;

const USAGE: &str = "usage: cargo xtask std [--sources DIR] [--text DIR]";

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("std") => std_table::run(args),
        Some(other) => bail!("no such chore: `{other}`\n{USAGE}"),
        None => bail!("{USAGE}"),
    }
}
