//! A failed call as scripts catch it: a map.
//!
//! Not here: its words, which are the failure's own.

use super::convert;
use crate::calls::Failure;
use rhai::{Dynamic, Map, Position};

/// The documented map.
pub(super) fn to_map(failure: &Failure, position: Position, source: Option<&str>) -> Map {
    let known = failure.data().into_iter().map(|(name, value)| (name.into(), convert::from_json(value)));
    let mut map: Map = known.collect();
    let mut insert = |name: &str, value: Dynamic| {
        map.insert(name.into(), value);
    };
    insert("message", failure.to_string().into());
    insert("hint", failure.hint().unwrap_or_default().into());
    insert("line", position.line().map_or(0, saturate).into());
    insert("position", position.position().map_or(0, saturate).into());
    insert("file", source.unwrap_or_default().into());
    map
}

fn saturate(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
