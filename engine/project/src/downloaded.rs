//! How much there is of the dependencies: what of it is read is little.

use std::path::Path;

use crate::{Project, walk_sources};

impl Project {
    /// `*.rs` files in the folders of packages that are no members. Walks through them; for reports only.
    pub fn downloaded_files(&self) -> usize {
        let dependencies = self.packages.iter().filter(|package| !package.is_member);
        let folders = dependencies.filter_map(|package| package.manifest_path.parent());
        folders.map(files_below).sum()
    }
}

fn files_below(folder: &Path) -> usize {
    walk_sources(folder, &|_| true, &mut Vec::new()).len()
}
