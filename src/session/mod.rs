//! One run: from a request to settled findings. [`run`] is the table of contents.

mod causes;
mod crates;
mod engine;
mod inspect;
mod levels;
mod limits;
mod loose;
mod pipeline;
mod replay;
mod report;
mod resume;
mod settings;
mod settle;
mod shown;
mod sources;
mod suppress;
mod trouble;

pub use causes::Cause;
pub use engine::lints;
pub use inspect::{Inspection, inspect, inspect_with};
pub use levels::Levels;
pub use pipeline::{Options, SessionError, Stdin, cache_fingerprint, run};
pub use report::{Files, Phase, ReadFile, Report, Settled, Stats};
pub use settings::{SettingsError, Written};
pub use shown::{Shown, ShownBefore};
pub use sources::SourceTable;
pub use trouble::{Place, Severity, Trouble};
