//! Numbers of definitions: a crate number and an index into that crate's tables.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use toecap_ir::Name;

use crate::renumber;

/// Number of a crate: its index in [`crate::Input::crates`], followed by the bundled ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CrateId(pub u32);

impl fmt::Debug for CrateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crate{}", self.0)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub struct $name {
            /// The crate that defines it.
            pub krate: CrateId,
            /// Position in the crate's table.
            pub index: u32,
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}:{})"), self.krate.0, self.index)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let (krate, index) = Deserialize::deserialize(deserializer)?;
                Ok(Self { krate, index: renumber::now(Table::$name, krate, index) })
            }
        }
        impl $name {
            /// It was defined in an earlier run, and is not any more.
            #[allow(dead_code, reason = "not all tables are kept")]
            pub(crate) fn is_gone(self) -> bool {
                self.index == renumber::GONE
            }
        }
    )*
        /// The tables of a crate, by what their numbers are.
        #[allow(clippy::enum_variant_names, reason = "they have the names of the numbers")]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub(crate) enum Table {
            $(
                #[allow(dead_code, reason = "not all tables are kept")]
                $name
            ),*
        }
    };
}

ids! {
    /// A module, or the scope of a block with items.
    ModuleId,
    /// A function or method.
    FnId,
    /// A struct, enum or union.
    AdtId,
    /// A trait.
    TraitId,
    /// An impl block.
    ImplId,
    /// A type alias.
    AliasId,
    /// A const or static.
    ConstId,
    /// A macro definition.
    MacroId,
    /// The generics of an item.
    GenericsId,
    /// An associated type of a trait.
    AssocId,
}

/// What a name in a module can stand for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Def {
    /// A module or crate root.
    Module(ModuleId),
    /// A struct, enum or union; as a value its constructor.
    Adt(AdtId),
    /// A variant of an enum.
    Variant(AdtId, u32),
    /// A free function.
    Fn(FnId),
    /// A trait.
    Trait(TraitId),
    /// A type alias.
    Alias(AliasId),
    /// A const or static.
    Const(ConstId),
    /// A `macro_rules!` or `macro`.
    Macro(MacroId),
    /// A procedural macro: the crate that defines it, and its name.
    ProcMacro(CrateId, Name),
    /// A primitive type.
    Prim(crate::Prim),
}

/// Rust's namespaces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ns {
    /// Modules, types, traits.
    Types,
    /// Functions, constants, constructors.
    Values,
    /// Macros.
    Macros,
}
