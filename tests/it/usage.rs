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
        error: --timeout: `fast` is no unit of time; use ms, s, m or h, as in `30s`
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
        setting          value                           from              about
        ------------------------------------------------------------------------------------------------------------------------------------------------------
        url              http://127.0.0.1:53200/api/v2/  default           where the Local API is
        allow_remote     false                           default           whether the URL may be another computer
        timeout          5s                              IXSCRIPT_TIMEOUT  how long a reply may take
        connect_timeout  2s                              default           how long a connection may take
        retries          7                               --retries         how often what was certainly not done is tried again
        jobs             4                               default           the most calls `parallel` makes at once
        rate             off                             default           the most calls in a time
        journal          auto                            default           where runs and their writes are recorded: a file, auto for the state folder, or off
        memory           128                             default           memory a script may use, in MiB
        compute          60s                             default           how long a script may compute between two calls
        format           text                            default           how values are printed
        color            auto                            default           whether output is coloured
        edit_mode        emacs                           default           how the REPL reads keys: emacs or vi"#]].assert_eq(&shown);
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
        error: config file: `parsecs` is no unit of time; use ms, s, m or h, as in `30s`
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
