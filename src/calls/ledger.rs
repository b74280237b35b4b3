//! The writes of this run that are in doubt: an equal call is refused until somebody says otherwise.
//!
//! Not here: anything that outlives the process.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

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

#[derive(Default)]
pub(super) struct Ledger {
    /// How many calls with this key are in doubt.
    doubts: Mutex<BTreeMap<Key, usize>>,
}

impl Ledger {
    /// Whether no write is in doubt, which is the case nearly always and spares building keys.
    pub(super) fn is_clear(&self) -> bool {
        self.lock().is_empty()
    }

    pub(super) fn is_in_doubt(&self, key: &Key) -> bool {
        self.lock().contains_key(key)
    }

    pub(super) fn doubt(&self, key: Key) {
        *self.lock().entry(key).or_default() += 1;
    }

    /// A call whose repeat is harmless has now been done for certain.
    pub(super) fn settle(&self, key: &Key) {
        self.lock().remove(key);
    }

    pub(super) fn in_doubt(&self) -> usize {
        self.lock().values().sum()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, usize>> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
