//! Values in and out of scripts: the only way either way.
//!
//! Not here: checking arguments; a value that is JSON at all passes here.

use super::thrown::with_fields;
use rhai::{Array, Blob, Dynamic, FnPtr, INT, ImmutableString, Map};
use serde_json::Value;

/// JSON deeper than this is refused: no reply and no request is.
const MOST_LEVELS: usize = 100;

/// What JSON cannot hold, and where in the value it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJson {
    /// As in `proxy_config.proxy_ip`; empty for the value itself.
    pub path: String,
    /// As in "a function".
    pub what: &'static str,
}

/// A script's value as JSON.
///
/// # Errors
/// For functions, timestamps and other things JSON cannot hold.
pub fn to_json(value: &Dynamic) -> Result<Value, NotJson> {
    convert(value, MOST_LEVELS)
}

fn convert(value: &Dynamic, levels: usize) -> Result<Value, NotJson> {
    let not_json = |what| NotJson { path: String::new(), what };
    if levels == 0 {
        return Err(not_json("nested too deeply"));
    }
    if value.is_unit() {
        Ok(Value::Null)
    } else if let Ok(flag) = value.as_bool() {
        Ok(flag.into())
    } else if let Ok(number) = value.as_int() {
        Ok(number.into())
    } else if let Ok(number) = value.as_float() {
        serde_json::Number::from_f64(number).map(Value::Number).ok_or_else(|| not_json("not a number"))
    } else if let Ok(character) = value.as_char() {
        Ok(character.to_string().into())
    } else if let Some(text) = value.read_lock::<ImmutableString>() {
        Ok(text.as_str().into())
    } else if let Some(object) = with_fields(value, |fields| convert_map(fields, levels)) {
        object
    } else if let Some(array) = value.read_lock::<Array>() {
        let items = array
            .iter()
            .enumerate()
            .map(|(at, value)| convert(value, levels - 1).map_err(|error| error.under(&at.to_string())));
        items.collect::<Result<_, _>>().map(Value::Array)
    } else if value.is::<FnPtr>() {
        Err(not_json("a function"))
    } else if value.is::<Blob>() {
        Err(not_json("binary data"))
    } else {
        Err(not_json("a value that is not data"))
    }
}

fn convert_map(map: &Map, levels: usize) -> Result<Value, NotJson> {
    let fields = map.iter().map(|(key, value)| match convert(value, levels - 1) {
        Ok(value) => Ok((key.to_string(), value)),
        Err(error) => Err(error.under(key)),
    });
    fields.collect::<Result<_, _>>().map(Value::Object)
}

impl NotJson {
    fn under(mut self, name: &str) -> Self {
        self.path = if self.path.is_empty() { name.to_owned() } else { format!("{name}.{}", self.path) };
        self
    }
}

/// JSON as a script's value. Integers beyond 64 bits become floats, as in JSON itself.
pub fn from_json(value: Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(flag) => flag.into(),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Dynamic::from(integer as INT),
            None => Dynamic::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => text.into(),
        Value::Array(items) => items.into_iter().map(from_json).collect::<Array>().into(),
        Value::Object(fields) => Dynamic::from(
            fields.into_iter().map(|(key, value)| (key.into(), from_json(value))).collect::<Map>(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn json_goes_in_and_comes_out_the_same() {
        let value = json!({ "a": [1, 2.5, true, null, "x"], "b": { "c": i64::MIN } });
        assert_eq!(to_json(&from_json(value.clone())), Ok(value));
    }

    #[test]
    fn what_json_cannot_hold_is_named_with_its_path() {
        let mut inner = Map::new();
        inner.insert("f".into(), FnPtr::new("f").unwrap().into());
        let array: Array = vec![Dynamic::UNIT, inner.into()];
        assert_eq!(to_json(&array.into()), Err(NotJson { path: "1.f".into(), what: "a function" }));
        assert_eq!(to_json(&f64::NAN.into()).unwrap_err().what, "not a number");
    }

    #[test]
    fn endless_nesting_is_refused() {
        let mut value = Dynamic::UNIT;
        for _ in 0..1000 {
            value = vec![value].into();
        }
        assert_eq!(to_json(&value).unwrap_err().what, "nested too deeply");
    }

    proptest! {
        #[test]
        fn integers_are_exact(number: i64) {
            prop_assert_eq!(to_json(&from_json(number.into())), Ok(number.into()));
        }
    }
}
