//! Lowers every `.rs` file below the given folders and prints what fails and how fast it went.
//!
//! ```text
//! cargo run --release -p toecap-lower --example lower_dir -- [--signatures] FOLDER..
//! ```
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use toecap_lower::{LowerOptions, lower_file};

#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
#[cfg(not(unix))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut options = LowerOptions::default();
    let mut files = Vec::new();
    for arg in std::env::args().skip(1) {
        if arg == "--signatures" {
            options.signatures_only = true;
        } else {
            collect(Path::new(&arg), &mut files);
        }
    }
    files.sort();
    let (mut bytes, mut failed, mut items, mut exprs) = (0, 0, 0, 0);
    let mut time = Duration::ZERO;
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let start = Instant::now();
        let file = lower_file(&text, options);
        time += start.elapsed();
        bytes += text.len();
        items += file.items.len();
        exprs += file.bodies.iter().map(|(_, body)| body.head().exprs as usize).sum::<usize>();
        for problem in &file.problems {
            failed += 1;
            let lo = (problem.span.lo() as usize).min(text.len());
            let line = text.as_bytes()[..lo].iter().filter(|b| **b == b'\n').count() + 1;
            println!("{}:{line}: {} ({} items kept)", path.display(), problem.message, file.items.len());
        }
    }
    let rate = bytes as f64 / 1e6 / time.as_secs_f64();
    println!(
        "{} files, {bytes} bytes, {items} items, {exprs} expressions, {failed} problems, {rate:.1} MB/s",
        files.len()
    );
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            collect(&entry.path(), files);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        files.push(path.to_owned());
    }
}
