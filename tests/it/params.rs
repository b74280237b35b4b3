//! The parameters of a recipe from all their places, and what is told of wrong ones.

use crate::support::{Output, Run, ixscript};
use expect_test::{Expect, expect};
use std::path::Path;

const RECIPE: &str = r#"//! name = "order"
//! about = "Orders copies."
//! needs = []
//! [params.count]
//! default = 1
//! max = 9
//! [params.code]
//! pattern = '[0-9]{4}-[0-9]{4}'
//! about = "the code on the box"
//! [params.names]
//! type = "list"
//! [params.password]
//! secret = true
//! about = "the login password"
for name in ["count", "code", "names", "password"] {
    print(`${name}: ${param(name, "-")}`);
}
print(`letters of the password: ${param("password", "").len()}`);
"#;

/// A folder with the recipe in it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "order.rhai", RECIPE);
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

fn run(folder: &Path, words: &str) -> Run {
    ixscript(words.split_whitespace()).folder(folder)
}

fn told(output: &Output, expected: &Expect) {
    expected.assert_eq(&output.to_string());
}

#[test]
fn words_win_over_the_environment_and_that_over_the_file() {
    let folder = folder();
    let file = "count = 2\ncode = \"2222-2222\"\nnames = [\"file\", 2]\npassword = \"file-secret\"\n";
    write(folder.path(), "p.toml", file);
    write(
        folder.path(),
        "p.json",
        r#"{"count": "2", "code": "2222-2222", "names": ["file", 2], "password": 12345}"#,
    );
    let output = run(folder.path(), "--params p.toml run order.rhai --count 4")
        .var("IXSCRIPT_PARAM_COUNT", "3")
        .var("IXSCRIPT_PARAM_CODE", "3333-3333")
        .var("IXSCRIPT_PARAM_NAMES", "")
        .output();
    told(
        &output,
        &expect![[r#"
            -- stdout
            count: 4
            code: 3333-3333
            names: ["file", "2"]
            password: ***
            letters of the password: 11
            -- status 0
        "#]],
    );
    told(
        &run(folder.path(), "--params p.json run order.rhai").output(),
        &expect![[r#"
            -- stdout
            count: 2
            code: 2222-2222
            names: ["file", "2"]
            password: ***
            letters of the password: 5
            -- status 0
        "#]],
    );
    // A recipe that declares nothing takes the file as it is.
    write(folder.path(), "free.rhai", "print(param(\"count\")); print(param(\"names\"));");
    told(
        &run(folder.path(), "--params p.toml run free.rhai --count 7").output(),
        &expect![[r#"
        -- stdout
        7
        ["file", 2]
        -- status 0
    "#]],
    );
}

#[test]
fn what_is_wrong_says_where_it_was_given() {
    let folder = folder();
    told(
        &run(folder.path(), "run order.rhai --code 12").output(),
        &expect![[r#"
        -- stderr
        error: `--code` must match the pattern `[0-9]{4}-[0-9]{4}`, and `12` does not
         = note: it is: the code on the box
         = help: `ixscript run order.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    let with =
        |variable: &str, value: &str| run(folder.path(), "run order.rhai").var(variable, value).output();
    told(
        &with("IXSCRIPT_PARAM_COUNT", "10"),
        &expect![[r#"
        -- stderr
        error: `IXSCRIPT_PARAM_COUNT` must be at most 9, not 10
         = help: `ixscript run order.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    told(
        &with("IXSCRIPT_PARAM_CODE", "\x1b[2J"),
        &expect![[r#"
        -- stderr
        error: `IXSCRIPT_PARAM_CODE` must match the pattern `[0-9]{4}-[0-9]{4}`, and `\u{1b}[2J` does not
         = note: it is: the code on the box
         = help: `ixscript run order.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    let with_file = |name: &str, text: &str| {
        write(folder.path(), name, text);
        run(folder.path(), &format!("--params {name} run order.rhai")).output()
    };
    told(
        &with_file("p.toml", "code = \"1111-1111\"\npasword = \"hunter2\"\n"),
        &expect![[r#"
        -- stderr
        error: there is no parameter `pasword` (p.toml, line 2, column 1), did you mean `password`?
         = help: `ixscript run order.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    told(
        &with_file("p.toml", "count = [1]\n"),
        &expect![[r#"
        -- stderr
        error: `count` (p.toml, line 1, column 1) must be a whole number, not an array
         = help: `ixscript run order.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    told(
        &with_file("p.toml", "password = [true]\n"),
        &expect![[r#"
        -- stderr
        error: `password` (p.toml, line 1, column 1) must be text, not an array
         = help: `ixscript run order.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    told(
        &with_file("p.json", "{\"cuont\": 1}"),
        &expect![[r#"
        -- stderr
        error: there is no parameter `cuont` (p.json), did you mean `count`?
         = help: `ixscript run order.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    told(
        &with_file("p.json", "{\"count\": 1,"),
        &expect![[r#"
        -- stderr
        error: --params: p.json, line 1, column 12: this is not valid JSON
        -- status 2
    "#]],
    );
    told(
        &with_file("p.yaml", "count: 1"),
        &expect![[r#"
        -- stderr
        error: --params: p.yaml is no file of parameters; its name must end in .toml or .json
        -- status 2
    "#]],
    );
    told(
        &run(folder.path(), "--params nowhere.toml run order.rhai").output(),
        &expect![[r#"
        -- stderr
        error: --params: nowhere.toml cannot be read: there is no such file
        -- status 2
    "#]],
    );
}

#[test]
fn a_pattern_that_is_none_is_an_error_of_the_header() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "bad.rhai", "//! [params.code]\n//! about = \"ä\"\n//! pattern = '[0-9'\n");
    told(
        &run(folder.path(), "check bad.rhai").output(),
        &expect![[r#"
        -- stderr
        error: the pattern is no regular expression: found unclosed character class
         --> bad.rhai:3:15
          |
        3 | //! pattern = '[0-9'
          |               ^^^^^^
          |
          = help: A pattern must match the whole value, as in pattern = '[0-9]{8}-[0-9]{8}'.
        -- status 2
    "#]],
    );
}

#[test]
fn secrets_come_from_files_and_warn_on_the_command_line() {
    let folder = folder();
    write(folder.path(), "key.txt", "hunter2\r\n");
    told(
        &run(folder.path(), "run order.rhai --password @key.txt").output(),
        &expect![[r#"
            -- stdout
            count: 1
            code: -
            names: -
            password: ***
            letters of the password: 7
            -- status 0
        "#]],
    );
    told(
        &run(folder.path(), "run order.rhai --password @nowhere.txt").output(),
        &expect![[r#"
        -- stderr
        error: `--password`: nowhere.txt cannot be read: there is no such file
         = help: `ixscript run order.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    told(
        &run(folder.path(), "run order.rhai --password=@@key").output(),
        &expect![[r#"
            -- stdout
            count: 1
            code: -
            names: -
            password: ***
            letters of the password: 4
            -- stderr
            warning: `--password` on the command line can be seen by others who use this computer
             = help: Put it into a file and give --password @FILE, or see `--help` after the recipe.
            -- status 0
        "#]],
    );
    let in_list = RECIPE.replace("//! type = \"list\"", "//! type = \"list\"\n//! secret = true");
    write(folder.path(), "order.rhai", &in_list);
    write(folder.path(), "names.txt", "first\nsecond\n");
    told(
        &run(folder.path(), "run order.rhai --names @names.txt").output(),
        &expect![[r#"
            -- stdout
            count: 1
            code: -
            names: ["***", "***"]
            password: -
            letters of the password: 0
            -- status 0
        "#]],
    );
}

#[test]
fn words_that_the_recipe_does_not_read_are_refused() {
    let folder = folder();
    let words = ["run", "order.rhai", "--code", "1111-1111", "and more"];
    told(
        &ixscript(words).folder(folder.path()).output(),
        &expect![[r#"
        -- stderr
        error: `and more` is no parameter, and the recipe reads no other words
         = help: Quote a value with spaces: --code "1111-1111 and more"
        -- status 2
    "#]],
    );
    // What is broken shows its help, but not whether it reads words.
    write(folder.path(), "broken.rhai", "//! name = \"broken\"\nprint(args(); copy_profile(1);");
    told(
        &run(folder.path(), "run broken.rhai --help").output(),
        &expect![[r#"
        -- stdout
        broken

        Usage: ixscript run broken.rhai [PARAMETERS]

        The recipe declares no parameters; it is given any `--name value`.
        -- status 0
    "#]],
    );
    write(folder.path(), "whole.rhai", "//! name = \"whole\"\nprint(args()); copy_profile(1);");
    told(
        &run(folder.path(), "run whole.rhai --help").output(),
        &expect![[r#"
        -- stdout
        whole

        Usage: ixscript run whole.rhai [PARAMETERS] [WORDS]...

        The recipe declares no parameters; it is given any `--name value`.

        Calls: copy_profile (write)
        -- status 0
    "#]],
    );
}

#[test]
fn a_value_of_true_or_false_is_taken_as_one() {
    let folder = folder();
    write(folder.path(), "b.rhai", "//! [params]\n//! confirm = false\nprint(param(\"confirm\"));");
    told(
        &run(folder.path(), "run b.rhai --confirm false").output(),
        &expect![[r#"
        -- stdout
        false
        -- status 0
    "#]],
    );
    told(
        &run(folder.path(), "run b.rhai --no-confirm=true").output(),
        &expect![[r#"
        -- stderr
        error: `--no-confirm` takes no value
         = help: Say `--confirm` or `--no-confirm`; or `--confirm=true`.
        -- status 2
    "#]],
    );
}

#[test]
fn a_parameter_that_the_header_lacks_is_found_before_the_run() {
    let folder = folder();
    write(folder.path(), "typo.rhai", "//! [params]\n//! count = 1\nif false { print(param(\"cuont\")); }");
    told(
        &run(folder.path(), "run typo.rhai").output(),
        &expect![[r#"
        -- stderr
        error: the header declares no parameter `cuont`, did you mean `count`?
         --> typo.rhai:3:24
          |
        3 | if false { print(param("cuont")); }
          |                        ^^^^^^^
          |
          = help: It declares `count`.
        -- status 2
    "#]],
    );
}

#[test]
fn a_secret_in_the_environment_may_name_its_file() {
    let folder = folder();
    write(folder.path(), "key.txt", "hunter2\n");
    write(
        folder.path(),
        "len.rhai",
        "//! [params.password]\n//! secret = true\nprint(param(\"password\").len());",
    );
    let output = run(folder.path(), "run len.rhai").var("IXSCRIPT_PARAM_PASSWORD", "@key.txt").output();
    assert_eq!((output.stdout.as_str(), output.status), ("7\n", 0), "{output}");
}

#[test]
fn a_missing_secret_says_where_it_may_come_from() {
    let folder = folder();
    let required = RECIPE.replace("//! secret = true", "//! secret = true\n//! required = true");
    write(folder.path(), "order.rhai", &required);
    told(
        &run(folder.path(), "run order.rhai").output(),
        &expect![[r#"
        -- stderr
        error: a required parameter is missing: `--password`
         = note: what is secret is given as IXSCRIPT_PARAM_PASSWORD, or in a file with --params FILE
         = help: `ixscript run order.rhai --help` shows the parameters.
        -- status 2
    "#]],
    );
    let given = run(folder.path(), "run order.rhai").var("IXSCRIPT_PARAM_PASSWORD", "hunter2").output();
    assert_eq!((given.status, given.stderr.as_str()), (0, ""));
}

#[test]
fn the_help_page_tells_everything_of_a_parameter() {
    told(
        &run(folder().path(), "run order.rhai --help").output(),
        &expect![[r#"
            -- stdout
            order
            Orders copies.

            Usage: ixscript run order.rhai [PARAMETERS]

            Parameters:
              --count <int>        [default: 1] [at most 9]
              --code <string>      the code on the box [pattern: [0-9]{4}-[0-9]{4}]
              --names <list>...
              --password <string>  the login password [secret]
              --help               Print this page

            Each may also come from the environment (as IXSCRIPT_PARAM_COUNT) or from a file (--params FILE
            before `run`).

            What is secret is better not typed here: `--password @FILE` reads it from a file. One that is
            required and left out is asked for.
            -- status 0
        "#]],
    );
}

#[test]
fn an_option_of_the_program_stands_before_the_recipe() {
    let folder = folder();
    let told_of = |words: &str, expected: &Expect| told(&run(folder.path(), words).output(), expected);
    told_of(
        "run order.rhai --sim --count 1",
        &expect![[r#"
        -- stderr
        error: `--sim` is an option of ixscript, and no parameter of the recipe
         = help: It stands before the recipe: ixscript --sim run order.rhai --count 1
        -- status 2
    "#]],
    );
    told_of(
        "-q run order.rhai --count 1 --jobs 4 -n --memory=64 -j4 rest",
        &expect![[r#"
        -- stderr
        error: `--jobs`, `-n`, `--memory` and `-j4` are options of ixscript, and no parameters of the recipe
         = help: They stand before the recipe: ixscript --jobs 4 -n --memory=64 -j4 -q run order.rhai --count 1 rest
        -- status 2
    "#]],
    );
    told_of(
        "run order.rhai --sim --password hunter2 --password=hunter2",
        &expect![[r#"
            -- stderr
            error: `--sim` is an option of ixscript, and no parameter of the recipe
             = help: It stands before the recipe: ixscript --sim run order.rhai --password *** --password=***
            -- status 2
        "#]],
    );
    // It would run against the real app, with a parameter that nobody reads.
    write(folder.path(), "free.rhai", "print(param(\"sim\"));");
    told_of(
        "run free.rhai --sim",
        &expect![[r#"
        -- stderr
        error: `--sim` is an option of ixscript, and no parameter of the recipe
         = help: It stands before the recipe: ixscript --sim run free.rhai
        -- status 2
    "#]],
    );
    told_of(
        "--sim run order.rhai --sim --count 1",
        &expect![[r#"
        -- stderr
        error: `--sim` is an option of ixscript, and no parameter of the recipe
         = help: It stands before the recipe already: ixscript --sim run order.rhai --count 1
        -- status 2
    "#]],
    );
    told_of(
        "--sim run order.rhai --sim -n",
        &expect![[r#"
        -- stderr
        error: `--sim` and `-n` are options of ixscript, and no parameters of the recipe
         = help: They stand before the recipe: ixscript -n --sim run order.rhai
        -- status 2
    "#]],
    );
    told_of(
        "run order.rhai --pwd hunter2 --pasword=hunter2 -v",
        &expect![[r#"
        -- stderr
        error: `-v` is an option of ixscript, and no parameter of the recipe
         = help: It stands before the recipe: ixscript -v run order.rhai --pwd *** --pasword=***
        -- status 2
    "#]],
    );
    // After two dashes everything is the recipe's, and so is what it declares.
    write(folder.path(), "words.rhai", "print(args());");
    told_of(
        "run words.rhai -- -n --sim",
        &expect![[r#"
        -- stdout
        ["-n", "--sim"]
        -- status 0
    "#]],
    );
    write(folder.path(), "own.rhai", "//! [params]\n//! sim = false\nprint(param(\"sim\"));");
    told_of(
        "run own.rhai --sim",
        &expect![[r#"
        -- stdout
        true
        -- status 0
    "#]],
    );
}

#[test]
fn a_resumed_run_has_the_parameters_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = crate::support::simulator(Default::default());
    let recipe = "//! [params.name]\n//! required = true\nprint(param(\"name\"));\n\
                  copy_profile(1640, #{ name: param(\"name\") });\nthrow \"again\";";
    write(folder.path(), "one.rhai", recipe);
    let state = crate::support::state_folder().display().to_string();
    let before = simulator.world(|world| world.profile_ids().len());
    let url = simulator.url();
    let first = run(folder.path(), &format!("--yes --url {url} run one.rhai"));
    let first = first.var("IXSCRIPT_STATE", &state).var("IXSCRIPT_PARAM_NAME", "from-outside").output();
    // Somebody said that it may write, and the run goes on with it.
    let second = run(folder.path(), &format!("--url {url} resume")).var("IXSCRIPT_STATE", &state).output();
    assert_eq!((first.stdout.as_str(), first.status), ("from-outside\n", 1), "{first}");
    // What it printed before its last write, it has printed.
    assert_eq!((second.stdout.as_str(), second.status), ("", 1), "{second}");
    assert_eq!(simulator.world(|world| world.profile_ids().len()), before + 1);
}

#[cfg(unix)]
#[test]
fn on_a_terminal_a_secret_is_asked_for_without_an_echo() {
    use expectrl::{ControlCode, Eof, Expect as _, Session};
    let folder = folder();
    let required = RECIPE.replace("//! secret = true", "//! secret = true\n//! required = true");
    write(
        folder.path(),
        "order.rhai",
        &required.replace("print(`${name}: ${param(name, \"-\")}`)", "print(`${param(name, \"-\")}`.len())"),
    );
    let start = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ixscript"));
        command.args(["run", "order.rhai", "--count=3"]).current_dir(folder.path());
        command.env("IXSCRIPT_CONFIG", crate::support::root().join("tests/it/empty.toml"));
        command.env("NO_COLOR", "1").env("IXSCRIPT_STATE", crate::support::state_folder());
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(std::time::Duration::from_secs(60)));
        session.expect("--password (the login password): ").unwrap();
        session
    };
    let mut session = start();
    session.send_line("hunter2").unwrap();
    let seen = session.expect(Eof).unwrap();
    let seen = String::from_utf8_lossy(seen.as_bytes()).into_owned();
    assert!(seen.contains("7\r\n") && !seen.contains("hunter2"), "{seen}");
    let mut session = start();
    // The question stands there a moment before the terminal is read; who is too early asks again.
    session.set_expect_timeout(Some(std::time::Duration::from_secs(1)));
    let seen = (0..60).find_map(|_| {
        // A program that has ended takes nothing any more.
        let _ = session.send(ControlCode::EndOfText);
        session.expect(Eof).ok()
    });
    let seen = String::from_utf8_lossy(seen.unwrap().as_bytes()).into_owned();
    assert!(seen.contains("error: interrupted"), "{seen}");
    let status = session.get_process().wait().unwrap();
    assert!(format!("{status:?}").contains("130"), "{status:?}");
}

#[test]
fn every_text_file_is_read_in_any_encoding_that_its_first_bytes_name() {
    fn bytes(units: impl Iterator<Item = u16>, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        std::iter::once(0xfeff).chain(units).flat_map(unit).collect()
    }
    let encodings: [fn(&str) -> Vec<u8>; 4] = [
        |text| text.into(),
        |text| format!("\u{feff}{text}").into(),
        |text| bytes(text.encode_utf16(), u16::to_le_bytes),
        |text| bytes(text.encode_utf16(), u16::to_be_bytes),
    ];
    let recipe = "//! [params.password]\r\n//! type = \"string\"\r\n//! secret = true\r\n//! [params.codes]\r\n//! type = \
                  \"list\"\r\n//! secret = true\r\n//! [params.city]\r\n//! type = \"string\"\r\n\
                  import \"./lib\" as lib;\r\nlet row = rows().to_array()[0];\r\n\
                  lib::show([param(\"password\").len(), param(\"codes\").map(|code| code.len()), param(\"city\"), row.name]);\r\n";
    for encode in encodings {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), encode(text)).unwrap();
        write("recipe.rhai", recipe);
        write("lib.rhai", "fn show(values) { print(values); }\r\n");
        write("pw.txt", "hunter€\r\n");
        write("codes.txt", "aä\r\nbcd\r\n");
        write("params.toml", "city = \"Köln\"\r\n");
        write("params.json", "{\"city\": \"Köln\"}");
        write("config.toml", "jobs = 2\r\n");
        write("rows.csv", "name;x\r\nMüller;1\r\n");
        write("rows.json", "[{\"name\": \"Müller\"}]");
        write("rows.jsonl", "{\"name\": \"Müller\"}\r\n");
        for (rows, params) in
            [("rows.csv", "params.toml"), ("rows.json", "params.json"), ("rows.jsonl", "params.toml")]
        {
            let words =
                ["--config", "config.toml", "--input", rows, "--params", params, "run", "recipe.rhai"];
            let words = words.into_iter().chain(["--password", "@pw.txt", "--codes", "@codes.txt"]);
            let output = ixscript(words).folder(folder.path()).output();
            assert_eq!(output.to_string(), "-- stdout\n[7, [2, 3], \"Köln\", \"Müller\"]\n-- status 0\n");
        }
    }
}
