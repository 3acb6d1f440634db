//! Enums whose variants are words of the data files: `spelled! { pub enum Cost { AlwaysBlocks = "always-blocks" } }`.

use std::fmt;

/// A word that is none of those a column may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The word as written.
    pub word: String,
    /// The words that would do.
    pub expected: &'static [&'static str],
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not one of `{}`", self.word, self.expected.join("`, `"))
    }
}

macro_rules! spelled {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            /// Every word of the data files, in the order of the variants.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word of the data files.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Unknown;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::Unknown { word: word.to_owned(), expected: Self::WORDS }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use spelled;
