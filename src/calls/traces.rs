//! What the calls of a run did to the rows of the app's lists: which rows they made, removed, renumbered and
//! changed, and which may be theirs.

use crate::api::{self, Endpoint, Success};
use crate::journal::{Doubt, Evidence, Hash, Mark, PastCall};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// What was done to the rows of each list.
#[derive(Debug, Default)]
pub(super) struct Traces {
    /// By the action of the list.
    lists: HashMap<&'static str, Trace>,
    /// Whether an action was called of which nothing is known.
    has_unknown: bool,
}

/// What was done to the rows of one list, by their ids.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    pub(super) made: HashSet<i64>,
    /// The numbers that rows were given, or may have been.
    pub(super) renumbered: HashSet<i64>,
    /// Deleted, or given another number.
    pub(super) removed: HashSet<i64>,
    /// Those that may be deleted, or have another number.
    pub(super) unsure: HashSet<i64>,
    pub(super) changed: HashSet<i64>,
    /// The names that the run has given.
    pub(super) names: HashMap<i64, String>,
}

impl Traces {
    /// Notes a call that was done, or may have been. One without a row is of an unknown action.
    pub(super) fn note(
        &mut self,
        row: Option<&Endpoint>,
        arguments: &Map<String, Value>,
        made: Option<i64>,
        is_done: bool,
    ) {
        let Some(row) = row else {
            self.has_unknown = true;
            return;
        };
        let name = api::name_of(arguments).map(str::to_owned);
        if let Some(list) = api::list_of_made(row) {
            let trace = self.lists.entry(list.action).or_default();
            trace.made.extend(made);
            if let Some(made) = made {
                trace.removed.remove(&made);
                trace.names.remove(&made);
                trace.names.extend(name.map(|name| (made, name)));
            }
            return;
        }
        let Some(list) = api::list_of(row) else { return };
        let Success::Page { id: field } = list.success else { return };
        let trace = self.lists.entry(list.action).or_default();
        let ids = [field, "id"].into_iter().filter_map(|field| arguments.get(field)).flat_map(ids);
        let new = arguments.get("new_profile_id").and_then(Value::as_i64);
        let removes = new.is_some() || row.function.starts_with("delete_");
        for id in ids {
            match (removes, is_done) {
                (true, true) => &mut trace.removed,
                (true, false) => &mut trace.unsure,
                (false, _) => &mut trace.changed,
            }
            .insert(id);
            trace.names.extend(name.clone().map(|name| (id, name)));
        }
        if let Some(new) = new {
            trace.renumbered.insert(new);
            trace.removed.remove(&new);
            if !is_done {
                trace.unsure.insert(new);
            }
        }
    }

    /// Whether an action was called of which nothing is known, so that it may have done anything to any row.
    pub(super) fn has_unknown(&self) -> bool {
        self.has_unknown
    }

    /// What was done to the rows of the list with this action.
    pub(super) fn of(&self, list: &str) -> Trace {
        self.lists.get(list).cloned().unwrap_or_default()
    }
}

fn ids(value: &Value) -> Vec<i64> {
    match value {
        Value::Array(ids) => ids.iter().filter_map(Value::as_i64).collect(),
        id => id.as_i64().into_iter().collect(),
    }
}

/// The arguments of a call of the journal, with secrets masked.
pub(super) fn arguments(call: &PastCall) -> Map<String, Value> {
    serde_json::from_str(&call.shown).unwrap_or_default()
}

/// A create in doubt as far as it can be settled.
pub(super) fn doubt(call: &PastCall, evidence: Evidence) -> Doubt {
    let evidence = if call.mark == Some(Mark::HalfDone) { Evidence::HalfDone } else { evidence };
    let name = call.name.clone().filter(|name| !name.trim().is_empty());
    Doubt { key: call.key, name, ..doubt_of(call.id, &arguments(call), call.began, evidence) }
}

/// As [`doubt`], of a call with these arguments.
pub(super) fn doubt_of(id: i64, given: &Map<String, Value>, sent: i64, evidence: Evidence) -> Doubt {
    let number = |name: &str| given.get(name).and_then(Value::as_i64);
    Doubt {
        id,
        key: Hash::default(),
        name: api::name_of(given).filter(|name| !name.trim().is_empty()).map(str::to_owned),
        source: number("profile_id"),
        group: number("group_id"),
        site: given.get("site_url").and_then(Value::as_str).map(str::to_owned),
        sent,
        evidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_are_made_removed_renumbered_and_changed() {
        let mut traces = Traces::default();
        let mut note = |function: &str, arguments: Value, made: Option<i64>, is_done: bool| {
            let row = api::by_function(function).unwrap();
            traces.note(Some(row), arguments.as_object().unwrap(), made, is_done);
        };
        note("copy_profile", json!({ "profile_id": 1 }), Some(10), true);
        note("copy_profile", json!({ "profile_id": 1 }), Some(11), true);
        note("delete_profile", json!({ "profile_id": 10 }), None, true);
        note("delete_profile", json!({ "profile_id": [2, 3] }), None, true);
        note("delete_profile", json!({ "profile_id": 4 }), None, false);
        note("copy_profile", json!({ "profile_id": 1 }), Some(3), true);
        note("update_profile", json!({ "profile_id": 11, "new_profile_id": 99 }), None, true);
        note("move_profiles", json!({ "profile_id": [5], "group_id": 7 }), None, true);
        note("create_group", json!({ "title": "a" }), Some(7), true);
        let sorted = |ids: &HashSet<i64>| {
            let mut ids: Vec<i64> = ids.iter().copied().collect();
            ids.sort_unstable();
            ids
        };
        let Trace { made, renumbered, removed, unsure, changed, names } = traces.of("profile-list");
        assert_eq!(
            [made, renumbered, removed, unsure, changed].map(|ids| sorted(&ids)),
            [vec![3, 10, 11], vec![99], vec![2, 10, 11], vec![4], vec![5]]
        );
        assert!(names.is_empty());
        assert_eq!(traces.of("group-list").names, HashMap::from([(7, "a".to_owned())]));
    }
}
