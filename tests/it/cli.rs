//! What commands do when all is well, and what `check` finds: whole outputs.

use crate::support::{ixscript, without_folder};
use expect_test::{Expect, expect};

fn told(words: &[&str], expected: &Expect) {
    expected.assert_eq(&ixscript(words).output().to_string());
}

#[test]
fn eval_prints_its_value() {
    told(
        &["eval", "1 + 1"],
        &expect![[r#"
        -- stdout
        2
        -- status 0
    "#]],
    );
    told(
        &["eval", "()"],
        &expect![[r#"
        -- status 0
    "#]],
    );
    told(
        &["--format", "json", "eval", "#{ b: 1, a: [1.5, \"x\", ()] }"],
        &expect![[r#"
        -- stdout
        {
          "a": [
            1.5,
            "x",
            null
          ],
          "b": 1
        }
        -- status 0
    "#]],
    );
    told(
        &["--format", "csv", "eval", "[#{ a: 1, b: \"x,y\" }, #{ a: 2 }]"],
        &expect![[r#"
        -- stdout
        a,b
        1,"x,y"
        2,
        -- status 0
    "#]],
    );
    told(
        &["--format", "table", "eval", "[#{ a: 1, b: \"x\" }, #{ a: 2 }]"],
        &expect![[r#"
        -- stdout
        a  b
        ----
        1  x
        2
        -- status 0
    "#]],
    );
    told(
        &["--format", "jsonl", "eval", "[1, 2]"],
        &expect![[r#"
        -- stdout
        1
        2
        -- status 0
    "#]],
    );
}

#[test]
fn call_needs_no_quoting() {
    told(
        &["--sim", "call", "copy_profile", "profile_id=1640", "name=new name", "group_id=177"],
        &expect![[r#"
            -- stdout
            1641
            -- status 0
        "#]],
    );
    told(
        &["--sim", "call", "import_profile", "transfer_code=76686828-89727101"],
        &expect![[r#"
        -- stdout
        1641
        -- status 0
    "#]],
    );
    told(
        &["--sim", "call", "import_profile", "transfer_code=12345678-12345678"],
        &expect![[r#"
        -- stderr
        error: `import_profile`: The transfer code is wrong (code 110002)
         = note: nothing was done
         = help: The code is mistyped, withdrawn or used. Ask for a new one.
        -- status 1
    "#]],
    );
    told(
        &["--sim", "--format", "json", "call", "import_profile", "transfer_code=12345678-12345678"],
        &expect![[r#"
            -- stderr
            {"kind":"refused","code":110002,"function":"import_profile","action":"profile-transfer-code-import","http_status":404,"time":1700000000,"outcome":"refused","attempts":1,"severity":"error","message":"`import_profile`: The transfer code is wrong (code 110002)","file":null,"line":null,"position":null,"length":null,"frames":[],"notes":["nothing was done"],"help":"The code is mistyped, withdrawn or used. Ask for a new one."}
            -- status 1
        "#]],
    );
    told(
        &[
            "--sim",
            "call",
            "import_profile",
            "transfer_code=76686828-89727101",
            "proxy_config={\"proxy_mode\":2,\"proxy_type\":\"direct\"}",
        ],
        &expect![[r#"
            -- stdout
            1641
            -- status 0
        "#]],
    );
}

#[test]
fn check_finds_everything_at_once() {
    expect![[r#"
        -- stderr
        error: there is no function `copy_profle`, did you mean `copy_profile`?
         --> <stdin>:1:1
          |
        1 | copy_profle(1);
          | ^^^^^^^^^^^
          |
          = help: Call it as `copy_profile(profile_id)`, `copy_profile(profile_id, #{ site_id, site_url, name, group_id })` or `copy_profile(#{ profile_id, ... })`.
        error: `nam` is unknown, did you mean `name`?
         --> <stdin>:2:28
          |
        2 | let x = copy_profile(1, #{ nam: "a" });
          |                            ^^^
        error: `proxy_config.proxi_mode` is unknown, did you mean `proxy_mode`?
         --> <stdin>:3:43
          |
        3 | import_profile("***", #{ proxy_config: #{ proxi_mode: 2 } });
          |                                           ^^^^^^^^^^
        -- status 2
    "#]].assert_eq(&ixscript(["check", "-"]).stdin("copy_profle(1);\nlet x = copy_profile(1, #{ nam: \"a\" });\nimport_profile(\"1\", #{ proxy_config: #{ proxi_mode: 2 } });\n").output().to_string());
    assert_eq!(
        ixscript(["check", "scripts/"]).output().stderr.lines().filter(|line| line.ends_with(": ok")).count(),
        38
    );
    expect![[r#"
        -- stderr
        scripts/copy.rhai: ok
        error: nowhere.rhai cannot be read: there is no such file
        -- status 2
    "#]]
    .assert_eq(&ixscript(["check", "scripts/copy.rhai", "nowhere.rhai"]).output().to_string());
    expect![[r#"
        -- stderr
        error: `abuot` is no key of the header, did you mean `about`?
         --> <stdin>:2:5
          |
        2 | //! abuot = "y"
          |     ^^^^^
          |
          = help: The keys here are `name`, `about`, `version`, `needs`, `params`, `input`, `output` and `examples`.
        -- status 2
    "#]]
    .assert_eq(
        &ixscript(["check", "-"])
            .stdin("//! name = \"x\"\n//! abuot = \"y\"\nprint(1);\n")
            .output()
            .to_string(),
    );
}

#[test]
fn a_table_without_rows_is_made_only_where_all_went_well() {
    let folder = tempfile::tempdir().unwrap();
    let run = |code: &str| {
        let words = ["--sim", "--output", "made.csv", "eval", code];
        ixscript(words).folder(folder.path()).output().status
    };
    let is_there = || folder.path().join("made.csv").exists();
    assert_eq!((run("exit(2)"), is_there()), (2, false));
    assert_eq!((run("throw 1"), is_there()), (1, false));
    assert_eq!((run("1"), is_there()), (0, true));
}

#[test]
fn imports_are_checked_with_the_recipe() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lib")).unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
    write(
        "shop.rhai",
        "//! needs = [\"list_groups\", \"copy_profile\", \"open_profile\"]\nimport \"lib/names\" as names;\nimport \"lib/nams\" as other;\nlist_groups();\n",
    );
    write(
        "lib/names.rhai",
        "fn of(n) {\n    copy_profle(n);\n    copy_profile(n);\n    delete_profile(n)\n}\n",
    );
    let check = |flags: &[&str]| {
        ixscript(flags.iter().copied().chain(["check", "shop.rhai"])).folder(folder.path()).output()
    };
    expect![[r#"
        -- stderr
        error: there is no file `lib/nams.rhai` to import, did you mean `names`?
         --> shop.rhai:3:8
          |
        3 | import "lib/nams" as other;
          |        ^^^^^^^^^^
        error: there is no function `copy_profle`, did you mean `copy_profile`?
         --> lib/names.rhai:2:5
          |
        2 |     copy_profle(n);
          |     ^^^^^^^^^^^
          |
          = help: Call it as `copy_profile(profile_id)`, `copy_profile(profile_id, #{ site_id, site_url, name, group_id })` or `copy_profile(#{ profile_id, ... })`.
        error: the recipe calls `delete_profile`, which its header does not declare
         --> lib/names.rhai:4:5
          |
        4 |     delete_profile(n)
          |     ^^^^^^^^^^^^^^
          |
          = help: Add it to the header: needs = [..., "delete_profile"].
        -- status 2
    "#]]
    .assert_eq(&check(&[]).to_string());
    write("shop.rhai", "import \"lib/names\" as names;\nnames::of(1640);\n");
    write("lib/names.rhai", "fn of(n) { copy_profile(n) }\n");
    expect![[r#"
        -- stderr
        shop.rhai: ok
          it calls copy_profile (write); this line at its top holds it to that:
          //! needs = ["copy_profile"]
        -- status 0
    "#]]
    .assert_eq(&check(&[]).to_string());
    let output = check(&["--format", "json"]);
    let rows: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    expect![[r#"
        [
          {
            "file": "shop.rhai",
            "ok": true,
            "needs": [
              {
                "function": "copy_profile",
                "effect": "write"
              }
            ],
            "needs_from": "code",
            "problems": []
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&rows).unwrap());
    assert_eq!((output.stderr.as_str(), output.status), ("", 0));
}

#[test]
fn a_table_gives_rows() {
    let folder = tempfile::tempdir().unwrap();
    let table = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let run = |file: &str, code: &str| {
        let output = ixscript(["--sim", "--input", file, "eval", code]).output().to_string();
        without_folder(&output, folder.path())
    };
    let csv = table("profiles.csv", "name,profile_id\na,1640\nb,404\n");
    let print_rows =
        "print(rows().len()); for row in rows() { print(row.name); } print(rows().to_array()[1].profile_id)";
    expect![[r#"
        -- stdout
        2
        a
        b
        404
        -- status 0
    "#]]
    .assert_eq(&run(&csv, print_rows));
    expect![[r#"
        -- stdout
        [
          true,
          false
        ]
        -- stderr
        1 of 2 items done, 1 failed; 1 write in ...
        first failure: `copy_profile`: Profile does not exist (code 2007)
        -- status 3
    "#]]
    .assert_eq(&run(&csv, "copy_profiles(rows(), #{ group_id: 177 }).map(|result| result.ok)"));
    expect![[r#"
        -- stdout
        [
          "a",
          "b"
        ]
        -- stderr
        2 of 2 items done; 0 writes in ...
        -- status 0
    "#]]
    .assert_eq(&run(&csv, "parallel(rows(), |row| row.name).map(|result| result.value)"));
    expect![[r#"
        -- stderr
        error: --input: FOLDER/ragged.csv: line 2 has 1 cell, the header has 2
         = note: nothing was done
        -- status 2
    "#]]
    .assert_eq(&run(&table("ragged.csv", "a,b\n1\n"), "1"));
    expect![[r#"
        -- stderr
        error: --input: FOLDER/profiles.xlsx is no kind of table
         = help: Its name must end in .csv, .json or .jsonl.
        -- status 2
    "#]]
    .assert_eq(&run(&table("profiles.xlsx", ""), "1"));
    expect![[r#"
        -- stderr
        error: --input: nowhere.csv cannot be read: there is no such file
        -- status 2
    "#]]
    .assert_eq(&run("nowhere.csv", "1"));
    expect![[r#"
        -- stderr
        error: there is no table: give one with --input FILE before the recipe
         --> <eval>:1:1
          |
        1 | rows()
          | ^^^^
        -- status 1
    "#]]
    .assert_eq(&ixscript(["eval", "rows()"]).output().to_string());
    let recipe = "//! [input]\n//! columns = [\"code\"]\nprint(rows().len());";
    expect![[r#"
        -- stderr
        error: this recipe needs a table
         = help: Give one before the recipe, --input FILE. Its columns: code.
        -- status 2
    "#]]
    .assert_eq(&ixscript(["run", "-"]).stdin(recipe).output().to_string());
    let with_input = ixscript(["--input", &csv, "run", "-"]).stdin(recipe).output().to_string();
    expect![[r#"
        -- stderr
        error: --input: FOLDER/profiles.csv: there is no column `code`
         = note: nothing was done
        -- status 2
    "#]]
    .assert_eq(&without_folder(&with_input, folder.path()));
}

#[test]
fn a_script_from_standard_input_gets_its_own_words() {
    let output = ixscript(["run", "-", "--count", "5", "one", "--", "--two"])
        .stdin("print(param(\"count\")); print(args());")
        .output();
    expect![[r#"
        -- stdout
        5
        ["one", "--two"]
        -- status 0
    "#]]
    .assert_eq(&output.to_string());
}

#[test]
fn quiet_is_quiet_and_verbose_shows_calls() {
    told(
        &["-q", "eval", "log_info(\"x\"); log_warn(\"y\"); log_error(\"z\")"],
        &expect![[r#"
        -- stderr
        warning: y
        error: z
        -- status 0
    "#]],
    );
    told(
        &[
            "-v",
            "--sim",
            "call",
            "import_profile",
            "transfer_code=76686828-89727101",
            "proxy_config.proxy_mode=2",
            "proxy_config.proxy_type=direct",
            "proxy_config.proxy_password=hunter22",
        ],
        &expect![[r#"
            -- stdout
            1641
            -- stderr
            > import_profile {"transfer_code":"***","proxy_config":{"proxy_mode":2,"proxy_type":"direct","proxy_password":"***","enable_bypass":"0","bypass_list":""}}
            < import_profile: done
            -- status 0
        "#]],
    );
}
