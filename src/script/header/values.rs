//! From what was given for a parameter, as text or as data, to its value.
//!
//! Not here: where it was given, which is in `label`.

use super::{Param, ParamError, ParamKind, plain};
use crate::base::mask::MASK;
use crate::base::text;
use serde_json::Value;

type Result<T> = std::result::Result<T, ParamError>;

/// The value that `written` stands for.
pub(super) fn of_text(param: &Param, written: &str, label: &str) -> Result<Value> {
    let trimmed = written.trim();
    let value = match param.kind {
        ParamKind::Text => Some(written.into()),
        ParamKind::Integer => trimmed.parse::<i64>().ok().map(Value::from),
        ParamKind::Float => trimmed.parse().ok().and_then(serde_json::Number::from_f64).map(Value::Number),
        ParamKind::Boolean => match trimmed.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true.into()),
            "false" | "no" | "off" | "0" => Some(false.into()),
            _ => None,
        },
        ParamKind::List => {
            let items = written.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(items.map(Value::from).collect())
        }
    };
    let wrong = || wrong_type(param, &format!("`{}`", found(param, written)), label);
    check(param, value.ok_or_else(wrong)?, label)
}

/// The value that data of a file stands for.
pub(super) fn of_data(param: &Param, data: &Value, label: &str) -> Result<Value> {
    let value = match (param.kind, data) {
        (_, Value::String(written)) => return of_text(param, written, label),
        (ParamKind::Text, Value::Number(number)) => Some(number.to_string().into()),
        (ParamKind::List, Value::Array(items)) => {
            items.iter().map(item).collect::<Option<_>>().map(Value::Array)
        }
        (kind, data) => kind.fits(data).then(|| kind.of(data.clone())),
    };
    let wrong = || {
        let found = match data {
            Value::Array(_) => "an array".to_owned(),
            Value::Object(_) => "a table".to_owned(),
            Value::Null => "null".to_owned(),
            data => format!("`{}`", found(param, &data.to_string())),
        };
        wrong_type(param, &found, label)
    };
    check(param, value.ok_or_else(wrong)?, label)
}

/// An item of a list, which is text.
fn item(data: &Value) -> Option<Value> {
    match data {
        Value::String(_) => Some(data.clone()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

fn wrong_type(param: &Param, found: &str, label: &str) -> ParamError {
    ParamError::Type { label: label.to_owned(), kind: param.kind.noun(), found: found.to_owned() }
}

fn check(param: &Param, value: Value, label: &str) -> Result<Value> {
    let label = || label.to_owned();
    let wrong_item = |fits: &dyn Fn(&Value) -> bool| match &value {
        Value::Array(items) => items.iter().find(|item| !fits(item)).map(plain),
        one => (!fits(one)).then(|| plain(one)),
    };
    let is_empty = value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
    if is_empty && !param.may_be_empty() {
        return Err(ParamError::Empty(label()));
    }
    if let Some(wrong) = wrong_item(&|value| param.allows(value)) {
        let allowed: Vec<String> = param.allowed.iter().map(|value| shown(&plain(value))).collect();
        return Err(ParamError::NotAllowed {
            label: label(),
            found: found(param, &wrong),
            allowed: if param.secret {
                "one of its secret values".to_owned()
            } else {
                text::list_or(&allowed)
            },
        });
    }
    if let Some(pattern) = &param.pattern
        && let Some(wrong) = wrong_item(&|value| param.is_of_pattern(value))
    {
        return Err(ParamError::NoMatch {
            label: label(),
            found: found(param, &wrong),
            pattern: text::one_line(&text::cut(pattern.text(), 200)).into_owned(),
            about: param.about.clone(),
        });
    }
    match param.range() {
        Some(range) if !param.is_in_range(&value) => {
            Err(ParamError::OutOfRange { label: label(), found: found(param, &plain(&value)), range })
        }
        _ => Ok(value),
    }
}

/// What was given, as it may be shown.
fn found(param: &Param, written: &str) -> String {
    if param.secret { MASK.to_owned() } else { shown(written) }
}

pub(super) fn shown(written: &str) -> String {
    text::one_line(&text::cut(written, 60)).into_owned()
}
