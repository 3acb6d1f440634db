//! `cargo toecap`, which cargo starts as `cargo-toecap toecap ..`.

use std::process::ExitCode;

/// Lowering allocates many small boxes from all threads.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
#[cfg(not(unix))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let is_ours = |(at, arg): &(usize, std::ffi::OsString)| *at != 1 || arg != "toecap";
    let args = std::env::args_os().enumerate().filter(is_ours).map(|(_, arg)| arg);
    toecap::cli::main(args, "cargo toecap")
}
