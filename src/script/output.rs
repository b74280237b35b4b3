//! The table a run writes (`--output`): a row for each `emit`, on disk as soon as it is emitted.
//!
//! Not here: what is in a row.

use super::header::OutputTable;
use super::input::TableFormat;
use crate::base::mask::Secrets;
use crate::base::text;
use serde_json::{Map, Value};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::NamedTempFile;

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
    place: Place,
    /// Made with the first row, so that a script that does not even begin leaves nothing behind.
    file: Option<File>,
    format: TableFormat,
    /// Those of a CSV table, which cannot get others later: as fixed, or of the first row.
    columns: Option<Vec<String>>,
    rows: usize,
    /// Is told when a file is made, and at what time it was born.
    on_made: Option<OnMade>,
}

/// Is told that a file was made, by the time of its birth.
pub type OnMade = Box<dyn Fn(i64) + Send + Sync>;

/// Where the rows go.
enum Place {
    /// A file that is not there yet.
    New(PathBuf),
    /// A file beside the table of an earlier session, which takes its place at the end.
    Beside {
        file: NamedTempFile,
        path: PathBuf,
        /// How many rows the earlier table has.
        earlier: usize,
    },
    /// Nothing is left to be done.
    Done,
}

/// What became of the table of a script that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// It holds what was written.
    Written,
    /// The table of an earlier session stays: it has more rows than were written before the script failed.
    KeptEarlier {
        /// How many rows it has.
        earlier: usize,
        /// How many were written.
        written: usize,
    },
}

impl Output {
    /// A table that will be written to `path`. That it can be is tried here, before a script has done anything.
    ///
    /// # Errors
    /// Why it cannot be: a file that is there already is left alone.
    pub fn create(path: &Path, format: TableFormat) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        drop(create_new(path)?);
        std::fs::remove_file(path)?;
        Ok(Self::at(Place::New(path.to_path_buf()), format))
    }

    /// As [`Self::create`], in place of the table that an earlier session of the run may have left there. It stays until the
    /// new one is whole, or has as many rows.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn replace(path: &Path, format: TableFormat) -> io::Result<Self> {
        if path.symlink_metadata().is_err() {
            return Self::create(path, format);
        }
        let path = path.canonicalize()?;
        let earlier = rows_in(&path, format)?;
        let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
        let file = tempfile::Builder::new().prefix(".ixscript-").suffix(".part").tempfile_in(folder)?;
        Ok(Self::at(Place::Beside { file, path, earlier }, format))
    }

    fn at(place: Place, format: TableFormat) -> Self {
        let state = State { place, file: None, format, columns: None, rows: 0, on_made: None };
        Self::to(Target::File(Mutex::new(state)))
    }

    fn to(target: Target) -> Self {
        Self { target, declared: Vec::new(), hidden: Secrets::default(), has_told: AtomicBool::new(false) }
    }

    /// Tells when a file is made for it.
    #[must_use]
    pub fn telling(self, on_made: OnMade) -> Self {
        if let Target::File(state) = &self.target {
            lock(state).on_made = Some(on_made);
        }
        self
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
            // Without items there may be no row; the first one that comes has its own columns.
            None if items.is_empty() => {}
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

    /// Adds a row. A dry run only looks whether it fits.
    ///
    /// # Errors
    /// Why it was not written.
    pub fn emit(&self, row: Map<String, Value>, is_dry: bool) -> Result<(), OutputError> {
        if !self.declared.is_empty() {
            self.all_declared(row.keys())?;
        }
        self.append(row, is_dry)
    }

    /// Adds a row of bulk work, whose columns were checked by [`Self::begin`].
    ///
    /// # Errors
    /// Returns an error if the system does not write it.
    pub(super) fn append(&self, row: Map<String, Value>, is_dry: bool) -> Result<(), OutputError> {
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
        state.rows += 1;
        if !is_dry {
            state.file()?.write_all(&lines)?;
        }
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
    /// tried again. A dry run makes none.
    ///
    /// # Errors
    /// Why its end was not written.
    pub fn finish(&self, has_failed: bool, is_dry: bool) -> Result<Finished, OutputError> {
        let Target::File(state) = &self.target else { return Ok(Finished::Written) };
        let mut state = lock(state);
        let written = state.rows;
        if let Place::Beside { earlier, .. } = state.place
            && has_failed
            && written < earlier
        {
            state.place = Place::Done;
            return Ok(Finished::KeptEarlier { earlier, written });
        }
        if is_dry || has_failed && written == 0 || matches!(state.place, Place::Done) {
            state.place = Place::Done;
            return Ok(Finished::Written);
        }
        let end = match (state.format, written, &state.columns) {
            (TableFormat::Json, 0, _) => b"[]\n".to_vec(),
            (TableFormat::Json, ..) => b"\n]\n".to_vec(),
            (TableFormat::Csv, 0, Some(columns)) => lines(&[columns])?,
            _ => Vec::new(),
        };
        let file = state.file()?;
        file.write_all(&end)?;
        file.flush()?;
        state.file = None;
        if let Place::Beside { file, path, .. } = std::mem::replace(&mut state.place, Place::Done) {
            file.persist(path).map_err(|error| error.error)?;
        }
        Ok(Finished::Written)
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
    /// The open file.
    fn file(&mut self) -> io::Result<&mut File> {
        let file = match (self.file.take(), &self.place) {
            (Some(file), _) => return Ok(self.file.insert(file)),
            (None, Place::New(path)) => create_new(path)?,
            (None, Place::Beside { file, .. }) => file.reopen()?,
            (None, Place::Done) => return Err(io::ErrorKind::BrokenPipe.into()),
        };
        if let Some(on_made) = &self.on_made {
            on_made(birth(&file.metadata()?));
        }
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

/// When a file was born, in nanoseconds since 1970, which tells it from any other that gets its name; 0 where the system
/// does not know.
pub fn birth(file: &std::fs::Metadata) -> i64 {
    let born = file.created().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    born.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or_default()
}

/// A new file, for its owner alone.
fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// How many rows are in a table that was written here, even if its end is missing.
fn rows_in(path: &Path, format: TableFormat) -> io::Result<usize> {
    let file = BufReader::new(File::open(path)?);
    if format == TableFormat::Csv {
        let rows = csv::ReaderBuilder::new().flexible(true).from_reader(file).into_byte_records();
        return Ok(rows.take_while(Result::is_ok).count());
    }
    let mut rows = 0;
    for line in file.split(b'\n') {
        rows += usize::from(line?.trim_ascii_start().starts_with(b"{"));
    }
    Ok(rows)
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
            output.emit(row.as_object().unwrap().clone(), false).unwrap();
        }
        output.finish(false, false).unwrap();
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
            output.emit(row(&json!({ "a": 1, "b": "hunter2" })), false).unwrap();
            let error = output.emit(row(&json!({ "a": 1, "d": 1 })), false).unwrap_err().to_string();
            assert_eq!(error, "the header declares no column `d` of the output table");
            output.finish(false, false).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        }
        let (output, kept) = Output::kept();
        let output = output.of(&OutputTable { secrets: true, ..header }, &secrets);
        output.emit(row(&json!({ "b": "hunter2" })), false).unwrap();
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
        output.emit(row(&json!({ "a": 1 })), false).unwrap();
        let error = output.emit(row(&json!({ "b": 1 })), false).unwrap_err().to_string();
        assert_eq!(
            error,
            "`b` is no column of the output table, which has `a`; in a .jsonl file rows may differ"
        );
        assert_eq!(
            Output::create(&path, TableFormat::Csv).err().unwrap().kind(),
            io::ErrorKind::AlreadyExists
        );
    }

    /// A session over a table, which ends after so many rows; what is in the table then.
    fn session(path: &Path, format: TableFormat, rows: usize, has_failed: bool) -> (Finished, usize) {
        let output = Output::replace(path, format).unwrap();
        for n in 0..rows {
            output.emit(row(&json!({ "n": n, "text": "a\nb" })), false).unwrap();
        }
        let finished = output.finish(has_failed, false).unwrap();
        (finished, rows_in(path, format).unwrap())
    }

    #[test]
    fn a_resumed_session_that_stops_early_keeps_the_earlier_table() {
        for format in [TableFormat::Csv, TableFormat::Jsonl, TableFormat::Json] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("table");
            assert_eq!(session(&path, format, 3, true), (Finished::Written, 3));
            assert_eq!(
                session(&path, format, 2, true),
                (Finished::KeptEarlier { earlier: 3, written: 2 }, 3)
            );
            assert_eq!(
                session(&path, format, 0, true),
                (Finished::KeptEarlier { earlier: 3, written: 0 }, 3)
            );
            assert_eq!(session(&path, format, 4, true), (Finished::Written, 4));
            // A session that is cut off leaves the table as it is.
            let output = Output::replace(&path, format).unwrap();
            output.emit(row(&json!({ "n": 1 })), false).unwrap();
            assert_eq!(rows_in(&path, format).unwrap(), 4);
            drop(output);
            assert_eq!(session(&path, format, 1, false), (Finished::Written, 1));
            let names: Vec<_> =
                std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
            assert_eq!(names, [path]);
        }
    }

    #[test]
    fn a_table_that_cannot_be_made_is_known_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join(format!("{}.csv", "x".repeat(300)));
        assert!(Output::create(&long, TableFormat::Csv).is_err());
        let nowhere = folder.path().join("nowhere/table.csv");
        assert_eq!(Output::create(&nowhere, TableFormat::Csv).err().unwrap().kind(), io::ErrorKind::NotFound);
        let table = folder.path().join("table.csv");
        drop(Output::create(&table, TableFormat::Csv).unwrap());
        assert!(!table.exists());
    }

    #[test]
    fn a_dry_run_writes_no_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let output = Output::create(&path, TableFormat::Csv).unwrap();
        output.emit(row(&json!({ "a": 1 })), true).unwrap();
        assert!(output.emit(row(&json!({ "b": 1 })), true).is_err());
        assert_eq!(output.finish(false, true).unwrap(), Finished::Written);
        assert!(!path.exists());
    }
}
