//! Why a journal cannot be used, in words.
//!
//! Not here: what a run does then.

use crate::base::report::Report;
use crate::base::text;
use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

/// Why a journal cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The system says no.
    #[error("{} cannot be used: {reason}", shown(.path))]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The journal is there and its key is not.
    #[error("the journal's key {} is gone", shown(.0))]
    LostKey(PathBuf),
    /// The key is that of another journal.
    #[error("{} is not the key of this journal", shown(.0))]
    WrongKey(PathBuf),
    /// Written by a later version of the program.
    #[error("the journal was written by a newer ixscript (form {found}; this one knows {known})")]
    Newer {
        /// The form of the file.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// A database of something else.
    #[error("the file is not a journal of ixscript")]
    Foreign,
    /// The file is not whole.
    #[error("the journal is damaged")]
    Damaged,
    /// No room on the disk.
    #[error("the disk is full")]
    DiskFull,
    /// The file may not be written.
    #[error("the journal may not be written")]
    ReadOnly,
    /// Somebody else holds it for too long.
    #[error("another program keeps the journal locked")]
    Busy,
    /// Anything else the database says.
    #[error("the journal's database fails (SQLite error {0})")]
    Database(i32),
    /// The system has no random bytes.
    #[error("the system gives no random bytes for the journal's key")]
    NoRandomness,
    /// The thread that writes has ended.
    #[error("the journal is closed")]
    Closed,
    /// No such run.
    #[error("there is no run {0}")]
    NoRun(i64),
    /// No such call.
    #[error("run {run} has no call {call}")]
    NoCall {
        /// The run.
        run: i64,
        /// The call.
        call: i64,
    },
    /// What the script of a run was told is not there: it was recorded by an earlier version, or too long ago.
    #[error("run {0} cannot be resumed: what its script was told is not recorded")]
    NoHistory(i64),
    /// Another process works on the run.
    #[error("run {0} is going on in another process")]
    Locked(i64),
}

fn shown(path: &Path) -> String {
    text::one_line(&text::path(path)).into_owned()
}

impl JournalError {
    pub(super) fn io(path: impl Into<PathBuf>, error: &std::io::Error) -> Self {
        Self::Io { path: path.into(), reason: text::reason(error) }
    }

    /// What to do next, in sentences.
    pub fn help(&self) -> &'static str {
        match self {
            Self::LostKey(_) | Self::WrongKey(_) => {
                "Put the key back where it was. Without it nobody can tell which calls were made; to begin anew, move the journal away."
            }
            Self::Newer { .. } => "Use that version, or another journal with --journal FILE.",
            Self::Foreign | Self::Damaged => {
                "Use another journal with --journal FILE, or restore it from a backup."
            }
            Self::Locked(_) => "Wait for its end, or stop it.",
            Self::NoHistory(_) => {
                "ixscript 0.1 recorded only writes, and reads are kept for 30 days. `ixscript runs show RUN` shows what was done; \
                 start a new run for what is left."
            }
            Self::NoRun(_) => "`ixscript runs list` shows them.",
            Self::NoCall { .. } => "`ixscript runs show RUN` shows its calls.",
            _ => {
                "Use another journal with --journal FILE, or none with --no-journal: then a run cannot be resumed."
            }
        }
    }

    /// For people.
    pub fn report(&self) -> Report {
        Report::error(self.to_string()).help(self.help())
    }
}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = &error else { return Self::Damaged };
        match failure.code {
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::ReadOnly => Self::ReadOnly,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DatabaseCorrupt => Self::Damaged,
            ErrorCode::NotADatabase => Self::Foreign,
            _ => Self::Database(failure.extended_code),
        }
    }
}
