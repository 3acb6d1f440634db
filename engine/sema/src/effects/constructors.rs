//! Constructors that a library has for its users: they open files once for an object, where a user sets it up.
//!
//! ```text
//! impl Store {
//!     pub async fn open(path: &Path) -> io::Result<Self> { fs::create_dir_all(path)?; .. }      who uses the store, at its start
//!     pub async fn get(&self, key: u64) -> io::Result<Vec<u8>> { Part::open(key).await?.read() }
//! }
//! impl StoreBuilder {
//!     pub async fn build(self) -> io::Result<Store> { fs::read(&self.config)?; .. }             likewise: it is the builder of the store
//! }
//! pub async fn keys() -> io::Result<Keys> { Store::open(&default()).await?.keys() }               who calls `open` for users, calls it at their start
//! pub async fn storage() -> io::Result<Arc<dyn Storage>> { fs::read("storage.toml")?; .. }       likewise: it chooses an implementation
//! impl Part {
//!     pub async fn open(key: u64) -> io::Result<Self> { File::open(..)?; .. }                   no: `get` calls it
//! }
//! ```

use rustc_hash::FxHashSet;
use toecap_ir::ExprId;

use super::exec::Region;
use super::startup::StartCode;
use super::threads::Calls;
use crate::walk::reached;
use crate::{AdtId, Analysis, BodyOwner, Bound, Container, FnId, TargetKind, TraitId, Ty, TyKind, TypedBody};

/// How deep a constructor's result may be wrapped.
const MAX_WRAPPERS: u32 = 4;

impl Analysis<'_> {
    /// The constructors of a library that nothing of the workspace calls but each other and functions that need no object, and
    /// what nothing but these calls. What is `aside` is called otherwise than in turn.
    pub(super) fn constructors(&self, calls: &Calls<'_>, aside: &[FnId]) -> FxHashSet<FnId> {
        let aside: FxHashSet<&FnId> = aside.iter().collect();
        let is_hidden = |f: FnId| {
            let is_in_library = self.world().input(f.krate).kind == TargetKind::Lib;
            self.callers_are_known(f) && !(is_in_library && self.is_public(f))
        };
        let may_construct =
            |f: FnId| !aside.contains(&f) && (self.constructs_for_users(f) || calls.is_called(f) && is_hidden(f));
        let (mut found, mut others): (FxHashSet<FnId>, Vec<FnId>) = (FxHashSet::default(), Vec::new());
        for f in calls.functions() {
            if may_construct(f) {
                found.insert(f);
            } else {
                others.push(f);
            }
        }
        let beside = reached(aside.iter().map(|f| **f).collect(), |f| calls.from(f));
        while let Some(other) = others.pop() {
            let is_offered = !beside.contains(&other) && self.is_offered(other);
            for called in calls.from(other) {
                if !(is_offered && self.constructs_for_users(called)) && found.remove(&called) {
                    others.push(called);
                }
            }
        }
        found
    }

    /// A function of a library that needs no object to be called: it is there for users, at their start as well.
    fn is_offered(&self, f: FnId) -> bool {
        let world = self.world();
        let is_library = world.input(f.krate).kind == TargetKind::Lib && !self.is_of_program(f);
        is_library && world.fn_sig(f).receiver.is_none()
    }

    /// `pub fn open(..) -> Result<Self>` of a library, also as a trait of its own has it; `StoreBuilder::build(self) -> Result<Store>`,
    /// `pub fn store() -> Arc<dyn Store>`.
    fn constructs_for_users(&self, f: FnId) -> bool {
        let world = self.world();
        if world.input(f.krate).kind != TargetKind::Lib || !world.is_own(f.krate) {
            return false;
        }
        // Also where the package has a program: what that does not call is for somebody else.
        let is_public = self.is_public(f);
        let sig = world.fn_sig(f);
        let imp = match world.func(f).container {
            Container::Impl(imp) => imp,
            Container::Module => {
                return is_public && sig.params.is_empty() && self.gives(sig.ret, &|ty| self.is_own_object(ty), 0);
            }
            Container::Trait(_) => return false,
        };
        let header = world.impl_header(imp);
        let Some((own, _)) = header.self_ty.as_adt() else { return false };
        if !is_public && header.trait_ref.is_none() {
            return false;
        }
        let is_ours = |tr: TraitId| world.is_own(tr.krate);
        let is_own = |ty: Ty| ty.as_adt().is_some_and(|(adt, _)| adt == own);
        match sig.receiver {
            None => header.trait_ref.as_ref().is_none_or(|(tr, _)| is_ours(*tr)) && self.gives(sig.ret, &is_own, 0),
            Some(taken) => {
                let is_built = |ty: Ty| self.is_built_by(ty, own);
                header.trait_ref.is_none() && is_own(taken) && self.gives(sig.ret, &is_built, 0)
            }
        }
    }

    /// `dyn Storage` of the workspace's own trait.
    fn is_own_object(&self, ty: Ty) -> bool {
        let is_own = |bound: &Bound| self.world().is_own(bound.tr.krate);
        matches!(ty.kind(), TyKind::Dyn(bounds) if bounds.first().is_some_and(is_own))
    }

    /// `Client` of `ClientBuilder`, `Connection` of `ConnectBuilder`: a builder is named after what it makes.
    fn is_built_by(&self, ty: Ty, builder: AdtId) -> bool {
        let world = self.world();
        let stem = world.adt(builder).name.as_str().strip_suffix("Builder").filter(|stem| !stem.is_empty());
        let made = ty.as_adt().filter(|(made, _)| *made != builder && made.krate == builder.krate);
        matches!((stem, made), (Some(stem), Some((made, _))) if world.adt(made).name.as_str().starts_with(stem))
    }

    /// Is it such a type, perhaps in a `Result`, an `Arc`, a `Locked` of the library's own or a pair, or the future of that?
    fn gives(&self, ty: Ty, is_wanted: &dyn Fn(Ty) -> bool, depth: u32) -> bool {
        if depth > MAX_WRAPPERS {
            return false;
        }
        is_wanted(ty)
            || match ty.kind() {
                TyKind::Future(output, _) => self.gives(*output, is_wanted, depth + 1),
                TyKind::Tuple(parts) => parts.iter().any(|part| self.gives(*part, is_wanted, depth + 1)),
                TyKind::Adt(_, args) => args.first().is_some_and(|inner| self.gives(*inner, is_wanted, depth + 1)),
                _ => false,
            }
    }

    /// What of a region a constructor does in turn.
    pub(super) fn constructing(&self, body: &TypedBody, region: Region) -> FxHashSet<ExprId> {
        let BodyOwner::Fn(f) = body.owner else { return FxHashSet::default() };
        let alone = self.alone();
        if !alone.constructs(f) {
            return FxHashSet::default();
        }
        StartCode::of_constructor(self, body, alone).in_turn(region).unwrap_or_default()
    }
}
