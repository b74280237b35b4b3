//! A journal in memory: what it has confirmed survives the session, and nothing else.

use super::app::Tag;
use super::plan::JournalFault;
use ixscript::journal::{
    Ended, Entry, Hash, History, Intent, JournalError, Mark, NewRun, Note, Outcome, PastCall, PastItem,
    Place, Recorded, Resumed, Row, RunLog,
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    pub(crate) runs: Vec<RunEntry>,
    pub(crate) calls: Vec<CallEntry>,
}

/// A run.
#[derive(Debug, Clone)]
pub(crate) struct RunEntry {
    pub(crate) url: String,
    pub(crate) sessions: i64,
    pub(crate) exit: Option<i64>,
    entries: Vec<(i64, Place, Entry)>,
    items: Vec<PastItem>,
    rows: Vec<Value>,
    before: HashMap<String, Vec<Row>>,
    looks: HashMap<String, Vec<i64>>,
    began: i64,
}

/// A call.
#[derive(Debug, Clone)]
pub(crate) struct CallEntry {
    pub(crate) run: i64,
    pub(crate) session: i64,
    pub(crate) intent: Intent,
    pub(crate) failure: Option<Value>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) data: Option<Value>,
    pub(crate) made: Option<i64>,
    mark: Option<Mark>,
    /// Where it was made, for whoever looks from outside.
    pub(crate) tag: Option<Tag>,
}

/// What a process does with the journal: a place where it can fail or die.
pub(crate) trait Hook: Send + Sync {
    /// Before an entry: what goes wrong with it.
    fn entry(&self) -> Option<JournalFault>;
    /// The process has died: nothing that it does from now on has an effect.
    fn die(&self);
    fn is_dead(&self) -> bool;
    /// Where the thread is in the script.
    fn tag(&self) -> Option<Tag>;
}

/// A journal, shared by the sessions of a history.
#[derive(Clone, Default)]
pub(crate) struct Store(Arc<Mutex<Disk>>);

impl Store {
    pub(crate) fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a run.
    pub(crate) fn begin(&self, run: &NewRun, hook: Arc<dyn Hook>) -> Result<Box<dyn RunLog>, JournalError> {
        let id = {
            let mut disk = self.disk();
            if !hook.is_dead() {
                disk.runs.push(RunEntry {
                    url: run.url.clone(),
                    sessions: 1,
                    exit: None,
                    entries: Vec::new(),
                    items: Vec::new(),
                    rows: Vec::new(),
                    before: HashMap::new(),
                    looks: HashMap::new(),
                    began: run.began,
                });
            }
            disk.runs.len() as i64
        };
        Ok(Box::new(Log { run: id, session: 1, store: self.clone(), hook, waiting: Mutex::default() }))
    }

    /// Takes a run up again.
    pub(crate) fn resume(&self, run: i64, hook: Arc<dyn Hook>) -> Result<Resumed, JournalError> {
        let mut disk = self.disk();
        let at = usize::try_from(run - 1).map_err(|_| JournalError::NoRun(run))?;
        let entry = disk.runs.get_mut(at).ok_or(JournalError::NoRun(run))?;
        entry.sessions += 1;
        entry.exit = None;
        let (url, before, session) = (entry.url.clone(), entry.before.clone(), entry.sessions);
        let (looks, began) = (entry.looks.clone(), entry.began);
        let (entries, items, rows) = (entry.entries.clone(), entry.items.clone(), entry.rows.clone());
        let calls = disk.calls.iter().enumerate().filter(|(_, call)| call.run == run);
        let calls = calls.map(|(at, call)| call.past(at as i64 + 1)).collect();
        let recorded = Recorded { calls, entries, items, rows };
        let history = History::new(recorded, |identity| hash_of(&[identity.as_bytes()]));
        let mut known: HashMap<String, HashSet<i64>> = HashMap::new();
        for call in disk.calls.iter().filter(|call| call.run != run && call.intent.began >= began) {
            let of = usize::try_from(call.run - 1).ok().and_then(|at| disk.runs.get(at));
            if let (Some(list), Some(made)) = (call.intent.list, call.made)
                && of.is_some_and(|of| of.url == url)
            {
                known.entry(list.to_owned()).or_default().insert(made);
            }
        }
        let is_rival = |call: &CallEntry| {
            let of = usize::try_from(call.run - 1).ok().and_then(|at| disk.runs.get(at));
            call.run != run && call.intent.is_create && of.is_some_and(|of| of.url == url)
        };
        let others = disk.calls.iter().enumerate().filter(|(_, call)| is_rival(call));
        let others = others.map(|(at, call)| call.past(at as i64 + 1));
        let rivals = others.filter(|call| call.outcome == Outcome::Unknown).collect();
        drop(disk);
        let run = Box::new(Log { run, session, store: self.clone(), hook, waiting: Mutex::default() });
        Ok(Resumed { run, history, before, known, rivals, looks, tables: Vec::new() })
    }

    /// Takes down what a person found out.
    pub(crate) fn settle(&self, call: usize, outcome: Outcome, data: Option<Value>, made: Option<i64>) {
        if let Some(entry) = self.disk().calls.get_mut(call) {
            (entry.outcome, entry.data, entry.made, entry.mark) = (
                Some(outcome),
                data,
                made,
                Some(if outcome == Outcome::NotDone { Mark::Lost } else { Mark::Settled }),
            );
        }
    }
}

impl RunEntry {
    fn note(&mut self, session: i64, note: &Note) {
        match note {
            Note::Entry(place, entry) => self.entries.push((session, *place, entry.clone())),
            Note::Rows(rows) => self.rows.extend(rows.iter().cloned()),
            Note::Item(item) => self.items.push(*item),
            Note::Done(_) | Note::Table(_) => {}
            Note::Look { list, at } => self.looks.entry((*list).to_owned()).or_default().push(*at),
            Note::Returned(fiber) => {
                self.items
                    .iter_mut()
                    .filter(|item| item.fiber == *fiber)
                    .for_each(|item| item.has_returned = true);
            }
        }
    }
}

impl CallEntry {
    fn past(&self, id: i64) -> PastCall {
        let intent = &self.intent;
        PastCall {
            id,
            session: self.session,
            place: intent.place,
            function: intent.function.clone(),
            action: intent.action.clone(),
            shown: intent.shown.clone(),
            key: intent.key,
            outcome: self.outcome.unwrap_or(Outcome::Unknown),
            is_create: intent.is_create,
            data: self.data.clone(),
            failure: self.failure.clone(),
            list: intent.list.map(str::to_owned),
            made: self.made,
            name: intent.name.clone(),
            code: intent.code,
            began: intent.began,
            mark: self.mark,
        }
    }
}

/// A run that is being recorded.
struct Log {
    run: i64,
    session: i64,
    store: Store,
    hook: Arc<dyn Hook>,
    /// What is on the disk no earlier than the next entry that is confirmed.
    waiting: Mutex<Vec<Note>>,
}

/// Not keyed, and good enough to tell parts apart: nobody looks for them here.
fn hash_of(parts: &[&[u8]]) -> Hash {
    let mut hash = [0; 32];
    for (lane, bytes) in hash.chunks_mut(8).enumerate() {
        let mut state = 0xcbf2_9ce4_8422_2325_u64 ^ (lane as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for byte in parts.iter().flat_map(|part| part.iter().copied().chain([0xff])) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        bytes.copy_from_slice(&state.to_le_bytes());
    }
    hash
}

impl Log {
    /// Writes an entry, unless the process dies of it or is dead.
    fn put<T>(&self, write: impl FnOnce(&mut Disk) -> T) -> Result<T, JournalError> {
        let fault = self.hook.entry();
        if fault == Some(JournalFault::DieBefore) {
            self.hook.die();
        }
        if self.hook.is_dead() {
            return Err(JournalError::Closed);
        }
        if fault == Some(JournalFault::Full) {
            return Err(JournalError::DiskFull);
        }
        let mut disk = self.store.disk();
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(run) = self.entry(&mut disk) {
            for note in &waiting {
                run.note(self.session, note);
            }
        }
        for note in waiting {
            if let Note::Done(call) = note
                && let Some(entry) = call_of(&mut disk, call)
            {
                entry.failure = None;
            }
        }
        let written = write(&mut disk);
        drop(disk);
        if fault == Some(JournalFault::DieAfter) {
            self.hook.die();
        }
        if self.hook.is_dead() { Err(JournalError::Closed) } else { Ok(written) }
    }

    fn entry<'a>(&self, disk: &'a mut Disk) -> Option<&'a mut RunEntry> {
        usize::try_from(self.run - 1).ok().and_then(|at| disk.runs.get_mut(at))
    }
}

fn call_of(disk: &mut Disk, call: i64) -> Option<&mut CallEntry> {
    usize::try_from(call - 1).ok().and_then(|at| disk.calls.get_mut(at))
}

impl RunLog for Log {
    fn id(&self) -> i64 {
        self.run
    }

    fn hash(&self, parts: &[&[u8]]) -> Hash {
        hash_of(parts)
    }

    fn intend(&self, intent: Intent) -> Result<i64, JournalError> {
        let tag = self.hook.tag();
        self.put(|disk| {
            disk.calls.push(CallEntry {
                run: self.run,
                session: self.session,
                intent,
                failure: None,
                outcome: None,
                data: None,
                made: None,
                mark: None,
                tag,
            });
            disk.calls.len() as i64
        })
    }

    fn intend_again(&self, call: i64, at: i64) -> Result<(), JournalError> {
        self.put(|disk| {
            if let Some(entry) = call_of(disk, call) {
                entry.intent.began = at;
            }
        })
    }

    fn conclude(&self, call: i64, ended: Ended) -> Result<(), JournalError> {
        self.put(|disk| {
            if let Some(entry) = call_of(disk, call) {
                (entry.outcome, entry.data, entry.made) = (Some(ended.outcome), ended.data, ended.made);
                entry.failure = ended.failure.or(entry.failure.take());
                entry.mark = ended.mark.or(entry.mark);
            }
        })
    }

    fn note(&self, note: Note) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }

    fn snapshot(&self, list: &'static str, rows: &[(i64, String)]) -> Result<(), JournalError> {
        self.put(|disk| {
            if let Some(run) = self.entry(disk) {
                run.before.entry(list.to_owned()).or_insert_with(|| rows.to_vec());
            }
        })
    }

    fn end(&self, exit: i64, _at: i64) -> Result<(), JournalError> {
        self.put(|disk| {
            if let Some(run) = self.entry(disk) {
                run.exit = Some(exit);
            }
        })
    }
}

/// The doubtful calls, by the number of the call.
pub(crate) fn doubts(disk: &Disk) -> BTreeMap<usize, CallEntry> {
    let doubtful = |call: &CallEntry| call.outcome.is_none_or(|outcome| outcome == Outcome::Unknown);
    disk.calls
        .iter()
        .enumerate()
        .filter(|(_, call)| doubtful(call))
        .map(|(at, call)| (at, call.clone()))
        .collect()
}
