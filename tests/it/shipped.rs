//! What recipes bring along: their tests, their help, and where they are found by name.

use crate::recipes::run;
use crate::support::{Output, ixscript};
use expect_test::expect;

#[test]
fn every_test_beside_a_recipe_passes() {
    expect![[r#"
        -- stdout
        scripts/assign_proxies.test.rhai
          ok    test_each_profile_gets_its_proxy
          ok    test_nothing_is_changed_when_a_row_is_wrong

        scripts/audit_duplicates.test.rhai
          ok    test_finds_names_that_are_shared
          ok    test_looks_into_one_group_and_can_be_strict

        scripts/clean_up.test.rhai
          ok    test_only_lists_without_confirm
          ok    test_deletes_what_an_earlier_run_made
          ok    test_deletes_nothing_that_is_not_allowed
          ok    test_a_table_that_no_run_made_is_refused
          ok    test_takes_what_runs_created_prints
          ok    test_a_rehearsal_lists_what_would_be_deleted

        scripts/clone_into_group.test.rhai
          ok    test_copies_into_a_group_that_is_made
          ok    test_goes_by_a_table
          ok    test_a_wrong_row_is_told_before_anything_is_made
          ok    test_a_second_run_makes_only_what_is_missing
          ok    test_wants_a_table_or_a_profile

        scripts/copy.test.rhai
          ok    test_prints_the_number_of_the_copy
          ok    test_says_when_there_is_no_such_profile
          ok    test_takes_only_what_it_declares

        scripts/copy_many.test.rhai
          ok    test_makes_the_group_and_numbers_the_names
          ok    test_makes_only_what_is_missing
          ok    test_a_rehearsal_changes_nothing

        scripts/copy_table.test.rhai
          ok    test_copies_each_row_and_tells_of_each
          ok    test_a_second_run_makes_only_what_is_missing
          ok    test_needs_its_columns
          ok    test_a_column_of_proxies_is_refused

        scripts/create_with_proxies.test.rhai
          ok    test_makes_a_profile_for_each_proxy
          ok    test_a_second_run_makes_only_what_is_missing
          ok    test_a_wrong_proxy_is_found_before_anything_is_made

        scripts/export_profiles.test.rhai
          ok    test_writes_the_columns_that_are_asked_for
          ok    test_passwords_are_no_column

        scripts/hand_over.test.rhai
          ok    test_imports_what_it_handed_over
          ok    test_takes_a_list_and_reports
          ok    test_only_makes_codes_on_request
          ok    test_says_when_the_password_is_wrong

        scripts/import_many.test.rhai
          ok    test_says_which_codes_failed
          ok    test_its_table_can_be_tried_again

        scripts/import_one.test.rhai
          ok    test_imports_with_a_proxy
          ok    test_a_wrong_proxy_or_group_is_found_first

        scripts/import_table.test.rhai
          ok    test_tells_what_became_of_each_row
          ok    test_only_the_code_is_needed
          ok    test_each_row_has_its_group_and_proxy
          ok    test_a_wrong_row_is_told_before_anything_is_imported
          ok    test_a_proxy_without_a_type_is_http
          ok    test_an_empty_type_is_http
          ok    test_the_type_of_a_row_is_that_of_its_proxy
          ok    test_a_proxy_that_is_not_whole_is_told
          ok    test_a_proxy_that_is_given_in_two_ways_is_told
          ok    test_a_misspelled_column_is_refused_before_anything_is_imported
          ok    test_any_other_column_is_told_of

        scripts/import_with_proxies.test.rhai
          ok    test_each_code_gets_its_proxy
          ok    test_takes_codes_from_a_table
          ok    test_too_few_proxies_are_shared_only_on_request
          ok    test_a_wrong_proxy_is_told_by_its_place

        scripts/move_by_tag.test.rhai
          ok    test_moves_what_has_the_tag
          ok    test_more_than_a_hundred_are_moved
          ok    test_tag_and_group_must_be_there

        scripts/open_and_close.test.rhai
          ok    test_says_which_do_not_open
          ok    test_opens_a_group
          ok    test_a_rehearsal_does_not_wait

        scripts/retry_imports.test.rhai
          ok    test_imports_only_what_certainly_failed
          ok    test_what_is_in_doubt_now_is_written_as_such
          ok    test_what_is_in_doubt_is_imported_on_request
          ok    test_a_proxy_without_a_type_is_http
          ok    test_a_misspelled_column_is_refused

        scripts/rotate_proxies.test.rhai
          ok    test_profiles_get_the_proxies_in_turn
          ok    test_the_group_must_be_there

        scripts/tour.test.rhai
          ok    test_shows_the_host_at_work

        67 tests: 67 passed, 0 failed
        -- status 0
    "#]]
    .assert_eq(&ixscript(["test", "scripts"]).output().to_string());
}

#[test]
fn the_help_of_a_recipe_reads_like_that_of_a_tool() {
    let recipe = "scripts/clone_into_group.rhai";
    expect![[r#"
        -- stdout
        clone_into_group 1.0.0
        Copies profiles into groups, several at once, and makes only the groups and copies that are missing.

        Usage: ixscript run scripts/clone_into_group.rhai [PARAMETERS]

        Parameters:
          --profile-id <int>  the profile to copy [at least 1]
          --group <string>    title of the group
          --count <int>       how many copies there are to be; 1 if it is left out [from 1 to 10000]
          --name <string>     what the names begin with: clone-001, clone-002, ... if it is left out
          --help              Print this page

        Each may also come from the environment (as IXSCRIPT_PARAM_PROFILE_ID) or from a file (--params FILE
        before `run`).

        Input columns: profile_id, group, name (--input FILE before `run`; it may be left out)

        Output columns: profile_id, name, group, new_profile_id, error (--output FILE before `run`)

        Calls: copy_profile (write), create_group (write), list_groups (read), list_profiles (read)

        Examples:
          ixscript -n run clone_into_group --profile-id 1640 --group Shops --count 20
          ixscript run clone_into_group --profile-id 1640 --group Shops --count 20 --name shop
          ixscript --input clones.csv --output made.csv run clone_into_group
        -- status 0
    "#]]
    .assert_eq(&run("", &[recipe, "--help"]).to_string());
    expect![[r#"
        -- stderr
        error: say what to copy where: --profile-id and --group, or a table with --input
        -- status 2
    "#]]
    .assert_eq(&run("--sim", &[recipe]).to_string());
    expect![[r#"
        -- stderr
        error: there is no parameter `--gruop`, did you mean `--group`?
         = help: `ixscript run scripts/clone_into_group.rhai --help` shows the parameters.
        -- status 2
    "#]]
    .assert_eq(&run("--sim", &[recipe, "--profile-id", "1640", "--gruop", "Shops"]).to_string());
    expect![[r#"
        -- stderr
        error: `--group` needs a value, which must be text
         = help: `ixscript run scripts/clone_into_group.rhai --help` shows the parameters.
        -- status 2
    "#]]
    .assert_eq(&run("--sim", &[recipe, "--profile-id", "1640", "--group"]).to_string());
    expect![[r#"
        -- stderr
        error: `--profile-id` must be a whole number, not `first`
         = help: `ixscript run scripts/clone_into_group.rhai --help` shows the parameters.
        -- status 2
    "#]]
    .assert_eq(&run("--sim", &[recipe, "--profile-id", "first", "--group", "Shops"]).to_string());
    expect![[r#"
        -- stderr
        error: required parameters are missing: `--group`, `--proxies`
         = note: what is secret is given as IXSCRIPT_PARAM_PROXIES, or in a file with --params FILE
         = help: `ixscript run scripts/rotate_proxies.rhai --help` shows the parameters.
        -- status 2
    "#]]
    .assert_eq(&run("--sim", &["scripts/rotate_proxies.rhai", "--shift", "1"]).to_string());
}

#[test]
fn the_user_s_own_recipes_run_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("here");
    let own = folder.path().join("own/recipes");
    std::fs::create_dir_all(here.join("scripts")).unwrap();
    std::fs::create_dir_all(&own).unwrap();
    let recipe = |text: &str| format!("//! about = \"{text}\"\nprint(\"{text}\");");
    for name in ["mine", "copy", "both"] {
        std::fs::write(own.join(format!("{name}.rhai")), recipe("Own.")).unwrap();
    }
    std::fs::write(own.join("mine.test.rhai"), "assert(true);").unwrap();
    std::fs::write(here.join("scripts/both.rhai"), recipe("Here.")).unwrap();
    std::fs::write(folder.path().join("own/config.toml"), "").unwrap();
    let own = own.to_str().unwrap().to_owned();
    let with = |words: &[&str]| ixscript(words).folder(&here).var("IXSCRIPT_RECIPES", &own).output();
    let first = |output: Output| output.stdout.lines().next().unwrap_or_default().to_owned();
    for (name, said) in [("mine", "Own."), ("copy", "Own."), ("both", "Here.")] {
        assert_eq!(first(with(&["run", name])), said, "{name}");
    }
    let listed = with(&["--format", "csv", "list"]).stdout;
    let lines: Vec<&str> = listed.lines().take(4).collect();
    assert_eq!(lines, ["recipe,about", "scripts/both.rhai,Here.", "copy,Own.", "mine,Own."]);
    assert_eq!(listed.matches("\ncopy,").count(), 1);
    assert!(with(&["run", "mien"]).stderr.contains("did you mean `mine`?"));
    // Without the variable it is the folder beside the config file.
    let config = folder.path().join("own/config.toml");
    let beside = ixscript(["--config", config.to_str().unwrap(), "run", "mine"]).folder(&here).output();
    assert_eq!(first(beside), "Own.");
    let shown = ixscript(["--config", config.to_str().unwrap(), "config"]).folder(&here).output().stdout;
    assert!(shown.contains(&format!("\nOwn recipes: {own}\n")), "{shown}");
}
