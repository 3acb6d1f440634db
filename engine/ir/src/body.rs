//! Bodies: expressions, patterns and statements.

use serde::{Deserialize, Serialize};

use crate::arena::take_exact;
use crate::{Arena, CfgExpr, GenericArgs, Id, ItemId, LazyBody, MacroCall, Mutability, Name, Path, Span, TypeRef};

/// Index of an [`Expr`] in its [`Body`].
pub type ExprId = Id<Expr>;
/// Index of a [`Pat`] in its [`Body`].
pub type PatId = Id<Pat>;
/// Index of a [`Body`] in its file.
pub type BodyId = Id<LazyBody>;

/// The body of a function, constant or static, closures and async blocks included.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Body {
    /// Expressions; children come before their parents except in expansions.
    pub exprs: Arena<Expr>,
    /// One place an expression.
    pub expr_spans: Vec<Span>,
    /// Patterns.
    pub pats: Arena<Pat>,
    /// One place a pattern.
    pub pat_spans: Vec<Span>,
    /// Patterns of the parameters after `self`.
    pub params: Box<[PatId]>,
    /// The block or initialiser.
    pub root: ExprId,
    /// There is a [`Expr::MacroCall`] whose arguments might have to be expanded.
    pub has_macros: bool,
}

impl Default for ExprId {
    fn default() -> Self {
        Id::from_raw(0)
    }
}

impl Body {
    /// Appends an expression.
    pub fn alloc_expr(&mut self, expr: Expr, span: Span) -> ExprId {
        self.expr_spans.push(span);
        self.exprs.alloc(expr)
    }
    /// Appends a pattern.
    pub fn alloc_pat(&mut self, pat: Pat, span: Span) -> PatId {
        self.pat_spans.push(span);
        self.pats.alloc(pat)
    }
    /// What it holds, with no room for more; the room stays here for the next body.
    pub fn take_exact(&mut self) -> Body {
        Body {
            exprs: self.exprs.take_exact(),
            expr_spans: take_exact(&mut self.expr_spans),
            pats: self.pats.take_exact(),
            pat_spans: take_exact(&mut self.pat_spans),
            params: std::mem::take(&mut self.params),
            root: std::mem::take(&mut self.root),
            has_macros: std::mem::take(&mut self.has_macros),
        }
    }
    /// Place of an expression.
    pub fn span(&self, expr: ExprId) -> Span {
        self.expr_spans[expr.index()]
    }
    /// Place of a pattern.
    pub fn pat_span(&self, pat: PatId) -> Span {
        self.pat_spans[pat.index()]
    }
}

impl std::ops::Index<ExprId> for Body {
    type Output = Expr;
    fn index(&self, id: ExprId) -> &Expr {
        &self.exprs[id]
    }
}
impl std::ops::Index<PatId> for Body {
    type Output = Pat;
    fn index(&self, id: PatId) -> &Pat {
        &self.pats[id]
    }
}

/// An expression. Parentheses and invisible groups are gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Expr {
    /// Syntax that is not understood.
    Opaque,
    /// A literal.
    Lit(Literal),
    /// A variable, constant, function, constructor …
    Path(Box<Path>),
    /// Any block with its own statements.
    Block(Box<Block>),
    /// `callee(args)`
    Call {
        /// What is called.
        callee: ExprId,
        /// Arguments.
        args: Box<[ExprId]>,
    },
    /// `receiver.method::<T>(args)`
    MethodCall(Box<MethodCall>),
    /// `base.name`, `base.0`
    Field {
        /// The value.
        base: ExprId,
        /// `0`, `1`, … for tuples.
        name: Name,
        /// The name alone.
        name_span: Span,
    },
    /// `base[index]`
    Index {
        /// The container.
        base: ExprId,
        /// The index.
        index: ExprId,
    },
    /// `*x`, `!x`, `-x`
    Unary(UnaryOp, ExprId),
    /// `a + b`, `a && b`, `a == b`, `a += b`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left.
        lhs: ExprId,
        /// Right.
        rhs: ExprId,
    },
    /// `place = value`
    Assign {
        /// What is written.
        place: ExprId,
        /// What is stored.
        value: ExprId,
    },
    /// `&x`, `&mut x`, `&raw const x`
    Ref {
        /// The operand.
        expr: ExprId,
        /// Mutable?
        mutability: Mutability,
        /// `&raw`
        raw: bool,
    },
    /// `x as T`
    Cast {
        /// The operand.
        expr: ExprId,
        /// The target.
        ty: TypeRef,
    },
    /// `x.await`
    Await {
        /// The future.
        expr: ExprId,
        /// The token `await`.
        await_span: Span,
    },
    /// `x?`
    Try(ExprId),
    /// `let pat = expr` in a condition.
    Let {
        /// The pattern.
        pat: PatId,
        /// The scrutinee.
        expr: ExprId,
    },
    /// `if cond {..} else {..}`
    If {
        /// May hold `let`s joined by `&&`.
        cond: ExprId,
        /// The block.
        then: ExprId,
        /// A block or another `if`.
        otherwise: Option<ExprId>,
    },
    /// `match scrutinee { arms }`
    Match {
        /// The value.
        scrutinee: ExprId,
        /// The arms.
        arms: Box<[MatchArm]>,
    },
    /// `while cond {..}`
    While {
        /// May hold `let`s.
        cond: ExprId,
        /// The block.
        body: ExprId,
        /// `'label:`
        label: Option<Name>,
    },
    /// `loop {..}`
    Loop {
        /// The block.
        body: ExprId,
        /// `'label:`
        label: Option<Name>,
    },
    /// `for pat in iter {..}`
    For {
        /// The element.
        pat: PatId,
        /// The iterable.
        iter: ExprId,
        /// The block.
        body: ExprId,
        /// `'label:`
        label: Option<Name>,
    },
    /// `break 'label value`
    Break {
        /// `'label`
        label: Option<Name>,
        /// The value.
        value: Option<ExprId>,
    },
    /// `continue 'label`
    Continue {
        /// `'label`
        label: Option<Name>,
    },
    /// `return value`
    Return(Option<ExprId>),
    /// `yield value`
    Yield(Option<ExprId>),
    /// `|x| x + 1`, `async move || {}`
    Closure(Box<Closure>),
    /// `S { a: 1, ..rest }`
    Record(Box<RecordLit>),
    /// `(a, b)`, `()`
    Tuple(Box<[ExprId]>),
    /// `[a, b]`
    Array(Box<[ExprId]>),
    /// `[x; n]`
    Repeat {
        /// The element.
        value: ExprId,
        /// How many.
        count: ExprId,
    },
    /// `a..b`, `..=b`, `..`
    Range {
        /// Lower bound.
        start: Option<ExprId>,
        /// Upper bound.
        end: Option<ExprId>,
        /// `..=`
        inclusive: bool,
    },
    /// `_` on the left of `=`
    Underscore,
    /// A macro call.
    MacroCall(Box<MacroCall>),
    /// A macro call that was expanded into these statements, in the scope of the block around it.
    Expanded(Box<Expansion>),
}

/// What a macro call in a body expanded to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expansion {
    /// The call.
    pub call: Span,
    /// Which expansion's file the items of these statements are in; numbered by whoever expands.
    pub file: u32,
    /// Items among the statements.
    pub items: Box<[ItemId]>,
    /// Statements; `let`s bind in the block around the call when the call was a statement.
    pub stmts: Box<[Stmt]>,
    /// The value.
    pub tail: Option<ExprId>,
}

/// A literal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Literal {
    /// With the suffix or empty; the value when it fits in 64 bits.
    Int {
        /// The value.
        value: Option<u64>,
        /// `u8`, …
        suffix: Option<Name>,
    },
    /// With the suffix.
    Float {
        /// `f32`, …
        suffix: Option<Name>,
    },
    /// `"..."`
    Str(Box<str>),
    /// `b"..."`; its length.
    ByteStr(u32),
    /// `c"..."`
    CStr,
    /// `'x'`
    Char,
    /// `b'x'`
    Byte,
    /// `true`
    Bool(bool),
}

/// Any block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Plain, async, …
    pub kind: BlockKind,
    /// Statements without the tail.
    pub stmts: Box<[Stmt]>,
    /// The value.
    pub tail: Option<ExprId>,
    /// `'label: { .. }`
    pub label: Option<Name>,
    /// Items declared inside (`fn`, `use`, `impl`, …), when there are any.
    pub items: Box<[ItemId]>,
    /// The closing brace, where locals are dropped.
    pub end: Span,
}

impl Block {
    /// `async { .. }`: what is in it runs when somebody polls what it makes.
    pub fn is_async(&self) -> bool {
        matches!(self.kind, BlockKind::Async { .. })
    }
}

/// What a block does with its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockKind {
    /// `{ }`
    Plain,
    /// `unsafe { }`
    Unsafe,
    /// `const { }`
    Const,
    /// `async { }`, `async move { }`
    Async {
        /// `move`
        by_move: bool,
    },
    /// `try { }`
    Try,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Stmt {
    /// `let pat: ty = init else { .. };`
    Let {
        /// The pattern.
        pat: PatId,
        /// The annotation.
        ty: Option<Box<TypeRef>>,
        /// The initialiser.
        init: Option<ExprId>,
        /// `else { .. }`
        otherwise: Option<ExprId>,
        /// `#[cfg(..)]`
        cfg: Option<Box<CfgExpr>>,
        /// All of it with `;`.
        span: Span,
    },
    /// An expression statement.
    Expr {
        /// The expression.
        expr: ExprId,
        /// Followed by `;`.
        semi: bool,
        /// `#[cfg(..)]`
        cfg: Option<Box<CfgExpr>>,
        /// All of it with `;`.
        span: Span,
    },
}

/// A method call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodCall {
    /// The receiver.
    pub receiver: ExprId,
    /// The method.
    pub name: Name,
    /// Its name alone.
    pub name_span: Span,
    /// `::<..>`
    pub args_generic: Option<Box<GenericArgs>>,
    /// Arguments.
    pub args: Box<[ExprId]>,
}

/// One arm of a `match`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatchArm {
    /// The pattern.
    pub pat: PatId,
    /// `if ..`
    pub guard: Option<ExprId>,
    /// The value.
    pub body: ExprId,
    /// `#[cfg(..)]`
    pub cfg: Option<Box<CfgExpr>>,
}

/// A closure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closure {
    /// Patterns and annotations.
    pub params: Box<[(PatId, Option<TypeRef>)]>,
    /// `-> T`
    pub ret: Option<TypeRef>,
    /// The body.
    pub body: ExprId,
    /// `async |..|`
    pub is_async: bool,
    /// `move`
    pub by_move: bool,
}

/// `Path { fields, ..spread }`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordLit {
    /// The struct, variant or alias.
    pub path: Path,
    /// Fields; shorthand ones have a path as value.
    pub fields: Box<[RecordField]>,
    /// `..rest`
    pub spread: Option<ExprId>,
}

/// One field of a [`RecordLit`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordField {
    /// The field.
    pub name: Name,
    /// Its value.
    pub value: ExprId,
    /// `#[cfg(..)]`
    pub cfg: Option<Box<CfgExpr>>,
}

/// A prefix operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnaryOp {
    /// `*`
    Deref,
    /// `!`
    Not,
    /// `-`
    Neg,
}

/// An infix operator; `assign` for the compound assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the operator traits")]
pub enum BinaryOp {
    And,
    Or,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
    AddAssign,
    SubAssign,
    MulAssign,
    DivAssign,
    RemAssign,
    BitAndAssign,
    BitOrAssign,
    BitXorAssign,
    ShlAssign,
    ShrAssign,
}

/// A pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Pat {
    /// Syntax that is not understood.
    Opaque,
    /// `_`
    Wild,
    /// `..`
    Rest,
    /// `x`, `ref mut x`, `x @ sub`; may also name a constant or unit variant.
    Bind {
        /// The identifier.
        name: Name,
        /// `ref`
        by_ref: bool,
        /// `mut`
        mutable: bool,
        /// `@ sub`
        sub: Option<PatId>,
    },
    /// `a::B`
    Path(Box<Path>),
    /// A literal.
    Lit(Literal),
    /// `a..=b`
    Range,
    /// `a | b`
    Or(Box<[PatId]>),
    /// `(a, .., b)`
    Tuple(Box<[PatId]>),
    /// `A(a, .., b)`
    TupleStruct {
        /// The constructor.
        path: Box<Path>,
        /// Sub-patterns, `..` included.
        pats: Box<[PatId]>,
    },
    /// `A { a, b: pat, .. }`
    Record {
        /// The constructor.
        path: Box<Path>,
        /// Fields and sub-patterns.
        fields: Box<[(Name, PatId)]>,
    },
    /// `[a, rest @ .., b]`
    Slice(Box<[PatId]>),
    /// `&pat`, `&mut pat`
    Ref(PatId, Mutability),
    /// `pat: T` (closure parameters, `let` in macros)
    Typed(PatId, Box<TypeRef>),
    /// A macro call.
    MacroCall(Box<MacroCall>),
}
