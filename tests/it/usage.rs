//! Wrong usage and settings: what is said, whole outputs.

use crate::support::{ixscript, root};
use expect_test::{Expect, expect};

fn told(words: &[&str], expected: &Expect) {
    expected.assert_eq(&ixscript(words).output().to_string());
}

#[test]
fn call_names_what_is_wrong() {
    told(
        &["call", "copy_profil"],
        &expect![[r#"
        -- stderr
        error: there is no function `copy_profil`, did you mean `copy_profile`?
         = help: `ixscript functions` lists them.
        -- status 2
    "#]],
    );
    told(
        &["call", "sleep"],
        &expect![[r#"
        -- stderr
        error: `sleep` is a function of scripts, not of the API
         = help: Call it from a script: ixscript eval 'sleep(...)'
        -- status 2
    "#]],
    );
    told(
        &["call", "copy_profile", "1640"],
        &expect![[r#"
        -- stderr
        error: `1640` is no KEY=VALUE
         = help: Write it like profile_id=1640; `ixscript functions copy_profile` shows the keys.
        -- status 2
    "#]],
    );
    told(
        &["call", "copy_profile", "profile_id=1", "profile_id=2"],
        &expect![[r#"
        -- stderr
        error: `profile_id` is given twice
        -- status 2
    "#]],
    );
    told(
        &["call", "copy_profile", "profil_id=1"],
        &expect![[r#"
            -- stderr
            error: `profil_id` is unknown, did you mean `profile_id`?
             = note: nothing was sent
             = help: `ixscript functions copy_profile` shows its parameters.
            -- status 2
        "#]],
    );
    told(
        &["call", "import_profile", "transfer_code=1", "proxy_config={"],
        &expect![[r#"
        -- stderr
        error: `proxy_config` is not a JSON object (line 1, column 1)
         = help: Give its fields one by one, as in proxy_config.KEY=VALUE.
        -- status 2
    "#]],
    );
    told(
        &["call", "import_profile", "transfer_code=1", "proxy_config.proxi_mode=2"],
        &expect![[r#"
        -- stderr
        error: `proxy_config.proxi_mode` is unknown, did you mean `proxy_mode`?
         = note: nothing was sent
         = help: `ixscript functions import_profile` shows its parameters.
        -- status 2
    "#]],
    );
}

#[test]
fn usage_is_explained() {
    told(
        &["copy.rhai"],
        &expect![[r#"
        -- stderr
        error: unrecognized subcommand 'copy.rhai'

        Usage: ixscript [OPTIONS] [COMMAND]

        For more information, try '--help'.

        To run a recipe: ixscript run copy.rhai
        -- status 2
    "#]],
    );
    told(
        &["run", "scripts/cpoy.rhai"],
        &expect![[r#"
        -- stderr
        error: scripts/cpoy.rhai cannot be read: there is no such file
         = help: Did you mean scripts/copy.rhai?
        -- status 2
    "#]],
    );
    told(
        &["run", "scripts/copy"],
        &expect![[r#"
        -- stderr
        error: scripts/copy cannot be read: there is no such file
         = help: Did you mean scripts/copy.rhai?
        -- status 2
    "#]],
    );
    told(
        &["run", "scripts"],
        &expect![[r#"
            -- stderr
            error: scripts is a folder, and no recipe
             = help: `ixscript list scripts` shows the recipes in it.
            -- status 2
        "#]],
    );
    told(
        &["--sim", "run", "scripts/copy.rhai"],
        &expect![[r#"
        -- stderr
        error: a required parameter is missing: `--profile-id`
         = help: `ixscript run scripts/copy.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    told(
        &["--sim", "run", "scripts/copy.rhai", "--profil-id", "1"],
        &expect![[r#"
        -- stderr
        error: there is no parameter `--profil-id`, did you mean `--profile-id`?
         = help: `ixscript run scripts/copy.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    told(
        &["--sim", "run", "scripts/copy.rhai", "--profile-id", "many"],
        &expect![[r#"
        -- stderr
        error: `--profile-id` must be a whole number, not `many`
         = help: `ixscript run scripts/copy.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    told(
        &["--url", "http://192.0.2.1/", "call", "list_groups"],
        &expect![[r#"
            -- stderr
            error: `192.0.2.1` is not this computer; requests carry passwords and travel in clear text
             = help: If the network in between is yours, allow it with --allow-remote.
            -- status 2
        "#]],
    );
    told(
        &["--url", "https://127.0.0.1:53200", "call", "list_groups"],
        &expect![[r#"
        -- stderr
        error: `https://127.0.0.1:53200` must begin with http://; the Local API speaks no other protocol
        -- status 2
    "#]],
    );
    told(
        &["--timeout", "0", "call", "list_groups"],
        &expect![[r#"
        -- stderr
        error: --timeout: 0 is too short; write it like `500ms`, `30s` or `2m`
         = note: it is how long a reply may take
        -- status 2
    "#]],
    );
    told(
        &["--timeout", "fast", "call", "list_groups"],
        &expect![[r#"
            -- stderr
            error: --timeout: `fast` is not a duration; write it like `500ms`, `30s` or `2m`
             = note: it is how long a reply may take
            -- status 2
        "#]],
    );
    told(
        &["--retries", "-1", "call", "list_groups"],
        &expect![[r#"
            -- stderr
            error: --retries: `-1` is not a whole number from 0 to 100
             = note: it is how often what was certainly not done is tried again
            -- status 2
        "#]],
    );
    told(
        &["--format", "xml", "call", "list_groups"],
        &expect![[r#"
            -- stderr
            error: --format: `xml` is no format; use `text`, `json`, `jsonl`, `table`, `csv` or `markdown`
             = note: it is how values are printed
            -- status 2
        "#]],
    );
    told(
        &["--deny", "copy_profil", "call", "list_groups"],
        &expect![[r#"
        -- stderr
        error: --deny: `copy_profil` cannot be denied, did you mean `copy_profile`?
         = help: It takes `write`, `destructive` or the name of a function; `ixscript functions` lists them.
        -- status 2
    "#]],
    );
    told(
        &["--allow", "write,copy_profile", "call", "list_groups"],
        &expect![[r#"
        -- stderr
        error: --allow: `write` cannot be allowed
         = help: It takes `destructive` or the name of a function; `ixscript functions` lists them.
        -- status 2
    "#]],
    );
    told(
        &["--allow", "everything", "call", "list_groups"],
        &expect![[r#"
            -- stderr
            error: --allow: `everything` cannot be allowed
             = help: It takes `destructive` or the name of a function; `ixscript functions` lists them.
            -- status 2
        "#]],
    );
    told(
        &["--color", "nver", "config"],
        &expect![[r#"
        -- stderr
        error: --color: `nver` is none of auto, always and never, did you mean `never`?
         = note: it is whether output is coloured
        -- status 2
    "#]],
    );
}

#[test]
fn help_of_a_recipe_is_its_own() {
    told(
        &["run", "scripts/import_one.rhai", "--help"],
        &expect![[r#"
            -- stdout
            import_one 1.0.0
            Imports one profile by its transfer code, with a proxy of its own.

            Usage: ixscript run scripts/import_one.rhai --transfer-code <string> [PARAMETERS]

            Parameters:
              --transfer-code <string>  the code the other account made [required] [secret]
              --group <string>          title of the group for the profile; the default group if it is left out
              --proxy <string>          its proxy: host:port, host:port:user:password or
                                        http://user:password@host:port; none if it is left out [secret]
              --proxy-type <string>     protocol of a proxy that does not name one [default: http] [possible
                                        values: http, https, socks5, ssh]
              --help                    Print this page

            Each may also come from the environment (as IXSCRIPT_PARAM_TRANSFER_CODE) or from a file (--params
            FILE before `run`).

            What is secret is better not typed here: `--transfer-code @FILE` reads it from a file. One that is
            required and left out is asked for.

            Calls: import_profile (write), list_groups (read)

            Examples:
              ixscript run import_one --transfer-code @code.txt
              ixscript run import_one --transfer-code @code.txt --group Shops --proxy socks5://user:password@10.0.0.1:1080
            -- status 0
        "#]],
    );
}

#[test]
fn doctor_says_what_is_there() {
    let output = ixscript(["--sim", "doctor"]).output();
    assert!(output.stdout.contains("the embedded simulator, which is not the real app"), "{output}");
    assert!(output.stdout.contains("It has 9 profiles."), "{output}");
    assert_eq!(output.status, 0);
}

#[test]
fn config_says_where_each_value_comes_from() {
    let output = ixscript(["--retries", "7", "config"])
        .var("IXSCRIPT_TIMEOUT", "5s")
        .folder(&root().join("tests"))
        .output();
    let shown = output.stdout.lines().skip(3).collect::<Vec<_>>().join("\n");
    expect![[r#"
        setting            value                           from              about
        --------------------------------------------------------------------------------------------------------------------------------------------------------
        url                http://127.0.0.1:53200/api/v2/  default           where the Local API is
        allow_remote       false                           default           whether the URL may be another computer
        timeout            5s                              IXSCRIPT_TIMEOUT  how long a reply may take
        connect_timeout    2s                              default           how long a connection may take
        assume_lost_after  10m                             default           how long a write that no list shows may still arrive
        retries            7                               --retries         how often what was certainly not done is tried again
        jobs               4                               default           the most calls `parallel` makes at once
        rate               off                             default           the most calls in a time
        journal            auto                            default           where runs and their writes are recorded: a file, auto for the state folder, or off
        memory             128                             default           memory a script may use, in MiB
        compute            60s                             default           how long a script may compute between two calls
        format             text                            default           how values are printed
        color              auto                            default           whether output is coloured
        edit_mode          emacs                           default           how the REPL reads keys: emacs or vi"#]].assert_eq(&shown);
}

#[test]
fn a_config_file_is_read_and_its_mistakes_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let run = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let words = ["--config", file.to_str().unwrap(), "--format", "csv", "config"];
        let output = ixscript(words).output().to_string();
        output.replace(file.to_str().unwrap(), "config.toml")
    };
    assert!(run("retries = 9\n").contains("retries,9,config file,"));
    expect![[r#"
        -- stderr
        error: `retrys` is no setting, did you mean `retries`?
         --> config.toml:2:1
          |
        2 | retrys = 9
          | ^
          |
          = help: `ixscript config` shows every setting.
        -- status 2
    "#]]
    .assert_eq(&run("timeout = \"5s\"\nretrys = 9\n"));
    expect![[r#"
        -- stderr
        error: the config file is not valid TOML: string values must be quoted, expected literal string
         --> config.toml:1:11
          |
        1 | timeout = 
          |           ^
        -- status 2
    "#]]
    .assert_eq(&run("timeout = \n"));
    expect![[r#"
        -- stderr
        error: `timeout` in the config file: `parsecs` is no unit of time; use ms, s, m or h, as in `30s`
         --> config.toml:1:1
          |
        1 | timeout = "5 parsecs"
          | ^^^^^^^^^^^^^^^^^^^^^
          |
          = note: it is how long a reply may take
        -- status 2
    "#]]
    .assert_eq(&run("timeout = \"5 parsecs\"\n"));
    expect![[r#"
        -- stderr
        error: the config file ROOT/nowhere.toml cannot be read: there is no such file
        -- status 2
    "#]]
    .assert_eq(
        &ixscript(["--config", "nowhere.toml", "config"])
            .output()
            .to_string()
            .replace(root().to_str().unwrap(), "ROOT"),
    );
}

#[test]
fn numbers_and_names_that_are_wrong_are_told_in_plain_words() {
    let cases: &[&[&str]] = &[
        &["--timeout", "abc", "eval", "1"],
        &["--timeout", "-1s", "eval", "1"],
        &["--max-writes", "-1", "eval", "1"],
        &["--first", "0", "eval", "1"],
        &["runs", "show", "abc"],
        &["runs", "settle", "1", "1"],
        &["resume", "999"],
        &["--sim=own-code", "eval", "1"],
        &["--sim=profiles=x", "eval", "1"],
        &["--sim", "--output", "missing/x.csv", "eval", "1"],
        &["call", "copy_profile", "profile_id"],
        &["call", "copy_profile", "profile_id=1", "--name", "x"],
    ];
    let told = cases.iter().map(|words| format!("{}\n{}", words.join(" "), ixscript(*words).output()));
    let expected = expect![[r#"
        --timeout abc eval 1
        -- stderr
        error: --timeout: `abc` is not a duration; write it like `500ms`, `30s` or `2m`
         = note: it is how long a reply may take
        -- status 2
        --timeout -1s eval 1
        -- stderr
        error: --timeout: `-1s` is not a duration; write it like `500ms`, `30s` or `2m`
         = note: it is how long a reply may take
        -- status 2
        --max-writes -1 eval 1
        -- stderr
        error: invalid value '-1' for '--max-writes <NUMBER>': it is not a whole number of 0 or more

        For more information, try '--help'.
        -- status 2
        --first 0 eval 1
        -- stderr
        error: invalid value '0' for '--first <NUMBER>': it is not a whole number of 1 or more

        For more information, try '--help'.
        -- status 2
        runs show abc
        -- stderr
        error: invalid value 'abc' for '<RUN>': it is not the number of a run; `ixscript runs` lists them

        For more information, try '--help'.
        -- status 2
        runs settle 1 1
        -- stderr
        error: the following required arguments were not provided:
          <--done [<ID>]|--not-done>

        Usage: ixscript runs settle <--done [<ID>]|--not-done> <RUN> <CALL>

        For more information, try '--help'.
        -- status 2
        resume 999
        -- stderr
        error: there is no run 999
         = help: `ixscript runs list` shows them.
        -- status 2
        --sim=own-code eval 1
        -- stderr
        error: --sim: `own-code` is no option of the simulator, did you mean `own-codes`?
         = help: Options are joined by commas, as in own-codes,profiles=50; `ixscript sim --help` lists them.
        -- status 2
        --sim=profiles=x eval 1
        -- stderr
        error: --sim: invalid value 'x' for '--profiles <NUMBER>': it is not a whole number
         = help: Options are joined by commas, as in own-codes,profiles=50; `ixscript sim --help` lists them.
        -- status 2
        --sim --output missing/x.csv eval 1
        -- stderr
        error: --output: missing/x.csv cannot be made: its folder does not exist
         = help: Name a file that is not there yet, in a folder that is.
        -- status 2
        call copy_profile profile_id
        -- stderr
        error: `profile_id` has no value
         = help: Write its value after it: profile_id=VALUE.
        -- status 2
        call copy_profile profile_id=1 --name x
        -- stderr
        error: unexpected argument '--name' found

          tip: to pass '--name' as a value, use '-- --name'

        Usage: ixscript call <FUNCTION> <KEY=VALUE>...

        For more information, try '--help'.

        What a function takes is given to `call` as name=value, without dashes.
        -- status 2
    "#]];
    expected.assert_eq(&told.collect::<String>());
}

#[test]
fn mistakes_are_data_where_data_is_wanted() {
    let cases: &[&[&str]] = &[
        &["--format", "json", "--timeout", "abc", "eval", "1"],
        &["--format=json", "evla", "1"],
        &["eval", "--format", "json"],
    ];
    let told = cases.iter().map(|words| format!("{}\n{}", words.join(" "), ixscript(*words).output()));
    let expected = expect![[r#"
        --format json --timeout abc eval 1
        -- stderr
        {"severity":"error","message":"--timeout: `abc` is not a duration; write it like `500ms`, `30s` or `2m`","file":null,"line":null,"position":null,"length":null,"frames":[],"notes":["it is how long a reply may take"],"help":null}
        -- status 2
        --format=json evla 1
        -- stderr
        {"severity":"error","message":"unrecognized subcommand 'evla'","file":null,"line":null,"position":null,"length":null,"frames":[],"notes":["some similar subcommands exist: 'explain', 'eval'"],"help":"`ixscript --help` shows how it is used."}
        -- status 2
        eval --format json
        -- stderr
        {"severity":"error","message":"the following required arguments were not provided: <CODE>","file":null,"line":null,"position":null,"length":null,"frames":[],"notes":[],"help":"`ixscript --help` shows how it is used."}
        -- status 2
    "#]];
    expected.assert_eq(&told.collect::<String>());
}

#[test]
fn help_is_also_a_word() {
    assert_eq!(
        ixscript(["help", "eval"]).output().to_string(),
        ixscript(["eval", "--help"]).output().to_string()
    );
}

#[test]
fn eval_does_not_pass_over_a_header() {
    let code = "//! needs = [\"list_groups\"]\ncopy_profile(1640)";
    told(
        &["--sim", "eval", code],
        &expect![[r#"
        -- stderr
        error: <eval> has a header, which is not read here
         = help: Run it as a recipe: `ixscript run FILE`, or `ixscript run -` for standard input.
        -- status 2
    "#]],
    );
    told(
        &["--sim", "eval", "//! Copies a profile.\ncopy_profile(1640)"],
        &expect![[r#"
        -- stdout
        1641
        -- status 0
    "#]],
    );
}
