//! Every `tests/cases/*.rhai` is run, and its whole output compared with the `.out` file beside it.
//!
//! A case may have a line `// flags: ...`, options that stand before the command. `UPDATE_EXPECT=1` writes the `.out` files.

use crate::support::{ixscript, root};
use expect_test::expect_file;

#[test]
fn every_case_ends_as_written() {
    let folder = root().join("tests/cases");
    let mut cases: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "rhai"));
    cases.sort();
    assert!(cases.len() > 20, "the cases are gone");
    for case in cases {
        let text = std::fs::read(&case).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let flags = text.lines().find_map(|line| line.strip_prefix("// flags: ")).unwrap_or_default();
        let name = case.file_name().unwrap().to_str().unwrap();
        let words = flags.split_whitespace().chain(["run", name]);
        let output = ixscript(words).folder(&folder).output();
        expect_file![case.with_extension("out")].assert_eq(&output.to_string());
    }
}

/// Words of the engine and of the language the program is written in, which mean nothing to a person.
const JARGON: [&str; 8] =
    ["i64", "Dynamic", "ErrorRuntime", "Runtime error", "rhai::", "&str", "FnPtr", "EvalAltResult"];

#[test]
fn failures_are_told_in_words_for_people() {
    let folder = root().join("tests/cases");
    let mut errors = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "out") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let Some((_, stderr)) = text.split_once("-- stderr\n") else { continue };
        if text.ends_with("-- status 0\n") || stderr.starts_with('{') {
            continue;
        }
        // What comes before, and the summary of a script that has dealt with its failures itself.
        let is_told = |line: &&str| {
            !line.ends_with("trying again in ...")
                && !line.ends_with("writes in ...")
                && !line.ends_with("write in ...")
                && !line.starts_with("first failure: ")
        };
        let Some(told) = stderr.lines().find(is_told).filter(|line| !line.starts_with("-- ")) else {
            continue;
        };
        let shown = path.display();
        assert!(told.starts_with("error: ") || told.starts_with("warning: "), "{shown}: {told}");
        assert!(!stderr.chars().any(|letter| letter.is_control() && letter != '\n'), "{shown}");
        for word in JARGON {
            assert!(!stderr.contains(word), "{shown}: {word}");
        }
        errors += usize::from(stderr.lines().any(|line| line.starts_with("error: ")));
    }
    assert!(errors >= 60, "only {errors} failures are shown");
}
