//! Blocks and statements.

use syn::{Stmt as SynStmt, StmtMacro};
use toecap_ir::{Block, BlockKind, Expr, ExprId, ItemId, Name, Span, Stmt};

use super::{BodyLowerer, Lowered};

/// The statements of one block.
#[derive(Default)]
pub(crate) struct Stmts {
    pub(crate) items: Vec<ItemId>,
    pub(crate) stmts: Vec<Stmt>,
    pub(crate) tail: Option<ExprId>,
}

impl BodyLowerer<'_, '_> {
    /// A block of statements with its braces as an expression.
    pub(crate) fn block(
        &mut self,
        block: &syn::Block,
        kind: BlockKind,
        label: Option<Name>,
        start: Option<Span>,
    ) -> Lowered {
        let open = self.cx.span(block.brace_token.span.open());
        let end = self.cx.span(block.brace_token.span.close());
        let block = self.block_contents(&block.stmts, kind, label, end);
        let span = start.unwrap_or(open).to(end);
        Lowered { id: self.body.alloc_expr(Expr::Block(Box::new(block)), span), outer: span }
    }

    pub(crate) fn block_contents(
        &mut self,
        stmts: &[SynStmt],
        kind: BlockKind,
        label: Option<Name>,
        end: Span,
    ) -> Block {
        let Stmts { items, stmts, tail } = self.stmts(stmts);
        Block { kind, stmts: stmts.into(), tail, label, items: items.into(), end }
    }

    pub(crate) fn stmts(&mut self, stmts: &[SynStmt]) -> Stmts {
        let mut out = Stmts::default();
        for (at, stmt) in stmts.iter().enumerate() {
            let last = at + 1 == stmts.len();
            match stmt {
                SynStmt::Local(local) => {
                    let stmt = self.local(local);
                    out.stmts.push(stmt);
                }
                SynStmt::Item(item) => out.items.extend(self.cx.item(item)),
                SynStmt::Expr(syn::Expr::Verbatim(tokens), Some(_)) if tokens.is_empty() => {}
                SynStmt::Expr(expr, semi) => {
                    let attrs = super::exprs::attrs(expr);
                    let lowered = self.expr(expr);
                    let semi = semi.as_ref().map(|semi| self.cx.token(semi.span, 1));
                    self.push(&mut out, lowered, attrs, semi, last);
                }
                SynStmt::Macro(mac) => self.stmt_macro(mac, last, &mut out),
            }
        }
        out
    }

    fn stmt_macro(&mut self, stmt: &StmtMacro, last: bool, out: &mut Stmts) {
        let name = stmt.mac.path.segments.last();
        if name.is_some_and(|segment| segment.ident == "thread_local" || segment.ident == "lazy_static") {
            out.items.push(self.cx.macro_item(None, &stmt.mac, stmt.semi_token, &stmt.attrs));
            return;
        }
        let call = self.macro_expr(&stmt.mac);
        let span = call.span;
        let id = self.body.alloc_expr(Expr::MacroCall(Box::new(call)), span);
        let semi = stmt.semi_token.as_ref().map(|semi| self.cx.token(semi.span, 1));
        self.push(out, Lowered { id, outer: span }, &stmt.attrs, semi, last);
    }

    fn push(&mut self, out: &mut Stmts, expr: Lowered, attrs: &[syn::Attribute], semi: Option<Span>, last: bool) {
        let cfg = self.cx.cfg(attrs);
        // A conditional tail stays a statement, because there may be several.
        if last && semi.is_none() && cfg.is_none() {
            out.tail = Some(expr.id);
            return;
        }
        let mut span = expr.outer;
        if let Some(attr) = attrs.first() {
            span = self.cx.token(attr.pound_token.span, 1).to(span);
        }
        let span = semi.map_or(span, |semi| span.to(semi));
        out.stmts.push(Stmt::Expr { expr: expr.id, semi: semi.is_some(), cfg, span });
    }

    fn local(&mut self, local: &syn::Local) -> Stmt {
        let first = match local.attrs.first() {
            Some(attr) => self.cx.token(attr.pound_token.span, 1),
            None => self.cx.token(local.let_token.span, 3),
        };
        let span = first.to(self.cx.token(local.semi_token.span, 1));
        let (pat, ty) = match &local.pat {
            syn::Pat::Type(typed) => (&*typed.pat, Some(Box::new(self.cx.ty(&typed.ty)))),
            pat => (pat, None),
        };
        let pat = self.pat(pat);
        let init = local.init.as_ref().map(|init| self.expr(&init.expr).id);
        let otherwise = local.init.as_ref().and_then(|init| init.diverge.as_ref());
        let otherwise = otherwise.map(|(_, expr)| self.expr(expr).id);
        Stmt::Let { pat, ty, init, otherwise, cfg: self.cx.cfg(&local.attrs), span }
    }

    /// Arguments of a call; one that is there under some `cfg` only becomes a block with it: `{ #[cfg(unix)] signals }`.
    pub(super) fn args<'e>(&mut self, exprs: impl IntoIterator<Item = &'e syn::Expr>) -> Box<[ExprId]> {
        exprs.into_iter().map(|expr| self.arg(expr)).collect()
    }

    fn arg(&mut self, expr: &syn::Expr) -> ExprId {
        let lowered = self.expr(expr);
        let Some(cfg) = self.cx.cfg(super::exprs::attrs(expr)) else { return lowered.id };
        let stmt = Stmt::Expr { expr: lowered.id, semi: false, cfg: Some(cfg), span: lowered.outer };
        let block = Block {
            kind: BlockKind::Plain,
            stmts: [stmt].into(),
            tail: None,
            label: None,
            items: Box::default(),
            end: Span::empty(lowered.outer.hi()),
        };
        self.alloc(Expr::Block(Box::new(block)), lowered.outer).id
    }
}
