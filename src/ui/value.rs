//! A value in the format the user asked for.
//!
//! Not here: what the value is, and on which stream it is written.
//!
//! Data is never altered for a spreadsheet's sake: a CSV cell that begins with `=`, `+`, `-` or `@` stays as it is, and a
//! spreadsheet may take it for a formula. Import such files as text.

use super::{Style, Table, table};
use crate::base::text;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// How values are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: strings and numbers bare; on a terminal lists as tables, elsewhere as JSON.
    #[default]
    Text,
    /// JSON, indented by two spaces.
    Json,
    /// One line of JSON for each item of an array, or for the one value.
    Jsonl,
    /// Columns for people.
    Table,
    /// Comma-separated, with a header.
    Csv,
    /// A Markdown table.
    Markdown,
}

impl Format {
    /// All formats, in the order they are told in.
    pub const ALL: [Self; 6] = [Self::Text, Self::Json, Self::Jsonl, Self::Table, Self::Csv, Self::Markdown];

    /// What the user types.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name);
        Self::ALL.into_iter().find(|format| format.name() == typed).ok_or_else(|| {
            let meant = text::did_you_mean(typed, names);
            let help = if meant.is_empty() { format!("; use {}", text::list_or(&names)) } else { meant };
            format!("`{typed}` is no format{help}")
        })
    }
}

/// `shown` in `format`, as whole lines; in text, table and CSV a null is no line at all.
/// On a terminal, control and bidirectional characters are escaped.
pub fn value(shown: &Value, format: Format, style: Style) -> String {
    match format {
        Format::Text => text_lines(shown, style),
        Format::Json => json_line(shown, true, style),
        Format::Jsonl => match shown {
            Value::Array(items) => items.iter().map(|item| json_line(item, false, style)).collect(),
            single => json_line(single, false, style),
        },
        Format::Table => table_lines(shown, style),
        Format::Csv => for_terminal(csv_lines(shown), style),
        Format::Markdown => for_terminal(markdown_lines(shown), style),
    }
}

fn markdown_lines(shown: &Value) -> String {
    match shown {
        Value::Null => String::new(),
        Value::Array(_) | Value::Object(_) => {
            let rows = rows(shown);
            let headers = headers(&rows);
            let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
            let escaped = |cell: &str| cell.replace('\\', "\\\\").replace('|', "\\|").replace('\n', "<br>");
            let mut lines = line(headers.iter().map(|header| escaped(header)).collect());
            lines.push_str(&format!("|{}\n", "---|".repeat(headers.len())));
            for row in &rows {
                lines.push_str(&line(headers.iter().map(|header| escaped(&cell(row.get(header)))).collect()));
            }
            lines
        }
        scalar => bare(scalar) + "\n",
    }
}

fn text_lines(shown: &Value, style: Style) -> String {
    match shown {
        Value::Null => String::new(),
        Value::Array(items) if style.terminal && !items.is_empty() => {
            if items.iter().all(is_scalar) {
                let lines: String = items.iter().map(|item| bare(item) + "\n").collect();
                for_terminal(lines, style)
            } else {
                table_lines(shown, style)
            }
        }
        Value::Object(map) if style.terminal && !map.is_empty() => map_lines(map, style),
        Value::Array(_) | Value::Object(_) => json_line(shown, true, style),
        scalar => for_terminal(bare(scalar) + "\n", style),
    }
}

fn table_lines(shown: &Value, style: Style) -> String {
    match shown {
        Value::Null => String::new(),
        Value::Object(map) => map_lines(map, style),
        other => {
            let rows = rows(other);
            let headers = headers(&rows);
            let mut table = Table::new(&headers);
            for row in &rows {
                table.push(headers.iter().map(|header| cell(row.get(header))));
            }
            table.render(style)
        }
    }
}

fn map_lines(map: &Map<String, Value>, style: Style) -> String {
    table::pairs(map.iter().map(|(key, item)| (key, cell(Some(item)))), style)
}

fn csv_lines(shown: &Value) -> String {
    let rows = rows(shown);
    let headers = headers(&rows);
    if headers.is_empty() {
        return String::new();
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Memory takes every record, and all of them have as many fields as the header.
    let _ = writer.write_record(&headers);
    for row in &rows {
        let _ = writer.write_record(headers.iter().map(|header| cell(row.get(header)).into_owned()));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A row for each item.
pub(super) fn rows(shown: &Value) -> Vec<Cow<'_, Map<String, Value>>> {
    match shown {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().map(row).collect(),
        single => vec![row(single)],
    }
}

/// What is no map has the single column `value`.
fn row(item: &Value) -> Cow<'_, Map<String, Value>> {
    match item {
        Value::Object(map) => Cow::Borrowed(map),
        other => Cow::Owned(Map::from_iter([("value".to_owned(), other.clone())])),
    }
}

/// All keys, each where it is first met.
pub(super) fn headers(rows: &[Cow<'_, Map<String, Value>>]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let keys = rows.iter().flat_map(|row| row.keys());
    keys.filter(|key| seen.insert(key.as_str())).cloned().collect()
}

/// Nothing for null and for what is missing; lists and maps as JSON.
pub(super) fn cell(item: Option<&Value>) -> Cow<'_, str> {
    match item {
        None | Some(Value::Null) => Cow::Borrowed(""),
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

fn bare(scalar: &Value) -> String {
    match scalar {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(super) fn is_scalar(item: &Value) -> bool {
    !matches!(item, Value::Array(_) | Value::Object(_))
}

fn json_line(shown: &Value, pretty: bool, style: Style) -> String {
    let json = if pretty { format!("{shown:#}\n") } else { format!("{shown}\n") };
    if style.terminal { escape_json(json) } else { json }
}

/// JSON itself leaves some control characters and all bidirectional ones as they are. They can only stand in strings.
pub(super) fn escape_json(json: String) -> String {
    if is_printable(&json) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    let mut units = [0; 2];
    for character in json.chars() {
        if is_printable(character.encode_utf8(&mut [0; 4])) {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut units) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
}

fn is_printable(text: &str) -> bool {
    matches!(text::printable(text), Cow::Borrowed(_))
}

fn for_terminal(lines: String, style: Style) -> String {
    if style.terminal { text::printable(&lines).into_owned() } else { lines }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    const TERMINAL: Style = Style { color: false, width: 80, terminal: true };

    fn profiles() -> Value {
        json!([
            {"id": 1, "name": "first", "tags": ["a", "b"]},
            {"id": 2, "name": "say \"hi\", then go", "group": {"id": 7}, "tags": null},
        ])
    }

    #[test]
    fn markdown_keeps_its_cells_apart() {
        let shown = serde_json::json!([{ "a": "x|y", "b": 1 }, { "a": "two\nlines" }]);
        let expected = "| a | b |\n|---|---|\n| x\\|y | 1 |\n| two<br>lines |  |\n";
        assert_eq!(value(&shown, Format::Markdown, Style::PLAIN), expected);
    }

    #[test]
    fn text_is_bare_for_scalars_and_nothing_for_null() {
        for style in [Style::PLAIN, TERMINAL] {
            for (shown, expected) in [
                (json!(null), ""),
                (json!("a\nb"), "a\nb\n"),
                (json!(1.5), "1.5\n"),
                (json!(true), "true\n"),
                (json!([]), "[]\n"),
                (json!({}), "{}\n"),
            ] {
                assert_eq!(value(&shown, Format::Text, style), expected);
            }
        }
    }

    #[test]
    fn text_is_laid_out_on_a_terminal_and_json_elsewhere() {
        let text = |shown: &Value| value(shown, Format::Text, TERMINAL);
        expect![[r#"
            id  name               tags       group
            ------------------------------------------
            1   first              ["a","b"]
            2   say "hi", then go             {"id":7}
        "#]]
        .assert_eq(&text(&profiles()));
        expect![[r#"
            id:    2
            name:  say "hi", then go
            group: {"id":7}
            tags:
        "#]]
        .assert_eq(&text(&profiles()[1]));
        assert_eq!(text(&json!(["a", 1, null])), "a\n1\nnull\n");
        assert_eq!(value(&json!([1]), Format::Text, Style::PLAIN), "[\n  1\n]\n");
        assert_eq!(value(&json!({"a": 1}), Format::Text, Style::PLAIN), "{\n  \"a\": 1\n}\n");
    }

    #[test]
    fn jsonl_is_a_line_for_each_item() {
        let jsonl = |shown| value(&shown, Format::Jsonl, Style::PLAIN);
        assert_eq!(jsonl(json!([{"a": [1, 2]}, "x\ny", null])), "{\"a\":[1,2]}\n\"x\\ny\"\nnull\n");
        assert_eq!(jsonl(json!({"a": 1})), "{\"a\":1}\n");
        assert_eq!(jsonl(json!([])), "");
    }

    #[test]
    fn csv_quotes_what_needs_it_and_alters_nothing() {
        let csv = |shown: &Value| value(shown, Format::Csv, Style::PLAIN);
        expect![[r#"
            id,name,tags,group
            1,first,"[""a"",""b""]",
            2,"say ""hi"", then go",,"{""id"":7}"
        "#]]
        .assert_eq(&csv(&profiles()));
        assert_eq!(csv(&json!(["=1+1", "a\nb", null])), "value\n=1+1\n\"a\nb\"\n\"\"\n");
        assert_eq!(csv(&json!({"a": 1, "b": null})), "a,b\n1,\n");
        assert_eq!(csv(&json!([])), "");
    }

    #[test]
    fn tables_take_values_of_any_shape() {
        let table = |shown| value(&shown, Format::Table, Style::PLAIN);
        assert_eq!(table(json!([1, "a"])), "value\n-----\n1\na\n");
        assert_eq!(table(json!("x")), "value\n-----\nx\n");
        assert_eq!(table(json!([{"a": 1}, 2])), "a  value\n--------\n1\n   2\n");
        assert_eq!(table(json!({"a": 1, "long": [2]})), "a:    1\nlong: [2]\n");
        assert_eq!(table(json!([])), "");
        assert_eq!(table(json!([{}])), "");
    }

    #[test]
    fn no_format_lets_a_value_drive_a_terminal() {
        let shown = json!([{"\u{9b}k": "a\x1b[2J\u{202e}b"}]);
        for format in Format::ALL {
            let lines = value(&shown, format, TERMINAL);
            assert!(!lines.contains(['\x1b', '\u{9b}', '\u{202e}']), "{format}: {lines:?}");
        }
        let json = value(&shown, Format::Jsonl, TERMINAL);
        assert_eq!(json, "{\"\\u009bk\":\"a\\u001b[2J\\u202eb\"}\n");
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), shown[0]);
        assert_eq!(value(&json!("\x1b"), Format::Text, Style::PLAIN), "\x1b\n");
    }

    #[test]
    fn formats_are_read_by_name() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!("jsn".parse::<Format>().unwrap_err(), "`jsn` is no format, did you mean `json`?");
        assert_eq!(
            "parquet".parse::<Format>().unwrap_err(),
            "`parquet` is no format; use `text`, `json`, `jsonl`, `table`, `csv` or `markdown`"
        );
    }
}
