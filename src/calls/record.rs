//! The journal's part in a call: an intent before it is sent, its outcome after, and what an earlier session of the run
//! knows of it.
//!
//! Not here: the file (`journal`), and settling what is in doubt (`settle`). The file is opened with the first write, so that
//! a run that writes nothing leaves nothing behind.

use super::Request;
use super::failure::{Cause, Failure, Outcome};
use super::scope;
use crate::api::{self, Endpoint, Resume, envelope};
use crate::base::clock::Clock;
use crate::base::sync::Mutex;
use crate::journal::{
    self, Decision, Ended, Hash, Intent, Journal, JournalError, NewRun, Past, Resumed, Row, RunLog, Veil,
};
use serde_json::Value;
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

/// More values of one place than this are not kept: a script that asks the time so often waits for it to pass.
const MOST_ANSWERS: i64 = 100_000;

/// Begins a run in a journal.
pub type Begin = Box<dyn Fn(&NewRun) -> Result<Box<dyn RunLog>, JournalError> + Send + Sync>;

/// What is recorded where.
pub enum Recording {
    /// A run that begins.
    New {
        /// Begins it in its journal, with the first write.
        begin: Begin,
        /// What the run is.
        run: NewRun,
    },
    /// A run that goes on.
    Resumed {
        /// What the journal knows of it.
        resumed: Box<Resumed>,
        /// Whether it may make new things although earlier ones were not met again.
        accepts_drift: bool,
    },
}

impl Recording {
    /// Records a run that begins in the journal at `path`.
    pub fn in_file(path: PathBuf, run: NewRun) -> Self {
        let begin = move |run: &NewRun| Ok(Box::new(Journal::open(&path)?.begin(run)?) as Box<dyn RunLog>);
        Self::New { begin: Box::new(begin), run }
    }
}

/// Records the writes of one run.
pub struct Recorder {
    new: Option<(Begin, NewRun)>,
    run: OnceLock<Result<Box<dyn RunLog>, JournalError>>,
    pub(super) past: Mutex<Past>,
    pub(super) is_resumed: bool,
    accepts_drift: bool,
    answers: HashMap<(String, i64), String>,
    /// How many values each place was given, and those that wait for the file to be opened.
    given: Mutex<Given>,
    pub(super) lists: Mutex<Lists>,
    /// Writes in doubt whose repeat is harmless: an equal one that is done settles them.
    repeatable: Mutex<HashMap<String, Vec<i64>>>,
    clock: Clock,
    /// How long a call may go on after it was sent.
    patience: Duration,
}

#[derive(Default)]
struct Given {
    counts: HashMap<String, i64>,
    waiting: Vec<(String, i64, String)>,
}

/// What lists held before the run made anything.
#[derive(Default)]
pub(super) struct Lists {
    /// The lists of which that is known, or never will be.
    pub(super) looked_at: BTreeSet<String>,
    pub(super) before: HashMap<String, Vec<Row>>,
    pub(super) known: HashMap<String, HashSet<i64>>,
}

/// What the journal says to a call.
pub(super) enum Before {
    /// It is to be sent.
    Send,
    /// It was done: the reply's `data`.
    Done(Option<Value>),
}

impl Recorder {
    /// Records a run whose calls may take as long as `patience`.
    pub fn new(recording: Recording, clock: Clock, patience: Duration) -> Self {
        let mut recorder = Self {
            new: None,
            run: OnceLock::new(),
            past: Mutex::default(),
            is_resumed: false,
            accepts_drift: false,
            answers: HashMap::new(),
            given: Mutex::default(),
            lists: Mutex::default(),
            repeatable: Mutex::default(),
            clock,
            patience,
        };
        match recording {
            Recording::New { begin, run } => recorder.new = Some((begin, run)),
            Recording::Resumed { resumed, accepts_drift } => {
                let Resumed { run, past, before, answers, known } = *resumed;
                // Lists hold this run's own work by now: what was not kept before is not known any more.
                let looked_at = past.lists().into_iter().chain(before.keys().cloned()).collect();
                recorder.lists = Mutex::new(Lists { looked_at, before, known });
                recorder.run = OnceLock::from(Ok(run));
                recorder.past = Mutex::new(past);
                (recorder.answers, recorder.is_resumed) = (answers, true);
                recorder.accepts_drift = accepts_drift;
            }
        }
        recorder
    }

    /// The run's number, once it has written anything.
    pub fn run_id(&self) -> Option<i64> {
        self.run.get().and_then(|run| run.as_ref().ok()).map(|run| run.id())
    }

    /// Whether the journal could not be opened, so that nothing was sent.
    pub fn is_refused(&self) -> bool {
        matches!(self.run.get(), Some(Err(_)))
    }

    /// Whether the run can be taken up again after its end.
    pub fn is_resumable(&self) -> bool {
        self.is_resumed || self.new.as_ref().is_some_and(|(_, run)| run.plan.is_some())
    }

    /// How many writes of earlier sessions are in doubt.
    pub fn in_doubt(&self) -> usize {
        self.past.lock().doubts().count()
    }

    /// Records the end of the run.
    ///
    /// # Errors
    /// That it could not be recorded.
    pub fn end(&self, exit: u8) -> Result<(), JournalError> {
        match self.run.get() {
            Some(Ok(run)) => run.end(i64::from(exit), self.clock.now_ms()),
            _ => Ok(()),
        }
    }

    /// The run in the journal, which is opened now if it was not yet.
    pub(super) fn run(&self) -> Result<&dyn RunLog, JournalError> {
        let open = || {
            let (begin, run) = self.new.as_ref().ok_or(JournalError::Closed)?;
            begin(run)
        };
        let run = self.run.get_or_init(open).as_ref().map_err(JournalError::clone)?;
        // Before whatever the caller is about to record, since it may follow from them.
        let waiting = std::mem::take(&mut self.given.lock().waiting);
        waiting.into_iter().for_each(|(position, nth, value)| run.remember(position, nth, value));
        Ok(&**run)
    }

    /// A value that another run would not get: that of the earlier session, or a fresh one, which is kept.
    pub(super) fn replayed(&self, fresh: impl FnOnce() -> String) -> String {
        let position = scope::here().to_string();
        let mut given = self.given.lock();
        let count = given.counts.entry(position.clone()).or_default();
        let nth = *count;
        *count += 1;
        if let Some(value) = self.answers.get(&(position.clone(), nth)) {
            return value.clone();
        }
        let value = fresh();
        if self.is_resumable() && nth < MOST_ANSWERS {
            match self.run.get() {
                Some(Ok(run)) => run.remember(position, nth, value.clone()),
                _ => given.waiting.push((position, nth, value.clone())),
            }
        }
        value
    }

    /// What earlier sessions know of a write.
    pub(super) fn look_up(&self, request: &Request, key: &str) -> Result<Before, Failure> {
        if !self.is_resumed || is_repeated(request.row) {
            return Ok(Before::Send);
        }
        let run = self.run().map_err(|error| request.before(Cause::NotRecorded(error)))?;
        let hash = run.hash(&[key.as_bytes()]);
        let is_create = is_create(request);
        let mut past = self.past.lock();
        let accepts_drift = self.accepts_drift;
        match past.decide(&hash, &scope::here(), is_create, accepts_drift) {
            Decision::Send => Ok(Before::Send),
            Decision::HandBack { data, .. } => Ok(Before::Done(data)),
            Decision::InDoubt(_) if request.even_if_in_doubt => Ok(Before::Send),
            Decision::InDoubt(call) => {
                Err(request.before(Cause::InDoubt { recorded: Some((run.id(), call)) }))
            }
            Decision::Drift(waiting) => Err(request.before(Cause::Drift { waiting })),
        }
    }

    /// What a list must not show yet.
    pub(super) fn veil(&self, list: &str) -> Option<Veil> {
        if self.is_resumed { self.past.lock().veil(list) } else { None }
    }

    /// Begins to record a write that will be sent.
    pub(super) fn ticket<'a>(&'a self, request: &'a Request<'a>, key: &'a str, shown: String) -> Ticket<'a> {
        Ticket { recorder: self, request, key, shown, call: Cell::new(None) }
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }
}

/// The record of one write.
pub(super) struct Ticket<'a> {
    recorder: &'a Recorder,
    request: &'a Request<'a>,
    key: &'a str,
    shown: String,
    /// The number of the call, once its intent is on the disk.
    call: Cell<Option<i64>>,
}

impl Ticket<'_> {
    /// Records that an attempt is about to be sent.
    pub(super) fn before_attempt(&self) -> Result<(), JournalError> {
        let run = self.recorder.run()?;
        let now = self.recorder.clock.now_ms();
        if let Some(call) = self.call.get() {
            return run.intend_again(call, now);
        }
        let request = self.request;
        let text = |name: &&str| request.body.get(*name).and_then(Value::as_str).map(str::to_owned);
        let intent = Intent {
            position: scope::here().to_string(),
            function: request.function.to_owned(),
            action: request.action.to_owned(),
            key: run.hash(&[self.key.as_bytes()]),
            shown: self.shown.clone(),
            is_create: is_create(request),
            list: self.list(),
            name: ["name", "title"].iter().find_map(text),
            code: text(&"transfer_code").map(|code| code_hash(run, &code)),
            began: now,
            patience: i64::try_from(self.recorder.patience.as_millis()).unwrap_or(i64::MAX),
        };
        self.call.set(Some(run.intend(intent)?));
        Ok(())
    }

    fn list(&self) -> Option<&'static str> {
        self.request.row.and_then(api::list_of_made).map(|list| list.action)
    }

    /// The id of what it has created, as the reply's `data` says.
    pub(super) fn made(&self, data: Option<&Value>) -> Option<i64> {
        let row = self.request.row.filter(|_| self.list().is_some())?;
        envelope::value(row.success, data.cloned()).ok()?.as_i64()
    }

    /// Records what became of it: the reply's `data`, or the failure.
    ///
    /// # Errors
    /// The run and the call of which it could not be recorded, and why.
    pub(super) fn after(
        &self,
        result: Result<&Option<Value>, &Failure>,
    ) -> Result<(), ((i64, i64), JournalError)> {
        let Some(call) = self.call.get() else { return Ok(()) };
        let run_id = self.recorder.run_id().unwrap_or_default();
        self.conclude(call, result).map_err(|error| ((run_id, call), error))
    }

    fn conclude(&self, call: i64, result: Result<&Option<Value>, &Failure>) -> Result<(), JournalError> {
        let recorder = self.recorder;
        let run = recorder.run()?;
        let at = recorder.clock.now_ms();
        let ended = |outcome| Ended { outcome, data: None, is_secret: false, made: None, at };
        let data = match result {
            Ok(data) => data,
            Err(failure) => {
                let is_doubtful = failure.outcome == Outcome::Unknown;
                if is_doubtful && !is_create(self.request) {
                    recorder.repeatable.lock().entry(self.key.to_owned()).or_default().push(call);
                }
                let outcome = if is_doubtful { journal::Outcome::Unknown } else { journal::Outcome::NotDone };
                return run.conclude(call, ended(outcome));
            }
        };
        let row = self.request.row;
        let made = self.made(data.as_ref());
        // Of an unknown action nobody knows what is secret.
        let is_secret = row.is_none_or(|row| !row.secret_results.is_empty());
        run.conclude(call, Ended { data: data.clone(), is_secret, made, ..ended(journal::Outcome::Done) })?;
        if let (Some(list), Some(made)) = (self.list(), made) {
            recorder.past.lock().note_made(list, made);
        }
        if !is_create(self.request) {
            let mut settled = recorder.repeatable.lock().remove(self.key).unwrap_or_default();
            if recorder.is_resumed {
                settled.extend(recorder.past.lock().repeated(&run.hash(&[self.key.as_bytes()])));
            }
            settled.into_iter().try_for_each(|call| run.conclude(call, ended(journal::Outcome::NotDone)))?;
        }
        Ok(())
    }
}

/// Whether doing a write twice makes two of something. An unknown action is taken to.
pub(super) fn is_create(request: &Request) -> bool {
    !request.repeat_is_harmless && !is_repeated(request.row)
}

/// Whether a resumed run makes the call again in any case.
fn is_repeated(row: Option<&'static Endpoint>) -> bool {
    row.is_some_and(|row| row.resume == Resume::Repeat)
}

/// A transfer code as the journal knows it.
pub(super) fn code_hash(run: &dyn RunLog, code: &str) -> Hash {
    run.hash(&[b"transfer code", code.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_run_does_not_look_again_at_what_it_saw_before_it_made_anything() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let new = NewRun {
            command: "run".into(),
            name: "import.rhai".into(),
            url: "http://127.0.0.1:1/api/v2/".into(),
            plan: Some(Value::Null),
            began: 0,
        };
        let run = Journal::open(&path).unwrap().begin(&new).unwrap();
        run.snapshot("profile-transfer-record-list", &[]).unwrap();
        let id = run.id();
        run.end(1, 0).unwrap();
        let resumed = Box::new(Journal::open(&path).unwrap().resume(id).unwrap());
        let recording = Recording::Resumed { resumed, accepts_drift: false };
        let recorder = Recorder::new(recording, Clock::Fixed(0), Duration::ZERO);
        // By now the list has records of this very run.
        assert!(recorder.lists.lock().looked_at.contains("profile-transfer-record-list"));
    }
}
