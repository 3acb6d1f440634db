//! Types as text.

use toecap_ir::Mutability;

use crate::{AdtId, Args, Bound, Param, ParamKind, Subst, Ty, TyKind, World};

impl World<'_> {
    /// The type with short names, as a message says it: `Vec<String>`, `&mut TcpStream`, `impl Future<Output = u32>`.
    pub fn short_type(&self, ty: Ty) -> String {
        self.type_name(ty, 0, false)
    }

    /// The type with definition paths, for comparison with other tools: `alloc::vec::Vec<alloc::string::String>`.
    pub fn full_type(&self, ty: Ty) -> String {
        self.type_name(ty, 0, true)
    }

    pub(crate) fn type_name(&self, ty: Ty, depth: u32, full: bool) -> String {
        if depth > 6 {
            return "…".to_owned();
        }
        let inner = |ty: Ty| self.type_name(ty, depth + 1, full);
        let list = |args: Args| args.iter().map(|t| inner(*t)).collect::<Vec<_>>().join(if full { "," } else { ", " });
        match *ty.kind() {
            TyKind::Unknown | TyKind::Hole | TyKind::Var(_) => "?".to_owned(),
            TyKind::Never => "!".to_owned(),
            TyKind::Prim(prim) => prim.name().to_string(),
            TyKind::Adt(adt, args) => {
                let name = if full { self.adt_path(adt) } else { self.adt(adt).name.to_string() };
                let shown = if full { args } else { self.without_defaults(adt, args) };
                if shown.is_empty() { name } else { format!("{name}<{}>", list(shown)) }
            }
            TyKind::Ref(target, m) => format!("&{}{}", if m == Mutability::Mut { "mut " } else { "" }, inner(target)),
            TyKind::Ptr(target, m) => {
                format!("*{} {}", if m == Mutability::Mut { "mut" } else { "const" }, inner(target))
            }
            TyKind::Tuple([only]) => format!("({},)", inner(*only)),
            TyKind::Tuple(parts) => format!("({})", list(parts)),
            TyKind::Slice(element) => format!("[{}]", inner(element)),
            TyKind::Array(element, len) if full && !matches!(len.kind(), TyKind::Const(Some(_))) => {
                format!("[{}; N]", inner(element))
            }
            TyKind::Array(element, len) if len.is_unknown() => format!("[{}; _]", inner(element)),
            TyKind::Array(element, len) => format!("[{}; {}]", inner(element), inner(len)),
            TyKind::Param(param) => self.param_name(param),
            TyKind::Dyn(bounds) => format!("dyn {}", self.bounds_name(bounds, depth, full)),
            TyKind::Opaque(owner, index, args) => {
                let bounds = self.opaque_bounds(owner, index, args);
                format!("impl {}", self.bounds_name(&bounds, depth, full))
            }
            TyKind::Projection(base, tr, _, name) => {
                let tr = if full { self.trait_path(tr) } else { self.tr(tr).name.to_string() };
                format!("<{} as {tr}>::{name}", inner(base))
            }
            TyKind::FnDef(f, _) => format!("fn {}", self.func(f).name),
            TyKind::Ctor(adt, ..) => format!("fn {}", self.adt(adt).name),
            TyKind::FnPtr(params, ret) => format!("fn({}) -> {}", list(params), inner(ret)),
            TyKind::Closure(_) => "closure".to_owned(),
            TyKind::Future(output, _) => format!("impl Future<Output = {}>", inner(output)),
            TyKind::Const(Some(value)) => value.to_string(),
            TyKind::Const(None) => "_".to_owned(),
        }
    }

    /// Arguments without those at the end that nobody wrote: allocators, hashers.
    fn without_defaults(&self, adt: AdtId, args: Args) -> Args {
        let generics = self.adt(adt).generics;
        let mut shown = args.len();
        while let Some(last) = shown.checked_sub(1) {
            let Some(default) = self.param_default(generics, last as u32) else { break };
            let default = Subst::one(generics, args).apply(default);
            if !args[last].is_unknown() && args[last] != default {
                break;
            }
            shown = last;
        }
        &args[..shown]
    }

    fn param_name(&self, param: Param) -> String {
        match self.generics(param.generics).params.get(param.index as usize) {
            Some(p) if matches!(p.kind, ParamKind::ImplTrait(_)) => {
                let subject = Ty::new(TyKind::Param(param));
                let bounds: Vec<Bound> = self
                    .predicates(param.generics)
                    .iter()
                    .filter(|p| p.ty == subject)
                    .map(|p| p.bound.clone())
                    .collect();
                format!("impl {}", self.bounds_name(&bounds, 4, false))
            }
            Some(p) => p.name.to_string(),
            None => "?".to_owned(),
        }
    }

    fn bounds_name(&self, bounds: &[Bound], depth: u32, full: bool) -> String {
        let shown: Vec<String> = bounds
            .iter()
            .map(|b| {
                let name = if full { self.trait_path(b.tr) } else { self.tr(b.tr).name.to_string() };
                let mut args: Vec<String> = b.args.iter().map(|t| self.type_name(*t, depth + 1, full)).collect();
                args.extend(b.assoc.iter().map(|(n, t)| format!("{n} = {}", self.type_name(*t, depth + 1, full))));
                if args.is_empty() { name } else { format!("{name}<{}>", args.join(", ")) }
            })
            .collect();
        shown.join(" + ")
    }
}
