//! What macro calls in bodies stand for.

use std::sync::Arc;

use toecap_ir::{
    Block, Expansion, ExprId, ItemId, ItemKind, MacroCall, MacroInput, Name, PatId, SoleCall, SourceText, Span, Stmt,
};

use super::{ExpansionFile, Infer};
use crate::expand::CFG_SELECT;
use crate::{CrateId, CrateOrigin, MacroId, ModuleId, Ty, World};

const MAX_EXPANSION_DEPTH: u32 = 32;
const MAX_EXPANSIONS: usize = 2_000;
/// Total text of a body's expansions, in bytes, before nothing more is expanded inside of expansions.
const MAX_EXPANDED_BYTES: usize = 1 << 20;

/// Crates whose macros are understood by their grammar instead of being expanded.
const GRAMMAR_CRATES: [&str; 22] = [
    "std",
    "core",
    "alloc",
    "tokio",
    "futures",
    "futures_util",
    "futures_lite",
    "futures_micro",
    "tracing",
    "tracing_core",
    "log",
    "anyhow",
    "eyre",
    "color_eyre",
    "async_stream",
    "async_stream_impl",
    "pin_utils",
    "smol_macros",
    "async_std",
    "tokio_util",
    "defmt",
    "slog",
];

impl World<'_> {
    /// Is this macro of crate `krate` understood by its grammar instead of being expanded?
    pub(crate) fn has_macro_grammar(&self, krate: CrateId, name: Option<Name>) -> bool {
        let input = self.input(krate);
        if name.is_some_and(|name| name == CFG_SELECT) {
            return false;
        }
        input.origin != CrateOrigin::Workspace && GRAMMAR_CRATES.contains(&input.name.as_str())
            || matches!(input.name.as_str(), "tokio" | "tracing" | "futures_util" | "log")
    }
}

impl<'a> Infer<'a> {
    pub(super) fn has_grammar(&self, id: MacroId) -> bool {
        self.world.has_macro_grammar(id.krate, self.macro_name(id))
    }

    pub(super) fn macro_name(&self, id: MacroId) -> Option<Name> {
        Some(self.world.krate(id.krate)?.macros.get(id.index as usize)?.name)
    }

    /// What a call becomes: the text, how deep inside of expansions it is, and the place of the outermost call.
    fn expanded_text(&mut self, id: MacroId, call: &MacroCall) -> Option<(SourceText, u32, Span)> {
        let defs = self.world.krate(self.module.krate)?;
        let (source, depth): (SourceText, u32) = match self.in_expansion {
            Some(at) => {
                let file = &self.expansions[at as usize];
                (file.source.clone(), file.depth)
            }
            None => (defs.files[self.file as usize].source.clone(), 0),
        };
        if self.is_too_much(depth) {
            self.out_of_fuel += 1;
            return None;
        }
        let outer = source.origin.as_ref().map_or(call.span, |o| o.call);
        let input = MacroInput { source: &source, args: call.args, delimiter: call.delimiter, call: outer };
        Some((self.expand_text(id, &input)?, depth, outer))
    }

    /// May no call that is `depth` deep inside of expansions be expanded any more?
    fn is_too_much(&self, depth: u32) -> bool {
        let (count, bytes) = self.expanded;
        count >= MAX_EXPANSIONS || depth >= MAX_EXPANSION_DEPTH || depth > 0 && bytes > MAX_EXPANDED_BYTES
    }

    fn expand_text(&mut self, id: MacroId, input: &MacroInput<'_>) -> Option<SourceText> {
        let text = self.world.expand(id, input)?;
        self.expanded.0 += 1;
        self.expanded.1 += text.text.len();
        Some(text)
    }

    /// Goes on while all that there is is another call: macros that take their input apart token by token make little else.
    fn expand_on(&mut self, mut text: SourceText, mut depth: u32, outer: Span) -> (SourceText, u32) {
        while !self.is_too_much(depth + 1)
            && let Some(SoleCall { path, args, delimiter }) = self.world.syntax().sole_call(&text)
            && let Some(id) = self.names.find_macro(self.module, None, &path, false)
            && !self.has_grammar(id)
            && let Some(next) = self.expand_text(id, &MacroInput { source: &text, args, delimiter, call: outer })
        {
            text = next;
            depth += 1;
        }
        (text, depth)
    }

    /// The pattern that a call in the place of one stands for; what it binds is found by its own number.
    pub(super) fn expand_pat(&mut self, call: &MacroCall) -> Option<(PatId, u32)> {
        let names: Vec<Name> = call.path.names().collect();
        let id = self.names.find_macro(self.module, None, &names, call.path.global)?;
        let (source, depth, _) = self.expanded_text(id, call)?;
        let start = self.body.exprs.len() as u32;
        let pat = self.world.syntax().lower_pat(&source, self.body.grow());
        let file = ExpansionFile { ir: Arc::default(), source, depth: depth + 1, start, made: None };
        Some((pat, self.add_expansion(file)))
    }

    /// Makes room for what an expansion has added to the body; its number.
    fn add_expansion(&mut self, file: ExpansionFile<'a>) -> u32 {
        self.expansions.push(file);
        self.expr_tys.resize(self.body.exprs.len(), Ty::unknown());
        self.pat_tys.resize(self.body.pats.len(), Ty::unknown());
        self.expansions.len() as u32 - 1
    }

    pub(super) fn expand(&mut self, at: ExprId, id: MacroId, call: &MacroCall) -> Option<Expansion> {
        let (mut text, mut depth, outer) = self.expanded_text(id, call)?;
        let made = match self.in_expansion.map(|file| &self.expansions[file as usize]) {
            Some(file) => file.made.zip((at.index() as u32).checked_sub(file.start)),
            None => self.made.map(|made| (made, at.index() as u32)),
        };
        let made = made.and_then(|(made, at)| made.calls.get(&at)).filter(|made| !made.is_empty());
        if made.is_none() {
            (text, depth) = self.expand_on(text, depth, outer);
        }
        let start = self.body.exprs.len() as u32;
        let fragment = self.world.syntax().lower_stmts(&text, self.body.grow());
        let ir = Arc::new(fragment.file);
        let file = self.add_expansion(ExpansionFile { ir, source: text, depth: depth + 1, start, made });
        let (mut stmts, mut tail) = (fragment.stmts, fragment.tail);
        // `macro_rules! app { () => { build(); } }`: where an expression stands, rustc ignores the semicolon.
        if let ([Stmt::Expr { expr, semi: true, .. }], None, true) = (&stmts[..], tail, fragment.items.is_empty()) {
            tail = Some(*expr);
            stmts = Default::default();
        }
        Some(Expansion { call: outer, file, items: fragment.items, stmts, tail })
    }

    pub(super) fn expanded(&mut self, expansion: &Expansion, expected: Ty) -> Ty {
        let outer = self.in_expansion.replace(expansion.file);
        self.import_made(&expansion.items);
        let ty = self.stmts(&expansion.stmts, expansion.tail, expected);
        self.in_expansion = outer;
        ty
    }

    /// Brings what `use` among `items`, which a macro has made, names.
    pub(super) fn import_made(&mut self, items: &[ItemId]) {
        let Some(at) = self.in_expansion.filter(|_| !items.is_empty()) else { return };
        let ir = self.expansions[at as usize].ir.clone();
        for id in items {
            if let ItemKind::Use(imports) = &ir.items[*id].kind {
                imports.iter().for_each(|import| self.names.add_alias(self.module, import));
            }
        }
    }

    /// The scope of a block that has items, written ones or such as macros made.
    pub(super) fn scope_of(&self, id: ExprId, block: &Block) -> Option<ModuleId> {
        if let Some(at) = self.in_expansion {
            let expansion = &self.expansions[at as usize];
            return expansion.made?.blocks.get(&(id.index() as u32).checked_sub(expansion.start)?).copied();
        }
        let made = self.made.and_then(|made| made.blocks.get(&(id.index() as u32)));
        if made.is_some() || block.items.is_empty() {
            return made.copied();
        }
        self.world.krate(self.module.krate)?.block_modules.get(&(self.file, self.body_id?, id)).copied()
    }
}
