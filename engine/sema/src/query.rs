//! Values that are computed once, on demand, and may (in broken or recursive code) need themselves.

use std::cell::RefCell;
use std::sync::OnceLock;

use crate::{AdtId, AliasId, AssocId, ConstId, FnId, GenericsId, ImplId, TraitId};

/// What is being computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Key {
    Supers(TraitId),
    SuperIds(TraitId),
    AssocBounds(AssocId),
    Alias(AliasId),
    Header(ImplId),
    ImplSelf(ImplId),
    Sig(FnId),
    Fields(AdtId),
    Const(ConstId),
    Predicates(GenericsId),
}

thread_local! {
    static ACTIVE: RefCell<Vec<Key>> = const { RefCell::new(Vec::new()) };
}

/// The value in `cell`, computed now if need be; none when computing it needs itself.
pub(crate) fn query<T>(cell: &OnceLock<T>, key: Key, compute: impl FnOnce() -> T) -> Option<&T> {
    if let Some(value) = cell.get() {
        return Some(value);
    }
    if ACTIVE.with_borrow(|active| active.contains(&key) || active.len() > 300) {
        return None;
    }
    ACTIVE.with_borrow_mut(|active| active.push(key));
    let value = compute();
    ACTIVE.with_borrow_mut(|active| active.retain(|k| *k != key));
    let _ = cell.set(value);
    cell.get()
}
