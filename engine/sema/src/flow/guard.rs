//! Which types hold a blocking guard.

use toecap_ir::Expr;
use toecap_knowledge::{Guard, GuardKind, GuardLevel};

use crate::{AdtId, Analysis, BodyOwner, CrateOrigin, FnId, OpaqueOwner, Ty, TyKind};

const MAX_DEPTH: u32 = 6;

impl Analysis<'_> {
    /// The guard of a blocking lock that a value of the type owns: the type itself, or what is in a tuple, `Option`,
    /// `Result`, box or struct. What is behind a reference is owned by somebody else.
    pub fn blocking_guard_in(&self, ty: Ty) -> Option<AdtId> {
        self.guard_in(ty, blocks, 0)
    }

    /// The guard of any lock, blocking or not, that a value of the type owns.
    pub fn lock_guard_in(&self, ty: Ty) -> Option<AdtId> {
        self.guard_in(ty, |guard| matches!(guard.kind, GuardKind::SyncLock | GuardKind::AsyncLock), 0)
    }

    /// A value that is worth a word where it is alive while a task waits: a guard, permit, pooled object or dynamic borrow.
    pub(super) fn scarce_in(&self, ty: Ty) -> Option<AdtId> {
        self.guard_in(ty, |guard| !matches!(guard.kind, GuardKind::DropActs | GuardKind::Epoch), 0)
    }

    fn guard_in(&self, ty: Ty, wanted: fn(&Guard) -> bool, depth: u32) -> Option<AdtId> {
        if depth > MAX_DEPTH {
            return None;
        }
        match ty.kind() {
            TyKind::Adt(adt, args) => {
                if let Some(facts) = self.facts().of_type(*adt)
                    && let Some(guard) = facts.guard()
                {
                    return wanted(guard).then_some(*adt);
                }
                let name = self.world().adt(*adt).name;
                let holds = matches!(
                    name.as_str(),
                    "Option"
                        | "Result"
                        | "Box"
                        | "Vec"
                        | "PoisonError"
                        | "TryLockError"
                        | "Pin"
                        | "ManuallyDrop"
                        | "VecDeque"
                );
                if holds && self.world().input(adt.krate).origin == CrateOrigin::Std {
                    return args.iter().find_map(|t| self.guard_in(*t, wanted, depth + 1));
                }
                if !self.world().is_own(adt.krate) {
                    return None;
                }
                self.guard_in_fields(*adt, args, wanted, depth)
            }
            TyKind::Tuple(parts) => parts.iter().find_map(|t| self.guard_in(*t, wanted, depth + 1)),
            TyKind::Array(inner, _) => self.guard_in(*inner, wanted, depth + 1),
            TyKind::Opaque(OpaqueOwner::Fn(f), number, _) => {
                self.guard_in(self.hidden_behind_deref(*f, *number)?, wanted, depth + 1)
            }
            _ => None,
        }
    }

    /// What a function gives that says `-> impl Deref<Target = T>`.
    fn hidden_behind_deref(&self, f: FnId, number: u32) -> Option<Ty> {
        let world = self.world();
        let signature = world.fn_sig(f);
        let bounds = signature.opaques.get(number as usize)?;
        // Nothing else is in what is given.
        let is_all = matches!(signature.ret.kind(), TyKind::Opaque(..));
        let is_deref = bounds.iter().any(|bound| {
            Some(bound.tr) == world.lang().deref
                || world.super_ids(bound.tr).iter().any(|tr| Some(*tr) == world.lang().deref)
        });
        if !is_all || !is_deref {
            return None;
        }
        let body = self.body(BodyOwner::Fn(f))?;
        let mut at = body.types.body.root;
        while let Expr::Block(block) = &body.types.body[at] {
            at = block.tail?;
        }
        body.types.expr_tys.get(at.index()).copied().filter(|ty| ty.as_adt().is_some())
    }

    fn guard_in_fields(&self, adt: AdtId, args: crate::Args, wanted: fn(&Guard) -> bool, depth: u32) -> Option<AdtId> {
        let world = self.world();
        let data = world.adt(adt);
        let subst = world.subst_of(data.generics, args);
        (0..data.variants.len() as u32).find_map(|variant| {
            world.field_tys(adt, variant).iter().find_map(|(_, ty)| self.guard_in(subst.apply(*ty), wanted, depth + 1))
        })
    }
}

/// The guard of a lock that blocks threads.
fn blocks(guard: &Guard) -> bool {
    guard.kind == GuardKind::SyncLock && matches!(guard.level, GuardLevel::Deny | GuardLevel::Warn)
}
