//! Where the code of a body waits, and what is lost where it is dropped there.
//!
//! ```text
//! let job = rx.recv().await?;     waits for `recv`, loses nothing
//! run(&job).await;                waits for `run`, loses the job
//! ```

use toecap_ir::Span;

use super::own::waits_for;
use crate::flow::suspension_span;
use crate::{Analysis, CancelVerdict, TypedBody};

/// A place where code waits.
#[derive(Debug, Clone)]
pub struct Wait {
    /// Its token `await`, or the macro's name.
    pub at: Span,
    /// What it waits for.
    pub of: String,
    /// It may give the thread back there.
    pub suspends: bool,
    /// What dropping the future there loses; none: nobody knows.
    pub loses: Option<CancelVerdict>,
}

impl Analysis<'_> {
    /// All places where the code of a body waits, that of its async blocks included, in order.
    pub fn waits(&self, body: &TypedBody) -> Vec<Wait> {
        let regions = self.regions(body);
        let mut found = Vec::new();
        for (id, region) in regions.iter() {
            if !region.is_async() || regions.suspensions(id).is_empty() {
                continue;
            }
            let lost = self.lost_where_it_waits(body, id);
            for at in regions.suspensions(id) {
                found.push(Wait {
                    at: suspension_span(body, *at),
                    of: waits_for(self, body, *at),
                    suspends: self.may_suspend(body, *at),
                    loses: lost.get(at).cloned().flatten(),
                });
            }
        }
        found.sort_by_key(|wait| wait.at.lo());
        found
    }
}
