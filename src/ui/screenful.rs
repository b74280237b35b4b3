//! The beginning of a large value, so that nobody's screen is flooded by what they only meant to look at.
//!
//! Not here: how it is laid out. Nothing is lost: the REPL keeps the whole value in a variable.

use super::Style;
use super::echo::echo;
use crate::base::text;
use serde_json::Value;
use std::borrow::Cow;

/// Items of an array and fields of a map that are shown, where the screen has room for them.
const MOST: usize = 50;

/// Lines that a text may take.
const LINES_OF_TEXT: usize = 5;

/// Characters of what stands inside an item.
const MOST_CHARACTERS: usize = 300;

/// The beginning of `shown` as whole lines, at most about `most_lines`, and what is left out of it, each in words, as in
/// "950 more items".
pub fn screenful(shown: &Value, style: Style, most_lines: usize) -> (String, Vec<String>) {
    if let Value::String(long) = shown {
        let most = style.width.max(20) * LINES_OF_TEXT;
        let left = long.chars().count().saturating_sub(most);
        let (lines, _) = echo(&text::cut(long, most).as_ref().into(), style);
        return (lines, more(left, "character").into_iter().collect());
    }
    let mut most = MOST.min(most_lines.max(1));
    loop {
        let (beginning, left) = first(shown, most);
        let (lines, columns) = echo(&beginning, style);
        if lines.lines().count() <= most_lines || most == 1 {
            return (lines, left.into_iter().chain(more(columns, "column")).collect());
        }
        most -= 1;
    }
}

/// At most so many items or fields of `value`, and what is left out.
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
    match text::cut(&written, MOST_CHARACTERS) {
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
    fn the_cut_depends_on_the_screen() {
        let (lines, left) = screenful(&json!(vec![1; 100]), TERMINAL, 60);
        assert_eq!((lines.as_str(), left.concat()), ("1\n".repeat(50).as_str(), "50 more items".to_owned()));
        let (lines, left) = screenful(&json!(vec![json!({ "id": 1 }); 100]), TERMINAL, 20);
        assert_eq!((lines.lines().count(), left.concat()), (20, "82 more items".to_owned()));
        let row: serde_json::Map<String, Value> =
            (0..16).map(|column| (format!("a_long_name_{column}"), json!("x".repeat(20)))).collect();
        let (lines, left) = screenful(&Value::Array(vec![row.into(); 10]), TERMINAL, 60);
        assert_eq!((lines.lines().count(), left.concat()), (12, "13 more columns".to_owned()));
    }

    #[test]
    fn a_long_text_takes_a_few_lines() {
        let (lines, left) = screenful(&json!("x\n".repeat(500)), TERMINAL, 60);
        assert_eq!((lines.lines().count(), left.concat()), (1, "600 more characters".to_owned()));
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        for value in
            [json!(null), json!(1), json!("a\nb\n"), json!([1, "a", [2]]), json!({ "a": { "b": [] } })]
        {
            assert_eq!(first(&value, MOST), (Cow::Borrowed(&value), None));
        }
    }
}
