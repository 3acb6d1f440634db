//! The macros that the standard library writes its own items with, expanded.
//!
//! ```text
//! macro_rules! int { ($($t:ty)*) => { $(impl Zero for $t {})* } }
//! int! { u8 i8 }                                                       impl Zero for u8{} impl Zero for i8{}
//! ```

use std::collections::BTreeMap;
use std::rc::Rc;

use toecap_ir::SourceText;

use super::tree::{Tree, TreeKind};
use super::walk::At;

/// Macros by name, as the text up to here sees them.
pub(super) type Scope = Rc<BTreeMap<String, Rc<Definition>>>;

/// A macro definition.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) source: SourceText,
    pub(super) rules: (u32, u32),
    pub(super) krate: &'static str,
}

/// All macros so far.
#[derive(Debug, Default)]
pub(super) struct Macros {
    all: BTreeMap<String, Rc<Definition>>,
    exported: Scope,
    /// Calls that could not be expanded.
    pub(super) missed: Vec<String>,
}

impl Macros {
    /// What other crates see.
    pub(super) fn exported(&self) -> Scope {
        self.exported.clone()
    }

    pub(super) fn define(&mut self, body: &[Tree<'_>], at: &At<'_>, scope: &mut Scope, is_exported: bool) {
        let name = body.iter().filter_map(Tree::ident).find(|w| *w != "macro_rules" && *w != "macro");
        let (Some(name), Some(rules)) = (name, body.iter().find(|t| matches!(t.kind, TreeKind::Group(..)))) else { return };
        let definition =
            Rc::new(Definition { source: at.source.clone(), rules: (rules.lo + 1, rules.hi - 1), krate: at.krate });
        if is_exported {
            Rc::make_mut(&mut self.exported).insert(name.to_owned(), definition.clone());
        }
        self.all.insert(name.to_owned(), definition.clone());
        Rc::make_mut(scope).insert(name.to_owned(), definition);
    }

    /// What `name! group` makes; none when it is not known.
    pub(super) fn expand(&mut self, name: &str, group: &Tree<'_>, at: &At<'_>, scope: &Scope) -> Option<SourceText> {
        let definition = scope.get(name).or_else(|| self.all.get(name)).cloned();
        let expanded = definition.and_then(|definition| expansion(&definition, group, at));
        if expanded.is_none() {
            self.missed.push(format!("{}: {name}!", at.file));
        }
        expanded
    }
}

fn expansion(_definition: &Definition, _group: &Tree<'_>, _at: &At<'_>) -> Option<SourceText> {
    None
}
