//! One file: its text, and its IR for each way of reading it.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use toecap_ir::{FileId, FileIr, TextSource};
use toecap_lower::{LowerOptions, lower_file};
use toecap_project::{Cache, Key, Pack, ReadError, ReadErrorKind, Stamp, age, read_source};
use toecap_stdlib::StdFile;

/// One file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: FileId,
    pub(super) path: PathBuf,
    /// It comes with the tool.
    pub(super) bundled: Option<&'static StdFile>,
    pub(super) text: OnceLock<Result<Arc<str>, ReadError>>,
    pub(super) whole: OnceLock<Arc<FileIr>>,
    pub(super) signatures: OnceLock<Arc<FileIr>>,
    /// The analysis wanted all of it (and not only whoever reads ahead).
    pub(super) wanted: AtomicBool,
    /// The analysis wanted some of it.
    pub(super) asked: AtomicBool,
    /// What it was in an earlier run, and still is.
    pub(super) stamp: OnceLock<Stamp>,
    /// It belongs to a package that a registry delivered: it never changes, and need not be read to be known.
    pub(super) is_delivered: bool,
    /// How long it is and when it was written, where that is enough.
    pub(super) age: OnceLock<Option<(u64, u64)>>,
    pub(super) pack: OnceLock<Option<Arc<Pack>>>,
}

impl Entry {
    /// What its signatures are kept under, if it never changes.
    pub(super) fn key_of_age(&self, signatures_only: bool, cache: &Cache) -> Option<Key> {
        let looked = (signatures_only && self.is_delivered && cache.is_on())
            .then(|| self.age.get_or_init(|| age(&self.path)))?;
        looked.map(|(len, written)| Key::of_delivered(&self.path, len, written))
    }

    /// Where it is kept, with its parts.
    pub(super) fn pack(&self, cache: &Cache) -> Option<&Arc<Pack>> {
        self.pack.get_or_init(|| cache.pack(&self.path)).as_ref()
    }

    pub(super) fn text(&self) -> &Result<Arc<str>, ReadError> {
        self.text.get_or_init(|| match self.bundled {
            Some(file) => Ok(Arc::from(file.text())),
            None => read_source(&self.path).map(Arc::from),
        })
    }

    /// None when there is no such file; empty when it cannot be read.
    pub(super) fn ir(&self, signatures_only: bool, cache: &Cache, is_large: bool) -> Option<&Arc<FileIr>> {
        if let Some(file) = self.bundled {
            return Some(self.signatures.get_or_init(|| Arc::new(file.decode())));
        }
        let of_age = self.key_of_age(signatures_only, cache);
        if let Some(key) = of_age
            && let Some(pack) = self.pack(cache).filter(|pack| pack.has(key))
        {
            let lower = || lower_file(TextSource::text(self), LowerOptions { signatures_only });
            return Some(self.signatures.get_or_init(|| pack.file(key, lower)));
        }
        let text = match self.text() {
            Ok(text) => text,
            Err(error) if error.kind == ReadErrorKind::NotFound => return None,
            Err(_) => "",
        };
        let cell = if signatures_only { &self.signatures } else { &self.whole };
        let lower = || {
            let mut ir = lower_file(text, LowerOptions { signatures_only });
            if is_large {
                ir.store_bodies();
            }
            ir
        };
        Some(cell.get_or_init(|| match self.pack(cache) {
            Some(pack) => pack.file(of_age.unwrap_or_else(|| Key::of_file(text, signatures_only)), lower),
            None => Arc::new(lower()),
        }))
    }
}

impl TextSource for Entry {
    fn text(&self) -> &str {
        Entry::text(self).as_deref().unwrap_or_default()
    }
}
