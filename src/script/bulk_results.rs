//! What bulk work gives for an item: `#{ ok, value }` or `#{ ok, error }`.
//!
//! Not here: the rows of a table.

use super::outcomes::Outcome;
use super::sources::Sources;
use super::thrown::{caught, of_script};
use super::{guards, report, words};
use crate::api::{self, Effect};
use crate::calls;
use rhai::{Dynamic, EvalAltResult, ImmutableString, Map};

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

/// What `catch` would give; what is no map becomes the message of one.
pub(super) fn thrown(error: &EvalAltResult, main: Option<&str>, sources: &Sources) -> Map {
    let main = main.and_then(|name| sources.get(name));
    match caught(error, main.clone(), sources).try_cast::<Map>() {
        Some(map) => map,
        None => {
            let place = report::trace(error, main, sources).place;
            let at = place.as_ref().map_or(rhai::Position::NONE, |place| {
                let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
                rhai::Position::new(short(place.line), short(place.column))
            });
            let message = words::of_error(error.unwrap_inner(), sources, None).message;
            of_script(message, None, at, place.as_ref().map(|place| place.source.name.as_str()))
        }
    }
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
    // What was done and is not recorded is in doubt for the journal.
    let is_doubtful =
        [calls::Outcome::Unknown, calls::Outcome::Done].iter().any(|outcome| is("outcome", outcome.word()));
    match is_doubtful && !is_read || is("kind", calls::Kind::InDoubt.word()) {
        true => Outcome::InDoubt,
        false => Outcome::Failed,
    }
}
