//! Decodes the whole table and prints how long it took.
//!
//! ```text
//! cargo run --release -p toecap-stdlib --example decode
//! ```
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::time::Instant;

fn main() {
    println!("{}", toecap_stdlib::HEAD);
    for _ in 0..5 {
        let start = Instant::now();
        let irs: Vec<_> = toecap_stdlib::files().iter().map(|file| file.decode()).collect();
        let elapsed = start.elapsed();
        let items: usize = irs.iter().map(|ir| ir.items.len()).sum();
        println!("{} files, {items} items in {:.1} ms", irs.len(), elapsed.as_secs_f64() * 1e3);
    }
}
