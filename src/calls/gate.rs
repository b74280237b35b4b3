//! Where a run holds before a write until somebody says go on: before the first one, and after the first few.
//!
//! Not here: terminals, and how a question is put; whoever can ask is handed in.

use super::failure::{Cause, Failure, Held};
use crate::base::cancel::Cancel;
use serde_json::{Map, Value};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is to be decided.
pub enum Question<'a> {
    /// Whether the first write may be sent.
    Send {
        /// The function.
        function: &'a str,
        /// The body, with secrets masked.
        arguments: Map<String, Value>,
    },
    /// Whether to go on after the first writes, which went like this.
    GoOn(&'a [Made]),
}

/// One of the first writes.
pub struct Made {
    /// The function.
    pub function: String,
    /// The body, with secrets masked.
    pub arguments: Map<String, Value>,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// End the run here.
    No,
    /// The run was stopped before there was an answer.
    Stopped,
}

type Ask = Box<dyn Fn(&Question) -> Answer + Send + Sync>;

/// Holds the writes of a run. All workers share it; while a question is open, none of them sends a write.
pub struct Gate {
    first: Option<u64>,
    ask: Ask,
    state: Mutex<State>,
}

struct State {
    /// Whether the first write is still to be confirmed.
    must_confirm: bool,
    /// How many of the first writes were let through.
    let_through: u64,
    /// Those of them that have ended.
    made: Vec<Made>,
    /// Whether it was said to go on after the first writes.
    is_open: bool,
    /// Why no write is let through any more.
    held: Option<Held>,
}

/// How often a worker asks whether the first writes of the others have ended.
const LOOK: Duration = Duration::from_millis(20);

impl Gate {
    /// A gate that has the first write confirmed, holds after the `first` writes, or both.
    pub fn new(
        confirm: bool,
        first: Option<u64>,
        ask: impl Fn(&Question) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let state = State {
            must_confirm: confirm,
            let_through: 0,
            made: Vec::new(),
            is_open: first.is_none(),
            held: None,
        };
        Self { first, ask: Box::new(ask), state: Mutex::new(state) }
    }

    /// Before a write: waits until it may be sent. The write counts as ended when the pass is dropped.
    pub(super) fn pass(
        &self,
        function: &str,
        arguments: &dyn Fn() -> Map<String, Value>,
        cancel: &Cancel,
    ) -> Result<Pass<'_>, Cause> {
        loop {
            let mut state = self.lock();
            if let Some(held) = state.held {
                return Err(Cause::Held(held));
            }
            // Where one worker was interrupted at a question, the others do not ask it again.
            if cancel.is_cancelled() {
                return Err(Cause::Interrupted);
            }
            if state.must_confirm {
                // Asked with the lock held, which is what holds the others.
                let answer = (self.ask)(&Question::Send { function, arguments: arguments() });
                state.settle(answer, Held::Unconfirmed)?;
                state.must_confirm = false;
            }
            let first = match self.first {
                Some(first) if !state.is_open => first,
                _ => return Ok(Pass { gate: self, made: None }),
            };
            if state.let_through < first {
                state.let_through += 1;
                let failure = Some("it ended before it was sent".to_owned());
                let made = Made { function: function.to_owned(), arguments: arguments(), failure };
                return Ok(Pass { gate: self, made: Some(made) });
            }
            if state.made.len() as u64 >= first {
                let answer = (self.ask)(&Question::GoOn(&state.made));
                state.settle(answer, Held::First(first))?;
                state.is_open = true;
                state.made = Vec::new();
                return Ok(Pass { gate: self, made: None });
            }
            drop(state);
            cancel.sleep(LOOK).map_err(|_| Cause::Interrupted)?;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A write that was let through.
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    /// What is shown of it, if it is one of the first writes.
    made: Option<Made>,
}

impl Pass<'_> {
    /// The write has ended like this.
    pub(super) fn end(mut self, failure: Option<&Failure>) {
        if let Some(made) = &mut self.made {
            made.failure = failure.map(Failure::to_string);
        }
    }
}

/// However the write ended: others wait until each of the first writes has.
impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(made) = self.made.take() {
            self.gate.lock().made.push(made);
        }
    }
}

impl State {
    fn settle(&mut self, answer: Answer, held: Held) -> Result<(), Cause> {
        match answer {
            Answer::Yes => Ok(()),
            Answer::Stopped => Err(Cause::Interrupted),
            Answer::No => {
                self.held = Some(held);
                Err(Cause::Held(held))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::cancel::Why;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A gate that answers so, and how often it was asked.
    fn gate(confirm: bool, first: Option<u64>, answer: Answer) -> (Gate, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let ask = move |_: &Question| {
            count.fetch_add(1, Ordering::SeqCst);
            answer
        };
        (Gate::new(confirm, first, ask), asked)
    }

    fn write(gate: &Gate) -> Result<(), Cause> {
        gate.pass("copy_profile", &Map::new, &Cancel::default()).map(|pass| pass.end(None))
    }

    #[test]
    fn one_yes_lets_everything_through() {
        let (gate, asked) = gate(true, Some(3), Answer::Yes);
        (0..3).for_each(|_| write(&gate).unwrap());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        (0..100).for_each(|_| write(&gate).unwrap());
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn one_no_holds_everything_without_asking_again() {
        let (gate, asked) = gate(false, Some(3), Answer::No);
        (0..3).for_each(|_| write(&gate).unwrap());
        (0..5).for_each(|_| assert_eq!(write(&gate), Err(Cause::Held(Held::First(3)))));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        let (gate, _) = super::tests::gate(true, None, Answer::No);
        assert_eq!(write(&gate), Err(Cause::Held(Held::Unconfirmed)));
    }

    #[test]
    fn no_worker_gets_by_while_the_first_writes_are_on_their_way() {
        let (gate, asked) = gate(false, Some(2), Answer::Yes);
        let cancel = Cancel::default();
        let pass = || gate.pass("copy_profile", &Map::new, &cancel);
        let (Ok(_one), Ok(two)) = (pass(), pass()) else { panic!("they were held") };
        cancel.abort();
        // Nobody knows yet how they went, so that nobody is asked.
        assert_eq!(pass().err(), Some(Cause::Interrupted));
        drop(two);
        assert_eq!(pass().err(), Some(Cause::Interrupted));
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn an_interrupted_question_is_not_asked_again_by_other_workers() {
        let cancel = Cancel::default();
        for (confirm, first) in [(true, None), (false, Some(1))] {
            cancel.reset();
            let asked = Arc::new(AtomicUsize::new(0));
            let (count, interrupt) = (Arc::clone(&asked), cancel.clone());
            let gate = Gate::new(confirm, first, move |_| {
                count.fetch_add(1, Ordering::SeqCst);
                interrupt.stop(Why::Asked);
                Answer::Stopped
            });
            first.iter().for_each(|_| write(&gate).unwrap());
            for _ in 0..3 {
                let passed = gate.pass("copy_profile", &Map::new, &cancel);
                assert_eq!(passed.err(), Some(Cause::Interrupted));
            }
            assert_eq!(asked.load(Ordering::SeqCst), 1);
        }
    }

    #[test]
    fn a_write_that_fails_before_it_is_sent_is_one_of_the_first_writes() {
        let shown = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&shown);
        let gate = Gate::new(false, Some(2), move |question| {
            if let Question::GoOn(made) = question {
                seen.lock().unwrap().extend(made.iter().map(|made| made.failure.clone()));
            }
            Answer::Yes
        });
        // Dropped without a result, as where a panic unwinds.
        drop(gate.pass("copy_profile", &Map::new, &Cancel::default()));
        write(&gate).unwrap();
        write(&gate).unwrap();
        assert_eq!(*shown.lock().unwrap(), [Some("it ended before it was sent".to_owned()), None]);
    }

    #[test]
    fn many_workers_are_asked_once() {
        let (gate, asked) = gate(false, Some(2), Answer::Yes);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..10).for_each(|_| write(&gate).unwrap()));
            }
        });
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
