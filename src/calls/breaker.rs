//! Whether the app is there, as far as all workers know together: when it has gone away, one looks for the others, and when
//! it stays away, nobody looks any more.
//!
//! Not here: how often one call tries, and how long it waits between (`attempts`, `pace`).

use crate::base::cancel::{Cancel, Cancelled};
use crate::base::sync;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many attempts in a row that reached nobody, whoever made them: from then on one call looks at a time.
const AWAY_AFTER: u32 = 5;

/// So many calls in a row that failed for it, each right after the one before: it is not coming back.
const GONE_AFTER: u32 = 3;

/// Who waits this long between two calls waits for the app, and is not burning through work.
const QUIET: Duration = Duration::from_millis(500);

/// How often the others ask whether the one that looks has found something.
const LOOK: Duration = Duration::from_millis(20);

/// What all workers know of the app.
#[derive(Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    /// Attempts in a row that reached nobody.
    misses: u32,
    /// Whether one call is looking for all.
    is_probing: bool,
    /// How many calls that looked for all have given up.
    probes_lost: u64,
    /// Calls in a row that failed, and when the last did.
    lost: u32,
    last_lost: Option<Instant>,
}

/// What a call may do.
#[derive(Debug, PartialEq, Eq)]
enum Entry {
    /// Try, as always.
    Go,
    /// Try, and for all others too.
    Probe,
    /// Wait for the one that looks.
    Wait,
    /// Fail: nobody has been there for long.
    Gone,
}

/// Why a call does not even try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turned {
    /// Another one has just looked in vain.
    Away,
    /// The run was stopped while it waited.
    Cancelled,
}

impl State {
    fn enter(&mut self, now: Instant) -> Entry {
        let is_quiet = self.last_lost.is_none_or(|last| now.saturating_duration_since(last) > QUIET);
        if self.misses < AWAY_AFTER {
            Entry::Go
        } else if self.is_probing {
            Entry::Wait
        } else if self.lost >= GONE_AFTER && !is_quiet {
            Entry::Gone
        } else {
            self.is_probing = true;
            Entry::Probe
        }
    }

    fn lose(&mut self, began: Instant, now: Instant) -> bool {
        let follows = self.last_lost.is_some_and(|last| began.saturating_duration_since(last) <= QUIET);
        self.lost = if follows { self.lost + 1 } else { 1 };
        self.last_lost = Some(now);
        self.lost >= GONE_AFTER
    }
}

/// One call's dealings with the breaker. When it ends while it looks for all, another one may.
pub(super) struct Turn<'a> {
    breaker: &'a Breaker,
    began: Instant,
    probes: bool,
}

impl Breaker {
    /// A call begins.
    pub(super) fn turn(&self) -> Turn<'_> {
        Turn { breaker: self, began: sync::now(), probes: false }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Before each attempt: waits while another call looks for the app.
    pub(super) fn enter(&mut self, cancel: &Cancel) -> Result<(), Turned> {
        let lost_before = self.breaker.lock().probes_lost;
        while !self.probes {
            {
                let mut state = self.breaker.lock();
                if state.probes_lost > lost_before {
                    return Err(Turned::Away);
                }
                match state.enter(sync::now()) {
                    Entry::Go => return Ok(()),
                    Entry::Probe => self.probes = true,
                    Entry::Gone => return Err(Turned::Away),
                    Entry::Wait => {}
                }
            }
            if !self.probes {
                cancel.sleep(LOOK).map_err(|Cancelled| Turned::Cancelled)?;
            }
        }
        Ok(())
    }

    /// Somebody was there, whatever they said.
    pub(super) fn reached(&mut self) {
        let mut state = self.breaker.lock();
        (state.misses, state.lost, state.last_lost) = (0, 0, None);
        if std::mem::take(&mut self.probes) {
            state.is_probing = false;
        }
    }

    /// Nobody was there.
    pub(super) fn missed(&self) {
        let mut state = self.breaker.lock();
        state.misses = state.misses.saturating_add(1);
    }

    /// The call fails for it; whether the app counts as gone from now on.
    pub(super) fn lost(&mut self) -> bool {
        let mut state = self.breaker.lock();
        if std::mem::take(&mut self.probes) {
            state.is_probing = false;
            state.probes_lost += 1;
        }
        state.lose(self.began, sync::now())
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.probes {
            self.breaker.lock().is_probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away() -> State {
        State { misses: AWAY_AFTER, ..State::default() }
    }

    #[test]
    fn one_looks_for_all_once_nobody_was_reached_for_a_while() {
        let now = Instant::now();
        let mut state = State { misses: AWAY_AFTER - 1, ..State::default() };
        assert_eq!(state.enter(now), Entry::Go);
        let mut state = away();
        assert_eq!(state.enter(now), Entry::Probe);
        assert_eq!(state.enter(now), Entry::Wait);
    }

    #[test]
    fn calls_that_fail_one_after_the_other_find_it_gone() {
        let now = Instant::now();
        let mut state = away();
        assert!(!state.lose(now, now));
        assert!(!state.lose(now, now));
        assert_eq!(state.enter(now), Entry::Probe);
        state.is_probing = false;
        assert!(state.lose(now, now));
        assert_eq!(state.enter(now), Entry::Gone);
        // Who comes back later may look again.
        assert_eq!(state.enter(now + 2 * QUIET), Entry::Probe);
    }

    #[test]
    fn who_waits_between_calls_may_go_on_waiting() {
        let mut now = Instant::now();
        let mut state = away();
        for _ in 0..100 {
            assert!(!state.lose(now, now + QUIET));
            now += 3 * QUIET;
            assert_eq!(state.enter(now), Entry::Probe);
            state.is_probing = false;
        }
    }

    #[test]
    fn a_reply_to_the_one_that_looks_frees_all() {
        let breaker = Breaker(Mutex::new(State { lost: GONE_AFTER - 1, ..away() }));
        let cancel = Cancel::default();
        let mut one = breaker.turn();
        assert_eq!(one.enter(&cancel), Ok(()));
        std::thread::scope(|scope| {
            let other = scope.spawn(|| breaker.turn().enter(&cancel));
            one.reached();
            assert_eq!(other.join().unwrap(), Ok(()));
        });
        let state = breaker.lock();
        assert_eq!((state.misses, state.lost, state.is_probing), (0, 0, false));
    }

    #[test]
    fn those_that_wait_do_not_look_again_after_one_looked_in_vain() {
        let breaker = Breaker(Mutex::new(away()));
        let cancel = Cancel::default();
        let mut one = breaker.turn();
        assert_eq!(one.enter(&cancel), Ok(()));
        let mut two = breaker.turn();
        std::thread::scope(|scope| {
            let (begun, has_begun) = std::sync::mpsc::channel();
            let (cancel, two) = (&cancel, &mut two);
            let other = scope.spawn(move || {
                begun.send(()).unwrap();
                two.enter(cancel)
            });
            has_begun.recv().unwrap();
            // Whether the other already waits or only comes now, it may not try while this one looks.
            cancel.abort();
            assert_eq!(other.join().unwrap(), Err(Turned::Cancelled));
        });
        assert!(!one.lost());
        assert!(!breaker.lock().is_probing);
        // One that ends in any other way lets the next one look.
        cancel.reset();
        let mut three = breaker.turn();
        assert_eq!(three.enter(&cancel), Ok(()));
        assert!(breaker.lock().is_probing);
        drop(three);
        assert!(!breaker.lock().is_probing);
    }
}
