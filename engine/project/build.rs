//! Passes on the triple that the program is built for: `std::env::consts` does not know it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=TOECAP_TARGET={target}");
}
