//! What lints report: values only, no formats and no I/O.
//!
//! ```text
//! Finding { lint: blocking_call_in_async, primary: `read` in `std::fs::read("x")`, message: "`std::fs::read` blocks …", .. }
//! ```

mod finding;
mod lint;
mod selector;

pub use finding::{Applicability, Confidence, Edit, Finding, Fix, Label, Note};
pub use lint::{Group, Level, Lint, TOOL, Topic};
pub use selector::{Selector, UnknownSelector};
