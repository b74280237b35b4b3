//! How fast calls go: the waits between attempts, the rate all workers share, and how it gives way to "too fast".
//!
//! An app that limits calls does not say how many it takes, and over what time it counts them. So the rate is found by trying, as
//! TCP finds its window: it falls by a share when it is refused, and rises again while it is used. The rise is that of CUBIC
//! (RFC 9438): quickly at first, slowly near the rate that was refused, and quickly beyond it. A plain additive increase would
//! be refused too often by an app that takes few calls, or take too long with one that takes many. The first refusal limits
//! the rate to what the app has accepted in the last second. As long as refusals come again and again, the time between them
//! doubles, so that few calls are refused. Learning the window itself was not chosen: it needs one rule for each way of counting.
//!
//! Not here: whether a call is tried again, and whether the app is there at all (`breaker`).

use crate::base::cancel::{Cancel, Cancelled};
use crate::base::sync;
use std::collections::VecDeque;
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

/// How many accepted calls a second are looked back at, to find out what the app takes.
const WINDOW: Duration = Duration::from_secs(1);

/// An app that counts calls in a second goes on refusing until the next one, whatever the rate: within this time it falls once.
const GRACE: Duration = WINDOW;

/// What a refusal takes off the rate, and what one does that comes soon after another.
const DROP: f64 = 0.08;
const STEEP_DROP: f64 = 0.2;

/// How long the rate takes to come back to where it was refused: the first time, and at most.
const FIRST_RISE: f64 = 8.0;
const MAX_RISE: f64 = 32.0;

/// Beyond so many calls a second there is nothing to limit, and below so many it never goes.
const MAX_RATE: f64 = 1000.0;
const MIN_RATE: f64 = 0.1;

/// The pace that all workers keep.
pub(super) struct Pace {
    /// At least this long between the beginnings of two attempts, whatever the app says; zero sets no rate.
    configured: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the app is known to take.
    limit: Option<Limit>,
    /// When the next attempt may begin.
    next: Option<Instant>,
    /// Nobody sends before.
    paused_until: Option<Instant>,
    /// When the rate last fell.
    slowed: Option<Instant>,
    /// When the last calls were accepted, as long as there is no limit.
    accepted: VecDeque<Instant>,
}

/// A rate that falls when it is refused, and rises in use.
struct Limit {
    /// The rate that was refused, in calls a second.
    peak: f64,
    /// What was taken off it, as a share.
    drop: f64,
    /// For how many seconds it was used since.
    used: f64,
    /// After how many of them the rate is that of the peak again.
    rise: f64,
    /// Whether it has been refused only once.
    is_first: bool,
}

impl Limit {
    fn new(peak: f64) -> Self {
        Self { peak, drop: DROP, used: 0.0, rise: FIRST_RISE, is_first: true }
    }

    fn rate(&self) -> f64 {
        // If nothing was accepted before, there must be a beginning.
        let peak = if self.is_first { self.peak.max(1.0) } else { self.peak };
        let rate = peak * (1.0 - self.drop * (1.0 - self.used / self.rise).powi(3));
        rate.max(MIN_RATE)
    }

    fn fall(&mut self) {
        let is_soon = self.used < self.rise / 4.0;
        // Where far more was accepted than before, the limit is another one, and is looked for anew.
        let is_far = self.used > 2.0 * self.rise;
        *self = Self {
            peak: self.rate(),
            drop: if is_soon { STEEP_DROP } else { DROP },
            used: 0.0,
            rise: if is_far { FIRST_RISE } else { (2.0 * self.rise).min(MAX_RISE) },
            is_first: false,
        };
    }
}

impl State {
    fn interval(&self, configured: Duration) -> Duration {
        let limited = self.limit.as_ref().map(|limit| Duration::from_secs_f64(limit.rate().recip()));
        limited.unwrap_or_default().max(configured)
    }

    /// How many calls were accepted in the last second.
    fn accepted(&mut self, now: Instant) -> f64 {
        while self.accepted.front().is_some_and(|at| now.saturating_duration_since(*at) > WINDOW) {
            self.accepted.pop_front();
        }
        f64::from(u32::try_from(self.accepted.len()).unwrap_or(u32::MAX))
    }
}

impl Pace {
    /// At most one attempt per `interval`; zero sets no rate.
    pub(super) fn every(interval: Duration) -> Self {
        Self { configured: interval, state: Mutex::default() }
    }

    /// An attempt that began at `began` was too fast: nobody sends for as long as `pause`, and all send less often from then
    /// on.
    pub(super) fn too_fast(&self, began: Instant, now: Instant, pause: Duration) {
        let mut state = self.lock();
        // Attempts that were on their way when the rate fell tell nothing of the new one.
        if state.slowed.is_none_or(|slowed| began.saturating_duration_since(slowed) >= GRACE) {
            let accepted = state.accepted(now);
            match &mut state.limit {
                Some(limit) => limit.fall(),
                limit => *limit = Some(Limit::new(accepted)),
            }
            state.slowed = Some(now);
        }
        let until = now + pause.max(state.interval(self.configured));
        state.paused_until = state.paused_until.max(Some(until));
        state.next = state.next.max(Some(until));
    }

    /// An attempt that began at `began` was fast enough: the rate rises.
    pub(super) fn fast_enough(&self, began: Instant, now: Instant) {
        let mut state = self.lock();
        let interval = state.interval(self.configured);
        let is_new = state.slowed.is_none_or(|slowed| began >= slowed);
        match &mut state.limit {
            Some(limit) if is_new => {
                limit.used += interval.as_secs_f64();
                let is_superfluous = interval == self.configured || limit.rate() > MAX_RATE;
                if is_superfluous {
                    state.limit = None;
                }
            }
            // It was in flight when the first refusal came, and was accepted all the same.
            Some(limit) if limit.is_first => limit.peak += 1.0,
            Some(_) => {}
            None => {
                if state.accepted(now) < MAX_RATE {
                    state.accepted.push_back(now);
                }
            }
        }
    }

    /// Takes the next place in the line, and tells how long it is until then.
    fn reserve(&self, now: Instant) -> Duration {
        let mut state = self.lock();
        let begin = state.next.map_or(now, |next| next.max(now));
        let interval = state.interval(self.configured);
        if !interval.is_zero() {
            state.next = Some(begin + interval);
        }
        begin.saturating_duration_since(now)
    }

    /// Waits for a place in the line, and for another one if a pause was made meanwhile.
    pub(super) fn wait(&self, cancel: &Cancel) -> Result<(), Cancelled> {
        loop {
            let now = sync::now();
            let left = self.reserve(now);
            if left.is_zero() {
                return Ok(());
            }
            cancel.sleep(left)?;
            if self.lock().paused_until.is_none_or(|until| until <= now + left) {
                return Ok(());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rate(pace: &Pace) -> f64 {
        pace.lock().limit.as_ref().map_or(f64::INFINITY, Limit::rate)
    }

    /// A pace of an app that accepted so many calls before it refused one.
    fn refused_after(calls: u32, now: Instant) -> Pace {
        let pace = Pace::every(Duration::ZERO);
        (0..calls).for_each(|_| pace.fast_enough(now, now));
        pace.too_fast(now, now, Duration::ZERO);
        pace
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
    fn the_first_refusal_limits_the_rate_to_what_was_accepted_in_the_last_second() {
        let now = Instant::now();
        let pace = refused_after(50, now);
        assert!((45.0..50.0).contains(&rate(&pace)));
        let pace = Pace::every(Duration::ZERO);
        (0..50).for_each(|_| pace.fast_enough(now, now));
        pace.too_fast(now, now + 2 * SECOND, Duration::ZERO);
        assert!(rate(&pace) < 1.0, "nothing was accepted for two seconds");
    }

    #[test]
    fn refusals_of_what_was_in_flight_together_lower_the_rate_once() {
        let now = Instant::now();
        let pace = refused_after(50, now);
        let before = rate(&pace);
        pace.too_fast(now + GRACE / 2, now + GRACE, Duration::ZERO);
        assert!(rate(&pace) == before);
        for _ in 0..200 {
            let later = pace.lock().slowed.unwrap() + GRACE;
            pace.too_fast(later, later, Duration::ZERO);
        }
        assert!((MIN_RATE..0.2).contains(&rate(&pace)));
    }

    #[test]
    fn a_rate_that_is_used_rises_to_where_it_was_refused_and_then_beyond() {
        let now = Instant::now();
        let pace = refused_after(50, now);
        let slow = rate(&pace);
        // What was in flight then was accepted too, and tells nothing of a later rate.
        pace.fast_enough(now.checked_sub(SECOND).unwrap(), now);
        assert!((slow..slow + 1.0).contains(&rate(&pace)));
        let use_for = |seconds: f64| {
            let end = pace.lock().limit.as_ref().unwrap().used + seconds;
            while pace.lock().limit.as_ref().is_some_and(|limit| limit.used < end) {
                pace.fast_enough(now, now);
            }
        };
        use_for(FIRST_RISE);
        assert!((50.9..51.1).contains(&rate(&pace)));
        use_for(30.0 * FIRST_RISE);
        assert!(pace.lock().limit.is_none());
    }

    #[test]
    fn a_rate_that_somebody_set_is_never_exceeded() {
        let now = Instant::now();
        let pace = Pace::every(SECOND / 10);
        (0..10).for_each(|_| pace.fast_enough(now, now));
        pace.too_fast(now, now, Duration::ZERO);
        for _ in 0..10_000 {
            assert!(pace.lock().interval(pace.configured) >= pace.configured);
            pace.fast_enough(now, now);
        }
        assert!(pace.lock().limit.is_none());
    }
}
