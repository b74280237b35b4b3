//! What was done, kept on the disk: runs and their writes, so that a run that was broken off can go on.
//!
//! Each write is recorded before it is sent, and again with its outcome. What a resumed run does with that is decided by
//! pure functions (`resume`, `settle`).
//!
//! Not here: making calls, and the lists of the app.

mod error;
mod keys;
mod lock;
mod position;
mod resume;
mod runs;
mod settle;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use error::JournalError;
pub use keys::Hash;
pub use position::Position;
pub use resume::{Decision, Past, PastCall, Veil};
pub use runs::{CallRow, Resumed, RunRow};
pub use settle::{Evidence, Finding, Row, Sight, settle};
pub use store::Journal;
pub use writer::{Ended, Intent, NewRun, Outcome, Run, RunLog};
