//! The time, as a value that is passed in.
//!
//! Not here: waiting; that is [`super::cancel::Cancel::sleep`], which can be interrupted.

use super::sync;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time of day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clock {
    /// The computer's clock, or that of the thread's [scheduler](sync::Scheduler).
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
            Self::System => sync::scheduler().map_or_else(system_ms, |scheduler| scheduler.now_ms()),
        }
    }

    /// Whole seconds since 1970-01-01 UTC, the unit of the API's `time`.
    pub fn now_seconds(self) -> i64 {
        self.now_ms().div_euclid(1000)
    }
}

/// A clock before 1970 or past the year 292 million is read as 0 instead of failing a run.
fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0)
}

/// Seconds since 1970-01-01 UTC as `2024-09-09 14:27:56`, in UTC.
pub fn date_and_time(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// The date so many days after 1970-01-01: eras of 400 years that begin in March, so that leap days come last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year_of_era + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leap_days_are_known() {
        assert_eq!(date_and_time(951_782_399 + 8 * 3600), "2000-02-29 07:59:59");
        assert_eq!(date_and_time(951_868_799), "2000-02-29 23:59:59");
        assert_eq!(date_and_time(0), "1970-01-01 00:00:00");
    }
}
