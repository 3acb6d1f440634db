//! The files of a run: read once, lowered once for each way of reading them, and numbered.
//!
//! ```text
//! file("src/lib.rs", signatures_only: false)    FileId(0), its text, all of its IR
//! file("~/.cargo/…/lib.rs", true)               FileId(7), the same without bodies, read now
//! file("<std>/core/src/lib.rs", true)           FileId(9), from the table that comes with the tool
//! ```
//! What an earlier run has lowered comes from the cache.

mod entry;
mod functions;
mod kept;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use toecap_ir::{Container, FileId, FileIr, FnBodies, SourceText, Span, Syntax, Text};
use toecap_project::{Cache, Key, Pack, ReadError, RealSystem, Remembering, SourceEntry, generated, is_delivered};
use toecap_sema::{CrateInput, ItemMacro, KnownFns, SourceFile, Sources};

use super::ReadFile;
use entry::Entry;

/// All files that anything asked for. Safe to share between threads; what it answers does not depend on who asks first.
#[derive(Debug, Default)]
pub struct SourceTable {
    cache: Cache,
    files: RwLock<Files>,
    exists: RwLock<FxHashMap<PathBuf, bool>>,
    /// Some text is not what is on the disk.
    is_overlaid: AtomicBool,
    /// There is much code.
    is_large: AtomicBool,
}

#[derive(Debug, Default)]
struct Files {
    by_path: FxHashMap<PathBuf, FileId>,
    entries: Vec<Arc<Entry>>,
}

/// More code than this many bytes is much code: some 670,000 lines, which take about a gigabyte as they are.
const MAX_BYTES: u64 = 24_000_000;

impl SourceTable {
    /// A table that looks into `cache` before it lowers.
    pub fn new(cache: Cache) -> SourceTable {
        SourceTable { cache, ..SourceTable::default() }
    }

    /// This machine, with what is known of earlier answers of cargo and rustc.
    pub fn remembering(&self) -> Remembering<'static> {
        self.cache.remembering(&RealSystem)
    }

    /// Where what is found out is kept.
    pub(super) fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Puts what was lowered into the cache, in parallel, on the current thread pool.
    pub fn save(&self) {
        self.cache.packs().par_iter().with_max_len(1).for_each(|pack| pack.save());
        self.cache.shrink();
    }

    /// Puts `text` in the place of what is on the disk.
    pub fn overlay(&self, path: &Path, text: Result<Arc<str>, ReadError>) {
        let entry = self.entry(path);
        let _ = entry.text.set(text);
        self.is_overlaid.store(true, Ordering::Relaxed);
        write(&self.exists).insert(path.to_owned(), true);
    }

    /// Takes little room for what nobody looks at, as where there is much code.
    pub fn assume_large(&self) {
        self.is_large.store(true, Ordering::Relaxed);
    }

    /// Reads and lowers `entries` in parallel, in the order given, on the current thread pool. Numbers follow the paths.
    pub fn prefetch(&self, entries: &[SourceEntry]) {
        let mut paths: Vec<&Path> = entries.iter().map(|e| e.path.as_path()).collect();
        paths.sort_unstable();
        for path in paths {
            self.entry(path);
        }
        if entries.iter().map(|entry| entry.len).sum::<u64>() > MAX_BYTES {
            self.assume_large();
        }
        // The largest first and one by one: the last file to finish should be a small one.
        entries.par_iter().with_max_len(1).for_each(|entry| {
            self.entry(&entry.path).ir(false, &self.cache, self.is_large());
        });
    }

    /// Decodes the standard library in parallel: every run needs most of it.
    pub fn prefetch_std(&self) {
        let paths: Vec<PathBuf> =
            toecap_stdlib::files().iter().map(|file| Path::new(toecap_stdlib::ROOT).join(file.path)).collect();
        for path in &paths {
            self.entry(path);
        }
        paths.par_iter().for_each(|path| {
            self.entry(path).ir(true, &self.cache, false);
        });
    }

    /// [`SourceTable::read_files`], with the texts of all that were asked for.
    pub fn texts(&self) -> Vec<ReadFile> {
        let entries = read(&self.files).entries.clone();
        for entry in entries.iter().filter(|entry| entry.age.get().is_some_and(Option::is_some)) {
            entry.text();
        }
        self.read_files()
    }

    /// Every file that was asked for and is on this machine, by number.
    pub fn read_files(&self) -> Vec<ReadFile> {
        let entries = read(&self.files).entries.clone();
        let files = entries.iter().filter(|entry| entry.bundled.is_none()).filter_map(|entry| {
            let is_analysed = entry.wanted.load(Ordering::Relaxed);
            let text = entry.text.get().cloned();
            let is_there = is_analysed && entry.stamp.get().is_some() || entry.age.get().is_some_and(Option::is_some);
            let text = text.or_else(|| is_there.then(|| Ok(Arc::from(""))))?;
            Some(ReadFile { id: entry.id, path: entry.path.clone(), text, is_analysed })
        });
        files.collect()
    }

    /// The IR of a file that was analysed.
    pub fn whole(&self, id: FileId) -> Option<Arc<FileIr>> {
        read(&self.files).entries.get(id.0 as usize)?.whole.get().cloned()
    }

    /// A part of a file that is lowered apart, from the cache where it is there.
    fn kept(&self, file: FileId, key: impl FnOnce() -> Key, lower: impl FnOnce() -> FileIr) -> Arc<FileIr> {
        match self.pack_of(file) {
            Some(pack) => pack.file(key(), lower),
            None => Arc::new(lower()),
        }
    }

    /// Where the parts of a file are kept.
    fn pack_of(&self, file: FileId) -> Option<Arc<Pack>> {
        let entry = read(&self.files).entries.get(file.0 as usize).cloned();
        entry.filter(|entry| entry.bundled.is_none()).and_then(|entry| entry.pack(&self.cache).cloned())
    }

    /// Makes sure that the text of a file can be shown.
    pub(super) fn read_again(&self, id: FileId) {
        if let Some(entry) = read(&self.files).entries.get(id.0 as usize).cloned() {
            entry.text();
        }
    }

    fn entry(&self, path: &Path) -> Arc<Entry> {
        if let Some(entry) = read(&self.files).get(path) {
            return entry;
        }
        let mut files = write(&self.files);
        if let Some(entry) = files.get(path) {
            return entry;
        }
        let id = FileId(files.entries.len() as u32);
        let entry = Arc::new(Entry {
            id,
            path: path.to_owned(),
            bundled: toecap_stdlib::find_below_root(path),
            text: OnceLock::new(),
            whole: OnceLock::new(),
            signatures: OnceLock::new(),
            wanted: AtomicBool::new(false),
            asked: AtomicBool::new(false),
            stamp: OnceLock::new(),
            is_delivered: is_delivered(path),
            age: OnceLock::new(),
            pack: OnceLock::new(),
        });
        files.entries.push(entry.clone());
        files.by_path.insert(path.to_owned(), id);
        entry
    }
}

impl Files {
    fn get(&self, path: &Path) -> Option<Arc<Entry>> {
        self.by_path.get(path).map(|id| self.entries[id.0 as usize].clone())
    }
}

impl Sources for SourceTable {
    fn file(&self, path: &Path, signatures_only: bool) -> Option<SourceFile> {
        let entry = self.entry(path);
        entry.asked.store(true, Ordering::Relaxed);
        let ir = entry.ir(signatures_only, &self.cache, self.is_large())?.clone();
        if !signatures_only {
            entry.wanted.store(true, Ordering::Relaxed);
        }
        let text = match entry.text.get() {
            Some(Ok(text)) => Text::Here(text.clone()),
            _ => Text::Unread(entry.clone()),
        };
        Some(SourceFile { id: entry.id, ir, text })
    }

    fn expansion(&self, file: FileId, made: &ItemMacro<'_>) -> Option<(SourceText, Arc<FileIr>)> {
        let key = || Key::of_call(&made.rules, &made.call, made.container, made.bodies);
        match self.pack_of(file) {
            Some(pack) => pack.call(key(), || made.expand()),
            None => made.expand().map(|(text, ir)| (text, Arc::new(ir))),
        }
    }

    fn items(
        &self,
        file: FileId,
        text: &SourceText,
        container: Container,
        bodies: FnBodies,
        syntax: &dyn Syntax,
    ) -> Arc<FileIr> {
        let lower = || syntax.lower_items(text, container, bodies);
        self.kept(file, || Key::of_items(text, container, bodies), lower)
    }

    fn skipped_body(&self, file: FileId, text: &SourceText, function: Span, syntax: &dyn Syntax) -> Arc<FileIr> {
        self.kept(file, || Key::of_body(text, function), || syntax.lower_skipped_body(text, function))
    }

    fn generated(&self, krate: &CrateInput) -> Option<u64> {
        (self.cache.is_on() && is_delivered(&krate.root))
            .then(|| krate.out_dir.as_deref().map_or(Some(0), generated))?
    }

    fn known_fns(&self, krate: &CrateInput, sum: u128) -> Option<KnownFns> {
        functions::found(&self.cache, krate, sum)
    }

    fn keep_known_fns(&self, krate: &CrateInput, sum: u128, fns: &KnownFns) {
        functions::keep(&self.cache, krate, sum, fns);
    }

    fn path_of_delivered(&self, file: FileId) -> Option<PathBuf> {
        let files = read(&self.files);
        files.entries.get(file.0 as usize).filter(|entry| entry.is_delivered).map(|entry| entry.path.clone())
    }

    fn is_large(&self) -> bool {
        self.is_large.load(Ordering::Relaxed)
    }

    fn exists(&self, path: &Path) -> bool {
        if toecap_stdlib::is_below_root(path) {
            return toecap_stdlib::find_below_root(path).is_some();
        }
        if let Some(known) = read(&self.exists).get(path) {
            return *known;
        }
        let exists = std::fs::metadata(path).is_ok_and(|about| about.is_file());
        write(&self.exists).insert(path.to_owned(), exists);
        exists
    }
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn numbers_follow_paths_whatever_the_order_of_reading() {
        let dir = tempfile::tempdir().unwrap();
        let entries: Vec<SourceEntry> = ["c.rs", "a.rs", "b.rs"]
            .iter()
            .map(|name| {
                let path = dir.path().join(name);
                std::fs::write(&path, "fn f() {}").unwrap();
                SourceEntry { path, len: 9 }
            })
            .collect();
        let table = SourceTable::default();
        table.prefetch(&entries);
        let names: Vec<_> = table.read_files().iter().map(|f| f.path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["a.rs", "b.rs", "c.rs"]);
        assert!(table.read_files().iter().all(|f| !f.is_analysed));
        assert_eq!(table.file(&dir.path().join("b.rs"), false).unwrap().ir.items.len(), 1);
        assert!(table.read_files()[1].is_analysed);
    }

    #[test]
    fn an_unreadable_file_is_empty_and_a_missing_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("latin1.rs");
        std::fs::write(&path, b"// caf\xe9").unwrap();
        let table = SourceTable::default();
        assert_eq!(table.file(&path, false).unwrap().ir.items.len(), 0);
        assert!(table.exists(&path));
        assert!(table.file(&dir.path().join("none.rs"), false).is_none());
        assert_eq!(table.read_files().iter().filter(|f| f.text.is_err()).count(), 2);
    }

    #[test]
    fn the_standard_library_needs_no_disk() {
        let table = SourceTable::default();
        let path = Path::new("<std>/core/src/option.rs");
        assert!(table.exists(path) && !table.exists(Path::new("<std>/core/src/none.rs")));
        assert!(!table.file(path, true).unwrap().ir.items.is_empty());
        assert!(table.read_files().is_empty());
    }

    #[test]
    fn an_overlay_stands_in_for_the_disk() {
        let table = SourceTable::default();
        let path = Path::new("/nowhere/buffer.rs");
        table.overlay(path, Ok(Arc::from("fn unsaved() {}")));
        assert!(table.exists(path));
        assert_eq!(table.file(path, false).unwrap().ir.items.len(), 1);
    }
}
