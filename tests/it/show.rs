//! What `show` says of recipes: whole outputs.

use crate::support::ixscript;
use expect_test::expect;
use std::path::Path;

fn show(folder: &Path, flags: &[&str], recipe: &str) -> String {
    ixscript(flags.iter().copied().chain(["show", recipe])).folder(folder).output().to_string()
}

#[test]
fn a_recipe_is_shown_with_its_imports_and_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lib")).unwrap();
    std::fs::write(folder.path().join("lib/names.rhai"), "fn first() { list_profiles()[0].name }\n").unwrap();
    let recipe = "//! name = \"mine\"\n//! about = \"Shows names.\"\n//! [params]\n//! count = 3\n//! [params.key]\n//! default = \"hunter22\"\n//! secret = true\n//! [input]\n//! columns = [\"a\", \"b\"]\nimport \"lib/names\" as names;\nprint(names::first());\ndelete_profile(1);\n";
    std::fs::write(folder.path().join("mine.rhai"), recipe).unwrap();
    expect![[r#"
        -- stdout
        Recipe:  mine.rhai
        Name:    mine
        About:   Shows names.
        Calls:   delete_profile (destructive), list_profiles (read), as its code shows; its header declares nothing
        Input:   columns a, b
        Imports: ./lib/names.rhai
        SHA-256: 8b519983f7f070758ccc639d3ccab461893a7bd37de207dd64acbc062e202d8c

        Parameters:
          --count <int>   [default: 3]
          --key <string>  [default: hidden] [secret]
          --help          Print this page
        -- status 0
    "#]].assert_eq(&show(folder.path(), &[], "mine.rhai"));
    expect![[r#"
        -- stdout
        {
          "recipe": "mine.rhai",
          "name": "mine",
          "about": "Shows names.",
          "version": null,
          "params": [
            {
              "name": "count",
              "type": "int",
              "required": false,
              "default": 3,
              "allowed": [],
              "min": null,
              "max": null,
              "pattern": null,
              "secret": false,
              "about": null
            },
            {
              "name": "key",
              "type": "string",
              "required": false,
              "default": "***",
              "allowed": [],
              "min": null,
              "max": null,
              "pattern": null,
              "secret": true,
              "about": null
            }
          ],
          "input": {
            "columns": [
              "a",
              "b"
            ],
            "optional": [],
            "required": true
          },
          "output": {
            "columns": [],
            "secrets": false
          },
          "needs_destructive": true,
          "needs": [
            {
              "function": "delete_profile",
              "effect": "destructive"
            },
            {
              "function": "list_profiles",
              "effect": "read"
            }
          ],
          "needs_from": "code",
          "calls_any_action": false,
          "examples": [],
          "imports": [
            "./lib/names.rhai"
          ],
          "sha256": "8b519983f7f070758ccc639d3ccab461893a7bd37de207dd64acbc062e202d8c",
          "problems": []
        }
        -- status 0
    "#]]
    .assert_eq(&show(folder.path(), &["--format", "json"], "mine.rhai"));
}

#[test]
fn what_does_not_parse_is_shown_as_far_as_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.rhai"), "//! about = \"Breaks.\"\n//! needs = []\nlet = 1;\n")
        .unwrap();
    std::fs::write(folder.path().join("lost.rhai"), "import \"gone\" as gone;\ncall_api(\"new-action\");\n")
        .unwrap();
    expect![[r#"
        -- stdout
        Recipe:  broken.rhai
        About:   Breaks.
        Calls:   nothing, as its header declares
        Imports: none
        SHA-256: 8687b4f2eb81fc7eba6149cf89d6b18001a2e52b84c08b1c26a9e945f0cd7d90
        State:   1 problem below; what stands behind them is not known here

        The recipe declares no parameters; it is given any `--name value`.
        -- stderr
        error: the name of a variable is missing
         --> broken.rhai:3:5
          |
        3 | let = 1;
          |     ^
        -- status 0
    "#]]
    .assert_eq(&show(folder.path(), &[], "broken.rhai"));
    expect![[r#"
        -- stdout
        Recipe:  lost.rhai
        Calls:   what only the run can tell, what the problems below hide, as its code shows; its header declares nothing
        Imports: none
        SHA-256: ebdeddae732cf5474bd94531f99b206433a8718a6021fb3b00fa61ad03f0718e
        State:   1 problem below; what stands behind them is not known here

        The recipe declares no parameters; it is given any `--name value`.
        -- stderr
        error: there is no file `gone.rhai` to import
         --> lost.rhai:1:8
          |
        1 | import "gone" as gone;
          |        ^^^^^^
        -- status 0
    "#]]
    .assert_eq(&show(folder.path(), &[], "lost.rhai"));
    expect![[r#"
        -- stderr
        error: there is no recipe `cpoy`, did you mean `copy`?
         = help: `ixscript list` shows the recipes there are; a path works too.
        -- status 2
    "#]]
    .assert_eq(&show(folder.path(), &[], "cpoy"));
}

#[test]
fn a_recipe_that_comes_with_the_program_is_shown_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let shown = show(folder.path(), &[], "copy");
    assert!(shown.starts_with("-- stdout\nRecipe:  copy.rhai (built in)\nName:    copy\n"), "{shown}");
    let here = ixscript(["show", "copy"]).output().to_string();
    let hash = |shown: &str| shown.lines().find(|line| line.starts_with("SHA-256:")).map(str::to_owned);
    assert_eq!(hash(&shown), hash(&here));
}

#[test]
fn imports_start_from_the_recipe_s_folder_however_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("mine/lib")).unwrap();
    std::fs::write(folder.path().join("mine/lib/a.rhai"), "fn first() { 5 }").unwrap();
    std::fs::write(folder.path().join("mine/x.rhai"), "import \"lib/a\" as a;\nprint(a::first());").unwrap();
    for path in ["mine/x.rhai", "./mine/x.rhai"] {
        let output = ixscript(["run", path]).folder(folder.path()).output();
        assert_eq!((output.stdout.as_str(), output.status), ("5\n", 0), "{output}");
    }
}

#[test]
fn a_path_that_is_put_together_is_refused_in_imports_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.rhai"), "let b = \"b\";\nimport b as b;").unwrap();
    std::fs::write(folder.path().join("b.rhai"), "fn first() { 5 }").unwrap();
    std::fs::write(folder.path().join("x.rhai"), "import \"a\" as a;").unwrap();
    expect![[r#"
        -- stderr
        error: imports need a literal path, so that they can be checked
         --> a.rhai:2:1
          |
        2 | import b as b;
          | ^^^^^^
        -- status 2
    "#]]
    .assert_eq(&ixscript(["run", "x.rhai"]).folder(folder.path()).output().to_string());
}
