//! One lowered file.

use serde::{Deserialize, Serialize};

use crate::{Arena, Attrs, Item, ItemId, LazyBody, Span};

/// One source file (or the items of one macro expansion).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FileIr {
    /// All items, nested ones included.
    pub items: Arena<Item>,
    /// The top level.
    pub root: Box<[ItemId]>,
    /// `#![..]` attributes of the file.
    pub attrs: Attrs,
    /// All bodies. Whoever types one that is there and has no macro calls shares it.
    pub bodies: Arena<LazyBody>,
    /// Comments that mean something to the tool, in order.
    pub comments: Vec<Comment>,
    /// What could not be read. A file that does not parse has exactly one and no items.
    pub problems: Vec<Problem>,
    /// Number of lines.
    pub lines: u32,
}

/// A comment that starts with `toecap:`, `~`, `?` or `cancel-safe` after the slashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// All of it, `//` included.
    pub span: Span,
    /// The text after `//` (or between `/*` and `*/`), trimmed.
    pub text: Box<str>,
    /// Nothing but white space stands before it on its line.
    pub own_line: bool,
}

/// A place that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What, in rustc's style.
    pub message: Box<str>,
}
