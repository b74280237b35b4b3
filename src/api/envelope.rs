//! The envelope around every reply: `{"error": {"code", "message", "time"}, "data": ...}`, read and written.
//!
//! Not here: HTTP, and what a code means for a call.

use super::row::{Kind, Success};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A reply of the documented form.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// `error.code`; 0 is success.
    pub code: i64,
    /// `error.message`. May be missing in published samples, and may be localised.
    pub message: Option<String>,
    /// `error.time`, seconds since 1970; missing on many pages.
    pub time: Option<i64>,
    /// `data`; missing on page 10.
    pub data: Option<Value>,
}

/// Why a body is no envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing came.
    #[error("the reply is empty")]
    Empty,
    /// The bytes are not UTF-8.
    #[error("the reply is not UTF-8 text")]
    NotText,
    /// It looks like a web page.
    #[error("the reply is an HTML page, not JSON")]
    Html,
    /// It stops in the middle.
    #[error("the reply is JSON that breaks off after {0} bytes")]
    CutOff(usize),
    /// Nested deeper than a reply can be.
    #[error("the reply is JSON nested too deeply")]
    TooDeep,
    /// Anything else that is not JSON.
    #[error("the reply is not JSON (line {line}, column {column})")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// JSON, but not `{"error": {"code": ...}}`.
    #[error("the reply is JSON without {0}")]
    NotEnvelope(&'static str),
    /// A success whose `data` is not what the page documents.
    #[error("the app reports success, but `data` is {found} where {expected} is documented")]
    WrongData {
        /// What came.
        found: &'static str,
        /// What the page says.
        expected: &'static str,
    },
}

/// Reads the body of a reply.
///
/// # Errors
/// What is wrong with it, when it is no envelope.
pub fn parse(body: &[u8]) -> Result<Envelope, BodyError> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default)]
        error: Value,
        #[serde(default, deserialize_with = "present")]
        data: Option<Value>,
    }
    fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
        Value::deserialize(deserializer).map(Some)
    }

    let text = std::str::from_utf8(body).map_err(|_| BodyError::NotText)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(BodyError::Empty);
    }
    if text.starts_with('<') {
        return Err(BodyError::Html);
    }
    if !text.starts_with('{') {
        // Any other JSON value is legal JSON and still no envelope.
        return match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => Err(BodyError::NotEnvelope("an object at the top")),
            Err(error) => Err(json_error(&error, text.len())),
        };
    }
    let wire: Wire = serde_json::from_str(text).map_err(|error| json_error(&error, text.len()))?;
    let error = match wire.error {
        Value::Object(error) => error,
        Value::Null => return Err(BodyError::NotEnvelope("`error`")),
        _ => return Err(BodyError::NotEnvelope("an object in `error`")),
    };
    let code = match error.get("code") {
        Some(code) => code.as_i64().ok_or(BodyError::NotEnvelope("an integer in `error.code`"))?,
        None => return Err(BodyError::NotEnvelope("`error.code`")),
    };
    let message = error.get("message").and_then(Value::as_str).map(str::to_owned);
    let time = error.get("time").and_then(Value::as_i64);
    Ok(Envelope { code, message, time, data: wire.data })
}

fn json_error(error: &serde_json::Error, length: usize) -> BodyError {
    match error.classify() {
        serde_json::error::Category::Eof => BodyError::CutOff(length),
        // serde_json has no category of its own for its limit of 128 levels.
        _ if error.to_string().starts_with("recursion limit") => BodyError::TooDeep,
        _ => BodyError::NotJson { line: error.line(), column: error.column() },
    }
}

/// The value a script gets for a successful reply's `data`.
///
/// # Errors
/// [`BodyError::WrongData`] when `data` has not the documented shape.
pub fn value(success: Success, data: Option<Value>) -> Result<Value, BodyError> {
    let data = data.unwrap_or(Value::Null);
    let wrong = |expected| BodyError::WrongData { found: describe(&data), expected };
    match success {
        Success::Nothing => Ok(Value::Bool(true)),
        Success::Id => id(&data).map(Value::from).ok_or_else(|| wrong("an id")),
        Success::Field(name, kind) => {
            let field = data.get(name).ok_or_else(|| wrong("an object with the documented field"))?;
            match kind {
                Kind::Integer => id(field).map(Value::from).ok_or_else(|| wrong("an object with an id")),
                _ => field.as_str().map(Value::from).ok_or_else(|| wrong("an object with a text")),
            }
        }
        Success::Page { .. } => page(Some(data)).map(|page| Value::Array(page.rows)),
        Success::Rows => match data {
            Value::Array(rows) => Ok(Value::Array(whole_ids(rows))),
            Value::Null => Ok(Value::Array(Vec::new())),
            _ => Err(wrong("an array")),
        },
        Success::Object if data.is_object() => Ok(with_whole_ids(data)),
        Success::Object => Err(wrong("an object")),
        Success::Ids => match &data {
            Value::Array(ids) => {
                let ids = ids.iter().map(|given| id(given).map(Value::from)).collect::<Option<Vec<_>>>();
                ids.map(Value::Array).ok_or_else(|| wrong("an array of ids"))
            }
            Value::Null => Ok(Value::Array(Vec::new())),
            _ => Err(wrong("an array of ids")),
        },
        Success::Number => id(&data).map(Value::from).ok_or_else(|| wrong("a number")),
        Success::JsonText => match &data {
            Value::String(text) if text.trim().is_empty() => Ok(Value::Array(Vec::new())),
            Value::String(text) => serde_json::from_str(text).map_err(|_| wrong("JSON inside a text")),
            Value::Array(_) => Ok(data),
            Value::Null => Ok(Value::Array(Vec::new())),
            _ => Err(wrong("JSON inside a text")),
        },
    }
}

/// The `data` of a reply that says that the thing with this id was made.
pub fn data_of_made(success: Success, id: i64) -> Value {
    match success {
        Success::Field(name, _) => Value::Object(Map::from_iter([(name.to_owned(), id.into())])),
        _ => id.into(),
    }
}

fn whole_ids(rows: Vec<Value>) -> Vec<Value> {
    rows.into_iter().map(with_whole_ids).collect()
}

/// The row with ids as integers: the API writes some of them as text (pages 1, 11 and 46).
fn with_whole_ids(mut row: Value) -> Value {
    if let Value::Object(fields) = &mut row {
        for (name, field) in fields.iter_mut() {
            let is_id = name == "id" || name.ends_with("_id");
            if let Some(whole) = field.as_str().filter(|_| is_id).and_then(|text| text.parse::<i64>().ok()) {
                // A text that would not come back the same, such as 007, is no number.
                if field.as_str() == Some(whole.to_string().as_str()) {
                    *field = whole.into();
                }
            }
        }
    }
    row
}

/// One page of a list.
#[derive(Debug, PartialEq)]
pub struct Page {
    /// How many rows there are on all pages; `None` where the reply does not say.
    pub total: Option<usize>,
    /// The rows of this page.
    pub rows: Vec<Value>,
}

/// Reads `{total, data: [...]}`; a bare array and `null` rows are taken too.
///
/// # Errors
/// [`BodyError::WrongData`] for anything else.
pub fn page(data: Option<Value>) -> Result<Page, BodyError> {
    let data = data.unwrap_or(Value::Null);
    let found = describe(&data);
    match data {
        Value::Array(rows) => return Ok(Page { total: None, rows: whole_ids(rows) }),
        Value::Object(mut object) => {
            let total = object.get("total").and_then(id).and_then(|total| usize::try_from(total).ok());
            match object.remove("data") {
                Some(Value::Array(rows)) => return Ok(Page { total, rows: whole_ids(rows) }),
                Some(Value::Null) => return Ok(Page { total, rows: Vec::new() }),
                _ => {}
            }
        }
        _ => {}
    }
    Err(BodyError::WrongData { found, expected: "a page of rows" })
}

/// An integer, also one written as text: the API mixes both for ids.
fn id(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn describe(data: &Value) -> &'static str {
    match data {
        Value::Null => "missing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "another object",
    }
}

impl Envelope {
    /// The reply as JSON, for `call_api` and for the simulator.
    pub fn to_json(&self) -> Value {
        let mut error = Map::new();
        error.insert("code".into(), self.code.into());
        if let Some(message) = &self.message {
            error.insert("message".into(), message.as_str().into());
        }
        if let Some(time) = self.time {
            error.insert("time".into(), time.into());
        }
        let mut envelope = json!({ "error": error });
        if let Some(data) = &self.data {
            envelope["data"] = data.clone();
        }
        envelope
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(body: &str) -> String {
        parse(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_documented_replies_are_read() {
        let copied =
            parse(br#"{"error":{"code":0,"message":"success","time":1703759701},"data":1639}"#).unwrap();
        assert_eq!(value(Success::Id, copied.data), Ok(1639.into()));
        let imported =
            parse(br#"{"error":{"code":0,"message":"success","time":1697184642},"data":{"profile_id":1}}"#);
        assert_eq!(value(Success::Field("profile_id", Kind::Integer), imported.unwrap().data), Ok(1.into()));
        let failed =
            parse(br#"{"error":{"code":110002,"message":"The transfer code is wrong","time":1},"data":[]}"#);
        assert_eq!(failed.unwrap().code, 110_002);
    }

    #[test]
    fn a_missing_message_time_or_data_is_no_fault() {
        let bare = parse(b"\xef\xbb\xbf {\"error\":{\"code\":0}}").unwrap();
        assert_eq!(bare, Envelope { code: 0, message: None, time: None, data: None });
        assert_eq!(value(Success::Nothing, bare.data), Ok(true.into()));
        let null = parse(br#"{"error":{"code":0},"data":null}"#).unwrap();
        assert_eq!(null.data, Some(Value::Null));
    }

    #[test]
    fn every_broken_body_is_named() {
        assert_eq!(error(""), "the reply is empty");
        assert_eq!(error("<html><body>502</body></html>"), "the reply is an HTML page, not JSON");
        assert_eq!(error(r#"{"error":{"code":0"#), "the reply is JSON that breaks off after 18 bytes");
        assert_eq!(error("{nope}"), "the reply is not JSON (line 1, column 2)");
        assert_eq!(error("[1]"), "the reply is JSON without an object at the top");
        assert_eq!(error("{}"), "the reply is JSON without `error`");
        assert_eq!(error(r#"{"error":[]}"#), "the reply is JSON without an object in `error`");
        assert_eq!(error(r#"{"error":{}}"#), "the reply is JSON without `error.code`");
        assert_eq!(
            error(r#"{"error":{"code":"0"}}"#),
            "the reply is JSON without an integer in `error.code`"
        );
        assert_eq!(
            error(r#"{"error":{"code":1e99}}"#),
            "the reply is JSON without an integer in `error.code`"
        );
        assert_eq!(
            error(&format!("{{\"error\":{}", "[".repeat(100_000))),
            "the reply is JSON nested too deeply"
        );
        assert_eq!(parse(b"\xff\xfe").unwrap_err(), BodyError::NotText);
    }

    #[test]
    fn data_of_the_wrong_type_is_named() {
        let wrong = value(Success::Id, Some(json!([]))).unwrap_err().to_string();
        assert_eq!(wrong, "the app reports success, but `data` is an array where an id is documented");
        assert!(value(Success::Id, Some(json!(1.5))).is_err());
        assert!(value(Success::Field("profile_id", Kind::Integer), Some(json!({}))).is_err());
        assert!(value(Success::Page { id: "id" }, Some(json!({ "total": 1 }))).is_err());
        assert_eq!(value(Success::Id, Some(json!("1639"))), Ok(1639.into()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(code: i64, message: Option<String>, time: Option<i64>, data: Option<i64>) {
            let envelope = Envelope { code, message, time, data: data.map(Value::from) };
            prop_assert_eq!(parse(envelope.to_json().to_string().as_bytes()), Ok(envelope));
        }

        #[test]
        fn no_body_can_make_the_reader_panic(body: Vec<u8>) {
            let _ = parse(&body);
        }
    }
}
