//! What bulk work is done on: the items of an array, or the rows of the table one after the other.
//!
//! Not here: the work.

use super::builtins::{Rows, table_error};
use super::input::TableError;
use super::session::finished;
use super::thrown::with_fields;
use crate::calls;
use rhai::{Array, Dynamic};
use serde_json::Value;
use std::collections::BTreeSet;

/// Items in their order.
pub(super) type Each = Box<dyn Iterator<Item = (usize, Result<Dynamic, String>)> + Send>;

/// The items, each made when a worker asks for it.
pub(super) struct Items {
    pub(super) count: usize,
    from: Origin,
}

enum Origin {
    Array(Array),
    Table(Rows),
}

impl Items {
    /// Those of an array, or of the table.
    pub(super) fn of(items: Dynamic) -> Option<Self> {
        let from = match items.try_cast_result::<Rows>() {
            Ok(rows) => Origin::Table(rows),
            Err(items) => Origin::Array(items.into_array().ok()?),
        };
        let count = match &from {
            Origin::Array(items) => items.len(),
            Origin::Table(rows) => rows.0.len(),
        };
        Some(Self { count, from })
    }

    /// The columns of them all; what is no map has the one of this name.
    pub(super) fn columns(&self, of_others: &str) -> Vec<String> {
        let items = match &self.from {
            Origin::Table(rows) => return rows.0.columns().to_vec(),
            Origin::Array(items) => items,
        };
        let mut columns = BTreeSet::new();
        for item in items {
            let is_map = with_fields(item, |fields| columns.extend(fields.keys().map(ToString::to_string)));
            if is_map.is_none() {
                columns.insert(of_others.to_owned());
            }
        }
        columns.into_iter().collect()
    }

    /// The hash of each; of a map that has the column `key`, that of its value there.
    ///
    /// # Errors
    /// Why there are no more.
    pub(super) fn hashes(&self, key: Option<&str>) -> Result<Vec<u64>, String> {
        let hash = |item: Value| match (key, item) {
            (Some(key), Value::Object(mut fields)) if fields.contains_key(key) => {
                calls::hash_of_item(&fields.remove(key).unwrap_or_default())
            }
            (_, item) => calls::hash_of_item(&item),
        };
        match &self.from {
            Origin::Array(items) => Ok(items.iter().map(|item| hash(finished(item))).collect()),
            Origin::Table(rows) => {
                let row = |row: Result<_, TableError>| row.map(|row| hash(Value::Object(row)));
                rows.0.rows().map(row).collect::<Result<_, _>>().map_err(|error| table_error(&error))
            }
        }
    }

    /// All of them with their places, counted from 0; or why there are no more.
    pub(super) fn each(self) -> Each {
        match self.from {
            Origin::Array(items) => Box::new(items.into_iter().map(Ok).enumerate()),
            Origin::Table(rows) => Box::new(rows.items().enumerate()),
        }
    }
}
