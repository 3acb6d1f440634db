//! What the documentation of a function says of its cancellation.
//!
//! ```text
//! /// # Cancel safety
//! /// This method is cancel safe.        a promise
//! // cancel-safe: the queue keeps it    a promise
//! ```

use toecap_knowledge::Verdict;

use crate::{Analysis, FnId};

/// What a function's documentation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// Safe or loses-place; partial where it can be called again to go on; unsafe where something is lost.
    pub verdict: Verdict,
}

impl Promise {
    /// It promises that nothing but a place in a queue is lost.
    pub fn is_safe(self) -> bool {
        self.verdict <= Verdict::LosesPlace
    }
}

impl Analysis<'_> {
    /// What is said by a section "Cancel safety" of a function's documentation, or by `// cancel-safe: reason` above it.
    pub fn cancel_promise(&self, f: FnId) -> Option<Promise> {
        let item = self.world().item_of_fn(f);
        if let Some(docs) = &item.attrs.cancel_docs {
            return promise_in(docs);
        }
        let defs = self.world().defs(f.krate);
        let file = &defs.files[self.world().func(f).loc.file as usize];
        let comments = &file.ir.comments;
        let before = comments.partition_point(|c| c.span.hi() <= item.name_span.lo());
        let is_said = comments[..before].last().is_some_and(|c| {
            let text = c.text.to_ascii_lowercase();
            (text.starts_with("cancel-safe") || text.starts_with("cancel safe"))
                && file
                    .source
                    .text
                    .get(c.span.hi() as usize..item.name_span.lo() as usize)
                    .is_some_and(|between| !between.contains([';', '}']))
        });
        is_said.then_some(Promise { verdict: Verdict::Safe })
    }
}

/// What a section "Cancel safety" says of the future as a whole; none where it depends, or cannot be told.
pub(super) fn promise_in(docs: &str) -> Option<Promise> {
    const SAFE: [&str; 4] = ["cancel safe", "cancel-safe", "cancellation safe", "cancellation-safe"];
    let docs = docs.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let Some(first) = SAFE.iter().filter_map(|word| docs.find(word)).min() else { return in_other_words(&docs) };
    let before = &docs[..first];
    let sentence = before.rsplit(". ").next().unwrap_or(before);
    let after = &docs[first..];
    let rest = after.split(". ").next().unwrap_or(after);
    let conditions = ["only", "if ", "unless", "as long as", "provided", "except"];
    if conditions.iter().any(|c| sentence.contains(c) || rest.contains(&format!(" {c}"))) {
        return None;
    }
    let denied = ["not", "n't", "never", "un", "isn’t", "neither"];
    let is_safe =
        !denied.iter().any(|d| sentence.split(' ').any(|word| word == *d || (*d == "n't" && word.ends_with(d))));
    Some(Promise { verdict: if is_safe { Verdict::Safe } else { Verdict::Unsafe } })
}

/// "… makes you lose your place in the queue", "the message is dropped and will be lost"
fn in_other_words(docs: &str) -> Option<Promise> {
    let says = |words: &[&str]| words.iter().any(|w| docs.contains(w));
    let verdict = if says(&["is lost", "will be lost", "are lost", "is dropped and", "data loss"]) {
        Verdict::Unsafe
    } else if says(&["partially read", "partially written"]) {
        Verdict::Partial
    } else if says(&["lose your place", "loses its place", "lose its place"]) {
        Verdict::LosesPlace
    } else {
        return None;
    };
    Some(Promise { verdict })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(docs: &str) -> Option<bool> {
        promise_in(docs).map(Promise::is_safe)
    }

    #[test]
    fn sections_of_documentation() {
        assert_eq!(said("This method is cancel safe."), Some(true));
        assert_eq!(said("This method is cancel safe. If it is used in `select!`, nothing is lost."), Some(true));
        assert_eq!(said("This method is not cancel safe. If it is used\nin `select!`, data is lost."), Some(false));
        assert_eq!(said("This function isn't cancellation-safe."), Some(false));
        assert_eq!(said("This method is only cancel safe if `fut` is cancel safe."), None);
        assert_eq!(said("Cancelling a call to `lock` makes you lose your place in the queue."), Some(true));
        assert_eq!(said("It is guaranteed that it was not sent, but the message itself is lost."), Some(false));
        assert_eq!(said("The future can be dropped at any time."), None);
    }
}
