//! Recipes of strangers: what is asked before they write, when, and what runs then.

use crate::support::{Run, ixscript, simulator, state_folder};
use expect_test::{Expect, expect};
use ixscript::sim::{Config, Simulator};
use std::path::PathBuf;

const NAMES: &str = "fn of(n) { `shop-${n}` }\n";
const RECIPE: &str = "//! needs = [\"copy_profile\", \"list_groups\"]\nimport \"lib/names\" as names;\n\
                      print(list_groups().len() > 0);\nprint(copy_profile(1640, #{ name: names::of(1) }));\n";

/// A stranger's recipe, an app to write to, and a person with a state folder.
struct Setting {
    app: Simulator,
    folder: PathBuf,
    state: String,
}

impl Setting {
    fn new(recipe: &str) -> Self {
        let app = simulator(Config { record: true, ..Config::default() });
        let folder = state_folder();
        std::fs::create_dir_all(folder.join("lib")).unwrap();
        std::fs::write(folder.join("shop.rhai"), recipe).unwrap();
        std::fs::write(folder.join("lib/names.rhai"), NAMES).unwrap();
        Self { app, folder, state: state_folder().display().to_string() }
    }

    fn ixscript(&self, words: &str) -> Run {
        let url = ["--no-journal", "--color", "never", "--url", self.app.url()];
        let run = ixscript(url.into_iter().chain(words.split_whitespace()));
        run.folder(&self.folder).var("IXSCRIPT_STATE", &self.state)
    }

    /// What a person at a terminal sees who answers so.
    fn answered(&self, words: &str, answer: &str, expected: &Expect) {
        let output = self.ixscript(words).typed(answer).output().to_string();
        expected.assert_eq(&steady(&output));
    }

    /// Where the person's own recipes are.
    fn recipes(&self) -> String {
        crate::support::root().join("tests/it/recipes").display().to_string()
    }

    fn writes(&self) -> usize {
        let is_read = |action: &str| {
            ixscript::api::by_action(action).is_some_and(|row| row.effect == ixscript::api::Effect::Read)
        };
        self.app.requests().iter().filter(|(action, _)| !is_read(action)).count()
    }
}

/// Without the hash, which depends on every byte above.
fn steady(output: &str) -> String {
    regex_lite::Regex::new("[0-9a-f]{64}").unwrap().replace_all(output, "HASH").into_owned()
}

#[test]
fn a_person_is_asked_once_for_the_same_files() {
    let setting = Setting::new(RECIPE);
    setting.answered(
        "run shop.rhai",
        "n\n",
        &expect![[r#"
            -- stderr
            shop.rhai is no recipe of yours, and it writes. As its header declares, it may call:
              write: copy_profile
              read: list_groups
              imports: ./lib/names.rhai
            SHA-256 HASH
            may shop.rhai write? This is asked once for the same files. [y/N] error: shop.rhai was not run: nobody said that it may write
             = help: `-n` before the command shows what it would write, and sends nothing.
            -- status 2
        "#]],
    );
    assert_eq!(setting.app.requests(), []);
    setting.answered(
        "run shop.rhai",
        "y\n",
        &expect![[r#"
            -- stdout
            true
            1641
            -- stderr
            shop.rhai is no recipe of yours, and it writes. As its header declares, it may call:
              write: copy_profile
              read: list_groups
              imports: ./lib/names.rhai
            SHA-256 HASH
            may shop.rhai write? This is asked once for the same files. [y/N] (no line feed)
            -- status 0
        "#]],
    );
    // The answer is kept for these files, whatever they are called, and for no others.
    std::fs::rename(setting.folder.join("shop.rhai"), setting.folder.join("mine.rhai")).unwrap();
    setting.answered(
        "run mine.rhai",
        "",
        &expect![[r#"
            -- stdout
            true
            1642
            -- status 0
        "#]],
    );
    assert_eq!(setting.writes(), 2);
    std::fs::write(setting.folder.join("lib/names.rhai"), NAMES.replace("shop", "evil")).unwrap();
    let output = setting.ixscript("run mine.rhai").typed("").output();
    assert!(output.stderr.contains("may mine.rhai write?") && output.status == 2, "{output}");
    assert_eq!(setting.writes(), 2);
}

#[test]
fn where_nobody_can_answer_it_is_an_error_until_somebody_said_yes() {
    let setting = Setting::new(RECIPE);
    let output =
        setting.ixscript("run shop.rhai").output().to_string().replace(&setting.recipes(), "RECIPES");
    expect![[r#"
        -- stderr
        error: nobody is here to answer: may shop.rhai write?
         = note: write: copy_profile
         = note: read: list_groups
         = note: imports: ./lib/names.rhai
         = note: nobody is asked about recipes in RECIPES
         = help: Give the answer with --yes, or run this on a terminal.
        -- status 2
    "#]]
    .assert_eq(&output);
    assert_eq!(setting.app.requests(), []);
    let output = setting.ixscript("--yes run shop.rhai").output();
    assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{output}");
    assert_eq!(setting.ixscript("run shop.rhai").output().status, 0);
    assert_eq!(setting.writes(), 2);
}

#[test]
fn nobody_is_asked_where_nothing_can_happen() {
    let setting = Setting::new(RECIPE);
    for words in ["-n run shop.rhai", "--sim run shop.rhai", "check shop.rhai", "show shop.rhai"] {
        assert_eq!(setting.ixscript(words).output().status, 0, "{words}");
    }
    let reads = Setting::new("//! needs = [\"list_groups\"]\nprint(list_groups().len() > 0);");
    assert_eq!(reads.ixscript("run shop.rhai").output().status, 0);
    let undeclared = Setting::new("print(list_groups().len() > 0);");
    assert_eq!(undeclared.ixscript("run shop.rhai").output().status, 0);
    let denied = setting.ixscript("--deny write run shop.rhai").output();
    assert!(denied.stderr.contains("was denied for this run"), "{denied}");
    assert_eq!(setting.writes() + reads.writes() + undeclared.writes(), 0);
}

#[test]
fn ones_own_recipes_are_not_asked_about() {
    let setting = Setting::new(RECIPE);
    let folder = setting.folder.display().to_string();
    let own = |words: &str| setting.ixscript(words).var("IXSCRIPT_RECIPES", &folder).output();
    assert_eq!((own("run shop.rhai").status, own("run shop").status), (0, 0));
    // Those that come with the program, and the very same text in a file.
    let copy = include_str!("../../scripts/copy.rhai");
    std::fs::write(setting.folder.join("again.rhai"), copy).unwrap();
    for words in ["run copy --profile-id 1640", "run again.rhai --profile-id 1640"] {
        let output = setting.ixscript(words).output();
        assert_eq!(output.status, 0, "{output}");
    }
    std::fs::write(setting.folder.join("again.rhai"), format!("{copy}\n")).unwrap();
    assert_eq!(setting.ixscript("run again.rhai --profile-id 1640").output().status, 2);
    assert_eq!(setting.writes(), 4);
}

/// What only the run can tell may be a write.
#[test]
fn a_recipe_that_hides_its_writes_is_asked_about() {
    let setting = Setting::new(
        "let name = \"copy_\" + \"profile\";\nprint(list_groups().len() > 0);\nFn(name).call(1640);",
    );
    let output = setting.ixscript("run shop.rhai").output().to_string();
    expect![[r#"
        -- stderr
        error: nobody is here to answer: may shop.rhai write?
         = note: read: list_groups
         = note: what only the run can tell
         = note: nobody is asked about recipes in RECIPES
         = help: Give the answer with --yes, or run this on a terminal.
        -- status 2
    "#]]
    .assert_eq(&output.replace(&setting.recipes(), "RECIPES"));
    assert_eq!(setting.app.requests(), []);
    assert_eq!(setting.ixscript("--yes run shop.rhai").output().status, 0);
    assert_eq!(setting.writes(), 1);
}

/// Nothing in its text is a call of what it calls, so that nobody is asked; then it cannot call it.
#[test]
fn a_recipe_that_seems_to_read_is_held_to_it() {
    let setting =
        Setting::new("let name = \"copy_profile\";\nprint(list_groups().len() > 0);\n[1640].map(name);");
    let output = setting.ixscript("run shop.rhai").output().to_string();
    expect![[r#"
        -- stdout
        true
        -- stderr
        error: `copy_profile` is a write, and nothing in the recipe's text said that it writes
         --> shop.rhai:3:8
          |
        3 | [1640].map(name);
          |        ^^^
          |
          = note: nothing was sent
          = help: If you trust the recipe with it, allow it with --allow copy_profile before the command; the recipe's author can declare what it `needs`.
        -- status 1
    "#]]
    .assert_eq(&output);
    assert_eq!(setting.writes(), 0);
    // Nothing was shown that --yes could answer.
    assert_eq!(setting.ixscript("--yes run shop.rhai").output().to_string(), output);
    assert_eq!(setting.writes(), 0);
    assert_eq!(setting.ixscript("--allow copy_profile run shop.rhai").output().status, 0);
    assert_eq!(setting.writes(), 1);
}

/// A yes is for the functions that were shown, and so is the same answer in later runs, and `--yes`.
#[test]
fn yes_allows_exactly_the_functions_that_were_shown() {
    let setting = Setting::new(
        "let name = \"create_\" + \"group\";\nlet id = copy_profile(1640);\nprint(id);\n[#{ title: \"shops\", sort: 1 }].map(name);",
    );
    setting.answered("run shop.rhai", "y\n", &expect![[r#"
        -- stdout
        1641
        -- stderr
        shop.rhai is no recipe of yours, and it writes. As its text shows, it calls:
          write: copy_profile
        SHA-256 HASH
        may shop.rhai write? This is asked once for the same files. [y/N] error: the recipe may not call `create_group`: it was not among the functions shown when the recipe was allowed to write
         --> shop.rhai:4:32
          |
        4 | [#{ title: "shops", sort: 1 }].map(name);
          |                                ^^^
          |
          = note: nothing was sent
          = help: If you trust the recipe with it, allow it with --allow create_group before the
                  command; the recipe's author can declare what it `needs`.
        -- status 1
    "#]]);
    assert_eq!(setting.writes(), 1);
    for words in ["run shop.rhai", "--yes run shop.rhai"] {
        let output = setting.ixscript(words).output();
        assert!(output.status == 1 && output.stderr.contains("`create_group`"), "{output}");
    }
    assert_eq!(setting.writes(), 3);
    assert_eq!(setting.ixscript("--allow create_group run shop.rhai").output().status, 0);
    assert_eq!(setting.writes(), 5);
    // What reads was not shown either.
    let setting = Setting::new(
        "copy_profile(1640);\nlet name = \"list_\" + \"groups\";\nFn(\"copy_profile\");\n[#{}].map(name);",
    );
    assert_eq!(setting.ixscript("--yes run shop.rhai").output().status, 1);
    let sent: Vec<String> = setting.app.requests().into_iter().map(|(action, _)| action).collect();
    assert_eq!(sent, ["profile-copy"]);
}

#[test]
fn question_shows_functions_whose_names_are_put_together() {
    for (code, shown) in [
        ("[\"profile-delete\"].map(\"call_api\");", "what only the run can tell"),
        (
            "list_profiles().map(|p| p.profile_id).map(\"create_\" + \"transfer_code\");",
            "what only the run can tell",
        ),
        ("let what = \"copy\"; [1640].map(`${what}_profile`);", "what only the run can tell"),
        ("[[#{ profile_id: 1640 }]].map(\"copy_profiles\");", "write: copy_profile"),
        ("Fn(\"copy_profiles\").call([1640]);", "write: copy_profile"),
    ] {
        let setting = Setting::new(code);
        let output = setting.ixscript("run shop.rhai").output();
        assert!(
            output.status == 2 && output.stderr.contains(&format!("note: {shown}\n")),
            "{code}: {output}"
        );
        assert_eq!(setting.app.requests(), [], "{code}");
    }
    // A text that is looked for is no function.
    let setting =
        Setting::new("print([\"shop-1\"].index_of(\"shop-\" + 1)); print(list_groups().len() > 0);");
    assert_eq!(setting.ixscript("run shop.rhai").output().status, 0);
}

#[test]
fn standard_input_is_a_stranger_too() {
    let setting = Setting::new(RECIPE);
    let code = "copy_profile(1640)";
    for words in ["run -", "repl"] {
        let output = setting.ixscript(words).stdin(code).output();
        assert!(output.status == 2 && output.stderr.contains("may <stdin> write?"), "{output}");
    }
    assert_eq!(setting.writes(), 0);
    for words in ["repl --live", "eval -"] {
        assert_eq!(setting.ixscript(words).stdin(code).output().status, 0, "{words}");
    }
    assert_eq!(setting.writes(), 2);
}

/// Somebody changes an import while the question stands: what was looked through is what runs.
#[cfg(unix)]
#[test]
fn what_runs_is_what_was_asked_about() {
    use expectrl::{Eof, Expect as _, Session};
    let setting = Setting::new(RECIPE);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ixscript"));
    command.args(["--no-journal", "--url", setting.app.url(), "run", "shop.rhai"]);
    command.current_dir(&setting.folder).env("IXSCRIPT_STATE", &setting.state).env("NO_COLOR", "1");
    command.env("IXSCRIPT_CONFIG", crate::support::root().join("tests/it/empty.toml"));
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(60)));
    session.expect("may shop.rhai write?").unwrap();
    let swap = |path: &str, text: &str| std::fs::write(setting.folder.join(path), text).unwrap();
    swap("lib/names.rhai", "fn of(n) { delete_group(177); \"swapped\" }");
    swap("shop.rhai", "delete_group(177);");
    session.send_line("y").unwrap();
    session.expect(Eof).unwrap();
    let requests = setting.app.requests();
    let sent: Vec<&str> = requests.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(sent, ["group-list", "profile-copy"]);
    assert_eq!(requests[1].1["name"], "shop-1");
}
