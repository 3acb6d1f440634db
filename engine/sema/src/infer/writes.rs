//! `write!(out, "{x}")`, which is `out.write_fmt(format_args!("{x}"))`.

use toecap_ir::{Expr, ExprId, MacroArgs, MacroCall, MethodCall, Name};

use super::Infer;
use crate::Ty;

impl Infer<'_> {
    /// Puts the method call where the macro call stands.
    pub(super) fn becomes_write_fmt(&mut self, id: ExprId, call: &MacroCall) -> bool {
        let MacroArgs::Exprs(args) = &call.parsed else { return false };
        let Some((out, rest)) = args.split_first().filter(|(out, _)| out.name.is_none()) else { return false };
        let mut inner = call.clone();
        inner.parsed = MacroArgs::Exprs(rest.into());
        let Some(last) = inner.path.segments.last_mut() else { return false };
        last.name = Name::new("format_args");
        let name_span = last.span;
        let body = self.body.grow();
        let span = body.span(id);
        let text = body.alloc_expr(Expr::MacroCall(Box::new(inner)), span);
        let method = MethodCall {
            receiver: out.value,
            name: Name::new("write_fmt"),
            name_span,
            args_generic: None,
            args: [text].into(),
        };
        body.exprs[id] = Expr::MethodCall(Box::new(method));
        true
    }

    /// The type of a call that [`Infer::becomes_write_fmt`] made.
    pub(super) fn formatted_write(&mut self, id: ExprId, expected: Ty) -> Ty {
        let ty = self.expr(id, expected);
        match self.lang.result {
            Some(result) if ty.is_unknown() => {
                let error = self.fresh();
                Ty::adt(result, &[Ty::unit(), error])
            }
            _ => ty,
        }
    }
}
