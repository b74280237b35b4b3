//! Whether writes in doubt were done, found out from lists of the app. Pure.
//!
//! Presence is proof: something with the name the call gave, whose id and name the list did not have before the run made
//! anything. Absence is proof only when the call can no longer be on its way, and nothing new is there that it may have made.
//! Anything else stays in doubt.
//!
//! Not here: fetching the lists.

use super::history::PastCall;
use super::keys::Hash;
use std::collections::{BTreeMap, HashSet};

/// One row of a list, as far as it matters.
pub type Row = (i64, String);

/// What was found out about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It was done, and made the thing with this id.
    Done(i64),
    /// It was not done.
    NotDone,
}

/// A list of the app, now and before.
pub struct Sight<'a> {
    /// Its rows before the run made anything.
    pub before: &'a [Row],
    /// Its rows now.
    pub now: &'a [Row],
    /// The ids in it that are known to have been made by other calls.
    pub known: &'a HashSet<i64>,
}

/// What is known of a call from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Nothing.
    None,
    /// It was not done until now.
    NotDone,
    /// It was done, and what it made has this name.
    Done(String),
}

/// Settles the creates in doubt whose work appears in one list, as far as it can be done.
pub fn settle(
    doubts: &[&PastCall],
    sight: &Sight<'_>,
    evidence: impl Fn(&PastCall) -> Evidence,
    now_ms: i64,
) -> Vec<(i64, Finding)> {
    let ids_before: HashSet<i64> = sight.before.iter().map(|(id, _)| *id).collect();
    let names_before: HashSet<&str> = sight.before.iter().map(|(_, name)| name.as_str()).collect();
    let is_new = |(id, _): &&Row| !ids_before.contains(id) && !sight.known.contains(id);
    let mut unexplained: Vec<&Row> = sight.now.iter().filter(is_new).collect();
    let mut findings = Vec::new();
    let mut found = |call: &PastCall, finding| findings.push((call.id, finding));
    // Equal calls are interchangeable: it does not matter which of them did it.
    let mut groups: BTreeMap<Hash, Vec<&PastCall>> = BTreeMap::new();
    for call in doubts {
        match evidence(call) {
            Evidence::NotDone if is_over(call, now_ms) => found(call, Finding::NotDone),
            Evidence::Done(name) => {
                // It was done for certain; which row it is can be told only if there is one alone.
                let fits = |row: &&&Row| row.1 == name;
                if let ([row], 1) = (
                    &unexplained.iter().filter(fits).collect::<Vec<_>>()[..],
                    doubts.iter().filter(|other| evidence(other) == Evidence::Done(name.clone())).count(),
                ) {
                    let id = row.0;
                    found(call, Finding::Done(id));
                    unexplained.retain(|row| row.0 != id);
                }
            }
            Evidence::NotDone | Evidence::None => groups.entry(call.key).or_default().push(call),
        }
    }
    // Named calls come first, so that what they explain is not held against the others.
    let name_of = |calls: &[&PastCall]| calls[0].name.clone().filter(|name| !name.is_empty());
    let (named, unnamed): (Vec<_>, Vec<_>) = groups
        .into_values()
        .partition(|calls| name_of(calls).is_some_and(|name| !names_before.contains(name.as_str())));
    let mut absent = Vec::new();
    for calls in named {
        let name = name_of(&calls).unwrap_or_default();
        let mut rest = Vec::new();
        for call in calls {
            match unexplained.iter().position(|row| row.1 == name) {
                Some(at) => found(call, Finding::Done(unexplained.remove(at).0)),
                None => rest.push(call),
            }
        }
        absent.push((Some(name), rest));
    }
    absent.extend(unnamed.into_iter().map(|calls| (name_of(&calls), calls)));
    for (name, calls) in absent {
        let fits = |row: &&&Row| name.as_ref().is_none_or(|name| may_be(name, &row.1));
        // No more of them can have been done than there are things they may have made.
        let most_done = unexplained.iter().filter(fits).count();
        let not_done = calls.iter().skip(most_done).filter(|call| is_over(call, now_ms));
        not_done.for_each(|call| found(call, Finding::NotDone));
    }
    findings
}

/// Whether the app may have made `shown` of `name`. It is not documented whether names stay as they were given, so that one
/// that was cut, lengthened or trimmed is no proof of absence.
pub fn may_be(name: &str, shown: &str) -> bool {
    let plain = |name: &str| name.trim().to_lowercase();
    let (name, shown) = (plain(name), plain(shown));
    shown.starts_with(&name) || name.starts_with(&shown)
}

/// Whether a call can no longer be on its way. A clock that was set back proves nothing.
fn is_over(call: &PastCall, now_ms: i64) -> bool {
    now_ms.saturating_sub(call.began) > call.patience
}

#[cfg(test)]
mod tests {
    use super::super::writer::Outcome;
    use super::*;

    fn doubt(id: i64, key: u8, name: Option<&str>) -> PastCall {
        PastCall {
            id,
            session: 1,
            place: None,
            function: "copy_profile".into(),
            action: "profile-copy".into(),
            shown: String::new(),
            failure: None,
            key: [key; 32],
            outcome: Outcome::Unknown,
            is_create: true,
            data: None,
            list: Some("profile-list".into()),
            made: None,
            name: name.map(str::to_owned),
            code: None,
            began: 1_000,
            patience: 500,
        }
    }

    const LATER: i64 = 10_000;
    const AT_ONCE: i64 = 1_100;

    fn rows(rows: &[(i64, &str)]) -> Vec<Row> {
        rows.iter().map(|(id, name)| (*id, (*name).to_owned())).collect()
    }

    fn found(
        doubts: &[PastCall],
        before: &[(i64, &str)],
        now: &[(i64, &str)],
        at: i64,
    ) -> Vec<(i64, Finding)> {
        let (before, now) = (rows(before), rows(now));
        let known = HashSet::from([99]);
        let sight = Sight { before: &before, now: &now, known: &known };
        let mut found = settle(&doubts.iter().collect::<Vec<_>>(), &sight, |_| Evidence::None, at);
        found.sort_by_key(|(id, _)| *id);
        found
    }

    #[test]
    fn a_new_name_with_a_new_id_is_proof_at_once() {
        let calls = [doubt(1, 7, Some("shop-1"))];
        assert_eq!(found(&calls, &[(5, "a")], &[(5, "a"), (6, "shop-1")], AT_ONCE), [(1, Finding::Done(6))]);
    }

    #[test]
    fn absence_is_proof_only_when_the_call_is_over() {
        let calls = [doubt(1, 7, Some("shop-1"))];
        assert_eq!(found(&calls, &[(5, "a")], &[(5, "a")], AT_ONCE), []);
        assert_eq!(found(&calls, &[(5, "a")], &[(5, "a")], LATER), [(1, Finding::NotDone)]);
        assert_eq!(found(&calls, &[(5, "a")], &[(5, "a")], 0), [], "a clock that was set back");
    }

    #[test]
    fn a_name_that_was_there_before_proves_nothing() {
        let calls = [doubt(1, 7, Some("a"))];
        assert_eq!(found(&calls, &[(5, "a")], &[(5, "a"), (6, "a")], LATER), [], "who made 6?");
        assert_eq!(found(&calls, &[(5, "a")], &[(6, "a")], LATER), [], "renumbered, perhaps");
        assert_eq!(found(&calls, &[(5, "a")], &[(5, "a")], LATER), [(1, Finding::NotDone)]);
    }

    #[test]
    fn a_name_that_the_app_may_have_altered_is_no_absence() {
        let calls = [doubt(1, 7, Some("Shop one"))];
        for altered in ["shop one", " Shop one", "Shop one (1)", "Shop"] {
            assert_eq!(found(&calls, &[], &[(6, altered)], LATER), [], "{altered}");
        }
        assert_eq!(found(&calls, &[], &[(6, "other")], LATER), [(1, Finding::NotDone)]);
    }

    #[test]
    fn what_other_calls_made_is_not_held_for_the_work_of_this_one() {
        let calls = [doubt(1, 7, Some("shop-1"))];
        assert_eq!(found(&calls, &[], &[(99, "shop-1")], LATER), [(1, Finding::NotDone)]);
    }

    #[test]
    fn of_equal_calls_as_many_were_done_as_there_are_things() {
        let calls = [doubt(1, 7, Some("x")), doubt(2, 7, Some("x")), doubt(3, 7, Some("x"))];
        let expected = [(1, Finding::Done(6)), (2, Finding::Done(8)), (3, Finding::NotDone)];
        assert_eq!(found(&calls, &[], &[(6, "x"), (8, "x")], LATER), expected);
    }

    #[test]
    fn unnamed_calls_are_settled_by_counting_only() {
        let calls = [doubt(1, 7, None), doubt(2, 7, None), doubt(3, 7, None)];
        assert_eq!(
            found(&calls, &[(1, "a")], &[(1, "a"), (2, "a")], LATER),
            [(2, Finding::NotDone), (3, Finding::NotDone)]
        );
        assert_eq!(found(&calls, &[(1, "a")], &[(1, "a"), (2, "a")], AT_ONCE), []);
        let mixed = [doubt(1, 7, None), doubt(2, 8, Some("x"))];
        assert_eq!(
            found(&mixed, &[], &[(6, "x")], LATER),
            [(1, Finding::NotDone), (2, Finding::Done(6))],
            "the named one explains the only new thing"
        );
    }

    #[test]
    fn other_proof_needs_a_single_thing_it_can_have_made() {
        let call = doubt(1, 7, None);
        let with = |now: &[(i64, &str)], evidence: Evidence| {
            let now = rows(now);
            let sight = Sight { before: &rows(&[(1, "a")]), now: &now, known: &HashSet::new() };
            settle(&[&call], &sight, |_| evidence.clone(), LATER)
        };
        let done = Evidence::Done("a".into());
        assert_eq!(with(&[(6, "a"), (7, "b")], done.clone()), [(1, Finding::Done(6))]);
        assert_eq!(with(&[(6, "a"), (7, "a")], done.clone()), [], "done, but which is it?");
        assert_eq!(with(&[], done), [], "done, and gone again");
        assert_eq!(with(&[(6, "a")], Evidence::NotDone), [(1, Finding::NotDone)]);
    }
}
