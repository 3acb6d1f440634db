//! Names in stored IR: as text, or as numbers into a table that many files share.
//!
//! ```text
//! write_numbered(&mut names, || encode(&file))     `Vec`, `Vec`, `len` become 0, 0, 1
//! read_numbered(names, || decode(bytes))           and numbers become names without looking at text
//! ```

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Name;

thread_local! {
    static WRITING: RefCell<Option<Numbers>> = const { RefCell::new(None) };
    static READING: RefCell<Option<Arc<[Name]>>> = const { RefCell::new(None) };
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

/// While `work` runs on this thread, names are deserialised from their positions in `names`.
pub fn read_numbered<T>(names: &Arc<[Name]>, work: impl FnOnce() -> T) -> T {
    let before = READING.replace(Some(names.clone()));
    let done = work();
    READING.set(before);
    done
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
            Some(names) => {
                let number = u32::deserialize(deserializer)?;
                names.get(number as usize).copied().ok_or_else(|| de::Error::custom("no such name"))
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
