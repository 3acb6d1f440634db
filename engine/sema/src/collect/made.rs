//! Items that macro calls in bodies stand for. Macros are expanded where types are found out, but what a crate defines must be known
//! before; so the calls that may make items are expanded here too.
//!
//! ```text
//! fn f() { make!(helper, String); helper(text) }      // fn helper(s: String) { .. }
//! fn g() -> &'static str { name_of!() }               // { fn f() {} type_name_of(f) }
//! ```

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use toecap_ir::{
    Body, BodyId, Expr, ExprId, FileId, Fragment, ItemId, MacroArgs, MacroCall, MacroInput, Name, SourceText, sym,
};

use super::{Collector, MAX_EXPANDED_BYTES};
use crate::names::Names;
use crate::walk::each_child;
use crate::{CrateDefs, CrateOrigin, DefFile, GenericsId, MacroId, ModuleData, ModuleId};

/// Calls in what calls stand for stop here.
const MAX_DEPTH: u32 = 8;
/// How often bodies of functions that were made are looked at for more.
const ROUNDS: usize = 4;

/// Names of macros that are called often and make no items.
const COMMON: [&str; 31] = [
    "anyhow",
    "assert",
    "assert_eq",
    "assert_ne",
    "bail",
    "dbg",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "ensure",
    "eprintln",
    "error",
    "format",
    "info",
    "join",
    "json",
    "matches",
    "panic",
    "pin",
    "print",
    "println",
    "ready",
    "select",
    "todo",
    "trace",
    "try_join",
    "unreachable",
    "vec",
    "warn",
    "write",
    "writeln",
];

/// What the calls of a body, or of what one of them stands for, make: by the position of expressions in it.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// Scopes of blocks whose items, or some of them, macros made.
    pub blocks: FxHashMap<u32, ModuleId>,
    /// What calls stand for.
    pub calls: FxHashMap<u32, Made>,
}

/// A body that calls macros.
pub(super) struct Calls {
    pub module: u32,
    pub file: u32,
    pub body: BodyId,
    pub generics: Option<GenericsId>,
    pub in_test: bool,
}

/// Where code is that is looked at: a body, or what a call in it stands for.
struct Code<'c> {
    body: &'c Body,
    /// What it was lowered from.
    source: &'c SourceText,
    /// For items in its blocks: where they are, and the scopes that there are already (of bodies alone).
    file: u32,
    scopes: Option<BodyId>,
    depth: u32,
    of: &'c Calls,
}

/// What is known of macros while bodies are looked at.
#[derive(Default)]
pub(super) struct Makers {
    found: FxHashMap<(u32, Vec<Name>, bool), Option<MacroId>>,
    makes: FxHashMap<MacroId, bool>,
}

impl Collector<'_> {
    /// Notes a body that has calls of macros without a grammar of their own.
    pub(super) fn note_calls(&mut self, calls: Calls, body: &Body) {
        let is_call = |expr: &Expr| matches!(expr, Expr::MacroCall(call) if !is_common(call));
        if self.defs.origin == CrateOrigin::Workspace && body.has_macros && body.exprs.iter().any(|(_, e)| is_call(e)) {
            self.bodies.push(calls);
        }
    }

    /// Collects the items that macros make in bodies.
    pub(super) fn finish_bodies(&mut self) {
        for _ in 0..ROUNDS {
            let bodies = std::mem::take(&mut self.bodies);
            if bodies.is_empty() {
                break;
            }
            for calls in bodies {
                let file = &self.defs.files[calls.file as usize];
                let (ir, source) = (file.ir.clone(), file.source.clone());
                let body = &ir.bodies[calls.body].get();
                let (file, scopes) = (calls.file, Some(calls.body));
                let code = Code { body, source: &source, file, scopes, depth: 0, of: &calls };
                let made = self.made_in(&code, vec![(body.root, calls.module, None)]);
                if !made.is_empty() {
                    self.defs.made.insert((calls.file, calls.body), made);
                }
            }
            self.finish_pending();
        }
        self.makers = Makers::default();
    }

    /// What is made in `code`; `open` are expressions with the module around them and the one that items beside them go to.
    fn made_in(&mut self, code: &Code<'_>, mut open: Vec<(ExprId, u32, Option<u32>)>) -> Made {
        let mut made = Made::default();
        while let Some((id, mut module, statement)) = open.pop() {
            let mut block_module = None;
            match &code.body[id] {
                Expr::Block(block) => {
                    let calls_maker = || block.stmts.iter().filter_map(direct).chain(block.tail);
                    if let Some(scope) = self.scope_of(code, id) {
                        self.defs.modules[scope as usize].parent = Some(module);
                        module = scope;
                    } else if code.scopes.is_none() && !block.items.is_empty()
                        || calls_maker().any(|call| self.maker(code, module, call).is_some())
                    {
                        module = self.block_module(code, module);
                        made.blocks.insert(id.index() as u32, self.module_id(module));
                        self.items_in(module, code.file, &block.items, code.of.in_test);
                    }
                    block_module = Some(module);
                }
                Expr::MacroCall(_) => {
                    if let Some((call, maker)) = self.maker(code, module, id)
                        && let Some(one) = self.made_by(code, call, maker, module, statement)
                    {
                        made.calls.insert(id.index() as u32, one);
                    }
                }
                _ => {}
            }
            each_child(code.body, id, &mut |child| open.push((child, module, block_module)));
        }
        made
    }

    /// Expands a call that may make items.
    fn made_by(
        &mut self,
        code: &Code<'_>,
        call: &MacroCall,
        maker: MacroId,
        module: u32,
        statement: Option<u32>,
    ) -> Option<Made> {
        if code.depth >= MAX_DEPTH || self.expanded_bytes > MAX_EXPANDED_BYTES {
            self.defs.macros_given_up += 1;
            return None;
        }
        let outer = code.source.origin.as_ref().map_or(call.span, |origin| origin.call);
        let input = MacroInput { source: code.source, args: call.args, delimiter: call.delimiter, call: outer };
        let defs = self.defs_of(maker)?;
        let data = defs.macros.get(maker.index as usize)?;
        let text = data.expand(&defs.macro_rules(data)?, &input, self.world.syntax())?;
        self.expanded_bytes += text.text.len();
        let mut body = Body::default();
        let Fragment { file: ir, items, stmts, tail } = self.world.syntax().lower_stmts(&text, &mut body);
        let from = &self.defs.files[code.file as usize];
        let (file, depth, folder): (FileId, u32, PathBuf) = (from.file, from.depth + 1, from.folder.clone());
        if ir.items.is_empty() && stmts.is_empty() && tail.is_none() {
            return None;
        }
        self.defs.files.push(DefFile { file, ir: Arc::new(ir), source: text.clone(), depth, folder });
        let file = self.defs.files.len() as u32 - 1;
        if let Some(module) = statement {
            self.items_in(module, file, &items, code.of.in_test);
        }
        let inner = Code { body: &body, source: &text, file, scopes: None, depth: code.depth + 1, of: code.of };
        let roots = stmts.iter().flat_map(roots).map(|root| (root, module, statement));
        let mut open: Vec<_> = roots.chain(tail.map(|tail| (tail, module, statement))).collect();
        open.reverse();
        Some(self.made_in(&inner, open))
    }

    /// The call at `id`, when its macro is known and may make items.
    fn maker<'c>(&mut self, code: &Code<'c>, module: u32, id: ExprId) -> Option<(&'c MacroCall, MacroId)> {
        let Expr::MacroCall(call) = &code.body[id] else { return None };
        if is_common(call) {
            return None;
        }
        let path: Vec<Name> = call.path.names().collect();
        let key = (module, path, call.path.global);
        let found = match self.makers.found.get(&key) {
            Some(found) => *found,
            None => {
                let names = Names::building(self.world, &self.defs);
                let found = names.find_macro(self.module_id(module), None, &key.1, key.2);
                self.makers.found.insert(key, found);
                found
            }
        };
        let args = code.source.text.get(call.args.0 as usize..call.args.1 as usize)?;
        let found = found.filter(|id| !self.has_grammar(*id))?;
        (self.makes_items(found, 0) || mentions_items(args)).then_some((call, found))
    }

    fn has_grammar(&self, id: MacroId) -> bool {
        let name = self.defs_of(id).and_then(|defs| Some(defs.macros.get(id.index as usize)?.name));
        self.world.has_macro_grammar(id.krate, name)
    }

    fn defs_of(&self, id: MacroId) -> Option<&CrateDefs> {
        if id.krate == self.id() { Some(&self.defs) } else { self.world.krate(id.krate) }
    }

    /// May what a macro's rules make hold items? Macros that they call are looked at, too.
    fn makes_items(&mut self, id: MacroId, depth: u32) -> bool {
        if let Some(known) = self.makers.makes.get(&id) {
            return *known;
        }
        self.makers.makes.insert(id, false);
        let Some((mentions, called)) = self.defs_of(id).and_then(|defs| {
            let data = defs.macros.get(id.index as usize)?;
            let rules = defs.macro_rules(data)?;
            let text = rules.source.text.get(rules.rules.0 as usize..rules.rules.1 as usize)?;
            let module = &defs.modules[data.module.index as usize];
            let find = |name: Name| module.textual.get(&name).or_else(|| defs.macro_exports.get(&name)).copied();
            Some((mentions_items(text), called_in(text).into_iter().filter_map(find).collect::<Vec<_>>()))
        }) else {
            return false;
        };
        let makes = mentions || depth < MAX_DEPTH && called.into_iter().any(|inner| self.makes_items(inner, depth + 1));
        self.makers.makes.insert(id, makes);
        makes
    }

    /// The scope that a block has already.
    fn scope_of(&self, code: &Code<'_>, block: ExprId) -> Option<u32> {
        self.defs.block_modules.get(&(code.file, code.scopes?, block)).map(|scope| scope.index)
    }

    fn block_module(&mut self, code: &Code<'_>, parent: u32) -> u32 {
        let around = &self.defs.modules[parent as usize];
        let (place, textual) = (around.place.clone(), around.textual.clone());
        self.add_module(ModuleData {
            name: sym::EMPTY,
            parent: Some(parent),
            is_block: true,
            file: code.file,
            items: FxHashMap::default(),
            imports: Vec::new(),
            named: FxHashMap::default(),
            globs: Vec::new(),
            textual,
            in_test: code.of.in_test,
            generics: code.of.generics,
            place,
            traits: OnceLock::new(),
        })
    }

    fn items_in(&mut self, module: u32, file: u32, items: &[ItemId], in_test: bool) {
        let mut textual = self.defs.modules[module as usize].textual.clone();
        self.items(module, file, items, &mut textual, in_test);
        self.defs.modules[module as usize].textual = textual;
    }
}

impl Made {
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.calls.is_empty()
    }
}

/// Macros of these names are the ones that everybody knows, or like them.
fn is_common(call: &MacroCall) -> bool {
    let is_known = |name: Name| COMMON.contains(&name.as_str());
    matches!(call.parsed, MacroArgs::NoValues | MacroArgs::Select(_)) || call.path.last_name().is_none_or(is_known)
}

/// The expression that a statement is.
fn direct(stmt: &toecap_ir::Stmt) -> Option<ExprId> {
    match stmt {
        toecap_ir::Stmt::Expr { expr, .. } => Some(*expr),
        toecap_ir::Stmt::Let { .. } => None,
    }
}

/// All expressions that a statement has.
fn roots(stmt: &toecap_ir::Stmt) -> Vec<ExprId> {
    match stmt {
        toecap_ir::Stmt::Expr { expr, .. } => vec![*expr],
        toecap_ir::Stmt::Let { init, otherwise, .. } => init.iter().chain(otherwise).copied().collect(),
    }
}

/// Words of Rust text with what stands before and after them; strings and comments may be among them.
fn words(text: &str) -> impl Iterator<Item = (Option<char>, &str, Option<char>)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(is_word)?;
        let end = text[start..].find(|c: char| !is_word(c)).map_or(text.len(), |len| start + len);
        at = end;
        let before = text[..start].trim_end_matches(' ').chars().next_back();
        let after = text[end..].trim_start().chars().next();
        Some((before, &text[start..end], after))
    })
}

/// Is there something that looks like the beginning of an item, or a fragment that may be one? A `use` is known where types are found out
/// ([`crate::aliases`]), unless it brings a whole module.
fn mentions_items(text: &str) -> bool {
    words(text).any(|(before, word, after)| match word {
        "fn" => after != Some('('),
        "struct" | "enum" | "trait" | "impl" | "mod" | "macro_rules" => true,
        "static" | "type" => before != Some('\'') && after != Some('!'),
        "const" => before != Some('*') && after != Some('{'),
        "item" => before == Some(':'),
        "use" => brings_module(text),
        _ => false,
    })
}

/// Does a `use` bring a whole module, or what only the call knows?
fn brings_module(text: &str) -> bool {
    let mut named = text.split("use").skip(1).filter_map(|rest| rest.split(';').next());
    named.any(|named| named.contains('*') || named.matches('$').count() > named.matches("$crate").count())
}

/// Names of macros that the text calls.
fn called_in(text: &str) -> Vec<Name> {
    words(text).filter(|(.., after)| *after == Some('!')).map(|(_, word, _)| Name::new(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_of_items_are_seen() {
        for text in [
            "() => { fn f() {} }",
            "($i:item) => { $i }",
            "() => { use a::*; }",
            "($p:tt) => { use a::b; use $crate::c::$p; }",
            "struct S;",
            "() => { static A: u8 = 1; }",
        ] {
            assert!(mentions_items(text), "{text}");
        }
        for text in [
            "($e:expr) => { $e as fn(u8) }",
            "() => { &'static str }",
            "use a::b;",
            "*const u8",
            "const { 1 }",
            "($($a:tt)*) => { use $crate::B; f(*$x) }",
        ] {
            assert!(!mentions_items(text), "{text}");
        }
        assert_eq!(called_in("a!(b) $crate::c ! { d != e }"), [Name::new("a"), Name::new("c"), Name::new("d")]);
    }
}
