//! What bulk work gives for an item: `#{ ok, value }` or `#{ ok, error }`.
//!
//! Not here: the rows of a table.

use super::outcomes::Outcome;
use super::{guards, words};
use crate::api::{self, Effect};
use crate::calls;
use rhai::{Dynamic, EvalAltResult, INT, ImmutableString, Map};

pub(super) fn done(value: Dynamic) -> Dynamic {
    Map::from([("ok".into(), true.into()), ("value".into(), value)]).into()
}

pub(super) fn not_done(error: Dynamic) -> Dynamic {
    Map::from([("ok".into(), false.into()), ("error".into(), error)]).into()
}

pub(super) fn not_started() -> Dynamic {
    not_done(Dynamic::from(Map::from([
        ("kind".into(), "not_started".into()),
        ("message".into(), "not started: the run had ended before".into()),
        ("outcome".into(), "not_sent".into()),
    ])))
}

/// A thrown map that has no message of its own.
pub(super) fn shown(map: &Map) -> String {
    let mut text = String::new();
    guards::write(&mut text, &Dynamic::from(map.clone()), 64);
    text
}

/// What `catch` would give for a failed call; other errors get the same form.
pub(super) fn thrown(error: &EvalAltResult) -> Map {
    let inner = error.unwrap_inner();
    if let EvalAltResult::ErrorRuntime(value, _) = inner
        && let Some(map) = value.read_lock::<Map>()
    {
        return map.clone();
    }
    let position = inner.position();
    let number =
        |number: Option<usize>| Dynamic::from(number.and_then(|at| INT::try_from(at).ok()).unwrap_or(0));
    Map::from([
        ("kind".into(), "script".into()),
        ("message".into(), words::of_error(inner, &[]).message.into()),
        ("line".into(), number(position.line())),
        ("position".into(), number(position.position())),
    ])
}

/// What is known of a failed item: whether something of it may have been done.
pub(super) fn outcome_of(error: &Map) -> Outcome {
    let is = |name: &str, word: &str| {
        error
            .get(name)
            .and_then(|value| value.read_lock::<ImmutableString>())
            .is_some_and(|value| *value == word)
    };
    let action = error.get("action").map(ToString::to_string).unwrap_or_default();
    let is_read = api::by_action(&action).is_some_and(|endpoint| endpoint.effect == Effect::Read);
    let is_unknown = is("outcome", calls::Outcome::Unknown.word()) && !is_read;
    match is_unknown || is("kind", calls::Kind::InDoubt.word()) {
        true => Outcome::InDoubt,
        false => Outcome::Failed,
    }
}
