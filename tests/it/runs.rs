//! `resume` and `runs` in process: what they say, and what they refuse.

use crate::support::{Output, Run, ixscript, simulator, state_folder, without_folder};
use expect_test::{Expect, expect};
use ixscript::sim::{Config, Simulator};
use std::path::PathBuf;

/// A folder with a recipe, and a simulator that loses the reply of the second copy.
struct Setting {
    simulator: Simulator,
    folder: PathBuf,
}

/// How many profiles a simulator begins with.
const PROFILES: usize = 9;

const RECIPE: &str = "for name in [\"a\", \"b\", \"c\"] {
    try { copy_profile(1640, #{ name: name }) } catch (e) { fail(e.message) }
}";

impl Setting {
    fn new(recipe: &str) -> Self {
        let faults = vec!["drop-after@copy_profile:nth=2".parse().unwrap()];
        let simulator = simulator(Config { faults, ..Config::default() });
        let folder = state_folder();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("recipe.rhai"), recipe).unwrap();
        Self { simulator, folder }
    }

    fn run(&self, words: &[&str]) -> Run {
        let url = ["--url", self.simulator.url()];
        let state = self.folder.display().to_string();
        ixscript(url.into_iter().chain(words.iter().copied()))
            .folder(&self.folder)
            .var("IXSCRIPT_STATE", &state)
            .var("IXSCRIPT_RECIPES", &state)
    }

    /// Without an address: the app's own, or the embedded simulator's.
    fn simulated(&self, words: &[&str]) -> Output {
        let state = self.folder.display().to_string();
        ixscript(words.iter().copied()).folder(&self.folder).var("IXSCRIPT_STATE", &state).output()
    }

    fn expect(&self, words: &[&str], expected: &Expect) -> Output {
        let output = self.run(words).output();
        let shown = output.to_string().replace(&format!("{}/api/v2/", self.simulator.url()), "URL");
        let shown = without_folder(&shown, &self.folder);
        expected.assert_eq(&shown);
        output
    }
}

/// Everything else can be recorded, as where the disk is full right after the call was sent.
#[test]
fn a_copy_that_is_done_and_not_recorded_says_its_id_and_is_in_doubt() {
    let setting = Setting::new("copy_profile(1640, #{ name: \"a\" })");
    let no_outcome = "CREATE TRIGGER t BEFORE UPDATE OF outcome ON calls BEGIN SELECT RAISE(FAIL, 'no'); END";
    let journal = setting.folder.join("journal.db");
    drop(ixscript::journal::Journal::open(&journal).unwrap());
    rusqlite::Connection::open(&journal).unwrap().execute_batch(no_outcome).unwrap();
    setting.expect(&["run", "recipe.rhai"], &expect![[r#"
        -- stderr
        error: `copy_profile` created 1641, but that cannot be recorded: the journal's database fails (SQLite error 1811)
         --> recipe.rhai:1:1
          |
        1 | copy_profile(1640, #{ name: "a" })
          | ^^^^^^^^^^^^
          |
          = note: it was done; only the journal does not know it, and counts it as in doubt
          = help: Once the journal works again, record it: `ixscript runs settle 1 1 --done 1641`.
        warning: a write is in doubt: it may have been done
         = note: call 1: copy_profile {"name":"a","profile_id":1640}
         = help: Resuming looks what became of it. If you know: `ixscript runs settle 1 CALL --done ID`, or --not-done.
        `ixscript resume 1` goes on with this run and makes nothing twice
        -- status 5
    "#]]);
    setting.expect(&["--format", "json", "eval", "try { import_profile(\"76686828-89727101\") } catch {}"], &expect![[r#"
        -- stderr
        {"kind":"not_recorded","code":null,"function":"import_profile","action":"profile-transfer-code-import","http_status":null,"time":null,"outcome":"done","attempts":1,"id":1642,"severity":"error","message":"`import_profile` created 1642, but that cannot be recorded: the journal's database fails (SQLite error 1811)","file":"<eval>","line":1,"position":7,"length":14,"frames":[],"notes":["it was done; only the journal does not know it, and counts it as in doubt"],"help":"Once the journal works again, record it: `ixscript runs settle 2 2 --done 1642`."}
        {"severity":"warning","message":"a write is in doubt: it may have been done","file":null,"line":null,"position":null,"length":null,"frames":[],"notes":[],"help":"Look in ixBrowser before you run this again."}
        -- status 5
    "#]]);
    rusqlite::Connection::open(&journal).unwrap().execute_batch("DROP TRIGGER t").unwrap();
    setting.expect(
        &["runs", "settle", "1", "1", "--done", "1641"],
        &expect![[r#"
        -- stderr
        call 1 of run 1: done
        -- status 0
    "#]],
    );
    setting.expect(
        &["resume", "1"],
        &expect![[r#"
            -- stderr
            run 1: 1 write done
              recipe.rhai; less than a minute ago; ended with exit code 5: a write is in doubt: it may have been done, even if the script caught the error
            -- status 0
        "#]],
    );
}

#[test]
fn a_run_in_doubt_is_shown_settled_by_looking_and_finished() {
    let setting = Setting::new(RECIPE);
    setting.expect(
        &["run", "recipe.rhai"],
        &expect![[r#"
            -- stderr
            error: `copy_profile`: the connection broke before the reply was complete
            warning: a write is in doubt: it may have been done
             = note: call 2: copy_profile {"name":"b","profile_id":1640}
             = help: Resuming looks what became of it. If you know: `ixscript runs settle 1 CALL --done ID`, or --not-done.
            `ixscript resume 1` goes on with this run and makes nothing twice
            -- status 5
        "#]],
    );
    setting.expect(
        &["runs", "list"],
        &expect![[r#"
        -- stdout
        run  began                    command  name         state                   writes  done  in_doubt
        --------------------------------------------------------------------------------------------------
        1    2023-11-14 22:13:20 UTC  run      recipe.rhai  ended with exit code 5  3       2     1
        -- status 0
    "#]],
    );
    setting.expect(
        &["runs", "show", "1"],
        &expect![[r#"
            -- stdout
            run 1: run recipe.rhai
            at URL, 2023-11-14 22:13:20 UTC
            ended with exit code 5; 2 writes done, 1 in doubt
            call  function      arguments                       outcome   made
            ------------------------------------------------------------------
            1     copy_profile  {"name":"a","profile_id":1640}  done      1641
            2     copy_profile  {"name":"b","profile_id":1640}  in doubt
            3     copy_profile  {"name":"c","profile_id":1640}  done      1643
            -- status 0
        "#]],
    );
    setting.expect(
        &["-v", "resume"],
        &expect![[r#"
            -- stderr
            run 1: 2 writes done, 1 in doubt
              recipe.rhai; less than a minute ago; ended with exit code 5: a write is in doubt: it may have been done, even if the script caught the error
            < copy_profile: done before
            < copy_profile: done before
            1 failure of the earlier session stays as it is: the script went on behind it. Only items of the last `parallel` are tried again; a new run starts over.
            > list_profiles {"page":1,"limit":100}
            < list_profiles: done
            > list_profiles {"page":1,"limit":100}
            < list_profiles: done
            1 write in doubt settled: 1 done
            < copy_profile: done before
            < copy_profile: done before
            `ixscript resume 1` goes on with this run and makes nothing twice
            -- status 1
        "#]],
    );
    setting.expect(
        &["resume"],
        &expect![[r#"
            -- stderr
            run 1: 3 writes done
              recipe.rhai; less than a minute ago; ended with exit code 1: the script failed, or called `fail`
            1 failure of the earlier session stays as it is: the script went on behind it. Only items of the last `parallel` are tried again; a new run starts over.
            `ixscript resume 1` goes on with this run and makes nothing twice
            -- status 1
        "#]],
    );
    setting.expect(
        &["resume", "1"],
        &expect![[r#"
            -- stderr
            run 1: 3 writes done
              recipe.rhai; less than a minute ago; ended with exit code 1: the script failed, or called `fail`
            1 failure of the earlier session stays as it is: the script went on behind it. Only items of the last `parallel` are tried again; a new run starts over.
            `ixscript resume 1` goes on with this run and makes nothing twice
            -- status 1
        "#]],
    );
    setting.expect(
        &["runs", "created", "1"],
        &expect![[r#"
        -- stdout
        1641
        1642
        1643
        -- status 0
    "#]],
    );
    setting.expect(
        &["--format", "csv", "runs", "created", "1"],
        &expect![[r#"
        -- stdout
        profile_id,action
        1641,profile-copy
        1642,profile-copy
        1643,profile-copy
        -- status 0
    "#]],
    );
    setting.expect(
        &["runs", "forget", "1"],
        &expect![[r#"
            -- stderr
            error: run 1 is not finished: 3 writes done
             = help: If it shall never be resumed, forget it with --unfinished.
            -- status 2
        "#]],
    );
    setting.expect(
        &["runs", "show", "1"],
        &expect![[r#"
            -- stdout
            run 1: run recipe.rhai
            at URL, 2023-11-14 22:13:20 UTC
            ended with exit code 1; 3 writes done
            call  function      arguments                       outcome  made
            -----------------------------------------------------------------
            1     copy_profile  {"name":"a","profile_id":1640}  done     1641
            2     copy_profile  {"name":"b","profile_id":1640}  done     1642
            3     copy_profile  {"name":"c","profile_id":1640}  done     1643
            -- status 0
        "#]],
    );
}

/// Unnamed copies are not settled by looking: nothing tells them from each other.
const UNNAMED: &str = "for n in 1..=2 { try { copy_profile(1640) } catch (e) { fail(e.message) } }";

#[test]
fn a_person_settles_what_nothing_proves() {
    let setting = Setting::new(UNNAMED);
    setting.expect(
        &["run", "recipe.rhai"],
        &expect![[r#"
            -- stderr
            error: `copy_profile`: the connection broke before the reply was complete
            warning: a write is in doubt: it may have been done
             = note: call 2: copy_profile {"profile_id":1640}
             = help: Resuming looks what became of it. If you know: `ixscript runs settle 1 CALL --done ID`, or --not-done.
            `ixscript resume 1` goes on with this run and makes nothing twice
            -- status 5
        "#]],
    );
    setting.expect(
        &["resume"],
        &expect![[r#"
            -- stderr
            run 1: 1 write done, 1 in doubt
              recipe.rhai; less than a minute ago; ended with exit code 5: a write is in doubt: it may have been done, even if the script caught the error
            error: `copy_profile` is in doubt: an equal call earlier in this run may have been done
            warning: a write is in doubt: it may have been done
             = note: call 2: copy_profile {"profile_id":1640}
             = help: Resuming looks what became of it. If you know: `ixscript runs settle 1 CALL --done ID`, or --not-done.
            `ixscript resume 1` goes on with this run and makes nothing twice
            -- status 5
        "#]],
    );
    setting.expect(
        &["runs", "settle", "1", "2", "--done", "many"],
        &expect![[r#"
        -- stderr
        error: --done: `many` is no id
         = help: Give the id of what `copy_profile` made, as in --done 1942.
        -- status 2
    "#]],
    );
    setting.expect(
        &["runs", "settle", "1", "9", "--not-done"],
        &expect![[r#"
        -- stderr
        error: run 1 has no call 9
         = help: `ixscript runs show RUN` shows its calls.
        -- status 2
    "#]],
    );
    setting.expect(
        &["runs", "settle", "1", "2", "--done", "1642"],
        &expect![[r#"
        -- stderr
        call 2 of run 1: done
        -- status 0
    "#]],
    );
    setting.expect(
        &["runs", "settle", "1", "1", "--not-done"],
        &expect![[r#"
        -- stderr
        error: call 1 of run 1 is not in doubt: done
        -- status 2
    "#]],
    );
    setting.expect(
        &["resume"],
        &expect![[r#"
            -- stderr
            run 1: 2 writes done
              recipe.rhai; less than a minute ago; ended with exit code 5: a write is in doubt: it may have been done, even if the script caught the error
            -- status 0
        "#]],
    );
    assert_eq!(setting.simulator.world(|world| world.profile_ids().len()), PROFILES + 2);
}

#[test]
fn what_cannot_be_resumed_says_why() {
    let setting = Setting::new("copy_profile(1640); copy_profile(404)");
    setting.expect(
        &["resume"],
        &expect![[r#"
        -- stderr
        no run is unfinished: nothing is left to do
        -- status 0
    "#]],
    );
    setting.expect(
        &["runs", "show", "1"],
        &expect![[r#"
        -- stderr
        error: no run was recorded yet
        -- status 2
    "#]],
    );
    setting.expect(
        &["eval", "copy_profile(1640); copy_profile(404)"],
        &expect![[r#"
        -- stderr
        error: `copy_profile`: the connection broke before the reply was complete
         --> <eval>:1:21
          |
        1 | copy_profile(1640); copy_profile(404)
          |                     ^^^^^^^^^^^^
          |
          = note: whether it was done is not known; look in ixBrowser before you do it again
        warning: a write is in doubt: it may have been done
         = help: Look in ixBrowser before you run this again.
        -- status 5
    "#]],
    );
    setting.expect(
        &["resume"],
        &expect![[r#"
            -- stderr
            error: no run is unfinished, but writes of earlier runs are in doubt
             = note: run 1: eval <eval>, 1 write done, 1 in doubt
             = help: `ixscript runs show RUN` names them. Look in ixBrowser, and settle them with `ixscript runs settle`.
            -- status 5
        "#]],
    );
    setting.expect(
        &["resume", "1"],
        &expect![[r#"
        -- stderr
        error: run 1 cannot be resumed: it was no recipe in a file
         = help: `ixscript runs show 1` tells what it did.
        -- status 2
    "#]],
    );
    setting.expect(
        &["resume", "7"],
        &expect![[r#"
        -- stderr
        error: there is no run 7
         = help: `ixscript runs list` shows them.
        -- status 2
    "#]],
    );
    setting.expect(
        &["-n", "resume"],
        &expect![[r#"
        -- stderr
        error: a run goes on where it was: with the app, and for real
         = help: Leave -n and --sim out; `ixscript runs show` tells what was done.
        -- status 2
    "#]],
    );
    setting.expect(
        &["runs", "forget", "1", "7"],
        &expect![[r#"
        -- stderr
        run 1 is forgotten
        error: there is no run 7
         = help: `ixscript runs list` shows them.
        -- status 2
    "#]],
    );
    setting.expect(
        &["run", "recipe.rhai"],
        &expect![[r#"
        -- stderr
        error: `copy_profile`: Profile does not exist (code 2007)
         --> recipe.rhai:1:21
          |
        1 | copy_profile(1640); copy_profile(404)
          |                     ^^^^^^^^^^^^
          |
          = note: nothing was done
          = help: There is no profile with this number; `list_profiles()` shows those that exist.
        `ixscript resume 2` goes on with this run and makes nothing twice
        -- status 1
    "#]],
    );
    setting.expect(
        &["runs", "forget", "2"],
        &expect![[r#"
        -- stderr
        error: run 2 is not finished: 1 write done
         = help: If it shall never be resumed, forget it with --unfinished.
        -- status 2
    "#]],
    );
    let state = setting.folder.display().to_string();
    let elsewhere =
        ixscript(["--url", "http://127.0.0.1:1/api/v2/", "resume"]).var("IXSCRIPT_STATE", &state).output();
    let elsewhere = elsewhere.to_string().replace(&format!("{}/api/v2/", setting.simulator.url()), "URL");
    expect![[r#"
        -- stderr
        error: run 2 was made at URL, and this is http://127.0.0.1:1/api/v2/
         = help: Resume it there: ixscript --url URL resume 2
        -- status 2
    "#]]
    .assert_eq(&elsewhere);
    setting.expect(
        &["--no-journal", "resume"],
        &expect![[r#"
        -- stderr
        error: there is no journal
         = help: Name one with --journal FILE, or leave --no-journal out.
        -- status 2
    "#]],
    );
}

#[test]
fn a_journal_that_cannot_be_trusted_stops_the_run_before_anything_is_sent() {
    let setting = Setting::new("copy_profile(1640)");
    setting.expect(
        &["run", "recipe.rhai"],
        &expect![[r#"
        -- status 0
    "#]],
    );
    let key = setting.folder.join("journal.db.key");
    std::fs::remove_file(&key).unwrap();
    setting.expect(&["run", "recipe.rhai"], &expect![[r#"
        -- stderr
        error: `copy_profile` cannot be recorded: the journal's key FOLDER/journal.db.key is gone
         --> recipe.rhai:1:1
          |
        1 | copy_profile(1640)
          | ^^^^^^^^^^^^
          |
          = note: nothing was sent
          = help: Put the key back where it was. Without it nobody can tell which calls were made; to begin anew, move the journal away.
        -- status 2
    "#]]);
    setting.expect(&["resume"], &expect![[r#"
        -- stderr
        error: the journal's key FOLDER/journal.db.key is gone
         = help: Put the key back where it was. Without it nobody can tell which calls were made; to begin anew, move the journal away.
        -- status 2
    "#]]);
    std::fs::write(setting.folder.join("notes.db"), "these are my notes").unwrap();
    setting.expect(
        &["--journal", "notes.db", "call", "copy_profile", "profile_id=1640"],
        &expect![[r#"
            -- stderr
            error: `copy_profile` cannot be recorded: the file is not a journal of ixscript
             = note: nothing was sent
             = help: Use another journal with --journal FILE, or restore it from a backup.
            -- status 2
        "#]],
    );
    setting.expect(
        &["--no-journal", "call", "copy_profile", "profile_id=1640"],
        &expect![[r#"
            -- stderr
            error: `copy_profile`: the connection broke before the reply was complete
             = note: whether it was done is not known; look in ixBrowser before you do it again
            -- status 5
        "#]],
    );
    assert_eq!(setting.simulator.world(|world| world.profile_ids().len()), PROFILES + 2);
}

#[test]
fn a_run_that_writes_nothing_leaves_nothing_behind() {
    let setting = Setting::new("print(list_groups().len() + now() * 0)");
    setting.expect(
        &["run", "recipe.rhai"],
        &expect![[r#"
        -- stdout
        3
        -- status 0
    "#]],
    );
    assert!(!setting.folder.join("journal.db").exists());
}

#[test]
fn a_run_on_the_simulator_is_never_taken_for_one_of_the_app() {
    let setting = Setting::new("copy_profile(1640); fail(\"go on\")");
    let journal = setting.folder.join("sim.db").display().to_string();
    let output = setting.simulated(&["--journal", &journal, "--sim", "run", "recipe.rhai"]);
    assert_eq!((output.status, output.stderr.as_str()), (1, "error: go on\n"));
    let shown = setting.run(&["--journal", &journal, "--format", "json", "runs", "show", "1"]).output();
    let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    assert!(!shown["url"].as_str().unwrap().contains(setting.simulator.url()), "{shown}");
    assert_ne!(shown["url"], "http://127.0.0.1:53200/api/v2/");
    let resumed = setting.simulated(&["--journal", &journal, "resume", "1"]);
    assert_eq!(resumed.status, 2, "{resumed}");
    // A journal that stands in the configuration is for the app.
    let quiet = setting.run(&["--sim", "run", "recipe.rhai"]).var("IXSCRIPT_JOURNAL", "config.db").output();
    assert_eq!(quiet.status, 1, "{quiet}");
    assert!(!setting.folder.join("config.db").exists());
}

const GROUPS: &str = "//! [params.password]\n//! type = \"string\"\n//! secret = true\n
for name in [\"a\", \"b\", \"c\", \"d\", \"e\"] { create_group(name, 1) }
print(\"all\")";

#[test]
fn a_resumed_run_keeps_its_limits_and_says_so() {
    let setting = Setting::new(GROUPS);
    let words = ["--max-writes", "2", "--rate", "1000/s", "--deny", "move_profiles", "run", "recipe.rhai"];
    let output = setting.run(&[&words[..], &["--password", "hunter2"]].concat()).output();
    assert_eq!(output.status, 6, "{output}");
    // Whoever names no run may not know that it was stopped by a limit.
    setting.expect(&["resume"], &expect![[r#"
        -- stderr
        run 1: 2 writes done
          recipe.rhai (password = ***); less than a minute ago; ended with exit code 6: stopped by a quota, a lost session, or a limit that was set for the run
          --max-writes 2 --rate 1000/s --deny move_profiles, as when it began
        error: nobody is here to answer: resume run 1?
         = note: nothing was done
         = help: Name the run: ixscript resume 1, or pass --yes before the command.
        -- status 2
    "#]]);
    // What was answered from the journal does not count.
    setting.expect(&["--yes", "resume"], &expect![[r#"
        -- stderr
        run 1: 2 writes done
          recipe.rhai (password = ***); less than a minute ago; ended with exit code 6: stopped by a quota, a lost session, or a limit that was set for the run
          --max-writes 2 --rate 1000/s --deny move_profiles, as when it began
        error: `create_group` was not sent: the run has reached its limit of 2 writes
         --> recipe.rhai:5:41
          |
        5 | for name in ["a", "b", "c", "d", "e"] { create_group(name, 1) }
          |                                         ^^^^^^^^^^^^
          |
          = note: nothing was sent
          = help: Run it again with a higher --max-writes, or without one.
        2 writes in ...
        `ixscript resume 1` goes on with this run and makes nothing twice
        -- status 6
    "#]]);
    setting.expect(&["--max-writes", "20", "--jobs", "2", "resume", "1"], &expect![[r#"
        -- stdout
        all
        -- stderr
        run 1: 4 writes done
          recipe.rhai (password = ***); less than a minute ago; ended with exit code 6: stopped by a quota, a lost session, or a limit that was set for the run
          --rate 1000/s --deny move_profiles, as when it began
          --max-writes 20 instead of 2
          --jobs 2 instead of 4
        -- status 0
    "#]]);
}

#[test]
fn what_was_denied_stays_denied_and_what_was_allowed_stays_allowed() {
    let recipe = "let id = create_group(\"a\", 1);
        delete_group(169);
        create_group(\"b\", 1)";
    for (flags, status) in [(["--allow", "delete_group"], 0), (["--deny", "delete_group"], 1)] {
        let setting = Setting::new(recipe);
        let words = [&["--max-writes", "1"], &flags[..], &["run", "recipe.rhai"]].concat();
        let output = setting.run(&words).output();
        assert_eq!(output.status, if status == 0 { 6 } else { 1 }, "{output}");
        let output = setting.run(&["--max-writes", "9", "--allow", "destructive", "resume", "1"]).output();
        assert_eq!(output.status, status, "{output}");
        assert_eq!(output.stderr.contains("was denied for this run"), status == 1, "{output}");
        let output = setting.run(&["--max-writes", "9", "resume", "1"]).output();
        assert_eq!(output.status, status, "{output}");
    }
}

#[test]
fn a_resume_that_stops_early_keeps_the_table_of_before() {
    let recipe = |rest: &str| format!("copy_profile(1640, #{{ name: \"a\" }}); {rest}");
    let setting = Setting::new(&recipe("for n in 0..3 { emit(#{ n: n }); } fail(\"not yet\");"));
    let table = setting.folder.join("out.csv");
    let read = || std::fs::read_to_string(&table).unwrap();
    assert_eq!(setting.run(&["--output", "out.csv", "run", "recipe.rhai"]).output().status, 1);
    assert_eq!(read(), "n\n0\n1\n2\n");

    std::fs::write(setting.folder.join("recipe.rhai"), recipe("emit(#{ n: 9 }); throw \"broken\";")).unwrap();
    let output = setting.run(&["resume"]).output();
    assert_eq!(output.status, 1, "{output}");
    let kept = "--output: the table of before stays, with 3 rows: this session came to 1 row\n";
    assert!(output.stderr.contains(kept), "{output}");
    assert_eq!(read(), "n\n0\n1\n2\n");

    std::fs::write(setting.folder.join("recipe.rhai"), recipe("emit(#{ n: 9 });")).unwrap();
    let output = setting.run(&["resume"]).output();
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(read(), "n\n9\n");
}

#[test]
fn a_dry_run_writes_no_table_and_says_so() {
    let setting = Setting::new("let id = copy_profile(1640); emit(#{ id: id }); copy_profiles([1640]);");
    for name in ["out.csv", "out.json"] {
        let output = setting.run(&["-n", "--output", name, "run", "recipe.rhai"]).output();
        assert!(output.stderr.contains("--output: a dry run writes no table\n"), "{output}");
        assert!(!setting.folder.join(name).exists());
    }
}

#[test]
fn an_old_run_is_resumed_only_when_it_is_meant() {
    let setting = Setting::new(RECIPE);
    assert_eq!(setting.run(&["run", "recipe.rhai"]).output().status, 5);
    let journal = rusqlite::Connection::open(setting.folder.join("journal.db")).unwrap();
    let day = 24 * 3600 * 1000;
    journal.execute("UPDATE runs SET began = began - ?1, ended = ended - ?1", [3 * day]).unwrap();
    setting.expect(&["resume"], &expect![[r#"
        -- stderr
        run 1: 2 writes done, 1 in doubt
          recipe.rhai; 3 days ago; ended with exit code 5: a write is in doubt: it may have been done, even if the script caught the error
        error: nobody is here to answer: resume run 1?
         = note: nothing was done
         = help: Name the run: ixscript resume 1, or pass --yes before the command.
        -- status 2
    "#]]);
    let asked = setting.run(&["resume"]).typed("n\n").output();
    assert_eq!(asked.status, 2, "{asked}");
    assert!(asked.stderr.contains("resume run 1? [y/N]"), "{asked}");
    let named = setting.run(&["resume", "1"]).output();
    assert!(named.stderr.contains("3 days ago; ended with exit code 5"), "{named}");
    assert_ne!(named.status, 2, "{named}");
}

#[test]
fn a_run_that_is_stopped_before_its_first_row_leaves_no_table_in_the_way() {
    let setting = Setting::new("let id = create_group(\"a\", 1); create_group(\"b\", 1); emit(#{ id: id });");
    let words = ["--output", "made.csv", "--max-writes", "1", "run", "recipe.rhai"];
    assert_eq!(setting.run(&words).output().status, 6);
    assert!(!setting.folder.join("made.csv").exists());
    assert_eq!(setting.run(&["--max-writes", "9", "resume", "1"]).output().status, 0);
    assert_eq!(std::fs::read_to_string(setting.folder.join("made.csv")).unwrap().lines().count(), 2);
}

#[test]
fn a_table_that_cannot_be_made_is_told_before_the_first_write() {
    let setting = Setting::new("emit(#{ id: copy_profile(1640) });");
    let name = format!("{}.csv", "x".repeat(300));
    let output = setting.run(&["--output", &name, "run", "recipe.rhai"]).output();
    assert_eq!(output.status, 2, "{output}");
    assert!(output.stderr.contains(" cannot be made: "), "{output}");
    assert_eq!(setting.run(&["eval", "list_profiles().len()"]).output().stdout, "9\n");
}
