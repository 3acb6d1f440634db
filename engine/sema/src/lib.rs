//! Names, types, control flow, call graph and effects; a façade for lints.

mod aliases;
mod analysis;
mod bitflags;
mod bodies;
mod collect;
mod custom_cfg;
mod defs;
mod display;
mod effects;
mod expand;
pub mod flow;
mod ids;
mod infer;
mod input;
mod interner;
mod kept;
mod lang;
mod lower_ty;
mod names;
mod pin_project;
mod query;
mod reachable;
mod search;
mod selection;
mod ty;
mod walk;
mod watch;
mod world;
mod written;

pub use analysis::Analysis;
pub use bodies::{BodyOwner, TypedBody};
pub use defs::*;
pub use effects::*;
pub use expand::*;
pub use ids::*;
pub use infer::{BodyTypes, Callee, ClosureTy, FnCallee, Local, LocalId, MacroKind, PathDef};
pub use input::*;
pub use kept::Kept;
pub use lang::Lang;
pub use names::Names;
pub use reachable::Reachable;
pub use ty::*;
pub use walk::each_child;
pub use world::World;

pub(crate) use selection::SelectionCache;
