//! Names, types, control flow, call graph and effects; a façade for lints.

mod bodies;
mod collect;
mod defs;
mod display;
mod ids;
mod infer;
mod input;
mod lang;
mod lower_ty;
mod names;
mod query;
mod selection;
mod ty;
mod world;

pub use bodies::{BodyOwner, TypedBody};
pub use defs::*;
pub use ids::*;
pub use infer::{BodyTypes, Callee, ClosureTy, FnCallee, Local, LocalId, MacroKind, PathDef};
pub use input::*;
pub use lang::Lang;
pub use names::Names;
pub use ty::*;
pub use world::World;

pub(crate) use selection::SelectionCache;
