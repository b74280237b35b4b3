//! What `functions`, `definitions`, `explain`, `completions` and `man` say.

use crate::support::ixscript;
use expect_test::{Expect, expect};

fn told(words: &[&str], expected: &Expect) {
    expected.assert_eq(&ixscript(words).output().to_string());
}

#[test]
fn explain_knows_every_code() {
    told(
        &["explain", "110002"],
        &expect![[r#"
        -- stdout
        110002: The transfer code is wrong

        Class      not found
        Outcome    Refused; nothing was done.
        Advice     The code is mistyped, withdrawn or used. Ask for a new one.
        Listed by  import_profile
        -- status 0
    "#]],
    );
    told(
        &["explain", "11002"],
        &expect![[r#"
        -- stderr
        error: 11002 is not among the documented error codes, did you mean `1002`?
         = note: after an unknown code it is not known whether a write was done
        -- status 2
    "#]],
    );
    told(
        &["explain", "copy"],
        &expect![[r#"
        -- stderr
        error: `copy` is no error code
         = help: Codes are numbers, as in `ixscript explain 110002`.
        -- status 2
    "#]],
    );
    for code in ixscript::api::codes::CODES {
        assert_eq!(ixscript(["explain", &code.number.to_string()]).output().status, 0);
    }
}

#[test]
fn functions_are_listed_and_shown() {
    told(
        &["functions"],
        &expect![[r#"
            -- stdout
            Profiles
                list_profiles                            Lists profiles, all pages of them unless `page` or `limit` is given.
              + copy_profile                             Copies a profile and returns the number of the new one.
              ! delete_profile                           Moves a profile to the recycle bin; no endpoint restores it.
              + create_profile                           Makes a profile and returns its number.
              + update_profile                           Changes a profile; what is left out stays.
              ! randomize_profile_fingerprint            Replaces the fingerprint of a profile by another one; the old one is gone.
              + move_profiles                            Moves profiles to a group.
              ! empty_recycle_bin                        Deletes everything in the recycle bin for good and returns a number, presumably of profiles.

            Opening and closing
              + open_profile                             Opens a profile and returns its automation addresses.
                list_opened_profiles                     Lists the profiles that are open, on every device of the account.
                list_native_client_opened_profiles       Lists the profiles that are open on this computer, with their automation addresses.
              + arrange_opened_profiles                  Tiles the windows of the open profiles.
              + reset_profile_open_state                 Resets the mark that a profile is open.
              + open_profile_with_random_fingerprint     Opens a profile with a fingerprint made for this time and returns its automation addresses.
              + close_profile                            Closes a profile that was opened through the API.
              + close_profiles                           Closes several profiles and returns the numbers of those that it closed.

            Cookies and caches
              ! clear_profiles_cache                     Deletes the local cache of profiles and returns their numbers.
              ! clear_profiles_cache_and_cookies         Deletes the local cache and the cookies of profiles and returns their numbers.
                get_profile_cookies                      Returns the cookies of a profile as an array of maps.
              ! update_profile_cookies                   Sets the cookies of a profile; whether they replace those it has is not documented.
              ! clear_profiles_cache_keep_extensions     Deletes the local cache of profiles but for their extensions.
              ! clear_profiles_cloud_data                Deletes what the cloud keeps of profiles, by kind.
              ! clear_profile_saved_passwords            Deletes the passwords a profile has saved.

            Proxies of profiles
              + update_profile_to_traffic_package_proxy  Gives a profile a proxy from a traffic package.
              + update_profile_to_purchased_proxy        Gives a profile a purchased proxy.
              + update_profile_to_custom_proxy           Gives a profile a custom proxy.
              + update_profile_to_extracted_proxy        Lets a profile extract its proxy from an address.

            Transfer codes
              + create_transfer_code                     Makes a code with which another account imports the profile, and returns it.
              + cancel_transfer_code                     Withdraws the transfer code of a profile.
              + import_profile                           Imports a profile by its transfer code and returns the number of the new one.
                list_transfer_records                    Lists transfer codes this account made, or profiles it received; all pages unless `page` or `limit` is given.

            Groups
                list_groups                              Lists profile groups, all pages of them unless `page` or `limit` is given.
              + create_group                             Makes a profile group and returns its id.
              + update_group                             Renames a profile group.
              ! delete_group                             Deletes a profile group.

            Tags
                list_tags                                Lists profile tags, all pages of them unless `page` or `limit` is given.
              + create_tag                               Makes a profile tag and returns its id.
              + update_tag                               Renames a profile tag.
              ! delete_tag                               Deletes a profile tag; one in use is refused.

            Proxies
                list_traffic_packages                    Lists residential traffic packages, all pages unless `page` or `limit` is given.
                list_proxies                             Lists custom and purchased proxies, all pages unless `page` or `limit` is given.
              + create_proxy                             Makes a custom proxy and returns its id.
              + update_proxy                             Changes a custom proxy.
              ! delete_proxy                             Deletes a custom proxy; one in use is refused.

            Proxy tags
                list_proxy_tags                          Lists proxy tags, all pages of them unless `page` or `limit` is given.
              + create_proxy_tag                         Makes a proxy tag and returns its id.
              + update_proxy_tag                         Renames a proxy tag.
              ! delete_proxy_tag                         Deletes a proxy tag; one in use is refused.

            Gateways
                list_gateways                            Lists the lines through which the app can be reached.
              + switch_gateway                           Switches to another line.

            Scripts
                call_api                                 Calls any action of the API and returns the whole reply. An unknown action counts as destructive.
                parallel                                 Calls the function for every item, several at once, and returns for each, in order, `#{ ok: true, value }` or `#{ ok: false, error }`. With `collect: false` no result is kept: it returns how many were `#{ done, failed, in_doubt, not_started }`, and every item becomes a row of `--output`: its own columns (a single one is `item`), `outcome`, `value` with what was returned (a map as JSON) and `error`; columns of these names that an item has itself are left out. If the header declares columns (`[output]`), these three are added to them, and a field of the returned map that is declared has its own column. Rows stand in the order of the items, each written as soon as those before it are. Secrets of items are masked; a first column `row` then says which item it was. `output: true` writes the rows also where results are kept, `output: false` never.
                copy_profiles                            `copy_profile` for every row, which is a map of its parameters or just a profile's number; results as of `parallel`. Options hold for every row; `jobs`, `max_failures`, `stop_on_error`, `collect` and `output` are those of `parallel`. Every row is written to `--output` as `parallel` would, with the new id as `new_profile_id`, unless `output: false` says that the script does so itself.
                import_profiles                          `import_profile` for every row, which is a map of its parameters or just a code; otherwise as `copy_profiles`.
                param                                    A parameter of the recipe: `--count 5` after the recipe's name gives `param("count")`.
                args                                     The words after the recipe's name that are no parameters, as an array of strings.
                rows                                     The rows of the table given with `--input`, each a map. They go through `for`, `parallel` and its forms; `len()` counts them, `to_array()` makes an array. The file is looked at whole before the run and then read row by row, so it must stay as it is meanwhile.
                emit                                     Writes a row, given as a map, to the table of `--output`, and returns whether there is one. In a CSV table the first row says which columns there are, unless the header does (`[output]`); `columns` is their order.
                parse_proxy                              A proxy written as `host:port`, `host:port:user:password` or `http://user:password@host:port`, in its parts: `proxy_type`, `proxy_ip`, `proxy_port` and, where there is a login, `proxy_user` and `proxy_password`. The protocol is "http" unless the text or the second argument says otherwise. Other orders, such as `user:password:host:port`, are read where they can mean only one thing; anything else is an error that does not repeat the text.
                sleep                                    Waits; Ctrl-C ends the wait at once, and a rehearsal (`-n`) waits a tenth of a second at most. The host paces calls by itself, so this is rarely needed.
                now                                      The time in whole seconds since 1970-01-01 UTC. A resumed run gets the times of before.
                random                                   A whole number by chance, from `least` to `most`, both included. A resumed run gets the numbers of before.
                log_info                                 Writes a line to stderr, unless `--quiet` is given.
                log_warn                                 Writes a warning to stderr.
                log_error                                Writes an error to stderr and goes on; the exit code does not change.
                fail                                     Reports a failure and goes on; the run ends with exit code 1.
                exit                                     Ends the run with this exit code, 0 to 255.
                pad                                      A number or text as text of at least `width` characters, zeros in front: `pad(7, 3)` is "007".

            Tests (only in *.test.rhai)
                assert                                   Fails the test if the condition is false.
                assert_eq                                Fails the test, and shows both values, if they differ.
                assert_ne                                Fails the test if the values are equal.
                assert_throws                            Fails the test if calling the function throws nothing, or an error of another kind; returns the error.
                run_recipe                               Runs a recipe beside the test on the test's simulator and returns `#{ exit, stdout, stderr, output }`; `input` is an array of maps for its rows(), `output` what it emits. Without `jobs` it does one thing at a time.

            + changes something   ! destroys something: needs --allow destructive
            `ixscript functions NAME` shows one in full.
            -- status 0
        "#]],
    );
    told(
        &["functions", "copy_profile"],
        &expect![[r#"
            -- stdout
            copy_profile(profile_id)
            copy_profile(profile_id, #{ site_id, site_url, name, group_id })
            copy_profile(#{ profile_id, ... })

            Copies a profile and returns the number of the new one.

            Effect   write; doing it twice does it twice
            Returns  int
            Action   profile-copy

            Parameters
              profile_id  int     serial number of the profile to copy; required
              site_id     int     start platform of the copy, by number or name; one of: 1 facebook.com, 2
                                  amazon.com, 3 paypal.com, 4 gmail.com, 5 aliexpress.com, 6 ebay.com, 7
                                  lazada.com, 8 mail.com, 9 outlook.com, 10 payoneer.com, 11 shopify.com, 12
                                  shoplineapp.com, 13 stripe.com, 14 walmart.com, 15 wish.com, 16 shopee.com, 17
                                  etsy.com, 18 dhgate.com, 19 alibaba.com, 20 tiktok.com, 21 other, 22 blank
              site_url    string  start address; required when site_id is 21
              name        string  name of the copy; how an unnamed copy is called is not documented
              group_id    int     group of the copy; default 1

            Errors
              1000    Missing required parameters
                      Compare the call with `ixscript functions NAME`: a parameter the API wants is missing.
              1004    System error, try again later
                      The app does not say whether it did the work. Look in ixBrowser before you try again.
              1007    Illegal request
                      Check the values of the call; the API gives no more detail.
              2002    Proxy information does not exist
                      The proxy does not exist; list the proxies in ixBrowser.
              2004    Configuration parameters cannot be empty
                      Give the configuration parameters.
              2007    Profile does not exist
                      There is no profile with this number; `list_profiles()` shows those that exist.
              112001  Failed to copy profile, failed to create profile
                      A profile may have been left behind; look in ixBrowser before you try again.
              112002  Failed to copy profile, base configuration creation failed
                      A profile may have been left behind; look in ixBrowser before you try again.
              112003  Profile creation failed, quantity write exceptions
                      The profile may have been made; look in ixBrowser before you try again.
              112004  Group id type is wrong
                      Give `group_id` as a number.
              112005  Group does not exist
                      There is no group with this id; `list_groups()` shows those that exist.
              112006  platform url cannot be empty
                      Give `site_url`: it is required when `site_id` is 21.

            Example
              copy_profile(1640, #{ site_id: 11, site_url: "http://baidu.com/", name: "new_name", group_id: 177 })
            -- status 0
        "#]],
    );
    told(
        &["functions", "copy_profil"],
        &expect![[r#"
        -- stderr
        error: there is no function `copy_profil`, did you mean `copy_profile`?
         = help: `ixscript functions` lists them.
        -- status 2
    "#]],
    );
}

#[test]
fn every_example_of_the_reference_runs() {
    for entry in ixscript::script::reference::entries() {
        let code = match entry.name {
            "param" | "rows" => continue,
            _ => entry.example.as_str(),
        };
        let output = ixscript(["--sim=examples", "--allow", "destructive", "eval", code]).output();
        assert_eq!(output.status, 0, "{code}\n{output}");
    }
    let output = ixscript(["eval", "param(\"count\", 5)"]).output();
    assert_eq!((output.stdout.as_str(), output.status), ("5\n", 0));
}

#[test]
fn definitions_name_every_function_with_its_types() {
    let folder = tempfile::tempdir().unwrap();
    let output = ixscript(["definitions", folder.path().to_str().unwrap()]).output();
    assert_eq!(output.status, 0, "{output}");
    let text = std::fs::read_to_string(folder.path().join("ixscript.d.rhai")).unwrap();
    for entry in ixscript::script::reference::entries() {
        assert!(text.contains(&format!("\nfn {}(", entry.name)), "{}", entry.name);
    }
    assert!(text.contains("fn import_profile(transfer_code: string, options: map) -> int;"));
    let names = ixscript(["functions", "--format", "json"]).output().stdout;
    let names: serde_json::Value = serde_json::from_str(&names).unwrap();
    let endpoints = names.as_array().unwrap().iter().filter(|entry| entry.get("action").is_some());
    assert_eq!(endpoints.count(), 50);
}

#[test]
fn shells_and_man_know_every_command() {
    let commands = [
        "run",
        "eval",
        "call",
        "check",
        "repl",
        "functions",
        "definitions",
        "explain",
        "sim",
        "doctor",
        "config",
    ];
    let man = ixscript(["man"]).output();
    assert_eq!((man.status, man.stderr.as_str()), (0, ""));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = ixscript(["completions", shell]).output();
        assert_eq!((output.status, output.stderr.as_str()), (0, ""));
        for command in commands {
            assert!(output.stdout.contains(command), "{shell}: {command}");
            assert!(man.stdout.contains(command), "man: {command}");
        }
    }
    // The scripts of other shells have no place for them.
    for shell in ["bash", "zsh"] {
        let script = ixscript(["completions", shell]).output().stdout;
        for word in ["copy_profile", "markdown", "emacs", "exit-codes"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    for part in ["new\\-rows", "EXIT STATUS", "IXSCRIPT_EDIT_MODE", "journal.db.key", "FILES"] {
        assert!(man.stdout.contains(part), "man: {part}");
    }
}

#[test]
fn help_is_there_for_commands_and_topics() {
    let help = |words: &str| ixscript(words.split_whitespace()).output();
    for (words, same) in
        [("help", "--help"), ("help run", "run --help"), ("help runs settle", "runs settle --help")]
    {
        assert_eq!(help(words).to_string(), help(same).to_string(), "{words}");
    }
    let options = help("help options").stdout;
    assert!(options.contains("--connect-timeout") && options.contains("[env: IXSCRIPT_URL]"), "{options}");
    expect![[r#"
        -- stdout
            0  done
            1  the script failed, or called `fail`
            2  wrong usage, a refused URL, or a recipe that does not parse or check; nothing was done
            3  finished, but some items failed
            4  ixBrowser could not be reached
            5  a write is in doubt: it may have been done, even if the script caught the error
            6  stopped by a quota, a lost session, or a limit that was set for the run
          130  interrupted
        -- status 0
    "#]]
    .assert_eq(&help("help exit-codes").to_string());
    expect![[r#"
        -- stderr
        error: there is no help on `rnu`, did you mean `run`?
         = help: There is help on every command, and on `options` and `exit-codes`.
        -- status 2
    "#]]
    .assert_eq(&help("help rnu").to_string());
}
