//! Reading a journal: its runs, their calls, and what is needed to go on with one.
//!
//! Not here: writing during a run (`writer`).

use super::history::{Entry, History, PastCall, PastItem, Place, Recorded};
use super::keys::Hash;
use super::lock::RunLock;
use super::settle::Row;
use super::writer::{Mark, Outcome, Run, RunLog};
use super::{Journal, JournalError};
use rusqlite::{OptionalExtension, params};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// A run, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its number.
    pub id: i64,
    /// The command: run, eval, call or repl.
    pub command: String,
    /// The recipe, or the function.
    pub name: String,
    /// Where its calls went.
    pub url: String,
    /// How often it was begun and resumed.
    pub sessions: i64,
    /// In milliseconds since 1970.
    pub began: i64,
    /// In milliseconds since 1970; none while it goes on, and when it was broken off.
    pub ended: Option<i64>,
    /// Its exit code.
    pub exit: Option<i64>,
    /// Whether it can be resumed at all.
    pub is_resumable: bool,
    /// Whether a process works on it.
    pub is_going_on: bool,
    /// Whether it was begun anew by a later run.
    pub is_superseded: bool,
    /// Its writes.
    pub writes: i64,
    /// Those that were done.
    pub done: i64,
    /// Those that may have been done.
    pub in_doubt: i64,
}

/// A write of a run, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRow {
    /// Its number.
    pub id: i64,
    /// In which session of the run.
    pub session: i64,
    /// The host function.
    pub function: String,
    /// The endpoint's action.
    pub action: String,
    /// The arguments, with secrets masked.
    pub shown: String,
    /// In milliseconds since 1970.
    pub began: i64,
    /// What became of it; none while that is not recorded.
    pub outcome: Option<Outcome>,
    /// The id of what it made.
    pub made: Option<i64>,
    /// What is special about the outcome.
    pub mark: Option<Mark>,
}

/// Everything needed to go on with a run.
pub struct Resumed {
    /// To record in.
    pub run: Box<dyn RunLog>,
    /// What earlier sessions did.
    pub history: History,
    /// The rows of lists before the run made anything.
    pub before: HashMap<String, Vec<Row>>,
    /// Ids that calls of other runs are known to have made since this run began, by list.
    pub known: HashMap<String, HashSet<i64>>,
    /// Creates of other runs that are in doubt, at the same place.
    pub rivals: Vec<PastCall>,
    /// When whole lists were seen, in milliseconds since 1970.
    pub looks: HashMap<String, Vec<i64>>,
    /// When the files were born that the run made for its output table.
    pub tables: Vec<i64>,
}

const RUNS: &str = "
SELECT id, command, name, url, sessions, began, ended, exit, plan IS NOT NULL AND (has_history OR exit IS 0),
       (SELECT count(*) FROM calls WHERE run = runs.id),
       (SELECT count(*) FROM calls WHERE run = runs.id AND outcome = 'done'),
       (SELECT count(*) FROM calls WHERE run = runs.id AND coalesce(outcome, 'unknown') = 'unknown'),
       is_superseded
FROM runs ";

impl Journal {
    /// All runs, newest first.
    ///
    /// # Errors
    /// That the journal cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRow>, JournalError> {
        self.select_runs("ORDER BY id DESC", None)
    }

    /// One run.
    ///
    /// # Errors
    /// That it is not there, or the journal cannot be read.
    pub fn run(&self, id: i64) -> Result<RunRow, JournalError> {
        self.select_runs("WHERE id = ?1", Some(id))?.pop().ok_or(JournalError::NoRun(id))
    }

    fn select_runs(&self, which: &str, id: Option<i64>) -> Result<Vec<RunRow>, JournalError> {
        let mut select = self.db.prepare(&format!("{RUNS}{which}"))?;
        let rows = select.query_map(rusqlite::params_from_iter(id), |row| {
            Ok(RunRow {
                id: row.get(0)?,
                command: row.get(1)?,
                name: row.get(2)?,
                url: row.get(3)?,
                sessions: row.get(4)?,
                began: row.get(5)?,
                ended: row.get(6)?,
                exit: row.get(7)?,
                is_resumable: row.get(8)?,
                is_going_on: false,
                is_superseded: row.get(12)?,
                writes: row.get(9)?,
                done: row.get(10)?,
                in_doubt: row.get(11)?,
            })
        })?;
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        for row in rows.iter_mut().filter(|row| row.ended.is_none()) {
            row.is_going_on = matches!(RunLock::take(&self.path, row.id), Err(JournalError::Locked(_)));
        }
        Ok(rows)
    }

    /// The writes of a run, in their order.
    ///
    /// # Errors
    /// That the journal cannot be read.
    pub fn calls(&self, run: i64) -> Result<Vec<CallRow>, JournalError> {
        let mut select = self.db.prepare(
            "SELECT id, session, function, action, shown, began, outcome, made, mark FROM calls WHERE run = ?1 ORDER BY id",
        )?;
        let rows = select.query_map([run], |row| {
            Ok(CallRow {
                id: row.get(0)?,
                session: row.get(1)?,
                function: row.get(2)?,
                action: row.get(3)?,
                shown: row.get(4)?,
                began: row.get(5)?,
                outcome: row.get::<_, Option<String>>(6)?.map(|word| Outcome::of_word(&word)),
                made: row.get(7)?,
                mark: row.get::<_, Option<String>>(8)?.and_then(|word| Mark::of_word(&word)),
            })
        })?;
        rows.map(|row| {
            let row = row?;
            Ok(CallRow { shown: self.key.open_text(&row.shown)?, ..row })
        })
        .collect()
    }

    /// What is needed to run it again; none if that cannot be done.
    ///
    /// # Errors
    /// That there is no such run, or the journal cannot be read.
    pub fn plan(&self, run: i64) -> Result<Option<Value>, JournalError> {
        let mut select = self.db.prepare("SELECT plan FROM runs WHERE id = ?1")?;
        let sealed: Option<Option<Vec<u8>>> = select.query_row([run], |row| row.get(0)).optional()?;
        let Some(sealed) = sealed.ok_or(JournalError::NoRun(run))? else { return Ok(None) };
        serde_json::from_slice(&self.key.open(&sealed)?).map(Some).map_err(|_| JournalError::Damaged)
    }

    /// Notes that a run was begun anew by a later one.
    ///
    /// # Errors
    /// That the journal cannot be written.
    pub fn supersede(&self, run: i64) -> Result<(), JournalError> {
        self.db.execute("UPDATE runs SET is_superseded = 1 WHERE id = ?1", [run])?;
        Ok(())
    }

    /// Takes a run up again. Only one process at a time can.
    ///
    /// # Errors
    /// That another process has it, or the journal cannot be used.
    pub fn resume(self, id: i64) -> Result<Resumed, JournalError> {
        let lock = RunLock::take(&self.path, id)?;
        let select = "SELECT has_history, tables FROM runs WHERE id = ?1";
        let found: Option<(bool, String)> =
            self.db.query_row(select, [id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (has_history, tables) = found.ok_or(JournalError::NoRun(id))?;
        if !has_history {
            return Err(JournalError::NoHistory(id));
        }
        let tables = tables.split_whitespace().filter_map(|born| born.parse().ok()).collect();
        let update = "UPDATE runs SET sessions = sessions + 1, ended = NULL, exit = NULL WHERE id = ?1 RETURNING sessions";
        let session: Option<i64> = self.db.query_row(update, [id], |row| row.get(0)).optional()?;
        let session = session.ok_or(JournalError::NoRun(id))?;
        let recorded = Recorded {
            calls: self.past_calls(id)?,
            entries: self.entries(id)?,
            items: self.items(id)?,
            rows: self.rows(id)?,
        };
        let key = self.key.clone();
        let history = History::new(recorded, |identity| key.hash(&[identity.as_bytes()]));
        let (before, known, looks) = (self.snapshots(id)?, self.known_ids(id)?, self.looks(id)?);
        let rivals = self.rivals(id)?;
        let run = Box::new(Run::start(self, id, session, lock, true)?);
        Ok(Resumed { run, history, before, known, rivals, looks, tables })
    }

    fn entries(&self, run: i64) -> Result<Vec<(i64, Place, Entry)>, JournalError> {
        let mut select =
            self.db.prepare("SELECT session, fiber, nth, entry FROM entries WHERE run = ?1 ORDER BY id")?;
        let mut rows = select.query([run])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let entry = self.key.open_packed(&row.get::<_, Vec<u8>>(3)?)?;
            let entry = serde_json::from_slice(&entry).map_err(|_| JournalError::Damaged)?;
            entries.push((row.get(0)?, Place { fiber: row.get(1)?, nth: row.get(2)? }, entry));
        }
        Ok(entries)
    }

    fn items(&self, run: i64) -> Result<Vec<PastItem>, JournalError> {
        let mut select = self
            .db
            .prepare("SELECT fiber, parallel, item, has_returned FROM items WHERE run = ?1 ORDER BY fiber")?;
        let items = select.query_map([run], |row| {
            Ok(PastItem {
                fiber: row.get(0)?,
                parallel: row.get(1)?,
                item: row.get::<_, i64>(2)?.cast_unsigned(),
                has_returned: row.get(3)?,
            })
        })?;
        Ok(items.collect::<Result<_, _>>()?)
    }

    fn rows(&self, run: i64) -> Result<Vec<Value>, JournalError> {
        let mut select = self.db.prepare("SELECT rows FROM rows WHERE run = ?1 ORDER BY id")?;
        let mut blobs = select.query([run])?;
        let mut rows: Vec<Value> = Vec::new();
        while let Some(row) = blobs.next()? {
            let blob = self.key.open_packed(&row.get::<_, Vec<u8>>(0)?)?;
            rows.extend(serde_json::from_slice::<Vec<Value>>(&blob).map_err(|_| JournalError::Damaged)?);
        }
        Ok(rows)
    }

    fn past_calls(&self, run: i64) -> Result<Vec<PastCall>, JournalError> {
        let mut select = self.db.prepare(
            "SELECT id, session, fiber, nth, function, action, shown, key, coalesce(outcome, 'unknown'), is_create, data,
             is_sealed, failure, list, made, name, code, began, mark FROM calls WHERE run = ?1 ORDER BY id",
        )?;
        let mut rows = select.query([run])?;
        let mut calls = Vec::new();
        while let Some(row) = rows.next()? {
            let data: Option<Vec<u8>> = row.get(10)?;
            let data = match data {
                Some(sealed) if row.get(11)? => Some(self.key.open(&sealed)?),
                data => data,
            };
            let data = data.map(|data| serde_json::from_slice(&data)).transpose();
            let text = |column| -> Result<Option<String>, JournalError> {
                row.get::<_, Option<String>>(column)?.map(|sealed| self.key.open_text(&sealed)).transpose()
            };
            let failure = text(12)?.map(|failure| serde_json::from_str(&failure)).transpose();
            let place = row.get::<_, Option<i64>>(2)?.zip(row.get(3)?);
            calls.push(PastCall {
                id: row.get(0)?,
                session: row.get(1)?,
                place: place.map(|(fiber, nth)| Place { fiber, nth }),
                function: row.get(4)?,
                action: row.get(5)?,
                shown: text(6)?.unwrap_or_default(),
                key: row.get::<_, Hash>(7)?,
                outcome: Outcome::of_word(&row.get::<_, String>(8)?),
                is_create: row.get(9)?,
                data: data.map_err(|_| JournalError::Damaged)?,
                failure: failure.map_err(|_| JournalError::Damaged)?,
                list: row.get(13)?,
                made: row.get(14)?,
                name: text(15)?,
                code: row.get(16)?,
                began: row.get(17)?,
                mark: row.get::<_, Option<String>>(18)?.and_then(|word| Mark::of_word(&word)),
            });
        }
        Ok(calls)
    }

    fn snapshots(&self, run: i64) -> Result<HashMap<String, Vec<Row>>, JournalError> {
        let mut select = self.db.prepare("SELECT list, rows FROM snapshots WHERE run = ?1")?;
        let mut rows = select.query([run])?;
        let mut snapshots = HashMap::new();
        while let Some(row) = rows.next()? {
            let rows = self.key.open(&row.get::<_, Vec<u8>>(1)?)?;
            let rows = serde_json::from_slice(&rows).map_err(|_| JournalError::Damaged)?;
            snapshots.insert(row.get(0)?, rows);
        }
        Ok(snapshots)
    }

    fn known_ids(&self, run: i64) -> Result<HashMap<String, HashSet<i64>>, JournalError> {
        let mut select = self.db.prepare(
            "SELECT calls.list, calls.made FROM calls JOIN runs ON runs.id = calls.run, runs AS this ON this.id = ?1
             WHERE calls.list IS NOT NULL AND calls.made IS NOT NULL AND runs.url = this.url AND runs.id <> this.id AND
             coalesce(calls.ended, calls.began) >= this.began",
        )?;
        let mut known: HashMap<String, HashSet<i64>> = HashMap::new();
        let mut rows = select.query([run])?;
        while let Some(row) = rows.next()? {
            known.entry(row.get(0)?).or_default().insert(row.get(1)?);
        }
        Ok(known)
    }

    fn rivals(&self, run: i64) -> Result<Vec<PastCall>, JournalError> {
        let mut select = self.db.prepare(
            "SELECT DISTINCT calls.run FROM calls JOIN runs ON runs.id = calls.run, runs AS this ON this.id = ?1 WHERE
             coalesce(outcome, 'unknown') = 'unknown' AND is_create AND runs.url = this.url AND runs.id <> this.id",
        )?;
        let runs = select.query_map([run], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        let mut rivals = Vec::new();
        for run in runs {
            let calls = self.past_calls(run)?.into_iter();
            rivals.extend(calls.filter(|call| call.is_create && call.outcome == Outcome::Unknown));
        }
        Ok(rivals)
    }

    fn looks(&self, run: i64) -> Result<HashMap<String, Vec<i64>>, JournalError> {
        let mut select = self.db.prepare("SELECT list, at FROM looks WHERE run = ?1 ORDER BY at")?;
        let mut looks: HashMap<String, Vec<i64>> = HashMap::new();
        let mut rows = select.query([run])?;
        while let Some(row) = rows.next()? {
            looks.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
        Ok(looks)
    }

    /// Writes down what a person found out about a call.
    ///
    /// # Errors
    /// That another process has the run, that there is no such call, or that the journal cannot be written.
    pub fn settle(
        &self,
        run: i64,
        call: i64,
        outcome: Outcome,
        data: Option<&Value>,
        made: Option<i64>,
    ) -> Result<(), JournalError> {
        let _lock = RunLock::take(&self.path, run)?;
        let data = data.map(|data| self.key.seal(data.to_string().as_bytes())).transpose()?;
        // Whoever said so may be wrong.
        let mark = if outcome == Outcome::NotDone { Mark::Lost } else { Mark::Settled }.word();
        let changed = self.db.execute(
            "UPDATE calls SET outcome = ?3, data = ?4, is_sealed = ?4 IS NOT NULL, made = ?5, mark = ?6 WHERE run = ?1 AND id = ?2",
            params![run, call, outcome.word(), data, made, mark],
        )?;
        if changed == 0 { Err(JournalError::NoCall { run, call }) } else { Ok(()) }
    }

    /// Another call that has made the thing with this id, where the calls of the same run went: its run and its number.
    ///
    /// # Errors
    /// That the journal cannot be read.
    pub fn other_maker(&self, call: i64, made: i64) -> Result<Option<(i64, i64)>, JournalError> {
        let select = "SELECT calls.run, calls.id FROM calls JOIN runs ON runs.id = calls.run, calls AS this JOIN runs AS its
                      ON its.id = this.run WHERE this.id = ?1 AND calls.id <> this.id AND calls.list = this.list AND
                      calls.made = ?2 AND calls.outcome = 'done' AND runs.url = its.url";
        Ok(self.db.query_row(select, [call, made], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// Removes a run and its calls.
    ///
    /// # Errors
    /// That another process has it, that it is not there, or that the journal cannot be written.
    pub fn forget(&self, run: i64) -> Result<(), JournalError> {
        let lock = RunLock::take(&self.path, run)?;
        let changed = self.db.execute("DELETE FROM runs WHERE id = ?1", [run])?;
        lock.remove();
        if changed == 0 { Err(JournalError::NoRun(run)) } else { Ok(()) }
    }
}
