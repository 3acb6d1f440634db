//! What procedural macros write, as far as signatures go: templates of `toecap_knowledge::macros`, filled in with an item.
//!
//! ```text
//! #[derive(DeriveActiveModel)]                 pub struct ActiveModel { pub id: ActiveValue<u32>, .. }
//! struct Model { id: u32, .. }                 impl ActiveModelTrait for ActiveModel { type Entity = Entity; }
//! ```

mod meta;
mod print;
mod template;
mod value;

use std::sync::{Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;
use toecap_ir::{Attrs, FileIr, Item, ItemKind, Name, Variant};

use self::template::{Condition, Each, Part, Test};

/// An item, and the attribute that stands at it.
pub(crate) struct Written<'i> {
    /// The file of the item.
    pub file: &'i FileIr,
    /// The item.
    pub item: &'i Item,
    /// What stands in the brackets of the attribute.
    pub args: &'i str,
    /// The struct or enum of the same crate that the first argument names.
    pub named: Option<&'i Item>,
    /// Is there under the present cfg.
    pub is_active: &'i dyn Fn(&Attrs) -> bool,
}

/// What a template gives for an item.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Filled {
    /// Items as text.
    pub text: String,
    /// Methods, types (or the function itself) that are no longer found under their names.
    pub hidden: Vec<Name>,
}

/// Fills in `template`; none when it is not written right.
pub(crate) fn fill(template: &'static str, of: &Written<'_>) -> Option<Filled> {
    let mut out = Filled::default();
    let scope =
        Scope { written: of, variant: None, field: None, member: None, param: None, arg: None, is_first: false };
    scope.fill(parsed(template)?, &mut out);
    Some(out)
}

/// Templates by their texts.
type Parsed = FxHashMap<&'static str, Option<&'static [Part]>>;

/// Templates are few and used often.
fn parsed(template: &'static str) -> Option<&'static [Part]> {
    static PARSED: OnceLock<Mutex<Parsed>> = OnceLock::new();
    let mut known = PARSED.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    *known.entry(template).or_insert_with(|| template::parse(template).map(|parts| &*parts.leak()))
}

/// Where a template stands: what `field`, `method`, … mean.
#[derive(Clone, Copy)]
struct Scope<'i> {
    written: &'i Written<'i>,
    variant: Option<&'i Variant>,
    field: Option<(usize, &'i toecap_ir::Field)>,
    /// A method, or a type in `extern`.
    member: Option<&'i Item>,
    param: Option<usize>,
    /// One of the arguments.
    arg: Option<&'i str>,
    /// The first that an `@each` goes through.
    is_first: bool,
}

impl<'i> Scope<'i> {
    fn fill(&self, parts: &[Part], out: &mut Filled) {
        for part in parts {
            match part {
                Part::Text(text) => out.text.push_str(text),
                Part::Value(sources) => {
                    let found = sources.iter().find_map(|source| self.value(source)).unwrap_or_default();
                    // `cached_r#type` is no name.
                    let goes_on = out.text.ends_with(|c: char| c.is_alphanumeric() || c == '_');
                    out.text.push_str(if goes_on { found.trim_start_matches("r#") } else { &found });
                }
                Part::Each { what, when, body } => {
                    // Before some are left out `first` is the first of all.
                    let all = self.each(*what).into_iter().enumerate();
                    let scopes = all.map(|(at, scope)| Scope { is_first: at == 0, ..scope }).filter(|s| s.holds(when));
                    for (at, scope) in scopes.enumerate() {
                        Scope { is_first: at == 0, ..scope }.fill(body, out);
                    }
                }
                Part::If { when, then, otherwise } => self.fill(if self.holds(when) { then } else { otherwise }, out),
                Part::Hide => out.hidden.push(self.member.unwrap_or(self.written.item).name),
            }
        }
    }

    fn holds(&self, condition: &Condition) -> bool {
        let test = |Test { negated, source, equals }: &Test| {
            let value = self.value(source);
            let holds = match equals {
                Some(wanted) => value.as_ref() == Some(wanted),
                None => value.is_some(),
            };
            holds != *negated
        };
        condition.0.iter().any(|all| all.iter().all(test))
    }

    fn each(&self, what: Each) -> Vec<Scope<'i>> {
        match what {
            Each::Field => {
                let fields = self.fields().into_iter().enumerate();
                fields.map(|(at, field)| Scope { field: Some((at, field)), ..*self }).collect()
            }
            Each::Variant => {
                let variants = self.variants().iter().filter(|v| (self.written.is_active)(&v.attrs));
                variants.map(|variant| Scope { variant: Some(variant), ..*self }).collect()
            }
            Each::Method => self.members(|kind| matches!(kind, ItemKind::Fn(_))),
            Each::Type => self.members(|kind| matches!(kind, ItemKind::TypeAlias(_))),
            Each::Arg => {
                meta::split(self.written.args).into_iter().map(|arg| Scope { arg: Some(arg), ..*self }).collect()
            }
            Each::Named => {
                let fields = adt_variants(self.written.named).first().map(|variant| &*variant.fields);
                let fields = fields.unwrap_or_default().iter().filter(|field| (self.written.is_active)(&field.attrs));
                fields.enumerate().map(|(at, field)| Scope { field: Some((at, field)), ..*self }).collect()
            }
            Each::Param => {
                let count = self.function().map_or(0, |f| f.params.len());
                (0..count).map(|param| Scope { param: Some(param), ..*self }).collect()
            }
        }
    }

    fn variants(&self) -> &'i [Variant] {
        adt_variants(Some(self.written.item))
    }

    /// Of the variant, or of the struct.
    fn fields(&self) -> Vec<&'i toecap_ir::Field> {
        let of = self.variant.or_else(|| self.variants().first());
        let fields = of.map(|variant| &*variant.fields).unwrap_or_default();
        fields.iter().filter(|field| (self.written.is_active)(&field.attrs)).collect()
    }

    /// One scope for each member of a kind.
    fn members(&self, is_of: fn(&ItemKind) -> bool) -> Vec<Scope<'i>> {
        let ids = match &self.written.item.kind {
            ItemKind::Trait(of) => &of.items,
            ItemKind::Impl(of) => &of.items,
            ItemKind::ForeignMod(items) => items,
            _ => return Vec::new(),
        };
        let items = ids.iter().map(|id| &self.written.file.items[*id]);
        let items = items.filter(|item| is_of(&item.kind) && (self.written.is_active)(&item.attrs));
        items.map(|member| Scope { member: Some(member), ..*self }).collect()
    }

    /// The method, or the item where that is a function.
    fn function(&self) -> Option<&'i toecap_ir::FnItem> {
        match &self.member.unwrap_or(self.written.item).kind {
            ItemKind::Fn(function) => Some(function),
            _ => None,
        }
    }
}

fn adt_variants(item: Option<&Item>) -> &[Variant] {
    match item.map(|item| &item.kind) {
        Some(ItemKind::Struct(adt) | ItemKind::Enum(adt) | ItemKind::Union(adt)) => &adt.variants,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_templates_are_written_right() {
        for template in toecap_knowledge::templates() {
            let is_call = template.kind == toecap_knowledge::MacroKind::Call;
            assert!(is_call || template::parse(template.text).is_some(), "{} of {}", template.name, template.krate);
            assert!(!template.text.trim().is_empty(), "{} of {}", template.name, template.krate);
        }
        assert!(toecap_knowledge::templates().len() > 5);
    }

    #[test]
    fn blocks_and_brackets_must_close() {
        assert!(template::parse("@if item { a { b } } c").is_some());
        assert!(template::parse("@if item { a { b }").is_none());
        assert!(template::parse("@each thing { }").is_none());
        assert!(template::parse("@[item").is_none());
    }
}
