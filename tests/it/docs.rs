//! What the README says is true.

use crate::support::{ixscript, root};
use ixscript::cli::exit;

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap().replace("\r\n", "\n")
}

#[test]
fn the_exit_codes_are_the_table_s() {
    let readme = readme();
    for (code, meaning) in exit::TABLE {
        let row = format!("| {} | {meaning} |", code.0);
        assert!(readme.contains(&row), "README.md lacks: {row}");
    }
}

/// A block that begins with `$ ixscript ...` shows what the program really prints.
#[test]
fn every_transcript_is_real() {
    let readme = readme();
    let mut shown = 0;
    for block in readme.split("```").skip(1).step_by(2) {
        let Some(transcript) = block.strip_prefix("console\n") else { continue };
        for part in transcript.split("$ ixscript ").skip(1) {
            let (command, expected) = part.split_once('\n').unwrap();
            let output = ixscript(words(command)).output();
            assert_eq!(
                format!("{}{}", output.stdout, output.stderr).trim_end(),
                expected.trim_end(),
                "{command}"
            );
            shown += 1;
        }
    }
    assert!(shown >= 3, "README.md shows nothing");
}

/// The words of a command line in which only single quotes are used.
fn words(command: &str) -> Vec<String> {
    let quoted = command.split('\'').enumerate();
    let words = quoted.flat_map(|(at, part)| match at % 2 {
        1 => vec![part.to_owned()],
        _ => part.split_whitespace().map(str::to_owned).collect(),
    });
    words.collect()
}

#[test]
fn every_file_it_names_is_there() {
    for part in readme().split("](").skip(1) {
        let target = part.split(')').next().unwrap();
        if !target.contains("://") && !target.starts_with('#') {
            assert!(root().join(target).exists(), "README.md points at {target}");
        }
    }
}

#[test]
fn the_reference_is_fresh() {
    let printed = ixscript(["functions", "--format", "markdown"]).output().stdout;
    let head = "# Reference\n\nEvery function a script can call. This page is what `ixscript functions --format markdown` prints.\n\n";
    expect_test::expect_file![root().join("docs/reference.md")].assert_eq(&format!("{head}{printed}"));
}
