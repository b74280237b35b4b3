//! One flag that stops a run: Ctrl-C sets it, scripts, waits and calls watch it.
//!
//! Not here: signals; the roof turns them into [`Cancel::cancel`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The run was interrupted while something waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled;

type Listener = Box<dyn Fn() + Send>;

#[derive(Default)]
struct Shared {
    cancelled: AtomicBool,
    listeners: Mutex<Vec<Listener>>,
    changed: Condvar,
    /// Whether the process shall outlive interrupts that come in quick succession.
    outlives: AtomicBool,
}

/// A shared, cheaply cloned switch that goes from running to cancelled and can be reset between REPL lines.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Shared>);

impl Cancel {
    /// Stops everything that watches this switch, and wakes whatever waits on it.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
        let listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        for listener in listeners.iter() {
            listener();
        }
        drop(listeners);
        self.0.changed.notify_all();
    }

    /// Whether [`Self::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    /// Goes back to running: the REPL does so before each line.
    pub fn reset(&self) {
        self.0.cancelled.store(false, Ordering::SeqCst);
    }

    /// A session goes on after an interrupt, so asking twice must not end the process.
    pub fn outlive(&self) {
        self.0.outlives.store(true, Ordering::SeqCst);
    }

    /// Whether [`Self::outlive`] was called.
    pub fn outlives(&self) -> bool {
        self.0.outlives.load(Ordering::SeqCst)
    }

    /// Calls `listener` at every cancellation, for work that cannot poll (a blocked socket).
    pub fn on_cancel(&self, listener: impl Fn() + Send + 'static) {
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    /// Waits for `duration`, or until cancelled, whichever comes first.
    ///
    /// # Errors
    /// [`Cancelled`] when the switch was or is thrown meanwhile.
    pub fn sleep(&self, duration: Duration) -> Result<(), Cancelled> {
        let deadline = Instant::now().checked_add(duration);
        let mut guard = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if self.is_cancelled() {
                return Err(Cancelled);
            }
            // A wait beyond what the clock can express goes on in slices of an hour.
            let left = deadline.map_or(Duration::from_secs(3600), |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return Ok(());
            }
            guard = self.0.changed.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_ends_at_once_when_cancelled_from_another_thread() {
        let cancel = Cancel::default();
        let other = cancel.clone();
        let started = Instant::now();
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| cancel.sleep(Duration::from_secs(600)));
            other.cancel();
            assert_eq!(sleeper.join().unwrap(), Err(Cancelled));
        });
        assert!(started.elapsed() < Duration::from_secs(300));
    }

    #[test]
    fn a_listener_hears_of_it_and_a_reset_makes_sleep_work_again() {
        let cancel = Cancel::default();
        let (sender, receiver) = std::sync::mpsc::channel();
        cancel.on_cancel(move || sender.send(()).unwrap());
        cancel.cancel();
        receiver.recv().unwrap();
        assert_eq!(cancel.sleep(Duration::ZERO), Err(Cancelled));
        cancel.reset();
        assert_eq!(cancel.sleep(Duration::ZERO), Ok(()));
    }

    #[test]
    fn a_wait_longer_than_the_clock_can_hold_is_no_panic() {
        let cancel = Cancel::default();
        cancel.cancel();
        assert_eq!(cancel.sleep(Duration::MAX), Err(Cancelled));
    }
}
