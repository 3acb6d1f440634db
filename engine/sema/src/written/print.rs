//! Types, bounds and generics as text that lowers to what they were.

use toecap_ir::{
    Bound, CRATE_PREFIX, ConstArg, FnSugar, GenericArg, GenericArgs, GenericParam, GenericParamKind, Generics,
    Mutability, Path, TypeRef,
};

/// `Vec<Option<T>>`
pub(super) fn ty(ty: &TypeRef) -> String {
    match ty {
        TypeRef::Path(of) => path(of),
        TypeRef::Ref(inner, Mutability::Shared) => format!("&{}", grouped(inner)),
        TypeRef::Ref(inner, Mutability::Mut) => format!("&mut {}", grouped(inner)),
        TypeRef::Ptr(inner, Mutability::Shared) => format!("*const {}", grouped(inner)),
        TypeRef::Ptr(inner, Mutability::Mut) => format!("*mut {}", grouped(inner)),
        TypeRef::Slice(inner) => format!("[{}]", self::ty(inner)),
        TypeRef::Array(inner, len) => format!("[{}; {}]", self::ty(inner), constant(len)),
        TypeRef::Tuple(parts) => format!("({})", parts.iter().map(|part| self::ty(part) + ", ").collect::<String>()),
        TypeRef::FnPtr(sugar) => format!("fn{}", self::sugar(sugar)),
        TypeRef::ImplTrait(bounds) => format!("impl {}", self::bounds(bounds)),
        TypeRef::DynTrait(bounds) => format!("dyn {}", self::bounds(bounds)),
        TypeRef::Never => "!".to_owned(),
        TypeRef::Macro(call) => format!("{}![{}]", path(&call.path), call.args),
        TypeRef::Infer | TypeRef::Opaque => "_".to_owned(),
    }
}

/// `<T: Clone, const N: usize>`, with `extra` parameters in front; nothing where there are none.
pub(super) fn params(generics: &Generics) -> String {
    angled(generics.params.iter().map(param))
}

/// `<T, N>`
pub(super) fn args(generics: &Generics) -> String {
    angled(generics.params.iter().map(|param| param.name.to_string()))
}

/// `where T: Clone,`
pub(super) fn wheres(generics: &Generics) -> String {
    if generics.wheres.is_empty() {
        return String::new();
    }
    let predicates = generics.wheres.iter().map(|p| format!("{}: {}, ", ty(&p.ty), bounds(&p.bounds)));
    format!("where {}", predicates.collect::<String>())
}

/// `a::B<T>::C`, `<T as A>::B`
fn path(path: &Path) -> String {
    let segment = |segment: &toecap_ir::Segment| {
        let name = match segment.name.as_str().strip_prefix("$crate:") {
            Some(number) => format!("{CRATE_PREFIX}{number}"),
            None => segment.name.to_string(),
        };
        name + &segment.args.as_deref().map(generic_args).unwrap_or_default()
    };
    let segments: Vec<String> = path.segments.iter().map(segment).collect();
    let start = if path.global { "::" } else { "" };
    let Some(qself) = &path.qself else { return start.to_owned() + &segments.join("::") };
    let (of_trait, rest) = segments.split_at((qself.position as usize).min(segments.len()));
    let own = ty(&qself.ty);
    let rest: String = rest.iter().map(|name| format!("::{name}")).collect();
    match of_trait.is_empty() {
        true => format!("<{own}>{rest}"),
        false => format!("<{own} as {start}{}>{rest}", of_trait.join("::")),
    }
}

fn generic_args(args: &GenericArgs) -> String {
    if let Some(sugar) = &args.parenthesized {
        return self::sugar(sugar);
    }
    let positional = args.args.iter().map(|arg| match arg {
        GenericArg::Type(of) => ty(of),
        GenericArg::Const(of) => constant(of),
    });
    let named = args.assoc.iter().map(|assoc| match &assoc.ty {
        Some(of) => format!("{} = {}", assoc.name, ty(of)),
        None => format!("{}: {}", assoc.name, bounds(&assoc.bounds)),
    });
    angled(positional.chain(named))
}

fn sugar(sugar: &FnSugar) -> String {
    let inputs = sugar.inputs.iter().map(|input| ty(input) + ", ").collect::<String>();
    let output = sugar.output.as_ref().map(|output| format!(" -> {}", grouped(output))).unwrap_or_default();
    format!("({inputs}){output}")
}

fn constant(of: &ConstArg) -> String {
    match of {
        ConstArg::Value(value) => value.to_string(),
        ConstArg::Path(of) => path(of),
        ConstArg::Infer | ConstArg::Opaque => "_".to_owned(),
    }
}

fn bounds(bounds: &[Bound]) -> String {
    let bound = |bound: &Bound| {
        let prefix = if bound.maybe { "?" } else { "" };
        let word = if bound.is_async { "async " } else { "" };
        format!("{prefix}{word}{}", path(&bound.path))
    };
    bounds.iter().map(bound).collect::<Vec<_>>().join(" + ")
}

fn param(param: &GenericParam) -> String {
    match &param.kind {
        GenericParamKind::Type { bounds, .. } if bounds.is_empty() => param.name.to_string(),
        GenericParamKind::Type { bounds, .. } => format!("{}: {}", param.name, self::bounds(bounds)),
        GenericParamKind::Const { ty, .. } => format!("const {}: {}", param.name, self::ty(ty)),
    }
}

fn angled(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { String::new() } else { format!("<{}>", parts.join(", ")) }
}

/// `dyn A + B` behind `&` needs brackets.
fn grouped(of: &TypeRef) -> String {
    match of {
        TypeRef::ImplTrait(bounds) | TypeRef::DynTrait(bounds) if bounds.len() > 1 => format!("({})", ty(of)),
        _ => ty(of),
    }
}
