//! Values that live as long as the process, each kept once.

use std::hash::{BuildHasher as _, Hash};
use std::sync::{Mutex, PoisonError};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

const SHARDS: usize = 32;

/// A table of `T`s, which are pointers to what was interned.
pub(crate) struct Interner<T> {
    /// With their hashes, so that a table grows without looking behind pointers.
    shards: [Mutex<HashTable<(u64, T)>>; SHARDS],
}

impl<T: Copy> Interner<T> {
    pub(crate) const fn new() -> Interner<T> {
        Interner { shards: [const { Mutex::new(HashTable::new()) }; SHARDS] }
    }

    /// The value that `is` recognises among those with the hash of `key`, else what `make` makes.
    pub(crate) fn intern<K: Hash + ?Sized>(&self, key: &K, is: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> T {
        let hash = FxBuildHasher.hash_one(key);
        // The table itself looks at the lowest and the highest bits.
        let shard = &self.shards[(hash >> 40) as usize % SHARDS];
        let mut table = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = table.find(hash, |(of, value)| *of == hash && is(value)) {
            return *found;
        }
        let made = make();
        table.insert_unique(hash, (hash, made), |(of, _)| *of);
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one() {
        static TABLE: Interner<&'static str> = Interner::new();
        let intern =
            |text: &str| TABLE.intern(text, |found| *found == text, || Box::leak(text.to_owned().into_boxed_str()));
        let names: Vec<String> = (0..1000).map(|n| format!("name {n}")).collect();
        let first: Vec<&str> = names.iter().map(|name| intern(name)).collect();
        assert!(names.iter().zip(&first).all(|(name, first)| std::ptr::eq(intern(name), *first) && name == first));
    }
}
