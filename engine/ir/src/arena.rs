//! Typed indices into vectors.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

/// Index of a `T` in its [`Arena`].
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id<T> {
    raw: u32,
    #[serde(skip)]
    marker: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// The id of element number `raw`.
    pub const fn from_raw(raw: u32) -> Self {
        Self { raw, marker: PhantomData }
    }
    /// The position in the arena.
    pub const fn index(self) -> usize {
        self.raw as usize
    }
    /// The position as it is stored.
    pub const fn raw(self) -> u32 {
        self.raw
    }
}
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.raw.cmp(&other.raw)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.raw)
    }
}

/// A vector that is indexed by [`Id`]s of its own element type.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Arena<T> {
    items: Vec<T>,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl<T> Arena<T> {
    /// An empty arena.
    pub const fn new() -> Self {
        Self { items: Vec::new() }
    }
    /// Appends `value` and returns its id.
    pub fn alloc(&mut self, value: T) -> Id<T> {
        let id = self.next_id();
        self.items.push(value);
        id
    }
    /// The id that the next [`Arena::alloc`] returns.
    pub fn next_id(&self) -> Id<T> {
        Id::from_raw(self.items.len() as u32)
    }
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.items.len()
    }
    /// True when nothing was allocated.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    /// The element, or none where the id is of another arena.
    pub fn get(&self, id: Id<T>) -> Option<&T> {
        self.items.get(id.index())
    }
    /// Ids and elements in order of allocation.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Id<T>, &T)> + ExactSizeIterator {
        self.items.iter().enumerate().map(|(i, x)| (Id::from_raw(i as u32), x))
    }
    /// All ids in order of allocation.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = Id<T>> + ExactSizeIterator + use<T> {
        (0..self.items.len() as u32).map(Id::from_raw)
    }
    /// The elements, with no room for more; the room stays here.
    pub fn take_exact(&mut self) -> Self {
        Self { items: take_exact(&mut self.items) }
    }
    /// Gives back unused capacity.
    pub fn shrink_to_fit(&mut self) {
        self.items.shrink_to_fit();
    }
}
/// The elements, with no room for more; the room stays in `from`.
pub(crate) fn take_exact<T>(from: &mut Vec<T>) -> Vec<T> {
    let mut exact = Vec::with_capacity(from.len());
    exact.append(from);
    exact
}
impl<T> Index<Id<T>> for Arena<T> {
    type Output = T;
    fn index(&self, id: Id<T>) -> &T {
        &self.items[id.index()]
    }
}
impl<T> IndexMut<Id<T>> for Arena<T> {
    fn index_mut(&mut self, id: Id<T>) -> &mut T {
        &mut self.items[id.index()]
    }
}
