//! What bulk work gives for an item: `#{ ok, value }` or `#{ ok, error }`.
//!
//! Not here: the rows of a table.

use super::guards;
use super::outcomes::Outcome;
use super::thrown::{Cause, HostError, with_fields};
use crate::calls;
use rhai::{Dynamic, Map};

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

/// What a failed item says: the message of what was thrown, or all of it.
pub(super) fn message_of(error: &Dynamic) -> String {
    let message = with_fields(error, |fields| fields.get("message").map(ToString::to_string));
    message.flatten().unwrap_or_else(|| {
        let mut text = String::new();
        guards::write(&mut text, error, 64);
        text
    })
}

/// What is known of a failed item: whether something of it may have been done.
pub(super) fn outcome_of(error: &Dynamic) -> Outcome {
    let error = error.read_lock::<HostError>();
    match error.as_ref().map(|error| error.cause()) {
        Some(Cause::Call(failure)) if failure.leaves_doubt() || failure.kind() == calls::Kind::InDoubt => {
            Outcome::InDoubt
        }
        _ => Outcome::Failed,
    }
}
