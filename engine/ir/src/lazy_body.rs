//! Bodies as they are stored, decoded when somebody asks: an encoded one takes a fifth of the room, and most are only looked at
//! now and then.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::numbered::{Encoded, Stretch};
use crate::{Body, Expr, FileIr, Shelf, write_numbered};

/// A body, or where it is stored.
#[derive(Debug, Clone)]
pub struct LazyBody {
    at: At,
    head: BodyHead,
}

/// What can be known of a stored body without decoding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyHead {
    /// How many expressions it has.
    pub exprs: u32,
    /// [`Body::has_macros`]
    pub has_macros: bool,
    /// A block in it declares items.
    pub has_items: bool,
}

#[derive(Debug, Clone)]
enum At {
    Here(Arc<Body>),
    Stored(Stretch),
}

impl LazyBody {
    /// A body that is there.
    pub fn new(body: Arc<Body>) -> Self {
        Self { head: BodyHead::of(&body), at: At::Here(body) }
    }

    /// A body encoded, for itself.
    pub fn encoded(body: &Body) -> Option<Self> {
        let mut names = Vec::new();
        let bytes = write_numbered(&mut names, || postcard::to_allocvec(body)).ok()?;
        let hi = u32::try_from(bytes.len()).ok()?;
        let shelf = Arc::new(Shelf::new(names.into(), bytes.into_boxed_slice().into_vec().into()));
        Some(Self { head: BodyHead::of(body), at: At::Stored(Stretch { shelf, lo: 0, hi }) })
    }

    /// What is known without decoding it.
    pub fn head(&self) -> BodyHead {
        self.head
    }

    /// It is not there before it is decoded.
    pub fn is_stored(&self) -> bool {
        matches!(self.at, At::Stored(_))
    }

    /// The body, decoded every time if it is stored. What was stored by something else than this program is an empty block.
    pub fn get(&self) -> Arc<Body> {
        match &self.at {
            At::Here(body) => body.clone(),
            At::Stored(stretch) => Arc::new(stretch.read().unwrap_or_else(nothing_known)),
        }
    }
}

impl FileIr {
    /// Encodes the bodies that are there.
    pub fn store_bodies(&mut self) {
        let mut names = Vec::new();
        let mut bytes = Vec::new();
        let mut ranges = Vec::with_capacity(self.bodies.len());
        let done = write_numbered(&mut names, || {
            for (_, body) in self.bodies.iter() {
                let At::Here(body) = &body.at else { return None };
                let lo = u32::try_from(bytes.len()).ok()?;
                bytes = postcard::to_extend(&**body, std::mem::take(&mut bytes)).ok()?;
                ranges.push((lo, u32::try_from(bytes.len()).ok()?));
            }
            Some(())
        });
        if done.is_none() {
            return;
        }
        bytes.shrink_to_fit();
        let shelf = Arc::new(Shelf::new(names.into(), Cow::Owned(bytes)));
        for (id, (lo, hi)) in self.bodies.ids().zip(ranges) {
            self.bodies[id].at = At::Stored(Stretch { shelf: shelf.clone(), lo, hi });
        }
    }
}

impl BodyHead {
    fn of(body: &Body) -> Self {
        let has_items =
            body.exprs.iter().any(|(_, expr)| matches!(expr, Expr::Block(block) if !block.items.is_empty()));
        Self { exprs: body.exprs.len() as u32, has_macros: body.has_macros, has_items }
    }
}

impl Serialize for LazyBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rest = postcard::to_allocvec(&*self.get()).map_err(ser::Error::custom)?;
        Encoded { head: self.head, rest: &rest }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LazyBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Encoded { head, rest } = Encoded::deserialize(deserializer)?;
        if let Some(stretch) = Stretch::being_read(rest) {
            return Ok(Self { at: At::Stored(stretch), head });
        }
        let body: Body = postcard::from_bytes(rest).map_err(de::Error::custom)?;
        Ok(Self { at: At::Here(Arc::new(body)), head })
    }
}

/// In the place of a body that was stored by something else than this program: its root is something that is not understood.
fn nothing_known() -> Body {
    let mut body = Body::default();
    body.root = body.alloc_expr(Expr::Opaque, crate::Span::empty(0));
    body
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::{Arena, Literal, Span};

    fn body(values: &[bool]) -> Arc<Body> {
        let mut body = Body::default();
        for (value, at) in values.iter().zip(0..) {
            body.root = body.alloc_expr(Expr::Lit(Literal::Bool(*value)), Span::new(at, at + 1));
        }
        Arc::new(body)
    }

    fn file() -> FileIr {
        let mut bodies = Arena::new();
        bodies.alloc(LazyBody::new(body(&[true])));
        bodies.alloc(LazyBody::new(body(&[true, false])));
        FileIr { bodies, ..FileIr::default() }
    }

    #[test]
    fn stored_bodies_are_what_they_were() {
        let mut ir = file();
        ir.store_bodies();
        for ((_, stored), (_, before)) in ir.bodies.iter().zip(file().bodies.iter()) {
            assert!(stored.is_stored() && !before.is_stored());
            assert_eq!((stored.get().exprs.len(), stored.head()), (before.get().exprs.len(), before.head()));
            assert_eq!(stored.get().expr_spans, before.get().expr_spans);
        }
        let alone = LazyBody::encoded(&body(&[false])).unwrap();
        assert_eq!(alone.get().exprs.iter().next().unwrap().1, &Expr::Lit(Literal::Bool(false)));
    }

    #[test]
    fn a_stored_file_is_read_without_its_bodies() {
        let bytes = postcard::to_allocvec(&file()).unwrap();
        let whole: FileIr = postcard::from_bytes(&bytes).unwrap();
        assert!(whole.bodies.iter().all(|(_, body)| !body.is_stored()));
        let len = bytes.len();
        let found: FileIr = Arc::new(Shelf::new([].into(), bytes.into())).read(0..len).unwrap();
        assert!(found.bodies.iter().all(|(_, body)| body.is_stored()));
        assert_eq!(found.bodies.iter().last().unwrap().1.get().exprs.len(), 2);
    }
}
