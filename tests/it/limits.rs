//! The limits somebody sets for a run, and the questions they lead to.

use crate::support::{ixscript, simulator};
use expect_test::{Expect, expect};
use ixscript::sim::Config;
use std::time::Duration;

const MANY: &str =
    "let results = parallel([1, 2, 3, 4, 5, 6], |n| copy_profile(1640, #{ name: `shop-${n}` }));
print(results.len())";

/// Runs this on a simulator that counts as the real app, and tells also how many requests it got.
fn told(flags: &str, typed: Option<&str>, code: &str, expected: &Expect) {
    let simulator = simulator(Config::default());
    let words = ["--url", simulator.url()].into_iter().chain(flags.split_whitespace()).chain(["eval", code]);
    let run = ixscript(words);
    let output = match typed {
        Some(typed) => run.typed(typed).var("NO_COLOR", "1").output(),
        None => run.output(),
    };
    expected.assert_eq(&format!("{output}-- requests {}\n", simulator.counts().requests));
}

#[test]
fn the_first_writes_are_shown_and_the_rest_waits_for_a_yes() {
    told(
        "-j 1 --first 2",
        Some("what?\ny\n"),
        MANY,
        &expect![[r#"
            -- stdout
            6
            -- stderr
            2 writes made, none of them failed:
              copy_profile {"name":"shop-1","profile_id":1640}: done
              copy_profile {"name":"shop-2","profile_id":1640}: done
            go on? [y/N] please answer y or n
            go on? [y/N] 6 of 6 items done; 6 writes in ...
            -- status 0
            -- requests 6
        "#]],
    );
    told(
        "-j 1 --first 2",
        Some("n\n"),
        MANY,
        &expect![[r#"
            -- stderr
            2 writes made, none of them failed:
              copy_profile {"name":"shop-1","profile_id":1640}: done
              copy_profile {"name":"shop-2","profile_id":1640}: done
            go on? [y/N] error: `copy_profile` was not sent: the run ends after its first 2 writes
             --> <eval>:1:15
              |
            1 | let results = parallel([1, 2, 3, 4, 5, 6], |n| copy_profile(1640, #{ name: `shop-${n}` }))…
              |               ^^^^^^^^
              |
              = note: nothing was sent
              = help: With --yes it goes on after the writes of --first.
            2 of 6 items done, 1 cut short, 3 not started; 2 writes in ...
            What was done stays done; run again, the script begins at its top.
            -- status 6
            -- requests 2
        "#]],
    );
}

#[test]
fn where_nobody_can_answer_the_run_ends_after_its_first_writes() {
    told(
        "-j 1 --first 2",
        None,
        MANY,
        &expect![[r#"
            -- stderr
            2 writes made, none of them failed:
              copy_profile {"name":"shop-1","profile_id":1640}: done
              copy_profile {"name":"shop-2","profile_id":1640}: done
            error: `copy_profile` was not sent: the run ends after its first 2 writes
             --> <eval>:1:15
              |
            1 | let results = parallel([1, 2, 3, 4, 5, 6], |n| copy_profile(1640, #{ name: `shop-${n}` }))…
              |               ^^^^^^^^
              |
              = note: nothing was sent
              = help: With --yes it goes on after the writes of --first.
            2 of 6 items done, 1 cut short, 3 not started; 2 writes in ...
            What was done stays done; run again, the script begins at its top.
            -- status 6
            -- requests 2
        "#]],
    );
    told(
        "-j 1 --first 2 --yes",
        None,
        MANY,
        &expect![[r#"
            -- stdout
            6
            -- stderr
            2 writes made, none of them failed:
              copy_profile {"name":"shop-1","profile_id":1640}: done
              copy_profile {"name":"shop-2","profile_id":1640}: done
            6 of 6 items done; 6 writes in ...
            -- status 0
            -- requests 6
        "#]],
    );
}

#[test]
fn several_workers_make_no_more_than_the_first_writes() {
    let simulator = simulator(Config { latency: Duration::from_millis(20), ..Config::default() });
    let output = ixscript(["-j", "6", "--first", "2", "--url", simulator.url(), "eval", MANY]).output();
    assert_eq!((output.status, simulator.counts().requests), (6, 2), "{output}");
}

/// The list that is read before the first copy breaks off twice, so that two copies fail before they are sent.
#[test]
fn first_writes_that_fail_before_they_are_sent_do_not_hold_the_others_for_ever() {
    for jobs in ["1", "4"] {
        let faults = vec!["drop-before@list_profiles:first=2".parse().unwrap()];
        let simulator = simulator(Config { faults, ..Config::default() });
        let folder = crate::support::state_folder();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("recipe.rhai"), MANY).unwrap();
        let run = |answer: &[&str]| {
            let words = ["-j", jobs, "--retries", "0", "--first", "2", "--time-limit", "60s"];
            let words = [&["--url", simulator.url()], &words[..], answer, &["run", "recipe.rhai"]].concat();
            ixscript(words).folder(&folder).var("IXSCRIPT_RECIPES", &folder.display().to_string()).output()
        };
        let output = run(&[]);
        assert_eq!((output.status, simulator.counts().requests), (6, 2), "{output}");
        assert!(output.stderr.contains("2 writes made, 2 of them failed:"), "{output}");
        let output = run(&["--yes"]);
        assert_eq!((output.status, output.stdout.as_str()), (0, "6\n"), "{output}");
    }
}

#[test]
fn a_script_that_makes_no_more_than_the_first_writes_is_not_asked() {
    told(
        "--first 2",
        Some(""),
        "copy_profile(1640); copy_profile(1640)",
        &expect![[r#"
        -- stdout
        1642
        -- status 0
        -- requests 2
    "#]],
    );
}

#[test]
fn the_first_write_is_confirmed() {
    let code = "import_profile(\"76686828-89727101\"); import_profile(\"18895312-39361749\")";
    told(
        "--confirm",
        Some("y\n"),
        code,
        &expect![[r#"
            -- stderr
            the first write of this run:
              import_profile {"transfer_code":"***"}
            send it? [y/N] error: `import_profile`: The transfer code is wrong (code 110002)
             --> <eval>:1:24
              |
            1 | import_profile("***"); import_profile("***")
              |                        ^^^^^^^^^^^^^^
              |
              = note: nothing was done
              = help: The code is mistyped, withdrawn or used. Ask for a new one.
            -- status 1
            -- requests 2
        "#]],
    );
    told(
        "--confirm",
        Some("\n"),
        code,
        &expect![[r#"
            -- stderr
            the first write of this run:
              import_profile {"transfer_code":"***"}
            send it? [y/N] error: `import_profile` was not sent: nobody said yes
             --> <eval>:1:1
              |
            1 | import_profile("***"); import_profile("18895312-39361749")
              | ^^^^^^^^^^^^^^
              |
              = note: nothing was sent
            -- status 6
            -- requests 0
        "#]],
    );
    told(
        "--confirm",
        None,
        code,
        &expect![[r#"
        -- stderr
        error: nobody is here to answer: --confirm asks before the first write is sent
         = note: nothing was sent
         = help: Give the answer with --yes, or run this on a terminal.
        -- status 2
        -- requests 0
    "#]],
    );
    told(
        "--confirm -y",
        None,
        code,
        &expect![[r#"
        -- stderr
        the first write of this run:
          import_profile {"transfer_code":"***"}
        error: `import_profile`: The transfer code is wrong (code 110002)
         --> <eval>:1:24
          |
        1 | import_profile("***"); import_profile("***")
          |                        ^^^^^^^^^^^^^^
          |
          = note: nothing was done
          = help: The code is mistyped, withdrawn or used. Ask for a new one.
        -- status 1
        -- requests 2
    "#]],
    );
    told(
        "--confirm -n",
        None,
        code,
        &expect![[r#"
        -- stdout
        -2
        -- stderr
        2 writes planned, none was sent
          import_profile {"transfer_code":"***"} -> -1
          import_profile {"transfer_code":"***"} -> -2
        -- status 0
        -- requests 0
    "#]],
    );
}

#[test]
fn the_simulator_and_a_rehearsal_never_ask() {
    let output =
        ixscript(["--sim", "--confirm", "--first", "1", "eval", "copy_profile(1640); copy_profile(1640)"]);
    expect![[r#"
        -- stdout
        1642
        -- status 0
    "#]]
    .assert_eq(&output.output().to_string());
}

#[test]
fn a_run_whose_time_is_over_ends_and_finishes_its_writes() {
    told(
        "--time-limit 100ms",
        None,
        "try { sleep(600) } catch { } loop { }",
        &expect![[r#"
            -- stderr
            error: the time of the run is over: it was given 100 ms
             --> <eval>:1:7
              |
            1 | try { sleep(600) } catch { } loop { }
              |       ^^^^^
              |
              = help: That was the limit set with --time-limit.
            -- status 6
            -- requests 0
        "#]],
    );
    told(
        "--time-limit 100ms",
        None,
        "loop { }",
        &expect![[r#"
        -- stderr
        error: the time of the run is over: it was given 100 ms
         --> <eval>:1:6
          |
        1 | loop { }
          |      ^
          |
          = help: That was the limit set with --time-limit.
        -- status 6
        -- requests 0
    "#]],
    );
    let simulator = simulator(Config { latency: Duration::from_secs(1), ..Config::default() });
    let url = simulator.url();
    let output =
        ixscript(["--time-limit", "300ms", "--url", url, "eval", "copy_profile(1640); copy_profile(1640)"]);
    expect![[r#"
        -- stderr
        finishing 1 call in flight; press Ctrl-C again to stop at once
        error: the time of the run is over: it was given 300 ms
         --> <eval>:1:21
          |
        1 | copy_profile(1640); copy_profile(1640)
          |                     ^^^^^^^^^^^^
          |
          = help: That was the limit set with --time-limit.
        1 write in ...
        What was done stays done; run again, the script begins at its top.
        -- status 6
    "#]]
    .assert_eq(&output.output().to_string());
    assert_eq!(simulator.counts().requests, 1);
    let output = ixscript(["--time-limit", "300ms", "--url", url, "call", "list_groups"]).output();
    expect![[r#"
        -- stderr
        error: the time of the run is over: it was given 300 ms
         = help: That was the limit set with --time-limit.
        -- status 6
    "#]]
    .assert_eq(&output.to_string());
}

#[test]
fn limits_that_are_none_are_refused() {
    for flags in [&["--time-limit", "0s"][..], &["--time-limit", "soon"], &["--first", "0"]] {
        let output = ixscript(flags.iter().copied().chain(["--sim", "eval", "1"])).output();
        assert_eq!(output.status, 2, "{output}");
    }
}
