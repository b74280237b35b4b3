//! What has changed in the app since an earlier session of a run: the lists that its script was told of, looked at once
//! more, and whether it is still the same app and account.
//!
//! Not here: asking whether to go on.

use super::pages;
use super::record::Recorder;
use super::traces::Trace;
use super::{Calls, Cause, Failure, Request};
use crate::api::{self, Endpoint, Success, check};
use crate::base::text;
use crate::journal::may_be;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

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

/// What a run has done itself to the rows of a list.
#[derive(Default)]
struct Own {
    trace: Trace,
    /// The names that creates in doubt gave.
    in_doubt: Vec<Option<String>>,
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
            let differences = differences(&before, &now, &own(recorder, list.action));
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
            let missing = missing(function, before, &now, &own(recorder, list.action), few);
            changes.other_app = changes.other_app.or(missing);
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

fn own(recorder: &Recorder, list: &str) -> Own {
    let Some(history) = recorder.history() else { return Own::default() };
    let history = history.lock();
    let of_list = history.doubts().filter(|call| call.list.as_deref() == Some(list));
    let in_doubt = of_list.map(|call| call.name.clone().filter(|name| !name.is_empty())).collect();
    Own { trace: recorder.lists.lock().traces.of(list), in_doubt }
}

fn rows(id: &str, rows: &[Value]) -> Rows {
    let row = |row: &Value| {
        let name = row.as_object().and_then(api::name_of).unwrap_or_default();
        let group = row.get("group_id").and_then(Value::as_i64);
        Some((row.get(id)?.as_i64()?, Row { name: name.to_owned(), group }))
    };
    rows.iter().filter_map(row).collect()
}

/// How a list differs from what it was, besides what the run has done itself, or may have.
fn differences(before: &Rows, now: &Rows, own: &Own) -> Vec<String> {
    let Trace { changed, removed, unsure, .. } = &own.trace;
    let by_others = |id: &i64| ![changed, removed, unsure].iter().any(|ids| ids.contains(id));
    let is_own = |id: &i64| own.trace.made.contains(id) || own.trace.renumbered.contains(id);
    let mut doubts: Vec<&Option<String>> = own.in_doubt.iter().collect();
    // Those with names first: the others may have made anything.
    doubts.sort_by_key(|name| name.is_none());
    let mut may_be_own = |row: &Row| {
        let at = doubts.iter().position(|name| name.as_ref().is_none_or(|name| may_be(name, &row.name)));
        at.map(|at| doubts.remove(at)).is_some()
    };
    let gone = before.iter().filter(|(id, _)| by_others(id) && !now.contains_key(id));
    let new = now
        .iter()
        .filter(|(id, _)| by_others(id) && !is_own(id) && !before.contains_key(id))
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
/// row where a tenth is none, but not all of it. Accounts may give the same numbers, so that the names count as well: that all of
/// them are others is no change that people make.
fn missing(function: &str, before: &Rows, now: &Rows, own: &Own, few: bool) -> Option<String> {
    let unnamed = Row { name: String::new(), group: None };
    let made = own.trace.made.iter().filter(|id| !before.contains_key(id)).map(|id| (id, &unnamed));
    let expected: Vec<_> =
        before.iter().chain(made).filter(|(id, _)| !own.trace.removed.contains(id)).collect();
    let missing: Vec<_> = expected.iter().copied().filter(|(id, _)| !now.contains_key(id)).collect();
    let most = if few { (expected.len() / 10).max(1).min(expected.len().saturating_sub(1)) } else { 0 };
    let named_before = before.iter().filter(|(id, row)| {
        !row.name.is_empty() && !own.trace.removed.contains(id) && !own.trace.changed.contains(id)
    });
    let names: Vec<bool> = named_before.filter_map(|(id, row)| Some(now.get(id)?.name == row.name)).collect();
    if names.len() > 1 && names.iter().all(|is_same| !is_same) {
        return Some(format!(
            "none of the {} rows that the run has seen in {function} has the name that it had",
            names.len()
        ));
    }
    (missing.len() > most).then(|| {
        let (count, all) = (missing.len(), expected.len());
        format!(
            "{count} of the {all} rows that the run has seen in {function} or created are missing: {}",
            named(&missing)
        )
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

    fn own(made: &[i64], changed: &[i64], removed: &[i64]) -> Own {
        let set = |ids: &[i64]| ids.iter().copied().collect();
        let trace =
            Trace { made: set(made), changed: set(changed), removed: set(removed), ..Trace::default() };
        Own { trace, in_doubt: Vec::new() }
    }

    #[test]
    fn what_others_have_done_is_named_and_what_the_run_has_done_is_not() {
        let before = list(&[(1, "a", 7), (2, "b", 7), (3, "c", 7), (4, "d", 7), (5, "e", 7)]);
        let now = list(&[(2, "x", 7), (3, "c", 8), (5, "renamed by us", 9), (6, "ours", 7), (9, "new", 7)]);
        let found = differences(&before, &now, &own(&[6], &[5], &[4]));
        assert_eq!(found, ["1 gone (1 a)", "1 renamed (2 b)", "1 moved (3 c)", "1 new (9 new)"]);
        assert_eq!(differences(&before, &before, &own(&[], &[], &[])), [""; 0]);
    }

    #[test]
    fn what_a_create_in_doubt_may_have_made_is_not_said_to_be_by_others() {
        let (before, now) = (list(&[(1, "a", 7)]), list(&[(1, "a", 7), (2, "shop", 7), (3, "Copy of a", 7)]));
        let found = |in_doubt: &[Option<&str>]| {
            let in_doubt = in_doubt.iter().map(|name| name.map(str::to_owned)).collect();
            differences(&before, &now, &Own { in_doubt, ..own(&[], &[], &[]) }).join("; ")
        };
        assert_eq!(found(&[]), "2 new (2 shop, 3 Copy of a)");
        assert_eq!(found(&[Some("shop")]), "1 new (3 Copy of a)");
        assert_eq!(found(&[None, Some("shop")]), "");
    }

    #[test]
    fn an_app_that_lacks_more_than_a_tenth_is_another_one() {
        let rows: Vec<_> = (1..=30).map(|id| (id, "p", 7)).collect();
        let before = list(&rows);
        let is_other = |now: &[(i64, &str, i64)]| {
            missing("list_profiles", &before, &list(now), &own(&[], &[], &[]), true).is_some()
        };
        assert!(!is_other(&rows[3..]));
        assert!(is_other(&rows[4..]));
        let without_made =
            |made: &[i64]| missing("list_profiles", &before, &before, &own(made, &[], &[]), true).is_some();
        assert!(!without_made(&[101, 102, 103]));
        assert!(without_made(&[101, 102, 103, 104]), "what the run created is not there");
        let renamed: Vec<_> = (1..=30).map(|id| (id, "other", 7)).collect();
        assert!(is_other(&renamed), "the numbers are the same, the names are not");
        assert!(!is_other(&[&renamed[..29], &rows[29..]].concat()), "somebody has renamed nearly all");
        let few = |before: &[(i64, &str, i64)], now: &[(i64, &str, i64)], few| {
            missing("list_groups", &list(before), &list(now), &own(&[], &[], &[]), few).is_some()
        };
        assert!(few(&rows[..1], &[], true), "all of it");
        assert!(!few(&rows[..2], &rows[..1], true), "somebody has deleted one");
        assert!(few(&rows[..2], &rows[..1], false), "of groups all must be there");
    }
}
