//! What a script may use: memory, and computing time between host calls. Polled by the engine at every operation, also
//! inside callbacks.
//!
//! Not here: depth limits, which the engine keeps by itself, and native calls that explode, which `guards` replaces.
//! Rhai's own size limits are not used: they walk the whole container at every step, and they are per value.

use crate::base::cancel::Cancel;
use crate::base::report::Report;
use crate::calls::{Cause, Failure};
use cap::Cap;
use rhai::{Dynamic, EvalAltResult, Position};
use std::alloc::System;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATED: Cap<System> = Cap::new(System, usize::MAX);

/// The clock is looked at once in so many operations.
const OPERATIONS_PER_LOOK: u64 = 1024;

/// What a script may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes beyond what the program used before the script began.
    pub memory: usize,
    /// Computing between two host calls.
    pub compute: Duration,
}

/// Why a script was ended from outside. It passes through the engine as a token that no `catch` sees.
#[derive(Debug, Clone)]
pub(super) enum Halt {
    /// The script called `exit`.
    Exit(i64),
    /// Ctrl-C, with the call it hit, if any.
    Interrupted(Option<Box<Failure>>),
    /// Nothing after this failure can succeed.
    Stopped(Box<Failure>),
    /// More memory than [`Limits::memory`].
    Memory(usize),
    /// More computing than [`Limits::compute`].
    Compute(Duration),
    /// More calls inside each other than the engine allows.
    TooDeep,
}

/// A [`Halt`] on its way out.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) halt: Halt,
    /// The functions it came out of, innermost first.
    pub(super) passed: Vec<Passed>,
}

/// A function that was left by a [`Halt`].
#[derive(Debug, Clone)]
pub(super) struct Passed {
    /// The number of its text.
    pub(super) source: usize,
    pub(super) function: String,
    /// Where in it the end came.
    pub(super) position: Position,
}

impl Ended {
    pub(super) fn pass(&mut self, source: usize, function: &str, position: Position) {
        self.passed.push(Passed { source, function: function.to_owned(), position });
    }
}

/// Why a script that did not end by itself was ended with the program.
pub(super) fn beyond_reach(halt: &Halt) -> Report {
    let message = match halt {
        Halt::Memory(limit) => {
            format!("a single step of the script took far more than its {} MiB of memory", limit >> 20)
        }
        _ => "a single step of the script took far longer than it may compute".to_owned(),
    };
    Report::error(message)
        .note("it could only be ended with the program")
        .help("If that step is right, raise the limit with --memory or --compute.")
}

impl Halt {
    /// Whether it ends more than one item of `parallel`.
    pub(super) fn ends_all(&self) -> bool {
        !matches!(self, Self::TooDeep) && !self.is_end_of_history()
    }

    /// Whether a rehearsal came to something that no earlier session did. Other items go on.
    pub(super) fn is_end_of_history(&self) -> bool {
        matches!(self, Self::Stopped(failure) if failure.cause == Cause::HistoryEnds)
    }

    /// The error that carries it through the engine.
    pub(super) fn into_error(self, position: Position) -> Box<EvalAltResult> {
        Box::new(EvalAltResult::ErrorTerminated(self.into_token(), position))
    }

    /// As the engine takes it.
    pub(super) fn into_token(self) -> Dynamic {
        if self.ends_all() {
            IS_LATCHED.set(true);
            LATCHED.set(Some(self.clone()));
        }
        Dynamic::from(Ended { halt: self, passed: Vec::new() })
    }

    /// What this thread was ended by. Should anything swallow that, every later step of the thread ends again.
    pub(super) fn latched() -> Option<Self> {
        LATCHED.with_borrow(Clone::clone)
    }
}

thread_local! {
    /// Of the script that runs on this thread, which ends with it.
    static LATCHED: RefCell<Option<Halt>> = const { RefCell::new(None) };
    /// Whether there is one: looked at in every step.
    static IS_LATCHED: Cell<bool> = const { Cell::new(false) };
}

/// Watches one script run.
#[derive(Clone)]
pub(super) struct Meter(Arc<Inner>);

struct Inner {
    limits: Limits,
    cancel: Cancel,
    memory_before: usize,
    began: Instant,
    operations: AtomicU64,
    /// Milliseconds from `began` to the end of the last host call; time that was only waited is taken out.
    last_host_call: AtomicU64,
    /// How many threads wait in a host call.
    waiting: AtomicUsize,
    /// Computed for too long since then.
    is_spent: AtomicBool,
}

impl Meter {
    pub(super) fn start(limits: Limits, cancel: Cancel) -> Self {
        Self(Arc::new(Inner {
            limits,
            cancel,
            memory_before: ALLOCATED.allocated(),
            began: Instant::now(),
            operations: AtomicU64::new(0),
            last_host_call: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            is_spent: AtomicBool::new(false),
        }))
    }

    /// Starts the computing budget anew: a host call has just ended, or a REPL line begins.
    pub(super) fn refill(&self) {
        self.0.last_host_call.store(self.elapsed_ms(), Ordering::Relaxed);
        self.0.is_spent.store(false, Ordering::Relaxed);
    }

    /// Whether the script must end now.
    pub(super) fn poll(&self) -> Option<Halt> {
        if IS_LATCHED.get() {
            return Halt::latched();
        }
        let inner = &*self.0;
        if inner.cancel.is_cancelled() {
            return Some(Halt::Interrupted(None));
        }
        if ALLOCATED.allocated().saturating_sub(inner.memory_before) > inner.limits.memory {
            return Some(Halt::Memory(inner.limits.memory));
        }
        if inner.is_spent.load(Ordering::Relaxed) {
            return Some(Halt::Compute(inner.limits.compute));
        }
        let operations = inner.operations.fetch_add(1, Ordering::Relaxed);
        if operations % OPERATIONS_PER_LOOK == OPERATIONS_PER_LOOK - 1 {
            let spent = self.elapsed_ms().saturating_sub(inner.last_host_call.load(Ordering::Relaxed));
            if u128::from(spent) > inner.limits.compute.as_millis() {
                inner.is_spent.store(true, Ordering::Relaxed);
                return Some(Halt::Compute(inner.limits.compute));
            }
        }
        None
    }

    /// What the script may use.
    pub(super) fn limits(&self) -> Limits {
        self.0.limits
    }

    /// Bytes the script has taken.
    pub(super) fn used_memory(&self) -> usize {
        ALLOCATED.allocated().saturating_sub(self.0.memory_before)
    }

    /// How long the script has been computing since its budget was full; nothing while it waits in a host call.
    pub(super) fn computing(&self) -> Duration {
        if self.0.waiting.load(Ordering::Relaxed) > 0 {
            return Duration::ZERO;
        }
        let since = self.0.last_host_call.load(Ordering::Relaxed);
        Duration::from_millis(self.elapsed_ms().saturating_sub(since))
    }

    /// Its next step ends the script.
    pub(super) fn spend(&self) {
        self.0.is_spent.store(true, Ordering::Relaxed);
    }

    /// Waits for something else than the script, which is no computing.
    pub(super) fn wait<T>(&self, work: impl FnOnce() -> T) -> T {
        let began = self.elapsed_ms();
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        let result = work();
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        let now = self.elapsed_ms();
        let moved = |since: u64| Some(since.saturating_add(now.saturating_sub(began)).min(now));
        // The closure never says no.
        let _ = self.0.last_host_call.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved);
        result
    }

    /// Whether `bytes` more would exceed the memory limit: for single native calls, which are not polled.
    pub(super) fn has_room_for(&self, bytes: usize) -> bool {
        let used = ALLOCATED.allocated().saturating_sub(self.0.memory_before);
        used.saturating_add(bytes) <= self.0.limits.memory
    }

    pub(super) fn memory_limit(&self) -> usize {
        self.0.limits.memory
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
