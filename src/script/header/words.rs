//! From the words after a recipe's name to its parameters.
//!
//! Not here: the program's own options, which stand before the recipe's name.

use super::{Header, Param, ParamKind, plain};
use crate::base::mask::MASK;
use crate::base::text;
use serde_json::{Map, Value};

/// What is wrong with the words after a recipe's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// The recipe declares no such parameter.
    #[error("there is no parameter `--{name}`{suggestion}")]
    Unknown {
        /// As it was written.
        name: String,
        /// The nearest names, as ", did you mean ...".
        suggestion: String,
    },
    /// Nothing follows the name.
    #[error("`--{name}` needs a value, which must be {kind}")]
    NoValue {
        /// The parameter.
        name: String,
        /// As in "a whole number".
        kind: &'static str,
    },
    /// Of another type.
    #[error("`--{name}` must be {kind}, not `{found}`")]
    Type {
        /// The parameter.
        name: String,
        /// As in "a whole number".
        kind: &'static str,
        /// What was given.
        found: String,
    },
    /// Not one of the allowed values.
    #[error("`--{name}` cannot be `{found}`; it is {allowed}")]
    NotAllowed {
        /// The parameter.
        name: String,
        /// What was given.
        found: String,
        /// As in "`a` or `b`".
        allowed: String,
    },
    /// Less than the least or more than the most.
    #[error("`--{name}` must be {range}, not {found}")]
    OutOfRange {
        /// The parameter.
        name: String,
        /// What was given.
        found: String,
        /// As in "from 1 to 5".
        range: String,
    },
    /// A parameter that is no list.
    #[error("`--{0}` is given twice")]
    Twice(String),
    /// All that are required and not given.
    #[error("{} missing: {}", if .0.len() == 1 { "a required parameter is" } else { "required parameters are" },
        .0.iter().map(|name| format!("`--{name}`")).collect::<Vec<_>>().join(", "))]
    Missing(Vec<String>),
}

type Result<T> = std::result::Result<T, ParamError>;

/// The parameters and the other words. A recipe that declares no parameters takes any.
///
/// # Errors
/// The first word that is wrong, or everything that is missing.
pub fn read_params(header: &Header, words: &[String]) -> Result<(Map<String, Value>, Vec<String>)> {
    let mut given = Map::new();
    let mut others = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            others.extend(words.by_ref().cloned());
            break;
        }
        let Some(option) = word.strip_prefix("--") else {
            others.push(word.clone());
            continue;
        };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option, None),
        };
        // A negative number is a value; two dashes begin the next parameter.
        let mut next = || words.next_if(|word| !word.starts_with("--")).cloned();
        if header.params.is_empty() {
            let value = value.or_else(next).map_or(Value::Bool(true), Value::String);
            given.insert(snake(name), value);
            continue;
        }
        let (param, is_negated) = find(header, name, value.is_none())?;
        let value = match (param.kind, value) {
            (ParamKind::Boolean, None) => Value::Bool(!is_negated),
            (_, value) => {
                let no_value = || ParamError::NoValue { name: param.flag(), kind: param.kind.noun() };
                convert(param, &value.or_else(&mut next).ok_or_else(no_value)?)?
            }
        };
        check(param, &value)?;
        match (given.get_mut(&param.name), value) {
            (Some(Value::Array(items)), Value::Array(more)) => items.extend(more),
            (Some(_), _) => return Err(ParamError::Twice(param.flag())),
            (None, value) => drop(given.insert(param.name.clone(), value)),
        }
    }
    fill(header, &mut given)?;
    Ok((given, others))
}

fn fill(header: &Header, given: &mut Map<String, Value>) -> Result<()> {
    let missing = header.params.iter().filter(|param| param.required && !given.contains_key(&param.name));
    let missing: Vec<String> = missing.map(Param::flag).collect();
    if !missing.is_empty() {
        return Err(ParamError::Missing(missing));
    }
    for param in &header.params {
        if let (Some(default), false) = (&param.default, given.contains_key(&param.name)) {
            given.insert(param.name.clone(), default.clone());
        }
    }
    Ok(())
}

fn snake(name: &str) -> String {
    name.replace('-', "_")
}

/// The parameter of that name, and whether it was written with `no-` in front.
fn find<'a>(header: &'a Header, name: &str, is_bare: bool) -> Result<(&'a Param, bool)> {
    let named = |name: &str| header.params.iter().find(|param| snake(&param.name) == snake(name));
    if let Some(param) = named(name) {
        return Ok((param, false));
    }
    let negated = name.strip_prefix("no-").or_else(|| name.strip_prefix("no_")).filter(|_| is_bare);
    if let Some(param) = negated.and_then(named).filter(|param| param.kind == ParamKind::Boolean) {
        return Ok((param, true));
    }
    let flags: Vec<String> = header.params.iter().map(Param::flag).collect();
    let nearest = text::nearest(&name.replace('_', "-"), flags.iter().map(String::as_str));
    let suggestion = nearest.map(|flag| format!(", did you mean `--{flag}`?")).unwrap_or_default();
    Err(ParamError::Unknown { name: shown(name), suggestion })
}

fn convert(param: &Param, written: &str) -> Result<Value> {
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
    value.ok_or_else(|| ParamError::Type {
        name: param.flag(),
        kind: param.kind.noun(),
        found: found(param, written),
    })
}

fn check(param: &Param, value: &Value) -> Result<()> {
    if !param.allows(value) {
        let wrong = match value {
            Value::Array(items) => items.iter().find(|item| !param.allows(item)).unwrap_or(value),
            _ => value,
        };
        let allowed: Vec<String> = param.allowed.iter().map(plain).collect();
        return Err(ParamError::NotAllowed {
            name: param.flag(),
            found: found(param, &plain(wrong)),
            allowed: if param.secret {
                "one of its secret values".to_owned()
            } else {
                text::list_or(&allowed)
            },
        });
    }
    match param.range() {
        Some(range) if !param.is_in_range(value) => {
            Err(ParamError::OutOfRange { name: param.flag(), found: found(param, &plain(value)), range })
        }
        _ => Ok(()),
    }
}

/// What was given, as it may be shown.
fn found(param: &Param, written: &str) -> String {
    if param.secret { MASK.to_owned() } else { shown(written) }
}

fn shown(written: &str) -> String {
    text::one_line(&text::cut(written, 60)).into_owned()
}
