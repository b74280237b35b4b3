//! Writing during a run: one thread owns the file, and commits what several workers hand in together.
//!
//! Not here: what is worth recording; `calls` decides. A message is on the disk when its reply comes.

use super::history::{Note, PastItem, Place};
use super::keys::{Hash, Key};
use super::lock::RunLock;
use super::{Journal, JournalError};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use serde_json::Value;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// At most this many messages share a commit.
const MOST_TOGETHER: usize = 256;

/// What a run is, when it begins.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The command: run, eval, call or repl.
    pub command: String,
    /// What people call it: the recipe, or the function.
    pub name: String,
    /// Where its calls go.
    pub url: String,
    /// What is needed to run it again, if that can be done. It is sealed.
    pub plan: Option<Value>,
    /// When it began, in milliseconds since 1970.
    pub began: i64,
}

/// A write that is about to be sent.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Where in the run's history; none if the run keeps none.
    pub place: Option<Place>,
    /// The host function.
    pub function: String,
    /// The endpoint's action.
    pub action: String,
    /// Function and arguments as the script gave them.
    pub key: Hash,
    /// The arguments for people, with secrets masked.
    pub shown: String,
    /// Whether doing it twice makes two of something.
    pub is_create: bool,
    /// The action of the list in which what it makes appears.
    pub list: Option<&'static str>,
    /// The name it gives to what it makes.
    pub name: Option<String>,
    /// The keyed hash of the code it uses up.
    pub code: Option<Hash>,
    /// When it is sent, in milliseconds since 1970.
    pub began: i64,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Not done: the app said so, or nothing was sent, or it was found out later.
    NotDone,
    /// Nobody knows.
    Unknown,
}

impl Outcome {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotDone => "not done",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn of_word(word: &str) -> Self {
        match word {
            "done" => Self::Done,
            "not done" => Self::NotDone,
            _ => Self::Unknown,
        }
    }
}

/// What is special about the outcome of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The app answered that it failed inside: it may have done a part of it, which a list shows like the whole.
    HalfDone,
    /// It is taken to be lost, since no list shows its work, or a person said so.
    Lost,
    /// A person said that it was done.
    Settled,
}

impl Mark {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::HalfDone => "half done",
            Self::Lost => "lost",
            Self::Settled => "settled",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        [Self::HalfDone, Self::Lost, Self::Settled].into_iter().find(|mark| mark.word() == word)
    }
}

/// The end of a write.
#[derive(Debug, Clone)]
pub struct Ended {
    /// What became of it.
    pub outcome: Outcome,
    /// What is special about that.
    pub mark: Option<Mark>,
    /// The reply's `data`.
    pub data: Option<Value>,
    /// What the script is told, if it is a failure.
    pub failure: Option<Value>,
    /// Whether the data is secret.
    pub is_secret: bool,
    /// The id of what was made.
    pub made: Option<i64>,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

enum Change {
    Intent(Box<Intent>),
    Again { call: i64, at: i64 },
    End { call: i64, ended: Box<Ended> },
    Note(Note),
    Snapshot { list: &'static str, rows: Vec<u8> },
    RunEnded { exit: i64, at: i64 },
}

struct Message {
    change: Change,
    /// Gets the row's id once it is on the disk.
    reply: Option<SyncSender<Result<i64, JournalError>>>,
}

/// Records one run. Only one process has it.
pub trait RunLog: Send + Sync {
    /// The number people know it by.
    fn id(&self) -> i64;

    /// The keyed hash of `parts`.
    fn hash(&self, parts: &[&[u8]]) -> Hash;

    /// Records that a write is about to be sent, and returns the number of the call.
    ///
    /// # Errors
    /// That it could not be recorded: then it must not be sent.
    fn intend(&self, intent: Intent) -> Result<i64, JournalError>;

    /// Records that a call that was certainly not done is about to be sent again.
    ///
    /// # Errors
    /// As [`Self::intend`].
    fn intend_again(&self, call: i64, at: i64) -> Result<(), JournalError>;

    /// Records what became of a call. This is what must not be lost, so that it is tried again for some seconds.
    ///
    /// # Errors
    /// That it could not be recorded: the journal then holds it to be in doubt.
    fn conclude(&self, call: i64, ended: Ended) -> Result<(), JournalError>;

    /// Adds to the run's history. It is on the disk before any write that follows it.
    fn note(&self, note: Note);

    /// Records which rows a list had before this run made anything.
    ///
    /// # Errors
    /// That it could not be recorded.
    fn snapshot(&self, list: &'static str, rows: &[(i64, String)]) -> Result<(), JournalError>;

    /// Records the end of the run, closes the file and lets others have the run.
    ///
    /// # Errors
    /// That it could not be recorded: it then counts as broken off.
    fn end(&self, exit: i64, at: i64) -> Result<(), JournalError>;
}

/// A run that is being recorded in a file.
pub struct Run {
    id: i64,
    key: Key,
    sender: Mutex<Option<Sender<Message>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    lock: Mutex<Option<RunLock>>,
    is_resumable: bool,
}

impl Journal {
    /// Records that a run begins.
    ///
    /// # Errors
    /// That it cannot be recorded.
    pub fn begin(self, run: &NewRun) -> Result<Run, JournalError> {
        let plan = match &run.plan {
            Some(plan) => Some(self.key.seal(plan.to_string().as_bytes())?),
            None => None,
        };
        // Nobody sees the run before its lock is taken.
        let work = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)?;
        work.execute(
            "INSERT INTO runs (command, name, url, plan, sessions, began, has_history) VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6)",
            params![run.command, run.name, run.url, plan, run.began, plan.is_some()],
        )?;
        let id = work.last_insert_rowid();
        drop_old_histories(&work, run.began)?;
        let lock = RunLock::take(&self.path, id)?;
        work.commit()?;
        Run::start(self, id, 1, lock, run.plan.is_some())
    }
}

impl Run {
    pub(super) fn start(
        journal: Journal,
        id: i64,
        session: i64,
        lock: RunLock,
        is_resumable: bool,
    ) -> Result<Self, JournalError> {
        let (sender, receiver) = channel();
        let Journal { path, db, key } = journal;
        let sealing = key.clone();
        let write = move || write(db, &Writer { run: id, session, key: sealing }, &receiver);
        let thread = std::thread::Builder::new().name("journal".into()).spawn(write);
        let thread = thread.map_err(|error| JournalError::io(path, &error))?;
        Ok(Self {
            id,
            key,
            sender: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            lock: Mutex::new(Some(lock)),
            is_resumable,
        })
    }

    fn put(&self, change: Change) -> Result<i64, JournalError> {
        let (sender, receiver) = sync_channel(1);
        self.post(change, Some(sender));
        receiver.recv().unwrap_or(Err(JournalError::Closed))
    }

    fn post(&self, change: Change, reply: Option<SyncSender<Result<i64, JournalError>>>) {
        if let Some(sender) = &*lock(&self.sender) {
            // A writer that has ended drops the reply, which whoever waits for it notices.
            let _ = sender.send(Message { change, reply });
        }
    }
}

impl RunLog for Run {
    fn id(&self) -> i64 {
        self.id
    }

    fn hash(&self, parts: &[&[u8]]) -> Hash {
        self.key.hash(parts)
    }

    fn intend(&self, intent: Intent) -> Result<i64, JournalError> {
        self.put(Change::Intent(Box::new(intent)))
    }

    fn intend_again(&self, call: i64, at: i64) -> Result<(), JournalError> {
        self.put(Change::Again { call, at }).map(drop)
    }

    fn conclude(&self, call: i64, ended: Ended) -> Result<(), JournalError> {
        let ended = Box::new(ended);
        let put = || self.put(Change::End { call, ended: ended.clone() }).map(drop);
        insist(put, std::thread::park_timeout)
    }

    fn note(&self, note: Note) {
        self.post(Change::Note(note), None);
    }

    fn snapshot(&self, list: &'static str, rows: &[(i64, String)]) -> Result<(), JournalError> {
        let rows = serde_json::to_vec(rows).map_err(|_| JournalError::Damaged)?;
        self.put(Change::Snapshot { list, rows }).map(drop)
    }

    fn end(&self, exit: i64, at: i64) -> Result<(), JournalError> {
        let ended = self.put(Change::RunEnded { exit, at }).map(drop);
        drop(lock(&self.sender).take());
        if let Some(thread) = lock(&self.thread).take() {
            // A writer that panicked has lost nothing that was confirmed.
            let _ = thread.join();
        }
        // Nobody takes the run up again, so that nobody needs the file.
        if let Some(lock) = lock(&self.lock).take()
            && (exit == 0 || !self.is_resumable)
            && ended.is_ok()
        {
            lock.remove();
        }
        ended
    }
}

/// How often, and at first how long after the one before, an outcome is recorded again that could not be.
const MAX_REPEATS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// Repeats what may succeed later, with twice the wait each time: the disk may get room again.
fn insist(
    mut put: impl FnMut() -> Result<(), JournalError>,
    wait: impl Fn(Duration),
) -> Result<(), JournalError> {
    for repeat in 0..MAX_REPEATS {
        match put() {
            Err(JournalError::DiskFull | JournalError::Busy | JournalError::Database(_)) => {
                wait(FIRST_WAIT * 2_u32.pow(repeat));
            }
            done => return done,
        }
    }
    put()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Histories of runs that began longer ago than this are dropped: 30 days, in milliseconds.
const MAX_AGE: i64 = 30 * 24 * 3600 * 1000;

fn drop_old_histories(work: &Transaction<'_>, now: i64) -> Result<(), JournalError> {
    let old = "IN (SELECT id FROM runs WHERE has_history AND began < ?1)";
    drop_history(work, old, now.saturating_sub(MAX_AGE))
}

/// Drops what was recorded of reads and items of the runs whose number is `which`. The writes stay.
fn drop_history(work: &Transaction<'_>, which: &str, parameter: i64) -> Result<(), JournalError> {
    for table in ["entries", "rows", "items"] {
        work.execute(&format!("DELETE FROM {table} WHERE run {which}"), [parameter])?;
    }
    work.execute(&format!("UPDATE runs SET has_history = 0 WHERE id {which}"), [parameter])?;
    Ok(())
}

struct Writer {
    run: i64,
    session: i64,
    key: Key,
}

fn write(mut db: Connection, writer: &Writer, messages: &Receiver<Message>) {
    let mut lost = None;
    while let Ok(first) = messages.recv() {
        let together: Vec<Message> =
            std::iter::once(first).chain(messages.try_iter().take(MOST_TOGETHER - 1)).collect();
        // A value that could not be kept must not be followed by anything that relies on it. How a call or the run ended
        // does not: the call was sent before.
        let relies =
            |message: &Message| !matches!(message.change, Change::End { .. } | Change::RunEnded { .. });
        let written = match &lost {
            Some(error) if together.iter().any(relies) => Err(JournalError::clone(error)),
            _ => writer.commit(&mut db, &together),
        };
        let has_value = together.iter().any(|message| message.reply.is_none());
        if let (Err(error), true) = (&written, has_value) {
            lost = Some(error.clone());
        }
        for (at, message) in together.into_iter().enumerate() {
            let result = match &written {
                Ok(ids) => Ok(ids.get(at).copied().unwrap_or(0)),
                Err(error) => Err(error.clone()),
            };
            if let Some(reply) = message.reply {
                // Nobody waits for the reply when the worker was ended.
                let _ = reply.send(result);
            }
        }
    }
}

impl Writer {
    /// Writes all of them or none.
    fn commit(&self, db: &mut Connection, messages: &[Message]) -> Result<Vec<i64>, JournalError> {
        let work = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let ids =
            messages.iter().map(|message| self.apply(&work, &message.change)).collect::<Result<_, _>>()?;
        work.commit()?;
        Ok(ids)
    }

    fn apply(&self, work: &Transaction<'_>, change: &Change) -> Result<i64, JournalError> {
        match change {
            Change::Intent(intent) => {
                let mut insert = work.prepare_cached(
                    "INSERT INTO calls (run, session, fiber, nth, function, action, key, shown, is_create, list, name, code,
                     began, is_sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0)",
                )?;
                let Intent { place, function, action, key, shown, .. } = &**intent;
                let Intent { is_create, list, name, code, began, .. } = &**intent;
                let name = name.as_ref().map(|name| self.key.seal_text(name)).transpose()?;
                let shown = self.key.seal_text(shown)?;
                insert.execute(params![
                    self.run,
                    self.session,
                    place.map(|place| place.fiber),
                    place.map(|place| place.nth),
                    function,
                    action,
                    key,
                    shown,
                    is_create,
                    list,
                    name,
                    code,
                    began
                ])?;
                return Ok(work.last_insert_rowid());
            }
            Change::Again { call, at } => {
                let mut update = work.prepare_cached("UPDATE calls SET began = ?2 WHERE id = ?1")?;
                update.execute(params![call, at])?;
            }
            Change::End { call, ended } => self.end_call(work, *call, ended)?,
            Change::Note(note) => self.note(work, note)?,
            Change::Snapshot { list, rows } => {
                let rows = self.key.seal(rows)?;
                work.execute(
                    "INSERT OR IGNORE INTO snapshots VALUES (?1, ?2, ?3)",
                    params![self.run, list, rows],
                )?;
            }
            Change::RunEnded { exit, at } => {
                work.execute(
                    "UPDATE runs SET ended = ?2, exit = ?3 WHERE id = ?1",
                    params![self.run, at, exit],
                )?;
                if *exit == 0 {
                    drop_history(work, "= ?1", self.run)?;
                }
            }
        }
        Ok(0)
    }

    fn note(&self, work: &Transaction<'_>, note: &Note) -> Result<(), JournalError> {
        let sealed = |value: &Value| self.key.seal_packed(value.to_string().as_bytes());
        match note {
            Note::Entry(Place { fiber, nth }, entry) => {
                let mut insert = work.prepare_cached(
                    "INSERT INTO entries (run, session, fiber, nth, entry) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?;
                let entry = serde_json::to_value(entry).map_err(|_| JournalError::Damaged)?;
                insert.execute(params![self.run, self.session, fiber, nth, sealed(&entry)?])?;
            }
            Note::Rows(rows) => {
                let rows = serde_json::to_vec(rows).map_err(|_| JournalError::Damaged)?;
                work.execute(
                    "INSERT INTO rows (run, rows) VALUES (?1, ?2)",
                    params![self.run, self.key.seal_packed(&rows)?],
                )?;
            }
            Note::Item(item) => {
                let mut insert = work.prepare_cached(
                    "INSERT INTO items (run, fiber, parallel, item, has_returned) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?;
                let PastItem { fiber, parallel, item, has_returned } = item;
                insert.execute(params![self.run, fiber, parallel, item.cast_signed(), has_returned])?;
            }
            Note::Look { list, at } => {
                work.execute(
                    "INSERT INTO looks (run, list, at) VALUES (?1, ?2, ?3)",
                    params![self.run, list, at],
                )?;
            }
            Note::Table(born) => {
                work.execute(
                    "UPDATE runs SET tables = tables || ' ' || ?2 WHERE id = ?1",
                    params![self.run, born],
                )?;
            }
            Note::Done(call) => {
                work.execute("UPDATE calls SET failure = NULL WHERE id = ?1", [call])?;
            }
            Note::Returned(fiber) => {
                let mut update =
                    work.prepare_cached("UPDATE items SET has_returned = 1 WHERE run = ?1 AND fiber = ?2")?;
                update.execute(params![self.run, fiber])?;
            }
        }
        Ok(())
    }

    fn end_call(&self, work: &Transaction<'_>, call: i64, ended: &Ended) -> Result<(), JournalError> {
        let mut update = work.prepare_cached(
            "UPDATE calls SET outcome = ?2, data = ?3, is_sealed = ?4, made = ?5, ended = ?6,
             failure = coalesce(?7, failure), mark = coalesce(?8, mark) WHERE id = ?1",
        )?;
        let failure =
            ended.failure.as_ref().map(|failure| self.key.seal_text(&failure.to_string())).transpose()?;
        let data = match &ended.data {
            Some(data) if ended.is_secret => Some(self.key.seal(data.to_string().as_bytes())?),
            Some(data) => Some(data.to_string().into_bytes()),
            None => None,
        };
        let Ended { outcome, mark, is_secret, made, at, .. } = ended;
        let mark = mark.map(Mark::word);
        update.execute(params![call, outcome.word(), data, is_secret, made, at, failure, mark])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// How it ends when these are the results of one attempt after the other, and the waits between them.
    fn insisted(results: &[Result<(), JournalError>]) -> (Result<(), JournalError>, Vec<u128>) {
        let waits = RefCell::new(Vec::new());
        let mut results = results.iter().cycle().cloned();
        let end = insist(|| results.next().unwrap(), |wait| waits.borrow_mut().push(wait.as_millis()));
        (end, waits.into_inner())
    }

    #[test]
    fn an_outcome_is_recorded_again_while_that_may_help_and_not_for_ever() {
        assert_eq!(insisted(&[Ok(())]), (Ok(()), vec![]));
        let some = [Err(JournalError::DiskFull), Err(JournalError::Busy), Ok(())];
        assert_eq!(insisted(&some), (Ok(()), vec![50, 100]));
        let full = Err(JournalError::DiskFull);
        assert_eq!(insisted(std::slice::from_ref(&full)), (full, vec![50, 100, 200, 400, 800]));
        let closed = Err(JournalError::Closed);
        assert_eq!(insisted(std::slice::from_ref(&closed)), (closed, vec![]));
    }
}
