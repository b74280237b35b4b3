//! The beginning of a large value, so that nobody's screen is flooded by what they only meant to look at.
//!
//! Not here: how it is laid out. Nothing is lost: the REPL keeps the whole value in a variable.

use super::{Format, Style, value};
use crate::base::text;
use serde_json::Value;
use std::borrow::Cow;

/// Items of an array, fields of a map and lines of a text that are shown.
const MOST: usize = 50;

/// Lines that are shown. Rows of many columns take many lines each where they do not fit side by side.
const MOST_LINES: usize = 60;

/// Characters of a text, and of what stands inside an item.
const MOST_CHARACTERS: (usize, usize) = (10_000, 300);

/// The beginning of `shown` in `format`, as whole lines, and what is left out of it, as in "950 more items".
pub fn screenful(shown: &Value, format: Format, style: Style) -> (String, Option<String>) {
    let mut most = MOST;
    loop {
        let (beginning, left) = first(shown, most);
        let lines = value(&beginning, format, style);
        if lines.lines().count() <= MOST_LINES || most == 1 {
            return (lines, left);
        }
        most /= 2;
    }
}

/// At most so many items, fields or lines of `value`, and what is left out.
pub fn first(value: &Value, most: usize) -> (Cow<'_, Value>, Option<String>) {
    match value {
        Value::Array(items) => {
            let left = items.len().saturating_sub(most);
            let shown = items.iter().take(most).map(short).collect();
            (Cow::Owned(Value::Array(shown)), more(left, "item"))
        }
        Value::Object(fields) => {
            let left = fields.len().saturating_sub(most);
            let shown = fields.iter().take(most).map(|(name, field)| (name.clone(), inner(field)));
            (Cow::Owned(Value::Object(shown.collect())), more(left, "field"))
        }
        Value::String(long) => {
            let end = long.match_indices('\n').nth(most - 1).map_or(long.len(), |(at, _)| at);
            let lines = long[end..].lines().skip(1).count();
            let shown = text::cut(&long[..end], MOST_CHARACTERS.0);
            let characters = long[..end].chars().count().saturating_sub(MOST_CHARACTERS.0);
            match more(characters, "character").or_else(|| more(lines, "line")) {
                None => (Cow::Borrowed(value), None),
                left => (Cow::Owned(shown.into()), left),
            }
        }
        other => (Cow::Borrowed(other), None),
    }
}

fn more(left: usize, noun: &str) -> Option<String> {
    (left > 0).then(|| text::count(left, &format!("more {noun}")))
}

/// A row keeps its fields, each of them short.
fn short(item: &Value) -> Value {
    match item {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), inner(field)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => inner(other),
    }
}

fn inner(field: &Value) -> Value {
    let written = match field {
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(_) | Value::Object(_) => Cow::Owned(field.to_string()),
        scalar => return scalar.clone(),
    };
    match text::cut(&written, MOST_CHARACTERS.1) {
        Cow::Owned(cut) => cut.into(),
        Cow::Borrowed(_) => field.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TERMINAL: Style = Style { color: false, width: 80, terminal: true };

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let thousand: Value = (0..1000).map(|id| json!({ "id": id, "codes": vec![1; 1000] })).collect();
        let (shown, left) = first(&thousand, MOST);
        assert_eq!(shown.as_array().map(Vec::len), Some(50));
        assert_eq!(left.as_deref(), Some("950 more items"));
        assert_eq!(shown[0]["codes"].as_str().map(|text| text.chars().count()), Some(301));
    }

    #[test]
    fn rows_that_take_many_lines_are_fewer() {
        let row: serde_json::Map<String, Value> =
            (0..16).map(|column| (format!("a_long_name_{column}"), json!("x".repeat(20)))).collect();
        let rows = Value::Array(vec![row.into(); 100]);
        let (lines, left) = screenful(&rows, Format::Text, TERMINAL);
        assert!(lines.lines().count() <= MOST_LINES, "{lines}");
        assert_eq!(left.as_deref(), Some("97 more items"));
        let (lines, left) = screenful(&json!(vec![1; 100]), Format::Text, TERMINAL);
        assert_eq!((lines, left.as_deref()), ("1\n".repeat(50), Some("50 more items")));
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        for value in
            [json!(null), json!(1), json!("a\nb\n"), json!([1, "a", [2]]), json!({ "a": { "b": [] } })]
        {
            assert_eq!(first(&value, MOST), (Cow::Borrowed(&value), None));
        }
    }

    #[test]
    fn texts_are_cut_by_lines_and_by_characters() {
        let lines = json!("x\n".repeat(60));
        let (shown, left) = first(&lines, MOST);
        assert_eq!(shown.as_str().map(|text| text.lines().count()), Some(50));
        assert_eq!(left.as_deref(), Some("10 more lines"));
        let line = json!("x".repeat(10_001));
        let (shown, left) = first(&line, MOST);
        assert_eq!(shown.as_str().map(|text| text.chars().count()), Some(10_001));
        assert_eq!(left.as_deref(), Some("1 more character"));
    }
}
