//! Threads that pass a baton: one runs at a time, and a seed decides which. Time is virtual: it moves when all wait.

use ixscript::base::sync::Scheduler;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A session that takes more turns than this does not end.
const MAX_TURNS: u64 = 200_000;

/// Decides whose turn it is.
pub(crate) struct Baton {
    state: Mutex<State>,
    began: Instant,
}

struct State {
    random: fastrand::Rng,
    threads: Vec<Thread>,
    current: usize,
    now: Duration,
    /// What the time of day is ahead of the virtual time, in milliseconds.
    wall_ms: i64,
    turns: u64,
    /// Whether no thread could run, or too many turns were taken.
    is_stuck: bool,
}

struct Thread {
    status: Status,
    turn: Arc<Condvar>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Ready,
    /// Until something changes, or until this time.
    Waiting(Option<Duration>),
    Ended,
}

impl Baton {
    /// A schedule that follows from `seed`, at a virtual time and with a time of day. The caller's thread has the first turn.
    pub(crate) fn new(seed: u64, now: Duration, wall_ms: i64) -> Arc<Self> {
        let main = Thread { status: Status::Ready, turn: Arc::default() };
        let state = State {
            random: fastrand::Rng::with_seed(seed),
            threads: vec![main],
            current: 0,
            now,
            wall_ms,
            turns: 0,
            is_stuck: false,
        };
        Arc::new(Self { state: Mutex::new(state), began: Instant::now() })
    }

    /// The virtual time.
    pub(crate) fn elapsed(&self) -> Duration {
        self.lock().now
    }

    /// Whether the threads waited for each other, or went on for ever.
    pub(crate) fn is_stuck(&self) -> bool {
        self.lock().is_stuck
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn of `thread`.
    fn await_turn(mut state: MutexGuard<'_, State>, thread: usize) {
        let turn = Arc::clone(&state.threads[thread].turn);
        while state.current != thread {
            state = turn.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.threads[thread].status = Status::Ready;
    }
}

impl State {
    /// Hands the baton to a thread that can run. Time moves on if there is none.
    fn hand_over(&mut self) {
        self.turns += 1;
        self.is_stuck |= self.turns > MAX_TURNS;
        loop {
            let ready: Vec<usize> = self.having(|status| status == Status::Ready);
            if !ready.is_empty() {
                self.current = ready[self.random.usize(..ready.len())];
                self.threads[self.current].turn.notify_one();
                return;
            }
            let next = self.threads.iter().filter_map(|thread| match thread.status {
                Status::Waiting(until) => until,
                _ => None,
            });
            match next.min() {
                Some(until) => self.now = self.now.max(until),
                None => self.is_stuck = true,
            }
            let (now, is_stuck) = (self.now, self.is_stuck);
            for thread in &mut self.threads {
                if let Status::Waiting(until) = thread.status
                    && (is_stuck || until.is_some_and(|until| until <= now))
                {
                    thread.status = Status::Ready;
                }
            }
            if self.threads.iter().all(|thread| thread.status == Status::Ended) {
                return;
            }
        }
    }

    fn having(&self, wanted: impl Fn(Status) -> bool) -> Vec<usize> {
        (0..self.threads.len()).filter(|&thread| wanted(self.threads[thread].status)).collect()
    }
}

impl Scheduler for Baton {
    fn now(&self) -> Instant {
        self.began + self.lock().now
    }

    fn now_ms(&self) -> i64 {
        let state = self.lock();
        state.wall_ms + i64::try_from(state.now.as_millis()).unwrap_or(i64::MAX)
    }

    fn switch(&self) {
        let mut state = self.lock();
        // A lock that another thread could have taken first. Most of these turns change nothing.
        if state.threads.len() == 1 || state.random.u8(..8) != 0 {
            return;
        }
        let thread = state.current;
        state.hand_over();
        Self::await_turn(state, thread);
    }

    fn wait(&self, until: Option<Instant>) {
        let mut state = self.lock();
        let thread = state.current;
        let until = until.map(|until| until.saturating_duration_since(self.began));
        state.threads[thread].status = Status::Waiting(until);
        state.hand_over();
        Self::await_turn(state, thread);
    }

    fn changed(&self) {
        for thread in &mut self.lock().threads {
            if let Status::Waiting(_) = thread.status {
                thread.status = Status::Ready;
            }
        }
    }

    fn add(&self) -> usize {
        let mut state = self.lock();
        state.threads.push(Thread { status: Status::Ready, turn: Arc::default() });
        state.threads.len() - 1
    }

    fn enter(&self, thread: usize) {
        Self::await_turn(self.lock(), thread);
        // The jitter of retries is part of the history.
        fastrand::seed(self.lock().random.u64(..));
    }

    fn leave(&self, thread: usize) {
        let mut state = self.lock();
        state.threads[thread].status = Status::Ended;
        for other in &mut state.threads {
            if let Status::Waiting(_) = other.status {
                other.status = Status::Ready;
            }
        }
        // A thread that could not be started has no turn to give.
        if state.current == thread {
            state.hand_over();
        }
    }
}
