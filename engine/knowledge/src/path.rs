//! Paths of facts, taken apart by their spelling.
//!
//! ```text
//! tokio::fs::read                          // Free
//! tokio::sync::mpsc::Receiver::recv        // Method: the last but one begins with a capital (a type, or a trait)
//! <std::fs::File as std::io::Read>::read   // TraitMethod
//! tokio::select!                           // Macro
//! tokio::task::JoinHandle                  // Type
//! ```

use std::fmt;

use crate::Text;

/// A path of the data. Segments are plain identifiers, without generic arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FactPath {
    /// A free function, a module or a crate.
    Free {
        /// All segments.
        segments: Vec<Text>,
    },
    /// `Type::method` or `Trait::method`: which of the two, only resolving tells.
    Method {
        /// The segments of the type or trait.
        type_path: Vec<Text>,
        /// The method.
        name: Text,
    },
    /// The method of a trait on one type.
    TraitMethod {
        /// The segments of the type.
        self_ty: Vec<Text>,
        /// The segments of the trait.
        trait_path: Vec<Text>,
        /// The method.
        name: Text,
    },
    /// A macro, without `!`.
    Macro {
        /// All segments.
        segments: Vec<Text>,
    },
    /// A type; or, rarely, a function named like one (`brotli::BrotliCompress`): resolve as a type first, then as a value.
    Type {
        /// All segments.
        segments: Vec<Text>,
    },
}

/// A path that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    /// The path as written.
    pub path: String,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a path such as `a::f`, `a::T::m`, `<a::T as b::Tr>::m` or `a::m!`", self.path)
    }
}

impl FactPath {
    /// Takes a path of the data files apart. Generic arguments are dropped.
    pub fn parse(path: &'static str) -> Result<FactPath, PathError> {
        parse(path, Text::Borrowed)
    }

    /// The same for a path that somebody wrote.
    pub fn parse_owned(path: &str) -> Result<FactPath, PathError> {
        parse(path, |segment| Text::Owned(segment.to_owned()))
    }

    /// The first segment (of the type, for methods): the crate.
    pub fn crate_name(&self) -> &str {
        let first = match self {
            FactPath::Free { segments } | FactPath::Macro { segments } | FactPath::Type { segments } => {
                segments.first()
            }
            FactPath::Method { type_path: path, .. } | FactPath::TraitMethod { self_ty: path, .. } => path.first(),
        };
        first.map_or("", |segment| segment.as_ref())
    }
}

impl fmt::Display for FactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactPath::Free { segments } | FactPath::Type { segments } => f.write_str(&segments.join("::")),
            FactPath::Macro { segments } => write!(f, "{}!", segments.join("::")),
            FactPath::Method { type_path, name } => write!(f, "{}::{name}", type_path.join("::")),
            FactPath::TraitMethod { self_ty, trait_path, name } => {
                write!(f, "<{} as {}>::{name}", self_ty.join("::"), trait_path.join("::"))
            }
        }
    }
}

fn parse<'a>(path: &'a str, text: impl Fn(&'a str) -> Text) -> Result<FactPath, PathError> {
    shape(path, &text).ok_or_else(|| PathError { path: path.to_owned() })
}

fn shape<'a>(path: &'a str, text: &impl Fn(&'a str) -> Text) -> Option<FactPath> {
    if let Some(qualified) = path.strip_prefix('<') {
        let (inside, name) = qualified.rsplit_once(">::")?;
        let (self_ty, trait_path) = inside.split_once(" as ")?;
        return Some(FactPath::TraitMethod {
            self_ty: segments(self_ty, text)?,
            trait_path: segments(trait_path, text)?,
            name: text(ident(name)?),
        });
    }
    if let Some(path) = path.strip_suffix('!') {
        return Some(FactPath::Macro { segments: segments(path, text)? });
    }
    let mut segments = segments(path, text)?;
    let is_type = |segment: &Text| segment.starts_with(char::is_uppercase);
    let [.., owner, last] = segments.as_slice() else {
        return Some(FactPath::Free { segments });
    };
    if is_type(owner) {
        let name = segments.pop()?;
        return Some(FactPath::Method { type_path: segments, name });
    }
    if is_type(last) { Some(FactPath::Type { segments }) } else { Some(FactPath::Free { segments }) }
}

/// The identifiers of `a::B<C, d::E>::f`, what is between angle brackets left out.
fn segments<'a>(path: &'a str, text: &impl Fn(&'a str) -> Text) -> Option<Vec<Text>> {
    let mut found = Vec::with_capacity(4);
    let mut rest = path.trim();
    loop {
        let end = rest.find([':', '<']).unwrap_or(rest.len());
        found.push(text(ident(&rest[..end])?));
        rest = after_generics(&rest[end..])?;
        if rest.is_empty() {
            return Some(found);
        }
        rest = rest.strip_prefix("::")?;
    }
}

/// Skips `<…>` or `::<…>` at the beginning.
fn after_generics(text: &str) -> Option<&str> {
    let Some(generics) = text.strip_prefix("::<").or_else(|| text.strip_prefix('<')) else {
        return Some(text);
    };
    let mut depth = 1_u32;
    for (at, byte) in generics.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&generics[at + 1..]);
        }
    }
    None
}

fn ident(text: &str) -> Option<&str> {
    let text = text.trim();
    let text = text.strip_prefix("r#").unwrap_or(text);
    let begins = text.starts_with(|first: char| first == '_' || first.is_alphabetic());
    (begins && text.chars().all(|c| c == '_' || c.is_alphanumeric())).then_some(text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn texts(segments: &[&'static str]) -> Vec<Text> {
        segments.iter().map(|&segment| Text::Borrowed(segment)).collect()
    }

    #[test]
    fn shapes() {
        let parse = |path| FactPath::parse(path).unwrap();
        assert_eq!(parse("std::fs::read"), FactPath::Free { segments: texts(&["std", "fs", "read"]) });
        assert_eq!(parse("tokio"), FactPath::Free { segments: texts(&["tokio"]) });
        assert_eq!(parse("tokio::select!"), FactPath::Macro { segments: texts(&["tokio", "select"]) });
        assert_eq!(
            parse("tokio::task::JoinHandle"),
            FactPath::Type { segments: texts(&["tokio", "task", "JoinHandle"]) }
        );
        assert_eq!(
            parse("tokio::io::AsyncReadExt::read"),
            FactPath::Method { type_path: texts(&["tokio", "io", "AsyncReadExt"]), name: Text::Borrowed("read") }
        );
        assert_eq!(
            parse("<std::fs::File as std::io::Read>::read"),
            FactPath::TraitMethod {
                self_ty: texts(&["std", "fs", "File"]),
                trait_path: texts(&["std", "io", "Read"]),
                name: Text::Borrowed("read"),
            }
        );
    }

    #[test]
    fn generics_are_dropped() {
        let path = FactPath::parse_owned("<my::Store<K, my::V<u8>> as tower::Service<Req>>::call").unwrap();
        assert_eq!(path.to_string(), "<my::Store as tower::Service>::call");
        assert_eq!(FactPath::parse_owned("my::Store::<u8>::get").unwrap().to_string(), "my::Store::get");
    }

    #[test]
    fn nonsense_is_refused() {
        for path in ["", "::", "a::", "a b", "<a as b", "<a>::b", "a::<b", "1::a", "a:b", "é<é", "a::<b>>"] {
            assert!(FactPath::parse_owned(path).is_err(), "{path}");
        }
    }
}
