//! The syntax of a typed body, which may be stored while nobody looks at it.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use toecap_ir::{Body, LazyBody};

/// A body that is there, or is decoded at the first look.
#[derive(Debug)]
pub struct BodyTree {
    read: OnceLock<Arc<Body>>,
    /// Where it is in its file, or stored for itself; none where macro calls made it another one than the file's.
    lazy: Option<LazyBody>,
}

impl BodyTree {
    /// What became of `body`, which was lowered, while it was typed.
    pub(crate) fn new(body: Arc<Body>, lowered: &Arc<Body>, of_file: &LazyBody) -> Self {
        let is_as_lowered = Arc::ptr_eq(&body, lowered);
        Self { read: OnceLock::from(body), lazy: is_as_lowered.then(|| of_file.clone()) }
    }
    /// Is it in memory anyway, because its file has it?
    pub(crate) fn is_shared(&self) -> bool {
        self.lazy.as_ref().is_some_and(|lazy| !lazy.is_stored())
    }
    /// Where it is stored; none when it cannot be.
    pub(crate) fn put_away(&self) -> Option<LazyBody> {
        match &self.lazy {
            Some(lazy) => Some(lazy.clone()),
            None => LazyBody::encoded(self),
        }
    }
    /// One that is decoded at the first look.
    pub(crate) fn stored(lazy: LazyBody) -> Self {
        Self { read: OnceLock::new(), lazy: Some(lazy) }
    }
}

impl Deref for BodyTree {
    type Target = Body;
    fn deref(&self) -> &Body {
        self.read.get_or_init(|| self.lazy.as_ref().map(LazyBody::get).unwrap_or_default())
    }
}
