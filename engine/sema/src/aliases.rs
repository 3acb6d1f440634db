//! `use` among statements that a macro makes: known once the macro is expanded, when the modules of the crate are long complete.
//!
//! ```text
//! macro_rules! ready { ($e:expr) => {{ use core::task::Poll; match $e { Poll::Ready(v) => v, .. } }}; }
//! ```

use toecap_ir::{Import, ImportKind, Name};

use crate::names::Names;
use crate::{Def, ModuleId, Ns, TraitId};

/// What one `use` brings.
#[derive(Debug, Clone)]
pub(crate) struct Alias {
    name: Name,
    path: Box<[Name]>,
    global: bool,
    /// Where it stands.
    module: ModuleId,
}

impl Names<'_> {
    /// How many there are, for [`Names::forget_aliases`].
    pub(crate) fn aliases(&self) -> usize {
        self.aliases.borrow().len()
    }

    /// Those of `other` count here too.
    pub(crate) fn share_aliases(&self, other: &Names<'_>) {
        let theirs = other.aliases.borrow();
        if !theirs.is_empty() {
            self.aliases.borrow_mut().clone_from(&theirs);
        }
    }

    /// From now on an import in `module` counts. Globs are collected as items are.
    pub(crate) fn add_alias(&self, module: ModuleId, import: &Import) {
        let ImportKind::Named { alias: name, .. } = import.kind else { return };
        let alias = Alias { name, path: import.path.clone(), global: import.global, module };
        self.aliases.borrow_mut().push(alias);
    }

    /// From now on `name` in `module` means what `path` does.
    pub(crate) fn add_alias_of(&self, module: ModuleId, name: Name, path: &[Name]) {
        let alias = Alias { name, path: path.into(), global: false, module };
        self.aliases.borrow_mut().push(alias);
    }

    /// The block that they stood in ends.
    pub(crate) fn forget_aliases(&self, from: usize) {
        self.aliases.borrow_mut().truncate(from);
    }

    /// What `path` means when its first name is an alias; see [`Names::resolve_prefix`].
    pub(crate) fn through_alias(&self, path: &[Name], ns: Ns) -> Option<(Def, usize)> {
        let first = path.first()?;
        if self.aliases.borrow().iter().all(|alias| alias.name != *first) {
            return None;
        }
        // An alias is not looked up by way of others: `use Poll as Poll`.
        let aliases = self.aliases.take();
        let found = aliases.iter().rev().filter(|alias| alias.name == *first).find_map(|alias| {
            let whole: Vec<Name> = alias.path.iter().chain(&path[1..]).copied().collect();
            let (def, used) = self.resolve_prefix(alias.module, &whole, alias.global, ns)?;
            (used >= alias.path.len()).then(|| (def, used + 1 - alias.path.len()))
        });
        self.aliases.replace(aliases);
        found
    }

    /// Traits that are in scope by way of aliases, `_` included.
    pub(crate) fn aliased_traits(&self) -> Vec<TraitId> {
        if self.aliases.borrow().is_empty() {
            return Vec::new();
        }
        let aliases = self.aliases.take();
        let found = aliases.iter().filter_map(|alias| {
            match self.resolve(alias.module, &alias.path, alias.global, Ns::Types)? {
                Def::Trait(tr) => Some(tr),
                _ => None,
            }
        });
        let found = found.collect();
        self.aliases.replace(aliases);
        found
    }
}
