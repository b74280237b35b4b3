//! Whole reports, as they are printed.
//!
//! Not here: which stream they go to.

use super::{report, report_json};
use crate::base::report::{Frame, Place, Report, Severity, Source};
use crate::ui::Style;
use expect_test::{Expect, expect};
use proptest::prelude::{any, proptest};
use serde_json::json;
use std::sync::Arc;

fn place(text: &str, line: usize, column: usize, length: usize) -> Place {
    let source = Arc::new(Source { name: "copy.rhai".to_owned(), text: text.to_owned() });
    Place { source, line, column, length }
}

fn frame(function: &str, place: Option<Place>) -> Frame {
    Frame { function: function.to_owned(), is_import: false, place }
}

#[track_caller]
fn check(shown: &Report, expected: &Expect) {
    expected.assert_eq(&report(shown, Style::PLAIN));
}

#[track_caller]
fn check_place(place: Place, expected: &Expect) {
    check(&Report::error("it failed").at(place), expected);
}

#[test]
fn a_full_report() {
    let text = "\n".repeat(11) + "    copy_profile(404);\nprint(1);\n";
    let mut shown = Report::error("profile 404 does not exist")
        .at(place(&text, 12, 5, 12))
        .note("nothing was sent")
        .help("list_profiles() shows what exists.");
    shown.frames = vec![
        frame("copy_all", Some(place(&text, 20, 1, 1))),
        frame("line", Some(place(&text, 20, 0, 1))),
        frame("file", Some(place(&text, 0, 0, 1))),
        frame("map", None),
    ];
    check(
        &shown,
        &expect![[r#"
            error: profile 404 does not exist
              --> copy.rhai:12:5
               |
            12 |     copy_profile(404);
               |     ^^^^^^^^^^^^
               |
               = note: nothing was sent
               = in `copy_all`, called at copy.rhai:20:1
               = in `line`, called at copy.rhai:20
               = in `file`, called in copy.rhai
               = in `map`
               = help: list_profiles() shows what exists.
        "#]],
    );
}

#[test]
fn without_a_place() {
    check(
        &Report::error("it failed"),
        &expect![[r#"
        error: it failed
    "#]],
    );
    let warning =
        Report { severity: Severity::Warning, ..Report::error("two\nlines").note("a\nb").help("c\nd") };
    check(
        &warning,
        &expect![[r#"
            warning: two
                     lines
             = note: a
                     b
             = help: c
                     d
        "#]],
    );
}

#[test]
fn a_place_known_in_part() {
    check_place(
        place("a\nb\n", 0, 0, 1),
        &expect![[r#"
        error: it failed
        --> copy.rhai
    "#]],
    );
    check_place(
        place("a\n  bcd\n", 2, 0, 1),
        &expect![[r#"
            error: it failed
             --> copy.rhai:2
              |
            2 |   bcd
              |
        "#]],
    );
}

#[test]
fn a_place_that_is_not_in_the_text() {
    check_place(
        place("", 1, 1, 1),
        &expect![[r#"
        error: it failed
        --> copy.rhai:1:1
    "#]],
    );
    check_place(
        place("a\n", 7, 3, 1),
        &expect![[r#"
        error: it failed
        --> copy.rhai:7:3
    "#]],
    );
    check_place(
        place("abc", 1, 99, 99),
        &expect![[r#"
            error: it failed
             --> copy.rhai:1:99
              |
            1 | abc
              |    ^
        "#]],
    );
    check_place(
        place("abc\n", 2, 1, 1),
        &expect![[r#"
            error: it failed
             --> copy.rhai:2:1
              |
            2 |
              | ^
        "#]],
    );
    check_place(
        place("abc\ndef\n", 1, 2, usize::MAX - 9),
        &expect![[r#"
            error: it failed
             --> copy.rhai:1:2
              |
            1 | abc
              |  ^^
        "#]],
    );
}

#[test]
fn tabs_wide_characters_and_carriage_returns() {
    check_place(
        place("a\r\n\tlet x = y;\r\n", 2, 10, 1),
        &expect![[r#"
            error: it failed
             --> copy.rhai:2:10
              |
            2 |     let x = y;
              |             ^
        "#]],
    );
    check_place(
        place("let 名前 = 値;", 1, 10, 1),
        &expect![[r#"
            error: it failed
             --> copy.rhai:1:10
              |
            1 | let 名前 = 値;
              |            ^^
        "#]],
    );
    check_place(
        place("名前", 1, 2, 1),
        &expect![[r#"
            error: it failed
             --> copy.rhai:1:2
              |
            1 | 名前
              |   ^^
        "#]],
    );
}

#[test]
fn a_long_line_is_cut_around_the_mark() {
    let text = format!("{}boom(){}", "x".repeat(500_000), "y".repeat(500_000));
    check_place(
        place(&text, 1, 500_001, 4),
        &expect![[r#"
            error: it failed
             --> copy.rhai:1:500001
              |
            1 | …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxboom()yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…
              |                                               ^^^^
        "#]],
    );
    check_place(
        place(&text, 1, 1, 1_000_000),
        &expect![[r#"
            error: it failed
             --> copy.rhai:1:1
              |
            1 | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        "#]],
    );
    check_place(
        place(&text, 1, 1_000_007, 1),
        &expect![[r#"
            error: it failed
             --> copy.rhai:1:1000007
              |
            1 | …yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy
              |                                                                                            ^
        "#]],
    );
    check_place(
        place(&text, 1, 0, 1),
        &expect![[r#"
            error: it failed
             --> copy.rhai:1
              |
            1 | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
              |
        "#]],
    );
}

#[test]
fn control_characters_are_escaped() {
    let mut at = place("\"\x1b[2J\u{202e}\"; oops", 1, 9, 4);
    at.source = Arc::new(Source { name: "\x1b]0;x\x07.rhai\n".to_owned(), text: at.source.text.clone() });
    let mut shown = Report::error("bad \x1b[31m").at(at.clone()).note("\u{202e}").help("\x08");
    shown.frames = vec![frame("\x1b", Some(at))];
    check(
        &shown,
        &expect![[r#"
            error: bad \u{1b}[31m
             --> \u{1b}]0;x\u{7}.rhai\n:1:9
              |
            1 | "\u{1b}[2J\u{202e}"; oops
              |                     ^^^^
              |
              = note: \u{202e}
              = in `\u{1b}`, called at \u{1b}]0;x\u{7}.rhai\n:1:9
              = help: \u{8}
        "#]],
    );
}

#[test]
fn deep_stacks_lose_their_middle() {
    let mut shown = Report::error("too deep");
    shown.frames = (0..64).map(|depth| frame(&format!("f{depth}"), None)).collect();
    check(
        &shown,
        &expect![[r#"
            error: too deep
             = in `f0`
             = in `f1`
             = in `f2`
             = in `f3`
             = in `f4`
             = ... 54 more
             = in `f59`
             = in `f60`
             = in `f61`
             = in `f62`
             = in `f63`
        "#]],
    );
    shown.frames.truncate(11);
    assert!(!report(&shown, Style::PLAIN).contains("more"));
}

#[test]
fn a_long_message_is_cut() {
    let lines = report(&Report::error("x".repeat(1_000_000)), Style::PLAIN);
    assert_eq!(lines, format!("error: {}…\n", "x".repeat(super::LONGEST_MESSAGE)));
}

#[test]
fn escape_bytes_come_with_colour_only() {
    let shown = Report::error("a").at(place("abc", 1, 1, 1)).note("b");
    assert!(!report(&shown, Style::PLAIN).contains('\x1b'));
    let coloured = report(&shown, Style { color: true, ..Style::PLAIN });
    assert!(coloured.contains('\x1b') && coloured.ends_with('\n'));
}

#[test]
fn the_same_as_data() {
    let mut shown = Report::error("gone").at(place("abc", 1, 2, 1)).note("n").help("h");
    shown.frames = vec![frame("f", None), frame("g", Some(place("abc", 1, 0, 1)))];
    shown.data = json!({"code": 2007, "message": "not this"}).as_object().unwrap().clone();
    let expected = json!({
        "severity": "error", "message": "gone", "file": "copy.rhai", "line": 1, "position": 2, "length": 1,
        "frames": [
            {"function": "f", "file": null, "line": null, "position": null, "length": null},
            {"function": "g", "file": "copy.rhai", "line": 1, "position": null, "length": 1},
        ],
        "notes": ["n"], "help": "h", "code": 2007,
    });
    assert_eq!(report_json(&shown), expected);
}

proptest! {
    #[test]
    fn any_place_in_any_text_is_told_without_control_characters(
        text in "[a \t\r\n\u{1b}\u{202e}\u{301}名😀]{0,40}",
        line in 0..6usize,
        column in 0..30usize,
        length in 0..9usize,
        color in any::<bool>(),
        width in 0..200usize,
    ) {
        let shown = Report::error(text.as_str()).at(place(&text, line, column, length)).note(text.as_str());
        let lines = report(&shown, Style { color, width, terminal: true });
        assert!(lines.ends_with('\n'));
        assert!(color || !lines.contains(|character: char| character.is_control() && character != '\n'), "{lines:?}");
    }
}
