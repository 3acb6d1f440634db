//! What the documentation of a function says of its cancellation.
//!
//! ```text
//! /// # Cancel safety
//! /// This method is cancel safe.        a promise
//! // cancel-safe: the queue keeps it    a promise
//! ```

use toecap_ir::Span;
use toecap_knowledge::Verdict;

use super::{Belief, CancelVerdict};
use crate::{Analysis, BodyOwner, Container, FnId, TypedBody};

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

/// A promise of cancel safety that the code does not keep.
#[derive(Debug, Clone)]
pub struct BrokenPromise {
    /// The function that does not keep it.
    pub of: FnId,
    /// Its name.
    pub at: Span,
    /// The method of a trait whose documentation promises it; none: the function's own does.
    pub by_trait: Option<FnId>,
    /// What the code loses.
    pub cancel: CancelVerdict,
}

impl Analysis<'_> {
    /// The promise that a function breaks: its own, or that of the trait's method that it implements. Only what is lost for
    /// good counts; a call that goes on where a dropped one stopped is as good as a safe one for whoever calls it again. Rows
    /// about the workspace's own functions are no witnesses: its code must say the same.
    pub fn broken_promise(&self, body: &TypedBody) -> Option<BrokenPromise> {
        let BodyOwner::Fn(f) = body.owner else { return None };
        let by_trait = match self.cancel_promise(f) {
            Some(own) => {
                if !own.is_safe() {
                    return None;
                }
                None
            }
            None => {
                let of_trait = self.implemented_method(f)?;
                self.cancel_promise(of_trait).filter(|p| p.is_safe())?;
                Some(of_trait)
            }
        };
        let loses = |belief| self.implementation_verdict(f, belief).filter(|c| c.verdict == Verdict::Unsafe);
        let cancel = loses(Belief::All)?;
        loses(Belief::Code)?;
        // What it works on may be dropped with it.
        cancel.reason.as_ref()?.place.as_ref()?;
        Some(BrokenPromise { of: f, at: self.world().item_of_fn(f).name_span, by_trait, cancel })
    }

    /// The method of a trait that a method of an impl stands for.
    fn implemented_method(&self, f: FnId) -> Option<FnId> {
        let Container::Impl(imp) = self.world().func(f).container else { return None };
        let (tr, _) = self.world().impl_header(imp).trait_ref?;
        self.world().tr(tr).fns.get(&self.world().func(f).name).copied()
    }

    /// What is said by a section "Cancel safety" of a function's documentation, or by `// cancel-safe: reason` above it.
    pub fn cancel_promise(&self, f: FnId) -> Option<Promise> {
        let item = self.world().item_of_fn(f);
        if let Some(docs) = &item.attrs.cancel_docs {
            return promise_in(docs, self.world().func(f).name.as_str());
        }
        let defs = self.world().defs(f.krate);
        let file = &defs.files[self.world().func(f).loc.file as usize];
        let comments = &file.ir.comments;
        let before = comments.partition_point(|c| c.span.hi() <= item.name_span.lo());
        let is_said = comments[..before].last().is_some_and(|c| {
            is_a_promise(&c.text)
                && file
                    .source
                    .text
                    .get(c.span.hi() as usize..item.name_span.lo() as usize)
                    .is_some_and(|between| !between.contains([';', '}']))
        });
        is_said.then_some(Promise { verdict: Verdict::Safe })
    }
}

/// `cancel-safe`, `cancel-safe: reason`, `cancel safe because ..`; no heading such as `Cancel-safe writers`.
fn is_a_promise(comment: &str) -> bool {
    let text = comment.to_ascii_lowercase();
    let rest = ["cancel-safe", "cancel safe"].iter().find_map(|word| text.strip_prefix(word));
    rest.map(str::trim_start).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with([':', ',', '.', ';', '(', '-']) || rest.starts_with("because")
    })
}

/// What a section "Cancel safety" of a function says of its future as a whole; none where it depends, or cannot be told.
fn promise_in(docs: &str, function: &str) -> Option<Promise> {
    const SAFE: [&str; 7] = [
        "cancel safe",
        "cancel-safe",
        "cancellation safe",
        "cancellation-safe",
        "safe to cancel",
        "safely cancelled",
        "safely canceled",
    ];
    // The word is no promise by itself: "Cancel safety: `Stream::next` is .."
    let docs = docs.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase().replace("safety", "");
    let Some(first) = SAFE.iter().filter_map(|word| docs.find(word)).min() else { return in_other_words(&docs) };
    let before = &docs[..first];
    let sentence = before.rsplit(". ").next().unwrap_or(before);
    let after = &docs[first..];
    let rest = after.split(". ").next().unwrap_or(after);
    let conditions = ["only", "if ", "unless", "as long as", "provided", "except"];
    if conditions.iter().any(|c| sentence.contains(c) || rest.contains(&format!(" {c}"))) {
        return None;
    }
    if is_about_another(sentence, function) {
        return None;
    }
    let denied = ["not", "never", "un", "isn’t", "neither", "cannot", "hardly"];
    let plain = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let is_safe = !sentence.split(' ').map(plain).any(|word| denied.contains(&word.as_str()) || word.ends_with("n't"));
    Some(Promise { verdict: if is_safe { Verdict::Safe } else { Verdict::Unsafe } })
}

/// "`Stream::next` is": is the sentence that begins so about a function of another name?
fn is_about_another(sentence: &str, function: &str) -> bool {
    let quoted: Vec<&str> = sentence.split('`').skip(1).step_by(2).collect();
    // What is still open at the end is no name: "is `cancel safe`".
    let closed = sentence.matches('`').count() / 2;
    let is_own = |code: &&str| {
        let name = code.split(['(', '<']).next().unwrap_or(code);
        name.rsplit(['.', ':']).next() == Some(&function.to_ascii_lowercase())
    };
    closed > 0 && !quoted[..closed].iter().any(is_own)
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
        promise_in(docs, "recv").map(Promise::is_safe)
    }

    #[test]
    fn comments_that_promise() {
        for promise in
            ["cancel-safe", "cancel-safe: the queue keeps it", "Cancel safe, for it only waits", "cancel safe because"]
        {
            assert!(is_a_promise(promise), "{promise}");
        }
        for other in ["Cancel-safe body writing types", "cancel-safety tests", "not cancel-safe"] {
            assert!(!is_a_promise(other), "{other}");
        }
    }

    #[test]
    fn sections_of_documentation() {
        assert_eq!(said("This method is cancel safe."), Some(true));
        assert_eq!(said("This method is cancel safe. If it is used in `select!`, nothing is lost."), Some(true));
        assert_eq!(said("This method is not cancel safe. If it is used\nin `select!`, data is lost."), Some(false));
        assert_eq!(said("This function isn't cancellation-safe."), Some(false));
        assert_eq!(said("This method is *not* cancellation safe."), Some(false));
        assert_eq!(said("This method is **NOT** `cancel safe`."), Some(false));
        assert_eq!(said("This method is **cancel safe**."), Some(true));
        assert_eq!(said("It is safe to cancel this future."), Some(true));
        assert_eq!(said("It is not safe to cancel this future."), Some(false));
        assert_eq!(said("This method is only cancel safe if `fut` is cancel safe."), None);
        assert_eq!(said("Cancelling a call to `lock` makes you lose your place in the queue."), Some(true));
        assert_eq!(said("It is guaranteed that it was not sent, but the message itself is lost."), Some(false));
        assert_eq!(said("The future can be dropped at any time."), None);
        assert_eq!(said("`Receiver::recv` is cancel safe."), Some(true));
        assert_eq!(said("`recv()` is not cancel safe."), Some(false));
        assert_eq!(said("`Stream::next` (0.4) is cancel-safe: it keeps the item."), None);
        assert_eq!(said("Cancel safety: `Stream::next` is cancel-safe, it keeps the item."), None);
        assert_eq!(said("Cancel safety: this is cancel-safe."), Some(true));
    }
}
