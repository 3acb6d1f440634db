//! Constructors that a library has for its users: they open files once for an object, where a user sets it up.
//!
//! ```text
//! impl Store {
//!     pub async fn open(path: &Path) -> io::Result<Self> { fs::create_dir_all(path)?; .. }      who uses the store, at its start
//!     pub async fn get(&self, key: u64) -> io::Result<Vec<u8>> { Part::open(key).await?.read() }
//! }
//! impl Part {
//!     pub async fn open(key: u64) -> io::Result<Self> { File::open(..)?; .. }                   no: `get` calls it
//! }
//! ```

use rustc_hash::FxHashSet;
use toecap_ir::{ExprId, TypeRef};

use super::alone::all_of;
use super::exec::Region;
use super::startup::StartCode;
use crate::{AdtId, Analysis, BodyOwner, Container, CrateOrigin, FnId, TargetKind, TraitId, Ty, TyKind, TypedBody};

/// How deep a constructor's result may be wrapped.
const MAX_WRAPPERS: u32 = 4;

impl Analysis<'_> {
    /// The constructors of a library that nothing of the workspace calls but each other, and what nothing but these calls; of
    /// all `calls`, each with what it calls, and `callers`, the other way round. What is `aside` is called otherwise than in turn.
    pub(super) fn constructors(
        &self,
        calls: &[(FnId, &[FnId])],
        callers: &[(FnId, FnId)],
        aside: &[FnId],
    ) -> FxHashSet<FnId> {
        let aside: FxHashSet<&FnId> = aside.iter().collect();
        let is_called = |f: FnId| !all_of(callers, f).is_empty();
        let may_construct = |f: FnId| {
            !aside.contains(&f) && (self.constructs_for_users(f) || is_called(f) && self.callers_are_known(f))
        };
        let all = calls.iter().map(|(f, _)| *f);
        let (mut found, mut others): (FxHashSet<FnId>, Vec<FnId>) = (FxHashSet::default(), Vec::new());
        for f in all {
            if may_construct(f) {
                found.insert(f);
            } else {
                others.push(f);
            }
        }
        while let Some(other) = others.pop() {
            for called in all_of(calls, other).iter().flat_map(|(_, called)| *called) {
                if found.remove(called) {
                    others.push(*called);
                }
            }
        }
        found
    }

    /// `pub fn open(..) -> Result<Self>` of a library, also as a trait of its own has it, or as a builder that ends with it.
    fn constructs_for_users(&self, f: FnId) -> bool {
        let world = self.world();
        let Container::Impl(imp) = world.func(f).container else { return false };
        let input = world.input(f.krate);
        if input.kind != TargetKind::Lib || input.origin != CrateOrigin::Workspace {
            return false;
        }
        let header = world.impl_header(imp);
        if let Some(receiver) = &world.fn_item(f).receiver {
            let is_taken = !matches!(receiver.ty, TypeRef::Ref(..));
            return is_taken
                && header.trait_ref.is_none()
                && !self.callers_are_known(f)
                && self.builds(f, header.self_ty);
        }
        let is_own = |tr: TraitId| world.input(tr.krate).origin == CrateOrigin::Workspace;
        header.trait_ref.as_ref().is_none_or(|(tr, _)| is_own(*tr))
            && !self.callers_are_known(f)
            && header.self_ty.as_adt().is_some_and(|(adt, _)| self.gives(world.fn_sig(f).ret, &|given| given == adt, 0))
    }

    /// `StoreBuilder::open(self) -> Result<Store>`
    fn builds(&self, f: FnId, builder: Ty) -> bool {
        let world = self.world();
        let Some((builder, _)) = builder.as_adt() else { return false };
        let built = world.adt(builder).name.as_str().strip_suffix("Builder");
        built.is_some_and(|built| self.gives(world.fn_sig(f).ret, &|adt| world.adt(adt).name.as_str() == built, 0))
    }

    /// Is it the type, perhaps in a `Result`, an `Arc`, a `Locked` of the library's own or a pair, or the future of that?
    fn gives(&self, ty: Ty, wanted: &dyn Fn(AdtId) -> bool, depth: u32) -> bool {
        if depth > MAX_WRAPPERS {
            return false;
        }
        match ty.kind() {
            TyKind::Future(output, _) => self.gives(*output, wanted, depth + 1),
            TyKind::Tuple(parts) => parts.iter().any(|part| self.gives(*part, wanted, depth + 1)),
            TyKind::Adt(adt, _) if wanted(*adt) => true,
            TyKind::Adt(_, args) => args.first().is_some_and(|inner| self.gives(*inner, wanted, depth + 1)),
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
