//! `toecap`

use std::process::ExitCode;

/// Lowering allocates many small boxes from all threads.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
#[cfg(not(unix))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    toecap::cli::main(std::env::args_os(), "toecap")
}
