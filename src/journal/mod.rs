//! What was done, kept on the disk: runs and their writes, so that a run that was broken off can go on.
//!
//! Each write is recorded before it is sent, and again with its outcome. What a resumed run does with that is decided by
//! pure functions (`history`, `settle`).
//!
//! Not here: making calls, and the lists of the app.

mod error;
mod history;
mod keys;
mod lock;
mod position;
mod runs;
mod settle;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use error::JournalError;
pub use history::{
    Answer, Arguments, Described, Entry, History, MAIN, Matched, Note, PastCall, PastItem, Place, Recorded,
    Told, identity,
};
pub use keys::{Hash, content_hash};
pub use position::Position;
pub use runs::{CallRow, Resumed, RunRow};
pub use settle::{Doubt, Evidence, Finding, Floor, Look, Row, Seen, Verdict, late_arrivals, may_be, settle};
pub use store::Journal;
pub use writer::{Ended, Intent, Mark, NewRun, Outcome, Run, RunLog};
