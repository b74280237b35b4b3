//! Bulk work: what stands in the table of `--output` for each item, and tables that are read row by row.

use crate::support::ixscript;
use expect_test::{Expect, expect};

/// Runs code over a table, and shows what it said and wrote.
fn bulk(flags: &str, input: &str, output: &str, code: &str, expected: &Expect) {
    let folder = tempfile::tempdir().unwrap();
    let format = if input.starts_with('{') { "jsonl" } else { "csv" };
    let table = folder.path().join(format!("in.{format}"));
    std::fs::write(&table, input).unwrap();
    let written = folder.path().join(output);
    let files = ["--input", table.to_str().unwrap(), "--output", written.to_str().unwrap(), "eval", code];
    let told = ixscript(flags.split_whitespace().chain(files)).output().to_string();
    let rows = std::fs::read_to_string(&written).unwrap_or_else(|_| "(no table)\n".to_owned());
    expected.assert_eq(&format!("{told}-- {output}\n{rows}"));
}

const COPIES: &str = "profile_id,name\n1640,a\n404,b\n1640,c\n";

#[test]
fn every_copy_is_a_row_with_its_outcome_and_new_id() {
    bulk(
        "--sim -j 1",
        COPIES,
        "out.csv",
        "copy_profiles(rows(), #{ group_id: 177, collect: false })",
        &expect![[r#"
            -- stdout
            {
              "done": 2,
              "failed": 1,
              "in_doubt": 0,
              "not_started": 0
            }
            -- stderr
            2 of 3 items done, 1 failed; 2 writes in ...
            first failure: `copy_profile`: Profile does not exist (code 2007)
            -- status 3
            -- out.csv
            profile_id,name,outcome,new_profile_id,error
            1640,a,done,1641,
            404,b,failed,,`copy_profile`: Profile does not exist (code 2007)
            1640,c,done,1642,
        "#]],
    );
    bulk(
        "--sim -j 1",
        COPIES,
        "out.jsonl",
        "copy_profiles(rows()).map(|result| result.ok)",
        &expect![[r#"
            -- stdout
            [
              true,
              false,
              true
            ]
            -- stderr
            2 of 3 items done, 1 failed; 2 writes in ...
            first failure: `copy_profile`: Profile does not exist (code 2007)
            -- status 3
            -- out.jsonl
            {"profile_id":"1640","name":"a","outcome":"done","new_profile_id":1641,"error":null}
            {"profile_id":"404","name":"b","outcome":"failed","new_profile_id":null,"error":"`copy_profile`: Profile does not exist (code 2007)"}
            {"profile_id":"1640","name":"c","outcome":"done","new_profile_id":1642,"error":null}
        "#]],
    );
    bulk(
        "--sim -j 1",
        COPIES,
        "out.json",
        "copy_profiles([1640, #{ profile_id: 1640, name: \"a\" }]);",
        &expect![[r#"
            -- stdout
            [
              {
                "ok": true,
                "value": 1641
              },
              {
                "ok": true,
                "value": 1642
              }
            ]
            -- stderr
            2 of 2 items done; 2 writes in ...
            -- status 0
            -- out.json
            [
              {"profile_id":1640,"outcome":"done","new_profile_id":1641,"error":null},
              {"name":"a","profile_id":1640,"outcome":"done","new_profile_id":1642,"error":null}
            ]
        "#]],
    );
}

#[test]
fn what_is_in_doubt_or_was_not_begun_says_so() {
    bulk(
        "--sim=fault=drop-after@copy_profile:nth=2 -j 1",
        COPIES,
        "out.csv",
        "copy_profiles(rows(), #{ collect: false, stop_on_error: true })",
        &expect![[r#"
            -- stdout
            {
              "done": 1,
              "failed": 0,
              "in_doubt": 1,
              "not_started": 1
            }
            -- stderr
            1 of 3 items done, 1 failed, 1 not started; 1 write in ...
            first failure: `copy_profile`: the connection broke before the reply was complete
            warning: a write is in doubt: it may have been done
             = help: Look in ixBrowser before you run this again.
            -- status 5
            -- out.csv
            profile_id,name,outcome,new_profile_id,error
            1640,a,done,1641,
            404,b,in_doubt,,`copy_profile`: the connection broke before the reply was complete
            1640,c,not_started,,
        "#]],
    );
    bulk(
        "--sim=fault=1017@copy_profile:nth=2 -j 1",
        COPIES,
        "out.csv",
        "parallel(rows(), |row| copy_profile(row), #{ collect: false })",
        &expect![[r#"
            -- stderr
            error: `copy_profile`: The current plan's XXX daily createable profiles have been used up. The profile creation failed, please upgrade the plan or try again after 24 hours (code 1017)
             --> <eval>:1:1
              |
            1 | parallel(rows(), |row| copy_profile(row), #{ collect: false })
              | ^^^^^^^^
              |
              = note: nothing was done
              = help: Wait 24 hours or upgrade the plan, then run it again.
            1 of 3 items done, 1 failed, 1 not started; 1 write in ...
            first failure: `copy_profile`: The current plan's XXX daily createable profiles have been used up. The profile creation failed, please upgrade the plan or try again after 24 hours (code 1017)
            What was done stays done; run again, the script begins at its top.
            -- status 6
            -- out.csv
            profile_id,name,outcome,value,error
            1640,a,done,1641,
            404,b,failed,,"`copy_profile`: The current plan's XXX daily createable profiles have been used up. The profile creation failed, please upgrade the plan or try again after 24 hours (code 1017)"
            1640,c,not_started,,
        "#]],
    );
    bulk(
        "--sim --max-writes 1 -j 1",
        COPIES,
        "out.csv",
        "copy_profiles(rows())",
        &expect![[r#"
            -- stderr
            error: `copy_profile` was not sent: the run has reached its limit of 1 write
             --> <eval>:1:1
              |
            1 | copy_profiles(rows())
              | ^^^^^^^^^^^^^
              |
              = note: nothing was sent
              = help: Run it again with a higher --max-writes, or without one.
            1 of 3 items done, 1 cut short, 1 not started; 1 write in ...
            What was done stays done; run again, the script begins at its top.
            -- status 6
            -- out.csv
            profile_id,name,outcome,new_profile_id,error
            1640,a,done,1641,
            404,b,not_started,,`copy_profile` was not sent: the run has reached its limit of 1 write
            1640,c,not_started,,
        "#]],
    );
}

#[test]
fn secrets_of_items_are_masked_and_rows_numbered_instead() {
    let codes =
        "transfer_code,group_id\n00000000-00000000,177\n76686828-89727101,177\n18895312-39361749,177\n";
    bulk(
        "--sim -j 1",
        codes,
        "out.csv",
        "import_profiles(rows(), #{ collect: false })",
        &expect![[r#"
            -- stdout
            {
              "done": 1,
              "failed": 2,
              "in_doubt": 0,
              "not_started": 0
            }
            -- stderr
            1 of 3 items done, 2 failed; 1 write in ...
            first failure: `import_profile`: The transfer code is wrong (code 110002)
            -- status 3
            -- out.csv
            row,transfer_code,group_id,outcome,new_profile_id,error
            1,***,177,failed,,`import_profile`: The transfer code is wrong (code 110002)
            2,***,177,done,1641,
            3,***,177,failed,,`import_profile`: The transfer code is wrong (code 110002)
        "#]],
    );
    bulk(
        "--sim -j 1",
        codes,
        "out.csv",
        "parallel(rows(), |row| import_profile(row), #{ collect: false, stop_on_error: true })",
        &expect![[r#"
            -- stdout
            {
              "done": 0,
              "failed": 1,
              "in_doubt": 0,
              "not_started": 2
            }
            -- stderr
            0 of 3 items done, 1 failed, 2 not started; 0 writes in ...
            first failure: `import_profile`: The transfer code is wrong (code 110002) at <eval>:1:24
            -- status 3
            -- out.csv
            row,transfer_code,group_id,outcome,value,error
            1,***,177,failed,,`import_profile`: The transfer code is wrong (code 110002)
            2,***,177,not_started,,
            3,***,177,not_started,,
        "#]],
    );
    bulk(
        "--sim -j 1",
        codes,
        "out.jsonl",
        "import_profiles([\"76686828-89727101\", #{ transfer_code: \"18895312-39361749\", proxy_config: #{ \
         proxy_mode: \"custom\", proxy_type: \"http\", proxy_ip: \"10.0.0.1\", proxy_port: 80, proxy_password: \
         \"hunter22\" } }], #{ collect: false })",
        &expect![[r#"
            -- stdout
            {
              "done": 1,
              "failed": 1,
              "in_doubt": 0,
              "not_started": 0
            }
            -- stderr
            1 of 2 items done, 1 failed; 1 write in ...
            first failure: `import_profile`: The transfer code is wrong (code 110002)
            -- status 3
            -- out.jsonl
            {"row":1,"transfer_code":"***","outcome":"done","new_profile_id":1641,"error":null}
            {"row":2,"proxy_config":{"proxy_ip":"10.0.0.1","proxy_mode":"custom","proxy_password":"***","proxy_port":80,"proxy_type":"http"},"transfer_code":"***","outcome":"failed","new_profile_id":null,"error":"`import_profile`: The transfer code is wrong (code 110002)"}
        "#]],
    );
    // A code under a name that tells nothing is known as one once it was given to a call.
    bulk(
        "--sim -j 1",
        "what\n76686828-89727101\n",
        "out.csv",
        "parallel(rows(), |row| import_profile(row.what), #{ collect: false })",
        &expect![[r#"
            -- stdout
            {
              "done": 1,
              "failed": 0,
              "in_doubt": 0,
              "not_started": 0
            }
            -- stderr
            1 of 1 item done; 1 write in ...
            -- status 0
            -- out.csv
            what,outcome,value,error
            ***,done,1641,
        "#]],
    );
}

#[test]
fn returned_values_are_in_one_column() {
    let numbers = "n\n0\n1\n2\n";
    bulk(
        "-j 1",
        numbers,
        "out.csv",
        "parallel(rows(), |row| #{ half: 10 / parse_int(row.n), text: `no. ${row.n}` }, #{ collect: false })",
        &expect![[r#"
            -- stdout
            {
              "done": 2,
              "failed": 1,
              "in_doubt": 0,
              "not_started": 0
            }
            -- stderr
            2 of 3 items done, 1 failed; 0 writes in ...
            first failure: division by zero: 10 / 0 at <eval>:1:36
            -- status 3
            -- out.csv
            n,outcome,value,error
            0,failed,,division by zero: 10 / 0
            1,done,"{""half"":10,""text"":""no. 1""}",
            2,done,"{""half"":5,""text"":""no. 2""}",
        "#]],
    );
    bulk(
        "-j 1",
        numbers,
        "out.csv",
        "parallel(rows(), |row| 10 / parse_int(row.n), #{ output: true }).len()",
        &expect![[r#"
            -- stdout
            3
            -- stderr
            2 of 3 items done, 1 failed; 0 writes in ...
            first failure: division by zero: 10 / 0 at <eval>:1:27
            -- status 3
            -- out.csv
            n,outcome,value,error
            0,failed,,division by zero: 10 / 0
            1,done,10,
            2,done,5,
        "#]],
    );
    bulk(
        "-j 1",
        numbers,
        "out.csv",
        "parallel(rows(), |row| throw #{ why: row.n }, #{ collect: false })",
        &expect![[r##"
            -- stdout
            {
              "done": 0,
              "failed": 3,
              "in_doubt": 0,
              "not_started": 0
            }
            -- stderr
            0 of 3 items done, 3 failed; 0 writes in ...
            first failure: #{"why": "0"}
            -- status 3
            -- out.csv
            n,outcome,value,error
            0,failed,,"#{""why"": ""0""}"
            1,failed,,"#{""why"": ""1""}"
            2,failed,,"#{""why"": ""2""}"
        "##]],
    );
    bulk(
        "-j 1",
        "{\"a\":1}\n{\"b\":[2]}\n",
        "out.csv",
        "parallel(rows(), |row| (), #{ collect: false })",
        &expect![[r#"
            -- stdout
            {
              "done": 2,
              "failed": 0,
              "in_doubt": 0,
              "not_started": 0
            }
            -- stderr
            2 of 2 items done; 0 writes in ...
            -- status 0
            -- out.csv
            a,b,outcome,value,error
            1,,done,,
            ,[2],done,,
        "#]],
    );
    bulk(
        "-j 1",
        numbers,
        "out.csv",
        "parallel([\"x\", #{ n: 5 }], |item| [1, 2], #{ collect: false })",
        &expect![[r#"
            -- stdout
            {
              "done": 2,
              "failed": 0,
              "in_doubt": 0,
              "not_started": 0
            }
            -- stderr
            2 of 2 items done; 0 writes in ...
            -- status 0
            -- out.csv
            item,n,outcome,value,error
            x,,done,"[1,2]",
            ,5,done,"[1,2]",
        "#]],
    );
}

#[test]
fn a_script_writes_its_own_rows_where_it_wants_to() {
    let own = "for result in copy_profiles(rows(), #{ output: false }) { emit(#{ ok: result.ok }); }";
    bulk(
        "--sim",
        COPIES,
        "out.csv",
        own,
        &expect![[r#"
            -- stderr
            2 of 3 items done, 1 failed; 2 writes in ...
            first failure: `copy_profile`: Profile does not exist (code 2007)
            -- status 3
            -- out.csv
            ok
            true
            false
            true
        "#]],
    );
    // Both in one table of columns do not fit: that is said before the first copy.
    bulk(
        "-v --sim",
        COPIES,
        "out.csv",
        "emit(#{ title: \"mine\" }); copy_profiles(rows())",
        &expect![[r#"
            -- stderr
            error: `profile_id` is no column of the output table, which has `title`; in a .jsonl file rows may differ; with `output: false` `copy_profiles` writes no rows
             --> <eval>:1:27
              |
            1 | emit(#{ title: "mine" }); copy_profiles(rows())
              |                           ^^^^^^^^^^^^^
            -- status 1
            -- out.csv
            title
            mine
        "#]],
    );
    bulk(
        "--sim -j 1",
        COPIES,
        "out.csv",
        "emit(#{ title: \"mine\" }); parallel(rows(), |row| copy_profile(row), #{ output: true })",
        &expect![[r#"
            -- stderr
            error: `profile_id` is no column of the output table, which has `title`; in a .jsonl file rows may differ; with `output: false` `parallel` writes no rows
             --> <eval>:1:27
              |
            1 | emit(#{ title: "mine" }); parallel(rows(), |row| copy_profile(row), #{ output: true })
              |                           ^^^^^^^^
            -- status 1
            -- out.csv
            title
            mine
        "#]],
    );
    bulk(
        "--sim -j 1",
        "profile_id\n",
        "out.csv",
        "copy_profiles(rows(), #{ collect: false })",
        &expect![[r#"
            -- stdout
            {
              "done": 0,
              "failed": 0,
              "in_doubt": 0,
              "not_started": 0
            }
            -- status 0
            -- out.csv
            profile_id,outcome,new_profile_id,error
        "#]],
    );
}

#[test]
fn rows_stand_in_the_order_of_the_items_whoever_is_first() {
    let folder = tempfile::tempdir().unwrap();
    let (table, written) = (folder.path().join("in.csv"), folder.path().join("out.jsonl"));
    let rows: String = (0..5000).map(|n| format!("{n}\n")).collect();
    std::fs::write(&table, format!("n\n{rows}")).unwrap();
    let code = "parallel(rows(), |row| { let n = parse_int(row.n); for i in 0..(n * 7919) % 100 { } n }, #{ collect: false })";
    let files = ["-j", "16", "--input", table.to_str().unwrap(), "--output", written.to_str().unwrap()];
    let output = ixscript(files.into_iter().chain(["eval", code])).output();
    assert_eq!(output.status, 0, "{output}");
    let text = std::fs::read_to_string(&written).unwrap();
    let values = text.lines().map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        row["value"].as_i64().unwrap()
    });
    assert!(values.eq(0..5000), "{text}");
}

/// Runs a recipe with this header over a table, and shows what it said and wrote.
fn recipe(flags: &str, header: &str, input: &str, output: &str, code: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.csv"), input).unwrap();
    std::fs::write(folder.path().join("bulk.rhai"), format!("{header}\n{code}\n")).unwrap();
    let files = ["--input", "in.csv", "--output", output, "run", "bulk.rhai"];
    let told = ixscript(flags.split_whitespace().chain(files)).folder(folder.path()).output().to_string();
    let rows =
        std::fs::read_to_string(folder.path().join(output)).unwrap_or_else(|_| "(no table)\n".to_owned());
    format!("{told}-- {output}\n{rows}")
}

#[test]
fn many_failures_before_the_first_success_lose_no_row() {
    for (failing, format) in [(256, "csv"), (300, "jsonl"), (300, "json")] {
        let folder = tempfile::tempdir().unwrap();
        let written = folder.path().join(format!("out.{format}"));
        let code = format!(
            "let items = []; for i in 0..320 {{ items.push(i) }}
             parallel(items, |i| {{ if i < {failing} {{ throw \"bad row\" }} let id = copy_profile(1640); #{{ id: id }} }}, #{{ collect: false }})"
        );
        let output = ixscript(["--sim", "--output", written.to_str().unwrap(), "eval", &code]).output();
        assert_eq!(output.status, 3, "{output}");
        let text = std::fs::read_to_string(&written).unwrap();
        assert_eq!(text.matches("bad row").count(), failing, "{text}");
        assert_eq!(text.matches("id\"").count(), 320 - failing, "{text}");
    }
}

#[test]
fn items_that_return_different_maps_are_all_in_the_table() {
    let code = "parallel([1, 2, 3], |i| if i == 1 { #{ a: 1 } } else { #{ a: 1, b: copy_profile(1640) } }, \
                #{ collect: false })";
    bulk(
        "--sim -j 1",
        "n\n",
        "out.csv",
        code,
        &expect![[r#"
        -- stdout
        {
          "done": 3,
          "failed": 0,
          "in_doubt": 0,
          "not_started": 0
        }
        -- stderr
        3 of 3 items done; 2 writes in ...
        -- status 0
        -- out.csv
        item,outcome,value,error
        1,done,"{""a"":1}",
        2,done,"{""a"":1,""b"":1641}",
        3,done,"{""a"":1,""b"":1642}",
    "#]],
    );
    bulk(
        "--sim -j 1",
        "n\n",
        "out.jsonl",
        code,
        &expect![[r#"
        -- stdout
        {
          "done": 3,
          "failed": 0,
          "in_doubt": 0,
          "not_started": 0
        }
        -- stderr
        3 of 3 items done; 2 writes in ...
        -- status 0
        -- out.jsonl
        {"item":1,"outcome":"done","value":{"a":1},"error":null}
        {"item":2,"outcome":"done","value":{"a":1,"b":1641},"error":null}
        {"item":3,"outcome":"done","value":{"a":1,"b":1642},"error":null}
    "#]],
    );
}

#[test]
fn columns_of_the_header_hold_the_fields_that_they_name() {
    let header = "//! [output]\n//! columns = [\"n\", \"half\", \"error\"]";
    let code = "parallel(rows(), |row| { let half = 10 / parse_int(row.n); if half == 5 { #{ half: half, rest: 1, \
                outcome: 2 } } else { #{ half: half, more: 1 } } }, #{ collect: false });";
    expect![[r#"
        -- stderr
        warning: `more`, returned for item 2, is not a column that the header declares; fields without a column are kept as JSON in `value`
        3 of 4 items done, 1 failed; 0 writes in ...
        first failure: division by zero: 10 / 0 at bulk.rhai:3:40
        -- status 3
        -- out.csv
        n,half,error,outcome,value
        0,,division by zero: 10 / 0,failed,
        1,10,,done,"{""more"":1}"
        2,5,,done,"{""outcome"":2,""rest"":1}"
        5,2,,done,"{""more"":1}"
    "#]].assert_eq(&recipe("-j 1", header, "n\n0\n1\n2\n5\n", "out.csv", code));
    expect![[r#"
        -- stderr
        warning: `more`, returned for item 2, is not a column that the header declares; fields without a column are kept as JSON in `value`
        3 of 4 items done, 1 failed; 0 writes in ...
        first failure: division by zero: 10 / 0 at bulk.rhai:3:40
        -- status 3
        -- out.jsonl
        {"n":"0","error":"division by zero: 10 / 0","outcome":"failed","value":null}
        {"n":"1","half":10,"error":null,"outcome":"done","value":{"more":1}}
        {"n":"2","half":5,"error":null,"outcome":"done","value":{"outcome":2,"rest":1}}
        {"n":"5","half":2,"error":null,"outcome":"done","value":{"more":1}}
    "#]].assert_eq(&recipe("-j 1", header, "n\n0\n1\n2\n5\n", "out.jsonl", code));
    // A header that declares `value` wants the rest there.
    let said = recipe(
        "--sim -j 1",
        "//! [output]\n//! columns = [\"profile_id\", \"value\"]",
        "profile_id\n1640\n",
        "out.csv",
        "parallel(rows(), |row| #{ id: copy_profile(row.profile_id) }, #{ collect: false });",
    );
    expect![[r#"
        -- stderr
        1 of 1 item done; 1 write in ...
        -- status 0
        -- out.csv
        profile_id,value,outcome,error
        1640,"{""id"":1641}",done,
    "#]]
    .assert_eq(&said);
}

#[test]
fn a_column_of_items_that_the_header_does_not_declare_is_refused_before_the_first_write() {
    let header = "//! [output]\n//! columns = [\"profile_id\", \"outcome\", \"new_profile_id\", \"error\"]";
    for output in ["out.csv", "out.jsonl", "out.json"] {
        let refused = format!(
            "-- stderr
error: the header declares no column `name` of the output table; with `output: false` `copy_profiles` writes no rows
 --> bulk.rhai:3:1
  |
3 | copy_profiles(rows());
  | ^^^^^^^^^^^^^
-- status 1
-- {output}
(no table)
"
        );
        let said = recipe("--sim", header, "profile_id,name\n1640,a\n", output, "copy_profiles(rows());");
        assert_eq!(said, refused);
    }
    // What the work itself says of an item has columns in any case.
    let said = recipe(
        "--sim -j 1",
        "//! [output]\n//! columns = [\"transfer_code\", \"error\"]",
        "transfer_code\n76686828-89727101\n",
        "out.csv",
        "import_profiles(rows());",
    );
    expect![[r#"
        -- stderr
        1 of 1 item done; 1 write in ...
        -- status 0
        -- out.csv
        transfer_code,error,row,outcome,new_profile_id
        ***,,1,done,1641
    "#]]
    .assert_eq(&said);
}

#[test]
fn bulk_call_without_items_leaves_the_columns_to_the_first_row() {
    for (code, expected) in [
        (
            "copy_profiles([]); copy_profiles([#{ profile_id: 1640, name: \"a\" }]);",
            "name,profile_id,outcome,new_profile_id,error\na,1640,done,1641,\n",
        ),
        ("parallel([], |x| x, #{ output: true }); emit(#{ name: \"a\" });", "name\na\n"),
        ("copy_profiles([]); import_profiles([]);", ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let written = folder.path().join("out.csv");
        let output =
            ixscript(["--sim", "--output", written.to_str().unwrap(), "eval", code]).output().to_string();
        assert!(output.ends_with("-- status 0\n"), "{code}: {output}");
        assert_eq!(std::fs::read_to_string(&written).unwrap(), expected, "{code}");
    }
}
