//! Interned identifiers.

use std::cell::RefCell;
use std::fmt;
use std::sync::{OnceLock, RwLock};

use rustc_hash::FxHashMap;

/// An interned identifier, without `r#`. Equality is of the text; the order of ids means nothing, so sort by [`Name::as_str`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name(u32);

#[derive(Default)]
struct Interner {
    ids: FxHashMap<&'static str, u32>,
    texts: Vec<&'static str>,
}

fn interner() -> &'static RwLock<Interner> {
    static INTERNER: OnceLock<RwLock<Interner>> = OnceLock::new();
    INTERNER.get_or_init(|| {
        let mut interner = Interner::default();
        for (id, text) in sym::ALL.iter().enumerate() {
            interner.ids.insert(text, id as u32);
            interner.texts.push(text);
        }
        RwLock::new(interner)
    })
}

thread_local! {
    /// Per-thread front of the table, so that threads rarely meet at the lock.
    static LOCAL: RefCell<FxHashMap<&'static str, Name>> = RefCell::default();
    static TEXTS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

impl Name {
    /// Interns `text`; a leading `r#` is dropped.
    pub fn new(text: &str) -> Name {
        let text = text.strip_prefix("r#").unwrap_or(text);
        LOCAL.with_borrow_mut(|local| {
            if let Some(&name) = local.get(text) {
                return name;
            }
            let mut table = interner().write().unwrap_or_else(std::sync::PoisonError::into_inner);
            let (text, id) = match table.ids.get_key_value(text) {
                Some((&text, &id)) => (text, id),
                None => {
                    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
                    let id = table.texts.len() as u32;
                    table.ids.insert(text, id);
                    table.texts.push(text);
                    (text, id)
                }
            };
            local.insert(text, Name(id));
            Name(id)
        })
    }
    /// The text. Names live as long as the process.
    pub fn as_str(self) -> &'static str {
        TEXTS.with_borrow_mut(|texts| {
            if let Some(text) = texts.get(self.0 as usize) {
                return *text;
            }
            let table = interner().read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let known = texts.len();
            texts.extend_from_slice(&table.texts[known..]);
            texts[self.0 as usize]
        })
    }
    /// The name of field `index` of a tuple.
    pub fn tuple_field(index: usize) -> Name {
        Name::new(&index.to_string())
    }
}
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}
impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}
/// Names that the engine compares against, known at compile time.
pub mod sym {
    use super::Name;

    macro_rules! symbols {
        ($($konst:ident = $text:literal),* $(,)?) => {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "only numbers the table")]
            #[repr(u32)]
            enum Index { $($konst),* }
            pub(super) const ALL: &[&str] = &[$($text),*];
            $(
                #[doc = concat!("`", $text, "`")]
                pub const $konst: Name = Name(Index::$konst as u32);
            )*
        };
    }
    symbols! {
        EMPTY = "", UNDERSCORE = "_", SELF_VALUE = "self", SELF_TYPE = "Self", SUPER = "super", CRATE = "crate",
        STD = "std", CORE = "core", ALLOC = "alloc", PROC_MACRO = "proc_macro", TEST = "test",
        OUTPUT = "Output", TARGET = "Target", ITEM = "Item", ERROR = "Error", OK = "Ok", ERR = "Err", SOME = "Some", NONE = "None",
        INTO_FUTURE = "IntoFuture", INTO_ITER = "IntoIter", MAIN = "main", DROP = "drop", NEW = "new", PRELUDE = "prelude",
        BOOL = "bool", CHAR = "char", STR = "str",
        I8 = "i8", I16 = "i16", I32 = "i32", I64 = "i64", I128 = "i128", ISIZE = "isize",
        U8 = "u8", U16 = "u16", U32 = "u32", U64 = "u64", U128 = "u128", USIZE = "usize",
        F16 = "f16", F32 = "f32", F64 = "f64", F128 = "f128",
        CFG = "cfg", FEATURE = "feature", PATH = "path", MACRO_USE = "macro_use", MACRO_EXPORT = "macro_export", DERIVE = "derive",
        ZERO = "0", ONE = "1", AWAIT = "await", CONTEXT = "Context", POLL = "poll", RUST_2021 = "rust_2021", RUST_2024 = "rust_2024",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_interned_once_and_lose_the_raw_prefix() {
        assert_eq!(Name::new("r#type"), Name::new("type"));
        assert_eq!(Name::new("Self"), sym::SELF_TYPE);
        assert_ne!(Name::new("a"), Name::new("b"));
        let there = std::thread::spawn(|| Name::new("across_threads")).join().expect("no panic");
        assert_eq!(there, Name::new("across_threads"));
        assert_eq!(there.as_str(), "across_threads");
    }
}
