//! The files of earlier runs: whether they are as they were, and what is known of them then without reading them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use rayon::prelude::*;
use toecap_ir::FileId;
use toecap_project::{ReadErrorKind, Stamp, Traces, is_delivered};
use toecap_sema::Sources as _;

use super::super::replay::{Holds, KeptFile};
use super::{Entry, SourceTable, read, write};

impl SourceTable {
    /// All files that were asked for, by number; none when one of them is not what is on the disk, or cannot be read.
    pub(in crate::session) fn kept_files(&self, start: SystemTime) -> Option<Vec<KeptFile>> {
        if self.is_overlaid() {
            return None;
        }
        let entries = read(&self.files).entries.clone();
        entries.par_iter().map(|entry| entry.kept(start)).collect()
    }

    /// All that the run looked at, if it was there before `start`, and nothing else had a say.
    pub(in crate::session) fn traces(&self, start: SystemTime) -> Option<Traces> {
        if self.is_overlaid() || !self.cache.is_on() {
            return None;
        }
        let entries = read(&self.files).entries.clone();
        for entry in entries.iter().filter(|entry| entry.bundled.is_none() && entry.asked.load(Ordering::Relaxed)) {
            let error = entry.text.get().and_then(|text| text.as_ref().err());
            if error.is_some_and(|error| error.kind != ReadErrorKind::NotFound) {
                return None;
            }
            self.cache.saw(&entry.path);
        }
        read(&self.exists).keys().for_each(|path| self.cache.saw(path));
        self.cache.traces(start)
    }

    /// All paths of which it was asked whether there is a file, and the answers; without those that never change.
    pub(in crate::session) fn asked_for(&self) -> Vec<(PathBuf, bool)> {
        let exists = read(&self.exists);
        let may_change = exists.iter().filter(|(path, _)| !is_delivered(path));
        let mut asked: Vec<_> = may_change.map(|(path, exists)| (path.clone(), *exists)).collect();
        asked.sort();
        asked
    }

    /// Would reading the file give the same again?
    pub(in crate::session) fn holds(&self, file: &KeptFile) -> Holds {
        let told = |holds: bool, otherwise: Holds| if holds { otherwise } else { Holds::No };
        if file.never_changes || self.is_overlaid() {
            return told(file.never_changes, Holds::Yes);
        }
        let known = read(&self.files).get(&file.path);
        match (known.as_ref().and_then(|entry| entry.text.get()), &file.stamp) {
            (Some(text), Some(stamp)) => told(text.as_ref().is_ok_and(|text| stamp.is_of(text)), Holds::Read),
            (Some(text), None) => {
                told(text.as_ref().is_err_and(|error| error.kind == ReadErrorKind::NotFound), Holds::Yes)
            }
            (None, Some(stamp)) if stamp.holds_by_age(&file.path) => Holds::Yes,
            (None, Some(stamp)) => {
                let entry = self.entry(&file.path);
                told(entry.text().as_ref().is_ok_and(|text| stamp.is_of(text)), Holds::Read)
            }
            (None, None) => told(!file.path.exists(), Holds::Yes),
        }
    }

    /// The stamp of a file that is as it was, by what is known of it now.
    pub(in crate::session) fn stamp_again(&self, file: &KeptFile, start: SystemTime) -> Option<Stamp> {
        self.entry(&file.path).kept(start).and_then(|kept| kept.stamp).or(file.stamp)
    }

    /// Some text is not what is on the disk.
    pub(in crate::session) fn is_overlaid(&self) -> bool {
        self.is_overlaid.load(Ordering::Relaxed)
    }

    /// The number of a file of an earlier run, which may be `unchanged` since.
    pub(in crate::session) fn revive(&self, file: &KeptFile, unchanged: bool) -> FileId {
        let entry = self.entry(&file.path);
        entry.asked.store(!file.never_changes, Ordering::Relaxed);
        if file.is_analysed {
            entry.wanted.store(true, Ordering::Relaxed);
        }
        if let Some(stamp) = file.stamp.filter(|_| unchanged) {
            let _ = entry.stamp.set(stamp);
        }
        entry.id
    }

    /// The file does not belong to the workspace any more.
    pub(in crate::session) fn leave_out(&self, id: FileId) {
        if let Some(entry) = self.numbered(id) {
            entry.wanted.store(false, Ordering::Relaxed);
            entry.asked.store(false, Ordering::Relaxed);
        }
    }

    /// What a file says; none when it cannot be read.
    pub(in crate::session) fn text(&self, id: FileId) -> Option<Arc<str>> {
        self.numbered(id)?.text().as_ref().ok().cloned()
    }

    /// Where a file is.
    pub(in crate::session) fn path(&self, id: FileId) -> Option<PathBuf> {
        Some(self.numbered(id)?.path.clone())
    }

    fn numbered(&self, id: FileId) -> Option<Arc<Entry>> {
        read(&self.files).entries.get(id.0 as usize).cloned()
    }

    /// No file belongs to the workspace until the analysis wants it again.
    pub(in crate::session) fn want_nothing(&self) {
        read(&self.files).entries.iter().for_each(|entry| entry.wanted.store(false, Ordering::Relaxed));
    }

    /// An earlier run asked whether there is a file, and the answer is still the same.
    pub(in crate::session) fn knows_of(&self, path: &Path, exists: bool) {
        write(&self.exists).insert(path.to_owned(), exists);
    }

    /// Makes sure that the IR of a file of the workspace is there.
    pub(in crate::session) fn lower_again(&self, id: FileId) {
        if let Some(entry) = self.numbered(id) {
            entry.ir(false, &self.cache, self.is_large());
        }
    }
}

impl Entry {
    pub(super) fn kept(&self, start: SystemTime) -> Option<KeptFile> {
        // What comes with the tool or from a registry is always as it was; what was only read ahead does not matter.
        let is_there = || self.text.get().is_none_or(Result::is_ok);
        let is_analysed = self.wanted.load(Ordering::Relaxed);
        let never_changes = self.bundled.is_some() || !is_analysed && self.is_delivered && is_there();
        if never_changes || !self.asked.load(Ordering::Relaxed) {
            return Some(KeptFile { path: self.path.clone(), never_changes: true, ..KeptFile::default() });
        }
        let stamp = match self.text.get() {
            None => Some(*self.stamp.get()?),
            Some(Ok(text)) => Some(Stamp::new(&self.path, text, start)),
            Some(Err(error)) if error.kind == ReadErrorKind::NotFound => None,
            _ => return None,
        };
        Some(KeptFile { path: self.path.clone(), stamp, is_analysed, ..KeptFile::default() })
    }
}
