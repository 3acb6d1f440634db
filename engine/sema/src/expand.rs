//! Macro definitions, and calls of them: what is asked of [`Syntax`].

use std::sync::OnceLock;

use toecap_ir::{Expander, ItemKind, MacroDefKind, MacroInput, MacroRules, Name, SourceText, Syntax, sym};

use rustc_hash::FxHashMap;
use toecap_knowledge::{MacroKind, templates};

use crate::{CrateDefs, ItemLoc, MacroId, ModuleId, World};

/// A macro definition.
pub struct MacroData {
    /// Its name.
    pub name: Name,
    /// Its module.
    pub module: ModuleId,
    /// Where it is.
    pub loc: ItemLoc,
    /// Read when it is called for the first time.
    pub(crate) read: OnceLock<Option<Box<dyn Expander>>>,
}

impl MacroData {
    /// What a call stands for; the definition, which `rules` has, is read once.
    pub(crate) fn expand(
        &self,
        rules: &MacroRules<'_>,
        call: &MacroInput<'_>,
        syntax: &dyn Syntax,
    ) -> Option<SourceText> {
        self.read.get_or_init(|| syntax.macro_rules(rules)).as_ref()?.expand(call)
    }
}

/// A macro of core that is written in the compiler.
pub(crate) const CFG_SELECT: &str = "cfg_select";

/// What the compiler does for `cfg_select! { unix => { .. } _ => { .. } }`: one arm is left, whose braces are not part of it.
fn cfg_select() -> &'static SourceText {
    static RULES: OnceLock<SourceText> = OnceLock::new();
    RULES.get_or_init(|| {
        SourceText::file(
            "(@arm $($body:tt)*) => { $($body)* };
            (@from [$($before:meta,)*] [$($done:tt)*] _ => { $($body:tt)* } $(,)? $($rest:tt)*) => {
                $($done)* #[cfg(not(any($($before),*)))] $crate::cfg_select! { @arm $($body)* }
            };
            (@from [$($before:meta,)*] [$($done:tt)*] _ => $body:expr $(,)?) => {
                $($done)* #[cfg(not(any($($before),*)))] $crate::cfg_select! { @arm $body }
            };
            (@from [$($before:meta,)*] [$($done:tt)*] $cfg:meta => { $($body:tt)* } $(,)? $($rest:tt)*) => {
                $crate::cfg_select! { @from [$($before,)* $cfg,] [$($done)*
                    #[cfg(all($cfg, not(any($($before),*))))] $crate::cfg_select! { @arm $($body)* }
                ] $($rest)* }
            };
            (@from [$($before:meta,)*] [$($done:tt)*] $cfg:meta => $body:expr, $($rest:tt)*) => {
                $crate::cfg_select! { @from [$($before,)* $cfg,] [$($done)*
                    #[cfg(all($cfg, not(any($($before),*))))] $crate::cfg_select! { @arm $body }
                ] $($rest)* }
            };
            (@from [$($before:meta,)*] [$($done:tt)*]) => { $($done)* };
            ($($arms:tt)*) => { $crate::cfg_select! { @from [] [] $($arms)* } };"
                .into(),
        )
    })
}

/// The rules that a procedural macro that is called like a function is taken to have.
fn rules_of_call(krate: Name, name: Name) -> Option<(&'static SourceText, MacroDefKind)> {
    type Known = FxHashMap<(Name, Name), (SourceText, MacroDefKind)>;
    static RULES: OnceLock<Known> = OnceLock::new();
    let rules = RULES.get_or_init(|| {
        let calls = templates().iter().filter(|template| template.kind == MacroKind::Call);
        let rules = calls.map(|template| {
            let kind = if template.text.trim() == "@paste" { MacroDefKind::Paste } else { MacroDefKind::Rules };
            ((Name::new(template.krate), Name::new(template.name)), (SourceText::file(template.text.into()), kind))
        });
        rules.collect()
    });
    rules.get(&(krate, name)).map(|(source, kind)| (source, *kind))
}

impl CrateDefs {
    /// The definition of a macro.
    pub(crate) fn macro_rules(&self, data: &MacroData) -> Option<MacroRules<'_>> {
        if self.name == sym::CORE && data.name == CFG_SELECT {
            let source = cfg_select();
            let (rules, kind) = ((0, source.text.len() as u32), MacroDefKind::Rules);
            return Some(MacroRules { source, rules, kind, crate_number: self.id.0, local_inner_macros: false });
        }
        if self.is_proc_macro
            && let Some((source, kind)) = rules_of_call(self.name, data.name)
        {
            let rules = (0, source.text.len() as u32);
            return Some(MacroRules { source, rules, kind, crate_number: self.id.0, local_inner_macros: false });
        }
        let item = self.item(data.loc);
        let ItemKind::MacroDef(def) = &item.kind else { return None };
        Some(MacroRules {
            source: &self.files[data.loc.file as usize].source,
            rules: def.rules,
            kind: def.kind,
            crate_number: self.id.0,
            local_inner_macros: item.attrs.named("macro_export").any(|a| a.text.contains("local_inner_macros")),
        })
    }
}

impl World<'_> {
    /// What a call of a macro stands for.
    pub(crate) fn expand(&self, id: MacroId, call: &MacroInput<'_>) -> Option<SourceText> {
        let defs = self.krate(id.krate)?;
        let data = defs.macros.get(id.index as usize)?;
        data.expand(&defs.macro_rules(data)?, call, self.syntax())
    }
}
