//! What the words of a template stand for.

use toecap_ir::{Attrs, FnItem, GenericArg, Generics, ItemKind, Name, TypeRef, VariantKind, Visibility, sym};

use super::template::Source;
use super::{Scope, meta, print};

/// What can only be a name as `r#name`.
const KEYWORDS: [&str; 38] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "trait", "type", "use",
];

/// A text, or a type that filters can take apart.
enum Value {
    Text(String),
    Type(TypeRef),
}

impl Value {
    fn text(self) -> String {
        match self {
            Value::Text(text) => text,
            Value::Type(ty) => print::ty(&ty),
        }
    }
}

impl Scope<'_> {
    /// The text of a source; none when there is no such thing here.
    pub(super) fn value(&self, source: &Source) -> Option<String> {
        if let Some(text) = source.of.strip_prefix('\'') {
            return Some(text.to_owned());
        }
        let value = match source.meta.is_empty() {
            true => self.aspect(&source.of, source.aspect.as_deref().unwrap_or_default()),
            false => self.meta(&source.of, &source.meta).map(Value::Text),
        };
        let filtered = source.filters.iter().try_fold(value?, |value, filter| self::filter(value, filter));
        filtered.map(Value::text)
    }

    fn aspect(&self, of: &str, aspect: &str) -> Option<Value> {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        match (of, aspect) {
            ("first", "") if self.is_first => text(""),
            ("arg", "") => text(self.arg.unwrap_or(self.written.args)),
            ("item", _) => self.item_aspect(aspect),
            ("assoc", _) => self.assoc(aspect),
            ("variant", "") => Some(Value::Text(identifier(self.variant?.name))),
            ("variant", "kind") => text(match self.variant?.kind {
                VariantKind::Record => "record",
                VariantKind::Tuple => "tuple",
                VariantKind::Unit => "unit",
            }),
            ("fields", "") => text(&self.fields().len().to_string()),
            ("field", "") => Some(Value::Text(identifier(self.field?.1.name))),
            ("field", "index") => text(&self.field?.0.to_string()),
            ("field", "type") => Some(Value::Type(self.field?.1.ty.clone())),
            ("field", "vis") => text(vis(&self.field?.1.vis)),
            ("method", _) => self.method_aspect(aspect),
            ("type", _) => self.type_aspect(aspect),
            ("param", _) => {
                let (function, at) = (self.function()?, self.param?);
                match aspect {
                    "" => Some(Value::Text(param_name(function, at))),
                    "index" => text(&at.to_string()),
                    "type" => Some(Value::Type(function.params[at].clone())),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn item_aspect(&self, aspect: &str) -> Option<Value> {
        let item = self.written.item;
        let none = Generics::default();
        let generics = match &item.kind {
            ItemKind::Struct(adt) | ItemKind::Enum(adt) | ItemKind::Union(adt) => &adt.generics,
            ItemKind::Trait(of) => &of.generics,
            ItemKind::Impl(of) => &of.generics,
            ItemKind::Fn(of) => &of.generics,
            _ => &none,
        };
        Some(Value::Text(match aspect {
            "" => item.name.to_string(),
            "kind" => match &item.kind {
                ItemKind::Struct(_) => "struct",
                ItemKind::Enum(_) => "enum",
                ItemKind::Union(_) => "union",
                ItemKind::Trait(_) => "trait",
                ItemKind::Impl(_) => "impl",
                ItemKind::Fn(_) => "fn",
                ItemKind::ForeignMod(_) => "extern",
                _ => return None,
            }
            .to_owned(),
            "vis" => vis(&item.vis).to_owned(),
            "generics" => print::params(generics),
            "args" => print::args(generics),
            "first_param" => generics.params.first()?.name.to_string(),
            "where" => print::wheres(generics),
            "self" => match &item.kind {
                ItemKind::Impl(of) => return Some(Value::Type(of.self_ty.clone())),
                _ => format!("{}{}", item.name, print::args(generics)),
            },
            _ => return None,
        }))
    }

    /// An associated type of the impl.
    fn assoc(&self, name: &str) -> Option<Value> {
        let ItemKind::Impl(of) = &self.written.item.kind else { return None };
        let items = of.items.iter().map(|id| &self.written.file.items[*id]);
        items.filter(|item| item.name == name).find_map(|item| match &item.kind {
            ItemKind::TypeAlias(alias) => alias.ty.clone().map(Value::Type),
            _ => None,
        })
    }

    fn type_aspect(&self, aspect: &str) -> Option<Value> {
        let item = self.member?;
        let ItemKind::TypeAlias(alias) = &item.kind else { return None };
        Some(Value::Text(match aspect {
            "" => identifier(item.name),
            "vis" => vis(&item.vis).to_owned(),
            "generics" => print::params(&alias.generics),
            "args" => print::args(&alias.generics),
            _ => return None,
        }))
    }

    fn method_aspect(&self, aspect: &str) -> Option<Value> {
        let item = self.member.unwrap_or(self.written.item);
        let function = self.function()?;
        Some(Value::Text(match aspect {
            "" => identifier(item.name),
            "vis" => vis(&item.vis).to_owned(),
            "async" => if function.flags.is_async { "async" } else { return None }.to_owned(),
            "generics" => print::params(&function.generics),
            "args" => print::args(&function.generics),
            "where" => print::wheres(&function.generics),
            "receiver" => format!("self: {}, ", print::ty(&function.receiver.as_ref()?.ty)),
            "count" => function.params.len().to_string(),
            "params" => {
                let params = function.params.iter().enumerate();
                params.map(|(at, ty)| format!("{}: {}, ", param_name(function, at), print::ty(ty))).collect()
            }
            "ret" => return Some(Value::Type(function.ret.clone().unwrap_or(TypeRef::Tuple(Box::default())))),
            _ => return None,
        }))
    }

    /// The value of a helper attribute's argument, or of an argument of the macro itself.
    fn meta(&self, of: &str, keys: &[String]) -> Option<String> {
        let attrs: &Attrs = match of {
            "arg" => return meta::value(self.arg.unwrap_or(self.written.args), keys),
            "fields" => return self.fields().into_iter().find_map(|field| helper(&field.attrs, keys)),
            "variants" => return self.variants().iter().find_map(|variant| helper(&variant.attrs, keys)),
            "methods" => {
                let mut methods = self.members(|kind| matches!(kind, ItemKind::Fn(_))).into_iter();
                return methods.find_map(|scope| helper(&scope.member?.attrs, keys));
            }
            "item" => &self.written.item.attrs,
            "variant" => &self.variant?.attrs,
            "field" => &self.field?.1.attrs,
            "method" => &self.member.unwrap_or(self.written.item).attrs,
            "type" => &self.member?.attrs,
            "param" => self.function()?.param_attrs.get(self.param?)?,
            _ => return None,
        };
        helper(attrs, keys)
    }
}

/// The argument of a helper attribute.
fn helper(attrs: &Attrs, keys: &[String]) -> Option<String> {
    let (name, keys) = keys.split_first()?;
    attrs.named(name).find_map(|attr| meta::value(&attr.text, keys))
}

/// Private items are seen where the macro writes them: in the same module.
fn vis(vis: &Visibility) -> &'static str {
    match vis {
        Visibility::Public => "pub",
        Visibility::In(_) => "pub(crate)",
        Visibility::Inherited => "",
    }
}

fn param_name(function: &FnItem, at: usize) -> String {
    match function.param_names.get(at) {
        Some(name) if *name != sym::UNDERSCORE => identifier(*name),
        _ => format!("p{at}"),
    }
}

/// `r#type`
fn identifier(name: Name) -> String {
    match KEYWORDS.contains(&name.as_str()) {
        true => format!("r#{name}"),
        false => name.to_string(),
    }
}

fn filter(value: Value, filter: &str) -> Option<Value> {
    if let Some(prefix) = filter.strip_prefix("after.") {
        return value.text().strip_prefix(prefix).map(|rest| Value::Text(rest.to_owned()));
    }
    if let Some(end) = filter.strip_prefix("before.") {
        return value.text().split_once(end).map(|(head, _)| Value::Text(head.trim().to_owned()));
    }
    match (filter, value) {
        ("pascal", value) => Some(Value::Text(pascal(value.text().trim_start_matches("r#")))),
        ("snake", value) => Some(Value::Text(snake(value.text().trim_start_matches("r#")))),
        // `T` of `Result<T, E>`
        ("ok", Value::Type(ty)) => argument(&ty, "Result", 0).map(Value::Type),
        ("some", Value::Type(ty)) => argument(&ty, "Option", 0).map(Value::Type),
        ("referent", Value::Type(TypeRef::Ref(inner, _))) => Some(Value::Type(*inner)),
        ("referent", Value::Type(ty)) => Some(Value::Type(ty)),
        // The type's own name.
        ("name", Value::Type(TypeRef::Path(path))) => Some(Value::Text(path.last_name()?.to_string())),
        _ => None,
    }
}

/// Argument number `at` of a type called `name` (`io::Result<T>` too).
fn argument(ty: &TypeRef, name: &str, at: usize) -> Option<TypeRef> {
    let TypeRef::Path(path) = ty else { return None };
    let last = path.segments.last().filter(|last| last.name.as_str().ends_with(name))?;
    match last.args.as_ref()?.args.get(at)? {
        GenericArg::Type(ty) => Some(ty.clone()),
        GenericArg::Const(_) => None,
    }
}

/// `cake_id` and `cakeId` as `CakeId`.
fn pascal(text: &str) -> String {
    let mut out = String::new();
    for word in snake(text).split('_').filter(|word| !word.is_empty()) {
        let mut chars = word.chars();
        out.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        out.extend(chars);
    }
    out
}

/// `CakeId`, `HTTPError` and `disable-printing` as `cake_id`, `http_error` and `disable_printing`.
fn snake(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let starts = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_numeric()
                    || b.is_uppercase() && chars.get(at + 1).is_some_and(|next| next.is_lowercase())
            });
        if starts {
            out.push('_');
        }
        match c {
            '-' => out.push('_'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}
