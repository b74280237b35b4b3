//! Colours for a line while it is typed, and the bracket that belongs to the one at the cursor.
//!
//! Not here: whether colours are wanted, and cutting the line into pieces; that is the engine's own tokenizer.

use super::commands::script_in;
use crate::script::{Span, SpanKind, spans};

/// The escape sequence that begins the colour of a piece, if it has one.
fn color(kind: SpanKind) -> Option<&'static str> {
    match kind {
        SpanKind::Keyword => Some("\x1b[35m"),
        SpanKind::Text => Some("\x1b[32m"),
        SpanKind::Number => Some("\x1b[36m"),
        SpanKind::Comment => Some("\x1b[2m"),
        SpanKind::Function => Some("\x1b[34m"),
        SpanKind::Wrong => Some("\x1b[31m"),
        SpanKind::Name | SpanKind::Underscore | SpanKind::Opening | SpanKind::Closing | SpanKind::Sign => {
            None
        }
    }
}

/// Longer lines stay plain.
pub(super) const MOST_BYTES: usize = 10_000;

const MATCHING: &str = "\x1b[1;33m";
const PLAIN: &str = "\x1b[0m";

/// `line` with colours; the two brackets of a pair stand out when the cursor is at one of them.
pub(super) fn painted(line: &str, cursor: usize) -> String {
    // What is that long was pasted and is not read letter by letter.
    let Some(start) = script_in(line).filter(|_| line.len() <= MOST_BYTES) else { return line.to_owned() };
    let (command, line) = line.split_at(start);
    let spans = spans(line);
    let pair = cursor.checked_sub(start).and_then(|cursor| pair_at(&spans, cursor));
    let mut painted = command.to_owned();
    let mut done = 0;
    for (at, span) in spans.iter().enumerate() {
        painted.push_str(&line[done..span.start]);
        let piece = &line[span.start..span.end];
        let color =
            if pair.is_some_and(|(a, b)| a == at || b == at) { Some(MATCHING) } else { color(span.kind) };
        match color {
            Some(color) => {
                painted.push_str(color);
                painted.push_str(piece);
                painted.push_str(PLAIN);
            }
            None => painted.push_str(piece),
        }
        done = span.end;
    }
    painted.push_str(&line[done..]);
    painted
}

/// The bracket under the cursor or just before it, and the one it belongs to.
fn pair_at(spans: &[Span], cursor: usize) -> Option<(usize, usize)> {
    let is_bracket = |span: &Span| matches!(span.kind, SpanKind::Opening | SpanKind::Closing);
    let touches = |span: &Span| (span.start..=span.end).contains(&cursor);
    let at = spans.iter().rposition(|span| is_bracket(span) && touches(span))?;
    let others: Vec<usize> = match spans[at].kind {
        SpanKind::Opening => (at + 1..spans.len()).collect(),
        _ => (0..at).rev().collect(),
    };
    let mut depth = 0_usize;
    for other in others.into_iter().filter(|other| is_bracket(&spans[*other])) {
        if spans[other].kind == spans[at].kind {
            depth += 1;
        } else if depth == 0 {
            return Some((at, other));
        } else {
            depth -= 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_colour_and_the_text_stays() {
        let line = "let a = copy_profile(1, \"b\"); // c";
        let shown = painted(line, line.len());
        let expected = "\x1b[35mlet\x1b[0m a = \x1b[34mcopy_profile\x1b[0m(\x1b[36m1\x1b[0m, \x1b[32m\"b\"\x1b[0m); \x1b[2m// c\x1b[0m";
        assert_eq!(shown, expected);
        assert_eq!(painted(":load let", 3), ":load let");
        assert_eq!(painted(":time 1", 3), ":time \x1b[36m1\x1b[0m");
        assert_eq!(painted("x = \"abc", 0), "x = \x1b[31m\"abc\x1b[0m");
    }

    #[test]
    fn the_bracket_at_the_cursor_shows_its_other_half() {
        let shown = painted("f([1](2))", 1);
        assert_eq!(shown.matches(MATCHING).count(), 2);
        assert!(
            shown.starts_with("f\x1b[1;33m(\x1b[0m[") && shown.ends_with(")\x1b[1;33m)\x1b[0m"),
            "{shown:?}"
        );
        assert_eq!(painted("f(\")\"", 2).matches(MATCHING).count(), 0);
    }
}
