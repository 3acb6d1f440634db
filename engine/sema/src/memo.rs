//! Answers that were computed once, for every thread.

use std::hash::Hash;
use std::sync::RwLock;

use rustc_hash::FxHashMap;

/// What is known of `K`. Two threads that ask at the same time may both compute it; both get the same.
#[derive(Debug)]
pub(crate) struct Memo<K, V>(RwLock<FxHashMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.0.read().ok()?.get(key).cloned()
    }
    pub(crate) fn keep(&self, key: K, value: V) {
        if let Ok(mut known) = self.0.write() {
            known.insert(key, value);
        }
    }
    pub(crate) fn get_or(&self, key: K, make: impl FnOnce() -> V) -> V {
        if let Some(known) = self.get(&key) {
            return known;
        }
        let made = make();
        self.keep(key, made.clone());
        made
    }
}
