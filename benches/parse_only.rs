//! The reference for speed: parses files with syn, drops the trees, and says how long that took.
//!
//! ```text
//! cargo run --release -p toecap-lower --example parse_only -- /path/to/package
//! 166 files, 6.7 MB, 412 ms
//! ```
//! With `--stat` it only looks at the length of each file. Measure it as a process (`time`) beside `toecap -q` on the same package.
#![expect(clippy::print_stdout, reason = "it is a program")]

use std::path::{Path, PathBuf};
use std::time::Instant;

/// The same as in the program that it is held against.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
#[cfg(not(unix))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::io::Result<()> {
    let mut files = Vec::new();
    let (options, roots): (Vec<_>, Vec<_>) = std::env::args_os().skip(1).partition(|arg| arg == "--stat");
    for root in roots.into_iter().map(PathBuf::from) {
        collect(&root, &mut files)?;
    }
    if !options.is_empty() {
        let bytes: u64 = files.iter().filter_map(|file| Some(std::fs::metadata(file).ok()?.len())).sum();
        println!("{} files, {:.1} MB", files.len(), bytes as f64 / 1e6);
        return Ok(());
    }
    let start = Instant::now();
    let (mut parsed, mut bytes) = (0, 0);
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        bytes += text.len();
        parsed += usize::from(syn::parse_file(&text).is_ok());
        proc_macro2::extra::invalidate_current_thread_spans();
    }
    println!("{parsed} files, {:.1} MB, {:.0} ms", bytes as f64 / 1e6, start.elapsed().as_secs_f64() * 1e3);
    Ok(())
}

/// The Rust files of a package, build output and hidden folders left out.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path.is_file() {
        if path.extension().is_some_and(|e| e == "rs") {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name != "target" && !name.starts_with('.') {
            collect(&path, files)?;
        }
    }
    Ok(())
}
