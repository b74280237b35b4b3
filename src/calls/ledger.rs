//! The writes of this run that are in doubt: an equal call is refused until somebody says otherwise.
//!
//! Not here: anything that outlives the process.

use crate::base::sync::Mutex;
use crate::journal::Position;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// Endpoint and canonical arguments of a write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    action: String,
    body: String,
}

impl Key {
    pub(super) fn new(action: &str, body: &Map<String, Value>) -> Self {
        let mut body = Value::Object(body.clone());
        // Equal arguments are equal in any order.
        body.sort_all_objects();
        Self { action: action.to_owned(), body: body.to_string() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.action, self.body)
    }
}

#[derive(Default)]
pub(super) struct Ledger {
    /// Where calls with this key were made that are in doubt.
    doubts: Mutex<BTreeMap<Key, Vec<Position>>>,
}

impl Ledger {
    /// Whether no write is in doubt, which is the case nearly always and spares building keys.
    pub(super) fn is_clear(&self) -> bool {
        self.doubts.lock().is_empty()
    }

    /// Whether an equal call may have done what the call at `place` is about to do. Other items of the same `parallel` are
    /// meant to be made besides it.
    pub(super) fn is_in_doubt(&self, key: &Key, place: &Position) -> bool {
        let doubts = self.doubts.lock();
        let mut places = doubts.get(key).into_iter().flatten();
        places.any(|doubtful| !place.is_other_item_of_same_batch(doubtful))
    }

    pub(super) fn doubt(&self, key: Key, place: Position) {
        self.doubts.lock().entry(key).or_default().push(place);
    }

    /// A call at `place` whose repeat is harmless has now been done for certain. Other items still do not know of theirs.
    pub(super) fn settle(&self, key: &Key, place: &Position) {
        let mut doubts = self.doubts.lock();
        if let Some(places) = doubts.get_mut(key) {
            places.retain(|doubtful| place.is_other_item_of_same_batch(doubtful));
            if places.is_empty() {
                doubts.remove(key);
            }
        }
    }

    pub(super) fn in_doubt(&self) -> usize {
        self.doubts.lock().values().map(Vec::len).sum()
    }
}
