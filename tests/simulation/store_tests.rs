//! The journal in memory and the journal in a file are held equal: whatever a run records, both give it back alike.

use super::app::Tag;
use super::plan::JournalFault;
use super::store::{Hook, Store};
use ixscript::journal::{Described, Entry as Step};
use ixscript::journal::{
    Ended, History, Intent, Journal, Mark, NewRun, Note, Outcome, PastCall, PastItem, Place, Resumed, RunLog,
    Told, identity,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A process to which nothing happens.
struct Calm;

impl Hook for Calm {
    fn entry(&self) -> Option<JournalFault> {
        None
    }

    fn die(&self) {}

    fn is_dead(&self) -> bool {
        false
    }

    fn tag(&self) -> Option<Tag> {
        None
    }
}

/// What a run records.
#[derive(Debug, Clone)]
enum Entry {
    Intent {
        fiber: i64,
        nth: i64,
        key: u8,
        is_create: bool,
        name: Option<String>,
        code: bool,
    },
    /// Of the call of this number.
    Again(usize),
    End(usize, Outcome, Option<i64>),
    Call {
        fiber: i64,
        nth: i64,
        key: u8,
        told: Told,
    },
    Parallel {
        nth: i64,
        items: Vec<u64>,
    },
    Rows(Vec<String>),
    Item {
        fiber: i64,
        item: u64,
    },
    Returned(i64),
    Snapshot(Vec<(i64, String)>),
    /// The session ends and the run is resumed.
    Resume,
}

fn entry() -> impl Strategy<Value = Entry> {
    let outcome = prop_oneof![Just(Outcome::Done), Just(Outcome::NotDone), Just(Outcome::Unknown)];
    let name = proptest::option::of("[a-c]{1,2}");
    let told = prop_oneof![
        "[a-z]{0,3}".prop_map(|value| Told::One(value.into())),
        (0..3_u64, 0..3_u64).prop_map(|run| Told::Rows(vec![run])),
        "[a-z]{0,3}".prop_map(|message| Told::Failed(json!({ "message": message }))),
    ];
    prop_oneof![
        4 => (0..3_i64, 0..4_i64, 0..3_u8, any::<bool>(), name, any::<bool>()).prop_map(
            |(fiber, nth, key, is_create, name, code)| Entry::Intent { fiber, nth, key, is_create, name, code }
        ),
        1 => (0..8_usize).prop_map(Entry::Again),
        4 => (0..8_usize, outcome, proptest::option::of(1..50_i64)).prop_map(|(call, outcome, made)| Entry::End(call, outcome, made)),
        3 => (0..3_i64, 0..4_i64, 0..3_u8, told).prop_map(|(fiber, nth, key, told)| Entry::Call { fiber, nth, key, told }),
        1 => (0..4_i64, proptest::collection::vec(0..3_u64, 0..3)).prop_map(|(nth, items)| Entry::Parallel { nth, items }),
        1 => proptest::collection::vec("[a-c]", 0..3).prop_map(Entry::Rows),
        2 => (1..3_i64, 0..3_u64).prop_map(|(fiber, item)| Entry::Item { fiber, item }),
        1 => (1..3_i64).prop_map(Entry::Returned),
        1 => proptest::collection::vec((1..9_i64, "[a-c]"), 0..3).prop_map(Entry::Snapshot),
        1 => Just(Entry::Resume),
    ]
}

/// Records entries and gives what a resumed session learns in the end.
fn learned(entries: &[Entry], begin: &dyn Fn() -> Box<dyn RunLog>, resume: &dyn Fn() -> Resumed) -> String {
    let mut run = begin();
    let mut calls: Vec<i64> = Vec::new();
    let mut items = BTreeSet::new();
    for (at, entry) in entries.iter().enumerate() {
        let now = 1000 + at as i64;
        match entry {
            Entry::Intent { fiber, nth, key, is_create, name, code } => {
                let call = run.intend(Intent {
                    place: Some(Place { fiber: *fiber, nth: *nth }),
                    function: "copy_profile".into(),
                    action: "profile-copy".into(),
                    key: run.hash(&[identity_of(*key).as_bytes()]),
                    shown: "{}".into(),
                    is_create: *is_create,
                    list: is_create.then_some("profile-list"),
                    name: name.clone(),
                    code: code.then(|| run.hash(&[b"code"])),
                    began: now,
                });
                calls.push(call.unwrap());
            }
            Entry::Again(number) => {
                if let Some(call) = calls.get(*number) {
                    run.intend_again(*call, now).unwrap();
                }
            }
            Entry::End(number, outcome, made) => {
                if let Some(call) = calls.get(*number) {
                    let data = made.map(|made| json!(made));
                    let failure = (*outcome != Outcome::Done).then(|| json!({ "message": number }));
                    let is_secret = number % 2 == 0;
                    let mark = [None, Some(Mark::HalfDone), Some(Mark::Lost)][number % 3];
                    let ended =
                        Ended { outcome: *outcome, mark, data, failure, is_secret, made: *made, at: now };
                    run.conclude(*call, ended).unwrap();
                }
            }
            Entry::Call { fiber, nth, key, told } => {
                let (function, told) = (format!("read_{key}"), told.clone());
                let step = Step::Call { function, given: serde_json::Map::new(), told };
                run.note(Note::Entry(Place { fiber: *fiber, nth: *nth }, step));
            }
            Entry::Parallel { nth, items } => {
                let step = Step::Parallel { number: 100, items: items.clone() };
                run.note(Note::Entry(Place { fiber: 0, nth: *nth }, step));
            }
            Entry::Rows(rows) => run.note(Note::Rows(rows.iter().map(|row| json!(row)).collect())),
            Entry::Item { fiber, item } => {
                if items.insert(*fiber) {
                    run.note(Note::Item(PastItem {
                        fiber: *fiber,
                        parallel: 100,
                        item: *item,
                        has_returned: false,
                    }));
                }
            }
            Entry::Returned(fiber) => run.note(Note::Returned(*fiber)),
            Entry::Snapshot(rows) => run.snapshot("profile-list", rows).unwrap(),
            Entry::Resume => {
                run.end(5, now).unwrap();
                run = resume().run;
            }
        }
    }
    run.end(5, 9999).unwrap();
    let Resumed { run, history, before, known, .. } = resume();
    let mut before: Vec<_> = before.into_iter().collect();
    before.sort();
    let mut known: Vec<(String, Vec<i64>)> = known
        .into_iter()
        .map(|(list, ids)| {
            (list, {
                let mut ids: Vec<i64> = ids.into_iter().collect();
                ids.sort();
                ids
            })
        })
        .collect();
    known.sort();
    let told = format!("run {} {} {before:?} {known:?}", run.id(), shown(&history, &*run));
    run.end(0, 9999).unwrap();
    told
}

fn identity_of(key: u8) -> String {
    identity(&format!("read_{key}"), &serde_json::Map::new())
}

/// What a resumed run knows. Hashes differ between journals, and what they are equal to does not.
fn shown(history: &History, run: &dyn RunLog) -> String {
    let hash = |key: u8| run.hash(&[identity_of(key).as_bytes()]);
    let call = |call: &PastCall| {
        let key = (0..3_u8).find(|key| hash(*key) == call.key);
        let code = call.code.map(|code| code == run.hash(&[b"code"]));
        let PastCall {
            id,
            session,
            place,
            outcome,
            is_create,
            data,
            failure,
            list,
            made,
            name,
            began,
            mark,
            ..
        } = call;
        format!(
            "{id} {session} {place:?} {key:?} {outcome:?} {is_create} {data:?} {failure:?} {list:?} {made:?} {name:?} {code:?} \
             {began} {mark:?}"
        )
    };
    let calls = history.calls().iter().map(call).collect::<Vec<_>>().join("; ");
    let mut answers = Vec::new();
    for (fiber, nth) in (0..3).flat_map(|fiber| (0..5).map(move |nth| (fiber, nth))) {
        let place = Place { fiber, nth };
        let left: Option<Described> = history.left(place);
        answers.push(format!("{place:?} {} {left:?}", history.is_answered(place)));
        answers.extend((0..3).map(|key| format!("{:?}", history.call(place, &hash(key)))));
        answers.push(format!("{:?}", history.parallel(place, &[1, 0, 1])));
    }
    format!("{calls} {answers:?} {:?}", history.rows())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn both_forms_of_the_journal_give_back_the_same(entries in proptest::collection::vec(entry(), 0..24)) {
        let new = NewRun {
            command: "run".into(),
            name: "recipe".into(),
            url: "http://127.0.0.1:53200/api/v2/".into(),
            plan: Some(Value::Null),
            began: 0,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let in_file = learned(
            &entries,
            &|| Box::new(Journal::open(&path).unwrap().begin(&new).unwrap()),
            &|| Journal::open(&path).unwrap().resume(1).unwrap(),
        );
        let store = Store::default();
        let in_memory = learned(
            &entries,
            &|| store.begin(&new, Arc::new(Calm)).unwrap(),
            &|| store.resume(1, Arc::new(Calm)).unwrap(),
        );
        prop_assert_eq!(in_file, in_memory);
    }
}
