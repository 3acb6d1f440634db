//! Definitions that the language itself knows.

use toecap_ir::Name;

use crate::names::Names;
use crate::{AdtId, Def, Ns, TraitId, World};

macro_rules! lang {
    ($($field:ident: $kind:ident = $path:literal),* $(,)?) => {
        /// Language items; none where std could not be read.
        #[derive(Debug, Default, Clone)]
        #[expect(missing_docs, reason = "each is the definition of its name in core or alloc")]
        pub struct Lang { $(pub $field: Option<lang!(@ty $kind)>),* }

        impl Lang {
            fn find(world: &World<'_>) -> Self {
                Self { $($field: lang!(@find $kind, world, $path)),* }
            }
        }
    };
    (@ty adt) => { AdtId };
    (@ty tr) => { TraitId };
    (@find adt, $world:expr, $path:literal) => { adt($world, $path) };
    (@find tr, $world:expr, $path:literal) => { tr($world, $path) };
}

lang! {
    future: tr = "core::future::Future",
    into_future: tr = "core::future::IntoFuture",
    deref: tr = "core::ops::Deref",
    index: tr = "core::ops::Index",
    fn_: tr = "core::ops::Fn",
    fn_mut: tr = "core::ops::FnMut",
    fn_once: tr = "core::ops::FnOnce",
    async_fn: tr = "core::ops::AsyncFn",
    async_fn_mut: tr = "core::ops::AsyncFnMut",
    async_fn_once: tr = "core::ops::AsyncFnOnce",
    into_iterator: tr = "core::iter::IntoIterator",
    iterator: tr = "core::iter::Iterator",
    clone: tr = "core::clone::Clone",
    copy: tr = "core::marker::Copy",
    sized: tr = "core::marker::Sized",
    drop: tr = "core::ops::Drop",
    add: tr = "core::ops::Add",
    sub: tr = "core::ops::Sub",
    mul: tr = "core::ops::Mul",
    div: tr = "core::ops::Div",
    rem: tr = "core::ops::Rem",
    bit_and: tr = "core::ops::BitAnd",
    bit_or: tr = "core::ops::BitOr",
    bit_xor: tr = "core::ops::BitXor",
    shl: tr = "core::ops::Shl",
    shr: tr = "core::ops::Shr",
    not: tr = "core::ops::Not",
    neg: tr = "core::ops::Neg",
    from: tr = "core::convert::From",
    option: adt = "core::option::Option",
    result: adt = "core::result::Result",
    poll: adt = "core::task::Poll",
    control_flow: adt = "core::ops::ControlFlow",
    pin: adt = "core::pin::Pin",
    range: adt = "core::ops::Range",
    range_inclusive: adt = "core::ops::RangeInclusive",
    range_from: adt = "core::ops::RangeFrom",
    range_to: adt = "core::ops::RangeTo",
    range_to_inclusive: adt = "core::ops::RangeToInclusive",
    range_full: adt = "core::ops::RangeFull",
    arguments: adt = "core::fmt::Arguments",
    string: adt = "alloc::string::String",
    vec: adt = "alloc::vec::Vec",
    boxed: adt = "alloc::boxed::Box",
    rc: adt = "alloc::rc::Rc",
    arc: adt = "alloc::sync::Arc",
    cstr: adt = "core::ffi::CStr",
}

fn resolve(world: &World<'_>, path: &str) -> Option<Def> {
    let mut names = path.split("::").map(Name::new);
    let krate = world.std_crate(names.next()?)?;
    let rest: Vec<Name> = names.collect();
    Names::new(world).public_path(krate, &rest, Ns::Types)
}

fn adt(world: &World<'_>, path: &str) -> Option<AdtId> {
    match resolve(world, path)? {
        Def::Adt(id) => Some(id),
        _ => None,
    }
}

fn tr(world: &World<'_>, path: &str) -> Option<TraitId> {
    match resolve(world, path)? {
        Def::Trait(id) => Some(id),
        _ => None,
    }
}

impl World<'_> {
    /// The language items.
    pub fn lang(&self) -> &Lang {
        self.lang.get_or_init(|| Lang::find(self))
    }
}

impl Lang {
    /// `Arc` or `Rc`: its clones are handles of one value.
    pub fn is_shared(&self, adt: AdtId) -> bool {
        [self.arc, self.rc].contains(&Some(adt))
    }
    /// One of `Fn`, `FnMut`, `FnOnce`?
    pub fn is_fn_trait(&self, tr: TraitId) -> bool {
        [self.fn_, self.fn_mut, self.fn_once].contains(&Some(tr))
    }
    /// One of `AsyncFn`, `AsyncFnMut`, `AsyncFnOnce`?
    pub fn is_async_fn_trait(&self, tr: TraitId) -> bool {
        [self.async_fn, self.async_fn_mut, self.async_fn_once].contains(&Some(tr))
    }
}
