//! The intermediate representation that every later stage reads.
//!
//! One source file becomes one [`FileIr`]: plain `Send` data with `u32` ids and byte spans, free of cfg evaluation
//! and of name resolution, so that one value serves every target that includes the file.
//!
//! ```text
//! async fn load(p: &Path) -> io::Result<String> { tokio::fs::read_to_string(p).await }
//! ```
//! is one [`Item`] of kind [`ItemKind::Fn`] whose [`Body`] holds `Await(Call(Path(tokio::fs::read_to_string), [Path(p)]))`.

mod arena;
mod body;
mod cfg;
mod file;
mod fingerprint;
mod item;
mod lazy;
mod macros;
mod modules;
mod name;
mod numbered;
mod path;
mod shape;
mod similar;
mod span;
mod syntax;
mod words;

pub use arena::{Arena, Id};
pub use body::*;
pub use cfg::*;
pub use file::*;
pub use fingerprint::{ItemSum, PartSum, adt_parts, body_sum, declarations, item_sum};
pub use item::*;
pub use lazy::{FnHead, ImplHead, Lazy, LazyAlias, LazyFn, LazyImpl, ParamHead, Stored};
pub use macros::*;
pub use modules::*;
pub use name::{Name, sym};
pub use numbered::{Shelf, write_numbered};
pub use path::*;
pub use shape::Shape;
pub use similar::similar;
pub use span::{FileId, Location, Span};
pub use syntax::*;
pub use words::{word, words};
