//! Definitions of one crate, as collected from its files. Names in them are not resolved yet; what needs resolution is
//! computed once on demand and kept beside the definition.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use toecap_ir::{BodyId, ExprId, FileId, FileIr, Item, ItemId, Name, Shape, SourceText, VariantKind};

use crate::memo::Memo;
use crate::rows::Rows;
use crate::{
    AdtId, AliasId, Args, AssocId, ConstId, CrateId, CrateOrigin, Def, FnId, GenericsId, ImplId, MacroData, MacroId,
    ModuleId, Ns, Predicate, TargetKind, TraitId, TraitScope, Ty,
};

/// Everything that one crate defines.
pub struct CrateDefs {
    /// Its number.
    pub id: CrateId,
    /// As code writes it.
    pub name: Name,
    /// 2015 to 2024.
    pub edition: u16,
    /// Workspace, dependency or std.
    pub origin: CrateOrigin,
    /// Defines procedural macros.
    pub is_proc_macro: bool,
    /// What cargo calls the target.
    pub target: TargetKind,
    /// Files and expansions.
    pub files: Vec<DefFile>,
    /// Module 0 is the root.
    pub modules: Rows<ModuleData>,
    /// Functions and methods.
    pub fns: Rows<FnData>,
    /// Structs, enums, unions.
    pub adts: Rows<AdtData>,
    /// Traits.
    pub traits: Vec<TraitData>,
    /// Impl blocks, derived ones included.
    pub impls: Rows<ImplData>,
    /// Type aliases, associated types of impls included.
    pub aliases: Rows<AliasData>,
    /// Associated types of traits.
    pub assocs: Vec<AssocData>,
    /// Consts and statics, associated ones included.
    pub consts: Rows<ConstData>,
    /// Macro definitions.
    pub macros: Vec<MacroData>,
    /// Generics of all of them.
    pub generics: Rows<GenericsData>,
    /// `#[macro_export]`
    pub macro_exports: FxHashMap<Name, MacroId>,
    /// Scopes of blocks that declare items: file, body and block.
    pub block_modules: FxHashMap<(u32, BodyId, ExprId), ModuleId>,
    /// What macro calls in bodies make: by file and body.
    pub(crate) made: FxHashMap<(u32, BodyId), crate::collect::Made>,
    /// Places that could not be understood, with the file.
    pub problems: Vec<(FileId, toecap_ir::Problem)>,
    /// Macro calls in item position that were not expanded, because there was too much already.
    pub macros_given_up: usize,
    pub(crate) declared: OnceLock<u128>,
    pub(crate) impls_by_name: ImplNames,
    pub(crate) scope_cache: Memo<(u32, Name, Ns), Option<Def>>,
}

/// Impl blocks by what can be seen without resolving: the last name of the trait (empty for inherent impls) and of the type.
#[derive(Default)]
pub(crate) struct ImplNames {
    pub by_shape: FxHashMap<(Name, Shape), Vec<ImplId>>,
}

/// A file, or the text of an expansion.
pub struct DefFile {
    /// The file that a person wrote; for an expansion the file of the outermost call.
    pub file: FileId,
    /// The lowered items.
    pub ir: Arc<FileIr>,
    /// The text that was lowered.
    pub source: SourceText,
    /// How deep in expansions: 0 for a file.
    pub depth: u32,
    /// Folder of the file, for `include!`.
    pub folder: PathBuf,
}

/// An item in a crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ItemLoc {
    /// Index in [`CrateDefs::files`].
    pub file: u32,
    /// The item.
    pub item: ItemId,
}

/// Who may see a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vis {
    /// Everybody.
    Public,
    /// This module of the crate and those below it.
    Within(u32),
}

/// A module, or the scope of a block with items.
pub struct ModuleData {
    /// Its name; empty for a block.
    pub name: Name,
    /// None for the root.
    pub parent: Option<u32>,
    /// The scope of a block: names are also looked up in the parent.
    pub is_block: bool,
    /// Where its items are (the file, for a `mod m;`).
    pub file: u32,
    /// Declared names.
    pub items: FxHashMap<(Name, Ns), (Def, Vis)>,
    /// All imports.
    pub imports: Vec<ImportData>,
    /// Imports by the name that they give.
    pub named: FxHashMap<Name, Vec<u32>>,
    /// Glob imports.
    pub globs: Vec<u32>,
    /// `macro_rules!` in textual scope at the end of the module.
    pub textual: Arc<FxHashMap<Name, MacroId>>,
    /// Exists only in test builds.
    pub in_test: bool,
    /// For a block in a generic function: its generics.
    pub generics: Option<GenericsId>,
    /// For child files.
    pub(crate) place: ModulePlace,
    /// Traits in scope by what they have.
    pub(crate) traits: OnceLock<TraitScope>,
}

/// What is needed to find the files of child modules.
#[derive(Clone, Default)]
pub(crate) struct ModulePlace {
    pub file_path: PathBuf,
    pub is_mod_rs: bool,
    pub inline: Vec<(Name, Option<Box<str>>)>,
}

/// One leaf of a `use`.
pub struct ImportData {
    /// Starts with `::`.
    pub global: bool,
    /// The path.
    pub path: Box<[Name]>,
    /// Who may see it.
    pub vis: Vis,
    /// `{self}`: types only.
    pub only_type: bool,
    /// `*`
    pub glob: bool,
    /// Is there only if a build script sets a flag.
    pub doubtful: bool,
}

/// What a function belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// A module.
    Module,
    /// An impl.
    Impl(ImplId),
    /// A trait.
    Trait(TraitId),
}

/// A function.
pub struct FnData {
    /// Its name.
    pub name: Name,
    /// Its module.
    pub module: ModuleId,
    /// What it belongs to.
    pub container: Container,
    /// Its generics.
    pub generics: GenericsId,
    /// Where it is.
    pub loc: ItemLoc,
    /// Runs only in tests, or is one.
    pub in_test: bool,
    pub(crate) sig: OnceLock<FnSig>,
}

/// A resolved signature.
#[derive(Debug, Clone)]
pub struct FnSig {
    /// Type of `self`.
    pub receiver: Option<Ty>,
    /// Types of the other parameters.
    pub params: Box<[Ty]>,
    /// What a call gives: for an `async fn` the future.
    pub ret: Ty,
    /// For each `impl Trait` of the return type its bounds.
    pub opaques: Box<[Vec<crate::Bound>]>,
}

/// A struct, enum or union.
pub struct AdtData {
    /// Its name.
    pub name: Name,
    /// Its module.
    pub module: ModuleId,
    /// Its generics.
    pub generics: GenericsId,
    /// Where it is.
    pub loc: ItemLoc,
    /// An enum?
    pub is_enum: bool,
    /// Variants; one for a struct.
    pub variants: Vec<VariantData>,
    pub(crate) field_tys: OnceLock<Vec<Vec<(Name, Ty)>>>,
}

/// A variant.
pub struct VariantData {
    /// Its name.
    pub name: Name,
    /// Its shape.
    pub kind: VariantKind,
    /// Position in the IR.
    pub index: u32,
    /// Positions of the fields that exist under the present cfg.
    pub fields: Vec<u32>,
}

/// A trait.
pub struct TraitData {
    /// Its name.
    pub name: Name,
    /// Its module.
    pub module: ModuleId,
    /// Its generics; parameter 0 is `Self`.
    pub generics: GenericsId,
    /// Where it is.
    pub loc: ItemLoc,
    /// `trait A = B + C;`
    pub is_alias: bool,
    /// Methods.
    pub fns: FxHashMap<Name, FnId>,
    /// Associated types.
    pub assocs: FxHashMap<Name, AssocId>,
    /// Associated consts.
    pub consts: FxHashMap<Name, ConstId>,
    pub(crate) supers: OnceLock<Vec<crate::Bound>>,
    pub(crate) super_ids: OnceLock<Vec<TraitId>>,
}

/// An associated type of a trait.
pub struct AssocData {
    /// Its name.
    pub name: Name,
    /// The trait.
    pub tr: TraitId,
    /// Its generics.
    pub generics: GenericsId,
    /// Where it is.
    pub loc: ItemLoc,
    pub(crate) bounds: OnceLock<Vec<crate::Bound>>,
}

/// Where an impl comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImplSource {
    /// Written.
    Item(ItemLoc),
    /// `#[derive(Trait)]` of a type; the trait is found by this name.
    Derive(AdtId, Derive),
}

/// Derives that are known by their effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Derive {
    /// A trait of core: its path after `core::`.
    Core(&'static [&'static str]),
    /// A trait of the derive's own path (`serde::Serialize`), as written: resolved as a trait in the module.
    Named(Name),
}

/// An impl.
pub struct ImplData {
    /// Its module.
    pub module: ModuleId,
    /// Its generics (for a derive the type's).
    pub generics: GenericsId,
    /// Where it comes from.
    pub source: ImplSource,
    /// Methods.
    pub fns: FxHashMap<Name, FnId>,
    /// Associated types.
    pub assocs: FxHashMap<Name, AliasId>,
    /// Associated consts.
    pub consts: FxHashMap<Name, ConstId>,
    /// Is there only if a build script sets a flag.
    pub doubtful: bool,
    /// What `Self` is, which the rest of the header may need.
    pub(crate) self_ty: OnceLock<Ty>,
    pub(crate) header: OnceLock<ImplHeader>,
}

/// A resolved impl header.
#[derive(Debug, Clone)]
pub struct ImplHeader {
    /// `for` what.
    pub self_ty: Ty,
    /// The trait and its arguments without `Self`; none for an inherent impl, or when it does not resolve.
    pub trait_ref: Option<(TraitId, Args)>,
}

/// A type alias or an associated type of an impl.
pub struct AliasData {
    /// Its name.
    pub name: Name,
    /// Its module.
    pub module: ModuleId,
    /// Its generics.
    pub generics: GenericsId,
    /// Where it is.
    pub loc: ItemLoc,
    pub(crate) ty: OnceLock<Ty>,
    pub(crate) opaques: OnceLock<Vec<Vec<crate::Bound>>>,
}

/// A const or static.
pub struct ConstData {
    /// Its name.
    pub name: Name,
    /// Its module.
    pub module: ModuleId,
    /// Generics around it.
    pub generics: Option<GenericsId>,
    /// Where it is.
    pub loc: ItemLoc,
    /// A `static`.
    pub is_static: bool,
    pub(crate) ty: OnceLock<Ty>,
}

/// Whose generics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenericsOwner {
    /// A function's.
    Fn(FnId),
    /// A type's.
    Adt(AdtId),
    /// A trait's.
    Trait(TraitId),
    /// An impl's.
    Impl(ImplId),
    /// A type alias's, or an associated type's of an impl.
    Alias(AliasId),
    /// An associated type's of a trait.
    Assoc(AssocId),
}

/// Generic parameters.
pub struct GenericsData {
    /// Those around.
    pub parent: Option<GenericsId>,
    /// Whose.
    pub owner: GenericsOwner,
    /// Module that names are resolved in.
    pub module: ModuleId,
    /// Where the written generics are.
    pub loc: ItemLoc,
    /// The parameters.
    pub params: Box<[ParamData]>,
    pub(crate) predicates: OnceLock<Box<[Predicate]>>,
}

/// A generic parameter.
pub struct ParamData {
    /// Its name; empty for `impl Trait` parameters.
    pub name: Name,
    /// What kind.
    pub kind: ParamKind,
}

/// Kinds of parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// `Self` of a trait.
    SelfType,
    /// Number `.0` of the written ones.
    Type(u32),
    /// Number `.0` of the written ones.
    Const(u32),
    /// The `.0`th `impl Trait` among the parameter types, in order of writing.
    ImplTrait(u32),
}

impl CrateDefs {
    /// The IR of an item.
    pub fn item(&self, loc: ItemLoc) -> &Item {
        &self.files[loc.file as usize].ir.items[loc.item]
    }
}
