//! A dry run: writes are listed and answered with made-up results, and later reads see what they would have made.
//!
//! Not here: deciding what is a write; that is the row.

use crate::api::{self, Endpoint, Kind, Success};
use serde_json::{Map, Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A write that a real run would send.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The host function, or `call_api`.
    pub function: String,
    /// The action.
    pub action: String,
    /// The body, with secrets masked.
    pub arguments: Map<String, Value>,
    /// What the script was given for it.
    pub result: Value,
}

/// The writes of a dry run, and what they would have made.
#[derive(Default)]
pub(super) struct Plan(Mutex<State>);

#[derive(Default)]
struct State {
    writes: Vec<Planned>,
    /// How many things were made up; their ids are negative, so that no real one is mistaken for them.
    made: i64,
    /// Rows that would stand in a list: the list's action, and the row.
    rows: Vec<(&'static str, Map<String, Value>)>,
}

impl Plan {
    /// Every write so far.
    pub(super) fn writes(&self) -> Vec<Planned> {
        self.lock().writes.clone()
    }

    /// Takes a write down, and makes a result up.
    pub(super) fn write(
        &self,
        function: &str,
        action: &str,
        row: Option<&'static Endpoint>,
        body: &Map<String, Value>,
        shown: Map<String, Value>,
    ) -> Value {
        let mut state = self.lock();
        let result = row.map_or(Value::Null, |row| state.result(row, body));
        let planned = Planned {
            function: function.to_owned(),
            action: action.to_owned(),
            arguments: shown,
            result: result.clone(),
        };
        state.writes.push(planned);
        result
    }

    /// Answers a read about something that is only planned; nothing when the app has to be asked.
    pub(super) fn read(&self, row: &Endpoint, body: &Map<String, Value>) -> Option<Value> {
        let is_about_plans = body.iter().any(|(name, value)| is_id(name) && is_negative(value));
        match row.success {
            _ if !is_about_plans => None,
            Success::Page { .. } => Some(Value::Array(self.rows(row, body))),
            Success::Rows | Success::Ids | Success::JsonText => Some(json!([])),
            Success::Object => Some(json!({})),
            Success::Number => Some(json!(0)),
            Success::Id | Success::Field(..) | Success::Nothing => Some(true.into()),
        }
    }

    /// The planned rows that a list with these arguments would show.
    pub(super) fn rows(&self, list: &Endpoint, body: &Map<String, Value>) -> Vec<Value> {
        let state = self.lock();
        let rows = state.rows.iter().filter(|(action, row)| *action == list.action && passes(row, body));
        rows.map(|(_, row)| Value::Object(row.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn result(&mut self, row: &'static Endpoint, body: &Map<String, Value>) -> Value {
        match row.success {
            Success::Id | Success::Field(_, Kind::Integer) => self.make(api::list_of_made(row), body).into(),
            Success::Field(name, _) => {
                self.made += 1;
                format!("planned-{}-{}", name.replace('_', "-"), self.made).into()
            }
            Success::Object => {
                let ids = body.iter().filter(|(name, _)| is_id(name));
                Value::Object(
                    ids.map(|(name, id)| (name.clone(), id.clone()))
                        .chain([("planned".to_owned(), true.into())])
                        .collect(),
                )
            }
            Success::Ids => {
                let ids = row.positional.first().and_then(|name| body.get(*name)).and_then(Value::as_array);
                let whole = |id: &Value| id.as_i64().or_else(|| id.as_str()?.parse().ok());
                ids.into_iter().flatten().filter_map(whole).map(Value::from).collect()
            }
            Success::Number => json!(0),
            Success::Page { .. } | Success::Rows | Success::JsonText => json!([]),
            Success::Nothing => {
                self.change(row, body);
                true.into()
            }
        }
    }

    /// Something new, which from now on stands in `list`.
    fn make(&mut self, list: Option<&'static Endpoint>, body: &Map<String, Value>) -> i64 {
        self.made += 1;
        let id = -self.made;
        if let Some(list) = list
            && let Success::Page { id: id_field } = list.success
        {
            let mut row = body.clone();
            row.insert(id_field.to_owned(), id.into());
            self.rows.push((list.action, row));
        }
        id
    }

    /// A planned thing that is changed or deleted before it was ever made.
    fn change(&mut self, row: &'static Endpoint, body: &Map<String, Value>) {
        let Some(list) = api::list_of(row) else { return };
        let Success::Page { id } = list.success else { return };
        let Some(target) =
            row.positional.first().and_then(|name| body.get(*name)).filter(|id| is_negative(id))
        else {
            return;
        };
        let is_meant = |action: &str, planned: &Map<String, Value>| {
            action == list.action && planned.get(id) == Some(target)
        };
        if row.effect == api::Effect::Destructive {
            self.rows.retain(|(action, planned)| !is_meant(action, planned));
        } else {
            let meant = self.rows.iter_mut().filter(|(action, planned)| is_meant(action, planned));
            meant.for_each(|(_, planned)| planned.extend(body.clone()));
        }
    }
}

fn is_id(name: &str) -> bool {
    name == "id" || name.ends_with("_id")
}

fn is_negative(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(is_negative),
        Value::String(text) => text.parse::<i64>().is_ok_and(|number| number < 0),
        other => other.as_i64().is_some_and(|number| number < 0),
    }
}

/// Whether a planned row passes the filters of a list; 0 and empty text filter nothing.
fn passes(row: &Map<String, Value>, filters: &Map<String, Value>) -> bool {
    filters.iter().filter(|(name, _)| !matches!(name.as_str(), "page" | "limit")).all(|(name, filter)| {
        match filter {
            Value::String(text) if text.is_empty() => true,
            Value::String(text) => {
                row.get(name).and_then(Value::as_str).is_some_and(|found| found.contains(text.as_str()))
            }
            Value::Number(number) if number.as_i64() == Some(0) => true,
            // A group that was not given is the default one.
            Value::Number(number) if name == "group_id" && !row.contains_key(name) => {
                number.as_i64() == Some(1)
            }
            other => row.get(name) == Some(other),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(value: Value) -> Map<String, Value> {
        let Value::Object(body) = value else { unreachable!("tests give objects") };
        body
    }

    fn plan(plan: &Plan, function: &str, arguments: Value) -> Value {
        let row = api::by_function(function).unwrap();
        plan.write(function, row.action, Some(row), &body(arguments), Map::new())
    }

    fn listed(of: &Plan, list: &str, filters: Value) -> Vec<Value> {
        of.rows(api::by_function(list).unwrap(), &body(filters))
    }

    #[test]
    fn what_is_made_gets_a_negative_id_and_stands_in_its_list() {
        let of = Plan::default();
        assert_eq!(
            plan(&of, "copy_profile", json!({ "profile_id": 1640, "name": "a", "group_id": 177 })),
            -1
        );
        assert_eq!(plan(&of, "import_profile", json!({ "transfer_code": "x" })), -2);
        assert_eq!(plan(&of, "create_group", json!({ "title": "g", "sort": 0 })), -3);
        assert_eq!(listed(&of, "list_profiles", json!({})).len(), 2);
        assert_eq!(listed(&of, "list_profiles", json!({ "group_id": 177, "page": 1 }))[0]["name"], "a");
        assert_eq!(listed(&of, "list_profiles", json!({ "group_id": 1 }))[0]["profile_id"], -2);
        assert_eq!(listed(&of, "list_groups", json!({ "title": "" }))[0]["id"], -3);
    }

    #[test]
    fn what_is_planned_can_be_changed_and_deleted() {
        let of = Plan::default();
        let id = plan(&of, "create_tag", json!({ "title": "old" }));
        plan(&of, "update_tag", json!({ "id": id, "title": "new" }));
        assert_eq!(listed(&of, "list_tags", json!({}))[0]["title"], "new");
        plan(&of, "delete_tag", json!({ "id": id }));
        assert_eq!(listed(&of, "list_tags", json!({})), [Value::Null; 0]);
        assert_eq!(of.writes().len(), 3);
    }

    #[test]
    fn a_read_about_something_planned_is_answered_from_the_plan() {
        let of = Plan::default();
        let cookies = api::by_function("get_profile_cookies").unwrap();
        assert_eq!(of.read(cookies, &body(json!({ "profile_id": -1 }))), Some(json!([])));
        assert_eq!(of.read(cookies, &body(json!({ "profile_id": 1 }))), None);
    }

    #[test]
    fn every_write_gets_a_result_of_the_promised_type() {
        for row in api::endpoints().filter(|row| row.effect != api::Effect::Read) {
            let arguments: Value = serde_json::from_str(row.example).unwrap();
            let kind = match plan(&Plan::default(), row.function, arguments) {
                Value::Bool(_) => "bool",
                Value::Number(_) => "int",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "map",
                Value::Null => "nothing",
            };
            assert_eq!(kind, row.success.script_type(), "{}", row.function);
        }
    }
}
