//! One request as a handler sees it: its fields, read with the forgiveness the app is known for.
//!
//! What is wrong with a field decides the code. A required field that is absent or of the wrong type is 1000; one that is
//! empty (`null` or `""`) has a code of its own on most pages. An optional field of the wrong type is 1007, the only listed
//! code that fits. This split is a choice: the pages list the codes and not when they come.
//!
//! Not here: what the fields mean.

use serde_json::{Map, Value};

/// The code of a refused request. Nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) i64);

/// "Missing required parameters".
pub(super) const MISSING: Refusal = Refusal(1000);
/// "Invalid request": no such action, or a body that is no JSON object.
pub(super) const INVALID: Refusal = Refusal(1001);
/// "Illegal request": a value that cannot be.
pub(super) const ILLEGAL: Refusal = Refusal(1007);
/// "Profile ID cannot be empty".
pub(super) const NO_PROFILE_ID: Refusal = Refusal(2001);
/// "Profile does not exist".
pub(super) const NO_PROFILE: Refusal = Refusal(2007);

/// What a handler gives: the `data` of the reply, or the code of a refusal.
pub(super) type Outcome = Result<Value, Refusal>;

/// A request body and the moment it came.
pub(super) struct Call<'a> {
    /// The fields.
    pub(super) body: &'a Map<String, Value>,
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// What a body holds for one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given<T> {
    /// No such field.
    Absent,
    /// `null` or `""`.
    Empty,
    /// Something of another type.
    Wrong,
    /// A value.
    Value(T),
}

impl Call<'_> {
    /// A whole number. Digits as text are taken too: the pages write ids both ways, some within one page.
    pub(super) fn integer(&self, name: &str) -> Given<i64> {
        match self.body.get(name) {
            None => Given::Absent,
            Some(Value::Null) => Given::Empty,
            Some(Value::String(text)) if text.trim().is_empty() => Given::Empty,
            Some(Value::String(text)) => text.trim().parse().map_or(Given::Wrong, Given::Value),
            Some(Value::Number(number)) => number.as_i64().map_or(Given::Wrong, Given::Value),
            Some(_) => Given::Wrong,
        }
    }

    /// Text.
    pub(super) fn text(&self, name: &str) -> Given<&str> {
        match self.body.get(name) {
            None => Given::Absent,
            Some(Value::Null) => Given::Empty,
            Some(Value::String(text)) if text.is_empty() => Given::Empty,
            Some(Value::String(text)) => Given::Value(text),
            Some(_) => Given::Wrong,
        }
    }

    /// Text, or a whole number that stands for its digits, as in ports and proxy ids.
    pub(super) fn digits(&self, name: &str) -> Given<String> {
        match self.body.get(name) {
            Some(Value::Number(number)) if number.is_i64() => Given::Value(number.to_string()),
            _ => self.text(name).map(str::to_owned),
        }
    }

    /// A flag: 0, 1, `"0"`, `"1"`, or a boolean. The pages and the vendor's own client use all three forms.
    pub(super) fn flag(&self, name: &str) -> Given<bool> {
        match (self.body.get(name), self.integer(name)) {
            (Some(Value::Bool(flag)), _) => Given::Value(*flag),
            (_, Given::Value(0)) => Given::Value(false),
            (_, Given::Value(1)) => Given::Value(true),
            (_, Given::Absent) => Given::Absent,
            (_, Given::Empty) => Given::Empty,
            _ => Given::Wrong,
        }
    }

    /// An object, as a call of its own.
    pub(super) fn object(&self, name: &str) -> Given<Call<'_>> {
        match self.body.get(name) {
            None => Given::Absent,
            Some(Value::Null) => Given::Empty,
            Some(Value::Object(body)) => Given::Value(Call { body, now: self.now }),
            Some(_) => Given::Wrong,
        }
    }
}

impl<T> Given<T> {
    /// The value of a required field; `empty` is the page's own code for an empty one.
    pub(super) fn required(self, empty: Refusal) -> Result<T, Refusal> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Empty => Err(empty),
            Self::Absent | Self::Wrong => Err(MISSING),
        }
    }

    /// The value of an optional field; an empty one counts as absent.
    pub(super) fn optional(self) -> Result<Option<T>, Refusal> {
        match self {
            Self::Value(value) => Ok(Some(value)),
            Self::Absent | Self::Empty => Ok(None),
            Self::Wrong => Err(ILLEGAL),
        }
    }

    fn map<U>(self, convert: impl FnOnce(T) -> U) -> Given<U> {
        match self {
            Self::Value(value) => Given::Value(convert(value)),
            Self::Absent => Given::Absent,
            Self::Empty => Given::Empty,
            Self::Wrong => Given::Wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_and_flags_are_read_in_every_form_the_pages_use() {
        let body = json!({ "number": 7, "digits": " 7 ", "fraction": 7.5, "word": "seven", "empty": "", "null": null,
            "on": "1", "off": 0, "yes": true, "two": 2 });
        let call = Call { body: body.as_object().unwrap(), now: 0 };
        assert_eq!([call.integer("number"), call.integer("digits")], [Given::Value(7); 2]);
        assert_eq!([call.integer("fraction"), call.integer("word"), call.integer("yes")], [Given::Wrong; 3]);
        assert_eq!([call.integer("empty"), call.integer("null")], [Given::Empty; 2]);
        assert_eq!(call.integer("absent"), Given::Absent);
        assert_eq!(
            [call.flag("on"), call.flag("off"), call.flag("yes")],
            [true, false, true].map(Given::Value)
        );
        assert_eq!([call.flag("two"), call.flag("word")], [Given::Wrong; 2]);
        assert_eq!(call.text("number"), Given::Wrong);
        assert_eq!(call.digits("number"), Given::Value("7".to_owned()));
    }

    #[test]
    fn the_codes_of_this_file_are_documented() {
        for refusal in [MISSING, INVALID, ILLEGAL, NO_PROFILE_ID, NO_PROFILE] {
            assert!(crate::api::codes::find(refusal.0).is_some());
        }
    }
}
