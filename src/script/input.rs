//! The table a run is given (`--input`): CSV, JSON or JSONL, read row by row.
//!
//! Not here: opening the file. Everything wrong with it is found before the first row is handed out.

use crate::base::text;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

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
    /// Not UTF-8.
    #[error("it is not UTF-8 text (line {0}); save it as UTF-8")]
    NotText(usize),
    /// No header.
    #[error("it is empty; a CSV table begins with the names of its columns")]
    NoHeader,
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
    /// A row that cannot be told apart into cells.
    #[error("line {0} cannot be read; is a quote not closed?")]
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

/// A table that was read to its end once, and is known to be whole.
#[derive(Debug, Clone)]
pub struct Table {
    content: Content,
    length: usize,
}

impl Default for Table {
    /// A table without rows.
    fn default() -> Self {
        Self { content: Content::Rows(Arc::new([])), length: 0 }
    }
}

#[derive(Debug, Clone)]
enum Content {
    Csv { bytes: Arc<[u8]>, delimiter: u8, columns: Arc<[String]> },
    Rows(Arc<[Map<String, Value>]>),
    Lines(Arc<[u8]>),
}

impl Table {
    /// Reads a table and looks at every row. `wanted` are the columns the recipe declares.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(bytes: Vec<u8>, format: TableFormat, wanted: &[String]) -> Result<Self, TableError> {
        let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => rest.to_vec(),
            None => bytes,
        };
        if let Err(error) = std::str::from_utf8(&bytes) {
            let before = &bytes[..error.valid_up_to()];
            return Err(TableError::NotText(before.iter().filter(|byte| **byte == b'\n').count() + 1));
        }
        let content = match format {
            TableFormat::Csv => csv_content(bytes, wanted)?,
            TableFormat::Json => Content::Rows(json_rows(&bytes)?.into()),
            TableFormat::Jsonl => Content::Lines(bytes.into()),
        };
        let mut table = Self { content, length: 0 };
        let mut length = 0;
        for row in table.checked_rows() {
            let row = row?;
            if let Some(column) = wanted.iter().find(|column| !row.contains_key(*column)) {
                return Err(no_column(column, row.keys().map(String::as_str)));
            }
            length += 1;
        }
        table.length = length;
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

    /// The rows, each read when it is asked for.
    pub fn rows(&self) -> impl Iterator<Item = Map<String, Value>> + use<> {
        // Every row was read before; what is left out here cannot be there.
        self.checked_rows().filter_map(Result::ok)
    }

    fn checked_rows(&self) -> Box<dyn Iterator<Item = Result<Map<String, Value>, TableError>> + Send> {
        match &self.content {
            Content::Csv { bytes, delimiter, columns } => {
                let columns = Arc::clone(columns);
                let reader = reader(Arc::clone(bytes), *delimiter).into_records();
                Box::new(reader.map(move |record| csv_row(&columns, record)))
            }
            Content::Rows(rows) => {
                let rows = Arc::clone(rows);
                Box::new((0..rows.len()).map(move |at| Ok(rows[at].clone())))
            }
            Content::Lines(bytes) => Box::new(Lines { bytes: Arc::clone(bytes), at: 0, line: 0 }),
        }
    }
}

fn reader(bytes: Arc<[u8]>, delimiter: u8) -> csv::Reader<Cursor<Arc<[u8]>>> {
    csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(Cursor::new(bytes))
}

fn csv_content(bytes: Vec<u8>, wanted: &[String]) -> Result<Content, TableError> {
    let delimiter = delimiter(&bytes);
    let bytes: Arc<[u8]> = bytes.into();
    let mut reader = reader(Arc::clone(&bytes), delimiter);
    let header = reader.headers().map_err(|_| TableError::Unreadable(1))?;
    let columns: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    if columns.is_empty() || columns == [""] {
        return Err(TableError::NoHeader);
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

/// What stands between the names in the first line: spreadsheets of many countries write `;` or tabs.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| header.iter().filter(|byte| **byte == delimiter).count();
    // Of equal counts the last one wins: the comma.
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

fn csv_row(
    columns: &[String],
    record: Result<csv::StringRecord, csv::Error>,
) -> Result<Map<String, Value>, TableError> {
    let record =
        record.map_err(|error| TableError::Unreadable(error.position().map_or(0, csv::Position::line)))?;
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

fn json_rows(bytes: &[u8]) -> Result<Vec<Map<String, Value>>, TableError> {
    let rows: Vec<Value> = serde_json::from_slice(bytes).map_err(|error| not_json(&error, 0))?;
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
    bytes: Arc<[u8]>,
    at: usize,
    line: usize,
}

impl Iterator for Lines {
    type Item = Result<Map<String, Value>, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
            self.at += line.len() + 1;
            self.line += 1;
            if line.trim_ascii().is_empty() {
                continue;
            }
            return Some(match serde_json::from_slice(line) {
                Ok(Value::Object(row)) => Ok(row),
                Ok(_) => Err(TableError::NotRow(format!("line {}", self.line))),
                Err(error) => Err(not_json(&error, self.line - 1)),
            });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(text: &str, format: TableFormat) -> Result<Vec<Value>, String> {
        let table = Table::read(text.as_bytes().to_vec(), format, &[]).map_err(|error| error.to_string())?;
        let rows: Vec<Value> = table.rows().map(Value::Object).collect();
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
    fn what_is_wrong_is_named_with_its_line() {
        let csv = |text: &str| rows(text, TableFormat::Csv).unwrap_err();
        assert_eq!(csv(""), "it is empty; a CSV table begins with the names of its columns");
        assert_eq!(csv("a,,b\n"), "column 2 has no name");
        assert_eq!(csv("a,b,a\n"), "two columns are named `a`");
        assert_eq!(csv("a,b\n1,2\n1\n"), "line 3 has 1 cell, the header has 2");
        assert_eq!(
            rows("[{}, 5]", TableFormat::Json).unwrap_err(),
            "item 2 is not an object; a table is an array of objects"
        );
        assert_eq!(rows("{}\n{nope}", TableFormat::Jsonl).unwrap_err(), "line 2, column 2 is not JSON");
        let not_text = Table::read(b"a\nb\xff".to_vec(), TableFormat::Csv, &[]).unwrap_err();
        assert_eq!(not_text.to_string(), "it is not UTF-8 text (line 2); save it as UTF-8");
    }

    #[test]
    fn a_declared_column_that_is_not_there_is_named() {
        let wanted = ["profile_id".to_owned()];
        for (text, format) in [("profil_id\n", TableFormat::Csv), ("[{\"profil_id\": 1}]", TableFormat::Json)]
        {
            let error = Table::read(text.as_bytes().to_vec(), format, &wanted).unwrap_err();
            assert_eq!(error.to_string(), "there is no column `profile_id`, did you mean `profil_id`?");
        }
    }
}
