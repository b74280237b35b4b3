//! When a parameter is needed: conditions over its siblings, as the pages word them.
//!
//! Not here: deciding what follows from a condition; that is the parameter check.

use serde_json::{Map, Value};
use std::fmt;

/// A condition over the parameters that stand beside it. One on a parameter that was not given is false.
#[derive(Debug, Clone, Copy)]
pub enum Condition {
    /// The sibling has this integer value.
    Is(&'static str, i64),
    /// The sibling is given and has another integer value.
    IsNot(&'static str, i64),
    /// The sibling is given and has another text value.
    IsNotText(&'static str, &'static str),
    /// All of them hold.
    All(&'static [Condition]),
}

impl Condition {
    /// Whether it holds for `siblings`, whose values have already been coerced.
    pub fn holds(self, siblings: &Map<String, Value>) -> bool {
        match self {
            Self::Is(name, value) => siblings.get(name).is_some_and(|given| is(given, value)),
            Self::IsNot(name, value) => siblings.get(name).is_some_and(|given| !is(given, value)),
            Self::IsNotText(name, value) => siblings.get(name).is_some_and(|given| *given != value),
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(siblings)),
        }
    }
}

/// Page 9 has the proxy mode as text, all others as a number.
fn is(given: &Value, value: i64) -> bool {
    *given == value || given.as_str().is_some_and(|given| given.parse() == Ok(value))
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(name, value) => write!(formatter, "`{name}` is {value}"),
            Self::IsNot(name, value) => write!(formatter, "`{name}` is given and not {value}"),
            Self::IsNotText(name, value) => write!(formatter, "`{name}` is given and not \"{value}\""),
            Self::All(conditions) => {
                for (at, condition) in conditions.iter().enumerate() {
                    let and = if at == 0 { "" } else { " and " };
                    write!(formatter, "{and}{condition}")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_condition_on_a_parameter_that_is_not_given_is_false() {
        let nothing = Map::new();
        assert!(!Condition::Is("proxy_mode", 2).holds(&nothing));
        assert!(!Condition::IsNot("proxy_mode", 2).holds(&nothing));
        assert!(!Condition::IsNotText("proxy_type", "direct").holds(&nothing));
    }

    #[test]
    fn all_needs_every_part() {
        const CUSTOM: Condition =
            Condition::All(&[Condition::Is("proxy_mode", 2), Condition::IsNotText("proxy_type", "direct")]);
        let given = |value: Value| value.as_object().cloned().unwrap();
        assert!(CUSTOM.holds(&given(json!({ "proxy_mode": 2, "proxy_type": "http" }))));
        assert!(!CUSTOM.holds(&given(json!({ "proxy_mode": 2, "proxy_type": "direct" }))));
        assert!(!CUSTOM.holds(&given(json!({ "proxy_mode": 2 }))));
        assert_eq!(CUSTOM.to_string(), "`proxy_mode` is 2 and `proxy_type` is given and not \"direct\"");
    }
}
