//! Headers, the words after a recipe's name, and the help page.

use super::*;
use crate::script::source;
use expect_test::expect;
use proptest::prelude::*;
use serde_json::json;

const RECIPE: &str = r#"
//! name = "copy-many"
//! about = "Copies a profile."
//! version = "1.0"
//! needs = ["delete_profile"]
//! [params]
//! count = 3
//! dry = false
//! [params.source]
//! type = "int"
//! required = true
//! min = 1
//! about = "The profile to copy"
//! [params.mode]
//! allowed = ["fast", "slow"]
//! default = "fast"
//! [params.group_ids]
//! type = "list"
//! [params.rate]
//! type = "float"
//! max = 2.5
//! [params.password]
//! secret = true
//! allowed = ["hunter2", "hunter3"]
//! [input]
//! columns = ["name", "code"]
print(1);
"#;

/// A caller that has nothing but words.
struct Nothing;

impl Outside for Nothing {}

fn only_words(header: &Header, words: &[String]) -> Result<Given, ParamError> {
    read_params(header, words, &ParamFile::default(), &Nothing, true)
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn read(text: &str) -> Result<(Value, Vec<String>), String> {
    let header = parse(RECIPE).unwrap();
    read_params(&header, &words(text), &ParamFile::default(), &Nothing, true)
        .map(|given| (given.params.into(), given.words))
        .map_err(|error| error.to_string())
}

fn fault(header: &str) -> String {
    let HeaderError { message, line, column, length, help } = parse(header).unwrap_err();
    format!("{line}:{column}+{length} {message}{}", help.map(|help| format!(" | {help}")).unwrap_or_default())
}

#[test]
fn a_header_is_read_in_the_order_it_is_written() {
    let header = parse(RECIPE).unwrap();
    let names: Vec<&str> = header.params.iter().map(|param| param.name.as_str()).collect();
    assert_eq!(names, ["count", "dry", "source", "mode", "group_ids", "rate", "password"]);
    assert_eq!(header.name.as_deref(), Some("copy-many"));
    assert_eq!(header.needs, Some(vec!["delete_profile"]));
    assert_eq!(header.columns, ["name", "code"]);
    assert_eq!(header.params[0].kind, ParamKind::Integer);
    assert_eq!(header.params[3].kind, ParamKind::Text);
    let file = format!("\u{feff}#!/usr/bin/env ixscript{}", RECIPE.replace('\n', "\r\n"));
    assert_eq!(parse(&source::clean(file.into_bytes()).unwrap()).unwrap(), header);
}

#[test]
fn no_header_and_prose_are_fine() {
    assert_eq!(parse("").unwrap(), Header::default());
    assert_eq!(parse("print(1);\n/* \n//! name = 1 */ print(\"//!\");").unwrap(), Header::default());
    let prose = parse("\n//!\n//! Copies things.\n//! Twice.\nprint(1)").unwrap();
    assert_eq!(prose, Header { about: Some("Copies things.".into()), ..Header::default() });
}

#[test]
fn faults_stand_where_they_are_in_the_file() {
    expect!["2:5+4 `nmae` is no key of the header, did you mean `name`? | The keys here are `name`, `about`, `version`, `needs`, `params`, `input`, `output` and `examples`."]
        .assert_eq(&fault("\n//! nmae = 1"));
    expect!["3:13+3 `typ` is no key of the header, did you mean `type`? | The keys here are `type`, `default`, `required`, `allowed`, `min`, `max`, `pattern`, `secret` and `about`."]
        .assert_eq(&fault("//! about = \"ä\"\n//! [params]\n  //! a = { typ = 1 }"));
    expect!["1:12+1 `name` must be text, as in name = \"...\""].assert_eq(&fault("//! name = 1"));
    expect!["3:12+8 `intege` is no type | The types are `string`, `int`, `float`, `bool` and `list`."]
        .assert_eq(&fault("//! name = \"x\"\n//! [params.a]\n//! type = \"intege\""));
    expect![[r#"1:14+12 this is no function of the API | `needs` lists the functions the recipe calls, as in needs = ["copy_profile"]."#]]
        .assert_eq(&fault("//! needs = [\"destructiv\"]"));
    for (param, message) in [
        ("default = 1\n//! type = \"string\"", "the default must be text"),
        ("default = 1\n//! min = 2", "the default must be at least 2"),
        ("default = \"a\"\n//! allowed = [\"b\"]", "the default is not one of the allowed values"),
        ("default = 1\n//! required = true", "what is required needs no default"),
        ("type = \"int\"\n//! allowed = [\"b\"]", "every allowed value must be a whole number"),
        ("type = \"int\"\n//! min = 2\n//! max = 1", "`max` is less than `min`"),
        ("min = 2", "`min` is for numbers, and it is text"),
        ("type = \"int\"\n//! pattern = \"1\"", "`pattern` is for text, and it is a whole number"),
        ("pattern = \"a\"\n//! default = \"ab\"", "the default does not match the pattern"),
        ("pattern = \"a\"\n//! allowed = [\"ab\"]", "an allowed value does not match the pattern"),
        (
            "default = 1979-05-27",
            "`default` must be text, a number, true, false or an array; a date is text, in quotes",
        ),
        ("type = \"int\"\n//! min = nan", "`min` must be an ordinary number, not nan or inf"),
        ("type = \"int\"\n//! max = 9223372036854775808", "`max` is too large a number"),
    ] {
        let fault = fault(&format!("//! [params.a]\n//! {param}"));
        assert!(fault.ends_with(message), "{fault}");
    }
    expect!["2:15+6 the pattern is no regular expression: found unclosed character class | A pattern must match the whole value, as in pattern = '[0-9]{8}-[0-9]{8}'."].assert_eq(&fault("//! [params.a]\n//! pattern = '[0-9'"));
    for header in [
        "//! [params]\n//! help = 1",
        "//! [params]\n//! \"a b\" = 1",
        "//! [params]\n//! a-b = 1\n//! a_b = 1",
    ] {
        assert!(parse(header).is_err(), "{header}");
    }
    assert!(fault("//! Copies things.\n//! name = \"x\"").starts_with("1:"), "prose before keys");
    assert!(fault("//! name = \"x\nprint(1)").starts_with("1:"), "an open text");
}

#[test]
fn comments_and_blank_lines_may_stand_around_the_lines_of_a_header() {
    let text = "// Made by hand.\n\n//! name = \"x\"\n// and\n/// so\n\n//! about = \"y\"\nprint(1);";
    let header = parse(text).unwrap();
    assert_eq!((header.name.as_deref(), header.about.as_deref()), (Some("x"), Some("y")));
    expect!["5:3+12 the lines of a header stand at the top, before any code | Move it up; a comment that is not part of the header begins with `//`."]
        .assert_eq(&fault("//! name = \"x\"\nlet a = `\n//! name = 1\n`;\n  //! name = 2\n"));
    // A long line takes no longer than its length.
    let long = format!("print(1); {} //!\n//! a = 1", "[".repeat(20_000));
    assert!(fault(&long).starts_with("1:20012+3 the lines"), "{}", &fault(&long)[..60]);
}

#[test]
fn what_other_tools_say_is_told_in_our_words() {
    expect!["1:5+11 `description` is no key of the header, did you mean `about`? | The keys here are `name`, `about`, `version`, `needs`, `params`, `input`, `output` and `examples`."]
        .assert_eq(&fault("//! description = \"x\""));
    expect!["1:20+7 `choices` is no key of the header, did you mean `allowed`? | The keys here are `type`, `default`, `required`, `allowed`, `min`, `max`, `pattern`, `secret` and `about`."]
        .assert_eq(&fault("//! params.mode = {choices = [1]}"));
    expect!["2:12+9 `integer` is no type, did you mean `int`? | The types are `string`, `int`, `float`, `bool` and `list`."]
        .assert_eq(&fault("//! [params.a]\n//! type = \"integer\""));
    expect![[r#"1:13+13 the header is not valid TOML: string values must be quoted, expected literal string | Text stands in quotes, as in about = "Copies a profile.""#]]
        .assert_eq(&fault("//! about = Copies things"));
    expect!["2:12+1 the header is not valid TOML: key with no value, expected `=` | Lines of prose in a header that has keys begin with `#`, after the `//!`."]
        .assert_eq(&fault("//! name = \"x\"\n//! Copies things."));
    expect!["2:28+1 the header is not valid TOML: unclosed array, expected `]`"]
        .assert_eq(&fault("//! name = \"x\"\n//! needs = [\"copy_profile\""));
}

#[test]
fn what_stands_twice_or_shares_a_name_is_refused() {
    expect![[r#"1:30+14 `copy_profile` stands here twice"#]]
        .assert_eq(&fault("//! needs = [\"copy_profile\", \"copy_profile\"]"));
    expect!["2:21+3 `a` stands here twice"].assert_eq(&fault("//! [input]\n//! columns = [\"a\", \"a\"]"));
    expect!["3:5+1 `X` and `x` would both be IXSCRIPT_PARAM_X | Give one of them another name."]
        .assert_eq(&fault("//! [params]\n//! X = 1\n//! x = 2"));
    expect![
        "2:15+2 no value is allowed, so nothing could be given | Leave `allowed` out if any value will do."
    ]
    .assert_eq(&fault("//! [params.a]\n//! allowed = []"));
}

#[test]
fn a_number_without_a_fraction_is_a_number_too() {
    let header = parse(
        "//! [params]\n//! a = { type = \"float\", default = 2 }\n//! b = { type = \"float\", allowed = [1, 2] }",
    )
    .unwrap();
    let file = ParamFile::parse("p.json", "{\"a\": 3}").unwrap();
    let read = |text: &str, file: &ParamFile| {
        Value::from(read_params(&header, &words(text), file, &Nothing, true).unwrap().params).to_string()
    };
    assert_eq!(read("--b 2", &file), "{\"b\":2.0,\"a\":3.0}");
    assert_eq!(read("--a 4", &ParamFile::default()), "{\"a\":4.0}");
    assert_eq!(read("", &ParamFile::default()), "{\"a\":2.0}");
}

#[test]
fn what_is_required_is_not_empty() {
    let read = |header: &str, text: &[&str]| {
        let words: Vec<String> = text.iter().map(|word| (*word).to_owned()).collect();
        only_words(&parse(header).unwrap(), &words)
            .map(|given| Value::from(given.params))
            .map_err(|error| error.to_string())
    };
    let list = "//! [params.codes]\n//! type = \"list\"\n//! required = true";
    assert_eq!(read(list, &["--codes", ""]), Err("`--codes` is empty".to_owned()));
    assert_eq!(read(list, &["--codes", " , "]), Err("`--codes` is empty".to_owned()));
    assert_eq!(read("//! [params.a]\n//! required = true", &["--a="]), Err("`--a` is empty".to_owned()));
    let matched = "//! [params.a]\n//! required = true\n//! pattern = '[a-z]*'";
    assert_eq!(read(matched, &["--a="]), Ok(json!({ "a": "" })));
    assert_eq!(read("//! [params.a]\n//! about = \"x\"", &["--a="]), Ok(json!({ "a": "" })));
}

#[test]
fn true_or_false_may_follow_as_a_word() {
    let header = parse("//! [params]\n//! confirm = false\n//! wait = true\n//! name = \"x\"").unwrap();
    let read = |text: &str| only_words(&header, &words(text)).map_err(|error| error.to_string());
    for (text, confirm, others) in [
        ("--confirm", true, ""),
        ("--confirm false", false, ""),
        ("--confirm No a", false, "a"),
        ("--confirm ON", true, ""),
        ("--confirm 0", true, "0"),
        ("--confirm maybe", true, "maybe"),
        ("--no-confirm a", false, "a"),
    ] {
        let given = read(text).unwrap();
        assert_eq!((&given.params["confirm"], given.words), (&json!(confirm), words(others)), "{text}");
    }
    for text in ["--no-confirm=true", "--no-confirm false"] {
        assert_eq!(read(text).unwrap_err(), "`--no-confirm` takes no value");
    }
    let page = help(&header, "x.rhai", None, 100);
    assert!(page.contains("\n  --confirm          [default: false]"), "{page}");
    assert!(page.contains("\n  --wait, --no-wait  [default: true]"), "{page}");
}

#[test]
fn a_word_that_nobody_reads_is_an_error() {
    let header =
        parse("//! [params]\n//! group = \"\"\n//! count = 1\n//! [params.pwd]\n//! secret = true").unwrap();
    let told = |text: &str| {
        let error = read_params(&header, &words(text), &ParamFile::default(), &Nothing, false).unwrap_err();
        format!("{error} | {}", error.help().unwrap_or_default())
    };
    expect![[r#"`Shops` is no parameter, and the recipe reads no other words | Quote a value with spaces: --group "My Shops""#]]
        .assert_eq(&told("--group My Shops"));
    expect![[r#"`Shops` is no parameter, and the recipe reads no other words | Quote a value with spaces: --group "My Shops""#]]
        .assert_eq(&told("--group=My Shops --count 1"));
    expect!["`***` is no parameter, and the recipe reads no other words | Quote a value with spaces: --pwd \"***\""]
        .assert_eq(&told("--pwd hunter 2"));
    expect!["`-x` is no parameter, and the recipe reads no other words | "].assert_eq(&told("--group My -x"));
    expect!["`a` is no parameter, and the recipe reads no other words | "].assert_eq(&told("a --count 1"));
    expect!["`a` is no parameter, and the recipe reads no other words | "].assert_eq(&told("--count 1 -- a"));
    expect![
        "`--group` needs a value, which must be text | If the next word is its value, join them: --group=--x"
    ]
    .assert_eq(&told("--group --x"));
    expect!["`--group` needs a value, which must be text | "].assert_eq(&told("--group --count 1"));
    expect!["`--pwd` needs a value, which must be text | "].assert_eq(&told("--pwd --x"));
}

#[test]
fn the_help_page_fits_the_terminal() {
    let header = parse(RECIPE).unwrap();
    for width in [40, 60, 80] {
        let page = help(&header, "copy.rhai", None, width);
        let long = page.lines().find(|line| line.chars().count() > width && !line.starts_with("Usage:"));
        assert_eq!(long, None, "{width}");
    }
    let header =
        parse("//! [params.name]\n//! about = \"what the names begin with, and a little more than fits\"")
            .unwrap();
    expect![[r#"
        Parameters:
          --name <string>  what the names begin with,
                           and a little more than fits
          --help           Print this page"#]]
    .assert_eq(&parameters(&header, 48));
}

#[test]
fn the_help_page_shows_what_the_code_does_where_the_header_does_not() {
    let calls = vec![crate::api::by_function("copy_profile").unwrap()];
    let shown = Shown { reads_words: true, calls, calls_anything: true };
    expect![[r#"
        Usage: ixscript run x.rhai [PARAMETERS] [WORDS]...

        The recipe declares no parameters; it is given any `--name value`.

        Calls: copy_profile (write), what only the run can tell
    "#]]
    .assert_eq(&help(&Header::default(), "x.rhai", Some(&shown), 100));
    let page = help(&parse(RECIPE).unwrap(), "x.rhai", Some(&shown), 100);
    assert!(page.contains("\n\nCalls: delete_profile (destructive)\n"), "{page}");
}

#[test]
fn words_become_parameters() {
    let (params, rest) =
        read("--source=7 a --count 5 --dry --group-ids 1,2 --group_ids 3 -x --rate -1.5 -- --count 9")
            .unwrap();
    let expected = json!({ "source": 7, "count": 5, "dry": true, "group_ids": ["1", "2", "3"], "mode": "fast", "rate": -1.5 });
    assert_eq!((params, rest), (expected, words("a -x --count 9")));
    assert_eq!(read("--source 1 --no-dry").unwrap().0["dry"], json!(false));
    assert_eq!(read("--source 1 --dry=false").unwrap().0["dry"], json!(false));
}

#[test]
fn wrong_words_are_told_apart() {
    for (given, message) in [
        ("", "a required parameter is missing: `--source`"),
        ("--source x", "`--source` must be a whole number, not `x`"),
        ("--source 0", "`--source` must be at least 1, not 0"),
        ("--source 1 --rate 3", "`--rate` must be at most 2.5, not 3.0"),
        ("--source 1 --mode medium", "`--mode` cannot be `medium`; it is `fast` or `slow`"),
        ("--source 1 --password abc", "`--password` cannot be `***`; it is one of its secret values"),
        ("--source 1 --cuont 3", "there is no parameter `--cuont`, did you mean `--count`?"),
        ("--source 1 --weather", "there is no parameter `--weather`"),
        ("--source --count 3", "`--source` needs a value, which must be a whole number"),
        ("--source 1 --source 2", "`--source` is given twice"),
        ("--source 1 --dry=maybe", "`--dry` must be true or false, not `maybe`"),
    ] {
        assert_eq!(read(given).unwrap_err(), message, "{given}");
    }
    let two = parse("//! [params]\n//! a = { required = true }\n//! b_c = { required = true }").unwrap();
    assert_eq!(
        only_words(&two, &[]).unwrap_err().to_string(),
        "required parameters are missing: `--a`, `--b-c`"
    );
}

#[test]
fn a_recipe_without_parameters_takes_any() {
    let Given { params, words: rest, .. } =
        only_words(&Header::default(), &words("a --my-key v --n=1 --flag --last")).unwrap();
    assert_eq!(Value::from(params), json!({ "my_key": "v", "n": "1", "flag": true, "last": true }));
    assert_eq!(rest, words("a"));
}

#[test]
fn secrets_are_the_values_of_secret_parameters() {
    let header = parse(RECIPE).unwrap();
    let given = only_words(&header, &words("--source 1 --password hunter2")).unwrap();
    assert_eq!(given.exposed, ["password"]);
    assert_eq!(secrets(&header, &given.params), ["hunter2"]);
}

#[test]
fn the_help_page_names_everything() {
    expect![[r#"
        copy-many 1.0
        Copies a profile.

        Usage: ixscript run copy.rhai --source <int> [PARAMETERS]

        Parameters:
          --count <int>          [default: 3]
          --dry                  [default: false]
          --source <int>         The profile to copy [required] [at least 1]
          --mode <string>        [default: fast] [possible values: fast, slow]
          --group-ids <list>...
          --rate <float>         [at most 2.5]
          --password <string>    [possible values: hidden] [secret]
          --help                 Print this page

        Each may also come from the environment (as IXSCRIPT_PARAM_COUNT) or from a file (--params FILE
        before `run`).

        What is secret is better not typed here: `--password @FILE` reads it from a file. One that is
        required and left out is asked for.

        Input columns: name, code (--input FILE before `run`)

        Calls: delete_profile (destructive)

        Needs `--allow destructive` before the recipe's name.
    "#]]
    .assert_eq(&help(&parse(RECIPE).unwrap(), "copy.rhai", None, 100));
    expect![[r#"
        Usage: ixscript run x.rhai [PARAMETERS]

        The recipe declares no parameters; it is given any `--name value`.
    "#]]
    .assert_eq(&help(&Header::default(), "x.rhai", None, 100));
}

proptest! {
    #[test]
    fn no_words_make_it_panic(words in prop::collection::vec("(--(no-)?(count|dry|source|mode|group-ids|rate|x)?(=.{0,4})?|.{0,4}|--)", 0..8)) {
        let _ = only_words(&parse(RECIPE).unwrap(), &words);
        let _ = only_words(&Header::default(), &words);
    }

    #[test]
    fn no_header_makes_it_panic(lines in prop::collection::vec("//! ?[a-z\\[\\]{}=\".ä0-9 ]{0,12}", 0..5)) {
        if let Err(error) = parse(&lines.join("\n")) {
            prop_assert!(error.line >= 1 && error.line <= lines.len() && error.column >= 1 && error.length >= 1);
        }
    }

    #[test]
    fn integers_come_back(number: i64) {
        let header = parse("//! [params]\n//! n = 1").unwrap();
        let given = only_words(&header, &["--n".into(), number.to_string()]).unwrap();
        prop_assert_eq!(&given.params["n"], &json!(number));
    }
}

#[test]
fn a_table_may_be_left_out_and_examples_are_shown() {
    let text =
        "//! examples = [\"ixscript run x\"]\n//! [input]\n//! columns = [\"a\"]\n//! required = false";
    let header = parse(text).unwrap();
    assert!(header.table_is_optional);
    assert!(!parse(RECIPE).unwrap().table_is_optional);
    expect![[r"
        Usage: ixscript run x.rhai [PARAMETERS]

        The recipe declares no parameters; it is given any `--name value`.

        Input columns: a (--input FILE before `run`; it may be left out)

        Examples:
          ixscript run x
    "]]
    .assert_eq(&help(&header, "x.rhai", None, 100));
}

#[test]
fn only_a_test_says_which_simulator_it_wants() {
    let named = |name: &str, text: &str| of(&Source { name: name.into(), text: text.into() });
    let text = "//! [sim]\n//! options = \"own-codes\"\n//! faults = [\"hang\", \"1010:nth=2\"]";
    let sim = named("scripts/copy.test.rhai", text).unwrap().sim;
    assert_eq!(
        sim.options.map(|options| (options.text, options.line, options.column)),
        Some(("own-codes".into(), 2, 15))
    );
    assert_eq!(
        sim.faults.iter().map(|fault| fault.text.as_str()).collect::<Vec<_>>(),
        ["hang", "1010:nth=2"]
    );
    let fault = |name: &str, text: &str| {
        let error = named(name, text).unwrap_err();
        format!("{}:{} {} | {}", error.line, error.column, error.message, error.help.unwrap_or_default())
    };
    expect!["1:6 `sim` is no key of the header | The keys here are `name`, `about`, `version`, `needs`, `params`, `input`, `output` and `examples`."]
        .assert_eq(&fault("copy.rhai", text));
    expect!["2:5 `fault` is no key of the header, did you mean `faults`? | The keys here are `options` and `faults`."]
        .assert_eq(&fault("a.test.rhai", "//! [sim]\n//! fault = []"));
    expect!["2:14 `faults` must be an array, as in [\"a\", \"b\"] | "]
        .assert_eq(&fault("a.test.rhai", "//! [sim]\n//! faults = \"hang\""));
}
