//! The macros that the standard library writes its own items with, expanded.
//!
//! ```text
//! macro_rules! int { ($($t:ty)*) => { $(impl Zero for $t {})* } }
//! int! { u8 i8 }                                                       impl Zero for u8{} impl Zero for i8{}
//! ```

use std::collections::BTreeMap;
use std::rc::Rc;

use toecap_ir::{Delimiter, MacroDefKind, MacroInput, MacroRules, SourceText, Span, Syntax as _};
use toecap_lower::Parser;

use super::tree::{Tree, TreeKind};
use super::walk::At;

/// Expansions in expansions stop here.
const MAX_DEPTH: u32 = 64;
/// `$crate` of crate 0 in an expansion.
const CRATE: &str = "__toecap_crate_0";

/// Macros by name, as the text up to here sees them.
pub(super) type Scope = Rc<BTreeMap<String, Rc<Definition>>>;

/// A macro definition.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) source: SourceText,
    pub(super) rules: (u32, u32),
    pub(super) kind: MacroDefKind,
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
        let mut groups = body.iter().filter(|t| matches!(t.kind, TreeKind::Group(..)));
        let (Some(name), Some(first)) = (name, groups.next()) else { return };
        let (kind, rules) = match groups.next() {
            Some(second) => (MacroDefKind::DeclShort, (first.lo, second.hi)),
            None if body[0].is_ident("macro") => (MacroDefKind::Decl, (first.lo + 1, first.hi - 1)),
            None => (MacroDefKind::Rules, (first.lo + 1, first.hi - 1)),
        };
        let definition = Rc::new(Definition { source: at.source.clone(), rules, kind, krate: at.krate });
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

fn expansion(definition: &Definition, group: &Tree<'_>, at: &At<'_>) -> Option<SourceText> {
    let TreeKind::Group(bracket, _) = group.kind else { return None };
    if at.depth > MAX_DEPTH {
        return None;
    }
    let rules = MacroRules {
        source: &definition.source,
        rules: definition.rules,
        kind: definition.kind,
        crate_number: 0,
        local_inner_macros: false,
    };
    let delimiter = match bracket {
        b'(' => Delimiter::Paren,
        b'[' => Delimiter::Bracket,
        _ => Delimiter::Brace,
    };
    let args = (group.lo + 1, group.hi - 1);
    let call = MacroInput { source: &at.source, args, delimiter, call: Span::new(group.lo, group.hi) };
    let expanded = Parser.macro_rules(&rules)?.expand(&call)?;
    let root = if definition.krate == at.krate { "crate".to_owned() } else { format!("::{}", definition.krate) };
    Some(SourceText::file(expanded.text.replace(CRATE, &root).into()))
}
