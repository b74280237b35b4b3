//! The commands, one by one: whole outputs.

use crate::support::{ixscript, root};
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
            {"kind":"refused","code":110002,"function":"import_profile","action":"profile-transfer-code-import","http_status":404,"time":1700000000,"outcome":"refused","attempts":1,"severity":"error","message":"`import_profile`: The transfer code is wrong (code 110002)","file":null,"line":null,"position":null,"frames":[],"notes":["nothing was done"],"help":"The code is mistyped, withdrawn or used. Ask for a new one."}
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
        error: scripts cannot be read: it is a folder
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
        &["--allow", "everything", "call", "list_groups"],
        &expect![[r#"
        -- stderr
        error: --allow: `everything` cannot be allowed; the only thing that can is `destructive`
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

        Usage: ixscript run scripts/import_one.rhai --transfer-code <string> [PARAMETERS] [WORDS]...

        Parameters:
          --transfer-code <string>   the code the other account made [required]
          --group-id <int>           group for the profile [default: 1] [at least 1]
          --proxy-type <string>      protocol of the proxy; direct means none [default: direct] [possible values: direct, http, https, socks5, ssh]
          --proxy-ip <string>        host of the proxy
          --proxy-port <int>         port of the proxy [from 1 to 65535]
          --proxy-user <string>      user name at the proxy
          --proxy-password <string>  password at the proxy
          --help                     Print this page

        Calls: import_profile (write)
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
         --> <stdin>:3:41
          |
        3 | import_profile("1", #{ proxy_config: #{ proxi_mode: 2 } });
          |                                         ^^^^^^^^^^
        -- status 2
    "#]].assert_eq(&ixscript(["check", "-"]).stdin("copy_profle(1);\nlet x = copy_profile(1, #{ nam: \"a\" });\nimport_profile(\"1\", #{ proxy_config: #{ proxi_mode: 2 } });\n").output().to_string());
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
          = help: The keys here are `name`, `about`, `version`, `needs`, `params` and `input`.
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
                param                                    A parameter of the recipe: `--count 5` after the recipe's name gives `param("count")`.
                args                                     The words after the recipe's name that are no parameters, as an array of strings.
                sleep                                    Waits; Ctrl-C ends the wait at once. The host paces calls by itself, so this is rarely needed.
                now                                      The time in whole seconds since 1970-01-01 UTC.
                log_info                                 Writes a line to stderr, unless `--quiet` is given.
                log_warn                                 Writes a warning to stderr.
                log_error                                Writes an error to stderr and goes on; the exit code does not change.
                fail                                     Reports a failure and goes on; the run ends with exit code 1.
                exit                                     Ends the run with this exit code, 0 to 255.
                pad                                      A number or text as text of at least `width` characters, zeros in front: `pad(7, 3)` is "007".

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
              1004    System error, try again later
              1007    Illegal request
              2002    Proxy information does not exist
              2004    Configuration parameters cannot be empty
              2007    Profile does not exist
              112001  Failed to copy profile, failed to create profile
              112002  Failed to copy profile, base configuration creation failed
              112003  Profile creation failed, quantity write exceptions
              112004  Group id type is wrong
              112005  Group does not exist
              112006  platform url cannot be empty
              `ixscript explain CODE` says what to do.

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
            "param" => continue,
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
    let shown = output.stdout.lines().skip(2).collect::<Vec<_>>().join("\n");
    expect![[r#"
        setting          value                           from              about
        -----------------------------------------------------------------------------------------------------------------------
        url              http://127.0.0.1:53200/api/v2/  default           where the Local API is
        allow_remote     false                           default           whether the URL may be another computer
        timeout          5s                              IXSCRIPT_TIMEOUT  how long a reply may take
        connect_timeout  2s                              default           how long a connection may take
        retries          7                               --retries         how often what was certainly not done is tried again
        memory           128                             default           memory a script may use, in MiB
        compute          60s                             default           how long a script may compute between two calls
        format           text                            default           how values are printed
        color            auto                            default           whether output is coloured"#]].assert_eq(&shown);
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
