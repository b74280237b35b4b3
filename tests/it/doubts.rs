//! Writes whose outcome is not known: what is found out about them, when, and what is said of them. The real program, since
//! most of it takes time.

use crate::stage::Stage;
use crate::support::root;
use ixscript::sim::{NameForm, Options};
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};

/// After this time a write that no list shows is taken to be lost.
const LOST_AFTER: &str = "600ms";

impl Stage {
    fn ixscript(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
        command.args(["--url", self.simulator.url()]).args(words);
        command.current_dir(&self.folder).env("IXSCRIPT_CONFIG", root().join("tests/it/empty.toml"));
        command.env("IXSCRIPT_STATE", &self.folder).env("IXSCRIPT_RECIPES", &self.folder);
        command.env("IXSCRIPT_ASSUME_LOST_AFTER", LOST_AFTER).env_remove("IXSCRIPT_URL").stdin(Stdio::null());
        command.output().unwrap()
    }

    /// Runs it and expects this exit code; what it says on stderr.
    #[track_caller]
    fn expect(&self, words: &[&str], exit: i32) -> String {
        let output = self.ixscript(words);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{words:?}\n{text}");
        text
    }

    #[track_caller]
    fn run(&self) {
        self.expect(&["run", "recipe.rhai"], 5);
    }

    /// Resumes as soon as what only time can tell can be told.
    #[track_caller]
    fn resume(&self, exit: i32) -> String {
        self.expect(&["resume", "--wait"], exit)
    }

    fn names(&self) -> Vec<String> {
        self.made("name")
    }
}

#[test]
fn a_write_that_no_list_shows_is_sent_again_only_after_the_floor_and_a_second_list() {
    let stage = Stage::new(
        &["drop-before@copy_profile:nth=2"],
        "copy_profile(1640, #{ name: \"a\", group_id: 177 }); copy_profile(1640, #{ name: \"b\", group_id: 177 });",
    );
    stage.run();
    // Long enough for the first list to be looked at while too little time has passed.
    let told = stage.expect(&["--assume-lost-after", "10m", "resume"], 5);
    assert!(told.contains("1 write in doubt can be decided in"), "{told}");
    assert!(told.contains("`ixscript resume --wait` waits for it"), "{told}");
    assert_eq!(stage.names(), ["a"]);
    let told = stage.resume(0);
    assert!(told.contains("1 write in doubt settled: 1 not done"), "{told}");
    assert_eq!(stage.names(), ["a", "b"]);
}

#[test]
fn a_write_that_a_list_shows_is_done_at_once() {
    for form in [NameForm::AsGiven, NameForm::Trim, NameForm::Lower, NameForm::Escape, NameForm::Slash] {
        let options = Options { name_form: form, ..Options::default() };
        let stage = Stage::with(
            &["drop-after@copy_profile"],
            options,
            "copy_profile(1640, #{ name: \"A & B/2  <x>\", group_id: 177 });",
        );
        stage.run();
        let told = stage.expect(&["resume"], 0);
        assert!(told.contains("1 write in doubt settled: 1 done"), "{form:?} {told}");
        assert_eq!(stage.made_ids().len(), 1, "{form:?}");
    }
}

#[test]
fn a_name_that_cannot_be_told_for_certain_stays_in_doubt() {
    for form in [NameForm::Cut, NameForm::Compose] {
        let options = Options { name_form: form, ..Options::default() };
        let recipe = "copy_profile(1640, #{ name: \"cafe\u{301} number one of many\", group_id: 177 });";
        let stage = Stage::with(&["drop-after@copy_profile"], options, recipe);
        stage.run();
        stage.resume(5);
        assert_eq!(stage.made_ids().len(), 1, "{form:?}");
    }
}

#[test]
fn a_profile_of_somebody_else_is_never_taken() {
    let recipe = "copy_profile(1640, #{ name: \"shop\", group_id: 177 });";
    let stage = Stage::new(&["drop-before@copy_profile:nth=1"], recipe);
    stage.run();
    stage.others("profile-copy", json!({ "profile_id": 1640, "name": "shop", "group_id": 169 }));
    // It looks like ours and is in another group: only a person can tell.
    let told = stage.expect(&["--yes", "resume", "--wait"], 5);
    assert!(told.contains("call 1: copy_profile"), "{told}");
    assert_eq!(stage.names(), ["shop"]);
    stage.expect(&["runs", "settle", "1", "1", "--not-done"], 0);
    stage.expect(&["--yes", "resume"], 0);
    assert_eq!(stage.names(), ["shop", "shop"]);
}

#[test]
fn a_profile_that_somebody_renamed_is_not_created_again() {
    let recipe = "copy_profile(1640, #{ name: \"shop\", group_id: 177 });";
    let stage = Stage::new(&["drop-after@copy_profile:nth=1"], recipe);
    stage.run();
    let id = stage.made_ids()[0];
    stage.others("profile-update", json!({ "profile_id": id, "name": "renamed by a colleague" }));
    stage.expect(&["--yes", "resume", "--wait"], 5);
    assert_eq!(stage.names(), ["renamed by a colleague"]);
}

#[test]
fn of_two_creates_of_one_name_each_gets_its_own() {
    let recipe = "for group in [177, 169] { try { copy_profile(1640, #{ name: \"shop\", group_id: group }); } catch {} }";
    let stage = Stage::new(&["drop-before@copy_profile:nth=1", "drop-after@copy_profile:nth=2"], recipe);
    stage.run();
    // The script has caught the first, which was not done: that is told of.
    let told = stage.resume(3);
    assert!(told.contains("were not done") && told.contains("\"group_id\":177"), "{told}");
    let calls = stage.ixscript(&["--format", "json", "runs", "show", "1"]);
    let calls: Value = serde_json::from_slice(&calls.stdout).unwrap();
    let outcomes: Vec<&Value> =
        calls["calls"].as_array().unwrap().iter().map(|call| &call["outcome"]).collect();
    assert_eq!(outcomes, ["not done", "done"], "{calls}");
}

#[test]
fn what_the_app_says_has_failed_inside_is_left_to_a_person() {
    // The code says that the app failed inside. What it has made looks like the whole.
    let stage =
        Stage::new(&["1004@copy_profile:nth=1"], "copy_profile(1640, #{ name: \"shop\", group_id: 177 });");
    stage.run();
    stage.others("profile-copy", json!({ "profile_id": 1640, "name": "shop", "group_id": 177 }));
    stage.expect(&["--yes", "resume", "--wait"], 5);
    assert_eq!(stage.names(), ["shop"]);
}

#[test]
fn an_empty_list_or_another_account_proves_nothing() {
    let recipe = "copy_profile(1640, #{ name: \"shop\", group_id: 177 });";
    let stage = Stage::new(&["drop-after@copy_profile:nth=1"], recipe);
    stage.run();
    stage.simulator.world(ixscript::sim::World::switch_account);
    stage.expect(&["--yes", "resume", "--wait"], 5);
    stage.simulator.world(ixscript::sim::World::switch_account);
    stage.expect(&["resume"], 0);
    assert_eq!(stage.names(), ["shop"]);
}

#[test]
fn a_create_that_lands_after_it_was_given_up_raises_an_alarm() {
    let recipe = "copy_profile(1640, #{ name: \"shop\", group_id: 177 }); copy_profile(1640, #{ name: \"b\" }); copy_profile(1640, #{ name: \"c\" });";
    let stage = Stage::new(&["drop-before@copy_profile:nth=1", "1019@copy_profile:nth=4"], recipe);
    stage.run();
    stage.resume(6);
    assert_eq!(stage.names(), ["shop", "b"]);
    // Now the first one lands after all.
    stage.others("profile-copy", json!({ "profile_id": 1640, "name": "shop", "group_id": 177 }));
    let told = stage.expect(&["-q", "--yes", "resume"], 0);
    assert!(told.contains("may exist twice"), "{told}");
    assert!(told.contains("call 1, copy_profile") && told.contains("1643 shop"), "{told}");
}

#[test]
fn a_resume_that_cannot_look_says_what_is_in_doubt() {
    let stage = Stage::new(
        &["drop-after@copy_profile:nth=1"],
        "copy_profile(1640, #{ name: \"shop\", group_id: 177 });",
    );
    stage.run();
    let url = stage.simulator.url().to_owned();
    let Stage { simulator, folder, .. } = stage;
    simulator.stop();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ixscript"));
    command.args(["--url", &url, "--retries", "0", "-q", "resume"]).current_dir(&folder);
    command.env("IXSCRIPT_CONFIG", root().join("tests/it/empty.toml")).env("IXSCRIPT_STATE", &folder);
    let output = command.env("IXSCRIPT_RECIPES", &folder).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{text}");
    assert!(text.contains("does not answer") && text.contains("call 1: copy_profile"), "{text}");
}

#[test]
fn a_person_can_settle_only_what_can_be_true_and_can_put_it_right() {
    let stage = Stage::new(
        &["drop-after@copy_profile:nth=2"],
        "for name in [\"a\", \"b\"] { copy_profile(1640, #{ name: name }); }",
    );
    stage.run();
    let told = stage.expect(&["runs", "settle", "1", "2", "--done", "1641"], 2);
    assert!(told.contains("1641 was made by call 1 of run 1"), "{told}");
    let told = stage.expect(&["runs", "settle", "1", "1", "--not-done"], 2);
    assert!(told.contains("call 1 of run 1 is not in doubt: done"), "{told}");
    let told = stage.expect(&["--assume-lost-after", "1h", "runs", "settle", "1", "2", "--not-done"], 0);
    assert!(told.contains("call 2 may still arrive in the next"), "{told}");
    let told = stage.expect(&["runs", "settle", "1", "2", "--done", "1642"], 0);
    assert!(!told.contains("warning"), "{told}");
    stage.expect(&["resume"], 0);
    assert_eq!(stage.names(), ["a", "b"]);
}

#[test]
fn an_equal_run_that_was_broken_off_is_not_begun_anew_without_a_word() {
    let recipe = "//! [params.name]
copy_profile(1640, #{ name: param(\"name\"), group_id: 177 });";
    let stage = Stage::new(&["drop-after@copy_profile:nth=1"], recipe);
    stage.expect(&["run", "recipe.rhai", "--name", "a"], 5);
    let told = stage.expect(&["--yes", "run", "recipe.rhai", "--name", "a"], 2);
    assert!(told.contains("run 1 of this recipe, with the same parameters, was broken off"), "{told}");
    assert!(told.contains("`ixscript resume 1` goes on with it"), "{told}");
    assert_eq!(stage.names(), ["a"]);
    // Other parameters are another run, and so is one that was asked for.
    stage.expect(&["run", "recipe.rhai", "--name", "b"], 0);
    stage.expect(&["run", "--new", "recipe.rhai", "--name", "a"], 0);
    assert_eq!(stage.names(), ["a", "b", "a"]);
    // The one that was begun anew is resumed only by its number.
    let told = stage.expect(&["resume"], 5);
    assert!(told.contains("no run is unfinished, but writes of earlier runs are in doubt"), "{told}");
    assert!(told.contains("run 1: run recipe.rhai"), "{told}");
    let runs = stage.ixscript(&["runs", "list"]);
    assert!(String::from_utf8_lossy(&runs.stdout).contains("superseded by a later run"));
}

#[test]
fn a_run_that_ended_by_itself_with_failures_is_no_obstacle() {
    let stage = Stage::new(
        &["2007@copy_profile:nth=2"],
        "copy_profile(1640, #{ name: \"a\" }); copy_profile(1640, #{ name: \"b\" });",
    );
    stage.expect(&["run", "recipe.rhai"], 1);
    stage.expect(&["run", "recipe.rhai"], 0);
    assert_eq!(stage.names(), ["a", "a", "b"]);
}
