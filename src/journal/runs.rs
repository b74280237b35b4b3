//! Reading a journal: its runs, their calls, and what is needed to go on with one.
//!
//! Not here: writing during a run (`writer`).

use super::keys::Hash;
use super::lock::RunLock;
use super::resume::{Past, PastCall};
use super::settle::Row;
use super::writer::{Outcome, Run, RunLog};
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
}

/// Everything needed to go on with a run.
pub struct Resumed {
    /// To record in.
    pub run: Box<dyn RunLog>,
    /// What earlier sessions did.
    pub past: Past,
    /// The rows of lists before the run made anything.
    pub before: HashMap<String, Vec<Row>>,
    /// The values the script was given, by position and number.
    pub answers: HashMap<(String, i64), String>,
    /// Ids that are known to have been made by calls of any run, by list.
    pub known: HashMap<String, HashSet<i64>>,
}

const RUNS: &str = "
SELECT id, command, name, url, sessions, began, ended, exit, plan IS NOT NULL,
       (SELECT count(*) FROM calls WHERE run = runs.id),
       (SELECT count(*) FROM calls WHERE run = runs.id AND outcome = 'done'),
       (SELECT count(*) FROM calls WHERE run = runs.id AND coalesce(outcome, 'unknown') = 'unknown')
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
            "SELECT id, session, function, action, shown, began, outcome, made FROM calls WHERE run = ?1 ORDER BY id",
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

    /// Takes a run up again. Only one process at a time can.
    ///
    /// # Errors
    /// That another process has it, or the journal cannot be used.
    pub fn resume(self, id: i64) -> Result<Resumed, JournalError> {
        let lock = RunLock::take(&self.path, id)?;
        let update = "UPDATE runs SET sessions = sessions + 1, ended = NULL, exit = NULL WHERE id = ?1 RETURNING sessions";
        let session: Option<i64> = self.db.query_row(update, [id], |row| row.get(0)).optional()?;
        let session = session.ok_or(JournalError::NoRun(id))?;
        let before = self.snapshots(id)?;
        let ids = before.iter().map(|(list, rows)| (list.clone(), rows.iter().map(|(id, _)| *id).collect()));
        let past = Past::new(self.past_calls(id)?, ids.collect());
        let (answers, known) = (self.answers(id)?, self.known_ids(id)?);
        Ok(Resumed {
            run: Box::new(Run::start(self, id, session, lock, true)?),
            past,
            before,
            answers,
            known,
        })
    }

    fn past_calls(&self, run: i64) -> Result<Vec<PastCall>, JournalError> {
        let mut select = self.db.prepare(
            "SELECT id, position, key, coalesce(outcome, 'unknown'), is_create, data, is_sealed, list, made, name, code, began,
             patience, action FROM calls WHERE run = ?1 ORDER BY id",
        )?;
        let mut rows = select.query([run])?;
        let mut calls = Vec::new();
        while let Some(row) = rows.next()? {
            let data: Option<Vec<u8>> = row.get(5)?;
            let data = match data {
                Some(sealed) if row.get(6)? => Some(self.key.open(&sealed)?),
                data => data,
            };
            let data = data.map(|data| serde_json::from_slice(&data)).transpose();
            let position = row.get::<_, String>(1)?.parse();
            calls.push(PastCall {
                id: row.get(0)?,
                action: row.get(13)?,
                position: position.map_err(|_| JournalError::Damaged)?,
                key: row.get::<_, Hash>(2)?,
                outcome: Outcome::of_word(&row.get::<_, String>(3)?),
                is_create: row.get(4)?,
                data: data.map_err(|_| JournalError::Damaged)?,
                list: row.get(7)?,
                made: row.get(8)?,
                name: row.get::<_, Option<String>>(9)?.map(|name| self.key.open_text(&name)).transpose()?,
                code: row.get(10)?,
                began: row.get(11)?,
                patience: row.get(12)?,
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

    fn answers(&self, run: i64) -> Result<HashMap<(String, i64), String>, JournalError> {
        let mut select = self.db.prepare("SELECT position, nth, value FROM answers WHERE run = ?1")?;
        let rows = select.query_map([run], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn known_ids(&self, run: i64) -> Result<HashMap<String, HashSet<i64>>, JournalError> {
        let mut select = self.db.prepare(
            "SELECT calls.list, calls.made FROM calls JOIN runs ON runs.id = calls.run WHERE calls.list IS NOT NULL AND
             calls.made IS NOT NULL AND runs.url = (SELECT url FROM runs WHERE id = ?1)",
        )?;
        let mut known: HashMap<String, HashSet<i64>> = HashMap::new();
        let mut rows = select.query([run])?;
        while let Some(row) = rows.next()? {
            known.entry(row.get(0)?).or_default().insert(row.get(1)?);
        }
        Ok(known)
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
        let changed = self.db.execute(
            "UPDATE calls SET outcome = ?3, data = ?4, is_sealed = ?4 IS NOT NULL, made = ?5 WHERE run = ?1 AND id = ?2",
            params![run, call, outcome.word(), data, made],
        )?;
        if changed == 0 { Err(JournalError::NoCall { run, call }) } else { Ok(()) }
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
