//! The lowered files of one package, in one file of the cache.
//!
//! ```text
//! length of the head │ head: names, keys, lengths │ files, one after the other
//! ```
//! Whatever is not exactly what was written is as good as nothing. Files are found by what they were lowered from, and so
//! can be out of date but never wrong.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use toecap_ir::{FileIr, Name, Shelf, SourceText, write_numbered};

use super::frame::{START, content, sealed};
use super::key::Key;
use super::places::{placed, places};
use super::store::{is_old, replace, touch};

/// What a pack is thrown away at: it cannot be read in no time any more.
const MAX_BYTES: usize = 256 << 20;
/// How often a pack may be written without a file being asked for until that file is left out.
const MAX_AGE: u8 = 8;
/// Names are never taken out, so a pack in which most must be stale is begun anew.
const MIN_NAMES: usize = 20_000;

/// Lowered files that were found in the cache, and those that will be put there.
#[derive(Debug)]
pub struct Pack {
    path: PathBuf,
    fingerprint: u64,
    stored: Stored,
    fresh: Mutex<Vec<(Key, Fresh)>>,
}

/// What was not on the disk.
#[derive(Debug)]
struct Fresh {
    ir: Arc<FileIr>,
    /// For a macro call: what it expanded to.
    text: Option<SourceText>,
}

/// In front of the IR of a macro call.
#[derive(Serialize, Deserialize)]
struct StoredText<'a> {
    text: &'a str,
    places: &'a [u8],
}

/// What was on the disk.
#[derive(Debug, Default)]
struct Stored {
    shelf: Arc<Shelf>,
    /// How many there were when the pack was begun.
    first_names: usize,
    files: FxHashMap<Key, StoredFile>,
}

#[derive(Debug)]
struct StoredFile {
    lo: usize,
    hi: usize,
    age: u8,
    used: AtomicBool,
}

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    names: Vec<&'a str>,
    first_names: usize,
    files: Vec<(Key, usize, u8)>,
}

impl Pack {
    pub(super) fn open(path: PathBuf, fingerprint: u64) -> Pack {
        let stored = std::fs::read(&path).ok().and_then(|bytes| Stored::read(bytes, fingerprint));
        Pack { path, fingerprint, stored: stored.unwrap_or_default(), fresh: Mutex::default() }
    }

    /// Was the file that `key` stands for in the cache?
    pub fn has(&self, key: Key) -> bool {
        self.stored.files.contains_key(&key)
    }

    /// The file that `key` stands for: from the cache, or else made by `lower` and kept for the next run.
    pub fn file(&self, key: Key, lower: impl FnOnce() -> FileIr) -> Arc<FileIr> {
        if let Some(found) = self.stored.get(key) {
            return Arc::new(found);
        }
        let made = Arc::new(lower());
        self.keep(key, Fresh { ir: made.clone(), text: None });
        made
    }

    /// What the macro call that `key` stands for expands to, and the items in it.
    pub fn call(
        &self,
        key: Key,
        expand: impl FnOnce() -> Option<(SourceText, FileIr)>,
    ) -> Option<(SourceText, Arc<FileIr>)> {
        if let Some((text, ir)) = self.stored.call(key) {
            return Some((text, Arc::new(ir)));
        }
        let (text, ir) = expand()?;
        let ir = Arc::new(ir);
        self.keep(key, Fresh { ir: ir.clone(), text: Some(text.clone()) });
        Some((text, ir))
    }

    fn keep(&self, key: Key, fresh: Fresh) {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).push((key, fresh));
    }

    /// Writes the pack if there is anything new in it. A cache that cannot be written is a cache that stays as it is.
    pub fn save(&self) {
        let mut fresh = std::mem::take(&mut *self.fresh.lock().unwrap_or_else(PoisonError::into_inner));
        if fresh.is_empty() {
            if is_old(&self.path) {
                touch(&self.path);
            }
            return;
        }
        fresh.sort_by_key(|(key, _)| *key);
        fresh.dedup_by_key(|(key, _)| *key);
        match self.encode(&fresh) {
            Some(bytes) if bytes.len() <= MAX_BYTES => {
                // Nobody needs to know: the next run lowers again.
                let _ = replace(&self.path, &bytes);
            }
            _ => {
                let _ = std::fs::remove_file(&self.path);
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn encode(&self, fresh: &[(Key, Fresh)]) -> Option<Vec<u8>> {
        let mut names: Vec<Name> = self.stored.shelf.names().to_vec();
        let mut kept: Vec<(&Key, &StoredFile)> = self.stored.files.iter().filter(|(_, file)| file.is_kept()).collect();
        kept.sort_by_key(|(key, _)| **key);
        let mut files = Vec::with_capacity(kept.len() + fresh.len());
        let mut blob = Vec::new();
        for (key, file) in kept {
            blob.extend_from_slice(&self.stored.shelf.bytes()[file.lo..file.hi]);
            files.push((*key, file.hi - file.lo, file.next_age()));
        }
        write_numbered(&mut names, || -> Option<()> {
            for (key, Fresh { ir, text }) in fresh {
                let start = blob.len();
                if let Some(SourceText { text, origin }) = text {
                    let places = origin.as_ref().map(|origin| places(origin.call, &origin.tokens))?;
                    let stored = StoredText { text, places: &places };
                    blob.extend_from_slice(&postcard::to_allocvec(&stored).ok()?);
                }
                blob.extend_from_slice(&postcard::to_allocvec(&**ir).ok()?);
                files.push((*key, blob.len() - start, 0));
            }
            Some(())
        })?;
        let first_names = if self.stored.files.is_empty() { names.len() } else { self.stored.first_names };
        if names.len() > MIN_NAMES + 3 * first_names {
            return None;
        }
        let names = names.iter().map(|name| name.as_str()).collect();
        let head = postcard::to_allocvec(&Head { names, first_names, files }).ok()?;
        let mut rest = Vec::with_capacity(8 + head.len() + blob.len());
        rest.extend_from_slice(&(head.len() as u64).to_le_bytes());
        rest.extend_from_slice(&head);
        rest.extend_from_slice(&blob);
        Some(sealed(self.fingerprint, &rest))
    }
}

impl Stored {
    fn read(bytes: Vec<u8>, fingerprint: u64) -> Option<Stored> {
        let rest = content(fingerprint, &bytes)?;
        let head_len = u64::from_le_bytes(rest.get(..8)?.try_into().ok()?) as usize;
        let head_end = 8usize.checked_add(head_len)?;
        let head: Head<'_> = postcard::from_bytes(rest.get(8..head_end)?).ok()?;
        let mut lo = START + head_end;
        let mut files = FxHashMap::default();
        for (key, len, age) in head.files {
            let hi = lo.checked_add(len).filter(|hi| *hi <= bytes.len())?;
            files.insert(key, StoredFile { lo, hi, age, used: AtomicBool::new(false) });
            lo = hi;
        }
        let names = head.names.iter().map(|name| Name::new(name)).collect();
        let first_names = head.first_names;
        Some(Stored { shelf: Arc::new(Shelf::new(names, bytes.into())), first_names, files })
    }

    fn get(&self, key: Key) -> Option<FileIr> {
        let file = self.files.get(&key)?;
        let found = self.shelf.read(file.lo..file.hi)?;
        file.used.store(true, Ordering::Relaxed);
        Some(found)
    }

    fn call(&self, key: Key) -> Option<(SourceText, FileIr)> {
        let file = self.files.get(&key)?;
        let bytes = &self.shelf.bytes()[..file.hi];
        let (stored, ir): (StoredText<'_>, _) = postcard::take_from_bytes(&bytes[file.lo..]).ok()?;
        let found = (placed(stored.text, stored.places)?, self.shelf.read(file.hi - ir.len()..file.hi)?);
        file.used.store(true, Ordering::Relaxed);
        Some(found)
    }
}

impl StoredFile {
    fn next_age(&self) -> u8 {
        if self.used.load(Ordering::Relaxed) { 0 } else { self.age.saturating_add(1) }
    }

    fn is_kept(&self) -> bool {
        self.next_age() <= MAX_AGE
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use toecap_ir::{Comment, Span};

    fn ir(text: &str) -> FileIr {
        let comment = Comment { span: Span::new(1, 2), text: text.into(), own_line: true };
        FileIr { comments: vec![comment], lines: 7, ..FileIr::default() }
    }

    fn key(text: &str) -> Key {
        Key::of_file(text, false)
    }

    /// What a pack gives for each text; `made` when it had to be lowered.
    fn ask(path: &Path, texts: &[&str]) -> Vec<String> {
        let pack = Pack::open(path.to_owned(), 1);
        let ask = |text: &&str| pack.file(key(text), || ir("made")).comments[0].text.to_string();
        let found = texts.iter().map(ask).collect();
        pack.save();
        found
    }

    #[test]
    fn what_was_lowered_once_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.pack");
        let pack = Pack::open(path.clone(), 1);
        pack.file(key("a"), || ir("of a"));
        pack.save();
        assert_eq!(ask(&path, &["a", "b"]), ["of a", "made"]);
        assert_eq!(ask(&path, &["b", "a"]), ["made", "of a"]);
        assert_eq!(Pack::open(path.clone(), 2).stored.files.len(), 0, "another version of the tool");
        assert_eq!(Pack::open(path, 1).stored.files.len(), 2);
    }

    #[test]
    fn every_byte_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("b.pack");
        let pack = Pack::open(path.clone(), 1);
        pack.file(key("a"), || ir("of a"));
        pack.save();
        let good = std::fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x40;
            assert!(Stored::read(bad, 1).is_none(), "byte {at}");
            assert!(Stored::read(good[..at].to_vec(), 1).is_none(), "{at} bytes");
        }
        assert!(Stored::read(good, 1).is_some());
    }

    #[test]
    fn files_that_nobody_asks_for_are_left_out_in_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("b.pack");
        let pack = Pack::open(path.clone(), 1);
        pack.file(key("old"), || ir("of old"));
        pack.save();
        for turn in 0..=MAX_AGE {
            ask(&path, &[&format!("new {turn}")]);
        }
        let last = Pack::open(path, 1);
        assert!(last.stored.get(key("old")).is_none());
        assert!(last.stored.get(key("new 0")).is_some());
    }
}
