//! The journal in memory and the journal in a file are held equal: whatever a run records, both give it back alike.

use super::app::Tag;
use super::plan::JournalFault;
use super::store::{Hook, Store};
use ixscript::journal::{Ended, Intent, Journal, NewRun, Outcome, Past, PastCall, Position, Resumed, RunLog};
use proptest::prelude::*;
use serde_json::{Value, json};
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
        item: u32,
        key: u8,
        is_create: bool,
        name: Option<String>,
        code: bool,
    },
    /// Of the call of this number.
    Again(usize),
    End(usize, Outcome, Option<i64>),
    Answer {
        item: u32,
        nth: i64,
        value: String,
    },
    Snapshot(Vec<(i64, String)>),
    /// The session ends and the run is resumed.
    Resume,
}

fn entry() -> impl Strategy<Value = Entry> {
    let outcome = prop_oneof![Just(Outcome::Done), Just(Outcome::NotDone), Just(Outcome::Unknown)];
    let name = proptest::option::of("[a-c]{1,2}");
    prop_oneof![
        4 => (0..3_u32, 0..3_u8, any::<bool>(), name, any::<bool>()).prop_map(|(item, key, is_create, name, code)| {
            Entry::Intent { item, key, is_create, name, code }
        }),
        1 => (0..8_usize).prop_map(Entry::Again),
        4 => (0..8_usize, outcome, proptest::option::of(1..50_i64)).prop_map(|(call, outcome, made)| Entry::End(call, outcome, made)),
        1 => (0..3_u32, 0..3_i64, "[a-z]{0,3}").prop_map(|(item, nth, value)| Entry::Answer { item, nth, value }),
        1 => proptest::collection::vec((1..9_i64, "[a-c]"), 0..3).prop_map(Entry::Snapshot),
        1 => Just(Entry::Resume),
    ]
}

/// Records entries and gives what a resumed session learns in the end.
fn learned(entries: &[Entry], begin: &dyn Fn() -> Box<dyn RunLog>, resume: &dyn Fn() -> Resumed) -> String {
    let mut run = begin();
    let mut calls: Vec<i64> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let now = 1000 + at as i64;
        match entry {
            Entry::Intent { item, key, is_create, name, code } => {
                let call = run.intend(Intent {
                    position: Position::default().item(0, *item).to_string(),
                    function: "copy_profile".into(),
                    action: "profile-copy".into(),
                    key: run.hash(&[&[*key]]),
                    shown: "{}".into(),
                    is_create: *is_create,
                    list: is_create.then_some("profile-list"),
                    name: name.clone(),
                    code: code.then(|| run.hash(&[b"code"])),
                    began: now,
                    patience: 500,
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
                    let ended =
                        Ended { outcome: *outcome, data, is_secret: number % 2 == 0, made: *made, at: now };
                    run.conclude(*call, ended).unwrap();
                }
            }
            Entry::Answer { item, nth, value } => {
                run.remember(Position::default().item(0, *item).to_string(), *nth, value.clone());
            }
            Entry::Snapshot(rows) => run.snapshot("profile-list", rows).unwrap(),
            Entry::Resume => {
                run.end(5, now).unwrap();
                run = resume().run;
            }
        }
    }
    run.end(5, 9999).unwrap();
    let Resumed { run, past, before, answers, known } = resume();
    let mut answers: Vec<_> = answers.into_iter().collect();
    answers.sort();
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
    let told = format!("run {} {} {answers:?} {before:?} {known:?}", run.id(), shown(&past, &*run));
    run.end(0, 9999).unwrap();
    told
}

/// The calls of earlier sessions. Hashes differ between journals, and what they are equal to does not.
fn shown(past: &Past, run: &dyn RunLog) -> String {
    let call = |call: &PastCall| {
        let key = (0..3_u8).find(|key| run.hash(&[&[*key]]) == call.key);
        let code = call.code.map(|code| code == run.hash(&[b"code"]));
        format!(
            "{} {} {key:?} {:?} {} {:?} {:?} {:?} {:?} {code:?} {} {}",
            call.id,
            call.position,
            call.outcome,
            call.is_create,
            call.data,
            call.list,
            call.made,
            call.name,
            call.began,
            call.patience
        )
    };
    past.calls().iter().map(call).collect::<Vec<_>>().join("; ")
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
