//! The text of an expansion while it is written, with the place of each token.

use std::sync::Arc;

use toecap_ir::{Origin, SourceText, Span};

/// Longest text of one expansion, in bytes.
const MAX_BYTES: usize = 4 << 20;
/// A line end instead of a space from here on: columns are counted from the start of the line.
const LINE: usize = 100;

/// Where a token was read, so that tokens that touched do so again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Definition,
    Call,
}

#[derive(Debug)]
pub(super) struct Output {
    text: String,
    tokens: Vec<(u32, Span)>,
    /// The place of everything that the user did not write.
    call: Span,
    line_start: usize,
    /// Where the last token ended.
    last: Option<(Side, u32)>,
}

impl Output {
    pub(super) fn new(call: Span) -> Self {
        Self { text: String::new(), tokens: Vec::new(), call, line_start: 0, last: None }
    }

    /// Appends a token that was read at `lo..hi` on one side; none when there is too much.
    pub(super) fn token(&mut self, text: &str, span: Option<Span>, side: Side, lo: u32, hi: u32) -> Option<()> {
        if self.last != Some((side, lo)) {
            self.space();
        }
        self.place(span);
        self.text.push_str(text);
        self.last = Some((side, hi));
        (self.text.len() <= MAX_BYTES).then_some(())
    }

    /// Appends a token that stands by itself.
    pub(super) fn lone(&mut self, text: &str, span: Option<Span>) -> Option<()> {
        self.space();
        self.place(span);
        self.text.push_str(text);
        self.last = None;
        (self.text.len() <= MAX_BYTES).then_some(())
    }

    /// Appends what is no token.
    pub(super) fn comment(&mut self, text: &str) {
        self.space();
        self.text.push_str(text);
        self.last = None;
    }

    pub(super) fn finish(self) -> SourceText {
        let origin = Origin { tokens: self.tokens, call: self.call };
        SourceText { text: self.text.into(), origin: Some(Arc::new(origin)) }
    }

    fn space(&mut self) {
        if self.text.len() - self.line_start > LINE {
            self.text.push('\n');
            self.line_start = self.text.len();
        } else if !self.text.is_empty() {
            self.text.push(' ');
        }
    }

    /// Tokens in a row that the user did not write share one entry.
    fn place(&mut self, span: Option<Span>) {
        let span = span.unwrap_or_else(|| self.call.expanded());
        let repeats = span.is_expanded() && self.tokens.last().is_some_and(|(_, last)| *last == span);
        if !repeats {
            self.tokens.push((self.text.len() as u32, span));
        }
    }
}
