//! Fields of a request that hold several values.
//!
//! Not here: single values, which are in `call`.

use super::call::{Call, Given};
use serde_json::Value;

impl Call<'_> {
    /// Whole numbers in an array, or a single one: the vendor's earlier clients sent it bare. Digits as text are taken too,
    /// a second mention counts as the first, and an array without any is empty.
    pub(super) fn integers(&self, name: &str) -> Given<Vec<i64>> {
        let Some(Value::Array(values)) = self.body.get(name) else {
            return match self.integer(name) {
                Given::Value(number) => Given::Value(vec![number]),
                Given::Absent => Given::Absent,
                Given::Empty => Given::Empty,
                Given::Wrong => Given::Wrong,
            };
        };
        let mut numbers = Vec::with_capacity(values.len());
        for value in values {
            let number = match value {
                Value::String(text) => text.trim().parse().ok(),
                other => other.as_i64(),
            };
            match number {
                None => return Given::Wrong,
                Some(number) if numbers.contains(&number) => {}
                Some(number) => numbers.push(number),
            }
        }
        if numbers.is_empty() { Given::Empty } else { Given::Value(numbers) }
    }

    /// Texts in an array, or a single one. An array without any is empty.
    pub(super) fn texts(&self, name: &str) -> Given<Vec<&str>> {
        let values = match self.body.get(name) {
            None => return Given::Absent,
            Some(Value::Null) => return Given::Empty,
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
        };
        let Some(texts) = values.iter().map(Value::as_str).collect::<Option<Vec<&str>>>() else {
            return Given::Wrong;
        };
        let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        if texts.is_empty() { Given::Empty } else { Given::Value(texts) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_read_in_every_form_the_pages_and_clients_use() {
        let body = json!({ "ids": ["161", 162, "161"], "one": 161, "digits": "161", "none": [], "null": null,
            "mixed": [1, "x"], "words": ["a", "", "b"], "word": "a", "blank": [""], "numbers": [1] });
        let call = Call { body: body.as_object().unwrap(), now: 0 };
        assert_eq!(call.integers("ids"), Given::Value(vec![161, 162]));
        assert_eq!(
            [call.integers("one"), call.integers("digits")],
            [Given::Value(vec![161]), Given::Value(vec![161])]
        );
        assert_eq!([call.integers("none"), call.integers("null")], [Given::Empty, Given::Empty]);
        assert_eq!([call.integers("mixed"), call.integers("absent")], [Given::Wrong, Given::Absent]);
        assert_eq!(
            [call.texts("words"), call.texts("word")],
            [Given::Value(vec!["a", "b"]), Given::Value(vec!["a"])]
        );
        assert_eq!([call.texts("blank"), call.texts("null")], [Given::Empty, Given::Empty]);
        assert_eq!([call.texts("numbers"), call.texts("absent")], [Given::Wrong, Given::Absent]);
    }
}
