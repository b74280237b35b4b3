//! Runs are written, read back, and taken up again.

use super::*;
use serde_json::json;
use std::path::PathBuf;
use tempfile::TempDir;

fn new_run() -> NewRun {
    NewRun {
        command: "run".into(),
        name: "copy.rhai".into(),
        url: "http://127.0.0.1:1/api/v2/".into(),
        plan: Some(json!({ "args": ["--code", "76686828-89727101"] })),
        began: 1_000,
    }
}

fn intent(run: &Run, name: &str, nth: i64) -> Intent {
    Intent {
        place: Some(Place { fiber: MAIN, nth }),
        function: "copy_profile".into(),
        action: "profile-copy".into(),
        key: run.hash(&[b"profile-copy", name.as_bytes()]),
        shown: json!({ "name": name }).to_string(),
        is_create: true,
        list: Some("profile-list"),
        name: Some(name.to_owned()),
        code: None,
        began: 2_000,
    }
}

fn done(made: i64) -> Ended {
    let (data, is_secret) = (Some(made.into()), false);
    Ended { outcome: Outcome::Done, mark: None, data, failure: None, is_secret, made: Some(made), at: 3_000 }
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    (folder, path)
}

#[test]
fn what_was_confirmed_is_there_after_a_death() {
    let (_folder, path) = folder();
    let run = Journal::open(&path).unwrap().begin(&new_run()).unwrap();
    run.snapshot("profile-list", &[(1, "old".into())]).unwrap();
    let told = Told::One("1700000000".into());
    let (function, given) = ("now".to_owned(), Default::default());
    run.note(Note::Entry(Place { fiber: MAIN, nth: 0 }, Entry::Call { function, given, told }));
    let first = run.intend(intent(&run, "a", 1)).unwrap();
    run.conclude(first, done(77)).unwrap();
    let second = run.intend(intent(&run, "b", 2)).unwrap();
    run.intend_again(second, 2_500).unwrap();
    let id = run.id();
    // Not ended, as when the process is killed.
    drop(run);
    let journal = Journal::open(&path).unwrap();
    let row = journal.run(id).unwrap();
    assert_eq!((row.writes, row.done, row.in_doubt, row.ended, row.is_going_on), (2, 1, 1, None, false));
    assert_eq!(journal.plan(id).unwrap(), new_run().plan);
    let resumed = journal.resume(id).unwrap();
    let call = |nth, key: &[&[u8]]| resumed.history.call(Place { fiber: MAIN, nth }, &resumed.run.hash(key));
    let now = identity("now", &Default::default());
    assert_eq!(call(0, &[now.as_bytes()]), Answer::Value("1700000000".into()));
    assert_eq!(
        call(1, &[b"profile-copy", b"a"]),
        Answer::Done { call: first, data: Some(json!(77)), has_failed: false }
    );
    assert_eq!(call(2, &[b"profile-copy", b"b"]), Answer::InDoubt(second));
    assert_eq!(resumed.history.doubts().next().unwrap().began, 2_500, "the last attempt counts");
    assert_eq!(resumed.before["profile-list"], [(1, "old".to_owned())]);
    assert!(resumed.known.is_empty(), "what the run has made itself is in its history");
}

#[test]
fn a_run_is_one_process_s_alone() {
    let (_folder, path) = folder();
    let run = Journal::open(&path).unwrap().begin(&new_run()).unwrap();
    let journal = Journal::open(&path).unwrap();
    assert!(journal.run(run.id()).unwrap().is_going_on);
    assert_eq!(journal.forget(run.id()), Err(JournalError::Locked(run.id())));
    assert_eq!(journal.resume(run.id()).err(), Some(JournalError::Locked(run.id())));
}

/// Whether any file of the journal holds `text` in the clear.
fn holds(journal: &std::path::Path, text: &str) -> bool {
    let mut files = std::fs::read_dir(journal.parent().unwrap()).unwrap();
    files.any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn names_cannot_be_read_without_the_key_and_settle_doubts_all_the_same() {
    let (_folder, path) = folder();
    let run = Journal::open(&path).unwrap().begin(&new_run()).unwrap();
    run.snapshot("profile-list", &[(1, "old-hunter2".to_owned())]).unwrap();
    let call = run.intend(intent(&run, "x-hunter2", 0)).unwrap();
    run.end(1, 4_000).unwrap();
    assert!(!holds(&path, "hunter2"));

    let resumed = Journal::open(&path).unwrap().resume(run.id()).unwrap();
    let doubts: Vec<&PastCall> = resumed.history.doubts().collect();
    let before = &resumed.before["profile-list"];
    assert_eq!(
        (doubts[0].id, doubts[0].name.as_deref(), before),
        (call, Some("x-hunter2"), &vec![(1, "old-hunter2".to_owned())])
    );
}

#[test]
fn journal_of_the_form_before_is_sealed_when_it_is_opened() {
    let (_folder, path) = folder();
    let run = Journal::open(&path).unwrap().begin(&new_run()).unwrap();
    run.snapshot("profile-list", &[(1, "old".to_owned())]).unwrap();
    run.intend(intent(&run, "sealed", 0)).unwrap();
    run.end(1, 4_000).unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute("UPDATE calls SET name = 'x-hunter2', shown = '{\"name\":\"x-hunter2\"}'", []).unwrap();
    db.execute("UPDATE snapshots SET rows = ?1", [br#"[[1,"old-hunter2"]]"#]).unwrap();
    db.execute_batch(
        "ALTER TABLE runs DROP COLUMN has_history; ALTER TABLE runs DROP COLUMN tables; ALTER TABLE runs DROP COLUMN is_superseded;
         ALTER TABLE calls DROP COLUMN fiber; ALTER TABLE calls DROP COLUMN nth;
         ALTER TABLE calls DROP COLUMN failure; ALTER TABLE calls DROP COLUMN mark; DROP TABLE looks;
         ALTER TABLE calls ADD COLUMN patience INTEGER NOT NULL DEFAULT 0; ALTER TABLE calls ADD COLUMN position TEXT NOT NULL DEFAULT '0';
         CREATE TABLE answers (run INTEGER); DROP TABLE entries; DROP TABLE items; DROP TABLE rows;",
    )
    .unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    drop(db);
    assert!(holds(&path, "hunter2"));

    for _ in 0..2 {
        let journal = Journal::open(&path).unwrap();
        let name: String = journal.db.query_row("SELECT name FROM calls", [], |row| row.get(0)).unwrap();
        assert_eq!(journal.key.open_text(&name).unwrap(), "x-hunter2");
        let shown = &journal.calls(run.id()).unwrap()[0].shown;
        assert_eq!(shown, "{\"name\":\"x-hunter2\"}");
        // It is shown and settled, and cannot be gone on with.
        assert!(!journal.run(run.id()).unwrap().is_resumable);
        assert_eq!(journal.resume(run.id()).err(), Some(JournalError::NoHistory(run.id())));
    }
    assert!(!holds(&path, "hunter2"));
}

#[test]
fn the_plan_and_secret_results_cannot_be_read_without_the_key() {
    let (_folder, path) = folder();
    let run = Journal::open(&path).unwrap().begin(&new_run()).unwrap();
    let call = run.intend(intent(&run, "a", 0)).unwrap();
    run.conclude(call, Ended { data: Some(json!("11112222-33334444")), is_secret: true, ..done(1) }).unwrap();
    run.end(1, 4_000).unwrap();
    let bytes: Vec<u8> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    for secret in ["76686828", "11112222"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
    let resumed = Journal::open(&path).unwrap().resume(run.id()).unwrap();
    let key = resumed.run.hash(&[b"profile-copy", b"a"]);
    let answer = resumed.history.call(Place { fiber: MAIN, nth: 0 }, &key);
    assert_eq!(answer, Answer::Done { call, data: Some(json!("11112222-33334444")), has_failed: false });
}

#[test]
fn many_workers_share_commits_and_lose_nothing() {
    let (_folder, path) = folder();
    let run = Journal::open(&path).unwrap().begin(&new_run()).unwrap();
    std::thread::scope(|scope| {
        for worker in 0..16 {
            let run = &run;
            scope.spawn(move || {
                for number in 0..20 {
                    let call = run.intend(intent(run, &format!("{worker}-{number}"), 0)).unwrap();
                    run.conclude(call, done(call)).unwrap();
                }
            });
        }
    });
    run.end(0, 5_000).unwrap();
    assert_eq!(run.intend(intent(&run, "late", 0)), Err(JournalError::Closed));
    let journal = Journal::open(&path).unwrap();
    let row = journal.run(run.id()).unwrap();
    assert_eq!((row.writes, row.done, row.exit), (320, 320, Some(0)));
    assert!(journal.calls(run.id()).unwrap().iter().all(|call| call.made == Some(call.id)));
}

#[test]
fn a_call_is_settled_by_hand_and_a_run_forgotten() {
    let (_folder, path) = folder();
    let run = Journal::open(&path).unwrap().begin(&new_run()).unwrap();
    let call = run.intend(intent(&run, "a", 0)).unwrap();
    let id = run.id();
    drop(run);
    let journal = Journal::open(&path).unwrap();
    assert_eq!(
        journal.settle(id, 999, Outcome::NotDone, None, None),
        Err(JournalError::NoCall { run: id, call: 999 })
    );
    journal.settle(id, call, Outcome::Done, Some(&json!(5)), Some(5)).unwrap();
    assert_eq!(journal.run(id).unwrap().in_doubt, 0);
    journal.forget(id).unwrap();
    assert_eq!(journal.run(id), Err(JournalError::NoRun(id)));
    assert!(journal.calls(id).unwrap().is_empty());
}

#[test]
fn the_lock_of_a_run_that_nobody_takes_up_again_is_removed() {
    let (folder, path) = folder();
    let locks = || {
        let names = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
        names.filter(|name| name.to_str().unwrap().ends_with(".lock")).count()
    };
    for (plan, exit, left) in [(None, 1, 0), (new_run().plan, 0, 0), (new_run().plan, 1, 1)] {
        let run = Journal::open(&path).unwrap().begin(&NewRun { plan, ..new_run() }).unwrap();
        run.end(exit, 4_000).unwrap();
        assert_eq!(locks(), left);
    }
}

#[test]
fn what_a_list_held_at_first_is_never_forgotten() {
    let (_folder, path) = folder();
    let run = Journal::open(&path).unwrap().begin(&new_run()).unwrap();
    run.snapshot("profile-list", &[(1, "old".into())]).unwrap();
    run.snapshot("profile-list", &[(1, "old".into()), (2, "own".into())]).unwrap();
    let id = run.id();
    run.end(1, 4_000).unwrap();
    let resumed = Journal::open(&path).unwrap().resume(id).unwrap();
    assert_eq!(resumed.before["profile-list"], [(1, "old".to_owned())]);
}

#[test]
fn what_a_script_was_told_is_dropped_when_it_is_of_no_use_any_more() {
    let (_folder, path) = folder();
    let entries = |journal: &Journal| -> i64 {
        journal
            .db
            .query_row("SELECT (SELECT count(*) FROM entries) + (SELECT count(*) FROM rows)", [], |row| {
                row.get(0)
            })
            .unwrap()
    };
    let record = |began, exit| {
        let run = Journal::open(&path).unwrap().begin(&NewRun { began, ..new_run() }).unwrap();
        run.note(Note::Rows(vec![json!("hunter2")]));
        let (function, given, told) =
            ("list_profiles".to_owned(), Default::default(), Told::Rows(vec![(0, 1)]));
        run.note(Note::Entry(Place { fiber: MAIN, nth: 0 }, Entry::Call { function, given, told }));
        run.intend(intent(&run, "a", 1)).unwrap();
        run.end(exit, began).unwrap();
        run.id()
    };
    record(1_000, 0);
    assert_eq!(entries(&Journal::open(&path).unwrap()), 0);
    let broken_off = record(2_000, 130);
    assert!(!holds(&path, "hunter2"));
    assert_eq!(entries(&Journal::open(&path).unwrap()), 2);
    record(2_000 + 31 * 24 * 3600 * 1000, 0);
    let journal = Journal::open(&path).unwrap();
    assert_eq!((entries(&journal), journal.run(broken_off).unwrap().is_resumable), (0, false));
    assert_eq!(journal.resume(broken_off).err(), Some(JournalError::NoHistory(broken_off)));
}
