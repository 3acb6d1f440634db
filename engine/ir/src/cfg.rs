//! `cfg` predicates as written.

use serde::{Deserialize, Serialize};

use crate::Name;

/// A `cfg(…)` predicate, not yet evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CfgExpr {
    /// `unix`, `test`, `tokio_unstable`
    Flag(Name),
    /// `feature = "net"`
    KeyValue(Name, Name),
    /// `all(..)`
    All(Box<[CfgExpr]>),
    /// `any(..)`
    Any(Box<[CfgExpr]>),
    /// `not(..)`
    Not(Box<CfgExpr>),
    /// `true` / `false`
    Const(bool),
    /// Something that could not be read; its truth is unknown.
    Unknown,
}

/// What is known of a `cfg` predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CfgTruth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Nobody told us.
    Unknown,
}

impl CfgExpr {
    /// Must one of the predicates that `counts` names hold for this one to hold? `all(unix, test)` needs `test`, `any(unix, test)`
    /// does not.
    pub fn needs(&self, counts: &dyn Fn(&Self) -> bool) -> bool {
        match self {
            CfgExpr::All(parts) => parts.iter().any(|part| part.needs(counts)),
            CfgExpr::Any(parts) => !parts.is_empty() && parts.iter().all(|part| part.needs(counts)),
            _ => counts(self),
        }
    }
    /// Evaluates with `atom`, which answers for one flag or one `key = "value"`.
    pub fn eval(&self, atom: &mut dyn FnMut(Name, Option<Name>) -> CfgTruth) -> CfgTruth {
        use CfgTruth::{False, True, Unknown};
        match self {
            CfgExpr::Flag(flag) => atom(*flag, None),
            CfgExpr::KeyValue(key, value) => atom(*key, Some(*value)),
            CfgExpr::Const(true) => True,
            CfgExpr::Const(false) => False,
            CfgExpr::Unknown => Unknown,
            CfgExpr::Not(inner) => match inner.eval(atom) {
                True => False,
                False => True,
                Unknown => Unknown,
            },
            CfgExpr::All(parts) => parts.iter().fold(True, |truth, part| match (truth, part.eval(atom)) {
                (False, _) | (_, False) => False,
                (Unknown, _) | (_, Unknown) => Unknown,
                _ => True,
            }),
            CfgExpr::Any(parts) => parts.iter().fold(False, |truth, part| match (truth, part.eval(atom)) {
                (True, _) | (_, True) => True,
                (Unknown, _) | (_, Unknown) => Unknown,
                _ => False,
            }),
        }
    }
}
