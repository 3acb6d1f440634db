//! Types, bounds and generics.

use syn::punctuated::Punctuated;
use syn::{GenericParam as SynParam, PointerMutability, Type, TypeParamBound};
use toecap_ir::{Bound, FnSugar, GenericParam, GenericParamKind, Generics, Mutability, TypeRef, WherePredicate};

use super::{Lowerer, MAX_TYPE_DEPTH};

impl Lowerer<'_> {
    pub(crate) fn ty(&mut self, ty: &Type) -> TypeRef {
        if self.type_depth >= MAX_TYPE_DEPTH {
            return TypeRef::Opaque;
        }
        self.type_depth += 1;
        let lowered = self.ty_inner(ty);
        self.type_depth -= 1;
        lowered
    }

    fn ty_inner(&mut self, ty: &Type) -> TypeRef {
        match ty {
            Type::Path(ty) => TypeRef::Path(Box::new(self.path(ty.qself.as_ref(), &ty.path))),
            Type::Reference(ty) => TypeRef::Ref(Box::new(self.ty(&ty.elem)), mutability(ty.mutability.is_some())),
            Type::Ptr(ty) => {
                let mutable = matches!(ty.mutability, PointerMutability::Mut(_));
                TypeRef::Ptr(Box::new(self.ty(&ty.elem)), mutability(mutable))
            }
            Type::Slice(ty) => TypeRef::Slice(Box::new(self.ty(&ty.elem))),
            Type::Array(ty) => TypeRef::Array(Box::new(self.ty(&ty.elem)), Box::new(self.const_arg(&ty.len))),
            Type::Tuple(ty) => TypeRef::Tuple(ty.elems.iter().map(|elem| self.ty(elem)).collect()),
            Type::FnPtr(ty) => {
                let inputs = ty.inputs.iter().map(|input| self.ty(&input.ty)).collect();
                TypeRef::FnPtr(Box::new(FnSugar { inputs, output: self.return_type(&ty.output) }))
            }
            Type::ImplTrait(ty) => TypeRef::ImplTrait(self.bounds(ty.bounds.iter())),
            Type::TraitObject(ty) => TypeRef::DynTrait(self.bounds(ty.bounds.iter())),
            Type::Never(_) => TypeRef::Never,
            Type::Infer(_) => TypeRef::Infer,
            Type::Paren(ty) => self.ty(&ty.elem),
            Type::Group(ty) => self.ty(&ty.elem),
            Type::Macro(ty) => TypeRef::Macro(Box::new(self.type_macro(&ty.mac))),
            _ => TypeRef::Opaque,
        }
    }

    pub(crate) fn bounds<'b>(&mut self, bounds: impl Iterator<Item = &'b TypeParamBound>) -> Box<[Bound]> {
        bounds.filter_map(|bound| self.bound(bound)).collect()
    }

    fn bound(&mut self, bound: &TypeParamBound) -> Option<Bound> {
        match bound {
            TypeParamBound::Trait(bound) => {
                Some(Bound { path: self.path(None, &bound.path), maybe: bound.maybe.is_some(), is_async: false })
            }
            TypeParamBound::Verbatim(tokens) => self.modified_bound(tokens.clone()),
            _ => None,
        }
    }

    /// `async Fn()`, `const Trait`, `~const Trait`, perhaps behind `for<'a>`.
    fn modified_bound(&mut self, tokens: proc_macro2::TokenStream) -> Option<Bound> {
        let mut tokens: Vec<_> = tokens.into_iter().collect();
        if let [proc_macro2::TokenTree::Group(group)] = &*tokens {
            tokens = group.stream().into_iter().collect();
        }
        let word = |word: &str, tokens: &[proc_macro2::TokenTree]| {
            tokens.iter().position(|t| matches!(t, proc_macro2::TokenTree::Ident(ident) if ident == word))
        };
        let is_async = word("async", &tokens);
        let modifier = is_async.or_else(|| word("const", &tokens))?;
        let rest: proc_macro2::TokenStream = tokens.drain(modifier + 1..).collect();
        // `[const] Trait` keeps its modifier in brackets, which end here.
        let bound: syn::TraitBound = syn::parse2(rest).ok()?;
        Some(Bound { path: self.path(None, &bound.path), maybe: false, is_async: is_async.is_some() })
    }

    pub(crate) fn generics(&mut self, generics: &syn::Generics) -> Generics {
        let params = generics.params.iter().filter_map(|param| self.generic_param(param)).collect();
        let wheres = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        let wheres = wheres.filter_map(|predicate| match predicate {
            syn::WherePredicate::Type(predicate) => {
                let bounds = self.bounds(predicate.bounds.iter());
                Some(WherePredicate { ty: self.ty(&predicate.bounded_ty), bounds })
            }
            _ => None,
        });
        Generics { wheres: wheres.collect(), params }
    }

    fn generic_param(&mut self, param: &SynParam) -> Option<GenericParam> {
        match param {
            SynParam::Lifetime(_) => None,
            SynParam::Type(param) => {
                let bounds = self.bounds(Punctuated::iter(&param.bounds));
                let default = param.default.as_ref().map(|(_, ty)| self.ty(ty));
                Some(GenericParam { name: self.name(&param.ident), kind: GenericParamKind::Type { bounds, default } })
            }
            SynParam::Const(param) => {
                let default = param.default.as_ref().map(|(_, expr)| self.const_arg(expr));
                let kind = GenericParamKind::Const { ty: self.ty(&param.ty), default };
                Some(GenericParam { name: self.name(&param.ident), kind })
            }
        }
    }
}

pub(crate) fn mutability(mutable: bool) -> Mutability {
    if mutable { Mutability::Mut } else { Mutability::Shared }
}
