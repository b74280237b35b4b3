//! The journal's part in a write: an intent before it is sent, and its outcome after.
//!
//! Not here: the file (`journal`), and settling what is in doubt (`settle`). The file is opened with the first write, so that
//! a run that writes nothing leaves nothing behind.

use super::Request;
use super::failure::{Failure, Outcome};
use super::replay::{Called, Replay};
use super::traces::{Traces, arguments, doubt, doubt_of};
use crate::api::{self, Resource, envelope};
use crate::base::clock::Clock;
use crate::base::sync::Mutex;
use crate::journal::{
    self, Doubt, Ended, Evidence, Floor, Hash, History, Intent, Journal, JournalError, MAIN, Mark, NewRun,
    PastCall, Resumed, Row, RunLog,
};
use serde_json::Value;
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

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
        /// Whether new items may be worked on although others are gone for which something was created.
        accepts_new_rows: bool,
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
    is_resumed: bool,
    /// What the script is told, if the run can be resumed.
    pub(super) replay: Option<Replay>,
    pub(super) lists: Mutex<Lists>,
    /// Writes in doubt whose repeat is harmless: an equal one that is done settles them.
    repeatable: Mutex<HashMap<(i64, String), Vec<i64>>>,
    clock: Clock,
    floor: Floor,
}

/// What lists held before the run made anything.
#[derive(Default)]
pub(super) struct Lists {
    /// The lists of which that is known, or never will be.
    pub(super) looked_at: BTreeSet<String>,
    pub(super) before: HashMap<String, Vec<Row>>,
    /// What other runs have made since then.
    pub(super) known: HashMap<String, HashSet<i64>>,
    /// When whole lists were seen.
    pub(super) looks: HashMap<String, Vec<i64>>,
    /// What a resumed run has done to the rows.
    pub(super) traces: Traces,
    /// Creates in doubt of this session and of other runs, with the action of the list where their work appears.
    pub(super) rivals: Vec<(String, Doubt)>,
}

impl Recorder {
    /// Records a run in which what has not arrived after `lost_after` is taken to be lost.
    pub fn new(recording: Recording, clock: Clock, lost_after: Duration) -> Self {
        let mut recorder = Self {
            new: None,
            run: OnceLock::new(),
            is_resumed: false,
            replay: None,
            lists: Mutex::default(),
            repeatable: Mutex::default(),
            clock,
            floor: Floor { lost_after: i64::try_from(lost_after.as_millis()).unwrap_or(i64::MAX) },
        };
        match recording {
            Recording::New { begin, run } => {
                recorder.replay = run.plan.is_some().then(|| Replay::new(History::default(), false));
                recorder.new = Some((begin, run));
            }
            Recording::Resumed { resumed, accepts_new_rows } => {
                let Resumed { run, history, before, known, rivals, looks, .. } = *resumed;
                // Lists hold this run's own work by now: what was not kept before is not known any more.
                let made_in = history.calls().iter().filter_map(|call| call.list.clone());
                let looked_at = made_in.chain(before.keys().cloned()).collect();
                let mut traces = Traces::default();
                for call in history.calls().iter().filter(|call| call.outcome != journal::Outcome::NotDone) {
                    let is_done = call.outcome == journal::Outcome::Done;
                    traces.note(api::by_action(&call.action), &arguments(call), call.made, is_done);
                }
                // What was sent long before this run was there before it, if it was done.
                let first = history.calls().iter().map(|call| call.began).min().unwrap_or_default();
                let lost_after = recorder.floor.lost_after;
                let is_rival = |call: &&PastCall| call.began.saturating_add(lost_after) >= first;
                let rivals = rivals
                    .iter()
                    .filter(is_rival)
                    .filter_map(|call| Some((call.list.clone()?, doubt(call, Evidence::None))));
                let rivals = rivals.collect();
                recorder.lists = Mutex::new(Lists { looked_at, before, known, looks, traces, rivals });
                recorder.run = OnceLock::from(Ok(run));
                recorder.is_resumed = true;
                recorder.replay = Some(Replay::new(history, accepts_new_rows));
            }
        }
        recorder
    }

    /// The run's number, once it has written anything.
    pub fn run_id(&self) -> Option<i64> {
        self.open_run().map(RunLog::id)
    }

    /// Whether the journal could not be opened, so that nothing was sent.
    pub fn is_refused(&self) -> bool {
        matches!(self.run.get(), Some(Err(_)))
    }

    /// Whether the run was begun by an earlier session.
    pub fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// Whether the run can be taken up again after its end.
    pub fn is_resumable(&self) -> bool {
        self.is_resumed || self.new.as_ref().is_some_and(|(_, run)| run.plan.is_some())
    }

    /// How many writes of earlier sessions are in doubt.
    pub fn in_doubt(&self) -> usize {
        self.history().map_or(0, |history| history.lock().doubts().count())
    }

    /// Whether a look at lists may still tell something: writes of earlier sessions are in doubt, or were taken to be lost.
    pub fn wants_look(&self) -> bool {
        let is_open =
            |call: &PastCall| call.outcome == journal::Outcome::Unknown || call.mark == Some(Mark::Lost);
        self.history().is_some_and(|history| history.lock().calls().iter().any(is_open))
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
        let run = &**self.run.get_or_init(open).as_ref().map_err(JournalError::clone)?;
        // Before whatever the caller is about to record, since it may follow from it.
        if let Some(replay) = &self.replay {
            replay.hand_on(run);
        }
        Ok(run)
    }

    /// The run in the journal, if it is open.
    pub(super) fn open_run(&self) -> Option<&dyn RunLog> {
        self.run.get().and_then(|run| run.as_ref().ok()).map(|run| &**run)
    }

    /// What earlier sessions did.
    pub(super) fn history(&self) -> Option<&Mutex<History>> {
        self.replay.as_ref().map(|replay| &replay.history)
    }

    /// Records what the script is told of a write that is still in doubt: it may go on with that.
    pub(super) fn keep_doubt(
        &self,
        run: &dyn RunLog,
        call: i64,
        failure: &Failure,
    ) -> Result<(), JournalError> {
        let at = self.clock.now_ms();
        let failure = Some(failure.to_record());
        let outcome = journal::Outcome::Unknown;
        run.conclude(
            call,
            Ended { outcome, mark: None, data: None, failure, is_secret: false, made: None, at },
        )
    }

    /// Begins to record a write that will be sent.
    pub(super) fn ticket<'a>(&'a self, request: &'a Request<'a>, key: &'a str, shown: String) -> Ticket<'a> {
        Ticket { recorder: self, request, key, shown, call: Cell::new(None) }
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    pub(super) fn floor(&self) -> Floor {
        self.floor
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
        let request = self.request;
        let earlier = request.called.as_ref().and_then(|called| called.again.get());
        if let Some(call) = self.call.get().or(earlier) {
            self.call.set(Some(call));
            self.note_recorded();
            return run.intend_again(call, now);
        }
        let code = request.body.get("transfer_code").and_then(Value::as_str);
        let intent = Intent {
            place: request.called.as_ref().map(Called::place),
            function: request.function.to_owned(),
            action: request.action.to_owned(),
            key: run.hash(&[self.key.as_bytes()]),
            shown: self.shown.clone(),
            is_create: is_create(request),
            list: self.list(),
            name: api::name_of(&request.body).map(str::to_owned),
            code: code.map(|code| code_hash(run, code)),
            began: now,
        };
        self.call.set(Some(run.intend(intent)?));
        self.note_recorded();
        Ok(())
    }

    /// Notes what a resumed run did to the rows of lists, from which it may still have to settle something.
    fn trace(&self, made: Option<i64>, is_done: bool) {
        if self.recorder.is_resumed {
            let mut lists = self.recorder.lists.lock();
            lists.traces.note(self.request.row, &self.request.body, made, is_done);
        }
    }

    /// By what a repeat is found that settles it: an equal write of another item says nothing of what this one wrote.
    fn repeated_as(&self) -> (i64, String) {
        let fiber = self.request.called.as_ref().map_or(MAIN, |called| called.place().fiber);
        (fiber, self.key.to_owned())
    }

    /// Keeps a create that has come into doubt, since a row of a list may be its work.
    fn keep_rival(&self, call: i64) {
        if let (Some(list), true) = (self.list(), self.recorder.is_resumed) {
            let doubt = doubt_of(call, &self.request.body, 0, Evidence::None);
            self.recorder.lists.lock().rivals.push((list.to_owned(), doubt));
        }
    }

    fn note_recorded(&self) {
        if let Some(called) = &self.request.called {
            called.is_recorded.set(true);
        }
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
        let ended = |outcome| Ended {
            outcome,
            mark: None,
            data: None,
            failure: None,
            is_secret: false,
            made: None,
            at,
        };
        let data = match result {
            Ok(data) => data,
            Err(failure) => {
                let is_doubtful = failure.outcome == Outcome::Unknown;
                if is_doubtful && !is_create(self.request) {
                    recorder.repeatable.lock().entry(self.repeated_as()).or_default().push(call);
                }
                let outcome = if is_doubtful { journal::Outcome::Unknown } else { journal::Outcome::NotDone };
                if is_doubtful {
                    self.trace(None, false);
                    self.keep_rival(call);
                }
                let mark = (is_doubtful && failure.is_of_the_app()).then_some(Mark::HalfDone);
                let told = self.request.called.is_some() && !failure.ends_the_run();
                let failure = told.then(|| failure.to_record());
                return run.conclude(call, Ended { failure, mark, ..ended(outcome) });
            }
        };
        let row = self.request.row;
        let made = self.made(data.as_ref());
        // Of an unknown action nobody knows what is secret.
        let is_secret = row.is_none_or(|row| !row.secret_results.is_empty());
        run.conclude(call, Ended { data: data.clone(), is_secret, made, ..ended(journal::Outcome::Done) })?;
        self.trace(made, true);
        if !is_create(self.request) {
            let mut settled = recorder.repeatable.lock().remove(&self.repeated_as()).unwrap_or_default();
            if let Some(history) = recorder.history().filter(|_| recorder.is_resumed) {
                let mut history = history.lock();
                // Nearly always nothing is in doubt, and no hash is needed.
                if history.doubts().next().is_some() {
                    settled.extend(history.repeated(self.repeated_as().0, &run.hash(&[self.key.as_bytes()])));
                    settled.retain(|settled| *settled != call);
                }
            }
            settled.into_iter().try_for_each(|call| run.conclude(call, ended(journal::Outcome::NotDone)))?;
        }
        Ok(())
    }
}

/// Whether doing a write twice is not the same as doing it once. An unknown action is taken to make one more; a window can be
/// opened again.
pub(super) fn is_create(request: &Request) -> bool {
    !request.is_harmless() && request.row.is_none_or(|row| row.resource != Resource::Window)
}

/// A transfer code as the journal knows it.
pub(super) fn code_hash(run: &dyn RunLog, code: &str) -> Hash {
    // Whether an app keeps blanks around a code is not documented.
    run.hash(&[b"transfer code", code.trim().as_bytes()])
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
        let recording = Recording::Resumed { resumed, accepts_new_rows: false };
        let recorder = Recorder::new(recording, Clock::Fixed(0), Duration::ZERO);
        // By now the list has records of this very run.
        assert!(recorder.lists.lock().looked_at.contains("profile-transfer-record-list"));
    }
}
