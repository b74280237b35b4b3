//! Tests of recipes that cannot be run, and the examples of the documentation.

use crate::support::ixscript;
use crate::testing::{folder, test};
use expect_test::expect;

#[test]
fn what_is_no_test_is_said() {
    let folder = folder(&[
        ("a.test.rhai", "let = 1;"),
        ("b.test.rhai", "//! [sim]\n//! options = \"own-cods\"\nassert(true);"),
        ("c.test.rhai", "//! [sim]\n//! faults = [\"drop-after\", \"drop-aftr\"]\nassert(true);"),
        ("d.test.rhai", "//! needs = []\nassert(true);"),
        ("e.test.rhai", "fn test_x(a) { assert(a); }\nfn test_y() { asert(true); }"),
        ("f.test.rhai", "assert(list_profiles().len() == 9);\nassert_eq(1, 2);"),
    ]);
    expect![[r#"
        -- stdout
        a.test.rhai
          FAIL  the whole file
        error: the name of a variable is missing
         --> a.test.rhai:1:5
          |
        1 | let = 1;
          |     ^

        b.test.rhai
          FAIL  the whole file
        error: options: `own-cods` is no option of the simulator, did you mean `own-codes`?
         --> b.test.rhai:2:15
          |
        2 | //! options = "own-cods"
          |               ^^^^^^^^^^
          |
          = help: Options are joined by commas, as in own-codes,profiles=50; `ixscript sim --help` lists them.

        c.test.rhai
          FAIL  the whole file
        error: faults: there is no fault `drop-aftr`, did you mean `drop-after`?
         --> c.test.rhai:2:29
          |
        2 | //! faults = ["drop-after", "drop-aftr"]
          |                             ^^^^^^^^^^^
          |
          = help: `ixscript sim --help` lists the kinds.

        d.test.rhai
          FAIL  the whole file
        error: `needs` is no key of the header
         --> d.test.rhai:1:5
          |
        1 | //! needs = []
          |     ^^^^^
          |
          = help: The keys here are `name`, `about` and `sim`.

        e.test.rhai
          FAIL  the whole file
        error: `test_x` has parameters, and a test is called without any
         --> e.test.rhai:1:14
          |
        1 | fn test_x(a) { assert(a); }
          |              ^
          |
          = help: Give the function another name if it is not a test of its own.
        error: there is no function `asert`, did you mean `assert`?
         --> e.test.rhai:2:15
          |
        2 | fn test_y() { asert(true); }
          |               ^^^^^
          |
          = help: Call it as `assert(condition)` or `assert(condition, message)`.

        f.test.rhai
          FAIL  the whole file
        error: the two values differ
         --> f.test.rhai:2:1
          |
        2 | assert_eq(1, 2);
          | ^^^^^^^^^
          |
          = note: left:  1
          = note: right: 2

        6 tests: 0 passed, 6 failed
        -- status 1
    "#]]
    .assert_eq(&test(folder.path(), &["."]).to_string());
    let told = |words: &[&str]| test(folder.path(), words).to_string();
    expect![[r#"
        -- stderr
        error: the name of a variable is missing
         --> a.test.rhai:1:5
          |
        1 | let = 1;
          |     ^
        error: options: `own-cods` is no option of the simulator, did you mean `own-codes`?
         --> b.test.rhai:2:15
          |
        2 | //! options = "own-cods"
          |               ^^^^^^^^^^
          |
          = help: Options are joined by commas, as in own-codes,profiles=50; `ixscript sim --help` lists them.
        error: faults: there is no fault `drop-aftr`, did you mean `drop-after`?
         --> c.test.rhai:2:29
          |
        2 | //! faults = ["drop-after", "drop-aftr"]
          |                             ^^^^^^^^^^^
          |
          = help: `ixscript sim --help` lists the kinds.
        error: `needs` is no key of the header
         --> d.test.rhai:1:5
          |
        1 | //! needs = []
          |     ^^^^^
          |
          = help: The keys here are `name`, `about` and `sim`.
        error: `test_x` has parameters, and a test is called without any
         --> e.test.rhai:1:14
          |
        1 | fn test_x(a) { assert(a); }
          |              ^
          |
          = help: Give the function another name if it is not a test of its own.
        error: there is no function `asert`, did you mean `assert`?
         --> e.test.rhai:2:15
          |
        2 | fn test_y() { asert(true); }
          |               ^^^^^
          |
          = help: Call it as `assert(condition)` or `assert(condition, message)`.
        ./f.test.rhai: ok
        -- status 2
    "#]]
    .assert_eq(&ixscript(["check", "."]).folder(folder.path()).output().to_string());
    expect![[r#"
        -- stderr
        error: nowhere.test.rhai cannot be read: there is no such file
        -- status 2
    "#]]
    .assert_eq(&told(&["nowhere.test.rhai"]));
    expect![[r#"
        -- stderr
        error: scripts/mine.rhai is no test: the names of tests end in .test.rhai
        -- status 2
    "#]]
    .assert_eq(&told(&["scripts/mine.rhai"]));
    expect![[r#"
        -- stderr
        error: there are no tests in scripts
         = help: A test is a file beside its recipe, named like it: copy.test.rhai.
        -- status 2
    "#]]
    .assert_eq(&told(&["scripts"]));
    expect![[r#"
        -- stderr
        error: no test has `copy` in its name
         = help: `ixscript test` without --filter shows the names.
        -- status 2
    "#]]
    .assert_eq(&told(&["f.test.rhai", "--filter", "copy"]));
    expect![[r#"
        -- stderr
        error: there are no tests in ./scripts or here
         = help: A test is a file beside its recipe, named like it: copy.test.rhai. `ixscript test --help` shows one.
        -- status 2
    "#]].assert_eq(&ixscript(["test"]).folder(&folder.path().join("scripts")).output().to_string());
    expect![[r#"
        -- stderr
        error: `assert_eq` is only in *.test.rhai
         --> <eval>:1:1
          |
        1 | assert_eq(1, 1)
          | ^^^^^^^^^
          |
          = help: Tests are files named *.test.rhai, and `ixscript test` runs them.
        -- status 2
    "#]]
    .assert_eq(&ixscript(["eval", "assert_eq(1, 1)"]).output().to_string());
}

#[test]
fn what_tests_nothing_fails_and_what_is_broken_is_never_left_out() {
    let folder = folder(&[
        ("empty.test.rhai", "fn tset_copy() { assert(true); }\nlet x = 1;"),
        ("none.test.rhai", "fn tset_copy() { print(1); }"),
        ("early.test.rhai", "fn test_early() { exit(0); assert(false); }\nfn test_late() { assert(true); }"),
    ]);
    expect![[r#"
        -- stdout
        early.test.rhai
          ok    test_late

        empty.test.rhai
          FAIL  the whole file
        error: there is no test in this file
         = help: Each function named test_... is one; or let the file itself assert something.

        none.test.rhai
          FAIL  the whole file
        error: there is no test in this file
         = help: Each function named test_... is one; or let the file itself assert something.

        3 tests: 1 passed, 2 failed
        -- status 1
    "#]]
    .assert_eq(&test(folder.path(), &["--filter", "late"]).to_string());
    expect![[r#"
        -- stdout
        early.test.rhai
          FAIL  test_early
        error: the test called `exit(0)` before its end
         = help: What stands behind it was not tested; a recipe's own exit code is that of `run_recipe`.
          ok    test_late

        2 tests: 1 passed, 1 failed
        -- status 1
    "#]]
    .assert_eq(&test(folder.path(), &["early.test.rhai"]).to_string());
}

/// The examples of the reference, of `test --help` and of the README.
#[test]
fn every_example_of_a_test_passes() {
    let root = crate::support::root();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap().replace("\r\n", "\n");
    let readme = readme.split("```rust\n").find(|block| block.contains("run_recipe")).unwrap();
    let help = ixscript(["test", "--help"]).output().stdout;
    let (_, help) = help.split_once("  //! [sim]").unwrap();
    let (help, _) = help.split_once("The exit code").unwrap();
    let entries = ixscript::script::reference::entries_with_tests();
    let examples =
        entries.iter().filter(|entry| entry.signatures[0].contains("assert") || entry.name == "run_recipe");
    let functions = examples.map(|entry| format!("fn test_{}() {{ {}; }}\n", entry.name, entry.example));
    let copy = std::fs::read_to_string(root.join("scripts/copy.rhai")).unwrap();
    let folder = folder(&[
        ("copy.rhai", &copy),
        ("a.test.rhai", readme.split("```").next().unwrap()),
        ("b.test.rhai", &format!("//! [sim]{help}")),
        ("c.test.rhai", &functions.collect::<String>()),
    ]);
    let output = test(folder.path(), &[]);
    assert!(output.stdout.ends_with("8 tests: 8 passed, 0 failed\n"), "{output}");
}
