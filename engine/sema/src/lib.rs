//! Names, types, control flow, call graph and effects; a façade for lints.

mod input;

pub use input::*;
