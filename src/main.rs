//! `toecap`

use std::process::ExitCode;

/// Lowering allocates many small boxes from all threads. Without huge pages: a run after a small change would clear far more than it uses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    toecap::cli::main(std::env::args_os(), "toecap")
}
