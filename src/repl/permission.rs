//! Whether a session may change something at a real app: asked once, at the first write.
//!
//! Not here: what is a write, and stopping it; that is a stage of every call.

use crate::base::cancel::Cancel;
use crate::ui::Printer;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What somebody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Writes may be sent.
    Yes,
    /// Not these.
    No,
    /// Not these, and nothing else of this line either: Ctrl-C.
    Interrupt,
}

/// Asks somebody a question.
type Ask = dyn Fn(&str) -> Answer + Send + Sync;

/// What a session was allowed so far. Shared by all workers of a line, of which one asks and the others wait.
pub struct Permission {
    state: Mutex<State>,
    ask: Box<Ask>,
    /// Who reads the answers, once there is a terminal.
    reader: Arc<OnceLock<Box<Ask>>>,
    cancel: Cancel,
}

#[derive(Default)]
struct State {
    /// Every place may be written to.
    is_live: bool,
    /// Places that may be written to.
    places: BTreeSet<String>,
    /// One no is enough for a whole line.
    is_refused: bool,
}

impl Permission {
    /// Asks in the terminal, unless the session `is_live` from the beginning. Nothing that `printer` draws gets in the way.
    pub fn new(is_live: bool, cancel: Cancel, printer: Arc<Printer>) -> Arc<Self> {
        let reader: Arc<OnceLock<Box<Ask>>> = Arc::default();
        let shared = Arc::clone(&reader);
        let ask = move |question: &str| {
            printer.prompt("");
            // What cannot be asked is not allowed.
            let answer = shared.get().map_or(Answer::No, |ask| ask(question));
            printer.end_prompt();
            answer
        };
        Self::asking(is_live, cancel, ask, reader)
    }

    fn asking(
        is_live: bool,
        cancel: Cancel,
        ask: impl Fn(&str) -> Answer + Send + Sync + 'static,
        reader: Arc<OnceLock<Box<Ask>>>,
    ) -> Arc<Self> {
        let state = State { is_live, ..State::default() };
        Arc::new(Self { state: Mutex::new(state), ask: Box::new(ask), reader, cancel })
    }

    /// From now on questions are answered by `ask`.
    pub(super) fn answered_by(&self, ask: impl Fn(&str) -> Answer + Send + Sync + 'static) {
        let _ = self.reader.set(Box::new(ask));
    }

    /// Whether writes may be sent to `place` now. Asks if nobody has answered yet.
    pub fn allows(&self, place: &str) -> bool {
        let mut state = self.lock();
        if state.is_live || state.places.contains(place) {
            return true;
        }
        if state.is_refused || self.cancel.is_cancelled() {
            return false;
        }
        match (self.ask)(&format!("this session is connected to {place}; send writes? [y/N] ")) {
            Answer::Yes => {
                state.places.insert(place.to_owned());
                return true;
            }
            Answer::No => {}
            Answer::Interrupt => self.cancel.abort(),
        }
        state.is_refused = true;
        false
    }

    /// Answers yes, once for all.
    pub(super) fn grant(&self) {
        self.lock().is_live = true;
    }

    /// A new line may be asked about again.
    pub(super) fn new_line(&self) {
        self.lock().is_refused = false;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn asked(answer: Answer) -> (Arc<Permission>, Arc<AtomicUsize>, Cancel) {
        let (count, cancel) = (Arc::new(AtomicUsize::new(0)), Cancel::default());
        let counted = Arc::clone(&count);
        let ask = move |_: &str| {
            counted.fetch_add(1, Ordering::Relaxed);
            answer
        };
        (Permission::asking(false, cancel.clone(), ask, Arc::default()), count, cancel)
    }

    #[test]
    fn yes_holds_for_the_place_and_no_for_the_line() {
        let (permission, count, _) = asked(Answer::Yes);
        assert!(permission.allows("a") && permission.allows("a") && permission.allows("b"));
        assert_eq!(count.load(Ordering::Relaxed), 2);

        let (permission, count, cancel) = asked(Answer::No);
        assert!(!permission.allows("a") && !permission.allows("a"));
        permission.new_line();
        assert!(!permission.allows("a") && !cancel.is_cancelled());
        assert_eq!(count.load(Ordering::Relaxed), 2);
        permission.grant();
        assert!(permission.allows("a") && permission.allows("b"));
    }

    #[test]
    fn an_interrupt_ends_the_line_and_nobody_is_asked_after_it() {
        let (permission, count, cancel) = asked(Answer::Interrupt);
        assert!(!permission.allows("a") && cancel.is_cancelled());
        permission.new_line();
        assert!(!permission.allows("a"));
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }
}
