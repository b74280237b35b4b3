//! What has changed in the app since an earlier session of a run: the lists that its script was told of, looked at once
//! more, and whether it is still the same app and account.
//!
//! Not here: asking whether to go on.

use super::pages;
use super::record::Recorder;
use super::{Calls, Cause, Failure, Request};
use crate::api::{self, Endpoint, Success, check};
use crate::base::text;
use crate::journal::{Outcome, may_be};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The lists that are not what they were, each with what has changed, for people.
    pub lists: Vec<String>,
    /// Why it does not seem to be the same app and account.
    pub other_app: Option<String>,
}

/// At most this many rows of each kind are named.
const MAX_NAMED: usize = 5;

/// A row as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    name: String,
    group: Option<i64>,
}

type Rows = BTreeMap<i64, Row>;

/// What a run has done itself.
#[derive(Default)]
struct Own {
    /// The ids of what it created, or gave as new numbers.
    created: BTreeSet<i64>,
    /// The ids of what it changed or deleted, or may have.
    touched: BTreeSet<i64>,
    /// The creates that it may have done: the action of the list where their work appears, and the name they gave.
    in_doubt: Vec<(String, Option<String>)>,
}

impl Calls {
    /// Looks once more at each list that is answered from the history, and whether profiles and groups that the run has
    /// seen are there. Nothing if nothing is answered.
    ///
    /// # Errors
    /// That a list cannot be read.
    pub fn changes(&self) -> Result<Changes, Failure> {
        let mut changes = Changes::default();
        let Some(recorder) = self.recorder.as_ref().filter(|recorder| recorder.is_resumed()) else {
            return Ok(changes);
        };
        let Some(history) = recorder.history() else { return Ok(changes) };
        let own = own(recorder);
        let lists: Vec<(&Endpoint, Map<String, Value>, Vec<Value>)> = {
            let history = history.lock();
            let lists = history.lists().into_iter().filter_map(|(function, given, rows)| {
                Some((api::by_function(function)?, given.clone(), rows.into_iter().cloned().collect()))
            });
            lists.collect()
        };
        let mut seen: BTreeMap<&str, Rows> = BTreeMap::new();
        for (action, rows) in &recorder.lists.lock().before {
            if let Some(list) = api::by_action(action) {
                let known = seen.entry(list.function).or_default();
                known.extend(rows.iter().map(|(id, name)| (*id, Row { name: name.clone(), group: None })));
            }
        }
        for (list, given, before) in lists {
            let Success::Page { id } = list.success else { continue };
            let before = rows(id, &before);
            let now = rows(id, &self.list_again(list, given.clone())?);
            let differences = differences(&before, &now, &own, list.action);
            if !differences.is_empty() {
                let filter =
                    if given.is_empty() { String::new() } else { format!(" {}", Value::Object(given)) };
                changes.lists.push(format!("{}{filter}: {}", list.function, differences.join("; ")));
            }
            seen.entry(list.function).or_default().extend(before);
        }
        for (function, few) in [("list_profiles", true), ("list_groups", false)] {
            let (Some(list), Some(before)) = (api::by_function(function), seen.get(function)) else {
                continue;
            };
            let Success::Page { id } = list.success else { continue };
            let now = rows(id, &self.list_again(list, Map::new())?);
            changes.other_app = changes.other_app.or(missing(function, before, &now, &own, few));
        }
        Ok(changes)
    }

    fn list_again(&self, list: &'static Endpoint, given: Map<String, Value>) -> Result<Vec<Value>, Failure> {
        let body = check::check(list, given)
            .map_err(|problems| Failure::before_sending(list, Cause::Invalid(problems)))?;
        let mut request = Request::of_row(list, body);
        if pages::wants_all(&request.body) {
            return self.every_row(&mut request);
        }
        let page = self.attempts(&request, || Ok(()), |envelope| api::envelope::page(envelope.data))?;
        Ok(page.rows)
    }
}

fn own(recorder: &Recorder) -> Own {
    let mut own = Own::default();
    let Some(history) = recorder.history() else { return own };
    for call in history.lock().calls() {
        own.created.extend(call.made);
        if let (Some(list), None, Outcome::Unknown) = (&call.list, call.made, call.outcome) {
            own.in_doubt.push((list.clone(), call.name.clone().filter(|name| !name.is_empty())));
        }
        let Ok(Value::Object(shown)) = serde_json::from_str(&call.shown) else { continue };
        own.created.extend(shown.get("new_profile_id").and_then(Value::as_i64));
        if call.list.is_none() {
            for name in ["profile_id", "id"] {
                match shown.get(name) {
                    Some(Value::Array(ids)) => own.touched.extend(ids.iter().filter_map(Value::as_i64)),
                    Some(id) => own.touched.extend(id.as_i64()),
                    None => {}
                }
            }
        }
    }
    own
}

fn rows(id: &str, rows: &[Value]) -> Rows {
    let row = |row: &Value| {
        let name = ["name", "title"].iter().find_map(|name| row.get(*name)?.as_str()).unwrap_or_default();
        let group = row.get("group_id").and_then(Value::as_i64);
        Some((row.get(id)?.as_i64()?, Row { name: name.to_owned(), group }))
    };
    rows.iter().filter_map(row).collect()
}

/// How the list of an action differs from what it was, besides what the run has done itself, or may have.
fn differences(before: &Rows, now: &Rows, own: &Own, action: &str) -> Vec<String> {
    let by_others = |id: &i64| !own.touched.contains(id);
    let mut doubts: Vec<&Option<String>> =
        own.in_doubt.iter().filter(|(list, _)| list == action).map(|(_, name)| name).collect();
    // Those with names first: the others may have made anything.
    doubts.sort_by_key(|name| name.is_none());
    let mut may_be_own = |row: &Row| {
        let at = doubts.iter().position(|name| name.as_ref().is_none_or(|name| may_be(name, &row.name)));
        at.map(|at| doubts.remove(at)).is_some()
    };
    let gone = before.iter().filter(|(id, _)| by_others(id) && !now.contains_key(id));
    let new = now
        .iter()
        .filter(|(id, _)| by_others(id) && !own.created.contains(id) && !before.contains_key(id))
        .filter(|(_, row)| !may_be_own(row));
    let both = || {
        before.iter().filter(|(id, _)| by_others(id)).filter_map(|(id, row)| Some((id, row, now.get(id)?)))
    };
    let renamed =
        both().filter(|(_, before, now)| before.name != now.name).map(|(id, before, _)| (id, before));
    let moved =
        both().filter(|(_, before, now)| before.group != now.group).map(|(id, before, _)| (id, before));
    let kinds: [(&str, Vec<(&i64, &Row)>); 4] = [
        ("gone", gone.collect()),
        ("renamed", renamed.collect()),
        ("moved", moved.collect()),
        ("new", new.collect()),
    ];
    let kinds = kinds.into_iter().filter(|(_, rows)| !rows.is_empty());
    kinds.map(|(kind, rows)| format!("{} {kind} ({})", rows.len(), named(&rows))).collect()
}

fn named(rows: &[(&i64, &Row)]) -> String {
    let shown = |(id, row): &(&i64, &Row)| match text::one_line(&text::cut(&row.name, 40)).trim() {
        "" => id.to_string(),
        name => format!("{id} {name}"),
    };
    let more = rows.len().saturating_sub(MAX_NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    rows.iter().take(MAX_NAMED).map(shown).chain(more).collect::<Vec<_>>().join(", ")
}

/// Why a list is not that of the app and account of before: a tenth of it may be missing if it is a list of `few`, and one
/// row where a tenth is none, but not all of it.
fn missing(function: &str, before: &Rows, now: &Rows, own: &Own, few: bool) -> Option<String> {
    let expected: Vec<_> = before.iter().filter(|(id, _)| !own.touched.contains(id)).collect();
    let missing: Vec<_> = expected.iter().copied().filter(|(id, _)| !now.contains_key(id)).collect();
    let most = if few { (expected.len() / 10).max(1).min(expected.len().saturating_sub(1)) } else { 0 };
    (missing.len() > most).then(|| {
        let (count, all) = (missing.len(), expected.len());
        format!("{count} of the {all} rows that the run saw in {function} are missing: {}", named(&missing))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: &[(i64, &str, i64)]) -> Rows {
        let row = |(id, name, group): &(i64, &str, i64)| {
            (*id, Row { name: (*name).to_owned(), group: Some(*group) })
        };
        rows.iter().map(row).collect()
    }

    fn own(created: &[i64], touched: &[i64]) -> Own {
        let (created, touched) = (created.iter().copied().collect(), touched.iter().copied().collect());
        Own { created, touched, in_doubt: Vec::new() }
    }

    #[test]
    fn what_others_have_done_is_named_and_what_the_run_has_done_is_not() {
        let before = list(&[(1, "a", 7), (2, "b", 7), (3, "c", 7), (4, "d", 7), (5, "e", 7)]);
        let now = list(&[(2, "x", 7), (3, "c", 8), (5, "renamed by us", 9), (6, "ours", 7), (9, "new", 7)]);
        let found = differences(&before, &now, &own(&[6], &[4, 5]), "profile-list");
        assert_eq!(found, ["1 gone (1 a)", "1 renamed (2 b)", "1 moved (3 c)", "1 new (9 new)"]);
        assert_eq!(differences(&before, &before, &own(&[], &[]), "profile-list"), [""; 0]);
    }

    #[test]
    fn what_a_create_in_doubt_may_have_made_is_not_said_to_be_by_others() {
        let (before, now) = (list(&[(1, "a", 7)]), list(&[(1, "a", 7), (2, "shop", 7), (3, "Copy of a", 7)]));
        let found = |in_doubt: &[(&str, Option<&str>)]| {
            let in_doubt = in_doubt.iter().map(|(list, name)| ((*list).to_owned(), name.map(str::to_owned)));
            let own = Own { in_doubt: in_doubt.collect(), ..own(&[], &[]) };
            differences(&before, &now, &own, "profile-list").join("; ")
        };
        assert_eq!(found(&[]), "2 new (2 shop, 3 Copy of a)");
        assert_eq!(found(&[("profile-list", Some("shop"))]), "1 new (3 Copy of a)");
        assert_eq!(found(&[("profile-list", None), ("profile-list", Some("shop"))]), "");
        assert_eq!(found(&[("group-list", Some("shop"))]), "2 new (2 shop, 3 Copy of a)");
    }

    #[test]
    fn an_app_that_lacks_more_than_a_tenth_is_another_one() {
        let rows: Vec<_> = (1..=30).map(|id| (id, "p", 7)).collect();
        let before = list(&rows);
        let is_other = |now: &[(i64, &str, i64)]| {
            missing("list_profiles", &before, &list(now), &own(&[], &[]), true).is_some()
        };
        assert!(!is_other(&rows[3..]));
        assert!(is_other(&rows[4..]));
        let few = |before: &[(i64, &str, i64)], now: &[(i64, &str, i64)], few| {
            missing("list_groups", &list(before), &list(now), &own(&[], &[]), few).is_some()
        };
        assert!(few(&rows[..1], &[], true), "all of it");
        assert!(!few(&rows[..2], &rows[..1], true), "somebody has deleted one");
        assert!(few(&rows[..2], &rows[..1], false), "of groups all must be there");
    }
}
