//! What the analysis is given: the crate graph, and a way to get lowered files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashSet;
use toecap_ir::{Container, FileId, FileIr, FnBodies, MacroInput, MacroRules, Name, SourceText, Span, Syntax, Text};
use toecap_knowledge::Knowledge;

use crate::{KnownFns, MacroData};

/// All crates that may be looked at. Workspace crates are analysed; others are loaded when a name leads to them.
#[derive(Debug, Default)]
pub struct Input {
    /// Indices into this are crate numbers.
    pub crates: Vec<CrateInput>,
    /// Facts about APIs.
    pub knowledge: Knowledge,
    /// From when on a computation is long.
    pub cpu: crate::CpuLimits,
}

/// One target of one package.
#[derive(Debug, Clone)]
pub struct CrateInput {
    /// As code writes it (`-` is `_`).
    pub name: Name,
    /// Workspace, dependency or std.
    pub origin: CrateOrigin,
    /// What cargo calls the target.
    pub kind: TargetKind,
    /// Nothing of it can be used but its procedural macros.
    pub is_proc_macro: bool,
    /// The crate root.
    pub root: PathBuf,
    /// 2015, 2018, 2021, 2024.
    pub edition: u16,
    /// What is known of `cfg`.
    pub cfg: CfgSet,
    /// Names that code may use for other crates, and their numbers. std, core and alloc need not be listed.
    pub deps: Vec<(Name, usize)>,
    /// Version of the package, when known.
    pub version: Option<String>,
    /// Others than the workspace may get to use it.
    pub may_be_published: bool,
    /// Its package has a program that is not among the crates: it was not asked for, or its features are off.
    pub lacks_program: bool,
    /// Where `include!(concat!(env!("OUT_DIR"), ..))` reads, when it exists.
    pub out_dir: Option<PathBuf>,
    /// The build script, when what it sets is not in `cfg`: it has not run.
    pub build_script: Option<PathBuf>,
}

/// Who a crate belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrateOrigin {
    /// A member: findings are reported here.
    Workspace,
    /// Downloaded source.
    Dependency,
    /// The standard library.
    Std,
}

/// What cargo calls the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TargetKind {
    /// Library (also proc-macro, cdylib, …).
    Lib,
    /// A library that only tests link to.
    TestLib,
    /// Binary.
    Bin,
    /// Example.
    Example,
    /// Integration test.
    Test,
    /// Benchmark.
    Bench,
    /// `build.rs`
    BuildScript,
}

/// What is known of `cfg`.
#[derive(Debug, Clone, Default)]
pub struct CfgSet {
    /// `unix`, `target_os = "linux"`, …; empty when the target is not known.
    pub atoms: FxHashSet<(Name, Option<Name>)>,
    /// Enabled features; none when features are not known (then every feature is unknown).
    pub features: Option<FxHashSet<Name>>,
}

/// A lowered file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its number in the run.
    pub id: FileId,
    /// The IR.
    pub ir: Arc<FileIr>,
    /// The text; byte ranges of the IR are ranges of it.
    pub text: Text,
}

/// A macro call where items stand.
pub struct ItemMacro<'a> {
    /// The macro.
    pub rules: MacroRules<'a>,
    /// The call.
    pub call: MacroInput<'a>,
    /// What the items stand in.
    pub container: Container,
    /// What becomes of their bodies.
    pub bodies: FnBodies,
    pub(crate) data: &'a MacroData,
    pub(crate) syntax: &'a dyn Syntax,
}

impl ItemMacro<'_> {
    /// What the call stands for, and the items in that; none when no rule fits.
    pub fn expand(&self) -> Option<(SourceText, FileIr)> {
        let text = self.data.expand(&self.rules, &self.call, self.syntax)?;
        let ir = self.syntax.lower_items(&text, self.container, self.bodies);
        Some((text, ir))
    }
}

/// Gives lowered files; may read the disk, must be quick when asked twice, and always gives the same answer.
pub trait Sources: Sync {
    /// The file at `path`; function bodies are left out ([`toecap_ir::BodySource::Skipped`]) where `signatures_only`.
    /// None when there is no such file. A file that is there and cannot be read is empty: whoever reads it says so.
    fn file(&self, path: &Path, signatures_only: bool) -> Option<SourceFile>;
    /// There is so much code that what nobody looks at just now is to take little room, though that takes time.
    fn is_large(&self) -> bool {
        false
    }
    /// Do the sources of a crate never change? Then a sum of those that its build script has written.
    fn generated(&self, _krate: &CrateInput) -> Option<u64> {
        None
    }
    /// What earlier runs know of the functions of a crate, under a sum of all that it depends on.
    fn known_fns(&self, _krate: &CrateInput, _sum: u128) -> Option<KnownFns> {
        None
    }
    /// Keeps that for later runs.
    fn keep_known_fns(&self, _krate: &CrateInput, _sum: u128, _fns: &KnownFns) {}
    /// The path of a file that never changes.
    fn path_of_delivered(&self, _file: FileId) -> Option<PathBuf> {
        None
    }
    /// True when there is a file at `path`.
    fn exists(&self, path: &Path) -> bool;
    /// What `expand` makes of a call of a macro in `file`, and what [`Syntax::lower_items`] makes of that; may be at hand
    /// already. None when no rule fits.
    fn expansion(&self, _file: FileId, macro_call: &ItemMacro<'_>) -> Option<(SourceText, Arc<FileIr>)> {
        let (text, ir) = macro_call.expand()?;
        Some((text, Arc::new(ir)))
    }
    /// What [`Syntax::lower_items`] makes of `text`, which a macro in `file` stands for; may be at hand already.
    fn items(
        &self,
        _file: FileId,
        text: &SourceText,
        container: Container,
        bodies: FnBodies,
        syntax: &dyn Syntax,
    ) -> Arc<FileIr> {
        Arc::new(syntax.lower_items(text, container, bodies))
    }
    /// What [`Syntax::lower_skipped_body`] makes of a function in `text`, which is that of `file` or of an expansion in it.
    fn skipped_body(&self, _file: FileId, text: &SourceText, function: Span, syntax: &dyn Syntax) -> Arc<FileIr> {
        Arc::new(syntax.lower_skipped_body(text, function))
    }
}
