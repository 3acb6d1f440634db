//! The services of the parser, as a trait, so that only one crate knows the parser.

use crate::{Body, Delimiter, ExprId, FileIr, ItemId, MacroDefKind, Name, PatId, SourceText, Span, Stmt, TypeRef};

/// Expands macros and lowers text. Total: nothing here fails or panics, whatever the text.
pub trait Syntax: Sync {
    /// Reads the definition of a `macro_rules!` (or `macro`) macro; none when its delimiters do not pair up.
    fn macro_rules(&self, definition: &MacroRules<'_>) -> Option<Box<dyn Expander>>;

    /// Lowers the items of an expansion.
    fn lower_items(&self, text: &SourceText, container: Container, bodies: FnBodies) -> FileIr;

    /// Lowers an expansion in expression or statement position into `body`.
    fn lower_stmts(&self, text: &SourceText, body: &mut Body) -> Fragment;

    /// The call that an expansion in expression or statement position is, where it is nothing else. None is always right.
    fn sole_call(&self, text: &SourceText) -> Option<SoleCall>;

    /// Lowers an expansion in pattern position into `body`.
    fn lower_pat(&self, text: &SourceText, body: &mut Body) -> PatId;

    /// Lowers an expansion in type position.
    fn lower_type(&self, text: &SourceText) -> TypeRef;

    /// Lowers the body that [`crate::BodySource::Skipped`] left out of the text. The file of the result holds the function
    /// and items declared in its body; its last body is the function's.
    fn lower_skipped_body(&self, text: &SourceText, function: Span) -> FileIr;
}

/// A macro definition that has been read.
pub trait Expander: Send + Sync {
    /// What a call expands to; none when no rule matches or a limit is reached.
    fn expand(&self, call: &MacroInput<'_>) -> Option<SourceText>;
}

/// Where items stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// A module or block.
    Module,
    /// An impl.
    Impl,
    /// A trait.
    Trait,
}

/// What becomes of the bodies of functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FnBodies {
    /// They are lowered.
    Lowered,
    /// They are left out, and can be had later by [`Syntax::lower_skipped_body`].
    Skipped,
}

/// A macro definition, for [`Syntax::macro_rules`].
#[derive(Debug, Clone, Copy)]
pub struct MacroRules<'a> {
    /// The text that the definition was lowered from.
    pub source: &'a SourceText,
    /// Where the rules are in it.
    pub rules: (u32, u32),
    /// Which grammar.
    pub kind: MacroDefKind,
    /// `$crate` becomes the path segment `$crate:<number>` with this number.
    pub crate_number: u32,
    /// `#[macro_export(local_inner_macros)]`: macros that the rules call are those of the definition's crate.
    pub local_inner_macros: bool,
}

/// A macro call, for [`Expander::expand`].
#[derive(Debug, Clone, Copy)]
pub struct MacroInput<'a> {
    /// The text that the call was lowered from.
    pub source: &'a SourceText,
    /// Where its arguments are in it.
    pub args: (u32, u32),
    /// Its delimiter.
    pub delimiter: Delimiter,
    /// The outermost call in the file that a person wrote.
    pub call: Span,
}

/// A macro call that is all there is in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoleCall {
    /// The macro, named from where the text stands.
    pub path: Vec<Name>,
    /// Where its arguments are in the text.
    pub args: (u32, u32),
    /// Its delimiter.
    pub delimiter: Delimiter,
}

/// Statements of an expansion.
#[derive(Debug, Clone, Default)]
pub struct Fragment {
    /// Items declared among the statements, and everything nested in them.
    pub file: FileIr,
    /// Items of the top level.
    pub items: Box<[ItemId]>,
    /// Statements without the tail.
    pub stmts: Box<[Stmt]>,
    /// The value.
    pub tail: Option<ExprId>,
}
