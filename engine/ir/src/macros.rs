//! Macro calls, and text that macros produced.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Block, ExprId, Name, PatId, Path, Span, Text};

/// A macro call as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MacroCall {
    /// `tokio::select`
    pub path: Path,
    /// Path, `!` and delimiters.
    pub span: Span,
    /// Range of what stands between the delimiters *in the text that was lowered* (which is the file, or the text of an
    /// expansion), for the expander to read.
    pub args: (u32, u32),
    /// Delimiter.
    pub delimiter: Delimiter,
    /// The arguments by the grammar that macros of this name have. Only in bodies.
    pub parsed: MacroArgs,
}

/// A macro call where a type stands. It is understood without the text that it was lowered from: signatures are asked for long after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypeMacro {
    /// `syn::Token`
    pub path: Path,
    /// Path, `!` and delimiters.
    pub span: Span,
    /// Delimiter.
    pub delimiter: Delimiter,
    /// What stands between the delimiters.
    pub args: Box<str>,
}

/// Which brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delimiter {
    /// `( )`
    Paren,
    /// `{ }`
    Brace,
    /// `[ ]`
    Bracket,
}

/// Arguments of a macro call in a body, parsed by the grammar that goes with the macro's last name. Whether the name
/// really is that macro is decided by resolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MacroArgs {
    /// No grammar fits; all identifiers among the tokens, in order, without duplicates.
    Opaque(Box<[Name]>),
    /// Comma-separated expressions: `println!`, `join!`, `vec![a, b]`, tracing macros (`%x`, `?x`, `key = value`, `target: x`).
    /// Variables captured by a format string (`"{x}"`) follow as paths.
    Exprs(Box<[MacroArg]>),
    /// `vec![value; count]`
    Repeat(ExprId, ExprId),
    /// `matches!(value, pattern if guard)`
    Matches {
        /// The value.
        value: ExprId,
        /// The pattern.
        pat: PatId,
        /// The guard.
        guard: Option<ExprId>,
    },
    /// `select! { .. }`, `select_biased! { .. }`
    Select(Box<Select>),
    /// `stream! { .. }`, `try_stream! { .. }`: a body with `yield`; also `pin! { let x = ..; }`.
    Block(Box<Block>),
    /// Two arguments of which the second is a type, or one type: nothing to evaluate.
    NoValues,
}

/// One argument.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MacroArg {
    /// `name = value`
    pub name: Option<Name>,
    /// The value.
    pub value: ExprId,
    /// Named only by the format string.
    pub implicit: bool,
}

/// A `select!` of the tokio or futures dialect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Select {
    /// `biased;` or `select_biased!`
    pub biased: bool,
    /// `pat = future[, if guard] => handler`
    pub arms: Box<[SelectArm]>,
    /// `else =>`, `complete =>`, `default =>`
    pub fallbacks: Box<[SelectFallback]>,
}

/// One branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectArm {
    /// What the output is matched against.
    pub pat: PatId,
    /// The future.
    pub future: ExprId,
    /// `, if guard`
    pub guard: Option<ExprId>,
    /// What runs when this branch wins.
    pub handler: ExprId,
    /// All of it.
    pub span: Span,
}

/// A branch without a future.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectFallback {
    /// Which word.
    pub kind: FallbackKind,
    /// What runs.
    pub handler: ExprId,
}

/// The word of a [`SelectFallback`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FallbackKind {
    /// `else` (tokio): all branches are disabled.
    Else,
    /// `complete` (futures): all futures have completed.
    Complete,
    /// `default` (futures): nothing is ready at once.
    Default,
}

/// Spelling of `$crate` of crate number `n` in the text of an expansion, so that a parser takes it for an identifier.
pub const CRATE_PREFIX: &str = "__toecap_crate_";

/// Rust text that can be lowered: a file's, or what a macro call expanded to.
#[derive(Debug, Clone)]
pub struct SourceText {
    /// The text.
    pub text: Text,
    /// Where its tokens come from; none when the text is the file itself.
    pub origin: Option<Arc<Origin>>,
}

/// Where the tokens of an expansion come from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Start of each token in the text, ascending, with the place that the user wrote for it, or the call's place marked
    /// expanded.
    pub tokens: Vec<(u32, Span)>,
    /// The outermost macro call, in the file that a person wrote.
    pub call: Span,
}

impl SourceText {
    /// A file's own text.
    pub fn file(text: Text) -> Self {
        Self { text, origin: None }
    }
    /// The place in the user's file of the token that starts at `at` and ends at `end` of this text.
    pub fn resolve(&self, at: u32, end: u32) -> Span {
        let Some(origin) = &self.origin else { return Span::new(at, end) };
        let index = origin.tokens.partition_point(|(start, _)| *start <= at);
        match index.checked_sub(1).map(|i| origin.tokens[i]) {
            // A span that starts inside a token of the user's keeps its offset.
            Some((start, span)) if !span.is_expanded() && at - start < span.len().max(1) => {
                let lo = span.lo() + (at - start);
                Span::new(lo, (lo + (end - at)).min(span.hi()))
            }
            Some((_, span)) => span,
            None => origin.call.expanded(),
        }
    }
}
