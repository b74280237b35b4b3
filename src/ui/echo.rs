//! A value as a session shows it: what it is can be told from how it looks, and a list is a table that fits.
//!
//! Not here: cutting large values (`screenful`), and values as results, which are bare (`value`).

use super::table::{self, GAP};
use super::value::{cell, escape_json, headers, is_scalar, rows};
use super::{Style, Table};
use serde_json::Value;
use std::borrow::Cow;

/// Columns by which people know a row, in the order they stand in.
const FIRST: &[&str] =
    &["ok", "id", "profile_id", "name", "title", "value", "error", "group_name", "group_id", "note"];

/// Where not all columns fit, a cell takes at most so many characters.
const WIDEST_CELL: usize = 32;

/// Columns beyond this are shown only where there is room left.
const WIDE: usize = 20;

/// `shown` as whole lines, and how many columns there was no room for.
pub(super) fn echo(shown: &Value, style: Style) -> (String, usize) {
    match shown {
        Value::Null => (String::new(), 0),
        Value::Array(items) if !items.is_empty() => {
            if items.iter().all(is_scalar) {
                (items.iter().map(|item| quoted(item) + "\n").collect(), 0)
            } else {
                list(shown, style)
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            (table::pairs(fields.iter().map(|(key, field)| (key, quoted(field))), style), 0)
        }
        other => (quoted(other) + "\n", 0),
    }
}

/// On one line, with texts in quotes.
fn quoted(value: &Value) -> String {
    escape_json(value.to_string())
}

/// In a table quotes stand only where a text would be taken for something else.
fn in_table(field: Option<&Value>) -> Cow<'_, str> {
    match field {
        Some(text @ Value::String(bare)) if serde_json::from_str::<Value>(bare).is_ok() => {
            quoted(text).into()
        }
        // Of an error the words tell most; what it is made of is seen when it is looked at by itself.
        Some(Value::Object(fields)) if fields.contains_key("kind") => cell(fields.get("message")),
        other => cell(other),
    }
}

/// A row for each item, with as many columns as fit, those first by which people know a row.
fn list(shown: &Value, style: Style) -> (String, usize) {
    let rows = rows(shown);
    let mut columns = headers(&rows);
    columns.sort_by_key(|column| FIRST.iter().position(|first| first == column).unwrap_or(FIRST.len()));
    let mut table = Table::new(&columns);
    for row in &rows {
        table.push(columns.iter().map(|column| in_table(row.get(column))));
    }
    let widths = table.widths();
    let gap = usize::from(GAP);
    if widths.iter().map(|width| width + gap).sum::<usize>() <= style.width + gap {
        return (table.render(style), 0);
    }
    // A column without any value says nothing.
    let is_filled = |at: &usize| rows.iter().any(|row| !in_table(row.get(&columns[*at])).is_empty());
    let (filled, empty): (Vec<usize>, Vec<usize>) = (0..columns.len()).partition(is_filled);
    // One long text less may be several short ones more.
    let (narrow, wide): (Vec<usize>, Vec<usize>) =
        filled.into_iter().partition(|at| FIRST.contains(&columns[*at].as_str()) || widths[*at] <= WIDE);
    let mut fitting: Vec<usize> = Vec::new();
    let mut used = 0;
    for at in narrow.into_iter().chain(wide).chain(empty) {
        let more = widths[at].min(WIDEST_CELL) + if fitting.is_empty() { 0 } else { gap };
        if fitting.is_empty() || used + more <= style.width {
            used += more;
            fitting.push(at);
        }
    }
    // The room that is left goes to those that were cut.
    let cut = fitting.iter().filter(|at| widths[**at] > WIDEST_CELL).count();
    let widest = WIDEST_CELL + style.width.saturating_sub(used) / cut.max(1);
    (table.narrowed(&fitting, widest).render(style), columns.len() - fitting.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    fn shown(value: &Value, width: usize) -> (String, usize) {
        echo(value, Style { color: false, width, terminal: true })
    }

    #[test]
    fn a_text_is_told_from_a_number() {
        assert_eq!(shown(&json!(1), 80).0, "1\n");
        assert_eq!(shown(&json!("1"), 80).0, "\"1\"\n");
        assert_eq!(shown(&json!("a\n\u{1b}b"), 80).0, "\"a\\n\\u001bb\"\n");
        assert_eq!(shown(&json!([1, "1"]), 80).0, "1\n\"1\"\n");
        assert_eq!(shown(&json!({ "a": "1", "b": { "c": "2" } }), 80).0, "a: \"1\"\nb: {\"c\":\"2\"}\n");
        assert_eq!((shown(&json!(null), 80).0, shown(&json!([]), 80).0), (String::new(), "[]\n".to_owned()));
        expect![[r#"
            id  name
            ----------
            1   "1"
            2   "true"
            3   shop
        "#]]
        .assert_eq(
            &shown(
                &json!([{ "id": 1, "name": "1" }, { "id": 2, "name": "true" }, { "id": 3, "name": "shop" }]),
                80,
            )
            .0,
        );
    }

    #[test]
    fn of_an_error_in_a_list_the_words_are_shown() {
        let failed =
            json!({ "ok": false, "error": { "kind": "refused", "code": 2007, "message": "x ".repeat(60) } });
        expect![[r#"
            ok     value  error
            ------------------------------------------------------------
            true   1641
            false         x x x x x x x x x x x x x x x x x x x x x x x…
        "#]]
        .assert_eq(&shown(&json!([{ "ok": true, "value": 1641 }, failed]), 60).0);
    }

    #[test]
    fn a_list_keeps_the_columns_that_fit() {
        let row = |id: i64| {
            json!({
                "cache_path": "e90edaabb342c312e47f24943947913c0", "color": "#FF8C00", "group_id": 177,
                "group_name": "Shops", "name": "template", "note": "", "profile_id": id, "proxy_type": "direct",
            })
        };
        let rows = json!([row(1640), row(1641)]);
        let (lines, left) = shown(&rows, 64);
        expect![[r#"
            profile_id  name      group_name  group_id  color    proxy_type
            ---------------------------------------------------------------
            1640        template  Shops       177       #FF8C00  direct
            1641        template  Shops       177       #FF8C00  direct
        "#]]
        .assert_eq(&lines);
        assert_eq!(left, 2);
        assert_eq!(shown(&rows, 400).1, 0);
        for width in 1..200 {
            let (lines, left) = shown(&rows, width);
            assert!(left < 8 && (width < 10 || lines.lines().count() == 4), "{width}: {lines}");
            assert!(
                width < 10 || lines.lines().all(|line| line.chars().count() <= width),
                "{width}: {lines}"
            );
        }
    }
}
