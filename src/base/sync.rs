//! Locks, threads and time as the call path uses them: those of the system, or those of a [`Scheduler`].
//!
//! A scheduler decides which of its threads runs, one at a time, and what time it is, so that a simulation can repeat a
//! history exactly. A thread belongs to one once it is [installed](install); threads it starts inherit it.
//!
//! Not here: locks that are never held across a call or a wait. They may be those of std.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, TryLockError};
use std::thread::{Builder, Scope};
use std::time::Instant;

/// Decides which thread runs and what time it is.
pub trait Scheduler: Send + Sync {
    /// The monotonic time.
    fn now(&self) -> Instant;
    /// The time of day, in milliseconds since 1970.
    fn now_ms(&self) -> i64;
    /// Lets another thread run, if it is another thread's turn.
    fn switch(&self);
    /// Lets other threads run until something has [changed](Self::changed) or `until` has come. It may return early.
    fn wait(&self, until: Option<Instant>);
    /// Something changed that a thread may wait for.
    fn changed(&self);
    /// Makes room for one more thread, which calls [`Self::enter`] first and [`Self::leave`] last.
    fn add(&self) -> usize;
    /// Begins the thread that was added under this number.
    fn enter(&self, thread: usize);
    /// Ends the thread that was added under this number.
    fn leave(&self, thread: usize);
}

thread_local! {
    static SCHEDULER: RefCell<Option<Arc<dyn Scheduler>>> = const { RefCell::new(None) };
}

/// Puts this thread under `scheduler`, or back under the system.
pub fn install(scheduler: Option<Arc<dyn Scheduler>>) {
    SCHEDULER.set(scheduler);
}

pub(super) fn scheduler() -> Option<Arc<dyn Scheduler>> {
    SCHEDULER.with_borrow(Clone::clone)
}

/// The monotonic time.
pub fn now() -> Instant {
    scheduler().map_or_else(Instant::now, |scheduler| scheduler.now())
}

/// A lock. A thread that panicked while it held one leaves the value as it is.
#[derive(Debug, Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

/// A [`Mutex`] that is held.
pub struct MutexGuard<'a, T> {
    held: std::sync::MutexGuard<'a, T>,
    _wake: Wake,
}

/// Tells the scheduler that the lock is free. The threads that wait for it run no earlier than this one waits itself.
struct Wake(Option<Arc<dyn Scheduler>>);

impl<T> Mutex<T> {
    /// Creates a lock around `value`.
    pub const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    /// Waits for the lock and takes it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let scheduler = scheduler();
        let held = match &scheduler {
            None => self.0.lock().unwrap_or_else(PoisonError::into_inner),
            Some(scheduler) => self.lock_in_turn(&**scheduler),
        };
        MutexGuard { held, _wake: Wake(scheduler) }
    }

    fn lock_in_turn(&self, scheduler: &dyn Scheduler) -> std::sync::MutexGuard<'_, T> {
        scheduler.switch();
        loop {
            match self.0.try_lock() {
                Ok(held) => return held,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => scheduler.wait(None),
            }
        }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.held
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.held
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        if let Some(scheduler) = &self.0 {
            scheduler.changed();
        }
    }
}

/// Threads of a [`Scope`], which inherit the scheduler of the thread that starts them.
#[derive(Default)]
pub struct Threads {
    running: Arc<AtomicUsize>,
}

impl Threads {
    /// Starts a thread within `scope`, and says whether there was room for it.
    pub fn start<'scope, 'env>(
        &self,
        scope: &'scope Scope<'scope, 'env>,
        builder: Builder,
        work: impl FnOnce() + Send + 'scope,
    ) -> bool {
        let Some(scheduler) = scheduler() else { return builder.spawn_scoped(scope, work).is_ok() };
        let (thread, running) = (scheduler.add(), Arc::clone(&self.running));
        running.fetch_add(1, Ordering::SeqCst);
        let within = Arc::clone(&scheduler);
        let started = builder.spawn_scoped(scope, move || {
            install(Some(Arc::clone(&within)));
            within.enter(thread);
            work();
            running.fetch_sub(1, Ordering::SeqCst);
            install(None);
            within.leave(thread);
        });
        if started.is_err() {
            self.running.fetch_sub(1, Ordering::SeqCst);
            scheduler.leave(thread);
        }
        started.is_ok()
    }

    /// Waits for their end where a scheduler hands out turns. Elsewhere the end of the scope does.
    pub fn join(&self) {
        let Some(scheduler) = scheduler() else { return };
        while self.running.load(Ordering::SeqCst) > 0 {
            scheduler.wait(None);
        }
    }
}
