//! Every recipe in `scripts/` is run against a seeded simulator.

use crate::support::{Output, ixscript, root, without_folder};
use expect_test::expect;

pub(crate) fn run(flags: &str, words: &[&str]) -> Output {
    ixscript(flags.split_whitespace().chain(["run"]).chain(words.iter().copied())).output()
}

/// The recipes of the project, without their tests.
fn recipes() -> Vec<String> {
    let files = std::fs::read_dir(root().join("scripts")).unwrap();
    let names = files.map(|entry| format!("scripts/{}", entry.unwrap().file_name().to_str().unwrap()));
    let mut recipes: Vec<String> = names.filter(|name| !name.ends_with(".test.rhai")).collect();
    recipes.sort();
    recipes
}

#[test]
fn every_recipe_checks_and_has_a_help_page() {
    let recipes = recipes();
    assert_eq!(
        recipes,
        [
            "scripts/assign_proxies.rhai",
            "scripts/audit_duplicates.rhai",
            "scripts/clean_up.rhai",
            "scripts/clone_into_group.rhai",
            "scripts/copy.rhai",
            "scripts/copy_many.rhai",
            "scripts/copy_table.rhai",
            "scripts/create_with_proxies.rhai",
            "scripts/export_profiles.rhai",
            "scripts/hand_over.rhai",
            "scripts/import_many.rhai",
            "scripts/import_one.rhai",
            "scripts/import_table.rhai",
            "scripts/import_with_proxies.rhai",
            "scripts/move_by_tag.rhai",
            "scripts/open_and_close.rhai",
            "scripts/retry_imports.rhai",
            "scripts/rotate_proxies.rhai",
            "scripts/tour.rhai"
        ]
    );
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for recipe in &recipes {
        let checked = ixscript(["check", recipe]).output();
        assert_eq!((checked.status, checked.stderr), (0, format!("{recipe}: ok\n")));
        let help = run("", &[recipe, "--help"]);
        assert_eq!((help.status, help.stderr.as_str()), (0, ""));
        assert!(help.stdout.contains("\nExamples:\n"), "{}", help.stdout);
        let test = root().join(recipe).with_extension("test.rhai");
        assert!(test.is_file(), "{recipe} has no test beside it");
        let name = recipe.trim_start_matches("scripts/").trim_end_matches(".rhai");
        assert!(readme.contains(&format!("| [`{name}`]({recipe}) |")), "README.md does not list {name}");
    }
}

#[test]
fn tour() {
    expect![[r#"
        -- stdout
        copied 1640 as profile 1641, named shop-01
        copied 1640 as profile 1642, named shop-02
        copied 1640 as profile 1643, named shop-03
        imported profile 1644
        importing it again: `import_profile`: The transfer code is wrong (code 110002)
        group 177 now has 5 profiles
        -- status 0
    "#]]
    .assert_eq(&run("--sim", &["scripts/tour.rhai"]).to_string());
}

#[test]
fn copy_one() {
    let options = ["--profile-id", "1640", "--name", "shop-2", "--group", "Shops", "--site", "shopify.com"];
    let words: Vec<&str> = ["scripts/copy.rhai"].into_iter().chain(options).collect();
    expect![[r#"
        -- stdout
        1641
        -- status 0
    "#]]
    .assert_eq(&run("--sim", &words).to_string());
    expect![[r#"
        -- stderr
        error: `copy_profile`: Profile does not exist (code 2007)
          --> scripts/copy.rhai:48:7
           |
        48 | print(copy_profile(param("profile_id"), options));
           |       ^^^^^^^^^^^^
           |
           = note: nothing was done
           = help: There is no profile with this number; `list_profiles()` shows those that exist.
        -- status 1
    "#]]
    .assert_eq(&run("--sim", &["scripts/copy.rhai", "--profile-id", "404"]).to_string());
}

#[test]
fn copy_many_into_a_group_that_is_made() {
    let words = ["scripts/copy_many.rhai", "--profile-id=1640", "--count=3", "--group=Shops"];
    expect![[r#"
        -- stdout
        1641 shop-001
        1642 shop-002
        1643 shop-003
        -- stderr
        3 copied, 0 were there already
        -- status 0
    "#]]
    .assert_eq(&run("--sim", &words).to_string());
}

#[test]
fn copy_many_makes_only_what_is_missing() {
    let words = ["scripts/copy_many.rhai", "--profile-id=1640", "--count=3", "--group=Facebook1"];
    let simulator = crate::support::simulator(Default::default());
    let url = format!("{}/api/v2/", simulator.url());
    let first = ixscript(["--url", &url, "run"].into_iter().chain(words)).output();
    let second = ixscript(["--url", &url, "run"].into_iter().chain(words)).output();
    assert_eq!(first.stdout.lines().count(), 3, "{first}");
    expect![[r#"
        -- stderr
        shop-001 is there already: profile 1641
        shop-002 is there already: profile 1642
        shop-003 is there already: profile 1643
        0 copied, 3 were there already
        -- status 0
    "#]]
    .assert_eq(&second.to_string());
}

#[test]
fn import_one_with_a_proxy() {
    let code = ["scripts/import_one.rhai", "--transfer-code", "76686828-89727101"];
    let with = |proxy: &'static str| [code.as_slice(), &["--proxy", proxy]].concat();
    expect![[r#"
        -- stdout
        1641
        -- stderr
        warning: `--transfer-code` and `--proxy` on the command line can be seen by others who use this computer
         = help: Put it into a file and give --transfer-code @FILE, or see `--help` after the recipe.
        > import_profile {"proxy_config":{"proxy_ip":"10.0.0.1","proxy_mode":2,"proxy_password":"***","proxy_port":"8080","proxy_type":"http","proxy_user":"***","enable_bypass":"0","bypass_list":""},"transfer_code":"***"}
        < import_profile: done
        -- status 0
    "#]].assert_eq(&run("-v --sim", &with("10.0.0.1:8080:somebody:hunter22")).to_string());
    expect![[r#"
        -- stderr
        warning: `--transfer-code` and `--proxy` on the command line can be seen by others who use this computer
         = help: Put it into a file and give --transfer-code @FILE, or see `--help` after the recipe.
        error: the proxy has no port; write host:port, host:port:user:password or http://user:password@host:port
        -- status 2
    "#]].assert_eq(&run("--sim", &with("hunter22@10.0.0.1")).to_string());
}

#[test]
fn import_a_list_of_which_one_fails() {
    let words = ["scripts/import_many.rhai", "--codes", "76686828-89727101,00000000-00000000"];
    expect![[r#"
        -- stdout
        code 1: profile 1641
        -- stderr
        warning: `--codes` on the command line can be seen by others who use this computer
         = help: Put it into a file and give --codes @FILE, or see `--help` after the recipe.
        error: code 2: `import_profile`: The transfer code is wrong (code 110002)
        1 of 2 imported
        1 of 2 items done, 1 failed; 1 write in ...
        first failure: `import_profile`: The transfer code is wrong (code 110002)
        -- status 3
    "#]]
    .assert_eq(&run("--sim", &words).to_string());
}

#[test]
fn hand_over() {
    let words = ["scripts/hand_over.rhai", "--profile-ids", "1441", "--password", "123456"];
    // Codes for other accounts only, as the vendor's error 110003 suggests.
    expect![[r#"
        -- stdout
        profile 1441: log in to the account that receives it and import this code: 64678314-33330501
        -- stderr
        warning: `--password` on the command line can be seen by others who use this computer
         = help: Put it into a file and give --password @FILE, or see `--help` after the recipe.
        0 imported, 1 with a code to import, 0 failed
        2 of 2 items done; 1 write in ...
        -- status 0
    "#]]
    .assert_eq(&run("--sim", &words).to_string());
    expect![[r#"
        -- stdout
        profile 1441 was handed over as profile 1641
        -- stderr
        warning: `--password` on the command line can be seen by others who use this computer
         = help: Put it into a file and give --password @FILE, or see `--help` after the recipe.
        1 imported, 0 with a code to import, 0 failed
        2 of 2 items done; 2 writes in ...
        -- status 0
    "#]]
    .assert_eq(&run("--sim=own-codes", &words).to_string());
    let wrong = ["scripts/hand_over.rhai", "--profile-ids", "1441", "--password", "wrong-password"];
    expect![[r#"
        -- stderr
        warning: `--password` on the command line can be seen by others who use this computer
         = help: Put it into a file and give --password @FILE, or see `--help` after the recipe.
        error: profile 1441: `create_transfer_code`: Wrong Password (code 1013)
        0 imported, 0 with a code to import, 1 failed
        0 of 1 item done, 1 failed; 0 writes in ...
        first failure: `create_transfer_code`: Wrong Password (code 1013) at scripts/hand_over.rhai:55:32
        -- status 3
    "#]]
    .assert_eq(&run("--sim", &wrong).to_string());
}

#[test]
fn a_dry_run_of_every_recipe_sends_no_write() {
    let simulator = crate::support::simulator(ixscript::sim::Config { record: true, ..Default::default() });
    let folder = tempfile::tempdir().unwrap();
    let table = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let profiles = table("profiles.csv", "profile_id,name,group\n1640,a,New\n");
    let codes = table(
        "codes.csv",
        "transfer_code,proxy_type,proxy_ip,proxy_port,proxy_user,proxy_password,new_profile_id,outcome\n\
         76686828-89727101,direct,,,,,,refused\n",
    );
    let only_codes = table("only-codes.csv", "transfer_code\n76686828-89727101\n");
    let made = table("made.csv", "profile_id,new_profile_id\n1640,1441\n");
    let assigned = table("assigned.csv", "profile_id,proxy\n1640,10.0.0.1:80\n");
    let (profiles, codes, only_codes) = (Some(&*profiles), Some(&*codes), Some(&*only_codes));
    let (made, assigned) = (Some(made.as_str()), Some(assigned.as_str()));
    let proxies = "10.0.0.1:80,10.0.0.2:80:user:password";
    let runs: [(Option<&str>, &[&str]); 19] = [
        (assigned, &["assign_proxies"]),
        (None, &["audit_duplicates"]),
        (made, &["clean_up", "--confirm"]),
        (profiles, &["clone_into_group"]),
        (None, &["copy", "--profile-id", "1640"]),
        (None, &["copy_many", "--profile-id", "1640", "--count", "3", "--group", "New"]),
        (profiles, &["copy_table"]),
        (None, &["create_with_proxies", "--proxies", proxies]),
        (None, &["export_profiles"]),
        (None, &["hand_over", "--profile-ids", "1441", "--password", "123456"]),
        (None, &["import_many", "--codes", "76686828-89727101,00000000-00000000"]),
        (None, &["import_one", "--transfer-code", "76686828-89727101"]),
        (codes, &["import_table"]),
        (only_codes, &["import_with_proxies", "--proxies", proxies]),
        (None, &["move_by_tag", "--tag", "test", "--group", "New", "--create"]),
        (None, &["open_and_close", "--group", "Shops"]),
        (codes, &["retry_imports"]),
        (None, &["rotate_proxies", "--group", "Shops", "--proxies", proxies]),
        (None, &["tour"]),
    ];
    let named: Vec<String> = runs.iter().map(|(_, words)| format!("scripts/{}.rhai", words[0])).collect();
    assert_eq!(named, recipes());
    for ((table, words), file) in runs.iter().zip(&named) {
        let flags = ["-n", "--url", simulator.url()];
        let table = table.iter().flat_map(|table| ["--input", *table]);
        let output =
            ixscript(flags.into_iter().chain(table).chain(["run", file]).chain(words[1..].iter().copied()))
                .output();
        assert_eq!(output.status, 0, "{file}\n{output}");
        assert!(output.stderr.contains(" planned, none was sent"), "{output}");
    }
    for (action, body) in simulator.requests() {
        let row = ixscript::api::by_action(&action).unwrap();
        assert_eq!(row.effect, ixscript::api::Effect::Read, "{action} {body}");
    }
}

#[test]
fn copies_and_imports_from_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let run = |table: &str, words: &[&str]| {
        let path = folder.path().join("table.csv");
        std::fs::write(&path, table).unwrap();
        ixscript(["--sim", "--input", path.to_str().unwrap(), "run"].iter().chain(words)).output().to_string()
    };
    // One at a time, so that the numbers stand in the order of the rows.
    let copies = "profile_id,name\n1640,shop-1\n404,shop-2\n1441,shop-3\n";
    expect![[r#"
        -- stdout
        1641 shop-1
        1642 shop-3
        -- stderr
        error: row 2 (shop-2): `copy_profile`: Profile does not exist (code 2007)
        2 copied, 0 were there already, 1 failed
        2 of 3 items done, 1 failed; 2 writes in ...
        first failure: `copy_profile`: Profile does not exist (code 2007)
        -- status 3
    "#]]
    .assert_eq(&run(copies, &["-j", "1", "scripts/copy_table.rhai", "--group", "Shops"]));
    let written = folder.path().join("copies.csv");
    let output = ["-j", "1", "--output", written.to_str().unwrap(), "scripts/copy_table.rhai"];
    run(copies, &output);
    let table = std::fs::read_to_string(&written).unwrap();
    expect![[r#"
        profile_id,name,new_profile_id,error
        1640,shop-1,1641,
        404,shop-2,,`copy_profile`: Profile does not exist (code 2007)
        1441,shop-3,1642,
    "#]]
    .assert_eq(&table);
    let again = without_folder(&run(copies, &output), folder.path());
    expect![[r#"
        -- stderr
        error: --output: FOLDER/copies.csv cannot be made: it is there already
         = help: Name a file that is not there yet, in a folder that is.
        -- status 2
    "#]]
    .assert_eq(&again);
    let codes = "transfer_code;proxy_type;proxy_ip;proxy_port;proxy_user;proxy_password\n\
                 76686828-89727101;http;10.0.0.1;8080;;\n12345678-12345678;direct;;;;\n";
    expect![[r#"
        -- stdout
        row 1: profile 1641
        -- stderr
        error: row 2: `import_profile`: The transfer code is wrong (code 110002)
        1 of 2 imported
        1 of 2 items done, 1 failed; 1 write in ...
        first failure: `import_profile`: The transfer code is wrong (code 110002)
        -- status 3
    "#]]
    .assert_eq(&run(codes, &["-j", "1", "scripts/import_table.rhai"]));
}

#[test]
fn a_recipe_says_which_table_it_needs() {
    expect![[r#"
        -- stderr
        error: this recipe needs a table
         = help: Give one before the recipe, --input FILE. Its columns: any of new_profile_id, profile_id, action.
        -- status 2
    "#]].assert_eq(&run("--sim", &["clean_up"]).to_string());
    expect![[r#"
        -- stderr
        error: this recipe needs a table
         = help: Give one before the recipe, --input FILE. Its columns: transfer_code; it may also have group, proxy, proxy_type, proxy_ip, proxy_port, proxy_user, proxy_password.
        -- status 2
    "#]].assert_eq(&run("--sim", &["import_table"]).to_string());
}

#[test]
fn profiles_are_printed_or_written_with_the_columns_in_their_order() {
    let words = ["scripts/export_profiles.rhai", "--group", "Shops", "--columns", "name,profile_id,note"];
    expect![[r#"
        -- stdout
        name      profile_id  note
        template  1640
        -- stderr
        profiles: 1
        -- status 0
    "#]]
    .assert_eq(&run("--sim", &words).to_string());
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("profiles.csv");
    let flags = format!("--sim --output {}", table.display());
    expect![[r#"
        -- stderr
        profiles: 1
        -- status 0
    "#]]
    .assert_eq(&run(&flags, &words).to_string());
    expect![[r#"
        name,profile_id,note
        template,1640,
    "#]]
    .assert_eq(&std::fs::read_to_string(&table).unwrap());
}

#[test]
fn recipes_that_come_with_the_program_run_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| ixscript(words).folder(folder.path()).output().to_string();
    expect![[r#"
        -- stdout
        1641
        -- status 0
    "#]]
    .assert_eq(&run(&["--sim", "run", "copy", "--profile-id", "1640"]));
    expect![[r#"
        -- stderr
        error: `copy_profile`: Profile does not exist (code 2007)
          --> copy.rhai (built in):48:7
           |
        48 | print(copy_profile(param("profile_id"), options));
           |       ^^^^^^^^^^^^
           |
           = note: nothing was done
           = help: There is no profile with this number; `list_profiles()` shows those that exist.
        -- status 1
    "#]]
    .assert_eq(&run(&["--sim", "run", "copy", "--profile-id", "404"]));
    expect![[r#"
        -- stderr
        error: there is no recipe `cpoy`, did you mean `copy`?
         = help: `ixscript list` shows the recipes there are; a path works too.
        -- status 2
    "#]]
    .assert_eq(&run(&["run", "cpoy"]));
    expect![[r#"
        -- stdout
        recipe               about
        -----------------------------------------------------------------------------------------------------------------------------
        assign_proxies       Gives profiles the proxies that a table says, a row for each, several at once.
        audit_duplicates     Finds profiles that share a name, and changes nothing.
        clean_up             Lists the profiles that an earlier run made, by its table, and deletes them with --confirm.
        clone_into_group     Copies profiles into groups, several at once, and makes only the groups and copies that are missing.
        copy                 Copies one profile and prints the number of the new one.
        copy_many            Copies one profile many times into a group, with numbered names.
        copy_table           Copies profiles as a table says, a row per copy, several at once, and only those that are missing.
        create_with_proxies  Makes a profile for each proxy of a list, several at once, and only those that are missing.
        export_profiles      Prints profiles as a table, or writes them to that of --output. Passwords are left out.
        hand_over            Makes the transfer codes of profiles and imports them, or prints them for the account that will.
        import_many          Imports a list of transfer codes, several at once, and says which of them failed.
        import_one           Imports one profile by its transfer code, with a proxy of its own.
        import_table         Imports transfer codes as a table says, each with the group and proxy of its row, several at once.
        import_with_proxies  Imports transfer codes and gives each the proxy of the same place in a list, several at once.
        move_by_tag          Moves all profiles with a tag to a group.
        open_and_close       Opens the profiles of a group for a while, several at once, and says which do not open.
        retry_imports        Imports again what failed: takes the --output table of import_many, import_table or import_with_proxies.
        rotate_proxies       Gives the profiles of a group other proxies, one after the other from a list, several at once.
        tour                 Shows the host at work: copies a profile, imports another, and survives an error.
        -- status 0
    "#]].assert_eq(&run(&["list"]));
    // One of the same name in the folder of scripts goes first.
    std::fs::create_dir(folder.path().join("scripts")).unwrap();
    std::fs::write(folder.path().join("scripts/copy.rhai"), "//! about = \"Mine.\"\nprint(\"mine\");")
        .unwrap();
    expect![[r#"
        -- stdout
        mine
        -- status 0
    "#]]
    .assert_eq(&run(&["run", "copy"]));
    assert!(run(&["list"]).contains("Mine."));
}

#[test]
fn a_new_recipe_checks_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| ixscript(words).folder(folder.path()).output().to_string();
    expect![[r#"
        -- stderr
        wrote mine.rhai; try it: ixscript --sim run mine.rhai --profile-id 1640
        -- status 0
    "#]]
    .assert_eq(&run(&["new", "mine"]));
    expect![[r#"
        -- stderr
        error: mine.rhai cannot be made: it is there already
        -- status 2
    "#]]
    .assert_eq(&run(&["new", "mine.rhai"]));
    assert!(run(&["check", "mine.rhai"]).contains("mine.rhai: ok"));
    expect![[r#"
        -- stdout
        profile 1641
        profile 1642
        -- status 0
    "#]]
    .assert_eq(&run(&["--sim", "run", "mine.rhai", "--profile-id", "1640"]));
    let text = std::fs::read_to_string(folder.path().join("mine.rhai")).unwrap();
    assert!(text.starts_with("//! name = \"mine\"\n") && !text.contains("NAME"));
}

#[test]
fn the_header_in_the_help_of_new_is_one_with_every_key() {
    let help = ixscript(["new", "--help"]).output().stdout;
    let lines = help.lines().filter_map(|line| line.trim_start().strip_prefix("//!"));
    let header: String = lines.map(|line| format!("//!{line}\n")).collect();
    let checked =
        ixscript(["check", "-"]).stdin(format!("{header}copy_profile(param(\"profile_id\"));")).output();
    assert_eq!((checked.stderr.as_str(), checked.status), ("-: ok\n", 0));
    let wrong = ["a = 1", "params.a.b = 1", "input.a = 1", "output.a = 1"];
    for key in wrong.map(|line| ixscript(["check", "-"]).stdin(format!("//! {line}")).output().stderr) {
        let (_, keys) = key.split_once("The keys here are ").unwrap();
        for name in keys.split('`').skip(1).step_by(2) {
            let words = [format!("{name} = "), format!("[{name}"), format!("and {name},")];
            assert!(words.iter().any(|words| help.contains(words)), "`{name}` is not in the help");
        }
    }
}

#[test]
fn a_new_recipe_goes_where_it_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| ixscript(words).folder(folder.path()).output().to_string();
    expect![[r#"
        -- stderr
        wrote sub/my copy.rhai; try it: ixscript --sim run "sub/my copy.rhai" --profile-id 1640
        -- status 0
    "#]]
    .assert_eq(&run(&["new", "sub/my copy"]));
    let text = std::fs::read_to_string(folder.path().join("sub/my copy.rhai")).unwrap();
    assert!(text.contains("ixscript --sim run \"sub/my copy.rhai\" --profile-id 1640\n"), "{text}");
    expect![[r#"
        -- stderr
        error: a.test.rhai would be a test, and no recipe
         = help: `ixscript new a` writes a recipe; its test is a file of this name beside it.
        -- status 2
    "#]]
    .assert_eq(&run(&["new", "a.test"]));
    assert!(!folder.path().join("a.test.rhai").exists());
}

#[test]
fn what_is_no_recipe_says_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scripts")).unwrap();
    std::fs::write(folder.path().join("scripts/mine.rhai"), "//! about = \"Mine.\"\n1").unwrap();
    let run = |words: &[&str]| ixscript(words).folder(folder.path()).output().to_string();
    expect![[r#"
        -- stderr
        error: . is a folder, and no recipe
         = help: `ixscript list .` shows the recipes in this folder.
        -- status 2
    "#]]
    .assert_eq(&run(&["run", "."]));
    expect![[r#"
        -- stderr
        error: the recipe has no name
         = help: `ixscript list` shows the recipes there are.
        -- status 2
    "#]]
    .assert_eq(&run(&["run", ""]));
    expect![[r#"
        -- stderr
        error: mine.rhai cannot be read: there is no such file
         = help: Did you mean scripts/mine.rhai?
        -- status 2
    "#]]
    .assert_eq(&run(&["run", "mine.rhai"]));
    expect![[r#"
        -- stderr
        error: copy.rhai cannot be read: there is no such file
         = help: Did you mean `copy`, which runs by this name alone?
        -- status 2
    "#]]
    .assert_eq(&run(&["run", "copy.rhai"]));
    expect![[r#"
        -- stderr
        error: there is no folder nope
         = help: `ixscript list` without a folder shows what runs by name; `ixscript show NAME` shows one recipe.
        -- status 2
    "#]].assert_eq(&run(&["list", "nope"]));
    let listed = run(&["--format", "csv", "list", "scripts/mine.rhai"]);
    assert!(listed.starts_with("-- stdout\nrecipe,about\nscripts/mine.rhai,Mine.\n"), "{listed}");
}

#[test]
fn a_value_is_printed_where_it_is_asked_for_and_something() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        |words: &[&str], code: &str| ixscript(words).folder(folder.path()).stdin(code).output().to_string();
    let json = ["--format", "json", "run", "-"];
    assert_eq!(run(&json, "print(1);"), "-- stdout\n1\n-- status 0\n");
    assert_eq!(run(&json, "#{ a: 1 }"), "-- stdout\n{\n  \"a\": 1\n}\n-- status 0\n");
    assert_eq!(run(&["--format", "json", "eval", "()"], ""), "-- stdout\nnull\n-- status 0\n");
    // Parameters from a file are there in a line of script, too.
    std::fs::write(folder.path().join("p.toml"), "profile-id = 3\n").unwrap();
    let eval = ["--params", "p.toml", "eval", "param(\"profile_id\") + 1"];
    assert_eq!(run(&eval, ""), "-- stdout\n4\n-- status 0\n");
}

#[test]
fn no_part_of_a_proxy_is_shown_when_it_is_not_understood() {
    let folder = tempfile::tempdir().unwrap();
    for proxy in [
        "bob:hunter2@203.0.113.9:8080:https://api.example.net/rotate",
        "bob:hunter2@203.0.113.9:8080[https://api.example.net/rotate]",
        "hunter2://bob:hunter2@203.0.113.9:8080",
        "bob:hunter2@203.0.113.9:80800",
        "203.0.113.9:8080:bob:hunter2 # mobile",
        "bob:hunter2:proxy:8080",
    ] {
        std::fs::write(folder.path().join("proxies.txt"), format!("{proxy}\n")).unwrap();
        let recipe = root().join("scripts/create_with_proxies.rhai");
        let words = ["--sim", "-v", "run", recipe.to_str().unwrap(), "--proxies", "@proxies.txt"];
        let code = format!("parse_proxy(\"{proxy}\")");
        let unknown = format!("parse_proxy(\"{proxy}\"); nothing()");
        for output in [
            ixscript(words).folder(folder.path()).output(),
            ixscript(["--sim", "-v", "eval", &code]).output(),
            ixscript(["--sim", "-v", "eval", &unknown]).output(),
        ] {
            assert_ne!(output.status, 0, "{output}");
            for part in ["hunter2", "bob", "203.0.113.9", "rotate"] {
                assert!(!output.to_string().contains(part), "{part} of {proxy}: {output}");
            }
        }
    }
}
