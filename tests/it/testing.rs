//! What `test` says of tests of recipes: whole outputs.

use crate::support::{Output, ixscript};
use expect_test::expect;
use std::path::Path;
use tempfile::TempDir;

const RECIPE: &str = r#"//! [params.profile_id]
//! type = "int"
//! required = true
//! [params.names]
//! type = "list"
let ids = [];
for name in param("names", ["a"]) {
    let id = copy_profile(param("profile_id"), #{ name: name });
    ids.push(id);
    emit(#{ id: id, name: name });
}
print(`${ids} ${args()}`);
log_info("done");
"#;

pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scripts")).unwrap();
    for (name, text) in files.iter().chain(&[("scripts/mine.rhai", RECIPE)]) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

pub(crate) fn test(folder: &Path, words: &[&str]) -> Output {
    ixscript(["test"].iter().chain(words)).folder(folder).output()
}

#[test]
fn every_function_has_a_simulator_of_its_own() {
    let folder = folder(&[(
        "scripts/mine.test.rhai",
        r##"//! about = "Tests mine."
//! [sim]
//! options = "profiles=2"
//! faults = ["drop-after@copy_profile:nth=2"]
const SOURCE = 1640;

fn test_it_prints_and_emits() {
    let run = run_recipe("mine", #{ profile_id: global::SOURCE });
    assert_eq(run, #{ exit: 0, stdout: "[1643] []\n", stderr: "done\n", output: [#{ id: 1643, name: "a" }] });
    assert_eq(list_profiles().len(), 12);
}

fn test_the_others_did_nothing_here() {
    assert_eq(list_profiles().len(), 11);
    assert_eq(1, 1.0);
    assert_ne("1", 1);
    let error = assert_throws(|| copy_profile(404), "refused");
    assert_eq(error.code, 2007);
}

fn test_the_second_copy_is_lost() {
    let run = run_recipe("mine.rhai", #{ profile_id: "1640", names: ["a", "b"] });
    assert_eq(run.exit, 5);
    assert(run.stderr.contains("the connection broke"), run.stderr);
}

fn test_options_are_those_of_the_command_line() {
    let run = run_recipe("mine", #{ profile_id: 1640 }, #{ dry_run: true, args: ["x", "--y"] });
    assert_eq(run.stdout, "[-1] [\"x\", \"--y\"]\n");
    assert_eq(run_recipe("mine", #{ profile_id: 1640, names: ["a", "b"] }, #{ max_writes: 1 }).exit, 6);
}
"##,
    )]);
    expect![[r#"
        -- stdout
        scripts/mine.test.rhai
          ok    test_it_prints_and_emits
          ok    test_the_others_did_nothing_here
          ok    test_the_second_copy_is_lost
          ok    test_options_are_those_of_the_command_line

        4 tests: 4 passed, 0 failed
        -- status 0
    "#]]
    .assert_eq(&test(folder.path(), &[]).to_string());
    expect![[r#"
        -- stdout
        TAP version 14
        ok 1 - scripts/mine.test.rhai: test_the_second_copy_is_lost
        1..1
        -- status 0
    "#]]
    .assert_eq(&test(folder.path(), &["scripts", "--filter", "lost", "--report", "tap"]).to_string());
    // It is no recipe, and it is checked as a test.
    expect![[r#"
        -- stderr
        scripts/mine.rhai: ok
          it calls copy_profile (write); this line at its top holds it to that:
          //! needs = ["copy_profile"]
        scripts/mine.test.rhai: ok
        -- status 0
    "#]]
    .assert_eq(&ixscript(["check", "scripts"]).folder(folder.path()).output().to_string());
    let listed = ixscript(["list"]).folder(folder.path()).output();
    assert!(!listed.stdout.contains(".test"), "{listed}");
    expect![[r#"
        -- stderr
        error: scripts/mine.test.rhai is a test
         = help: Run it with `ixscript test scripts/mine.test.rhai`.
        -- status 2
    "#]]
    .assert_eq(&ixscript(["run", "scripts/mine.test.rhai"]).folder(folder.path()).output().to_string());
}

const FAILING: &str = r##"import "lib" as lib;

fn test_values() {
    print("before <&>\x1b");
    lib::compare(#{ a: [1, "x"] }, #{ a: [1, "y"] });
}

fn test_texts() { assert_eq("a\nb\nc", "a\nX\nc"); }

fn test_message() { assert(1 > 2, "one is less"); }

fn test_no_message() { assert(false); }

fn test_equal() { assert_ne(1, 1); }

fn test_nothing_thrown() { assert_throws(|| 5); }

fn test_another_kind() { assert_throws(|| copy_profile(404), "timeout"); }

fn test_no_such_recipe() { run_recipe("mien"); }

fn test_elsewhere() { run_recipe("../mine"); }

fn test_option() { run_recipe("mine", #{}, #{ dryrun: true }); }

fn test_parameter() { run_recipe("mine", #{ profile_id: #{} }); }

fn test_no_data() { assert_eq(|| 1, 2); }

fn test_condition() { assert("yes"); }

fn test_fail() { fail("not this"); }

fn test_exit() { exit(3); }

fn test_api() { copy_profile(404); }

fn test_endless() { loop {} }

fn test_after_all() { assert_eq(run_recipe("mine", #{ profil_id: 1 }).exit, 2); }
"##;

#[test]
fn a_failure_says_where_and_with_which_values() {
    let folder = folder(&[
        ("scripts/mine.test.rhai", FAILING),
        ("scripts/lib.rhai", "fn compare(left, right) {\n    assert_eq(left, right);\n}\n"),
    ]);
    expect![[r#"
        -- stdout
        scripts/mine.test.rhai
          FAIL  test_values
        error: the two values differ
         --> ./lib.rhai:2:5
          |
        2 |     assert_eq(left, right);
          |     ^^^^^^^^^
          |
          = note: left:  #{"a": [1, "x"]}
          = note: right: #{"a": [1, "y"]}
          = in `compare`, called at scripts/mine.test.rhai:5:10
        output:
          before <&>\u{1b}
          FAIL  test_texts
        error: the two values differ
         --> scripts/mine.test.rhai:8:19
          |
        8 | fn test_texts() { assert_eq("a\nb\nc", "a\nX\nc"); }
          |                   ^^^^^^^^^
          |
          = note: left:  "a\nb\nc"
          = note: right: "a\nX\nc"
          = note: they differ from line 2: "b" and "X"
          FAIL  test_message
        error: one is less
          --> scripts/mine.test.rhai:10:21
           |
        10 | fn test_message() { assert(1 > 2, "one is less"); }
           |                     ^^^^^^
          FAIL  test_no_message
        error: the assertion does not hold
          --> scripts/mine.test.rhai:12:24
           |
        12 | fn test_no_message() { assert(false); }
           |                        ^^^^^^
          FAIL  test_equal
        error: the two values are equal
          --> scripts/mine.test.rhai:14:19
           |
        14 | fn test_equal() { assert_ne(1, 1); }
           |                   ^^^^^^^^^
           |
           = note: both:  1
          FAIL  test_nothing_thrown
        error: nothing was thrown
          --> scripts/mine.test.rhai:16:28
           |
        16 | fn test_nothing_thrown() { assert_throws(|| 5); }
           |                            ^^^^^^^^^^^^^
           |
           = note: it returned 5
          FAIL  test_another_kind
        error: an error of another kind was thrown
          --> scripts/mine.test.rhai:18:26
           |
        18 | fn test_another_kind() { assert_throws(|| copy_profile(404), "timeout"); }
           |                          ^^^^^^^^^^^^^
           |
           = note: expected kind `timeout`, found `refused`
           = note: it says "`copy_profile`: Profile does not exist (code 2007)"
          FAIL  test_no_such_recipe
        error: there is no recipe `mien` beside the test, did you mean `mine`?
          --> scripts/mine.test.rhai:20:28
           |
        20 | fn test_no_such_recipe() { run_recipe("mien"); }
           |                            ^^^^^^^^^^
          FAIL  test_elsewhere
        error: `../mine` is not in the test's folder
          --> scripts/mine.test.rhai:22:23
           |
        22 | fn test_elsewhere() { run_recipe("../mine"); }
           |                       ^^^^^^^^^^
          FAIL  test_option
        error: `dryrun` is no option of `run_recipe`, did you mean `dry_run`?
          --> scripts/mine.test.rhai:24:20
           |
        24 | fn test_option() { run_recipe("mine", #{}, #{ dryrun: true }); }
           |                    ^^^^^^^^^^
          FAIL  test_parameter
        error: the parameter `profile_id` must be text, a number, true, false or an array, not #{}
          --> scripts/mine.test.rhai:26:23
           |
        26 | fn test_parameter() { run_recipe("mine", #{ profile_id: #{} }); }
           |                       ^^^^^^^^^^
          FAIL  test_no_data
        error: `assert_eq` compares data, not a function
          --> scripts/mine.test.rhai:28:21
           |
        28 | fn test_no_data() { assert_eq(|| 1, 2); }
           |                     ^^^^^^^^^
          FAIL  test_condition
        error: `assert` takes true or false, not "yes"
          --> scripts/mine.test.rhai:30:23
           |
        30 | fn test_condition() { assert("yes"); }
           |                       ^^^^^^
          FAIL  test_fail
        error: the test called `fail`
         = note: what it said is in its output
        output:
          error: not this
          FAIL  test_exit
        error: the test called `exit(3)` before its end
         = help: What stands behind it was not tested; a recipe's own exit code is that of `run_recipe`.
          FAIL  test_api
        error: `copy_profile`: Profile does not exist (code 2007)
          --> scripts/mine.test.rhai:36:17
           |
        36 | fn test_api() { copy_profile(404); }
           |                 ^^^^^^^^^^^^
           |
           = note: nothing was done
           = help: There is no profile with this number; `list_profiles()` shows those that exist.
          FAIL  test_endless
        error: the script computed for 500 ms without calling the host
          --> scripts/mine.test.rhai:38:26
           |
        38 | fn test_endless() { loop {} }
           |                          ^
           |
           = help: Is there a loop that does not end? If not, raise the limit with --compute.
          ok    test_after_all

        18 tests: 1 passed, 17 failed
        -- status 1
    "#]]
    .assert_eq(&ixscript(["--compute", "500ms", "test"]).folder(folder.path()).output().to_string());
    expect![[r#"
        -- stdout
        TAP version 14
        not ok 1 - scripts/mine.test.rhai: test_values
          ---
          message: "the two values differ"
          file: "./lib.rhai"
          line: 2
          column: 5
          details: "error: the two values differ\n --> ./lib.rhai:2:5\n  |\n2 |     assert_eq(left, right);\n  |     ^^^^^^^^^\n  |\n  = note: left:  #{\"a\": [1, \"x\"]}\n  = note: right: #{\"a\": [1, \"y\"]}\n  = in `compare`, called at scripts/mine.test.rhai:5:10\n"
          output: "before <&>\u001b\n"
          ...
        1..1
        -- status 1
    "#]]
    .assert_eq(&test(folder.path(), &["--filter", "values", "--report", "tap"]).to_string());
    let junit = test(folder.path(), &["--filter", "values", "--report", "junit"]).to_string();
    // Times are chance.
    let parts: Vec<&str> = junit.split("time=\"").collect();
    let steady: Vec<&str> =
        parts.iter().map(|part| part.split_once('"').map_or(*part, |(_, rest)| rest)).collect();
    let steady = [parts[0], &steady[1..].join("time=...")].join("time=...");
    expect![[r#"
        -- stdout
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="1" failures="1" errors="0" time=...>
          <testsuite name="scripts/mine.test.rhai" tests="1" failures="1" errors="0" time=...>
            <testcase name="test_values" classname="scripts/mine.test.rhai" time=...>
              <failure message="the two values differ">error: the two values differ
         --&gt; ./lib.rhai:2:5
          |
        2 |     assert_eq(left, right);
          |     ^^^^^^^^^
          |
          = note: left:  #{&quot;a&quot;: [1, &quot;x&quot;]}
          = note: right: #{&quot;a&quot;: [1, &quot;y&quot;]}
          = in `compare`, called at scripts/mine.test.rhai:5:10
        </failure>
              <system-out>before &lt;&amp;&gt;\u{1b}
        </system-out>
            </testcase>
          </testsuite>
        </testsuites>
        -- status 1
    "#]]
    .assert_eq(&steady);
}

#[cfg(unix)]
#[test]
fn parameters_of_a_test_are_read_from_files_of_its_folder_only() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    std::fs::write(&secret, "hunter2").unwrap();
    let leak =
        "//! [params.x]\n//! secret = true\n//! [output]\n//! secrets = true\nemit(#{ x: param(\"x\") });";
    let tests = r#"
fn test_inside() { assert_eq(run_recipe("leak", #{ x: "@files/inside" }).output, [#{ x: "inside" }]); }
fn test_absolute() { refused("@SECRET"); }
fn test_parent() { refused("@../outside"); }
fn test_parent_inside() { refused("@files/../files/inside"); }
fn test_link() { refused("@files/link"); }
fn test_link_to_nothing() { refused("@files/dangling"); }
fn test_linked_folder() { refused("@linked/secret"); }
fn test_device() { refused("@/dev/null"); }
fn test_folder() { refused("@files"); }
fn refused(x) {
    let run = run_recipe("leak", #{ x: x });
    assert_eq(run.exit, 2);
    assert(run.stderr.contains("is not in the test's folder"), run.stderr);
    assert(!`${run}`.contains("hunter2"), "it was read");
}
fn test_missing() {
    let run = run_recipe("leak", #{ x: "@files/none" });
    assert(run.exit == 2 && run.stderr.contains("files/none cannot be read"), run.stderr);
}
"#;
    let tests = tests.replace("SECRET", &secret.display().to_string());
    let folder =
        folder(&[("scripts/leak.rhai", leak), ("scripts/leak.test.rhai", &tests), ("outside", "hunter2")]);
    let files = folder.path().join("scripts/files");
    std::fs::create_dir(&files).unwrap();
    std::fs::write(files.join("inside"), "inside\n").unwrap();
    std::os::unix::fs::symlink(&secret, files.join("link")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("none"), files.join("dangling")).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("scripts/linked")).unwrap();
    let output = test(folder.path(), &["scripts/leak.test.rhai"]);
    assert_eq!(output.status, 0, "{output}");
}
