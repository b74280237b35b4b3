//! The table a run is given (`--input`): CSV, JSON or JSONL, read row by row.
//!
//! Not here: where its bytes come from (`table_bytes`). Everything wrong with it is found in a first pass, before the
//! first row is handed out.

use super::csv_quotes;
use super::table_bytes::{self, Bytes};
use crate::base::text;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

type Reader = BufReader<Box<dyn Read + Send>>;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// A header and a line per row; cells are text.
    Csv,
    /// An array of objects.
    Json,
    /// An object on each line.
    Jsonl,
}

impl TableFormat {
    /// By the ending of the file's name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The system says no.
    #[error("it cannot be read: {0}")]
    Io(String),
    /// Not the file that was looked at first.
    #[error("it was changed while it was in use; begin again with the table as it is now")]
    Changed,
    /// Not UTF-8.
    #[error("it is not UTF-8 text (line {0}); save it as UTF-8")]
    NotUtf8(usize),
    /// Not the UTF-16 that its first bytes say it is.
    #[error(transparent)]
    NotText(#[from] text::DecodeError),
    /// No header.
    #[error("it is empty; a CSV table begins with the names of its columns")]
    NoHeader,
    /// A first line such as `sep=;`, which only spreadsheets read.
    #[error("its first line names the delimiter for spreadsheets (`sep=`); remove that line")]
    DelimiterLine,
    /// A column without a name.
    #[error("column {0} has no name")]
    NamelessColumn(usize),
    /// Two columns of one name.
    #[error("two columns are named `{0}`")]
    TwinColumns(String),
    /// A row that is too short or too long.
    #[error("line {line} has {found}, the header has {expected}")]
    Ragged {
        /// Counted from 1.
        line: u64,
        /// As in "3 cells".
        found: String,
        /// How many the header has.
        expected: usize,
    },
    /// A quoted cell that does not end.
    #[error(
        "the quote that opens in line {0} is never closed; a quote inside a quoted cell is written twice"
    )]
    OpenQuote(usize),
    /// Text before or behind a quoted cell.
    #[error(
        "line {line} has text beside a quoted cell, whose quote opens in line {opened}; a quote inside a quoted cell is \
         written twice"
    )]
    BesideQuote {
        /// Counted from 1.
        line: usize,
        /// Where the quote opens, counted from 1.
        opened: usize,
    },
    /// A row that the reader does not understand.
    #[error("line {0} cannot be read")]
    Unreadable(u64),
    /// Not JSON.
    #[error("line {line}, column {column} is not JSON")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// JSON, but no table.
    #[error("{0} is not an object; a table is an array of objects")]
    NotRow(String),
    /// A column the recipe declares is not there.
    #[error("there is no column `{column}`{suggestion}")]
    NoColumn {
        /// The one it declares.
        column: String,
        /// The nearest there is.
        suggestion: String,
    },
}

/// A table that was read to its end once, and is known to be whole. Of CSV and JSONL files no more than a row at a time
/// is in memory; a JSON array is one value, and is.
#[derive(Debug, Clone)]
pub struct Table {
    content: Content,
    columns: Arc<[String]>,
    length: usize,
}

impl Default for Table {
    /// A table without rows.
    fn default() -> Self {
        Self { content: Content::Rows(Arc::new([])), columns: Arc::default(), length: 0 }
    }
}

#[derive(Debug, Clone)]
enum Content {
    Csv { bytes: Bytes, delimiter: u8, columns: Arc<[String]> },
    Rows(Arc<[Map<String, Value>]>),
    Lines(Bytes),
}

type Row = Result<Map<String, Value>, TableError>;

impl Table {
    /// Reads a file and looks at every row. `wanted` are the columns the recipe declares.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn open(path: &Path, format: TableFormat, wanted: &[String]) -> Result<Self, TableError> {
        Self::of(Bytes::of_file(path).map_err(|error| table_bytes::reason(&error))?, format, wanted)
    }

    /// A table of rows that are there already, as JSON.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn of_json(rows: Vec<u8>, wanted: &[String]) -> Result<Self, TableError> {
        Self::of(Bytes::Memory(rows.into()), TableFormat::Json, wanted)
    }

    fn of(bytes: Bytes, format: TableFormat, wanted: &[String]) -> Result<Self, TableError> {
        table_bytes::check_text(read(&bytes)?)?;
        let content = match format {
            TableFormat::Csv => csv_content(bytes, wanted)?,
            TableFormat::Json => Content::Rows(json_rows(read(&bytes)?)?.into()),
            TableFormat::Jsonl => Content::Lines(bytes),
        };
        let mut columns = match &content {
            Content::Csv { columns, .. } => columns.to_vec(),
            _ => Vec::new(),
        };
        let mut table = Self { content, columns: Arc::default(), length: 0 };
        let mut seen: BTreeSet<String> = columns.iter().cloned().collect();
        for row in table.checked_rows()? {
            let row = row?;
            if let Some(column) = wanted.iter().find(|column| !row.contains_key(*column)) {
                return Err(no_column(column, row.keys().map(String::as_str)));
            }
            for column in row.keys() {
                if !seen.contains(column) {
                    seen.insert(column.clone());
                    columns.push(column.clone());
                }
            }
            table.length += 1;
        }
        table.columns = columns.into();
        Ok(table)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The columns of all rows, each where it is first met.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows, each read when it is asked for. After an error there are no more.
    pub fn rows(&self) -> impl Iterator<Item = Row> + Send + use<> {
        let mut rows = self.checked_rows().map_err(Some);
        let mut left = self.length;
        std::iter::from_fn(move || {
            let row = match &mut rows {
                Ok(rows) => rows.next(),
                Err(error) => error.take().map(Err),
            };
            // Every row was right when it was read before.
            let row = match (row?, left) {
                (Err(TableError::Io(reason)), _) => Err(TableError::Io(reason)),
                (Err(_), _) | (_, 0) => Err(TableError::Changed),
                (row, _) => row,
            };
            left = left.saturating_sub(1);
            if row.is_err() {
                rows = Err(None);
            }
            Some(row)
        })
    }

    fn checked_rows(&self) -> Result<Box<dyn Iterator<Item = Row> + Send>, TableError> {
        Ok(match &self.content {
            Content::Csv { bytes, delimiter, columns } => {
                let columns = Arc::clone(columns);
                let records = csv_reader(read(bytes)?, *delimiter).into_records();
                Box::new(records.map(move |record| csv_row(&columns, record)))
            }
            Content::Rows(rows) => {
                let rows = Arc::clone(rows);
                Box::new((0..rows.len()).map(move |at| Ok(rows[at].clone())))
            }
            Content::Lines(bytes) => Box::new(Lines { from: read(bytes)?, line: 0 }),
        })
    }
}

fn read(bytes: &Bytes) -> Result<Reader, TableError> {
    bytes.read().map_err(|error| table_bytes::reason(&error))
}

fn csv_reader(from: Reader, delimiter: u8) -> csv::Reader<Reader> {
    csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(from)
}

fn csv_content(bytes: Bytes, wanted: &[String]) -> Result<Content, TableError> {
    let delimiter = csv_quotes::delimiter(read(&bytes)?)?;
    csv_quotes::check(read(&bytes)?, delimiter)?;
    let mut reader = csv_reader(read(&bytes)?, delimiter);
    let header = reader.headers().map_err(|error| csv_error(error, 1))?;
    let columns: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    if columns.is_empty() || columns == [""] {
        return Err(TableError::NoHeader);
    }
    let is_delimiter_line = |line: &[String]| {
        line[0].to_ascii_lowercase().starts_with("sep=") && line[1..].iter().all(String::is_empty)
    };
    if is_delimiter_line(&columns) {
        return Err(TableError::DelimiterLine);
    }
    let mut seen = BTreeSet::new();
    for (at, column) in columns.iter().enumerate() {
        if column.is_empty() {
            return Err(TableError::NamelessColumn(at + 1));
        }
        if !seen.insert(column) {
            return Err(TableError::TwinColumns(text::one_line(column).into_owned()));
        }
    }
    if let Some(column) = wanted.iter().find(|column| !columns.contains(column)) {
        return Err(no_column(column, columns.iter().map(String::as_str)));
    }
    Ok(Content::Csv { bytes, delimiter, columns: columns.into() })
}

fn csv_row(columns: &[String], record: Result<csv::StringRecord, csv::Error>) -> Row {
    let record = record.map_err(|error| {
        let line = error.position().map_or(0, csv::Position::line);
        csv_error(error, line)
    })?;
    if record.len() != columns.len() {
        let line = record.position().map_or(0, csv::Position::line);
        return Err(TableError::Ragged {
            line,
            found: text::count(record.len(), "cell"),
            expected: columns.len(),
        });
    }
    Ok(columns.iter().cloned().zip(record.iter().map(Value::from)).collect())
}

fn csv_error(error: csv::Error, line: u64) -> TableError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => table_bytes::reason(&error),
        _ => TableError::Unreadable(line),
    }
}

fn json_rows(mut from: Reader) -> Result<Vec<Map<String, Value>>, TableError> {
    // Parsing from memory is faster than from a reader, and tells columns as people count them.
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).map_err(|error| table_bytes::reason(&error))?;
    let rows: Vec<Value> = serde_json::from_slice(&bytes).map_err(|error| not_json(&error, 0))?;
    let rows = rows.into_iter().enumerate().map(|(at, row)| match row {
        Value::Object(row) => Ok(row),
        _ => Err(TableError::NotRow(format!("item {}", at + 1))),
    });
    rows.collect()
}

fn not_json(error: &serde_json::Error, lines_before: usize) -> TableError {
    TableError::NotJson { line: lines_before + error.line().max(1), column: error.column().max(1) }
}

fn no_column<'a>(column: &str, columns: impl Iterator<Item = &'a str>) -> TableError {
    let suggestion = text::did_you_mean(column, columns);
    TableError::NoColumn { column: text::one_line(column).into_owned(), suggestion }
}

/// Goes through JSON lines; blank ones are skipped.
struct Lines {
    from: Reader,
    line: usize,
}

impl Iterator for Lines {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let mut line = Vec::new();
        loop {
            line.clear();
            match self.from.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => self.line += 1,
                Err(error) => return Some(Err(table_bytes::reason(&error))),
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            return Some(match serde_json::from_slice(&line) {
                Ok(Value::Object(row)) => Ok(row),
                Ok(_) => Err(TableError::NotRow(format!("line {}", self.line))),
                Err(error) => Err(not_json(&error, self.line - 1)),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn in_memory(bytes: &[u8], format: TableFormat, wanted: &[String]) -> Result<Table, TableError> {
        Table::of(Bytes::Memory(bytes.into()), format, wanted)
    }

    fn rows(text: &str, format: TableFormat) -> Result<Vec<Value>, String> {
        let table = in_memory(text.as_bytes(), format, &[]).map_err(|error| error.to_string())?;
        let rows: Vec<Value> = table.rows().map(|row| Value::Object(row.unwrap())).collect();
        assert_eq!(table.len(), rows.len());
        Ok(rows)
    }

    #[test]
    fn the_same_table_is_read_from_each_format() {
        let expected = Ok(vec![json!({ "name": "a,b", "id": "1" }), json!({ "name": "c", "id": "" })]);
        assert_eq!(rows("\u{feff}name,id\r\n\"a,b\",1\r\nc,\r\n", TableFormat::Csv), expected);
        assert_eq!(rows("name;id\na,b;1\nc;\n", TableFormat::Csv), expected);
        assert_eq!(rows(r#"[{"name":"a,b","id":"1"},{"name":"c","id":""}]"#, TableFormat::Json), expected);
        assert_eq!(
            rows("{\"name\":\"a,b\",\"id\":\"1\"}\n\n{\"name\":\"c\",\"id\":\"\"}", TableFormat::Jsonl),
            expected
        );
        assert_eq!(rows("name\n", TableFormat::Csv), Ok(Vec::new()));
    }

    #[test]
    fn what_separates_cells_is_found_outside_quotes() {
        let first = |text: &str| rows(text, TableFormat::Csv).map(|rows| rows[0].clone());
        assert_eq!(
            first("\"name; long; label\",id\na,1\n"),
            Ok(json!({ "name; long; label": "a", "id": "1" }))
        );
        assert_eq!(first("\"a,\n,,b\";c\n1;2\n"), Ok(json!({ "a,\n,,b": "1", "c": "2" })));
        assert_eq!(
            first("\r\n\n\"profile \"\"id\"\"\"\tname\n1\ta\n"),
            Ok(json!({ "profile \"id\"": "1", "name": "a" }))
        );
        assert_eq!(first("a,b\n\"x \"\"y\"\"\n,z\",\"\"\n"), Ok(json!({ "a": "x \"y\"\n,z", "b": "" })));
        assert_eq!(first("a,b\nsay \"x\",5\"\n"), Ok(json!({ "a": "say \"x\"", "b": "5\"" })));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let csv = |text: &str| rows(text, TableFormat::Csv).unwrap_err();
        assert_eq!(csv(""), "it is empty; a CSV table begins with the names of its columns");
        assert_eq!(csv("a,,b\n"), "column 2 has no name");
        for line in ["sep=;", "sep=,", "\"SEP=;\"", "sep=|"] {
            assert_eq!(
                csv(&format!("{line}\na;b\n1;2\n")),
                "its first line names the delimiter for spreadsheets (`sep=`); remove that line"
            );
        }
        assert_eq!(csv("a,b,a\n"), "two columns are named `a`");
        assert_eq!(csv("a,b\n1,2\n1\n"), "line 3 has 1 cell, the header has 2");
        assert_eq!(
            rows("[{}, 5]", TableFormat::Json).unwrap_err(),
            "item 2 is not an object; a table is an array of objects"
        );
        assert_eq!(rows("{}\n{nope}", TableFormat::Jsonl).unwrap_err(), "line 2, column 2 is not JSON");
        let open =
            "the quote that opens in line 2 is never closed; a quote inside a quoted cell is written twice";
        assert_eq!(csv("id,name\n1640,\"shop 1\n1640,shop 2\n"), open);
        assert_eq!(csv("id,name\n1640,\"shop \"\"1\"\"\r\n1640,shop 2\r\n"), open);
        let beside = |line: usize, opened: usize| {
            format!(
                "line {line} has text beside a quoted cell, whose quote opens in line {opened}; a quote inside a quoted \
                 cell is written twice"
            )
        };
        assert_eq!(csv("id,name\n1640,\"p\"w\"\n"), beside(2, 2));
        assert_eq!(csv("id,name\n1640,\"p\" \n"), beside(2, 2));
        assert_eq!(csv("id,name\n1640, \"p\"\n"), beside(2, 2));
        assert_eq!(csv("id,name\n1640,\"a\n1641,\"b\"\n"), beside(3, 2));
        let not_text = in_memory(b"a\nb\xff", TableFormat::Csv, &[]).unwrap_err();
        assert_eq!(not_text.to_string(), "it is not UTF-8 text (line 2); save it as UTF-8");
    }

    #[test]
    fn a_declared_column_that_is_not_there_is_named() {
        let wanted = ["profile_id".to_owned()];
        for (text, format) in [("profil_id\n", TableFormat::Csv), ("[{\"profil_id\": 1}]", TableFormat::Json)]
        {
            let error = in_memory(text.as_bytes(), format, &wanted).unwrap_err();
            assert_eq!(error.to_string(), "there is no column `profile_id`, did you mean `profil_id`?");
        }
    }

    #[test]
    fn the_columns_of_rows_that_differ_are_those_of_all() {
        let text = b"{\"b\":1}\n{\"a\":1,\"b\":2}\n";
        assert_eq!(in_memory(text, TableFormat::Jsonl, &[]).unwrap().columns(), ["b", "a"]);
        assert_eq!(in_memory(b"b,a\n", TableFormat::Csv, &[]).unwrap().columns(), ["b", "a"]);
    }

    #[test]
    fn a_file_that_changes_is_an_error_and_the_end_of_the_rows() {
        let folder = tempfile::tempdir().unwrap();
        for (format, before, after) in
            [(TableFormat::Csv, "a,b\n1,2\n", "a,b\n1,2\n3,4\n"), (TableFormat::Jsonl, "{}\n", "{}\n{}\n")]
        {
            let path = folder.path().join("table");
            std::fs::write(&path, before).unwrap();
            let table = Table::open(&path, format, &[]).unwrap();
            assert_eq!(table.rows().filter_map(Result::ok).count(), 1);
            std::fs::write(&path, after).unwrap();
            assert_eq!(table.rows().collect::<Vec<_>>(), [Err(TableError::Changed)]);
            std::fs::remove_file(&path).unwrap();
            let gone = TableError::Io("there is no such file".into());
            assert_eq!(table.rows().collect::<Vec<_>>(), [Err(gone)]);
        }
    }
}
