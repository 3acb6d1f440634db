//! Names in stored IR: as text, or as numbers into a table that many files share.
//!
//! ```text
//! write_numbered(&mut names, || encode(&file))     `Vec`, `Vec`, `len` become 0, 0, 1
//! Shelf::new(names, bytes).read(range)             and numbers become names without looking at text
//! ```

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Name;

thread_local! {
    static WRITING: RefCell<Option<Numbers>> = const { RefCell::new(None) };
    static READING: RefCell<Option<Arc<Shelf>>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Numbers {
    names: Vec<Name>,
    by_name: FxHashMap<Name, u32>,
}

/// While `work` runs on this thread, names are serialised as their positions in `names`, which grows.
pub fn write_numbered<T>(names: &mut Vec<Name>, work: impl FnOnce() -> T) -> T {
    let by_name = names.iter().zip(0..).map(|(name, number)| (*name, number)).collect();
    WRITING.set(Some(Numbers { names: std::mem::take(names), by_name }));
    let done = work();
    *names = WRITING.take().unwrap_or_default().names;
    done
}

/// Stored IR, and what the numbers in it mean.
#[derive(Debug, Default)]
pub struct Shelf {
    names: Box<[Name]>,
    bytes: Cow<'static, [u8]>,
}

impl Shelf {
    /// All that [`write_numbered`] has given names to.
    pub fn new(names: Box<[Name]>, bytes: Cow<'static, [u8]>) -> Self {
        Self { names, bytes }
    }

    /// The names, by number.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// The bytes, all of them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What is stored in a range of the bytes; none when that is something else.
    pub fn read<T: for<'de> Deserialize<'de>>(self: &Arc<Self>, range: Range<usize>) -> Option<T> {
        let before = READING.replace(Some(self.clone()));
        let found = self.bytes.get(range).and_then(|bytes| postcard::from_bytes(bytes).ok());
        READING.set(before);
        found
    }

    /// Where a slice of the bytes is.
    pub(crate) fn range_of(&self, slice: &[u8]) -> Option<Range<usize>> {
        let lo = (slice.as_ptr() as usize).checked_sub(self.bytes.as_ptr() as usize)?;
        let hi = lo.checked_add(slice.len())?;
        (hi <= self.bytes.len() && hi <= u32::MAX as usize).then_some(lo..hi)
    }
}

/// Where something is stored on a shelf.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) lo: u32,
    pub(crate) hi: u32,
}

impl Stretch {
    /// Of bytes of what is being read on this thread; none of others.
    pub(crate) fn being_read(bytes: &[u8]) -> Option<Self> {
        let shelf = READING.with_borrow(Clone::clone)?;
        let range = shelf.range_of(bytes)?;
        Some(Self { shelf, lo: range.start as u32, hi: range.end as u32 })
    }

    /// What is stored there; none when that is something else.
    pub(crate) fn read<T: for<'de> Deserialize<'de>>(&self) -> Option<T> {
        self.shelf.read(self.lo as usize..self.hi as usize)
    }
}

/// As something is stored of which only the head is read at first. The range of the bytes is how the rest is skipped.
#[derive(Serialize, Deserialize)]
pub(crate) struct Encoded<'a, H> {
    pub(crate) head: H,
    pub(crate) rest: &'a [u8],
}

impl Numbers {
    fn of(&mut self, name: Name) -> u32 {
        *self.by_name.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() as u32 - 1
        })
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match WRITING.with_borrow_mut(|writing| writing.as_mut().map(|numbers| numbers.of(*self))) {
            Some(number) => serializer.serialize_u32(number),
            None => serializer.serialize_str(self.as_str()),
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READING.with_borrow(|reading| match reading {
            Some(shelf) => {
                let number = u32::deserialize(deserializer)?;
                shelf.names.get(number as usize).copied().ok_or_else(|| de::Error::custom("no such name"))
            }
            None => deserializer.deserialize_str(Text),
        })
    }
}

struct Text;

impl de::Visitor<'_> for Text {
    type Value = Name;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier")
    }
    fn visit_str<E>(self, text: &str) -> Result<Name, E> {
        Ok(Name::new(text))
    }
}
