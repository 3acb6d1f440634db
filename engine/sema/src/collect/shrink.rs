//! Giving back the room for more, once a crate is collected.

use crate::CrateDefs;

impl CrateDefs {
    /// Gives back the room for more.
    pub(super) fn shrink(&mut self) {
        self.files.shrink_to_fit();
        self.modules.shrink_to_fit();
        self.fns.shrink_to_fit();
        self.adts.shrink_to_fit();
        self.impls.shrink_to_fit();
        self.aliases.shrink_to_fit();
        self.consts.shrink_to_fit();
        self.generics.shrink_to_fit();
        for module in self.modules.iter_mut() {
            module.items.shrink_to_fit();
            module.imports.shrink_to_fit();
        }
        self.impls.iter_mut().for_each(|data| data.fns.shrink_to_fit());
    }
}
