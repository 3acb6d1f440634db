//! toecap: steel toecaps for async Rust.
//!
//! The program behind `toecap` and `cargo toecap`. [`session::run`] is the way from a request to a report; the command line in
//! [`cli`] and the formats in [`render`] are around it.

pub mod cli;
pub mod render;
pub mod session;
