//! Laws over the table: what holds for every row, checked for every row.

use super::row::{Allowed, Effect, Endpoint, Kind, Param, Repeat, Success};
use super::{codes, endpoints};
use serde_json::{Map, Value};

fn is_snake_case(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[test]
fn names_are_unique_and_well_formed() {
    let functions: std::collections::BTreeSet<&str> = endpoints().map(|row| row.function).collect();
    let actions: std::collections::BTreeSet<&str> = endpoints().map(|row| row.action).collect();
    assert_eq!((functions.len(), actions.len()), (endpoints().count(), endpoints().count()));
    for row in endpoints() {
        assert!(is_snake_case(row.function), "{}", row.function);
        assert!(row.action.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", row.action);
        assert!(row.about.ends_with('.'), "{}", row.function);
    }
}

#[test]
fn positional_parameters_are_required() {
    for row in endpoints() {
        for name in row.positional {
            let param = row.param(name).unwrap_or_else(|| panic!("{}: {name}", row.function));
            assert!(matches!(param.need, super::Need::Required), "{}: {name}", row.function);
        }
    }
}

#[test]
fn every_listed_code_is_in_the_table() {
    for row in endpoints() {
        for listed in row.codes {
            let known = match listed.strip_suffix("xxx") {
                Some(_) => {
                    row.documented_codes().any(|code| code.number.to_string().starts_with(&listed[..3]))
                }
                None => codes::find(listed.parse().unwrap()).is_some(),
            };
            assert!(known, "{}: {listed}", row.function);
        }
    }
}

#[test]
fn what_makes_or_deletes_something_is_not_repeated() {
    for row in endpoints() {
        let is_harmless = row.repeat_is_harmless(&Map::new());
        assert_eq!(row.effect == Effect::Read, row.repeat == Repeat::Read, "{}", row.function);
        match (row.effect, row.success) {
            (Effect::Read, _) => assert!(is_harmless, "{}", row.function),
            (Effect::Destructive, _) | (_, Success::Id | Success::Field(..)) => {
                assert!(!is_harmless, "{}", row.function);
            }
            _ => {}
        }
    }
    let update = endpoints().find(|row| row.function == "update_profile").unwrap();
    assert!(!update.repeat_is_harmless(&Map::from_iter([("new_profile_id".to_owned(), 7.into())])));
}

#[test]
fn a_missing_required_parameter_is_named() {
    for row in endpoints().filter(|row| !row.positional.is_empty()) {
        let problems = super::check::check(row, Map::new()).unwrap_err().to_string();
        for name in row.positional {
            assert!(problems.contains(&format!("`{name}` is missing")), "{}: {problems}", row.function);
        }
    }
}

#[test]
fn defaults_and_fillers_are_allowed_values() {
    fn walk(row: &Endpoint, params: &[Param]) {
        for param in params {
            for value in [param.default, param.filler].into_iter().flatten() {
                let fits = match (param.kind, param.allowed) {
                    (Kind::Integer, Allowed::Any) => value.parse::<i64>().is_ok(),
                    (Kind::Integer, Allowed::Integers(values)) => {
                        values.iter().any(|(number, _)| number.to_string() == value)
                    }
                    (_, Allowed::Texts(values)) => values.iter().any(|(allowed, _)| *allowed == value),
                    _ => true,
                };
                assert!(fits, "{}: {} cannot be {value}", row.function, param.name);
            }
            walk(row, param.members());
        }
    }
    for row in endpoints() {
        walk(row, row.params);
    }
}

#[test]
fn every_example_is_a_json_object() {
    for row in endpoints() {
        assert!(matches!(serde_json::from_str(row.example), Ok(Value::Object(_))), "{}", row.function);
    }
}
