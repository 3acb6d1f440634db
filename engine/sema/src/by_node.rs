//! What is known of some nodes of a body, in little room: most bodies are looked at once or twice, and all are kept.

use std::hash::BuildHasher;

use std::collections::HashMap;

/// Values by the number of a node, in order of numbers.
#[derive(Debug, Clone)]
pub struct ByNode<K, V> {
    keys: Box<[K]>,
    values: Box<[V]>,
}

impl<K: Copy + Ord, V> ByNode<K, V> {
    /// Sorts what was found.
    pub(crate) fn new<S: BuildHasher>(found: HashMap<K, V, S>) -> Self {
        let mut found: Vec<(K, V)> = found.into_iter().collect();
        found.sort_unstable_by_key(|(key, _)| *key);
        Self::sorted(found)
    }
    /// Of what is in order.
    pub(crate) fn sorted(found: Vec<(K, V)>) -> Self {
        let keys = found.iter().map(|(key, _)| *key).collect();
        let values: Vec<V> = found.into_iter().map(|(_, value)| value).collect();
        Self { keys, values: values.into() }
    }
    /// What is known of a node.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.keys.binary_search(key).ok().map(|at| &self.values[at])
    }
    /// Is anything known of it?
    pub fn contains_key(&self, key: &K) -> bool {
        self.keys.binary_search(key).is_ok()
    }
    /// The nodes.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.keys.iter()
    }
    /// What is known.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.values.iter()
    }
    /// Both.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.keys.iter().zip(&self.values)
    }
}
