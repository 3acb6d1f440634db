//! Byte ranges.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Half-open byte range in the file that a person wrote.
///
/// Nodes that a macro produced carry the place of the tokens that the user wrote where there is one, else the place of
/// the macro call, and then answer true to [`Span::is_expanded`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    lo: u32,
    /// End; the top bit says that the text at this place is not the node's own.
    hi: u32,
}

const EXPANDED: u32 = 1 << 31;

/// A file of the run; whoever reads the disk numbers them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// A range in a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Location {
    /// The file.
    pub file: FileId,
    /// The range.
    pub span: Span,
}

impl Span {
    /// The range `lo..hi`.
    pub const fn new(lo: u32, hi: u32) -> Self {
        Self { lo, hi: hi & !EXPANDED }
    }
    /// The empty range at `at`.
    pub const fn empty(at: u32) -> Self {
        Self::new(at, at)
    }
    /// First byte.
    pub const fn lo(self) -> u32 {
        self.lo
    }
    /// One past the last byte.
    pub const fn hi(self) -> u32 {
        self.hi & !EXPANDED
    }
    /// Length in bytes.
    pub const fn len(self) -> u32 {
        self.hi() - self.lo
    }
    /// True when it covers no byte.
    pub const fn is_empty(self) -> bool {
        self.hi() <= self.lo
    }
    /// The same range, marked as the place of a macro call that produced the node.
    pub const fn expanded(self) -> Self {
        Self { lo: self.lo, hi: self.hi | EXPANDED }
    }
    /// True when a macro wrote the node, so that no text of the user's stands for it.
    pub const fn is_expanded(self) -> bool {
        self.hi & EXPANDED != 0
    }
    /// The smallest range that holds both; expanded when either is.
    pub fn to(self, end: Span) -> Span {
        let joined = Span::new(self.lo.min(end.lo), self.hi().max(end.hi()));
        if self.is_expanded() || end.is_expanded() { joined.expanded() } else { joined }
    }
    /// True when `other` lies within this range.
    pub fn contains(self, other: Span) -> bool {
        self.lo <= other.lo && other.hi() <= self.hi()
    }
    /// All of it as one number.
    pub const fn to_bits(self) -> u64 {
        (self.hi as u64) << 32 | self.lo as u64
    }
    /// What [`Span::to_bits`] was asked of.
    pub const fn from_bits(bits: u64) -> Self {
        Self { lo: bits as u32, hi: (bits >> 32) as u32 }
    }
    /// As a range of `usize`, for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.lo as usize..self.hi() as usize
    }
}
impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}{}", self.lo, self.hi(), if self.is_expanded() { "*" } else { "" })
    }
}
