//! The parameter check: what a caller gave, against a row, before anything is sent.
//!
//! Not here: sending. A checked body holds exactly the fields that go on the wire.

use super::row::{Allowed, Endpoint, Kind, Need, Param};
use crate::base::mask::MASK;
use crate::base::text;
use serde_json::{Map, Value};
use std::fmt;

/// Everything that is wrong with the arguments of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

/// One thing that is wrong with the arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The parameter, with the objects around it: `proxy_config.proxy_ip`.
    pub param: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No such parameter.
    Unknown {
        /// The nearest names, as ", did you mean ...".
        suggestion: String,
        /// All names there are.
        known: Vec<&'static str>,
    },
    /// Required and not given.
    Missing,
    /// Required because of its siblings, and not given.
    MissingWhen(String),
    /// Of another type.
    Type {
        /// The type its page gives.
        expected: &'static str,
        /// What was given.
        found: String,
    },
    /// A whole number beyond 64 bits.
    OutOfRange(String),
    /// Not one of the allowed values.
    NotAllowed {
        /// What was given.
        found: String,
        /// The allowed values.
        allowed: Vec<String>,
        /// The nearest allowed value.
        suggestion: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let param = &self.param;
        match &self.fault {
            Fault::Unknown { suggestion, known } if suggestion.is_empty() => {
                write!(formatter, "`{param}` is unknown; there are {}", text::list_and(known))
            }
            Fault::Unknown { suggestion, .. } => write!(formatter, "`{param}` is unknown{suggestion}"),
            Fault::Missing => write!(formatter, "`{param}` is missing"),
            Fault::MissingWhen(condition) => {
                write!(formatter, "`{param}` is missing; it is required when {condition}")
            }
            Fault::Type { expected, found } => write!(formatter, "`{param}` must be {expected}, not {found}"),
            Fault::OutOfRange(found) => write!(formatter, "`{param}` is out of range: {found}"),
            Fault::NotAllowed { found, allowed, suggestion } if suggestion.is_empty() => {
                write!(formatter, "`{param}` cannot be {found}; it is one of {}", allowed.join(", "))
            }
            Fault::NotAllowed { found, suggestion, .. } => {
                write!(formatter, "`{param}` cannot be {found}{suggestion}")
            }
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            write!(formatter, "{}{problem}", if at == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

/// Checks `given` against the row and returns the request body: coerced values, and nothing that was not given
/// except the fillers a given object needs.
///
/// # Errors
/// Everything that is wrong, not only the first.
pub fn check(endpoint: &Endpoint, given: Map<String, Value>) -> Result<Map<String, Value>, Problems> {
    let mut problems = Vec::new();
    let body = check_object(endpoint.params, given, "", &mut problems);
    if problems.is_empty() { Ok(body) } else { Err(Problems(problems)) }
}

fn check_object(
    params: &'static [Param],
    given: Map<String, Value>,
    prefix: &str,
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    let mut body = Map::new();
    // What was misspelled is not also missing.
    let mut meant = Vec::new();
    for (name, value) in given {
        let path = format!("{prefix}{name}");
        let Some(param) = params.iter().find(|param| param.name == name) else {
            let known: Vec<&str> = params.iter().map(|param| param.name).collect();
            meant.extend(text::nearest(&name, known.iter().copied()));
            let suggestion = text::did_you_mean(&name, known.iter().copied());
            problems.push(Problem { param: path, fault: Fault::Unknown { suggestion, known } });
            continue;
        };
        match coerce(param, value, &path, problems) {
            Ok(value) => drop(body.insert(name, value)),
            Err(fault) => problems.push(Problem { param: path, fault }),
        }
    }
    let is_named = |name: &str| {
        meant.contains(&name) || problems.iter().any(|problem| problem.param == format!("{prefix}{name}"))
    };
    let missing: Vec<Problem> = params
        .iter()
        .filter(|param| !body.contains_key(param.name) && !is_named(param.name))
        .filter_map(|param| {
            let fault = match param.need {
                Need::Required => Fault::Missing,
                Need::When(condition) if condition.holds(&body) => Fault::MissingWhen(condition.to_string()),
                Need::When(_) | Need::Optional => return None,
            };
            Some(Problem { param: format!("{prefix}{}", param.name), fault })
        })
        .collect();
    problems.extend(missing);
    for param in params {
        if let Some(filler) = param.filler {
            body.entry(param.name).or_insert_with(|| filler.into());
        }
    }
    body
}

fn coerce(param: &Param, value: Value, path: &str, problems: &mut Vec<Problem>) -> Result<Value, Fault> {
    let value = match (param.kind, value) {
        (Kind::Object(params), Value::Object(given)) => {
            let prefix = format!("{path}.");
            return Ok(Value::Object(check_object(params, given, &prefix, problems)));
        }
        (Kind::Integer, Value::String(written)) => integer(param, &written)?,
        (Kind::Integer, Value::Number(number)) if number.is_i64() => Value::Number(number),
        (Kind::Integer, Value::Number(number)) if number.is_u64() => {
            return Err(Fault::OutOfRange(number.to_string()));
        }
        (Kind::Text | Kind::Digits, Value::String(text)) => Value::String(text),
        (Kind::Digits, Value::Number(number)) if number.is_i64() => Value::String(number.to_string()),
        (Kind::Digits, Value::Bool(flag)) => Value::String(u8::from(flag).to_string()),
        (Kind::Number, Value::Number(number)) => Value::Number(number),
        (Kind::Number, Value::String(written)) => number(param, &written)?,
        (Kind::Integers | Kind::Texts, Value::Array(items)) => return each(param, items, path, problems),
        (Kind::TextOrTexts, Value::String(text)) => Value::String(text),
        (Kind::TextOrTexts, Value::Array(items)) => return each(param, items, path, problems),
        (Kind::Integers | Kind::Texts, one @ (Value::Number(_) | Value::String(_))) => {
            return each(param, vec![one], path, problems);
        }
        (Kind::JsonText, Value::String(text)) => Value::String(text),
        (Kind::JsonText, value @ (Value::Array(_) | Value::Object(_))) => Value::String(value.to_string()),
        (Kind::Boolean, Value::Bool(flag)) => Value::Bool(flag),
        (Kind::Boolean, Value::Number(number)) if number.as_i64() == Some(0) => Value::Bool(false),
        (Kind::Boolean, Value::Number(number)) if number.as_i64() == Some(1) => Value::Bool(true),
        (Kind::Boolean, Value::String(text)) if matches!(text.trim(), "true" | "1") => Value::Bool(true),
        (Kind::Boolean, Value::String(text)) if matches!(text.trim(), "false" | "0") => Value::Bool(false),
        (kind, value) => return Err(wrong_type(param, kind, &value)),
    };
    allow(param, value)
}

/// The items of an array, each as the array's kind wants it.
fn each(param: &Param, items: Vec<Value>, path: &str, problems: &mut Vec<Problem>) -> Result<Value, Fault> {
    let kind = if param.kind == Kind::Integers { Kind::Integer } else { Kind::Digits };
    let item = Param { kind, ..*param };
    let mut coerced = Vec::with_capacity(items.len());
    for (at, value) in items.into_iter().enumerate() {
        let path = format!("{path}[{at}]");
        match coerce(&item, value, &path, problems) {
            Ok(value) => coerced.push(value),
            Err(fault) => problems.push(Problem { param: path, fault }),
        }
    }
    Ok(Value::Array(coerced))
}

fn number(param: &Param, written: &str) -> Result<Value, Fault> {
    let wrong = || wrong_type(param, Kind::Number, &Value::from(written));
    let trimmed = written.trim();
    if let Ok(whole) = trimmed.parse::<i64>() {
        return Ok(whole.into());
    }
    let number = trimmed.parse().ok().and_then(serde_json::Number::from_f64);
    number.map(Value::Number).ok_or_else(wrong)
}

/// Digits as text, or the readable name of an allowed value.
fn integer(param: &Param, written: &str) -> Result<Value, Fault> {
    let trimmed = written.trim();
    if let Allowed::Integers(values) = param.allowed
        && let Some((number, _)) = values.iter().find(|(_, name)| name.eq_ignore_ascii_case(trimmed))
    {
        return Ok((*number).into());
    }
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match (is_number, param.allowed) {
        (true, _) => {
            trimmed.parse::<i64>().map(Value::from).map_err(|_| Fault::OutOfRange(trimmed.to_owned()))
        }
        (false, Allowed::Integers(values)) => {
            Err(not_allowed(param, quoted(param, written), written, names(values)))
        }
        (false, _) => Err(wrong_type(param, Kind::Integer, &Value::from(written))),
    }
}

fn names(values: &'static [(i64, &'static str)]) -> Vec<(String, &'static str)> {
    values.iter().map(|(number, name)| (format!("{number} ({name})"), *name)).collect()
}

fn allow(param: &Param, value: Value) -> Result<Value, Fault> {
    match (param.allowed, &value) {
        (Allowed::Any, _) => Ok(value),
        (Allowed::Integers(values), Value::Number(number)) => {
            let known = values.iter().any(|(allowed, _)| Some(*allowed) == number.as_i64());
            if known { Ok(value) } else { Err(not_allowed(param, number.to_string(), "", names(values))) }
        }
        (Allowed::Texts(values), Value::String(text)) => {
            if text.is_empty() {
                return Ok(value);
            }
            if let Some((allowed, _)) = values.iter().find(|(allowed, _)| allowed.eq_ignore_ascii_case(text))
            {
                return Ok((*allowed).into());
            }
            let allowed = values.iter().map(|(allowed, _)| (format!("\"{allowed}\""), *allowed)).collect();
            Err(not_allowed(param, quoted(param, text), text, allowed))
        }
        (Allowed::Integers(_) | Allowed::Texts(_), _) => Ok(value),
    }
}

fn not_allowed(param: &Param, found: String, typed: &str, allowed: Vec<(String, &'static str)>) -> Fault {
    let suggestion = if param.secret {
        String::new()
    } else {
        text::did_you_mean(typed, allowed.iter().map(|(_, name)| *name))
    };
    Fault::NotAllowed { found, allowed: allowed.into_iter().map(|(shown, _)| shown).collect(), suggestion }
}

fn wrong_type(param: &Param, kind: Kind, value: &Value) -> Fault {
    let expected = match kind {
        Kind::Integer => "an integer",
        Kind::Text => "text",
        Kind::Digits => "digits as text",
        Kind::Number => "a number",
        Kind::Integers => "an array of integers",
        Kind::Texts => "an array of texts",
        Kind::TextOrTexts => "text or an array of texts",
        Kind::JsonText => "an array or a map, or JSON as text",
        Kind::Boolean => "true or false",
        Kind::Object(_) => "a map",
    };
    let found = match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(_) if param.secret => "a number".to_owned(),
        Value::Number(number) if number.is_f64() => format!("the fraction {number}"),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("the text {}", quoted(param, text)),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    };
    Fault::Type { expected, found }
}

fn quoted(param: &Param, text: &str) -> String {
    let shown =
        if param.secret { MASK.into() } else { text::one_line(text::cut(text, 60).as_ref()).into_owned() };
    format!("\"{shown}\"")
}

/// The arguments as they may be shown: secrets masked, at every depth.
pub fn redacted(params: &[Param], given: &Map<String, Value>) -> Map<String, Value> {
    let shown = |name: &str, value: &Value| match (params.iter().find(|param| param.name == name), value) {
        (Some(param), _) if param.secret => Value::from(MASK),
        (Some(param), Value::Object(inner)) => Value::Object(redacted(param.members(), inner)),
        _ => value.clone(),
    };
    given.iter().map(|(name, value)| (name.clone(), shown(name, value))).collect()
}

/// Calls `found` with every text inside `value`.
pub fn all_texts(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().for_each(|item| all_texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| all_texts(field, found)),
        _ => {}
    }
}

/// Calls `found` with every secret text among the arguments, at every depth.
pub fn secrets(params: &[Param], given: &Map<String, Value>, found: &mut dyn FnMut(&str)) {
    for (name, value) in given {
        let Some(param) = params.iter().find(|param| param.name == *name) else { continue };
        match value {
            Value::String(text) if param.secret => found(text),
            Value::Array(_) | Value::Object(_) if param.secret => all_texts(value, found),
            Value::Object(inner) => secrets(param.members(), inner, found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::by_function;
    use proptest::prelude::*;
    use serde_json::json;

    fn run(function: &str, given: Value) -> Result<Value, String> {
        let endpoint = by_function(function).unwrap();
        let Value::Object(given) = given else { unreachable!("tests give objects") };
        check(endpoint, given).map(Value::Object).map_err(|problems| problems.to_string())
    }

    #[test]
    fn the_documented_examples_go_out_as_documented() {
        for endpoint in crate::api::endpoints() {
            let example: Value = serde_json::from_str(endpoint.example).unwrap();
            assert_eq!(run(endpoint.function, example.clone()), Ok(example), "{}", endpoint.function);
        }
    }

    #[test]
    fn only_what_is_given_is_sent() {
        assert_eq!(run("copy_profile", json!({ "profile_id": "1640" })), Ok(json!({ "profile_id": 1640 })));
    }

    #[test]
    fn a_given_proxy_config_gets_the_fields_its_page_requires() {
        let sent = run(
            "import_profile",
            json!({ "transfer_code": "a", "proxy_config": { "proxy_mode": 2, "proxy_type": "direct" } }),
        );
        let proxy =
            json!({ "proxy_mode": 2, "proxy_type": "direct", "enable_bypass": "0", "bypass_list": "" });
        assert_eq!(sent, Ok(json!({ "transfer_code": "a", "proxy_config": proxy })));
    }

    #[test]
    fn values_are_coerced_where_nothing_is_lost() {
        let given = json!({ "transfer_code": "a", "proxy_config": { "proxy_mode": "custom", "proxy_type": "http",
            "proxy_ip": "10.0.0.1", "proxy_port": 8080, "enable_bypass": true, "traffic_package_ip_policy": "false" } });
        let sent = run("import_profile", given).unwrap();
        let proxy = json!({ "proxy_mode": 2, "proxy_type": "http", "proxy_ip": "10.0.0.1", "proxy_port": "8080",
            "enable_bypass": "1", "traffic_package_ip_policy": false, "bypass_list": "" });
        assert_eq!(sent["proxy_config"], proxy);
        assert_eq!(
            run("copy_profile", json!({ "profile_id": 1, "site_id": "Shopify.com" })),
            Ok(json!({ "profile_id": 1, "site_id": 11 }))
        );
    }

    #[test]
    fn each_fault_says_what_is_wrong() {
        let cases = [
            (json!({ "profil_id": 1 }), "`profil_id` is unknown, did you mean `profile_id`?"),
            (json!({ "profile_id": 1.5 }), "`profile_id` must be an integer, not the fraction 1.5"),
            (json!({ "profile_id": "" }), "`profile_id` must be an integer, not the text \"\""),
            (
                json!({ "profile_id": "99999999999999999999" }),
                "`profile_id` is out of range: 99999999999999999999",
            ),
            (json!({ "profile_id": u64::MAX }), "`profile_id` is out of range: 18446744073709551615"),
            (json!({ "profile_id": null }), "`profile_id` must be an integer, not nothing"),
            (json!({ "profile_id": 1, "name": 7 }), "`name` must be text, not 7"),
            (
                json!({ "profile_id": 1, "site_id": 21 }),
                "`site_url` is missing; it is required when `site_id` is 21",
            ),
            (
                json!({ "profile_id": 1, "site_id": "shopfy.com" }),
                "`site_id` cannot be \"shopfy.com\", did you mean `shopify.com`?",
            ),
            (
                json!({ "profile_id": 1, "weather": 1 }),
                "`weather` is unknown; there are `profile_id`, `site_id`, `site_url`, `name` and `group_id`",
            ),
        ];
        for (given, expected) in cases {
            assert_eq!(run("copy_profile", given), Err(expected.to_owned()));
        }
        let number = run("copy_profile", json!({ "profile_id": 1, "site_id": 23 })).unwrap_err();
        assert!(number.starts_with("`site_id` cannot be 23; it is one of 1 (facebook.com), 2 "), "{number}");
    }

    #[test]
    fn the_rules_of_a_proxy_hold_inside_its_object() {
        let import =
            |proxy: Value| run("import_profile", json!({ "transfer_code": "a", "proxy_config": proxy }));
        assert_eq!(
            import(json!({ "proxy_mode": 2, "proxy_type": "socks5" })).unwrap_err(),
            "`proxy_config.proxy_ip` is missing; it is required when `proxy_mode` is 2 and `proxy_type` is given and not \"direct\"; \
             `proxy_config.proxy_port` is missing; it is required when `proxy_mode` is 2 and `proxy_type` is given and not \"direct\""
        );
        assert_eq!(
            import(json!({ "proxy_mode": 1 })).unwrap_err(),
            "`proxy_config.proxy_id` is missing; it is required when `proxy_mode` is given and not 2"
        );
        assert!(import(json!({})).is_ok(), "a condition on a parameter that is not given is false");
        assert_eq!(import(json!([])).unwrap_err(), "`proxy_config` must be a map, not an array");
    }

    #[test]
    fn a_secret_is_never_repeated() {
        let message = run("import_profile", json!({ "transfer_code": 4_545_454 })).unwrap_err();
        assert_eq!(message, "`transfer_code` must be text, not a number");
        let endpoint = by_function("import_profile").unwrap();
        let given = json!({ "transfer_code": "code", "proxy_config": { "proxy_password": "word", "proxy_ip": "host" } });
        let shown = redacted(endpoint.params, given.as_object().unwrap());
        assert_eq!(
            Value::Object(shown),
            json!({ "transfer_code": "***", "proxy_config": { "proxy_password": "***", "proxy_ip": "host" } })
        );
        let mut found = Vec::new();
        secrets(endpoint.params, given.as_object().unwrap(), &mut |secret| found.push(secret.to_owned()));
        found.sort();
        assert_eq!(found, ["code", "word"]);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::vec((any_name(), inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    fn any_name() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z_]{1,10}".boxed(),
            Just("profile_id".to_owned()).boxed(),
            Just("proxy_mode".to_owned()).boxed(),
            Just("proxy_config".to_owned()).boxed(),
            Just("transfer_code".to_owned()).boxed()
        ]
    }

    proptest! {
        #[test]
        fn a_checked_body_passes_the_check_again_unchanged(fields in prop::collection::vec((any_name(), any_value()), 0..6), row in 0usize..9) {
            let endpoint = crate::api::endpoints().nth(row).unwrap();
            let given: Map<String, Value> = fields.into_iter().collect();
            if let Ok(body) = check(endpoint, given.clone()) {
                prop_assert!(given.keys().all(|name| body.contains_key(name)), "nothing that was given is dropped");
                prop_assert_eq!(check(endpoint, body.clone()), Ok(body));
            }
        }
    }
}
