//! How fast calls go: the waits between attempts, the rate all workers share, and their pause after "too fast".
//!
//! Not here: whether a call is tried again.

use crate::base::cancel::{Cancel, Cancelled};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long attempts of one call wait for each other: exponential, with full jitter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    ceiling: Duration,
    most: Duration,
}

impl Backoff {
    /// For an app that is not there: short, so that the answer "not running" comes within a second.
    pub(super) fn for_connecting() -> Self {
        Self { ceiling: Duration::from_millis(40), most: Duration::from_millis(320) }
    }

    /// For an app that asks for patience, or has a bad moment.
    pub(super) fn for_patience() -> Self {
        Self { ceiling: Duration::from_millis(500), most: Duration::from_secs(30) }
    }

    /// The wait before the next attempt; `jitter` is from 0 to 1.
    pub(super) fn next(&mut self, jitter: f64) -> Duration {
        let wait = self.ceiling.mul_f64(jitter.clamp(0.0, 1.0));
        self.ceiling = (self.ceiling * 2).min(self.most);
        wait
    }
}

/// The pace that all workers keep.
#[derive(Default)]
pub(super) struct Pace {
    /// At least this long between the beginnings of two attempts.
    interval: Duration,
    /// When the next attempt may begin.
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// At most one attempt per `interval`; zero sets no rate.
    pub(super) fn every(interval: Duration) -> Self {
        Self { interval, next: Mutex::default() }
    }

    /// Nobody sends for this long.
    pub(super) fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.is_none_or(|earlier| earlier < until) {
            *next = Some(until);
        }
    }

    /// Waits for a place in the line.
    pub(super) fn wait(&self, cancel: &Cancel) -> Result<(), Cancelled> {
        let now = Instant::now();
        let begin = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let begin = next.map_or(now, |next| next.max(now));
            if !self.interval.is_zero() {
                *next = Some(begin + self.interval);
            }
            begin
        };
        let left = begin.saturating_duration_since(now);
        if left.is_zero() { Ok(()) } else { cancel.sleep(left) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_limit() {
        let mut backoff = Backoff::for_connecting();
        let waits: Vec<u128> = (0..5).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(waits, [40, 80, 160, 320, 320]);
        assert_eq!(Backoff::for_patience().next(0.5), Duration::from_millis(250));
    }

    #[test]
    fn a_pause_holds_every_worker_and_a_shorter_one_does_not_end_it() {
        let pace = Pace::default();
        let cancel = Cancel::default();
        assert_eq!(pace.wait(&cancel), Ok(()));
        pace.pause(Duration::from_secs(600));
        pace.pause(Duration::ZERO);
        cancel.abort();
        assert_eq!(pace.wait(&cancel), Err(Cancelled));
    }

    #[test]
    fn a_rate_gives_each_attempt_its_own_place_in_the_line() {
        let pace = Pace::every(Duration::from_secs(600));
        let cancel = Cancel::default();
        assert_eq!(pace.wait(&cancel), Ok(()));
        let next = pace.next.lock().unwrap().unwrap();
        assert!(next > Instant::now() + Duration::from_secs(300));
        cancel.abort();
        assert_eq!(pace.wait(&cancel), Err(Cancelled));
        assert_eq!(pace.next.lock().unwrap().unwrap(), next + Duration::from_secs(600));
    }
}
