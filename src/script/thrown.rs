//! What went wrong as scripts catch it: a map.
//!
//! Not here: the words, which are the failure's own, or those of `words`.

use super::sources::Sources;
use super::{convert, report, words};
use crate::base::report::Source;
use crate::calls::Failure;
use rhai::{Dynamic, EvalAltResult, Map, Position};
use std::sync::Arc;

/// The documented map.
pub(super) fn to_map(failure: &Failure, position: Position, source: Option<&str>) -> Map {
    let known = failure.data().into_iter().map(|(name, value)| (name.into(), convert::from_json(value)));
    let mut map: Map = known.collect();
    map.extend(told(failure.to_string(), failure.hint(), position, source));
    map
}

/// The map of a mistake of the script itself.
pub(super) fn of_script(
    message: String,
    hint: Option<String>,
    position: Position,
    source: Option<&str>,
) -> Map {
    let mut map = told(message, hint, position, source);
    map.insert("kind".into(), "script".into());
    map
}

/// What every map has.
fn told(message: String, hint: Option<String>, position: Position, source: Option<&str>) -> Map {
    let number = |number: Option<usize>| Dynamic::from(number.map_or(0, saturate));
    Map::from([
        ("message".into(), message.into()),
        ("hint".into(), hint.unwrap_or_default().into()),
        ("line".into(), number(position.line())),
        ("position".into(), number(position.position())),
        ("file".into(), source.unwrap_or_default().into()),
    ])
}

/// What `catch` gives for an error of the text `main`: what was thrown, or the engine's own error in our words.
pub(super) fn caught(error: &EvalAltResult, main: Option<Arc<Source>>, sources: &Sources) -> Dynamic {
    let trace = report::trace(error, main, sources);
    let mut map = match trace.innermost {
        EvalAltResult::ErrorRuntime(value, position) => match value.read_lock::<Map>() {
            // A failed call knows its place only as the engine told it.
            Some(map) if is_at(&map, *position) => map.clone(),
            _ => return value.clone(),
        },
        innermost => {
            let words = words::of_error(innermost, sources, trace.place.as_ref());
            of_script(words.message, words.help, Position::NONE, None)
        }
    };
    let place = trace.place.as_ref();
    map.insert("line".into(), place.map_or(0, |place| saturate(place.line)).into());
    map.insert("position".into(), place.map_or(0, |place| saturate(place.column)).into());
    map.insert("file".into(), place.map_or_else(String::new, |place| place.source.name.clone()).into());
    map.into()
}

/// Whether it was made where it was thrown.
fn is_at(map: &Map, position: Position) -> bool {
    let is = |name: &str, number: Option<usize>| {
        map.get(name).and_then(|value| value.as_int().ok()) == Some(number.map_or(0, saturate))
    };
    map.contains_key("file") && is("line", position.line()) && is("position", position.position())
}

fn saturate(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
