//! Text that may not have been read yet: of most files of dependencies nobody ever asks what they say, once they were lowered.

use std::fmt::Debug;
use std::ops::Deref;
use std::sync::Arc;

/// Text, or who has it.
#[derive(Debug, Clone)]
pub enum Text {
    /// It is there.
    Here(Arc<str>),
    /// Whoever is asked reads it.
    Unread(Arc<dyn TextSource>),
}

/// Who can say what a text is.
pub trait TextSource: Debug + Send + Sync {
    /// The same each time; empty when it cannot be read.
    fn text(&self) -> &str;
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        match self {
            Text::Here(text) => text,
            Text::Unread(source) => source.text(),
        }
    }
}

impl<T: Into<Arc<str>>> From<T> for Text {
    fn from(text: T) -> Self {
        Text::Here(text.into())
    }
}
