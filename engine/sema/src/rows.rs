//! Vectors that grow without moving what is in them: crates have tens of thousands of definitions, which are not small.

use std::ops::{Index, IndexMut};

/// How many rows stand together, a power of two.
const TOGETHER: usize = 256;

/// A vector in pieces.
#[derive(Debug)]
pub struct Rows<T> {
    /// All are full but the last, which is the only one that may be smaller than that.
    pieces: Vec<Vec<T>>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { pieces: Vec::new() }
    }
}

impl<T> Rows<T> {
    /// Puts `row` behind all others.
    #[inline]
    pub fn push(&mut self, row: T) {
        match self.pieces.last_mut() {
            Some(last) if last.len() < TOGETHER => last.push(row),
            Some(_) => {
                let mut next = Vec::with_capacity(TOGETHER);
                next.push(row);
                self.pieces.push(next);
            }
            // Most crates are small.
            None => self.pieces.push(vec![row]),
        }
    }
    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * TOGETHER + last.len())
    }
    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
    /// The row number `at`.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&T> {
        self.pieces.get(at / TOGETHER)?.get(at % TOGETHER)
    }
    /// All, in order.
    pub fn iter(&self) -> std::iter::Flatten<std::slice::Iter<'_, Vec<T>>> {
        self.pieces.iter().flatten()
    }
    /// All, in order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.pieces.iter_mut().flatten()
    }
}

impl<'a, T> IntoIterator for &'a Rows<T> {
    type Item = &'a T;
    type IntoIter = std::iter::Flatten<std::slice::Iter<'a, Vec<T>>>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> Index<usize> for Rows<T> {
    type Output = T;
    #[inline]
    fn index(&self, at: usize) -> &T {
        &self.pieces[at / TOGETHER][at % TOGETHER]
    }
}

impl<T> IndexMut<usize> for Rows<T> {
    #[inline]
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut self.pieces[at / TOGETHER][at % TOGETHER]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_where_they_were_put() {
        let mut rows = Rows::default();
        assert!(rows.is_empty() && rows.get(0).is_none());
        (0..2 * TOGETHER + 3).for_each(|row| rows.push(row));
        assert_eq!(rows.len(), 2 * TOGETHER + 3);
        assert!(rows.iter().copied().eq(0..rows.len()));
        assert_eq!((rows[TOGETHER], rows.get(rows.len())), (TOGETHER, None));
        rows[TOGETHER - 1] = 7;
        rows.iter_mut().for_each(|row| *row += 1);
        assert_eq!((rows[TOGETHER - 1], rows[2 * TOGETHER]), (8, 2 * TOGETHER + 1));
    }
}
