//! Whether the app is there, as far as all workers know together. When a call cannot reach it, that call looks for it on
//! behalf of the others, which wait; when it stays away, nobody looks any more.
//!
//! Not here: what a call does between its attempts, and how long it waits there (`attempts`, `pace`).

use crate::base::cancel::{Cancel, Cancelled};
use crate::base::sync;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many probes in a row that failed, each right after the one before: the app is not coming back.
const MAX_FAILED_PROBES: u32 = 3;

/// A probe goes on for this long, if the app was there before: it may be restarting.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Who waits this long between two calls waits for the app, and is not burning through work.
const QUIET: Duration = Duration::from_millis(500);

/// How often the others ask whether the probe has found something.
const LOOK: Duration = Duration::from_millis(20);

/// What all workers know of the app.
#[derive(Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    circuit: Circuit,
    /// Whether a reply has ever come.
    was_reached: bool,
    /// Probes in a row that failed, and when the last one did.
    failed_probes: u32,
    last_failed: Option<Instant>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Circuit {
    /// Calls are sent.
    #[default]
    Closed,
    /// The last call did not reach the app: the next one is a probe.
    Open,
    /// A probe is on its way: other calls wait.
    HalfOpen,
}

/// What a call may do.
#[derive(Debug, PartialEq, Eq)]
enum Entry {
    /// Send.
    Send,
    /// Send, on behalf of all.
    Probe,
    /// Wait for the probe.
    Wait,
    /// Fail: the app has been away for long.
    Gone,
}

/// Why a call does not even try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turned {
    /// The app stays away.
    Gone,
    /// The run was stopped while it waited.
    Cancelled,
}

impl State {
    fn enter(&mut self, now: Instant) -> Entry {
        match self.circuit {
            Circuit::Closed => Entry::Send,
            Circuit::HalfOpen => Entry::Wait,
            Circuit::Open if self.failed_probes >= MAX_FAILED_PROBES && self.follows(now) => Entry::Gone,
            Circuit::Open => {
                self.circuit = Circuit::HalfOpen;
                Entry::Probe
            }
        }
    }

    /// Whether `then` is right after the last probe that failed.
    fn follows(&self, then: Instant) -> bool {
        self.last_failed.is_some_and(|last| then.saturating_duration_since(last) <= QUIET)
    }

    /// A probe of a call that began at `began` has failed.
    fn fail(&mut self, began: Instant, now: Instant) {
        self.failed_probes = if self.follows(began) { self.failed_probes + 1 } else { 1 };
        self.last_failed = Some(now);
        self.circuit = Circuit::Open;
    }
}

/// One call's dealings with the breaker. When it ends while it is the probe, another call can be.
pub(super) struct Turn<'a> {
    breaker: &'a Breaker,
    began: Instant,
    /// Since when it is the probe.
    probes: Option<Instant>,
}

impl Breaker {
    /// A call begins.
    pub(super) fn turn(&self) -> Turn<'_> {
        Turn { breaker: self, began: sync::now(), probes: None }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Before each attempt: waits while another call is the probe.
    pub(super) fn enter(&mut self, cancel: &Cancel) -> Result<(), Turned> {
        while self.probes.is_none() {
            let now = sync::now();
            let entry = self.breaker.lock().enter(now);
            match entry {
                Entry::Send => break,
                Entry::Probe => self.probes = Some(now),
                Entry::Wait => cancel.sleep(LOOK).map_err(|Cancelled| Turned::Cancelled)?,
                Entry::Gone => return Err(Turned::Gone),
            }
        }
        Ok(())
    }

    /// A reply came, whatever it says.
    pub(super) fn reached(&mut self) {
        self.probes = None;
        *self.breaker.lock() = State { was_reached: true, ..State::default() };
    }

    /// The app was not there. If no call looks for it yet, this one does.
    pub(super) fn missed(&mut self) {
        let mut state = self.breaker.lock();
        if state.circuit == Circuit::Closed {
            state.circuit = Circuit::HalfOpen;
            self.probes = Some(sync::now());
        }
    }

    /// Whether this call looks for the app on behalf of all.
    pub(super) fn is_probe(&self) -> bool {
        self.probes.is_some()
    }

    /// Whether the app was there before and may come back: the call goes on trying, whatever its number of retries, or waits
    /// for the one that does.
    pub(super) fn is_patient(&self) -> bool {
        let is_over =
            self.probes.is_some_and(|since| sync::now().saturating_duration_since(since) >= PATIENCE);
        !is_over && self.breaker.lock().was_reached
    }

    /// The call fails because the app was not there; whether the app counts as gone from now on.
    pub(super) fn lost(&mut self) -> bool {
        let mut state = self.breaker.lock();
        if self.probes.take().is_some() {
            state.fail(self.began, sync::now());
        }
        state.failed_probes >= MAX_FAILED_PROBES
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.probes.is_some() {
            self.breaker.lock().circuit = Circuit::Open;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A breaker that has failed so often, and whether a reply ever came.
    fn open(failed_probes: u32, was_reached: bool) -> Breaker {
        let last_failed = (failed_probes > 0).then(Instant::now);
        Breaker(Mutex::new(State { circuit: Circuit::Open, was_reached, failed_probes, last_failed }))
    }

    #[test]
    fn the_first_call_that_reaches_nobody_is_the_probe_and_the_others_wait() {
        let (breaker, cancel) = (Breaker::default(), Cancel::default());
        let (mut one, mut two) = (breaker.turn(), breaker.turn());
        assert_eq!((one.enter(&cancel), two.enter(&cancel)), (Ok(()), Ok(())));
        one.missed();
        two.missed();
        assert_eq!((one.probes.is_some(), two.probes.is_some()), (true, false));
        assert_eq!(breaker.lock().enter(Instant::now()), Entry::Wait);
        cancel.abort();
        assert_eq!((one.enter(&cancel), two.enter(&cancel)), (Ok(()), Err(Turned::Cancelled)));
    }

    #[test]
    fn only_three_failed_probes_in_a_row_find_the_app_gone() {
        let (breaker, cancel) = (Breaker::default(), Cancel::default());
        for failed in 1..=MAX_FAILED_PROBES {
            let mut others: Vec<Turn> = (0..8).map(|_| breaker.turn()).collect();
            let mut probe = breaker.turn();
            assert_eq!(probe.enter(&cancel), Ok(()));
            probe.missed();
            // Calls that fail besides the probe count for nothing.
            for other in &mut others {
                other.missed();
                assert!(!other.lost());
            }
            assert_eq!(probe.lost(), failed == MAX_FAILED_PROBES);
        }
        assert_eq!(breaker.turn().enter(&cancel), Err(Turned::Gone));
    }

    #[test]
    fn who_waits_between_calls_may_go_on_waiting() {
        let mut now = Instant::now();
        let mut state = State { circuit: Circuit::Open, ..State::default() };
        for _ in 0..100 {
            assert_eq!(state.enter(now), Entry::Probe);
            state.fail(now, now + QUIET);
            now += 3 * QUIET;
        }
        state.failed_probes = MAX_FAILED_PROBES;
        assert_eq!(state.enter(now - 2 * QUIET), Entry::Gone);
        assert_eq!(state.enter(now), Entry::Probe);
    }

    #[test]
    fn a_reply_to_the_probe_frees_all() {
        let (breaker, cancel) = (open(MAX_FAILED_PROBES - 1, true), Cancel::default());
        let mut one = breaker.turn();
        assert_eq!(one.enter(&cancel), Ok(()));
        std::thread::scope(|scope| {
            let other = scope.spawn(|| breaker.turn().enter(&cancel));
            one.reached();
            assert_eq!(other.join().unwrap(), Ok(()));
        });
        let state = breaker.lock();
        assert_eq!((state.circuit, state.failed_probes), (Circuit::Closed, 0));
    }

    #[test]
    fn a_probe_that_ends_in_any_other_way_leaves_it_to_the_next_call() {
        let (breaker, cancel) = (open(1, false), Cancel::default());
        for _ in 0..2 * MAX_FAILED_PROBES {
            assert_eq!(breaker.turn().enter(&cancel), Ok(()));
            assert_eq!(breaker.lock().circuit, Circuit::Open);
        }
    }

    #[test]
    fn only_an_app_that_was_there_before_is_waited_for() {
        let cancel = Cancel::default();
        for was_reached in [false, true] {
            let breaker = open(0, was_reached);
            let (mut probe, other) = (breaker.turn(), breaker.turn());
            assert_eq!(probe.enter(&cancel), Ok(()));
            assert_eq!((probe.is_patient(), other.is_patient()), (was_reached, was_reached));
            probe.probes = Instant::now().checked_sub(PATIENCE);
            assert_eq!((probe.is_patient(), other.is_patient()), (false, was_reached));
        }
    }
}
