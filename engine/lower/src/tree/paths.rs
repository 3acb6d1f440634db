//! Paths and generic arguments.

use syn::{GenericArgument, PathArguments, ReturnType};
use toecap_ir::{AssocArg, ConstArg, FnSugar, GenericArg, GenericArgs, Path, QSelf, Segment, Span, TypeRef};

use super::Lowerer;

impl Lowerer<'_> {
    pub(crate) fn path(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path) -> Path {
        let qself = qself.map(|q| (self.token(q.lt_token.span, 1), q));
        let mut start = match (&qself, &path.leading_colon) {
            (Some((span, _)), _) => Some(*span),
            (None, Some(colons)) => Some(self.token(colons.spans[0], 1)),
            (None, None) => None,
        };
        let mut end = qself.as_ref().map(|(_, q)| self.token(q.gt_token.span, 1));
        let mut segments = Vec::with_capacity(path.segments.len());
        for segment in &path.segments {
            let (name, span) = self.ident(&segment.ident);
            let (args, args_end) = self.path_args(&segment.arguments);
            start = start.or(Some(span));
            end = Some(match args_end {
                Some(args_end) => span.to(args_end),
                None => span,
            });
            segments.push(Segment { name, span, args });
        }
        let span = match (start, end) {
            (Some(start), Some(end)) => start.to(end),
            _ => Span::empty(0),
        };
        Path {
            global: path.leading_colon.is_some() && qself.is_none(),
            qself: qself.map(|(_, q)| Box::new(QSelf { ty: self.ty(&q.ty), position: q.position as u32 })),
            segments: segments.into(),
            span,
        }
    }

    fn path_args(&mut self, args: &PathArguments) -> (Option<Box<GenericArgs>>, Option<Span>) {
        match args {
            PathArguments::None => (None, None),
            PathArguments::AngleBracketed(args) => {
                (Some(Box::new(self.generic_args(args))), Some(self.token(args.gt_token.span, 1)))
            }
            PathArguments::Parenthesized(args) => {
                let inputs = args.inputs.iter().map(|input| self.ty(&input.ty)).collect();
                let output = self.return_type(&args.output);
                let sugar = FnSugar { inputs, output };
                let end = self.span(args.paren_token.span.close());
                (
                    Some(Box::new(GenericArgs { parenthesized: Some(Box::new(sugar)), ..GenericArgs::default() })),
                    Some(end),
                )
            }
        }
    }

    pub(crate) fn return_type(&mut self, output: &ReturnType) -> Option<TypeRef> {
        match output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(self.ty(ty)),
        }
    }

    pub(crate) fn generic_args(&mut self, generic: &syn::AngleBracketedGenericArguments) -> GenericArgs {
        let mut args = Vec::new();
        let mut assoc = Vec::new();
        for arg in &generic.args {
            match arg {
                GenericArgument::Type(ty) => args.push(GenericArg::Type(self.ty(ty))),
                GenericArgument::Const(expr) => args.push(GenericArg::Const(self.const_arg(expr))),
                GenericArgument::AssocType(arg) => {
                    let ty = Some(self.ty(&arg.ty));
                    assoc.push(AssocArg { name: self.name(&arg.ident), ty, bounds: Box::default() });
                }
                GenericArgument::Constraint(arg) => {
                    let bounds = self.bounds(arg.bounds.iter());
                    assoc.push(AssocArg { name: self.name(&arg.ident), ty: None, bounds });
                }
                _ => {}
            }
        }
        GenericArgs { args: args.into(), assoc: assoc.into(), parenthesized: None }
    }

    pub(crate) fn const_arg(&mut self, expr: &syn::Expr) -> ConstArg {
        match expr {
            syn::Expr::Lit(lit) => match &lit.lit {
                syn::Lit::Int(int) => int.base10_parse().map_or(ConstArg::Opaque, ConstArg::Value),
                syn::Lit::Bool(value) => ConstArg::Value(value.value.into()),
                syn::Lit::Char(value) => ConstArg::Value(u32::from(value.value()).into()),
                syn::Lit::Byte(value) => ConstArg::Value(value.value().into()),
                _ => ConstArg::Opaque,
            },
            syn::Expr::Path(path) => ConstArg::Path(Box::new(self.path(path.qself.as_ref(), &path.path))),
            syn::Expr::Infer(_) => ConstArg::Infer,
            syn::Expr::Paren(inner) => self.const_arg(&inner.expr),
            syn::Expr::Group(inner) => self.const_arg(&inner.expr),
            syn::Expr::Block(block) => match &*block.block.stmts {
                [syn::Stmt::Expr(inner, None)] if block.label.is_none() => self.const_arg(inner),
                _ => ConstArg::Opaque,
            },
            _ => ConstArg::Opaque,
        }
    }
}
