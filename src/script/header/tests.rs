//! Headers, the words after a recipe's name, and the help page.

use super::*;
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
    read_params(header, words, &ParamFile::default(), &Nothing)
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn read(text: &str) -> Result<(Value, Vec<String>), String> {
    let header = parse(RECIPE).unwrap();
    read_params(&header, &words(text), &ParamFile::default(), &Nothing)
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
    assert_eq!(parse(&format!("#!/usr/bin/env ixscript{}", RECIPE.replace('\n', "\r\n"))).unwrap(), header);
}

#[test]
fn no_header_and_prose_are_fine() {
    assert_eq!(parse("").unwrap(), Header::default());
    assert_eq!(parse("print(1);\n//! name = 1").unwrap(), Header::default());
    assert_eq!(parse("// a = 1\n//! name = 1").unwrap(), Header::default());
    let prose = parse("\n//!\n//! Copies things.\n//! Twice.\nprint(1)").unwrap();
    assert_eq!(prose, Header { about: Some("Copies things.".into()), ..Header::default() });
}

#[test]
fn faults_stand_where_they_are_in_the_file() {
    expect!["2:5+4 `nmae` is no key of the header, did you mean `name`? | The keys here are `name`, `about`, `version`, `needs`, `params`, `input` and `examples`."]
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
        ("default = 1979-05-27", "`default` must be text, a number, true, false or an array"),
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

        Usage: ixscript run copy.rhai --source <int> [PARAMETERS] [WORDS]...

        Parameters:
          --count <int>          [default: 3] [env: IXSCRIPT_PARAM_COUNT]
          --dry                  [default: false] [env: IXSCRIPT_PARAM_DRY]
          --source <int>         The profile to copy [required] [at least 1] [env: IXSCRIPT_PARAM_SOURCE]
          --mode <string>        [default: fast] [possible values: fast, slow] [env: IXSCRIPT_PARAM_MODE]
          --group-ids <list>...  [env: IXSCRIPT_PARAM_GROUP_IDS]
          --rate <float>         [at most 2.5] [env: IXSCRIPT_PARAM_RATE]
          --password <string>    [possible values: hidden] [secret] [env: IXSCRIPT_PARAM_PASSWORD]
          --help                 Print this page

        What is secret is better not typed here: `--password @FILE` reads it from a file; the environment and
        `--params FILE` before the recipe give it as well. One that is required and left out is asked for.

        Input columns: name, code (--input FILE before `run`)

        Calls: delete_profile (destructive)

        Needs `--allow destructive` before the recipe's name.
    "#]]
    .assert_eq(&help(&parse(RECIPE).unwrap(), "copy.rhai"));
    expect![[r#"
        Usage: ixscript run x.rhai [PARAMETERS] [WORDS]...

        The recipe declares no parameters; it is given any `--name value`.
    "#]]
    .assert_eq(&help(&Header::default(), "x.rhai"));
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
        Usage: ixscript run x.rhai [PARAMETERS] [WORDS]...

        The recipe declares no parameters; it is given any `--name value`.

        Input columns: a (--input FILE before `run`; it may be left out)

        Examples:
          ixscript run x
    "]]
    .assert_eq(&help(&header, "x.rhai"));
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
    expect!["1:6 `sim` is no key of the header | The keys here are `name`, `about`, `version`, `needs`, `params`, `input` and `examples`."]
        .assert_eq(&fault("copy.rhai", text));
    expect!["2:5 `fault` is no key of the header, did you mean `faults`? | The keys here are `options` and `faults`."]
        .assert_eq(&fault("a.test.rhai", "//! [sim]\n//! fault = []"));
    expect!["2:14 `faults` must be an array, as in [\"a\", \"b\"] | "]
        .assert_eq(&fault("a.test.rhai", "//! [sim]\n//! faults = \"hang\""));
}
