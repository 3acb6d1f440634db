//! What a metavariable matches: `$x:expr` takes `a + b`, `$x:tt` takes `a`.

use super::grammar::Cursor;
use super::tokens::{Buffer, Delim, Shell, TokKind};
use crate::lexer::LiteralKind;

/// A fragment specifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FragmentKind {
    Block,
    Expr,
    Expr2021,
    Ident,
    Item,
    Lifetime,
    Literal,
    Meta,
    Pat,
    PatParam,
    Path,
    Stmt,
    Tt,
    Ty,
    Vis,
}

/// Which edition's idea of a fragment; 2024 only where nothing matches by 2021.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edition {
    E2021,
    E2024,
}

const KINDS: [(&str, FragmentKind); 15] = [
    ("block", FragmentKind::Block),
    ("expr", FragmentKind::Expr),
    ("expr_2021", FragmentKind::Expr2021),
    ("ident", FragmentKind::Ident),
    ("item", FragmentKind::Item),
    ("lifetime", FragmentKind::Lifetime),
    ("literal", FragmentKind::Literal),
    ("meta", FragmentKind::Meta),
    ("pat", FragmentKind::Pat),
    ("pat_param", FragmentKind::PatParam),
    ("path", FragmentKind::Path),
    ("stmt", FragmentKind::Stmt),
    ("tt", FragmentKind::Tt),
    ("ty", FragmentKind::Ty),
    ("vis", FragmentKind::Vis),
];

impl FragmentKind {
    pub(super) fn of(name: &str) -> Option<Self> {
        KINDS.iter().find(|(text, _)| *text == name).map(|(_, kind)| *kind)
    }

    pub(super) fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("tt", |(text, _)| text)
    }

    /// True when what was matched is one unit from then on.
    pub(super) fn is_opaque(self) -> bool {
        !matches!(self, Self::Ident | Self::Lifetime | Self::Tt)
    }

    /// True when a fragment may start here; the compiler decides by this one token which way to go.
    pub(super) fn may_start(self, input: &Buffer, at: usize, edition: Edition) -> bool {
        let Some(token) = input.kind(at) else { return false };
        let cursor = Cursor::new(input, at);
        match self {
            Self::Expr | Self::Expr2021 => {
                let next = edition == Edition::E2024 && self == Self::Expr;
                match (token, input.text(at)) {
                    (TokKind::Ident, "let") => false,
                    (TokKind::Ident, "_" | "const") => next,
                    _ => cursor.begins_expr(),
                }
            }
            Self::Ty => cursor.begins_type(),
            Self::Ident => token == TokKind::Ident && input.text(at) != "_",
            Self::Lifetime => token == TokKind::Lifetime,
            Self::Literal => begins_literal(input, at),
            Self::Block => matches!(
                token,
                TokKind::Open(Delim::Bracket(b'{') | Delim::Fragment(Self::Block | Self::Stmt | Self::Expr, _))
            ),
            Self::Path | Self::Meta => {
                token == TokKind::Ident
                    || input.operator(at) == "::"
                    || matches!(token, TokKind::Open(Delim::Fragment(kind, _)) if kind.fits_path(self))
            }
            Self::Pat | Self::PatParam => cursor.begins_pat(self == Self::Pat),
            Self::Vis => {
                token == TokKind::Ident
                    || input.is_punct(at, b',')
                    || matches!(token, TokKind::Open(Delim::Fragment(..)))
                    || cursor.begins_type()
            }
            Self::Tt | Self::Item | Self::Stmt => !matches!(token, TokKind::Close(_)),
        }
    }

    fn fits_path(self, wanted: Self) -> bool {
        match wanted {
            Self::Meta => matches!(self, Self::Meta | Self::Path),
            _ => matches!(self, Self::Path | Self::Ty),
        }
    }

    /// Behind the fragment at `at`; none when there is none.
    pub(super) fn end(self, input: &Buffer, at: usize) -> Option<usize> {
        if let Some(TokKind::Open(Delim::Fragment(inner, _))) = input.kind(at)
            && self.is_same(inner)
        {
            return input.tree_end(at);
        }
        let mut cursor = Cursor::new(input, at);
        match self {
            Self::Tt | Self::Ident | Self::Lifetime => return input.tree_end(at),
            Self::Literal => return literal_end(input, at),
            Self::Block => cursor.block()?,
            Self::Expr | Self::Expr2021 => cursor.expr()?,
            Self::Item => cursor.item()?,
            Self::Meta => cursor.meta()?,
            Self::Pat => cursor.pat()?,
            Self::PatParam => cursor.pat_no_alternatives()?,
            Self::Path => cursor.type_path()?,
            Self::Stmt => cursor.stmt()?,
            Self::Ty => cursor.ty()?,
            Self::Vis => cursor.vis(),
        }
        Some(cursor.at)
    }

    /// True for a fragment that another macro has matched as the same kind and that nothing can be added to.
    fn is_same(self, inner: Self) -> bool {
        match self {
            Self::Tt => true,
            Self::Literal | Self::Item | Self::Meta | Self::Vis | Self::Block => self == inner,
            Self::Pat | Self::PatParam => matches!(inner, Self::Pat | Self::PatParam) && self == inner,
            _ => false,
        }
    }

    /// Whether a fragment needs parentheses to stay one for the parser.
    pub(super) fn shell(self, input: &Buffer, lo: usize, hi: usize) -> Shell {
        let is_single = input.tree_end(lo) == Some(hi);
        let needs = match self {
            Self::Expr | Self::Expr2021 | Self::Ty => !is_single,
            Self::Pat => Cursor::new(input, lo).has_alternatives(hi),
            _ => false,
        };
        if needs { Shell::Parens } else { Shell::Bare }
    }
}

fn begins_literal(input: &Buffer, at: usize) -> bool {
    literal_end(input, at).is_some()
}

/// `-1`, `true`, `"text"`, or a fragment that is nothing else.
fn literal_end(input: &Buffer, at: usize) -> Option<usize> {
    let start = if input.operator(at) == "-" { at + 1 } else { at };
    match input.kind(start)? {
        TokKind::Literal(kind) => (start == at || kind == LiteralKind::Number).then_some(start + 1),
        TokKind::Ident => (start == at && matches!(input.text(at), "true" | "false")).then_some(at + 1),
        TokKind::Open(Delim::Fragment(FragmentKind::Literal | FragmentKind::Expr | FragmentKind::Expr2021, _)) => {
            let end = input.tree_end(start)?;
            (literal_end(input, start + 1)? == end - 1).then_some(end)
        }
        _ => None,
    }
}
