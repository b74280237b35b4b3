//! The time, as a value that is passed in.
//!
//! Not here: waiting; that is [`super::cancel::Cancel::sleep`], which can be interrupted.

use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time of day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clock {
    /// The computer's clock.
    #[default]
    System,
    /// Always the same moment, in milliseconds since 1970-01-01 UTC: for repeatable output.
    Fixed(i64),
}

impl Clock {
    /// Milliseconds since 1970-01-01 UTC.
    pub fn now_ms(self) -> i64 {
        match self {
            Self::Fixed(at) => at,
            // A clock before 1970 or past the year 292 million is read as 0 instead of failing a run.
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|since| i64::try_from(since.as_millis()).ok())
                .unwrap_or(0),
        }
    }

    /// Whole seconds since 1970-01-01 UTC, the unit of the API's `time`.
    pub fn now_seconds(self) -> i64 {
        self.now_ms().div_euclid(1000)
    }
}
