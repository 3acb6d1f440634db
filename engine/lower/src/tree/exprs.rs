//! Expressions.

use syn::spanned::Spanned as _;
use syn::{Attribute, BinOp, Expr as Syn, UnOp};
use toecap_ir::{
    BinaryOp, BlockKind, Closure, Expr, ExprId, MatchArm, MethodCall, Mutability, Name, RecordField, RecordLit, Span,
    UnaryOp,
};

use super::literals::literal;
use super::types::mutability;
use super::{BodyLowerer, Lowered, MAX_DEPTH};

impl BodyLowerer<'_, '_> {
    pub(crate) fn expr(&mut self, expr: &Syn) -> Lowered {
        if self.depth >= MAX_DEPTH {
            return self.alloc(Expr::Opaque, Span::empty(0));
        }
        self.depth += 1;
        let lowered = self.expr_inner(expr);
        self.depth -= 1;
        lowered
    }

    pub(crate) fn alloc(&mut self, expr: Expr, span: Span) -> Lowered {
        Lowered { id: self.body.alloc_expr(expr, span), outer: span }
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Syn>) -> Box<[ExprId]> {
        exprs.into_iter().map(|expr| self.expr(expr).id).collect()
    }

    fn expr_inner(&mut self, expr: &Syn) -> Lowered {
        match expr {
            Syn::Path(expr) => {
                let path = self.cx.path(expr.qself.as_ref(), &expr.path);
                let span = path.span;
                self.alloc(Expr::Path(Box::new(path)), span)
            }
            Syn::Lit(expr) => {
                let span = self.cx.span(expr.lit.span());
                self.alloc(literal(&expr.lit).map_or(Expr::Opaque, Expr::Lit), span)
            }
            Syn::MethodCall(expr) => self.method_call(expr),
            Syn::Call(expr) => {
                let callee = self.expr(&expr.func);
                let span = callee.outer.to(self.cx.span(expr.paren_token.span.close()));
                let args = self.args(&expr.args);
                self.alloc(Expr::Call { callee: callee.id, args }, span)
            }
            Syn::Field(expr) => {
                let base = self.expr(&expr.base);
                let (name, name_span) = self.member(&expr.member);
                self.alloc(Expr::Field { base: base.id, name, name_span }, base.outer.to(name_span))
            }
            Syn::Await(expr) => {
                let base = self.expr(&expr.base);
                let await_span = self.cx.token(expr.await_token.span, 5);
                self.alloc(Expr::Await { expr: base.id, await_span }, base.outer.to(await_span))
            }
            Syn::Try(expr) => {
                let inner = self.expr(&expr.expr);
                let span = inner.outer.to(self.cx.token(expr.question_token.span, 1));
                self.alloc(Expr::Try(inner.id), span)
            }
            Syn::Paren(expr) => {
                let inner = self.expr(&expr.expr);
                Lowered { id: inner.id, outer: self.delimited(&expr.paren_token.span) }
            }
            Syn::Group(expr) => self.expr(&expr.expr),
            Syn::Macro(expr) => {
                let call = self.macro_expr(&expr.mac);
                let span = call.span;
                self.alloc(Expr::MacroCall(Box::new(call)), span)
            }
            Syn::Index(expr) => {
                let base = self.expr(&expr.expr);
                let span = base.outer.to(self.cx.span(expr.bracket_token.span.close()));
                let index = self.expr(&expr.index).id;
                self.alloc(Expr::Index { base: base.id, index }, span)
            }
            Syn::Unary(_)
            | Syn::Binary(_)
            | Syn::Assign(_)
            | Syn::Reference(_)
            | Syn::RawAddr(_)
            | Syn::Cast(_)
            | Syn::Range(_) => self.operator(expr),
            Syn::Tuple(expr) => {
                let elems = self.exprs(&expr.elems);
                let span = self.delimited(&expr.paren_token.span);
                self.alloc(Expr::Tuple(elems), span)
            }
            Syn::Array(expr) => {
                let elems = self.exprs(&expr.elems);
                let span = self.delimited(&expr.bracket_token.span);
                self.alloc(Expr::Array(elems), span)
            }
            Syn::Repeat(expr) => {
                let value = self.expr(&expr.expr).id;
                let count = self.expr(&expr.len).id;
                let span = self.delimited(&expr.bracket_token.span);
                self.alloc(Expr::Repeat { value, count }, span)
            }
            Syn::Struct(expr) => self.record(expr),
            Syn::Closure(expr) => self.closure(expr),
            _ => self.control(expr),
        }
    }

    /// Blocks, branches, loops and jumps.
    fn control(&mut self, expr: &Syn) -> Lowered {
        match expr {
            Syn::Block(expr) => {
                let label = self.label(expr.label.as_ref());
                self.block(&expr.block, BlockKind::Plain, label.map(|l| l.0), label.map(|l| l.1))
            }
            Syn::Unsafe(expr) => {
                let start = self.cx.token(expr.unsafe_token.span, 6);
                self.block(&expr.block, BlockKind::Unsafe, None, Some(start))
            }
            Syn::Const(expr) => {
                let start = self.cx.token(expr.const_token.span, 5);
                self.block(&expr.block, BlockKind::Const, None, Some(start))
            }
            Syn::TryBlock(expr) => {
                let start = self.cx.token(expr.try_token.span, 3);
                self.block(&expr.block, BlockKind::Try, None, Some(start))
            }
            Syn::Async(expr) => {
                let start = self.cx.token(expr.async_token.span, 5);
                self.block(&expr.block, BlockKind::Async { by_move: expr.capture.is_some() }, None, Some(start))
            }
            Syn::If(expr) => self.conditional(expr),
            Syn::Match(expr) => self.match_(expr),
            Syn::While(expr) => {
                let label = self.label(expr.label.as_ref());
                let start = label.map_or_else(|| self.cx.token(expr.while_token.span, 5), |l| l.1);
                let cond = self.expr(&expr.cond).id;
                let body = self.block(&expr.body, BlockKind::Plain, None, None);
                self.alloc(Expr::While { cond, body: body.id, label: label.map(|l| l.0) }, start.to(body.outer))
            }
            Syn::Loop(expr) => {
                let label = self.label(expr.label.as_ref());
                let start = label.map_or_else(|| self.cx.token(expr.loop_token.span, 4), |l| l.1);
                let body = self.block(&expr.body, BlockKind::Plain, None, None);
                self.alloc(Expr::Loop { body: body.id, label: label.map(|l| l.0) }, start.to(body.outer))
            }
            Syn::ForLoop(expr) => {
                let label = self.label(expr.label.as_ref());
                let start = label.map_or_else(|| self.cx.token(expr.for_token.span, 3), |l| l.1);
                let pat = self.pat(&expr.pat);
                let iter = self.expr(&expr.expr).id;
                let body = self.block(&expr.body, BlockKind::Plain, None, None);
                self.alloc(Expr::For { pat, iter, body: body.id, label: label.map(|l| l.0) }, start.to(body.outer))
            }
            Syn::Let(expr) => {
                let start = self.cx.token(expr.let_token.span, 3);
                let pat = self.pat(&expr.pat);
                let value = self.expr(&expr.expr);
                self.alloc(Expr::Let { pat, expr: value.id }, start.to(value.outer))
            }
            Syn::Return(expr) => {
                let start = self.cx.token(expr.return_token.span, 6);
                let value = expr.expr.as_ref().map(|value| self.expr(value));
                self.alloc(Expr::Return(value.map(|v| v.id)), value.map_or(start, |v| start.to(v.outer)))
            }
            Syn::Yield(expr) => {
                let start = self.cx.token(expr.yield_token.span, 5);
                let value = expr.expr.as_ref().map(|value| self.expr(value));
                self.alloc(Expr::Yield(value.map(|v| v.id)), value.map_or(start, |v| start.to(v.outer)))
            }
            Syn::Break(expr) => {
                let mut span = self.cx.token(expr.break_token.span, 5);
                let label = expr.label.as_ref().map(|label| self.lifetime(label));
                let value = expr.expr.as_ref().map(|value| self.expr(value));
                if let Some(end) = value.map(|v| v.outer).or(label.map(|l| l.1)) {
                    span = span.to(end);
                }
                self.alloc(Expr::Break { label: label.map(|l| l.0), value: value.map(|v| v.id) }, span)
            }
            Syn::Continue(expr) => {
                let start = self.cx.token(expr.continue_token.span, 8);
                let label = expr.label.as_ref().map(|label| self.lifetime(label));
                self.alloc(Expr::Continue { label: label.map(|l| l.0) }, label.map_or(start, |l| start.to(l.1)))
            }
            Syn::Infer(expr) => {
                let span = self.cx.token(expr.underscore_token.span, 1);
                self.alloc(Expr::Underscore, span)
            }
            other => self.unknown(other),
        }
    }

    /// Syntax that syn keeps as tokens.
    fn unknown(&mut self, expr: &Syn) -> Lowered {
        let span = self.cx.span(expr.span());
        self.alloc(Expr::Opaque, span)
    }

    fn method_call(&mut self, expr: &syn::ExprMethodCall) -> Lowered {
        let receiver = self.expr(&expr.receiver);
        let (name, name_span) = self.cx.ident(&expr.method);
        let span = receiver.outer.to(self.cx.span(expr.paren_token.span.close()));
        let args_generic = expr.turbofish.as_ref().map(|args| Box::new(self.cx.generic_args(args)));
        let args = self.args(&expr.args);
        let call = MethodCall { receiver: receiver.id, name, name_span, args_generic, args };
        self.alloc(Expr::MethodCall(Box::new(call)), span)
    }

    fn operator(&mut self, expr: &Syn) -> Lowered {
        match expr {
            Syn::Unary(expr) => {
                let (op, token) = match expr.op {
                    UnOp::Deref(token) => (UnaryOp::Deref, token.span),
                    UnOp::Not(token) => (UnaryOp::Not, token.span),
                    UnOp::Neg(token) => (UnaryOp::Neg, token.span),
                    _ => return self.unknown(&expr.expr),
                };
                let start = self.cx.token(token, 1);
                let inner = self.expr(&expr.expr);
                self.alloc(Expr::Unary(op, inner.id), start.to(inner.outer))
            }
            Syn::Binary(expr) => {
                let lhs = self.expr(&expr.left);
                let rhs = self.expr(&expr.right);
                let span = lhs.outer.to(rhs.outer);
                let Some(op) = binary(&expr.op) else { return self.alloc(Expr::Opaque, span) };
                self.alloc(Expr::Binary { op, lhs: lhs.id, rhs: rhs.id }, span)
            }
            Syn::Assign(expr) => {
                let place = self.expr(&expr.left);
                let value = self.expr(&expr.right);
                self.alloc(Expr::Assign { place: place.id, value: value.id }, place.outer.to(value.outer))
            }
            Syn::Reference(expr) => {
                let start = self.cx.token(expr.and_token.span, 1);
                let inner = self.expr(&expr.expr);
                let mutability = mutability(expr.mutability.is_some());
                self.alloc(Expr::Ref { expr: inner.id, mutability, raw: false }, start.to(inner.outer))
            }
            Syn::RawAddr(expr) => {
                let start = self.cx.token(expr.and_token.span, 1);
                let inner = self.expr(&expr.expr);
                let mutability = match expr.mutability {
                    syn::PointerMutability::Mut(_) => Mutability::Mut,
                    syn::PointerMutability::Const(_) => Mutability::Shared,
                };
                self.alloc(Expr::Ref { expr: inner.id, mutability, raw: true }, start.to(inner.outer))
            }
            Syn::Cast(expr) => {
                let inner = self.expr(&expr.expr);
                let span = inner.outer.to(self.cx.span(expr.ty.span()));
                let ty = self.cx.ty(&expr.ty);
                self.alloc(Expr::Cast { expr: inner.id, ty }, span)
            }
            Syn::Range(expr) => {
                let start = expr.start.as_ref().map(|start| self.expr(start));
                let end = expr.end.as_ref().map(|end| self.expr(end));
                let (dots, inclusive) = match &expr.limits {
                    syn::RangeLimits::HalfOpen(dots) => (self.cx.token(dots.spans[0], 2), false),
                    syn::RangeLimits::Closed(dots) => (self.cx.token(dots.spans[0], 3), true),
                };
                let span = start.map_or(dots, |s| s.outer).to(end.map_or(dots, |e| e.outer));
                self.alloc(Expr::Range { start: start.map(|s| s.id), end: end.map(|e| e.id), inclusive }, span)
            }
            other => self.unknown(other),
        }
    }

    fn record(&mut self, expr: &syn::ExprStruct) -> Lowered {
        let path = self.cx.path(expr.qself.as_ref(), &expr.path);
        let span = path.span.to(self.cx.span(expr.brace_token.span.close()));
        let fields = expr.fields.iter().map(|field| RecordField {
            name: self.member(&field.member).0,
            value: self.expr(&field.expr).id,
            cfg: self.cx.cfg(&field.attrs),
        });
        let fields = fields.collect();
        let spread = expr.rest.as_ref().map(|rest| self.expr(rest).id);
        self.alloc(Expr::Record(Box::new(RecordLit { path, fields, spread })), span)
    }

    fn closure(&mut self, expr: &syn::ExprClosure) -> Lowered {
        let first = [
            expr.lifetimes.as_ref().map(|l| l.for_token.span),
            expr.constness.map(|t| t.span),
            expr.asyncness.map(|t| t.span),
            expr.capture.map(|t| t.span),
        ];
        let start = first.into_iter().flatten().next().unwrap_or(expr.inputs_begin.span);
        let start = self.cx.token(start, 1);
        let params = expr.inputs.iter().map(|input| match input {
            syn::Pat::Type(typed) => (self.pat(&typed.pat), Some(self.cx.ty(&typed.ty))),
            pat => (self.pat(pat), None),
        });
        let params = params.collect();
        let ret = self.cx.return_type(&expr.output);
        let body = self.expr(&expr.body);
        let closure =
            Closure { params, ret, body: body.id, is_async: expr.asyncness.is_some(), by_move: expr.capture.is_some() };
        self.alloc(Expr::Closure(Box::new(closure)), start.to(body.outer))
    }

    /// An `if` with all its `else if`s, without recursion.
    fn conditional(&mut self, expr: &syn::ExprIf) -> Lowered {
        let mut links = vec![expr];
        let mut last = None;
        while let Some((_, otherwise)) = &links[links.len() - 1].else_branch {
            match &**otherwise {
                Syn::If(next) => links.push(next),
                other => {
                    last = Some(other);
                    break;
                }
            }
        }
        let kept = links.len().min((MAX_DEPTH - self.depth) as usize);
        let mut parts = Vec::with_capacity(kept);
        for link in &links[..kept] {
            let start = self.cx.token(link.if_token.span, 2);
            let cond = self.expr(&link.cond).id;
            parts.push((start, cond, self.block(&link.then_branch, BlockKind::Plain, None, None)));
        }
        let mut otherwise = match last {
            Some(last) if kept == links.len() => Some(self.expr(last)),
            _ => None,
        };
        for (start, cond, then) in parts.into_iter().rev() {
            let end = otherwise.map_or(then.outer, |o| o.outer);
            let expr = Expr::If { cond, then: then.id, otherwise: otherwise.map(|o| o.id) };
            otherwise = Some(self.alloc(expr, start.to(end)));
        }
        otherwise.unwrap_or_else(|| self.alloc(Expr::Opaque, Span::empty(0)))
    }

    fn match_(&mut self, expr: &syn::ExprMatch) -> Lowered {
        let start = self.cx.token(expr.match_token.span, 5);
        let scrutinee = self.expr(&expr.expr).id;
        let arms = expr.arms.iter().map(|arm| {
            let (pat, guard) = match &arm.pat {
                syn::Pat::Guard(guarded) => (&*guarded.pat, Some(&guarded.guard)),
                pat => (pat, None),
            };
            MatchArm {
                pat: self.pat(pat),
                guard: guard.map(|guard| self.expr(guard).id),
                body: self.expr(&arm.body).id,
                cfg: self.cx.cfg(&arm.attrs),
            }
        });
        let arms = arms.collect();
        let span = start.to(self.cx.span(expr.brace_token.span.close()));
        self.alloc(Expr::Match { scrutinee, arms }, span)
    }

    fn label(&mut self, label: Option<&syn::Label>) -> Option<(Name, Span)> {
        label.map(|label| self.lifetime(&label.name))
    }

    /// A label with its quote.
    fn lifetime(&mut self, lifetime: &syn::Lifetime) -> (Name, Span) {
        let (name, span) = self.cx.ident(&lifetime.ident);
        let start = self.cx.token(lifetime.apostrophe, 1);
        (Name::new(&format!("'{name}")), start.to(span))
    }
}

fn binary(op: &BinOp) -> Option<BinaryOp> {
    Some(match op {
        BinOp::Add(_) => BinaryOp::Add,
        BinOp::Sub(_) => BinaryOp::Sub,
        BinOp::Mul(_) => BinaryOp::Mul,
        BinOp::Div(_) => BinaryOp::Div,
        BinOp::Rem(_) => BinaryOp::Rem,
        BinOp::And(_) => BinaryOp::And,
        BinOp::Or(_) => BinaryOp::Or,
        BinOp::BitXor(_) => BinaryOp::BitXor,
        BinOp::BitAnd(_) => BinaryOp::BitAnd,
        BinOp::BitOr(_) => BinaryOp::BitOr,
        BinOp::Shl(_) => BinaryOp::Shl,
        BinOp::Shr(_) => BinaryOp::Shr,
        BinOp::Eq(_) => BinaryOp::Eq,
        BinOp::Lt(_) => BinaryOp::Lt,
        BinOp::Le(_) => BinaryOp::Le,
        BinOp::Ne(_) => BinaryOp::Ne,
        BinOp::Ge(_) => BinaryOp::Ge,
        BinOp::Gt(_) => BinaryOp::Gt,
        BinOp::AddAssign(_) => BinaryOp::AddAssign,
        BinOp::SubAssign(_) => BinaryOp::SubAssign,
        BinOp::MulAssign(_) => BinaryOp::MulAssign,
        BinOp::DivAssign(_) => BinaryOp::DivAssign,
        BinOp::RemAssign(_) => BinaryOp::RemAssign,
        BinOp::BitXorAssign(_) => BinaryOp::BitXorAssign,
        BinOp::BitAndAssign(_) => BinaryOp::BitAndAssign,
        BinOp::BitOrAssign(_) => BinaryOp::BitOrAssign,
        BinOp::ShlAssign(_) => BinaryOp::ShlAssign,
        BinOp::ShrAssign(_) => BinaryOp::ShrAssign,
        _ => return None,
    })
}

/// Attributes of an expression statement.
pub(crate) fn attrs(expr: &Syn) -> &[Attribute] {
    match expr {
        Syn::Assign(e) => &e.attrs,
        Syn::Async(e) => &e.attrs,
        Syn::Await(e) => &e.attrs,
        Syn::Binary(e) => &e.attrs,
        Syn::Block(e) => &e.attrs,
        Syn::Break(e) => &e.attrs,
        Syn::Call(e) => &e.attrs,
        Syn::Closure(e) => &e.attrs,
        Syn::Continue(e) => &e.attrs,
        Syn::Field(e) => &e.attrs,
        Syn::ForLoop(e) => &e.attrs,
        Syn::If(e) => &e.attrs,
        Syn::Index(e) => &e.attrs,
        Syn::Lit(e) => &e.attrs,
        Syn::Loop(e) => &e.attrs,
        Syn::Macro(e) => &e.attrs,
        Syn::Match(e) => &e.attrs,
        Syn::MethodCall(e) => &e.attrs,
        Syn::Paren(e) => &e.attrs,
        Syn::Path(e) => &e.attrs,
        Syn::Reference(e) => &e.attrs,
        Syn::Return(e) => &e.attrs,
        Syn::Struct(e) => &e.attrs,
        Syn::Try(e) => &e.attrs,
        Syn::Tuple(e) => &e.attrs,
        Syn::Unary(e) => &e.attrs,
        Syn::Unsafe(e) => &e.attrs,
        Syn::While(e) => &e.attrs,
        Syn::Yield(e) => &e.attrs,
        _ => &[],
    }
}
