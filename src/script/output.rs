//! The table a run writes (`--output`): a row for each `emit`, on disk as soon as it is emitted.
//!
//! Not here: what is in a row.

use super::header::OutputTable;
use super::input::TableFormat;
use crate::base::mask::Secrets;
use crate::base::text;
use serde_json::{Map, Value};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why a row cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The system says no.
    #[error("the output table cannot be written: {}", text::reason(.0))]
    Io(#[from] io::Error),
    /// A row that has other columns than those before it.
    #[error(
        "`{column}` is no column of the output table, which has {known}; in a .jsonl file rows may differ"
    )]
    OtherColumn {
        /// The one too many.
        column: String,
        /// Those there are, as a list.
        known: String,
    },
    /// A row that has a column which the recipe's header does not declare.
    #[error("the header declares no column `{column}` of the output table{suggestion}")]
    Undeclared {
        /// The one too many.
        column: String,
        /// The nearest there is, as ", did you mean ...".
        suggestion: String,
    },
}

/// An open table.
pub struct Output {
    target: Target,
    /// The columns that the recipe's header declares; any if it declares none.
    declared: Vec<String>,
    /// The secret parameters, whose values do not stand in it.
    hidden: Secrets,
    /// Whether it was said that a field has no column.
    has_told: AtomicBool,
}

enum Target {
    File(Mutex<State>),
    Memory(Kept),
}

/// The rows of a table that is kept in memory.
pub type Kept = Arc<Mutex<Vec<Map<String, Value>>>>;

struct State {
    path: PathBuf,
    /// Made with the first row, so that a script that does not even begin leaves nothing behind.
    file: Option<File>,
    format: TableFormat,
    /// Whether a table that is there is written anew.
    replaces: bool,
    /// Those of a CSV table, which cannot get others later: as fixed, or of the first row.
    columns: Option<Vec<String>>,
    rows: usize,
}

impl Output {
    /// A table that will be written to `path`.
    ///
    /// # Errors
    /// Why it cannot be: a file that is there already is left alone.
    pub fn create(path: &Path, format: TableFormat) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Self::open(path, format, false)
    }

    /// As [`Self::create`], in place of the table that an earlier session of the run may have left there.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn replace(path: &Path, format: TableFormat) -> io::Result<Self> {
        Self::open(path, format, true)
    }

    fn open(path: &Path, format: TableFormat, replaces: bool) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let state = State { path: path.to_path_buf(), file: None, format, replaces, columns: None, rows: 0 };
        Ok(Self::to(Target::File(Mutex::new(state))))
    }

    fn to(target: Target) -> Self {
        Self { target, declared: Vec::new(), hidden: Secrets::default(), has_told: AtomicBool::new(false) }
    }

    /// With what the recipe's header says of it, where `secrets` are the values of secret parameters.
    #[must_use]
    pub fn of(mut self, header: &OutputTable, secrets: &[String]) -> Self {
        if !header.secrets {
            secrets.iter().for_each(|secret| self.hidden.add(secret));
        }
        if let Target::File(state) = &self.target
            && !header.columns.is_empty()
        {
            let mut state = lock(state);
            state.columns = (state.format == TableFormat::Csv).then(|| header.columns.clone());
        }
        self.declared.clone_from(&header.columns);
        self
    }

    /// A table that is no file, and where its rows are kept.
    pub fn kept() -> (Self, Kept) {
        let rows = Kept::default();
        (Self::to(Target::Memory(Arc::clone(&rows))), rows)
    }

    /// Fixes the columns of a CSV table for rows of bulk work, which have the columns of their items and `own`. What the
    /// header does not declare of `own` is added to the table; in JSON formats every row has its own columns.
    ///
    /// # Errors
    /// Returns an error for a column that the table cannot have.
    pub(super) fn begin(&self, items: &[String], own: &[&str]) -> Result<(), OutputError> {
        let is_own = |column: &&String| own.contains(&column.as_str());
        if !self.declared.is_empty() {
            self.all_declared(items.iter().filter(|column| !is_own(column)))?;
        }
        let Target::File(state) = &self.target else { return Ok(()) };
        let State { format: TableFormat::Csv, columns, rows, .. } = &mut *lock(state) else { return Ok(()) };
        let rest = own.iter().map(|&column| column.to_owned()).filter(|column| !items.contains(column));
        let all: Vec<String> = items.iter().cloned().chain(rest).collect();
        match columns {
            None => *columns = Some(all),
            Some(known) if *rows == 0 && !self.declared.is_empty() => {
                let missing: Vec<String> = all.into_iter().filter(|column| !known.contains(column)).collect();
                known.extend(missing);
            }
            Some(known) => fit(known, all.iter())?,
        }
        Ok(())
    }

    /// The columns that the recipe's header declares; none if it leaves them to the rows.
    pub(super) fn declared(&self) -> &[String] {
        &self.declared
    }

    /// Whether this is the first row with a field that has no column. It is said once.
    pub(super) fn is_first_without_column(&self) -> bool {
        !self.has_told.swap(true, Ordering::Relaxed)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Why it was not written.
    pub fn emit(&self, row: Map<String, Value>) -> Result<(), OutputError> {
        if !self.declared.is_empty() {
            self.all_declared(row.keys())?;
        }
        self.append(row)
    }

    /// Adds a row of bulk work, whose columns were checked by [`Self::begin`].
    ///
    /// # Errors
    /// Returns an error if the system does not write it.
    pub(super) fn append(&self, row: Map<String, Value>) -> Result<(), OutputError> {
        let row = row.into_iter().map(|(column, value)| (column, self.hidden.hide(value))).collect();
        let row = &in_order(row, self.declared.iter().map(String::as_str));
        let mut state = match &self.target {
            Target::File(state) => lock(state),
            Target::Memory(rows) => {
                lock(rows).push(row.clone());
                return Ok(());
            }
        };
        let json = || serde_json::to_string(row).map_err(io::Error::from);
        let lines = match state.format {
            TableFormat::Csv => state.csv(row)?,
            TableFormat::Jsonl => [json()?.as_bytes(), b"\n"].concat(),
            TableFormat::Json => {
                let start: &[u8] = if state.rows == 0 { b"[\n  " } else { b",\n  " };
                [start, json()?.as_bytes()].concat()
            }
        };
        state.file()?.write_all(&lines)?;
        state.rows += 1;
        Ok(())
    }

    fn all_declared<'a>(&self, mut columns: impl Iterator<Item = &'a String>) -> Result<(), OutputError> {
        match columns.find(|column| !self.declared.contains(column)) {
            None => Ok(()),
            Some(column) => Err(OutputError::Undeclared {
                suggestion: text::did_you_mean(column, self.declared.iter().map(String::as_str)),
                column: text::one_line(&text::cut(column, 60)).into_owned(),
            }),
        }
    }

    /// Ends the table. One without a row is only made where all went well: otherwise it would be in the way when the run is
    /// tried again.
    ///
    /// # Errors
    /// Why its end was not written.
    pub fn finish(&self, has_failed: bool) -> Result<(), OutputError> {
        let Target::File(state) = &self.target else { return Ok(()) };
        let mut state = lock(state);
        if has_failed && state.rows == 0 && state.file.is_none() {
            return Ok(());
        }
        let end: &[u8] = match (state.format, state.rows) {
            (TableFormat::Json, 0) => b"[]\n",
            (TableFormat::Json, _) => b"\n]\n",
            _ => b"",
        };
        let end = match (state.format, state.rows, &state.columns) {
            (TableFormat::Csv, 0, Some(columns)) => lines(&[columns])?,
            _ => end.to_vec(),
        };
        let file = state.file()?;
        file.write_all(&end)?;
        file.flush()?;
        Ok(())
    }
}

/// The row with these columns first, in this order.
pub(super) fn in_order<'a>(
    mut row: Map<String, Value>,
    columns: impl Iterator<Item = &'a str>,
) -> Map<String, Value> {
    let mut ordered: Map<String, Value> =
        columns.filter_map(|column| row.shift_remove_entry(column)).collect();
    ordered.extend(row);
    ordered
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// The open file, for its owner alone.
    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let mut options = OpenOptions::new();
                options.write(true);
                match self.replaces {
                    true => options.create(true).truncate(true),
                    false => options.create_new(true),
                };
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                options.open(&self.path)?
            }
        };
        Ok(self.file.insert(file))
    }

    fn csv(&mut self, row: &Map<String, Value>) -> Result<Vec<u8>, OutputError> {
        let columns = self.columns.get_or_insert_with(|| row.keys().cloned().collect());
        fit(columns, row.keys())?;
        let cells = columns.iter().map(|column| cell(row.get(column))).collect();
        Ok(if self.rows == 0 { lines(&[columns, &cells])? } else { lines(&[&cells])? })
    }
}

/// Looks whether every one of `columns` is among `known`.
fn fit<'a>(known: &[String], mut columns: impl Iterator<Item = &'a String>) -> Result<(), OutputError> {
    match columns.find(|column| !known.contains(column)) {
        None => Ok(()),
        Some(column) => Err(OutputError::OtherColumn {
            column: text::one_line(column).into_owned(),
            known: text::list_and(known),
        }),
    }
}

fn lines(rows: &[&Vec<String>]) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(*row)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(format: TableFormat, rows: &[Value]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table");
        let output = Output::create(&path, format).unwrap();
        for row in rows {
            output.emit(row.as_object().unwrap().clone()).unwrap();
        }
        output.finish(false).unwrap();
        std::fs::read_to_string(&path).unwrap()
    }

    fn row(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_columns_of_the_header_are_those_of_the_table() {
        let header = OutputTable { columns: vec!["b".into(), "c".into(), "a".into()], secrets: false };
        let secrets = ["hunter2".to_owned()];
        for (format, expected) in
            [(TableFormat::Csv, "b,c,a\n***,,1\n"), (TableFormat::Jsonl, "{\"b\":\"***\",\"a\":1}\n")]
        {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("table");
            let output = Output::create(&path, format).unwrap().of(&header, &secrets);
            output.emit(row(&json!({ "a": 1, "b": "hunter2" }))).unwrap();
            let error = output.emit(row(&json!({ "a": 1, "d": 1 }))).unwrap_err().to_string();
            assert_eq!(error, "the header declares no column `d` of the output table");
            output.finish(false).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        }
        let (output, kept) = Output::kept();
        let output = output.of(&OutputTable { secrets: true, ..header }, &secrets);
        output.emit(row(&json!({ "b": "hunter2" }))).unwrap();
        assert_eq!(lock(&kept)[0]["b"], "hunter2");
    }

    #[test]
    fn rows_are_written_in_each_format() {
        let rows = [json!({ "a": 1, "b": "x,y" }), json!({ "a": null })];
        assert_eq!(written(TableFormat::Csv, &rows), "a,b\n1,\"x,y\"\n,\n");
        assert_eq!(written(TableFormat::Jsonl, &rows), "{\"a\":1,\"b\":\"x,y\"}\n{\"a\":null}\n");
        let json: Value = serde_json::from_str(&written(TableFormat::Json, &rows)).unwrap();
        assert_eq!(json, json!(rows));
        assert_eq!(written(TableFormat::Json, &[]), "[]\n");
    }

    #[test]
    fn a_file_that_is_there_is_left_alone_and_a_new_column_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let output = Output::create(&path, TableFormat::Csv).unwrap();
        output.emit(row(&json!({ "a": 1 }))).unwrap();
        let error = output.emit(row(&json!({ "b": 1 }))).unwrap_err().to_string();
        assert_eq!(
            error,
            "`b` is no column of the output table, which has `a`; in a .jsonl file rows may differ"
        );
        assert_eq!(
            Output::create(&path, TableFormat::Csv).err().unwrap().kind(),
            io::ErrorKind::AlreadyExists
        );
    }
}
