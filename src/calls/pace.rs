//! How fast calls go: the waits between attempts, the rate all workers share, and how it gives way to "too fast".
//!
//! Not here: whether a call is tried again, and whether the app is there at all (`breaker`).

use crate::base::cancel::{Cancel, Cancelled};
use crate::base::sync;
use std::sync::{Mutex, MutexGuard, PoisonError};
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

/// The interval that the first "too fast" sets where there was none.
const FLOOR: Duration = Duration::from_millis(100);

/// No "too fast" makes the interval longer than this; a rate that somebody set may.
const CEILING: Duration = Duration::from_secs(10);

/// What is left of the interval after each success: half of it after 7.
const RECOVERY: f64 = 0.9;

/// An app that counts calls in a second goes on refusing until the next one: within this time the interval grows once.
const GRACE: Duration = Duration::from_millis(500);

/// The pace that all workers keep.
pub(super) struct Pace {
    /// At least this long between the beginnings of two attempts, whatever the app says; zero sets no rate.
    configured: Duration,
    state: Mutex<State>,
}

struct State {
    /// What is kept at the moment: the configured interval, or a longer one.
    interval: Duration,
    /// When the next attempt may begin.
    next: Option<Instant>,
    /// When the interval last grew.
    slowed: Option<Instant>,
}

impl Pace {
    /// At most one attempt per `interval`; zero sets no rate.
    pub(super) fn every(interval: Duration) -> Self {
        let state = State { interval, next: None, slowed: None };
        Self { configured: interval, state: Mutex::new(state) }
    }

    /// An attempt that began at `began` was too fast: nobody sends for as long as `pause`, and everybody sends half as
    /// often from then on.
    pub(super) fn too_fast(&self, began: Instant, now: Instant, pause: Duration) {
        let mut state = self.lock();
        // Attempts that were on their way when the interval grew tell nothing of the new one.
        if state.slowed.is_none_or(|slowed| began.saturating_duration_since(slowed) >= GRACE) {
            state.interval = (state.interval * 2).clamp(FLOOR, CEILING.max(self.configured));
            state.slowed = Some(now);
        }
        let until = now + pause.max(state.interval);
        if state.next.is_none_or(|earlier| earlier < until) {
            state.next = Some(until);
        }
    }

    /// An attempt that began at `began` was fast enough: a little of what was slowed down is taken back.
    pub(super) fn fast_enough(&self, began: Instant) {
        let mut state = self.lock();
        if state.interval == self.configured || state.slowed.is_some_and(|slowed| began < slowed) {
            return;
        }
        let shorter = state.interval.mul_f64(RECOVERY);
        // The last steps down to no interval at all would be endless.
        let is_over = self.configured.is_zero() && shorter < FLOOR / 2;
        state.interval = if is_over { Duration::ZERO } else { shorter.max(self.configured) };
    }

    /// Takes the next place in the line, and tells how long it is until then.
    fn reserve(&self, now: Instant) -> Duration {
        let mut state = self.lock();
        let begin = state.next.map_or(now, |next| next.max(now));
        if !state.interval.is_zero() {
            state.next = Some(begin + state.interval);
        }
        begin.saturating_duration_since(now)
    }

    /// Waits for a place in the line.
    pub(super) fn wait(&self, cancel: &Cancel) -> Result<(), Cancelled> {
        let left = self.reserve(sync::now());
        if left.is_zero() { Ok(()) } else { cancel.sleep(left) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn interval(pace: &Pace) -> Duration {
        pace.lock().interval
    }

    #[test]
    fn waits_double_up_to_their_limit() {
        let mut backoff = Backoff::for_connecting();
        let waits: Vec<u128> = (0..5).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(waits, [40, 80, 160, 320, 320]);
        assert_eq!(Backoff::for_patience().next(0.5), Duration::from_millis(250));
    }

    #[test]
    fn a_pause_holds_every_worker_and_a_shorter_one_does_not_end_it() {
        let (pace, now) = (Pace::every(Duration::ZERO), Instant::now());
        assert_eq!(pace.reserve(now), Duration::ZERO);
        pace.too_fast(now, now, 600 * SECOND);
        pace.too_fast(now, now + SECOND, Duration::ZERO);
        assert_eq!(pace.reserve(now + 100 * SECOND), 500 * SECOND);
        let cancel = Cancel::default();
        cancel.abort();
        assert_eq!(pace.wait(&cancel), Err(Cancelled));
    }

    #[test]
    fn a_rate_gives_each_attempt_its_own_place_in_the_line() {
        let (pace, now) = (Pace::every(10 * SECOND), Instant::now());
        assert_eq!(pace.reserve(now), Duration::ZERO);
        assert_eq!(pace.reserve(now), 10 * SECOND);
        assert_eq!(pace.reserve(now + SECOND), 19 * SECOND);
        // Time that was not used is not made up for.
        assert_eq!(pace.reserve(now + 100 * SECOND), Duration::ZERO);
        assert_eq!(pace.reserve(now + 100 * SECOND), 10 * SECOND);
    }

    #[test]
    fn too_fast_slows_all_down_once_for_what_was_in_flight_together() {
        let (pace, now) = (Pace::every(Duration::ZERO), Instant::now());
        pace.too_fast(now, now + SECOND, Duration::ZERO);
        assert_eq!(interval(&pace), FLOOR);
        pace.too_fast(now + SECOND, now + SECOND + GRACE / 2, Duration::ZERO);
        assert_eq!(interval(&pace), FLOOR);
        for _ in 0..20 {
            let later = pace.lock().slowed.unwrap() + SECOND;
            pace.too_fast(later, later, Duration::ZERO);
        }
        assert_eq!(interval(&pace), CEILING);
    }

    #[test]
    fn successes_bring_the_old_pace_back_and_nothing_faster() {
        for configured in [Duration::ZERO, Duration::from_millis(60)] {
            let (pace, now) = (Pace::every(configured), Instant::now());
            pace.too_fast(now, now, Duration::ZERO);
            let slow = interval(&pace);
            assert!(slow >= FLOOR && slow > configured);
            // What began before tells nothing.
            pace.fast_enough(now.checked_sub(SECOND).unwrap());
            assert_eq!(interval(&pace), slow);
            pace.fast_enough(now + SECOND);
            assert!(interval(&pace) < slow && interval(&pace) > slow.mul_f64(0.8));
            (0..20).for_each(|_| pace.fast_enough(now + SECOND));
            assert_eq!(interval(&pace), configured);
        }
    }
}
