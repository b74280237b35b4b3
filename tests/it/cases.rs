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
