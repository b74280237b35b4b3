//! What stops a run, in two steps: Ctrl-C takes them, scripts, waits and calls watch them.
//!
//! Not here: signals; the roof turns them into [`Cancel::press`].

use super::sync::{self, Scheduler};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The run was interrupted while something waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled;

/// How far a run is being stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not at all.
    Running,
    /// Nothing new begins, and waits end; what cannot be taken back is brought to its end.
    Stopping,
    /// Everything ends at once.
    Aborting,
}

/// Why a run is being stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Somebody asked: Ctrl-C or SIGTERM.
    Asked,
    /// Nobody reads the output any more.
    Unread,
    /// The time it was given is over.
    TimeIsOver,
}

type Listener = Box<dyn Fn(Level) + Send>;

#[derive(Default)]
struct Shared {
    level: AtomicU8,
    /// The first reason; later ones change nothing.
    why: Mutex<Option<Why>>,
    is_lasting: AtomicBool,
    /// Whether there is anything yet whose end somebody must see to.
    has_begun: AtomicBool,
    listeners: Mutex<Vec<Listener>>,
    changed: Condvar,
}

/// A shared, cheaply cloned switch that goes from running over stopping to aborting, and can be reset between REPL lines.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Shared>);

impl Cancel {
    /// Lets nothing new begin, and wakes whatever waits on this switch. What cannot be taken back goes on to its end.
    pub fn stop(&self, why: Why) {
        self.0.why.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        self.raise(Level::Stopping);
    }

    /// Ends everything at once, as if asked by a person.
    pub fn abort(&self) {
        self.0.why.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(Why::Asked);
        self.raise(Level::Aborting);
    }

    /// A person asks for the end, and more urgently each time. `false` when there is nothing left to raise: whoever asks
    /// again then does not want to wait for anything.
    pub fn press(&self) -> bool {
        if !self.0.has_begun.load(Ordering::SeqCst) {
            return false;
        }
        match self.level() {
            Level::Running => self.stop(Why::Asked),
            Level::Stopping => self.abort(),
            Level::Aborting => return self.0.is_lasting.load(Ordering::SeqCst),
        }
        true
    }

    /// Something begins that must not be cut off. Before, a press ends everything: nothing watches this switch yet.
    pub fn begin(&self) {
        self.0.has_begun.store(true, Ordering::SeqCst);
    }

    /// What is stopped goes on with something else afterwards, as a session does: however often somebody asks, that is no
    /// reason to end the process.
    pub fn be_lasting(&self) {
        self.0.is_lasting.store(true, Ordering::SeqCst);
    }

    fn raise(&self, level: Level) {
        if self.0.level.fetch_max(level as u8, Ordering::SeqCst) >= level as u8 {
            return;
        }
        let listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        for listener in listeners.iter() {
            listener(level);
        }
        drop(listeners);
        self.0.changed.notify_all();
        if let Some(scheduler) = sync::scheduler() {
            scheduler.changed();
        }
    }

    /// How far the run is being stopped.
    pub fn level(&self) -> Level {
        match self.0.level.load(Ordering::SeqCst) {
            0 => Level::Running,
            1 => Level::Stopping,
            _ => Level::Aborting,
        }
    }

    /// Whether the run is being stopped, however urgently.
    pub fn is_cancelled(&self) -> bool {
        self.level() != Level::Running
    }

    /// Why the run is being stopped, if it is.
    pub fn why(&self) -> Option<Why> {
        *self.0.why.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes back to running: the REPL does so before each line.
    pub fn reset(&self) {
        *self.0.why.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.0.level.store(Level::Running as u8, Ordering::SeqCst);
    }

    /// Calls `listener` at every step, for work that cannot poll (a blocked socket). It should be quick: the next press
    /// waits for it.
    pub fn on_cancel(&self, listener: impl Fn(Level) + Send + 'static) {
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    /// Waits for `duration`, or until cancelled, whichever comes first.
    ///
    /// # Errors
    /// [`Cancelled`] when the switch was or is thrown meanwhile.
    pub fn sleep(&self, duration: Duration) -> Result<(), Cancelled> {
        if let Some(scheduler) = sync::scheduler() {
            return self.sleep_in_turn(&*scheduler, duration);
        }
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

    fn sleep_in_turn(&self, scheduler: &dyn Scheduler, duration: Duration) -> Result<(), Cancelled> {
        let deadline = scheduler.now().checked_add(duration);
        loop {
            if self.is_cancelled() {
                return Err(Cancelled);
            }
            if deadline.is_some_and(|deadline| deadline <= scheduler.now()) {
                return Ok(());
            }
            scheduler.wait(deadline);
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
            other.stop(Why::Asked);
            assert_eq!(sleeper.join().unwrap(), Err(Cancelled));
        });
        assert!(started.elapsed() < Duration::from_secs(300));
    }

    #[test]
    fn a_listener_hears_of_it_and_a_reset_makes_sleep_work_again() {
        let cancel = Cancel::default();
        let (sender, receiver) = std::sync::mpsc::channel();
        cancel.on_cancel(move |level| sender.send(level).unwrap());
        cancel.stop(Why::TimeIsOver);
        assert_eq!(receiver.recv().unwrap(), Level::Stopping);
        assert_eq!(cancel.why(), Some(Why::TimeIsOver));
        assert_eq!(cancel.sleep(Duration::ZERO), Err(Cancelled));
        cancel.reset();
        assert_eq!(cancel.sleep(Duration::ZERO), Ok(()));
        assert_eq!(cancel.why(), None);
    }

    #[test]
    fn each_press_asks_for_more_and_the_third_for_all() {
        let cancel = Cancel::default();
        assert!(!cancel.press());
        assert_eq!(cancel.level(), Level::Running);
        cancel.begin();
        assert!(cancel.press());
        assert_eq!(cancel.level(), Level::Stopping);
        assert!(cancel.press());
        assert_eq!(cancel.level(), Level::Aborting);
        assert!(!cancel.press());
        // A milder request does not take a graver one back.
        cancel.stop(Why::TimeIsOver);
        assert_eq!((cancel.level(), cancel.why()), (Level::Aborting, Some(Why::Asked)));

        let session = Cancel::default();
        session.begin();
        session.be_lasting();
        assert!((0..5).all(|_| session.press()));
        assert_eq!(session.level(), Level::Aborting);
    }

    #[test]
    fn a_wait_longer_than_the_clock_can_hold_is_no_panic() {
        let cancel = Cancel::default();
        cancel.abort();
        assert_eq!(cancel.sleep(Duration::MAX), Err(Cancelled));
    }
}
