//! Glob imports: what they bring is what can be seen of the module that they name, from where they stand.
//!
//! ```text
//! pub mod types { use super::private::*; pub struct Column; }     `use types::*` brings `Column` alone
//! ```

use toecap_ir::Name;

use crate::names::Names;
use crate::{CrateId, Def, ImportData, ModuleId, Ns, Vis};

impl Names<'_> {
    /// What `name` means by way of one glob import of `module`.
    pub(crate) fn through_glob(
        &self,
        module: ModuleId,
        import: &ImportData,
        name: Name,
        ns: Ns,
        from: ModuleId,
    ) -> Option<Def> {
        match self.resolve_import(module, &import.path, import.global, Ns::Types) {
            Some(Def::Module(target)) if target != module => self.brought(target, name, ns, module, from),
            Some(Def::Adt(adt)) if ns != Ns::Macros => self.variant(adt, name),
            _ => None,
        }
    }

    /// What a glob import in `module` brings of `target` as `name`.
    fn brought(&self, target: ModuleId, name: Name, ns: Ns, module: ModuleId, from: ModuleId) -> Option<Def> {
        let data = self.module(target)?;
        if let Some((_, vis)) = data.items.get(&(name, ns)) {
            return self.vis_allows(target.krate, *vis, module).then(|| self.lookup(target, name, ns, from))?;
        }
        let is_visible = |index: &u32| self.vis_allows(target.krate, data.imports[*index as usize].vis, module);
        if let Some(imports) = data.named.get(&name) {
            return imports.iter().any(is_visible).then(|| self.lookup(target, name, ns, from))?;
        }
        let visible: Vec<u32> = data.globs.iter().copied().filter(|index| is_visible(index)).collect();
        if visible.len() == data.globs.len() {
            return self.lookup(target, name, ns, from);
        }
        // Answers for all of its globs would be wrong here.
        let key = (target, name, ns);
        if self.partly.borrow().contains(&key) {
            return None;
        }
        self.partly.borrow_mut().push(key);
        let found = visible
            .into_iter()
            .find_map(|index| self.through_glob(target, &data.imports[index as usize], name, ns, from));
        self.partly.borrow_mut().pop();
        found
    }

    pub(crate) fn vis_allows(&self, krate: CrateId, vis: Vis, from: ModuleId) -> bool {
        match vis {
            Vis::Public => true,
            Vis::Within(_) if krate != from.krate => false,
            Vis::Within(module) => {
                let mut at = Some(from.index);
                while let Some(index) = at {
                    if index == module {
                        return true;
                    }
                    at = self.module(ModuleId { krate, index }).and_then(|m| m.parent);
                }
                false
            }
        }
    }
}
