//! From Rust text to the IR. The only crate that knows the parser.
//!
//! ```text
//! lower_file("async fn f() { g().await }", LowerOptions::default())   a FileIr with one function and its body
//! Parser.macro_rules(&definition)?.expand(&call)                      the text that a macro call stands for
//! ```
//! Everything here is total: any text gives an IR, and what cannot be read becomes an opaque node or a problem.

mod docs;
mod expand;
mod file;
pub mod lexer;
mod lines;
mod macros;
mod parser;
mod prepare;
mod recover;
mod tokens;
mod tree;

pub use file::{lower_declarations, lower_file};
pub use parser::Parser;

/// How much of a file is lowered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LowerOptions {
    /// Leave out the bodies of functions; [`toecap_ir::BodySource::Skipped`] says where they are.
    pub signatures_only: bool,
}
