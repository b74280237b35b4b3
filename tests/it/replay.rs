//! Runs that are stopped and resumed in process: what a resumed script is told, and what it sends.

use crate::stage::Stage;
use crate::support::{Output, ixscript};
use serde_json::{Value, json};

impl Stage {
    fn in_process(&self, words: &[&str]) -> Output {
        let state = self.folder.display().to_string();
        ixscript(["--url", self.simulator.url(), "--jobs", "1"].into_iter().chain(words.iter().copied()))
            .folder(&self.folder)
            .var("IXSCRIPT_STATE", &state)
            .var("IXSCRIPT_RECIPES", &state)
            .output()
    }

    /// Runs the recipe, which ends with this exit code.
    #[track_caller]
    fn begin(&self, exit: u8) -> Output {
        self.ends(&["run", "recipe.rhai"], exit)
    }

    /// Resumes the newest run, which ends with this exit code.
    #[track_caller]
    fn go_on(&self, exit: u8) -> Output {
        self.ends(&["resume"], exit)
    }

    #[track_caller]
    fn ends(&self, words: &[&str], exit: u8) -> Output {
        let output = self.in_process(words);
        assert_eq!(output.status, exit, "{words:?}\n{output}");
        output
    }

    /// The writes that were sent, by action.
    fn sent(&self, action: &str) -> Vec<Value> {
        let requests = self.simulator.requests().into_iter();
        requests.filter(|(sent, _)| sent == action).map(|(_, body)| body).collect()
    }
}

#[test]
fn a_copy_has_the_values_that_its_template_had_at_its_place() {
    let stage = Stage::new(
        &["1019@copy_profile:nth=3"],
        "for n in 1..=4 {
            update_profile(1640, #{ note: `note ${n}` });
            copy_profile(1640, #{ name: `copy ${n}` });
        }",
    );
    stage.begin(6);
    stage.others("profile-update", json!({ "profile_id": 1640, "note": "of somebody else" }));
    stage.go_on(0);
    assert_eq!(stage.made("note"), ["note 1", "note 2", "note 3", "note 4"]);
}

#[test]
fn what_is_read_changed_and_written_is_changed_once() {
    let stage = Stage::new(
        &["1006@update_profile:nth=4", "1006@update_profile:nth=7"],
        "for profile in list_profiles() { update_profile(profile.profile_id, #{ name: \"EU-\" + profile.name }); }",
    );
    let names: Vec<String> = stage.profiles_before.iter().map(|id| stage.text(*id, "name")).collect();
    stage.begin(6);
    stage.go_on(6);
    stage.go_on(0);
    let now: Vec<String> = stage.profiles_before.iter().map(|id| stage.text(*id, "name")).collect();
    let expected: Vec<String> = names.iter().map(|name| format!("EU-{name}")).collect();
    assert_eq!(now, expected);
}

#[test]
fn the_last_value_written_stays() {
    let stage = Stage::new(
        &["drop-after@update_profile:nth=1", "1019@copy_profile:nth=1"],
        "try { update_profile(1640, #{ note: \"working\" }); } catch {}
        update_profile(1640, #{ note: \"done\" });
        copy_profile(1640);",
    );
    stage.begin(5);
    // What the script was told stays so, and the doubt is a person's to settle.
    stage.go_on(5);
    stage.ends(&["runs", "settle", "1", "1", "--done"], 0);
    stage.go_on(0);
    assert_eq!((stage.text(1640, "note"), stage.made("note")), ("done".into(), vec!["done".into()]));
}

#[test]
fn an_equal_write_of_another_item_settles_nothing() {
    let recipe = "parallel([1, 2], |item| {
            update_profile(1640, #{ note: \"same\" });
            copy_profile(1441, #{ name: `of ${item}` });
        });";
    // The first item does not know of its write, although the second one makes an equal one.
    let stage = Stage::new(&["drop-after@update_profile:nth=1"], recipe);
    let told = stage.begin(5).stderr;
    assert!(told.contains("a write is in doubt"), "{told}");
    stage.go_on(0);
    assert_eq!(
        (stage.sent("profile-update").len(), stage.made("name")),
        (3, vec!["of 2".into(), "of 1".into()])
    );
}

#[test]
fn a_repeat_that_is_refused_leaves_the_first_time_in_doubt() {
    let stage = Stage::new(
        &["drop-after@update_profile:nth=1", "2007@update_profile:nth=2"],
        "try { update_profile(1640, #{ note: \"a\" }); } catch (e) { print(e.outcome); throw e }",
    );
    assert_eq!(stage.begin(5).stdout, "unknown\n");
    // It was done the first time, although the app now says that it does nothing.
    let output = stage.go_on(5);
    assert_eq!(output.stdout, "unknown\n");
    assert!(
        output.stderr.contains("1 in doubt") && output.stderr.contains("a write is in doubt"),
        "{output}"
    );
    assert_eq!(stage.text(1640, "note"), "a");
    stage.go_on(0);
}

#[test]
fn a_renumbering_or_delete_in_doubt_is_never_sent_again() {
    for (script, action) in [
        (
            "update_profile(1640, #{ new_profile_id: 9999 }); update_profile(1441, #{ new_profile_id: 1640 });",
            "profile-update",
        ),
        ("delete_profile(1640); copy_profile(1441);", "profile-delete"),
    ] {
        let stage =
            Stage::new(&["drop-after@update_profile:nth=1", "drop-after@delete_profile:nth=1"], script);
        stage.ends(&["--allow", "destructive", "run", "recipe.rhai"], 5);
        stage.go_on(5);
        assert_eq!(stage.sent(action).len(), 1, "{script}");
        stage.ends(&["runs", "settle", "1", "1", "--done"], 0);
        stage.go_on(0);
        let expected = if action == "profile-update" { 2 } else { 1 };
        assert_eq!(stage.sent(action).len(), expected, "{script}");
    }
}

#[test]
fn each_item_keeps_what_it_made() {
    let recipe = "let made = parallel([\"A\", \"B\", \"C\"], |item| { copy_profile(1640) });
        print(made.map(|outcome| if outcome.ok { outcome.value } else { 0 }));";
    // The first one is refused, with a code that ends no run, in two sessions.
    let stage = Stage::new(&["2007@copy_profile:nth=1", "2007@copy_profile:nth=4"], recipe);
    assert_eq!(stage.begin(3).stdout, "[0, 1641, 1642]\n");
    assert_eq!(stage.go_on(3).stdout, "[0, 1641, 1642]\n");
    assert_eq!(stage.go_on(0).stdout, "[1643, 1641, 1642]\n");
}

#[test]
fn a_name_that_was_taken_stays_taken() {
    let recipe = "for name in [\"a\", \"template\", \"c\"] {
            try { copy_profile(1640, #{ name: name }) } catch { copy_profile(1640, #{ name: name + \"-b\" }) }
        }";
    // The second name is refused as one that exists, the copy behind it ends the session.
    let stage = Stage::new(&["2007@copy_profile:nth=2", "1019@copy_profile:nth=4"], recipe);
    stage.begin(6);
    stage.go_on(0);
    assert_eq!(stage.made("name"), ["a", "template-b", "c"]);
}

#[test]
fn names_by_the_number_of_rows_go_on() {
    let recipe = "for n in 1..=4 { copy_profile(1640, #{ name: `shop-${list_profiles().len()}` }); }";
    let stage = Stage::new(&["1019@copy_profile:nth=3"], recipe);
    stage.begin(6);
    stage.go_on(0);
    let first = stage.profiles_before.len();
    let names: Vec<String> = (first..first + 4).map(|number| format!("shop-{number}")).collect();
    assert_eq!(stage.made("name"), names);
}

#[test]
fn a_queue_that_is_worked_off_goes_on() {
    let recipe = "let queue = 177;
        for profile in list_profiles(#{ group_id: queue }) {
            copy_profile(profile.profile_id, #{ name: `of ${profile.profile_id}`, group_id: 169 });
            move_profiles([profile.profile_id], 169);
        }";
    let stage = Stage::new(&["1019@copy_profile:nth=2"], recipe);
    for id in [1441, 1266] {
        stage.others("profile-update-groups-in-batches", json!({ "profile_id": [id], "group_id": 177 }));
    }
    let queue = |stage: &Stage| {
        let mut queue = stage.profiles_before.clone();
        queue.retain(|id| stage.row(*id)["group_id"] == 177);
        queue
    };
    let before = queue(&stage);
    assert!(before.len() >= 2);
    stage.begin(6);
    stage.go_on(0);
    let mut made = stage.made("name");
    made.sort();
    let mut expected: Vec<String> = before.iter().map(|id| format!("of {id}")).collect();
    expected.sort();
    assert_eq!((made, queue(&stage)), (expected, vec![]));
}

#[test]
fn an_edited_recipe_sends_nothing_also_where_its_first_calls_had_been_refused() {
    let recipe = |prefix: &str| {
        format!(
            "for name in [\"a\", \"b\", \"c\", \"d\"] {{
                try {{ copy_profile(1640, #{{ name: \"{prefix}\" + name }}) }} catch {{ }}
            }}"
        )
    };
    let stage = Stage::new(&["2007@copy_profile:first=2", "1019@copy_profile:nth=4"], &recipe(""));
    stage.begin(6);
    stage.write("recipe.rhai", &recipe("new "));
    let sent = stage.simulator.requests().len();
    let told = stage.go_on(6).stderr;
    assert!(told.contains("where it called copy_profile"), "{told}");
    assert_eq!(stage.simulator.requests().len(), sent);
    stage.write("recipe.rhai", &recipe(""));
    stage.go_on(0);
    assert_eq!(stage.made("name"), ["c", "d"]);
}

#[test]
fn a_corrected_row_is_not_created_besides_the_wrong_one() {
    let recipe = "//! [input]
//! columns = [\"name\"]
parallel(rows(), |row| copy_profile(1640, #{ name: row.name }));";
    let stage = Stage::new(&["1019@copy_profile:nth=3"], recipe);
    stage.write("names.csv", "name\nshpo\nb\nc\n");
    stage.ends(&["--input", "names.csv", "run", "recipe.rhai"], 6);
    stage.write("names.csv", "name\nshop\nb\nc\n");
    let sent = stage.simulator.requests().len();
    let told = stage.go_on(6).stderr;
    assert!(told.contains("shpo") && told.contains("--new-rows"), "{told}");
    assert_eq!(stage.simulator.requests().len(), sent, "nothing is sent");
    let told = stage.ends(&["resume", "--new-rows"], 0).stderr;
    assert!(
        told.contains("1 item that the earlier session worked on is gone") && told.contains("shpo"),
        "{told}"
    );
    assert_eq!(stage.made("name"), ["shpo", "b", "shop", "c"]);
}

#[test]
fn a_row_that_is_taken_out_is_told_of() {
    let recipe = "//! [input]
//! columns = [\"name\"]
parallel(rows(), |row| copy_profile(1640, #{ name: row.name }));";
    let stage = Stage::new(&["1019@copy_profile:nth=3"], recipe);
    stage.write("names.csv", "name\na\nb\nc\n");
    stage.ends(&["--input", "names.csv", "run", "recipe.rhai"], 6);
    stage.write("names.csv", "name\nc\nb\n");
    let told = stage.go_on(0).stderr;
    assert!(told.contains("is gone; what was created stays") && told.contains("1641"), "{told}");
    assert_eq!(stage.made("name"), ["a", "b", "c"]);
}

#[test]
fn a_row_with_the_same_key_is_the_same_row() {
    let recipe = "//! [input]
//! columns = [\"name\", \"note\"]
//! key = \"name\"
parallel(rows(), |row| copy_profile(1640, #{ name: row.name }));";
    let stage = Stage::new(&["1019@copy_profile:nth=3"], recipe);
    stage.write("names.csv", "name,note\na,1\nb,2\nc,3\n");
    stage.ends(&["--input", "names.csv", "run", "recipe.rhai"], 6);
    stage.write("names.csv", "name,note\nc,other\na,other\nb,2\nd,4\n");
    stage.go_on(0);
    assert_eq!(stage.made("name"), ["a", "b", "c", "d"]);
}

#[test]
fn a_key_that_does_not_tell_rows_apart_is_refused() {
    let recipe = "//! [input]
//! columns = [\"name\", \"note\"]
//! key = \"name\"
parallel(rows(), |row| copy_profile(1640, #{ name: row.name + row.note }));";
    let stage = Stage::new(&[], recipe);
    stage.write("names.csv", "name,note\na,1\nb,2\na,3\n");
    let told = stage.ends(&["--input", "names.csv", "run", "recipe.rhai"], 2).stderr;
    assert!(told.contains("rows 1 and 3 have the same `name`, \"a\""), "{told}");
    assert_eq!(stage.simulator.requests().len(), 0);
}

#[test]
fn a_failure_that_the_script_went_on_behind_stays_and_is_told_of() {
    let recipe = "parallel([\"a\", \"b\"], |name| copy_profile(1640, #{ name: name }));
        try { copy_profile(1640, #{ name: \"c\" }) } catch {}
        copy_profile(1640, #{ name: \"d\" });
        copy_profile(1640, #{ name: \"e\" });";
    let stage = Stage::new(
        &["2007@copy_profile:nth=1", "2007@copy_profile:nth=3", "1019@copy_profile:nth=5"],
        recipe,
    );
    stage.begin(6);
    let told = stage.go_on(3).stderr;
    assert!(told.contains("2 failures of the earlier session stay as they are"), "{told}");
    assert_eq!(stage.made("name"), ["b", "d", "e"]);
}

#[test]
fn a_finished_run_tells_what_its_script_caught() {
    let recipe = "for name in [\"a\", \"b\", \"c\"] { try { copy_profile(1640, #{ name: name }) } catch {} }";
    let stage = Stage::new(&["2007@copy_profile:nth=2"], recipe);
    stage.begin(0);
    let told = stage.ends(&["resume", "1"], 0).stderr;
    assert!(told.contains("1 write failed, and the script went on; a new run starts over"), "{told}");
}

#[test]
fn what_others_changed_is_shown_and_asked_about() {
    let recipe = "for profile in list_profiles() { copy_profile(profile.profile_id, #{ name: `of ${profile.name}` }); }";
    let stage = Stage::new(&["1019@copy_profile:nth=2"], recipe);
    stage.begin(6);
    stage.others("profile-update", json!({ "profile_id": 1441, "name": "renamed by a colleague" }));
    stage.others("profile-copy", json!({ "profile_id": 1640, "name": "by a colleague" }));
    let sent = stage.sent("profile-copy").len();
    let told = stage.go_on(6).stderr;
    assert!(told.contains("1 renamed (1441") && told.contains("1 new (1642 by a colleague)"), "{told}");
    assert_eq!(stage.sent("profile-copy").len(), sent);
    stage.ends(&["--yes", "resume"], 0);
    assert_eq!(stage.made("name").len(), stage.profiles_before.len() + 1);
}

#[test]
fn another_account_is_noticed_before_anything_is_sent() {
    let recipe = "for n in 1..=3 { copy_profile(1640, #{ name: `copy ${n}` }); }";
    let stage = Stage::new(&["1019@copy_profile:nth=2"], recipe);
    stage.begin(6);
    stage.simulator.world(ixscript::sim::World::switch_account);
    let sent = stage.sent("profile-copy").len();
    let told = stage.ends(&["--yes", "resume"], 6).stderr;
    assert!(told.contains("does not seem to be the app and account"), "{told}");
    assert_eq!(stage.sent("profile-copy").len(), sent);
    stage.simulator.world(ixscript::sim::World::switch_account);
    stage.go_on(0);
    assert_eq!(stage.made("name"), ["copy 1", "copy 2", "copy 3"]);
}

#[test]
fn a_profile_that_the_script_still_needs_is_opened_again() {
    let recipe = "let opened = open_profile(1640);
        copy_profile(1441, #{ name: \"a\" });
        copy_profile(1441, #{ name: \"b\" });
        close_profile(1640);";
    let stage = Stage::new(&["1019@copy_profile:nth=2"], recipe);
    stage.begin(6);
    stage.others("profile-close", json!({ "profile_id": 1640 }));
    stage.go_on(0);
    assert_eq!((stage.sent("profile-open").len(), stage.made("name")), (2, vec!["a".into(), "b".into()]));
}

#[test]
fn what_was_shown_and_waited_for_is_not_repeated_and_the_table_is_whole() {
    let recipe = "for n in 1..=3 {
            print(`before ${n}`);
            let id = copy_profile(1640, #{ name: `copy ${n}` });
            emit(#{ id: id });
            sleep(1);
        }";
    let stage = Stage::new(&["1019@copy_profile:nth=3"], recipe);
    let output = stage.ends(&["--output", "made.csv", "run", "recipe.rhai"], 6);
    assert_eq!(output.stdout, "before 1\nbefore 2\nbefore 3\n");
    let output = stage.go_on(0);
    assert_eq!(output.stdout, "before 3\n", "{output}");
    assert_eq!(stage.read("made.csv"), "id\n1641\n1642\n1643\n");
}

#[test]
fn the_table_of_another_run_is_left_alone() {
    let stage = Stage::new(&["1019@copy_profile:nth=1"], "emit(#{ id: copy_profile(1640) });");
    stage.ends(&["--output", "made.csv", "run", "recipe.rhai"], 6);
    stage.ends(&["--output", "made.csv", "eval", "emit(#{ id: 7 });"], 0);
    let sent = stage.simulator.requests().len();
    let told = stage.go_on(2).stderr;
    assert!(told.contains("made.csv was not written by this run"), "{told}");
    assert_eq!((stage.read("made.csv").as_str(), stage.simulator.requests().len()), ("id\n7\n", sent));
    std::fs::remove_file(stage.folder.join("made.csv")).unwrap();
    stage.go_on(0);
    assert_eq!(stage.read("made.csv"), "id\n1641\n");
}

#[test]
fn limits_count_anew_and_answered_calls_do_not_count() {
    let recipe = "for n in 1..=7 { copy_profile(1640, #{ name: `copy ${n}` }); }";
    let stage = Stage::new(&[], recipe);
    stage.ends(&["--max-writes", "3", "run", "recipe.rhai"], 6);
    for (made, exit) in [(6, 6), (7, 0)] {
        stage.ends(&["--yes", "resume"], exit);
        assert_eq!(stage.made("name").len(), made);
    }
}

#[test]
fn a_run_of_the_first_form_is_shown_and_not_resumed() {
    let stage = Stage::new(&["1019@copy_profile:nth=2"], "copy_profile(1640); copy_profile(1640);");
    stage.begin(6);
    let journal = rusqlite::Connection::open(stage.folder.join("journal.db")).unwrap();
    journal.execute_batch("UPDATE runs SET has_history = 0").unwrap();
    drop(journal);
    let told = stage.ends(&["resume", "1"], 2).stderr;
    assert!(told.contains("0.1"), "{told}");
    assert!(stage.ends(&["runs", "show", "1"], 0).stdout.contains("copy_profile"));
}

#[test]
fn commands_that_cannot_be_resumed_keep_no_reads() {
    let stage = Stage::new(&[], "list_profiles(); print(now());");
    stage.begin(0);
    assert!(!stage.folder.join("journal.db").exists(), "a recipe that writes nothing");
    stage.ends(&["eval", "list_profiles(); copy_profile(1640)"], 0);
    let journal = rusqlite::Connection::open(stage.folder.join("journal.db")).unwrap();
    let count = |table: &str| {
        journal.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((count("entries"), count("rows")), (0, 0));
}

#[test]
fn a_run_in_which_nothing_was_sent_leaves_nothing_to_resume() {
    let stage = Stage::new(&["away=1h@list_profiles"], "copy_profile(1640, #{ name: \"a\" });");
    let told = stage.ends(&["--retries", "0", "run", "recipe.rhai"], 1).stderr;
    assert!(!told.contains("ixscript resume") && !stage.folder.join("journal.db").exists(), "{told}");
}

#[test]
fn reads_are_dropped_when_a_run_has_ended_well() {
    let stage =
        Stage::new(&["1019@copy_profile:nth=2"], "for p in list_profiles() { copy_profile(p.profile_id); }");
    stage.begin(6);
    let count = || {
        let journal = rusqlite::Connection::open(stage.folder.join("journal.db")).unwrap();
        journal.query_row("SELECT count(*) FROM rows", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert!(count() > 0);
    stage.go_on(0);
    assert_eq!(count(), 0);
}
